/** The functions under PostgreSQL's aggregates and operator classes that can also be called by name. */
import { ArrayValue, dataError, type Interval, type Numeric, TypeOid } from "../../types/index.js";
import { compareIntervals, scaleInterval } from "../datetime/interval.js";
import { add, divide } from "../numeric/arithmetic.js";
import { fromInteger } from "../numeric/numeric-value.js";
import type { AggregateBody, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { encodeText } from "../types/bytes.js";
import { type Int64, int64 } from "../types/integers.js";
import { compareText, cutName, trimSpacesRight } from "../types/strings.js";
import { andBits, orBits, xorBits } from "./bits.js";

const larger =
  <T>(compare: (a: T, b: T) => number): ScalarBody =>
  (_c, a: never, b: never) =>
    compare(a, b) > 0 ? a : b;
const smaller =
  <T>(compare: (a: T, b: T) => number): ScalarBody =>
  (_c, a: never, b: never) =>
    compare(a, b) < 0 ? a : b;
const primitive = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
const bpchars = (a: string, b: string) => compareText(trimSpacesRight(a), trimSpacesRight(b));

/** float8[] states of the statistical aggregates: count, sums. */
function stateOf(array: ArrayValue, size: number, name: string): number[] {
  if (array.dimensions.length !== 1 || array.elements.length !== size || array.elements.includes(null))
    throw dataError("XX000", `${name}: expected ${size}-element float8 array`);
  return array.elements as number[];
}
const onState =
  (name: string, size: number, of: (state: number[]) => number | null): ScalarBody =>
  (_c, array: ArrayValue) =>
    of(stateOf(array, size, name));
const variance = (name: string, sample: boolean, root: boolean) =>
  onState(name, 3, ([n, , squares]) => {
    if (n! < (sample ? 2 : 1)) return null;
    const value = squares! / (sample ? n! - 1 : n!);
    return root ? Math.sqrt(value) : value;
  });
/** State of the two-argument ones: N, Sx, Sxx, Sy, Syy, Sxy. */
const regression = (name: string, of: (s: { n: number; sx: number; sxx: number; sy: number; syy: number; sxy: number }) => number | null) =>
  onState(name, 6, ([n, sx, sxx, sy, syy, sxy]) => (n! < 1 ? null : of({ n: n!, sx: sx!, sxx: sxx!, sy: sy!, syy: syy!, sxy: sxy! })));

const patternTests: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (o) => o < 0,
  le: (o) => o <= 0,
  ge: (o) => o >= 0,
  gt: (o) => o > 0,
};
const patterns: Record<string, ScalarBody> = {};
for (const [suffix, test] of Object.entries(patternTests)) {
  patterns[`text_pattern_${suffix}`] = (_c, a: string, b: string) => test(compareText(a, b));
  patterns[`bpchar_pattern_${suffix}`] = (_c, a: string, b: string) => test(bpchars(a, b));
}

const scalars: Record<string, ScalarBody> = {
  ...patterns,
  bpchar_larger: larger(bpchars),
  bpchar_smaller: smaller(bpchars),
  interval_larger: larger(compareIntervals),
  interval_smaller: smaller(compareIntervals),
  booland_statefunc: (_c, a: boolean, b: boolean) => a && b,
  boolor_statefunc: (_c, a: boolean, b: boolean) => a || b,
  nameconcatoid: (_c, name: string, oid: number) => {
    const suffix = `_${oid}`;
    let kept = name;
    while (encodeText(kept).length + suffix.length > 63) kept = kept.slice(0, -1);
    return cutName(kept) + suffix;
  },
  int2_sum: (_c, sum: Int64 | null, n: number | null) => sumOf(sum, n),
  int4_sum: (_c, sum: Int64 | null, n: number | null) => sumOf(sum, n),
  int8_sum: (_c, sum: Numeric | null, n: Int64 | null) =>
    sum === null ? (n === null ? null : fromInteger(n)) : n === null ? sum : add(sum, fromInteger(n)),
  int8_avg: (_c, state: ArrayValue) => {
    const [count, total] = stateOf(state, 2, "int8_avg");
    return count === 0 ? null : divide(fromInteger(total!), fromInteger(count!));
  },
  int2int4_sum: (_c, state: ArrayValue) => {
    const [count, total] = stateOf(state, 2, "int2int4_sum");
    return count === 0 ? null : total!;
  },
  interval_avg: (_c, state: ArrayValue) => {
    if (state.elements.length !== 2) throw dataError("XX000", "expected 2-element interval array");
    const [total, count] = state.elements as [Interval, Interval];
    const n = Number(count.micros);
    return n === 0 ? null : scaleInterval(total, (part) => part / n);
  },
  float8_avg: onState("float8_avg", 3, ([n, sum]) => (n === 0 ? null : sum! / n!)),
  float8_var_pop: variance("float8_var_pop", false, false),
  float8_var_samp: variance("float8_var_samp", true, false),
  float8_stddev_pop: variance("float8_stddev_pop", false, true),
  float8_stddev_samp: variance("float8_stddev_samp", true, true),
  float8_regr_sxx: regression("float8_regr_sxx", (s) => s.sxx),
  float8_regr_syy: regression("float8_regr_syy", (s) => s.syy),
  float8_regr_sxy: regression("float8_regr_sxy", (s) => s.sxy),
  float8_regr_avgx: regression("float8_regr_avgx", (s) => s.sx / s.n),
  float8_regr_avgy: regression("float8_regr_avgy", (s) => s.sy / s.n),
  float8_covar_pop: regression("float8_covar_pop", (s) => s.sxy / s.n),
  float8_covar_samp: regression("float8_covar_samp", (s) => (s.n < 2 ? null : s.sxy / (s.n - 1))),
  float8_corr: regression("float8_corr", (s) => (s.sxx === 0 || s.syy === 0 ? null : s.sxy / Math.sqrt(s.sxx * s.syy))),
  float8_regr_r2: regression("float8_regr_r2", (s) => (s.sxx === 0 ? null : s.syy === 0 ? 1 : (s.sxy * s.sxy) / (s.sxx * s.syy))),
  float8_regr_slope: regression("float8_regr_slope", (s) => (s.sxx === 0 ? null : s.sxy / s.sxx)),
  float8_regr_intercept: regression("float8_regr_intercept", (s) => (s.sxx === 0 ? null : (s.sy - (s.sx * s.sxy) / s.sxx) / s.n)),
  float8_accum: (_c, array: ArrayValue, value: number) => {
    const [n, sum, squares] = stateOf(array, 3, "float8_accum");
    const count = n! + 1;
    const total = sum! + value;
    const distance = value * count - total;
    return floats([
      count,
      total,
      n! > 0 ? squares! + (distance * distance) / (count * n!) : Number.isFinite(value) ? squares! : Number.NaN,
    ]);
  },
  float8_combine: (_c, a: ArrayValue, b: ArrayValue) => {
    const [n1, s1, q1] = stateOf(a, 3, "float8_combine");
    const [n2, s2, q2] = stateOf(b, 3, "float8_combine");
    if (n1 === 0) return b;
    if (n2 === 0) return a;
    const distance = s1! / n1! - s2! / n2!;
    return floats([n1! + n2!, s1! + s2!, q1! + q2! + (n1! * n2! * distance * distance) / (n1! + n2!)]);
  },
  float8_regr_accum: (_c, array: ArrayValue, y: number, x: number) => {
    const [n, sx, sxx, sy, syy, sxy] = stateOf(array, 6, "float8_regr_accum") as [number, number, number, number, number, number];
    const count = n + 1;
    const newX = sx + x;
    const newY = sy + y;
    if (n === 0) return floats([count, newX, sxx, newY, syy, sxy]);
    const dx = x * count - newX;
    const dy = y * count - newY;
    const scale = 1 / (count * n);
    return floats([count, newX, sxx + dx * dx * scale, newY, syy + dy * dy * scale, sxy + dx * dy * scale]);
  },
  float8_regr_combine: (_c, a: ArrayValue, b: ArrayValue) => {
    const [n1, sx1, sxx1, sy1, syy1, sxy1] = stateOf(a, 6, "float8_regr_combine") as [number, number, number, number, number, number];
    const [n2, sx2, sxx2, sy2, syy2, sxy2] = stateOf(b, 6, "float8_regr_combine") as [number, number, number, number, number, number];
    if (n1 === 0) return b;
    if (n2 === 0) return a;
    const n = n1 + n2;
    const dx = sx1 / n1 - sx2 / n2;
    const dy = sy1 / n1 - sy2 / n2;
    const weight = (n1 * n2) / n;
    return floats([
      n,
      sx1 + sx2,
      sxx1 + sxx2 + weight * dx * dx,
      sy1 + sy2,
      syy1 + syy2 + weight * dy * dy,
      sxy1 + sxy2 + weight * dx * dy,
    ]);
  },
};
for (const name of ["date", "time"]) {
  scalars[`${name}_larger`] = larger(primitive);
  scalars[`${name}_smaller`] = smaller(primitive);
}
for (const name of ["int8", "oid"]) {
  scalars[`${name}larger`] = larger(primitive);
  scalars[`${name}smaller`] = smaller(primitive);
}
const floats = (values: readonly number[]) => new ArrayValue(TypeOid.float8, values);
function sumOf(sum: Int64 | null, n: number | null): Int64 | null {
  if (sum === null) return n;
  return n === null ? sum : int64(BigInt(sum) + BigInt(n));
}

const foldBits = (of: (a: string, b: string) => string): AggregateBody<{ value: string | null }> => ({
  create: () => ({ value: null }),
  step: (_c, state, item) => {
    state.value = state.value === null ? (item as string) : of(state.value, item as string);
    return state;
  },
  finish: (_c, state) => state.value,
});

export const typeSupportFamily: Family = {
  scalars,
  aggregates: { "bit_and(bit)": foldBits(andBits), "bit_or(bit)": foldBits(orBits), "bit_xor(bit)": foldBits(xorBits) },
};
