/** FROM: tables, views, WITH entries, subqueries, functions, joins. */

import type { SystemRelation, TableObject, ViewObject } from "../../src/catalog/index.js";
import type { Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import {
  ambiguousColumn, DbError, datatypeMismatch, duplicateAlias, duplicateColumn, FIRST_USER_OID, featureNotSupported, invalidColumnReference, invalidSampleArgument, notPopulated, type Oid, syntaxError, TypeOid, undefinedColumn, undefinedObjectAt, undefinedTable, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { locationOf } from "../parser/location.js";
import type { Alias, Expr, FromItem, FunctionItem, JoinItem, RelationItem, SampleClause, SubqueryItem } from "../parser/syntax-tree.js";
import type { JsonTableItem } from "../parser/syntax-tree-json.js";
import { bindExpression, columnReference, resolveTypeName } from "./bind-expression.js";
import { bindJsonTable } from "./bind-json-table.js";
import { type InheritedLocks, inheritedClauses, isLocked } from "./bind-locking.js";
import { bindQuery } from "./bind-query.js";
import { bindView } from "./bind-view.js";
import { at, type Binder } from "./binder.js";
import { coerceTo, coerceToBoolean, commonType, tryCoerce } from "./coerce.js";
import { outputName } from "./output-name.js";
import { equalityId, operatorCall, outColumnsOf, requireOperator } from "./resolve.js";
import { actingView, behindBarrier, isBarrier, visibleRows } from "./row-security.js";
import { type NamespaceItem, Scope } from "./scope.js";

interface Bound {
  readonly plan: LogicalPlan;
  readonly items: readonly NamespaceItem[];
  readonly lateral: boolean;
}

/** One row without columns: what a SELECT without FROM reads. */
const ONE_ROW: LogicalPlan = { kind: "Values", rows: [[]], columns: [] };

/** Binds the list and leaves its names in `scope.items`. */
export function bindFrom(binder: Binder, scope: Scope, from: readonly FromItem[]): LogicalPlan {
  let plan: LogicalPlan | undefined;
  const items: NamespaceItem[] = [...scope.items];
  for (const item of from) {
    const bound = bindItem(binder, scope, item, items);
    checkAliases(items, bound.items);
    items.push(...bound.items);
    plan = plan === undefined ? bound.plan : crossJoin(plan, bound.plan, bound.lateral);
  }
  scope.items = items;
  return plan ?? ONE_ROW;
}
export const crossJoin = (left: LogicalPlan, right: LogicalPlan, lateral: boolean): LogicalPlan => ({
  kind: "Join",
  type: "inner",
  left,
  right,
  lateral,
  columns: [...left.columns, ...right.columns],
});

export function checkAliases(left: readonly NamespaceItem[], right: readonly NamespaceItem[]): void {
  for (const item of right) {
    if (!item.relationVisible || item.name === "") continue;
    const clash = left.find((other) => other.relationVisible && other.name === item.name);
    // Two tables of one name in different schemas can be told apart, unless they have aliases.
    if (
      clash !== undefined &&
      (clash.schema === item.schema || clash.schema === undefined || item.schema === undefined || clash.relation === item.relation)
    ) {
      throw duplicateAlias(item.name, undefined);
    }
  }
}

/** `before`: what stands to the left, which LATERAL sees. */
function bindItem(binder: Binder, scope: Scope, item: FromItem, before: readonly NamespaceItem[]): Bound {
  const bound = bindEntry(binder, scope, item, before);
  const isOneRelation = item.kind !== "JoinItem" || item.alias !== undefined;
  if (isOneRelation) binder.notes?.entry(item, bound.items[0]!);
  return bound;
}
function bindEntry(binder: Binder, scope: Scope, item: FromItem, before: readonly NamespaceItem[]): Bound {
  switch (item.kind) {
    case "Relation":
      return bindRelation(binder, scope, item);
    case "SubqueryItem":
      return bindSubqueryItem(binder, scope, item, before);
    case "FunctionItem":
      return bindFunctionItem(binder, scope, item, before);
    case "JsonTableItem":
      return bindJsonTableItem(binder, scope, item, before);
    case "JoinItem":
      return bindJoin(binder, scope, item, before);
  }
}

function single(binder: Binder, scope: Scope, plan: LogicalPlan, item: NamespaceItem, lateral = false): Bound {
  binder.own(scope, item);
  return { plan, items: [item], lateral };
}

/** Column aliases rename from the left; too many are an error. */
export function applyAlias(columns: readonly PlanColumn[], name: string, alias: Alias | undefined): readonly PlanColumn[] {
  if (alias === undefined || alias.columns.length === 0) return columns;
  if (alias.columns.length > columns.length) {
    throw invalidColumnReference(`table "${name}" has ${columns.length} columns available but ${alias.columns.length} columns specified`);
  }
  return columns.map((column, i) => (alias.columns[i] === undefined ? column : { ...column, name: alias.columns[i]! }));
}

// ---- relations

function bindRelation(binder: Binder, scope: Scope, item: RelationItem): Bound {
  const { relation } = item;
  const alias = relation.alias;
  if (relation.schema === undefined) {
    const cte = scope.findCte(relation.name);
    if (cte !== undefined && item.sample !== undefined) throw onlyTablesSampled(item.position);
    if (cte !== undefined) return bindCteReference(binder, scope, item, cte);
  }
  const object = findRelationObject(binder, relation.schema, relation.name, item.position, scope);
  const name = alias?.name ?? object.name;
  const schemaName = binder.catalog.schemaByOid(object.schema)?.name;
  noteRelation(binder, relation, object);
  const schema = alias === undefined ? (relation.schema ?? schemaName) : undefined;
  const locked = isLocked(scope, name);
  const make = (plan: LogicalPlan, columns: readonly PlanColumn[], rest: Partial<NamespaceItem> = {}): Bound => {
    binder.reads.push({
      relation: object.oid,
      view: actingView(binder),
      columns: columns.map((column, i) => ({ id: column.id, attribute: column.origin?.attribute ?? i + 1 })),
      ...(locked ? { locked } : {}),
    });
    return single(binder, scope, plan, {
      name,
      ...(schema === undefined ? {} : { schema }),
      relation: object.oid,
      wholeRow: object.class === "table" || object.class === "view",
      ...(alias === undefined ? {} : { tableName: object.name }),
      columns: applyAlias(columns, name, alias),
      relationVisible: true,
      columnsVisible: true,
      ...rest,
    });
  };
  const isTable = object.class === "table" || (object.class === "system" && object.isTable === true);
  if (item.sample !== undefined && !isTable) throw onlyTablesSampled(item.position);
  switch (object.class) {
    case "table": {
      const scan = scanTable(binder, object, name, locked || scope.wantsRowIds || item.sample !== undefined, !relation.only);
      const { rowId, tableOid, systemColumns } = scan;
      const lockedRow = rowId === undefined ? undefined : { relation: object.oid, rowId, ...(tableOid === undefined ? {} : { tableOid }) };
      const visible = visibleRows(binder, object, scan.plan, scan.columns, locked);
      return make(item.sample === undefined ? visible : bindSample(binder, scope, item.sample, visible, rowId!), scan.columns, {
        ...((locked || scope.wantsRowIds) && lockedRow !== undefined ? { lockedRows: [lockedRow] } : {}),
        ...(systemColumns.length === 0 ? {} : { systemColumns }),
        ...(object.materialized === undefined ? {} : { lockRefusal: { kind: "materialized view", name: object.name } }),
      });
    }
    case "system": {
      const columns = object.columns.map((column, i) =>
        binder.newColumn(column.name, column.type, column.typmod ?? -1, { relation: object.oid, attribute: i + 1 }),
      );
      binder.cacheable = false;
      const whole: LogicalPlan = {
        kind: "SystemScan",
        provider: `${object.schemaName}.${object.name}`,
        alias: name,
        attributes: columns.map((_, i) => i + 1),
        columns,
      };
      const scan = item.sample === undefined ? whole : bindSample(binder, scope, item.sample, whole);
      const lockRefusal = { kind: "system relation", name: object.name } as const;
      if (!binder.mentionsSystemColumns) return make(scan, columns, { lockRefusal });
      // Of the system columns a computed row has the one that says whose it is.
      const tableOid = binder.newColumn("tableoid", TypeOid.oid, -1);
      const plan: LogicalPlan = {
        kind: "Project",
        input: scan,
        expressions: [
          ...columns.map((column) => columnReference(column)),
          { kind: "Constant", value: object.oid, type: TypeOid.oid, typmod: -1 },
        ],
        columns: [...columns, tableOid],
      };
      return make(plan, columns, { systemColumns: [tableOid], lockRefusal });
    }
    case "view": {
      const locks = inheritedLocks(scope, name, true, !isBarrier(object));
      const plan = behindBarrier(object, bindView(binder, object, locks));
      return make(plan, plan.columns.slice(0, object.columns.length), locks === undefined ? {} : { lockedRows: locks.rows });
    }
    case "sequence": {
      const columns = [
        binder.newColumn("last_value", TypeOid.int8, -1),
        binder.newColumn("log_cnt", TypeOid.int8, -1),
        binder.newColumn("is_called", TypeOid.bool, -1),
      ];
      const scan: LogicalPlan = { kind: "SystemScan", provider: `sequence:${object.storage}`, alias: name, attributes: [1, 2, 3], columns };
      return make(scan, columns, { lockRefusal: { kind: "sequence", name: object.name } });
    }
    case "index":
      throw wrongObjectType(`cannot open relation "${object.name}"`, at(item.position), "This operation is not supported for indexes.");
  }
}

/** Of an entry of FROM that is a query itself. */
function inheritedLocks(scope: Scope, name: string, ofView: boolean, mayHandUp: boolean): InheritedLocks | undefined {
  const clauses = inheritedClauses(scope, name);
  return clauses.length === 0 ? undefined : { clauses, ofView, rows: [], mayHandUp };
}

const onlyTablesSampled = (position: number) =>
  featureNotSupported("TABLESAMPLE clause can only be applied to tables and materialized views", at(position));

function bindSample(binder: Binder, scope: Scope, sample: SampleClause, input: LogicalPlan, rowId?: PlanColumn): LogicalPlan {
  const { method } = sample;
  if (method !== "system" && method !== "bernoulli")
    throw undefinedObjectAt(`tablesample method ${method} does not exist`, at(sample.position));
  if (sample.args.length !== 1)
    throw invalidSampleArgument(`tablesample method ${method} requires 1 argument, not ${sample.args.length}`, at(sample.position));
  const bind = (expr: Expr, type: number): Expression => {
    const written = bindExpression(binder, scope, expr);
    return tryCoerce(binder, written, type, "assignment") ?? coerceTo(binder, written, type, "TABLESAMPLE");
  };
  return {
    kind: "Sample",
    input,
    method,
    percentage: bind(sample.args[0]!, TypeOid.float4),
    ...(sample.repeatable === undefined ? {} : { seed: bind(sample.repeatable, TypeOid.float8) }),
    ...(rowId === undefined ? {} : { rowId: rowId.id }),
    columns: input.columns,
  };
}

/** For SQL that is to be stored: the relation's schema, and where a renamed relation, or one in a renamed schema, is mentioned. */
export function noteRelation(
  binder: Binder,
  relation: RelationItem["relation"],
  object: { readonly oid: Oid; readonly schema: Oid; readonly name: string },
): void {
  const { renaming, recorded } = binder;
  // A view's own text was resolved when it was made.
  if ((renaming === undefined && recorded === undefined) || binder.viewStack.length > 0) return;
  const schemaName = binder.catalog.schemaByOid(object.schema)?.name;
  if (recorded !== undefined && relation.schema === undefined && schemaName !== undefined && schemaName !== "pg_catalog")
    recorded.schemas.set(relation, schemaName);
  if (renaming === undefined) return;
  if (renaming.kind === "relation" && renaming.relation === object.oid)
    renaming.relations.set(relation, { schema: renaming.schema ?? schemaName ?? "", name: renaming.name ?? object.name });
  if (renaming.kind === "schema" && renaming.oid === object.schema)
    renaming.relations.set(relation, { schema: renaming.name, name: object.name });
}

export function findRelationObject(binder: Binder, schema: string | undefined, name: string, position: number, scope?: Scope) {
  const object = binder.catalog.relation(schema, name);
  if (object === undefined) {
    const later = schema === undefined && scope?.hasLaterTable(name) === true;
    throw undefinedTable(
      `relation "${schema === undefined ? "" : `${schema}.`}${name}" does not exist`,
      at(position),
      later
        ? {
            detail: `There is a WITH item named "${name}", but it cannot be referenced from this part of the query.`,
            hint: "Use WITH RECURSIVE, or re-order the WITH items to remove forward references.",
          }
        : {},
    );
  }
  binder.relationsRead.add(object.oid);
  return object;
}
export type ReadableRelation = TableObject | ViewObject | SystemRelation;

export function scanTable(binder: Binder, table: TableObject, alias: string, withRowId: boolean, withChildren = false) {
  // What only prints the query reads nothing.
  if (table.materialized?.populated === false && binder.notes === undefined) throw notPopulated(table.name);
  const attributes = table.attributes.filter((attribute) => !attribute.dropped);
  const columns = attributes.map((attribute) =>
    binder.newColumn(attribute.name, attribute.type, attribute.typmod, { relation: table.oid, attribute: attribute.number }),
  );
  const numbers = attributes.map((attribute) => attribute.number);
  const all = [...columns];
  const add = (name: string, number: number, type: Oid): PlanColumn => {
    const column = binder.newColumn(name, type, -1);
    all.push(column);
    numbers.push(number);
    return column;
  };
  const inherits = withChildren && (table.partitioned !== undefined || binder.catalog.childrenOf(table.oid).length > 0);
  const rowId = withRowId ? add("", 0, TypeOid.int8) : undefined;
  const tableOid = withRowId && inherits ? add("", TABLE_OID, TypeOid.oid) : undefined;
  const systemColumns = binder.mentionsSystemColumns
    ? Object.entries(SCANNED_SYSTEM_COLUMNS)
        .filter(([, [, type]]) => binder.registry.typeByOid(type) !== undefined)
        .map(([name, [number, type]]) => add(name, number, type))
    : [];
  if (
    table.attributes.some(
      (a) => a.collation !== undefined || (a.type >= FIRST_USER_OID && binder.registry.typeByOid(a.type)?.collation !== undefined),
    )
  )
    binder.collated = true;
  const kind = inherits ? "AppendScan" : "Scan";
  const plan: LogicalPlan = { kind, relation: table.oid, alias, attributes: numbers, columns: all };
  return { plan, columns, rowId, tableOid, systemColumns };
}
/** Numbers of system columns in a scan, and their types. */
const TABLE_OID = -1;
const SCANNED_SYSTEM_COLUMNS: Readonly<Record<string, readonly [number, Oid]>> = {
  tableoid: [TABLE_OID, TypeOid.oid],
  ctid: [-2, TypeOid.tid],
  xmin: [-3, TypeOid.xid],
  xmax: [-4, TypeOid.xid],
  cmin: [-5, TypeOid.cid],
  cmax: [-6, TypeOid.cid],
};

function bindCteReference(binder: Binder, scope: Scope, item: RelationItem, cte: NonNullable<ReturnType<Scope["findCte"]>>): Bound {
  cte.references++;
  if (cte.modifying && cte.columns?.length === 0)
    throw featureNotSupported(`WITH query "${cte.name}" does not have a RETURNING clause`, at(item.position));
  if (cte.columns === undefined) throw recursionError(cte, item.position);
  const name = item.relation.alias?.name ?? cte.name;
  const columns = cte.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod));
  const hidden = (cte.hidden?.columns ?? []).map((column) => binder.newColumn(column.name, column.type, column.typmod));
  let plan: LogicalPlan = { kind: "CteScan", cteId: cte.cteId, name: cte.name, alias: name, columns: [...columns, ...hidden] };
  if (cte.hidden !== undefined) {
    cte.carried = hidden;
    const condition = cte.hidden.condition?.(hidden.map((column) => columnReference(column)));
    if (condition !== undefined) plan = { kind: "Filter", input: plan, predicate: condition, columns: plan.columns };
  }
  return single(binder, scope, plan, {
    name,
    columns: applyAlias(columns, name, item.relation.alias),
    relationVisible: true,
    columnsVisible: true,
    notLockable: "WITH query",
  });
}
const recursionError = (cte: { readonly name: string }, position: number) =>
  new DbError({
    sqlstate: "42P19",
    message: `recursive reference to query "${cte.name}" must not appear within its non-recursive term`,
    ...(position === 0 ? {} : { position }),
  });

// ---- subqueries and functions

/** A level around a FROM entry: LATERAL sees what stands left, others see only the outer queries (and this level's WITH). */
function entryScope(scope: Scope, before: readonly NamespaceItem[], lateral: boolean): Scope {
  const level = new Scope(scope.parent);
  for (const [name, cte] of scope.ctes) level.ctes.set(name, cte);
  level.lateralOf = scope;
  level.items = lateral ? [...before] : [];
  level.known.push(...before);
  level.clause = "FROM";
  return level;
}

function bindSubqueryItem(binder: Binder, scope: Scope, item: SubqueryItem, before: readonly NamespaceItem[]): Bound {
  // References to the left belong to `scope`, which owns their columns; this level only limits what is seen.
  const locks = item.alias === undefined ? undefined : inheritedLocks(scope, item.alias.name, false, true);
  const options = { resolveUnknowns: true, ...(locks === undefined ? {} : { locks }) };
  const plan = bindQuery(binder, entryScope(scope, before, item.lateral), item.query, options);
  if (item.alias === undefined) {
    throw new DbError({
      sqlstate: "42601",
      message: item.query.kind === "Values" ? "VALUES in FROM must have an alias" : "subquery in FROM must have an alias",
      hint: item.query.kind === "Values" ? "For example, FROM (VALUES ...) [AS] foo." : "For example, FROM (SELECT ...) [AS] foo.",
      ...(item.position === 0 ? {} : { position: item.position }),
    });
  }
  const handedUp = locks?.rows.reduce((count, row) => count + (row.tableOid === undefined ? 1 : 2), 0) ?? 0;
  const columns = applyAlias(plan.columns.slice(0, plan.columns.length - handedUp), item.alias.name, item.alias);
  const entry = { name: item.alias.name, columns, relationVisible: true, columnsVisible: true };
  return single(binder, scope, plan, locks === undefined ? entry : { ...entry, lockedRows: locks.rows }, item.lateral);
}

function bindFunctionItem(binder: Binder, scope: Scope, item: FunctionItem, before: readonly NamespaceItem[]): Bound {
  const level = entryScope(scope, before, true);
  level.clause = "functions in FROM";
  const columns: PlanColumn[] = [];
  const alias = item.alias?.name ?? outputName(item.functions[0]!.call);
  const functions = item.functions.flatMap(({ call, columns: own }) => unnested(call).map((one) => ({ call: one, columns: own })));
  const calls = functions.map(({ call, columns: given }) => {
    const bound = bindExpression(binder, level, call);
    const own = functionColumns(binder, bound, given.length > 0 ? given : item.columns, item, alias, outputName(call), functions.length);
    columns.push(...own);
    // A record's columns are what the list says: the function has to know them.
    return bound.kind === "FunctionCall" && bound.type === TypeOid.record && (given.length > 0 || item.columns.length > 0)
      ? { ...bound, recordColumns: own.map(({ name, type, typmod }) => ({ name, type, typmod })) }
      : bound;
  });
  // One function of a base type, without a number beside it.
  const isScalar =
    calls.length === 1 && columns.length === 1 && !item.ordinality && calls[0]!.type === columns[0]!.type && item.columns.length === 0;
  if (item.ordinality) columns.push(binder.newColumn("ordinality", TypeOid.int8, -1));
  const plan: LogicalPlan = { kind: "FunctionScan", calls, alias, withOrdinality: item.ordinality, columns };
  return single(
    binder,
    scope,
    plan,
    {
      name: alias,
      columns: applyAlias(columns, alias, item.alias),
      relationVisible: true,
      columnsVisible: true,
      notLockable: "function",
      ...(isScalar ? { scalar: true } : {}),
    },
    before.length > 0,
  );
}

function bindJsonTableItem(binder: Binder, scope: Scope, item: JsonTableItem, before: readonly NamespaceItem[]): Bound {
  const level = entryScope(scope, before, true);
  level.clause = "functions in FROM";
  const plan = bindJsonTable(binder, level, item);
  const name = item.alias?.name ?? "json_table";
  const columns = applyAlias(plan.columns, name, item.alias);
  const entry = { name, columns, relationVisible: true, columnsVisible: true, notLockable: "table function" } as const;
  return single(binder, scope, plan, entry, before.length > 0);
}

/** unnest(a, b) means ROWS FROM (unnest(a), unnest(b)). */
function unnested(call: Expr): Expr[] {
  if (call.kind !== "Function" || call.name.at(-1) !== "unnest" || call.args.length < 2) return [call];
  return call.args.map((arg, i) => ({ ...call, args: [arg], argNames: call.argNames.slice(i, i + 1) }));
}
const VALUE_FUNCTIONS = new Set(["json_array_elements", "jsonb_array_elements", "json_array_elements_text", "jsonb_array_elements_text"]);

function functionColumns(
  binder: Binder,
  call: Expression,
  definitions: FunctionItem["columns"],
  item: FunctionItem,
  alias: string,
  functionName: string,
  count: number,
): PlanColumn[] {
  const signature = call.kind === "FunctionCall" ? binder.registry.functionById(call.functionId) : undefined;
  if (signature?.outColumns !== undefined && call.kind === "FunctionCall")
    return outColumnsOf(binder, call, signature).map((column) => binder.newColumn(column.name, column.type, -1));
  const fields = binder.fields(call.type);
  if (fields !== undefined && definitions.length === 0)
    return fields.map((field) => binder.newColumn(field.name, field.type, field.typmod));
  if (call.type === TypeOid.record) {
    if (definitions.length === 0)
      throw syntaxError('a column definition list is required for functions returning "record"', at(item.position));
    return definitions.map((definition) => {
      const { type, typmod } = resolveTypeName(binder, definition.type);
      return binder.newColumn(definition.name, type, typmod);
    });
  }
  if (definitions.length > 0)
    throw syntaxError('a column definition list is only allowed for functions returning "record"', at(item.position));
  // A named OUT parameter names the column, whatever the alias.
  if (VALUE_FUNCTIONS.has(signature?.name ?? "")) return [binder.newColumn("value", call.type, call.typmod)];
  if (signature?.outName !== undefined && (signature.oid >= FIRST_USER_OID || signature.name === "pg_partition_ancestors"))
    return [binder.newColumn(signature.outName, call.type, call.typmod)];
  return [binder.newColumn(count === 1 && item.alias !== undefined ? alias : functionName, call.type, call.typmod)];
}

// ---- joins

function bindJoin(binder: Binder, scope: Scope, item: JoinItem, before: readonly NamespaceItem[]): Bound {
  const left = bindItem(binder, scope, item.left, before);
  // A right or full join has no left row to look at from its right side.
  const lateralOk = item.type === "inner" || item.type === "left";
  const right = bindItem(binder, scope, item.right, lateralOk ? [...before, ...left.items] : [...before, ...left.items.map(forbidLateral)]);
  checkAliases(left.items, right.items);
  const base = {
    type: item.type,
    left: left.plan,
    right: right.plan,
    lateral: right.lateral,
    columns: [...left.plan.columns, ...right.plan.columns],
  } as const;
  if (item.usingAlias !== undefined) {
    const both = [...left.items, ...right.items];
    checkAliases(both, [{ name: item.usingAlias, columns: [], relationVisible: true, columnsVisible: false }]);
  }
  const using = item.natural ? naturalColumns(left.items, right.items) : item.using;
  if (using !== undefined) return bindUsing(binder, scope, item, left, right, using, base);
  let plan: LogicalPlan = { kind: "Join", ...base };
  const items = [...left.items, ...right.items];
  if (item.on !== undefined) {
    const saved = { items: scope.items, clause: scope.clause };
    scope.items = items;
    scope.clause = "JOIN conditions";
    const condition = coerceToBoolean(binder, bindExpression(binder, scope, item.on), "JOIN/ON", locationOf(item.on));
    scope.items = saved.items;
    scope.clause = saved.clause;
    plan = { kind: "Join", ...base, condition };
  }
  return aliasJoin(binder, scope, item, plan, items, () => visibleColumns(items), left.lateral || right.lateral);
}
/** Left of a RIGHT or FULL join: may be named by nobody on its right, and the error says so. */
const forbidLateral = (item: NamespaceItem): NamespaceItem => ({ ...item, lateralForbidden: true });
function visibleColumns(items: readonly NamespaceItem[]): PlanColumn[] {
  const columns: PlanColumn[] = [];
  for (const item of items) if (item.columnsVisible) for (const column of item.columns) columns.push(column);
  return columns;
}

/** `(a JOIN b) AS j` hides a and b behind j. */
function aliasJoin(
  binder: Binder,
  scope: Scope,
  item: JoinItem,
  plan: LogicalPlan,
  items: readonly NamespaceItem[],
  columns: () => readonly PlanColumn[],
  lateral: boolean,
): Bound {
  if (item.alias === undefined) return { plan, items, lateral };
  const renamed = applyAlias(columns(), item.alias.name, item.alias);
  const entry = { name: item.alias.name, columns: renamed, relationVisible: true, columnsVisible: true, notLockable: "join" } as const;
  return single(binder, scope, plan, entry, lateral);
}

function naturalColumns(left: readonly NamespaceItem[], right: readonly NamespaceItem[]): string[] {
  const names = new Set(visibleColumns(right).map((column) => column.name));
  return [...new Set(visibleColumns(left).map((column) => column.name))].filter((name) => names.has(name));
}

function usingColumn(items: readonly NamespaceItem[], name: string, side: "left" | "right"): PlanColumn {
  const matches: PlanColumn[] = [];
  for (const item of items) if (item.columnsVisible) for (const column of item.columns) if (column.name === name) matches.push(column);
  if (matches.length === 0) throw undefinedColumn(`column "${name}" specified in USING clause does not exist in ${side} table`);
  if (matches.length > 1) throw ambiguousUsing(name, side);
  return matches[0]!;
}
const ambiguousUsing = (name: string, side: string) =>
  new DbError({ ...ambiguousColumn(name).fields, message: `common column name "${name}" appears more than once in ${side} table` });

function bindUsing(
  binder: Binder,
  scope: Scope,
  item: JoinItem,
  left: Bound,
  right: Bound,
  using: readonly string[],
  base: Omit<Extract<LogicalPlan, { kind: "Join" }>, "kind" | "condition">,
): Bound {
  const merged: { column: PlanColumn; expression: Expression }[] = [];
  const tests: Expression[] = [];
  const used = new Set<number>();
  for (const [i, name] of using.entries()) {
    if (using.indexOf(name) !== i) throw duplicateColumn(`column name "${name}" appears more than once in USING clause`);
    const l = usingColumn(left.items, name, "left");
    const r = usingColumn(right.items, name, "right");
    used.add(l.id).add(r.id);
    const operator = requireOperator(binder, "=", l.type, r.type, undefined);
    tests.push(operatorCall(binder, operator, columnReference(l), columnReference(r), "="));
    const type = commonType(binder, [columnReference(l), columnReference(r)], "JOIN/USING")!;
    if (item.type === "full") {
      const args = [coerceTo(binder, columnReference(l), type, "JOIN/USING"), coerceTo(binder, columnReference(r), type, "JOIN/USING")];
      merged.push({
        column: binder.newColumn(name, type, l.typmod === r.typmod ? l.typmod : -1),
        expression: { kind: "Coalesce", args, type, typmod: -1 },
      });
      continue;
    }
    const source = item.type === "right" ? r : l;
    if (source.type === type) merged.push({ column: { ...source, name }, expression: columnReference(source) });
    else
      merged.push({ column: binder.newColumn(name, type, -1), expression: coerceTo(binder, columnReference(source), type, "JOIN/USING") });
  }
  const condition: Expression | undefined =
    tests.length === 0 ? undefined : tests.length === 1 ? tests[0]! : { kind: "And", args: tests, type: TypeOid.bool, typmod: -1 };
  let plan: LogicalPlan = { kind: "Join", ...base, ...(condition === undefined ? {} : { condition }) };
  // Merged columns that are no plain copies are computed above the join, everything else passes through.
  const computed = merged.filter(({ expression, column }) => expression.kind !== "ColumnReference" || expression.id !== column.id);
  if (computed.length > 0) {
    const passed = plan.columns;
    plan = {
      kind: "Project",
      input: plan,
      expressions: [...passed.map((column) => columnReference(column)), ...computed.map((m) => m.expression)],
      columns: [...passed, ...computed.map((m) => m.column)],
    };
  }
  const rest = visibleColumns([...left.items, ...right.items]).filter((column) => !used.has(column.id));
  const all = [...merged.map((m) => m.column), ...rest];
  if (item.alias !== undefined) return aliasJoin(binder, scope, item, plan, [], () => all, left.lateral || right.lateral);
  // The join's own columns replace the tables' bare names; `t.column` still works.
  const hidden = [...left.items, ...right.items]
    .filter((i) => i.relationVisible)
    .map((i) => (i.columnsVisible ? { ...i, columnsVisible: false } : i));
  const own: NamespaceItem = { name: "", columns: all, relationVisible: false, columnsVisible: true };
  for (const { column } of computed) binder.owners[column.id] = scope;
  // FOR UPDATE knows the name, and refuses it.
  if (item.usingAlias !== undefined)
    scope.known.push({ name: item.usingAlias, columns: [], relationVisible: true, columnsVisible: false, notLockable: "join" });
  const usingItem: NamespaceItem[] =
    item.usingAlias === undefined
      ? []
      : [{ name: item.usingAlias, columns: merged.map((m) => m.column), relationVisible: true, columnsVisible: false }];
  return { plan, items: [...hidden, own, ...usingItem], lateral: left.lateral || right.lateral };
}

export { datatypeMismatch, equalityId };
