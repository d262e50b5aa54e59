/**
 * A session: one client's settings, transaction, prepared statements and cursors, over the database of this thread.
 *
 * A statement runs in the open transaction block or in a transaction of its own. What must wait (a row another
 * transaction holds) leaves as a signal: the statement is undone to where it began, the session waits without blocking the
 * thread, and the statement runs again. Statements that change nothing run inline and stream.
 */
import { type CatalogSnapshot, type SchemaObject, SessionCatalogReader } from "../catalog/index.js";
import { type PhysicalPlan, type PlanContext, RestartSignal, WaitSignal } from "../execution/index.js";
import { ScopedRegistry } from "../functions/index.js";
import { planStatement } from "../optimizer/index.js";
import type { LogicalPlan } from "../plan/index.js";
import {
  assert,
  cachedPlanChanged,
  type Datum,
  DbError,
  FIRST_USER_OID,
  type FormatContext,
  lockTimedOut,
  needsTransactionBlock,
  notSupported,
  type Oid,
  queryCanceled,
  type Row,
  readOnlyTransaction,
  type SqlType,
  serializationFailure,
  statementTimedOut,
  TypeOid,
  transactionFailed,
} from "../types/index.js";
import { Access } from "./access.js";
import { clockMicros } from "./clock.js";
import { DefinitionContext } from "./commands/context.js";
import { commandColumns, runCommand } from "./commands/index.js";
import { checkRoleChange } from "./commands/role.js";
import { SessionCursors } from "./cursors.js";
import type { EngineDatabase } from "./database.js";
import { arePlain, isPlainPlan, type LiftedText, liftLiterals, literalTypes, samePlan } from "./literals.js";
import { mayWrite } from "./may-write.js";
import { checkStatementAccess } from "./plan-access.js";
import type { PlannedStatement } from "./plan-cache.js";
import { EncodedPortal, PointPortal, RowsPortal, StreamPortal } from "./portals.js";
import { Randomness } from "./randomness.js";
import { SequenceState, sessionServices } from "./services/index.js";
import { settingsByName } from "./settings/definitions.js";
import { parseSearchPath, SessionSettings } from "./settings/session-settings.js";
import { StatementContext } from "./statement-context.js";
import { BoundStoredExpressions } from "./stored-expressions.js";
import { dropTemporaryObjects, endTemporaryTables, temporarySchemaName } from "./temporary.js";
import { type IsolationLevel, SessionTransaction } from "./transaction.js";
import type {
  ExecuteOptions,
  ExecuteResult,
  LiftedStatement,
  ParsedStatement,
  Portal,
  PreparedStatement,
  ResultColumn,
  Session,
  SessionListener,
  TransactionStatus,
} from "./types.js";

/** What Parse made: bound again when the catalog or the session's settings moved on. */
export class SessionStatement implements PreparedStatement {
  constructor(
    readonly text: string,
    readonly requestedTypes: readonly Oid[],
    public planned: PlannedStatement,
    /** The PREPARE statement that made it, for pg_prepared_statements. */
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
  #abandonWait: ((error: Error) => void) | undefined;
  #catalog: SessionCatalogReader | undefined;
  #catalogPath: readonly string[] = [];
  #stored: BoundStoredExpressions | undefined;
  #registry: ScopedRegistry | undefined;
  #access: { readonly snapshot: CatalogSnapshot; readonly rules: Access } | undefined;
  /** The transaction of the statement whose routine runs a command. */
  #nested: SessionTransaction | undefined;
  #user = "";
  #sessionUser = "";
  /** What random() draws from. */
  readonly randomness = new Randomness();
  /** SECURITY DEFINER: whose rights a running routine has. */
  #actingAs: string | undefined;
  #generation = -1;
  #contextKey = "";
  #format: FormatContext | undefined;

  constructor(database: EngineDatabase, id: number, user: string, databaseName: string, settings: Readonly<Record<string, string>>) {
    this.database = database;
    this.id = id;
    this.authenticatedUser = user;
    this.databaseName = databaseName;
    this.settings = new SessionSettings((name, value) => {
      if (settingsByName.get(name.toLowerCase())?.reported === true) this.listener.parameterStatus(name, value);
    });
    this.settings.fix("session_authorization", user);
    this.settings.fix("is_superuser", database.store.current().role(user)?.superuser === false ? "off" : "on");
    for (const [name, value] of Object.entries(settings)) this.settings.initialize(name, value);
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
  setTransactionMode(mode: { isolation?: string | undefined; readOnly?: boolean | undefined }): void {
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
    return this.prepareParsed(statement ?? { text, offset: 0, tree: null, transactionAction: undefined }, parameterTypes);
  }
  prepareParsed(statement: ParsedStatement, parameterTypes: readonly Oid[]): SessionStatement {
    this.#refuseWhenFailed(statement);
    return new SessionStatement(statement.text, parameterTypes, this.#plan(statement, parameterTypes));
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
    return parameters === undefined ? undefined : { prepared: new SessionStatement(text, types, plan), parameters };
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

  #plan(statement: ParsedStatement, parameterTypes: readonly Oid[]): PlannedStatement {
    const cache = this.database.planCache;
    const key = this.#statementKey(statement.text, parameterTypes);
    const known = cache.get(key);
    if (known !== undefined && known.catalogVersion === this.catalog().version) return known;
    const planned = this.#bindPlan(statement, parameterTypes);
    if (planned.bound.cacheable && planned.bound.body.kind === "Plan") cache.set(key, planned);
    return planned;
  }
  #bindPlan(statement: ParsedStatement, parameterTypes: readonly Oid[]): PlannedStatement {
    const catalog = this.catalog();
    const bound =
      statement.tree === null
        ? { body: { kind: "Empty" as const }, parameterTypes: [], tag: "", columns: [], cacheable: false }
        : this.database.frontEnd.bind(statement, {
            catalog,
            registry: this.registry(catalog),
            parameterTypes,
            format: this.format,
            currentUser: this.user,
            currentDatabase: this.databaseName,
            notice: (message, detail) => this.notice("NOTICE", "00000", message, detail === undefined ? {} : { detail }),
            preparedTypes: (name) => this.preparedByName.get(name)?.parameterTypes,
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
      mayWrite: false,
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
  #statementKey(text: string, parameterTypes: readonly Oid[]): string {
    this.#refreshSettings();
    return `${text}\0${parameterTypes.join()}\0${this.#contextKey}`;
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
          return this.#executePlan(planned, body.plan, parameters, options);
        case "Command":
          return settle(
            runCommand(this, body.command, parameters, planned),
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

  #current(prepared: SessionStatement): PlannedStatement {
    const planned = prepared.planned;
    this.#refuseWhenFailed(planned.parsed);
    if (planned.bound.body.kind !== "Plan") return planned;
    this.#refreshSettings();
    if (planned.contextKey === this.#contextKey && planned.catalogVersion === this.catalog().version) return planned;
    const renewed = this.#plan(planned.parsed, prepared.requestedTypes);
    if (!sameColumns(renewed.columns, planned.columns)) throw cachedPlanChanged();
    prepared.planned = renewed;
    return renewed;
  }

  #executePlan(
    planned: PlannedStatement,
    plan: LogicalPlan,
    parameters: readonly Datum[],
    options: ExecuteOptions | undefined,
  ): ExecuteResult | Promise<ExecuteResult> {
    const physical = this.physical(planned, plan);
    if (planned.mayWrite) return this.#runToEnd(planned, physical, parameters);
    if (physical.point !== undefined && options?.resultFormats !== undefined) {
      const { native, engine } = this.database;
      if (physical.point.prepare(native, engine, options.resultFormats, this.format)) {
        this.#block?.startStatement();
        return {
          kind: "portal",
          portal: new PointPortal(planned.columns, physical.point, native, engine, this.#block?.xid ?? 0, parameters),
        };
      }
    }
    const outputs = options?.resultFormats === undefined ? undefined : physical.encodedOutputs(options.resultFormats, this.format);
    const encoded = (stream: StreamPortal): Portal =>
      outputs === undefined ? stream : new EncodedPortal(planned.columns, stream, outputs);
    if (this.#block === undefined && !physical.needsTransaction) {
      // #current looked at the catalog just now.
      const context = new StatementContext(this, undefined, this.#catalog as SessionCatalogReader, parameters);
      const execution = physical.open(context);
      return {
        kind: "portal",
        portal: encoded(new StreamPortal(planned.columns, execution, { finished: () => 0, failed: (error) => this.#broken(error) })),
      };
    }
    return { kind: "portal", portal: encoded(this.openStream(planned.columns, physical, parameters)) };
  }

  physical(planned: PlannedStatement, plan: LogicalPlan): PhysicalPlan {
    if (planned.physical === undefined) {
      planned.physical = this.planLogical(plan, this.catalog());
      planned.mayWrite = planned.physical.writes || mayWrite(plan);
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
  ): StreamPortal {
    const block = this.#block;
    const transaction = block ?? this.#newTransaction();
    if (block !== undefined) this.cursors.settle(block, false);
    transaction.startStatement();
    let portal: StreamPortal;
    const owner = {
      finished: (): number => {
        transaction.untrack(portal);
        return block === undefined ? transaction.commit() : 0;
      },
      failed: (error: unknown): unknown => {
        transaction.untrack(portal);
        if (block === undefined) transaction.rollback();
        return isCursor ? error : this.#broken(error);
      },
    };
    try {
      const execution = physical.open(new StatementContext(this, transaction, this.catalogIn(transaction), parameters));
      portal = new StreamPortal(columns, execution, owner);
    } catch (error) {
      if (block === undefined) transaction.rollback();
      throw error;
    }
    if (block !== undefined) transaction.track(portal);
    return portal;
  }

  #runToEnd(planned: PlannedStatement, physical: PhysicalPlan, parameters: readonly Datum[]): ExecuteResult | Promise<ExecuteResult> {
    return this.runInTransaction((transaction) => {
      if (transaction.readOnly && physical.writes) throw readOnlyTransaction(planned.bound.tag);
      const context = new StatementContext(this, transaction, this.catalogIn(transaction), parameters);
      const execution = physical.open(context);
      try {
        const rows: Row[] = [];
        for (let batch = execution.next(0); batch.length > 0; batch = execution.next(0)) for (const row of batch) rows.push(row);
        return { tag: commandTag(planned.bound.tag, execution.affectedRows, rows.length), rows, columns: planned.columns };
      } finally {
        execution.close();
      }
    });
  }

  /**
   * Runs `work` as one statement: in the block, under an implicit savepoint, or in a transaction of its own that commits when
   * it is done. Waits and restarts until it succeeds or fails.
   */
  runInTransaction(
    work: (transaction: SessionTransaction) => StatementOutcome | Promise<StatementOutcome>,
  ): ExecuteResult | Promise<ExecuteResult> {
    if (this.#nested !== undefined) {
      const outcome = work(this.#nested);
      if (outcome instanceof Promise) throw notSupported("this command in a function");
      return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, 0) };
    }
    const block = this.#block;
    let transaction = block ?? this.#newTransaction();
    if (block !== undefined) this.cursors.settle(block, false);
    let mark = undefined as ReturnType<SessionTransaction["mark"]> | undefined;

    const done = (outcome: StatementOutcome): ExecuteResult => {
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
      return { kind: "portal", portal: new RowsPortal(outcome.columns ?? [], outcome.rows ?? [], outcome.tag, lsn) };
    };
    const undo = (): void => {
      if (mark !== undefined) {
        transaction.rollbackTo(mark);
        transaction.release(mark);
        mark = undefined;
      } else {
        transaction.rollback();
        transaction = this.#newTransaction();
      }
    };
    /** What to do about an error: go on at once (undefined), go on later (a promise), or fail (throws). */
    const recover = (error: unknown): Promise<void> | undefined => {
      if (error instanceof RestartSignal && transaction.restartable) {
        undo();
        return undefined;
      }
      if (error instanceof WaitSignal) {
        undo();
        if (transaction.xid === 0) transaction.startStatement();
        return this.waitFor(transaction, error.xid);
      }
      if (block === undefined) this.#rollback(transaction);
      throw error instanceof RestartSignal ? serializationFailure() : error;
    };
    const attempt = (): ExecuteResult | Promise<ExecuteResult> => {
      for (;;) {
        try {
          transaction.startStatement();
          if (block !== undefined) mark = transaction.mark();
          const outcome = work(transaction);
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

  async waitFor(transaction: SessionTransaction, blocker: number): Promise<void> {
    const handle = this.database.waits.wait(transaction.xid, blocker, this.id);
    if (handle === undefined) {
      // The blocker has ended already: give others a turn, so that two statements cannot restart each other for ever.
      return new Promise((resolve) => setImmediate(resolve));
    }
    this.#abandonWait = handle.abandon;
    const timers: NodeJS.Timeout[] = [];
    const lockTimeout = Number(this.settings.raw("lock_timeout"));
    if (lockTimeout > 0) timers.push(setTimeout(() => handle.abandon(lockTimedOut()), lockTimeout));
    if (this.deadlineMs !== Infinity)
      timers.push(setTimeout(() => handle.abandon(statementTimedOut()), Math.max(0, this.deadlineMs - performance.now())));
    try {
      await handle.over;
    } finally {
      this.#abandonWait = undefined;
      for (const timer of timers) clearTimeout(timer);
    }
  }

  // ---- transactions ---------------------------------------------------------------------------------------------------

  #newTransaction(): SessionTransaction {
    const readOnly = this.settings.raw("default_transaction_read_only") === "on";
    return new SessionTransaction(
      this.database.native,
      this.database.engine,
      this.settings,
      this.#defaultIsolation(),
      readOnly,
      this.statementStartMicros,
    );
  }
  #defaultIsolation(): IsolationLevel {
    return isolationLevel(this.settings.raw("default_transaction_isolation") ?? "read committed");
  }

  begin(mode: { isolation?: string | undefined; readOnly?: boolean | undefined }): void {
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
    return this.commitBlock().flushLsn;
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
    return error;
  }
  #refuseWhenFailed(statement: ParsedStatement): void {
    if (!this.#failed) return;
    const action = statement.transactionAction;
    if (action !== "commit" && action !== "rollback" && action !== "rollbackTo" && statement.tree !== null) throw transactionFailed();
  }

  #commit(transaction: SessionTransaction): number {
    try {
      for (const cursor of this.cursors.values()) cursor.beforeCommit(transaction);
      if (this.temporaryAtCommit.size > 0) endTemporaryTables(this, transaction);
      for (const check of transaction.deferred) check(new StatementContext(this, transaction, this.catalogIn(transaction), []));
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
  #rollback(transaction: SessionTransaction): void {
    transaction.rollback();
    this.settings.rollback();
    this.cursors.transactionEnded(transaction);
  }

  // ---- the rest -------------------------------------------------------------------------------------------------------

  service(name: string, context: StatementContext): unknown {
    return sessionServices(this, context, name);
  }

  cancel(): void {
    if (this.#abandonWait !== undefined) this.#abandonWait(queryCanceled());
    // A request that finds nothing running is forgotten when the next statement starts.
    else this.cancelRequested = true;
  }
  close(): void {
    this.rollbackBlock();
    for (const cursor of this.cursors.values()) cursor.close();
    this.cursors.clear();
    if (this.usesTemporarySchema) dropTemporaryObjects(this);
    this.database.sessionClosed(this);
  }

  #startClock(text: string): void {
    this.statementStartMicros = clockMicros();
    this.currentQuery = text;
    const timeout = Number(this.settings.raw("statement_timeout"));
    this.deadlineMs = timeout > 0 ? performance.now() + timeout : Infinity;
    this.cancelRequested = false;
  }
  #path(): readonly string[] {
    this.#refreshSettings();
    return this.#pathNames;
  }
  #pathNames: readonly string[] = [];
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
    this.#sessionUser = raw("session_authorization");
    const role = raw("role");
    this.#user = this.#actingAs ?? (role === "none" ? this.#sessionUser : role);
    this.#pathNames = parseSearchPath(raw("search_path")).map((name) => (name === "$user" ? this.#user : name));
    this.memoryLimitBytes = Math.max(Number(raw("work_mem")) * 1024, MEMORY_FLOOR_BYTES);
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
      planner,
      this.usesTemporarySchema ? this.id : 0,
    ]);
  }
  #isOn(value: string): boolean {
    return ["on", "true", "yes", "1"].includes(value.toLowerCase());
  }
}

/** Operators do not spill yet: below this a statement of everyday size would fail where PostgreSQL uses its disk. */
const MEMORY_FLOOR_BYTES = 256 * 1024 * 1024;

function sameColumns(a: readonly ResultColumn[], b: readonly ResultColumn[]): boolean {
  return a.length === b.length && a.every((c, i) => c.type === b[i]?.type && c.name === b[i]?.name);
}

export function isolationLevel(name: string): IsolationLevel {
  switch (name.toLowerCase()) {
    case "read committed":
    case "read uncommitted":
      return "read committed";
    case "repeatable read":
      return "repeatable read";
    case "serializable":
      throw new DbError({ sqlstate: "0A000", message: "isolation level serializable is not supported", hint: "Use REPEATABLE READ." });
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

function settle<T, R>(value: T | Promise<T>, then: (value: T) => R, fail: (error: unknown) => never): R | Promise<R> {
  return value instanceof Promise ? value.then(then, fail) : then(value);
}

export type { Portal };
