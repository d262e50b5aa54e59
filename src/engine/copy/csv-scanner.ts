/** COPY's CSV format: quoted fields may hold delimiters, line ends and doubled (or escaped) quotes. */
import type { CopyOptions } from "../../plan/index.js";
import { copyError, type DbError } from "../../types/index.js";
import { FieldFlag, type FieldScanner, type FieldTable } from "./field-table.js";
import { isSame, shortenLine } from "./text-scanner.js";

const LF = 10;
const CR = 13;
const BACKSLASH = 92;
const DOT = 46;

export class CsvScanner implements FieldScanner {
  ended = false;
  /** A mark is a line of its own. */
  readonly dataEnd = undefined;
  readonly #delimiter: number;
  readonly #quote: number;
  readonly #escape: number;
  readonly #nullText: Buffer;
  readonly #relation: string;
  readonly #columnNames: readonly string[];
  readonly #forceNotNull: readonly boolean[];
  readonly #forceNull: readonly boolean[];
  linesRead = 0;
  headerFields = 0;
  readonly #hasHeader: boolean;
  /** Its fields are not looked at. */
  readonly #skipsHeader: boolean;
  #lineEnd: "unknown" | "lf" | "crlf" | "cr" = "unknown";
  /** Line ends that the values of the row under way hold. */
  #linesInside = 0;

  constructor(options: CopyOptions, relation: string, columnNames: readonly string[]) {
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote.charCodeAt(0);
    this.#escape = options.escape.charCodeAt(0);
    this.#nullText = Buffer.from(options.nullText, "utf8");
    this.#hasHeader = options.header !== false;
    this.#skipsHeader = options.header !== "match";
    this.#relation = relation;
    this.#columnNames = columnNames;
    this.#forceNotNull = columnNames.map((name) => options.forceNotNull.includes(name));
    this.#forceNull = columnNames.map((name) => options.forceNull.includes(name));
  }

  get currentLine(): number {
    return this.linesRead + 1 + this.#linesInside;
  }

  scan(table: FieldTable, from: number, to: number, final: boolean): number {
    const { bytes, columns } = table;
    let at = from;
    while (table.rows < table.capacity && !this.ended) {
      const rowStart = at;
      this.#linesInside = 0;
      if (at >= to) return rowStart;
      if (bytes[at] === BACKSLASH) {
        const mark = this.#endMark(bytes, at, to, final);
        if (mark === "incomplete") return rowStart;
        if (mark === "wrong line end")
          return table.fail(rowStart, this.#error("end-of-copy marker does not match previous newline style"), at);
        if (mark === "end") {
          this.ended = true;
          return to;
        }
      }
      const row = table.rows;
      const cell = row * columns;
      const isHeader = this.#hasHeader && this.linesRead === 0;
      // PostgreSQL counts line ends inside of values once it knows what they look like.
      const counted = this.#lineEnd === "lf" ? LF : CR;
      let unterminated = false;
      let column = 0;
      for (;;) {
        // One field: text outside and inside quotes.
        const fieldStart = at;
        let quoted = false;
        let inQuotes = false;
        for (;;) {
          if (at >= to) {
            if (!final) return rowStart;
            unterminated = inQuotes;
            break;
          }
          const c = bytes[at] as number;
          if (inQuotes) {
            if (c === this.#escape && at + 1 >= to && !final) return rowStart;
            if (
              c === this.#escape &&
              at + 1 < to &&
              (bytes[at + 1] === this.#quote || (this.#escape !== this.#quote && bytes[at + 1] === this.#escape))
            )
              at += 2;
            else {
              if (c === this.#quote) inQuotes = false;
              else if (c === counted) this.#linesInside++;
              at++;
            }
          } else if (c === this.#quote) {
            quoted = true;
            inQuotes = true;
            at++;
          } else if (c === this.#delimiter || c === LF || c === CR) break;
          else at++;
        }
        if (column < columns) this.#field(table, cell + column, column, fieldStart, at, quoted);
        column++;
        if (at < to && bytes[at] === this.#delimiter) {
          at++;
          continue;
        }
        const lineEnd = at;
        if (at < to) {
          const wrong = this.#endLine(bytes, at, to, final);
          if (wrong === "incomplete") return rowStart;
          if (wrong !== undefined) return table.fail(rowStart, wrong, at);
          at += this.#lineEnd === "crlf" ? 2 : 1;
        }
        table.lines[row] = this.currentLine;
        table.lineStarts[row] = rowStart;
        table.lineEnds[row] = lineEnd;
        if (unterminated && !(isHeader && this.#skipsHeader)) return this.#fail(table, row, "unterminated CSV quoted field");
        if (isHeader) this.headerFields = column;
        else if (column > columns) return this.#fail(table, row, "extra data after last expected column");
        else if (column < columns) return this.#fail(table, row, `missing data for column "${this.#columnNames[column]}"`, column);
        this.linesRead = this.currentLine;
        this.#linesInside = 0;
        table.rows++;
        break;
      }
    }
    return at;
  }

  /** Whether the data end at `at`, the beginning of a line: a mark with other text behind it is a value. */
  #endMark(bytes: Buffer, at: number, to: number, final: boolean): "end" | "incomplete" | "wrong line end" | "value" {
    const isTwo = this.#lineEnd === "crlf";
    const length = isTwo ? 4 : 3;
    const there = Math.min(to - at, length);
    for (let i = 1; i < there; i++) {
      const c = bytes[at + i];
      const fits = i === 1 ? c === DOT : isTwo && i === 2 ? c === CR : c === LF || c === CR;
      if (!fits) return "value";
    }
    if (there < length) return final ? "value" : "incomplete";
    const expected = this.#lineEnd === "cr" ? CR : LF;
    return this.#lineEnd !== "unknown" && bytes[at + length - 1] !== expected ? "wrong line end" : "end";
  }
  /** The line end at `at`: all of them are like the first. */
  #endLine(bytes: Buffer, at: number, to: number, final: boolean): "incomplete" | DbError | undefined {
    if (bytes[at] === LF) {
      if (this.#lineEnd === "unknown") this.#lineEnd = "lf";
      if (this.#lineEnd === "lf") return undefined;
      return this.#error("unquoted newline found in data", "Use quoted CSV field to represent newline.");
    }
    if (at + 1 >= to && !final) return "incomplete";
    const isTwo = at + 1 < to && bytes[at + 1] === LF;
    if (this.#lineEnd === "unknown") this.#lineEnd = isTwo ? "crlf" : "cr";
    if (this.#lineEnd === "cr" || (this.#lineEnd === "crlf" && isTwo)) return undefined;
    return this.#error("unquoted carriage return found in data", "Use quoted CSV field to represent carriage return.");
  }

  #error(message: string, hint?: string): DbError {
    return copyError(message, `COPY ${this.#relation}, line ${this.currentLine}`, hint === undefined ? {} : { hint });
  }
  #fail(table: FieldTable, row: number, message: string, found = 0): number {
    const place = `COPY ${this.#relation}, line ${this.currentLine}: "${shortenLine(table.lineText(row))}"`;
    return table.fail(table.lineStarts[row] as number, copyError(message, place), table.lineEnds[row] as number, found);
  }
  #field(table: FieldTable, cell: number, column: number, start: number, end: number, quoted: boolean): void {
    const { bytes } = table;
    let from = start;
    let to = end;
    let flag: number = FieldFlag.plain;
    if (quoted) {
      // `"plain"` needs nothing but its quotes taken off.
      const simple =
        bytes[start] === this.#quote &&
        bytes[end - 1] === this.#quote &&
        end - start >= 2 &&
        !hasAny(bytes, start + 1, end - 1, this.#quote, this.#escape);
      if (simple) {
        from++;
        to--;
      } else flag = FieldFlag.quotedWithEscapes;
    }
    table.starts[cell] = from;
    table.ends[cell] = to;
    table.flags[cell] = flag;
    if ((!quoted && this.#forceNotNull[column] !== true) || (quoted && this.#forceNull[column] === true)) {
      const isNull = flag === FieldFlag.plain && to - from === this.#nullText.length && isSame(bytes, from, this.#nullText);
      if (isNull) table.starts[cell] = -1;
    }
  }

  decode(table: FieldTable, cell: number): string {
    const start = table.starts[cell] as number;
    const end = table.ends[cell] as number;
    if (table.flags[cell] === FieldFlag.plain) return table.bytes.toString("utf8", start, end);
    const out = Buffer.allocUnsafe(end - start);
    let length = 0;
    let inQuotes = false;
    for (let at = start; at < end; at++) {
      const c = table.bytes[at] as number;
      if (
        inQuotes &&
        c === this.#escape &&
        at + 1 < end &&
        (table.bytes[at + 1] === this.#quote || (this.#escape !== this.#quote && table.bytes[at + 1] === this.#escape))
      )
        out[length++] = table.bytes[++at] as number;
      else if (c === this.#quote) inQuotes = !inQuotes;
      else out[length++] = c;
    }
    return out.toString("utf8", 0, length);
  }
}

function hasAny(bytes: Uint8Array, start: number, end: number, a: number, b: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === a || bytes[at] === b) return true;
  return false;
}
