/**
 * COPY's binary format: a signature, flags, an extension area; then per row a field count and each field as a length and the type's
 * binary form; -1 for NULL; a field count of -1 at the end. Source: PostgreSQL 15 manual, COPY, "Binary Format".
 */
import { assert, copyError, type Datum, DbError, type Row, type SqlType } from "../../types/index.js";

export const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const badSignature = () => new DbError({ sqlstate: "22P04", message: "COPY file signature not recognized" });
const HEADER_BYTES = SIGNATURE.length + 8;
/** Bit 16 asked for OIDs once; the bits above 15 are critical. */
const CRITICAL_FLAGS = 0xffff0000;
/** Larger than any value that a message could bring. */
const FIELD_BYTES_MAX = 1 << 30;

export function binaryHeader(): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.alloc(8)]);
}
export const binaryTrailer = (): Buffer => Buffer.from([0xff, 0xff]);

export function encodeBinaryRow(row: Row, types: readonly SqlType[]): Buffer {
  const parts: Uint8Array[] = [];
  const count = Buffer.alloc(2);
  count.writeInt16BE(row.length);
  parts.push(count);
  row.forEach((value, i) => {
    const length = Buffer.alloc(4);
    if (value === null) {
      length.writeInt32BE(-1);
      parts.push(length);
      return;
    }
    const type = types[i];
    assert(type !== undefined, "every column has a type");
    const bytes = type.send(value);
    length.writeInt32BE(bytes.length);
    parts.push(length, bytes);
  });
  return Buffer.concat(parts);
}

/** Rows out of bytes that come in any pieces. */
export class BinaryRowReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #headerRead = false;
  ended = false;
  lines = 0;

  constructor(
    readonly table: string,
    readonly columns: readonly { readonly name: string; readonly type: SqlType; readonly typmod: number }[],
  ) {}

  push(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
    this.#at = 0;
  }
  /** The next whole row; undefined: more bytes are needed, or the end was read. */
  next(): Row | undefined {
    if (!this.#headerRead && !this.#header()) return undefined;
    if (this.ended || this.#left < 2) return undefined;
    const start = this.#at;
    const count = this.#bytes.readInt16BE(this.#at);
    this.#at += 2;
    if (count === -1) {
      this.ended = true;
      return undefined;
    }
    const where = `COPY ${this.table}, line ${this.lines + 1}`;
    if (count !== this.columns.length) throw copyError(`row field count is ${count}, expected ${this.columns.length}`, where);
    const row: Datum[] = [];
    for (const column of this.columns) {
      if (this.#left < 4) return this.#back(start);
      const length = this.#bytes.readInt32BE(this.#at);
      this.#at += 4;
      if (length === -1) {
        row.push(null);
        continue;
      }
      if (length < 0 || length > FIELD_BYTES_MAX) throw copyError("invalid field size", `${where}, column ${column.name}`);
      if (this.#left < length) return this.#back(start);
      row.push(column.type.receive(this.#bytes.subarray(this.#at, this.#at + length), column.typmod));
      this.#at += length;
    }
    this.lines++;
    return row;
  }
  /** Throws when the data stopped in the middle. */
  finish(): void {
    if (!this.#headerRead) throw badSignature();
    if (!this.ended && this.#left > 0) throw copyError("unexpected EOF in COPY data", `COPY ${this.table}, line ${this.lines + 1}`);
  }

  get #left(): number {
    return this.#bytes.length - this.#at;
  }
  #back(start: number): undefined {
    this.#at = start;
    return undefined;
  }
  #header(): boolean {
    if (this.#left < HEADER_BYTES) return false;
    if (!this.#bytes.subarray(0, SIGNATURE.length).equals(SIGNATURE)) throw badSignature();
    const flags = this.#bytes.readUInt32BE(SIGNATURE.length);
    if ((flags & CRITICAL_FLAGS) !== 0) throw copyError("unrecognized critical flags in COPY file header", `COPY ${this.table}`);
    const extension = this.#bytes.readInt32BE(SIGNATURE.length + 4);
    if (extension < 0) throw copyError("invalid COPY file header (missing length)", `COPY ${this.table}`);
    if (this.#left < HEADER_BYTES + extension) return false;
    this.#at = HEADER_BYTES + extension;
    this.#headerRead = true;
    return true;
  }
}
