/**
 * MERGE: the source joined with the target, and what happens to each pair. A pair without target is "not matched", one without source "not
 * matched by source" (PostgreSQL 17's addition, told apart by a marker column of the source's side).
 */
import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression, LogicalPlan, Merge, MergeWhen } from "../../src/plan/index.js";
import {
  DbError, duplicateColumn, generatedAlways, notSupportedAt, syntaxError, TypeOid, undefinedColumn,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { locationOf } from "../parser/location.js";
import type { MergeStatement, MergeWhenClause } from "../parser/syntax-tree.js";
import { bindAssignments } from "./bind-assignment.js";
import { defaultOrNull, findAttribute, liveAttributes } from "./bind-default.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindFrom, findRelationObject, noteRelation, scanTable } from "./bind-from.js";
import { bindReturning, freshRow } from "./bind-modification.js";
import { at, type Binder } from "./binder.js";
import { coerceForAssignment, coerceToBoolean } from "./coerce.js";
import { TargetGuard, visibleRows } from "./row-security.js";
import { type NamespaceItem, Scope } from "./scope.js";

const RELATION_KINDS: Readonly<Record<string, string>> = {
  view: "views",
  index: "indexes",
  sequence: "sequences",
  system: "system relations",
  table: "materialized views",
};

export function bindMerge(binder: Binder, scope: Scope, statement: MergeStatement): LogicalPlan {
  const table = mergeTarget(binder, statement);
  refuseUnreachable(statement.whens);
  const name = statement.relation.alias?.name ?? table.name;
  const { plan: scanned, columns, rowId, tableOid } = scanTable(binder, table, name, true, !statement.relation.only);
  const target = visibleRows(binder, table, scanned, columns, false);
  const guard = TargetGuard.of(binder, table);
  const schema = statement.relation.alias === undefined ? binder.catalog.schemaByOid(table.schema)?.name : undefined;
  const item: NamespaceItem = {
    name,
    ...(schema === undefined ? {} : { schema }),
    relation: table.oid,
    ...(statement.relation.alias === undefined ? {} : { tableName: table.name }),
    columns,
    relationVisible: true,
    columnsVisible: true,
    rowId: rowId!.id,
    ...(tableOid === undefined ? {} : { tableOid: tableOid.id }),
  };
  const others = new Scope(scope.parent);
  for (const [cteName, cte] of scope.ctes) others.ctes.set(cteName, cte);
  others.clause = "FROM";
  const source = bindFrom(binder, others, [statement.source]);
  for (const other of others.items) {
    if (other.name === name && other.relationVisible)
      throw new DbError({
        sqlstate: "42712",
        message: `name "${name}" specified more than once`,
        detail: "The name is used both as MERGE target table and data source.",
      });
    binder.own(scope, other);
  }
  binder.own(scope, item);
  const both = [item, ...others.items];
  const only = (items: readonly NamespaceItem[]): void => {
    scope.items = [...items];
  };

  const hasBySource = statement.whens.some((when) => when.match === "notMatchedBySource");
  const hasByTarget = statement.whens.some((when) => when.match === "notMatchedByTarget");
  const marker = binder.newColumn("", TypeOid.bool, -1);
  const marked: LogicalPlan = hasBySource
    ? {
        kind: "Project",
        input: source,
        expressions: [...source.columns.map((c) => columnReference(c)), { kind: "Constant", value: true, type: TypeOid.bool, typmod: -1 }],
        columns: [...source.columns, marker],
      }
    : source;
  only(both);
  scope.clause = "JOIN conditions";
  const condition = coerceToBoolean(binder, bindExpression(binder, scope, statement.on), "JOIN/ON", locationOf(statement.on));
  const join: LogicalPlan = {
    kind: "Join",
    type: hasBySource ? (hasByTarget ? "full" : "right") : hasByTarget ? "left" : "inner",
    left: marked,
    right: target,
    condition,
    lateral: false,
    columns: [...marked.columns, ...target.columns],
  };
  const whens = statement.whens.map((when): MergeWhen => {
    only(when.match === "matched" ? both : when.match === "notMatchedBySource" ? [item] : others.items);
    scope.clause = "MERGE WHEN conditions";
    const test =
      when.condition === undefined
        ? undefined
        : coerceToBoolean(binder, bindExpression(binder, scope, when.condition), "WHEN", locationOf(when.condition));
    return { match: when.match, ...(test === undefined ? {} : { condition: test }), action: bindAction(binder, scope, table, when) };
  });
  only(both);
  const action = binder.newColumn("merge_action", TypeOid.text, -1);
  const returning = bindReturning(binder, scope, table, item, statement.returning, { old: columns, new: "other", action });
  const merge: Merge = {
    kind: "Merge",
    relation: table.oid,
    source: join,
    rowId: rowId!.id,
    ...(hasBySource ? { sourceMarker: marker.id } : {}),
    ...(tableOid === undefined ? {} : { tableOid: tableOid.id }),
    oldRow: columns,
    whens,
    ...(returning === undefined ? {} : { returning: returning.returning }),
    ...(guard === undefined ? {} : { checks: mergeChecks(binder, table, guard, returning !== undefined) }),
    columns: returning?.columns ?? [],
  };
  return merge;
}

/** MERGE reads its target, so that rows it updates must stay visible; it may not quietly pass over rows that it sees but may not change. */
function mergeChecks(binder: Binder, table: TableObject, guard: TargetGuard, returns: boolean): NonNullable<Merge["checks"]> {
  const row = freshRow(binder, table);
  return {
    insert: { row, checks: guard.checks(row, "insert", returns) },
    update: { row, checks: guard.checks(row, "update", true) },
    existingUpdate: { row, checks: guard.existingChecks(row, "update", "merge", false) },
    existingDelete: { row, checks: guard.existingChecks(row, "delete", "merge", false) },
  };
}

function mergeTarget(binder: Binder, statement: MergeStatement): TableObject {
  const { relation } = statement;
  const object = findRelationObject(binder, relation.schema, relation.name, relation.position);
  noteRelation(binder, relation, object);
  if (object.class === "table" && object.materialized === undefined) return object;
  throw new DbError({
    sqlstate: "0A000",
    message: `cannot execute MERGE on relation "${object.name}"`,
    detail: `This operation is not supported for ${RELATION_KINDS[object.class] ?? "this relation"}.`,
  });
}

function refuseUnreachable(whens: readonly MergeWhenClause[]): void {
  const closed = new Set<string>();
  for (const when of whens) {
    if (closed.has(when.match)) throw syntaxError("unreachable WHEN clause specified after unconditional WHEN clause");
    if (when.condition === undefined) closed.add(when.match);
  }
}

function bindAction(binder: Binder, scope: Scope, table: TableObject, when: MergeWhenClause): MergeWhen["action"] {
  switch (when.action) {
    case "nothing":
    case "delete":
      return { kind: when.action };
    case "update":
      scope.clause = "UPDATE";
      return { kind: "update", assignments: bindAssignments(binder, scope, table, when.set) };
    case "insert":
      scope.clause = "INSERT";
      return bindInsertAction(binder, scope, table, when);
  }
}

function bindInsertAction(binder: Binder, scope: Scope, table: TableObject, when: MergeWhenClause): MergeWhen["action"] {
  const named: AttributeObject[] = [];
  for (const column of when.columns) {
    if (column.indirection.length > 0) throw notSupportedAt("inserting into an element or field of a column", at(column.position));
    const attribute = findAttribute(table, column.name);
    if (attribute === undefined)
      throw undefinedColumn(`column "${column.name}" of relation "${table.name}" does not exist`, at(column.position));
    if (named.includes(attribute)) throw duplicateColumn(`column "${column.name}" specified more than once`, at(column.position));
    named.push(attribute);
  }
  const targets = named.length > 0 ? named : liveAttributes(table);
  const values = when.values;
  if (values.length > targets.length)
    throw syntaxError("INSERT has more expressions than target columns", at(locationOf(values[targets.length]!)));
  if (named.length > 0 && values.length < named.length && values.length > 0)
    throw syntaxError("INSERT has more target columns than expressions", at(when.columns[values.length]?.position));
  const given = new Map<AttributeObject, Expression>();
  values.forEach((expr, i) => {
    const attribute = targets[i]!;
    if (expr.kind === "Default") return;
    if (attribute.generated === true)
      throw generatedAlways(
        `cannot insert a non-DEFAULT value into column "${attribute.name}"`,
        `Column "${attribute.name}" is a generated column.`,
      );
    if (attribute.identity === "always" && when.overriding === "none")
      throw generatedAlways(
        `cannot insert a non-DEFAULT value into column "${attribute.name}"`,
        `Column "${attribute.name}" is an identity column defined as GENERATED ALWAYS.`,
        "Use OVERRIDING SYSTEM VALUE to override.",
      );
    const bound = bindExpression(binder, scope, expr);
    if (attribute.identity !== undefined && when.overriding === "user") return;
    given.set(attribute, coerceForAssignment(binder, bound, attribute.type, attribute.typmod, attribute.name, locationOf(expr)));
  });
  const written = liveAttributes(table).filter((attribute) => attribute.generated !== true);
  return {
    kind: "insert",
    given: (values.length === 0 ? named : targets.slice(0, values.length)).map((attribute) => attribute.number),
    values: written.map((attribute) => ({
      attribute: attribute.number,
      value: given.get(attribute) ?? defaultOrNull(binder, attribute),
    })),
  };
}
