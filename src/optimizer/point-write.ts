/** Recognizes writes of one row that an I/O thread can run by itself (src/execution/point-write.ts). */
import { isOrderedIndex, isUniqueNow, type TableObject } from "../catalog/index.js";
import {
  DeleteOperator,
  InsertOperator,
  type Operator,
  PartitionedWriter,
  type PointCondition,
  type PointConflict,
  PointWrite,
  type PointWriteSource,
  type TableWriter,
  UpdateOperator,
} from "../execution/internal.js";
import type { ColumnId, Delete, Expression, Insert, LogicalPlan, OnConflict, PlanColumn, Returning, Update } from "../plan/index.js";
import { TypeOid } from "../types/index.js";
import { conjunctsOf, plainColumn } from "./conjuncts.js";
import type { Planner } from "./planner.js";
import { type KeyTerm, keyAndRest } from "./point-plan.js";
import { PointValues } from "./point-values.js";
import { mapChildren } from "./walk.js";

/** `plan` after the rules, `root` as it was planned. Text: why an I/O thread cannot run it. */
export function pointWriteOf(planner: Planner, plan: LogicalPlan, root: Operator): PointWrite | string {
  const source = sourceOf(planner, plan, root);
  return typeof source === "string" ? source : new PointWrite(source);
}

const byKey = "rows are not found by the whole key of a unique index";
const computed = "a value is computed, or of a type that is not read there";
const returned = "RETURNING computes a value";

function sourceOf(planner: Planner, plan: LogicalPlan, root: Operator): PointWriteSource | string {
  if (!(root instanceof InsertOperator || root instanceof UpdateOperator || root instanceof DeleteOperator)) return byKey;
  const { writer } = root;
  if (writer instanceof PartitionedWriter || writer.table.partition !== undefined) return "the table is partitioned";
  if (writer.table.persistence === "temporary") return "the table is temporary";
  if (writer.rowChecks.length > 0) return "rows are checked by policies or a view";
  if (writer.table.attributes.some((a) => a.hidden === true)) return "an index has expressions, a predicate or a collation's keys";
  if (!writer.isPlain) return "the table has generated columns, checks, exclusion or deferrable constraints";
  if (ordersVectors(planner, plan, writer.table)) return "a vector index takes its time for a row";
  if (plan.kind === "Insert" && root instanceof InsertOperator) return insertOf(planner, plan, root, writer);
  if (plan.kind === "Update" && root instanceof UpdateOperator) return updateOf(planner, plan, writer);
  if (plan.kind === "Delete" && root instanceof DeleteOperator) return deleteOf(planner, plan, writer);
  return byKey;
}

/** A row goes into a vector index: all connections of an I/O thread would wait. */
function ordersVectors(planner: Planner, plan: LogicalPlan, table: TableObject): boolean {
  if (plan.kind !== "Insert" && plan.kind !== "Update") return false;
  const ordered = planner.context.catalog.indexesOf(table.oid).filter((i) => i.method === "hnsw" || i.method === "ivfflat");
  if (plan.kind === "Insert") return ordered.length > 0;
  return plan.assignments.some((a) => ordered.some((i) => i.columns.some((c) => c.attribute === a.attribute)));
}

function insertOf(planner: Planner, plan: Insert, root: InsertOperator, writer: TableWriter): PointWriteSource | string {
  const { table } = writer;
  if (!writer.takesBlocks) return "a foreign key is checked";
  if (plan.source.kind !== "Values" || plan.source.rows.length !== 1) return "not one row of VALUES";
  const row = plan.source.rows[0] as readonly Expression[];
  const setting = new PointValues(planner, writer);
  for (const [i, expression] of row.entries()) if (!setting.add(plan.attributes[i] as number, expression)) return computed;
  for (const { index, expression } of root.defaults) if (!setting.add(index + 1, expression)) return computed;
  const given = new Set([...plan.attributes, ...root.defaults.map((d) => d.index + 1)]);
  if (table.attributes.some((a) => a.notNull && !a.dropped && !given.has(a.number))) return "a column must not be null";
  const outputs = outputsOf(table, plan.returning, plan.returning?.row ?? []);
  if (outputs === undefined) return returned;
  const conflict =
    plan.onConflict && conflictOf(planner, plan.onConflict, root.conflict, writer, new Map(plan.attributes.map((a, i) => [a, row[i]])));
  if (typeof conflict === "string") return conflict;
  return { kind: "insert", ...writtenBy(writer, setting), index: 0, keys: [], outputs, conditions: [], conflict };
}

/** ON CONFLICT with the one index that decides; `proposed`: the new row's expressions by attribute. */
function conflictOf(
  planner: Planner,
  { action, assignments, existing, excluded, existingChecks, updateChecks, where }: OnConflict,
  conflict: InsertOperator["conflict"],
  writer: TableWriter,
  proposed: ReadonlyMap<number, Expression | undefined>,
): PointConflict | string {
  if (where !== undefined) return "ON CONFLICT with a condition";
  if (existingChecks !== undefined || updateChecks !== undefined) return "rows are checked by policies or a view";
  // Where several decide, a key that another one has is left to TypeScript.
  const [index, second] = conflict?.arbiters ?? [];
  const isWhole = index !== undefined && isOrderedIndex(index) && index.predicateSql === undefined && isUniqueNow(index) && index.valid;
  if (
    !isWhole ||
    (second !== undefined && action === "update") ||
    index.nullsNotDistinct ||
    index.columns.some((c) => c.key !== undefined || c.attribute <= 0)
  )
    return "ON CONFLICT with other than one unique index of columns";
  if (!writer.foreignKeys.isUntouchedBy(assignments.map((a) => a.attribute))) return "a foreign key is checked";
  const setting = new PointValues(planner, writer, attributesOf(existing));
  const attributes = attributesOf(excluded);
  let isKnown = true;
  const substituted = (e: Expression): Expression => {
    const attribute = e.kind === "ColumnReference" ? attributes.get(e.id) : undefined;
    if (attribute === undefined) return mapChildren(e, substituted);
    const value = proposed.get(attribute);
    isKnown = isKnown && value !== undefined;
    return value ?? e;
  };
  for (const { attribute, value } of assignments) if (!setting.add(attribute, substituted(value)) || !isKnown) return computed;
  return { action, index: index.storage, row: setting.encodeRow(), values: setting.values };
}
const attributesOf = (columns: readonly PlanColumn[]): ReadonlyMap<ColumnId, number> =>
  new Map(columns.map((c) => [c.id, c.origin?.attribute ?? 0]));
const writtenBy = ({ table }: TableWriter, setting: PointValues): Pick<PointWriteSource, "relation" | "storage" | "row" | "values"> => ({
  relation: table.oid,
  storage: table.storage,
  row: setting.encodeRow(),
  values: setting.values,
});

function updateOf(planner: Planner, plan: Update, writer: TableWriter): PointWriteSource | string {
  const key = keyOf(planner, plan);
  if (key === undefined) return byKey;
  if (!writer.foreignKeys.isUntouchedBy(plan.assignments.map((a) => a.attribute))) return "a foreign key is checked";
  const setting = new PointValues(planner, writer, attributesOf(plan.oldRow));
  for (const { attribute, value } of plan.assignments) if (!setting.add(attribute, value)) return computed;
  const outputs = outputsOf(writer.table, plan.returning, plan.returning?.row ?? []);
  return outputs === undefined ? returned : { kind: "update", ...writtenBy(writer, setting), ...key, outputs };
}

function deleteOf(planner: Planner, plan: Delete, writer: TableWriter): PointWriteSource | string {
  const key = keyOf(planner, plan);
  if (key === undefined) return byKey;
  if (writer.foreignKeys.isReferenced) return "a foreign key is checked";
  const outputs = outputsOf(writer.table, plan.returning, plan.returning?.row ?? []);
  return outputs === undefined ? returned : { kind: "delete", ...writtenBy(writer, new PointValues(planner, writer)), ...key, outputs };
}

function keyOf(planner: Planner, plan: Update | Delete): Pick<PointWriteSource, "index" | "keys" | "conditions"> | undefined {
  if (plan.tableOid !== undefined || plan.source.kind !== "Filter" || plan.source.input.kind !== "Scan") return undefined;
  const scan = plan.source.input;
  if (scan.relation !== plan.relation) return undefined;
  const whole = keyAndRest(planner, scan, conjunctsOf(plan.source.predicate));
  const conditions = whole?.rest.map(conditionOf);
  if (whole === undefined || conditions === undefined || !conditions.every((c) => c !== undefined)) return undefined;
  return { index: whole.index.storage, keys: whole.keys.map((k) => k.key), conditions };
}

const integers = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
const texts = new Set<number>([TypeOid.text, TypeOid.varchar]);
/** Equal values of these have equal bytes. */
const bytewise = new Set<number>([TypeOid.uuid, TypeOid.bool, TypeOid.date, TypeOid.time, TypeOid.timestamp, TypeOid.timestamptz]);

function conditionOf({ attribute, columnType, key, type }: KeyTerm): PointCondition | undefined {
  const fits =
    [integers, texts].some((types) => types.has(columnType) && types.has(type)) || (bytewise.has(columnType) && type === columnType);
  return fits && "parameter" in key ? { column: attribute - 1, parameter: key.parameter, type } : undefined;
}

/** Plain columns of the row alone; undefined: something else is returned. */
function outputsOf(
  table: TableObject,
  returning: Returning | undefined,
  row: readonly { readonly id: ColumnId; readonly origin?: { readonly attribute: number } }[],
): PointWriteSource["outputs"] | undefined {
  if (returning === undefined) return [];
  const outputs: { column: number; type: number }[] = [];
  for (const expression of returning.expressions) {
    const column = plainColumn(expression);
    const attribute = row.find((c) => c.id === column?.id)?.origin?.attribute ?? 0;
    if (table.attributes[attribute - 1] === undefined) return undefined;
    outputs.push({ column: attribute - 1, type: expression.type });
  }
  return outputs;
}
