/**
 * Assignment to a place in a jsonb value, `SET j['a'][2] = …`: what is missing on the way is made, arrays are filled with nulls up to the place.
 * Source: setPath of PostgreSQL's jsonfuncs.c with the flags of subscripting.
 */
import { DbError, type Jsonb, type JsonValue } from "../../types/index.js";
import { isArray, isObject, jsonbOf } from "./jsonb-value.js";
import { sortKeys } from "./parse.js";
import { follow } from "./path.js";

/** Nulls that one assignment may put into an array before its place. */
const FILLED_MAX = 10_000_000;

export function jsonbElementAt(container: Jsonb, path: readonly string[]): Jsonb | null {
  const found = follow(container.value, path);
  return found === undefined ? null : jsonbOf(found);
}

export function assignAt(container: Jsonb | null, path: readonly string[], value: Jsonb | null, firstIsNumber: boolean): Jsonb {
  const start: JsonValue = container === null ? (firstIsNumber ? [] : new Map()) : container.value;
  return jsonbOf(assign(start, path, 0, value === null ? null : value.value));
}

function assign(target: JsonValue, path: readonly string[], level: number, value: JsonValue): JsonValue {
  if (level === path.length) return value;
  const step = path[level] as string;
  if (isObject(target)) {
    const inner = target.get(step);
    const changed = new Map(target);
    changed.set(step, inner === undefined ? build(path, level + 1, value) : assign(inner, path, level + 1, value));
    return inner === undefined ? sortKeys(changed) : changed;
  }
  if (!isArray(target))
    throw new DbError({
      sqlstate: "22023",
      message: "cannot replace existing key",
      detail: "The path assumes key is a composite object, but it is a scalar value.",
    });
  if (!isInteger(step))
    throw new DbError({ sqlstate: "22P02", message: `path element at position ${level + 1} is not an integer: "${step}"` });
  const written = Number(step);
  const index = written < 0 ? target.length + written : written;
  if (index < 0) throw new DbError({ sqlstate: "22023", message: `path element at position ${level + 1} is out of range: ${written}` });
  const changed = [...target];
  if (index < changed.length) changed[index] = assign(changed[index] as JsonValue, path, level + 1, value);
  else {
    fill(changed, index);
    changed.push(build(path, level + 1, value));
  }
  return changed;
}

/** What the rest of a path makes where nothing was: arrays for numbers, objects for names. */
function build(path: readonly string[], level: number, value: JsonValue): JsonValue {
  const step = path[level];
  if (step === undefined) return value;
  const inner = build(path, level + 1, value);
  if (!isInteger(step)) return new Map([[step, inner]]);
  const items: JsonValue[] = [];
  fill(items, Number(step));
  items.push(inner);
  return items;
}
function fill(items: JsonValue[], length: number): void {
  if (length > FILLED_MAX)
    throw new DbError({ sqlstate: "54000", message: `number of jsonb array elements exceeds the maximum allowed (${FILLED_MAX})` });
  while (items.length < length) items.push(null);
}
const isInteger = (text: string) => /^\s*[+-]?\d+$/.test(text);
