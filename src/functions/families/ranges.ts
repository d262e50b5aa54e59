/** Operators, functions and aggregates of ranges and multiranges; the rules of the range type come from the call's types. */
import {
  type ArrayValue, assert, type Datum, DbError, invalidParameter, MultirangeValue, nullNotAllowed, type RangeRules, type RangeValue,
} from "../../types/index.js"; // biome-ignore format: a list
import {
  compareMultiranges, containsAll, intersectMultiranges, makeMultirange, multirangeContainsElement, overlapsAny, subtractMultirange,
} from "../ranges/multirange-algebra.js"; // biome-ignore format: a list
import {
  boundsAdjacent, compareBounds, compareRanges, containsElement, emptyRange, intersectRanges, lowerOf, makeRange, mergeRanges, subtractRange, uniteRanges, upperOf,
} from "../ranges/range-algebra.js"; // biome-ignore format: a list
import { type AggregateBody, type CallTypes, type FunctionRegistry, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;
type Ranges = RangeValue | MultirangeValue;

function rulesOf(call: CallTypes, registry: FunctionRegistry): RangeRules {
  for (const oid of [...call.argTypes, call.returnType]) {
    const rules = registry.typeByOid(oid)?.range;
    if (rules !== undefined) return rules;
  }
  assert(false, "a range function is called with a range type or returns one");
}
const withRules = (make: (rules: RangeRules) => ScalarBody) => new TypedBody<ScalarBody>((call, registry) => make(rulesOf(call, registry)));

/** Both kinds as a list of ranges in order; an empty range is no range. */
const listOf = (value: Ranges): readonly RangeValue[] => (value instanceof MultirangeValue ? value.ranges : value.isEmpty ? [] : [value]);
const firstOf = (value: Ranges) => listOf(value)[0];
const lastOf = (value: Ranges) => listOf(value).at(-1);

/** A test of two spans: false where either is empty. */
const spanTest = (
  test: (rules: RangeRules, first: RangeValue, last: RangeValue, otherFirst: RangeValue, otherLast: RangeValue) => boolean,
) =>
  withRules((rules) => (_c, a: Ranges, b: Ranges) => {
    const [first, last, otherFirst, otherLast] = [firstOf(a), lastOf(a), firstOf(b), lastOf(b)];
    return first !== undefined && last !== undefined && otherFirst !== undefined && otherLast !== undefined
      ? test(rules, first, last, otherFirst, otherLast)
      : false;
  });
const before = spanTest((rules, _f, last, otherFirst) => compareBounds(rules, upperOf(last), lowerOf(otherFirst)) < 0);
const after = spanTest((rules, first, _l, _of, otherLast) => compareBounds(rules, lowerOf(first), upperOf(otherLast)) > 0);
const overLeft = spanTest((rules, _f, last, _of, otherLast) => compareBounds(rules, upperOf(last), upperOf(otherLast)) <= 0);
const overRight = spanTest((rules, first, _l, otherFirst) => compareBounds(rules, lowerOf(first), lowerOf(otherFirst)) >= 0);
const adjacent = spanTest(
  (rules, first, last, otherFirst, otherLast) =>
    boundsAdjacent(rules, upperOf(last), lowerOf(otherFirst)) || boundsAdjacent(rules, upperOf(otherLast), lowerOf(first)),
);
const overlap = withRules((rules) => (_c, a: Ranges, b: Ranges) => overlapsAny(rules, listOf(a), listOf(b)));
const contain = withRules((rules) => (_c, a: Ranges, b: Ranges) => containsAll(rules, listOf(a), listOf(b)));
const contained = withRules((rules) => (_c, a: Ranges, b: Ranges) => containsAll(rules, listOf(b), listOf(a)));

const scalars: Bodies = {
  range_overlaps: overlap,
  range_overlaps_multirange: overlap,
  multirange_overlaps_range: overlap,
  multirange_overlaps_multirange: overlap,
  range_contains: contain,
  range_contains_multirange: contain,
  multirange_contains_range: contain,
  multirange_contains_multirange: contain,
  range_contained_by: contained,
  range_contained_by_multirange: contained,
  multirange_contained_by_range: contained,
  multirange_contained_by_multirange: contained,
  range_contains_elem: withRules((rules) => (_c, a: RangeValue, x: NonNullable<Datum>) => containsElement(rules, a, x)),
  elem_contained_by_range: withRules((rules) => (_c, x: NonNullable<Datum>, a: RangeValue) => containsElement(rules, a, x)),
  multirange_contains_elem: withRules((rules) => (_c, a: MultirangeValue, x: NonNullable<Datum>) => multirangeContainsElement(rules, a, x)),
  elem_contained_by_multirange: withRules(
    (rules) => (_c, x: NonNullable<Datum>, a: MultirangeValue) => multirangeContainsElement(rules, a, x),
  ),
  range_union: withRules((rules) => (_c, a: RangeValue, b: RangeValue) => uniteRanges(rules, a, b)),
  range_intersect: withRules((rules) => (_c, a: RangeValue, b: RangeValue) => intersectRanges(rules, a, b)),
  range_minus: withRules((rules) => (_c, a: RangeValue, b: RangeValue) => subtractRange(rules, a, b)),
  "range_merge(anyrange,anyrange)": withRules((rules) => (_c, a: RangeValue, b: RangeValue) => mergeRanges(rules, a, b)),
  "range_merge(anymultirange)": withRules((rules) => (_c, a: MultirangeValue) => {
    const [first, last] = [firstOf(a), lastOf(a)];
    return first === undefined || last === undefined ? emptyRange(rules) : makeRange(rules, lowerOf(first), upperOf(last));
  }),
  multirange_union: withRules((rules) => (_c, a: MultirangeValue, b: MultirangeValue) => makeMultirange(rules, [...a.ranges, ...b.ranges])),
  multirange_minus: withRules((rules) => (_c, a: MultirangeValue, b: MultirangeValue) => subtractMultirange(rules, a, b)),
  multirange_intersect: withRules((rules) => (_c, a: MultirangeValue, b: MultirangeValue) => intersectMultiranges(rules, a, b)),
  "multirange(anyrange)": withRules((rules) => (_c, a: RangeValue) => makeMultirange(rules, [a])),
};

for (const kind of ["anyrange", "anymultirange"]) {
  const bodies: Record<string, (value: Ranges) => Datum> = {
    lower: (value) => firstOf(value)?.lower ?? null,
    upper: (value) => lastOf(value)?.upper ?? null,
    isempty: (value) => listOf(value).length === 0,
    lower_inc: (value) => firstOf(value)?.lowerInclusive ?? false,
    upper_inc: (value) => lastOf(value)?.upperInclusive ?? false,
    lower_inf: (value) => firstOf(value)?.lower === null,
    upper_inf: (value) => lastOf(value)?.upper === null,
  };
  for (const [name, body] of Object.entries(bodies)) scalars[`${name}(${kind})`] = (_c, value: Ranges) => body(value);
}

const kinds = ["range", "multirange"] as const;
for (const left of kinds) {
  for (const right of kinds) {
    if (left === "range" && right === "range") continue;
    Object.assign(scalars, {
      [`${left}_before_${right}`]: before,
      [`${left}_after_${right}`]: after,
      [`${left}_overleft_${right}`]: overLeft,
      [`${left}_overright_${right}`]: overRight,
      [`${left}_adjacent_${right}`]: adjacent,
    });
  }
}
Object.assign(scalars, {
  range_before: before,
  range_after: after,
  range_overleft: overLeft,
  range_overright: overRight,
  range_adjacent: adjacent,
});

const orderTests: Record<string, (order: number) => Datum> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  cmp: (order) => Math.sign(order),
};
for (const [suffix, test] of Object.entries(orderTests)) {
  scalars[`range_${suffix}`] = withRules((rules) => (_c, a: RangeValue, b: RangeValue) => test(compareRanges(rules, a, b)));
  scalars[`multirange_${suffix}`] = withRules(
    (rules) => (_c, a: MultirangeValue, b: MultirangeValue) => test(compareMultiranges(rules, a, b)),
  );
}

/** `int4range(1, 10)`, `int4range(1, 10, '[]')`. */
export const rangeConstructor = withRules((rules) => (_c, lower: Datum, upper: Datum, flags: string | null = "[)") => {
  if (flags === null) throw new DbError({ sqlstate: "22000", message: "range constructor flags argument must not be null" });
  if (!/^[[(][)\]]$/.test(flags))
    throw new DbError({
      sqlstate: "42601",
      message: "invalid range bound flags",
      hint: 'Valid values are "[]", "[)", "(]", and "()".',
    });
  return makeRange(
    rules,
    { value: lower, inclusive: flags[0] === "[", isLower: true },
    { value: upper, inclusive: flags[1] === "]", isLower: false },
  );
});
/** `int4multirange()`, `int4multirange(range)`, `int4multirange(VARIADIC ranges)`. */
export const multirangeConstructor = withRules((rules) => (_c, given?: RangeValue | ArrayValue) => {
  if (given === undefined) return makeMultirange(rules, []);
  if (!("elements" in given)) return makeMultirange(rules, [given]);
  if (given.dimensions.length > 1)
    throw new DbError({ sqlstate: "21000", message: "multiranges cannot be constructed from multidimensional arrays" });
  if (given.elements.includes(null)) throw nullNotAllowed("multirange values cannot contain null members");
  return makeMultirange(rules, given.elements as readonly RangeValue[]);
});
const microsBetween = (a: number | bigint, b: number | bigint) => Number(BigInt(a) - BigInt(b)) / 1e6;
Object.assign(scalars, {
  int4range_subdiff: (_c: unknown, a: number, b: number) => a - b,
  int8range_subdiff: (_c: unknown, a: number | bigint, b: number | bigint) => Number(BigInt(a) - BigInt(b)),
  daterange_subdiff: (_c: unknown, a: number, b: number) => a - b,
  tsrange_subdiff: (_c: unknown, a: number | bigint, b: number | bigint) => microsBetween(a, b),
  tstzrange_subdiff: (_c: unknown, a: number | bigint, b: number | bigint) => microsBetween(a, b),
});
const subtypes = { int4: "int4", int8: "int8", num: "numeric", date: "date", ts: "timestamp", tstz: "timestamptz" } as const;
for (const [prefix, subtype] of Object.entries(subtypes)) {
  scalars[`${prefix}range(${subtype},${subtype})`] = rangeConstructor;
  scalars[`${prefix}range(${subtype},${subtype},text)`] = rangeConstructor;
  scalars[`${prefix}multirange()`] = multirangeConstructor;
  scalars[`${prefix}multirange(${prefix}range)`] = multirangeConstructor;
  scalars[`${prefix}multirange(_${prefix}range)`] = multirangeConstructor;
  scalars[`${prefix}range_canonical`] = withRules(
    (rules) => (_c, range: RangeValue) => (range.isEmpty ? range : (rules.canonicalize?.(range) ?? range)),
  );
}

const sets: Record<string, SetBody> = { "unnest(anymultirange)": (_c, a: MultirangeValue) => a.ranges };

const collect = new TypedBody<AggregateBody<RangeValue[] | null>>((call, registry) => {
  const type = registry.typeByOid(call.argTypes[0]!);
  if (type?.range === undefined) throw invalidParameter("range_agg must be called with a range or multirange");
  const rules = type.range;
  return {
    create: () => null,
    step: (_c, state, value) => {
      if (value === null) return state;
      const all = state ?? [];
      all.push(...listOf(value as Ranges));
      return all;
    },
    finish: (_c, state) => (state === null ? null : makeMultirange(rules, state)),
  };
});
const intersectAll = new TypedBody<AggregateBody<Ranges | null>>((call, registry) => {
  const rules = rulesOf(call, registry);
  return {
    create: () => null,
    step: (_c, state, value) => {
      if (value === null || state === null) return (value as Ranges | null) ?? state;
      return value instanceof MultirangeValue
        ? intersectMultiranges(rules, state as MultirangeValue, value)
        : intersectRanges(rules, state as RangeValue, value as RangeValue);
    },
    finish: (_c, state) => state,
  };
});

export const rangeFamily: Family = { scalars, sets, aggregates: { range_agg: collect, range_intersect_agg: intersectAll } };
