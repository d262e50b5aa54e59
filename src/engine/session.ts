/**
 * A session: one client's settings, transaction, prepared statements and cursors, over the database of this thread.
 *
 * A statement runs in the open transaction block or in a transaction of its own. What must wait (a row another
 * transaction holds) leaves as a signal: the statement is undone to where it began, the session waits without blocking the
 * thread, and the statement runs again. Statements that change nothing run inline and stream.
 */
import { type CatalogSnapshot, type ClientFacts, type SchemaObject, SessionCatalogReader } from "../catalog/index.js";
import {
  type BackgroundWaits,
  copyFormat,
  PauseSignal,
  type PhysicalPlan,
  type PlanContext,
  type PointWrite,
  RestartSignal,
  WaitSignal,
} from "../execution/index.js";
import { ScopedRegistry } from "../functions/index.js";
import { LockMode, StatusCode } from "../native/index.js";
import { planStatement } from "../optimizer/index.js";
import type { Command, CopyOptions, LogicalPlan } from "../plan/index.js";
import {
  assert,
  cachedPlanChanged,
  type Datum,
  DbError,
  FIRST_USER_OID,
  type FormatContext,
  idleInTransactionTimedOut,
  idleSessionTimedOut,
  needsTransactionBlock,
  notSupported,
  type Oid,
  queryCanceled,
  type Row,
  readOnlyTransaction,
  relationLockNotAvailable,
  type SqlType,
  serializationFailure,
  statementTimedOut,
  TypeOid,
  terminatedByAdministrator,
  transactionFailed,
  transactionTimedOut,
} from "../types/index.js";
import { Access } from "./access.js";
import { AdvisoryLocks } from "./advisory-locks.js";
import { clockMicros } from "./clock.js";
import { DefinitionContext } from "./commands/context.js";
import { commandColumns, runCommand } from "./commands/index.js";
import { checkRoleChange } from "./commands/role.js";
import { SessionCursors } from "./cursors.js";
import type { EngineDatabase } from "./database.js";
import { type CancelKey, Interrupt } from "./interrupts.js";
import { arePlain, isPlainPlan, type LiftedText, liftLiterals, literalTypes, samePlan } from "./literals.js";
import { longNames } from "./long-names.js";
import { mayPause, mayWrite } from "./may-write.js";
import { checkStatementAccess } from "./plan-access.js";
import type { PlannedStatement } from "./plan-cache.js";
import { planLocks } from "./plan-locks.js";
import { PlanSizes } from "./plan-sizes.js";
import { EncodedPortal, PointPortal, RowsPortal, StreamPortal } from "./portals.js";
import { Progress } from "./progress.js";
import { Randomness } from "./randomness.js";
import { LockSignal, type RelationLock, RelationLocks } from "./relation-locks.js";
import { policiesFor } from "./row-security.js";
import { SequenceState, sessionServices } from "./services/index.js";
import { Amount, NO_PLACE, Word } from "./session-places.js";
import { SessionWaits } from "./session-waits.js";
import { settingsByName } from "./settings/definitions.js";
import { parseSearchPath, SessionSettings } from "./settings/session-settings.js";
import { StatementContext } from "./statement-context.js";
import { StatementJournal } from "./statement-journal.js";
import { BoundStoredExpressions } from "./stored-expressions.js";
import { dropTemporaryObjects, endTemporaryTables, temporarySchemaName } from "./temporary.js";
import { type IsolationLevel, SessionTransaction } from "./transaction.js";
import type {
  BegunBlock,
  BindContext,
  ExecuteOptions,
  ExecuteResult,
  LiftedStatement,
  NamedCursor,
  NativeWrite,
  ParsedStatement,
  Portal,
  PreparedStatement,
  ResultColumn,
  Session,
  SessionFacts,
  SessionListener,
  TransactionStatus,
} from "./types.js";

/** What Parse made: bound again when the catalog or the session's settings moved on. */
export class SessionStatement implements PreparedStatement {
  constructor(
    readonly text: string,
    /** Null: of a simple query, which has no parameters. */
    readonly requestedTypes: readonly Oid[] | null,
    public planned: PlannedStatement,
    /** The whole PREPARE statement that made it, for pg_prepared_statements; undefined: the client's Parse did. */
    readonly source?: string,
  ) {}
  readonly preparedMicros = clockMicros();
  get parameterTypes(): readonly Oid[] {
    return this.planned.bound.parameterTypes;
  }
  get columns(): readonly ResultColumn[] {
    return this.planned.columns;
  }
  get tag(): string {
    return this.planned.bound.tag;
  }
}

/** What a statement's work gives: rows with their tag, or something that runs on (COPY, an inner portal). */
export interface StatementOutcome {
  readonly tag: string;
  readonly rows?: readonly Row[];
  readonly columns?: readonly ResultColumn[];
  /** COPY takes over the statement's transaction. */
  readonly result?: (complete: (tag: string) => number, fail: () => void) => ExecuteResult;
  /** The statement as the addon can run it alone. */
  readonly native?: (() => NativeWrite | undefined) | undefined;
}

const silent: SessionListener = { notice: () => {}, parameterStatus: () => {}, notification: () => {} };

export class EngineSession implements Session {
  readonly id: number;
  readonly database: EngineDatabase;
  /** Who logged in. */
  readonly authenticatedUser: string;
  /** Routines inside of routines. */
  routineDepth = 0;
  readonly databaseName: string;
  readonly settings: SessionSettings;
  readonly preparedByName = new Map<string, SessionStatement>();
  readonly cursors = new SessionCursors();
  readonly sequences = new SequenceState();
  readonly channels = new Set<string>();
  readonly startedMicros = clockMicros();
  listener: SessionListener = silent;
  /** Set by cancel(); the next check of the running statement turns it into 57014. */
  cancelRequested = false;
  deadlineMs = Infinity;
  /** transaction_timeout. */
  transactionDeadlineMs = Infinity;
  statementStartMicros = 0;
  memoryLimitBytes = 0;
  /** Set once the session has made a schema for temporary objects. */
  usesTemporarySchema = false;
  /** Temporary tables that the end of a transaction empties or drops. */
  readonly temporaryAtCommit = new Set<Oid>();
  /** For pg_stat_activity. */
  currentQuery = "";
  #block: SessionTransaction | undefined;
  #blockIsImplicit = false;
  #failed = false;
  readonly waits = new SessionWaits(this);
  readonly advisory = new AdvisoryLocks(this);
  /** Of the statement whose run is on the stack. */
  journal: StatementJournal | undefined;
  #catalog: SessionCatalogReader | undefined;
  #catalogPath: readonly string[] = [];
  #stored: BoundStoredExpressions | undefined;
  #registry: ScopedRegistry | undefined;
  #access: { readonly snapshot: CatalogSnapshot; readonly rules: Access } | undefined;
  /** The transaction of the statement whose routine runs a command. */
  #nested: SessionTransaction | undefined;
  /** What the command that begins now has locked already, for the transaction that it makes. */
  #locksInHand: RelationLocks | undefined;
  #user = "";
  /** Where others ask it to stop and see how far it is. */
  readonly #place: number;
  readonly progress: Progress;
  #sessionUser = "";
  /** What random() draws from. */
  readonly randomness = new Randomness();
  /** SECURITY DEFINER: whose rights a running routine has. */
  #actingAs: string | undefined;
  #generation = -1;
  #contextKey = "";
  #format: FormatContext | undefined;

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
    this.settings = new SessionSettings(
      (name, value) => {
        if (settingsByName.get(name.toLowerCase())?.reported === true) this.listener.parameterStatus(name, value);
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
    this.#place = database.places.take(id);
    this.progress = new Progress(database.places, this.#place);
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
    this.#refreshSettings();
    return this.#user;
  }
  /** Who SET SESSION AUTHORIZATION says the client is. */
  get sessionUser(): string {
    this.#refreshSettings();
    return this.#sessionUser;
  }
  get isSuperuser(): boolean {
    return this.catalog().snapshot.role(this.user)?.superuser === true;
  }
  /** For questions about a command before it runs. */
  definitionContext(command: string): DefinitionContext {
    return new DefinitionContext(this, this.#block ?? this.#newTransaction(), command);
  }

  setListener(listener: SessionListener): void {
    this.listener = listener;
  }

  // ---- settings -------------------------------------------------------------------------------------------------------

  get format(): FormatContext {
    this.#refreshSettings();
    return this.#format as FormatContext;
  }
  setting(name: string): string {
    switch (name.toLowerCase()) {
      case "transaction_isolation":
      case "transaction isolation level":
        return this.#block?.isolation ?? this.#defaultIsolation();
      case "transaction_read_only":
        return this.#block === undefined ? this.settings.show("default_transaction_read_only") : this.#block.readOnly ? "on" : "off";
      default:
        return this.settings.show(name);
    }
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
    if (key === "transaction_isolation" || key === "transaction_read_only") {
      if (key === "transaction_isolation" && value !== null) isolationLevel(value);
      // Without a block it would hold for this statement alone; only SET TRANSACTION warns of that.
      if (this.#block === undefined) return value ?? "";
      this.setTransactionMode(
        key === "transaction_isolation" && value !== null ? { isolation: value } : { readOnly: value !== null && this.#isOn(value) },
      );
      return this.setting(name);
    }
    if (key === "search_path" && value !== null) parseSearchPath(value);
    if (key === "role" || key === "session_authorization") checkRoleChange(this, key, value);
    // A new session user starts without a role.
    if (key === "session_authorization") this.settings.set("role", null, local);
    this.settings.set(name, value, local);
    // Outside a block every statement is its own transaction, and this one has ended well.
    if (this.#block === undefined && !local) this.settings.commit();
    return this.hasSetting(name) ? this.setting(name) : "";
  }
  setTransactionMode(mode: { isolation?: string | undefined; readOnly?: boolean | undefined; deferrable?: boolean | undefined }): void {
    if (mode.isolation !== undefined) {
      const level = isolationLevel(mode.isolation);
      if (this.#block !== undefined && this.#block.isolation !== level) {
        if (this.#block.hasBegun)
          throw new DbError({ sqlstate: "25001", message: "SET TRANSACTION ISOLATION LEVEL must be called before any query" });
        this.#block.isolation = level;
      }
    }
    if (mode.readOnly !== undefined && this.#block !== undefined) {
      if (!mode.readOnly && this.#block.readOnly && this.#block.hasBegun)
        throw new DbError({ sqlstate: "25001", message: "transaction read-write mode must be set before any query" });
      this.#block.readOnly = mode.readOnly;
    }
    if (mode.deferrable !== undefined && this.#block !== undefined) {
      if (this.#block.hasBegun)
        throw new DbError({ sqlstate: "25001", message: "SET TRANSACTION [NOT] DEFERRABLE must be called before any query" });
      this.#block.deferrable = mode.deferrable;
    }
    if (this.#block === undefined) this.notice("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks");
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
  /** The search path as it is set, `$user` replaced. */
  get searchPathWritten(): readonly string[] {
    return this.#path();
  }
  /** From now on names of temporary objects are looked up, and cached plans are the session's own. */
  useTemporarySchema(): void {
    if (this.usesTemporarySchema) return;
    this.usesTemporarySchema = true;
    this.#generation = -1;
    this.#catalog = undefined;
  }
  /** Names of the schemas on the path that exist; pg_catalog only when it was written there. */
  searchPathNames(catalog: SessionCatalogReader): readonly string[] {
    return this.#path().filter((name) => catalog.schemaByName(name) !== undefined);
  }
  typeOf(oid: Oid): SqlType {
    const isBuiltIn = oid < FIRST_USER_OID && oid !== TypeOid.record && oid !== TypeOid.recordArray;
    const type = (isBuiltIn ? this.database.registry : this.registry(this.catalog())).typeByOid(oid);
    assert(type !== undefined, "a result's type is known");
    return type;
  }

  // ---- preparing ------------------------------------------------------------------------------------------------------

  split(text: string): readonly ParsedStatement[] {
    const cache = this.database.planCache;
    const known = cache.parsed(text);
    for (const { written, kept } of longNames(text))
      this.notice("NOTICE", "42622", `identifier "${written}" will be truncated to "${kept}"`);
    if (known !== undefined) return known;
    const statements = this.database.frontEnd.parse(text);
    cache.setParsed(text, statements);
    return statements;
  }
  prepare(text: string, parameterTypes: readonly Oid[]): SessionStatement {
    const key = this.#statementKey(text, parameterTypes);
    const planned = this.database.planCache.get(key);
    if (planned !== undefined && !this.#failed && planned.catalogVersion === this.catalog().version)
      return new SessionStatement(text, parameterTypes, planned);
    const statements = this.split(text);
    if (statements.length > 1)
      throw new DbError({ sqlstate: "42601", message: "cannot insert multiple commands into a prepared statement" });
    const [statement] = statements;
    return this.#prepareWith(statement ?? { text, offset: 0, tree: null, transactionAction: undefined }, parameterTypes);
  }
  prepareParsed(statement: ParsedStatement): SessionStatement {
    return this.#prepareWith(statement, null);
  }
  #prepareWith(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): SessionStatement {
    this.#refuseWhenFailed(statement);
    return new SessionStatement(statement.text, parameterTypes, this.#plan(statement, parameterTypes));
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

  /**
   * A query text whose literals can be parameters of a plan that texts with other literals share; undefined: prepare it as it is.
   * Where anything about the statement is wrong the usual way finds it, so that its error names the right place.
   */
  prepareLifted(text: string): LiftedStatement | undefined {
    if (this.#failed) return undefined;
    const lifted = liftLiterals(text);
    if (lifted === undefined) return undefined;
    this.#refreshSettings();
    const cache = this.database.planCache;
    const key = `${lifted.kinds}\0${lifted.text}\0${this.#contextKey}`;
    let plan = cache.lifted(key);
    if (plan === undefined) {
      cache.setLifted(key, "seen");
      return undefined;
    }
    if (plan === "refused") return undefined;
    if (plan === "seen" || plan.catalogVersion !== this.catalog().version) {
      plan = this.#planLifted(text, lifted) ?? "refused";
      cache.setLifted(key, plan);
      if (plan === "refused") return undefined;
    }
    const types = plan.bound.parameterTypes;
    const parameters = this.#literalDatums(types, lifted.values);
    if (parameters === undefined) return undefined;
    return { prepared: new SessionStatement(text, types, plan), parameters, text: lifted.text, kinds: lifted.kinds };
  }
  #planLifted(text: string, lifted: LiftedText): PlannedStatement | undefined {
    try {
      const [statement, second] = this.split(text);
      if (statement === undefined || second !== undefined) return undefined;
      const original = this.#bindPlan(statement, []);
      const planned = this.#bindPlan(this.database.frontEnd.parse(lifted.text)[0] as ParsedStatement, literalTypes(lifted.values));
      if (!original.bound.cacheable || !planned.bound.cacheable) return undefined;
      const [from, to] = [original.bound.body, planned.bound.body];
      const types = planned.bound.parameterTypes;
      if (from.kind !== "Plan" || to.kind !== "Plan" || types.length !== lifted.values.length || !arePlain(types)) return undefined;
      const parameters = this.#literalDatums(types, lifted.values);
      if (parameters === undefined || !isPlainPlan(from.plan) || !samePlan(from.plan, to.plan, parameters)) return undefined;
      return original.bound.tag === planned.bound.tag && sameColumns(original.columns, planned.columns) ? planned : undefined;
    } catch (error) {
      if (error instanceof DbError) return undefined;
      throw error;
    }
  }
  #literalDatums(types: readonly Oid[], values: readonly (number | string)[]): Datum[] | undefined {
    const parameters: Datum[] = [];
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number | string;
      if (typeof value === "number") parameters.push(value);
      else {
        try {
          parameters.push(this.typeOf(types[i] as Oid).input(value, -1, this.format));
        } catch (error) {
          if (error instanceof DbError) return undefined;
          throw error;
        }
      }
    }
    return parameters;
  }

  #plan(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): PlannedStatement {
    const cache = this.database.planCache;
    const key = this.#statementKey(statement.text, parameterTypes);
    const known = cache.get(key);
    if (known !== undefined && known.catalogVersion === this.catalog().version) return known;
    const planned = this.#bindPlan(statement, parameterTypes);
    if (planned.bound.cacheable && planned.bound.body.kind === "Plan") cache.set(key, planned);
    return planned;
  }
  #bindPlan(statement: ParsedStatement, parameterTypes: readonly Oid[] | null): PlannedStatement {
    const catalog = this.catalog();
    const bound =
      statement.tree === null
        ? { body: { kind: "Empty" as const }, parameterTypes: [], tag: "", columns: [], cacheable: false }
        : this.database.frontEnd.bind(statement, {
            catalog,
            registry: this.registry(catalog),
            parameterTypes: parameterTypes ?? [],
            parametersAllowed: parameterTypes !== null,
            format: this.format,
            currentUser: this.user,
            currentDatabase: this.databaseName,
            notice: (message, detail) => this.notice("NOTICE", "00000", message, detail === undefined ? {} : { detail }),
            preparedTypes: (name) => this.preparedByName.get(name)?.parameterTypes,
            policiesFor: this.policiesIn(catalog),
          });
    checkStatementAccess(bound, catalog, this.access(catalog), this.user);
    const columns = this.#sentAs(bound.body.kind === "Command" ? commandColumns(this, bound.body.command, bound.columns) : bound.columns);
    return {
      parsed: statement,
      bound,
      columns,
      catalogVersion: catalog.version,
      contextKey: this.#contextKey,
      physical: undefined,
      calls: 0,
      mayWrite: false,
      mayPause: false,
    };
  }
  /** What the binder asks about a table with row level security. */
  policiesIn(catalog: SessionCatalogReader): NonNullable<BindContext["policiesFor"]> {
    return (table, owner) => {
      const role = owner ?? catalog.snapshot.role(this.user)?.oid ?? 0;
      return policiesFor(table, role, catalog.snapshot, this.access(catalog), this.settings.raw("row_security") !== "off");
    };
  }
  /** Clients see a domain's column as its base type's. */
  #sentAs(columns: readonly ResultColumn[]): readonly ResultColumn[] {
    if (columns.every((c) => c.type < FIRST_USER_OID)) return columns;
    const registry = this.registry(this.catalog());
    return columns.map((column) => {
      let { type, typmod } = column;
      for (let base = registry.typeByOid(type)?.base; base !== undefined; base = registry.typeByOid(type)?.base) {
        type = base.type;
        if (typmod < 0) typmod = base.typmod;
      }
      return type === column.type ? column : { ...column, type, typmod };
    });
  }
  #statementKey(text: string, parameterTypes: readonly Oid[] | null): string {
    this.#refreshSettings();
    // Where no parameter can be written a simple query shares the plan of a prepared one.
    const types = parameterTypes?.join() ?? (text.includes("$") ? "none" : "");
    return `${text}\0${types}\0${this.#contextKey}`;
  }
  /** The catalog as the session's next statement sees it. */
  catalog(): SessionCatalogReader {
    return this.catalogIn(this.#nested ?? this.#block);
  }
  catalogIn(transaction: SessionTransaction | undefined): SessionCatalogReader {
    const committed = this.database.store.current();
    return this.#reader(transaction === undefined ? committed : transaction.overlay.over(committed));
  }
  #reader(snapshot: CatalogSnapshot): SessionCatalogReader {
    const path = this.#path();
    if (this.#catalog === undefined || this.#catalog.snapshot !== snapshot || this.#catalogPath !== path) {
      const temporary = this.usesTemporarySchema ? temporarySchemaName(this) : undefined;
      this.#catalog = new SessionCatalogReader(snapshot, path, this.database.systemRelations, this.#hiddenSchemas(snapshot), temporary);
      this.#catalogPath = path;
      this.#stored = undefined;
    }
    return this.#catalog;
  }
  /** Types, functions, operators and casts as `catalog` has them. */
  registry(catalog: SessionCatalogReader): ScopedRegistry {
    if (this.#registry === undefined || this.#registry.catalog !== catalog)
      this.#registry = new ScopedRegistry(this.database.registry, catalog);
    return this.#registry;
  }
  access(catalog: SessionCatalogReader): Access {
    if (this.#access?.snapshot !== catalog.snapshot) this.#access = { snapshot: catalog.snapshot, rules: new Access(catalog.snapshot) };
    return this.#access.rules;
  }
  /** A routine's command: part of the statement that called the routine, synchronous, its waits are that statement's. */
  runInside<T>(transaction: SessionTransaction, work: () => T): T {
    const outer = this.#nested;
    this.#nested = transaction;
    try {
      return work();
    } finally {
      this.#nested = outer;
    }
  }
  /** Settings of a routine (SET …); gives how to undo them. */
  applyLocally(settings: readonly { readonly name: string; readonly value: string }[]): () => void {
    const mark = this.settings.mark();
    for (const { name, value } of settings) this.settings.set(name, value, true);
    return () => this.settings.rollbackTo(mark);
  }
  /** SECURITY DEFINER, SET ROLE. Gives how to go back. */
  actAs(user: string): () => void {
    const before = this.#actingAs;
    this.#actingAs = user;
    this.#generation = -1;
    return () => {
      this.#actingAs = before;
      this.#generation = -1;
    };
  }
  /** Schemas that the user may not look into; undefined: a superuser. */
  #hiddenSchemas(snapshot: CatalogSnapshot): ((schema: SchemaObject) => boolean) | undefined {
    const role = snapshot.role(this.#user);
    if (role === undefined || role.superuser) return undefined;
    if (this.#access?.snapshot !== snapshot) this.#access = { snapshot, rules: new Access(snapshot) };
    const { rules } = this.#access;
    return (schema) => !rules.may(role.oid, schema, "U");
  }
  storedExpressions(catalog: SessionCatalogReader): BoundStoredExpressions {
    if (this.#stored !== undefined && this.#catalog === catalog) return this.#stored;
    const stored = new BoundStoredExpressions({
      frontEnd: this.database.frontEnd,
      catalog,
      format: this.format,
      currentUser: this.user,
      currentDatabase: this.databaseName,
      registry: this.registry(catalog),
    });
    if (this.#catalog === catalog) this.#stored = stored;
    return stored;
  }
  planLogical(plan: LogicalPlan, catalog: SessionCatalogReader): PhysicalPlan {
    return planStatement(plan, this.planContext(catalog));
  }
  planContext(catalog: SessionCatalogReader): PlanContext {
    return {
      catalog,
      registry: this.registry(catalog),
      statistics: this.database.statistics,
      settings: { setting: (name) => this.settings.raw(name.toLowerCase()) },
      stored: this.storedExpressions(catalog),
    };
  }

  // ---- running --------------------------------------------------------------------------------------------------------

  get transactionStatus(): TransactionStatus {
    if (this.#block === undefined || this.#blockIsImplicit) return "idle";
    return this.#failed ? "failed" : "transaction";
  }
  get block(): SessionTransaction | undefined {
    return this.#block;
  }
  get inExplicitBlock(): boolean {
    return this.#block !== undefined && !this.#blockIsImplicit;
  }

  execute(prepared: PreparedStatement, parameters: readonly Datum[], options?: ExecuteOptions): ExecuteResult | Promise<ExecuteResult> {
    assert(prepared instanceof SessionStatement, "a statement is executed by the session that prepared it");
    this.#startClock(prepared.text);
    try {
      const planned = this.#current(prepared);
      const body = planned.bound.body;
      switch (body.kind) {
        case "Empty":
          return { kind: "empty" };
        case "Plan":
          return this.#block?.needsSafeSnapshot === true
            ? this.#afterSafeSnapshot(this.#block, () => this.#executePlan(prepared, planned, body.plan, parameters, options))
            : this.#executePlan(prepared, planned, body.plan, parameters, options);
        case "Command":
          return settle(
            this.#runCommand(planned, body.command, parameters),
            (result) => result,
            (error) => {
              throw this.#broken(error);
            },
          );
      }
    } catch (error) {
      throw this.#broken(error);
    }
  }

  /** A command that runs a query has its locks before it begins. */
  #runCommand(planned: PlannedStatement, command: Command, parameters: readonly Datum[]): ExecuteResult | Promise<ExecuteResult> {
    const table = command.kind === "Copy" && command.direction === "to" ? command.table : undefined;
    if ((queryOf(command) === undefined && table === undefined) || this.#nested !== undefined)
      return runCommand(this, command, parameters, planned);
    let current = planned;
    const locks = (): readonly RelationLock[] => {
      if (current.catalogVersion !== this.catalog().version) current = this.#bindPlan(planned.parsed, []);
      const { body } = current.bound;
      assert(body.kind === "Command", "a command stays one");
      const query = queryOf(body.command);
      if (query !== undefined) return planLocks(query, current.bound.reads ?? [], this.catalog().snapshot);
      const relation = table && this.catalog().relation(table.schema, table.name);
      return relation?.class === "table" ? [{ relation: relation.oid, mode: LockMode.accessShare }] : [];
    };
    return this.#withLocks(locks, (held) => {
      const { body } = current.bound;
      assert(body.kind === "Command", "a command stays one");
      this.#locksInHand = held;
      try {
        return runCommand(this, body.command, parameters, current);
      } finally {
        // What no transaction took is of no use: the command has run.
        if (this.#locksInHand !== undefined && this.#block === undefined) held.releaseAll();
        this.#locksInHand = undefined;
      }
    });
  }
  /**
   * `work` once all locks are held, by the block or by something that `work` hands on to a transaction of its own. `wanted` is asked again after
   * each wait: names may mean something else then.
   */
  #withLocks<T>(wanted: () => readonly RelationLock[], work: (locks: RelationLocks) => T | Promise<T>): T | Promise<T> {
    const locks = this.#block?.relations ?? new RelationLocks(this);
    const missing = locks.tryAll(wanted());
    return missing === undefined ? work(locks) : this.#afterLock(locks, missing, wanted, work);
  }
  async #afterLock<T>(
    locks: RelationLocks,
    first: RelationLock,
    wanted: () => readonly RelationLock[],
    work: (locks: RelationLocks) => T | Promise<T>,
  ): Promise<T> {
    const block = this.#block;
    try {
      // A snapshot for a whole transaction is taken before the wait, as in PostgreSQL.
      if (block?.restartable === false) block.startStatement();
      for (let missing: RelationLock | undefined = first; missing !== undefined; missing = locks.tryAll(wanted()))
        await locks.wait(missing);
    } catch (error) {
      if (block === undefined) locks.releaseAll();
      throw this.#broken(error);
    }
    return work(locks);
  }

  /** READ ONLY DEFERRABLE: the first query begins when its snapshot can show no anomaly. */
  async #afterSafeSnapshot<T>(block: SessionTransaction, work: () => T | Promise<T>): Promise<T> {
    try {
      await block.takeSafeSnapshot((blocker) => this.waits.forTransaction(block.xid, blocker, { type: "IPC", name: "SafeSnapshot" }));
      return await work();
    } catch (error) {
      throw this.#broken(error);
    }
  }
  #current(prepared: SessionStatement, mayChange = false): PlannedStatement {
    const planned = prepared.planned;
    this.#refuseWhenFailed(planned.parsed);
    if (planned.bound.body.kind !== "Plan") return planned;
    this.#refreshSettings();
    if (planned.contextKey === this.#contextKey && planned.catalogVersion === this.catalog().version) return planned;
    const renewed = this.#plan(planned.parsed, prepared.requestedTypes);
    if (!mayChange && !sameColumns(renewed.columns, planned.columns)) throw cachedPlanChanged();
    prepared.planned = renewed;
    return renewed;
  }

  #executePlan(
    prepared: SessionStatement,
    planned: PlannedStatement,
    plan: LogicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): ExecuteResult | Promise<ExecuteResult> {
    const physical = this.physical(planned, plan);
    planned.calls++;
    if (planned.mayWrite) return this.#runToEnd(prepared, planned, physical, parameters, options);
    // A lookup of its own would give its lock back before anybody could ask who has it.
    if (this.#block === undefined && physical.point !== undefined && !this.database.lockSlots.isContended(physical.point.relation)) {
      const portal = this.#pointPortal(planned, physical, parameters, options);
      if (portal !== undefined) return { kind: "portal", portal };
    }
    const locks = this.#block?.relations ?? new RelationLocks(this);
    const missing = locks.tryAll(this.#locksOf(planned, plan));
    if (missing === undefined) return this.#openPlan(planned, physical, parameters, options, locks);
    let now = planned;
    const planNow = (): LogicalPlan => {
      assert(now.bound.body.kind === "Plan", "a statement stays what it is");
      return now.bound.body.plan;
    };
    const wanted = (): readonly RelationLock[] => {
      now = this.#current(prepared, options?.undescribed);
      return this.#locksOf(now, planNow());
    };
    return this.#afterLock(locks, missing, wanted, (held) => {
      const renewed = this.physical(now, planNow());
      if (!now.mayWrite) return this.#openPlan(now, renewed, parameters, options, held);
      if (this.#block === undefined) held.releaseAll();
      return this.#runToEnd(prepared, now, renewed, parameters, options);
    });
  }
  #locksOf(planned: PlannedStatement, plan: LogicalPlan): readonly RelationLock[] {
    planned.locks ??= planLocks(plan, planned.bound.reads ?? [], this.catalog().snapshot);
    return planned.locks;
  }

  #pointPortal(
    planned: PlannedStatement,
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): PointPortal | undefined {
    const isSerializable = this.#block === undefined ? this.#defaultsToSerializable : this.#block.isolation === "serializable";
    if (physical.point === undefined || isSerializable || options?.resultFormats === undefined) return undefined;
    const { native, engine, store } = this.database;
    if (!physical.point.prepare(native, engine, options.resultFormats, this.format)) return undefined;
    this.#block?.startStatement();
    const version = this.#block?.overlay.isEmpty === false ? undefined : store.version;
    return new PointPortal(planned.columns, physical.point, native, engine, this.#block?.xid ?? 0, parameters, version);
  }

  /** A read whose locks are held. */
  #openPlan(
    planned: PlannedStatement,
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
    locks: RelationLocks,
  ): ExecuteResult {
    const isSerializable = this.#block === undefined ? this.#defaultsToSerializable : this.#block.isolation === "serializable";
    if (this.#block !== undefined) {
      const point = this.#pointPortal(planned, physical, parameters, options);
      if (point !== undefined) return { kind: "portal", portal: point };
    }
    const outputs = options?.resultFormats === undefined ? undefined : physical.encodedOutputs(options.resultFormats, this.format);
    const waits = outputs === undefined ? undefined : this.backgroundWaits;
    const encoded = (stream: StreamPortal): Portal =>
      outputs === undefined ? stream : new EncodedPortal(planned.columns, stream, { fields: outputs, copy: null });
    if (this.#block === undefined && !physical.needsTransaction && !isSerializable) {
      // #current looked at the catalog just now.
      const context = new StatementContext(this, undefined, this.#catalog as SessionCatalogReader, parameters, waits);
      const owner = {
        finished: (): number => {
          locks.releaseAll();
          return 0;
        },
        failed: (error: unknown): unknown => {
          locks.releaseAll();
          return this.#broken(error);
        },
      };
      try {
        return { kind: "portal", portal: encoded(new StreamPortal(planned.columns, physical.open(context), owner)) };
      } catch (error) {
        locks.releaseAll();
        throw error;
      }
    }
    this.#locksInHand = locks;
    try {
      return { kind: "portal", portal: encoded(this.openStream(planned.columns, physical, parameters, false, waits)) };
    } finally {
      this.#locksInHand = undefined;
    }
  }

  /** A query's rows in COPY's format, from the addon where it can encode them. */
  openCopy(plan: LogicalPlan, parameters: readonly Datum[], options: CopyOptions, framed: boolean): Portal {
    const physical = this.planLogical(plan, this.catalog());
    const fields = physical.encodedOutputs([options.format === "binary" ? 1 : 0], this.format);
    if (fields === undefined) return this.openStream(plan.columns, physical, parameters);
    const stream = this.openStream(plan.columns, physical, parameters, false, this.backgroundWaits);
    const names = plan.columns.map((c) => c.name);
    return new EncodedPortal(plan.columns, stream, { fields, copy: copyFormat(options, names, framed) });
  }

  physical(planned: PlannedStatement, plan: LogicalPlan): PhysicalPlan {
    // A plan by a whole key is the same for any size.
    if (planned.physical === undefined || (planned.physical.point === undefined && planned.sizes?.outgrown === true)) {
      const sizes = new PlanSizes(this.database.statistics);
      planned.physical = planStatement(plan, { ...this.planContext(this.catalog()), statistics: sizes });
      planned.sizes = sizes;
      planned.mayWrite = planned.physical.writes || mayWrite(plan);
      planned.mayPause = planned.mayWrite && mayPause(plan);
    }
    return planned.physical;
  }

  /** A read that streams, in the block or in a transaction of its own that ends with it. */
  openStream(
    columns: readonly ResultColumn[],
    physical: PhysicalPlan,
    parameters: readonly Datum[],
    /** A cursor reads ahead: an error counts when its row is asked for. */
    isCursor = false,
    waits?: BackgroundWaits,
  ): StreamPortal {
    const block = this.#block;
    const transaction = block ?? this.#newTransaction();
    if (block !== undefined) this.cursors.settle(block, false);
    transaction.startStatement();
    let portal: StreamPortal;
    const owner = {
      finished: (): number => {
        transaction.untrack(portal);
        transaction.checkSerializable();
        return block === undefined ? transaction.commit() : 0;
      },
      failed: (error: unknown): unknown => {
        transaction.untrack(portal);
        if (block === undefined) transaction.rollback();
        return isCursor ? error : this.#broken(error);
      },
    };
    try {
      const execution = physical.open(new StatementContext(this, transaction, this.catalogIn(transaction), parameters, waits));
      portal = new StreamPortal(columns, execution, owner);
    } catch (error) {
      if (block === undefined) transaction.rollback();
      throw error;
    }
    if (block !== undefined) transaction.track(portal);
    return portal;
  }

  #runToEnd(
    prepared: SessionStatement,
    first: PlannedStatement,
    firstPhysical: PhysicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): ExecuteResult | Promise<ExecuteResult> {
    const mayChange = options?.undescribed;
    let planned = first;
    let physical = firstPhysical;
    const run = (transaction: SessionTransaction): StatementOutcome => {
      assert(planned.bound.body.kind === "Plan", "a statement stays what it is");
      transaction.relations.require(this.#locksOf(planned, planned.bound.body.plan));
      if (this.catalogIn(transaction).version !== planned.catalogVersion) {
        // It has waited for a definition: it means what it means now, and sees what came with it.
        planned = this.#current(prepared, mayChange);
        assert(planned.bound.body.kind === "Plan", "a statement stays what it is");
        physical = this.physical(planned, planned.bound.body.plan);
        if (transaction.restartable) throw new RestartSignal();
        transaction.relations.require(this.#locksOf(planned, planned.bound.body.plan));
      }
      if (transaction.readOnly && physical.writes) throw readOnlyTransaction(planned.bound.tag);
      const context = new StatementContext(this, transaction, this.catalogIn(transaction), parameters);
      const execution = physical.open(context);
      try {
        const rows: Row[] = [];
        for (let batch = execution.next(0); batch.length > 0; batch = execution.next(0)) for (const row of batch) rows.push(row);
        const tag = commandTag(planned.bound.tag, execution.affectedRows, rows.length);
        return { tag, rows, columns: planned.columns, native: this.#nativeWrite(physical.pointWrite, transaction, options) };
      } finally {
        execution.close();
      }
    };
    return this.runInTransaction(run, { again: "inPlace", mayPause: planned.mayPause });
  }

  #nativeWrite(
    write: PointWrite | undefined,
    transaction: SessionTransaction,
    options: ExecuteOptions | undefined,
  ): (() => NativeWrite | undefined) | undefined {
    const formats = options?.resultFormats;
    if (write === undefined || formats === undefined || !transaction.overlay.isEmpty) return undefined;
    const catalogVersion = this.database.store.version;
    return () => {
      const keys = write.source.keys.flatMap((key) => ("parameter" in key ? [key.parameter] : []));
      const outputs = keys.length === write.source.keys.length ? write.outputs(formats, this.format) : undefined;
      return outputs && { kind: "write", source: write.source, keys, outputs, catalogVersion, relation: write.source.relation };
    };
  }

  /**
   * Runs `work` as one statement: in the block, or in a transaction of its own that commits when it is done. Waits and runs again until it
   * succeeds or fails (ADR 1). A query keeps its snapshot and its row locks over a wait; a command (`again: "anew"`) starts afresh.
   */
  runInTransaction(
    work: (transaction: SessionTransaction) => StatementOutcome | Promise<StatementOutcome>,
    { again, mayPause }: { readonly again: "inPlace" | "anew"; readonly mayPause: boolean } = { again: "anew", mayPause: true },
  ): ExecuteResult | Promise<ExecuteResult> {
    if (this.#nested !== undefined) {
      const outcome = work(this.#nested);
      if (outcome instanceof Promise) throw notSupported("this command in a function");
      return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, 0) };
    }
    const block = this.#block;
    const transaction = block ?? this.#newTransaction();
    if (block !== undefined) this.cursors.settle(block, false);
    const journal = new StatementJournal(mayPause);
    let mark = undefined as ReturnType<SessionTransaction["mark"]> | undefined;
    let keepSnapshot = false;

    const done = (outcome: StatementOutcome): ExecuteResult => {
      this.journal = undefined;
      transaction.checkSerializable();
      if (mark !== undefined) transaction.release(mark);
      if (outcome.result !== undefined)
        return outcome.result(
          (tag) => (void tag, block === undefined ? this.#commit(transaction) : 0),
          () => {
            if (block === undefined) this.#rollback(transaction);
            else this.fail();
          },
        );
      const lsn = block === undefined ? this.#commit(transaction) : 0;
      return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, lsn, false, outcome.native) };
    };
    const undo = (inPlace: boolean): void => {
      if (inPlace || mark === undefined) transaction.restartFrom(mark);
      else transaction.rollbackTo(mark);
      if (mark !== undefined) transaction.release(mark);
      mark = undefined;
      keepSnapshot = inPlace;
      journal.rewind();
    };
    /** What to do about an error: go on at once (undefined), go on later (a promise), or fail (throws). */
    const recover = (error: unknown): Promise<unknown> | undefined => {
      this.journal = undefined;
      if (error instanceof RestartSignal && transaction.restartable) {
        undo(false);
        return undefined;
      }
      if (error instanceof WaitSignal) {
        undo(again === "inPlace");
        return this.waits.forTransaction(transaction.xid, error.xid);
      }
      if (error instanceof LockSignal) {
        undo(true);
        // What it waits for may bring definitions and rows that it shall see.
        keepSnapshot = false;
        return transaction.relations.wait(error.lock);
      }
      if (error instanceof PauseSignal) {
        undo(true);
        return error.pause().then((answer) => journal.complete(answer));
      }
      if (block === undefined) this.#rollback(transaction);
      throw error instanceof RestartSignal ? serializationFailure() : error;
    };
    const attempt = (): ExecuteResult | Promise<ExecuteResult> => {
      for (;;) {
        try {
          transaction.startStatement(keepSnapshot);
          if (block !== undefined || again === "anew") mark = transaction.mark();
          this.journal = journal;
          const outcome = work(transaction);
          if (block === undefined && transaction.deferred.length > 0) {
            // The commit follows at once: what it checks may have to wait, as the statement may.
            this.#runDeferred(transaction);
            transaction.deferred.length = 0;
          }
          if (outcome instanceof Promise)
            return outcome.then(done, async (error) => {
              await recover(error);
              return attempt();
            });
          return done(outcome);
        } catch (error) {
          const waiting = recover(error);
          if (waiting !== undefined)
            return waiting.then(attempt, (reason) => {
              if (block === undefined) this.#rollback(transaction);
              throw reason;
            });
        }
      }
    };
    const result = attempt();
    return result instanceof Promise
      ? result.catch((error) => {
          throw this.#broken(error);
        })
      : result;
  }
  /** For pipelines that run on the addon's threads. */
  readonly backgroundWaits: BackgroundWaits = {
    newToken: () => this.database.waits.newToken(),
    next: (token) => this.waits.forEvent(token),
  };
  /** For a call that pauses its statement; refused where nothing could run it again (cursors, streams). */
  pausable(what: string): StatementJournal {
    if (this.journal?.records !== true) throw notSupported(`${what} here`);
    return this.journal;
  }

  // ---- transactions ---------------------------------------------------------------------------------------------------

  #newTransaction(): SessionTransaction {
    const readOnly = this.settings.raw("default_transaction_read_only") === "on";
    const locks = this.#locksInHand;
    this.#locksInHand = undefined;
    return new SessionTransaction(this, this.#defaultIsolation(), readOnly, this.statementStartMicros, this.database.outcomes, locks);
  }
  #defaultIsolation(): IsolationLevel {
    return isolationLevel(this.settings.raw("default_transaction_isolation") ?? "read committed");
  }

  begin(mode: { isolation?: string | undefined; readOnly?: boolean | undefined; deferrable?: boolean | undefined }): void {
    if (this.#block !== undefined && !this.#blockIsImplicit) {
      this.notice("WARNING", "25001", "there is already a transaction in progress");
      return;
    }
    if (mode.isolation !== undefined) isolationLevel(mode.isolation);
    if (this.#block === undefined) {
      this.settings.begin();
      this.#block = this.#newTransaction();
    }
    this.#blockIsImplicit = false;
    this.setTransactionMode(mode);
  }
  facts(): SessionFacts | undefined {
    this.#refreshSettings();
    const level = this.#defaultIsolation();
    if (level === "serializable") return undefined;
    const isolation = level === "repeatable read" ? level : "read committed";
    const mayWrite = this.settings.raw("default_transaction_read_only") !== "on";
    return {
      generation: this.settings.generation,
      process: this.id,
      isolation,
      isSynchronous: this.settings.raw("synchronous_commit") !== "off",
      mayWrite,
      mayBegin:
        mayWrite && !this.#hasIdleLimits && this.channels.size === 0 && this.settings.raw("default_transaction_deferrable") !== "on",
    };
  }
  enterBlock({ xid, startMicros, locks }: BegunBlock): void {
    assert(this.#block === undefined, "a session without a block enters one");
    this.settings.begin();
    const held = new RelationLocks(this);
    for (let i = 0; i < locks.length; i += 2) held.adopt({ relation: locks[i] as Oid, mode: locks[i + 1] as LockMode });
    this.#block = new SessionTransaction(this, this.#defaultIsolation(), false, startMicros, this.database.outcomes, held);
    this.#block.xid = xid;
    this.#blockIsImplicit = false;
  }
  beginImplicit(): void {
    if (this.#block !== undefined) return;
    this.settings.begin();
    this.statementStartMicros = clockMicros();
    this.#block = this.#newTransaction();
    this.#blockIsImplicit = true;
  }
  endImplicit(failed: boolean): number | Promise<number> {
    if (this.#block === undefined || !this.#blockIsImplicit) return 0;
    if (failed || this.#failed) {
      this.rollbackBlock();
      return 0;
    }
    const settled = this.settleDeferred();
    return settled instanceof Promise ? settled.then(() => this.commitBlock().flushLsn) : this.commitBlock().flushLsn;
  }
  /** COMMIT of a failed block is a ROLLBACK, and says so. */
  commitBlock(): { readonly committed: boolean; readonly flushLsn: number } {
    const block = this.#block;
    if (block === undefined) {
      this.notice("WARNING", "25P01", "there is no transaction in progress");
      return { committed: true, flushLsn: 0 };
    }
    if (this.#failed) {
      this.rollbackBlock();
      return { committed: false, flushLsn: 0 };
    }
    this.#block = undefined;
    this.#blockIsImplicit = false;
    return { committed: true, flushLsn: this.#commit(block) };
  }
  /** Runs the checks that were put off to the commit, and waits for whoever holds a row that they look at; a failure ends the transaction. */
  settleDeferred(): void | Promise<void> {
    const block = this.#block;
    if (block === undefined || this.#failed || block.deferred.length === 0) return;
    const failed = (error: unknown): never => {
      this.rollbackBlock();
      throw error instanceof RestartSignal ? serializationFailure() : error;
    };
    for (;;) {
      try {
        block.startStatement();
        this.#runDeferred(block);
        block.deferred.length = 0;
        return;
      } catch (error) {
        if (error instanceof RestartSignal && block.restartable) continue;
        if (!(error instanceof WaitSignal)) failed(error);
        return this.waits.forTransaction(block.xid, (error as WaitSignal).xid).then(() => this.settleDeferred(), failed);
      }
    }
  }
  #runDeferred(transaction: SessionTransaction, constraints?: ReadonlySet<Oid>): void {
    for (const { constraint, check } of [...transaction.deferred])
      if (constraints?.has(constraint) !== false) check(new StatementContext(this, transaction, this.catalogIn(transaction), []));
  }
  /** The end of the session's part in a transaction that was prepared: `prepare` returns its LSN, or throws and the transaction is rolled back. */
  leavePrepared(prepare: (block: SessionTransaction) => number): number {
    const block = this.#block;
    assert(block !== undefined && !this.#blockIsImplicit, "a block is prepared");
    this.#block = undefined;
    try {
      if (!block.hasBegun) block.startStatement();
      const lsn = prepare(block);
      this.cursors.transactionEnded(block);
      this.settings.commit();
      return lsn;
    } catch (error) {
      this.#rollback(block);
      throw error;
    }
  }
  get hasFailed(): boolean {
    return this.#failed;
  }
  rollbackBlock(): void {
    const block = this.#block;
    this.#block = undefined;
    this.#blockIsImplicit = false;
    this.#failed = false;
    if (block !== undefined) this.#rollback(block);
  }
  savepoint(name: string): void {
    if (this.#block === undefined) return;
    this.cursors.settle(this.#block, true);
    this.cursors.savepoint(name);
    this.#block.savepoint(name);
  }
  rollbackToSavepoint(name: string): void {
    const block = this.#block;
    if (block === undefined || this.#blockIsImplicit) throw needsTransactionBlock("ROLLBACK TO SAVEPOINT");
    block.rollbackToSavepoint(name);
    this.cursors.rollbackTo(name);
    this.#failed = false;
  }

  fail(): void {
    const block = this.#block;
    if (block === undefined || this.#failed) return;
    this.#failed = true;
    block.closeOpen();
    // Without a savepoint to go back to nothing of the transaction can matter any more: let its locks go now.
    if (!block.hasSavepoints) block.rollback();
  }
  #broken(error: unknown): unknown {
    this.fail();
    if (error instanceof RestartSignal) return serializationFailure();
    if (error instanceof LockSignal) {
      const relation = this.catalog().snapshot.relationByOid(error.lock.relation);
      return relationLockNotAvailable(relation?.name ?? String(error.lock.relation));
    }
    return error;
  }
  #refuseWhenFailed(statement: ParsedStatement): void {
    if (!this.#failed) return;
    const action = statement.transactionAction;
    if (action !== "commit" && action !== "rollback" && action !== "rollbackTo" && action !== "prepare" && statement.tree !== null)
      throw transactionFailed();
  }

  #commit(transaction: SessionTransaction): number {
    try {
      for (const cursor of this.cursors.values()) cursor.beforeCommit(transaction);
      if (this.temporaryAtCommit.size > 0) endTemporaryTables(this, transaction);
      this.#runDeferred(transaction);
      const lsn = transaction.commit();
      this.cursors.transactionEnded(transaction);
      this.settings.commit();
      this.database.notifications.publish(this.id, transaction.notifications);
      return this.settings.raw("synchronous_commit") === "off" ? 0 : lsn;
    } catch (error) {
      this.#rollback(transaction);
      throw error;
    }
  }
  /** SET CONSTRAINTS IMMEDIATE: judges what waits for the commit, of some constraints or of all, as a statement. */
  judgeDeferred(constraints?: ReadonlySet<Oid>): ExecuteResult | Promise<ExecuteResult> {
    return this.runInTransaction((transaction) => {
      this.#runDeferred(transaction, constraints);
      const left = transaction.deferred.filter((d) => constraints?.has(d.constraint) === false);
      transaction.deferred.splice(0, transaction.deferred.length, ...left);
      return { tag: "" };
    });
  }
  #rollback(transaction: SessionTransaction): void {
    transaction.rollback();
    this.settings.rollback();
    this.cursors.transactionEnded(transaction);
  }

  // ---- the rest -------------------------------------------------------------------------------------------------------

  service(name: string, context: StatementContext): unknown {
    return sessionServices(this, context, name);
  }

  /** Ends what runs when somebody asked for it or its time is over. */
  checkCancel(): void {
    const asked = this.database.interrupts.take(this.#place);
    if (asked === Interrupt.terminate) this.listener.terminate?.(terminatedByAdministrator());
    if (asked !== Interrupt.none || this.cancelRequested) {
      this.cancelRequested = false;
      throw queryCanceled();
    }
    if (this.deadlineMs !== Infinity && performance.now() > this.deadlineMs) throw statementTimedOut();
    if (this.transactionDeadlineMs !== Infinity && performance.now() > this.transactionDeadlineMs) throw transactionTimedOut();
  }
  /** The client's key to cancel what runs. */
  setCancelKey(key: CancelKey): void {
    this.database.interrupts.setKey(this.#place, key);
  }
  /** Does what was asked for while nothing looked: a wait ends. */
  noticeInterrupt(): void {
    const asked = this.database.interrupts.take(this.#place);
    if (asked === Interrupt.terminate) this.terminate(terminatedByAdministrator());
    else if (asked === Interrupt.cancel) this.cancel();
  }
  cancel(): void {
    // A request that finds nothing running is forgotten when the next statement starts.
    if (this.waits.abandon(queryCanceled())) return;
    this.cancelRequested = true;
    this.database.interrupts.stop(this.#place);
  }
  /** Long native work that ends when the statement shall; what it works in another thread included, which the promise waits for. */
  interruptible(work: () => number): number;
  interruptible(work: () => Promise<number>): Promise<number>;
  interruptible(work: () => number | Promise<number>): number | Promise<number> {
    const { native, places } = this.database;
    const left = Math.min(this.deadlineMs, this.transactionDeadlineMs) - performance.now();
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
  /** Ends the connection: a wait ends with the error, what runs is stopped, the door hangs up. */
  terminate(error: DbError): void {
    if (this.waits.abandon(error)) return;
    this.cancelRequested = true;
    this.listener.terminate?.(error);
  }
  idleLimit(): { readonly millis: number; readonly error: DbError } | undefined {
    this.#refreshSettings();
    if (!this.#hasIdleLimits) return undefined;
    const raw = (name: string) => Number(this.settings.raw(name));
    const limits: { millis: number; error: DbError }[] = [];
    const add = (millis: number, error: () => DbError): void => {
      if (millis > 0) limits.push({ millis, error: error() });
    };
    if (this.transactionStatus === "idle") add(raw("idle_session_timeout"), idleSessionTimedOut);
    else {
      add(raw("idle_in_transaction_session_timeout"), idleInTransactionTimedOut);
      const whole = raw("transaction_timeout");
      const began = this.#block?.startMicros ?? clockMicros();
      if (whole > 0) add(Math.max(1, whole - (clockMicros() - began) / 1000), transactionTimedOut);
    }
    return limits.sort((a, b) => a.millis - b.millis)[0];
  }
  close(): void {
    this.rollbackBlock();
    for (const cursor of this.cursors.values()) cursor.close();
    this.cursors.clear();
    this.advisory.releaseAll();
    if (this.usesTemporarySchema) dropTemporaryObjects(this);
    this.database.sessionClosed(this);
    this.database.places.free(this.#place);
  }

  #startClock(text: string): void {
    this.statementStartMicros = clockMicros();
    this.currentQuery = text;
    const timeout = Number(this.settings.raw("statement_timeout"));
    this.deadlineMs = timeout > 0 ? performance.now() + timeout : Infinity;
    const whole = Number(this.settings.raw("transaction_timeout"));
    this.transactionDeadlineMs =
      whole > 0
        ? performance.now() + whole - (this.statementStartMicros - (this.#block?.startMicros ?? this.statementStartMicros)) / 1000
        : Infinity;
    this.cancelRequested = false;
    this.database.interrupts.forget(this.#place);
    this.progress.end();
  }
  #path(): readonly string[] {
    this.#refreshSettings();
    return this.#pathNames;
  }
  #pathNames: readonly string[] = [];
  #hasIdleLimits = false;
  #defaultsToSerializable = false;
  #refreshSettings(): void {
    if (this.#generation === this.settings.generation) return;
    this.#generation = this.settings.generation;
    const raw = (key: string) => this.settings.raw(key) as string;
    const session = this;
    this.#format = {
      timeZone: raw("timezone"),
      dateStyle: raw("datestyle"),
      intervalStyle: raw("intervalstyle"),
      extraFloatDigits: Number(raw("extra_float_digits")),
      byteaOutput: raw("bytea_output") as "hex" | "escape",
      get transactionTimeMicros(): number {
        return session.#block?.startMicros ?? session.statementStartMicros;
      },
      // Input of regclass and its kin asks the catalog, also while a literal is bound.
      service: (name: string) => sessionServices(session, undefined, name),
    } as FormatContext;
    this.#defaultsToSerializable = raw("default_transaction_isolation") === "serializable";
    this.#hasIdleLimits = ["idle_session_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"].some(
      (n) => Number(raw(n)) > 0,
    );
    this.#sessionUser = raw("session_authorization");
    const role = raw("role");
    this.#user = this.#actingAs ?? (role === "none" ? this.#sessionUser : role);
    this.#pathNames = parseSearchPath(raw("search_path")).map((name) => (name === "$user" ? this.#user : name));
    const floor = Number(this.settings.raw("orrery.memory_floor") ?? MEMORY_FLOOR_KILOBYTES);
    this.memoryLimitBytes = Math.max(Number(raw("work_mem")), floor > 0 ? floor : MEMORY_FLOOR_KILOBYTES) * 1024;
    const planner = [...settingsByName.values()]
      .filter((d) => d.name.startsWith("enable_"))
      .map((d) => (raw(d.name) === "on" ? "1" : "0"))
      .join("");
    this.#contextKey = JSON.stringify([
      this.#pathNames,
      raw("timezone"),
      raw("datestyle"),
      raw("intervalstyle"),
      raw("extra_float_digits"),
      raw("bytea_output"),
      this.#user,
      raw("row_security"),
      planner,
      this.usesTemporarySchema ? this.id : 0,
    ]);
  }
  #isOn(value: string): boolean {
    return ["on", "true", "yes", "1"].includes(value.toLowerCase());
  }
}

/**
 * Not every operator spills: below this a statement of everyday size would fail where PostgreSQL uses its disk. `orrery.memory_floor` (kB)
 * sets another.
 */
const MEMORY_FLOOR_KILOBYTES = 256 * 1024;

function sameColumns(a: readonly ResultColumn[], b: readonly ResultColumn[]): boolean {
  return a.length === b.length && a.every((c, i) => c.type === b[i]?.type && c.name === b[i]?.name);
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

export function commandTag(tag: string, affectedRows: number, rowCount: number): string {
  switch (tag) {
    case "INSERT":
      return `INSERT 0 ${affectedRows}`;
    case "UPDATE":
    case "DELETE":
    case "MERGE":
      return `${tag} ${affectedRows}`;
    default:
      return `${tag === "" ? "SELECT" : tag} ${rowCount}`;
  }
}

/** The query that a command runs or explains. */
function queryOf(command: Command): LogicalPlan | undefined {
  switch (command.kind) {
    case "DeclareCursor":
      return command.query;
    case "CreateTableAs":
      return command.execute === undefined ? command.query : undefined;
    case "Copy":
      return command.direction === "to" ? command.query : undefined;
    case "Explain": {
      const { body } = command.statement;
      return body.kind === "Plan" ? body.plan : body.kind === "Command" ? queryOf(body.command) : undefined;
    }
    default:
      return undefined;
  }
}

function settle<T, R>(value: T | Promise<T>, then: (value: T) => R, fail: (error: unknown) => never): R | Promise<R> {
  return value instanceof Promise ? value.then(then, fail) : then(value);
}

export type { Portal };
