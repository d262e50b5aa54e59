/** Casts between the number types, bool and "char". Fractions round half to even from floats, half away from zero from numeric. */
import { cannotConvert, floatRangeError, type Numeric, outOfRange } from "../../types/index.js";
import { formatNumeric, fromInteger, INFINITY, NAN, NEGATIVE_INFINITY, parseNumeric, round } from "../numeric/numeric-value.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { formatGeneral, parseFloat4, parseFloat8 } from "../types/floats.js";
import { INT64_MAX, INT64_MIN, type Int64, int64 } from "../types/integers.js";
import { roundHalfEven } from "./float-math.js";

const bounds: Record<string, readonly [min: number, max: number, name: string]> = {
  int2: [-32768, 32767, "smallint"],
  int4: [-2147483648, 2147483647, "integer"],
};
export function toInt(value: number | bigint, type: "int2" | "int4"): number {
  const [min, max, name] = bounds[type]!;
  if (!(value >= min && value <= max)) throw outOfRange(name);
  return Number(value) + 0;
}
export function numericToInt(value: Numeric, type: "int2" | "int4" | "int8"): Int64 {
  const name = type === "int8" ? "bigint" : bounds[type]![2];
  if (value.special !== "finite") throw cannotConvert(value.special === "NaN" ? "NaN" : "infinity", name);
  const integer = round(value, 0).coefficient;
  return type === "int8" ? int64(integer) : toInt(integer, type);
}
export function floatToInt8(value: number): Int64 {
  const rounded = roundHalfEven(value);
  if (!(rounded >= Number(INT64_MIN) && rounded < Number(INT64_MAX))) throw outOfRange("bigint");
  return int64(BigInt(rounded));
}
export function floatToNumeric(value: number, digits: number): Numeric {
  if (Number.isNaN(value)) return NAN;
  if (!Number.isFinite(value)) return value > 0 ? INFINITY : NEGATIVE_INFINITY;
  return parseNumeric(formatGeneral(value, digits));
}
export function numericToFloat8(value: Numeric): number {
  return parseFloat8(formatNumeric(value));
}
function narrow(value: number): number {
  const result = Math.fround(value);
  if (!Number.isFinite(result) && Number.isFinite(value)) throw floatRangeError("overflow");
  if (result === 0 && value !== 0) throw floatRangeError("underflow");
  return result;
}

const scalars: Record<string, ScalarBody> = {
  "bool(int4)": (_c, a: number) => a !== 0,
  "int4(bool)": (_c, a: boolean) => (a ? 1 : 0),
  "oid(int8)": (_c, a: Int64) => {
    if (a < 0 || a > 4294967295) throw outOfRange("OID");
    return Number(a);
  },
  "int8(oid)": (_c, a: number) => a,
  "int4(char)": (_c, a: string) => (a === "" ? 0 : (a.charCodeAt(0) << 24) >> 24),
  "char(int4)": (_c, a: number) => {
    if (a < -128 || a > 127) throw outOfRange('"char"');
    return a === 0 ? "" : String.fromCharCode(a & 255);
  },
  "float4(float8)": (_c, a: number) => narrow(a),
  "float8(float4)": (_c, a: number) => a,
  "float4(int2)": (_c, a: number) => a,
  "float8(int2)": (_c, a: number) => a,
  "float4(int4)": (_c, a: number) => Math.fround(a),
  "float8(int4)": (_c, a: number) => a,
  "float4(int8)": (_c, a: Int64) => Math.fround(Number(a)),
  "float8(int8)": (_c, a: Int64) => Number(a),
  "float4(numeric)": (_c, a: Numeric) => parseFloat4(formatNumeric(a)),
  "float8(numeric)": (_c, a: Numeric) => numericToFloat8(a),
  "int8(int2)": (_c, a: number) => a,
  "int8(int4)": (_c, a: number) => a,
  "int4(int2)": (_c, a: number) => a,
  "int2(int4)": (_c, a: number) => toInt(a, "int2"),
  "int2(int8)": (_c, a: Int64) => toInt(a, "int2"),
  "int4(int8)": (_c, a: Int64) => toInt(a, "int4"),
  "int2(float4)": (_c, a: number) => toInt(roundHalfEven(a), "int2"),
  "int2(float8)": (_c, a: number) => toInt(roundHalfEven(a), "int2"),
  "int4(float4)": (_c, a: number) => toInt(roundHalfEven(a), "int4"),
  "int4(float8)": (_c, a: number) => toInt(roundHalfEven(a), "int4"),
  "int8(float4)": (_c, a: number) => floatToInt8(a),
  "int8(float8)": (_c, a: number) => floatToInt8(a),
  "int2(numeric)": (_c, a: Numeric) => numericToInt(a, "int2"),
  "int4(numeric)": (_c, a: Numeric) => numericToInt(a, "int4"),
  "int8(numeric)": (_c, a: Numeric) => numericToInt(a, "int8"),
  "numeric(int2)": (_c, a: number) => fromInteger(a),
  "numeric(int4)": (_c, a: number) => fromInteger(a),
  "numeric(int8)": (_c, a: Int64) => fromInteger(a),
  "numeric(float4)": (_c, a: number) => floatToNumeric(a, 6),
  "numeric(float8)": (_c, a: number) => floatToNumeric(a, 15),
};
export const numberCastFamily: Family = { scalars };
