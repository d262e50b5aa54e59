/** INSERT, UPDATE, DELETE. */

import type { TableObject } from "../../src/catalog/index.js";
import { CURRENT_OF_ID } from "../../src/functions/index.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn, Returning, RowChecks } from "../../src/plan/index.js";
import { DbError, notSupported, TypeOid, wrongObjectType } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type {
  DeleteStatement,
  FromItem,
  ModificationStatement,
  RelationName,
  ReturningClause,
  UpdateStatement,
} from "../parser/syntax-tree.js";
import { bindAssignments } from "./bind-assignment.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindFrom, checkAliases, crossJoin, findRelationObject, noteRelation, scanTable } from "./bind-from.js";
import { bindInsert } from "./bind-insert.js";
import { bindMerge } from "./bind-merge.js";
import { withTables } from "./bind-query.js";
import { bindTargets } from "./bind-select.js";
import {
  assignedFace,
  bindViewTarget,
  passagesOf,
  requireAssignable,
  substitute,
  type ViewTarget,
  type ViewVerb,
  viewSource,
} from "./bind-view-target.js";
import { bindWith } from "./bind-with.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean, resolveUnknown } from "./coerce.js";
import { mentionedColumns } from "./mentioned-columns.js";
import { TargetGuard } from "./row-security.js";
import { type NamespaceItem, Scope } from "./scope.js";
import { visitExpression } from "./walk.js";

export function bindModification(binder: Binder, parent: Scope | undefined, statement: ModificationStatement): LogicalPlan {
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
  noteRelation(binder, relation, object);
  const view = bindViewTarget(binder, object, verb);
  return { table: view.table, view };
}

/** The table that is changed; everything else is refused. */
export function targetTable(binder: Binder, relation: RelationName, verb: ViewVerb): TableObject {
  const object = findRelationObject(binder, relation.schema, relation.name, relation.position);
  noteRelation(binder, relation, object);
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
  readonly guard: TargetGuard | undefined;
  readonly where?: Expression;
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
  verb: "update" | "delete",
): Target_ {
  const named = view?.view ?? table;
  const name = relation.alias?.name ?? named.name;
  const scan = view?.scan ?? scanTable(binder, table, name, true, !relation.only);
  const { rowId, tableOid, systemColumns } = scan;
  const columns = view?.columns ?? scan.columns;
  const guard = view === undefined ? TargetGuard.of(binder, table) : view.guard;
  const plan = view === undefined ? (guard?.guarded(scan.plan, scan.columns, verb) ?? scan.plan) : viewSource(view);
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
  let predicate: Expression | undefined;
  if (where?.kind === "CurrentOf") predicate = currentOf(where.cursor, table, rowId!);
  else if (where !== undefined) predicate = coerceToBoolean(binder, bindExpression(binder, scope, where), "WHERE", locationOf(where));
  if (predicate !== undefined) source = { kind: "Filter", input: source, predicate, columns: source.columns };
  return { source, rowId: rowId!.id, oldRow: scan.columns, item, guard, ...(predicate === undefined ? {} : { where: predicate }) };
}
/** What new rows must meet: policies first, then the view's conditions. A view's target counts as read. */
export function rowChecksOf(
  binder: Binder,
  table: TableObject,
  view: ViewTarget | undefined,
  guard: TargetGuard | undefined,
  verb: "insert" | "update",
  reads: boolean,
): { readonly rowChecks?: RowChecks } {
  if (guard === undefined)
    return view === undefined || view.checks.length === 0 ? {} : { rowChecks: { row: view.scan.columns, checks: view.checks } };
  const row = view?.scan.columns ?? freshRow(binder, table);
  return { rowChecks: { row, checks: [...guard.checks(row, verb, reads), ...(view?.checks ?? [])] } };
}
/** Columns that stand for a row of the table wherever it comes from. */
export const freshRow = (binder: Binder, table: TableObject): readonly PlanColumn[] =>
  table.attributes.filter((a) => !a.dropped).map((a) => binder.newColumn(a.name, a.type, a.typmod));

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
  const target = bindTarget(binder, scope, statement.relation, table, statement.from, statement.where, view, "update");
  scope.clause = "UPDATE";
  const set = statement.set.map((assignment) => assignment.column);
  requireAssignable(view, set, "update");
  const assignments = bindAssignments(binder, scope, view === undefined ? table : assignedFace(view), statement.set);
  const returning = bindReturning(binder, scope, table, target.item, statement.returning, { old: target.item.columns, new: "row" }, view);
  const written = [target.source, assignments, returning?.returning.expressions ?? []];
  const reads = target.guard?.settle([...target.oldRow, ...(returning?.returning.row ?? [])], written) === true;
  return {
    kind: "Update",
    relation: table.oid,
    source: target.source,
    rowId: target.rowId,
    ...(target.item.tableOid === undefined ? {} : { tableOid: target.item.tableOid }),
    oldRow: target.oldRow,
    assignments,
    ...passagesOf(
      view,
      [...mentionedColumns([target.where, assignments], target.item.columns), ...(returning?.read ?? [])],
      undefined,
      set,
    ),
    ...(returning === undefined ? {} : { returning: returning.returning }),
    ...rowChecksOf(binder, table, view, target.guard, "update", reads),
    columns: returning?.columns ?? [],
  };
}

function bindDelete(binder: Binder, scope: Scope, statement: DeleteStatement): LogicalPlan {
  const { table, view } = modificationTarget(binder, statement.relation, "delete from");
  const target = bindTarget(binder, scope, statement.relation, table, statement.using, statement.where, view, "delete");
  const returning = bindReturning(binder, scope, table, target.item, statement.returning, { old: "row", new: "none" }, view);
  const read = [...target.oldRow, ...(returning?.returning.row ?? [])];
  target.guard?.settle(read, [target.source, returning?.returning.expressions ?? []]);
  return {
    kind: "Delete",
    relation: table.oid,
    ...passagesOf(view, [...mentionedColumns(target.where, target.item.columns), ...(returning?.read ?? [])]),
    source: target.source,
    rowId: target.rowId,
    ...(target.item.tableOid === undefined ? {} : { tableOid: target.item.tableOid }),
    oldRow: target.oldRow,
    ...(returning === undefined ? {} : { returning: returning.returning }),
    columns: returning?.columns ?? [],
  };
}

/** `read`: places of the target's columns that are read. RETURNING sees the row as it was written (deleted: as it was), so the target's columns get ids of their own there. */
export function bindReturning(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  target: NamespaceItem,
  clause: ReturningClause,
  versions: RowVersions,
  view?: ViewTarget,
): { readonly returning: Returning; readonly columns: readonly PlanColumn[]; readonly read: readonly number[] } | undefined {
  const { targets } = clause;
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
  const seen = [item, ...scope.items.filter((other) => other !== target && other.rowId !== target.rowId)];
  const aliases = versionItems(binder, clause, versions, item, seen);
  for (const alias of aliases.items) binder.own(scope, alias);
  scope.items = [...seen, ...aliases.items];
  scope.clause = "RETURNING";
  const action = versions.action;
  if (action !== undefined) binder.owners[action.id] = scope;
  scope.mergeAction = action;
  const entries = bindTargets(binder, scope, targets);
  const written = entries.map((entry) => entry.expression);
  const read = [item, ...aliases.items].flatMap(({ columns }) => mentionedColumns(written, columns));
  scope.items = saved;
  scope.mergeAction = undefined;
  const replacement = new Map([...(columnsOfView?.computed ?? []), ...aliases.absent]);
  const expressions = entries
    .map((entry) => resolveUnknown(binder, entry.expression))
    .map((e) => (replacement.size === 0 ? e : substitute(e, replacement)));
  const columns = entries.map((entry, i) => {
    const expression = expressions[i]!;
    const origin = expression.kind === "ColumnReference" ? item.columns.find((column) => column.id === expression.id)?.origin : undefined;
    return binder.newColumn(entry.name, expression.type, expression.typmod, origin);
  });
  if (view !== undefined && versions.old === "other" && versions.new === "row" && aliases.other !== undefined)
    for (const place of mentionedColumns(written, aliases.other))
      throw notSupported(`RETURNING old.${aliases.other[place]?.name} with ON CONFLICT DO UPDATE through a view`);
  const mentioned = new Set<ColumnId>();
  for (const expression of expressions)
    visitExpression(expression, (e) => {
      if (e.kind === "ColumnReference") mentioned.add(e.id);
    });
  const returning: Returning = {
    row,
    expressions,
    ...(aliases.other?.some((c) => mentioned.has(c.id)) === true ? { other: aliases.other } : {}),
    ...(action === undefined ? {} : { action }),
    ...(tableOid === undefined ? {} : { tableOid }),
  };
  return { returning, columns, read };
}

/** Where OLD and NEW of RETURNING come from: `row` is what RETURNING sees anyway, `other` what the operator hands in beside it. */
export interface RowVersions {
  readonly old: readonly PlanColumn[] | "row" | "other" | "none";
  readonly new: "row" | "other" | "none";
  /** MERGE's merge_action(). */
  readonly action?: PlanColumn;
}
/** The relations old and new; their columns that stand for no row are `absent`: NULL. */
function versionItems(
  binder: Binder,
  clause: ReturningClause,
  versions: RowVersions,
  target: NamespaceItem,
  seen: readonly NamespaceItem[],
): {
  readonly items: readonly NamespaceItem[];
  readonly other: readonly PlanColumn[] | undefined;
  readonly absent: ReadonlyMap<ColumnId, Expression>;
} {
  const fresh = (): PlanColumn[] =>
    target.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod, column.origin));
  const absent = new Map<ColumnId, Expression>();
  let other: readonly PlanColumn[] | undefined;
  const columnsOf = (version: RowVersions["old"]): readonly PlanColumn[] => {
    if (version === "row") return target.columns;
    if (version === "other") {
      other ??= fresh();
      return other;
    }
    if (version !== "none") return version;
    const columns = fresh();
    for (const { id, type, typmod } of columns) absent.set(id, { kind: "Constant", value: null, type, typmod });
    return columns;
  };
  const items: NamespaceItem[] = [];
  for (const version of ["old", "new"] as const) {
    const name = clause[version] ?? version;
    const isTaken = [...seen, ...items].some((item) => item.relationVisible && item.name === name);
    if (isTaken && clause[version] !== undefined)
      throw new DbError({ sqlstate: "42712", message: `table name "${name}" specified more than once` });
    if (isTaken) continue;
    items.push({ name, columns: columnsOf(versions[version]), relationVisible: true, columnsVisible: false });
  }
  return { items, other, absent };
}
/** The view's columns over a row of the table. */
export function viewReturning(
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
