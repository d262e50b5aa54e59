/**
 * pg_advisory_lock and its kin for one session. A key is one int8 or two int4, which never meet. Held to the end of the session, as often
 * as they were asked for, or to the end of the transaction (which keeps those itself).
 */
import { PauseSignal } from "../execution/index.js";
import type { AdvisoryKey } from "../functions/index.js";
import { LockKind, LockMode, lockModeNames, StatusCode } from "../native/index.js";
import type { EngineSession } from "./session.js";
import type { ObjectLock } from "./session-waits.js";
import type { SessionTransaction } from "./transaction.js";

export class AdvisoryLocks {
  readonly #session: EngineSession;
  readonly #counts = new Map<string, { readonly lock: ObjectLock; count: number }>();

  constructor(session: EngineSession) {
    this.#session = session;
  }

  /** `transaction`: to whose end; undefined: the session's. False: others hold it and `wait` is not set; with it the statement pauses. */
  lock(key: AdvisoryKey, shared: boolean, wait: boolean, transaction: SessionTransaction | undefined): boolean {
    const session = this.#session;
    const lock = this.#lockOf(key, shared);
    const hold = (): boolean => {
      if (transaction !== undefined) transaction.locks.push(lock);
      else this.#count(lock);
      return true;
    };
    return session.pausable("an advisory lock").recall(() => {
      const { native, engine } = session.database;
      if (native.locks.acquire(engine, session.id, lock.tag, ...lock.fields, lock.mode, 0) === StatusCode.ok) return hold();
      if (!wait) return false;
      throw new PauseSignal(() => session.waits.forLock(lock, "advisory").then(hold));
    });
  }

  /** One holding of the session's; false, with a warning: there is none. */
  unlock(key: AdvisoryKey, shared: boolean): boolean {
    const lock = this.#lockOf(key, shared);
    const held = this.#counts.get(nameOf(lock));
    if (held === undefined) {
      this.#session.notice("WARNING", "01000", `you don't own a lock of type ${lockModeNames[lock.mode]}`);
      return false;
    }
    this.#release(held.lock);
    if (--held.count === 0) this.#counts.delete(nameOf(lock));
    return true;
  }

  /** The session holds it beside its transaction. */
  holds({ fields }: ObjectLock): boolean {
    return [...this.#counts.values()].some(({ lock }) => lock.fields.join() === fields.join());
  }
  releaseAll(): void {
    for (const { lock, count } of this.#counts.values()) for (let i = 0; i < count; i++) this.#release(lock);
    this.#counts.clear();
  }

  #count(lock: ObjectLock): void {
    const held = this.#counts.get(nameOf(lock));
    if (held === undefined) this.#counts.set(nameOf(lock), { lock, count: 1 });
    else held.count++;
  }
  #release({ tag, fields, mode }: ObjectLock): void {
    const { native, engine } = this.#session.database;
    native.locks.release(engine, this.#session.id, tag, ...fields, mode);
  }
  #lockOf(key: AdvisoryKey, shared: boolean): ObjectLock {
    const database = this.#session.catalog().snapshot.database(this.#session.databaseName)?.oid ?? 0;
    const fields = [database, key.high >>> 0, key.low >>> 0, key.isPair ? 2 : 1] as const;
    return { tag: LockKind.advisory, fields, mode: shared ? LockMode.share : LockMode.exclusive };
  }
}

const nameOf = (lock: ObjectLock): string => `${lock.fields.join()} ${lock.mode}`;
