/** Reading and changing jsonb by key, index and path. */
import { DbError, invalidParameter, type JsonValue } from "../../types/index.js";
import { isArray, isObject } from "./jsonb-value.js";
import { sortKeys } from "./parse.js";

export function fieldOf(value: JsonValue, key: string): JsonValue | undefined {
  return isObject(value) ? value.get(key) : undefined;
}
export function itemOf(value: JsonValue, index: number): JsonValue | undefined {
  return isArray(value) ? value.at(index) : undefined;
}
const isInteger = (text: string) => /^\s*[+-]?\d+\s*$/.test(text);

export function follow(value: JsonValue, path: readonly (string | null)[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    if (step === null || at === undefined) return undefined;
    at = isObject(at) ? at.get(step) : isArray(at) && isInteger(step) ? at.at(Number(step)) : undefined;
  }
  return at;
}

export function merge(left: JsonValue, right: JsonValue): JsonValue {
  if (isObject(left) && isObject(right)) return sortKeys(new Map([...left, ...right]));
  return [...(isArray(left) ? left : [left]), ...(isArray(right) ? right : [right])];
}

export function withoutKeys(value: JsonValue, keys: readonly (string | null)[]): JsonValue {
  if (isObject(value)) return new Map([...value].filter(([key]) => !keys.includes(key)));
  if (isArray(value)) return value.filter((item) => typeof item !== "string" || !keys.includes(item));
  throw invalidParameter("cannot delete from scalar");
}
export function withoutIndex(value: JsonValue, index: number): JsonValue {
  if (isObject(value)) throw invalidParameter("cannot delete from object using integer index");
  if (!isArray(value)) throw invalidParameter("cannot delete from scalar");
  const at = index < 0 ? value.length + index : index;
  return value.filter((_, i) => i !== at);
}

export type PathChange =
  | { readonly kind: "delete" }
  | { readonly kind: "set"; readonly value: JsonValue; readonly create: boolean }
  | { readonly kind: "insert"; readonly value: JsonValue; readonly after: boolean };

/** The value with one change at a path; steps that lead nowhere leave it as it is. */
export function changeAt(value: JsonValue, path: readonly (string | null)[], change: PathChange, depth = 0): JsonValue {
  if (depth === 0 && !isObject(value) && !isArray(value))
    throw invalidParameter(change.kind === "delete" ? "cannot delete path in scalar" : "cannot set path in scalar");
  if (path.length === 0) return value;
  // Nothing is in an empty container, whatever the path says.
  const isEmpty = depth === 0 && (isObject(value) ? value.size === 0 : (value as readonly JsonValue[]).length === 0);
  if (isEmpty && (change.kind === "delete" || (change.kind === "set" && !change.create))) return value;
  const step = path[depth]!;
  if (step === null) throw new DbError({ sqlstate: "22004", message: `path element at position ${depth + 1} is null` });
  const last = depth === path.length - 1;
  if (isObject(value)) return changeObject(value, step, path, change, depth, last);
  if (isArray(value)) return changeArray(value, step, path, change, depth, last);
  return value;
}

function changeObject(
  value: ReadonlyMap<string, JsonValue>,
  step: string,
  path: readonly (string | null)[],
  change: PathChange,
  depth: number,
  last: boolean,
): JsonValue {
  const present = value.has(step);
  const copy = new Map(value);
  if (!last) {
    if (!present) return value;
    copy.set(step, changeAt(value.get(step)!, path, change, depth + 1));
    return copy;
  }
  switch (change.kind) {
    case "delete":
      copy.delete(step);
      return copy;
    case "set":
      if (!present && !change.create) return value;
      copy.set(step, change.value);
      return present ? copy : sortKeys(copy);
    case "insert":
      if (present) throw invalidParameter("cannot replace existing key", "Try using the function jsonb_set to replace key value.");
      copy.set(step, change.value);
      return sortKeys(copy);
  }
}

function changeArray(
  value: readonly JsonValue[],
  step: string,
  path: readonly (string | null)[],
  change: PathChange,
  depth: number,
  last: boolean,
): JsonValue {
  if (!isInteger(step))
    throw new DbError({ sqlstate: "22P02", message: `path element at position ${depth + 1} is not an integer: "${step}"` });
  const index = Number(step);
  const at = index < 0 ? value.length + index : index;
  const inside = at >= 0 && at < value.length;
  const copy = [...value];
  if (!last) {
    if (!inside) return value;
    copy[at] = changeAt(value[at]!, path, change, depth + 1);
    return copy;
  }
  switch (change.kind) {
    case "delete":
      if (inside) copy.splice(at, 1);
      return copy;
    case "set":
      if (inside) copy[at] = change.value;
      else if (change.create) {
        if (at < 0) copy.unshift(change.value);
        else copy.push(change.value);
      }
      return copy;
    case "insert": {
      const place = at < 0 ? 0 : Math.min(at + (change.after && inside ? 1 : 0), value.length);
      copy.splice(place, 0, change.value);
      return copy;
    }
  }
}

export function stripNulls(value: JsonValue): JsonValue {
  if (isArray(value)) return value.map(stripNulls);
  if (isObject(value)) return new Map([...value].filter(([, item]) => item !== null).map(([key, item]) => [key, stripNulls(item)]));
  return value;
}
