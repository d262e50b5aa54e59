/** Locks of whole objects by process, and the graph of who waits for whom (native/storage/lock_manager.h). */
import type { Engine, Xid } from "./addon.js";

/** What is locked: `tag` as PostgreSQL numbers kinds of locks, `fields` by kind (relation: 0, OID, 0, 0; advisory: database, high, low, 1 or 2). */
export interface LockTag {
  readonly tag: number;
  readonly fields: readonly number[];
}
export const LockKind = { relation: 0, advisory: 10 } as const;
/** What conflicts with what is PostgreSQL's table (native/storage/lock_manager.h). */
export const LockMode = {
  accessShare: 1,
  rowShare: 2,
  rowExclusive: 3,
  shareUpdateExclusive: 4,
  share: 5,
  shareRowExclusive: 6,
  exclusive: 7,
  accessExclusive: 8,
} as const;
export type LockMode = (typeof LockMode)[keyof typeof LockMode];
export const lockModeNames = [
  "INVALID",
  "AccessShareLock",
  "RowShareLock",
  "RowExclusiveLock",
  "ShareUpdateExclusiveLock",
  "ShareLock",
  "ShareRowExclusiveLock",
  "ExclusiveLock",
  "AccessExclusiveLock",
] as const;

export interface HeldLock extends LockTag {
  readonly mode: number;
  readonly process: number;
  /** False: asked for. */
  readonly granted: boolean;
  /** Taken without the lock manager (native/storage/lock_slots.h). */
  readonly inSlot: boolean;
}
/** The row that a transaction waits for. */
export interface RowWait {
  /** Storage id of its relation. */
  readonly storage: number;
  readonly row: number;
  /** 0 key share, 1 share, 2 no key update, 3 update. */
  readonly strength: number;
  /** For its turn: the blocker stands before it in the row's queue. */
  readonly isBehind: boolean;
}
/** One edge: `waiter` waits for the end of a transaction of `blocker` (xid), for a row or not, or for a lock that it holds or asked for before (tag). */
export type WaitEdge = { readonly waiter: number; readonly blocker: number } & (
  | ({ readonly xid: Xid; readonly waiterXid: Xid; readonly tag?: undefined } & (RowWait | { readonly storage?: undefined }))
  | (LockTag & { readonly mode: number; readonly xid?: undefined })
);
export interface OpenTransaction {
  readonly xid: Xid;
  readonly process: number;
  /** Commit timestamp that its snapshot reads at. */
  readonly snapshot: number;
  /** It has changed or locked something. */
  readonly hasWritten: boolean;
}

export interface PreparedTransaction {
  readonly name: string;
  /** Name of the role. */
  readonly owner: string;
  readonly preparedMicros: number;
  readonly xid: Xid;
  readonly process: number;
}
/** Process ids of prepared transactions begin here (native/storage/prepared.h). */
export const FIRST_PREPARED_PROCESS = 0xc0000000;

export interface LocksBinding {
  /**
   * Long native calls of this thread answer StatusCode.interrupted once words[index] is not 0 or the time is over (0: none), and write what there is
   * to do and what is done to amounts[amount] and the next; null: neither.
   */
  setInterrupt(words: null): void;
  setInterrupt(words: Int32Array, index: number, millis: number, amounts: Float64Array, amount: number): void;
  /**
   * StatusCode.ok: held. StatusCode.wait: others hold it; with a token the request is queued and becomes a held lock when waitOver comes.
   * StatusCode.deadlock: queued in a deadlock that breakDeadlock finds.
   */
  acquire(
    engine: Engine,
    process: number,
    tag: number,
    field1: number,
    field2: number,
    field3: number,
    field4: number,
    mode: number,
    token: number,
  ): number;
  /** False: the process does not wait; its request may have been granted meanwhile. */
  cancel(engine: Engine, process: number): boolean;
  /** One holding; false: there is none. */
  release(
    engine: Engine,
    process: number,
    tag: number,
    field1: number,
    field2: number,
    field3: number,
    field4: number,
    mode: number,
  ): boolean;
  releaseAll(engine: Engine, process: number): void;
  held(engine: Engine): readonly HeldLock[];
  waits(engine: Engine): readonly WaitEdge[];
  /** The edges of a deadlock that the process is part of, from its own wait on; it has given that up then. Empty: there is none. */
  breakDeadlock(engine: Engine, process: number): readonly WaitEdge[];
  /** Memory of native/storage/lock_slots.h: counts of strong locks by partition, and a region of slots for this thread alone. */
  slots(engine: Engine): { readonly strong: Uint32Array; readonly slots: Uint32Array };
  /**
   * PREPARE TRANSACTION: the LSN to wait for, and the transaction belongs to a process of its own from then on, with `locks` (six words each: kind, four
   * fields, mode) of `process`. Negative: the status; nothing has changed then.
   */
  prepare(
    engine: Engine,
    xid: Xid,
    name: string,
    owner: string,
    preparedMicros: number,
    process: number,
    locks: Uint32Array,
    most: number,
  ): number;
  /** COMMIT (`commits`) or ROLLBACK PREPARED: the LSN to wait for; negative: the status. */
  finishPrepared(engine: Engine, name: string, commits: boolean): number;
  prepared(engine: Engine): readonly PreparedTransaction[];
  transactions(engine: Engine): readonly OpenTransaction[];
}
