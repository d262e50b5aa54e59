/** Composite types: text input as record_in reads it, and stored values that outlive ALTER TYPE. */
import { describe, expect, it } from "vitest";
import { type CompositeField, type DbError, type RowValue, TypeOid } from "../../types/index.js";
import { registry } from "../index.js";
import { testContext } from "../testing.js";
import { compositeBodies, readRecord } from "./composite-type.js";

const typeOf = (oid: number) => registry.typeByOid(oid)!;
const field = (name: string, number: number, type: number): CompositeField => ({ name, number, type, typmod: -1 });

describe("composite values", () => {
  it("reads quotes, escapes and empty items", () => {
    const read = (text: string, count: number) => readRecord(text, count, (item) => item);
    expect(read('(a,"b c",)', 3)).toEqual(["a", "b c", null]);
    expect(read('("","""",\\,)', 3)).toEqual(["", '"', ","]);
    expect(read(" (x) ", 1)).toEqual(["x"]);
    for (const [text, detail] of [
      ["a,b", "Missing left parenthesis."],
      ["(a)", "Too few columns."],
      ["(a,b,c)", "Too many columns."],
      ["(a,b", "Unexpected end of input."],
      ["(a,b) c", "Junk after right parenthesis."],
    ] as const)
      expect(() => read(text, 2)).toThrow(expect.objectContaining({ fields: expect.objectContaining({ detail }) }) as DbError);
  });

  it("keeps stored values through dropped and added attributes", () => {
    const before = compositeBodies([field("a", 1, TypeOid.int4), field("b", 2, TypeOid.text), field("c", 3, TypeOid.numeric)], typeOf);
    const value = before.input("(7,seven,7.50)", -1, testContext);
    const stored = before.toStorage!(value as RowValue) as Uint8Array;
    const after = compositeBodies(
      [field("c", 3, TypeOid.numeric), field("a", 1, TypeOid.int4), field("d", 4, TypeOid.text)].sort((x, y) => x.number - y.number),
      typeOf,
    );
    expect(after.output(after.fromStorage!(stored), testContext)).toBe("(7,7.50,)");
  });

  it("prints what it reads", () => {
    const type = compositeBodies([field("a", 1, TypeOid.text), field("b", 2, TypeOid.text)], typeOf);
    for (const text of ['("a b","c,d")', "(,x)", '("","""")', '("\\\\",y)'])
      expect(type.output(type.input(text, -1, testContext) as RowValue, testContext)).toBe(text);
  });
});
