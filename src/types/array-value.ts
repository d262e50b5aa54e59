import type { Datum } from "./datum.js";
import type { Oid } from "./oid.js";

/** A PostgreSQL array: elements in row-major order. An empty array has no dimensions. */
export class ArrayValue {
  constructor(
    readonly elementType: Oid,
    readonly elements: readonly Datum[],
    readonly dimensions: readonly number[] = elements.length === 0 ? [] : [elements.length],
    readonly lowerBounds: readonly number[] = dimensions.map(() => 1),
  ) {}
}
