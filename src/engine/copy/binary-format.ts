/**
 * COPY's binary format: a signature, flags, an extension area; then per row a field count and each field as a length and the type's
 * binary form; -1 for NULL; a field count of -1 at the end. Source: PostgreSQL 15 manual, COPY, "Binary Format".
 */
import { assert, copyError, type Datum, DbError, type Row, type SqlType } from "../../types/index.js";

export const SIGNATURE = Buffer.from("PGCOPY\n\xff\r\n\0", "latin1");
const badSignature = () => new DbError({ sqlstate: "22P04", message: "COPY file signature not recognized" });
const badHeader = (what: string) => new DbError({ sqlstate: "22P04", message: `invalid COPY file header (${what})` });
/** Asked for OIDs once. */
const OIDS_FLAG = 1 << 16;
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

/** Rows out of bytes that come in any pieces. Each field is judged as soon as it is there. */
export class BinaryRowReader {
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  readonly #pieces: Buffer[] = [];
  #pieceBytes = 0;
  /** Of the header or a row. */
  #next: "signature" | "flags" | "length" | "extension" | "row" | "field" | "value" | "end" = "signature";
  #row: Datum[] = [];
  /** Bytes of the value or extension that comes next. */
  #length = 0;
  /** The line of the row that comes next or is under way. */
  line = 0;

  constructor(
    readonly table: string,
    readonly columns: readonly { readonly name: string; readonly type: SqlType; readonly typmod: number }[],
  ) {}

  push(chunk: Uint8Array): void {
    this.#pieces.push(Buffer.from(chunk));
    this.#pieceBytes += chunk.length;
  }
  /** The next whole row; undefined: more bytes are needed, or the end was read. */
  next(): Row | undefined {
    for (;;) {
      switch (this.#next) {
        case "row": {
          const bytes = this.#take(2);
          if (bytes === undefined) return undefined;
          const count = bytes.readInt16BE();
          if (count === -1) {
            this.#next = "end";
            break;
          }
          if (count !== this.columns.length)
            throw copyError(`row field count is ${count}, expected ${this.columns.length}`, this.place as string);
          this.#row = [];
          this.#next = "field";
          if (count === 0) return this.#whole();
          break;
        }
        case "field": {
          const bytes = this.#take(4);
          if (bytes === undefined) return undefined;
          this.#length = bytes.readInt32BE();
          if (this.#length === -1) {
            this.#row.push(null);
            if (this.#row.length === this.columns.length) return this.#whole();
            break;
          }
          if (this.#length < 0 || this.#length > FIELD_BYTES_MAX) throw copyError("invalid field size", this.place as string);
          this.#next = "value";
          break;
        }
        case "value": {
          const bytes = this.#take(this.#length);
          if (bytes === undefined) return undefined;
          this.#row.push(this.#value(bytes));
          this.#next = "field";
          if (this.#row.length === this.columns.length) return this.#whole();
          break;
        }
        case "end":
          if (this.#take(1) !== undefined) throw copyError("received copy data after EOF marker", this.place as string);
          return undefined;
        default:
          if (!this.#header(this.#next)) return undefined;
      }
    }
  }
  /** The client's data are over. Throws when they stopped in the middle. */
  finish(): void {
    if (this.#next === "signature") throw badSignature();
    if (this.#next === "flags") throw badHeader("missing flags");
    if (this.#next === "length") throw badHeader("missing length");
    if (this.#next === "extension") throw badHeader("wrong length");
    // Half of a field count is as good as none.
    if (this.#next === "field" || this.#next === "value") throw copyError("unexpected EOF in COPY data", this.place as string);
  }
  /** Where the reader is; undefined: before the first row. */
  get place(): string | undefined {
    if (this.line === 0) return undefined;
    const place = `COPY ${this.table}, line ${this.line}`;
    return this.#next === "field" || this.#next === "value" ? `${place}, column ${this.columns[this.#row.length]?.name}` : place;
  }

  #whole(): Row {
    this.#next = "row";
    this.line++;
    return this.#row;
  }
  #value(bytes: Buffer): Datum {
    const column = this.columns[this.#row.length];
    assert(column !== undefined, "a row has a field for each column");
    try {
      return column.type.receive(bytes, column.typmod);
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      throw new DbError({ ...error.fields, where: this.place as string });
    }
  }
  /** @returns false: more bytes are needed */
  #header(part: "signature" | "flags" | "length" | "extension"): boolean {
    const bytes = this.#take(part === "signature" ? SIGNATURE.length : part === "extension" ? this.#length : 4);
    if (bytes === undefined) return false;
    switch (part) {
      case "signature":
        if (!bytes.equals(SIGNATURE)) throw badSignature();
        this.#next = "flags";
        break;
      case "flags": {
        const flags = bytes.readUInt32BE();
        if ((flags & OIDS_FLAG) !== 0) throw badHeader("WITH OIDS");
        if ((flags & CRITICAL_FLAGS) !== 0)
          throw new DbError({ sqlstate: "22P04", message: "unrecognized critical flags in COPY file header" });
        this.#next = "length";
        break;
      }
      case "length":
        this.#length = bytes.readInt32BE();
        if (this.#length < 0) throw badHeader("missing length");
        this.#next = "extension";
        break;
      case "extension":
        this.#next = "row";
        this.line = 1;
    }
    return true;
  }

  /** So many bytes, once they are there: pieces become one when what they hold together is enough. */
  #take(length: number): Buffer | undefined {
    const left = this.#bytes.length - this.#at;
    if (left < length) {
      if (left + this.#pieceBytes < length) return undefined;
      this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#pieces.splice(0)]);
      this.#pieceBytes = 0;
      this.#at = 0;
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}
