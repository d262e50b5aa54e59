/** SQL/JSON constructors, JSON(), JSON_SCALAR, JSON_SERIALIZE and IS JSON. Source: transformJson… in PostgreSQL 16's parse_expr.c. */
import { IS_JSON_ID, JSON_ARRAY_ID, JSON_OBJECT_ID, JSON_UNIQUE_ID, JSONB_ARRAY_ID, JSONB_OBJECT_ID } from "../../src/functions/index.js";
import type { Expression } from "../../src/plan/index.js";
import { DbError, datatypeMismatch, featureNotSupported, type Oid, syntaxError, TypeOid } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { FunctionExpr, SelectQuery, SubqueryExpr } from "../parser/syntax-tree.js";
import type {
  JsonAggregateExpr, JsonArrayExpr, JsonArrayQueryExpr, JsonExpr, JsonFormat, JsonInput, JsonObjectExpr, JsonOutput, JsonParseExpr, JsonScalarExpr, JsonSerializeExpr, JsonTestExpr,
} from "../parser/syntax-tree-json.js"; // biome-ignore format: a list
import { bindAggregate } from "./bind-aggregate.js";
import { bindExpression, resolveTypeName } from "./bind-expression.js";
import { callFunction } from "./bind-function.js";
import { bindJsonQuery } from "./bind-json-query.js";
import { bindQuery } from "./bind-query.js";
import { bindSubqueryExpression } from "./bind-subquery.js";
import { bindWindowCall } from "./bind-window.js";
import { at, type Binder } from "./binder.js";
import { castTo, resolveUnknown } from "./coerce.js";
import { resolveFunction } from "./resolve.js";
import type { Scope } from "./scope.js";

export function bindJson(binder: Binder, scope: Scope, expr: JsonExpr): Expression {
  switch (expr.kind) {
    case "JsonObject":
      return bindObject(binder, scope, expr);
    case "JsonArray":
      return bindArray(binder, scope, expr);
    case "JsonArrayQuery":
      return bindArrayQuery(binder, scope, expr);
    case "JsonAggregate":
      return bindJsonAggregate(binder, scope, expr);
    case "JsonParse":
      return bindParse(binder, scope, expr);
    case "JsonScalar":
      return bindScalar(binder, scope, expr);
    case "JsonSerialize":
      return bindSerialize(binder, scope, expr);
    case "JsonTest":
      return bindTest(binder, scope, expr);
    case "JsonQuery":
      return bindJsonQuery(binder, scope, expr);
  }
}

// ---- values with a format

const isJsonType = (type: Oid): boolean => type === TypeOid.json || type === TypeOid.jsonb;
const isString = (binder: Binder, type: Oid): boolean => binder.category(type) === "S";

function checkEncoding(format: JsonFormat, type: Oid): void {
  if (format.encoding === "default") return;
  if (type !== TypeOid.bytea) throw datatypeMismatch("JSON ENCODING clause is only allowed for bytea input type", at(format.position));
  if (format.encoding !== "utf8")
    throw featureNotSupported("unsupported JSON encoding", at(format.position), "Only UTF8 JSON encoding is supported.");
}
/** The bytes of a bytea as text. */
function asText(binder: Binder, value: Expression): Expression {
  if (value.type === TypeOid.bytea)
    return callFunction(binder, "convert_from", [value, { kind: "Constant", value: "UTF8", type: TypeOid.name, typmod: -1 }]);
  return value.type === TypeOid.text ? value : castTo(binder, value, TypeOid.text, -1, undefined);
}
/** A value of a constructor: text under FORMAT JSON is JSON, everything else becomes JSON by its type. */
export function bindJsonInput(binder: Binder, scope: Scope, input: JsonInput, implied = false): Expression {
  const value = resolveUnknown(binder, bindExpression(binder, scope, input.expr));
  const { format } = input;
  checkEncoding(format, value.type);
  if (isJsonType(value.type) || !(format.json || implied)) return value;
  if (value.type !== TypeOid.bytea && !isString(binder, value.type)) {
    if (implied) return value;
    throw datatypeMismatch("cannot use non-string types with explicit FORMAT JSON clause", at(locationOf(input.expr)));
  }
  return castTo(binder, asText(binder, value), TypeOid.json, -1, locationOf(input.expr));
}

// ---- RETURNING

export interface Returning {
  readonly type: Oid;
  readonly typmod: number;
}
export function resolveOutput(binder: Binder, output: JsonOutput): Returning {
  const resolved = resolveTypeName(binder, output.type);
  if (output.type.setOf)
    throw featureNotSupported("returning SETOF types is not supported in SQL/JSON functions", at(output.type.position));
  if (output.format.json) {
    if (!isJsonType(resolved.type) && resolved.type !== TypeOid.bytea && !isString(binder, resolved.type))
      throw datatypeMismatch("cannot use JSON format with non-string output types", at(output.format.position));
  }
  if (output.format.encoding !== "default" && resolved.type !== TypeOid.bytea)
    throw featureNotSupported("cannot set JSON encoding for non-bytea output types", at(output.format.position));
  checkEncoding(output.format, resolved.type);
  return resolved;
}
/** The type a constructor makes: what RETURNING says, else jsonb when a value is jsonb, else json. */
function constructorOutput(binder: Binder, output: JsonOutput | undefined, values: readonly Expression[]): Returning {
  if (output !== undefined) return resolveOutput(binder, output);
  return { type: values.some((value) => value.type === TypeOid.jsonb) ? TypeOid.jsonb : TypeOid.json, typmod: -1 };
}
/** JSON as the type that RETURNING wants. */
function coerceResult(binder: Binder, value: Expression, returning: Returning, position: number): Expression {
  if (returning.type === value.type) return value;
  if (returning.type === TypeOid.bytea)
    return callFunction(binder, "convert_to", [
      castTo(binder, value, TypeOid.text, -1, position),
      { kind: "Constant", value: "UTF8", type: TypeOid.name, typmod: -1 },
    ]);
  return castTo(binder, value, returning.type, returning.typmod, position);
}

// ---- constructors

const flag = (value: boolean): Expression => ({ kind: "Constant", value, type: TypeOid.bool, typmod: -1 });
function internalCall(binder: Binder, id: string, args: readonly Expression[], name: string, position: number): Expression {
  const signature = binder.registry.functionById(id)!;
  return {
    kind: "FunctionCall",
    functionId: id,
    args,
    strict: signature.strict,
    volatility: signature.volatility,
    syntax: { form: "function", name },
    type: signature.returnType,
    typmod: -1,
    ...(position === 0 ? {} : { position }),
  };
}

function bindObject(binder: Binder, scope: Scope, expr: JsonObjectExpr): Expression {
  const values = expr.pairs.flatMap(({ key, value }) => [
    resolveUnknown(binder, bindExpression(binder, scope, key)),
    bindJsonInput(binder, scope, value),
  ]);
  const returning = constructorOutput(binder, expr.returning, values);
  const id = returning.type === TypeOid.jsonb ? JSONB_OBJECT_ID : JSON_OBJECT_ID;
  const call = internalCall(binder, id, [flag(expr.absentOnNull), flag(expr.uniqueKeys), ...values], "JSON_OBJECT", expr.position);
  return coerceResult(binder, call, returning, expr.position);
}
function bindArray(binder: Binder, scope: Scope, expr: JsonArrayExpr): Expression {
  const values = expr.items.map((item) => bindJsonInput(binder, scope, item));
  const returning = constructorOutput(binder, expr.returning, values);
  const id = returning.type === TypeOid.jsonb ? JSONB_ARRAY_ID : JSON_ARRAY_ID;
  return coerceResult(
    binder,
    internalCall(binder, id, [flag(expr.absentOnNull), ...values], "JSON_ARRAY", expr.position),
    returning,
    expr.position,
  );
}
/** JSON_ARRAY(query) is (SELECT JSON_ARRAYAGG(a ABSENT ON NULL) FROM (query) q(a)). */
function bindArrayQuery(binder: Binder, scope: Scope, expr: JsonArrayQueryExpr): Expression {
  const { position } = expr;
  if (bindQuery(binder, scope, expr.query, { resolveUnknowns: true }).columns.length !== 1)
    throw syntaxError("subquery must return only one column", at(position));
  const aggregate: JsonAggregateExpr = {
    kind: "JsonAggregate",
    key: undefined,
    value: { expr: { kind: "ColumnRef", fields: ["q", "a"], star: false, position }, format: expr.format },
    absentOnNull: true,
    uniqueKeys: false,
    orderBy: [],
    filter: undefined,
    over: undefined,
    returning: expr.returning,
    position,
  };
  const query: SelectQuery = {
    kind: "Select",
    with: undefined,
    distinct: "none",
    targets: [{ name: undefined, indirection: [], expr: aggregate, position }],
    from: [{ kind: "SubqueryItem", query: expr.query, alias: { name: "q", columns: ["a"] }, lateral: false, position }],
    where: undefined,
    groupBy: [],
    groupDistinct: false,
    having: undefined,
    windows: [],
    into: undefined,
    orderBy: [],
    limit: undefined,
    offset: undefined,
    withTies: false,
    locking: [],
    position,
  };
  const subquery: SubqueryExpr = { kind: "Subquery", form: "scalar", test: undefined, operator: "=", isIn: false, query, position };
  return bindSubqueryExpression(binder, scope, subquery);
}

/** An aggregate of PostgreSQL 16 by name: json_object_agg_unique_strict and so on. */
function bindJsonAggregate(binder: Binder, scope: Scope, expr: JsonAggregateExpr): Expression {
  const inputs = insideAggregate(scope, () => [
    ...(expr.key === undefined ? [] : [resolveUnknown(binder, bindExpression(binder, scope, expr.key))]),
    bindJsonInput(binder, scope, expr.value),
  ]);
  const returning = constructorOutput(binder, expr.returning, inputs);
  const name = [
    returning.type === TypeOid.jsonb ? "jsonb" : "json",
    expr.key === undefined ? "agg" : "object_agg",
    ...(expr.uniqueKeys ? ["unique"] : []),
    ...(expr.absentOnNull ? ["strict"] : []),
  ].join("_");
  const call: FunctionExpr = {
    kind: "Function",
    name: ["pg_catalog", name],
    args: expr.key === undefined ? [expr.value.expr] : [expr.key, expr.value.expr],
    argNames: [],
    star: false,
    distinct: false,
    variadic: false,
    orderBy: expr.orderBy,
    withinGroup: false,
    filter: expr.filter,
    over: expr.over,
    sqlSyntax: false,
    position: expr.position,
  };
  const resolved = resolveFunction(
    binder,
    call.name,
    inputs.map((input) => input.type),
    false,
    expr.position,
  )!;
  const bound =
    expr.over === undefined ? bindAggregate(binder, scope, call, resolved, inputs) : bindWindowCall(binder, scope, call, resolved, inputs);
  return coerceResult(binder, bound, returning, expr.position);
}
function insideAggregate<Result>(scope: Scope, run: () => Result): Result {
  const was = scope.insideAggregate;
  scope.insideAggregate = true;
  try {
    return run();
  } finally {
    scope.insideAggregate = was;
  }
}

// ---- JSON(), JSON_SCALAR(), JSON_SERIALIZE(), IS JSON

function bindParse(binder: Binder, scope: Scope, expr: JsonParseExpr): Expression {
  const { input, position } = expr;
  if (!expr.uniqueKeys) {
    const value = bindJsonInput(binder, scope, input, true);
    if (value.type === TypeOid.json) return value;
    return castTo(binder, value, TypeOid.json, -1, position);
  }
  const value = resolveUnknown(binder, bindExpression(binder, scope, input.expr));
  checkEncoding(input.format, value.type);
  if (value.type !== TypeOid.bytea && !isString(binder, value.type))
    throw datatypeMismatch("cannot use non-string types with WITH UNIQUE KEYS clause", at(position));
  return internalCall(binder, JSON_UNIQUE_ID, [asText(binder, value)], "JSON", position);
}
function bindScalar(binder: Binder, scope: Scope, expr: JsonScalarExpr): Expression {
  const value = resolveUnknown(binder, bindExpression(binder, scope, expr.arg));
  return callFunction(binder, "to_json", [value], expr.position);
}
function bindSerialize(binder: Binder, scope: Scope, expr: JsonSerializeExpr): Expression {
  const value = bindJsonInput(binder, scope, expr.input, true);
  const returning = expr.returning === undefined ? { type: TypeOid.text, typmod: -1 } : resolveOutput(binder, expr.returning);
  if (returning.type !== TypeOid.bytea && !isString(binder, returning.type))
    throw new DbError({
      ...datatypeMismatch(`cannot use type ${binder.typeName(returning.type)} in RETURNING clause of JSON_SERIALIZE()`).fields,
      hint: "Try returning a string type or bytea.",
    });
  const json = isJsonType(value.type) ? value : castTo(binder, value, TypeOid.json, -1, expr.position);
  return coerceResult(binder, json, returning, expr.position);
}
function bindTest(binder: Binder, scope: Scope, expr: JsonTestExpr): Expression {
  const value = resolveUnknown(binder, bindExpression(binder, scope, expr.arg));
  checkEncoding(expr.format, value.type);
  if (!isJsonType(value.type) && value.type !== TypeOid.bytea && !isString(binder, value.type))
    throw datatypeMismatch(`cannot use type ${binder.typeName(value.type)} in IS JSON predicate`, at(locationOf(expr.arg)));
  const kind: Expression = { kind: "Constant", value: expr.item, type: TypeOid.text, typmod: -1 };
  return internalCall(binder, IS_JSON_ID, [asText(binder, value), kind, flag(expr.uniqueKeys)], "IS JSON", expr.position);
}
