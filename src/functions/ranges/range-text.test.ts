import { describe, expect, test } from "vitest";
import { registry } from "../index.js";

const context = {
  timeZone: "UTC",
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  extraFloatDigits: 1,
  byteaOutput: "hex",
  transactionTimeMicros: 0,
} as const;
function shown(type: string, text: string): string {
  const found = registry.typeByName(type);
  if (found === undefined) throw new Error(type);
  try {
    const value = found.input(text, -1, context);
    if (value === null) return "NULL";
    const stored = found.fromStorage?.(found.toStorage?.(value) as Uint8Array);
    return found.output(stored ?? value, context);
  } catch (error) {
    return (error as Error).message;
  }
}

describe("ranges as text, through storage", () => {
  test.each<[string, string, string]>([
    ["int4range", "[1,5]", "[1,6)"],
    ["int4range", "(1,2)", "empty"],
    ["int4range", " (, 5 ] ", "(,6)"],
    ["int4range", "(,)", "(,)"],
    ["int4range", "EMPTY", "empty"],
    ["int4range", "[5,1]", "range lower bound must be less than or equal to range upper bound"],
    ["int4range", "[2147483647,]", "[2147483647,)"],
    ["int4range", "(2147483647,]", "integer out of range"],
    ["int4range", "[1,2", 'malformed range literal: "[1,2"'],
    ["numrange", "(1.50,2]", "(1.50,2]"],
    ["daterange", "[2024-01-01,infinity]", "[2024-01-01,infinity]"],
    ["tsrange", "[2024-01-01 10:00,)", '["2024-01-01 10:00:00",)'],
    ["int4multirange", "{[5,6],[1,2),[2,4)}", "{[1,4),[5,7)}"],
    ["int4multirange", "{empty, [1,2)}", "{[1,2)}"],
    ["int4multirange", "{}", "{}"],
    ["int4multirange", "{[1,2),}", 'malformed multirange literal: "{[1,2),}"'],
  ])("%s %s", (type, text, expected) => expect(shown(type, text)).toBe(expected)); // biome-ignore format: a table
});
