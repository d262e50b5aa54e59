/**
 * A statement that runs to its end: in the block, or in a transaction of its own that commits when it is done. Work that must wait leaves
 * as a signal; it is undone to where it began, and done again once what it waits for is over, until it succeeds or fails (ADR 1).
 */
import { PauseSignal, RestartSignal, WaitSignal } from "../execution/index.js";
import { serializationFailure } from "../types/index.js";
import { RowsPortal } from "./portals.js";
import { LockSignal } from "./relation-locks.js";
import type { EngineSession } from "./session.js";
import { StatementJournal } from "./statement-journal.js";
import type { StatementOutcome } from "./statement-outcome.js";
import type { SessionTransaction } from "./transaction.js";
import type { ExecuteResult } from "./types.js";

export type StatementWork = (transaction: SessionTransaction) => StatementOutcome | Promise<StatementOutcome>;

export class StatementAttempts {
  readonly #session: EngineSession;
  readonly #work: StatementWork;
  /** A query keeps its snapshot and its row locks over a wait ("inPlace"); a command starts afresh ("anew"). */
  readonly #again: "inPlace" | "anew";
  readonly #transaction: SessionTransaction;
  /** The transaction is the statement's own. */
  readonly #isOwn: boolean;
  readonly #journal: StatementJournal;
  #mark: ReturnType<SessionTransaction["mark"]> | undefined;
  #keepSnapshot = false;
  /** For a transaction: where it waited for a row, it may stand in that row's queue. */
  #hasWaited = false;

  constructor(session: EngineSession, work: StatementWork, again: "inPlace" | "anew", mayPause: boolean) {
    this.#session = session;
    this.#work = work;
    this.#again = again;
    this.#isOwn = session.block === undefined;
    this.#transaction = session.block ?? session.transactionBlock.newTransaction();
    this.#journal = new StatementJournal(mayPause);
    if (!this.#isOwn) session.cursors.settle(this.#transaction, false);
  }

  run(): ExecuteResult | Promise<ExecuteResult> {
    const result = this.#attempt();
    if (!(result instanceof Promise)) return result;
    return result.catch((error) => {
      throw this.#session.transactionBlock.broken(error);
    });
  }

  #attempt(): ExecuteResult | Promise<ExecuteResult> {
    const transaction = this.#transaction;
    for (;;) {
      try {
        transaction.startStatement(this.#keepSnapshot);
        if (!this.#isOwn || this.#again === "anew") this.#mark = transaction.mark();
        this.#session.journal = this.#journal;
        const outcome = this.#work(transaction);
        const result = outcome instanceof Promise ? outcome.then((value) => this.#settled(value)) : this.#settled(outcome);
        if (!(result instanceof Promise)) return result;
        return result.catch((error) => {
          const waiting = this.#recover(error);
          return waiting === undefined ? this.#attempt() : this.#attemptAfter(waiting);
        });
      } catch (error) {
        const waiting = this.#recover(error);
        if (waiting !== undefined) return this.#attemptAfter(waiting);
      }
    }
  }
  #attemptAfter(waiting: Promise<unknown>): Promise<ExecuteResult> {
    return waiting.then(
      () => this.#attempt(),
      (reason) => {
        this.#rollbackOwn();
        throw reason;
      },
    );
  }
  #settled(outcome: StatementOutcome): ExecuteResult | Promise<ExecuteResult> {
    const transaction = this.#transaction;
    if (!this.#isOwn || transaction.deferred.length === 0) return this.#done(outcome);
    // The commit follows at once: what it checks may have to wait, as the statement may.
    const settled = (): ExecuteResult => {
      transaction.deferred.length = 0;
      return this.#done(outcome);
    };
    const others = this.#session.transactionBlock.runDeferredInTurns(transaction);
    return others === undefined ? settled() : others.then(settled);
  }

  #done(outcome: StatementOutcome): ExecuteResult {
    const transaction = this.#transaction;
    const block = this.#session.transactionBlock;
    this.#session.journal = undefined;
    if (this.#hasWaited) transaction.leaveQueue();
    transaction.checkSerializable();
    if (this.#mark !== undefined) transaction.release(this.#mark);
    const commit = (): number => (this.#isOwn ? block.commitTransaction(transaction) : 0);
    if (outcome.result !== undefined)
      return outcome.result(commit, () => {
        if (this.#isOwn) block.rollbackTransaction(transaction);
        else block.fail();
      });
    const lsn = commit();
    return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, lsn, false, outcome.native) };
  }

  /** What to do about an error: go on at once (undefined), go on later (a promise), or fail (throws). */
  #recover(error: unknown): Promise<unknown> | undefined {
    const transaction = this.#transaction;
    this.#session.journal = undefined;
    if (error instanceof RestartSignal && transaction.restartable) {
      this.#undo(false);
      return undefined;
    }
    if (error instanceof WaitSignal) {
      this.#undo(this.#again === "inPlace");
      this.#hasWaited = true;
      return this.#session.waits.forTransaction(transaction.xid, error.xid);
    }
    if (error instanceof LockSignal) {
      this.#undo(true);
      // What it waits for may bring definitions and rows that it shall see.
      this.#keepSnapshot = false;
      return transaction.relations.wait(error.lock);
    }
    if (error instanceof PauseSignal) {
      this.#undo(true);
      return error.pause().then((answer) => this.#journal.complete(answer));
    }
    if (this.#hasWaited) transaction.leaveQueue();
    this.#rollbackOwn();
    throw error instanceof RestartSignal ? serializationFailure() : error;
  }
  #undo(inPlace: boolean): void {
    const transaction = this.#transaction;
    if (inPlace || this.#mark === undefined) transaction.restartFrom(this.#mark);
    else transaction.rollbackTo(this.#mark);
    if (this.#mark !== undefined) transaction.release(this.#mark);
    this.#mark = undefined;
    this.#keepSnapshot = inPlace;
    this.#journal.rewind();
  }
  #rollbackOwn(): void {
    if (this.#isOwn) this.#session.transactionBlock.rollbackTransaction(this.#transaction);
  }
}
