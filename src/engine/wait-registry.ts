/** Sessions of this thread that wait for the end of a transaction; `waitOver` events wake them by token. */
import { type Engine, type NativeAddon, StatusCode, type Xid } from "../native/index.js";
import { deadlockDetected } from "../types/index.js";

export interface WaitHandle {
  /** Resolves when the blocker ended; rejects with the error given to `abandon`. */
  readonly over: Promise<void>;
  abandon(error: Error): void;
}

export class WaitRegistry {
  readonly #native: Pick<NativeAddon, "storage">;
  readonly #engine: Engine;
  readonly #waiting = new Map<number, () => void>();
  #nextToken = 1;

  constructor(native: Pick<NativeAddon, "storage">, engine: Engine) {
    this.#native = native;
    this.#engine = engine;
  }

  /** Undefined when the blocker is gone already. */
  wait(xid: Xid, blocker: Xid, process: number): WaitHandle | undefined {
    const token = this.#nextToken++;
    // The event may come on the next turn of the loop at the earliest, so registering after the call is soon enough.
    const status = this.#native.storage.waitFor(this.#engine, xid, blocker, token);
    if (status === StatusCode.ok) return undefined;
    if (status === StatusCode.deadlock) throw deadlockDetected(xid, blocker, process);
    let reject: (error: Error) => void = () => {};
    const over = new Promise<void>((resolve, rejectPromise) => {
      this.#waiting.set(token, resolve);
      reject = rejectPromise;
    });
    return {
      over,
      abandon: (error) => {
        if (!this.#waiting.delete(token)) return;
        this.#native.storage.cancelWait(this.#engine, xid);
        reject(error);
      },
    };
  }

  waitOver(token: number): void {
    const wake = this.#waiting.get(token);
    this.#waiting.delete(token);
    wake?.();
  }
}
