/** COPY's CSV format: quoted fields may hold delimiters, line ends and doubled (or escaped) quotes. */
import type { CopyOptions } from "../../plan/index.js";
import { copyError } from "../../types/index.js";
import { FieldFlag, type FieldScanner, type FieldTable } from "./field-table.js";
import { isSame, shortenLine } from "./text-scanner.js";

const LF = 10;
const CR = 13;

export class CsvScanner implements FieldScanner {
  ended = false;
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

  constructor(options: CopyOptions, relation: string, columnNames: readonly string[]) {
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#quote = options.quote.charCodeAt(0);
    this.#escape = options.escape.charCodeAt(0);
    this.#nullText = Buffer.from(options.nullText, "utf8");
    this.#hasHeader = options.header !== false;
    this.#relation = relation;
    this.#columnNames = columnNames;
    this.#forceNotNull = columnNames.map((name) => options.forceNotNull.includes(name));
    this.#forceNull = columnNames.map((name) => options.forceNull.includes(name));
  }

  scan(table: FieldTable, from: number, to: number, final: boolean): number {
    const { bytes, columns } = table;
    let at = from;
    while (table.rows < table.capacity && !this.ended) {
      const rowStart = at;
      if (at >= to) return rowStart;
      if (bytes[at] === 92 && bytes[at + 1] === 46) {
        if (at + 2 >= to && !final) return rowStart;
        if (at + 2 >= to || bytes[at + 2] === LF || bytes[at + 2] === CR) {
          this.ended = true;
          return to;
        }
      }
      const row = table.rows;
      const cell = row * columns;
      const isHeader = this.#hasHeader && this.linesRead === 0;
      const firstLine = this.linesRead + 1;
      let lines = 1;
      let column = 0;
      for (;;) {
        // One field: text outside and inside quotes.
        const fieldStart = at;
        let quoted = false;
        let inQuotes = false;
        for (;;) {
          if (at >= to) {
            if (!final) return rowStart;
            if (inQuotes) return this.#fail(table, "unterminated CSV quoted field", firstLine, rowStart, to);
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
              else if (c === LF) lines++;
              at++;
            }
          } else if (c === this.#quote) {
            quoted = true;
            inQuotes = true;
            at++;
          } else if (c === this.#delimiter || c === LF || c === CR) break;
          else at++;
        }
        const atDelimiter = at < to && bytes[at] === this.#delimiter;
        if (!atDelimiter && at < to && bytes[at] === CR && at + 1 >= to && !final) return rowStart;
        if (column < columns) this.#field(table, cell + column, column, fieldStart, at, quoted);
        else if (!isHeader) return this.#fail(table, "extra data after last expected column", firstLine, rowStart, at);
        column++;
        if (atDelimiter) {
          at++;
          continue;
        }
        const lineEnd = at;
        if (at < to) at += bytes[at] === CR && bytes[at + 1] === LF ? 2 : 1;
        this.linesRead += lines;
        table.lines[row] = firstLine;
        table.lineStarts[row] = rowStart;
        table.lineEnds[row] = lineEnd;
        if (isHeader) this.headerFields = column;
        else if (column < columns)
          return this.#fail(table, `missing data for column "${this.#columnNames[column]}"`, firstLine, rowStart, lineEnd, column);
        table.rows++;
        break;
      }
    }
    return at;
  }

  #fail(table: FieldTable, message: string, line: number, start: number, end: number, found = 0): number {
    const text = shortenLine(table.bytes.toString("utf8", start, end));
    return table.fail(start, copyError(message, `COPY ${this.#relation}, line ${line}: "${text}"`), found);
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
