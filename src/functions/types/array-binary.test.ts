import { describe, expect, it } from "vitest";
import { ArrayValue, type Datum, type SqlType } from "../../types/index.js";
import { fixedItemOf, receiveArray, sendArray } from "./array-binary.js";
import { boolType } from "./bool.js";
import { float4Type, float8Type } from "./floats.js";
import { int2Type, int4Type, int8Type, oidType } from "./integers.js";

const cases: readonly (readonly [SqlType, readonly Datum[]])[] = [
  [boolType, [true, null, false]],
  [int2Type, [-32768, 0, null, 32767]],
  [int4Type, [null, -2147483648, 2147483647]],
  [oidType, [0, 4294967295, null]],
  [int8Type, [-9223372036854775808n, null, 9223372036854775807n, 9007199254740991, -1]],
  [float4Type, [Math.fround(0.1), -0, Infinity, null, NaN]],
  [float8Type, [0.1, -0, -Infinity, null, NaN]],
];

describe("elements of one width", () => {
  it.each(cases.map(([type, items]) => [type.name, type, items] as const))(
    "%s: the bytes and values of the general form",
    (_, type, items) => {
      const fixed = fixedItemOf(type);
      expect(fixed).toBeDefined();
      for (const array of [
        new ArrayValue(type.oid, items),
        new ArrayValue(
          type.oid,
          items.filter((item) => item !== null),
        ),
        new ArrayValue(type.oid, [...items, ...items], [2, items.length], [-3, 0]),
        new ArrayValue(type.oid, []),
      ]) {
        const bytes = sendArray(array, type, fixed);
        expect(bytes).toEqual(sendArray(array, type));
        expect(receiveArray(bytes, type, -1, fixed)).toEqual(array);
        expect(receiveArray(bytes, type, -1)).toEqual(array);
      }
    },
  );
  it("an element of another length is the type's to refuse", () => {
    const bytes = sendArray(new ArrayValue(int4Type.oid, [1]), int4Type);
    bytes[23] = 3;
    expect(() => receiveArray(bytes.subarray(0, 27), int4Type, -1, fixedItemOf(int4Type))).toThrow("insufficient data left in message");
  });
});
