/** Calls: plain functions, casts written as calls, set-returning functions, aggregates and window functions. */
import { isPostgresFunction } from "../../src/functions/index.js";
import type { Expression } from "../../src/plan/index.js";
import {
  DbError, datatypeMismatch, FIRST_USER_OID, type FunctionSignature, featureNotSupported, notSupportedAt, type Oid, syntaxError, TypeOid, tooManyArguments, undefinedFunction, wrongObjectType,
} from "../../src/types/index.js"; // biome-ignore format: a list
import { locationOf } from "../parser/location.js";
import type { Expr, FunctionExpr, SqlValueExpr } from "../parser/syntax-tree.js";
import { bindAggregate, checkWithinGroup } from "./bind-aggregate.js";
import { bindStored } from "./bind-default.js";
import { bindExpression, selectField } from "./bind-expression.js";
import { bindWindowCall } from "./bind-window.js";
import { at, type Binder } from "./binder.js";
import { applyModifier, castTo, tryCoerce } from "./coerce.js";
import { functionText, type ResolvedFunction, resolveFunction, visibleFunctions } from "./resolve.js";
import type { Scope } from "./scope.js";
import { parseStoredExpression } from "./stored-sql.js";

/** FUNC_MAX_ARGS. */
const FUNCTION_ARGS_MAX = 100;

export function bindFunction(binder: Binder, scope: Scope, expr: FunctionExpr): Expression {
  checkArgumentNames(expr);
  if (expr.args.length > FUNCTION_ARGS_MAX)
    throw tooManyArguments(`cannot pass more than ${FUNCTION_ARGS_MAX} arguments to a function`, at(expr.position));
  const aggregateLike = expr.over === undefined && visibleFunctions(binder, expr.name).some((f) => f.kind === "aggregate");
  const wasInside = scope.insideAggregate;
  if (aggregateLike) scope.insideAggregate = true;
  let args: Expression[];
  scope.callDepth++;
  try {
    args = expr.args.map((arg) => bindExpression(binder, scope, arg));
    if (!expr.withinGroup) args = args.filter((arg) => !standsForResult(arg));
    // The columns that WITHIN GROUP orders are the function's last arguments.
    if (expr.withinGroup) for (const item of expr.orderBy) args.push(bindExpression(binder, scope, item.expr));
  } finally {
    scope.insideAggregate = wasInside;
    scope.callDepth--;
  }
  const inputs = args.map((arg) => arg.type);
  if (isLiteralOfType(binder, expr, args)) return bindFieldOrCast(binder, scope, expr, args);
  const resolved = resolveFunction(binder, expr.name, inputs, expr.variadic, expr.position, expr.withinGroup ? [] : expr.argNames);
  if (resolved === undefined) return bindFieldOrCast(binder, scope, expr, args);
  const { signature } = resolved;
  if (signature.kind === "procedure")
    throw new DbError({
      ...wrongObjectType(`${functionText(binder, expr.name, inputs)} is a procedure`, at(expr.position)).fields,
      hint: "To call a procedure, use CALL.",
    });
  if (signature.kind === "aggregate") {
    checkWithinGroup(binder, expr, resolved, inputs);
    if (expr.withinGroup) return bindAggregate(binder, scope, expr, resolved, args);
  } else refuseAggregateOptions(expr, signature.kind === "window");
  const coerced = packArguments(binder, resolved, args);
  if (expr.over !== undefined) return bindWindowCall(binder, scope, expr, resolved, coerced);
  if (signature.kind === "window") throw wrongObjectType(`window function ${signature.name} requires an OVER clause`, at(expr.position));
  if (signature.kind === "aggregate") return bindAggregate(binder, scope, expr, resolved, coerced);
  if (signature.kind === "set") {
    if (scope.insideAggregate)
      throw featureNotSupported(
        "aggregate function calls cannot contain set-returning function calls",
        at(expr.position),
        "You might be able to move the set-returning function into a LATERAL FROM item.",
      );
    refuseSetReturning(scope, expr);
    scope.hasSetReturning = true;
  }
  const call = makeCall(resolved, coerced, expr.sqlSyntax ? expr.name.at(-1)! : signature.name, expr.position, binder);
  if (!expr.variadic || signature.variadic !== TypeOid.any || call.kind !== "FunctionCall") return call;
  if (binder.elementType(coerced.at(-1)?.type ?? 0) === 0)
    throw datatypeMismatch("VARIADIC argument must be an array", at(locationOf(expr.args.at(-1)!)));
  return { ...call, spreads: true };
}

/** JDBC passes the place of an OUT parameter as a parameter of type void: PostgreSQL takes it away. */
const standsForResult = (arg: Expression) => arg.kind === "Parameter" && arg.type === TypeOid.void;

/** `int4('7')`: an undecided literal to a type's name is a cast before any function is chosen. */
function isLiteralOfType(binder: Binder, expr: FunctionExpr, args: readonly Expression[]): boolean {
  const [arg] = args;
  if (args.length !== 1 || arg?.type !== TypeOid.unknown || expr.argNames[0] !== undefined || expr.variadic || expr.withinGroup)
    return false;
  if (expr.over !== undefined || expr.distinct || expr.filter !== undefined || expr.orderBy.length > 0) return false;
  const name = expr.name.at(-1)!;
  return binder.registry.typeByName(name)?.name === name;
}

function checkArgumentNames(expr: FunctionExpr): void {
  let named = false;
  for (const [i, name] of expr.argNames.entries()) {
    const position = at(locationOf(expr.args[i]!));
    if (name === undefined && named) throw syntaxError("positional argument cannot follow named argument", position);
    if (name === undefined) continue;
    if (expr.argNames.indexOf(name) !== i)
      throw syntaxError(`argument name "${name}" used more than once`, expr.argNamePositions?.[i] ?? position);
    named = true;
  }
}

/** `row.f`: a function of the row's type, written as if it were a column. */
export function attributeFunction(binder: Binder, record: Expression, name: string, position: number): Expression | undefined {
  if (binder.fields(record.type) === undefined) return undefined;
  const resolved = resolveFunction(binder, [name], [record.type], false, 0);
  if (resolved === undefined || resolved.signature.kind !== "function" || resolved.signature.argTypes[0] !== record.type) return undefined;
  return makeCall(resolved, [record], name, position, binder);
}

/** CALL: the procedure and its arguments, OUT ones included. */
export function bindCallArguments(
  binder: Binder,
  scope: Scope,
  expr: FunctionExpr,
): { readonly signature: FunctionSignature; readonly args: readonly Expression[] } {
  checkArgumentNames(expr);
  const args = expr.args.map((arg) => bindExpression(binder, scope, arg));
  const inputs = args.map((arg) => arg.type);
  const resolved = resolveFunction(binder, expr.name, inputs, expr.variadic, expr.position, expr.argNames);
  if (resolved === undefined)
    throw undefinedFunction(
      `procedure ${functionText(binder, expr.name, inputs)} does not exist`,
      at(expr.position),
      "No procedure matches the given name and argument types. You might need to add explicit type casts.",
    );
  return { signature: resolved.signature, args: packArguments(binder, resolved, args) };
}

export function makeCall(
  resolved: ResolvedFunction,
  args: readonly Expression[],
  name: string,
  position: number,
  binder?: Binder,
): Expression {
  const { signature } = resolved;
  if (signature.oid >= FIRST_USER_OID) binder?.relationsRead.add(signature.oid);
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

const NO_SETS = new Set([
  "WHERE", "HAVING", "JOIN conditions", "LIMIT", "OFFSET", "VALUES", "RETURNING", "UPDATE", "FILTER", "MERGE WHEN conditions", "check constraints", "policy expressions", "statistics expressions",
  "DEFAULT expressions", "index expressions", "index predicates", "column generation expressions", "EXECUTE parameters", "transform expressions", "COPY FROM WHERE conditions",
]); // biome-ignore format: a list
function refuseSetReturning(scope: Scope, expr: FunctionExpr): void {
  const position = at(expr.position);
  if (scope.clause === "functions in FROM") {
    if (scope.callDepth > 0) throw featureNotSupported("set-returning functions must appear at top level of FROM", position);
    return;
  }
  if (scope.clause.startsWith("window "))
    throw featureNotSupported("set-returning functions are not allowed in window definitions", position);
  if (NO_SETS.has(scope.clause)) throw featureNotSupported(`set-returning functions are not allowed in ${scope.clause}`, position);
  if (scope.insideConditional !== undefined)
    throw featureNotSupported(
      `set-returning functions are not allowed in ${scope.insideConditional}`,
      position,
      "You might be able to move the set-returning function into a LATERAL FROM item.",
    );
}

function refuseAggregateOptions(expr: FunctionExpr, isWindow: boolean): void {
  const name = expr.name.join(".");
  const position = at(expr.position);
  if (isWindow) {
    if (expr.withinGroup) throw wrongObjectType(`window function ${name} cannot have WITHIN GROUP`, position);
    return;
  }
  if (expr.star) throw wrongObjectType(`${name}(*) specified, but ${name} is not an aggregate function`, position);
  if (expr.distinct) throw wrongObjectType(`DISTINCT specified, but ${name} is not an aggregate function`, position);
  if (expr.withinGroup) throw wrongObjectType(`WITHIN GROUP specified, but ${name} is not an aggregate function`, position);
  if (expr.orderBy.length > 0) throw wrongObjectType(`ORDER BY specified, but ${name} is not an aggregate function`, position);
  if (expr.filter !== undefined) throw wrongObjectType(`FILTER specified, but ${name} is not an aggregate function`, position);
  if (expr.over !== undefined)
    throw wrongObjectType(`OVER specified, but ${name} is not a window function nor an aggregate function`, position);
}

/** Coerces to the declared types, adds defaults, packs variadic arguments into an array. */
function packArguments(binder: Binder, resolved: ResolvedFunction, args: readonly Expression[]): Expression[] {
  const { signature, argTypes } = resolved;
  const coerced = args.map((arg, i) => tryCoerce(binder, arg, argTypes[i]!, "implicit")!);
  if (resolved.places !== undefined) return placeNamedArguments(binder, signature, resolved.places, coerced);
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
/** Defaults of built-in functions are literals: a number, a quoted string, true, false or null; those of the catalog's any expression. */
function defaultArgument(binder: Binder, sql: string, type: Oid): Expression {
  if (!/^(-?\d+|'(?:[^']|'')*'|true|false|null)(::[\w ]+(\[\])?)?$/i.test(sql)) {
    const bound = bindStored(binder, parseStoredExpression(sql), "DEFAULT expressions", "", []);
    return tryCoerce(binder, bound, type, "assignment")!;
  }
  const bare = sql.replace(/::[\w ]+(\[\])?$/, "");
  const value = /^null$/i.test(bare) ? null : bare.startsWith("'") ? bare.slice(1, -1).replaceAll("''", "'") : bare;
  return tryCoerce(binder, { kind: "Constant", value, type: TypeOid.unknown, typmod: -1 }, type, "implicit")!;
}

/** Named arguments go where their names say; what nobody names has a default. */
function placeNamedArguments(
  binder: Binder,
  signature: FunctionSignature,
  places: readonly number[],
  given: readonly Expression[],
): Expression[] {
  const defaults = signature.defaults ?? [];
  return signature.argTypes.map((type, place) => {
    const index = places.indexOf(place);
    return index >= 0 ? given[index]! : defaultArgument(binder, defaults[place - (signature.argTypes.length - defaults.length)]!, type);
  });
}

const CAST_HINT = "No function matches the given name and argument types. You might need to add explicit type casts.";
const ORDER_HINT =
  "No aggregate function matches the given name and argument types. Perhaps you misplaced ORDER BY; ORDER BY must appear after all regular arguments of the aggregate.";
function noSuchFunction(
  binder: Binder,
  name: readonly string[],
  args: readonly Expression[],
  position: number,
  argNames: FunctionExpr["argNames"] = [],
  misplacedOrder = false,
) {
  const bare = name.at(-1)!;
  if (binder.registry.functionsByName(bare).length === 0 && isPostgresFunction(bare))
    return notSupportedAt(`function ${bare}`, at(position));
  const types = args.map((arg) => arg.type);
  return undefinedFunction(
    `function ${functionText(binder, name, types, argNames)} does not exist`,
    at(position),
    misplacedOrder ? ORDER_HINT : CAST_HINT,
  );
}

/** `int4(x)`, `text(x)`: a cast written as a call; `name(row)`: a field of a row. */
function bindFieldOrCast(binder: Binder, _scope: Scope, expr: FunctionExpr, args: readonly Expression[]): Expression {
  const isPlain =
    args.length === 1 &&
    !expr.star &&
    !expr.distinct &&
    !expr.variadic &&
    expr.over === undefined &&
    expr.filter === undefined &&
    expr.orderBy.length === 0 &&
    expr.argNames[0] === undefined;
  if (isPlain) {
    const name = expr.name.at(-1)!;
    const arg = args[0]!;
    if (expr.name.length === 1 && binder.fields(arg.type)?.some((field) => field.name === name) === true)
      return selectField(binder, arg, name, expr.position);
    if (expr.name.length === 1 && arg.kind === "RowConstructor" && arg.names?.includes(name) === true)
      return selectField(binder, arg, name, expr.position);
    const type = binder.registry.typeByName(name);
    if (type !== undefined && type.name === name) {
      const coerced =
        arg.type === TypeOid.unknown
          ? castTo(binder, arg, type.oid, -1, expr.position)
          : tryCoerce(binder, arg, type.oid, "explicit", true);
      if (coerced !== undefined) return coerced;
    }
  }
  const misplacedOrder = expr.orderBy.length > 0 && !expr.withinGroup && args.length > 0;
  throw noSuchFunction(binder, expr.name, args, expr.position, expr.argNames, misplacedOrder);
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
  current_time: TypeOid.timetz,
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
