/** Aggregate calls: ordinary, ordered-set and hypothetical-set ones, and the query level that each belongs to. Source: parse_agg.c, parse_func.c. */
import type { AggregateCall, Expression, SortKey } from "../../src/plan/index.js";
import {
  featureNotSupported, groupingError, invalidColumnReference, invalidRecursion, syntaxError, undefinedFunctionHinted, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { locationOf } from "../parser/location.js";
import type { FunctionExpr } from "../parser/syntax-tree.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindSortKey } from "./bind-sort.js";
import { bindFilter } from "./bind-window.js";
import { at, type Binder } from "./binder.js";
import { coerceTo, commonType, resolveUnknown, stripImplicit, tryCoerce } from "./coerce.js";
import { requireDistinct } from "./comparability.js";
import { functionText, type ResolvedFunction } from "./resolve.js";
import type { Scope } from "./scope.js";
import { sameExpression, visitExpression } from "./walk.js";

/** "aggregate functions are not allowed in WHERE", for the clauses where they are not. */
const NO_AGGREGATES = new Set([
  "FROM", "JOIN conditions", "WHERE", "GROUP BY", "LIMIT", "OFFSET", "VALUES", "INSERT", "RETURNING", "UPDATE", "functions in FROM", "FILTER", "check constraints", "policy expressions", "statistics expressions",
  "DEFAULT expressions", "index expressions", "index predicates", "column generation expressions", "EXECUTE parameters", "transform expressions", "COPY FROM WHERE conditions",
  "window ROWS", "window RANGE", "window GROUPS", "MERGE WHEN conditions",
]); // biome-ignore format: a list

/** `args` as they were written, coerced to the declared types unless `withinGroup`. */
export function bindAggregate(
  binder: Binder,
  scope: Scope,
  expr: FunctionExpr,
  resolved: ResolvedFunction,
  args: readonly Expression[],
): Expression {
  const name = expr.name.join(".");
  if (expr.argNames.some((argument) => argument !== undefined))
    throw featureNotSupported("aggregates cannot use named arguments", at(expr.position));
  if (!expr.withinGroup && args.length === 0 && expr.args.length === 0 && !expr.star)
    throw wrongObjectType(`${name}(*) must be used to call a parameterless aggregate function`, at(expr.position));
  const call = expr.withinGroup ? orderedSetCall(binder, scope, expr, resolved, args) : plainCall(binder, scope, expr, resolved, args);
  const owner = aggregateLevel(binder, scope, call);
  if (owner.insideAggregate) throw groupingError("aggregate function calls cannot be nested", at(expr.position));
  refuseInside(binder, owner, call);
  if (owner.clause === "FROM")
    throw groupingError(
      scope.clause === "functions in FROM"
        ? "aggregate functions are not allowed in functions in FROM"
        : "aggregate functions are not allowed in FROM clause of their own query level",
      at(expr.position),
    );
  if (NO_AGGREGATES.has(owner.clause))
    throw groupingError(`aggregate functions are not allowed in ${clauseName(owner.clause)}`, at(expr.position));
  if (owner.parent?.recursiveTerm === true)
    throw invalidRecursion("aggregate functions are not allowed in a recursive query's recursive term", at(expr.position));
  for (const existing of owner.aggregates)
    if (sameExpression(existing.call as never, call as never)) return columnReference(existing.column, expr.position);
  const column = binder.newColumn(call.name, call.type, call.typmod);
  binder.notes?.calls.set(column.id, { call, written: expr });
  binder.owners[column.id] = owner;
  owner.aggregates.push({ call, column });
  return columnReference(column, expr.position);
}

const clauseName = (clause: string): string => (clause === "INSERT" ? "VALUES" : clause);
function refuseInside(_binder: Binder, owner: Scope, call: AggregateCall): void {
  const windows = new Set(owner.windowCalls.map((window) => window.column.id));
  const aggregates = new Set(owner.aggregates.map((aggregate) => aggregate.column.id));
  if (windows.size === 0 && aggregates.size === 0) return;
  const look = (e: Expression): void => {
    if (e.kind !== "ColumnReference") return;
    if (windows.has(e.id)) throw groupingError("aggregate function calls cannot contain window function calls", at(e.position));
    if (aggregates.has(e.id)) throw groupingError("aggregate function calls cannot be nested", at(e.position));
  };
  for (const arg of [...call.args, ...(call.direct ?? [])]) visitExpression(arg, look);
  if (call.filter !== undefined) visitExpression(call.filter, look);
}

function inside<Result>(scope: Scope, run: () => Result): Result {
  const was = { inside: scope.insideAggregate, clause: scope.clause };
  scope.insideAggregate = true;
  try {
    return run();
  } finally {
    scope.insideAggregate = was.inside;
    scope.clause = was.clause;
  }
}

function plainCall(
  binder: Binder,
  scope: Scope,
  expr: FunctionExpr,
  resolved: ResolvedFunction,
  given: readonly Expression[],
): AggregateCall {
  // Values that are kept and compared have a type.
  const args = given.map((arg) => resolveUnknown(binder, arg));
  return inside(scope, () => {
    const orderBy: SortKey[] = expr.orderBy.map((item) => {
      const bound = resolveUnknown(binder, bindExpression(binder, scope, item.expr));
      const sameArg = args.find((arg) => sameExpression(arg, bound) || sameExpression(stripImplicit(arg), bound));
      return bindSortKey(binder, sameArg ?? bound, item);
    });
    const filter = expr.filter === undefined ? undefined : bindFilter(binder, scope, expr.filter);
    if (expr.distinct) {
      if (args.length === 0) throw syntaxError("DISTINCT specified, but the aggregate has no arguments", at(expr.position));
      for (const [i, arg] of args.entries())
        requireDistinct(binder, arg, expr.args[i] === undefined ? expr.position : locationOf(expr.args[i]));
      for (const [i, key] of orderBy.entries()) {
        if (!args.some((arg) => sameExpression(arg, key.expression)))
          throw invalidColumnReference(
            "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
            at(locationOf(expr.orderBy[i]!.expr)),
          );
      }
    }
    return {
      functionId: resolved.signature.id,
      args,
      distinct: expr.distinct,
      orderBy,
      ...(filter === undefined ? {} : { filter }),
      type: resolved.result,
      typmod: -1,
      name: resolved.signature.name,
    };
  });
}

function orderedSetCall(
  binder: Binder,
  scope: Scope,
  expr: FunctionExpr,
  resolved: ResolvedFunction,
  written: readonly Expression[],
): AggregateCall {
  return inside(scope, () => {
    const { signature } = resolved;
    const directCount = expr.args.length;
    const coerced =
      signature.aggregate === "hypothetical"
        ? unifyHypothetical(binder, expr, written)
        : written.map((arg, i) => tryCoerce(binder, arg, resolved.argTypes[i]!, "implicit")!);
    const direct = coerced.slice(0, directCount);
    const args = coerced.slice(directCount);
    const orderBy = args.map((arg, i) => bindSortKey(binder, arg, expr.orderBy[i]!));
    const filter = expr.filter === undefined ? undefined : bindFilter(binder, scope, expr.filter);
    return {
      functionId: signature.id,
      args,
      direct,
      distinct: false,
      orderBy,
      ...(filter === undefined ? {} : { filter }),
      type: resolved.result,
      typmod: -1,
      name: signature.name,
    };
  });
}

/** Each direct argument and the sort column it stands for get one type. */
function unifyHypothetical(binder: Binder, expr: FunctionExpr, written: readonly Expression[]): Expression[] {
  const count = expr.args.length;
  const result = [...written];
  for (let i = 0; i < count; i++) {
    const pair = [written[count + i]!, written[i]!];
    const type = commonType(binder, pair, "WITHIN GROUP")!;
    result[i] = coerceTo(binder, written[i]!, type, "WITHIN GROUP");
    result[count + i] = coerceTo(binder, written[count + i]!, type, "WITHIN GROUP");
  }
  return result;
}

/** WITHIN GROUP is there where it must be, and only there; the number of direct arguments fits. */
export function checkWithinGroup(binder: Binder, expr: FunctionExpr, resolved: ResolvedFunction, inputs: readonly number[]): void {
  const { signature } = resolved;
  const name = expr.name.join(".");
  if (signature.aggregate === undefined) {
    if (expr.withinGroup)
      throw wrongObjectType(`${name} is not an ordered-set aggregate, so it cannot have WITHIN GROUP`, at(expr.position));
    return;
  }
  if (!expr.withinGroup) throw wrongObjectType(`WITHIN GROUP is required for ordered-set aggregate ${name}`, at(expr.position));
  if (expr.over !== undefined) throw featureNotSupported(`OVER is not supported for ordered-set aggregate ${name}`, at(expr.position));
  const given = expr.args.length;
  const missing = `function ${functionText(binder, expr.name, inputs)} does not exist`;
  if (signature.aggregate === "hypothetical") {
    const ordered = expr.orderBy.length;
    if (given !== ordered)
      throw undefinedFunctionHinted(
        missing,
        `To use the hypothetical-set aggregate ${name}, the number of hypothetical direct arguments (here ${given}) must match the number of ordering columns (here ${ordered}).`,
        at(expr.position),
      );
    return;
  }
  const expected = signature.directArgCount ?? 0;
  if (given !== expected)
    throw undefinedFunctionHinted(
      missing,
      `There is an ordered-set aggregate ${name}, but it requires ${expected} direct argument${expected === 1 ? "" : "s"}, not ${given}.`,
      at(expr.position),
    );
}

/** The innermost level whose columns the arguments use; the present one when they use none. */
function aggregateLevel(binder: Binder, scope: Scope, call: AggregateCall): Scope {
  let innermost: Scope | undefined;
  const look = (e: Expression): void => {
    if (e.kind !== "ColumnReference") return;
    const owner = binder.owners[e.id];
    if (owner === undefined || !isOuterOrSame(owner, scope)) return;
    if (innermost === undefined || owner.level > innermost.level) innermost = owner;
  };
  for (const arg of call.args) visitExpression(arg, look);
  if (call.filter !== undefined) visitExpression(call.filter, look);
  for (const key of call.orderBy) visitExpression(key.expression, look);
  if (innermost === undefined) for (const arg of call.direct ?? []) visitExpression(arg, look);
  return innermost ?? scope;
}
function isOuterOrSame(owner: Scope, scope: Scope): boolean {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent)
    if (level === owner || level.lateralOf === owner) return true;
  return false;
}
