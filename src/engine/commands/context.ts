/**
 * What a definition command works with: the catalog as its transaction sees it, changes that are written at once to the
 * native catalog and to the transaction's overlay, and statements of its own over the front end.
 *
 * Definitions of different transactions are serialized: the first change locks one row of the catalog (the database's), so
 * two transactions can never both create the same name.
 */
import type {
  CatalogObject,
  CatalogSnapshot,
  IndexObject,
  RelationObject,
  SchemaObject,
  SequenceObject,
  SessionCatalogReader,
  TableObject,
  ViewObject,
} from "../../catalog/index.js";
import { DATABASE_OID, INFORMATION_SCHEMA_OID, isSystemIndex, PG_CATALOG_OID, quoteIdentifier } from "../../catalog/index.js";
import type { Steps } from "../../execution/index.js";
import { BATCH_ROWS, finish, RunState } from "../../execution/internal.js";
import type { FunctionRegistry } from "../../functions/index.js";
import type { Engine, StorageBinding, Xid } from "../../native/index.js";
import type { LogicalPlan, QualifiedName } from "../../plan/index.js";
import {
  assert,
  type Datum,
  invalidTable,
  noCreationSchema,
  type Oid,
  type Row,
  readOnlyTransaction,
  relationMissing,
  type SqlType,
  schemaMissing,
  systemObjectProtected,
  systemSchemaProtected,
  wrongRelationKind,
} from "../../types/index.js";
import { permissionDenied } from "../access.js";
import { checkStatus } from "../native-status.js";
import type { EngineSession } from "../session.js";
import { StatementContext } from "../statement-context.js";
import { temporarySchema, temporarySchemaName } from "../temporary.js";
import type { SessionTransaction } from "../transaction.js";
import { inTurns } from "../turns.js";
import type { BindContext } from "../types.js";

/** How long making the rows of one step may take, about; how many rows the first one has. */
const STEP_MILLIS = 4;
const FIRST_STEP_ROWS = 32;

export class DefinitionContext {
  readonly session: EngineSession;
  readonly transaction: SessionTransaction;
  readonly storage: StorageBinding;
  readonly engine: Engine;

  constructor(session: EngineSession, transaction: SessionTransaction, command: string) {
    // A lock changes nothing that is read, and a question (no command) nothing at all.
    if (transaction.readOnly && command !== "LOCK TABLE" && command !== "") throw readOnlyTransaction(command);
    this.session = session;
    this.transaction = transaction;
    this.storage = session.database.native.storage;
    this.engine = session.database.engine;
  }
  get xid(): Xid {
    return this.transaction.xid;
  }
  get catalog(): SessionCatalogReader {
    return this.session.catalogIn(this.transaction);
  }
  get snapshot(): CatalogSnapshot {
    return this.catalog.snapshot;
  }
  get registry(): FunctionRegistry {
    return this.session.registry(this.catalog);
  }
  get owner(): Oid {
    return this.snapshot.role(this.session.user)?.oid ?? 10;
  }
  check(status: number): void {
    checkStatus(this.session.database.native, this.engine, status);
  }
  newOid(): Oid {
    return this.storage.allocateOid(this.engine);
  }
  type(oid: Oid): SqlType {
    return this.session.typeOf(oid);
  }
  #quiet = false;
  /** Work whose notices the client did not ask for: what goes at the end of a session. */
  quietly(work: () => void): void {
    this.#quiet = true;
    try {
      work();
    } finally {
      this.#quiet = false;
    }
  }
  notice(message: string, sqlstate = "00000", more: { detail?: string; hint?: string } = {}): void {
    if (this.#quiet) return;
    this.session.notice("NOTICE", sqlstate, message, more);
  }

  put(object: CatalogObject): void {
    this.lockDefinitions();
    this.check(this.storage.catalogPut(this.engine, this.xid, object.oid, JSON.stringify(object)));
    this.transaction.overlay.put(object);
  }
  remove(oid: Oid): void {
    this.lockDefinitions();
    this.check(this.storage.catalogDelete(this.engine, this.xid, oid));
    this.transaction.overlay.delete(oid);
  }
  /** What this command wrote so far becomes visible to its own later steps. */
  nextStep(): void {
    this.storage.nextCommand(this.engine, this.xid);
  }
  lockDefinitions(): void {
    if (!this.transaction.overlay.isEmpty) return;
    const database = this.snapshot.object(DATABASE_OID);
    assert(database !== undefined, "the database has its object");
    this.check(this.storage.catalogPut(this.engine, this.xid, DATABASE_OID, JSON.stringify(database)));
    this.transaction.overlay.put(database);
  }

  // ---- names ----------------------------------------------------------------------------------------------------------

  /** The schema a new object goes to; temporary ones go to the session's own. */
  creationSchema(name: QualifiedName, persistence: TableObject["persistence"] = "permanent"): SchemaObject {
    const own = temporarySchemaName(this.session);
    if (persistence === "temporary" || name.schema === "pg_temp" || name.schema === own) {
      if (name.schema !== undefined && name.schema !== "pg_temp" && name.schema !== own)
        throw invalidTable("cannot create temporary relation in non-temporary schema");
      return temporarySchema(this);
    }
    if (name.schema === undefined && this.session.searchPathWritten[0] === "pg_temp") return temporarySchema(this);
    const schema = name.schema !== undefined ? this.schema(name.schema) : this.#defaultSchema();
    if (schema.oid === PG_CATALOG_OID || schema.oid === INFORMATION_SCHEMA_OID) throw systemSchemaProtected(`${schema.name}.${name.name}`);
    const me = this.snapshot.role(this.session.user);
    if (me !== undefined && !me.superuser && !this.session.access(this.catalog).may(me.oid, schema, "C")) throw permissionDenied(schema);
    return schema;
  }
  #defaultSchema(): SchemaObject {
    const catalog = this.catalog;
    for (const name of this.session.searchPathNames(catalog)) {
      const schema = catalog.schemaByName(name);
      if (schema !== undefined && schema !== catalog.temporarySchema) return schema;
    }
    throw noCreationSchema();
  }
  schema(name: string): SchemaObject {
    const schema = this.catalog.schemaByName(name);
    if (schema === undefined) throw schemaMissing(name);
    return schema;
  }
  schemaName(oid: Oid): string {
    return this.catalog.schemaByOid(oid)?.name ?? "";
  }
  find(name: QualifiedName): RelationObject | undefined {
    return this.catalog.relation(name.schema, name.name);
  }
  relation(name: QualifiedName): TableObject | ViewObject | IndexObject | SequenceObject {
    if (name.schema !== undefined) this.schema(name.schema);
    const relation = this.find(name);
    if (relation === undefined) throw relationMissing(displayName(name), name.position);
    if (relation.class === "system" || isSystemIndex(relation)) throw systemObjectProtected(relation.name);
    return relation;
  }
  table(name: QualifiedName): TableObject {
    const relation = this.relation(name);
    if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
    return relation;
  }
  /** The newest version of an object changed earlier in this command. */
  again<T extends CatalogObject>(object: T): T {
    const current = this.snapshot.object(object.oid);
    assert(current !== undefined && current.class === object.class, "the object is still there");
    return current as T;
  }
  nameTaken(schema: Oid, name: string): boolean {
    const type = this.snapshot.typeNamed(schema, name);
    // Composite types are named among relations too.
    return (
      this.snapshot.relation(schema, name) !== undefined || (type?.class === "type" && type.kind === "composite" && type.name === name)
    );
  }
  /** Qualified and quoted, for statements of our own. */
  sqlName(relation: { readonly schema: Oid; readonly name: string }): string {
    return `${quoteIdentifier(this.schemaName(relation.schema))}.${quoteIdentifier(relation.name)}`;
  }
  /** As PostgreSQL prints it: qualified only when the search path does not lead to it. */
  visibleName(relation: { readonly oid: Oid; readonly schema: Oid; readonly name: string }): string {
    const visible = this.catalog.relation(undefined, relation.name)?.oid === relation.oid;
    return visible ? quoteIdentifier(relation.name) : this.sqlName(relation);
  }

  // ---- statements of our own ------------------------------------------------------------------------------------------

  statementContext(parameters: readonly Datum[] = []): StatementContext {
    return new StatementContext(this.session, this.transaction, this.catalog, parameters);
  }
  /** For what is computed outside of any plan: routing, checks of rows that are there. */
  runState(): RunState {
    return new RunState(this.statementContext(), 0, 0);
  }
  /** Runs SQL inside the transaction; at most `maxRows` rows (0 = all). */
  query(sql: string, maxRows = 0): Row[] {
    return this.run(this.bindQuery(sql), maxRows);
  }
  bindContext(): BindContext {
    return {
      catalog: this.catalog,
      registry: this.session.registry(this.catalog),
      parameterTypes: [],
      format: this.session.format,
      currentUser: this.session.user,
      currentDatabase: this.session.databaseName,
    };
  }
  /** `restricted`: policies hold for the session's user; what the server asks for itself sees every row. */
  bindQuery(sql: string, restricted = false): LogicalPlan {
    const [statement] = this.session.database.frontEnd.parse(sql);
    assert(statement !== undefined, "a statement of our own parses");
    const bound = this.session.database.frontEnd.bind(statement, {
      catalog: this.catalog,
      registry: this.session.registry(this.catalog),
      parameterTypes: [],
      format: this.session.format,
      currentUser: this.session.user,
      currentDatabase: this.session.databaseName,
      ...(restricted ? { policiesFor: this.session.view.policiesIn(this.catalog) } : {}),
    });
    assert(bound.body.kind === "Plan", "a statement of our own is a plan");
    return bound.body.plan;
  }
  run(plan: LogicalPlan, maxRows = 0, parameters: readonly Datum[] = []): Row[] {
    const rows: Row[] = [];
    this.stream(
      plan,
      (batch) => {
        for (const row of batch) rows.push(row);
        return maxRows === 0 || rows.length < maxRows;
      },
      parameters,
    );
    return rows;
  }
  /** `each` says whether it wants more. */
  stream(plan: LogicalPlan, each: (rows: Row[]) => boolean, parameters: readonly Datum[] = []): void {
    for (const batch of this.#batches(plan, () => 0, parameters)) if (!each(batch)) break;
  }
  /** Rows for work in steps: as many at a time as a step should take. Planned now: what is defined after this call is not read. */
  batches(plan: LogicalPlan): Iterable<Row[]> {
    // Rows cost from less than a microsecond to as long as a function runs: how many make a step is learnt from the last one.
    let rows = FIRST_STEP_ROWS;
    const afterStep = (millis: number): number => {
      if (millis > STEP_MILLIS) rows = Math.max(1, rows >> 1);
      else if (millis < STEP_MILLIS / 4) rows = Math.min(BATCH_ROWS, rows * 2);
      return rows;
    };
    return this.#batches(plan, afterStep, []);
  }
  /** `size`: how many rows come next, after the last ones took so long; 0: as many as there are. */
  #batches(plan: LogicalPlan, size: (millis: number) => number, parameters: readonly Datum[]): Iterable<Row[]> {
    const physical = this.session.planLogical(plan, this.catalog);
    const execution = physical.open(this.statementContext(parameters));
    function* rows(): Generator<Row[]> {
      try {
        for (let millis = STEP_MILLIS; ; ) {
          const start = performance.now();
          const batch = execution.next(size(millis));
          if (batch.length === 0) return;
          millis = performance.now() - start;
          yield batch;
        }
      } finally {
        execution.close();
      }
    }
    return rows();
  }
  /** Long work in steps: a promise where it takes more than one turn. In a routine, whose caller cannot wait, all at once. */
  inTurns(steps: Steps<void>): Promise<void> | undefined {
    if (!this.session.runner.isNested) return inTurns(steps, () => this.session.checkCancel());
    finish(steps);
    return undefined;
  }
}

export function displayName(name: QualifiedName): string {
  return name.schema === undefined ? name.name : `${name.schema}.${name.name}`;
}
