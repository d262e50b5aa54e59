/**
 * Backend messages into one growing buffer. A message is started with its type byte, filled, and ended, which patches its length.
 * Source: PostgreSQL documentation, "Message Formats".
 *
 * Invariant: `take` gives whole messages only and hands the buffer over; the writer goes on with a new one.
 */
import { assert, type CharacterSet } from "../../src/types/index.js";

const INITIAL_BYTES = 8192;

export class MessageWriter {
  #buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #used = 0;
  #start = 0;
  #isOpen = false;
  /** Text goes out in this character set; undefined: UTF-8. */
  characters: CharacterSet | undefined;

  get length(): number {
    return this.#used;
  }

  start(type: number): this {
    this.#reserve(5);
    this.#start = this.#used;
    this.#isOpen = true;
    this.#buffer[this.#used] = type;
    this.#used += 5;
    return this;
  }
  end(): void {
    this.#buffer.writeInt32BE(this.#used - this.#start - 1, this.#start + 1);
    this.#isOpen = false;
  }
  /** Drops a message that failed before its end. */
  abandon(): void {
    if (this.#isOpen) this.#used = this.#start;
    this.#isOpen = false;
  }
  /** Takes back what was written behind so many bytes of `length`. */
  retract(length: number): void {
    assert(length <= this.#used && !this.#isOpen, "whole messages that are still here are taken back");
    this.#used = length;
  }
  byte(value: number): this {
    this.#reserve(1);
    this.#buffer[this.#used++] = value;
    return this;
  }
  int16(value: number): this {
    this.#reserve(2);
    this.#used = this.#buffer.writeInt16BE(value, this.#used);
    return this;
  }
  int32(value: number): this {
    this.#reserve(4);
    this.#used = this.#buffer.writeInt32BE(value, this.#used);
    return this;
  }
  uint32(value: number): this {
    this.#reserve(4);
    this.#used = this.#buffer.writeUInt32BE(value >>> 0, this.#used);
    return this;
  }
  cstring(value: string): this {
    if (this.characters !== undefined) return this.bytes(this.characters.encode(value)).byte(0);
    this.#reserve(value.length * 3 + 1);
    this.#used += this.#buffer.write(value, this.#used, "utf8");
    this.#buffer[this.#used++] = 0;
    return this;
  }
  /** A string that must not fail: an error's, above all one about a character that the client's set has not. */
  lossyCstring(value: string): this {
    return this.characters === undefined ? this.cstring(value) : this.bytes(this.characters.encodeLossy(value)).byte(0);
  }
  bytes(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#buffer.set(value, this.#used);
    this.#used += value.length;
    return this;
  }
  /** A DataRow value: int32 length, then the bytes. */
  value(bytes: Uint8Array): this {
    return this.int32(bytes.length).bytes(bytes);
  }
  /** A DataRow value in text form. */
  text(value: string): this {
    if (this.characters !== undefined) return this.value(this.characters.encode(value));
    const length = value.length;
    this.#reserve(4 + length * 3);
    const at = this.#used + 4;
    // Short ASCII (numbers, most keys) is cheaper by hand than through the encoder.
    if (length < 24) {
      const buffer = this.#buffer;
      let i = 0;
      for (; i < length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        buffer[at + i] = code;
      }
      if (i === length) {
        buffer.writeInt32BE(length, this.#used);
        this.#used = at + length;
        return this;
      }
    }
    const written = this.#buffer.write(value, at, "utf8");
    this.#buffer.writeInt32BE(written, this.#used);
    this.#used = at + written;
    return this;
  }
  /** Ready-made messages (rows that the addon encoded). */
  raw(bytes: Uint8Array): this {
    return this.bytes(bytes);
  }

  take(): Buffer {
    const out = this.#buffer.subarray(0, this.#used);
    // A large buffer is handed over whole; a small rest is worth keeping for the next messages.
    if (this.#buffer.length - this.#used >= 2048) this.#buffer = this.#buffer.subarray(this.#used);
    else this.#buffer = Buffer.allocUnsafe(INITIAL_BYTES);
    this.#used = 0;
    return out;
  }

  #reserve(size: number): void {
    const need = this.#used + size;
    if (need <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(need, this.#buffer.length * 2, INITIAL_BYTES));
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }
}
