import { describe, expect, test } from "vitest";
import { canonicalText, parseJson } from "../json/jsonb-value.js";
import { itemValue, pathItems } from "./execute.js";
import { parseJsonPath } from "./parser.js";
import { printJsonPath } from "./print.js";

const context = {
  timeZone: "UTC",
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  extraFloatDigits: 1,
  byteaOutput: "hex",
  transactionTimeMicros: 0,
} as const;
function query(document: string, path: string): string {
  try {
    const run = { root: parseJson(document), variables: parseJson('{"x": 2}'), useZone: false, context };
    return [...pathItems(parseJsonPath(path), run)].map((item) => canonicalText(itemValue(item, context))).join(" ");
  } catch (error) {
    return (error as Error).message;
  }
}

describe("jsonpath", () => {
  test.each<[string, string]>([
    ["$.a.b", '$."a"."b"'],
    ["strict $[*] ? (@ > 1)", "strict $[*]?(@ > 1)"],
    ["1 + 2 * 3", "(1 + 2 * 3)"],
    ["(1 + 2) * 3", "((1 + 2) * 3)"],
    ["$.**{2 to last}.a[1, 2 to last]", '$.**{2 to last}."a"[1,2 to last]'],
    ['$ ? (@ like_regex "a" flag "xiq")', '$?(@ like_regex "a" flag "ixq")'],
  ])("%s prints as %s", (text, printed) => {
    expect(printJsonPath(parseJsonPath(text))).toBe(printed);
    expect(printJsonPath(parseJsonPath(printed))).toBe(printed);
  });

  test.each<[document: string, path: string, items: string]>([
    ['{"a": [1, 2, 3]}', "$.a[*] ? (@ >= $x)", "2 3"],
    ['{"a": [1, 2, 3]}', "lax $.a + 1", "left operand of jsonpath operator + is not a single numeric value"],
    ['[{"a": 1}, {"a": 2}]', "lax $.a", "1 2"],
    ['[{"a": 1}, {"a": 2}]', "strict $.a", "jsonpath member accessor can only be applied to an object"],
    ["[1, 2]", "strict $[5]", "jsonpath array subscript is out of bounds"],
    ["[1, 2]", "$[last]", "2"],
    ['"2024-01-15"', "$.datetime() < \"2024-02-01\".datetime()", "true"],
    ["[[1, [2]], 3]", "$.**{1}", "[1, [2]] 3"],
  ])("%s | %s", (document, path, items) => expect(query(document, path)).toBe(items)); // biome-ignore format: a table

  test("nesting is bounded", () => {
    expect(() => parseJsonPath(`${"(".repeat(5000)}$${")".repeat(5000)}`)).toThrow("stack depth limit exceeded");
    const deep = `${"[".repeat(2900)}${"]".repeat(2900)}`;
    expect(query(deep, "$.**")).toMatch(/stack depth|\[/);
  });
});
