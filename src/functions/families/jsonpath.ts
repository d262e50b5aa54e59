/** jsonb_path_exists, _match, _query, _query_array, _query_first, their _tz forms, and the operators @? and @@. */
import { type Datum, DbError, type Jsonb, type JsonValue } from "../../types/index.js";
import { isObject, jsonbOf } from "../json/jsonb-value.js";
import { itemValue, type PathRun, pathExists, pathItems } from "../jsonpath/execute.js";
import { type Item, JsonPathError, withinStack } from "../jsonpath/items.js";
import type { EvaluationContext, ScalarBody, SetBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { jsonPathOf } from "../types/jsonpath.js";

interface Call {
  readonly context: EvaluationContext;
  readonly target: Jsonb;
  readonly path: string;
  readonly variables: JsonValue;
  readonly silent: boolean;
  readonly useZone: boolean;
}

function runOf({ context, target, variables, useZone }: Call): PathRun {
  if (!isObject(variables))
    throw new DbError({
      sqlstate: "22023",
      message: '"vars" argument is not an object',
      detail: 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.',
    });
  return { root: target.value, variables, useZone, context };
}
/** All items; in silent mode those before the first error, and whether there was one. */
function collect(call: Call): { items: Item[]; failed: boolean } {
  const items: Item[] = [];
  try {
    withinStack(() => {
      for (const item of pathItems(jsonPathOf(call.path), runOf(call))) items.push(item);
    });
  } catch (error) {
    if (!call.silent || !(error instanceof JsonPathError)) throw error;
    return { items, failed: true };
  }
  return { items, failed: false };
}

function exists(call: Call): Datum {
  try {
    return withinStack(() => pathExists(jsonPathOf(call.path), runOf(call)));
  } catch (error) {
    if (!call.silent || !(error instanceof JsonPathError)) throw error;
    return null;
  }
}
function match(call: Call): Datum {
  const { items } = collect(call);
  const only = items[0];
  if (items.length === 1 && typeof only === "boolean") return only;
  if (items.length === 1 && only === null) return null;
  if (!call.silent) throw new DbError({ sqlstate: "22038", message: "single boolean result is expected" });
  return null;
}
const values = (call: Call): JsonValue[] => collect(call).items.map((item) => itemValue(item, call.context));
const first = (call: Call): Datum => {
  const found = values(call)[0];
  return found === undefined ? null : jsonbOf(found);
};

const NO_VARIABLES: JsonValue = new Map();
const scalars: Record<string, ScalarBody> = {
  jsonb_path_exists_opr: (context, target: Jsonb, path: string) =>
    exists({ context, target, path, variables: NO_VARIABLES, silent: true, useZone: false }),
  jsonb_path_match_opr: (context, target: Jsonb, path: string) =>
    match({ context, target, path, variables: NO_VARIABLES, silent: true, useZone: false }),
};
const sets: Record<string, SetBody> = {};
for (const useZone of [false, true]) {
  const suffix = useZone ? "_tz" : "";
  const scalar =
    (run: (call: Call) => Datum): ScalarBody =>
    (context, target: Jsonb, path: string, variables: Jsonb, silent: boolean) =>
      run({ context, target, path, variables: variables.value, silent, useZone });
  scalars[`jsonb_path_exists${suffix}`] = scalar(exists);
  scalars[`jsonb_path_match${suffix}`] = scalar(match);
  scalars[`jsonb_path_query_array${suffix}`] = scalar((call) => jsonbOf(values(call)));
  scalars[`jsonb_path_query_first${suffix}`] = scalar(first);
  sets[`jsonb_path_query${suffix}`] = (context, target: Jsonb, path: string, variables: Jsonb, silent: boolean) =>
    values({ context, target, path, variables: variables.value, silent, useZone }).map(jsonbOf);
}

export const jsonPathFamily: Family = { scalars, sets };
