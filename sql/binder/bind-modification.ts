/** INSERT, UPDATE, DELETE. */

import type { TableObject } from "../../src/catalog/index.js";
import { CURRENT_OF_ID } from "../../src/functions/index.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn, Returning } from "../../src/plan/index.js";
import { notSupported, TypeOid, wrongObjectType } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type {
  DeleteStatement,
  FromItem,
  InsertStatement,
  MergeStatement,
  RelationName,
  Target,
  UpdateStatement,
} from "../parser/syntax-tree.js";
import { bindAssignments } from "./bind-assignment.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindFrom, checkAliases, crossJoin, findRelationObject, scanTable } from "./bind-from.js";
import { bindInsert } from "./bind-insert.js";
import { bindMerge } from "./bind-merge.js";
import { withTables } from "./bind-query.js";
import { bindTargets } from "./bind-select.js";
import { bindViewTarget, requireWritable, substitute, type ViewTarget, type ViewVerb, viewSource } from "./bind-view-target.js";
import { bindWith } from "./bind-with.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean, resolveUnknown } from "./coerce.js";
import { type NamespaceItem, Scope } from "./scope.js";

export function bindModification(
  binder: Binder,
  parent: Scope | undefined,
  statement: InsertStatement | UpdateStatement | DeleteStatement | MergeStatement,
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
    case "Merge":
      return withTables(tables, bindMerge(binder, scope, statement));
  }
}

/** What is changed: a table, or a view that stands for one. */
export function modificationTarget(
  binder: Binder,
  relation: RelationName,
  verb: ViewVerb,
): { readonly table: TableObject; readonly view?: ViewTarget } {
  const object = binder.catalog.relation(relation.schema, relation.name);
  if (object?.class !== "view") return { table: targetTable(binder, relation, verb) };
  binder.relationsRead.add(object.oid);
  const view = bindViewTarget(binder, object, verb);
  return { table: view.table, view };
}

/** The table that is changed; everything else is refused. */
export function targetTable(binder: Binder, relation: RelationName, verb: ViewVerb): TableObject {
  const object = findRelationObject(binder, relation.schema, relation.name, relation.position);
  switch (object.class) {
    case "table":
      if (object.materialized !== undefined) throw wrongObjectType(`cannot change materialized view "${object.name}"`);
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
  view: ViewTarget | undefined,
): Target_ {
  const named = view?.view ?? table;
  const name = relation.alias?.name ?? named.name;
  const scan = view?.scan ?? scanTable(binder, table, name, true, !relation.only);
  const { rowId, tableOid, systemColumns } = scan;
  const columns = view?.columns ?? scan.columns;
  const plan = view === undefined ? scan.plan : viewSource(view);
  const schema = relation.alias === undefined ? (relation.schema ?? binder.catalog.schemaByOid(named.schema)?.name) : undefined;
  const item: NamespaceItem = {
    name,
    ...(schema === undefined ? {} : { schema }),
    relation: named.oid,
    ...(relation.alias === undefined ? {} : { tableName: named.name }),
    columns,
    relationVisible: true,
    columnsVisible: true,
    rowId: rowId!.id,
    ...(tableOid === undefined ? {} : { tableOid: tableOid.id }),
    ...(systemColumns.length === 0 ? {} : { systemColumns }),
  };
  binder.own(scope, item);
  let source: LogicalPlan = plan;
  scope.clause = "FROM";
  if (from.length > 0) {
    const others = new Scope(scope.parent);
    for (const [cteName, cte] of scope.ctes) others.ctes.set(cteName, cte);
    const right = bindFrom(binder, others, from);
    checkAliases([item], others.items);
    for (const other of others.items) binder.own(scope, other);
    scope.items = [item, ...others.items];
    source = crossJoin(source, right, false);
  } else scope.items = [item];
  scope.clause = "WHERE";
  if (where?.kind === "CurrentOf") {
    source = { kind: "Filter", input: source, predicate: currentOf(where.cursor, table, rowId!), columns: source.columns };
  } else if (where !== undefined) {
    const predicate = coerceToBoolean(binder, bindExpression(binder, scope, where), "WHERE", locationOf(where));
    source = { kind: "Filter", input: source, predicate, columns: source.columns };
  }
  return { source, rowId: rowId!.id, oldRow: scan.columns, item };
}
const viewChecksOf = (view: ViewTarget | undefined) =>
  view === undefined || view.checks.length === 0 ? {} : { viewChecks: { row: view.scan.columns, checks: view.checks } };

/** The row that the cursor is on, by its row id. */
function currentOf(cursor: string, table: TableObject, rowId: PlanColumn): Expression {
  const text = (value: string): Expression => ({ kind: "Constant", value, type: TypeOid.text, typmod: -1 });
  const current: Expression = {
    kind: "FunctionCall",
    functionId: CURRENT_OF_ID,
    args: [text(cursor), { kind: "Constant", value: table.oid, type: TypeOid.oid, typmod: -1 }, text(table.name)],
    strict: true,
    volatility: "stable",
    syntax: { form: "function", name: "current_of" },
    type: TypeOid.int8,
    typmod: -1,
  };
  return {
    kind: "FunctionCall",
    functionId: "int8eq(int8,int8)",
    args: [columnReference(rowId), current],
    strict: true,
    volatility: "immutable",
    syntax: { form: "operator", name: "=" },
    type: TypeOid.bool,
    typmod: -1,
  };
}

function bindUpdate(binder: Binder, scope: Scope, statement: UpdateStatement): LogicalPlan {
  const { table, view } = modificationTarget(binder, statement.relation, "update");
  const target = bindTarget(binder, scope, statement.relation, table, statement.from, statement.where, view);
  scope.clause = "UPDATE";
  if (view !== undefined)
    for (const { column } of statement.set) {
      const attribute = view.face.attributes.find((a) => a.name === column);
      if (attribute !== undefined) requireWritable(view, attribute, "update");
    }
  const assignments = bindAssignments(binder, scope, view?.face ?? table, statement.set);
  const returning = bindReturning(binder, scope, table, target.item, statement.returning, view);
  return {
    kind: "Update",
    relation: table.oid,
    source: target.source,
    rowId: target.rowId,
    ...(target.item.tableOid === undefined ? {} : { tableOid: target.item.tableOid }),
    oldRow: target.oldRow,
    assignments,
    ...(returning === undefined ? {} : { returning: returning.returning }),
    ...viewChecksOf(view),
    columns: returning?.columns ?? [],
  };
}

function bindDelete(binder: Binder, scope: Scope, statement: DeleteStatement): LogicalPlan {
  const { table, view } = modificationTarget(binder, statement.relation, "delete from");
  const target = bindTarget(binder, scope, statement.relation, table, statement.using, statement.where, view);
  const returning = bindReturning(binder, scope, table, target.item, statement.returning, view);
  return {
    kind: "Delete",
    relation: table.oid,
    source: target.source,
    rowId: target.rowId,
    ...(target.item.tableOid === undefined ? {} : { tableOid: target.item.tableOid }),
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
  view?: ViewTarget,
): { readonly returning: Returning; readonly columns: readonly PlanColumn[] } | undefined {
  if (targets.length === 0) return undefined;
  const row = table.attributes
    .filter((attribute) => !attribute.dropped)
    .map((attribute) =>
      binder.newColumn(attribute.name, attribute.type, attribute.typmod, { relation: table.oid, attribute: attribute.number }),
    );
  const tableOid = binder.mentionsSystemColumns ? binder.newColumn("tableoid", TypeOid.oid, -1) : undefined;
  const { systemColumns: _scanned, ...named } = target;
  const columnsOfView = view === undefined ? undefined : viewReturning(binder, view, row);
  const item: NamespaceItem = {
    ...named,
    columns: columnsOfView?.columns ?? row,
    ...(tableOid === undefined ? {} : { systemColumns: [tableOid] }),
  };
  binder.own(scope, item);
  const saved = scope.items;
  scope.items = [item, ...scope.items.filter((other) => other !== target && other.rowId !== target.rowId)];
  scope.clause = "RETURNING";
  const entries = bindTargets(binder, scope, targets);
  scope.items = saved;
  const replacement = columnsOfView?.computed;
  const expressions = entries
    .map((entry) => resolveUnknown(binder, entry.expression))
    .map((e) => (replacement === undefined ? e : substitute(e, replacement)));
  const columns = entries.map((entry, i) => {
    const expression = expressions[i]!;
    const origin = expression.kind === "ColumnReference" ? item.columns.find((column) => column.id === expression.id)?.origin : undefined;
    return binder.newColumn(entry.name, expression.type, expression.typmod, origin);
  });
  return { returning: { row, expressions, ...(tableOid === undefined ? {} : { tableOid }) }, columns };
}
/** The view's columns over the new row. */
function viewReturning(
  binder: Binder,
  view: ViewTarget,
  row: readonly PlanColumn[],
): { readonly columns: readonly PlanColumn[]; readonly computed: ReadonlyMap<ColumnId, Expression> } {
  const toRow = new Map<ColumnId, Expression>(
    view.scan.columns.map((c, i) => {
      const column = row[i] as PlanColumn;
      return [c.id, { kind: "ColumnReference", id: column.id, name: column.name, type: column.type, typmod: column.typmod }];
    }),
  );
  const computed = new Map<ColumnId, Expression>();
  const columns = view.columns.map((c) => {
    const own = view.computed.get(c.id);
    if (own === undefined) {
      const at = view.scan.columns.findIndex((s) => s.id === c.id);
      const { origin: _base, ...column } = row[at] as PlanColumn;
      return { ...column, name: c.name, ...(c.origin === undefined ? {} : { origin: c.origin }) };
    }
    const column = binder.newColumn(c.name, c.type, c.typmod, c.origin);
    computed.set(column.id, substitute(own, toRow));
    return column;
  });
  return { columns, computed };
}

export { TypeOid };
