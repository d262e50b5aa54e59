/**
 * GROUP BY, aggregates and HAVING.
 *
 * A group key that is a plain column keeps its id in the Aggregate's output, so references from subqueries and from above stay
 * right as they are; other keys get new ids and equal expressions above are replaced by references to them.
 */
import type { ColumnId, Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { DbError, groupingError, notSupportedAt } from "../../src/types/index.js";
import type { GroupItem, SelectQuery } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { findTarget, type SortReference, type TargetEntry } from "./bind-select.js";
import { at, type Binder } from "./binder.js";
import { resolveUnknown } from "./coerce.js";
import { requireEquality } from "./comparability.js";
import { expandSets } from "./expand-sets.js";
import type { NamespaceItem, Scope } from "./scope.js";
import { mapChildren, sameExpression, visitPlan } from "./walk.js";

export interface Aggregated {
  readonly plan: LogicalPlan;
  /** Expressions of the level's input, rewritten over the Aggregate's output. */
  readonly replace: (expression: Expression) => Expression;
}

export function planAggregation(
  binder: Binder,
  scope: Scope,
  query: SelectQuery,
  input: LogicalPlan,
  targets: TargetEntry[],
  having: Expression | undefined,
  _sort: readonly SortReference[],
): Aggregated {
  const before = targets.length;
  scope.clause = "GROUP BY";
  const keyTargets: number[] = [];
  const groupingSets = bindGroupBy(binder, scope, query, targets, keyTargets);
  const keys: Expression[] = keyTargets.map((target) => targets[target]!.expression);
  targets.length = before; // keys that are no output are no targets
  if (
    keys.length === 0 &&
    groupingSets === undefined &&
    scope.aggregates.length === 0 &&
    scope.groupings.length === 0 &&
    having === undefined &&
    query.groupBy.length === 0
  ) {
    return { plan: input, replace: (expression) => expression };
  }
  const dependent = addDependentColumns(binder, scope, keys, groupingSets);
  const columns: PlanColumn[] = keys.map((key) => {
    if (key.kind === "ColumnReference")
      return input.columns.find((column) => column.id === key.id) ?? { id: key.id, name: key.name, type: key.type, typmod: key.typmod };
    const column = binder.newColumn("?column?", key.type, key.typmod);
    binder.owners[column.id] = scope;
    return column;
  });
  for (const aggregate of scope.aggregates) columns.push(aggregate.column);
  const groupings = scope.groupings.map((call) => {
    columns.push(call.column);
    return call.args.map((arg, i) => {
      const key = keys.findIndex((candidate, k) => k < keyTargets.length && sameExpression(candidate, arg));
      if (key < 0)
        throw groupingError("arguments to GROUPING must be grouping expressions of the associated query level", at(call.positions[i]));
      return key;
    });
  });
  const replace = makeReplacer(binder, scope, keys, columns);
  for (const target of targets) target.expression = replace(target.expression);
  for (const { call } of scope.aggregates) for (const e of call.direct ?? []) checkDirect(e, replace);
  const expanded = scope.hasSetReturning ? expandSets(binder, input, keys, false) : { plan: input, expressions: keys };
  let plan: LogicalPlan = {
    kind: "Aggregate",
    input: expanded.plan,
    keys: expanded.expressions,
    ...(dependent.length === 0 ? {} : { dependentKeys: dependent.length }),
    aggregates: scope.aggregates.map((aggregate) => aggregate.call),
    ...(groupingSets === undefined ? {} : { groupingSets: groupingSets.map((set) => [...set, ...dependent]) }),
    ...(groupings.length === 0 ? {} : { groupings }),
    columns,
  };
  if (having !== undefined) plan = { kind: "Filter", input: plan, predicate: replace(having), columns };
  return { plan, replace };
}

function bindGroupBy(
  binder: Binder,
  scope: Scope,
  query: SelectQuery,
  targets: TargetEntry[],
  keys: number[],
): (readonly number[])[] | undefined {
  const keyOf = (item: GroupItem): number[] => {
    if (item.kind !== "expression") return item.items.flatMap(keyOf);
    // GROUP BY (a, b) is a row that means its fields.
    if (item.expr.kind === "Row") return item.expr.fields.flatMap((expr) => keyOf({ kind: "expression", expr }));
    const target = findTarget(binder, scope, item.expr, targets, "GROUP BY");
    const entry = targets[target]!;
    entry.expression = resolveUnknown(binder, entry.expression);
    refuseAggregateKey(scope, entry);
    requireEquality(binder, entry.expression, item.expr.position);
    let key = keys.indexOf(target);
    if (key < 0) key = keys.push(target) - 1;
    return [key];
  };
  const isPlain = query.groupBy.every((item) => item.kind === "expression");
  if (isPlain) {
    for (const item of query.groupBy) keyOf(item);
    return undefined;
  }
  const product = query.groupBy
    .map((item) => setsOf(item, keyOf))
    .reduce((left, right) => left.flatMap((a) => right.map((b) => [...new Set([...a, ...b])])));
  if (!query.groupDistinct) return product;
  const seen = new Map(product.map((set) => [[...set].sort().join(","), set]));
  return [...seen.values()];
}
/** The grouping sets that one item stands for. */
function setsOf(item: GroupItem, keyOf: (item: GroupItem) => number[]): number[][] {
  switch (item.kind) {
    case "expression":
    case "simple":
      return [keyOf(item)];
    case "empty":
      return [[]];
    case "sets":
      return item.items.flatMap((inner) => setsOf(inner, keyOf));
    case "rollup": {
      const parts = item.items.map(keyOf);
      return [...parts.keys(), parts.length].reverse().map((count) => parts.slice(0, count).flat());
    }
    case "cube": {
      const parts = item.items.map(keyOf);
      if (parts.length > 12) throw notSupportedAt("CUBE of more than 12 elements", at(item.position));
      const sets: number[][] = [];
      for (let mask = 2 ** parts.length - 1; mask >= 0; mask--)
        sets.push(parts.filter((_, i) => mask & (1 << (parts.length - 1 - i))).flat());
      return sets;
    }
  }
}
function refuseAggregateKey(scope: Scope, entry: TargetEntry): void {
  const ids = new Set(scope.aggregates.map((aggregate) => aggregate.column.id));
  const windowIds = new Set(scope.windowCalls.map((call) => call.column.id));
  const look = (e: Expression): void => {
    if (e.kind === "ColumnReference" && ids.has(e.id))
      throw groupingError("aggregate functions are not allowed in GROUP BY", at(e.position));
    if (e.kind === "ColumnReference" && windowIds.has(e.id))
      throw groupingError("window functions are not allowed in GROUP BY", at(e.position));
    mapChildren(e, (child) => {
      look(child);
      return child;
    });
  };
  look(entry.expression);
}

/** Direct arguments of an ordered-set aggregate are computed once per group. */
function checkDirect(e: Expression, replace: (expression: Expression) => Expression): void {
  try {
    replace(e);
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    throw new DbError({ ...error.fields, detail: "Direct arguments of an ordered-set aggregate must use only grouped columns." });
  }
}

/** Grouping by a whole primary key determines the table's other columns: they become keys too. Gives their places among the keys. */
function addDependentColumns(
  binder: Binder,
  scope: Scope,
  keys: Expression[],
  groupingSets: readonly (readonly number[])[] | undefined,
): number[] {
  // With grouping sets only what all of them have can be relied on.
  const common = keys.filter((_, i) => groupingSets?.every((set) => set.includes(i)) ?? true);
  const keyIds = new Set(common.flatMap((key) => (key.kind === "ColumnReference" ? [key.id] : [])));
  const known = new Set(keys.flatMap((key) => (key.kind === "ColumnReference" ? [key.id] : [])));
  const added: number[] = [];
  if (keyIds.size === 0) return added;
  for (const item of scope.known) {
    if (item.relation === undefined || !dependsOnKeys(binder, item, keyIds)) continue;
    for (const column of item.columns) if (!known.has(column.id)) added.push(keys.push(columnReference(column)) - 1);
  }
  return added;
}
function dependsOnKeys(binder: Binder, item: NamespaceItem, keyIds: ReadonlySet<ColumnId>): boolean {
  const primary = binder.catalog.constraintsOf(item.relation!).find((constraint) => constraint.kind === "primaryKey");
  if (primary === undefined || primary.kind !== "primaryKey" || primary.deferrable === true) return false;
  return primary.attributes.every((attribute) => {
    const column = item.columns.find((candidate) => candidate.origin?.attribute === attribute);
    return column !== undefined && keyIds.has(column.id);
  });
}

function makeReplacer(
  binder: Binder,
  scope: Scope,
  keys: readonly Expression[],
  columns: readonly PlanColumn[],
): (expression: Expression) => Expression {
  const allowed = new Set<ColumnId>(columns.map((column) => column.id));
  for (const call of scope.windowCalls) allowed.add(call.column.id);
  const expressionKeys = keys.map((key, i) => ({ key, column: columns[i]! })).filter(({ key }) => key.kind !== "ColumnReference");
  const check = (e: Expression, inSubquery: boolean): void => {
    if (e.kind !== "ColumnReference" || binder.owners[e.id] !== scope || allowed.has(e.id)) return;
    const name = qualifiedName(scope, e.id, e.name);
    throw groupingError(
      inSubquery
        ? `subquery uses ungrouped column "${name}" from outer query`
        : `column "${name}" must appear in the GROUP BY clause or be used in an aggregate function`,
      at(e.position),
    );
  };
  const replace = (expression: Expression): Expression => {
    for (const { key, column } of expressionKeys) if (sameExpression(key, expression)) return columnReference(column, expression.position);
    check(expression, false);
    if (expression.kind === "Subquery") visitPlan(expression.plan, (e) => check(e, true));
    return mapChildren(expression, replace);
  };
  return replace;
}
function qualifiedName(scope: Scope, id: ColumnId, name: string): string {
  const item = scope.known.find(
    (candidate) => candidate.name !== "" && candidate.relationVisible && candidate.columns.some((column) => column.id === id),
  );
  return item === undefined ? name : `${item.name}.${name}`;
}
