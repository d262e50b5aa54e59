/** Arithmetic of int2, int4, int8 with range checks; int8 leaves doubles only when a result is beyond 2^53. */
import { divisionByZero, outOfRange } from "../../types/index.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";

type Bodies = Record<string, ScalarBody>;

function small(value: number): number {
  if (value > 32767 || value < -32768) throw outOfRange("smallint");
  return value;
}
function integer(value: number): number {
  if (value > 2147483647 || value < -2147483648) throw outOfRange("integer");
  return value;
}
function quotient(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return Math.trunc(a / b) + 0;
}
function remainder(a: number, b: number): number {
  if (b === 0) throw divisionByZero();
  return (a % b) + 0;
}

export function add8(a: Int64, b: Int64): Int64 {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return int64(BigInt(a) + BigInt(b));
}
export function subtract8(a: Int64, b: Int64): Int64 {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return int64(BigInt(a) - BigInt(b));
}
export function multiply8(a: Int64, b: Int64): Int64 {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return int64(BigInt(a) * BigInt(b));
}
export function divide8(a: Int64, b: Int64): Int64 {
  if (b === 0) throw divisionByZero();
  // a - a % b is exact and a multiple of b, so the division is exact too; trunc(a / b) could round up near 2^53.
  if (typeof a === "number" && typeof b === "number") return (a - (a % b)) / b + 0;
  return int64(BigInt(a) / BigInt(b));
}
export function modulo8(a: Int64, b: Int64): Int64 {
  if (b === 0) throw divisionByZero();
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  return int64(BigInt(a) % BigInt(b));
}
const negate8 = (a: Int64): Int64 => (typeof a === "number" ? 0 - a : int64(-a));
const wrap8 = (value: bigint): Int64 => int64(BigInt.asIntN(64, value));

const scalars: Bodies = {
  int2um: (_c, a: number) => small(0 - a),
  int4um: (_c, a: number) => integer(0 - a),
  int8um: (_c, a: Int64) => negate8(a),
  int2up: (_c, a: number) => a,
  int4up: (_c, a: number) => a,
  int8up: (_c, a: Int64) => a,
  int2abs: (_c, a: number) => small(Math.abs(a)),
  int4abs: (_c, a: number) => integer(Math.abs(a)),
  int8abs: (_c, a: Int64) => (a < 0 ? negate8(a) : a),
  "abs(int2)": (_c, a: number) => small(Math.abs(a)),
  "abs(int4)": (_c, a: number) => integer(Math.abs(a)),
  "abs(int8)": (_c, a: Int64) => (a < 0 ? negate8(a) : a),
  int4inc: (_c, a: number) => integer(a + 1),
  int8inc: (_c, a: Int64) => add8(a, 1),
  int8dec: (_c, a: Int64) => subtract8(a, 1),
  int2and: (_c, a: number, b: number) => a & b,
  int2or: (_c, a: number, b: number) => a | b,
  int2xor: (_c, a: number, b: number) => a ^ b,
  int2not: (_c, a: number) => ~a,
  int2shl: (_c, a: number, b: number) => ((a << b) << 16) >> 16,
  int2shr: (_c, a: number, b: number) => a >> b,
  int4and: (_c, a: number, b: number) => a & b,
  int4or: (_c, a: number, b: number) => a | b,
  int4xor: (_c, a: number, b: number) => a ^ b,
  int4not: (_c, a: number) => ~a,
  int4shl: (_c, a: number, b: number) => a << b,
  int4shr: (_c, a: number, b: number) => a >> b,
  int8and: (_c, a: Int64, b: Int64) => int64(BigInt(a) & BigInt(b)),
  int8or: (_c, a: Int64, b: Int64) => int64(BigInt(a) | BigInt(b)),
  int8xor: (_c, a: Int64, b: Int64) => int64(BigInt(a) ^ BigInt(b)),
  int8not: (_c, a: Int64) => int64(~BigInt(a)),
  int8shl: (_c, a: Int64, b: number) => wrap8(BigInt(a) << BigInt(b & 63)),
  int8shr: (_c, a: Int64, b: number) => int64(BigInt(a) >> BigInt(b & 63)),
  "gcd(int4,int4)": (_c, a: number, b: number) => integer(gcd(a, b)),
  "gcd(int8,int8)": (_c, a: Int64, b: Int64) => int64(gcdBig(BigInt(a), BigInt(b))),
  "lcm(int4,int4)": (_c, a: number, b: number) => (a === 0 || b === 0 ? 0 : integer(Math.abs(a / gcd(a, b)) * Math.abs(b))),
  "lcm(int8,int8)": (_c, a: Int64, b: Int64) => {
    if (a === 0 || b === 0) return 0;
    const product = (BigInt(a) / gcdBig(BigInt(a), BigInt(b))) * BigInt(b);
    return int64(product < 0n ? -product : product);
  },
};
/** Result of int2 with int2 is int2; of int2 with int4 int4; anything with int8 int8. */
const widths: readonly [prefix: string, check: (value: number) => number][] = [
  ["int2", small],
  ["int4", integer],
  ["int24", integer],
  ["int42", integer],
];
for (const [prefix, check] of widths) {
  scalars[`${prefix}pl`] = (_c, a: number, b: number) => check(a + b);
  scalars[`${prefix}mi`] = (_c, a: number, b: number) => check(a - b);
  scalars[`${prefix}mul`] = (_c, a: number, b: number) => check(a * b + 0);
  scalars[`${prefix}div`] = (_c, a: number, b: number) => check(quotient(a, b));
}
for (const prefix of ["int8", "int28", "int82", "int48", "int84"]) {
  scalars[`${prefix}pl`] = (_c, a: Int64, b: Int64) => add8(a, b);
  scalars[`${prefix}mi`] = (_c, a: Int64, b: Int64) => subtract8(a, b);
  scalars[`${prefix}mul`] = (_c, a: Int64, b: Int64) => multiply8(a, b);
  scalars[`${prefix}div`] = (_c, a: Int64, b: Int64) => divide8(a, b);
}
for (const name of ["int2mod", "mod(int2,int2)", "int4mod", "mod(int4,int4)"])
  scalars[name] = (_c, a: number, b: number) => remainder(a, b);
for (const name of ["int8mod", "mod(int8,int8)"]) scalars[name] = (_c, a: Int64, b: Int64) => modulo8(a, b);
// The hottest two, without a call through `check`.
scalars.int4pl = (_c, a: number, b: number) => {
  const sum = a + b;
  if (sum !== (sum | 0)) throw outOfRange("integer");
  return sum;
};
scalars.int4mi = (_c, a: number, b: number) => {
  const difference = a - b;
  if (difference !== (difference | 0)) throw outOfRange("integer");
  return difference;
};

function gcd(a: number, b: number): number {
  let x = Math.abs(a);
  let y = Math.abs(b);
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
export function gcdBig(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export const integerMathFamily: Family = { scalars };
