/**
 * Replies that TypeScript writes: RESP2 or RESP3 into a growing buffer. Native bodies have their own (native/wire/resp_writer.h).
 */
const firstBytes = 1024;
const chunkBytes = 8192;
const minimumBytes = 256;
const shortText = 48;

export class ReplyWriter {
  resp3 = false;
  #buffer = Buffer.allocUnsafe(firstBytes);
  #length = 0;

  get length(): number {
    return this.#length;
  }
  /** The bytes written so far, as a buffer that nobody else holds; the writer starts anew. */
  take(): Buffer {
    const out = this.#buffer.subarray(0, this.#length);
    // What is left of a buffer serves the next reply: most are short.
    const rest = this.#buffer.length - this.#length;
    this.#buffer = rest >= minimumBytes ? this.#buffer.subarray(this.#length) : Buffer.allocUnsafe(chunkBytes);
    this.#length = 0;
    return out;
  }
  raw(bytes: Uint8Array | string): void {
    if (typeof bytes === "string" && bytes.length <= shortText) return this.#short(bytes);
    const length = typeof bytes === "string" ? Buffer.byteLength(bytes) : bytes.length;
    this.#reserve(length);
    if (typeof bytes === "string") this.#buffer.write(bytes, this.#length);
    else this.#buffer.set(bytes, this.#length);
    this.#length += length;
  }
  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + length));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
  /** Most texts are a few characters of ASCII: one after the other is quicker than asking for their encoding. */
  #short(text: string): void {
    this.#reserve(3 * text.length);
    const buffer = this.#buffer;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length += buffer.write(text, this.#length);
        return;
      }
      buffer[this.#length + i] = code;
    }
    this.#length += text.length;
  }
  /** A bulk string of the bytes from `start` to before `end`. */
  bulkRange(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    this.#short(`$${length}\r\n`);
    this.#reserve(length + 2);
    const buffer = this.#buffer;
    const at = this.#length;
    if (length <= shortText) for (let i = 0; i < length; i++) buffer[at + i] = bytes[start + i] as number;
    else buffer.set(bytes.subarray(start, end), at);
    buffer[at + length] = 0x0d;
    buffer[at + length + 1] = 0x0a;
    this.#length = at + length + 2;
  }
  ok(): void {
    this.raw("+OK\r\n");
  }
  status(text: string): void {
    this.raw(Buffer.from(`+${text}\r\n`, "latin1"));
  }
  /** `text` begins with its prefix, "ERR …". */
  error(text: string): void {
    this.raw(Buffer.from(`-${text.replace(/[\r\n]/g, " ")}\r\n`, "latin1"));
  }
  byteAt(index: number): number {
    return this.#buffer[index] as number;
  }
  /** A view of what was written from `start` up to the end of that line. */
  firstLine(start: number): Buffer {
    const end = this.#buffer.subarray(0, this.#length).indexOf(0x0d, start);
    return this.#buffer.subarray(start, end < 0 ? this.#length : end);
  }
  /** Takes back what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }
  double(value: number): void {
    const text = Number.isInteger(value) ? String(value) : doubleText(value);
    if (this.resp3) this.raw(`,${text}\r\n`);
    else this.bulk(text);
  }
  integer(value: number): void {
    this.raw(`:${value}\r\n`);
  }
  bulk(value: Uint8Array | string): void {
    if (typeof value !== "string") return this.bulkRange(value, 0, value.length);
    this.#short(`$${Buffer.byteLength(value)}\r\n`);
    this.raw(value);
    this.#short("\r\n");
  }
  /** Text for people: verbatim in RESP3. */
  verbatim(value: string): void {
    if (this.resp3) this.raw(`=${Buffer.byteLength(value) + 4}\r\ntxt:${value}\r\n`);
    else this.bulk(value);
  }
  null(): void {
    this.raw(this.resp3 ? "_\r\n" : "$-1\r\n");
  }
  nullArray(): void {
    this.raw(this.resp3 ? "_\r\n" : "*-1\r\n");
  }
  array(count: number): void {
    this.raw(`*${count}\r\n`);
  }
  map(pairs: number): void {
    this.raw(this.resp3 ? `%${pairs}\r\n` : `*${pairs * 2}\r\n`);
  }
  set(count: number): void {
    this.raw(this.resp3 ? `~${count}\r\n` : `*${count}\r\n`);
  }
  push(count: number): void {
    this.raw(this.resp3 ? `>${count}\r\n` : `*${count}\r\n`);
  }
}

/** %.17g of a number that is not whole. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  const text = value.toPrecision(17);
  return text.includes("e") ? text : text.replace(/\.?0+$/, "");
}
