/** Ordered keys (src/types/ordered-key.ts) against the types' own order: memcmp of two keys says what `compare` says. */
import { describe, expect, it } from "vitest";
import { hasOrderedKey, KeyWriter, type SqlType, writeOrderedKey } from "../types/index.js";
import { registry } from "./index.js";
import { testContext } from "./testing.js";
import { halfvecType, sparsevecType, vectorType } from "./vector/index.js";

const vectors = [vectorType, halfvecType, sparsevecType];

const samples: Record<string, readonly string[]> = {
  bool: ["f", "t"],
  int2: ["-32768", "-1", "0", "1", "256", "32767"],
  int4: ["-2147483648", "-256", "-1", "0", "1", "255", "65536", "2147483647"],
  int8: ["-9223372036854775808", "-9007199254740993", "-1", "0", "1", "9007199254740993", "9223372036854775807"],
  float4: ["-Infinity", "-1.5", "-0", "0", "1e-40", "1.5", "Infinity", "NaN"],
  float8: ["-Infinity", "-1e300", "-1", "-0", "0", "5e-324", "1", "1.0000000001", "Infinity", "NaN"],
  numeric: [
    "-Infinity",
    "-1e20",
    "-1.01",
    "-1",
    "-0.0001",
    "0",
    "0.00",
    "0.0001",
    "1.0",
    "1",
    "1.0001",
    "9999",
    "10000",
    "1e20",
    "Infinity",
    "NaN",
  ],
  text: ["", "a", "aa", "ab", "b", "é", "\u{1f600}"],
  bpchar: ["", "a", "a  ", "ab", "a b"],
  bytea: ["\\x", "\\x00", "\\x0000", "\\x0001", "\\x00ff", "\\x01", "\\xff"],
  date: ["-infinity", "1900-01-01", "2000-01-01", "2020-02-29", "infinity"],
  timestamp: ["-infinity", "1900-01-01", "2000-01-01", "2020-02-29 10:00:00.000001", "infinity"],
  interval: ["-1 mon", "-1 day", "0", "00:00:01", "1 day", "24:00:00", "30 days", "1 mon", "1 year"],
  uuid: ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
  varbit: ["", "0", "00", "01", "1", "10"],
  inet: ["10.0.0.0/8", "10.0.0.1/8", "10.0.0.1", "::1"],
  _int4: ["{}", "{1}", "{1,2}", "{1,NULL}", "{NULL}", "{2}", "[0:1]={1,2}", "{{1,2},{3,4}}", "{1,2,3,4}", "{-1}"],
  _text: ["{}", '{""}', "{a}", "{a,NULL}", "{a,b}", "{ab}", "{{a},{b}}"],
  _numeric: ["{1.0}", "{1}", "{-1,5}", "{NaN}"],
  oidvector: ["", "1", "2", "1 2", "1 3", "4294967295"],
  int4range: ["empty", "(,)", "(,5)", "[1,)", "[1,5)", "[1,4]", "[2,3)"],
  numrange: ["empty", "(,)", "(,5)", "(,5]", "[1,)", "(1,)", "[1,5)", "[1,5]", "(1,5)", "(1,5]", "[1.0,5.0]", "[2,2]"],
  int4multirange: ["{}", "{(,1)}", "{[1,2)}", "{[1,2),[5,6)}", "{[1,3)}", "{(,)}"],
  nummultirange: ["{}", "{[1,2)}", "{[1,2]}", "{(1,2),[5,6)}"],
  jsonb: [
    "null", "[]", "{}", "0", "1", "1.0", "-1", "1e5", '""', '"a"', '"ab"', "true", "false", "[1]", "[1, 2]", "[null]", "[[]]", "[{}]",
    '{"a": 1}', '{"a": 2}', '{"b": 1}', '{"aa": 1}', '{"a": 1, "b": 2}', '{"a": []}', '{"a": "\\u00e9"}',
  ], // biome-ignore format: a list
  vector: ["[0]", "[-0]", "[1]", "[1,2]", "[1,-2]", "[-1]", "[1e-40]", "[1,0]"],
  halfvec: ["[0]", "[1,2]", "[-1]", "[1]"],
  sparsevec: ["{}/3", "{}/2", "{1:1}/3", "{1:-1}/3", "{2:1}/3", "{2:-1}/3", "{1:1,2:1}/3", "{1:1,3:-1}/3", "{1:1}/2", "{1:2}/3", "{1:1}/4"],
};

const keyOf = (type: SqlType, text: string): { value: never; key: Buffer } => {
  const value = type.input(text, -1, testContext) as never;
  const out = new KeyWriter();
  writeOrderedKey(type, value, out);
  return { value, key: Buffer.from(out.finish()) };
};

describe("ordered keys", () => {
  for (const [name, texts] of Object.entries(samples))
    it(`order ${name} as it orders itself, and none is the start of another`, () => {
      const type = registry.typeByName(name) ?? vectors.find((t) => t.name === name);
      expect(type).toBeDefined();
      const items = texts.map((text) => ({ text, ...keyOf(type as SqlType, text) }));
      for (const a of items)
        for (const b of items) {
          const order = Math.sign((type as SqlType).compare!(a.value, b.value)) + 0;
          expect([a.text, b.text, Buffer.compare(a.key, b.key)]).toEqual([a.text, b.text, order]);
          if (order !== 0) expect(b.key.subarray(0, a.key.length).equals(a.key)).toBe(false);
        }
    });

  it("exist for every type that has an order", () => {
    const without = [...registry.types(), ...vectors].filter((t) => t.compare !== undefined && t.category !== "P" && !hasOrderedKey(t));
    expect(without.map((t) => t.name)).toEqual([]);
  });
});
