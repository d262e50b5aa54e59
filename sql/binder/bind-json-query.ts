/** JSON_EXISTS, JSON_VALUE, JSON_QUERY, and the columns of JSON_TABLE. Source: transformJsonFuncExpr of PostgreSQL 17's parse_expr.c. */

import { jsonbLiteral } from "../../src/functions/index.js";
import type { Expression, JsonQuery } from "../../src/plan/index.js";
import { cannotCoerce, DbError, datatypeMismatch, syntaxError, TypeOid } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { JsonBehavior, JsonInput, JsonPassing, JsonQueryExpr } from "../parser/syntax-tree-json.js";
import { bindExpression } from "./bind-expression.js";
import { bindJsonInput, type Returning, resolveOutput } from "./bind-json.js";
import { at, type Binder } from "./binder.js";
import { tryCoerce } from "./coerce.js";
import type { Scope } from "./scope.js";
import { visitExpression } from "./walk.js";

export function bindJsonQuery(binder: Binder, scope: Scope, expr: JsonQueryExpr): Expression {
  checkQuotes(expr, expr.position);
  return makeJsonQuery(binder, scope, {
    operation: expr.operation,
    context: bindContextItem(binder, scope, expr.input),
    path: bindPath(binder, scope, expr.path),
    passing: bindPassing(binder, scope, expr.passing),
    returning: expr.returning === undefined ? { type: DEFAULT_TYPES[expr.operation], typmod: -1 } : resolveOutput(binder, expr.returning),
    wrapper: expr.wrapper,
    quotes: expr.quotes,
    onEmpty: expr.onEmpty,
    onError: expr.onError,
    position: expr.position,
  });
}
const DEFAULT_TYPES = { exists: TypeOid.bool, value: TypeOid.text, query: TypeOid.jsonb } as const;

export function checkQuotes(expr: Pick<JsonQueryExpr, "quotes" | "wrapper">, position: number): void {
  if (expr.quotes !== "unspecified" && (expr.wrapper === "conditional" || expr.wrapper === "unconditional"))
    throw syntaxError("SQL/JSON QUOTES behavior must not be specified when WITH WRAPPER is used", at(position));
}

/** The document that is looked into, as jsonb. */
export function bindContextItem(binder: Binder, scope: Scope, input: JsonInput): Expression {
  const value = bindJsonInput(binder, scope, input, true);
  const jsonb = tryCoerce(binder, value, TypeOid.jsonb, "explicit", true);
  if (jsonb === undefined) throw cannotCoerce(`cannot cast type ${binder.typeName(value.type)} to jsonb`, at(locationOf(input.expr)));
  return jsonb;
}
function bindPath(binder: Binder, scope: Scope, path: JsonQueryExpr["path"]): Expression {
  const bound = bindExpression(binder, scope, path);
  const coerced = tryCoerce(binder, bound, TypeOid.jsonpath, "explicit");
  if (coerced?.type !== TypeOid.jsonpath)
    throw datatypeMismatch(
      `JSON path expression must be of type jsonpath, not of type ${binder.typeName(bound.type)}`,
      at(locationOf(path)),
    );
  return coerced;
}
export function bindPassing(binder: Binder, scope: Scope, passing: readonly JsonPassing[]): JsonQuery["passing"] {
  return passing.map(({ name, value }) => ({ name, value: bindJsonInput(binder, scope, value) }));
}

export interface QueryParts {
  readonly operation: JsonQuery["operation"];
  readonly context: Expression;
  readonly path: Expression;
  readonly passing: JsonQuery["passing"];
  readonly returning: Returning;
  readonly wrapper: JsonQueryExpr["wrapper"];
  readonly quotes: JsonQueryExpr["quotes"];
  readonly onEmpty: JsonBehavior | undefined;
  readonly onError: JsonBehavior | undefined;
  readonly position: number;
  /** Of JSON_TABLE, with what its errors call the kind of column. */
  readonly column?: { readonly name: string; readonly kind: "EXISTS" | "scalar" | "formatted" };
}
export function makeJsonQuery(binder: Binder, scope: Scope, parts: QueryParts): Expression {
  const { operation, returning, column } = parts;
  const isExists = operation === "exists";
  const type = isExists ? { type: TypeOid.bool, typmod: -1 } : returning;
  const behavior = (written: JsonBehavior | undefined, event: "EMPTY" | "ERROR", otherwise: JsonBehavior["behavior"]) => {
    if (written !== undefined) checkBehavior(written, event, parts);
    const chosen = written ?? ({ behavior: otherwise, position: 0 } as JsonBehavior);
    return chosen.behavior === "error" ? undefined : bindBehavior(binder, scope, chosen, type);
  };
  const onEmpty = isExists ? undefined : behavior(parts.onEmpty, "EMPTY", "null");
  const onError = behavior(parts.onError, "ERROR", isExists ? "false" : "null");
  const query: JsonQuery = {
    kind: "JsonQuery",
    operation,
    context: parts.context,
    path: parts.path,
    passing: parts.passing,
    wrapper: parts.wrapper === "unspecified" ? "none" : parts.wrapper,
    omitQuotes: parts.quotes === "omit",
    ...(onEmpty === undefined ? {} : { onEmpty }),
    ...(onError === undefined ? {} : { onError }),
    ...(column === undefined ? {} : { columnName: column.name }),
    ...type,
    ...(parts.position === 0 ? {} : { position: parts.position }),
  };
  if (!isExists || returning.type === TypeOid.bool) return query;
  return castBehavior(binder, query, returning, parts.position);
}

const ALLOWED = {
  exists: { ERROR: ["error", "true", "false", "unknown"], text: "ERROR, TRUE, FALSE, or UNKNOWN" },
  value: { ERROR: ["error", "null", "default"], text: "ERROR, NULL, or DEFAULT expression" },
  query: {
    ERROR: ["error", "null", "empty", "emptyArray", "emptyObject", "default"],
    text: "ERROR, NULL, EMPTY ARRAY, EMPTY OBJECT, or DEFAULT expression",
  },
} as const;
function checkBehavior(behavior: JsonBehavior, event: "EMPTY" | "ERROR", { operation, column }: QueryParts): void {
  const allowed = ALLOWED[operation];
  if ((allowed.ERROR as readonly string[]).includes(behavior.behavior)) return;
  const where = column === undefined ? `JSON_${operation.toUpperCase()}()` : `${column.kind} columns`;
  throw new DbError({
    ...syntaxError(`invalid ON ${event} behavior${column === undefined ? "" : ` for column "${column.name}"`}`, at(behavior.position))
      .fields,
    detail: `Only ${allowed.text} is allowed in ON ${event} for ${where}.`,
  });
}

/** What stands for the result. */
function bindBehavior(binder: Binder, scope: Scope, behavior: JsonBehavior, target: Returning): Expression {
  const bool = (value: boolean | null): Expression => ({ kind: "Constant", value, type: TypeOid.bool, typmod: -1 });
  switch (behavior.behavior) {
    case "true":
    case "false":
      return bool(behavior.behavior === "true");
    case "unknown":
      return bool(null);
    case "empty":
    case "emptyArray":
    case "emptyObject":
      return emptyDocument(behavior.behavior === "emptyObject" ? "{}" : "[]", target);
    case "default": {
      const value = bindExpression(binder, scope, behavior.expr);
      checkDefault(value, locationOf(behavior.expr));
      return castBehavior(binder, value, target, behavior.position);
    }
    default:
      return { kind: "Constant", value: null, type: target.type, typmod: target.typmod };
  }
}
/** `[]` or `{}` as JSON_QUERY gives it in the type. */
function emptyDocument(text: string, target: Returning): Expression {
  const context: Expression = { kind: "Constant", value: jsonbLiteral(text), type: TypeOid.jsonb, typmod: -1 };
  if (target.type === TypeOid.jsonb) return context;
  const path: Expression = { kind: "Constant", value: "$", type: TypeOid.jsonpath, typmod: -1 };
  return { kind: "JsonQuery", operation: "query", context, path, passing: [], wrapper: "none", omitQuotes: false, ...target };
}
function castBehavior(binder: Binder, value: Expression, target: Returning, position: number): Expression {
  const coerced = tryCoerce(binder, value, target.type, "explicit", true, target.typmod);
  if (coerced === undefined)
    throw cannotCoerce(
      `cannot cast behavior expression of type ${binder.typeName(value.type)} to ${binder.typeName(target.type)}`,
      at(position),
    );
  return coerced;
}
function checkDefault(value: Expression, position: number): void {
  visitExpression(value, (e) => {
    if (e.kind === "ColumnReference") throw datatypeMismatch("DEFAULT expression must not contain column references", at(position));
    if (e.kind === "Subquery")
      throw datatypeMismatch("can only specify a constant, non-aggregate function, or operator expression for DEFAULT", at(position));
  });
}
