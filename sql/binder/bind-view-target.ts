/**
 * INSERT, UPDATE and DELETE on a view that reads one table or one such view: the statement becomes one on the base table, restricted by
 * the view's conditions, with the view's names for the columns (rewriteTargetView of PostgreSQL's rewriter).
 *
 * A column of the view that is no column of the base table can be read but not written; where it is named in RETURNING its expression
 * over the new row takes its place.
 */
import type { AttributeObject, TableObject, ViewObject } from "../../src/catalog/index.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn, RowCheck, ViewPassage, ViewPassages } from "../../src/plan/index.js";
import { DbError, invalidObjectDefinition, stackDepthExceeded, viewColumnNotUpdatable, viewNotUpdatable } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { Query, SelectQuery } from "../parser/syntax-tree.js";
import { bindExpression } from "./bind-expression.js";
import { applyAlias, findRelationObject, scanTable } from "./bind-from.js";
import { bindTargets } from "./bind-select.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean } from "./coerce.js";
import { mentionedColumns } from "./mentioned-columns.js";
import { TargetGuard } from "./row-security.js";
import { Scope } from "./scope.js";
import { parseStoredQuery } from "./stored-sql.js";

export type ViewVerb = "insert into" | "update" | "delete from";
export interface ViewTarget {
  readonly view: ViewObject;
  /** This view and those that it reads, down to the table. */
  readonly chain: readonly ViewPassage[];
  readonly table: TableObject;
  /** The view as if it were a table: the base's attributes (several may be the same) under the view's names, in its order; number 0: not writable. */
  readonly face: TableObject;
  readonly scan: ReturnType<typeof scanTable>;
  /** The base's rows that the view shows. */
  readonly plan: LogicalPlan;
  /** The view's columns: the scan's own, or new ids that stand for `computed`. */
  readonly columns: readonly PlanColumn[];
  /** Over the scan's columns. */
  readonly computed: ReadonlyMap<ColumnId, Expression>;
  /** Conditions that new rows must meet, innermost view first. */
  readonly checks: readonly RowCheck[];
  /** The conditions of all these views, likewise: what a row must meet to be one of the view's. */
  readonly conditions: readonly RowCheck[];
  /** Policies of the base table, for the view's owner. */
  readonly guard: TargetGuard | undefined;
}

const VIEW_NESTING_MAX = 100;

export function bindViewTarget(binder: Binder, view: ViewObject, verb: ViewVerb, cascaded = false): ViewTarget {
  if (binder.viewStack.includes(view.oid))
    throw invalidObjectDefinition(`infinite recursion detected in rules for relation "${view.name}"`);
  if (binder.viewStack.length >= VIEW_NESTING_MAX) throw stackDepthExceeded();
  const query = parseStoredQuery(view.sql);
  const select = requireSimple(query, view.name, verb);
  const [from] = select.from;
  if (select.from.length !== 1 || from?.kind !== "Relation") throw refuse(view.name, verb, SINGLE);
  binder.viewStack.push(view.oid);
  try {
    const object = findRelationObject(binder, from.relation.schema, from.relation.name, from.position);
    if (object.class !== "table" && object.class !== "view") throw refuse(view.name, verb, SINGLE);
    const alias = from.relation.alias?.name ?? object.name;
    const checkBelow = cascaded || view.checkOption === "cascaded";
    const inner: Omit<ViewTarget, "view" | "chain"> & { readonly chain?: readonly ViewPassage[] } =
      object.class === "view"
        ? bindViewTarget(binder, object, verb, checkBelow)
        : baseTarget(binder, object, alias, !from.relation.only, verb);
    const scope = new Scope(undefined);
    const item = {
      name: alias,
      columns: applyAlias(inner.columns, alias, from.relation.alias),
      relationVisible: true,
      columnsVisible: true,
      ...(inner.scan.systemColumns.length === 0 ? {} : { systemColumns: inner.scan.systemColumns }),
    };
    binder.own(scope, item);
    scope.items = [item];
    const overScan = (e: Expression): Expression => substitute(e, inner.computed);
    let { plan } = inner;
    const checks = [...inner.checks];
    const conditions = [...inner.conditions];
    const parts: Expression[] = [];
    if (select.where !== undefined) {
      scope.clause = "WHERE";
      parts.push(coerceToBoolean(binder, bindExpression(binder, scope, select.where), "WHERE", locationOf(select.where)));
      const predicate = overScan(parts[0]!);
      plan = { kind: "Filter", input: plan, predicate, columns: plan.columns };
      conditions.push({ source: { kind: "view", view: view.name, existing: true }, predicate });
      if (cascaded || view.checkOption !== undefined) checks.push({ source: { kind: "view", view: view.name }, predicate });
    }
    scope.clause = "select list";
    const entries = bindTargets(binder, scope, select.targets);
    parts.push(...entries.map((entry) => entry.expression));
    if (scope.aggregates.length > 0)
      throw refuse(view.name, verb, "Views that return aggregate functions are not automatically updatable.");
    if (scope.windowCalls.length > 0) throw refuse(view.name, verb, "Views that return window functions are not automatically updatable.");
    if (scope.hasSetReturning) throw refuse(view.name, verb, "Views that return set-returning functions are not automatically updatable.");
    const computed = new Map<ColumnId, Expression>();
    const taken = new Set<number>();
    const attributes: AttributeObject[] = [];
    const columnsBelow: number[] = [];
    const columns = view.columns.map((shown, i): PlanColumn => {
      const expression = entries[i]?.expression;
      const at = expression?.kind === "ColumnReference" ? inner.columns.findIndex((c) => c.id === expression.id) : -1;
      const below = inner.face.attributes[at];
      const origin = { relation: view.oid, attribute: i + 1 };
      const isWritable = below !== undefined && below.number !== 0;
      const sql = view.defaults?.[i + 1];
      columnsBelow.push(isWritable ? (inner.chain === undefined ? below.number : at + 1) : 0);
      if (isWritable) attributes.push({ ...below, name: shown.name, ...(sql === undefined ? {} : { defaultSql: sql }) });
      else attributes.push({ number: 0, name: shown.name, type: shown.type, typmod: shown.typmod, notNull: false, dropped: false });
      // The second column of the view that is the same one of the table reads it under an id of its own.
      if (isWritable && !taken.has(at)) {
        taken.add(at);
        return { ...(inner.columns[at] as PlanColumn), name: shown.name, origin };
      }
      const column = binder.newColumn(shown.name, shown.type, shown.typmod, origin);
      if (expression !== undefined) computed.set(column.id, overScan(expression));
      return column;
    });
    if (verb !== "delete from" && attributes.every((a) => a.number === 0))
      throw refuse(view.name, verb, "Views that have no updatable columns are not automatically updatable.");
    const face: TableObject = { ...inner.table, oid: view.oid, name: view.name, attributes };
    const passage: ViewPassage = {
      view: view.oid,
      columns: columnsBelow,
      reads: mentionedColumns(parts, inner.columns).map((at) => (inner.chain === undefined ? inner.face.attributes[at]!.number : at + 1)),
    };
    return {
      view,
      chain: [passage, ...(inner.chain ?? [])],
      table: inner.table,
      face,
      scan: inner.scan,
      plan,
      columns,
      computed,
      checks,
      conditions,
      guard: inner.guard,
    };
  } finally {
    binder.viewStack.pop();
  }
}

function baseTarget(
  binder: Binder,
  table: TableObject,
  alias: string,
  withChildren: boolean,
  verb: ViewVerb,
): Omit<ViewTarget, "view" | "chain"> {
  const scan = scanTable(binder, table, alias, true, withChildren);
  const guard = TargetGuard.of(binder, table);
  const plan =
    guard === undefined || verb === "insert into"
      ? scan.plan
      : guard.guarded(scan.plan, scan.columns, verb === "update" ? "update" : "delete");
  const face: TableObject = { ...table, attributes: table.attributes.filter((a) => !a.dropped) };
  return { table, face, scan, plan, columns: scan.columns, computed: new Map(), checks: [], conditions: [], guard };
}

const SINGLE = "Views that do not select from a single table or view are not automatically updatable.";
const refuse = (view: string, verb: ViewVerb, detail: string) => viewNotUpdatable(view, verb, detail);

/** view_query_is_auto_updatable, as far as the text tells. */
function requireSimple(query: Query, view: string, verb: ViewVerb): SelectQuery {
  const containing = (what: string) => refuse(view, verb, `Views containing ${what} are not automatically updatable.`);
  if (query.kind === "SetOperation") throw containing("UNION, INTERSECT, or EXCEPT");
  if (query.kind !== "Select") throw refuse(view, verb, SINGLE);
  if (query.distinct !== "none") throw containing("DISTINCT");
  if (query.groupBy.length > 0) throw containing("GROUP BY");
  if (query.having !== undefined) throw containing("HAVING");
  if (query.with !== undefined) throw containing("WITH");
  if (query.limit !== undefined || query.offset !== undefined) throw containing("LIMIT or OFFSET");
  return query;
}

/** Column ids replaced by what they stand for, in plans of subqueries too: those may be correlated. What has none of them stays the same object. */
export function substitute(e: Expression, replacement: ReadonlyMap<ColumnId, Expression>): Expression {
  const visit = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return node;
    if (Array.isArray(node)) {
      const items = node.map(visit);
      return items.some((item, i) => item !== node[i]) ? items : node;
    }
    const { kind, id } = node as { readonly kind?: unknown; readonly id?: ColumnId };
    if (kind === "Constant") return node;
    if (kind === "ColumnReference") return replacement.get(id as ColumnId) ?? node;
    const changed = Object.entries(node).map(([key, value]) => [key, visit(value)] as const);
    const isSame = changed.every(([key, value]) => value === (node as Record<string, unknown>)[key]);
    return isSame ? node : Object.fromEntries(changed);
  };
  return replacement.size === 0 ? e : (visit(e) as Expression);
}

export function requireWritable(target: ViewTarget | undefined, attribute: AttributeObject, verb: "insert into" | "update"): void {
  if (target !== undefined && attribute.number === 0) throw viewColumnNotUpdatable(target.view.name, attribute.name, verb);
}

/** `read`: places of the view's columns that the statement reads; `inserted`, `updated`: names of those that it writes. */
export function passagesOf(
  target: ViewTarget | undefined,
  read: readonly number[],
  inserted?: readonly string[],
  updated?: readonly string[],
): { readonly through?: ViewPassages } {
  if (target === undefined) return {};
  const places = new Map(target.face.attributes.map((a, i) => [a.name, i + 1]));
  const numbers = (names: readonly string[]) => names.flatMap((name) => places.get(name) ?? []);
  return {
    through: {
      views: target.chain,
      read: [...new Set(read)].map((at) => at + 1),
      ...(inserted === undefined ? {} : { inserted: numbers(inserted) }),
      ...(updated === undefined ? {} : { updated: numbers(updated) }),
    },
  };
}
/** What SET assigns to: DEFAULT means the view's own default there, never the table's. */
export function assignedFace({ face, view }: ViewTarget): TableObject {
  return {
    ...face,
    attributes: face.attributes.map((attribute, i) => {
      const { defaultSql: _below, identity, ...rest } = attribute;
      const sql = view.defaults?.[i + 1];
      return { ...rest, ...(identity === "always" ? { identity } : {}), ...(sql === undefined ? {} : { defaultSql: sql }) };
    }),
  };
}
/** Throws where two columns of the view that are the same one of the table get a value each. */
export function refuseTwice(target: ViewTarget | undefined, names: readonly string[]): void {
  if (target === undefined) return;
  const given = new Map<number, string>();
  const byName = new Map(target.face.attributes.map((a) => [a.name, a]));
  for (const name of names) {
    const number = byName.get(name)?.number ?? 0;
    const other = given.get(number);
    if (number !== 0 && other !== undefined && other !== name)
      throw new DbError({
        sqlstate: "42601",
        message: `multiple assignments to same column "${target.table.attributes[number - 1]?.name}"`,
      });
    given.set(number, name);
  }
}

/** Of SET: columns that can be written, each one of the table once. */
export function requireAssignable(target: ViewTarget | undefined, names: readonly string[], verb: "insert into" | "update"): void {
  if (target === undefined) return;
  const byName = new Map(target.face.attributes.map((a) => [a.name, a]));
  for (const name of names) {
    const attribute = byName.get(name);
    if (attribute !== undefined) requireWritable(target, attribute, verb);
  }
  refuseTwice(target, names);
}

/** The filtered rows with the computed columns that the statement itself may read. */
export function viewSource(target: ViewTarget): LogicalPlan {
  if (target.computed.size === 0) return target.plan;
  const columns = [...target.plan.columns, ...target.columns.filter((c) => target.computed.has(c.id))];
  const expressions = columns.map(
    (c): Expression => target.computed.get(c.id) ?? { kind: "ColumnReference", id: c.id, name: c.name, type: c.type, typmod: c.typmod },
  );
  return { kind: "Project", input: target.plan, expressions, columns };
}
