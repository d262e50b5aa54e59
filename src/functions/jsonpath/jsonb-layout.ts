/**
 * Where containers lie in PostgreSQL's binary jsonb, which `.keyvalue()` shows as ids: bytes from the root's start.
 *
 * Source: the layout of jsonb.h: a container is a header word, an entry word for each element (two for each pair), then the data, keys
 * first; numbers and containers are aligned to four bytes.
 */
import { JsonNumber, type JsonValue } from "../../types/index.js";
import { isArray, isObject } from "../json/jsonb-value.js";
import { parseNumeric, sendNumeric } from "../numeric/numeric-value.js";

const WORD = 4;
const aligned = (at: number) => (at + WORD - 1) & ~(WORD - 1);
const cache = new WeakMap<object, Map<JsonValue, number>>();

export function containerOffsets(root: JsonValue): ReadonlyMap<JsonValue, number> {
  if (root === null || typeof root !== "object") return new Map();
  const known = cache.get(root);
  if (known !== undefined) return known;
  const offsets = new Map<JsonValue, number>();
  place(root, 0, offsets);
  cache.set(root, offsets);
  return offsets;
}

/** Gives the place behind the value. */
function place(value: JsonValue, at: number, offsets: Map<JsonValue, number>): number {
  if (typeof value === "string") return at + Buffer.byteLength(value);
  if (value instanceof JsonNumber) return aligned(at) + numericBytes(value.text);
  if (isArray(value)) {
    const start = aligned(at);
    offsets.set(value, start);
    let next = start + WORD + WORD * value.length;
    for (const item of value) next = place(item, next, offsets);
    return next;
  }
  if (isObject(value)) {
    const start = aligned(at);
    offsets.set(value, start);
    let next = start + WORD + 2 * WORD * value.size;
    for (const key of value.keys()) next += Buffer.byteLength(key);
    for (const item of value.values()) next = place(item, next, offsets);
    return next;
  }
  return at; // null, true and false are in their entry
}

/** A numeric with its length word: a short header where scale and weight allow it, two bytes a digit of base 10,000. */
function numericBytes(text: string): number {
  const numeric = parseNumeric(text);
  const view = sendNumeric(numeric);
  const digits = (view.length - 8) / 2;
  const weight = new DataView(view.buffer, view.byteOffset).getInt16(2);
  const isShort = numeric.scale <= 63 && weight <= 63 && weight >= -64;
  return 4 + (isShort ? 2 : 4) + 2 * digits;
}
