/** What generated code calls for the rarer expression kinds. Every function takes non-null values unless it says otherwise. */
import type { EvaluationContext } from "../../functions/registry.js";
import {
  ARRAY_DIMENSIONS_MAX,
  ArrayValue,
  type Datum,
  dimensionsMustMatch,
  type Oid,
  RowValue,
  type SqlType,
  tooManyDimensions,
} from "../../types/index.js";

/** `left op ANY|ALL (array)` with three-valued logic; either side may be null. */
export function compareWithArray(
  context: EvaluationContext,
  left: Datum,
  array: Datum,
  body: (context: EvaluationContext, a: Datum, b: Datum) => Datum,
  strict: boolean,
  all: boolean,
): boolean | null {
  if (array === null) return null;
  if (strict && left === null) return (array as ArrayValue).elements.length === 0 ? all : null;
  let unknown = false;
  for (const element of (array as ArrayValue).elements) {
    const result = strict && element === null ? null : body(context, left, element);
    if (result === null) unknown = true;
    else if (result !== all) return !all;
  }
  return unknown ? null : all;
}

const hashedArrays = new WeakMap<ArrayValue, { readonly keys: ReadonlySet<unknown>; readonly hasNull: boolean }>();

/** `left = ANY (array)` by hashing; the set is kept with the array value. */
export function isInArray(left: Datum, array: Datum, hashKey: (value: Exclude<Datum, null>) => unknown): boolean | null {
  if (array === null) return null;
  const value = array as ArrayValue;
  if (left === null) return value.elements.length === 0 ? false : null;
  let hashed = hashedArrays.get(value);
  if (hashed === undefined) {
    const keys = new Set<unknown>();
    let hasNull = false;
    for (const element of value.elements) {
      if (element === null) hasNull = true;
      else keys.add(hashKey(element));
    }
    hashed = { keys, hasNull };
    hashedArrays.set(value, hashed);
  }
  if (hashed.keys.has(hashKey(left))) return true;
  return hashed.hasNull ? null : false;
}

export function buildArray(elementType: Oid, elements: readonly Datum[]): ArrayValue {
  return new ArrayValue(elementType, elements);
}

/** ARRAY[a, b] of arrays: one more dimension. Null sub-arrays are refused like PostgreSQL's mismatched dimensions. */
export function stackArrays(elementType: Oid, arrays: readonly Datum[]): ArrayValue {
  const parts = arrays.filter((a): a is ArrayValue => a !== null);
  if (parts.every((p) => p.elements.length === 0) && parts.length === arrays.length) return new ArrayValue(elementType, []);
  const first = parts[0];
  if (first === undefined || parts.length !== arrays.length) throw dimensionsMustMatch();
  if (first.dimensions.length >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(first.dimensions.length + 1);
  const elements: Datum[] = [];
  for (const part of parts) {
    if (part.dimensions.length !== first.dimensions.length || part.dimensions.some((d, i) => d !== first.dimensions[i]))
      throw dimensionsMustMatch();
    for (const e of part.elements) elements.push(e);
  }
  return new ArrayValue(elementType, elements, [parts.length, ...first.dimensions]);
}

/** `array[i][j]`; outside the bounds or with another number of subscripts: NULL. */
export function elementAt(array: ArrayValue, subscripts: readonly Datum[]): Datum {
  const { dimensions, lowerBounds } = array;
  if (subscripts.length !== dimensions.length) return null;
  let at = 0;
  for (let d = 0; d < dimensions.length; d++) {
    const subscript = subscripts[d];
    if (subscript === null || subscript === undefined) return null;
    const offset = Number(subscript) - (lowerBounds[d] as number);
    const size = dimensions[d] as number;
    if (offset < 0 || offset >= size) return null;
    at = at * size + offset;
  }
  return array.elements[at] ?? null;
}

/** `array[a:b]`; `bounds` holds [lower, upper] per written subscript, undefined = open. */
export function sliceOf(array: ArrayValue, bounds: readonly (readonly [Datum | undefined, Datum | undefined])[]): Datum {
  if (bounds.some(([l, u]) => l === null || u === null)) return null;
  const { dimensions, lowerBounds } = array;
  if (bounds.length > dimensions.length) return new ArrayValue(array.elementType, []);
  const from: number[] = [];
  const size: number[] = [];
  for (let d = 0; d < dimensions.length; d++) {
    const low = lowerBounds[d] as number;
    const high = low + (dimensions[d] as number) - 1;
    const [l, u] = bounds[d] ?? [undefined, undefined];
    const start = Math.max(low, l === undefined ? low : Number(l));
    const end = Math.min(high, u === undefined ? high : Number(u));
    if (end < start) return new ArrayValue(array.elementType, []);
    from.push(start - low);
    size.push(end - start + 1);
  }
  const elements: Datum[] = [];
  const walk = (d: number, base: number): void => {
    for (let i = 0; i < (size[d] as number); i++) {
      const at = base * (dimensions[d] as number) + (from[d] as number) + i;
      if (d === dimensions.length - 1) elements.push(array.elements[at] ?? null);
      else walk(d + 1, at);
    }
  };
  walk(0, 0);
  return new ArrayValue(array.elementType, elements, size);
}

export function mapElements(array: ArrayValue, elementType: Oid, f: (element: Datum) => Datum): ArrayValue {
  return new ArrayValue(elementType, array.elements.map(f), array.dimensions, array.lowerBounds);
}

/** A record IS NULL when all its fields are, IS NOT NULL when none is. */
export function isNullRecord(value: Datum, negated: boolean): boolean {
  if (!(value instanceof RowValue)) return negated ? value !== null : value === null;
  return value.fields.every((f) => (f === null) !== negated);
}

export function extremeOf(values: readonly Datum[], compare: NonNullable<SqlType["compare"]>, sign: 1 | -1): Datum {
  let best: Datum = null;
  for (const value of values) if (value !== null && (best === null || compare(value, best) * sign > 0)) best = value;
  return best;
}

export function makeRow(fields: readonly Datum[], types: readonly Oid[], names: readonly string[] | undefined): RowValue {
  return new RowValue(fields, types, names);
}
