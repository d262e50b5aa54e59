/** Calls: plain functions, casts written as calls, set-returning functions, aggregates and window functions. */
import { isPostgresFunction } from "../../src/functions/index.js";
import type { AggregateCall, Expression, SortKey, WindowFrame } from "../../src/plan/index.js";
import {
  type FunctionSignature, featureNotSupported, groupingError, notSupportedAt, type Oid, syntaxError, TypeOid, undefinedFunction, undefinedObjectAt, windowingError, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import type { Expr, FrameEdge, FunctionExpr, SqlValueExpr, WindowSpecification } from "../parser/syntax-tree.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindSortKey } from "./bind-sort.js";
import { at, type Binder } from "./binder.js";
import { applyModifier, castTo, coerceTo, coerceToBoolean, resolveUnknown, stripImplicit, tryCoerce } from "./coerce.js";
import { functionText, type ResolvedFunction, resolveFunction, visibleFunctions } from "./resolve.js";
import type { Scope } from "./scope.js";
import { sameExpression, visitExpression } from "./walk.js";

export function bindFunction(binder: Binder, scope: Scope, expr: FunctionExpr): Expression {
  if (expr.withinGroup) throw notSupportedAt("WITHIN GROUP", at(expr.position));
  const aggregateLike = expr.over === undefined && visibleFunctions(binder, expr.name).some((f) => f.kind === "aggregate");
  const wasInside = scope.insideAggregate;
  if (aggregateLike) scope.insideAggregate = true;
  let args: Expression[];
  try {
    args = expr.args.map((arg) => bindExpression(binder, scope, arg));
  } finally {
    scope.insideAggregate = wasInside;
  }
  const ordered = expr.argNames.some((name) => name !== undefined) ? placeNamedArguments(binder, expr, args) : args;
  const resolved = resolveFunction(
    binder,
    expr.name,
    ordered.map((arg) => arg.type),
    expr.variadic,
    expr.position,
  );
  if (resolved === undefined) return bindFieldOrCast(binder, expr, ordered);
  const signature = resolved.signature;
  if (expr.star && !(signature.kind === "aggregate" || signature.kind === "window")) {
    throw wrongObjectType(
      `${expr.name.join(".")}(*) specified, but ${expr.name.join(".")} is not an aggregate function`,
      at(expr.position),
    );
  }
  const coerced = packArguments(binder, resolved, ordered);
  if (expr.over !== undefined) return bindWindowCall(binder, scope, expr, resolved, coerced);
  if (signature.kind === "window") throw wrongObjectType(`window function ${signature.name} requires an OVER clause`, at(expr.position));
  if (signature.kind === "aggregate") return bindAggregate(binder, scope, expr, resolved, coerced);
  refuseAggregateOptions(expr);
  if (signature.kind === "set") {
    if (scope.insideAggregate)
      throw featureNotSupported("aggregate function calls cannot contain set-returning function calls", at(expr.position));
    refuseSetReturning(scope, expr.position);
    scope.hasSetReturning = true;
  }
  return makeCall(resolved, coerced, expr.sqlSyntax ? expr.name.at(-1)! : signature.name, expr.position);
}

export function makeCall(resolved: ResolvedFunction, args: readonly Expression[], name: string, position: number): Expression {
  const { signature } = resolved;
  return {
    kind: "FunctionCall",
    functionId: signature.id,
    args,
    strict: signature.strict,
    volatility: signature.volatility,
    syntax: { form: "function", name },
    type: resolved.result,
    typmod: -1,
    ...(position === 0 ? {} : { position }),
  };
}

/** A call by name with arguments that are bound already. */
export function callFunction(binder: Binder, name: string, args: readonly Expression[], position = 0): Expression {
  const resolved = resolveFunction(
    binder,
    ["pg_catalog", name],
    args.map((arg) => arg.type),
    false,
    position,
  );
  if (resolved === undefined) throw noSuchFunction(binder, [name], args, position);
  return makeCall(resolved, packArguments(binder, resolved, args), name, position);
}

function refuseSetReturning(scope: Scope, position: number): void {
  switch (scope.clause) {
    case "WHERE":
    case "HAVING":
    case "JOIN conditions":
    case "LIMIT":
    case "OFFSET":
    case "VALUES":
    case "RETURNING":
    case "UPDATE":
    case "check constraints":
    case "DEFAULT expressions":
    case "index expressions":
    case "index predicates":
    case "column generation expressions":
      throw featureNotSupported(`set-returning functions are not allowed in ${scope.clause}`, at(position));
  }
}

function refuseAggregateOptions(expr: FunctionExpr): void {
  const name = expr.name.join(".");
  if (expr.distinct) throw wrongObjectType(`DISTINCT specified, but ${name} is not an aggregate function`, at(expr.position));
  if (expr.orderBy.length > 0) throw wrongObjectType(`ORDER BY specified, but ${name} is not an aggregate function`, at(expr.position));
  if (expr.filter !== undefined) throw wrongObjectType(`FILTER specified, but ${name} is not an aggregate function`, at(expr.position));
}

/** Coerces to the declared types, adds defaults, packs variadic arguments into an array. */
function packArguments(binder: Binder, resolved: ResolvedFunction, args: readonly Expression[]): Expression[] {
  const { signature, argTypes } = resolved;
  const coerced = args.map((arg, i) => tryCoerce(binder, arg, argTypes[i]!, "implicit")!);
  if (resolved.packFrom >= 0) {
    const elementType = argTypes[resolved.packFrom] ?? signature.variadic!;
    const packed: Expression = {
      kind: "ArrayConstructor",
      elementType,
      elements: coerced.slice(resolved.packFrom),
      multidimensional: false,
      type: binder.arrayType(elementType),
      typmod: -1,
    };
    return [...coerced.slice(0, resolved.packFrom), packed];
  }
  const missing = signature.argTypes.length - coerced.length;
  if (missing > 0 && signature.variadic === undefined) {
    const defaults = signature.defaults ?? [];
    for (let i = coerced.length; i < signature.argTypes.length; i++) {
      coerced.push(defaultArgument(binder, defaults[i - (signature.argTypes.length - defaults.length)]!, signature.argTypes[i]!));
    }
  }
  return coerced;
}
/** Defaults are literals: a number, a quoted string, true, false or null. */
function defaultArgument(binder: Binder, sql: string, type: Oid): Expression {
  const bare = sql.replace(/::[\w ]+(\[\])?$/, "");
  const value = /^null$/i.test(bare) ? null : bare.startsWith("'") ? bare.slice(1, -1).replaceAll("''", "'") : bare;
  return tryCoerce(binder, { kind: "Constant", value, type: TypeOid.unknown, typmod: -1 }, type, "implicit")!;
}

/** Named arguments need the parameters' names, which signatures do not carry. */
function placeNamedArguments(_binder: Binder, expr: FunctionExpr, _args: readonly Expression[]): Expression[] {
  throw notSupportedAt("named argument notation", at(expr.position));
}

function noSuchFunction(binder: Binder, name: readonly string[], args: readonly Expression[], position: number) {
  const bare = name.at(-1)!;
  if (binder.registry.functionsByName(bare).length === 0 && isPostgresFunction(bare))
    return notSupportedAt(`function ${bare}`, at(position));
  return undefinedFunction(
    `function ${functionText(
      binder,
      name,
      args.map((arg) => arg.type),
    )} does not exist`,
    at(position),
    "No function matches the given name and argument types. You might need to add explicit type casts.",
  );
}

/** `int4(x)`, `text(x)`: a cast written as a call. */
function bindFieldOrCast(binder: Binder, expr: FunctionExpr, args: readonly Expression[]): Expression {
  if (args.length === 1 && !expr.star && !expr.distinct && expr.over === undefined) {
    const type = binder.registry.typeByName(expr.name.at(-1)!);
    const arg = args[0]!;
    if (type !== undefined && type.name === expr.name.at(-1)) {
      const coerced =
        arg.type === TypeOid.unknown
          ? castTo(binder, arg, type.oid, -1, expr.position)
          : tryCoerce(binder, arg, type.oid, "explicit", true);
      if (coerced !== undefined) return coerced;
    }
  }
  throw noSuchFunction(binder, expr.name, args, expr.position);
}

// ---- aggregates

/** "aggregate functions are not allowed in WHERE", for the clauses where they are not. */
const NO_AGGREGATES = new Set([
  "FROM", "JOIN conditions", "WHERE", "GROUP BY", "LIMIT", "OFFSET", "VALUES", "RETURNING", "UPDATE", "functions in FROM", "FILTER", "check constraints",
  "DEFAULT expressions", "index expressions", "index predicates", "column generation expressions", "EXECUTE parameters", "transform expressions", "COPY FROM WHERE conditions",
]); // biome-ignore format: a list

function bindAggregate(binder: Binder, scope: Scope, expr: FunctionExpr, resolved: ResolvedFunction, args: Expression[]): Expression {
  const call = buildAggregate(binder, scope, expr, resolved, args);
  const owner = aggregateLevel(binder, scope, call);
  if (owner.insideAggregate) throw groupingError("aggregate function calls cannot be nested", at(expr.position));
  if (NO_AGGREGATES.has(owner.clause)) throw groupingError(`aggregate functions are not allowed in ${owner.clause}`, at(expr.position));
  for (const existing of owner.aggregates) {
    if (sameCall(existing.call, call)) return columnReference(existing.column, expr.position);
  }
  const column = binder.newColumn(call.name, call.type, call.typmod);
  binder.owners[column.id] = owner;
  owner.aggregates.push({ call, column });
  return columnReference(column, expr.position);
}

function buildAggregate(binder: Binder, scope: Scope, expr: FunctionExpr, resolved: ResolvedFunction, args: Expression[]): AggregateCall {
  const wasInside = scope.insideAggregate;
  const wasClause = scope.clause;
  scope.insideAggregate = true;
  try {
    const orderBy: SortKey[] = expr.orderBy.map((item) => {
      const bound = resolveUnknown(binder, bindExpression(binder, scope, item.expr));
      const sameArg = args.find((arg) => sameExpression(arg, bound) || sameExpression(stripImplicit(arg), bound));
      return bindSortKey(binder, sameArg ?? bound, item);
    });
    const filter =
      expr.filter === undefined
        ? undefined
        : coerceToBoolean(binder, bindExpression(binder, scope, expr.filter), "FILTER", expr.filter.position);
    if (expr.distinct && args.length === 0) throw syntaxError("DISTINCT specified, but the aggregate has no arguments", at(expr.position));
    if (expr.distinct) {
      for (const key of orderBy) {
        if (!args.some((arg) => sameExpression(arg, key.expression))) {
          throw wrongOrder("in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list", expr.position);
        }
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
  } finally {
    scope.insideAggregate = wasInside;
    scope.clause = wasClause;
  }
}
const wrongOrder = (message: string, position: number) => wrongObjectType(message, at(position));
const sameCall = (left: AggregateCall, right: AggregateCall): boolean => sameExpression(left as never, right as never);

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
  return innermost ?? scope;
}
function isOuterOrSame(owner: Scope, scope: Scope): boolean {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) if (level === owner) return true;
  return false;
}

// ---- window functions

function bindWindowCall(binder: Binder, scope: Scope, expr: FunctionExpr, resolved: ResolvedFunction, args: Expression[]): Expression {
  const { signature } = resolved;
  if (signature.kind !== "window" && signature.kind !== "aggregate") {
    throw wrongObjectType(
      `OVER specified, but ${expr.name.join(".")} is not a window function nor an aggregate function`,
      at(expr.position),
    );
  }
  if (scope.insideWindow) throw windowingError("window function calls cannot be nested", at(expr.position));
  if (scope.clause !== "select list" && scope.clause !== "ORDER BY" && scope.clause !== "DISTINCT ON") {
    throw windowingError(`window functions are not allowed in ${scope.clause}`, at(expr.position));
  }
  if (expr.distinct) throw featureNotSupported("DISTINCT is not implemented for window functions", at(expr.position));
  if (expr.orderBy.length > 0) throw featureNotSupported("aggregate ORDER BY is not implemented for window functions", at(expr.position));
  const specification = resolveWindow(scope, expr.over!, expr.position);
  scope.insideWindow = true;
  try {
    const partitionBy = specification.partitionBy.map((e) => resolveUnknown(binder, bindExpression(binder, scope, e)));
    const orderBy = specification.orderBy.map((item) =>
      bindSortKey(binder, resolveUnknown(binder, bindExpression(binder, scope, item.expr)), item),
    );
    const filter = expr.filter === undefined ? undefined : coerceToBoolean(binder, bindExpression(binder, scope, expr.filter), "FILTER");
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
    scope.windowCalls.push({ call, partitionBy, orderBy, frame: bindFrame(binder, scope, specification), column });
    return columnReference(column, expr.position);
  } finally {
    scope.insideWindow = false;
  }
}

/** OVER w, OVER (w ORDER BY …): copies what the named window says. */
function resolveWindow(scope: Scope, written: WindowSpecification, position: number): WindowSpecification {
  const name = written.reference ?? written.name;
  if (name === undefined) return written;
  const base = scope.windows.find((window) => window.name === name);
  if (base === undefined) throw undefinedObjectAt(`window "${name}" does not exist`, at(written.position || position));
  const full = resolveWindow(scope, { ...base, name: undefined }, position);
  if (written.partitionBy.length > 0) throw windowingError(`cannot override PARTITION BY clause of window "${name}"`, at(written.position));
  if (written.orderBy.length > 0 && full.orderBy.length > 0)
    throw windowingError(`cannot override ORDER BY clause of window "${name}"`, at(written.position));
  return { ...full, orderBy: written.orderBy.length > 0 ? written.orderBy : full.orderBy, frame: written.frame ?? full.frame };
}

function bindFrame(binder: Binder, scope: Scope, specification: WindowSpecification): WindowFrame {
  const frame = specification.frame;
  if (frame === undefined) return { mode: "range", start: { kind: "unboundedPreceding" }, end: { kind: "currentRow" }, exclude: "none" };
  if (frame.mode === "groups" && specification.orderBy.length === 0)
    throw windowingError("GROUPS mode requires an ORDER BY clause", at(specification.position));
  const edge = (e: FrameEdge) => {
    if (!("offset" in e)) return e;
    const bound = bindExpression(binder, scope, e.offset);
    if (frame.mode === "range") {
      if (specification.orderBy.length !== 1) {
        throw windowingError("RANGE with offset PRECEDING/FOLLOWING requires exactly one ORDER BY column", at(specification.position));
      }
      return { kind: e.kind, offset: bound };
    }
    return { kind: e.kind, offset: coerceTo(binder, bound, TypeOid.int8, frame.mode.toUpperCase(), e.offset.position) };
  };
  return { mode: frame.mode, start: edge(frame.start), end: edge(frame.end), exclude: frame.exclude };
}

// ---- CURRENT_DATE and friends

const NAME_FUNCTIONS: Readonly<Record<string, string>> = {
  current_user: "current_user",
  user: "current_user",
  current_role: "current_user",
  session_user: "session_user",
  current_catalog: "current_database",
  current_schema: "current_schema",
};
const TIME_TYPES: Readonly<Record<string, Oid>> = {
  current_date: TypeOid.date,
  current_timestamp: TypeOid.timestamptz,
  localtimestamp: TypeOid.timestamp,
  localtime: TypeOid.time,
};
export function bindSqlValue(binder: Binder, _scope: Scope, expr: SqlValueExpr): Expression {
  const nameFunction = NAME_FUNCTIONS[expr.name];
  if (nameFunction !== undefined) return callFunction(binder, nameFunction, [], expr.position);
  const type = TIME_TYPES[expr.name];
  if (type === undefined) throw notSupportedAt(expr.name, at(expr.position));
  const now = callFunction(binder, "now", [], expr.position);
  const value = castTo(binder, now, type, -1, expr.position);
  return expr.precision < 0 ? value : applyModifier(binder, value, expr.precision, true);
}

export type { Expr, FunctionSignature };
