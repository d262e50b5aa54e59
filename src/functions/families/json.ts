/** json and jsonb operators and functions. json keeps its text: parts of it are cut out as they were written. */
import {
  ArrayValue,
  type Datum,
  DbError,
  invalidParameter,
  type Jsonb,
  JsonNumber,
  type JsonValue,
  type Numeric,
  type RowValue,
} from "../../types/index.js";
import { type JsonConverter, keyText, makeConverter, rowText, sortedMap } from "../json/convert.js";
import { canonicalText, contains, isArray, isObject, jsonbOf, quoteJson, typeName } from "../json/jsonb-value.js";
import { JsonReader } from "../json/parse.js";
import { changeAt, fieldOf, follow, itemOf, merge, stripNulls, withoutIndex, withoutKeys } from "../json/path.js";
import { ObjectPairs, objectText } from "../json/sql-json.js";
import { parseNumeric } from "../numeric/numeric-value.js";
import { type AggregateBody, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { numericToFloat8, numericToInt } from "./number-casts.js";

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;
type Sets = Record<string, SetBody>;

const jsonbOrNull = (value: JsonValue | undefined): Datum => (value === undefined ? null : jsonbOf(value));
/** ->>: a string without quotes, JSON null as NULL. */
function textOf(value: JsonValue | undefined): Datum {
  if (value === undefined || value === null) return null;
  return typeof value === "string" ? value : canonicalText(value);
}
const pathOf = (array: ArrayValue) => array.elements as readonly (string | null)[];

/** A scalar counts as an array of itself where an element is asked for. */
const asArray = (j: Jsonb): JsonValue => (isArray(j.value) || isObject(j.value) ? j.value : [j.value]);

// json: parts of a text.
const members = (text: string) => new JsonReader(text, false).readMembers();
function jsonField(text: string, key: string): string | null {
  const { kind, members: all } = members(text);
  return kind === "object" ? (all.findLast((m) => m.key === key)?.text ?? null) : null;
}
function jsonItem(text: string, index: number): string | null {
  const { kind, members: all } = members(text);
  return kind === "array" ? (all.at(index)?.text ?? null) : null;
}
function jsonText(text: string | null): Datum {
  if (text === null || text === "null") return null;
  return text.startsWith('"') ? (new JsonReader(text, false).readDocument() as string) : text;
}
function jsonFollow(text: string, path: readonly (string | null)[]): string | null {
  let at: string | null = text;
  for (const step of path) {
    if (step === null || at === null) return null;
    const { kind } = members(at);
    at = kind === "object" ? jsonField(at, step) : kind === "array" && /^\s*[+-]?\d+\s*$/.test(step) ? jsonItem(at, Number(step)) : null;
  }
  return at;
}
function jsonKind(text: string): string {
  const value = new JsonReader(text, false).readDocument();
  return typeName(value);
}

// Building.
const build = (make: (converters: JsonConverter[], types: (number | undefined)[]) => ScalarBody) =>
  new TypedBody<ScalarBody>((call, registry) =>
    make(
      call.argTypes.map((oid) => makeConverter(oid, registry)),
      [...call.argTypes],
    ),
  );
const buildObject = (
  name: string,
  finish: (pairs: (readonly [string, number])[], args: Datum[], converters: JsonConverter[], context: never) => Datum,
) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const converters = call.argTypes.map((oid) => makeConverter(oid, registry));
    const types = call.argTypes.map((oid) => registry.typeByOid(oid));
    return (context, ...args: Datum[]) => {
      if (args.length % 2 !== 0)
        throw invalidParameter(
          "argument list must have even number of elements",
          `The arguments of ${name}() must consist of alternating keys and values.`,
        );
      const pairs: (readonly [string, number])[] = [];
      for (let i = 0; i < args.length; i += 2) {
        if (args[i] === null && name === "jsonb_build_object") throw invalidParameter(`argument ${i + 1}: key must not be null`);
        if (args[i] === null) throw invalidParameter(`argument ${i + 1} cannot be null`, "Object keys should be text.");
        pairs.push([keyText(args[i]!, types[i], converters[i]!, context), i + 1]);
      }
      return finish(pairs, args, converters, context as never);
    };
  });

function objectFromTexts(keys: readonly Datum[], values: readonly Datum[]): readonly (readonly [string, string | null])[] {
  return keys.map((key, i) => {
    if (key === null) throw new DbError({ sqlstate: "22004", message: "null value not allowed for object key" });
    return [key as string, values[i] as string | null];
  });
}
function pairsOfArray(array: ArrayValue): readonly (readonly [string, string | null])[] {
  const { dimensions, elements } = array;
  const arrayError = (message: string) => new DbError({ sqlstate: "2202E", message });
  if (dimensions.length === 0) return [];
  if (dimensions.length > 2) throw arrayError("wrong number of array subscripts");
  if (dimensions.length === 1 && dimensions[0]! % 2 !== 0) throw arrayError("array must have even number of elements");
  if (dimensions.length === 2 && dimensions[1] !== 2) throw arrayError("array must have two columns");
  return objectFromTexts(
    elements.filter((_, i) => i % 2 === 0),
    elements.filter((_, i) => i % 2 === 1),
  );
}
function pairsOfArrays(keys: ArrayValue, values: ArrayValue): readonly (readonly [string, string | null])[] {
  if (keys.dimensions.length > 1 || values.dimensions.length > 1)
    throw new DbError({ sqlstate: "2202E", message: "wrong number of array subscripts" });
  if (keys.elements.length !== values.elements.length) throw new DbError({ sqlstate: "2202E", message: "mismatched array dimensions" });
  return objectFromTexts(keys.elements, values.elements);
}
const jsonObject = (pairs: readonly (readonly [string, string | null])[]) =>
  `{${pairs.map(([k, v]) => `${quoteJson(k)} : ${v === null ? "null" : quoteJson(v)}`).join(", ")}}`;

function pretty(value: JsonValue, indent: number): string {
  const pad = " ".repeat(4 * (indent + 1));
  const end = `\n${" ".repeat(4 * indent)}`;
  if (isArray(value)) return `[${value.map((item) => `\n${pad}${pretty(item, indent + 1)}`).join(",")}${end}]`;
  if (isObject(value)) return `{${[...value].map(([k, item]) => `\n${pad}${quoteJson(k)}: ${pretty(item, indent + 1)}`).join(",")}${end}}`;
  return canonicalText(value);
}
/** json_strip_nulls prints without blanks. */
function compact(value: JsonValue): string {
  if (isArray(value)) return `[${value.map(compact).join(",")}]`;
  if (isObject(value)) return `{${[...value].map(([k, item]) => `${quoteJson(k)}:${compact(item)}`).join(",")}}`;
  return canonicalText(value);
}
/** to_json of arrays and rows on lines of their own. */
const prettyRow = new TypedBody<ScalarBody>(
  (call, registry) => (c, row: RowValue, lines: boolean) =>
    rowText(row, registry, c, lines ? ",\n " : ",", registry.typeByOid(call.argTypes[0]!)),
);

/** The elements of the first dimension: values, or arrays of one dimension less. */
function outerParts<T>(array: ArrayValue, each: (part: Datum) => T): T[] {
  const [count = 0, ...rest] = array.dimensions;
  if (rest.length === 0) return array.elements.map(each);
  const size = array.elements.length / count;
  return Array.from({ length: count }, (_, i) =>
    each(new ArrayValue(array.elementType, array.elements.slice(i * size, (i + 1) * size), rest)),
  );
}

function castNumber(value: Jsonb, type: string): Numeric {
  const inner = value.value;
  if (!(inner instanceof JsonNumber)) throw invalidParameter(`cannot cast jsonb ${jsonbKind(inner)} to type ${type}`);
  return parseNumeric(inner.text);
}
const jsonbKind = (value: JsonValue) => (typeName(value) === "number" ? "numeric" : typeName(value));
function arrayLength(count: number | undefined, kind: string): number {
  if (count !== undefined) return count;
  throw invalidParameter(`cannot get array length of a ${kind === "object" ? "non-array" : "scalar"}`);
}
const exists = (value: JsonValue, key: string) => (isObject(value) ? value.has(key) : isArray(value) ? value.includes(key) : value === key);

const scalars: Bodies = {
  "jsonb_object_field(jsonb,text)": (_c, j: Jsonb, k: string) => jsonbOrNull(fieldOf(j.value, k)),
  "jsonb_object_field_text(jsonb,text)": (_c, j: Jsonb, k: string) => textOf(fieldOf(j.value, k)),
  "jsonb_array_element(jsonb,int4)": (_c, j: Jsonb, i: number) => jsonbOrNull(itemOf(asArray(j), i)),
  "jsonb_array_element_text(jsonb,int4)": (_c, j: Jsonb, i: number) => textOf(itemOf(asArray(j), i)),
  jsonb_extract_path: (_c, j: Jsonb, p: ArrayValue) => jsonbOrNull(follow(j.value, pathOf(p))),
  jsonb_extract_path_text: (_c, j: Jsonb, p: ArrayValue) => textOf(follow(j.value, pathOf(p))),
  jsonb_contains: (_c, a: Jsonb, b: Jsonb) => contains(a.value, b.value),
  jsonb_contained: (_c, a: Jsonb, b: Jsonb) => contains(b.value, a.value),
  jsonb_exists: (_c, j: Jsonb, k: string) => exists(j.value, k),
  jsonb_exists_any: (_c, j: Jsonb, k: ArrayValue) => k.elements.some((x) => x !== null && exists(j.value, x as string)),
  jsonb_exists_all: (_c, j: Jsonb, k: ArrayValue) => k.elements.every((x) => x === null || exists(j.value, x as string)),
  jsonb_concat: (_c, a: Jsonb, b: Jsonb) => jsonbOf(merge(a.value, b.value)),
  "jsonb_delete(jsonb,text)": (_c, j: Jsonb, k: string) => jsonbOf(withoutKeys(j.value, [k])),
  "jsonb_delete(jsonb,_text)": (_c, j: Jsonb, k: ArrayValue) => jsonbOf(withoutKeys(j.value, pathOf(k))),
  "jsonb_delete(jsonb,int4)": (_c, j: Jsonb, i: number) => jsonbOf(withoutIndex(j.value, i)),
  jsonb_delete_path: (_c, j: Jsonb, p: ArrayValue) => jsonbOf(changeAt(j.value, pathOf(p), { kind: "delete" })),
  jsonb_set: (_c, j: Jsonb, p: ArrayValue, v: Jsonb, create: boolean) =>
    jsonbOf(changeAt(j.value, pathOf(p), { kind: "set", value: v.value, create })),
  jsonb_set_lax: (_c, j: Jsonb | null, p: ArrayValue | null, v: Jsonb | null, create: boolean | null, how: string | null) => {
    if (j === null || p === null || create === null) return null;
    if (v !== null) return jsonbOf(changeAt(j.value, pathOf(p), { kind: "set", value: v.value, create }));
    switch (how) {
      case "use_json_null":
        return jsonbOf(changeAt(j.value, pathOf(p), { kind: "set", value: null, create }));
      case "delete_key":
        return jsonbOf(changeAt(j.value, pathOf(p), { kind: "delete" }));
      case "return_target":
        return j;
      case "raise_exception":
        throw new DbError({
          sqlstate: "22004",
          message: "JSON value must not be null",
          detail: 'Exception was raised because null_value_treatment is "raise_exception".',
          hint: "To avoid, either change the null_value_treatment argument or ensure that an SQL NULL is not passed.",
        });
      default:
        throw invalidParameter('null_value_treatment must be "delete_key", "return_target", "use_json_null", or "raise_exception"');
    }
  },
  jsonb_insert: (_c, j: Jsonb, p: ArrayValue, v: Jsonb, after: boolean) =>
    jsonbOf(changeAt(j.value, pathOf(p), { kind: "insert", value: v.value, after })),
  jsonb_strip_nulls: (_c, j: Jsonb) => jsonbOf(stripNulls(j.value)),
  jsonb_pretty: (_c, j: Jsonb) => pretty(j.value, 0),
  jsonb_typeof: (_c, j: Jsonb) => typeName(j.value),
  jsonb_array_length: (_c, j: Jsonb) => arrayLength(isArray(j.value) ? j.value.length : undefined, typeName(j.value)),
  "jsonb_object(_text)": (_c, a: ArrayValue) => jsonbOf(sortedMap(pairsOfArray(a))),
  "jsonb_object(_text,_text)": (_c, k: ArrayValue, v: ArrayValue) => jsonbOf(sortedMap(pairsOfArrays(k, v))),
  "json_object(_text)": (_c, a: ArrayValue) => jsonObject(pairsOfArray(a)),
  "json_object(_text,_text)": (_c, k: ArrayValue, v: ArrayValue) => jsonObject(pairsOfArrays(k, v)),
  "json_object_field(json,text)": (_c, j: string, k: string) => jsonField(j, k),
  "json_object_field_text(json,text)": (_c, j: string, k: string) => jsonText(jsonField(j, k)),
  "json_array_element(json,int4)": (_c, j: string, i: number) => jsonItem(j, i),
  "json_array_element_text(json,int4)": (_c, j: string, i: number) => jsonText(jsonItem(j, i)),
  json_extract_path: (_c, j: string, p: ArrayValue) => jsonFollow(j, pathOf(p)),
  json_extract_path_text: (_c, j: string, p: ArrayValue) => jsonText(jsonFollow(j, pathOf(p))),
  json_typeof: (_c, j: string) => jsonKind(j),
  json_array_length: (_c, j: string) => {
    const m = members(j);
    return arrayLength(m.kind === "array" ? m.members.length : undefined, m.kind);
  },
  json_strip_nulls: (_c, j: string) => compact(stripNulls(new JsonReader(j, false).readDocument())),
  to_json: build(
    ([converter]) =>
      (c, v: Datum) =>
        converter!.text(v, c),
  ),
  to_jsonb: build(
    ([converter]) =>
      (c, v: Datum) =>
        jsonbOf(converter!.value(v, c)),
  ),
  "array_to_json(anyarray)": build(
    ([converter]) =>
      (c, v: Datum) =>
        converter!.text(v, c),
  ),
  "array_to_json(anyarray,bool)": new TypedBody<ScalarBody>((call, registry) => {
    const whole = makeConverter(call.argTypes[0]!, registry);
    const element = makeConverter(registry.typeByOid(call.argTypes[0]!)?.elementType ?? 0, registry);
    return (c, a: ArrayValue, lines: boolean) =>
      lines && a.dimensions.length > 0
        ? `[${outerParts(a, (part) => (part instanceof ArrayValue ? whole : element).text(part, c)).join(",\n ")}]`
        : whole.text(a, c);
  }),
  "row_to_json(record)": build(
    ([converter]) =>
      (c, v: Datum) =>
        converter!.text(v, c),
  ),
  "row_to_json(record,bool)": prettyRow,
  json_build_array: build(
    (converters) =>
      (c, ...args: Datum[]) =>
        `[${args.map((a, i) => converters[i]!.text(a, c)).join(", ")}]`,
  ),
  jsonb_build_array: build(
    (converters) =>
      (c, ...args: Datum[]) =>
        jsonbOf(args.map((a, i) => converters[i]!.value(a, c))),
  ),
  json_build_object: buildObject(
    "json_build_object",
    (pairs, args, converters, c) => `{${pairs.map(([k, i]) => `${quoteJson(k)} : ${converters[i]!.text(args[i]!, c)}`).join(", ")}}`,
  ),
  jsonb_build_object: buildObject("jsonb_build_object", (pairs, args, converters, c) =>
    jsonbOf(sortedMap(pairs.map(([k, i]) => [k, converters[i]!.value(args[i]!, c)]))),
  ),
  "bool(jsonb)": (_c, j: Jsonb) => {
    if (typeof j.value !== "boolean") throw invalidParameter(`cannot cast jsonb ${jsonbKind(j.value)} to type boolean`);
    return j.value;
  },
  "numeric(jsonb)": (_c, j: Jsonb) => castNumber(j, "numeric"),
  "int2(jsonb)": (_c, j: Jsonb) => numericToInt(castNumber(j, "smallint"), "int2"),
  "int4(jsonb)": (_c, j: Jsonb) => numericToInt(castNumber(j, "integer"), "int4"),
  "int8(jsonb)": (_c, j: Jsonb) => numericToInt(castNumber(j, "bigint"), "int8"),
  "float4(jsonb)": (_c, j: Jsonb) => Math.fround(numericToFloat8(castNumber(j, "real"))),
  "float8(jsonb)": (_c, j: Jsonb) => numericToFloat8(castNumber(j, "double precision")),
};

function elementsOf(j: Jsonb): readonly JsonValue[] {
  if (isArray(j.value)) return j.value;
  throw invalidParameter(`cannot extract elements from ${isObject(j.value) ? "an object" : "a scalar"}`);
}
function entriesOf(j: Jsonb, name: string): ReadonlyMap<string, JsonValue> {
  if (isObject(j.value)) return j.value;
  throw invalidParameter(
    name === "jsonb_object_keys"
      ? `cannot call ${name} on ${isArray(j.value) ? "an array" : "a scalar"}`
      : `cannot call ${name} on a non-object`,
  );
}
function jsonElements(text: string, name: string): readonly string[] {
  const { kind, members: all } = members(text);
  if (kind !== "array") throw invalidParameter(`cannot call ${name} on a ${kind === "scalar" ? "scalar" : "non-array"}`);
  return all.map((m) => m.text);
}
function jsonEntries(text: string, name: string): readonly { key: string; text: string }[] {
  const { kind, members: all } = members(text);
  if (kind !== "object")
    throw invalidParameter(
      name === "json_object_keys"
        ? `cannot call ${name} on ${kind === "array" ? "an array" : "a scalar"}`
        : kind === "array"
          ? "cannot deconstruct an array as an object"
          : "cannot deconstruct a scalar",
    );
  return all as readonly { key: string; text: string }[];
}
const sets: Sets = {
  jsonb_array_elements: (_c, j: Jsonb) => elementsOf(j).map((v) => jsonbOf(v)),
  jsonb_array_elements_text: (_c, j: Jsonb) => elementsOf(j).map(textOf),
  jsonb_each: (_c, j: Jsonb) => [...entriesOf(j, "jsonb_each")].map(([k, v]) => [k, jsonbOf(v)]),
  jsonb_each_text: (_c, j: Jsonb) => [...entriesOf(j, "jsonb_each_text")].map(([k, v]) => [k, textOf(v)]),
  jsonb_object_keys: (_c, j: Jsonb) => [...entriesOf(j, "jsonb_object_keys").keys()],
  json_array_elements: (_c, j: string) => jsonElements(j, "json_array_elements"),
  json_array_elements_text: (_c, j: string) => jsonElements(j, "json_array_elements_text").map(jsonText),
  json_each: (_c, j: string) => jsonEntries(j, "json_each").map(({ key, text }) => [key, text]),
  json_each_text: (_c, j: string) => jsonEntries(j, "json_each_text").map(({ key, text }) => [key, jsonText(text)]),
  json_object_keys: (_c, j: string) => jsonEntries(j, "json_object_keys").map(({ key }) => key),
};

const objectAggregate = (asJsonb: boolean, absentOnNull = false, uniqueKeys = false) =>
  new TypedBody<AggregateBody<ObjectPairs<string | JsonValue> | undefined>>((call, registry) => {
    const [keyType, valueType] = call.argTypes as [number, number];
    const keys = makeConverter(keyType, registry);
    const values = makeConverter(valueType, registry);
    const type = registry.typeByOid(keyType);
    return {
      create: () => undefined,
      step: (c, before, key, value) => {
        const state = before ?? new ObjectPairs(absentOnNull, uniqueKeys, asJsonb);
        if (key === null) throw invalidParameter("field name must not be null");
        state.add(keyText(key!, type, keys, c), value === null, () => (asJsonb ? values.value(value!, c) : values.text(value!, c)));
        return state;
      },
      finish: (_c, state) => {
        if (state === undefined) return null;
        const { pairs } = state;
        return asJsonb ? jsonbOf(sortedMap(pairs as [string, JsonValue][])) : `{ ${objectText(pairs as [string, string][])} }`;
      },
    };
  });
const jsonArrayAggregate = (absentOnNull: boolean) =>
  new TypedBody<AggregateBody<string[] | undefined>>((call, registry) => {
    const converter = makeConverter(call.argTypes[0]!, registry);
    const lines = converter.category === "array" || converter.category === "record";
    return {
      create: () => undefined,
      step: (c, before, value) => {
        const state = before ?? [];
        if (value === null && absentOnNull) return state;
        state.push((lines && value !== null && state.length > 0 ? "\n " : "") + converter.text(value!, c));
        return state;
      },
      finish: (_c, state) => (state === undefined ? null : `[${state.join(", ")}]`),
    };
  });
const jsonbArrayAggregate = (absentOnNull: boolean) =>
  new TypedBody<AggregateBody<JsonValue[] | undefined>>((call, registry) => {
    const converter = makeConverter(call.argTypes[0]!, registry);
    return {
      create: () => undefined,
      step: (c, before, value) => {
        const state = before ?? [];
        if (value !== null || !absentOnNull) state.push(converter.value(value!, c));
        return state;
      },
      finish: (_c, state) => (state === undefined ? null : jsonbOf(state)),
    };
  });

const aggregates = {
  json_agg: jsonArrayAggregate(false),
  json_agg_strict: jsonArrayAggregate(true),
  jsonb_agg: jsonbArrayAggregate(false),
  jsonb_agg_strict: jsonbArrayAggregate(true),
  json_object_agg: objectAggregate(false),
  json_object_agg_strict: objectAggregate(false, true),
  json_object_agg_unique: objectAggregate(false, false, true),
  json_object_agg_unique_strict: objectAggregate(false, true, true),
  jsonb_object_agg: objectAggregate(true),
  jsonb_object_agg_strict: objectAggregate(true, true),
  jsonb_object_agg_unique: objectAggregate(true, false, true),
  jsonb_object_agg_unique_strict: objectAggregate(true, true, true),
};

export const jsonFamily: Family = { scalars, sets, aggregates };
