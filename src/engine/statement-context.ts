/** What a running statement may ask: the session's settings and clock, the transaction it runs in, the catalog it sees. */
import type { SessionCatalogReader } from "../catalog/index.js";
import type { BackgroundWaits, ExecutionContext, ExecutionNative, Steps } from "../execution/index.js";
import type { EvaluationContext } from "../functions/index.js";
import type { Engine, Xid } from "../native/index.js";
import type { Datum, Oid } from "../types/index.js";
import { clockMicros } from "./clock.js";
import type { EngineSession } from "./session.js";
import type { SessionTransaction } from "./transaction.js";

/** The door for functions that change data within the statement's transaction (keys, sequences). */
export interface TransactionService {
  readonly engine: Engine;
  /** Never 0: a statement that calls something volatile runs in a transaction. */
  readonly xid: Xid;
  readonly readOnly: boolean;
}

class StatementEvaluation implements EvaluationContext {
  readonly timeZone: string;
  readonly dateStyle: string;
  readonly intervalStyle: string;
  readonly extraFloatDigits: number;
  readonly byteaOutput: "hex" | "escape";
  readonly transactionTimeMicros: number;
  readonly statementTimeMicros: number;
  readonly #session: EngineSession;
  readonly #context: StatementContext;

  constructor(session: EngineSession, context: StatementContext, startMicros: number) {
    const format = session.format;
    this.timeZone = format.timeZone;
    this.dateStyle = format.dateStyle;
    this.intervalStyle = format.intervalStyle;
    this.extraFloatDigits = format.extraFloatDigits;
    this.byteaOutput = format.byteaOutput;
    this.transactionTimeMicros = startMicros;
    this.statementTimeMicros = session.statementStartMicros;
    this.#session = session;
    this.#context = context;
  }
  get currentUser(): string {
    return this.#session.user;
  }
  get sessionUser(): string {
    return this.#session.sessionUser;
  }
  get currentDatabase(): string {
    return this.#session.databaseName;
  }
  get searchPath(): readonly string[] {
    return this.#session.searchPathNames(this.#context.catalog);
  }
  clockMicros(): number {
    return this.#recall(clockMicros);
  }
  checkCancel(): void {
    this.#context.checkCancel();
  }
  random(): number {
    return this.#recall(() => this.#session.randomness.next());
  }
  #recall<T>(call: () => T): T {
    const { journal } = this.#session;
    return journal === undefined ? call() : journal.recall(call);
  }
  seedRandom(seed: number): void {
    this.#session.randomness.seed(seed);
  }
  setting(name: string, missingOk: boolean): string | null {
    if (missingOk && !this.#session.hasSetting(name)) return null;
    return this.#session.shownSetting(name);
  }
  setSetting(name: string, value: string, local: boolean): string {
    return this.#session.changeSetting(name, value, local);
  }
  service<T>(name: string): T {
    return this.#session.service(name, this.#context) as T;
  }
}

export class StatementContext implements ExecutionContext {
  readonly native: ExecutionNative;
  readonly engine: Engine;
  readonly xid: Xid;
  readonly restartable: boolean;
  readonly parameters: readonly Datum[];
  readonly catalog: SessionCatalogReader;
  readonly transaction: SessionTransaction | undefined;
  readonly session: EngineSession;
  readonly memoryLimitBytes: number;
  #evaluation: StatementEvaluation | undefined;
  readonly #startMicros: number;

  constructor(
    session: EngineSession,
    transaction: SessionTransaction | undefined,
    catalog: SessionCatalogReader,
    parameters: readonly Datum[],
    readonly waits?: BackgroundWaits,
  ) {
    this.session = session;
    this.native = session.database.native;
    this.engine = session.database.engine;
    this.xid = transaction?.xid ?? 0;
    this.restartable = transaction?.restartable ?? true;
    this.transaction = transaction;
    this.parameters = parameters;
    this.catalog = catalog;
    this.memoryLimitBytes = session.view.now.memoryLimitBytes;
    this.#startMicros = transaction?.startMicros ?? session.statementStartMicros;
  }

  get evaluation(): EvaluationContext {
    this.#evaluation ??= new StatementEvaluation(this.session, this, this.#startMicros);
    return this.#evaluation;
  }
  checkCancel(): void {
    this.session.checkCancel();
  }
  deferUntilCommit(check: (context: ExecutionContext) => Steps<void>, constraint: Oid): void {
    this.transaction?.deferred.push({ constraint, check });
  }
  isDeferred(constraint: Oid, initiallyDeferred: boolean): boolean {
    const times = this.transaction?.constraintTimes;
    return times?.get(constraint) ?? times?.get("all") ?? initiallyDeferred;
  }
}
