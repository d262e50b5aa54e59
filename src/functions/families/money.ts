/** Arithmetic and casts of money: hundredths; products and quotients with floats round half to even, with integers they are cut. */
import { cannotConvert, Numeric } from "../../types/index.js";
import { multiply } from "../numeric/arithmetic.js";
import { fromInteger, round } from "../numeric/numeric-value.js";
import type { AggregateBody, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";
import { moneyDivisionByZero, moneyWords } from "../types/money.js";
import { namesOf, primitiveComparisons } from "./comparisons.js";
import { roundHalfEven } from "./float-math.js";

/** 64-bit arithmetic wraps round, as C's does: PostgreSQL 15 does not check it. */
const wrapped = (value: bigint): Int64 => int64(BigInt.asIntN(64, value));
function fromFloat(value: number): Int64 {
  if (Number.isNaN(value) || value >= 2 ** 63 || value < -(2 ** 63)) return -9223372036854775808n;
  return int64(BigInt(roundHalfEven(value)));
}
const timesFloat: ScalarBody = (_c, a: Int64, b: number) => fromFloat(Number(a) * b);
const floatTimes: ScalarBody = (_c, a: number, b: Int64) => fromFloat(Number(b) * a);
const byFloat: ScalarBody = (_c, a: Int64, b: number) => {
  if (b === 0) throw moneyDivisionByZero();
  return fromFloat(Number(a) / b);
};
const timesInteger: ScalarBody = (_c, a: Int64, b: Int64) => wrapped(BigInt(a) * BigInt(b));
const byInteger: ScalarBody = (_c, a: Int64, b: Int64) => {
  if (BigInt(b) === 0n) throw moneyDivisionByZero();
  return wrapped(BigInt(a) / BigInt(b));
};
function fromWhole(value: Int64): Int64 {
  return int64(BigInt(value) * 100n);
}

const scalars: Record<string, ScalarBody> = {
  ...primitiveComparisons(namesOf("cash", "_"), "cash_cmp"),
  cashlarger: (_c, a: Int64, b: Int64) => (a > b ? a : b),
  cashsmaller: (_c, a: Int64, b: Int64) => (a < b ? a : b),
  cash_pl: (_c, a: Int64, b: Int64) => wrapped(BigInt(a) + BigInt(b)),
  cash_mi: (_c, a: Int64, b: Int64) => wrapped(BigInt(a) - BigInt(b)),
  cash_mul_flt8: timesFloat,
  cash_mul_flt4: timesFloat,
  flt8_mul_cash: floatTimes,
  flt4_mul_cash: floatTimes,
  cash_div_flt8: byFloat,
  cash_div_flt4: byFloat,
  cash_mul_int2: timesInteger,
  cash_mul_int4: timesInteger,
  cash_mul_int8: timesInteger,
  int2_mul_cash: timesInteger,
  int4_mul_cash: timesInteger,
  int8_mul_cash: timesInteger,
  cash_div_int2: byInteger,
  cash_div_int4: byInteger,
  cash_div_int8: byInteger,
  cash_div_cash: (_c, a: Int64, b: Int64) => {
    if (BigInt(b) === 0n) throw moneyDivisionByZero();
    return Number(a) / Number(b);
  },
  cash_words: (_c, a: Int64) => moneyWords(a),
  "numeric(money)": (_c, a: Int64) => new Numeric(BigInt(a), 2),
  "money(numeric)": (_c, a: Numeric) => {
    if (a.special !== "finite") throw cannotConvert(a.special === "NaN" ? "NaN" : "infinity", "bigint");
    return int64(round(multiply(a, fromInteger(100)), 0).coefficient);
  },
  "money(int4)": (_c, a: number) => fromWhole(a),
  "money(int8)": (_c, a: Int64) => fromWhole(a),
};

const sum: AggregateBody<{ total: bigint | null }> = {
  create: () => ({ total: null }),
  step: (_c, state, item) => {
    state.total = BigInt.asIntN(64, (state.total ?? 0n) + BigInt(item as Int64));
    return state;
  },
  finish: (_c, state) => (state.total === null ? null : int64(state.total)),
};

export const moneyFamily: Family = { scalars, aggregates: { "sum(money)": sum } };
