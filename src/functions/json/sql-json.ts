/**
 * Bodies behind SQL/JSON's constructors and IS JSON (PostgreSQL 16): functions that no statement can name, because what they do depends on
 * clauses. Source: the rules of parse_expr.c and json.c.
 */
import {
  type ArrayValue,
  type Datum,
  DbError,
  duplicateJsonKey,
  type FunctionSignature,
  type JsonValue,
  type Oid,
  TypeOid,
} from "../../types/index.js";
import { itemValue, pathItems } from "../jsonpath/execute.js";
import { type Item, JsonPathError, withinStack } from "../jsonpath/items.js";
import { passingReaders } from "../jsonpath/passing.js";
import { type DefinableRegistry, type EvaluationContext, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import { jsonPathOf } from "../types/jsonpath.js";
import { keyText, makeConverter, sortedMap } from "./convert.js";
import { isArray, isObject, jsonbFromStorage, jsonbOf, quoteJson } from "./jsonb-value.js";
import { JsonReader } from "./parse.js";

/** Arguments: absent on null, unique keys, then key, value, key, value… or elements. */
export const JSON_OBJECT_ID = "json object(bool,bool,any)";
export const JSONB_OBJECT_ID = "jsonb object(bool,bool,any)";
export const JSON_ARRAY_ID = "json array(bool,any)";
export const JSONB_ARRAY_ID = "jsonb array(bool,any)";
/** IS JSON: text, the wanted kind, unique keys. */
export const IS_JSON_ID = "is json(text,text,bool)";
/** JSON(text WITH UNIQUE KEYS). */
export const JSON_UNIQUE_ID = "json with unique keys(text)";
/** The row pattern of JSON_TABLE: context, path, errors are raised, names and values of PASSING. */
export const JSON_TABLE_ROWS_ID = "json table rows(jsonb,jsonpath,bool,_text,any)";

/** What JSON_OBJECT and JSON_OBJECTAGG make of their pairs. */
export class ObjectPairs<Value> {
  readonly pairs: (readonly [string, Value])[] = [];
  readonly #keys: Set<string> | undefined;
  constructor(
    readonly absentOnNull: boolean,
    uniqueKeys: boolean,
    readonly asJsonb: boolean,
  ) {
    this.#keys = uniqueKeys ? new Set() : undefined;
  }
  /** The key of a pair that is left out counts too. @throws DbError 22030 */
  add(key: string, isNull: boolean, value: () => Value): void {
    if (this.#keys?.has(key) === true) throw duplicateJsonKey(this.asJsonb ? undefined : quoteJson(key));
    this.#keys?.add(key);
    if (!isNull || !this.absentOnNull) this.pairs.push([key, value()]);
  }
}
export const objectText = (pairs: readonly (readonly [string, string])[]): string =>
  pairs.map(([key, value]) => `${quoteJson(key)} : ${value}`).join(", ");

const objectBody = (asJsonb: boolean) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const types = call.argTypes.map((oid) => registry.typeByOid(oid));
    const converters = call.argTypes.map((oid) => makeConverter(oid, registry));
    return ((context: EvaluationContext, absentOnNull: boolean, uniqueKeys: boolean, ...args: Datum[]): Datum => {
      const object = new ObjectPairs<string | JsonValue>(absentOnNull, uniqueKeys, asJsonb);
      for (let i = 0; i < args.length; i += 2) {
        const key = args[i]!;
        const value = args[i + 1]!;
        if (key === null)
          throw asJsonb
            ? new DbError({ sqlstate: "22023", message: `argument ${i + 1}: key must not be null` })
            : new DbError({ sqlstate: "22004", message: "null value not allowed for object key" });
        const converter = converters[i + 3]!;
        object.add(keyText(key, types[i + 2], converters[i + 2]!, context), value === null, () =>
          asJsonb ? converter.value(value, context) : converter.text(value, context),
        );
      }
      return asJsonb ? jsonbOf(sortedMap(object.pairs as [string, JsonValue][])) : `{${objectText(object.pairs as [string, string][])}}`;
    }) as never;
  });
const arrayBody = (asJsonb: boolean) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const converters = call.argTypes.map((oid) => makeConverter(oid, registry));
    return ((context: EvaluationContext, absentOnNull: boolean, ...args: Datum[]): Datum => {
      const kept = args
        .map((value, i) => ({ value, converter: converters[i + 1]! }))
        .filter(({ value }) => value !== null || !absentOnNull);
      return asJsonb
        ? jsonbOf(kept.map(({ value, converter }) => converter.value(value, context)))
        : `[${kept.map(({ value, converter }) => converter.text(value, context)).join(", ")}]`;
    }) as never;
  });

function isJson(_context: EvaluationContext, text: string, kind: string, uniqueKeys: boolean): Datum {
  let value: JsonValue;
  try {
    value = withinStack(() => new JsonReader(text, false, true, uniqueKeys).readDocument());
  } catch (error) {
    if (error instanceof DbError && error.sqlstate.startsWith("22")) return false;
    throw error;
  }
  if (kind === "array") return isArray(value);
  if (kind === "object") return isObject(value);
  return kind === "value" || !(isArray(value) || isObject(value));
}
function parseUnique(_context: EvaluationContext, text: string): Datum {
  withinStack(() => new JsonReader(text, false, true, true).readDocument());
  return text;
}

const tableRows = new TypedBody<SetBody>((call, registry) => {
  const readers = passingReaders(call.argTypes.slice(4), registry);
  return ((
    context: EvaluationContext,
    target: { readonly value: JsonValue } | null,
    path: string | null,
    raises: boolean,
    names: ArrayValue,
    ...values: Datum[]
  ) => {
    if (target === null || path === null) return [];
    const variables = new Map<string, Item>(values.map((value, i) => [names.elements[i] as string, readers[i]!(value, context)]));
    const rows: Datum[] = [];
    try {
      withinStack(() => {
        for (const item of pathItems(jsonPathOf(path), { root: target.value, variables, useZone: true, context }))
          rows.push(jsonbOf(itemValue(item, context)));
      });
    } catch (error) {
      if (raises || !(error instanceof JsonPathError)) throw error;
      return [];
    }
    return rows;
  }) as never;
});

/** A jsonb value from its canonical text. */
export const jsonbLiteral = (text: string): Datum => jsonbFromStorage(text);

export function defineSqlJson(registry: DefinableRegistry): void {
  const signature = (
    id: string,
    argTypes: readonly Oid[],
    returnType: Oid,
    strict: boolean,
    kind: "function" | "set" = "function",
  ): FunctionSignature => ({
    id,
    oid: 0,
    schema: "internal",
    name: id.slice(0, id.indexOf("(")),
    argTypes,
    returnType,
    kind,
    strict,
    volatility: "stable",
  });
  const { any, bool, json, jsonb, text } = TypeOid;
  registry.defineScalar(signature(JSON_OBJECT_ID, [bool, bool, any], json, false), objectBody(false));
  registry.defineScalar(signature(JSONB_OBJECT_ID, [bool, bool, any], jsonb, false), objectBody(true));
  registry.defineScalar(signature(JSON_ARRAY_ID, [bool, any], json, false), arrayBody(false));
  registry.defineScalar(signature(JSONB_ARRAY_ID, [bool, any], jsonb, false), arrayBody(true));
  registry.defineScalar(signature(IS_JSON_ID, [text, text, bool], bool, true), isJson as never);
  registry.defineScalar(signature(JSON_UNIQUE_ID, [text], json, true), parseUnique as never);
  registry.defineSet(
    signature(JSON_TABLE_ROWS_ID, [jsonb, TypeOid.jsonpath, bool, TypeOid.textArray, any], jsonb, false, "set"),
    tableRows,
  );
}
