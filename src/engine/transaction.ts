/**
 * A transaction as the engine holds it: the native transaction and everything of the session that shares its fate.
 *
 * Life: created by BEGIN or by a statement of its own (autocommit); the native transaction begins with the first statement
 * that needs one, so that SET TRANSACTION can still choose the isolation level; ends by commit or rollback.
 */
import { CatalogOverlay, type OverlayMark } from "../catalog/index.js";
import type { ExecutionContext, Steps } from "../execution/index.js";
import { type Engine, type NativeAddon, StatusCode, type Xid } from "../native/index.js";
import { assert, DbError, dependenciesNotSerializable, featureNotSupported, logFailed, noSuchSavepoint, type Oid } from "../types/index.js";
import { type LockHolder, RelationLocks } from "./relation-locks.js";
import type { ObjectLock } from "./session-waits.js";
import type { SessionSettings } from "./settings/session-settings.js";
import type { TransactionOutcomes } from "./transaction-ids.js";

/** `read uncommitted` is read committed under the name that was asked for. */
/** What BEGIN and SET TRANSACTION ask for. */
export interface TransactionMode {
  readonly isolation?: string | undefined;
  readonly readOnly?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
}
export type IsolationLevel = "read uncommitted" | "read committed" | "repeatable read" | "serializable";
const nativeLevel = { "read uncommitted": 0, "read committed": 0, "repeatable read": 1, serializable: 2 } as const;
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}
export interface DeferredCheck {
  readonly constraint: Oid;
  readonly check: (context: ExecutionContext) => Steps<void>;
}

interface Mark {
  readonly native: number;
  readonly overlay: OverlayMark;
  readonly settings: number;
  readonly notifications: number;
  readonly listening: number;
  readonly deferred: number;
  readonly locks: number;
  readonly relations: number;
}
interface Savepoint extends Mark {
  readonly name: string;
  readonly readOnly: boolean;
}

export class SessionTransaction {
  xid: Xid = 0;
  /** A statement was told the id: how the transaction ends is kept for pg_xact_status. */
  idShown = false;
  isolation: IsolationLevel;
  readOnly: boolean;
  /** DEFERRABLE: a serializable read-only transaction begins when its snapshot can show no anomaly. */
  deferrable = false;
  /** now(): fixed for the transaction's life. */
  readonly startMicros: number;
  readonly overlay = new CatalogOverlay();
  readonly #emptyOverlay = this.overlay.mark();
  readonly notifications: Notification[] = [];
  /** It has exported a snapshot. */
  hasExported = false;
  /** LISTEN and UNLISTEN (null: of everything) that take effect at its commit, in their order. */
  readonly listening: { readonly channel: string | null; readonly listens: boolean }[] = [];
  readonly deferred: DeferredCheck[] = [];
  /** Advisory locks to the end of the transaction. */
  readonly locks: ObjectLock[] = [];
  readonly relations: RelationLocks;
  /** What runs inside and must stop when the transaction ends. */
  readonly #open = new Set<{ close(): void }>();
  readonly #savepoints: Savepoint[] = [];
  #begunForSavepoint = false;
  /** PREPARE, which takes a snapshot in PostgreSQL. */
  hasPrepared = false;
  /** Constraints whose time of checking SET CONSTRAINTS changed. */
  readonly constraintTimes = new Map<Oid | "all", boolean>();
  readonly #outcomes: TransactionOutcomes;
  readonly #native: NativeAddon;
  readonly #engine: Engine;
  readonly #settings: SessionSettings;
  readonly #process: number;

  constructor(
    session: LockHolder & { readonly settings: SessionSettings },
    isolation: IsolationLevel,
    readOnly: boolean,
    startMicros: number,
    outcomes: TransactionOutcomes,
    /** What its first statement has locked already. */
    relations = new RelationLocks(session),
  ) {
    this.#outcomes = outcomes;
    this.#native = session.database.native;
    this.#engine = session.database.engine;
    this.#process = session.id;
    this.#settings = session.settings;
    this.relations = relations;
    this.isolation = isolation;
    this.readOnly = readOnly;
    this.startMicros = startMicros;
  }

  get restartable(): boolean {
    return nativeLevel[this.isolation] === nativeLevel["read committed"];
  }
  get hasBegun(): boolean {
    return this.xid !== 0;
  }
  /** A statement has run in it: a savepoint alone shows nobody anything. */
  get hasSnapshot(): boolean {
    return this.hasPrepared || (this.hasBegun && !this.#begunForSavepoint);
  }
  get hasSavepoints(): boolean {
    return this.#savepoints.length > 0;
  }
  get mode(): TransactionMode {
    const { isolation, readOnly, deferrable } = this;
    return { isolation, readOnly, deferrable };
  }
  /** As the innermost savepoint was made: the other two cannot change behind one. */
  get savepointMode(): TransactionMode {
    return { ...this.mode, readOnly: this.#savepoints.at(-1)?.readOnly };
  }

  /**
   * Before each statement: sees what came before it, and at read committed what others committed meanwhile. A statement that begins
   * again after a wait keeps its snapshot.
   */
  startStatement(keepSnapshot = false): Xid {
    this.#begunForSavepoint = false;
    if (this.xid === 0) this.xid = this.#native.storage.begin(this.#engine, nativeLevel[this.isolation], this.#process, this.readOnly);
    else this.#native.storage.nextCommand(this.#engine, this.xid, keepSnapshot);
    return this.xid;
  }

  /** pg_export_snapshot: others may begin with what the current statement sees, while this transaction lives. */
  exportSnapshot(): string {
    assert(this.xid !== 0, "a statement exports its transaction's snapshot");
    if (this.hasSavepoints) throw activeTransaction("cannot export a snapshot from a subtransaction");
    this.hasExported = true;
    return this.#native.storage.exportSnapshot(this.#engine, this.xid, this.#process, this.readOnly);
  }
  /** SET TRANSACTION SNAPSHOT: the transaction begins with what another one has exported. */
  importSnapshot(name: string): void {
    if (this.hasBegun) throw activeTransaction("SET TRANSACTION SNAPSHOT must be called before any query");
    const level = nativeLevel[this.isolation];
    if (level === 0)
      throw featureNotSupported("a snapshot-importing transaction must have isolation level SERIALIZABLE or REPEATABLE READ");
    const answer = this.#native.storage.beginWithSnapshot(this.#engine, name, level, this.#process, this.readOnly);
    if (answer > 0) this.xid = answer;
    else if (answer === -1) throw invalidSnapshot(name);
    else if (answer === -2)
      throw featureNotSupported("a serializable transaction cannot import a snapshot from a non-serializable transaction");
    else throw featureNotSupported("a non-read-only serializable transaction cannot import a snapshot from a read-only transaction");
  }

  /** A point to come back to when the statement must run again. */
  mark(): Mark {
    assert(this.xid !== 0, "a mark is taken in a transaction that has begun");
    return {
      native: this.#native.storage.savepoint(this.#engine, this.xid),
      overlay: this.overlay.mark(),
      settings: this.#settings.mark(),
      notifications: this.notifications.length,
      listening: this.listening.length,
      deferred: this.deferred.length,
      locks: this.locks.length,
      relations: this.relations.count,
    };
  }
  rollbackTo(mark: Mark): void {
    this.#native.storage.rollbackTo(this.#engine, this.xid, mark.native);
    this.#forget(mark);
    this.#releaseLocks(mark.locks);
    this.relations.releaseTo(mark.relations);
  }
  /** Undoes a statement that runs again: row locks, relation locks and advisory locks stay. No mark: it is the transaction's only one. */
  restartFrom(mark: Mark | undefined): void {
    this.#native.storage.restartFrom(this.#engine, this.xid, mark?.native ?? null);
    this.#forget(mark ?? { overlay: this.#emptyOverlay, settings: 0, notifications: 0, listening: 0, deferred: 0 });
  }
  #forget(mark: Pick<Mark, "overlay" | "settings" | "notifications" | "listening" | "deferred">): void {
    this.overlay.rollbackTo(mark.overlay);
    this.#settings.rollbackTo(mark.settings);
    this.notifications.length = mark.notifications;
    this.listening.length = mark.listening;
    this.deferred.length = Math.min(this.deferred.length, mark.deferred);
  }
  /** After a statement that waited for a row: who waits behind it for that row need not wait for it any more. */
  leaveQueue(): void {
    if (this.xid !== 0) this.#native.storage.leaveQueue(this.#engine, this.xid);
  }
  release(mark: Mark): void {
    this.#native.storage.release(this.#engine, this.xid, mark.native);
  }
  #releaseLocks(from: number): void {
    for (const { tag, fields, mode } of this.locks.splice(from))
      this.#native.locks.release(this.#engine, this.#process, tag, ...fields, mode);
  }

  savepoint(name: string): void {
    if (this.xid === 0) {
      this.startStatement();
      this.#begunForSavepoint = true;
    }
    this.#savepoints.push({ name, readOnly: this.readOnly, ...this.mark() });
  }
  /** What failed has set nothing since the innermost savepoint: clients are told so at once. */
  undoSettings(): void {
    this.#settings.rollbackTo(this.#savepoints.at(-1)?.settings ?? 0);
  }
  /** ROLLBACK TO keeps the savepoint and ends those after it. */
  rollbackToSavepoint(name: string): void {
    const at = this.#find(name);
    const savepoint = this.#savepoints[at] as Savepoint;
    this.closeOpen();
    this.rollbackTo(savepoint);
    this.readOnly = savepoint.readOnly;
    this.#savepoints.length = at + 1;
  }
  releaseSavepoint(name: string): void {
    const at = this.#find(name);
    this.release(this.#savepoints[at] as Savepoint);
    this.#savepoints.length = at;
  }

  /** After each statement: a serializable transaction whose reads or writes cannot be part of a serial order ends here. */
  checkSerializable(): void {
    if (this.isolation !== "serializable" || this.xid === 0) return;
    const reason = this.#native.storage.refusal(this.#engine, this.xid);
    if (reason !== "") throw dependenciesNotSerializable(reason);
  }

  get needsSafeSnapshot(): boolean {
    return this.deferrable && this.xid === 0 && this.readOnly && this.isolation === "serializable";
  }
  /** Takes snapshots until one is safe; `wait` resolves at the end of a transaction that decides. */
  async takeSafeSnapshot(wait: (blocker: Xid) => Promise<void>): Promise<void> {
    for (;;) {
      const xid = this.startStatement();
      for (;;) {
        const answer = this.#native.storage.snapshotSafety(this.#engine, xid);
        if (answer === 0) return;
        if (answer < 0) break;
        await wait(answer);
      }
      this.#native.storage.rollback(this.#engine, xid);
      this.xid = 0;
    }
  }

  track(running: { close(): void }): void {
    this.#open.add(running);
  }
  untrack(running: { close(): void }): void {
    this.#open.delete(running);
  }
  closeOpen(): void {
    const open = [...this.#open];
    this.#open.clear();
    for (const running of open) running.close();
  }

  /** Returns the LSN that makes it durable. The transaction is over afterwards, also when this throws. */
  commit(): number {
    this.closeOpen();
    const xid = this.xid;
    this.xid = 0;
    const lsn = xid === 0 ? 0 : this.#native.storage.commit(this.#engine, xid);
    if (this.locks.length > 0) this.#releaseLocks(0);
    this.relations.releaseAll();
    if (lsn < 0) {
      const { message, code } = this.#native.engine.lastError(this.#engine);
      if (code === StatusCode.serializationFailure) throw dependenciesNotSerializable(message);
      throw logFailed(message, code === StatusCode.diskFull);
    }
    if (this.idShown) this.#outcomes.ended(xid, "committed");
    return lsn;
  }
  /** PREPARE TRANSACTION: the transaction lives on without this session. Returns the LSN to wait for; negative: the status, and it is still here. */
  prepare(name: string, owner: string, micros: number, most: number): number {
    this.closeOpen();
    const words = [...this.locks.flatMap(({ tag, fields, mode }) => [tag, ...fields, mode]), ...this.relations.words()];
    const lsn = this.#native.locks.prepare(this.#engine, this.xid, name, owner, micros, this.#process, Uint32Array.from(words), most);
    if (lsn < 0) return lsn;
    this.locks.length = 0;
    this.relations.handedOver();
    this.xid = 0;
    return lsn;
  }
  rollback(): void {
    this.closeOpen();
    const xid = this.xid;
    this.xid = 0;
    this.#savepoints.length = 0;
    if (xid !== 0) this.#native.storage.rollback(this.#engine, xid);
    if (xid !== 0 && this.idShown) this.#outcomes.ended(xid, "aborted");
    if (this.locks.length > 0) this.#releaseLocks(0);
    this.relations.releaseAll();
  }

  #find(name: string): number {
    const at = this.#savepoints.findLastIndex((s) => s.name === name);
    if (at < 0) throw noSuchSavepoint(name);
    return at;
  }
}
const activeTransaction = (message: string) => new DbError({ sqlstate: "25001", message });
const invalidSnapshot = (name: string) => new DbError({ sqlstate: "22023", message: `invalid snapshot identifier: "${name}"` });
export type TransactionMark = Mark;
