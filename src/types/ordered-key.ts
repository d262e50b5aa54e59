/**
 * Ordered keys of types that storage has no order for: arrays, composite types, ranges, jsonb, vectors. Layout: docs/formats/key.md.
 *
 * Invariants
 *  1. memcmp of two keys orders them as the type's `compare`; equal values have one key, whatever they look like (1 and 1.0 in jsonb).
 *  2. A key is never the start of another one, so that keys can stand behind each other: elements, fields, bounds.
 */
import type { Datum } from "./datum.js";
import type { Interval } from "./interval.js";
import { KeyKind, PhysicalType, type SqlType } from "./sql-type.js";

type Value = Exclude<Datum, null>;
const NULL_MARKER = 0xff;
const VALUE_MARKER = 0x80;
const MIN_INT64 = -(1n << 63n);
const MAX_INT64 = (1n << 63n) - 1n;
const encoder = new TextEncoder();

/** Bytes of one key, growing. */
export class KeyWriter {
  #bytes = new Uint8Array(64);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
  byte(value: number): void {
    const at = this.#place(1);
    this.#bytes[at] = value;
  }
  uint16(value: number): void {
    const at = this.#place(2);
    this.#view.setUint16(at, value);
  }
  uint32(value: number): void {
    const at = this.#place(4);
    this.#view.setUint32(at, value);
  }
  uint64(value: bigint): void {
    const at = this.#place(8);
    this.#view.setBigUint64(at, value);
  }
  int32(value: number): void {
    this.uint32((value ^ 0x80000000) >>> 0);
  }
  int64(value: number | bigint): void {
    this.uint64((value === Infinity ? MAX_INT64 : value === -Infinity ? MIN_INT64 : BigInt(value)) - MIN_INT64);
  }
  float32(value: number): void {
    const at = this.#place(4);
    this.#view.setFloat32(at, value === 0 ? 0 : value);
    this.#orderFloat(at, 4, value);
  }
  float64(value: number): void {
    const at = this.#place(8);
    this.#view.setFloat64(at, value === 0 ? 0 : value);
    this.#orderFloat(at, 8, value);
  }
  /** Any bytes: a zero is followed by 0xff, two zeros end them. */
  bytes(value: Uint8Array): void {
    const at = this.#place(value.length + 2);
    if (!value.includes(0)) {
      this.#bytes.set(value, at);
      this.#bytes.fill(0, at + value.length, at + value.length + 2);
      return;
    }
    this.#length = at;
    for (const byte of value) {
      this.byte(byte);
      if (byte === 0) this.byte(0xff);
    }
    this.uint16(0);
  }
  /** Turns what was written since `start` round, so that it orders the other way. */
  invert(start: number): void {
    for (let i = start; i < this.#length; i++) this.#bytes[i] = ~(this.#bytes[i] as number);
  }
  get length(): number {
    return this.#length;
  }

  #orderFloat(at: number, width: number, value: number): void {
    // NaN is above everything and equal to itself; what is negative turns round.
    if (Number.isNaN(value)) this.#bytes.fill(0xff, at, at + width);
    else if (value < 0) this.invert(at);
    else this.#bytes[at] = (this.#bytes[at] as number) | 0x80;
  }
  /** Makes room, which may be other memory: called before the memory is looked at. */
  #place(count: number): number {
    const at = this.#length;
    this.#length += count;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      grown.set(this.#bytes);
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    return at;
  }
}

export function hasOrderedKey(type: SqlType): boolean {
  return type.keyKind !== undefined || type.writeKey !== undefined;
}

/** A value, or NULL, which is above every value. */
export function writeNullableKey(type: SqlType, value: Datum, out: KeyWriter): void {
  if (value === null) return out.byte(NULL_MARKER);
  out.byte(VALUE_MARKER);
  writeOrderedKey(type, value, out);
}

/** The type has an order (hasOrderedKey). */
export function writeOrderedKey(type: SqlType, value: Value, out: KeyWriter): void {
  switch (type.keyKind) {
    case undefined:
      if (type.writeKey === undefined) throw new Error("assertion failed: a key's type has an order");
      return type.writeKey(value, out);
    case KeyKind.bool:
      return out.byte(value === true ? 1 : 0);
    case KeyKind.int16:
    case KeyKind.int32:
      return out.int32(value === Infinity ? 0x7fffffff : value === -Infinity ? -0x80000000 : (value as number));
    case KeyKind.int64:
      return out.int64(value as number | bigint);
    case KeyKind.float32:
    case KeyKind.float64:
      return out.float64(value as number);
    case KeyKind.uuid:
      return out.bytes(Buffer.from((value as string).replaceAll("-", ""), "hex"));
    case KeyKind.interval:
      return writeInterval(value as Interval, out);
    case KeyKind.numeric:
      return writeNumeric(type.send(value), out);
    case KeyKind.bpchar:
      return out.bytes(encoder.encode((value as string).replace(/ +$/, "")));
    case KeyKind.bytes: {
      const stored = type.toStorage === undefined ? (value as string) : type.toStorage(value);
      return out.bytes(typeof stored === "string" ? encoder.encode(stored) : stored);
    }
  }
}

/** By total microseconds, as interval_cmp: months of 30 days, days of 24 hours. */
function writeInterval({ micros, days, months }: Interval, out: KeyWriter): void {
  const total = BigInt(micros) + (BigInt(days) + 30n * BigInt(months)) * 86_400_000_000n + (1n << 127n);
  out.uint64(total >> 64n);
  out.uint64(total & ((1n << 64n) - 1n));
}

/** From numeric_send: class, then weight and base-10000 digits without zeros at either end; all turned round when negative. */
function writeNumeric(sent: Uint8Array, out: KeyWriter): void {
  const view = new DataView(sent.buffer, sent.byteOffset, sent.byteLength);
  const sign = view.getUint16(4);
  if (sign === 0xc000) return out.byte(6); // NaN
  if (sign === 0xd000) return out.byte(5); // infinity
  if (sign === 0xf000) return out.byte(1);
  let last = view.getUint16(0);
  let weight = view.getInt16(2);
  let first = 0;
  const digit = (i: number): number => view.getUint16(8 + 2 * i);
  for (; first < last && digit(first) === 0; first++) weight--;
  while (last > first && digit(last - 1) === 0) last--;
  if (first === last) return out.byte(3);
  const negative = sign === 0x4000;
  out.byte(negative ? 2 : 4);
  const start = out.length;
  out.int32(weight);
  for (let i = first; i < last; i++) out.uint16(digit(i) + 1);
  out.uint16(0);
  if (negative) out.invert(start);
}

/**
 * The type as an index column keeps it. Where storage has no order for the type this is its ordered key in bytes, written from the type's
 * own values; it cannot be read back.
 */
export function indexKeyType(type: SqlType): SqlType {
  if (type.keyKind !== undefined || type.writeKey === undefined) return type;
  let key = keyTypes.get(type);
  if (key === undefined) {
    key = {
      ...type,
      physical: PhysicalType.varlen,
      keyKind: KeyKind.bytes,
      toStorage: (value) => {
        const out = new KeyWriter();
        type.writeKey!(value, out);
        return out.finish();
      },
      fromStorage: () => {
        throw new Error("assertion failed: an ordered key is not read back");
      },
    };
    keyTypes.set(type, key);
  }
  return key;
}
const keyTypes = new WeakMap<SqlType, SqlType>();
