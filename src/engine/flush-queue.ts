/**
 * Callbacks that wait for the log, in order of LSN. `flushed` events of the engine release them; commits of many sessions
 * share one fdatasync, so usually one event releases many. The log is asked once per turn of the event loop, after every socket that
 * was ready has been served: the commits of all of them go with the same write.
 */
import { type Engine, type EngineBinding, StatusCode } from "../native/index.js";
import { logFailed } from "../types/index.js";

interface Waiting {
  readonly lsn: number;
  readonly callback: (error?: Error) => void;
}

export class FlushQueue {
  readonly #binding: EngineBinding;
  readonly #engine: Engine;
  #waiting: Waiting[] = [];
  #flushed = 0;
  #requested = 0;
  #wanted = 0;
  #failure: Error | undefined;

  constructor(binding: EngineBinding, engine: Engine) {
    this.#binding = binding;
    this.#engine = engine;
  }

  whenFlushed(lsn: number, callback: (error?: Error) => void): void {
    if (lsn <= this.#flushed || this.#failure !== undefined) {
      callback(lsn <= this.#flushed ? undefined : this.#failure);
      return;
    }
    // LSNs come nearly in order: look for the place from the end.
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).lsn > lsn) at--;
    if (at === this.#waiting.length) this.#waiting.push({ lsn, callback });
    else this.#waiting.splice(at, 0, { lsn, callback });
    if (lsn <= this.#wanted) return;
    if (this.#wanted <= this.#requested) setImmediate(this.#request);
    this.#wanted = lsn;
  }
  /** Asks for everything that callbacks wait for: at the turn's end, and before the engine closes. */
  request(): void {
    if (this.#wanted <= this.#requested || this.#failure !== undefined) return;
    this.#requested = this.#wanted;
    this.#binding.requestFlush(this.#engine, this.#wanted);
  }
  readonly #request = (): void => this.request();

  flushed(lsn: number): void {
    if (lsn > this.#flushed) this.#flushed = lsn;
    let count = 0;
    while (count < this.#waiting.length && (this.#waiting[count] as Waiting).lsn <= this.#flushed) count++;
    const ready = this.#waiting.splice(0, count);
    for (const { callback } of ready) callback();
  }

  /** What everybody who waits is told from now on; undefined: the log works. */
  get failure(): Error | undefined {
    return this.#failure;
  }
  failed(message: string, code: number): void {
    this.#failure ??= logFailed(message, code === StatusCode.diskFull);
    const all = this.#waiting;
    this.#waiting = [];
    for (const { callback } of all) callback(this.#failure);
  }
}
