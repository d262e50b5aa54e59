/**
 * Rows and arrays out of JSON, by the types that are wanted: json_populate_record, json_to_record and their sets.
 * Source: the rules of populate_record in PostgreSQL's jsonfuncs.c.
 */
import {
  ArrayValue, type Datum, DbError, type FormatContext, invalidParameter, JsonNumber, type JsonValue, type Oid, RowValue, type SqlType, TypeOid,
} from "../../types/index.js"; // biome-ignore format: a list
import type { FunctionRegistry, RecordColumn } from "../registry.js";
import { canonicalText, isArray, isObject, jsonbOf, quoteJson } from "./jsonb-value.js";
import { JsonReader } from "./parse.js";

/** A JSON value of either kind, as population looks at it. */
export interface JsonSource {
  readonly kind: "object" | "array" | "string" | "null" | "scalar";
  /** As JSON: as written for json, canonical for jsonb. */
  json(): string;
  /** Without the quotes of a string. */
  text(): string;
  /** Members of an object (the last of a name wins) and elements of an array. */
  member(name: string): JsonSource | undefined;
  elements(): readonly JsonSource[];
}

/** From the text of a json value, which is valid. */
export function sourceOfJson(text: string): JsonSource {
  const trimmed = text.trim();
  const first = trimmed[0];
  const kind = first === "{" ? "object" : first === "[" ? "array" : first === '"' ? "string" : trimmed === "null" ? "null" : "scalar";
  let members: ReturnType<JsonReader["readMembers"]>["members"] | undefined;
  const all = () => (members ??= new JsonReader(trimmed, false).readMembers().members);
  return {
    kind,
    json: () => trimmed,
    text: () => (kind === "string" ? (new JsonReader(trimmed, false).readDocument() as string) : trimmed),
    member: (name) => {
      const found = all().findLast((member) => member.key === name);
      return found === undefined ? undefined : sourceOfJson(found.text);
    },
    elements: () => all().map((member) => sourceOfJson(member.text)),
  };
}

export function sourceOfJsonb(value: JsonValue): JsonSource {
  const kind = isObject(value)
    ? "object"
    : isArray(value)
      ? "array"
      : typeof value === "string"
        ? "string"
        : value === null
          ? "null"
          : "scalar";
  return {
    kind,
    json: () => canonicalText(value),
    text: () => (typeof value === "string" ? value : value instanceof JsonNumber ? value.text : canonicalText(value)),
    member: (name) => {
      const found = isObject(value) ? value.get(name) : undefined;
      return found === undefined ? undefined : sourceOfJsonb(found);
    },
    elements: () => (isArray(value) ? value.map(sourceOfJsonb) : []),
  };
}

/** Nested composite and array types deeper than this are refused. */
const DEPTH_MAX = 500;

export class Population {
  #depth = 0;
  constructor(
    readonly registry: FunctionRegistry,
    readonly context: FormatContext,
  ) {}

  /** A row of `columns`; what the object does not name keeps the value of `base`. */
  record(source: JsonSource, columns: readonly RecordColumn[], base: RowValue | null): RowValue {
    if (source.kind !== "object")
      throw invalidParameter(`cannot call populate_composite on ${source.kind === "array" ? "an array" : "a scalar"}`);
    if (++this.#depth > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    const fields = columns.map((column, i): Datum => {
      const member = source.member(column.name);
      return member === undefined ? (base?.fields[i] ?? null) : this.value(member, column.type, column.typmod, column.name);
    });
    this.#depth--;
    return new RowValue(
      fields,
      columns.map((column) => column.type),
      columns.map((column) => column.name),
    );
  }

  value(source: JsonSource, oid: Oid, typmod: number, name: string): Datum {
    const type = this.registry.typeByOid(oid);
    if (type === undefined) throw new DbError({ sqlstate: "42704", message: `type with OID ${oid} does not exist` });
    if (source.kind === "null") return null;
    if (source.kind !== "string" && type.fields !== undefined) return this.record(source, type.fields, null);
    if (source.kind !== "string" && isArrayType(type)) return this.#array(source, type, typmod, name);
    if (type.oid === TypeOid.json) return source.kind === "string" ? quoteJson(source.text()) : source.json();
    if (type.oid === TypeOid.jsonb) return jsonbOf(new JsonReader(source.json(), true).readDocument());
    return type.input(source.text(), typmod, this.context);
  }

  #array(source: JsonSource, type: SqlType, typmod: number, name: string): Datum {
    const elements: Datum[] = [];
    const sizes: number[] = [];
    let dimensions = 0;
    const place: number[] = [];
    const expected = () =>
      new DbError({
        sqlstate: "22P02",
        message: "expected JSON array",
        hint:
          place.length === 0
            ? `See the value of key "${name}".`
            : `See the array element ${place.map((index) => `[${index}]`).join("")} of key "${name}".`,
      });
    const read = (at: JsonSource, depth: number): void => {
      if (at.kind !== "array") throw expected();
      const items = at.elements();
      if (sizes[depth] === undefined) sizes[depth] = items.length;
      else if (sizes[depth] !== items.length)
        throw new DbError({
          sqlstate: "22P02",
          message: "malformed JSON array",
          detail: "Multidimensional arrays must have sub-arrays with matching dimensions.",
        });
      items.forEach((item, index) => {
        place.push(index);
        if (item.kind === "array" && (dimensions === 0 || depth + 1 < dimensions) && depth < 6) read(item, depth + 1);
        else {
          if (dimensions === 0) dimensions = depth + 1;
          else if (depth + 1 < dimensions) throw expected();
          elements.push(this.value(item, type.elementType, typmod, name));
        }
        place.pop();
      });
    };
    read(source, 0);
    if (elements.length === 0) return new ArrayValue(type.elementType, []);
    return new ArrayValue(type.elementType, elements, sizes.slice(0, dimensions));
  }
}

const isArrayType = (type: SqlType) => type.elementType !== 0 && type.length === -1;
