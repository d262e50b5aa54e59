import type { Datum } from "./datum.js";
import { DbError } from "./errors.js";
import type { Oid } from "./oid.js";

export const ARRAY_DIMENSIONS_MAX = 6;
/** Elements that an array may hold. */
export const ARRAY_SIZE_MAX = 134_217_727;
/** 54000: more dimensions than an array may have. */
export function tooManyDimensions(count: number): DbError {
  const message = `number of array dimensions (${count}) exceeds the maximum allowed (${ARRAY_DIMENSIONS_MAX})`;
  return new DbError({ sqlstate: "54000", message });
}
/** @throws DbError 54000 */
export function checkArraySize(count: number): void {
  if (count > ARRAY_SIZE_MAX)
    throw new DbError({ sqlstate: "54000", message: `array size exceeds the maximum allowed (${ARRAY_SIZE_MAX})` });
}

/** A PostgreSQL array: elements in row-major order. An empty array has no dimensions. */
export class ArrayValue {
  constructor(
    readonly elementType: Oid,
    readonly elements: readonly Datum[],
    readonly dimensions: readonly number[] = elements.length === 0 ? [] : [elements.length],
    readonly lowerBounds: readonly number[] = dimensions.map(() => 1),
  ) {}
}
