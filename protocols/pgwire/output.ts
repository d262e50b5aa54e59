/**
 * What goes to a client: gathered, and held back until the commits that it speaks of are durable. Whatever comes later queues behind what
 * is held, so that replies leave in their order.
 */
import type { Database } from "../../src/engine/types.js";
import { MessageWriter } from "./message-writer.js";
import { copyRows } from "./row-buffers.js";

/** More than this leaves before the reply is complete. */
const FLUSH_BYTES = 64 * 1024;

export interface OutputTransport {
  /** Queues bytes; false when the client reads too slowly and `drained` should be awaited. `sent`: the bytes are the caller's again. */
  write(bytes: Uint8Array, sent?: () => void): boolean;
  drained(): Promise<void>;
  /** `write` keeps no part of the bytes: they are the caller's again when it returns. */
  readonly copies?: boolean;
  /** Sends what is queued, then closes. */
  end(): void;
}

export interface OutputListener {
  /** What was held speaks of work that is lost; it does not leave. */
  lost(error: Error): void;
  /** What was held, or what the client was slow to take, has left. */
  eased(): void;
}

export class Output {
  readonly writer = new MessageWriter();
  readonly #transport: OutputTransport;
  readonly #database: Pick<Database, "whenFlushed">;
  readonly #listener: OutputListener;
  /** Newest commit that the gathered output speaks of. */
  #lsn = 0;
  readonly #held: { readonly bytes: Uint8Array; ready: boolean }[] = [];
  #isClientSlow = false;
  #isClientGone = false;
  #isEnding = false;

  constructor(transport: OutputTransport, database: Pick<Database, "whenFlushed">, listener: OutputListener) {
    this.#transport = transport;
    this.#database = database;
    this.#listener = listener;
  }

  /** Output waits here or in the client's socket. */
  get isWaiting(): boolean {
    return this.#isClientSlow || this.#held.length > 0;
  }
  get isClientSlow(): boolean {
    return this.#isClientSlow;
  }

  /** What is gathered speaks of this commit; 0: of none. */
  note(lsn: number): void {
    if (lsn > this.#lsn) this.#lsn = lsn;
  }
  /** Ready-made messages, whose bytes are the caller's again afterwards. Many of them go past the writer, whose memory is always fresh. */
  raw(bytes: Uint8Array): void {
    if (bytes.length <= FLUSH_BYTES || this.#lsn !== 0 || this.#held.length > 0) return void this.writer.raw(bytes);
    this.send();
    if (this.#transport.copies === true) return this.#write(bytes);
    const { copy, giveBack } = copyRows(bytes);
    this.#write(copy, giveBack);
  }
  sendWhenMuch(): void {
    if (this.writer.length > FLUSH_BYTES) this.send();
  }
  send(): void {
    if (this.writer.length === 0) return;
    const bytes = this.writer.take();
    const lsn = this.#lsn;
    this.#lsn = 0;
    if (lsn === 0 && this.#held.length === 0) return this.#write(bytes);
    const entry = { bytes, ready: lsn === 0 };
    this.#held.push(entry);
    if (lsn === 0) return;
    this.#database.whenFlushed(lsn, (error) => {
      if (error) {
        this.#held.length = 0;
        return this.#listener.lost(error);
      }
      entry.ready = true;
      while (this.#held[0]?.ready) this.#write((this.#held.shift() as { bytes: Uint8Array }).bytes);
      this.#listener.eased();
      this.#endWhenSent();
    });
  }
  #write(bytes: Uint8Array, sent?: () => void): void {
    if (this.#isClientGone || this.#transport.write(bytes, sent) || this.#isClientSlow) return;
    this.#isClientSlow = true;
    void this.drain().then(() => this.#listener.eased());
  }
  /** Until the client has taken what it was slow to take. */
  async drain(): Promise<void> {
    await this.#transport.drained();
    this.#isClientSlow = false;
  }

  /** Closes once all that is gathered and held has left. */
  end(): void {
    this.send();
    this.#isEnding = true;
    this.#endWhenSent();
  }
  #endWhenSent(): void {
    if (this.#isEnding && this.#held.length === 0) this.#transport.end();
  }
  /** Nobody is there to read any more. */
  clientGone(): void {
    this.#isClientGone = true;
  }
}
