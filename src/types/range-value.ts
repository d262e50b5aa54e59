import type { Datum } from "./datum.js";
import type { Oid } from "./oid.js";

/**
 * A range: two bounds, null where there is none. An empty range has null bounds and neither is inclusive; a missing bound never is.
 * Values are canonical: made by src/functions/ranges/range-algebra.ts only.
 */
export class RangeValue {
  constructor(
    readonly rangeType: Oid,
    readonly lower: Datum,
    readonly upper: Datum,
    readonly lowerInclusive: boolean,
    readonly upperInclusive: boolean,
    readonly isEmpty = false,
  ) {}
}

/** A multirange: ranges in order, none empty, no two of them overlapping or adjacent. */
export class MultirangeValue {
  constructor(
    readonly multirangeType: Oid,
    readonly ranges: readonly RangeValue[],
  ) {}
}

/** What a range type adds to its subtype; both the range type and its multirange type carry it. */
export interface RangeRules {
  readonly rangeType: Oid;
  readonly multirangeType: Oid;
  readonly subtype: Oid;
  /** The subtype's order: negative, 0, positive. */
  compare(left: Exclude<Datum, null>, right: Exclude<Datum, null>): number;
  /** The canonical form of a discrete range that is not empty: [lower,upper). Absent for continuous subtypes. */
  canonicalize?(range: RangeValue): RangeValue;
}
