/**
 * Blocks (docs/formats/block.md): building rows for the addon, reading what it returns.
 *
 * A BlockWriter is reused: `begin(rows)` lays a block of exactly `rows` rows out; columns are then filled one by one in order.
 * A BlockReader views a block without copying; it is valid until the buffer is filled again.
 */
import { assert, PhysicalType } from "../types/index.js";

const widths: Record<number, number> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 8, 7: 16, 8: 16, 9: 4, 10: 4 };
const TWO_32 = 4294967296;

export class BlockWriter {
  bytes: Uint8Array;
  view: DataView;
  #buffer: Buffer;
  #used = 0;
  #rows = 0;
  readonly #columns: readonly { readonly type: number; readonly dimensions: number }[];
  readonly #values: number[] = [];
  readonly #validity: number[] = [];

  constructor(columns: readonly { readonly type: number; readonly dimensions?: number }[], capacityBytes = 4096) {
    this.#columns = columns.map((c) => ({ type: c.type, dimensions: c.dimensions ?? 0 }));
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
    this.#buffer = Buffer.from(this.bytes.buffer);
  }

  /** Lays out the fixed parts; every value starts as NULL. */
  begin(rows: number, withRowIds = false): void {
    const count = this.#columns.length;
    let at = align(16 + 16 * count);
    const ids = at;
    if (withRowIds) at += 8 * rows;
    for (let i = 0; i < count; i++) {
      this.#validity[i] = at;
      at = align(at + rows);
    }
    for (let i = 0; i < count; i++) {
      const c = this.#columns[i] as { type: number; dimensions: number };
      const width = (widths[c.type] as number) * (c.type === PhysicalType.vector ? c.dimensions : 1);
      this.#values[i] = at;
      at = align(at + width * (rows + (c.type === PhysicalType.varlen ? 1 : 0)));
    }
    this.#reserve(at);
    this.bytes.fill(0, 0, at);
    this.#used = at;
    this.#rows = rows;
    this.view.setUint32(0, rows, true);
    this.view.setUint32(4, count, true);
    this.view.setUint32(8, withRowIds ? ids : 0, true);
    for (let i = 0; i < count; i++) {
      const c = this.#columns[i] as { type: number; dimensions: number };
      const d = 16 + 16 * i;
      this.view.setUint8(d, c.type);
      this.view.setUint32(d + 4, c.dimensions, true);
      this.view.setUint32(d + 8, this.#validity[i] as number, true);
      this.view.setUint32(d + 12, this.#values[i] as number, true);
    }
  }

  setRowId(row: number, id: number): void {
    this.view.setFloat64(this.view.getUint32(8, true) + 8 * row, id, true);
  }

  /** Byte position of a fixed-width value, marking it valid; the caller writes it through `view`. */
  place(column: number, row: number): number {
    const c = this.#columns[column] as { type: number; dimensions: number };
    this.bytes[(this.#validity[column] as number) + row] = 1;
    const width = c.type === PhysicalType.vector ? 4 * c.dimensions : (widths[c.type] as number);
    return (this.#values[column] as number) + width * row;
  }
  /** Byte position of a column's fixed-width values. */
  valuesOf(column: number): number {
    return this.#values[column] as number;
  }
  setBool(column: number, row: number, value: boolean): void {
    this.view.setUint8(this.place(column, row), value ? 1 : 0);
  }
  setInt16(column: number, row: number, value: number): void {
    this.view.setInt16(this.place(column, row), value, true);
  }
  setInt32(column: number, row: number, value: number): void {
    this.view.setInt32(this.place(column, row), value, true);
  }
  setInt64(column: number, row: number, value: number | bigint): void {
    const at = this.place(column, row);
    if (typeof value === "bigint") this.view.setBigInt64(at, value, true);
    else {
      this.view.setInt32(at + 4, Math.floor(value / TWO_32), true);
      this.view.setUint32(at, value >>> 0, true);
    }
  }
  setFloat32(column: number, row: number, value: number): void {
    this.view.setFloat32(this.place(column, row), value, true);
  }
  setFloat64(column: number, row: number, value: number): void {
    this.view.setFloat64(this.place(column, row), value, true);
  }
  setVector(column: number, row: number, value: Float32Array): void {
    new Float32Array(this.bytes.buffer, this.place(column, row), value.length).set(value);
  }

  /**
   * Varlen values must be set column by column, rows ascending, each row once (`null` for NULL): their offsets accumulate.
   */
  setVarlen(column: number, row: number, value: Uint8Array | string | null): void {
    const offsets = this.#values[column] as number;
    if (row === 0) this.view.setUint32(offsets, this.#used, true);
    if (value !== null) {
      this.bytes[(this.#validity[column] as number) + row] = 1;
      if (typeof value === "string") {
        this.#reserve(this.#used + value.length * 3);
        this.#used += this.#buffer.write(value, this.#used, "utf8");
      } else {
        this.#reserve(this.#used + value.length);
        this.bytes.set(value, this.#used);
        this.#used += value.length;
      }
    }
    this.view.setUint32(offsets + 4 * (row + 1), this.#used, true);
  }

  /** setVarlen of a slice of `source`, without a view per value: for loaders. */
  setVarlenSlice(column: number, row: number, source: Uint8Array, start: number, end: number): void {
    const offsets = this.#values[column] as number;
    if (row === 0) this.view.setUint32(offsets, this.#used, true);
    this.bytes[(this.#validity[column] as number) + row] = 1;
    const length = end - start;
    this.#reserve(this.#used + length);
    const bytes = this.bytes;
    if (length <= 48) for (let i = 0, at = this.#used; i < length; i++) bytes[at + i] = source[start + i] as number;
    else bytes.set(source.subarray(start, end), this.#used);
    this.#used += length;
    this.view.setUint32(offsets + 4 * (row + 1), this.#used, true);
  }

  /** The finished block; a view that the next `begin` overwrites. */
  finish(): Uint8Array {
    this.view.setUint32(12, this.#used, true);
    return this.bytes.subarray(0, this.#used);
  }
  get rows(): number {
    return this.#rows;
  }

  #reserve(size: number): void {
    if (size <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(size, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.#used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
    this.#buffer = Buffer.from(grown.buffer);
  }
}

export class BlockReader {
  readonly #view: DataView;
  readonly #buffer: Buffer;

  /** `bytes` is the whole buffer that scanNext fills; call the accessors after each fill. */
  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  get rowCount(): number {
    return this.#view.getUint32(0, true);
  }
  get columnCount(): number {
    return this.#view.getUint32(4, true);
  }
  rowId(row: number): number {
    return this.#view.getFloat64(this.#view.getUint32(8, true) + 8 * row, true);
  }
  isNull(column: number, row: number): boolean {
    const validity = this.#view.getUint32(16 + 16 * column + 8, true);
    return validity !== 0 && this.#view.getUint8(validity + row) === 0;
  }
  bool(column: number, row: number): boolean {
    return this.#view.getUint8(this.#values(column) + row) !== 0;
  }
  int16(column: number, row: number): number {
    return this.#view.getInt16(this.#values(column) + 2 * row, true);
  }
  int32(column: number, row: number): number {
    return this.#view.getInt32(this.#values(column) + 4 * row, true);
  }
  /** A number while it is a safe integer, else a bigint. */
  int64(column: number, row: number): number | bigint {
    return readInt64(this.#view, this.#values(column) + 8 * row);
  }
  float32(column: number, row: number): number {
    return this.#view.getFloat32(this.#values(column) + 4 * row, true);
  }
  float64(column: number, row: number): number {
    return this.#view.getFloat64(this.#values(column) + 8 * row, true);
  }
  /** 16 bytes (uuid, interval), a view. */
  bytes16(column: number, row: number): Uint8Array {
    const at = this.#values(column) + 16 * row;
    return this.#buffer.subarray(at, at + 16);
  }
  /** A view: copy what must outlive the block. */
  varlen(column: number, row: number): Uint8Array {
    const at = this.#values(column) + 4 * row;
    return this.#buffer.subarray(this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true));
  }
  text(column: number, row: number): string {
    const at = this.#values(column) + 4 * row;
    return this.#buffer.toString("utf8", this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true));
  }
  /** A copy. */
  vector(column: number, row: number): Float32Array {
    const dimensions = this.#view.getUint32(16 + 16 * column + 4, true);
    assert(dimensions > 0, "a vector column has dimensions");
    const at = this.#buffer.byteOffset + this.#values(column) + 4 * dimensions * row;
    return new Float32Array(this.#buffer.buffer.slice(at, at + 4 * dimensions) as ArrayBuffer);
  }
  #values(column: number): number {
    return this.#view.getUint32(16 + 16 * column + 12, true);
  }
}

export function readInt64(view: DataView, at: number): number | bigint {
  const high = view.getInt32(at + 4, true);
  // Safe integers have a high word in [-2^21, 2^21); the two edge values of -2^53 go the slow way.
  if (high >= -2097152 && high < 2097152) {
    const value = high * TWO_32 + view.getUint32(at, true);
    if (value !== -9007199254740992) return value;
  }
  return view.getBigInt64(at, true);
}

function align(at: number): number {
  return (at + 7) & ~7;
}
