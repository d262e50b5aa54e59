/**
 * Sessions of this thread that wait for the end of a transaction, for a lock or for work on the addon's threads; `waitOver` events wake
 * them by token.
 */
import { type Engine, type NativeAddon, StatusCode, type Xid } from "../native/index.js";
import type { ObjectLock } from "./session-waits.js";

export interface WaitHandle<T = void> {
  /** Resolves when what was waited for came; rejects with the error given to `abandon`. */
  readonly over: Promise<T>;
  abandon(error: Error): void;
}

export class WaitRegistry {
  readonly #native: Pick<NativeAddon, "storage" | "locks">;
  readonly #engine: Engine;
  readonly #waiting = new Map<number, () => void>();
  #nextToken = 1;

  constructor(native: Pick<NativeAddon, "storage" | "locks">, engine: Engine) {
    this.#native = native;
    this.#engine = engine;
  }

  newToken(): number {
    return this.#nextToken++;
  }
  /** The next event with a token of `newToken`. */
  eventOf(token: number): WaitHandle {
    return this.#handle(token, () => undefined);
  }
  /** Undefined when the blocker is gone already. */
  wait(xid: Xid, blocker: Xid): WaitHandle | undefined {
    const token = this.#nextToken++;
    // The event may come on the next turn of the loop at the earliest, so registering after the call is soon enough.
    const status = this.#native.storage.waitFor(this.#engine, xid, blocker, token);
    if (status === StatusCode.ok) return undefined;
    return this.#handle(token, () => {
      this.#native.storage.cancelWait(this.#engine, xid);
      this.#native.storage.leaveQueue(this.#engine, xid);
    });
  }

  /** Undefined when the lock is held at once. A request that is granted while it is abandoned is given back. */
  acquire(process: number, { tag, fields, mode }: ObjectLock): (WaitHandle & { readonly isDeadlock: boolean }) | undefined {
    const { locks } = this.#native;
    const token = this.#nextToken++;
    const status = locks.acquire(this.#engine, process, tag, ...fields, mode, token);
    if (status === StatusCode.ok) return undefined;
    const handle = this.#handle(token, () => {
      if (!locks.cancel(this.#engine, process)) locks.release(this.#engine, process, tag, ...fields, mode);
    });
    return { ...handle, isDeadlock: status === StatusCode.deadlock };
  }

  waitOver(token: number): void {
    const wake = this.#waiting.get(token);
    this.#waiting.delete(token);
    wake?.();
  }

  #handle(token: number, cancel: () => void): WaitHandle {
    let reject: (error: Error) => void = () => {};
    const over = new Promise<void>((resolve, rejectPromise) => {
      this.#waiting.set(token, resolve);
      reject = rejectPromise;
    });
    return {
      over,
      abandon: (error) => {
        if (!this.#waiting.delete(token)) return;
        cancel();
        reject(error);
      },
    };
  }
}
