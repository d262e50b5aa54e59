/**
 * When the engine was opened, and where its log stood then: what the server counts, it counts from here. Noted by the thread that opens the
 * engine, in memory that the threads of a server share.
 */
export const serverStartBytes = 2 * Float64Array.BYTES_PER_ELEMENT;

export class ServerStart {
  readonly #values: Float64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(serverStartBytes)) {
    this.#values = new Float64Array(memory);
  }
  /** Later threads find it noted. */
  note(micros: number, logBytes: number): void {
    if (this.micros === 0) this.#values.set([micros, logBytes]);
  }
  /** Since 2000-01-01 UTC. */
  get micros(): number {
    return this.#values[0] ?? 0;
  }
  get logBytes(): number {
    return this.#values[1] ?? 0;
  }
}
