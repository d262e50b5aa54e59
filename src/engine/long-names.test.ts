import { expect, test } from "vitest";
import { longNames } from "./long-names.js";

const long = "x".repeat(64);
test.each<readonly [string, string, readonly string[]]>([
  ["a bare name, folded", `select 1 as ${long.toUpperCase()}`, [long]],
  ["a quoted name, as often as it stands there", `select "${long}" from t order by "${long}"`, [long, long]],
  ["bytes count", `select 1 as ${"é".repeat(32)}`, ["é".repeat(32)]],
  ["63 bytes are enough", `select 1 as ${"x".repeat(63)}`, []],
  ["a long name behind numbers and short names", `select 1.25,2.5e3,'[0.123,0.456]',"short" as b,"${long}"`, [long]],
  ["a name with $ and letters beyond ASCII", `select 1 as a$${"ü".repeat(31)}`, [`a$${"ü".repeat(31)}`]],
  ["long words that are no names", `select ${"1".repeat(80)}, '${long}'`, []],
  ["strings, comments and dollar quotes hold no names", `select '${long}', e'\\'${long}', $$${long}$$, $a$ $$ ${long} $a$ -- ${long}\n /* ${long} */`, []],
])("%s", (_, source, names) => expect(longNames(source).map((name) => name.written)).toEqual(names)); // biome-ignore format: a table
test("whole characters are kept", () => {
  expect(longNames(`select 1 as ${"é".repeat(40)}`)[0]?.kept).toBe("é".repeat(31));
});
