/** INSERT, UPDATE, DELETE. */

import type { TableObject } from "../../src/catalog/index.js";
import type { ColumnId, LogicalPlan, PlanColumn, Returning } from "../../src/plan/index.js";
import { notSupported, TypeOid, wrongObjectType } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { DeleteStatement, FromItem, InsertStatement, RelationName, Target, UpdateStatement } from "../parser/syntax-tree.js";
import { bindAssignments } from "./bind-assignment.js";
import { bindExpression } from "./bind-expression.js";
import { bindFrom, crossJoin, findRelationObject, scanTable } from "./bind-from.js";
import { bindInsert } from "./bind-insert.js";
import { withTables } from "./bind-query.js";
import { bindTargets } from "./bind-select.js";
import { bindWith } from "./bind-with.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean, resolveUnknown } from "./coerce.js";
import { type NamespaceItem, Scope } from "./scope.js";

export function bindModification(
  binder: Binder,
  parent: Scope | undefined,
  statement: InsertStatement | UpdateStatement | DeleteStatement,
): LogicalPlan {
  const scope = new Scope(parent);
  const tables = statement.with === undefined ? [] : bindWith(binder, scope, statement.with);
  switch (statement.kind) {
    case "Insert":
      return withTables(tables, bindInsert(binder, scope, statement));
    case "Update":
      return withTables(tables, bindUpdate(binder, scope, statement));
    case "Delete":
      return withTables(tables, bindDelete(binder, scope, statement));
  }
}

/** The table that is changed; everything else is refused. */
export function targetTable(binder: Binder, relation: RelationName, verb: "insert into" | "update" | "delete from"): TableObject {
  const object = findRelationObject(binder, relation.schema, relation.name, relation.position);
  switch (object.class) {
    case "table":
      return object;
    case "view":
      throw notSupported(`${verb} view "${object.name}"`);
    case "system":
      throw notSupported(`${verb} system relation "${object.schemaName}.${object.name}"`);
    case "sequence":
      throw wrongObjectType(`cannot change sequence "${object.name}"`);
    case "index":
      throw wrongObjectType(`cannot open relation "${object.name}"`, relation.position, "This operation is not supported for indexes.");
  }
}

interface Target_ {
  readonly source: LogicalPlan;
  readonly rowId: ColumnId;
  readonly oldRow: readonly PlanColumn[];
  readonly item: NamespaceItem;
}
/** The target's scan joined with FROM/USING and filtered: the rows to change. */
function bindTarget(
  binder: Binder,
  scope: Scope,
  relation: RelationName,
  table: TableObject,
  from: readonly FromItem[],
  where: UpdateStatement["where"],
): Target_ {
  const name = relation.alias?.name ?? table.name;
  const { plan, columns, rowId } = scanTable(binder, table, name, true);
  const schema = relation.alias === undefined ? (relation.schema ?? binder.catalog.schemaByOid(table.schema)?.name) : undefined;
  const item: NamespaceItem = {
    name,
    ...(schema === undefined ? {} : { schema }),
    relation: table.oid,
    ...(relation.alias === undefined ? {} : { tableName: table.name }),
    columns,
    relationVisible: true,
    columnsVisible: true,
    rowId: rowId!.id,
  };
  binder.own(scope, item);
  let source: LogicalPlan = plan;
  scope.clause = "FROM";
  if (from.length > 0) {
    const others = new Scope(scope.parent);
    for (const [cteName, cte] of scope.ctes) others.ctes.set(cteName, cte);
    const right = bindFrom(binder, others, from);
    for (const other of others.items) binder.own(scope, other);
    scope.items = [item, ...others.items];
    source = crossJoin(source, right, false);
  } else scope.items = [item];
  scope.clause = "WHERE";
  if (where !== undefined) {
    const predicate = coerceToBoolean(binder, bindExpression(binder, scope, where), "WHERE", locationOf(where));
    source = { kind: "Filter", input: source, predicate, columns: source.columns };
  }
  return { source, rowId: rowId!.id, oldRow: columns, item };
}

function bindUpdate(binder: Binder, scope: Scope, statement: UpdateStatement): LogicalPlan {
  const table = targetTable(binder, statement.relation, "update");
  const target = bindTarget(binder, scope, statement.relation, table, statement.from, statement.where);
  scope.clause = "UPDATE";
  const assignments = bindAssignments(binder, scope, table, statement.set);
  const returning = bindReturning(binder, scope, table, target.item, statement.returning);
  return {
    kind: "Update",
    relation: table.oid,
    source: target.source,
    rowId: target.rowId,
    oldRow: target.oldRow,
    assignments,
    ...(returning === undefined ? {} : { returning: returning.returning }),
    columns: returning?.columns ?? [],
  };
}

function bindDelete(binder: Binder, scope: Scope, statement: DeleteStatement): LogicalPlan {
  const table = targetTable(binder, statement.relation, "delete from");
  const target = bindTarget(binder, scope, statement.relation, table, statement.using, statement.where);
  const returning = bindReturning(binder, scope, table, target.item, statement.returning);
  return {
    kind: "Delete",
    relation: table.oid,
    source: target.source,
    rowId: target.rowId,
    oldRow: target.oldRow,
    ...(returning === undefined ? {} : { returning: returning.returning }),
    columns: returning?.columns ?? [],
  };
}

/** RETURNING sees the row as it was written (deleted: as it was), so the target's columns get ids of their own there. */
export function bindReturning(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  target: NamespaceItem,
  targets: readonly Target[],
): { readonly returning: Returning; readonly columns: readonly PlanColumn[] } | undefined {
  if (targets.length === 0) return undefined;
  const row = table.attributes
    .filter((attribute) => !attribute.dropped)
    .map((attribute) =>
      binder.newColumn(attribute.name, attribute.type, attribute.typmod, { relation: table.oid, attribute: attribute.number }),
    );
  const item: NamespaceItem = { ...target, columns: row };
  binder.own(scope, item);
  const saved = scope.items;
  scope.items = [item, ...scope.items.filter((other) => other !== target && other.rowId !== target.rowId)];
  scope.clause = "RETURNING";
  const entries = bindTargets(binder, scope, targets);
  scope.items = saved;
  const expressions = entries.map((entry) => resolveUnknown(binder, entry.expression));
  const columns = entries.map((entry, i) => {
    const expression = expressions[i]!;
    const origin = expression.kind === "ColumnReference" ? row.find((column) => column.id === expression.id)?.origin : undefined;
    return binder.newColumn(entry.name, expression.type, expression.typmod, origin);
  });
  return { returning: { row, expressions }, columns };
}
export { TypeOid };
