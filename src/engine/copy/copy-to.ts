/**
 * COPY … TO: rows of a portal as text, CSV or binary, many to a chunk. The addon encodes what it can; here is what those forms are, and what
 * encodes the rest.
 */
import type { CopyOptions } from "../../plan/index.js";
import type { Datum, FormatContext, SqlType } from "../../types/index.js";
import type { CopyOutSource, Portal } from "../types.js";
import { binaryHeader, binaryTrailer, encodeBinaryRow } from "./binary-format.js";

const COPY_DATA = 0x64;
const COPY_DATA_HEADER_BYTES = 5;

export class CopyTo implements CopyOutSource {
  readonly binary: boolean;
  readonly columnCount: number;
  readonly #portal: Portal;
  readonly #types: readonly SqlType[];
  readonly #options: CopyOptions;
  readonly #format: FormatContext;
  readonly #forceQuote: readonly boolean[];
  readonly #names: readonly string[];
  readonly #framed: boolean;
  #preamble: Uint8Array | undefined;
  #count = 0;
  #headerSent: boolean;
  #done = false;
  flushLsn = 0;

  constructor(
    portal: Portal,
    names: readonly string[],
    types: readonly SqlType[],
    options: CopyOptions,
    format: FormatContext,
    framed: boolean,
  ) {
    this.#framed = framed;
    this.#portal = portal;
    this.#names = names;
    this.#types = types;
    this.#options = options;
    this.#format = format;
    this.columnCount = types.length;
    this.binary = options.format === "binary";
    this.#headerSent = this.binary || options.header === false;
    this.#preamble = this.binary ? binaryHeader() : undefined;
    this.#forceQuote = names.map((name) => options.forceQuote === "*" || options.forceQuote.includes(name));
  }

  get rows(): number {
    return this.#count;
  }
  tag = (): string => `COPY ${this.#count}`;

  async next(): Promise<Uint8Array | null> {
    if (this.#done) return null;
    const parts: Uint8Array[] = [];
    if (!this.#headerSent) {
      this.#headerSent = true;
      parts.push(this.#message(this.#line(this.#names.map((name, i) => this.#quoteIfNeeded(name, i, false)))));
    }
    const { rows, encoded, done, flushLsn } = await this.#portal.next(0);
    // The addon's bytes are its own until its next call.
    if (encoded !== undefined) parts.push(this.#withPreamble(encoded.bytes));
    for (const row of rows)
      parts.push(this.#message(this.binary ? encodeBinaryRow(row, this.#types) : this.#line(row.map((value, i) => this.#field(value, i)))));
    this.#count += rows.length + (encoded?.rowCount ?? 0);
    this.#done = done;
    this.flushLsn = flushLsn;
    if (done && this.binary) parts.push(this.#message(binaryTrailer()));
    if (parts.length === 1) return parts[0] as Uint8Array;
    return parts.length === 0 && done ? null : Buffer.concat(parts);
  }

  /** A row, the header line or the trailer, as it leaves: for a client as a CopyData message. */
  #message(bytes: string | Uint8Array): Uint8Array {
    const body = typeof bytes === "string" ? Buffer.from(bytes, "utf8") : bytes;
    if (!this.#framed) return this.#withPreamble(body);
    const message = Buffer.allocUnsafe(COPY_DATA_HEADER_BYTES + body.length);
    message[0] = COPY_DATA;
    message.writeInt32BE(4 + body.length, 1);
    message.set(body, COPY_DATA_HEADER_BYTES);
    return this.#withPreamble(message);
  }
  /** The binary format's header stands in the first row's message, as from PostgreSQL. */
  #withPreamble(bytes: Uint8Array): Uint8Array {
    const preamble = this.#preamble;
    if (preamble === undefined) return bytes;
    this.#preamble = undefined;
    if (!this.#framed) return Buffer.concat([preamble, bytes]);
    const head = Buffer.from(bytes.subarray(0, COPY_DATA_HEADER_BYTES));
    head.writeInt32BE(head.readInt32BE(1) + preamble.length, 1);
    return Buffer.concat([head, preamble, bytes.subarray(COPY_DATA_HEADER_BYTES)]);
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
