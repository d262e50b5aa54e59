/** Multiranges: lists of ranges in order without overlap. Source: the rules of PostgreSQL's multirangetypes.c. */
import { type Datum, MultirangeValue, type RangeRules, type RangeValue } from "../../types/index.js";
import {
  compareBounds, compareRanges, containsElement, containsRange, intersectRanges, isAdjacent, isBefore, mergeRanges, overlaps, splitAround, upperOf,
} from "./range-algebra.js"; // biome-ignore format: a list

/** From ranges in any order: sorted, empty ones dropped, those that touch united. */
export function makeMultirange(rules: RangeRules, ranges: readonly RangeValue[]): MultirangeValue {
  const sorted = ranges.filter((range) => !range.isEmpty).sort((a, b) => compareRanges(rules, a, b));
  const merged: RangeValue[] = [];
  for (const range of sorted) {
    const last = merged.at(-1);
    if (last === undefined || (isBefore(rules, last, range) && !isAdjacent(rules, last, range))) merged.push(range);
    else merged[merged.length - 1] = mergeRanges(rules, last, range);
  }
  return new MultirangeValue(rules.multirangeType, merged);
}

export function compareMultiranges(rules: RangeRules, a: MultirangeValue, b: MultirangeValue): number {
  const shared = Math.min(a.ranges.length, b.ranges.length);
  for (let i = 0; i < shared; i++) {
    const order = compareRanges(rules, a.ranges[i] as RangeValue, b.ranges[i] as RangeValue);
    if (order !== 0) return order;
  }
  return a.ranges.length - b.ranges.length;
}

/** The one range that could hold what starts where `probe` says: the last for which `startsAfter` is false. */
function candidate(ranges: readonly RangeValue[], startsAfter: (range: RangeValue) => boolean): RangeValue | undefined {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (startsAfter(ranges[middle] as RangeValue)) high = middle;
    else low = middle + 1;
  }
  return ranges[low - 1];
}

export function multirangeContainsElement(rules: RangeRules, a: MultirangeValue, element: Exclude<Datum, null>): boolean {
  const found = candidate(a.ranges, (range) => range.lower !== null && rules.compare(range.lower, element) > 0);
  return found !== undefined && containsElement(rules, found, element);
}

/** Every range of `b` lies in one of `a`: both lists are walked once. */
export function containsAll(rules: RangeRules, a: readonly RangeValue[], b: readonly RangeValue[]): boolean {
  let at = 0;
  for (const range of b) {
    if (range.isEmpty) continue;
    while (at < a.length && isBefore(rules, a[at] as RangeValue, range)) at++;
    if (at === a.length || !containsRange(rules, a[at] as RangeValue, range)) return false;
  }
  return true;
}

export function overlapsAny(rules: RangeRules, a: readonly RangeValue[], b: readonly RangeValue[]): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [left, right] = [a[i] as RangeValue, b[j] as RangeValue];
    if (overlaps(rules, left, right)) return true;
    if (right.isEmpty || isBefore(rules, right, left)) j++;
    else i++;
  }
  return false;
}

export function intersectMultiranges(rules: RangeRules, a: MultirangeValue, b: MultirangeValue): MultirangeValue {
  const found: RangeValue[] = [];
  for (let i = 0, j = 0; i < a.ranges.length && j < b.ranges.length; ) {
    const [left, right] = [a.ranges[i] as RangeValue, b.ranges[j] as RangeValue];
    const both = intersectRanges(rules, left, right);
    if (!both.isEmpty) found.push(both);
    if (compareBounds(rules, upperOf(left), upperOf(right)) < 0) i++;
    else j++;
  }
  return makeMultirange(rules, found);
}

export function subtractMultirange(rules: RangeRules, a: MultirangeValue, b: MultirangeValue): MultirangeValue {
  const kept: RangeValue[] = [];
  let at = 0;
  for (const range of a.ranges) {
    let rest = range;
    while (at < b.ranges.length && isBefore(rules, b.ranges[at] as RangeValue, rest)) at++;
    for (let next = at; next < b.ranges.length && !rest.isEmpty; next++) {
      const taken = b.ranges[next] as RangeValue;
      if (isBefore(rules, rest, taken)) break;
      const [before, after] = splitAround(rules, rest, taken);
      if (!before.isEmpty) kept.push(before);
      rest = after;
    }
    if (!rest.isEmpty) kept.push(rest);
  }
  return makeMultirange(rules, kept);
}
