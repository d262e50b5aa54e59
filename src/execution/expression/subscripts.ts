/**
 * Reading and assigning array elements and slices, and jsonb by subscripts. Source: the rules of PostgreSQL's arrayfuncs.c
 * (array_set_element, array_set_slice) and of jsonb subscripting.
 */
import { assignAt, jsonbElementAt } from "../../functions/index.js";
import {
  ArrayValue,
  arraySubscriptError,
  checkArraySize,
  type Datum,
  DbError,
  type Jsonb,
  nullNotAllowed,
  type Oid,
  TypeOid,
} from "../../types/index.js";

const wrongCount = () => arraySubscriptError("wrong number of array subscripts");
const outOfRange = () => arraySubscriptError("array subscript out of range");

function givenSubscript(value: Datum | undefined): number {
  if (value === null || value === undefined) throw nullNotAllowed("array subscript in assignment must not be null");
  return Number(value);
}

/** `container[subscripts] = value`: a new array, grown where it has one dimension. */
export function assignElement(container: ArrayValue | null, subscripts: readonly Datum[], value: Datum, elementType: Oid): ArrayValue {
  const places = subscripts.map(givenSubscript);
  if (container === null || container.dimensions.length === 0)
    return new ArrayValue(
      elementType,
      [value],
      places.map(() => 1),
      places,
    );
  const { dimensions, lowerBounds } = container;
  if (places.length !== dimensions.length) throw wrongCount();
  if (dimensions.length === 1) return assignGrowing(container, places[0] as number, [value], elementType);
  let at = 0;
  for (let d = 0; d < dimensions.length; d++) {
    const offset = (places[d] as number) - (lowerBounds[d] as number);
    const size = dimensions[d] as number;
    if (offset < 0 || offset >= size) throw outOfRange();
    at = at * size + offset;
  }
  const elements = [...container.elements];
  elements[at] = value;
  return new ArrayValue(elementType, elements, dimensions, lowerBounds);
}

/** Puts values at `from` and up into an array of one dimension; a gap is filled with nulls. */
function assignGrowing(container: ArrayValue, from: number, values: readonly Datum[], elementType: Oid): ArrayValue {
  const low = container.lowerBounds[0] as number;
  const high = low + (container.dimensions[0] as number);
  const newLow = Math.min(low, from);
  const size = Math.max(high, from + values.length) - newLow;
  checkArraySize(size);
  const elements = new Array<Datum>(size).fill(null);
  for (let i = 0; i < container.elements.length; i++) elements[low - newLow + i] = container.elements[i] as Datum;
  for (let i = 0; i < values.length; i++) elements[from - newLow + i] = values[i] as Datum;
  return new ArrayValue(elementType, elements, [size], [newLow]);
}

type Bounds = readonly (readonly [lower: Datum | undefined, upper: Datum | undefined])[];

/** `container[bounds] = source`; an open bound is undefined. A null source changes nothing. */
export function assignSlice(container: ArrayValue | null, bounds: Bounds, source: ArrayValue | null, elementType: Oid): Datum {
  for (const [lower, upper] of bounds) {
    if (lower === null || upper === null) throw nullNotAllowed("array subscript in assignment must not be null");
  }
  if (source === null) return container;
  if (container === null || container.dimensions.length === 0) return assignToEmpty(bounds, source, elementType);
  const { dimensions, lowerBounds } = container;
  if (dimensions.length < bounds.length) throw wrongCount();
  const from: number[] = [];
  const size: number[] = [];
  for (let d = 0; d < dimensions.length; d++) {
    const low = lowerBounds[d] as number;
    const high = low + (dimensions[d] as number) - 1;
    const [l, u] = bounds[d] ?? [undefined, undefined];
    const start = l === undefined ? low : Number(l);
    const end = u === undefined ? high : Number(u);
    if (start > end) throw arraySubscriptError("upper bound cannot be less than lower bound");
    if (dimensions.length > 1 && (start < low || end > high)) throw outOfRange();
    from.push(start - low);
    size.push(end - start + 1);
  }
  const count = size.reduce((product, n) => product * n, 1);
  checkArraySize(count);
  if (source.elements.length < count) throw arraySubscriptError("source array too small");
  if (dimensions.length === 1)
    return assignGrowing(container, (lowerBounds[0] as number) + (from[0] as number), source.elements.slice(0, count), elementType);
  const elements = [...container.elements];
  let next = 0;
  const walk = (d: number, base: number): void => {
    for (let i = 0; i < (size[d] as number); i++) {
      const at = base * (dimensions[d] as number) + (from[d] as number) + i;
      if (d === dimensions.length - 1) elements[at] = source.elements[next++] as Datum;
      else walk(d + 1, at);
    }
  };
  walk(0, 0);
  return new ArrayValue(elementType, elements, dimensions, lowerBounds);
}

function assignToEmpty(bounds: Bounds, source: ArrayValue, elementType: Oid): ArrayValue {
  const sizes = bounds.map(([lower, upper]) => {
    if (lower === undefined || upper === undefined)
      throw new DbError({
        sqlstate: "2202E",
        message: "array slice subscript must provide both boundaries",
        detail: "When assigning to a slice of an empty array value, slice boundaries must be fully specified.",
      });
    return Number(upper) - Number(lower) + 1;
  });
  if (sizes.some((size) => size < 1)) throw arraySubscriptError("upper bound cannot be less than lower bound");
  const count = sizes.reduce((product, size) => product * size, 1);
  checkArraySize(count);
  if (source.elements.length < count) throw arraySubscriptError("source array too small");
  return new ArrayValue(
    elementType,
    source.elements.slice(0, count),
    sizes,
    bounds.map(([lower]) => Number(lower)),
  );
}

/** Geometric values are arrays of fixed length, counted from 0: by type how many doubles an element has, a double or a point. */
export const figureWidths: ReadonlyMap<Oid, 1 | 2> = new Map([
  [TypeOid.point, 1],
  [TypeOid.line, 1],
  [TypeOid.lseg, 2],
  [TypeOid.box, 2],
]);
/** null where there is no such element. */
export function figureElement(container: Float64Array, subscripts: readonly Datum[], width: 1 | 2): Datum {
  const [at] = subscripts;
  if (subscripts.length !== 1 || typeof at !== "number" || at < 0 || at * width >= container.length) return null;
  return width === 1 ? (container[at] as number) : container.slice(at * width, (at + 1) * width);
}
/** `container[subscripts] = value`: as it was when any of them is null. */
export function assignFigure(container: Float64Array | null, subscripts: readonly Datum[], value: number | Float64Array | null): Datum {
  if (container === null || value === null) return container;
  const [at] = subscripts.map(givenSubscript) as [number];
  if (subscripts.length !== 1) throw wrongCount();
  const part = typeof value === "number" ? [value] : value;
  if (at < 0 || at * part.length >= container.length) throw outOfRange();
  const changed = container.slice();
  changed.set(part, at * part.length);
  return changed;
}

/** A name is an array of its bytes from 0, whatever its length: none is "". */
export function nameElement(container: string, subscripts: readonly Datum[]): Datum {
  const [at] = subscripts;
  if (subscripts.length !== 1 || at === null || at === undefined || Number(at) < 0 || Number(at) >= NAME_BYTES) return null;
  const byte = Buffer.from(container)[Number(at)];
  return byte === undefined ? "" : byte < 128 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`;
}
const NAME_BYTES = 64;

/** `json[subscripts]`: null where the path leads nowhere or a subscript is null. */
export function jsonbElement(container: Jsonb, subscripts: readonly Datum[]): Datum {
  return subscripts.includes(null) ? null : jsonbElementAt(container, subscripts.map(String));
}

/** `json[subscripts] = value`; `first` says whether the first subscript is a number, which decides what a null container becomes. */
export function assignJsonb(container: Jsonb | null, subscripts: readonly Datum[], value: Jsonb | null, firstIsNumber: boolean): Datum {
  if (subscripts.includes(null)) throw nullNotAllowed("jsonb subscript in assignment must not be null");
  return assignAt(container, subscripts.map(String), value, firstIsNumber);
}
