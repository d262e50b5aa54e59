/** Aggregates: count, sum, avg, min, max, statistics, bits, booleans, strings and arrays. */
import { ArrayValue, type Datum, DbError, Interval, Numeric, type SqlType } from "../../types/index.js";
import { addIntervals, scaleInterval } from "../datetime/interval.js";
import { add, divide, divideTo, divisionScale, multiply, subtract } from "../numeric/arithmetic.js";
import { fromInteger, ZERO } from "../numeric/numeric-value.js";
import { sqrtTo } from "../numeric/transcendental.js";
import { type AggregateBody, type CallTypes, type FunctionRegistry, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { concatBytes } from "../types/bytes.js";
import { type Int64, int64 } from "../types/integers.js";

// biome-ignore lint/suspicious/noExplicitAny: each aggregate has a state type of its own.
type Bodies = Record<string, AggregateBody<any> | TypedBody<AggregateBody<any>>>;
const define = <State>(body: AggregateBody<State>): AggregateBody<State> => body;

interface Box<T> {
  value: T | null;
}
/** A running value that starts with the first input; NULL of no rows. The box is changed in place. */
const fold = <T extends Exclude<Datum, null>>(step: (left: T, right: T) => T): AggregateBody<Box<T>> => ({
  create: () => ({ value: null }),
  step: (_c, state, item) => {
    state.value = state.value === null ? (item as T) : step(state.value, item as T);
    return state;
  },
  finish: (_c, state) => state.value,
});

/** Sums of integers: a double while it is exact, a bigint beyond. */
interface IntegerSum {
  small: number;
  big: bigint;
  count: number;
}
const integerSum = (finish: (total: bigint, count: number) => Datum): AggregateBody<IntegerSum> => ({
  create: () => ({ small: 0, big: 0n, count: 0 }),
  step: (_c, state, item) => {
    if (item === null) return state; // not strict in pg_proc: the transition function skips NULL itself
    state.count++;
    if (typeof item === "number") {
      const sum = state.small + item;
      if (Number.isSafeInteger(sum)) state.small = sum;
      else {
        state.big += BigInt(state.small) + BigInt(item);
        state.small = 0;
      }
    } else state.big += item as bigint;
    return state;
  },
  finish: (_c, state) => (state.count === 0 ? null : finish(state.big + BigInt(state.small), state.count)),
});
const averageOf = (total: bigint, count: number) => divide(new Numeric(total, 0), fromInteger(count));

interface NumericSum {
  total: Numeric;
  count: number;
}
const numericSum = (finish: (total: Numeric, count: number) => Datum): AggregateBody<NumericSum> => ({
  create: () => ({ total: ZERO, count: 0 }),
  step: (_c, state, item) => {
    if (item === null) return state;
    state.total = add(state.total, item as Numeric);
    state.count++;
    return state;
  },
  finish: (_c, state) => (state.count === 0 ? null : finish(state.total, state.count)),
});

function overflow(value: number, finiteInputs: boolean): number {
  if (!Number.isFinite(value) && finiteInputs) throw new DbError({ sqlstate: "22003", message: "value out of range: overflow" });
  return value;
}

/** Youngs and Cramer's updates of sums of squares: count, Sx, Sxx. Source: float.c's float8_accum. */
interface FloatStatistics {
  count: number;
  sum: number;
  squares: number;
}
const floatStatistics = (finish: (s: FloatStatistics) => Datum): AggregateBody<FloatStatistics> => ({
  create: () => ({ count: 0, sum: 0, squares: 0 }),
  step: (_c, state, item) => {
    const value = item as number;
    state.count++;
    const finite = Number.isFinite(state.sum) && Number.isFinite(value);
    state.sum += value;
    if (state.count > 1) {
      const distance = value * state.count - state.sum;
      state.squares += (distance * distance) / (state.count * (state.count - 1));
      overflow(state.sum, finite);
    } else if (!Number.isFinite(value)) state.squares = Number.NaN;
    return state;
  },
  finish: (_c, state) => finish(state),
});

interface NumericStatistics {
  count: number;
  sum: Numeric;
  squares: Numeric;
}
const numericStatistics = (sample: boolean, root: boolean): AggregateBody<NumericStatistics> => ({
  create: () => ({ count: 0, sum: ZERO, squares: ZERO }),
  step: (_c, state, item) => {
    if (item === null) return state;
    const value = item instanceof Numeric ? item : fromInteger(item as Int64);
    state.count++;
    state.sum = add(state.sum, value);
    state.squares = add(state.squares, multiply(value, value));
    return state;
  },
  finish: (_c, { count, sum, squares }) => {
    if (count < (sample ? 2 : 1)) return null;
    if (sum.special !== "finite") return new Numeric(0n, 0, "NaN");
    const n = fromInteger(count);
    const numerator = subtract(multiply(squares, n), multiply(sum, sum));
    if (numerator.coefficient <= 0n) return ZERO;
    const denominator = fromInteger(BigInt(count) * BigInt(sample ? count - 1 : count));
    const scale = divisionScale(numerator, denominator);
    const variance = divideTo(numerator, denominator, scale);
    return root ? sqrtTo(variance, scale) : variance;
  },
});

/** Two-argument statistics: (Y, X) pairs. Source: float.c's float8_regr_accum. */
interface Regression {
  n: number;
  sx: number;
  sxx: number;
  sy: number;
  syy: number;
  sxy: number;
}
const regression = (finish: (r: Regression) => Datum): AggregateBody<Regression> => ({
  create: () => ({ n: 0, sx: 0, sxx: 0, sy: 0, syy: 0, sxy: 0 }),
  step: (_c, r, yItem, xItem) => {
    const y = yItem as number;
    const x = xItem as number;
    r.n++;
    r.sx += x;
    r.sy += y;
    if (r.n > 1) {
      const dx = x * r.n - r.sx;
      const dy = y * r.n - r.sy;
      const scale = 1 / (r.n * (r.n - 1));
      r.sxx += dx * dx * scale;
      r.syy += dy * dy * scale;
      r.sxy += dx * dy * scale;
    } else if (!Number.isFinite(x) || !Number.isFinite(y)) {
      r.sxx = r.syy = r.sxy = Number.NaN;
    }
    return r;
  },
  finish: (_c, r) => finish(r),
});
const whenAny = (f: (r: Regression) => Datum) => regression((r) => (r.n < 1 ? null : f(r)));

function orderOf(call: CallTypes, registry: FunctionRegistry): NonNullable<SqlType["compare"]> {
  return registry.typeByOid(call.argTypes[0]!)?.compare ?? ((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
const largest = new TypedBody((call, registry) => {
  const compare = orderOf(call, registry);
  return fold<Exclude<Datum, null>>((a, b) => (compare(a, b) > 0 ? a : b)); // of two equals the later one, as int4larger
});
const smallest = new TypedBody((call, registry) => {
  const compare = orderOf(call, registry);
  return fold<Exclude<Datum, null>>((a, b) => (compare(a, b) < 0 ? a : b));
});

const aggregates: Bodies = {
  "count()": define<Box<number>>({
    create: () => ({ value: 0 }),
    step: (_c, s) => {
      s.value!++;
      return s;
    },
    finish: (_c, s) => s.value,
  }),
  "count(any)": define<Box<number>>({
    create: () => ({ value: 0 }),
    step: (_c, s) => {
      s.value!++;
      return s;
    },
    finish: (_c, s) => s.value,
  }),
  "sum(int2)": integerSum((total) => int64(total)),
  "sum(int4)": integerSum((total) => int64(total)),
  "sum(int8)": integerSum((total) => new Numeric(total, 0)),
  "sum(numeric)": numericSum((total) => total),
  "sum(float4)": fold<number>((a, b) => overflow(Math.fround(a + b), Number.isFinite(a) && Number.isFinite(b))),
  "sum(float8)": fold<number>((a, b) => overflow(a + b, Number.isFinite(a) && Number.isFinite(b))),
  "sum(interval)": fold<Interval>(addIntervals),
  "avg(int2)": integerSum(averageOf),
  "avg(int4)": integerSum(averageOf),
  "avg(int8)": integerSum(averageOf),
  "avg(numeric)": numericSum((total, count) => divide(total, fromInteger(count))),
  "avg(float4)": floatStatistics((s) => (s.count === 0 ? null : s.sum / s.count)),
  "avg(float8)": floatStatistics((s) => (s.count === 0 ? null : s.sum / s.count)),
  "avg(interval)": define<{ total: Interval; count: number }>({
    create: () => ({ total: new Interval(0, 0, 0), count: 0 }),
    step: (_c, s, item) => {
      s.total = addIntervals(s.total, item as Interval);
      s.count++;
      return s;
    },
    finish: (_c, s) => (s.count === 0 ? null : scaleInterval(s.total, (n) => n / s.count)),
  }),
  max: largest,
  min: smallest,
  bool_and: fold<boolean>((a, b) => a && b),
  every: fold<boolean>((a, b) => a && b),
  bool_or: fold<boolean>((a, b) => a || b),
  "string_agg(text,text)": define<{ text: string | null }>({
    create: () => ({ text: null }),
    step: (_c, s, item, separator) => {
      if (item !== null) s.text = s.text === null ? (item as string) : s.text + ((separator as string | null) ?? "") + (item as string);
      return s;
    },
    finish: (_c, s) => s.text,
  }),
  "string_agg(bytea,bytea)": define<Uint8Array[]>({
    create: () => [],
    step: (_c, s, item, separator) => {
      if (item === null) return s;
      if (s.length > 0 && separator !== null) s.push(separator as Uint8Array);
      s.push(item as Uint8Array);
      return s;
    },
    finish: (_c, s) => (s.length === 0 ? null : concatBytes(s)),
  }),
  "array_agg(anynonarray)": new TypedBody((call) => {
    const element = call.argTypes[0]!;
    return define<Datum[]>({
      create: () => [],
      step: (_c, s, item) => {
        s.push(item);
        return s;
      },
      finish: (_c, s) => (s.length === 0 ? null : new ArrayValue(element, s)),
    });
  }),
  "array_agg(anyarray)": define<ArrayValue[]>({
    create: () => [],
    step: (_c, s, item) => {
      if (item === null) throw new DbError({ sqlstate: "22004", message: "cannot accumulate null arrays" });
      const array = item as ArrayValue;
      if (array.elements.length === 0) throw new DbError({ sqlstate: "2202E", message: "cannot accumulate empty arrays" });
      if (s.length > 0 && String(s[0]!.dimensions) !== String(array.dimensions))
        throw new DbError({ sqlstate: "2202E", message: "cannot accumulate arrays of different dimensionality" });
      s.push(array);
      return s;
    },
    finish: (_c, s) =>
      s.length === 0
        ? null
        : new ArrayValue(
            s[0]!.elementType,
            s.flatMap((a) => a.elements),
            [s.length, ...s[0]!.dimensions],
            [1, ...s[0]!.lowerBounds],
          ),
  }),
  regr_count: regression((r) => r.n),
  regr_sxx: whenAny((r) => r.sxx),
  regr_syy: whenAny((r) => r.syy),
  regr_sxy: whenAny((r) => r.sxy),
  regr_avgx: whenAny((r) => r.sx / r.n),
  regr_avgy: whenAny((r) => r.sy / r.n),
  covar_pop: whenAny((r) => r.sxy / r.n),
  covar_samp: regression((r) => (r.n < 2 ? null : r.sxy / (r.n - 1))),
  corr: whenAny((r) => (r.sxx === 0 || r.syy === 0 ? null : r.sxy / Math.sqrt(r.sxx * r.syy))),
  regr_r2: whenAny((r) => (r.sxx === 0 ? null : r.syy === 0 ? 1 : (r.sxy * r.sxy) / (r.sxx * r.syy))),
  regr_slope: whenAny((r) => (r.sxx === 0 ? null : r.sxy / r.sxx)),
  regr_intercept: whenAny((r) => (r.sxx === 0 ? null : (r.sy - (r.sx * r.sxy) / r.sxx) / r.n)),
};
for (const type of ["int2", "int4"]) {
  aggregates[`bit_and(${type})`] = fold<number>((a, b) => a & b);
  aggregates[`bit_or(${type})`] = fold<number>((a, b) => a | b);
  aggregates[`bit_xor(${type})`] = fold<number>((a, b) => a ^ b);
}
aggregates["bit_and(int8)"] = fold<Int64>((a, b) => int64(BigInt(a) & BigInt(b)));
aggregates["bit_or(int8)"] = fold<Int64>((a, b) => int64(BigInt(a) | BigInt(b)));
aggregates["bit_xor(int8)"] = fold<Int64>((a, b) => int64(BigInt(a) ^ BigInt(b)));
for (const [name, sample, root] of [
  ["variance", true, false],
  ["var_samp", true, false],
  ["var_pop", false, false],
  ["stddev", true, true],
  ["stddev_samp", true, true],
  ["stddev_pop", false, true],
] as const) {
  for (const type of ["int2", "int4", "int8", "numeric"]) aggregates[`${name}(${type})`] = numericStatistics(sample, root);
  for (const type of ["float4", "float8"])
    aggregates[`${name}(${type})`] = floatStatistics((s) => {
      if (s.count < (sample ? 2 : 1)) return null;
      const variance = s.squares / (sample ? s.count - 1 : s.count);
      return root ? Math.sqrt(variance) : variance;
    });
}

export const aggregateFamily: Family = { aggregates };
