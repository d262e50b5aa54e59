import { describe, expect, it } from "vitest";
import { KeyKind } from "../types/index.js";
import { PredicateBuilder, PredicateOp } from "./predicate.js";

describe("PredicateBuilder", () => {
  it("is null without terms", () => {
    expect(new PredicateBuilder().finish()).toBeNull();
  });
  it("writes terms as docs/formats/predicate.md says", () => {
    const bytes = new PredicateBuilder()
      .compare(1, KeyKind.int32, PredicateOp.eq, 7)
      .in(2, KeyKind.bytes, ["a", "bc"])
      .isNull(3, KeyKind.float64)
      .finish();
    expect([...bytes!]).toEqual([
      1,
      3,
      0,
      1,
      0,
      KeyKind.int32,
      1,
      7,
      0,
      0,
      0,
      2,
      0,
      KeyKind.bytes,
      7,
      2,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      97,
      2,
      0,
      0,
      0,
      98,
      99,
      3,
      0,
      KeyKind.float64,
      8,
    ]);
  });
  it("grows", () => {
    const builder = new PredicateBuilder();
    for (let i = 0; i < 100; i++) builder.compare(0, KeyKind.int64, PredicateOp.ne, BigInt(i));
    expect(builder.finish()!.length).toBe(3 + 100 * 12);
  });
});
