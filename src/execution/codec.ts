/**
 * Datums in and out of blocks (docs/formats/block.md).
 *
 * Reading is generated code over typed arrays that view the whole block, one access expression per column; writing goes column by
 * column through a BlockWriter. Infinite dates and timestamps are the extremes of their integers, as in PostgreSQL.
 */

import type { PhysicalColumn } from "../native/addon.js";
import { BlockWriter, readInt64 } from "../native/block.js";
import { assert, type Datum, Interval, type Oid, PhysicalType, type Row, type SqlType, storedType, TypeOid } from "../types/index.js";

/** A block's memory with the views that generated code reads it through. */
export class ScanBuffer {
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
  readonly view: DataView;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  constructor(size: number) {
    const memory = new ArrayBuffer((size + 7) & ~7);
    this.bytes = new Uint8Array(memory);
    this.buffer = Buffer.from(memory);
    this.view = new DataView(memory);
    this.u8 = this.bytes;
    this.i16 = new Int16Array(memory);
    this.i32 = new Int32Array(memory);
    this.u32 = new Uint32Array(memory);
    this.f32 = new Float32Array(memory);
    this.f64 = new Float64Array(memory);
  }
}

/** Free buffers of this thread, smallest first; a scan takes one and gives it back. */
const free: ScanBuffer[] = [];
const KEPT_BUFFERS = 8;
const KEPT_BYTES = 4 << 20;

export function acquireBuffer(size: number): ScanBuffer {
  for (let i = free.length - 1; i >= 0; i--) {
    const candidate = free[i] as ScanBuffer;
    if (candidate.bytes.length >= size) {
      free.splice(i, 1);
      return candidate;
    }
  }
  return new ScanBuffer(size);
}
export function releaseBuffer(buffer: ScanBuffer): void {
  if (free.length < KEPT_BUFFERS && buffer.bytes.length <= KEPT_BYTES) free.push(buffer);
}

/** Constants of generated readers, passed in under these names. */
export const readerConstants = {
  date: (value: number): number => (value === 2147483647 ? Infinity : value === -2147483648 ? -Infinity : value),
  int64: (b: ScanBuffer, at: number): number | bigint => readInt64(b.view, at),
  timestamp: (b: ScanBuffer, at: number): number | bigint => {
    const value = readInt64(b.view, at);
    return value === MAX_INT64 ? Infinity : value === MIN_INT64 ? -Infinity : value;
  },
  uuid: (b: ScanBuffer, at: number): string => {
    const hex = b.buffer.toString("hex", at, at + 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  },
  interval: (b: ScanBuffer, at: number): Interval =>
    new Interval(b.view.getInt32(at + 12, true), b.view.getInt32(at + 8, true), readInt64(b.view, at)),
  vector: (b: ScanBuffer, at: number, dimensions: number): Float32Array => b.f32.slice(at >> 2, (at >> 2) + dimensions),
  text: (b: ScanBuffer, from: number, to: number): string => {
    if (to - from > SHORT_TEXT_BYTES) return b.buffer.utf8Slice(from, to);
    let text = "";
    for (let i = from; i < to; i++) {
      const c = b.u8[i] as number;
      if (c > 127) return b.buffer.utf8Slice(from, to);
      text += String.fromCharCode(c);
    }
    return text;
  },
} as const;
declare global {
  interface Buffer {
    utf8Slice(start: number, end: number): string;
  }
}
const MAX_INT64 = 9223372036854775807n;
const MIN_INT64 = -9223372036854775808n;
/** Up to here a loop beats the call into the decoder. */
const SHORT_TEXT_BYTES = 12;

const textTypes = new Set<Oid>([
  TypeOid.text,
  TypeOid.varchar,
  TypeOid.bpchar,
  TypeOid.name,
  TypeOid.json,
  TypeOid.unknown,
  TypeOid.cstring,
]);

export interface ColumnCode {
  /** Run once per block; `b` is the ScanBuffer. */
  readonly prologue: string;
  /** The value in row `i`, null included. */
  readonly read: string;
  readonly constants: readonly (readonly [string, unknown])[];
}

/** Code that reads block column `index` of the given type. Names are derived from the index. */
export function columnCode(type: SqlType, index: number): ColumnCode {
  const d = 4 + 4 * index;
  const valid = `v${index}`;
  const at = `p${index}`;
  const constants: [string, unknown][] = [];
  const call = (name: keyof typeof readerConstants): string => {
    constants.push([`read_${name}`, readerConstants[name]]);
    return `read_${name}`;
  };
  let shift = 0;
  let value: string;
  switch (type.physical) {
    case PhysicalType.bool:
      value = `b.u8[${at} + i] !== 0`;
      break;
    case PhysicalType.int16:
      shift = 1;
      value = `b.i16[${at} + i]`;
      break;
    case PhysicalType.int32:
      shift = 2;
      value =
        type.oid === TypeOid.date ? `${call("date")}(b.i32[${at} + i])` : isUnsigned(type.oid) ? `b.u32[${at} + i]` : `b.i32[${at} + i]`;
      break;
    case PhysicalType.int64: {
      shift = 2;
      const slow = call(type.oid === TypeOid.timestamp || type.oid === TypeOid.timestamptz ? "timestamp" : "int64");
      const high = `b.i32[${at} + 2 * i + 1]`;
      // The high word of a safe integer; the edges go the slow way.
      value = `(${high} > -2097152 && ${high} < 2097152) ? ${high} * 4294967296 + b.u32[${at} + 2 * i] : ${slow}(b, (${at} << 2) + 8 * i)`;
      break;
    }
    case PhysicalType.float32:
      shift = 2;
      value = `b.f32[${at} + i]`;
      break;
    case PhysicalType.float64:
      shift = 3;
      value = `b.f64[${at} + i]`;
      break;
    case PhysicalType.uuid:
      value = `${call("uuid")}(b, ${at} + 16 * i)`;
      break;
    case PhysicalType.interval:
      value = `${call("interval")}(b, ${at} + 16 * i)`;
      break;
    case PhysicalType.vector:
      value = `${call("vector")}(b, ${at} + 4 * b.u32[${d + 1}] * i, b.u32[${d + 1}])`;
      break;
    case PhysicalType.varlen: {
      shift = 2;
      const from = `b.u32[${at} + i]`;
      const to = `b.u32[${at} + i + 1]`;
      if (textTypes.has(type.oid) || type.fromStorage === undefined) value = `${call("text")}(b, ${from}, ${to})`;
      else {
        const decode = type.fromStorage.bind(type);
        constants.push([`decode${index}`, (b: ScanBuffer, start: number, end: number): Datum => decode(b.bytes.slice(start, end))]);
        value = `decode${index}(b, ${from}, ${to})`;
      }
      break;
    }
  }
  return {
    prologue: `const ${valid} = b.u32[${d + 2}], ${at} = b.u32[${d + 3}]${shift === 0 ? "" : ` >>> ${shift}`};`,
    read: `(${valid} !== 0 && b.u8[${valid} + i] === 0) ? null : (${value})`,
    constants,
  };
}

/** Row ids live in front of the columns. */
export const rowIdCode = { prologue: "const rowIds = b.u32[2] >>> 3;", read: "b.f64[rowIds + i]" } as const;

const unsigned = new Set<Oid>([TypeOid.oid, TypeOid.xid, TypeOid.cid]);
function isUnsigned(oid: Oid): boolean {
  return unsigned.has(oid);
}

export function physicalColumn(type: SqlType, typmod: number): PhysicalColumn {
  const { physical } = storedType(type, typmod);
  return physical === PhysicalType.vector ? { type: physical, dimensions: typmod } : { type: physical };
}

export type ColumnWriter = (writer: BlockWriter, column: number, row: number, value: Datum) => void;

/** Writes one value (null included) of the type; varlen columns must be written row by row, ascending. */
export function columnWriter(type: SqlType): ColumnWriter {
  switch (type.physical) {
    case PhysicalType.bool:
      return (w, c, r, v) => v !== null && w.setBool(c, r, v as boolean);
    case PhysicalType.int16:
      return (w, c, r, v) => v !== null && w.setInt16(c, r, v as number);
    case PhysicalType.int32:
      if (type.oid === TypeOid.date)
        return (w, c, r, v) => v !== null && w.setInt32(c, r, v === Infinity ? 2147483647 : v === -Infinity ? -2147483648 : (v as number));
      return (w, c, r, v) => v !== null && w.setInt32(c, r, v as number);
    case PhysicalType.int64:
      return (w, c, r, v) =>
        v !== null && w.setInt64(c, r, v === Infinity ? MAX_INT64 : v === -Infinity ? MIN_INT64 : (v as number | bigint));
    case PhysicalType.float32:
      return (w, c, r, v) => v !== null && w.setFloat32(c, r, v as number);
    case PhysicalType.float64:
      return (w, c, r, v) => v !== null && w.setFloat64(c, r, v as number);
    case PhysicalType.uuid:
      return (w, c, r, v) => {
        if (v !== null) w.bytes.set(Buffer.from((v as string).replaceAll("-", ""), "hex"), w.place(c, r));
      };
    case PhysicalType.interval:
      return (w, c, r, v) => {
        if (v === null) return;
        const interval = v as Interval;
        w.setInt64(c, r, interval.micros);
        const at = w.place(c, r);
        w.view.setInt32(at + 8, interval.days, true);
        w.view.setInt32(at + 12, interval.months, true);
      };
    case PhysicalType.vector:
      return (w, c, r, v) => v !== null && w.setVector(c, r, v as Float32Array);
    case PhysicalType.varlen: {
      const encode = textTypes.has(type.oid) ? undefined : type.toStorage?.bind(type);
      if (encode === undefined) return (w, c, r, v) => w.setVarlen(c, r, v as string | null);
      return (w, c, r, v) => w.setVarlen(c, r, v === null ? null : encode(v));
    }
  }
}

/** Rows (all of the same columns) into blocks; reused by one operator at a time. */
export class RowEncoder {
  readonly #writer: BlockWriter;
  readonly #writers: readonly ColumnWriter[];

  constructor(columns: readonly { readonly type: SqlType; readonly typmod: number }[]) {
    this.#writer = new BlockWriter(columns.map((c) => physicalColumn(c.type, c.typmod)));
    this.#writers = columns.map((c) => columnWriter(storedType(c.type, c.typmod)));
  }

  /** A view that the next call overwrites. */
  encode(rows: readonly Row[], rowIds?: readonly number[]): Uint8Array {
    const writer = this.#writer;
    writer.begin(rows.length, rowIds !== undefined);
    if (rowIds !== undefined) {
      assert(rowIds.length === rows.length, "one row id per row");
      for (let r = 0; r < rowIds.length; r++) writer.setRowId(r, rowIds[r] as number);
    }
    for (let c = 0; c < this.#writers.length; c++) {
      const write = this.#writers[c] as ColumnWriter;
      for (let r = 0; r < rows.length; r++) write(writer, c, r, (rows[r] as Row)[c] as Datum);
    }
    return writer.finish();
  }
}

/** Encoders of the first 1, 2, … columns of an index's key. */
export function acquireEncoders(columns: readonly { readonly type: SqlType; readonly typmod: number }[]): readonly RowEncoder[] {
  return columns.map((_, i) => new RowEncoder(columns.slice(0, i + 1)));
}
