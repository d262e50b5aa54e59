/** Functions and operators of bit strings ("0101" as text, types/bits.ts). Bits are counted from the left. */
import { type Datum, dataError, invalidParameter, outOfRange } from "../../types/index.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { int64 } from "../types/integers.js";
import { namesOf, primitiveComparisons } from "./comparisons.js";

type Bodies = Record<string, ScalarBody>;

function combine(verb: string, of: (a: boolean, b: boolean) => boolean): (a: string, b: string) => string {
  return (a, b) => {
    if (a.length !== b.length) throw dataError("22026", `cannot ${verb} bit strings of different sizes`);
    let out = "";
    for (let i = 0; i < a.length; i++) out += of(a[i] === "1", b[i] === "1") ? "1" : "0";
    return out;
  };
}
export const andBits = combine("AND", (a, b) => a && b);
export const orBits = combine("OR", (a, b) => a || b);
export const xorBits = combine("XOR", (a, b) => a !== b);

/** Left for a positive count; what falls out is lost, zeros come in. */
function shift(bits: string, count: number): string {
  const size = Math.min(Math.abs(count), bits.length);
  return count >= 0 ? bits.slice(size) + "0".repeat(size) : "0".repeat(size) + bits.slice(0, bits.length - size);
}
const negativeLength = () => dataError("22011", "negative substring length not allowed");
function substring(bits: string, start: number, length: number | undefined): string {
  if (length !== undefined && length < 0) throw negativeLength();
  const from = Math.max(start - 1, 0);
  const to = length === undefined ? bits.length : Math.min(start - 1 + length, bits.length);
  return to <= from ? "" : bits.slice(from, to);
}
function overlay(bits: string, replacement: string, start: number, length: number): string {
  if (start <= 0) throw negativeLength();
  const end = start + length;
  if (end > 2147483647) throw outOfRange("integer");
  return substring(bits, 1, start - 1) + replacement + substring(bits, end, undefined);
}
/** The low bits of an integer, sign-extended on the left when the target is wider. */
function fromInteger(value: bigint, sourceBits: number, typmod: number): string {
  const length = typmod <= 0 ? 1 : typmod;
  const digits = BigInt.asUintN(sourceBits, value).toString(2).padStart(sourceBits, "0");
  return length <= sourceBits ? digits.slice(sourceBits - length) : digits.padStart(length, value < 0n ? "1" : "0");
}
function toInteger(bits: string, width: number, type: string): bigint {
  if (bits.length > width) throw outOfRange(type);
  return BigInt.asIntN(width, bits === "" ? 0n : BigInt(`0b${bits}`));
}
function checkIndex(bits: string, at: number): void {
  if (at < 0 || at >= bits.length) throw dataError("2202E", `bit index ${at} out of valid range (0..${bits.length - 1})`);
}
function countOnes(bits: string): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) if (bits.charCodeAt(i) === 49) count++;
  return count;
}

const scalars: Bodies = {
  ...primitiveComparisons(namesOf("bit"), "bitcmp"),
  ...primitiveComparisons(namesOf("varbit"), "varbitcmp"),
  bitand: (_c, a: string, b: string) => andBits(a, b),
  bitor: (_c, a: string, b: string) => orBits(a, b),
  bitxor: (_c, a: string, b: string) => xorBits(a, b),
  bitnot: (_c, a: string) => {
    let out = "";
    for (let i = 0; i < a.length; i++) out += a[i] === "1" ? "0" : "1";
    return out;
  },
  bitcat: (_c, a: string, b: string) => a + b,
  bitshiftleft: (_c, a: string, n: number) => shift(a, n),
  bitshiftright: (_c, a: string, n: number) => shift(a, -n),
  "length(bit)": (_c, a: string) => a.length,
  "bit_length(bit)": (_c, a: string) => a.length,
  "octet_length(bit)": (_c, a: string) => (a.length + 7) >> 3,
  "bit_count(bit)": (_c, a: string) => countOnes(a),
  "substring(bit,int4)": (_c, a: string, s: number) => substring(a, s, undefined),
  "substring(bit,int4,int4)": (_c, a: string, s: number, l: number) => substring(a, s, l),
  "overlay(bit,bit,int4)": (_c, a: string, r: string, s: number) => overlay(a, r, s, r.length),
  "overlay(bit,bit,int4,int4)": (_c, a: string, r: string, s: number, l: number) => overlay(a, r, s, l),
  "position(bit,bit)": (_c, a: string, part: string) => (a === "" ? 0 : a.indexOf(part) + 1),
  "get_bit(bit,int4)": (_c, a: string, at: number) => {
    checkIndex(a, at);
    return a[at] === "1" ? 1 : 0;
  },
  "set_bit(bit,int4,int4)": (_c, a: string, at: number, bit: number) => {
    checkIndex(a, at);
    if (bit !== 0 && bit !== 1) throw invalidParameter("new bit must be 0 or 1");
    return a.slice(0, at) + bit + a.slice(at + 1);
  },
  "bit(int4,int4)": (_c, n: number, typmod: number) => fromInteger(BigInt(n), 32, typmod),
  "bit(int8,int4)": (_c, n: number | bigint, typmod: number) => fromInteger(BigInt(n), 64, typmod),
  "int4(bit)": (_c, a: string): Datum => Number(toInteger(a, 32, "integer")),
  "int8(bit)": (_c, a: string): Datum => int64(toInteger(a, 64, "bigint")),
};

export const bitFamily: Family = { scalars };
