/** Hash keys and orders of whole rows, from those of their types. */
import { type Datum, dataError, type Row, type SqlType } from "../types/index.js";
import type { Evaluate } from "./expression/compiler.js";
import { isOwnHashKey } from "./expression/inline-operators.js";
import type { RunState } from "./operator.js";

const noEquality = (type: SqlType) => dataError("42883", `could not identify an equality operator for type ${type.displayName}`);
const noOrder = (type: SqlType) =>
  dataError(
    "42883",
    `could not identify an ordering operator for type ${type.displayName}`,
    undefined,
    "Use an explicit ordering operator or modify the query.",
  );

export type HashKey = string | number | bigint | boolean | null | undefined;

/** Equal keys (===, as Map compares) for equal values; NULL is a value of its own. */
export function hashKeyOf(types: readonly SqlType[]): (values: readonly Datum[]) => HashKey {
  const hashes = types.map((t) => {
    if (isOwnHashKey(t.oid)) return undefined;
    if (t.hashKey === undefined) throw noEquality(t);
    return t.hashKey.bind(t);
  });
  if (hashes.length === 1) {
    const hash = hashes[0];
    if (hash === undefined) return (values) => values[0] as HashKey;
    return (values) => (values[0] === null ? null : hash(values[0] as Exclude<Datum, null>));
  }
  return (values) => {
    let key = "";
    for (let i = 0; i < hashes.length; i++) {
      const value = values[i] as Datum;
      if (value === null) {
        key += "n";
        continue;
      }
      const hash = hashes[i];
      const one = hash === undefined ? value : hash(value);
      // -0 and 0 are one key; a string says its length, so that no two lists of values run together.
      key += typeof one === "string" ? `${one.length}:${one}` : `${one === 0 ? 0 : String(one)},`;
    }
    return key;
  };
}

export interface SortSpecification {
  readonly evaluate: Evaluate;
  /** The same for many rows, where that is cheaper than one by one. */
  readonly evaluateMany?: (rows: readonly Row[], state: RunState) => readonly Datum[];
  readonly type: SqlType;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type CompareRows = (a: Row, b: Row) => number;

/** Compares tuples of already evaluated sort keys. */
export function compareKeys(
  keys: readonly Omit<SortSpecification, "evaluate" | "evaluateMany">[],
): (a: readonly Datum[], b: readonly Datum[]) => number {
  const comparers = keys.map((k) => compareDatum(k));
  if (comparers.length === 1) {
    const only = comparers[0] as (a: Datum, b: Datum) => number;
    return (a, b) => only(a[0] as Datum, b[0] as Datum);
  }
  return (a, b) => {
    for (let i = 0; i < comparers.length; i++) {
      const result = (comparers[i] as (a: Datum, b: Datum) => number)(a[i] as Datum, b[i] as Datum);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function compareDatum(key: Omit<SortSpecification, "evaluate">): (a: Datum, b: Datum) => number {
  const { type, descending, nullsFirst } = key;
  if (type.compare === undefined) throw noOrder(type);
  const compare = type.compare.bind(type);
  const nullA = nullsFirst ? -1 : 1;
  const sign = descending ? -1 : 1;
  return (a, b) => {
    if (a === null) return b === null ? 0 : nullA;
    if (b === null) return -nullA;
    return compare(a, b) * sign;
  };
}

export function evaluateAll(evaluates: readonly Evaluate[], row: Row, state: RunState): Datum[] {
  const values = new Array<Datum>(evaluates.length);
  for (let i = 0; i < evaluates.length; i++) values[i] = (evaluates[i] as Evaluate)(row, state);
  return values;
}

/** A rough count of the bytes that a row takes in the JavaScript heap. */
export function rowBytes(row: Row): number {
  let bytes = 32 + 8 * row.length;
  for (const value of row) {
    if (typeof value === "string") bytes += 24 + value.length;
    else if (typeof value === "object" && value !== null)
      bytes += value instanceof Uint8Array || value instanceof Float32Array ? 64 + value.byteLength : 96;
  }
  return bytes;
}
