/** Bytes that came and are not used yet, in one piece. Appending and dropping cost time in proportion to the bytes, however they are cut. */
export class GrowingInput {
  #buffer: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }
  /** Valid until the next `add`. */
  view(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }
  add(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#buffer.length) {
      const { length } = this;
      const larger = Buffer.allocUnsafeSlow(Math.max(2 * (length + chunk.length), 64 << 10));
      this.#buffer.copy(larger, 0, this.#start, this.#end);
      this.#buffer = larger;
      this.#start = 0;
      this.#end = length;
    }
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }
  drop(count: number): void {
    this.#start += count;
    if (this.#start < this.#end) return;
    this.#start = this.#end = 0;
    // One huge value must not hold its memory for good.
    if (this.#buffer.length > 1 << 20) this.#buffer = Buffer.alloc(0);
  }
  /** A line without its end; undefined: it has not come yet. */
  takeLine(): string | undefined {
    const at = this.#buffer.subarray(this.#start, this.#end).indexOf(0x0a);
    if (at < 0) return undefined;
    const line = this.#buffer.toString("latin1", this.#start, this.#start + at).replace(/\r$/, "");
    this.drop(at + 1);
    return line;
  }
}
