/**
 * Ranges as bounds: making canonical ones, order, containment, union, difference, intersection.
 * Source: the rules of PostgreSQL's rangetypes.c; a bound knows which end it is, so that `(1` and `1)` order apart.
 */
import { type Datum, DbError, type RangeRules, RangeValue } from "../../types/index.js";

export interface Bound {
  readonly value: Datum; // null: no bound
  readonly inclusive: boolean;
  readonly isLower: boolean;
}

export const lowerOf = (range: RangeValue): Bound => ({ value: range.lower, inclusive: range.lowerInclusive, isLower: true });
export const upperOf = (range: RangeValue): Bound => ({ value: range.upper, inclusive: range.upperInclusive, isLower: false });
export const emptyRange = (rules: RangeRules) => new RangeValue(rules.rangeType, null, null, false, false, true);

const rangeError = (message: string) => new DbError({ sqlstate: "22000", message });

/** A canonical range. @throws DbError 22000 when the bounds are in the wrong order */
export function makeRange(rules: RangeRules, lower: Bound, upper: Bound): RangeValue {
  const raw = serialize(rules, lower, upper);
  if (raw.isEmpty || rules.canonicalize === undefined) return raw;
  const canonical = rules.canonicalize(raw);
  return serialize(rules, lowerOf(canonical), upperOf(canonical));
}

function serialize(rules: RangeRules, lower: Bound, upper: Bound): RangeValue {
  if (lower.value !== null && upper.value !== null) {
    const order = rules.compare(lower.value, upper.value);
    if (order > 0) throw rangeError("range lower bound must be less than or equal to range upper bound");
    if (order === 0 && !(lower.inclusive && upper.inclusive)) return emptyRange(rules);
  }
  return new RangeValue(
    rules.rangeType,
    lower.value,
    upper.value,
    lower.value !== null && lower.inclusive,
    upper.value !== null && upper.inclusive,
  );
}

export function compareBounds(rules: RangeRules, a: Bound, b: Bound): number {
  const order = compareBoundValues(rules, a, b);
  if (order !== 0 || a.value === null || b.value === null) return order;
  if (!a.inclusive && !b.inclusive) return a.isLower === b.isLower ? 0 : a.isLower ? 1 : -1;
  if (!a.inclusive) return a.isLower ? 1 : -1;
  if (!b.inclusive) return b.isLower ? -1 : 1;
  return 0;
}

/** The order of the values alone. */
function compareBoundValues(rules: RangeRules, a: Bound, b: Bound): number {
  if (a.value === null && b.value === null) return a.isLower === b.isLower ? 0 : a.isLower ? -1 : 1;
  if (a.value === null) return a.isLower ? -1 : 1;
  if (b.value === null) return b.isLower ? 1 : -1;
  return Math.sign(rules.compare(a.value, b.value));
}

/** An upper and a lower bound with nothing between them and nothing in both. */
export function boundsAdjacent(rules: RangeRules, upper: Bound, lower: Bound): boolean {
  const order = compareBoundValues(rules, upper, lower);
  if (order === 0) return upper.inclusive !== lower.inclusive && upper.value !== null;
  if (order > 0 || rules.canonicalize === undefined || upper.value === null || lower.value === null) return false;
  const between = makeRange(
    rules,
    { value: upper.value, inclusive: !upper.inclusive, isLower: true },
    { value: lower.value, inclusive: !lower.inclusive, isLower: false },
  );
  return between.isEmpty;
}

/** Empty ranges first, then by lower and by upper bound. */
export function compareRanges(rules: RangeRules, a: RangeValue, b: RangeValue): number {
  if (a.isEmpty || b.isEmpty) return a.isEmpty === b.isEmpty ? 0 : a.isEmpty ? -1 : 1;
  return compareBounds(rules, lowerOf(a), lowerOf(b)) || compareBounds(rules, upperOf(a), upperOf(b));
}

export function containsElement(rules: RangeRules, range: RangeValue, element: Exclude<Datum, null>): boolean {
  if (range.isEmpty) return false;
  if (range.lower !== null) {
    const order = rules.compare(range.lower, element);
    if (order > 0 || (order === 0 && !range.lowerInclusive)) return false;
  }
  if (range.upper !== null) {
    const order = rules.compare(range.upper, element);
    if (order < 0 || (order === 0 && !range.upperInclusive)) return false;
  }
  return true;
}

export function containsRange(rules: RangeRules, a: RangeValue, b: RangeValue): boolean {
  if (b.isEmpty) return true;
  if (a.isEmpty) return false;
  return compareBounds(rules, lowerOf(a), lowerOf(b)) <= 0 && compareBounds(rules, upperOf(a), upperOf(b)) >= 0;
}

export function overlaps(rules: RangeRules, a: RangeValue, b: RangeValue): boolean {
  if (a.isEmpty || b.isEmpty) return false;
  return compareBounds(rules, lowerOf(a), upperOf(b)) <= 0 && compareBounds(rules, lowerOf(b), upperOf(a)) <= 0;
}

export const isBefore = (rules: RangeRules, a: RangeValue, b: RangeValue): boolean =>
  !a.isEmpty && !b.isEmpty && compareBounds(rules, upperOf(a), lowerOf(b)) < 0;

export const isAdjacent = (rules: RangeRules, a: RangeValue, b: RangeValue): boolean =>
  !a.isEmpty && !b.isEmpty && (boundsAdjacent(rules, upperOf(a), lowerOf(b)) || boundsAdjacent(rules, upperOf(b), lowerOf(a)));

const smaller = (rules: RangeRules, a: Bound, b: Bound) => (compareBounds(rules, a, b) <= 0 ? a : b);
const larger = (rules: RangeRules, a: Bound, b: Bound) => (compareBounds(rules, a, b) >= 0 ? a : b);

/** The smallest range with both in it. */
export function mergeRanges(rules: RangeRules, a: RangeValue, b: RangeValue): RangeValue {
  if (a.isEmpty) return b;
  if (b.isEmpty) return a;
  return makeRange(rules, smaller(rules, lowerOf(a), lowerOf(b)), larger(rules, upperOf(a), upperOf(b)));
}

export function uniteRanges(rules: RangeRules, a: RangeValue, b: RangeValue): RangeValue {
  if (!a.isEmpty && !b.isEmpty && !overlaps(rules, a, b) && !isAdjacent(rules, a, b))
    throw rangeError("result of range union would not be contiguous");
  return mergeRanges(rules, a, b);
}

export function intersectRanges(rules: RangeRules, a: RangeValue, b: RangeValue): RangeValue {
  if (!overlaps(rules, a, b)) return emptyRange(rules);
  return makeRange(rules, larger(rules, lowerOf(a), lowerOf(b)), smaller(rules, upperOf(a), upperOf(b)));
}

/** What is in `a` and before `b`, and what is in `a` and after it; either may be empty. */
export function splitAround(rules: RangeRules, a: RangeValue, b: RangeValue): readonly [RangeValue, RangeValue] {
  if (a.isEmpty || b.isEmpty || !overlaps(rules, a, b)) {
    if (!a.isEmpty && !b.isEmpty && isBefore(rules, b, a)) return [emptyRange(rules), a];
    return [a, emptyRange(rules)];
  }
  const [lower, upper] = [lowerOf(b), upperOf(b)];
  const before =
    compareBounds(rules, lowerOf(a), lower) < 0
      ? makeRange(rules, lowerOf(a), { ...lower, inclusive: !lower.inclusive, isLower: false })
      : emptyRange(rules);
  const after =
    compareBounds(rules, upperOf(a), upper) > 0
      ? makeRange(rules, { ...upper, inclusive: !upper.inclusive, isLower: true }, upperOf(a))
      : emptyRange(rules);
  return [before, after];
}

export function subtractRange(rules: RangeRules, a: RangeValue, b: RangeValue): RangeValue {
  if (a.isEmpty || b.isEmpty) return a;
  if (compareBounds(rules, lowerOf(a), lowerOf(b)) < 0 && compareBounds(rules, upperOf(a), upperOf(b)) > 0)
    throw rangeError("result of range difference would not be contiguous");
  const [before, after] = splitAround(rules, a, b);
  return before.isEmpty ? after : before;
}
