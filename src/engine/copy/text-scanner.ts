/** COPY's text format: fields between delimiters, backslash escapes, `\.` alone at the end. */
import type { CopyOptions } from "../../plan/index.js";
import { copyError, type DbError } from "../../types/index.js";
import { FieldFlag, type FieldScanner, type FieldTable } from "./field-table.js";

const LF = 10;
const CR = 13;
const BACKSLASH = 92;
const DOT = 46;

export class TextScanner implements FieldScanner {
  ended = false;
  dataEnd: number | undefined;
  readonly #delimiter: number;
  readonly #nullText: Buffer;
  readonly #special = new Uint8Array(256);
  readonly #relation: string;
  readonly #columnNames: readonly string[];
  linesRead = 0;
  headerFields = 0;
  readonly #hasHeader: boolean;
  #lineEnd: "unknown" | "lf" | "crlf" | "cr" = "unknown";

  constructor(options: CopyOptions, relation: string, columnNames: readonly string[]) {
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#nullText = Buffer.from(options.nullText, "utf8");
    this.#hasHeader = options.header !== false;
    for (const byte of [this.#delimiter, LF, CR, BACKSLASH]) this.#special[byte] = 1;
    this.#relation = relation;
    this.#columnNames = columnNames;
  }

  get currentLine(): number {
    return this.linesRead + 1;
  }

  scan(table: FieldTable, from: number, to: number, final: boolean): number {
    const { bytes, columns } = table;
    const special = this.#special;
    const delimiter = this.#delimiter;
    let at = from;
    while (table.rows < table.capacity && !this.ended) {
      const rowStart = at;
      const row = table.rows;
      const cell = row * columns;
      const isHeader = this.#hasHeader && this.linesRead === 0;
      let column = 0;
      let fieldStart = at;
      let flag: number = FieldFlag.plain;
      for (;;) {
        while (at < to && special[bytes[at] as number] === 0) at++;
        if (at >= to && (!final || at === rowStart)) return rowStart;
        const c = at < to ? (bytes[at] as number) : LF;
        let next = at + 1;
        if (c === BACKSLASH) {
          if (at + 1 >= to) {
            if (!final) return rowStart;
            at = to;
            continue;
          }
          if (bytes[at + 1] !== DOT) {
            flag = FieldFlag.escaped;
            at += 2;
            continue;
          }
          // The end of the data, even in the middle of a line, which is then the last row.
          const wrong = this.#endMark(bytes, at + 2, to, final);
          if (wrong === "incomplete") return rowStart;
          if (wrong !== undefined) return table.fail(rowStart, this.#error(wrong), at);
          if (at > rowStart && !final) {
            this.dataEnd = at + (this.#lineEnd === "crlf" ? 4 : 3);
            return rowStart;
          }
          this.ended = true;
          if (at === rowStart) return to;
          next = to;
        } else if (c === delimiter) {
          if (column < columns) this.#field(table, cell + column, fieldStart, at, flag);
          column++;
          at++;
          fieldStart = at;
          flag = FieldFlag.plain;
          continue;
        } else if (c === CR) {
          const mayBeTwo = this.#lineEnd === "unknown" || this.#lineEnd === "crlf";
          if (mayBeTwo && at + 1 >= to && !final) return rowStart;
          if (bytes[at + 1] === LF && at + 1 < to && this.#lineEnd !== "lf" && this.#lineEnd !== "cr") {
            this.#lineEnd = "crlf";
            next = at + 2;
          } else if (this.#lineEnd === "unknown" || this.#lineEnd === "cr") this.#lineEnd = "cr";
          else
            return table.fail(
              rowStart,
              this.#error("literal carriage return found in data", 'Use "\\r" to represent carriage return.'),
              at,
            );
        } else if (this.#lineEnd === "unknown") this.#lineEnd = "lf";
        else if (this.#lineEnd !== "lf" && at < to)
          return table.fail(rowStart, this.#error("literal newline found in data", 'Use "\\n" to represent newline.'), at);
        table.lines[row] = this.currentLine;
        table.lineStarts[row] = rowStart;
        table.lineEnds[row] = at;
        if (isHeader) this.headerFields = column + 1;
        if (column < columns) this.#field(table, cell + column, fieldStart, at, flag);
        if (!isHeader && column >= columns && (columns > 0 || at > rowStart)) return this.#extra(table, row, rowStart);
        if (!isHeader && column < columns - 1) return this.#missing(table, row, rowStart, column + 1);
        this.linesRead++;
        at = Math.min(next, to);
        table.rows++;
        break;
      }
    }
    return at;
  }

  /** What is wrong with the end-of-data mark whose line end should begin at `at`; "incomplete": more bytes must come first. */
  #endMark(bytes: Buffer, at: number, to: number, final: boolean): string | undefined {
    const length = this.#lineEnd === "crlf" ? 2 : 1;
    if (at + length > to && !final) return "incomplete";
    const first = at < to ? bytes[at] : 0;
    if (this.#lineEnd === "crlf" && first !== CR)
      return first === LF ? "end-of-copy marker does not match previous newline style" : "end-of-copy marker corrupt";
    const last = at + length <= to ? bytes[at + length - 1] : 0;
    if (last !== LF && last !== CR) return "end-of-copy marker corrupt";
    const expected = this.#lineEnd === "cr" ? CR : LF;
    return this.#lineEnd !== "unknown" && last !== expected ? "end-of-copy marker does not match previous newline style" : undefined;
  }

  #field(table: FieldTable, cell: number, start: number, end: number, flag: number): void {
    const nullText = this.#nullText;
    if (end - start === nullText.length && isSame(table.bytes, start, nullText)) {
      table.starts[cell] = -1;
      return;
    }
    table.starts[cell] = start;
    table.ends[cell] = end;
    table.flags[cell] = flag;
  }
  #error(message: string, hint?: string): DbError {
    return copyError(message, `COPY ${this.#relation}, line ${this.currentLine}`, hint === undefined ? {} : { hint });
  }
  #extra(table: FieldTable, row: number, rowStart: number): number {
    const error = copyError("extra data after last expected column", this.#placeOf(table, row));
    return table.fail(rowStart, error, table.lineEnds[row] as number);
  }
  #missing(table: FieldTable, row: number, rowStart: number, column: number): number {
    const error = copyError(`missing data for column "${this.#columnNames[column]}"`, this.#placeOf(table, row));
    return table.fail(rowStart, error, table.lineEnds[row] as number, column);
  }
  #placeOf(table: FieldTable, row: number): string {
    return `COPY ${this.#relation}, line ${this.currentLine}: "${shortenLine(table.lineText(row))}"`;
  }

  decode(table: FieldTable, cell: number): string {
    const start = table.starts[cell] as number;
    const end = table.ends[cell] as number;
    if (table.flags[cell] === FieldFlag.plain) return table.bytes.toString("utf8", start, end);
    return unescape(table.bytes, start, end).toString("utf8");
  }
}

const controls: Readonly<Record<number, number>> = { 98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 118: 11 }; // b f n r t v

function unescape(bytes: Buffer, start: number, end: number): Buffer {
  const out = Buffer.allocUnsafe(end - start);
  let length = 0;
  for (let at = start; at < end; ) {
    let c = bytes[at++] as number;
    if (c === BACKSLASH && at < end) {
      c = bytes[at++] as number;
      const control = controls[c];
      if (control !== undefined) c = control;
      else if (c >= 48 && c <= 55) {
        let value = c - 48;
        for (let n = 0; n < 2 && at < end && (bytes[at] as number) >= 48 && (bytes[at] as number) <= 55; n++)
          value = value * 8 + (bytes[at++] as number) - 48;
        c = value & 255;
      } else if (c === 120 && at < end && isHex(bytes[at] as number)) {
        let value = 0;
        for (let n = 0; n < 2 && at < end && isHex(bytes[at] as number); n++)
          value = value * 16 + Number.parseInt(String.fromCharCode(bytes[at++] as number), 16);
        c = value;
      }
    }
    out[length++] = c;
  }
  return out.subarray(0, length);
}
function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
}
export function isSame(bytes: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}
const SHOWN_BYTES = 100;
/** PostgreSQL shows the characters in the first 100 bytes of a line. */
export function shortenLine(text: string): string {
  // A unit of UTF-16 is at most three bytes.
  if (text.length * 3 <= SHOWN_BYTES || Buffer.byteLength(text) <= SHOWN_BYTES) return text;
  const bytes = Buffer.from(text.slice(0, SHOWN_BYTES));
  let end = Math.min(bytes.length, SHOWN_BYTES);
  while (end < bytes.length && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return `${bytes.toString("utf8", 0, end)}...`;
}
