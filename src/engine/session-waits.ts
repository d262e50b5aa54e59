/**
 * How a session waits: for the end of a transaction, for a lock, for a time, for another thread. No thread is held; cancel, terminate,
 * statement_timeout, lock_timeout and a deadlock end a wait with their error.
 *
 * Deadlocks are looked for as PostgreSQL does: by each waiter, once it has waited for deadlock_timeout. So whoever waited longest when
 * the cycle closed is the victim.
 */
import { DATABASE_OID } from "../catalog/index.js";
import { tupleId } from "../execution/internal.js";
import { LockKind, lockModeNames, type WaitEdge, type Xid } from "../native/index.js";
import { type DbError, deadlockDetected, lockTimedOut, type Oid, queryCanceled } from "../types/index.js";
import { clockMicros } from "./clock.js";
import type { EngineSession } from "./session.js";
import type { WaitHandle } from "./wait-registry.js";

/** What pg_stat_activity and pg_locks say about a wait. */
export interface WaitEvent {
  readonly type: "Lock" | "Timeout" | "IPC";
  readonly name: string;
  readonly startMicros: number;
}
/** A lock of an object: kind and fields as pg_locks shows them (native/locks.ts). */
export interface ObjectLock {
  readonly tag: number;
  readonly fields: readonly [number, number, number, number];
  readonly mode: number;
}

/** Timers hold no more than this: longer times are slept in parts. */
const TIMER_MILLIS_MAX = 2 ** 31 - 1;

export class SessionWaits {
  readonly #session: EngineSession;
  #abandon: ((error: Error) => void) | undefined;
  event: WaitEvent | undefined;

  constructor(session: EngineSession) {
    this.#session = session;
  }

  /** Ends the wait with `error`; false: the session does not wait. */
  abandon(error: DbError): boolean {
    if (this.#abandon === undefined) return false;
    this.#abandon(error);
    return true;
  }

  get isWaiting(): boolean {
    return this.#abandon !== undefined;
  }

  async forTransaction(
    xid: Xid,
    blocker: Xid,
    event: Omit<WaitEvent, "startMicros"> = { type: "Lock", name: "transactionid" },
  ): Promise<void> {
    const handle = this.#session.database.waits.wait(xid, blocker);
    // The blocker has ended already: give others a turn, so that two statements cannot restart each other for ever.
    if (handle === undefined) return new Promise((resolve) => setImmediate(resolve));
    await this.#pause(handle, event);
  }

  /** The lock is held when this resolves. */
  async forLock(lock: ObjectLock, name: string): Promise<void> {
    const handle = this.#session.database.waits.acquire(this.#session.id, lock);
    if (handle === undefined) return;
    const over = this.#pause(handle, { type: "Lock", name });
    // The other waits for this session already: nothing can come of waiting for it.
    if (handle.isDeadlock) this.#breakDeadlock(handle);
    await over;
  }

  /** Work of this statement on the addon's threads. */
  forEvent(token: number): Promise<void> {
    return this.#pause(this.#session.database.waits.eventOf(token), { type: "IPC", name: "ExecuteGather" });
  }

  async sleep(millis: number): Promise<void> {
    const ends = performance.now() + millis;
    for (let left = millis; left > 0; left = ends - performance.now()) {
      let timer: NodeJS.Timeout | undefined;
      await this.forPromise(
        new Promise<void>((resolve) => {
          timer = setTimeout(resolve, Math.min(Math.ceil(left), TIMER_MILLIS_MAX));
        }),
        { type: "Timeout", name: "PgSleep" },
      ).finally(() => clearTimeout(timer));
    }
  }

  /** Something else's end; giving up leaves it to itself. */
  forPromise<T>(work: Promise<T>, event: Omit<WaitEvent, "startMicros">): Promise<T> {
    let reject: (error: Error) => void = () => {};
    const over = new Promise<T>((resolve, rejectPromise) => {
      reject = rejectPromise;
      work.then(resolve, rejectPromise);
    });
    return this.#pause({ over, abandon: reject }, event);
  }

  #breakDeadlock(handle: WaitHandle<unknown>): void {
    const { native, engine } = this.#session.database;
    const cycle = native.locks.breakDeadlock(engine, this.#session.id);
    if (cycle.length > 0) handle.abandon(deadlockDetected(cycle.map((edge) => describeEdge(edge, this.#session))));
  }

  async #pause<T>(handle: WaitHandle<T>, event: Omit<WaitEvent, "startMicros">): Promise<T> {
    const session = this.#session;
    const timers: NodeJS.Timeout[] = [];
    const after = (millis: number, work: () => void) => timers.push(setTimeout(work, Math.min(millis, TIMER_MILLIS_MAX)));
    this.#abandon = handle.abandon;
    this.event = { ...event, startMicros: clockMicros() };
    if (event.type === "Lock") {
      const lockTimeout = Number(session.settings.raw("lock_timeout"));
      if (lockTimeout > 0) after(lockTimeout, () => handle.abandon(lockTimedOut()));
      after(Number(session.settings.raw("deadlock_timeout")), () => this.#breakDeadlock(handle));
    }
    // A request that stands came before the wait: nobody tells of it any more.
    if (session.clock.takeCancel()) handle.abandon(queryCanceled());
    for (const { millis, error } of session.clock.limits()) after(Math.max(0, millis), () => handle.abandon(error()));
    try {
      return await handle.over;
    } finally {
      this.#abandon = undefined;
      this.event = undefined;
      for (const timer of timers) clearTimeout(timer);
    }
  }
}

/** As the DETAIL of a deadlock says it. */
function describeEdge(edge: WaitEdge, session: EngineSession): string {
  const [mode, object] = describeWait(edge, session);
  return `Process ${edge.waiter} waits for ${mode} on ${object}; blocked by process ${edge.blocker}.`;
}
function describeWait(edge: WaitEdge, session: EngineSession): readonly [mode: string, object: string] {
  if (edge.tag !== undefined) return [lockModeNames[edge.mode] ?? "", describeLock(edge.tag, edge.fields)];
  if (edge.storage === undefined || !edge.isBehind) return ["ShareLock", `transaction ${edge.xid}`];
  const relation = relationOfStorage(session, edge.storage) ?? edge.storage;
  return [tupleLockModes[edge.strength] ?? "", `tuple ${tupleId(edge.row)} of relation ${relation} of database ${DATABASE_OID}`];
}
/** As PostgreSQL locks a tuple for each strength of a row lock. */
export const tupleLockModes = ["AccessShareLock", "RowShareLock", "ExclusiveLock", "AccessExclusiveLock"] as const;
export function relationOfStorage(session: EngineSession, storage: number): Oid | undefined {
  for (const object of session.catalog().snapshot.objects()) if (object.class === "table" && object.storage === storage) return object.oid;
  return undefined;
}
function describeLock(tag: number, fields: readonly number[]): string {
  return tag === LockKind.relation ? `relation ${fields[1]} of database ${DATABASE_OID}` : `advisory lock [${fields.join(",")}]`;
}
