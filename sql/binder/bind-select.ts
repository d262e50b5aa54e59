/**
 * One SELECT: From, Filter, Aggregate, Window, then sorting and projection.
 *
 * Where nothing forbids it the Sort lies below the Project and the Limit between them, so that only the rows that are
 * returned are projected and an index may give the order. DISTINCT, set-returning functions and volatile sort keys need the
 * projection first.
 */

import type { Expression, LogicalPlan, PlanColumn, Project, SortKey } from "../../src/plan/index.js";
import {
  ambiguousName,
  featureNotSupported,
  invalidColumnReference,
  syntaxError,
  TypeOid,
  tooManyColumnsAt,
} from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { Expr, SelectQuery, Target } from "../parser/syntax-tree.js";
import { planAggregation } from "./bind-aggregation.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindFrom } from "./bind-from.js";
import { bindLocking, handUp, refuseLocking } from "./bind-locking.js";
import { findColumnHere, findRelation } from "./bind-name.js";
import { bindLimit, type QueryOptions } from "./bind-query.js";
import { bindSortKey } from "./bind-sort.js";
import { bindWindowClause, orderWindows } from "./bind-window.js";
import { at, type Binder } from "./binder.js";
import { coerceToBoolean, resolveUnknown } from "./coerce.js";
import { requireEquality } from "./comparability.js";
import { expandSets } from "./expand-sets.js";
import { outputName } from "./output-name.js";
import { recordFields } from "./resolve.js";
import type { BoundWindow, Scope } from "./scope.js";
import { boundLocation, sameExpression, visitExpression } from "./walk.js";

/** One output column before projection. `junk` ones only serve sorting. */
export interface TargetEntry {
  readonly name: string;
  expression: Expression;
  readonly junk: boolean;
  readonly position: number;
}

export function bindSelect(binder: Binder, scope: Scope, query: SelectQuery, options: QueryOptions): LogicalPlan {
  scope.clause = "FROM";
  scope.locking = [...query.locking, ...(options.locks?.clauses ?? [])];
  scope.wantsRowIds = options.rowIds !== undefined;
  let plan: LogicalPlan = bindFrom(binder, scope, query.from);
  scope.clause = "select list";
  bindWindowClause(binder, scope, query.windows);
  const targets = bindTargets(binder, scope, query.targets);
  if (options.resolveUnknowns) for (const target of targets) target.expression = resolveUnknown(binder, target.expression);
  const visibleCount = targets.length;
  scope.clause = "WHERE";
  const where =
    query.where === undefined
      ? undefined
      : coerceToBoolean(binder, bindExpression(binder, scope, query.where), "WHERE", locationOf(query.where));
  if (where !== undefined) plan = { kind: "Filter", input: plan, predicate: where, columns: plan.columns };

  scope.clause = "HAVING";
  const having =
    query.having === undefined
      ? undefined
      : coerceToBoolean(binder, bindExpression(binder, scope, query.having), "HAVING", locationOf(query.having));
  scope.clause = "ORDER BY";
  const sort = bindOrderBy(binder, scope, query.orderBy, targets);
  const distinctOn = bindDistinct(binder, scope, query, targets, sort);

  // A view that reads no relation has nothing to lock.
  if (scope.locking.length > 0 && (options.locks?.ofView !== true || scope.known.some((item) => item.notLockable === undefined)))
    refuseLocking(scope, query);
  const aggregated = planAggregation(binder, scope, query, plan, targets, having, sort);
  plan = aggregated.plan;
  if (scope.windowCalls.length > 0) plan = planWindows(scope, plan, targets, aggregated.replace);
  if (targets.length > TARGETS_MAX) throw tooManyColumnsAt(`target lists can have at most ${TARGETS_MAX} entries`);
  if (options.rowIds !== undefined && scope.aggregates.length === 0 && scope.windowCalls.length === 0)
    options.rowIds.push(...scope.known.flatMap((item) => item.lockedRows ?? []));
  if (options.locks?.mayHandUp === true && isPlain(query) && !targets.some((target) => isVolatile(target.expression)))
    return handUp(scope, project(binder, plan, targets), options.locks);
  return finishSelect(binder, scope, query, plan, targets, visibleCount, sort, distinctOn);
}

/** Joins, conditions and a list, nothing that needs its rows locked first (is_simple_subquery of PostgreSQL's planner). */
function isPlain(query: SelectQuery): boolean {
  const { with: tables, orderBy, limit, offset, locking } = query;
  return tables === undefined && orderBy.length === 0 && limit === undefined && offset === undefined && locking.length === 0;
}

/** MaxTupleAttributeNumber: what a row can have. */
const TARGETS_MAX = 1664;

/** Windows in the order in which they are computed; calls of one window next to each other. */
function planWindows(
  scope: Scope,
  input: LogicalPlan,
  targets: readonly TargetEntry[],
  replace: (expression: Expression) => Expression,
): LogicalPlan {
  const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    a.length === b.length && a.every((item, i) => sameExpression(item as Expression, b[i] as Expression));
  const windows: BoundWindow[] = [];
  for (const { window } of scope.windowCalls)
    if (!windows.some((other) => sameList(other.partitionBy, window.partitionBy) && sameList(other.orderBy, window.orderBy)))
      windows.push(window);
  const seen: Expression[] = targets.map((target) => target.expression);
  const reference = (expression: Expression): number => {
    const known = seen.findIndex((other) => sameExpression(other, expression));
    return known >= 0 ? known : seen.push(expression) - 1;
  };
  const calls = orderWindows(windows, reference).flatMap((window, specification) => {
    const partitionBy = window.partitionBy.map(replace);
    const orderBy = window.orderBy.map((key) => ({ ...key, expression: replace(key.expression) }));
    return scope.windowCalls
      .filter(({ window: own }) => sameList(own.partitionBy, window.partitionBy) && sameList(own.orderBy, window.orderBy))
      .map(({ call, window: own, column }) => ({
        column,
        plan: {
          specification,
          partitionBy,
          orderBy,
          frame: own.frame,
          call: { ...call, args: call.args.map(replace), ...(call.filter === undefined ? {} : { filter: replace(call.filter) }) },
        },
      }));
  });
  return {
    kind: "Window",
    input,
    calls: calls.map(({ plan }) => plan),
    columns: [...input.columns, ...calls.map(({ column }) => column)],
  };
}

/** A PARTITION BY or ORDER BY item of a window: only ever an expression over the input. */
export function findSortTarget(binder: Binder, scope: Scope, expr: Expr): Expression {
  return resolveUnknown(binder, bindExpression(binder, scope, expr));
}

export interface SortReference {
  readonly target: number; // index into the targets
  readonly key: SortKey;
}

/** Sorting, DISTINCT, LIMIT and projection over what aggregation gave. */
function finishSelect(
  binder: Binder,
  scope: Scope,
  query: SelectQuery,
  input: LogicalPlan,
  targets: readonly TargetEntry[],
  visibleCount: number,
  sort: readonly SortReference[],
  distinctOn: readonly number[] | undefined,
): LogicalPlan {
  const volatileSort = sort.some(({ target }) => isVolatile(targets[target]!.expression));
  const sortFirst = query.distinct === "none" && !scope.hasSetReturning && !volatileSort;
  const lock = (plan: LogicalPlan): LogicalPlan => (scope.locking.length === 0 ? plan : bindLocking(scope, plan));
  const visible = targets.slice(0, visibleCount);
  if (sortFirst) {
    let plan = input;
    if (sort.length > 0) {
      const keys = sort.map(({ target, key }) => ({ ...key, expression: targets[target]!.expression }));
      plan = { kind: "Sort", input: plan, keys, columns: plan.columns };
    }
    plan = bindLimit(binder, scope, query, lock(plan));
    return project(binder, plan, visible);
  }
  let plan: LogicalPlan = project(binder, lock(input), targets, scope.hasSetReturning);
  const output = plan.columns;
  if (query.distinct === "all") plan = { kind: "Distinct", input: plan, columns: output };
  if (sort.length > 0) {
    const keys = sort.map(({ target, key }) => ({ ...key, expression: columnReference(output[target]!) }));
    plan = { kind: "Sort", input: plan, keys, columns: output };
  }
  if (distinctOn !== undefined)
    plan = { kind: "Distinct", input: plan, on: distinctOn.map((target) => columnReference(output[target]!)), columns: output };
  plan = bindLimit(binder, scope, query, plan);
  if (targets.length === visibleCount) return plan;
  const kept = output.slice(0, visibleCount);
  return { kind: "Project", input: plan, expressions: kept.map((column) => columnReference(column)), columns: kept };
}

function isVolatile(expression: Expression): boolean {
  let volatile = false;
  visitExpression(expression, (e) => {
    if (e.kind === "FunctionCall" && e.volatility === "volatile") volatile = true;
  });
  return volatile;
}

function project(binder: Binder, input: LogicalPlan, targets: readonly TargetEntry[], hasSets = false): Project {
  const written = targets.map((target) => target.expression);
  const { plan, expressions } = hasSets ? expandSets(binder, input, written, true) : { plan: input, expressions: written };
  return {
    kind: "Project",
    input: plan,
    expressions,
    columns: targets.map((target, i) => outputColumn(binder, target.name, expressions[i]!, plan)),
  };
}
export function outputColumn(binder: Binder, name: string, expression: Expression, input: LogicalPlan): PlanColumn {
  const origin = expression.kind === "ColumnReference" ? input.columns.find((column) => column.id === expression.id)?.origin : undefined;
  const column = binder.newColumn(name, expression.type, expression.typmod, origin);
  const fields = expression.type === TypeOid.record ? recordFields(binder, expression) : undefined;
  if (fields !== undefined) binder.recordColumns.set(column.id, fields);
  return column;
}

/** The select list, stars spread. */
export function bindTargets(binder: Binder, scope: Scope, targets: readonly Target[]): TargetEntry[] {
  const entries: TargetEntry[] = [];
  for (const target of targets) {
    const expr = target.expr;
    if (expr.kind === "ColumnRef" && expr.star) {
      const columns = starColumns(scope, expr.fields, expr.position);
      binder.notes?.stars.set(
        expr,
        columns.map((column) => columnReference(column)),
      );
      if (binder.viewStack.length === 0)
        binder.recorded?.stars.set(
          expr,
          columns.map((column) => writtenName(scope, column)),
        );
      for (const column of columns) {
        entries.push({ name: column.name, expression: columnReference(column, expr.position), junk: false, position: expr.position });
      }
      continue;
    }
    if (expr.kind === "Indirection" && expr.path.at(-1)?.kind === "star") {
      const fields = expandRecord(binder, scope, expr);
      binder.notes?.stars.set(
        expr,
        fields.map((field) => field.expression),
      );
      entries.push(...fields);
      continue;
    }
    const expression = bindExpression(binder, scope, expr);
    entries.push({ name: target.name ?? outputName(expr), expression, junk: false, position: expr.position });
  }
  return entries;
}
/** How a column can be named so that it is found again: by its table; bare when a join computed it. */
function writtenName(scope: Scope, column: PlanColumn): readonly string[] {
  const isHere = ({ id, name }: PlanColumn): boolean => id === column.id && name === column.name;
  const owner = scope.items.find((item) => item.relationVisible && item.name !== "" && item.columns.some(isHere));
  return owner === undefined ? [column.name] : [owner.name, column.name];
}

function expandRecord(binder: Binder, scope: Scope, expr: Extract<Expr, { kind: "Indirection" }>): TargetEntry[] {
  const path = expr.path.slice(0, -1);
  const record = bindExpression(binder, scope, path.length === 0 ? expr.arg : { ...expr, path });
  if (record.kind === "RowConstructor") {
    return record.fields.map((field, i) => ({
      name: record.names?.[i] ?? `f${i + 1}`,
      expression: field,
      junk: false,
      position: expr.position,
    }));
  }
  const columns = recordFields(binder, record) ?? binder.fields(record.type);
  if (columns === undefined) throw featureNotSupported("record type has not been registered", at(expr.position));
  return columns.map((column, fieldIndex) => ({
    name: column.name,
    expression: { kind: "FieldSelect", record, fieldIndex, type: column.type, typmod: -1 },
    junk: false,
    position: expr.position,
  }));
}

function starColumns(scope: Scope, fields: readonly string[], position: number): readonly PlanColumn[] {
  if (fields.length > 0) return findRelation(scope, fields, position).columns;
  const items = scope.items.filter((item) => item.columnsVisible);
  if (items.length === 0) throw syntaxError("SELECT * with no tables specified is not valid", at(position));
  return items.flatMap((item) => item.columns);
}

/** findTargetlistEntrySQL92 and SQL99: which target a sort or group item means; adds a junk one when it is none of them. */
export function findTarget(
  binder: Binder,
  scope: Scope,
  expr: Expr,
  targets: TargetEntry[],
  clause: "ORDER BY" | "GROUP BY" | "DISTINCT ON",
): number {
  const target = findTargetPlace(binder, scope, expr, targets, clause);
  binder.notes?.bound.set(expr, targets[target]!.expression);
  return target;
}
function findTargetPlace(
  binder: Binder,
  scope: Scope,
  expr: Expr,
  targets: TargetEntry[],
  clause: "ORDER BY" | "GROUP BY" | "DISTINCT ON",
): number {
  if (expr.kind === "ColumnRef" && expr.fields.length === 1 && !expr.star) {
    const name = expr.fields[0]!;
    // GROUP BY prefers an input column to an output name.
    const isInput = clause === "GROUP BY" && findColumnHere(scope, name, expr.position) !== undefined;
    if (!isInput) {
      const matches = targets.map((target, i) => ({ target, i })).filter(({ target }) => !target.junk && target.name === name);
      if (matches.length > 0) {
        const first = matches[0]!;
        if (matches.some(({ target }) => !sameExpression(target.expression, first.target.expression))) {
          throw undefinedAmbiguous(clause, name, expr.position);
        }
        return first.i;
      }
    }
  }
  if (expr.kind === "Literal") {
    if (expr.literal !== "integer") throw syntaxError(`non-integer constant in ${clause}`, at(expr.position));
    const place = expr.value as number;
    const count = targets.filter((target) => !target.junk).length;
    if (place < 1 || place > count) throw invalidColumnReference(`${clause} position ${place} is not in select list`, at(expr.position));
    return place - 1;
  }
  const bound = resolveUnknown(binder, bindExpression(binder, scope, expr));
  const existing = targets.findIndex((target) => sameExpression(target.expression, bound));
  if (existing >= 0) return existing;
  targets.push({ name: "?column?", expression: bound, junk: true, position: locationOf(expr) });
  return targets.length - 1;
}
const undefinedAmbiguous = (clause: string, name: string, position: number) => ambiguous(`${clause} "${name}" is ambiguous`, position);
const ambiguous = (message: string, position: number) => ambiguousName(message, at(position));

function bindOrderBy(binder: Binder, scope: Scope, items: SelectQuery["orderBy"], targets: TargetEntry[]): SortReference[] {
  return items.map((item) => {
    const target = findTarget(binder, scope, item.expr, targets, "ORDER BY");
    const entry = targets[target]!;
    entry.expression = resolveUnknown(binder, entry.expression);
    return { target, key: bindSortKey(binder, entry.expression, item) };
  });
}

/** For DISTINCT ON its keys' targets; checks both forms against ORDER BY. */
function bindDistinct(
  binder: Binder,
  scope: Scope,
  query: SelectQuery,
  targets: TargetEntry[],
  sort: SortReference[],
): readonly number[] | undefined {
  if (query.distinct === "none") return undefined;
  if (query.distinct === "all") {
    const extra = sort.find(({ target }) => targets[target]!.junk);
    if (extra !== undefined) {
      throw invalidColumnReference(
        "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
        at(targets[extra.target]!.position),
      );
    }
    for (const target of targets) requireEquality(binder, target.expression, boundLocation(target.expression) ?? target.position);
    return undefined;
  }
  scope.clause = "DISTINCT ON";
  const keys = query.distinct.map((expr) => findTarget(binder, scope, expr, targets, "DISTINCT ON"));
  const leading = sort.slice(0, new Set(keys).size);
  const outside = leading.find(({ target }) => !keys.includes(target));
  if (outside !== undefined || (sort.length > 0 && sort.length < new Set(keys).size && sort.some(({ target }) => !keys.includes(target)))) {
    const unmatched = keys.find((key) => !sort.some(({ target }) => target === key)) ?? keys[0]!;
    const position = query.distinct[keys.indexOf(unmatched)]!.position;
    throw invalidColumnReference("SELECT DISTINCT ON expressions must match initial ORDER BY expressions", at(position));
  }
  return keys;
}
