/** Rows that the addon has encoded as DataRow messages: for a client as they are, or decoded from their binary form. */
import type { Datum, Row, SqlType } from "../types/index.js";

/** `bytes` may be a view that the thread's next lookup overwrites. */
export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
}
export const noEncodedRows: EncodedRows = { bytes: new Uint8Array(0), rowCount: 0 };

const ROWS_UNIT = 4294967296;
let output = Buffer.allocUnsafeSlow(64 * 1024);

/** What the addon has written to a buffer: `result` is rows * 2^32 + bytes. */
export function writtenRows(buffer: Uint8Array, result: number): EncodedRows {
  const rowCount = Math.floor(result / ROWS_UNIT);
  return { bytes: buffer.subarray(0, result - rowCount * ROWS_UNIT), rowCount };
}

/** Calls the addon with a buffer until the rows fit it (runPoint, runNearest: src/native/addon.ts). */
export function encodedBy(run: (out: Uint8Array) => number | null): EncodedRows | undefined {
  for (;;) {
    const result = run(output);
    if (result === null) return undefined;
    if (result >= 0) return writtenRows(output, result);
    output = Buffer.allocUnsafeSlow(-result * 2);
  }
}

/** One column of a DataRow message in binary; the value keeps nothing of `bytes`. */
type ReadField = (bytes: Buffer, at: number, length: number) => Datum;

function readerOf(type: SqlType): ReadField {
  switch (type.name) {
    case "int2":
      return (bytes, at) => bytes.readInt16BE(at);
    case "int4":
      return (bytes, at) => bytes.readInt32BE(at);
    case "float8":
      return (bytes, at) => bytes.readDoubleBE(at);
    default:
      // A copy: what a type makes of bytes may be a view of them.
      return (bytes, at, length) => type.receive(Uint8Array.prototype.slice.call(bytes, at, at + length), -1);
  }
}

/** Decodes DataRow messages whose columns are all in binary. */
export function rowDecoder(types: readonly SqlType[]): (rows: EncodedRows) => Row[] {
  const readers = types.map(readerOf);
  return ({ bytes, rowCount }) => {
    const buffer = bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const rows: Row[] = new Array<Row>(rowCount);
    let at = 0;
    for (let i = 0; i < rowCount; i++) {
      at += 7; // the message's type and length, the number of columns
      const row: Row = new Array<Datum>(readers.length);
      for (let column = 0; column < readers.length; column++) {
        const length = buffer.readInt32BE(at);
        at += 4;
        row[column] = length < 0 ? null : (readers[column] as ReadField)(buffer, at, length);
        at += Math.max(length, 0);
      }
      rows[i] = row;
    }
    return rows;
  };
}
