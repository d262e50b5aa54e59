/**
 * Changes to one table: rows checked (NOT NULL, CHECK), encoded and handed to storage in blocks; foreign keys noted for the end of the
 * statement. Built at plan time, used by Insert, Update, Delete, COPY and the actions of foreign keys.
 *
 * A full row has one datum per attribute number, dropped attributes included (NULL).
 */
import type { AttributeObject, ConstraintObject, IndexObject, TableObject } from "../catalog/index.js";
import { keyAttribute, quoteIdentifier } from "../catalog/index.js";
import { isCurrentOrder } from "../functions/index.js";
import { StatusCode } from "../native/status.js";
import type { PlanColumn, RowCheck } from "../plan/index.js";
import {
  assert,
  checkViolated,
  couldNotSerialize,
  type Datum,
  DbError,
  duplicateKey,
  indexKeyType,
  invertedForm,
  notSupported,
  notVisibleThroughView,
  nullInColumn,
  partitionConstraintViolated,
  policyViolated,
  type Row,
  type SqlType,
  TypeOid,
  viewCheckViolated,
} from "../types/index.js";
import { RowEncoder } from "./codec.js";
import { type CompileEnvironment, compileScalar, type Evaluate } from "./expression/compiler.js";
import { Layout } from "./expression/scope.js";
import { ForeignKeys } from "./foreign-keys.js";
import { finish, type RunState, type Steps } from "./operator.js";
import { PartitionRouter } from "./partition-router.js";
import { Rivals } from "./rivals.js";
import { RestartSignal } from "./signals.js";
import { throwStatus } from "./storage-status.js";
import type { ExecutionContext, PlanContext } from "./types.js";

/** Rows per native call: a thousand-row INSERT is one crossing, and a wide block stays within a few megabytes. */
const WRITE_ROWS = 4096;
const DELETE_ROWS = 16384;

/** A row check over the table's row. */
export interface CompiledCheck {
  readonly source: RowCheck["source"];
  readonly evaluate: Evaluate;
}
export interface Refusal {
  readonly error: unknown;
}
export interface Told {
  /** The table that the statement names: it is its columns that are shown, and that the user must be allowed to read. */
  readonly table: TableObject;
  /** Of a partition or child: its rows in that table's layout. */
  readonly toTable?: (row: Row) => Row;
  /** Names of columns that the statement itself writes. */
  readonly written: ReadonlySet<string>;
}
export class TableWriter {
  readonly types: readonly (SqlType | undefined)[];
  /** What a block of whole rows has, an entry an attribute. */
  readonly columns: readonly { readonly type: SqlType; readonly typmod: number }[];
  readonly indexes: readonly IndexObject[];
  readonly schemaName: string;
  readonly constraints: readonly ConstraintObject[];
  readonly foreignKeys: ForeignKeys;
  readonly #encoder: RowEncoder;
  readonly #checks: readonly { readonly name: string; readonly evaluate: Evaluate }[];
  readonly #generated: readonly { readonly index: number; readonly evaluate: Evaluate }[];
  readonly #notNull: readonly number[];
  readonly #partition: PartitionRouter | undefined;
  readonly #rivals: Rivals;

  /** `routed`: whoever uses the writer sees to it that rows are in the right partition. */
  constructor(
    readonly table: TableObject,
    readonly context: PlanContext,
    readonly environment: CompileEnvironment,
    routed = false,
  ) {
    const { catalog, registry } = context;
    this.types = table.attributes.map((a) => registry.typeByOid(a.type));
    this.told = { table, written: NOTHING };
    this.indexes = catalog.indexesOf(table.oid);
    for (const index of this.indexes)
      if (index.unique && index.columns.some((c) => c.sortKey !== undefined && !isCurrentOrder(c.sortKey))) throw staleIndex(index.name);
    this.constraints = catalog.constraintsOf(table.oid);
    this.schemaName = catalog.schemaByOid(table.schema)?.name ?? "public";
    this.columns = table.attributes.map((a, i) => storedAttribute(a, this.types[i] ?? typeOf(context, TypeOid.text)));
    this.#encoder = new RowEncoder(this.columns);
    this.#notNull = table.attributes.flatMap((a, i) => (a.notNull && !a.dropped ? [i] : []));
    this.#checks = this.constraints
      .filter((c) => c.kind === "check")
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map((c) => ({ name: c.name, evaluate: this.overRow(c.kind === "check" ? c.sql : "") }));
    this.#generated = table.attributes.flatMap((a, index) =>
      ((a.generated === true && !a.dropped) || a.hidden === true) && a.defaultSql !== undefined
        ? [{ index, evaluate: this.overRow(a.defaultSql) }]
        : [],
    );
    this.foreignKeys = new ForeignKeys(this);
    this.#rivals = new Rivals(this);
    this.#partition = table.partition === undefined || routed ? undefined : PartitionRouter.of(context, table);
  }

  /** Stored SQL over a full row. */
  overRow(sql: string): Evaluate {
    const { row, expression } = this.context.stored.bindOverTable(this.table, sql);
    const layout = new Layout();
    attributeIndexes(this.table, row).forEach((index, i) => layout.set((row[i] as PlanColumn).id, `r[${index}]`));
    return compileScalar(this.environment, expression, layout);
  }

  /** For details of errors. */
  told: Told;
  /** The row of the newest key that was taken, for who knows where its rows come from. */
  refused: Row | undefined;
  /** Policies of the table, and WITH CHECK OPTION of the view that is written through. */
  rowChecks: readonly CompiledCheck[] = [];
  /** Where one statement inserts and updates: of the rows that it updates. */
  updateChecks: readonly CompiledCheck[] = [];
  checkRow(row: Row, state: RunState, checks = this.rowChecks, which?: "policy" | "view"): void {
    for (const { source, evaluate } of checks) {
      if ((which !== undefined && source.kind !== which) || evaluate(row, state) === true) continue;
      if (source.kind === "view" && source.existing === true) throw notVisibleThroughView(source.view);
      if (source.kind === "view") throw this.#told(viewCheckViolated(source.view, this.describe(row, state.context)));
      throw policyViolated(source.table, source.policy, source.existing);
    }
  }

  /** What a view that is written through says to a row: it comes after keys have had their say. undefined: nothing. */
  viewRefusal(row: Row, state: RunState, checks = this.rowChecks): Refusal | undefined {
    if (checks.length === 0) return undefined;
    try {
      this.checkRow(row, state, checks, "view");
    } catch (error) {
      return { error };
    }
    return undefined;
  }

  /** Where policies hide rows, errors do not show what is in them. */
  #told(error: DbError): DbError {
    if (!this.rowChecks.some((check) => check.source.kind === "policy")) return error;
    const { detail: _hidden, ...fields } = error.fields;
    return new DbError(fields);
  }
  /** Computes generated columns, then refuses what policies, NOT NULL and CHECK refuse. Views are asked when the row is written (viewRefusal). */
  prepare(row: Row, state: RunState, checks = this.rowChecks): void {
    for (const g of this.#generated) row[g.index] = g.evaluate(row, state);
    if (checks.length > 0) this.checkRow(row, state, checks, "policy");
    for (const i of this.#notNull) {
      if (row[i] === null)
        throw this.#told(nullInColumn((this.table.attributes[i] as AttributeObject).name, this.describe(row, state.context), this.place));
    }
    for (const check of this.#checks) {
      if (check.evaluate(row, state) === false) throw this.#told(checkViolated(check.name, this.describe(row, state.context), this.place));
    }
    if (this.#partition !== undefined && !this.#partition.accepts(row, state))
      throw partitionConstraintViolated(this.table.name, this.describe(row, state.context), this.schemaName);
  }

  /** Inserts prepared rows. `arbiters`: a collision there restarts the statement, whose next snapshot will see the row (ON CONFLICT). */
  insert(rows: readonly Row[], state: RunState, arbiters?: readonly IndexObject[]): void {
    finish(this.insertInSteps(rows, state, arbiters));
  }
  *insertInSteps(rows: readonly Row[], state: RunState, arbiters?: readonly IndexObject[]): Steps<void> {
    const { context } = state;
    for (let at = 0; at < rows.length; at += WRITE_ROWS) {
      const block = rows.length <= WRITE_ROWS ? rows : rows.slice(at, at + WRITE_ROWS);
      const rowIds = this.#rivals.any ? new Float64Array(block.length) : null;
      const status = context.native.storage.insert(context.engine, context.xid, this.table.storage, this.#encoder.encode(block), rowIds);
      if (status !== StatusCode.ok) this.#explain(status, block, state, arbiters);
      if (rowIds !== null) this.#rivals.written(rowIds, block, state);
      yield;
    }
    this.foreignKeys.inserted(rows, state);
  }

  /** A row as RETURNING sees it: of a partitioned table also the OID of the partition it went to. */
  returned(row: Row): Row {
    return row;
  }

  /** Rows need nothing but NOT NULL checked, so that blocks may go to storage as they are (insertBlock). */
  get takesBlocks(): boolean {
    return this.isPlain && !this.foreignKeys.refers;
  }
  /** The same but for foreign keys. */
  get isPlain(): boolean {
    const plain = this.#checks.length === 0 && this.#generated.length === 0 && !this.#rivals.any;
    return plain && this.#partition === undefined && this.table.partitioned === undefined && this.rowChecks.length === 0;
  }
  /** A block of one row with all attributes. */
  encodeRow(row: Row): Uint8Array {
    return this.#encoder.encode([row]).slice();
  }

  /** Inserts a block of all attributes. `decode` gives its rows, for errors. */
  insertBlock(block: Uint8Array, decode: () => readonly Row[], state: RunState): void {
    const { context } = state;
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    // A column without NULLs has no validity (docs/formats/block.md).
    if (this.#notNull.some((i) => view.getUint32(16 + 16 * i + 8, true) !== 0)) for (const row of decode()) this.prepare(row, state);
    const status = context.native.storage.insert(context.engine, context.xid, this.table.storage, block, null);
    if (status !== StatusCode.ok) this.#explain(status, decode(), state, undefined);
  }

  /** New versions of rows. `changed`: attribute indexes that may differ. `reevaluated`: the rows are locked, their newest versions judged. */
  update(
    rowIds: readonly number[],
    oldRows: readonly Row[],
    newRows: readonly Row[],
    changed: readonly number[],
    state: RunState,
    reevaluated = false,
  ): void {
    finish(this.updateInSteps(rowIds, oldRows, newRows, changed, state, reevaluated));
  }
  *updateInSteps(
    rowIds: readonly number[],
    oldRows: readonly Row[],
    newRows: readonly Row[],
    changed: readonly number[],
    state: RunState,
    reevaluated: boolean,
  ): Steps<void> {
    const { context } = state;
    const columns = Uint32Array.from(new Set([...changed, ...this.#generated.map((g) => g.index)]));
    for (let at = 0; at < rowIds.length; at += WRITE_ROWS) {
      const block = newRows.slice(at, at + WRITE_ROWS);
      const bytes = this.#encoder.encode(block, rowIds.slice(at, at + WRITE_ROWS));
      const status = context.native.storage.update(context.engine, context.xid, this.table.storage, bytes, columns, reevaluated);
      if (status !== StatusCode.ok) this.#explain(status, block, state, undefined);
      yield;
    }
    if (this.#rivals.any) this.#rivals.written(rowIds, newRows, state, new Set(columns));
    this.foreignKeys.updated(oldRows, newRows, columns, state);
  }

  /** `moves`: the rows go to another partition. */
  delete(rowIds: readonly number[], oldRows: readonly Row[], state: RunState, reevaluated = false, moves = false): void {
    finish(this.deleteInSteps(rowIds, oldRows, state, reevaluated, moves));
  }
  *deleteInSteps(rowIds: readonly number[], oldRows: readonly Row[], state: RunState, reevaluated = false, moves = false): Steps<void> {
    yield* this.deleteIdsInSteps(Float64Array.from(rowIds), state, reevaluated, moves);
    this.foreignKeys.deleted(oldRows, state);
  }
  /** Rows that no foreign key refers to. */
  *deleteIdsInSteps(rowIds: Float64Array, state: RunState, reevaluated = false, moves = false): Steps<void> {
    const { context } = state;
    for (let at = 0; at < rowIds.length; at += DELETE_ROWS) {
      const part = rowIds.subarray(at, at + DELETE_ROWS);
      const status = context.native.storage.delete(context.engine, context.xid, this.table.storage, part, reevaluated, moves);
      if (status !== StatusCode.ok) throwStatus(context, status);
      yield;
    }
  }

  get place(): { readonly schema: string; readonly table: string } {
    return { schema: this.schemaName, table: this.table.name };
  }

  /**
   * A row as error details show it: live attributes, long values cut like PostgreSQL's. Who may not read the whole table sees the columns that
   * he may read and those that he gave (ExecBuildSlotValueDescription).
   */
  describe(row: Row, context: ExecutionContext): string | undefined {
    const { table, toTable, written } = this.told;
    const { mayRead } = this.context;
    const user = context.evaluation.currentUser;
    const isWhole = mayRead === undefined || mayRead(user, table, 0);
    const shown = table.attributes.filter((a) => !a.dropped && (isWhole || written.has(a.name) || mayRead(user, table, a.number)));
    const whole = toTable === undefined ? row : toTable(row);
    const print = (a: AttributeObject): string => {
      const value = whole[a.number - 1] as Datum;
      return value === null ? "null" : typeOf(this.context, a.type).output(value, context.evaluation);
    };
    const values = shown.map((a) => shorten(print(a))).join(", ");
    if (isWhole) return `(${values})`;
    return shown.length === 0 ? undefined : `(${shown.map((a) => a.name).join(", ")}) = (${values})`;
  }
  outputOf(index: number, value: Datum, context: ExecutionContext): string {
    const type = this.types[index];
    return value === null || type === undefined ? "null" : type.output(value, context.evaluation);
  }
  keyNames(attributes: readonly number[]): string {
    return attributes.map((a) => this.table.attributes[a - 1]?.name ?? "?").join(", ");
  }
  /** As PostgreSQL prints a unique key, which it takes from the index's definition; foreign keys print bare names. */
  quotedKeyNames(attributes: readonly number[]): string {
    return attributes.map((a) => quoteIdentifier(this.table.attributes[a - 1]?.name ?? "?")).join(", ");
  }
  /** undefined: the user may not read them all. */
  keyValues(attributes: readonly number[], row: Row, context: ExecutionContext): string | undefined {
    if (!this.mayReadKey(attributes, context)) return undefined;
    return attributes.map((a) => this.outputOf(a - 1, row[a - 1] as Datum, context)).join(", ");
  }
  /** What an index computes only those may see who read the whole table. */
  mayReadKey(attributes: readonly number[], { evaluation }: ExecutionContext): boolean {
    const { mayRead } = this.context;
    const user = evaluation.currentUser;
    if (mayRead === undefined || mayRead(user, this.table, 0)) return true;
    return attributes.every((a) => this.table.attributes[a - 1]?.dropped === false && mayRead(user, this.table, a));
  }

  #explain(status: number, rows: readonly Row[], state: RunState, arbiters: readonly IndexObject[] | undefined): never {
    const { context } = state;
    if (status !== StatusCode.uniqueViolation) throwStatus(context, status);
    const last = context.native.engine.lastError(context.engine);
    const index = this.indexes.find((i) => i.storage === last.object);
    assert(index !== undefined, "a unique violation names an index of the table");
    if (arbiters?.includes(index) === true) throw context.restartable ? new RestartSignal() : couldNotSerialize();
    const row = rows[Number(/row (\d+)/.exec(last.message)?.[1] ?? 0)] ?? (rows[0] as Row);
    this.refused = row;
    const names = index.columns.map((c) => c.expressionSql ?? this.quotedKeyNames([c.attribute])).join(", ");
    throw this.#told(
      duplicateKey(
        index.name,
        names,
        this.keyValues(
          index.columns.map((c) => (c.expressionSql === undefined && c.sortKey !== undefined ? c.attribute : keyAttribute(c))),
          row,
          context,
        ),
        this.place,
      ),
    );
  }
}

/** What a unique index holds cannot be compared with new keys. */
const staleIndex = (name: string): DbError =>
  new DbError({
    sqlstate: "55000",
    message: `index "${name}" was built with another version of ICU`,
    hint: `Run REINDEX INDEX ${quoteIdentifier(name)}.`,
  });

function typeOf(context: PlanContext, oid: number): SqlType {
  const type = context.registry.typeByOid(oid);
  if (type === undefined) throw notSupported(`type with OID ${oid}`);
  return type;
}

/** What a block of rows has for an attribute: a hidden one holds keys of an index. */
export function storedAttribute(attribute: AttributeObject, type: SqlType): { readonly type: SqlType; readonly typmod: number } {
  const { hidden, matrix, inverted, typmod } = attribute;
  if (inverted === true) return { type: invertedForm(type), typmod };
  return { type: hidden === true && matrix !== true ? indexKeyType(type) : type, typmod };
}

/** Which attribute index (attnum - 1) each of the columns stands for: a binder gives all attributes or the live ones. */
export function attributeIndexes(table: TableObject, columns: readonly PlanColumn[]): readonly number[] {
  if (columns.length === table.attributes.length) return columns.map((_, i) => i);
  const live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
  assert(columns.length === live.length, "row columns stand for all attributes or all live ones");
  return live;
}

const NOTHING: ReadonlySet<string> = new Set();
/** PostgreSQL cuts values in error details at 64 bytes. */
const DETAIL_BYTES = 64;
function shorten(text: string): string {
  return text.length <= DETAIL_BYTES ? text : `${text.slice(0, DETAIL_BYTES)}...`;
}
