/** SQL values as JSON: numbers and booleans bare, dates in ISO 8601, rows as objects, arrays as arrays, the rest as strings. */
import {
  type ArrayValue,
  type Datum,
  DbError,
  type FormatContext,
  type Jsonb,
  type JsonValue,
  type Oid,
  type RowValue,
  type SqlType,
  TypeOid,
} from "../../types/index.js";
import { isInfinite } from "../datetime/calendar.js";
import { formatTimestamp, formatTimestampTz } from "../datetime/format.js";
import type { FunctionRegistry } from "../registry.js";
import type { Int64 } from "../types/integers.js";
import { parseJson, quoteJson } from "./jsonb-value.js";
import { sortKeys } from "./parse.js";

export type JsonCategory = "null" | "boolean" | "number" | "date" | "json" | "jsonb" | "array" | "record" | "other";

export interface JsonConverter {
  readonly category: JsonCategory;
  /** Text as json functions print it: no blanks. */
  text(value: Datum, context: FormatContext): string;
  value(value: Datum, context: FormatContext): JsonValue;
}

const numberTypes = new Set<Oid>([TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.float4, TypeOid.float8, TypeOid.numeric]);

function categoryOf(type: SqlType | undefined): JsonCategory {
  if (type === undefined) return "other";
  if (type.oid === TypeOid.bool) return "boolean";
  if (numberTypes.has(type.oid)) return "number";
  if (type.oid === TypeOid.date || type.oid === TypeOid.timestamp || type.oid === TypeOid.timestamptz) return "date";
  if (type.oid === TypeOid.json) return "json";
  if (type.oid === TypeOid.jsonb) return "jsonb";
  if (type.oid === TypeOid.record || type.fields !== undefined) return "record";
  return type.elementType !== 0 && type.length === -1 ? "array" : "other";
}

function isoDate(value: Int64, type: Oid, type_: SqlType, context: FormatContext): string {
  const iso: FormatContext = { ...context, dateStyle: "ISO, MDY" };
  if (type === TypeOid.date || isInfinite(value)) return type_.output(value, iso);
  if (type === TypeOid.timestamp) return formatTimestamp(value, iso).replace(" ", "T");
  return formatTimestampTz(value, iso)
    .replace(" ", "T")
    .replace(/([+-]\d\d)( BC)?$/, "$1:00$2");
}

/** A bare number, or NaN and the infinities as strings. */
const isJsonNumber = (text: string) => /^-?\d/.test(text);

export function makeConverter(oid: Oid, registry: FunctionRegistry): JsonConverter {
  // A domain is written as what is below it.
  let type = registry.typeByOid(oid);
  while (type?.base !== undefined) type = registry.typeByOid(type.base.type);
  const category = categoryOf(type);
  switch (category) {
    case "boolean":
      return nullable(
        category,
        (v) => (v ? "true" : "false"),
        (v) => v as boolean,
      );
    case "number":
      return nullable(
        category,
        (v, c) => numberText(type!.output(v, c)),
        (v, c) => {
          const text = type!.output(v, c);
          return isJsonNumber(text) ? parseJson(text) : text;
        },
      );
    case "date":
      return nullable(
        category,
        (v, c) => quoteJson(isoDate(v as Int64, type!.oid, type!, c)),
        (v, c) => isoDate(v as Int64, type!.oid, type!, c),
      );
    case "json":
      return nullable(
        category,
        (v) => v as string,
        (v) => parseJson(v as string),
      );
    case "jsonb":
      return nullable(
        category,
        (v) => (v as Jsonb).text,
        (v) => (v as Jsonb).value,
      );
    case "array": {
      let element: JsonConverter | undefined;
      const items = () => (element ??= makeConverter(type!.elementType, registry));
      return nullable(
        category,
        (v, c) =>
          nest(
            v as ArrayValue,
            (x) => items().text(x, c),
            (parts) => `[${parts.join(",")}]`,
          ),
        (v, c) =>
          nest<JsonValue>(
            v as ArrayValue,
            (x) => items().value(x, c),
            (parts) => parts,
          ),
      );
    }
    case "record":
      return nullable(
        category,
        (v, c) => rowText(v as RowValue, registry, c, ",", type),
        (v, c) => {
          const row = v as RowValue;
          return sortedMap(row.fields.map((field, i) => [fieldName(row, i, type), makeConverter(row.types[i]!, registry).value(field, c)]));
        },
      );
    default:
      return nullable(
        category,
        (v, c) => quoteJson(type === undefined ? String(v) : type.output(v, c)),
        (v, c) => (type === undefined ? String(v) : type.output(v, c)),
      );
  }
}
function numberText(text: string): string {
  return isJsonNumber(text) ? text : quoteJson(text);
}
function nullable(
  category: JsonCategory,
  text: (v: Exclude<Datum, null>, c: FormatContext) => string,
  value: (v: Exclude<Datum, null>, c: FormatContext) => JsonValue,
): JsonConverter {
  return {
    category,
    text: (v, c) => (v === null ? "null" : text(v, c)),
    value: (v, c) => (v === null ? null : value(v, c)),
  };
}

function nest<T>(array: ArrayValue, leaf: (item: Datum) => T, wrap: (parts: T[]) => T): T {
  let next = 0;
  const level = (depth: number): T => {
    const parts: T[] = [];
    for (let i = 0; i < array.dimensions[depth]!; i++)
      parts.push(depth < array.dimensions.length - 1 ? level(depth + 1) : leaf(array.elements[next++]!));
    return wrap(parts);
  };
  return array.elements.length === 0 ? wrap([]) : level(0);
}
const fieldName = (row: RowValue, i: number, type?: SqlType) => row.names?.[i] ?? type?.fields?.[i]?.name ?? `f${i + 1}`;
export function rowText(row: RowValue, registry: FunctionRegistry, context: FormatContext, separator: string, type?: SqlType): string {
  return `{${row.fields.map((field, i) => `${quoteJson(fieldName(row, i, type))}:${makeConverter(row.types[i]!, registry).text(field, context)}`).join(separator)}}`;
}

export function sortedMap(entries: readonly (readonly [string, JsonValue])[]): ReadonlyMap<string, JsonValue> {
  return sortKeys(new Map(entries));
}

/** The text of an object key from a value that is not null; composite values cannot be keys. */
export function keyText(value: Datum, type: SqlType | undefined, converter: JsonConverter, context: FormatContext): string {
  if (value === null) throw new DbError({ sqlstate: "22023", message: "key value must not be null" });
  if (converter.category === "array" || converter.category === "record" || converter.category === "json" || converter.category === "jsonb")
    throw new DbError({ sqlstate: "22023", message: "key value must be scalar, not array, composite, or json" });
  if (converter.category === "date") return converter.value(value, context) as string;
  if (converter.category === "boolean") return value ? "true" : "false";
  return type!.output(value, context);
}
