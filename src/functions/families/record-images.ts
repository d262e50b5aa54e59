/**
 * *=, *<> and the other operators that compare what records look like in memory: record_image_cmp of rowtypes.c. Values that are equal
 * and written differently (1.0 and 1.00) have different images.
 */
import {
  assert,
  type Datum,
  DbError,
  type NetworkAddress,
  type Numeric,
  notSupported,
  type RowValue,
  type SqlType,
} from "../../types/index.js";
import { sendNumeric } from "../numeric/numeric-value.js";
import { type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { compareBytes } from "../types/bytea.js";
import { concatBytes, made, viewOf } from "../types/bytes.js";
import { dissimilarColumns } from "../types/record.js";
import { isEnumType } from "../user/enum-type.js";

/** What fits a machine word, as the word: C compares it without a sign. Else the bytes behind a length or of a fixed length. */
type Image = bigint | Uint8Array;
type Value = Exclude<Datum, null>;

/** Types whose words are not widened by their sign. */
const UNSIGNED = /^(bool|oid|xid|cid|xid8|pg_lsn|reg\w+)$/;
const byValue = (type: SqlType): boolean => type.length > 0 && type.length <= 8 && !/^(tid|macaddr8?)$/.test(type.name);

function word(type: SqlType, value: Value): bigint {
  if (isEnumType(type)) return BigInt(type.labels.find((one) => one.order === value)?.oid ?? 0);
  const bytes = type.send(value);
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  return UNSIGNED.test(type.name) ? bits : BigInt.asUintN(64, BigInt.asIntN(8 * bytes.length, bits));
}

/** Fields of a wire form, each turned round: memory is little-endian. */
function turned(bytes: Uint8Array, sizes: readonly number[]): Uint8Array {
  const out = new Uint8Array(bytes.length);
  let start = 0;
  for (const size of sizes) {
    for (let i = 0; i < size; i++) out[start + i] = bytes[start + size - 1 - i]!;
    start += size;
  }
  return out;
}
const doubles = (count: number) => (bytes: Uint8Array) => turned(bytes, Array<number>(count).fill(8));

/** struct NumericChoice: a short header where scale and weight allow it, then digits of base 10000. */
function numericImage(value: Numeric): Uint8Array {
  if (value.special !== "finite") {
    const header = value.special === "NaN" ? 0xc000 : value.special === "Infinity" ? 0xd000 : 0xf000;
    return made(2, (view) => view.setUint16(0, header, true));
  }
  const sent = viewOf(sendNumeric(value));
  const count = sent.getInt16(0);
  const weight = sent.getInt16(2);
  const isNegative = sent.getUint16(4) !== 0;
  const isShort = value.scale <= 63 && weight >= -64 && weight <= 63;
  return made((isShort ? 2 : 4) + 2 * count, (view) => {
    if (isShort) view.setUint16(0, 0x8000 | (isNegative ? 0x2000 : 0) | (value.scale << 7) | (weight & 0x7f), true);
    else {
      view.setUint16(0, (isNegative ? 0x4000 : 0) | value.scale, true);
      view.setInt16(2, weight, true);
    }
    for (let i = 0; i < count; i++) view.setInt16((isShort ? 2 : 4) + 2 * i, sent.getInt16(8 + 2 * i), true);
  });
}

const addressImage = (_sent: Uint8Array, value: Value): Uint8Array => {
  const { bytes, bits } = value as NetworkAddress;
  return Uint8Array.of(bytes.length === 4 ? 2 : 3, bits, ...bytes);
};
/** Types whose image the wire form is, or gives. */
const images: Readonly<Record<string, (sent: Uint8Array, value: Value) => Uint8Array>> = {
  ...Object.fromEntries(
    ["text", "varchar", "bpchar", "bytea", "json", "xml", "uuid", "macaddr", "macaddr8"].map((name) => [name, (sent: Uint8Array) => sent]),
  ),
  name: (sent) => concatBytes([sent, new Uint8Array(64 - sent.length)]),
  numeric: (_sent, value) => numericImage(value as Numeric),
  interval: (sent) => turned(sent, [8, 4, 4]),
  timetz: (sent) => turned(sent, [8, 4]),
  tid: (sent) => turned(sent, [2, 2, 2]),
  point: doubles(2),
  lseg: doubles(4),
  box: doubles(4),
  line: doubles(3),
  circle: doubles(3),
  bit: (sent) => concatBytes([turned(sent.subarray(0, 4), [4]), sent.subarray(4)]),
  varbit: (sent) => concatBytes([turned(sent.subarray(0, 4), [4]), sent.subarray(4)]),
  inet: addressImage,
  cidr: addressImage,
};

function compareValues(registry: FunctionRegistry, declared: SqlType, left: Value, right: Value): number {
  let type = declared;
  while (type.base !== undefined) type = registry.typeByOid(type.base.type) ?? type;
  if (isEnumType(type) || byValue(type)) {
    const [a, b] = [word(type, left), word(type, right)];
    return a === b ? 0 : a < b ? -1 : 1;
  }
  const [a, b] = [type.send(left), type.send(right)];
  const image = images[type.name];
  if (image !== undefined) return compareBytes(image(a, left), image(b, right));
  // Of the other types it is only known that equal images are sent alike.
  if (compareBytes(a, b) === 0) return 0;
  throw notSupported(`the order of images of type ${type.displayName}`);
}

function compareImages(registry: FunctionRegistry, left: RowValue, right: RowValue, onlyEquality: boolean): number {
  const count = Math.min(left.fields.length, right.fields.length);
  for (let i = 0; i < count; i++) {
    const type = registry.typeByOid(left.types[i]!);
    const other = registry.typeByOid(right.types[i]!);
    assert(type !== undefined, "a record's fields have types");
    assert(other !== undefined, "a record's fields have types");
    if (type.oid !== other.oid) throw dissimilarColumns(type, other, i);
    const a: Datum = left.fields[i]!;
    const b: Datum = right.fields[i]!;
    if (a === null || b === null) {
      if (a === b) continue;
      return a === null ? 1 : -1;
    }
    if (onlyEquality && compareBytes(type.send(a), type.send(b)) !== 0) return 1;
    const order = onlyEquality ? 0 : compareValues(registry, type, a, b);
    if (order !== 0) return order;
  }
  if (left.fields.length === right.fields.length) return 0;
  throw new DbError({ sqlstate: "42804", message: "cannot compare record types with different numbers of columns" });
}

const tests: Readonly<Record<string, (order: number) => Datum>> = {
  record_image_eq: (order) => order === 0,
  record_image_ne: (order) => order !== 0,
  record_image_lt: (order) => order < 0,
  record_image_le: (order) => order <= 0,
  record_image_gt: (order) => order > 0,
  record_image_ge: (order) => order >= 0,
  btrecordimagecmp: (order) => Math.sign(order),
};
const scalars: Record<string, TypedBody<ScalarBody>> = {};
for (const [name, test] of Object.entries(tests)) {
  const onlyEquality = name.endsWith("_eq") || name.endsWith("_ne");
  scalars[name] = new TypedBody<ScalarBody>(
    (_call, registry) => (_c, left: RowValue, right: RowValue) => test(compareImages(registry, left, right, onlyEquality)),
  );
}

export const recordImageFamily: Family = { scalars };
