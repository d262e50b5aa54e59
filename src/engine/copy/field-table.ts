/**
 * Where the fields of some rows lie in a buffer: what a scanner finds and loaders read. Offsets instead of strings, so that a
 * value goes from the client's bytes to the column's bytes without becoming an object.
 */
export const FieldFlag = { plain: 0, escaped: 1, quotedWithEscapes: 2 } as const;

export class FieldTable {
  bytes: Buffer = Buffer.alloc(0);
  rows = 0;
  readonly columns: number;
  readonly capacity: number;
  /** By row * columns + column; -1 = NULL. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly flags: Uint8Array;
  /** By row: the line's number in the stream (from 1) and its place, for error contexts. */
  readonly lines: Float64Array;
  readonly lineStarts: Int32Array;
  readonly lineEnds: Int32Array;
  /**
   * Why the line after the last row is none, which was seen at `end`; its first `found` fields are judged before that is said, as PostgreSQL
   * reads a line.
   */
  failure: { readonly error: Error; readonly end: number; readonly found: number } | undefined;

  constructor(columns: number, capacity: number) {
    this.columns = columns;
    this.capacity = capacity;
    this.starts = new Int32Array(columns * capacity);
    this.ends = new Int32Array(columns * capacity);
    this.flags = new Uint8Array(columns * capacity);
    this.lines = new Float64Array(capacity);
    this.lineStarts = new Int32Array(capacity);
    this.lineEnds = new Int32Array(capacity);
  }
  /** Ends a scan: `at` is where the line begins that cannot be a row. */
  fail(at: number, error: Error, end: number, found = 0): number {
    this.failure = { error, end, found };
    return at;
  }
  lineText(row: number): string {
    return this.bytes.toString("utf8", this.lineStarts[row], this.lineEnds[row]);
  }
}

/**
 * Finds rows in `table.bytes` from `from` to `to`; returns how far it came: the start of the first row that is not complete, or that
 * is none (`table.failure`). A header line is a row with any number of fields (`headerFields`).
 */
export interface FieldScanner {
  scan(table: FieldTable, from: number, to: number, final: boolean): number;
  /** A field's value with escapes resolved; not for NULLs. */
  decode(table: FieldTable, cell: number): string;
  /** The end-of-data mark was seen: what follows is ignored. */
  readonly ended: boolean;
  /** Where the data end, once an end-of-data mark behind the beginning of a line was seen: the line is a row when the client's data are over. */
  readonly dataEnd: number | undefined;
  readonly linesRead: number;
  /** The number of the line that begins where the newest scan ended, or of the line in it that a value has come to. */
  readonly currentLine: number;
  readonly headerFields: number;
}
