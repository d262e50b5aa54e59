/** COPY's text format: fields between delimiters, backslash escapes, `\.` alone at the end. */
import { copyError } from "../../types/index.js";
import { FieldFlag, type FieldScanner, type FieldTable } from "./field-table.js";

const LF = 10;
const CR = 13;
const BACKSLASH = 92;
const DOT = 46;

export class TextScanner implements FieldScanner {
  ended = false;
  readonly #delimiter: number;
  readonly #nullText: Buffer;
  readonly #special = new Uint8Array(256);
  readonly #relation: string;
  readonly #columnNames: readonly string[];
  #line = 0;
  #lineEnd: "unknown" | "lf" | "crlf" | "cr" = "unknown";

  constructor(delimiter: string, nullText: string, relation: string, columnNames: readonly string[]) {
    this.#delimiter = delimiter.charCodeAt(0);
    this.#nullText = Buffer.from(nullText, "utf8");
    for (const byte of [this.#delimiter, LF, CR, BACKSLASH]) this.#special[byte] = 1;
    this.#relation = relation;
    this.#columnNames = columnNames;
  }

  scan(table: FieldTable, from: number, to: number, final: boolean): number {
    const { bytes, columns, starts, ends, flags } = table;
    const special = this.#special;
    const delimiter = this.#delimiter;
    let at = from;
    while (table.rows < table.capacity && !this.ended) {
      const rowStart = at;
      const cell = table.rows * columns;
      let column = 0;
      let fieldStart = at;
      let flag: number = FieldFlag.plain;
      for (;;) {
        while (at < to && special[bytes[at] as number] === 0) at++;
        if (at >= to && (!final || at === rowStart)) return rowStart;
        const c = at < to ? (bytes[at] as number) : LF;
        if (c === BACKSLASH) {
          if (at + 1 >= to) {
            if (!final) return rowStart;
            at = to;
            continue;
          }
          if (bytes[at + 1] === DOT && at === rowStart) {
            const next = bytes[at + 2];
            if (at + 2 >= to && !final) return rowStart;
            if (at + 2 >= to || next === LF || next === CR) {
              this.ended = true;
              return to;
            }
          }
          flag = FieldFlag.escaped;
          at += 2;
          continue;
        }
        if (c === delimiter) {
          if (column >= columns - 1) this.#extra(table, rowStart, to);
          this.#field(table, cell + column, fieldStart, at, flag);
          column++;
          at++;
          fieldStart = at;
          flag = FieldFlag.plain;
          continue;
        }
        let next = at + 1;
        if (c === CR) {
          if (at + 1 >= to && !final) return rowStart;
          if (bytes[at + 1] === LF && at + 1 < to && this.#lineEnd !== "lf" && this.#lineEnd !== "cr") {
            this.#lineEnd = "crlf";
            next = at + 2;
          } else if (this.#lineEnd === "unknown" || this.#lineEnd === "cr") this.#lineEnd = "cr";
          else
            throw copyError("literal carriage return found in data", `COPY ${this.#relation}, line ${this.#line + 1}`, {
              hint: 'Use "\\r" to represent carriage return.',
            });
        } else if (this.#lineEnd === "unknown") this.#lineEnd = "lf";
        else if (this.#lineEnd !== "lf" && at < to)
          throw copyError("literal newline found in data", `COPY ${this.#relation}, line ${this.#line + 1}`, {
            hint: 'Use "\\n" to represent newline.',
          });
        this.#line++;
        const row = table.rows;
        table.lines[row] = this.#line;
        table.lineStarts[row] = rowStart;
        table.lineEnds[row] = at;
        if (column < columns - 1) this.#missing(table, row, column + 1);
        if (columns > 0) this.#field(table, cell + column, fieldStart, at, flag);
        else if (at > rowStart) this.#extra(table, rowStart, to);
        at = next > to ? to : next;
        table.rows++;
        break;
      }
    }
    void starts;
    void ends;
    void flags;
    return at;
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
  #extra(table: FieldTable, rowStart: number, to: number): never {
    let end = rowStart;
    while (end < to && table.bytes[end] !== LF) end++;
    throw copyError(
      "extra data after last expected column",
      `COPY ${this.#relation}, line ${this.#line + 1}: "${shortenLine(table.bytes.toString("utf8", rowStart, end))}"`,
    );
  }
  #missing(table: FieldTable, row: number, column: number): never {
    throw copyError(
      `missing data for column "${this.#columnNames[column]}"`,
      `COPY ${this.#relation}, line ${this.#line}: "${shortenLine(table.lineText(row))}"`,
    );
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
/** PostgreSQL shows at most 100 characters of a line. */
export function shortenLine(text: string): string {
  return text.length <= 100 ? text : `${text.slice(0, 100)}...`;
}
