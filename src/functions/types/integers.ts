/** int2, int4, int8, oid and the types that are oids underneath. int8 is a number while it is a safe integer, a bigint beyond. */
import { type Datum, inputOutOfRange, invalidInput, KeyKind, outOfRange, PhysicalType, type SqlType } from "../../types/index.js";
import { exactly, made } from "./bytes.js";
import { makeType } from "./define-type.js";

export type Int64 = number | bigint;
export const INT64_MAX = 9223372036854775807n;
export const INT64_MIN = -9223372036854775808n;

/** The datum of a bigint; 22003 outside int8. */
export function int64(value: bigint): Int64 {
  if (value >= -9007199254740991n && value <= 9007199254740991n) return Number(value);
  if (value > INT64_MAX || value < INT64_MIN) throw outOfRange("bigint");
  return value;
}

const compareNumbers = (left: Exclude<Datum, null>, right: Exclude<Datum, null>) =>
  (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0;
const hashNumber = (value: Exclude<Datum, null>) => value as number;

function parseSmall(text: string, min: number, max: number, type: string): number {
  const value = Number(text);
  // The fast way takes plain decimal digits only: Number() also reads hex, exponents and the empty string.
  if (/^\s*[+-]?\d+\s*$/.test(text)) {
    if (value < min || value > max) throw inputOutOfRange(type, text);
    return value === 0 ? 0 : value;
  }
  throw invalidInput(type, text);
}

export const int2Type = makeType("int2", {
  physical: PhysicalType.int16,
  keyKind: KeyKind.int16,
  input: (text) => parseSmall(text, -32768, 32767, "smallint"),
  output: (value) => String(value),
  receive: (bytes) => exactly(bytes, 2).getInt16(0),
  send: (value) => made(2, (view) => view.setInt16(0, value as number)),
  compare: (left, right) => (left as number) - (right as number),
  hashKey: hashNumber,
});

export const int4Type = makeType("int4", {
  physical: PhysicalType.int32,
  keyKind: KeyKind.int32,
  input: (text) => parseSmall(text, -2147483648, 2147483647, "integer"),
  output: (value) => String(value),
  receive: (bytes) => exactly(bytes, 4).getInt32(0),
  send: (value) => made(4, (view) => view.setInt32(0, value as number)),
  compare: (left, right) => (left as number) - (right as number),
  hashKey: hashNumber,
});

export function parseInt64(text: string): Int64 {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalidInput("bigint", text);
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  const trimmed = text.trim();
  const big = trimmed.startsWith("+") ? BigInt(trimmed.slice(1)) : BigInt(trimmed);
  if (big > INT64_MAX || big < INT64_MIN) throw inputOutOfRange("bigint", text);
  return int64(big);
}

export const int8Type = makeType("int8", {
  physical: PhysicalType.int64,
  keyKind: KeyKind.int64,
  input: parseInt64,
  output: (value) => String(value),
  receive: (bytes) => int64(exactly(bytes, 8).getBigInt64(0)),
  send: (value) => made(8, (view) => view.setBigInt64(0, BigInt(value as Int64))),
  compare: compareNumbers,
  hashKey: hashNumber,
});

/** oid, xid, cid: unsigned 32 bits; a minus sign wraps round as in C. */
export function parseOid(text: string, type: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalidInput(type, text);
  const value = Number(text);
  if (value > 4294967295 || value < -2147483648) throw inputOutOfRange(type, text);
  return value >>> 0;
}

/** xid and cid take what C's strtoul makes of the text, cut to 32 bits: nothing is refused. */
export function parseTransactionId(text: string): number {
  const match = /^\s*([+-]?)(?:0x([0-9a-f]+)|(0[0-7]*)|(\d+))/i.exec(text);
  if (match === null) return 0;
  const size = match[2] !== undefined ? BigInt(`0x${match[2]}`) : match[3] !== undefined ? BigInt(`0o0${match[3]}`) : BigInt(match[4]!);
  return Number(BigInt.asUintN(32, match[1] === "-" ? -size : size));
}

export function makeOidType(name: string, overrides: Partial<SqlType> = {}): SqlType {
  return makeType(name, {
    physical: PhysicalType.int64,
    keyKind: KeyKind.int64,
    input: (text) => parseOid(text, name),
    output: (value) => String(value),
    receive: (bytes) => exactly(bytes, 4).getUint32(0),
    send: (value) => made(4, (view) => view.setUint32(0, value as number)),
    compare: compareNumbers,
    hashKey: hashNumber,
    ...overrides,
  });
}
export const oidType = makeOidType("oid");
