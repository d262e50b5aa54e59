/** How SQL types appear inside of native pipelines; the numbers of native/exec/pipeline/vector.h. */
import { type Datum, type Oid, PhysicalType, type SqlType, TypeOid } from "../../types/index.js";
import { RowEncoder } from "../codec.js";

export const NativeKind = { bool: 1, int16: 2, int32: 3, int64: 4, float32: 5, float64: 6, bytes: 7, decimal: 8 } as const;
export type NativeKind = (typeof NativeKind)[keyof typeof NativeKind];

/** The kind that a column of the type has when it comes from storage. A numeric is bytes there and becomes a decimal to be computed with. */
export function storedKind(type: SqlType): NativeKind {
  return type.physical <= PhysicalType.float64 ? (type.physical as NativeKind) : NativeKind.bytes;
}

const comparable = new Set<Oid>([
  TypeOid.bool,
  TypeOid.int2,
  TypeOid.int4,
  TypeOid.int8,
  TypeOid.float4,
  TypeOid.float8,
  TypeOid.numeric,
  TypeOid.text,
  TypeOid.varchar,
  TypeOid.bytea,
  TypeOid.uuid,
  TypeOid.date,
  TypeOid.time,
  TypeOid.timestamp,
  TypeOid.timestamptz,
]);
/** Types whose order and equality the native form knows: those of their default operator classes, text by bytes. */
export function isComparable(type: Oid): boolean {
  return comparable.has(type);
}

const BYTES_BASE = 16;
/** Values (none of them NULL) as their bytes in native memory. */
export function nativeValues(values: readonly Datum[], type: SqlType): Uint8Array[] {
  const block = new RowEncoder([{ type, typmod: -1 }]).encode(values.map((v) => [v]));
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const at = view.getUint32(BYTES_BASE + 12, true);
  return values.map((_, i) => {
    if (type.physical === PhysicalType.varlen) {
      const from = view.getUint32(at + 4 * i, true);
      return block.slice(from, view.getUint32(at + 4 * i + 4, true));
    }
    const width = widths[type.physical] as number;
    return block.slice(at + width * i, at + width * (i + 1));
  });
}
const widths: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 8, 7: 16, 8: 16 };
