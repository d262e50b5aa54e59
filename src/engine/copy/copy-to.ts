/** COPY … TO STDOUT: rows of a portal as text or CSV lines, in chunks. */
import type { CopyOptions } from "../../plan/index.js";
import type { Datum, FormatContext, SqlType } from "../../types/index.js";
import type { CopyOutSource, Portal } from "../types.js";
import { binaryHeader, binaryTrailer, encodeBinaryRow } from "./binary-format.js";

export class CopyTo implements CopyOutSource {
  readonly binary: boolean;
  readonly columnCount: number;
  readonly #portal: Portal;
  readonly #types: readonly SqlType[];
  readonly #options: CopyOptions;
  readonly #format: FormatContext;
  readonly #forceQuote: readonly boolean[];
  readonly #names: readonly string[];
  #count = 0;
  #headerSent: boolean;
  #done = false;
  flushLsn = 0;

  constructor(portal: Portal, names: readonly string[], types: readonly SqlType[], options: CopyOptions, format: FormatContext) {
    this.#portal = portal;
    this.#names = names;
    this.#types = types;
    this.#options = options;
    this.#format = format;
    this.columnCount = types.length;
    this.binary = options.format === "binary";
    this.#headerSent = !this.binary && options.header === false;
    this.#forceQuote = names.map((name) => options.forceQuote === "*" || options.forceQuote.includes(name));
  }

  tag = (): string => `COPY ${this.#count}`;

  async next(): Promise<Uint8Array | null> {
    if (this.#done) return null;
    if (this.binary) return this.#nextBinary();
    let text = "";
    if (!this.#headerSent) {
      this.#headerSent = true;
      text = this.#line(this.#names.map((name, i) => this.#quoteIfNeeded(name, i, false)));
    }
    const { rows, done, flushLsn } = await this.#portal.next(0);
    for (const row of rows) text += this.#line(row.map((value, i) => this.#field(value, i)));
    this.#count += rows.length;
    this.#done = done;
    this.flushLsn = flushLsn;
    return text === "" ? (done ? null : this.next()) : Buffer.from(text, "utf8");
  }

  async #nextBinary(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    if (!this.#headerSent) {
      this.#headerSent = true;
      parts.push(binaryHeader());
    }
    const { rows, done, flushLsn } = await this.#portal.next(0);
    for (const row of rows) parts.push(encodeBinaryRow(row, this.#types));
    this.#count += rows.length;
    this.#done = done;
    this.flushLsn = flushLsn;
    if (done) parts.push(binaryTrailer());
    return Buffer.concat(parts);
  }

  #line(fields: readonly string[]): string {
    return `${fields.join(this.#options.delimiter)}\n`;
  }
  #field(value: Datum, column: number): string {
    const { format, nullText } = this.#options;
    if (value === null) return nullText;
    const text = (this.#types[column] as SqlType).output(value, this.#format);
    return format === "csv" ? this.#quoteIfNeeded(text, column, true) : escapeText(text, this.#options.delimiter);
  }
  #quoteIfNeeded(text: string, column: number, isValue: boolean): string {
    const { format, delimiter, quote, escape, nullText } = this.#options;
    if (format !== "csv") return escapeText(text, delimiter);
    const needed =
      (isValue && this.#forceQuote[column] === true) ||
      text === nullText ||
      text.includes(delimiter) ||
      text.includes(quote) ||
      /[\r\n]/.test(text) ||
      (this.#types.length === 1 && text === "\\.");
    if (!needed) return text;
    let out = quote;
    for (const c of text) out += c === quote || c === escape ? escape + c : c;
    return out + quote;
  }
}

const needsEscape = /[\b\f\n\r\t\v\\]/;
const escapes: Readonly<Record<string, string>> = {
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
};

function escapeText(text: string, delimiter: string): string {
  let out = needsEscape.test(text) ? text.replace(/[\b\f\n\r\t\v\\]/g, (c) => escapes[c] as string) : text;
  if (delimiter !== "\t" && out.includes(delimiter)) out = out.replaceAll(delimiter, `\\${delimiter}`);
  return out;
}
