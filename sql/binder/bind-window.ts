/** Calls with OVER: named windows, frames, and which calls share a window. Source: parse_func.c, parse_agg.c, parse_clause.c. */
import type { AggregateCall, Expression, FrameBound, SortKey, WindowFrame } from "../../src/plan/index.js";
import {
  datatypeMismatch, featureNotSupported, groupingError, invalidColumnReference, type Oid, TypeOid, undefinedObjectAt, windowingError, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { locationOf } from "../parser/location.js";
import type { Expr, FrameEdge, FunctionExpr, SortItem, WindowSpecification } from "../parser/syntax-tree.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { findSortTarget } from "./bind-select.js";
import { bindSortKey } from "./bind-sort.js";
import { at, type Binder } from "./binder.js";
import { canCoerce, coerceToBoolean, resolveUnknown, tryCoerce } from "./coerce.js";
import { requirePartition } from "./comparability.js";
import type { ResolvedFunction } from "./resolve.js";
import type { BoundWindow, Scope } from "./scope.js";
import { sameExpression, visitExpression } from "./walk.js";

export function bindWindowCall(
  binder: Binder,
  scope: Scope,
  expr: FunctionExpr,
  resolved: ResolvedFunction,
  args: readonly Expression[],
): Expression {
  const { signature } = resolved;
  const name = expr.name.join(".");
  if (signature.kind !== "window" && signature.kind !== "aggregate")
    throw wrongObjectType(`OVER specified, but ${name} is not a window function nor an aggregate function`, at(expr.position));
  if (expr.distinct) throw featureNotSupported("DISTINCT is not implemented for window functions", at(expr.position));
  if (signature.kind === "aggregate" && expr.args.length === 0 && !expr.star)
    throw wrongObjectType(`${name}(*) must be used to call a parameterless aggregate function`, at(expr.position));
  if (expr.orderBy.length > 0) throw featureNotSupported("aggregate ORDER BY is not implemented for window functions", at(expr.position));
  if (signature.kind === "window" && expr.filter !== undefined)
    throw featureNotSupported("FILTER is not implemented for non-aggregate window functions", at(expr.position));
  refuseNestedWindows(scope, args);
  if (scope.insideWindow) throw windowingError("window functions are not allowed in window definitions", at(expr.position));
  if (scope.insideAggregate) throw aggregateOfWindow(expr.position);
  if (!WINDOW_CLAUSES.has(scope.clause))
    throw windowingError(`window functions are not allowed in ${scope.clause === "INSERT" ? "VALUES" : scope.clause}`, at(expr.position));
  const filter = expr.filter === undefined ? undefined : bindFilter(binder, scope, expr.filter);
  const window = resolveWindow(binder, scope, expr.over!, expr.position);
  const call: AggregateCall = {
    functionId: signature.id,
    args,
    distinct: false,
    orderBy: [],
    ...(filter === undefined ? {} : { filter }),
    type: resolved.result,
    typmod: -1,
    name: signature.name,
  };
  const column = binder.newColumn(signature.name, resolved.result, -1);
  binder.owners[column.id] = scope;
  binder.notes?.calls.set(column.id, { call, written: expr });
  scope.windowCalls.push({ call, window, column });
  return columnReference(column, expr.position);
}
const WINDOW_CLAUSES = new Set(["select list", "ORDER BY", "DISTINCT ON"]);
const aggregateOfWindow = (position: number) =>
  groupingError("aggregate function calls cannot contain window function calls", at(position));

export function bindFilter(binder: Binder, scope: Scope, filter: Expr): Expression {
  const { clause, insideAggregate } = scope;
  scope.clause = "FILTER";
  scope.insideAggregate = false;
  try {
    return coerceToBoolean(binder, bindExpression(binder, scope, filter), "FILTER", locationOf(filter));
  } finally {
    scope.clause = clause;
    scope.insideAggregate = insideAggregate;
  }
}

function refuseNestedWindows(scope: Scope, args: readonly Expression[]): void {
  const ids = new Set(scope.windowCalls.map((call) => call.column.id));
  if (ids.size === 0) return;
  for (const arg of args)
    visitExpression(arg, (e) => {
      if (e.kind === "ColumnReference" && ids.has(e.id)) throw windowingError("window function calls cannot be nested", at(e.position));
    });
}

/** The WINDOW clause: every window is bound whether it is used or not; a later one may copy an earlier one. */
export function bindWindowClause(binder: Binder, scope: Scope, windows: readonly WindowSpecification[]): void {
  for (const window of windows) {
    if (scope.namedWindows.has(window.name!)) throw windowingError(`window "${window.name}" is already defined`, at(window.position));
    const bound = bindSpecification(binder, scope, window, window.position);
    scope.namedWindows.set(window.name!, { ...bound, name: window.name! });
  }
}

/** OVER w takes the window as it is; OVER (w …) copies and completes it. */
function resolveWindow(binder: Binder, scope: Scope, written: WindowSpecification, position: number): BoundWindow {
  if (written.name !== undefined) {
    const named = scope.namedWindows.get(written.name);
    if (named === undefined) throw undefinedObjectAt(`window "${written.name}" does not exist`, at(written.position || position));
    return named;
  }
  return shared(scope, bindSpecification(binder, scope, written, position));
}
/** Two calls with the same OVER (…) have one window. */
function shared(scope: Scope, window: BoundWindow): BoundWindow {
  const same = (a: readonly unknown[], b: readonly unknown[]): boolean =>
    a.length === b.length && a.every((item, i) => sameExpression(item as Expression, b[i] as Expression));
  for (const { window: other } of scope.windowCalls) {
    if (other.name === undefined && same(other.partitionBy, window.partitionBy) && same(other.orderBy, window.orderBy))
      return { ...window, partitionBy: other.partitionBy, orderBy: other.orderBy };
  }
  return window;
}

function bindSpecification(binder: Binder, scope: Scope, written: WindowSpecification, position: number): BoundWindow {
  const base = written.reference === undefined ? undefined : scope.namedWindows.get(written.reference);
  if (written.reference !== undefined && base === undefined)
    throw undefinedObjectAt(`window "${written.reference}" does not exist`, at(written.position || position));
  const saved = { inside: scope.insideWindow, clause: scope.clause };
  scope.insideWindow = true;
  try {
    let orderBy: readonly SortKey[] = written.orderBy.map((item) => bindOrder(binder, scope, item));
    let partitionBy: readonly Expression[] = written.partitionBy.map((e) => {
      const key = findSortTarget(binder, scope, e);
      requirePartition(binder, key, locationOf(e));
      return key;
    });
    if (base !== undefined) {
      const name = written.reference;
      if (partitionBy.length > 0) throw windowingError(`cannot override PARTITION BY clause of window "${name}"`, at(written.position));
      if (orderBy.length > 0 && base.orderBy.length > 0)
        throw windowingError(`cannot override ORDER BY clause of window "${name}"`, at(written.position));
      if (base.hasFrame) {
        // OVER (w) with nothing of its own is nearly OVER w, which is what was meant.
        const bare = written.orderBy.length === 0 && written.frame === undefined;
        throw windowingError(
          `cannot copy window "${name}" because it has a frame clause`,
          at(written.position),
          bare ? "Omit the parentheses in this OVER clause." : undefined,
        );
      }
      partitionBy = base.partitionBy;
      if (orderBy.length === 0) orderBy = base.orderBy;
    }
    return {
      name: undefined,
      partitionBy,
      orderBy,
      frame: bindFrame(binder, scope, written, orderBy),
      hasFrame: written.frame !== undefined,
    };
  } finally {
    scope.insideWindow = saved.inside;
    scope.clause = saved.clause;
  }
}
function bindOrder(binder: Binder, scope: Scope, item: SortItem): SortKey {
  return bindSortKey(binder, findSortTarget(binder, scope, item.expr), item);
}

const DEFAULT_FRAME: WindowFrame = { mode: "range", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" }, exclude: "none" };
function bindFrame(binder: Binder, scope: Scope, written: WindowSpecification, orderBy: readonly SortKey[]): WindowFrame {
  const { frame } = written;
  if (frame === undefined) return DEFAULT_FRAME;
  if (frame.mode === "range" && ("offset" in frame.start || "offset" in frame.end) && orderBy.length !== 1)
    throw windowingError("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", at(written.position));
  if (frame.mode === "groups" && orderBy.length === 0)
    throw windowingError("GROUPS mode requires an ORDER BY clause", at(written.position));
  const edge = (e: FrameEdge): FrameBound => {
    if (!("offset" in e)) return e;
    const construct = frame.mode.toUpperCase() as "ROWS" | "RANGE" | "GROUPS";
    return { kind: e.kind, offset: bindOffset(binder, scope, e.offset, construct, orderBy) };
  };
  return { mode: frame.mode, start: edge(frame.start), end: edge(frame.end), exclude: frame.exclude };
}

function bindOffset(
  binder: Binder,
  scope: Scope,
  expr: Expr,
  construct: "ROWS" | "RANGE" | "GROUPS",
  orderBy: readonly SortKey[],
): Expression {
  scope.clause = `window ${construct}`;
  const written = bindExpression(binder, scope, expr);
  const offset = construct === "RANGE" ? rangeOffset(binder, written, orderBy[0]!, expr) : coerceCount(binder, written, construct, expr);
  visitExpression(offset, (e) => {
    if (e.kind === "ColumnReference" && binder.owners[e.id] === scope)
      throw invalidColumnReference(`argument of ${construct} must not contain variables`, at(e.position));
  });
  return offset;
}
function coerceCount(binder: Binder, written: Expression, construct: string, expr: Expr): Expression {
  const coerced = tryCoerce(binder, written, TypeOid.int8, "assignment");
  if (coerced !== undefined) return coerced;
  throw datatypeMismatch(`argument of ${construct} must be type bigint, not type ${binder.typeName(written.type)}`, at(locationOf(expr)));
}

/** in_range support functions of the B-tree families: sort column -> types of offset. */
const RANGE_OFFSETS: ReadonlyMap<Oid, readonly Oid[]> = new Map([
  [TypeOid.int2, [TypeOid.int2, TypeOid.int4, TypeOid.int8]],
  [TypeOid.int4, [TypeOid.int2, TypeOid.int4, TypeOid.int8]],
  [TypeOid.int8, [TypeOid.int8]],
  [TypeOid.float4, [TypeOid.float8]],
  [TypeOid.float8, [TypeOid.float8]],
  [TypeOid.numeric, [TypeOid.numeric]],
  [TypeOid.date, [TypeOid.interval]],
  [TypeOid.time, [TypeOid.interval]],
  [TypeOid.timetz, [TypeOid.interval]],
  [TypeOid.timestamp, [TypeOid.interval]],
  [TypeOid.timestamptz, [TypeOid.interval]],
  [TypeOid.interval, [TypeOid.interval]],
]);
function rangeOffset(binder: Binder, written: Expression, key: SortKey, expr: Expr): Expression {
  const column = key.expression.type;
  const types = RANGE_OFFSETS.get(column);
  const what = `RANGE with offset PRECEDING/FOLLOWING`;
  const position = at(written.position ?? locationOf(expr));
  if (types === undefined) throw featureNotSupported(`${what} is not supported for column type ${binder.typeName(column)}`, position);
  const preferred = written.type === TypeOid.unknown ? column : written.type;
  const fitting = types.filter((type) => canCoerce(binder, written.type, type, "implicit"));
  const names = `column type ${binder.typeName(column)} and offset type ${binder.typeName(written.type)}`;
  if (fitting.length === 0)
    throw featureNotSupported(`${what} is not supported for ${names}`, position, "Cast the offset value to an appropriate type.");
  const chosen = fitting.includes(preferred) ? preferred : fitting.at(-1)!;
  if (fitting.length > 1 && chosen !== preferred)
    throw featureNotSupported(
      `${what} has multiple interpretations for ${names}`,
      position,
      "Cast the offset value to the exact intended type.",
    );
  return tryCoerce(binder, resolveUnknown(binder, written, chosen), chosen, "implicit")!;
}

/**
 * The order in which windows are computed, and with it the order of a result that nothing else sorts: as PostgreSQL's
 * select_active_windows, windows whose sort continues another's come first.
 */
export function orderWindows(windows: readonly BoundWindow[], references: (expression: Expression) => number): BoundWindow[] {
  const keys = new Map(
    windows.map((window) => [
      window,
      [
        ...window.partitionBy.map((e) => [references(e), 0, 0] as const),
        ...window.orderBy.map((k) => [references(k.expression), k.descending ? 1 : 0, k.nullsFirst ? 1 : 0] as const),
      ],
    ]),
  );
  return [...windows].sort((a, b) => {
    const left = keys.get(a)!;
    const right = keys.get(b)!;
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      for (let part = 0; part < 3; part++) {
        const difference = right[i]![part]! - left[i]![part]!;
        if (difference !== 0) return difference;
      }
    }
    return right.length - left.length;
  });
}
