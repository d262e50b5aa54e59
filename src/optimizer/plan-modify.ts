/** INSERT, UPDATE, DELETE and row locks. */
import { type IndexObject, isOrderedIndex, type TableObject } from "../catalog/index.js";
import {
  attributeIndexes,
  type CompileEnvironment,
  type ConflictPlan,
  compileRow,
  compileScalar,
  DeleteOperator,
  type EvaluateRow,
  emptyLayout,
  generate,
  hasRivals,
  InsertOperator,
  Layout,
  LockRowsOperator,
  type Operator,
  type PairEvaluate,
  PartitionedWriter,
  type Scope,
  TableReader,
  TableWriter,
  type Told,
  UpdateOperator,
} from "../execution/internal.js";
import type { Delete, Insert, LockRows, LogicalPlan, OnConflict, PlanColumn, Returning, RowChecks, Update } from "../plan/index.js";
import { assert, DbError, featureNotSupported, notSupported } from "../types/index.js";
import { estimate } from "./estimates.js";
import { nativeDeleteSource, nativeInsertSource } from "./native/index.js";
import { ordered } from "./ordered.js";
import { planRecheck } from "./plan-recheck.js";
import { tableOf } from "./plan-scan.js";
import { planTreeDelete, planTreeUpdate } from "./plan-tree-modify.js";
import type { Planner } from "./planner.js";

export function planInsert(planner: Planner, plan: Insert, scope: Scope, isTop: boolean): Operator {
  const table = tableOf(planner, plan.relation);
  const environment = planner.environment(scope);
  const source = ordered(planner, planner.plan(plan.source, scope), plan.source.columns, scope);
  const writer =
    table.partitioned === undefined
      ? new TableWriter(table, planner.context, environment)
      : new PartitionedWriter(table, planner.context, environment);
  writer.told = toldOf(table, [...plan.given, ...(plan.onConflict?.assignments ?? []).map((a) => a.attribute)]);
  if (plan.rowChecks !== undefined) writer.rowChecks = rowChecksOf(environment, table, plan.rowChecks);
  const given = new Set(plan.attributes);
  const defaults = table.attributes.flatMap((a) => {
    if (given.has(a.number) || a.dropped || a.generated === true) return [];
    const sql = defaultSql(planner, table, a.number);
    if (sql === undefined) return [];
    const expression = planner.context.stored.bindDefault(table, a.number, sql);
    return [{ index: a.number - 1, expression, evaluate: compileScalar(environment, expression, emptyLayout) }];
  });
  if (plan.onConflict?.updateChecks !== undefined) writer.updateChecks = rowChecksOf(environment, table, plan.onConflict.updateChecks);
  const conflict = plan.onConflict === undefined ? undefined : conflictPlan(planner, table, plan.onConflict, environment);
  const returning =
    plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, [], table.partitioned !== undefined);
  if (plan.returning?.other !== undefined && table.partitioned !== undefined)
    throw notSupported("RETURNING OLD with ON CONFLICT DO UPDATE on a partitioned table");
  return new InsertOperator(
    {
      title: `Insert on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, plan.returning === undefined ? 0 : source.estimate.rows, source.estimate.totalCost),
      details: plan.onConflict === undefined ? [] : [{ key: "Conflict Resolution", value: plan.onConflict.action.toUpperCase() }],
      subplans: planner.takeSubplans(),
    },
    writer,
    source,
    plan.attributes.map((a) => a - 1),
    defaults,
    conflict,
    returning,
    isTop,
    conflict === undefined && returning === undefined && defaults.length === 0 && writer.takesBlocks
      ? nativeInsertSource(
          planner,
          plan.source,
          scope,
          writer,
          plan.attributes.map((a) => a - 1),
        )
      : undefined,
  );
}

function defaultSql(planner: Planner, table: TableObject, number: number): string | undefined {
  const attribute = table.attributes[number - 1];
  if (attribute?.defaultSql !== undefined) return attribute.defaultSql;
  if (attribute?.identity === undefined || attribute.sequence === undefined) {
    // A column of a domain's type takes the domain's default; its NULL must pass the domain's checks.
    const type = attribute === undefined ? undefined : planner.context.registry.typeByOid(attribute.type);
    return type?.base === undefined ? undefined : (type.defaultSql ?? "NULL");
  }
  const sequence = planner.context.catalog.relationByOid(attribute.sequence);
  assert(sequence?.class === "sequence", "an identity column has a sequence");
  const schema = planner.context.catalog.schemaByOid(sequence.schema)?.name ?? "public";
  const quoted = `"${schema.replaceAll('"', '""')}"."${sequence.name.replaceAll('"', '""')}"`;
  return `nextval('${quoted.replaceAll("'", "''")}'::regclass)`;
}

/** Details of errors show what the statement itself writes. */
export const toldOf = (table: TableObject, attributes: readonly number[]): Told => ({
  table,
  written: new Set(attributes.map((number) => table.attributes[number - 1]?.name ?? "")),
});

/** The unique indexes of a partition that are parts of the named ones. */
function arbitersOf(planner: Planner, leaf: TableObject, conflict: OnConflict): IndexObject[] {
  const { catalog } = planner.context;
  const isNamed = (index: IndexObject): boolean => {
    if (conflict.arbiters.includes(index.oid)) return true;
    const parent = index.parent === undefined ? undefined : catalog.relationByOid(index.parent);
    return parent?.class === "index" && isNamed(parent);
  };
  const unique = catalog.indexesOf(leaf.oid).filter((i) => isOrderedIndex(i) && i.unique);
  return conflict.arbiters.length === 0 ? unique : unique.filter(isNamed);
}

function conflictPlan(planner: Planner, table: TableObject, conflict: OnConflict, environment: CompileEnvironment): ConflictPlan {
  refuseRivals(planner, table, conflict);
  const indexes = planner.context.catalog.indexesOf(table.oid).filter((i) => isOrderedIndex(i) && i.unique);
  const arbiters = conflict.arbiters.length === 0 ? indexes : indexes.filter((i) => conflict.arbiters.includes(i.oid));
  const layout = new Layout();
  attributeIndexes(table, conflict.existing).forEach((a, i) => layout.set((conflict.existing[i] as PlanColumn).id, `l[${a}]`));
  attributeIndexes(table, conflict.excluded).forEach((a, i) => layout.set((conflict.excluded[i] as PlanColumn).id, `r[${a}]`));
  const pair = (e: (typeof conflict.assignments)[number]["value"]): PairEvaluate =>
    generate(environment, layout, ["l", "r", "s"], (emitter) => `return ${emitter.emit(e)};`) as PairEvaluate;
  return {
    action: conflict.action,
    arbiters,
    arbitersOf: (leaf) => arbitersOf(planner, leaf, conflict),
    reader: new TableReader(table, planner.context),
    assignments: conflict.assignments.map((a) => ({ index: a.attribute - 1, value: pair(a.value) })),
    where: conflict.where === undefined ? undefined : pair(conflict.where),
    existingChecks: conflict.existingChecks === undefined ? [] : rowChecksOf(environment, table, conflict.existingChecks),
  };
}

/** What is judged when the statement ends cannot say beforehand which rows conflict. */
function refuseRivals(planner: Planner, table: TableObject, conflict: OnConflict): void {
  for (const index of planner.context.catalog.indexesOf(table.oid)) {
    if (!hasRivals(index) || (conflict.arbiters.length > 0 && !conflict.arbiters.includes(index.oid))) continue;
    if (index.deferrable === true)
      throw new DbError({
        sqlstate: "55000",
        message: "ON CONFLICT does not support deferrable unique constraints/exclusion constraints as arbiters",
        table: table.name,
        constraint: index.name,
      });
    throw notSupported("ON CONFLICT DO NOTHING without a target on a table with an exclusion constraint");
  }
}

export function rowChecksOf(environment: CompileEnvironment, table: TableObject, checks: RowChecks): TableWriter["rowChecks"] {
  const layout = new Layout();
  attributeIndexes(table, checks.row).forEach((a, i) => layout.set((checks.row[i] as PlanColumn).id, `r[${a}]`));
  return checks.checks.map(({ source, predicate }) => ({ source, evaluate: compileScalar(environment, predicate, layout) }));
}

/**
 * RETURNING over the full row, followed by the source's row, the table's OID where rows may be of several tables, another full row where
 * `other` asks for it, and MERGE's action.
 */
export function returningRow(
  environment: CompileEnvironment,
  table: TableObject,
  returning: Returning,
  source: readonly PlanColumn[],
  several = false,
): EvaluateRow {
  const layout = new Layout();
  const width = table.attributes.length;
  source.forEach((c, i) => layout.set(c.id, `r[${width + i}]`));
  attributeIndexes(table, returning.row).forEach((a, i) => layout.set((returning.row[i] as PlanColumn).id, `r[${a}]`));
  // One table: a constant; several: what stands behind the source's row.
  if (returning.tableOid !== undefined) layout.set(returning.tableOid.id, several ? `r[${width + source.length}]` : String(table.oid));
  const behind = width + source.length + (several ? 1 : 0);
  if (returning.other !== undefined)
    attributeIndexes(table, returning.other).forEach((a, i) => layout.set((returning.other![i] as PlanColumn).id, `r[${behind + a}]`));
  if (returning.action !== undefined) layout.set(returning.action.id, `r[${behind + width}]`);
  return compileRow(environment, returning.expressions, layout);
}

interface Target {
  readonly table: TableObject;
  readonly writer: TableWriter;
  readonly source: Operator;
  readonly rowIdColumn: number;
  readonly oldColumns: readonly (readonly [number, number])[];
}
function targetOf(planner: Planner, plan: Update | Delete, scope: Scope): Target {
  const table = tableOf(planner, plan.relation);
  const source = planner.plan(plan.source, scope);
  const at = (c: { readonly id: PlanColumn["id"] }): number => {
    const i = source.columns.findIndex((x) => x.id === c.id);
    assert(i >= 0, "the source gives the old row");
    return i;
  };
  const oldColumns = attributeIndexes(table, plan.oldRow).map((a, i) => [a, at(plan.oldRow[i] as PlanColumn)] as const);
  return {
    table,
    source,
    writer: new TableWriter(table, planner.context, planner.environment(scope)),
    rowIdColumn: at({ id: plan.rowId }),
    oldColumns,
  };
}

export function planUpdate(planner: Planner, plan: Update, scope: Scope, isTop: boolean): Operator {
  if (plan.tableOid !== undefined) return planTreeUpdate(planner, plan, plan.tableOid, scope, isTop);
  const { table, source, writer, rowIdColumn, oldColumns } = targetOf(planner, plan, scope);
  const environment = planner.environment(scope);
  writer.told = toldOf(
    table,
    plan.assignments.map((a) => a.attribute),
  );
  if (plan.rowChecks !== undefined) writer.rowChecks = rowChecksOf(environment, table, plan.rowChecks);
  const layout = Layout.of(source.columns);
  const assignments = plan.assignments.map((a) => ({ index: a.attribute - 1, value: compileScalar(environment, a.value, layout) }));
  const returning = plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, source.columns);
  return new UpdateOperator(
    {
      title: `Update on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, source.estimate.rows, source.estimate.totalCost),
      subplans: planner.takeSubplans(),
    },
    writer,
    source,
    rowIdColumn,
    oldColumns,
    assignments,
    returning,
    isTop,
    planRecheck(planner, plan.source, source.columns, [plan], scope),
  );
}

export function planDelete(planner: Planner, plan: Delete, scope: Scope, isTop: boolean): Operator {
  if (plan.tableOid !== undefined) return planTreeDelete(planner, plan, plan.tableOid, scope, isTop);
  const { table, source, writer, rowIdColumn, oldColumns } = targetOf(planner, plan, scope);
  const environment = planner.environment(scope);
  const returning = plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, source.columns);
  return new DeleteOperator(
    {
      title: `Delete on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, source.estimate.rows, source.estimate.totalCost),
      subplans: planner.takeSubplans(),
    },
    writer,
    source,
    rowIdColumn,
    oldColumns,
    returning,
    isTop,
    planRecheck(planner, plan.source, source.columns, [plan], scope),
    returning === undefined && !writer.foreignKeys.isReferenced ? nativeDeleteSource(planner, plan.source, scope, plan.rowId) : undefined,
  );
}

const strengths = { keyShare: 0, share: 1, noKeyUpdate: 2, update: 3 } as const;

export function planLockRows(planner: Planner, plan: LockRows, scope: Scope): Operator {
  refuseNullable(plan, plan.input, false);
  const input = planner.plan(plan.input, scope);
  const targets = plan.targets.map((t) => {
    const table = tableOf(planner, t.relation);
    const column = input.columns.findIndex((c) => c.id === t.rowId);
    assert(column >= 0, "the input gives the row ids to lock");
    if (t.tableOid === undefined) return { storage: table.storage, name: table.name, column };
    const tableOid = input.columns.findIndex((c) => c.id === t.tableOid);
    assert(tableOid >= 0, "the input says which table a row is of");
    return {
      storage: table.storage,
      name: table.name,
      column,
      tableOid,
      tableOf: (oid: number) => tableOf(planner, oid),
    };
  });
  const recheck = planRecheck(planner, plan.input, input.columns, plan.targets, scope);
  const facts = { title: "LockRows", columns: input.columns, estimate: input.estimate };
  return new LockRowsOperator(facts, input, targets, strengths[plan.strength], plan.waitPolicy, recheck);
}

/** A row that an outer join may fill with nulls is nobody's to lock. Asked once conditions have made inner joins of what outer ones they can. */
function refuseNullable(lock: LockRows, plan: LogicalPlan, isNullable: boolean): void {
  switch (plan.kind) {
    case "Filter":
    case "Sort":
    case "Project":
    case "Sample":
      return refuseNullable(lock, plan.input, isNullable);
    case "Join": {
      refuseNullable(lock, plan.left, isNullable || plan.type === "right" || plan.type === "full");
      if (plan.type === "semi" || plan.type === "anti") return;
      return refuseNullable(lock, plan.right, isNullable || plan.type === "left" || plan.type === "full");
    }
    case "Scan":
    case "AppendScan":
      if (isNullable && lock.targets.some((t) => plan.columns.some((c) => c.id === t.rowId)))
        throw featureNotSupported(`${LOCK_NAMES[lock.strength]} cannot be applied to the nullable side of an outer join`);
      return;
    default:
      return;
  }
}
const LOCK_NAMES = { update: "FOR UPDATE", noKeyUpdate: "FOR NO KEY UPDATE", share: "FOR SHARE", keyShare: "FOR KEY SHARE" } as const;
