/** Array operators and functions, and the sets that come from arrays and series. */
import {
  ARRAY_DIMENSIONS_MAX,
  ArrayValue,
  arraySubscriptError,
  checkArraySize,
  type Datum,
  DbError,
  type Interval,
  invalidParameter,
  type Numeric,
  nullNotAllowed,
  type Oid,
  type SqlType,
  TypeOid,
  tooManyDimensions,
} from "../../types/index.js";
import { totalMicros } from "../datetime/interval.js";
import { zoneOf } from "../datetime/zones.js";
import { add } from "../numeric/arithmetic.js";
import { compareNumerics, fromInteger, ZERO } from "../numeric/numeric-value.js";
import { type CallTypes, type FunctionRegistry, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import type { Int64 } from "../types/integers.js";
import { addToTimestamp, addToTimestampTz } from "./datetime.js";
import { add8 } from "./integer-math.js";

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;
type Equal = (a: Datum, b: Datum) => boolean;

function elementOf(call: CallTypes, registry: FunctionRegistry, argument: number): SqlType | undefined {
  const array = registry.typeByOid(call.argTypes[argument]!);
  return array === undefined ? undefined : registry.typeByOid(array.elementType);
}
/** Equality of elements; NULL equals nothing here. */
function equality(type: SqlType | undefined): Equal {
  const compare = type?.compare;
  if (compare === undefined) {
    if (type !== undefined && type.category !== "P")
      throw new DbError({ sqlstate: "42883", message: `could not identify an equality operator for type ${type.displayName}` });
    return (a, b) => a !== null && a === b;
  }
  return (a, b) => a !== null && b !== null && compare(a, b) === 0;
}
const same =
  (equal: Equal): Equal =>
  (a, b) =>
    a === null || b === null ? a === b : equal(a, b);
/** A body that needs the equality of the elements of its first array argument. */
const withEquality = (make: (equal: Equal, element: Oid) => ScalarBody, argument = 0) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const element = elementOf(call, registry, argument);
    return make(equality(element), element?.oid ?? 0);
  });
/** A body that needs the element type of its result. */
const withElement = (make: (element: Oid) => ScalarBody) =>
  new TypedBody<ScalarBody>((call, registry) => make(registry.typeByOid(call.returnType)?.elementType ?? 0));

function requireOneDimension(array: ArrayValue, message: string): void {
  if (array.dimensions.length > 1) throw new DbError({ sqlstate: "0A000", message });
}
function append(array: ArrayValue | null, item: Datum, element: Oid): ArrayValue {
  if (array === null || array.elements.length === 0) return new ArrayValue(element, [item]);
  if (array.dimensions.length > 1) throw new DbError({ sqlstate: "22000", message: "argument must be empty or one-dimensional array" });
  return new ArrayValue(array.elementType, [...array.elements, item], [array.elements.length + 1], array.lowerBounds);
}
function prepend(item: Datum, array: ArrayValue | null, element: Oid): ArrayValue {
  if (array === null || array.elements.length === 0) return new ArrayValue(element, [item]);
  if (array.dimensions.length > 1) throw new DbError({ sqlstate: "22000", message: "argument must be empty or one-dimensional array" });
  return new ArrayValue(array.elementType, [item, ...array.elements], [array.elements.length + 1], array.lowerBounds);
}
function concatenate(a: ArrayValue | null, b: ArrayValue | null): ArrayValue | null {
  if (a === null || b === null) return a ?? b;
  if (b.dimensions.length === 0) return a;
  if (a.dimensions.length === 0) return b;
  const elements = [...a.elements, ...b.elements];
  const tail = (x: ArrayValue, from: number) => String(x.dimensions.slice(from));
  const incompatible = (detail: string) => new DbError({ sqlstate: "2202E", message: "cannot concatenate incompatible arrays", detail });
  if (a.dimensions.length === b.dimensions.length) {
    if (tail(a, 1) !== tail(b, 1)) throw incompatible("Arrays with differing element dimensions are not compatible for concatenation.");
    return new ArrayValue(a.elementType, elements, [a.dimensions[0]! + b.dimensions[0]!, ...a.dimensions.slice(1)], a.lowerBounds);
  }
  const [outer, inner] = a.dimensions.length > b.dimensions.length ? [a, b] : [b, a];
  if (outer.dimensions.length - inner.dimensions.length !== 1)
    throw incompatible(`Arrays of ${a.dimensions.length} and ${b.dimensions.length} dimensions are not compatible for concatenation.`);
  if (tail(outer, 1) !== tail(inner, 0)) throw incompatible("Arrays with differing dimensions are not compatible for concatenation.");
  return new ArrayValue(a.elementType, elements, [outer.dimensions[0]! + 1, ...outer.dimensions.slice(1)], outer.lowerBounds);
}
function positions(array: ArrayValue, item: Datum, equal: Equal, start: number): number[] {
  requireOneDimension(array, "searching for elements in multidimensional arrays is not supported");
  const low = array.lowerBounds[0] ?? 1;
  const found: number[] = [];
  array.elements.forEach((value, i) => {
    if (i + low >= start && equal(value, item)) found.push(i + low);
  });
  return found;
}
function checkDimensions(count: number): void {
  if (count > ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(count);
}
function fill(value: Datum, dimensions: ArrayValue, bounds: ArrayValue | null, element: Oid): ArrayValue {
  if (dimensions.elements.includes(null)) throw nullNotAllowed("dimension values cannot be null");
  const sizes = dimensions.elements as number[];
  if (dimensions.dimensions.length > 1)
    throw new DbError({
      sqlstate: "2202E",
      message: "wrong number of array subscripts",
      detail: "Dimension array must be one dimensional.",
    });
  checkDimensions(sizes.length);
  if (bounds !== null && bounds.elements.length !== sizes.length)
    throw new DbError({
      sqlstate: "2202E",
      message: "wrong number of array subscripts",
      detail: "Low bound array has different size than dimensions array.",
    });
  const count = sizes.reduce((product, size) => product * size, 1);
  checkArraySize(sizes.some((s) => s < 0) ? Infinity : count);
  if (sizes.length === 0 || count === 0) return new ArrayValue(element, []);
  return new ArrayValue(
    element,
    new Array<Datum>(count).fill(value),
    sizes,
    (bounds?.elements as number[] | undefined) ?? sizes.map(() => 1),
  );
}
const size = (array: ArrayValue, dimension: number): number | undefined => array.dimensions[dimension - 1];

const extreme = (keepsFirst: (order: number) => boolean) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const compare = registry.typeByOid(call.argTypes[0]!)?.compare;
    return (_c, a: ArrayValue, b: ArrayValue) => (keepsFirst(compare!(a, b)) ? a : b);
  });
const arrayToString = new TypedBody<ScalarBody>((call, registry) => {
  const element = elementOf(call, registry, 0);
  return (context, array: ArrayValue | null, separator: string | null, nullText: string | null = null) => {
    if (array === null || separator === null) return null;
    const parts: string[] = [];
    for (const item of array.elements) {
      if (item !== null) parts.push(element!.output(item, context));
      else if (nullText !== null) parts.push(nullText);
    }
    return parts.join(separator);
  };
});

const scalars: Bodies = {
  arraycontains: withEquality(
    (equal) => (_c, a: ArrayValue, b: ArrayValue) => b.elements.every((x) => a.elements.some((y) => equal(x, y))),
  ),
  arraycontained: withEquality(
    (equal) => (_c, a: ArrayValue, b: ArrayValue) => a.elements.every((x) => b.elements.some((y) => equal(x, y))),
  ),
  arrayoverlap: withEquality((equal) => (_c, a: ArrayValue, b: ArrayValue) => a.elements.some((x) => b.elements.some((y) => equal(x, y)))),
  array_append: withElement((element) => (_c, a: ArrayValue | null, x: Datum) => append(a, x, element)),
  array_prepend: withElement((element) => (_c, x: Datum, a: ArrayValue | null) => prepend(x, a, element)),
  array_cat: (_c, a: ArrayValue | null, b: ArrayValue | null) => concatenate(a, b),
  array_length: (_c, a: ArrayValue, d: number): Datum => size(a, d) ?? null,
  array_ndims: (_c, a: ArrayValue): Datum => a.dimensions.length || null,
  array_dims: (_c, a: ArrayValue): Datum =>
    a.dimensions.length === 0 ? null : a.dimensions.map((n, i) => `[${a.lowerBounds[i]}:${a.lowerBounds[i]! + n - 1}]`).join(""),
  array_lower: (_c, a: ArrayValue, d: number): Datum => a.lowerBounds[d - 1] ?? null,
  array_upper: (_c, a: ArrayValue, d: number): Datum => (size(a, d) === undefined ? null : a.lowerBounds[d - 1]! + size(a, d)! - 1),
  cardinality: (_c, a: ArrayValue) => a.elements.length,
  array_remove: withEquality((equal) => (_c, a: ArrayValue | null, x: Datum) => {
    if (a === null) return null;
    requireOneDimension(a, "removing elements from multidimensional arrays is not supported");
    const kept = a.elements.filter((y) => !same(equal)(y, x));
    return kept.length === a.elements.length
      ? a
      : new ArrayValue(a.elementType, kept, kept.length === 0 ? [] : [kept.length], kept.length === 0 ? [] : a.lowerBounds);
  }),
  array_replace: withEquality(
    (equal) => (_c, a: ArrayValue | null, x: Datum, y: Datum) =>
      a === null
        ? null
        : new ArrayValue(
            a.elementType,
            a.elements.map((item) => (same(equal)(item, x) ? y : item)),
            a.dimensions,
            a.lowerBounds,
          ),
  ),
  array_position: withEquality((equal) => (_c, a: ArrayValue | null, x: Datum, start: number | null = Number.NEGATIVE_INFINITY): Datum => {
    if (a === null) return null;
    if (start === null) throw nullNotAllowed("initial position must not be null");
    return positions(a, x, same(equal), start)[0] ?? null;
  }),
  array_positions: withEquality(
    (equal) => (_c, a: ArrayValue | null, x: Datum) =>
      a === null ? null : new ArrayValue(TypeOid.int4, positions(a, x, same(equal), Number.NEGATIVE_INFINITY)),
  ),
  "array_fill(anyelement,_int4)": withElement((element) => (_c, x: Datum, d: ArrayValue | null) => {
    if (d === null) throw nullNotAllowed("dimension array or low bound array cannot be null");
    return fill(x, d, null, element);
  }),
  "array_fill(anyelement,_int4,_int4)": withElement((element) => (_c, x: Datum, d: ArrayValue | null, b: ArrayValue | null) => {
    if (d === null || b === null) throw nullNotAllowed("dimension array or low bound array cannot be null");
    return fill(x, d, b, element);
  }),
  array_to_string: arrayToString,
  trim_array: (_c, a: ArrayValue, n: number) => {
    const length = a.dimensions[0] ?? 0;
    if (n < 0 || n > length)
      throw new DbError({ sqlstate: "2202E", message: `number of elements to trim must be between 0 and ${length}` });
    const rest = length - n;
    return rest === 0
      ? new ArrayValue(a.elementType, [])
      : new ArrayValue(
          a.elementType,
          a.elements.slice(0, (a.elements.length / length) * rest),
          [rest, ...a.dimensions.slice(1)],
          a.dimensions.map(() => 1),
        );
  },
  array_larger: extreme((order) => order >= 0),
  array_smaller: extreme((order) => order <= 0),
  "width_bucket(anycompatible,anycompatiblearray)": new TypedBody<ScalarBody>((call, registry) => {
    const compare = registry.typeByOid(call.argTypes[0]!)?.compare;
    return (_c, x: Exclude<Datum, null>, a: ArrayValue) => {
      if (a.dimensions.length > 1) throw arraySubscriptError("thresholds must be one-dimensional array");
      if (a.elements.includes(null)) throw nullNotAllowed("thresholds array must not contain NULLs");
      return a.elements.filter((t) => compare!(x, t!) >= 0).length;
    };
  }),
};

function stepError(): DbError {
  return invalidParameter("step size cannot equal zero");
}
function* integers(from: Int64, to: Int64, step: Int64): Iterable<Datum> {
  if (step === 0) throw stepError();
  const up = step > 0;
  for (let value = from; up ? value <= to : value >= to; ) {
    yield value;
    if (typeof value === "number" && typeof step === "number" && Number.isSafeInteger(value + step)) value += step;
    else {
      const next = BigInt(value) + BigInt(step);
      if (next > 9223372036854775807n || next < -9223372036854775808n) return;
      value = add8(value, step);
    }
  }
}
function* numerics(from: Numeric, to: Numeric, step: Numeric): Iterable<Datum> {
  for (const [value, name] of [
    [from, "start"],
    [to, "stop"],
    [step, "step size"],
  ] as const)
    if (value.special !== "finite")
      throw invalidParameter(`${name} ${name === "step size" ? "" : "value "}cannot be ${value.special === "NaN" ? "NaN" : "infinity"}`);
  const direction = compareNumerics(step, ZERO);
  if (direction === 0) throw stepError();
  for (let value = from; compareNumerics(value, to) * direction <= 0; value = add(value, step)) yield value;
}
function* instants(from: Int64, to: Int64, step: Interval, advance: (value: Int64) => Int64): Iterable<Datum> {
  const direction = totalMicros(step);
  if (direction === 0) throw stepError();
  for (let value = from; direction > 0 ? value <= to : value >= to; value = advance(value)) yield value;
}
function* subscripts(array: ArrayValue, dimension: number, reverse: boolean): Iterable<Datum> {
  const count = size(array, dimension);
  if (count === undefined) return;
  const low = array.lowerBounds[dimension - 1]!;
  for (let i = 0; i < count; i++) yield reverse ? low + count - 1 - i : low + i;
}
const one = fromInteger(1);

const sets: Record<string, SetBody> = {
  "unnest(anyarray)": (_c, a: ArrayValue) => a.elements,
  "generate_subscripts(anyarray,int4)": (_c, a: ArrayValue, d: number) => subscripts(a, d, false),
  "generate_subscripts(anyarray,int4,bool)": (_c, a: ArrayValue, d: number, r: boolean) => subscripts(a, d, r),
  "generate_series(int4,int4)": (_c, a: number, b: number) => integers(a, b, 1),
  "generate_series(int4,int4,int4)": (_c, a: number, b: number, s: number) => integers(a, b, s),
  "generate_series(int8,int8)": (_c, a: Int64, b: Int64) => integers(a, b, 1),
  "generate_series(int8,int8,int8)": (_c, a: Int64, b: Int64, s: Int64) => integers(a, b, s),
  "generate_series(numeric,numeric)": (_c, a: Numeric, b: Numeric) => numerics(a, b, one),
  "generate_series(numeric,numeric,numeric)": (_c, a: Numeric, b: Numeric, s: Numeric) => numerics(a, b, s),
  "generate_series(timestamp,timestamp,interval)": (_c, a: Int64, b: Int64, s: Interval) => instants(a, b, s, (t) => addToTimestamp(t, s)),
  "generate_series(timestamptz,timestamptz,interval)": (c, a: Int64, b: Int64, s: Interval) => {
    const zone = zoneOf(c.timeZone);
    return instants(a, b, s, (t) => addToTimestampTz(t, s, zone));
  },
};

export const arrayFamily: Family = { scalars, sets };
