/** The wire form of array_send and array_recv, which is also how arrays are stored. */
import {
  ARRAY_DIMENSIONS_MAX,
  ARRAY_SIZE_MAX,
  ArrayValue,
  type Datum,
  DbError,
  incorrectBinary,
  invalidBinary,
  isIncorrectBinary,
  type Oid,
  type SqlType,
  TypeOid,
  tooManyDimensions,
} from "../../types/index.js";
import { concatBytes, made, viewOf } from "./bytes.js";
import { type Int64, int64 } from "./integers.js";

/** Elements of one width are written where they go: an array of a thousand integers is one allocation. */
export interface FixedItem {
  readonly width: number;
  write(view: DataView, at: number, value: Exclude<Datum, null>): void;
  read(view: DataView, at: number): Datum;
}
const fixedItems = new Map<Oid, FixedItem>([
  [TypeOid.bool, { width: 1, write: (view, at, v) => view.setUint8(at, v ? 1 : 0), read: (view, at) => view.getUint8(at) !== 0 }],
  [TypeOid.int2, { width: 2, write: (view, at, v) => view.setInt16(at, v as number), read: (view, at) => view.getInt16(at) }],
  [TypeOid.int4, { width: 4, write: (view, at, v) => view.setInt32(at, v as number), read: (view, at) => view.getInt32(at) }],
  [TypeOid.oid, { width: 4, write: (view, at, v) => view.setUint32(at, v as number), read: (view, at) => view.getUint32(at) }],
  [
    TypeOid.int8,
    { width: 8, write: (view, at, v) => view.setBigInt64(at, BigInt(v as Int64)), read: (view, at) => int64(view.getBigInt64(at)) },
  ],
  [TypeOid.float4, { width: 4, write: (view, at, v) => view.setFloat32(at, v as number), read: (view, at) => view.getFloat32(at) }],
  [TypeOid.float8, { width: 8, write: (view, at, v) => view.setFloat64(at, v as number), read: (view, at) => view.getFloat64(at) }],
]);
/** Of PostgreSQL's own types whose texts need no quotes; they send what they store. */
export function fixedItemOf(element: SqlType): FixedItem | undefined {
  return fixedItems.get(element.oid);
}

/** int32 dimensions, int32 has-nulls, int32 element type, then size and lower bound of each dimension, then length (-1: NULL) and bytes of each element. */
export function sendArray(array: ArrayValue, element: SqlType, fixed?: FixedItem): Uint8Array {
  const { dimensions, lowerBounds, elements } = array;
  const hasNulls = elements.includes(null);
  const head = 12 + 8 * dimensions.length;
  const all = new Uint8Array(fixed === undefined ? head : head + sizeOf(elements, fixed.width, hasNulls));
  const view = viewOf(all);
  view.setInt32(0, dimensions.length);
  view.setInt32(4, hasNulls ? 1 : 0);
  view.setUint32(8, element.oid);
  dimensions.forEach((size, i) => {
    view.setInt32(12 + 8 * i, size);
    view.setInt32(16 + 8 * i, lowerBounds[i]!);
  });
  if (fixed !== undefined) {
    let at = head;
    for (const item of elements) {
      view.setInt32(at, item === null ? -1 : fixed.width);
      at += 4;
      if (item === null) continue;
      fixed.write(view, at, item);
      at += fixed.width;
    }
    return all;
  }
  const parts: Uint8Array[] = [all];
  for (const item of elements) {
    const bytes = item === null ? undefined : element.send(item);
    parts.push(made(4, (length) => length.setInt32(0, bytes === undefined ? -1 : bytes.length)));
    if (bytes !== undefined) parts.push(bytes);
  }
  return concatBytes(parts);
}
function sizeOf(elements: readonly Datum[], width: number, hasNulls: boolean): number {
  const present = hasNulls ? elements.reduce((count: number, item) => count + (item === null ? 0 : 1), 0) : elements.length;
  return 4 * elements.length + width * present;
}

/** @throws DbError 08P01, 22P03, 42804 or 54000 where the bytes are no such array */
export function receiveArray(bytes: Uint8Array, element: SqlType, typmod: number, fixed?: FixedItem): ArrayValue {
  const view = viewOf(bytes);
  const need = (at: number, length: number) => {
    if (at + length > bytes.length) throw new DbError({ sqlstate: "08P01", message: "insufficient data left in message" });
  };
  need(0, 12);
  const count = view.getInt32(0);
  if (count < 0) throw invalidBinary(`invalid number of dimensions: ${count}`);
  if (count > ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(count);
  const type = view.getUint32(8);
  if (type !== element.oid)
    throw new DbError({ sqlstate: "42804", message: `binary data has array element type ${type} instead of expected ${element.oid}` });
  const dimensions: number[] = [];
  const lowerBounds: number[] = [];
  need(12, 8 * count);
  let size = count === 0 ? 0 : 1;
  for (let i = 0; i < count; i++) {
    dimensions.push(view.getInt32(12 + 8 * i));
    lowerBounds.push(view.getInt32(16 + 8 * i));
    size *= dimensions[i]!;
  }
  if (dimensions.some((d) => d < 0) || size > ARRAY_SIZE_MAX) throw invalidBinary("invalid array dimensions");
  const elements: Datum[] = [];
  let at = 12 + 8 * count;
  for (let i = 0; i < size; i++) {
    need(at, 4);
    const length = view.getInt32(at);
    at += 4;
    if (length < 0) {
      elements.push(null);
      continue;
    }
    need(at, length);
    elements.push(length === fixed?.width ? fixed.read(view, at) : receiveItem(bytes.subarray(at, at + length), element, typmod, i + 1));
    at += length;
  }
  if (at !== bytes.length) throw incorrectBinary();
  return size === 0 ? new ArrayValue(element.oid, []) : new ArrayValue(element.oid, elements, dimensions, lowerBounds);
}
function receiveItem(bytes: Uint8Array, element: SqlType, typmod: number, number: number): Datum {
  try {
    return element.receive(bytes, typmod);
  } catch (error) {
    throw isIncorrectBinary(error) ? invalidBinary(`improper binary format in array element ${number}`) : error;
  }
}
