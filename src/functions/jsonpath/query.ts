/**
 * JSON_EXISTS, JSON_VALUE and JSON_QUERY: the items of a path made into one SQL value. Source: ExecEvalJsonExprPath and JsonPathQuery,
 * JsonPathValue of PostgreSQL 17.
 */
import type { JsonQuery } from "../../plan/index.js";
import { type Datum, DbError, type FormatContext, type Jsonb, JsonNumber, type JsonValue, TypeOid } from "../../types/index.js";
import { canonicalText, isArray, isObject, jsonbOf } from "../json/jsonb-value.js";
import { Population, sourceOfJsonb } from "../json/populate.js";
import type { FunctionRegistry } from "../registry.js";
import { jsonPathOf } from "../types/jsonpath.js";
import { datetimeTypeNames, PathDatetime } from "./datetime.js";
import { itemValue, pathExists, pathItems } from "./execute.js";
import { type Item, JsonPathError, withinStack } from "./items.js";
import { passingReaders } from "./passing.js";

/** What stands for the result when there is no item, and when there was an error: ON EMPTY and ON ERROR say it. */
export const EMPTY = Symbol("no SQL/JSON item");
export const FAILED = Symbol("SQL/JSON error");
export type QueryResult = Datum | typeof EMPTY | typeof FAILED;

/** @returns EMPTY, FAILED only where the query says what stands for them; else the error is thrown. */
export function makeJsonQuery(
  query: JsonQuery,
  registry: FunctionRegistry,
): (context: FormatContext, target: Jsonb, path: string, values: readonly Datum[]) => QueryResult {
  const readers = passingReaders(
    query.passing.map((p) => p.value.type),
    registry,
  );
  const convert = query.operation === "value" ? valueConverter(query, registry) : queryConverter(query, registry);
  const run = (context: FormatContext, target: Jsonb, path: string, values: readonly Datum[]): QueryResult =>
    withinStack(() => {
      const variables = new Map<string, Item>(values.map((value, i) => [query.passing[i]!.name, readers[i]!(value, context)]));
      const pathRun = { root: target.value, variables, useZone: true, context };
      if (query.operation === "exists") return pathExists(jsonPathOf(path), pathRun);
      const items = [...pathItems(jsonPathOf(path), pathRun)];
      return items.length > 0 || query.wrapper === "unconditional" ? convert(items, context) : EMPTY;
    });
  return (context, target, path, values) => {
    let result: QueryResult;
    try {
      result = run(context, target, path, values);
    } catch (error) {
      if (query.onError !== undefined && isSoft(error)) return FAILED;
      throw error;
    }
    // ERROR ON EMPTY is not ON ERROR's business.
    if (result !== EMPTY || query.onEmpty !== undefined) return result;
    throw sqlJsonError(
      "22035",
      query.columnName === undefined
        ? "no SQL/JSON item found for specified path"
        : `no SQL/JSON item found for specified path of column "${query.columnName}"`,
    );
  };
}

/** Errors of the path, of the query's own rules and of what reads the result as its type; anything else ends the statement. */
const isSoft = (error: unknown): boolean => error instanceof JsonPathError || (error instanceof DbError && /^2[23]/.test(error.sqlstate));
const sqlJsonError = (sqlstate: string, message: string, hint?: string) =>
  new DbError({ sqlstate, message, ...(hint === undefined ? {} : { hint }) });

type Converter = (items: readonly Item[], context: FormatContext) => QueryResult;

function valueConverter(query: JsonQuery, registry: FunctionRegistry): Converter {
  const notSingle = (sqlstate: string) =>
    sqlJsonError(
      sqlstate,
      query.columnName === undefined
        ? "JSON path expression in JSON_VALUE must return single scalar item"
        : `JSON path expression for column "${query.columnName}" must return single scalar item`,
    );
  const type = registry.typeByOid(query.type)!;
  const isJson = query.type === TypeOid.json || query.type === TypeOid.jsonb;
  return (items, context) => {
    const [item] = items;
    if (items.length !== 1) throw notSingle("22034");
    if (item instanceof PathDatetime) return type.input(datetimeOutput(item, registry, context), query.typmod, context);
    if (isArray(item!) || isObject(item!)) throw notSingle("2203F");
    if (item === null) return null;
    return type.input(isJson ? canonicalText(item!) : scalarText(item!), query.typmod, context);
  };
}
function scalarText(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  return typeof value === "boolean" ? (value ? "t" : "f") : (value as string);
}
/** As the SQL type of its kind prints. */
function datetimeOutput(item: PathDatetime, registry: FunctionRegistry, context: FormatContext): string {
  if (item.kind === "timetz") return itemValue(item, context) as string;
  return registry.typeByName(datetimeTypeNames[item.kind])!.output(item.value, context);
}

function queryConverter(query: JsonQuery, registry: FunctionRegistry): Converter {
  return (items, context) => {
    const wrapped = query.wrapper === "unconditional" || (query.wrapper === "conditional" && items.length > 1);
    if (!wrapped && items.length > 1)
      throw sqlJsonError(
        "22034",
        query.columnName === undefined
          ? "JSON path expression in JSON_QUERY must return single item when no wrapper is requested"
          : `JSON path expression for column "${query.columnName}" must return single item when no wrapper is requested`,
        "Use the WITH WRAPPER clause to wrap SQL/JSON items into an array.",
      );
    const value = wrapped ? items.map((item) => itemValue(item, context)) : itemValue(items[0]!, context);
    const type = registry.typeByOid(query.type)!;
    // Without its quotes a string is read as any text of the type.
    if (query.omitQuotes && typeof value === "string") return type.input(value, query.typmod, context);
    if (query.type === TypeOid.jsonb) return jsonbOf(value);
    if (value !== null && type.category === "S") return type.input(canonicalText(value), query.typmod, context);
    return new Population(registry, context).value(sourceOfJsonb(value), query.type, query.typmod, query.columnName ?? "");
  };
}
