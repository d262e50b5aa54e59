/**
 * A session's transaction block: explicit (BEGIN), or implicit around the statements of one message; open, failed, or none. Its end runs
 * what was put off to the commit.
 */
import { RestartSignal, type Steps, WaitSignal } from "../execution/index.js";
import { finish } from "../execution/internal.js";
import type { LockMode } from "../native/index.js";
import {
  assert,
  DbError,
  forbidsPipeline,
  forbidsTransactionBlock,
  needsTransactionBlock,
  type Oid,
  relationLockNotAvailable,
  serializationFailure,
} from "../types/index.js";
import { clockMicros } from "./clock.js";
import { LockSignal, RelationLocks } from "./relation-locks.js";
import type { EngineSession } from "./session.js";
import { StatementContext } from "./statement-context.js";
import type { StatementOutcome } from "./statement-outcome.js";
import { endTemporaryTables } from "./temporary.js";
import { type IsolationLevel, SessionTransaction, type TransactionMode } from "./transaction.js";
import { inTurns } from "./turns.js";
import type { BegunBlock, ExecuteResult, TransactionStatus } from "./types.js";

export class TransactionBlock {
  readonly #session: EngineSession;
  #transaction: SessionTransaction | undefined;
  #isImplicit = false;
  /** An implicit block is one of a pipeline whose first Execute is not over: its statement may still be the only one. */
  #mayBeAlone = false;
  #isPipeline = false;
  #failed = false;
  /** What the command that begins now has locked already, for the transaction that it makes. */
  locksInHand: RelationLocks | undefined;

  constructor(session: EngineSession) {
    this.#session = session;
  }

  get transaction(): SessionTransaction | undefined {
    return this.#transaction;
  }
  get isExplicit(): boolean {
    return this.#transaction !== undefined && !this.#isImplicit;
  }
  /** What needs a block has one: the client's, or that of several statements in one message. A pipeline is none, as in PostgreSQL. */
  get isAround(): boolean {
    return this.#transaction !== undefined && !(this.#isImplicit && this.#isPipeline);
  }
  /** @throws DbError 25001 where `command`, which works in transactions of its own, is one of several statements */
  forbid(command: string): void {
    if (this.isAround) throw forbidsTransactionBlock(command);
    if (this.#transaction !== undefined && !this.#mayBeAlone) throw forbidsPipeline(command);
  }
  /** Of a command that ends a block, where there is none or only an implicit one, which it ends all the same. */
  warnOutside(): void {
    if (!this.isExplicit) this.#session.notice("WARNING", "25P01", "there is no transaction in progress");
  }
  /** What AND CHAIN hands on: what was set since the innermost savepoint, or since BEGIN, is gone where the block has failed. */
  get chainedMode(): TransactionMode {
    const transaction = this.#transaction;
    if (transaction === undefined) return {};
    if (!this.#failed) return transaction.mode;
    return transaction.hasSavepoints ? transaction.savepointMode : {};
  }
  get hasFailed(): boolean {
    return this.#failed;
  }
  get status(): TransactionStatus {
    if (!this.isExplicit) return "idle";
    return this.#failed ? "failed" : "transaction";
  }

  // ---- beginning ------------------------------------------------------------------------------------------------------

  get defaultIsolation(): IsolationLevel {
    return isolationLevel(this.#session.settings.raw("default_transaction_isolation") ?? "read committed");
  }
  newTransaction(): SessionTransaction {
    const session = this.#session;
    const readOnly = session.settings.raw("default_transaction_read_only") === "on";
    const locks = this.locksInHand;
    this.locksInHand = undefined;
    const { outcomes } = session.database;
    const transaction = new SessionTransaction(session, this.defaultIsolation, readOnly, session.statementStartMicros, outcomes, locks);
    transaction.deferrable = session.settings.raw("default_transaction_deferrable") === "on";
    return transaction;
  }
  begin(mode: TransactionMode): void {
    if (this.isExplicit) {
      this.#session.notice("WARNING", "25001", "there is already a transaction in progress");
      return this.setMode(mode);
    }
    if (mode.isolation !== undefined) isolationLevel(mode.isolation);
    if (this.#transaction === undefined) {
      this.#session.settings.begin();
      this.#transaction = this.newTransaction();
    }
    this.#isImplicit = false;
    try {
      this.setMode(mode);
    } catch (error) {
      // Nothing has begun, and what the block's message did before is rolled back with it.
      this.rollback();
      throw error;
    }
  }
  /** Before each statement of a message, and each Execute of a pipeline. */
  beginImplicit(of: "message" | "pipeline"): void {
    this.#mayBeAlone = of === "pipeline" && this.#transaction === undefined;
    if (of === "message") this.#isPipeline = false;
    if (this.#transaction !== undefined) return;
    this.#session.settings.begin();
    this.#session.clock.statementStartMicros = clockMicros();
    this.#transaction = this.newTransaction();
    this.#isImplicit = true;
    this.#isPipeline = of === "pipeline";
  }
  /** A block that the addon began and JavaScript goes on with. */
  enter({ xid, startMicros, locks }: BegunBlock): void {
    assert(this.#transaction === undefined, "a session without a block enters one");
    const session = this.#session;
    session.settings.begin();
    const held = new RelationLocks(session);
    for (let i = 0; i < locks.length; i += 2) held.adopt({ relation: locks[i] as Oid, mode: locks[i + 1] as LockMode });
    this.#transaction = new SessionTransaction(session, this.defaultIsolation, false, startMicros, session.database.outcomes, held);
    this.#transaction.xid = xid;
    this.#isImplicit = false;
  }
  setMode(mode: TransactionMode): void {
    const transaction = this.#transaction;
    const level = mode.isolation === undefined ? undefined : isolationLevel(mode.isolation);
    if (transaction === undefined) {
      this.#session.notice("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks");
      return;
    }
    const { hasSnapshot, hasSavepoints } = transaction;
    if (level !== undefined && transaction.isolation !== level) {
      if (hasSnapshot) throw tooLate("SET TRANSACTION ISOLATION LEVEL must be called before any query");
      if (hasSavepoints) throw tooLate("SET TRANSACTION ISOLATION LEVEL must not be called in a subtransaction");
      transaction.isolation = level;
    }
    if (mode.readOnly !== undefined) {
      if (!mode.readOnly && transaction.readOnly) {
        if (hasSavepoints) throw tooLate("cannot set transaction read-write mode inside a read-only transaction");
        if (hasSnapshot) throw tooLate("transaction read-write mode must be set before any query");
      }
      transaction.readOnly = mode.readOnly;
    }
    if (mode.deferrable !== undefined) {
      if (hasSavepoints) throw tooLate("SET TRANSACTION [NOT] DEFERRABLE cannot be called within a subtransaction");
      if (hasSnapshot) throw tooLate("SET TRANSACTION [NOT] DEFERRABLE must be called before any query");
      transaction.deferrable = mode.deferrable;
    }
  }
  /** SET TRANSACTION SNAPSHOT. Outside a block it is warned of and judged as the transaction of its own that it then is. */
  importSnapshot(name: string): void {
    if (!this.isExplicit) this.#session.notice("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks");
    (this.#transaction ?? this.newTransaction()).importSnapshot(name);
  }

  // ---- ending ---------------------------------------------------------------------------------------------------------

  endImplicit(failed: boolean): number | Promise<number> {
    if (this.#transaction === undefined || !this.#isImplicit) return 0;
    if (failed || this.#failed) {
      this.rollback();
      return 0;
    }
    const settled = this.settleDeferred();
    return settled instanceof Promise ? settled.then(() => this.commit().flushLsn) : this.commit().flushLsn;
  }
  /** COMMIT of a failed block is a ROLLBACK, and says so. */
  commit(): { readonly committed: boolean; readonly flushLsn: number } {
    const transaction = this.#transaction;
    if (transaction === undefined) return { committed: true, flushLsn: 0 };
    if (this.#failed) {
      this.rollback();
      return { committed: false, flushLsn: 0 };
    }
    this.#leave();
    return { committed: true, flushLsn: this.commitTransaction(transaction) };
  }
  rollback(): void {
    const transaction = this.#leave();
    this.#failed = false;
    if (transaction !== undefined) this.rollbackTransaction(transaction);
  }
  /** The end of the session's part in a transaction that was prepared: `prepare` returns its LSN, or throws and the transaction is rolled back. */
  leavePrepared(prepare: (transaction: SessionTransaction) => number): number {
    assert(this.#transaction !== undefined, "a block is prepared");
    const transaction = this.#leave() as SessionTransaction;
    try {
      if (!transaction.hasBegun) transaction.startStatement();
      const lsn = prepare(transaction);
      this.#session.cursors.transactionEnded(transaction);
      this.#session.settings.commit();
      return lsn;
    } catch (error) {
      this.rollbackTransaction(transaction);
      throw error;
    }
  }
  #leave(): SessionTransaction | undefined {
    const transaction = this.#transaction;
    this.#transaction = undefined;
    this.#isImplicit = false;
    return transaction;
  }

  commitTransaction(transaction: SessionTransaction): number {
    const { cursors, settings, database, temporaryAtCommit } = this.#session;
    try {
      for (const cursor of cursors.values()) cursor.beforeCommit(transaction);
      if (temporaryAtCommit.size > 0) endTemporaryTables(this.#session, transaction);
      finish(this.#deferredChecks(transaction));
      const lsn = transaction.commit();
      cursors.transactionEnded(transaction);
      settings.commit();
      // Its own messages reach the channels that it begins to listen to.
      this.#session.changeChannels(transaction.listening);
      database.notifications.publish(this.#session.id, transaction.notifications);
      return settings.raw("synchronous_commit") === "off" ? 0 : lsn;
    } catch (error) {
      this.rollbackTransaction(transaction);
      throw error;
    }
  }
  rollbackTransaction(transaction: SessionTransaction): void {
    transaction.rollback();
    this.#session.settings.rollback();
    this.#session.cursors.transactionEnded(transaction);
  }

  // ---- what was put off to the commit ---------------------------------------------------------------------------------

  /** Runs the checks that were put off to the commit, and waits for whoever holds a row that they look at; a failure ends the transaction. */
  settleDeferred(): void | Promise<void> {
    const transaction = this.#transaction;
    if (transaction === undefined || this.#failed || transaction.deferred.length === 0) return;
    const failed = (error: unknown): never => {
      this.rollback();
      throw error instanceof RestartSignal ? serializationFailure() : error;
    };
    /** What to wait for before all of it is run again; undefined: nothing. */
    const recover = (error: unknown): Promise<void> | undefined => {
      if (error instanceof RestartSignal && transaction.restartable) return undefined;
      if (!(error instanceof WaitSignal)) return failed(error);
      return this.#session.waits.forTransaction(transaction.xid, error.xid).catch(failed);
    };
    const settled = (): void => {
      transaction.deferred.length = 0;
    };
    const attempt = (): void | Promise<void> => {
      for (;;) {
        try {
          transaction.startStatement();
          const others = this.runDeferredInTurns(transaction);
          return others === undefined ? settled() : others.then(settled, (error) => recover(error)?.then(attempt) ?? attempt());
        } catch (error) {
          const waiting = recover(error);
          if (waiting !== undefined) return waiting.then(attempt);
        }
      }
    };
    return attempt();
  }
  /** Of some constraints, or of all; undefined: it is done. */
  runDeferredInTurns(transaction: SessionTransaction, constraints?: ReadonlySet<Oid>): Promise<void> | undefined {
    return inTurns(this.#deferredChecks(transaction, constraints), () => this.#session.checkCancel());
  }
  *#deferredChecks(transaction: SessionTransaction, constraints?: ReadonlySet<Oid>): Steps<void> {
    const session = this.#session;
    for (const { constraint, check } of [...transaction.deferred])
      if (constraints?.has(constraint) !== false)
        yield* check(new StatementContext(session, transaction, session.catalogIn(transaction), []));
  }

  /** SET CONSTRAINTS IMMEDIATE: judges what waits for the commit, of some constraints or of all, as a statement. */
  judgeDeferred(constraints?: ReadonlySet<Oid>): ExecuteResult | Promise<ExecuteResult> {
    return this.#session.runner.runInTransaction((transaction) => {
      const judged = (): StatementOutcome => {
        const left = transaction.deferred.filter((d) => constraints?.has(d.constraint) === false);
        transaction.deferred.splice(0, transaction.deferred.length, ...left);
        return { tag: "" };
      };
      const others = this.runDeferredInTurns(transaction, constraints);
      return others === undefined ? judged() : others.then(judged);
    });
  }

  // ---- savepoints and failure -----------------------------------------------------------------------------------------

  savepoint(name: string): void {
    if (this.#transaction === undefined) return;
    const { cursors } = this.#session;
    cursors.settle(this.#transaction, true);
    cursors.savepoint(name);
    this.#transaction.savepoint(name);
  }
  rollbackToSavepoint(name: string): void {
    if (this.#transaction === undefined || this.#isImplicit) throw needsTransactionBlock("ROLLBACK TO SAVEPOINT");
    this.#transaction.rollbackToSavepoint(name);
    this.#session.cursors.rollbackTo(name);
    this.#failed = false;
  }
  fail(): void {
    const transaction = this.#transaction;
    if (transaction === undefined || this.#failed) return;
    this.#failed = true;
    transaction.closeOpen();
    transaction.undoSettings();
    // Without a savepoint to go back to nothing of the transaction can matter any more: let its locks go now.
    if (!transaction.hasSavepoints) transaction.rollback();
  }
  /** The block fails with `error`; gives what the client is told. */
  broken(error: unknown): unknown {
    this.fail();
    if (error instanceof RestartSignal) return serializationFailure();
    if (error instanceof LockSignal) {
      const relation = this.#session.catalog().snapshot.relationByOid(error.lock.relation);
      return relationLockNotAvailable(relation?.name ?? String(error.lock.relation));
    }
    return error;
  }
}

function tooLate(message: string): DbError {
  return new DbError({ sqlstate: "25001", message });
}

export function isolationLevel(name: string): IsolationLevel {
  switch (name.toLowerCase()) {
    case "read uncommitted":
    case "read committed":
    case "repeatable read":
    case "serializable":
      return name.toLowerCase() as IsolationLevel;
    default:
      throw new DbError({ sqlstate: "22023", message: `invalid value for parameter "transaction_isolation": "${name}"` });
  }
}
