/**
 * What PostgreSQL's hash operator classes make of a value, 32 bits and, with a seed, 64: hash indexes of others and hash partitions
 * depend on each bit. Sources: the rules of hashfunc.c, arrayfuncs.c, rowtypes.c, rangetypes.c, multirangetypes.c, jsonb_op.c.
 */
import {
  type ArrayValue,
  type Datum,
  dataError,
  type Interval,
  type Jsonb,
  JsonNumber,
  type JsonValue,
  type MultirangeValue,
  type NetworkAddress,
  type Numeric,
  type Oid,
  type RangeValue,
  type RowValue,
  type SqlType,
  type TimeTz,
} from "../../types/index.js";
import { totalMicros } from "../datetime/interval.js";
import { isObject } from "../json/jsonb-value.js";
import { parseNumeric, sendNumeric } from "../numeric/numeric-value.js";
import { hashBytes, hashBytesExtended, wordBytes } from "../text/hash.js";
import { fromHex } from "../types/bytea.js";
import { encodeText, made, viewOf } from "../types/bytes.js";
import type { Int64 } from "../types/integers.js";
import { macBytes } from "../types/network.js";
import { trimSpacesRight } from "../types/strings.js";
import { isEnumType } from "../user/enum-type.js";

/** What of a value is hashed; a number: the hash itself, whatever the seed. */
type Hashed = Uint8Array | { readonly fixed: bigint; readonly seeded: (seed: bigint) => bigint };

/** Integers that fit 32 bits hash alike in all widths. */
function integerBytes(value: Int64): Uint8Array {
  const wide = BigInt.asIntN(64, BigInt(value));
  const high = Number(BigInt.asIntN(32, wide >> 32n));
  return wordBytes(Number(BigInt.asIntN(32, wide)) ^ (wide >= 0n ? high : ~high));
}
function floatBytes(value: number): Hashed {
  if (value === 0) return { fixed: 0n, seeded: (seed) => seed };
  return made(8, (view) => view.setFloat64(0, value, true));
}
/** Base-10000 digits as they lie in memory; the weight is mixed in afterwards. */
function numericHash(value: Numeric): Hashed {
  if (value.special !== "finite") return { fixed: 0n, seeded: (seed) => seed };
  if (value.coefficient === 0n) return { fixed: -1n, seeded: (seed) => seed - 1n };
  const sent = sendNumeric(value);
  const view = viewOf(sent);
  const count = view.getInt16(0);
  const weight = view.getInt16(2);
  const digits = made(2 * count, (out) => {
    for (let i = 0; i < count; i++) out.setInt16(2 * i, view.getInt16(8 + 2 * i), true);
  });
  return {
    fixed: BigInt(hashBytes(digits) ^ weight),
    seeded: (seed) => BigInt.asIntN(64, hashBytesExtended(digits, seed) ^ BigInt(weight)),
  };
}
const zoned = ({ micros, offset }: TimeTz): Hashed => ({
  fixed: BigInt(hashBytes(integerBytes(micros)) ^ hashBytes(wordBytes(-offset))),
  seeded: (seed) => hashBytesExtended(integerBytes(micros), seed) ^ hashBytesExtended(wordBytes(-offset), seed),
});

export const hashed: Readonly<Record<string, (value: never) => Hashed>> = {
  hashbool: (value: boolean) => wordBytes(value ? 1 : 0),
  hashtid: (value: string) => tidBytes(value),
  hashoidvector: ({ elements }: ArrayValue) =>
    made(4 * elements.length, (view) => {
      elements.forEach((oid, i) => {
        view.setUint32(4 * i, oid as number, true);
      });
    }),
  hashint2: (value: number) => wordBytes(value),
  hashint4: (value: number) => wordBytes(value),
  hashint8: integerBytes,
  hashoid: (value: number) => wordBytes(value | 0),
  hashchar: (value: string) => wordBytes(value === "" ? 0 : (value.charCodeAt(0) << 24) >> 24),
  hashname: (value: string) => encodeText(value),
  hashtext: (value: string) => encodeText(value),
  hashbpchar: (value: string) => encodeText(trimSpacesRight(value)),
  hashvarlena: (value: Uint8Array) => value,
  hashfloat4: floatBytes,
  hashfloat8: floatBytes,
  hash_numeric: numericHash,
  hashmacaddr: (value: string) => macBytes(value),
  hashmacaddr8: (value: string) => macBytes(value),
  hashinet: ({ bytes, bits }: NetworkAddress) => Uint8Array.of(bytes.length === 4 ? 2 : 3, bits, ...bytes),
  uuid_hash: (value: string) => fromHex(value.replaceAll("-", "")),
  time_hash: (value: number) => integerBytes(value),
  timestamp_hash: (value: Int64) => integerBytes(infinityBits(value)),
  timetz_hash: zoned,
  interval_hash: (value: Interval) => integerBytes(totalMicros(value)),
  pg_lsn_hash: integerBytes,
};
/** Block number, high half first, and place in it; each little-endian. */
function tidBytes(text: string): Uint8Array {
  const [block = 0, place = 0] = text.slice(1, -1).split(",").map(Number);
  return made(6, (view) => {
    view.setUint16(0, block >>> 16, true);
    view.setUint16(2, block & 0xffff, true);
    view.setUint16(4, place, true);
  });
}
function infinityBits(value: Int64): Int64 {
  if (value === Number.POSITIVE_INFINITY) return 9223372036854775807n;
  return value === Number.NEGATIVE_INFINITY ? -9223372036854775808n : value;
}

/** The hash function of a type without parts. */
const functionOf: Readonly<Record<string, string>> = {
  bool: "hashbool",
  date: "hashint4",
  xid: "hashoid",
  cid: "hashoid",
  xid8: "hashint8",
  tid: "hashtid",
  oidvector: "hashoidvector",
  int2: "hashint2",
  int4: "hashint4",
  int8: "hashint8",
  oid: "hashoid",
  char: "hashchar",
  name: "hashname",
  text: "hashtext",
  varchar: "hashtext",
  bpchar: "hashbpchar",
  bytea: "hashvarlena",
  float4: "hashfloat4",
  float8: "hashfloat8",
  numeric: "hash_numeric",
  macaddr: "hashmacaddr",
  macaddr8: "hashmacaddr8",
  inet: "hashinet",
  cidr: "hashinet",
  uuid: "uuid_hash",
  time: "time_hash",
  timestamp: "timestamp_hash",
  timestamptz: "timestamp_hash",
  timetz: "timetz_hash",
  interval: "interval_hash",
  pg_lsn: "pg_lsn_hash",
};

type Value = Exclude<Datum, null>;
type TypeOf = (oid: Oid) => SqlType;
/** Undefined: the hash of 32 bits. */
type Seed = bigint | undefined;
const unsigned = (seed: Seed, hash: bigint): bigint => BigInt.asUintN(seed === undefined ? 32 : 64, hash);
const hashWord = (value: number, seed: Seed): bigint => bytesHash(wordBytes(value | 0), seed);
const bytesHash = (bytes: Uint8Array, seed: Seed): bigint =>
  unsigned(seed, seed === undefined ? BigInt(hashBytes(bytes)) : hashBytesExtended(bytes, seed));
/** pg_rotate_left32, or ROTATE_HIGH_AND_LOW_32BITS: both halves by one. */
function rotate(hash: bigint, seed: Seed): bigint {
  if (seed === undefined) return BigInt.asUintN(32, (hash << 1n) | (hash >> 31n));
  return ((hash << 1n) & 0xfffffffefffffffen) | ((hash >> 31n) & 0x100000001n);
}
/** hash * 31 + next. */
const chain = (hash: bigint, next: bigint, seed: Seed): bigint => unsigned(seed, (hash << 5n) - hash + next);

/** The hash of a value, unsigned. @throws DbError 42883 when the type has none */
export function hashOf(type: SqlType, value: Value, seed: Seed, typeOf: TypeOf): bigint {
  if (type.kind === "domain" && type.base !== undefined) return hashOf(typeOf(type.base.type), value, seed, typeOf);
  const of = hashed[functionOf[type.name] ?? ""];
  if (of !== undefined && type.kind === undefined) {
    const bytes = of(value as never);
    if (bytes instanceof Uint8Array) return bytesHash(bytes, seed);
    return unsigned(seed, seed === undefined ? bytes.fixed : bytes.seeded(seed));
  }
  const nullable = (part: SqlType, item: Datum): bigint => (item === null ? 0n : hashOf(part, item, seed, typeOf));
  if (isEnumType(type)) return hashWord(type.labels.find((l) => l.order === value)?.oid ?? 0, seed);
  if (type.range !== undefined) {
    const subtype = typeOf(type.range.subtype);
    const one = (range: RangeValue): bigint =>
      rotate(hashWord(flagsOf(range), seed) ^ nullable(subtype, range.lower), seed) ^ nullable(subtype, range.upper);
    if (type.oid === type.range.rangeType) return one(value as RangeValue);
    return (value as MultirangeValue).ranges.reduce((hash, range) => chain(hash, one(range), seed), 1n);
  }
  if (type.name === "jsonb") return hashJson((value as Jsonb).value, seed);
  if (type.fields !== undefined || type.name === "record") {
    const row = value as RowValue;
    return row.fields.reduce<bigint>((hash, field, i) => chain(hash, nullable(typeOf(row.types[i] as Oid), field), seed), 0n);
  }
  if (type.category === "A" && type.elementType !== 0) {
    const element = typeOf(type.elementType);
    return (value as ArrayValue).elements.reduce<bigint>((hash, item) => chain(hash, nullable(element, item), seed), 1n);
  }
  throw noHash(type, seed);
}
export const noHash = (type: SqlType, seed: Seed) =>
  dataError("42883", `could not identify ${seed === undefined ? "a hash" : "an extended hash"} function for type ${type.displayName}`);

/** As a range lies on disk: empty 1, inclusive bounds 2 and 4, missing ones 8 and 16. */
function flagsOf(range: RangeValue): number {
  if (range.isEmpty) return 1;
  const bits = [range.lowerInclusive, range.upperInclusive, range.lower === null, range.upper === null];
  return bits.reduce((flags, bit, i) => (bit ? flags | (2 << i) : flags), 0);
}

const ARRAY_MARK = 0x40000000n;
const OBJECT_MARK = 0x20000000n;
/** Scalars in order, keys among them, and a mark where an array or an object begins; a bare scalar lies in an array. */
function hashJson(top: JsonValue, seed: Seed): bigint {
  let hash = 0n;
  const mark = (bits: bigint): void => {
    hash ^= seed === undefined ? bits : (bits << 32n) | bits;
  };
  const scalar = (value: null | boolean | string | JsonNumber): void => {
    hash = rotate(hash, seed) ^ scalarHash(value, seed);
  };
  const visit = (value: JsonValue): void => {
    if (value === null || typeof value !== "object" || value instanceof JsonNumber) return scalar(value);
    if (isObject(value)) {
      mark(OBJECT_MARK);
      for (const [key, item] of value) {
        scalar(key);
        visit(item);
      }
      return;
    }
    mark(ARRAY_MARK);
    for (const item of value as readonly JsonValue[]) visit(item);
  };
  const isScalar = top === null || typeof top !== "object" || top instanceof JsonNumber;
  if (!isScalar && (isObject(top) ? top.size : (top as readonly JsonValue[]).length) === 0) return unsigned(seed, seed ?? 0n);
  if (isScalar) mark(ARRAY_MARK);
  visit(top);
  return unsigned(seed, hash);
}
function scalarHash(value: null | boolean | string | JsonNumber, seed: Seed): bigint {
  if (value === null) return unsigned(seed, (seed ?? 0n) + 1n);
  if (typeof value === "string") return bytesHash(encodeText(value), seed);
  if (typeof value === "boolean") return seed === undefined || seed === 0n ? (value ? 2n : 4n) : hashWord(value ? 1 : 0, seed);
  const bytes = numericHash(parseNumeric(value.text));
  if (bytes instanceof Uint8Array) return bytesHash(bytes, seed);
  return unsigned(seed, seed === undefined ? bytes.fixed : bytes.seeded(seed));
}
