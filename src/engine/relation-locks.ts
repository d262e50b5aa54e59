/**
 * The relation locks of one transaction: taken by its statements in PostgreSQL's modes, held to its end or to the savepoint it goes back to.
 *
 * Weak modes go to a slot of this thread's memory unless a strong lock is about (lock-slots.ts); all others go to the addon's lock manager.
 */
import { LockKind, LockMode, StatusCode } from "../native/index.js";
import type { Oid } from "../types/index.js";
import type { EngineDatabase } from "./database.js";
import type { ObjectLock, SessionWaits } from "./session-waits.js";

export interface RelationLock {
  readonly relation: Oid;
  readonly mode: LockMode;
}

/** The lock is another's: leave the statement, wait for the lock, run the statement again. */
export class LockSignal extends Error {
  constructor(readonly lock: RelationLock) {
    super(`waiting for a lock of relation ${lock.relation}`);
    this.name = "LockSignal";
  }
}

interface Held extends RelationLock {
  /** undefined: the lock manager's. */
  readonly slot: number | undefined;
}
export type LockHolder = { readonly id: number; readonly database: EngineDatabase; readonly waits: SessionWaits };

/** Beyond it a lock is looked for by its key. */
const LIST_LENGTH_MAX = 8;
const keyOf = (relation: Oid, mode: LockMode): number => relation * 16 + mode;

export class RelationLocks {
  readonly #holder: LockHolder;
  readonly #held: Held[] = [];
  /** Of `#held`, once there are many. */
  #keys: Set<number> | undefined;

  constructor(holder: LockHolder) {
    this.#holder = holder;
  }

  /** A mark for releaseTo. */
  get count(): number {
    return this.#held.length;
  }
  holds(relation: Oid, mode: LockMode): boolean {
    if (this.#keys !== undefined) return this.#keys.has(keyOf(relation, mode));
    for (const held of this.#held) if (held.relation === relation && held.mode === mode) return true;
    return false;
  }
  /** False: it is another's. */
  tryAcquire(relation: Oid, mode: LockMode): boolean {
    if (this.holds(relation, mode)) return true;
    const { id, database } = this.#holder;
    const slot = mode <= LockMode.rowExclusive ? database.lockSlots.take(id, relation, mode) : undefined;
    if (slot === undefined) {
      const { tag, fields } = lockOf(relation, mode);
      if (database.native.locks.acquire(database.engine, id, tag, ...fields, mode, 0) !== StatusCode.ok) return false;
    }
    this.#keep({ relation, mode, slot });
    return true;
  }
  /** All of them; the first that is another's comes back. */
  tryAll(locks: readonly RelationLock[]): RelationLock | undefined {
    for (const lock of locks) if (!this.tryAcquire(lock.relation, lock.mode)) return lock;
    return undefined;
  }
  /** All of them, or a LockSignal. */
  require(locks: readonly RelationLock[]): void {
    const missing = this.tryAll(locks);
    if (missing !== undefined) throw new LockSignal(missing);
  }
  /** Held when this resolves. */
  async wait({ relation, mode }: RelationLock): Promise<void> {
    await this.#holder.waits.forLock(lockOf(relation, mode), "relation");
    this.#keep({ relation, mode, slot: undefined });
  }
  /** What was taken after the mark. */
  releaseTo(count: number): void {
    while (this.#held.length > count) this.#release(this.#held.pop() as Held);
  }
  releaseAll(): void {
    this.releaseTo(0);
  }

  /** The lock manager has granted it to the holder already. */
  adopt(lock: RelationLock): void {
    this.#keep({ ...lock, slot: undefined });
  }
  /** As prepare() of the addon takes them. */
  words(): number[] {
    return this.#held.flatMap(({ relation, mode }) => [LockKind.relation, 0, relation, 0, 0, mode]);
  }
  relations(): readonly Oid[] {
    return this.#held.map((held) => held.relation);
  }
  /** A prepared transaction holds them now: slots go back, and what a strong lock has moved to the lock manager since. */
  handedOver(): void {
    const { id, database } = this.#holder;
    for (const { relation, mode, slot } of this.#held.splice(0)) {
      if (slot === undefined || database.lockSlots.give(slot, relation)) continue;
      const { tag, fields } = lockOf(relation, mode);
      // Nothing is there when it had been moved before: then it was handed over with the others.
      database.native.locks.release(database.engine, id, tag, ...fields, mode);
      database.lockSlots.freed(slot);
    }
    this.#keys = undefined;
  }

  #keep(held: Held): void {
    this.#held.push(held);
    if (this.#keys !== undefined) this.#keys.add(keyOf(held.relation, held.mode));
    else if (this.#held.length > LIST_LENGTH_MAX) this.#keys = new Set(this.#held.map((h) => keyOf(h.relation, h.mode)));
  }
  #release({ relation, mode, slot }: Held): void {
    this.#keys?.delete(keyOf(relation, mode));
    const { id, database } = this.#holder;
    if (slot !== undefined && database.lockSlots.give(slot, relation)) return;
    const { tag, fields } = lockOf(relation, mode);
    database.native.locks.release(database.engine, id, tag, ...fields, mode);
    if (slot !== undefined) database.lockSlots.freed(slot);
  }
}

function lockOf(relation: Oid, mode: LockMode): ObjectLock {
  return { tag: LockKind.relation, fields: [0, relation, 0, 0], mode };
}
