/**
 * The hash that decides which partition of a hash-partitioned table takes a row, value for value PostgreSQL's: hash_any_extended
 * (Bob Jenkins, lookup3) per key with a fixed seed, combined over the keys. Rows therefore land where PostgreSQL puts them.
 */
import { type Datum, notSupported, type SqlType, TypeOid } from "../types/index.js";

/** HASH_PARTITION_SEED. */
const SEED = 0x7a5b22367996dcfdn;
const MASK64 = (1n << 64n) - 1n;

/** The row's hash as an unsigned 64-bit integer. NULL keys add nothing. */
export function partitionHash(types: readonly SqlType[], key: readonly Datum[]): bigint {
  let row = 0n;
  key.forEach((value, i) => {
    if (value === null) return;
    row = combine(row, hashValue(types[i] as SqlType, value));
  });
  return row;
}
/** hash_combine64. */
function combine(a: bigint, b: bigint): bigint {
  const mixed = (b + 0x49a0f4dd15e5a8e3n + ((a << 54n) & MASK64) + (a >> 7n)) & MASK64;
  return (a ^ mixed) & MASK64;
}

function hashValue(type: SqlType, value: Exclude<Datum, null>): bigint {
  switch (type.oid) {
    case TypeOid.int2:
    case TypeOid.int4:
    case TypeOid.date:
    case TypeOid.oid:
      return hashUint32(Number(value) >>> 0);
    case TypeOid.bool:
      return hashUint32(value === true ? 1 : 0);
    case TypeOid.int8:
    case TypeOid.timestamp:
    case TypeOid.timestamptz:
    case TypeOid.time: {
      const big = BigInt.asIntN(64, BigInt(value as number | bigint));
      const low = Number(big & 0xffffffffn);
      const high = Number((big >> 32n) & 0xffffffffn);
      // hashint8extended folds the halves so that equal values of the narrower types hash equal.
      return hashUint32((low ^ (big >= 0n ? high : ~high)) >>> 0);
    }
    case TypeOid.float4:
    case TypeOid.float8: {
      let number = value as number;
      if (number === 0) return SEED;
      if (Number.isNaN(number)) number = NaN;
      const bytes = new Uint8Array(8);
      new DataView(bytes.buffer).setFloat64(0, number, true);
      return hashBytes(bytes);
    }
    case TypeOid.text:
    case TypeOid.varchar:
    case TypeOid.name:
      return hashBytes(Buffer.from(String(value), "utf8"));
    case TypeOid.bpchar:
      return hashBytes(Buffer.from(String(value).replace(/ +$/, ""), "utf8"));
    case TypeOid.uuid:
    case TypeOid.bytea:
      return hashBytes(type.send(value));
    default:
      throw notSupported(`hash partitioning by type ${type.displayName}`);
  }
}

const rotate = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0;
const INITIAL = 0x9e3779b9;

class Lanes {
  a: number;
  b: number;
  c: number;
  constructor(length: number) {
    this.a = this.b = this.c = (INITIAL + length + 3923095) >>> 0;
    this.a = (this.a + Number(SEED >> 32n)) >>> 0;
    this.b = (this.b + Number(SEED & 0xffffffffn)) >>> 0;
    this.mix();
  }
  mix(): void {
    let { a, b, c } = this;
    a = ((a - c) >>> 0) ^ rotate(c, 4);
    c = (c + b) >>> 0;
    b = ((b - a) >>> 0) ^ rotate(a >>> 0, 6);
    a = ((a >>> 0) + c) >>> 0;
    c = ((c - b) >>> 0) ^ rotate(b >>> 0, 8);
    b = ((b >>> 0) + a) >>> 0;
    a = ((a - c) >>> 0) ^ rotate(c >>> 0, 16);
    c = ((c >>> 0) + b) >>> 0;
    b = ((b - a) >>> 0) ^ rotate(a >>> 0, 19);
    a = ((a >>> 0) + c) >>> 0;
    c = ((c - b) >>> 0) ^ rotate(b >>> 0, 4);
    b = ((b >>> 0) + a) >>> 0;
    this.a = a >>> 0;
    this.b = b >>> 0;
    this.c = c >>> 0;
  }
  /** The final mix; the result is b and c. */
  result(): bigint {
    let { a, b, c } = this;
    c = ((c ^ b) - rotate(b, 14)) >>> 0;
    a = ((a ^ c) - rotate(c, 11)) >>> 0;
    b = ((b ^ a) - rotate(a, 25)) >>> 0;
    c = ((c ^ b) - rotate(b, 16)) >>> 0;
    a = ((a ^ c) - rotate(c, 4)) >>> 0;
    b = ((b ^ a) - rotate(a, 14)) >>> 0;
    c = ((c ^ b) - rotate(b, 24)) >>> 0;
    return (BigInt(b) << 32n) | BigInt(c);
  }
}

/** hash_uint32_extended. */
function hashUint32(k: number): bigint {
  const lanes = new Lanes(4);
  lanes.a = (lanes.a + k) >>> 0;
  return lanes.result();
}

/** hash_bytes_extended, little-endian. */
function hashBytes(bytes: Uint8Array): bigint {
  const lanes = new Lanes(bytes.length);
  const word = (at: number): number =>
    ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>>
    0;
  let at = 0;
  let left = bytes.length;
  for (; left >= 12; at += 12, left -= 12) {
    lanes.a = (lanes.a + word(at)) >>> 0;
    lanes.b = (lanes.b + word(at + 4)) >>> 0;
    lanes.c = (lanes.c + word(at + 8)) >>> 0;
    lanes.mix();
  }
  const rest = (i: number): number => (i < left ? (bytes[at + i] as number) : 0);
  const part = (i: number): number => (rest(i) | (rest(i + 1) << 8) | (rest(i + 2) << 16) | (rest(i + 3) << 24)) >>> 0;
  lanes.a = (lanes.a + part(0)) >>> 0;
  lanes.b = (lanes.b + part(4)) >>> 0;
  // The lowest byte of c is left for the length.
  lanes.c = (lanes.c + (((rest(8) << 8) | (rest(9) << 16) | (rest(10) << 24)) >>> 0)) >>> 0;
  return lanes.result();
}
