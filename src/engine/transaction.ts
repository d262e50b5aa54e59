/**
 * A transaction as the engine holds it: the native transaction and everything of the session that shares its fate.
 *
 * Life: created by BEGIN or by a statement of its own (autocommit); the native transaction begins with the first statement
 * that needs one, so that SET TRANSACTION can still choose the isolation level; ends by commit or rollback.
 */
import { CatalogOverlay, type OverlayMark } from "../catalog/index.js";
import type { ExecutionContext } from "../execution/index.js";
import { type Engine, type NativeAddon, StatusCode, type Xid } from "../native/index.js";
import { assert, logFailed, noSuchSavepoint, type Oid } from "../types/index.js";
import type { SessionSettings } from "./settings/session-settings.js";

export type IsolationLevel = "read committed" | "repeatable read";
export interface Notification {
  readonly channel: string;
  readonly payload: string;
}
export type DeferredCheck = (context: ExecutionContext) => void;

interface Mark {
  readonly native: number;
  readonly overlay: OverlayMark;
  readonly settings: number;
  readonly notifications: number;
  readonly deferred: number;
}
interface Savepoint extends Mark {
  readonly name: string;
}

export class SessionTransaction {
  xid: Xid = 0;
  isolation: IsolationLevel;
  readOnly: boolean;
  /** now(): fixed for the transaction's life. */
  readonly startMicros: number;
  readonly overlay = new CatalogOverlay();
  readonly notifications: Notification[] = [];
  readonly deferred: DeferredCheck[] = [];
  /** What runs inside and must stop when the transaction ends. */
  readonly #open = new Set<{ close(): void }>();
  readonly #savepoints: Savepoint[] = [];
  /** Constraints whose time of checking SET CONSTRAINTS changed. */
  readonly constraintTimes = new Map<Oid | "all", boolean>();
  readonly #native: NativeAddon;
  readonly #engine: Engine;
  readonly #settings: SessionSettings;

  constructor(
    native: NativeAddon,
    engine: Engine,
    settings: SessionSettings,
    isolation: IsolationLevel,
    readOnly: boolean,
    startMicros: number,
  ) {
    this.#native = native;
    this.#engine = engine;
    this.#settings = settings;
    this.isolation = isolation;
    this.readOnly = readOnly;
    this.startMicros = startMicros;
  }

  get restartable(): boolean {
    return this.isolation === "read committed";
  }
  get hasBegun(): boolean {
    return this.xid !== 0;
  }
  get hasSavepoints(): boolean {
    return this.#savepoints.length > 0;
  }

  /** Before each statement: sees what came before it, and at read committed what others committed meanwhile. */
  startStatement(): Xid {
    if (this.xid === 0) this.xid = this.#native.storage.begin(this.#engine, this.isolation === "read committed" ? 0 : 1);
    else this.#native.storage.nextCommand(this.#engine, this.xid);
    return this.xid;
  }

  /** A point to come back to when the statement must run again. */
  mark(): Mark {
    assert(this.xid !== 0, "a mark is taken in a transaction that has begun");
    return {
      native: this.#native.storage.savepoint(this.#engine, this.xid),
      overlay: this.overlay.mark(),
      settings: this.#settings.mark(),
      notifications: this.notifications.length,
      deferred: this.deferred.length,
    };
  }
  rollbackTo(mark: Mark): void {
    this.#native.storage.rollbackTo(this.#engine, this.xid, mark.native);
    this.overlay.rollbackTo(mark.overlay);
    this.#settings.rollbackTo(mark.settings);
    this.notifications.length = mark.notifications;
    this.deferred.length = mark.deferred;
  }
  release(mark: Mark): void {
    this.#native.storage.release(this.#engine, this.xid, mark.native);
  }

  savepoint(name: string): void {
    if (this.xid === 0) this.startStatement();
    this.#savepoints.push({ name, ...this.mark() });
  }
  /** ROLLBACK TO keeps the savepoint and ends those after it. */
  rollbackToSavepoint(name: string): void {
    const at = this.#find(name);
    this.closeOpen();
    this.rollbackTo(this.#savepoints[at] as Savepoint);
    this.#savepoints.length = at + 1;
  }
  releaseSavepoint(name: string): void {
    const at = this.#find(name);
    this.release(this.#savepoints[at] as Savepoint);
    this.#savepoints.length = at;
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
    if (xid === 0) return 0;
    const lsn = this.#native.storage.commit(this.#engine, xid);
    if (lsn < 0) {
      const { message, code } = this.#native.engine.lastError(this.#engine);
      throw logFailed(message, code === StatusCode.diskFull);
    }
    return lsn;
  }
  rollback(): void {
    this.closeOpen();
    const xid = this.xid;
    this.xid = 0;
    this.#savepoints.length = 0;
    if (xid !== 0) this.#native.storage.rollback(this.#engine, xid);
  }

  #find(name: string): number {
    const at = this.#savepoints.findLastIndex((s) => s.name === name);
    if (at < 0) throw noSuchSavepoint(name);
    return at;
  }
}
export type TransactionMark = Mark;
