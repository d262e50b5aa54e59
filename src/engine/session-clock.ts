/**
 * When a session's work has to end: its time limits, requests to cancel or terminate it, and the limits of idleness.
 * Others ask through a place in memory that all threads share (session-places.ts).
 */
import { StatusCode } from "../native/index.js";
import {
  clientLost,
  type DbError,
  idleInTransactionTimedOut,
  idleSessionTimedOut,
  queryCanceled,
  statementTimedOut,
  terminatedByAdministrator,
  transactionTimedOut,
} from "../types/index.js";
import { clockMicros } from "./clock.js";
import { type CancelKey, Interrupt } from "./interrupts.js";
import { Progress } from "./progress.js";
import type { EngineSession } from "./session.js";
import { Amount, NO_PLACE, Word } from "./session-places.js";

export class SessionClock {
  readonly #session: EngineSession;
  /** Where others ask it to stop and see how far it is. */
  readonly #place: number;
  readonly progress: Progress;
  /** Set by cancel(); the next check of the running statement turns it into 57014. */
  #cancelRequested = false;
  /** statement_timeout and transaction_timeout, in milliseconds of performance.now(). */
  #statementEnds = Infinity;
  #transactionEnds = Infinity;
  /** client_connection_check_interval, and when the client is looked for next. */
  #clientInterval = 0;
  #looksForClient = Infinity;
  statementStartMicros = 0;

  constructor(session: EngineSession) {
    this.#session = session;
    this.#place = session.database.places.take(session.id);
    this.progress = new Progress(session.database.places, this.#place);
  }

  startStatement(): void {
    const { settings, block, database } = this.#session;
    this.statementStartMicros = clockMicros();
    const timeout = Number(settings.raw("statement_timeout"));
    this.#statementEnds = timeout > 0 ? performance.now() + timeout : Infinity;
    const whole = Number(settings.raw("transaction_timeout"));
    const since = this.statementStartMicros - (block?.startMicros ?? this.statementStartMicros);
    this.#transactionEnds = whole > 0 ? performance.now() + whole - since / 1000 : Infinity;
    this.#clientInterval = Number(settings.raw("client_connection_check_interval"));
    this.#looksForClient = this.#clientInterval > 0 ? performance.now() + this.#clientInterval : Infinity;
    this.#cancelRequested = false;
    database.interrupts.forget(this.#place);
    this.progress.end();
  }

  /** Whether a cancel request is there; it is used up. */
  takeCancel(): boolean {
    const asked = this.#session.database.interrupts.take(this.#place);
    if (asked === Interrupt.terminate) this.#session.listener.terminate?.(terminatedByAdministrator());
    const isAsked = asked !== Interrupt.none || this.#cancelRequested;
    this.#cancelRequested = false;
    return isAsked;
  }
  /** What the running statement has left, in milliseconds, and the error when it is over. */
  limits(): readonly { readonly millis: number; readonly error: () => DbError }[] {
    return [
      { millis: this.#statementEnds - performance.now(), error: statementTimedOut },
      { millis: this.#transactionEnds - performance.now(), error: transactionTimedOut },
    ].filter(({ millis }) => millis !== Infinity);
  }
  /** Ends what runs when somebody asked for it or its time is over. */
  checkCancel(): void {
    if (this.takeCancel()) throw queryCanceled();
    if (this.#statementEnds !== Infinity && performance.now() > this.#statementEnds) throw statementTimedOut();
    if (this.#transactionEnds !== Infinity && performance.now() > this.#transactionEnds) throw transactionTimedOut();
    if (this.#looksForClient !== Infinity && performance.now() > this.#looksForClient) {
      this.#looksForClient = performance.now() + this.#clientInterval;
      if (this.#session.listener.clientHasLeft?.() === true) throw clientLost();
    }
  }
  /** The client's key to cancel what runs. */
  setCancelKey(key: CancelKey): void {
    this.#session.database.interrupts.setKey(this.#place, key);
  }
  /** Does what was asked for while nothing looked: a wait ends. */
  noticeInterrupt(): void {
    // What stands is taken by whoever it ends: a wait at once, what runs when it looks, a statement that is on its way when it begins.
    if (this.#session.database.interrupts.stands(this.#place) && !this.#session.waits.isWaiting) return;
    const asked = this.#session.database.interrupts.take(this.#place);
    if (asked === Interrupt.terminate) this.terminate(terminatedByAdministrator());
    else if (asked === Interrupt.cancel) this.cancel();
  }
  cancel(): void {
    // A request that finds nothing running is forgotten when the next statement starts.
    if (this.#session.waits.abandon(queryCanceled())) return;
    this.#cancelRequested = true;
    this.#session.database.interrupts.stop(this.#place);
  }
  /** Ends the connection: a wait ends with the error, what runs is stopped, the door hangs up. */
  terminate(error: DbError): void {
    if (this.#session.waits.abandon(error)) return;
    this.#cancelRequested = true;
    this.#session.listener.terminate?.(error);
  }

  /** Long native work that ends when the statement shall; what it works in another thread included, which the promise waits for. */
  interruptible(work: () => number): number;
  interruptible(work: () => Promise<number>): Promise<number>;
  interruptible(work: () => number | Promise<number>): number | Promise<number> {
    const { native, places } = this.#session.database;
    const left = Math.min(this.#statementEnds, this.#transactionEnds) - performance.now();
    const judge = (status: number): number => {
      if (status === StatusCode.interrupted) {
        this.checkCancel();
        throw queryCanceled();
      }
      return status;
    };
    if (this.#place !== NO_PLACE) {
      const millis = left === Infinity ? 0 : Math.max(1, Math.ceil(left));
      native.locks.setInterrupt(places.words, this.#place + Word.stop, millis, places.amounts, this.#place / 2 + Amount.total);
    }
    try {
      const status = work();
      return status instanceof Promise ? status.then(judge) : judge(status);
    } finally {
      native.locks.setInterrupt(null);
    }
  }

  /** The limit that comes first while the session has nothing to do. */
  idleLimit(): { readonly millis: number; readonly error: DbError } | undefined {
    const { view, settings, transactionStatus, block } = this.#session;
    if (!view.now.hasIdleLimits) return undefined;
    const raw = (name: string) => Number(settings.raw(name));
    const limits: { millis: number; error: DbError }[] = [];
    const add = (millis: number, error: () => DbError): void => {
      if (millis > 0) limits.push({ millis, error: error() });
    };
    if (transactionStatus === "idle") add(raw("idle_session_timeout"), idleSessionTimedOut);
    else {
      add(raw("idle_in_transaction_session_timeout"), idleInTransactionTimedOut);
      const whole = raw("transaction_timeout");
      const began = block?.startMicros ?? clockMicros();
      if (whole > 0) add(Math.max(1, whole - (clockMicros() - began) / 1000), transactionTimedOut);
    }
    return limits.sort((a, b) => a.millis - b.millis)[0];
  }

  close(): void {
    this.#session.database.places.free(this.#place);
  }
}
