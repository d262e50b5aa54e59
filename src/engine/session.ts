/**
 * A session: one client's settings, transaction, prepared statements and cursors, over the database of this thread.
 *
 * Its parts have files of their own: what names and values mean now (session-view.ts), the way from a text to a plan
 * (statement-planner.ts), running it (statement-runner.ts), the transaction block (transaction-block.ts), limits of time (session-clock.ts).
 */
import { type ClientFacts, PredefinedRole, type SessionCatalogReader } from "../catalog/index.js";
import type { PhysicalPlan } from "../execution/index.js";
import type { ScopedRegistry } from "../functions/index.js";
import { planStatement } from "../optimizer/index.js";
import type { LogicalPlan } from "../plan/index.js";
import { assert, type Datum, DbError, type FormatContext, notSupported, type Oid, type SqlType, settingHidden } from "../types/index.js";
import type { Access } from "./access.js";
import { AdvisoryLocks } from "./advisory-locks.js";
import { clockMicros } from "./clock.js";
import { DefinitionContext } from "./commands/context.js";
import { checkRoleChange } from "./commands/role.js";
import { SessionCursors } from "./cursors.js";
import type { EngineDatabase } from "./database.js";
import type { CancelKey } from "./interrupts.js";
import { Randomness } from "./randomness.js";
import { SequenceState, sessionServices } from "./services/index.js";
import { SessionClock } from "./session-clock.js";
import { SessionStatement } from "./session-statement.js";
import { SessionView } from "./session-view.js";
import { SessionWaits } from "./session-waits.js";
import { isHiddenSetting, settingsByName } from "./settings/definitions.js";
import { parseSearchPath, SessionSettings } from "./settings/session-settings.js";
import type { StatementContext } from "./statement-context.js";
import type { StatementJournal } from "./statement-journal.js";
import { StatementPlanner } from "./statement-planner.js";
import { StatementRunner } from "./statement-runner.js";
import { dropTemporaryObjects } from "./temporary.js";
import type { SessionTransaction } from "./transaction.js";
import { isolationLevel, TransactionBlock } from "./transaction-block.js";
import type {
  BegunBlock,
  ExecuteOptions,
  ExecuteResult,
  LiftedStatement,
  NamedCursor,
  ParsedStatement,
  PreparedStatement,
  Session,
  SessionFacts,
  SessionListener,
  TransactionStatus,
} from "./types.js";

const silent: SessionListener = { notice: () => {}, parameterStatus: () => {}, notification: () => {} };

export class EngineSession implements Session {
  readonly id: number;
  readonly database: EngineDatabase;
  /** Who logged in. */
  readonly authenticatedUser: string;
  readonly databaseName: string;
  readonly settings: SessionSettings;
  readonly view = new SessionView(this);
  readonly planner = new StatementPlanner(this);
  readonly runner: StatementRunner;
  readonly transactionBlock = new TransactionBlock(this);
  readonly clock: SessionClock;
  readonly waits = new SessionWaits(this);
  readonly advisory = new AdvisoryLocks(this);
  readonly cursors = new SessionCursors();
  readonly sequences = new SequenceState();
  readonly preparedByName = new Map<string, SessionStatement>();
  readonly channels = new Set<string>();
  /** What random() draws from. */
  readonly randomness = new Randomness();
  /** Temporary tables that the end of a transaction empties or drops. */
  readonly temporaryAtCommit = new Set<Oid>();
  readonly startedMicros = clockMicros();
  /** Routines inside of routines. */
  routineDepth = 0;
  /** For pg_stat_activity. */
  currentQuery = "";
  /** Of the statement whose run is on the stack. */
  journal: StatementJournal | undefined;
  listener: SessionListener = silent;

  constructor(
    database: EngineDatabase,
    id: number,
    user: string,
    databaseName: string,
    settings: Readonly<Record<string, string>>,
    /** null: no client, the session is the embedding program's. */
    readonly client: ClientFacts | null,
  ) {
    this.database = database;
    this.id = id;
    this.authenticatedUser = user;
    this.databaseName = databaseName;
    this.runner = new StatementRunner(this);
    this.settings = new SessionSettings(
      (name, value, before) => {
        if (settingsByName.get(name.toLowerCase())?.reported === true) this.listener.parameterStatus(name, value, before);
      },
      () => database.server.settings,
    );
    this.settings.fix("session_authorization", user);
    this.settings.fix("is_superuser", database.store.current().role(user)?.superuser === false ? "off" : "on");
    const catalog = database.store.current();
    const stored = catalog.role(user)?.settings ?? [];
    const databaseOid = catalog.database(databaseName)?.oid;
    // The later the stronger; what the client asks for itself is strongest.
    for (const { name, value } of [
      ...(catalog.database(databaseName)?.settings ?? []),
      ...stored.filter((s) => s.database === undefined),
      ...stored.filter((s) => s.database === databaseOid),
    ])
      if (this.#mayStartWith(name, value)) this.settings.initializeStored(name, value);
    for (const [name, value] of Object.entries(settings)) {
      const key = name.toLowerCase();
      if (key === "role" || key === "session_authorization") checkRoleChange(this, key, value);
      this.settings.initialize(name, value);
    }
    // Last: what is wrong with the settings must not keep a place.
    this.clock = new SessionClock(this);
  }

  /** A stored role that may not be taken on is passed over: the session begins without it. */
  #mayStartWith(name: string, value: string): boolean {
    const key = name.toLowerCase();
    if (key !== "role" && key !== "session_authorization") return true;
    try {
      checkRoleChange(this, key, value);
      return true;
    } catch (error) {
      if (error instanceof DbError) return false;
      throw error;
    }
  }

  /** The current user: SET ROLE and SECURITY DEFINER change it. */
  get user(): string {
    return this.view.now.user;
  }
  /** Who SET SESSION AUTHORIZATION says the client is. */
  get sessionUser(): string {
    return this.view.now.sessionUser;
  }
  /** Of the current user: superuser, the role itself, or inherited from it. */
  hasPrivilegesOf(role: Oid): boolean {
    const catalog = this.catalog();
    const me = catalog.snapshot.role(this.user);
    return me !== undefined && this.access(catalog).hasPrivilegesOf(me.oid, role);
  }
  get isSuperuser(): boolean {
    return this.catalog().snapshot.role(this.user)?.superuser === true;
  }
  setListener(listener: SessionListener): void {
    this.listener = listener;
  }
  notice(
    severityName: "NOTICE" | "WARNING" | "INFO",
    sqlstate: string,
    message: string,
    more: { detail?: string; hint?: string } = {},
  ): void {
    const levels = ["debug5", "debug4", "debug3", "debug2", "debug1", "log", "notice", "warning", "error"];
    const threshold = levels.indexOf(this.settings.raw("client_min_messages") ?? "notice");
    if (severityName !== "INFO" && levels.indexOf(severityName.toLowerCase()) < threshold) return;
    this.listener.notice({ severityName, sqlstate, message, ...more });
  }

  // ---- settings -------------------------------------------------------------------------------------------------------

  get format(): FormatContext {
    return this.view.now.format;
  }
  setting(name: string): string {
    switch (name.toLowerCase()) {
      case "transaction_isolation":
      case "transaction isolation level":
        return this.block?.isolation ?? this.transactionBlock.defaultIsolation;
      case "transaction_read_only":
        return this.block === undefined ? this.settings.show("default_transaction_read_only") : this.block.readOnly ? "on" : "off";
      case "transaction_deferrable":
        return this.block === undefined ? this.settings.show("default_transaction_deferrable") : this.block.deferrable ? "on" : "off";
      default:
        return this.settings.show(name);
    }
  }
  /** For a client to read: some say where files are, and are shown to few. */
  shownSetting(name: string): string {
    const value = this.setting(name);
    if (isHiddenSetting(name) && !this.hasPrivilegesOf(PredefinedRole.readAllSettings)) throw settingHidden(this.settings.properName(name));
    return value;
  }
  hasSetting(name: string): boolean {
    return this.settings.raw(name.toLowerCase()) !== undefined;
  }
  setSetting(name: string, value: string): void {
    this.changeSetting(name, value, false);
  }
  /** null: RESET. Returns the new value as SHOW prints it. */
  changeSetting(name: string, value: string | null, local: boolean): string {
    const key = name.toLowerCase();
    if (key === "transaction_isolation" || key === "transaction_read_only" || key === "transaction_deferrable") {
      if (key === "transaction_isolation" && value !== null) isolationLevel(value);
      // Without a block it would hold for this statement alone; only SET TRANSACTION warns of that.
      if (this.block === undefined) return value ?? "";
      if (key === "transaction_isolation") {
        if (value !== null) this.transactionBlock.setMode({ isolation: value });
      } else {
        const on = value !== null && isOn(value);
        this.transactionBlock.setMode(key === "transaction_deferrable" ? { deferrable: on } : { readOnly: on });
      }
      return this.setting(name);
    }
    if (key === "search_path" && value !== null) parseSearchPath(value);
    if (key === "role" || key === "session_authorization") checkRoleChange(this, key, value);
    // A new session user starts without a role.
    if (key === "session_authorization") this.settings.set("role", null, local);
    this.settings.set(name, value, local);
    // Outside a block every statement is its own transaction, and this one has ended well.
    if (this.block === undefined && !local) this.settings.commit();
    return this.hasSetting(name) ? this.setting(name) : "";
  }
  /** Settings of a routine (SET …); gives how to undo them. */
  applyLocally(settings: readonly { readonly name: string; readonly value: string }[]): () => void {
    const mark = this.settings.mark();
    for (const { name, value } of settings) this.settings.set(name, value, true);
    return () => this.settings.rollbackTo(mark);
  }

  // ---- names and types ------------------------------------------------------------------------------------------------

  /** The catalog as the session's next statement sees it. */
  catalog(): SessionCatalogReader {
    return this.view.catalogIn(this.runner.transaction);
  }
  catalogIn(transaction: SessionTransaction | undefined): SessionCatalogReader {
    return this.view.catalogIn(transaction);
  }
  /** Types, functions, operators and casts as `catalog` has them. */
  registry(catalog: SessionCatalogReader): ScopedRegistry {
    return this.view.registry(catalog);
  }
  access(catalog: SessionCatalogReader): Access {
    return this.view.access(catalog.snapshot);
  }
  /** The search path as it is set, `$user` replaced. */
  get searchPathWritten(): readonly string[] {
    return this.view.now.path;
  }
  /** Names of the schemas on the path that exist; pg_catalog only when it was written there. */
  searchPathNames(catalog: SessionCatalogReader): readonly string[] {
    return this.searchPathWritten.filter((name) => catalog.schemaByName(name) !== undefined);
  }
  typeOf(oid: Oid): SqlType {
    return this.view.typeOf(oid, () => this.catalog());
  }
  /** For questions about a command before it runs. */
  definitionContext(command: string): DefinitionContext {
    return new DefinitionContext(this, this.block ?? this.transactionBlock.newTransaction(), command);
  }
  service(name: string, context: StatementContext): unknown {
    return sessionServices(this, context, name);
  }

  // ---- statements -----------------------------------------------------------------------------------------------------

  split(text: string): readonly ParsedStatement[] {
    return this.planner.split(text);
  }
  prepare(text: string, parameterTypes: readonly Oid[]): SessionStatement {
    return this.planner.prepare(text, parameterTypes);
  }
  prepareParsed(statement: ParsedStatement): SessionStatement {
    return this.planner.prepareParsed(statement, null);
  }
  prepareLifted(text: string): LiftedStatement | undefined {
    return this.planner.prepareLifted(text);
  }
  planningError(text: string): DbError | undefined {
    return this.planner.planningError(text);
  }
  planLogical(plan: LogicalPlan, catalog: SessionCatalogReader): PhysicalPlan {
    return planStatement(plan, this.view.planContext(catalog));
  }
  execute(prepared: PreparedStatement, parameters: readonly Datum[], options?: ExecuteOptions): ExecuteResult | Promise<ExecuteResult> {
    assert(prepared instanceof SessionStatement, "a statement is executed by the session that prepared it");
    this.currentQuery = prepared.text;
    this.clock.startStatement();
    return this.runner.execute(prepared, parameters, options);
  }
  /** For a call that pauses its statement; refused where nothing could run it again (cursors, streams). */
  pausable(what: string): StatementJournal {
    if (this.journal?.records !== true) throw notSupported(`${what} here`);
    return this.journal;
  }

  namedStatement(name: string): SessionStatement | undefined {
    return this.preparedByName.get(name);
  }
  nameStatement(name: string, statement: PreparedStatement): void {
    assert(statement instanceof SessionStatement, "a statement is named in the session that prepared it");
    this.preparedByName.set(name, statement);
  }
  dropStatement(name: string): void {
    this.preparedByName.delete(name);
  }
  cursor(name: string): NamedCursor | undefined {
    const cursor = this.cursors.get(name);
    if (cursor === undefined) return undefined;
    return {
      columns: cursor.columns,
      next: (maxRows) => cursor.fetch({ direction: "forward", count: maxRows === 0 ? "all" : maxRows }),
    };
  }
  closeCursor(name: string): void {
    this.cursors.get(name)?.close();
    this.cursors.delete(name);
  }

  // ---- transactions ---------------------------------------------------------------------------------------------------

  /** The open block's transaction. */
  get block(): SessionTransaction | undefined {
    return this.transactionBlock.transaction;
  }
  get inExplicitBlock(): boolean {
    return this.transactionBlock.isExplicit;
  }
  get isInTransaction(): boolean {
    return this.block !== undefined;
  }
  get transactionStatus(): TransactionStatus {
    return this.transactionBlock.status;
  }
  get hasFailed(): boolean {
    return this.transactionBlock.hasFailed;
  }
  beginImplicit(of: "message" | "pipeline"): void {
    this.transactionBlock.beginImplicit(of);
  }
  endImplicit(failed: boolean): number | Promise<number> {
    return this.transactionBlock.endImplicit(failed);
  }
  noteDrawn(drawn: readonly (number | bigint)[]): void {
    for (let i = 0; i < drawn.length; i += 2) this.sequences.note(drawn[i] as number, drawn[i + 1] as number | bigint);
  }
  enterBlock(begun: BegunBlock): void {
    this.transactionBlock.enter(begun);
  }
  fail(): void {
    this.transactionBlock.fail();
  }
  /** LISTEN and UNLISTEN take effect. */
  changeChannels(changes: SessionTransaction["listening"]): void {
    for (const { channel, listens } of changes) {
      if (channel === null) this.channels.clear();
      else if (listens) this.channels.add(channel);
      else this.channels.delete(channel);
    }
  }
  facts(): SessionFacts | undefined {
    const level = this.transactionBlock.defaultIsolation;
    if (level === "serializable") return undefined;
    const raw = (name: string) => this.settings.raw(name);
    const mayWrite = raw("default_transaction_read_only") !== "on";
    const isPlain = !this.view.now.hasIdleLimits && this.channels.size === 0 && raw("default_transaction_deferrable") !== "on";
    return {
      generation: this.settings.generation,
      process: this.id,
      isolation: level === "repeatable read" ? level : "read committed",
      isSynchronous: raw("synchronous_commit") !== "off",
      mayWrite,
      mayBegin: mayWrite && isPlain,
      isUtc: /^(Etc\/)?UTC$/.test(this.format.timeZone),
    };
  }

  // ---- time -----------------------------------------------------------------------------------------------------------

  get statementStartMicros(): number {
    return this.clock.statementStartMicros;
  }
  checkCancel(): void {
    this.clock.checkCancel();
  }
  setCancelKey(key: CancelKey): void {
    this.clock.setCancelKey(key);
  }
  cancel(): void {
    this.clock.cancel();
  }
  idleLimit(): { readonly millis: number; readonly error: DbError } | undefined {
    return this.clock.idleLimit();
  }

  close(): void {
    this.transactionBlock.rollback();
    for (const cursor of this.cursors.values()) cursor.close();
    this.cursors.clear();
    this.advisory.releaseAll();
    if (this.view.usesTemporarySchema) dropTemporaryObjects(this);
    this.database.sessionClosed(this);
    this.clock.close();
  }
}

function isOn(value: string): boolean {
  return ["on", "true", "yes", "1"].includes(value.toLowerCase());
}
