/** jsonb values: canonical text, order, equality, containment. */
import { Jsonb, JsonNumber, type JsonValue, type KeyWriter, writeOrderedKey } from "../../types/index.js";
import { compareNumerics, numericKey, parseNumeric } from "../numeric/numeric-value.js";
import { encodeText } from "../types/bytes.js";
import { numericType } from "../types/numeric.js";
import { compareText } from "../types/strings.js";
import { JsonReader } from "./parse.js";

export function parseJson(text: string): JsonValue {
  return new JsonReader(text, true).readDocument();
}
export function jsonbOf(value: JsonValue): Jsonb {
  return new Jsonb(canonicalText(value), parseJson, value);
}
/** From what a user wrote. */
export function jsonbFromInput(text: string): Jsonb {
  return jsonbOf(parseJson(text));
}
/** From text that is canonical already. */
export function jsonbFromStorage(text: string): Jsonb {
  return new Jsonb(text, parseJson);
}

const escapes: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
export function quoteJson(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes control characters.
  return /["\\\u0000-\u001f]/.test(text)
    ? // biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
      `"${text.replace(/["\\\u0000-\u001f]/g, (c) => escapes[c] ?? `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}"`
    : `"${text}"`;
}

export function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
export function isObject(value: JsonValue): value is ReadonlyMap<string, JsonValue> {
  return value instanceof Map;
}

export function canonicalText(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "string") return quoteJson(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value instanceof JsonNumber) return value.text;
  if (isArray(value)) return `[${value.map(canonicalText).join(", ")}]`;
  let text = "";
  for (const [key, item] of value as ReadonlyMap<string, JsonValue>)
    text += `${text === "" ? "" : ", "}${quoteJson(key)}: ${canonicalText(item)}`;
  return `{${text}}`;
}

export function typeName(value: JsonValue): "null" | "string" | "boolean" | "number" | "array" | "object" {
  if (value === null) return "null";
  if (value instanceof JsonNumber) return "number";
  if (isArray(value)) return "array";
  return typeof value === "object" ? "object" : (typeof value as "string" | "boolean");
}

/** btree order: object > array > boolean > number > string > null; more elements are more. An empty array is below everything. */
const ranks = { null: 0, string: 1, number: 2, boolean: 3, array: 4, object: 5 } as const;
export function compareJson(left: JsonValue, right: JsonValue, top = true): number {
  const a = typeName(left);
  const b = typeName(right);
  if (a !== b) {
    // PostgreSQL's historical accident: a top-level empty array sorts first.
    if (top && isArray(left) && left.length === 0) return -1;
    if (top && isArray(right) && right.length === 0) return 1;
    return ranks[a] - ranks[b];
  }
  switch (a) {
    case "null":
      return 0;
    case "boolean":
      return Number(left) - Number(right);
    case "string":
      return compareText(left as string, right as string);
    case "number":
      return compareNumerics(parseNumeric((left as JsonNumber).text), parseNumeric((right as JsonNumber).text));
    case "array": {
      const x = left as readonly JsonValue[];
      const y = right as readonly JsonValue[];
      if (x.length !== y.length) return x.length - y.length;
      for (let i = 0; i < x.length; i++) {
        const order = compareJson(x[i]!, y[i]!, false);
        if (order !== 0) return order;
      }
      return 0;
    }
    case "object": {
      const x = [...(left as ReadonlyMap<string, JsonValue>)];
      const y = [...(right as ReadonlyMap<string, JsonValue>)];
      if (x.length !== y.length) return x.length - y.length;
      for (let i = 0; i < x.length; i++) {
        const order = compareText(x[i]![0], y[i]![0]) || compareJson(x[i]![1], y[i]![1], false);
        if (order !== 0) return order;
      }
      return 0;
    }
  }
}

/** As compareJson. A kind's byte leaves room below all of them for the empty array at the top. */
export function writeJsonKey(value: JsonValue, out: KeyWriter, top = true): void {
  if (top && isArray(value) && value.length === 0) return out.byte(0);
  out.byte(ranks[typeName(value)] + 1);
  if (value === null) return;
  if (typeof value === "boolean") return out.byte(value ? 1 : 0);
  if (typeof value === "string") return out.bytes(encodeText(value));
  if (value instanceof JsonNumber) return writeOrderedKey(numericType, parseNumeric(value.text), out);
  if (isArray(value)) {
    out.uint32(value.length);
    for (const item of value) writeJsonKey(item, out, false);
    return;
  }
  const members = value as ReadonlyMap<string, JsonValue>;
  out.uint32(members.size);
  for (const [key, item] of members) {
    out.bytes(encodeText(key));
    writeJsonKey(item, out, false);
  }
}

/** Equal values give equal text: numbers without trailing zeros. */
export function jsonKey(value: JsonValue): string {
  if (value instanceof JsonNumber) return numericKey(parseNumeric(value.text));
  if (isArray(value)) return `[${value.map(jsonKey).join(",")}]`;
  if (isObject(value)) return `{${[...value].map(([k, v]) => `${quoteJson(k)}:${jsonKey(v)}`).join(",")}}`;
  return canonicalText(value);
}

/** `left @> right`. A top-level array also contains a bare scalar. */
export function contains(left: JsonValue, right: JsonValue, top = true): boolean {
  if (isObject(left) && isObject(right)) {
    for (const [key, item] of right) {
      const mine = left.get(key);
      if (mine === undefined || !contains(mine, item, false)) return false;
    }
    return true;
  }
  if (isArray(left)) {
    if (isArray(right)) return right.every((item) => left.some((mine) => containsItem(mine, item)));
    return top && !isObject(right) && left.some((mine) => containsItem(mine, right));
  }
  return typeName(left) === typeName(right) && !isArray(right) && !isObject(right) && compareJson(left, right) === 0;
}
function containsItem(mine: JsonValue, item: JsonValue): boolean {
  return typeName(mine) === typeName(item) && contains(mine, item, false);
}
