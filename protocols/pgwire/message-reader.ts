/**
 * Frames frontend messages out of chunks split anywhere, and reads their fields.
 *
 * Invariants
 *  1. Message sizes are bounded before memory is taken.
 *  2. A field read past the message's end is a protocol violation (08P01), never a read of the next message.
 */
import { type CharacterSet, DbError, invalidUtf8 } from "../../src/types/index.js";

export const protocolViolation = (message: string) => new DbError({ sqlstate: "08P01", severity: "FATAL", message });

const MAX_STARTUP_BYTES = 10_000; // as PostgreSQL's MAX_STARTUP_PACKET_LENGTH

export class MessageReader {
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #startup = true;
  /** Cursor inside the current message. */
  #cursor = 0;
  #messageEnd = 0;
  type = 0;
  /** Text comes in this character set; undefined: UTF-8. */
  characters: CharacterSet | undefined;

  constructor(readonly maxMessageBytes: number) {}

  /** The start-up packet has no type byte; everything after it has one. */
  startupDone(): void {
    this.#startup = false;
  }

  push(chunk: Buffer): void {
    if (this.#at === this.#end) {
      this.#buffer = chunk;
      this.#at = 0;
      this.#end = chunk.length;
      return;
    }
    const rest = this.#end - this.#at;
    const need = rest + chunk.length;
    if (this.#ownsBuffer && this.#end + chunk.length <= this.#buffer.length) {
      chunk.copy(this.#buffer, this.#end);
      this.#end += chunk.length;
      return;
    }
    // Doubling keeps a message that arrives in many pieces linear.
    const grown = Buffer.allocUnsafe(Math.max(need * 2, 4096));
    this.#buffer.copy(grown, 0, this.#at, this.#end);
    chunk.copy(grown, rest);
    this.#buffer = grown;
    this.#ownsBuffer = true;
    this.#at = 0;
    this.#end = need;
  }
  #ownsBuffer = false;

  /** Copies what is left of the last chunk: its memory is the caller's again. */
  keepRest(): void {
    if (this.#ownsBuffer || this.#at === this.#end) return;
    this.#buffer = Buffer.from(this.#buffer.subarray(this.#at, this.#end));
    this.#ownsBuffer = true;
    this.#end -= this.#at;
    this.#at = 0;
  }

  /** Moves to the next whole message; false when it is not there yet. */
  next(): boolean {
    const header = this.#startup ? 4 : 5;
    if (this.#end - this.#at < header) return this.#idle();
    const length = this.#buffer.readInt32BE(this.#at + header - 4);
    const limit = this.#startup ? MAX_STARTUP_BYTES : this.maxMessageBytes;
    if (length < 4 || length > limit)
      throw protocolViolation(this.#startup ? "invalid length of startup packet" : "invalid message length");
    const total = length + header - 4;
    if (this.#end - this.#at < total) return this.#idle();
    this.type = this.#startup ? 0 : (this.#buffer[this.#at] as number);
    this.#cursor = this.#at + header;
    this.#messageEnd = this.#at + total;
    this.#at = this.#messageEnd;
    return true;
  }
  /** The type of the message after the current one, 0 when it has not arrived (whole or not, its first byte tells). */
  peekType(): number {
    return this.#at < this.#end ? (this.#buffer[this.#at] as number) : 0;
  }
  #idle(): boolean {
    // A finished chunk belongs to the socket; holding on to it would keep its memory.
    if (this.#at === this.#end) {
      this.#buffer = Buffer.alloc(0);
      this.#at = this.#end = 0;
      this.#ownsBuffer = false;
    }
    return false;
  }

  byte(): number {
    this.#need(1);
    return this.#buffer[this.#cursor++] as number;
  }
  int16(): number {
    this.#need(2);
    const value = this.#buffer.readInt16BE(this.#cursor);
    this.#cursor += 2;
    return value;
  }
  uint16(): number {
    return this.int16() & 0xffff;
  }
  int32(): number {
    this.#need(4);
    const value = this.#buffer.readInt32BE(this.#cursor);
    this.#cursor += 4;
    return value;
  }
  cstring(): string {
    const zero = this.#buffer.indexOf(0, this.#cursor);
    if (zero < 0 || zero >= this.#messageEnd) throw protocolViolation("invalid string in message");
    const value = zero === this.#cursor ? "" : this.#decode(this.#cursor, zero);
    this.#cursor = zero + 1;
    return value;
  }
  /** A view into the message: copy what must outlive it. */
  bytes(length: number): Buffer {
    if (length < 0) throw protocolViolation("insufficient data left in message");
    this.#need(length);
    const value = this.#buffer.subarray(this.#cursor, this.#cursor + length);
    this.#cursor += length;
    return value;
  }
  /** What bytes(length) would give, without taking them. */
  peekBytes(length: number): Buffer {
    this.#need(length);
    return this.#buffer.subarray(this.#cursor, this.#cursor + length);
  }
  text(length: number): string {
    this.#need(length);
    const value = this.#decode(this.#cursor, this.#cursor + length);
    this.#cursor += length;
    if (value.includes("\0")) throw invalidUtf8(Buffer.of(0));
    return value;
  }
  #decode(start: number, end: number): string {
    if (this.characters !== undefined) return this.characters.decode(this.#buffer.subarray(start, end));
    const value = this.#buffer.toString("utf8", start, end);
    // Where nothing can be read the decoder puts U+FFFD, which may also stand in the text itself.
    const invalid = value.includes("\ufffd") ? invalidUtf8(this.#buffer.subarray(start, end)) : undefined;
    if (invalid !== undefined) throw invalid;
    return value;
  }
  rest(): Buffer {
    return this.bytes(this.#messageEnd - this.#cursor);
  }
  /** What rest() would give, without taking it. */
  peekRest(): Buffer {
    return this.#buffer.subarray(this.#cursor, this.#messageEnd);
  }
  get remaining(): number {
    return this.#messageEnd - this.#cursor;
  }
  /** Nothing is there, not even the beginning of a message. */
  get isEmpty(): boolean {
    return this.#at === this.#end;
  }
  /** Bytes of whole messages that wait to be handled, and what follows them: what back-pressure bounds. A message that is still arriving has to arrive. */
  get backlog(): number {
    const buffered = this.#end - this.#at;
    const header = this.#startup ? 4 : 5;
    if (buffered < header) return 0;
    return buffered < this.#buffer.readInt32BE(this.#at + header - 4) + header - 4 ? 0 : buffered;
  }
  #need(length: number): void {
    if (length < 0 || this.#messageEnd - this.#cursor < length) throw protocolViolation("insufficient data left in message");
  }
}
