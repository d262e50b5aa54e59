/**
 * sqrt, exp, ln, log, power of numerics, correctly rounded at the scale that numeric.c would choose. Computed on integers that hold
 * `digits` decimal places; guard digits absorb the truncation of each step.
 */
import { DbError, divisionByZero, Numeric, numericOverflow } from "../../types/index.js";
import { divideTo, MAX_RESULT_SCALE, MIN_SIGNIFICANT_DIGITS, multiply, signOf, weightOf } from "./arithmetic.js";
import { absolute, checked, compareNumerics, formatNumeric, INFINITY, NAN, pow10, round, ZERO } from "./numeric-value.js";

const GUARD_DIGITS = 12;
const LOG10_E = 0.434294481903252;
const clampScale = (scale: number, ...atLeast: number[]) => Math.min(Math.max(scale, 0, ...atLeast), MAX_RESULT_SCALE);
const logError = (message: string) => new DbError({ sqlstate: "2201E", message });
const powerError = (message: string) => new DbError({ sqlstate: "2201F", message });

function integerSqrt(n: bigint): bigint {
  if (n < 2n) return n;
  let x = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}
/** The square root rounded to `scale`. */
export function sqrtTo(value: Numeric, scale: number): Numeric {
  const shift = 2 * scale - value.scale;
  const n = shift >= 0 ? value.coefficient * pow10(shift) : value.coefficient / pow10(-shift);
  return new Numeric((integerSqrt(4n * n) + 1n) / 2n, scale);
}
export function sqrt(value: Numeric): Numeric {
  if (signOf(value) < 0) throw powerError("cannot take square root of a negative number");
  if (value.special !== "finite") return value;
  const weight = value.coefficient === 0n ? 0 : weightOf(value).weight;
  const resultWeight = weight >= 0 ? Math.floor(((weight + 1) * 4) / 2) - 1 : Math.trunc(((weight + 1) * 4) / 2) - 1;
  return sqrtTo(value, clampScale(MIN_SIGNIFICANT_DIGITS - resultWeight, value.scale));
}

const toFixed = (value: Numeric, digits: number): bigint =>
  digits >= value.scale ? value.coefficient * pow10(digits - value.scale) : value.coefficient / pow10(value.scale - digits);

/** exp of a fixed-point number: halved until small, Taylor, squared back. */
function expFixed(x: bigint, digits: number): bigint {
  const size = Math.max(0, absolute(x).toString().length - digits);
  const halvings = 8 + Math.ceil(size * 3.33);
  const inner = digits + Math.ceil(halvings * 0.31) + Math.max(0, Math.ceil(Number(x / pow10(digits)) * LOG10_E)) + 4;
  const one = pow10(inner);
  const reduced = (x * pow10(inner - digits)) >> BigInt(halvings);
  let term = one;
  let sum = one;
  for (let i = 1n; term !== 0n; i++) {
    term = (term * reduced) / one / i;
    sum += term;
  }
  for (let i = 0; i < halvings; i++) sum = (sum * sum) / one;
  return sum / pow10(inner - digits);
}
/** 2 atanh((m - 1) / (m + 1)) for m near 1. */
function lnNearOne(m: bigint, one: bigint): bigint {
  const z = ((m - one) * one) / (m + one);
  const square = (z * z) / one;
  let power = z;
  let sum = z;
  for (let i = 3n; power !== 0n; i += 2n) {
    power = (power * square) / one;
    sum += power / i;
  }
  return 2n * sum;
}
function lnFixed(x: bigint, digits: number): bigint {
  const one = pow10(digits);
  let doublings = x.toString(2).length - one.toString(2).length;
  let m = doublings >= 0 ? x >> BigInt(doublings) : x << BigInt(-doublings);
  if (m > (one * 3n) / 2n) {
    m >>= 1n;
    doublings++;
  }
  if (doublings === 0) return lnNearOne(m, one);
  return lnNearOne(m, one) + BigInt(doublings) * lnNearOne(2n * one, one);
}

/** Decimal weight of ln(value), as numeric.c estimates it to choose scales. */
function lnWeight(value: Numeric): number {
  if (value.coefficient <= 0n) return 0;
  const low = new Numeric(9n, 1);
  const high = new Numeric(11n, 1);
  if (compareNumerics(value, low) >= 0 && compareNumerics(value, high) <= 0) {
    const distance = new Numeric(absolute(value.coefficient - pow10(value.scale)), value.scale);
    if (distance.coefficient === 0n) return 0;
    const { weight, first } = weightOf(distance);
    return weight * 4 + Math.trunc(Math.log10(first));
  }
  const text = absolute(value.coefficient).toString();
  const logarithm = Math.log(Number(`0.${text.slice(0, 16)}`)) + (text.length - value.scale) * Math.LN10;
  return Math.trunc(Math.log10(Math.abs(logarithm)));
}
/** ln rounded to `scale`. */
function lnTo(value: Numeric, scale: number): Numeric {
  const integerDigits = Math.max(0, absolute(value.coefficient).toString().length - value.scale);
  const smallness = Math.max(0, value.scale - absolute(value.coefficient).toString().length);
  const digits = scale + GUARD_DIGITS + integerDigits.toString().length + smallness;
  const exact = Math.max(value.scale, digits);
  return round(new Numeric(lnFixed(toFixed(value, exact), exact), exact), scale);
}
function checkLogArgument(value: Numeric): void {
  if (value.special !== "finite" && value.special !== "-Infinity") return;
  if (value.special === "-Infinity" || value.coefficient < 0n) throw logError("cannot take logarithm of a negative number");
  if (value.coefficient === 0n) throw logError("cannot take logarithm of zero");
}
export function ln(value: Numeric): Numeric {
  checkLogArgument(value);
  if (value.special !== "finite") return value;
  return lnTo(value, clampScale(MIN_SIGNIFICANT_DIGITS - lnWeight(value), value.scale));
}
export function log(base: Numeric, value: Numeric): Numeric {
  if (base.special === "NaN" || value.special === "NaN") return NAN;
  checkLogArgument(base);
  checkLogArgument(value);
  if (base.special !== "finite") return value.special !== "finite" ? NAN : ZERO;
  if (value.special !== "finite") return INFINITY;
  const baseWeight = lnWeight(base);
  const valueWeight = lnWeight(value);
  const scale = clampScale(MIN_SIGNIFICANT_DIGITS - (valueWeight - baseWeight), base.scale, value.scale);
  const bottom = lnTo(base, scale + GUARD_DIGITS + Math.max(0, -baseWeight));
  if (bottom.coefficient === 0n) throw divisionByZero();
  return divideTo(lnTo(value, scale + GUARD_DIGITS + Math.max(0, -baseWeight)), bottom, scale);
}

/** 10 to this is beyond the format, or rounds to 0. */
const EXPONENT_LIMIT = 131072;
/** exp of this and more is an overflow, of its negative zero: numeric.c's NUMERIC_MAX_RESULT_SCALE * 3. */
const EXP_LIMIT = 6000;
function expTo(value: Numeric, scale: number): Numeric {
  const digits = scale + GUARD_DIGITS;
  return checked(
    round(
      new Numeric(expFixed(toFixed(value, Math.max(digits, value.scale)), Math.max(digits, value.scale)), Math.max(digits, value.scale)),
      scale,
    ),
  );
}
function expScale(decimalExponent: number, ...atLeast: number[]): number {
  return clampScale(MIN_SIGNIFICANT_DIGITS - Math.trunc(Math.max(-2000, Math.min(2000, decimalExponent))), ...atLeast);
}
export function exp(value: Numeric): Numeric {
  if (value.special !== "finite") return value.special === "-Infinity" ? ZERO : value;
  const natural = Number(formatNumeric(value));
  const decimalExponent = natural * LOG10_E;
  const scale = expScale(decimalExponent, value.scale);
  if (natural >= EXP_LIMIT) throw numericOverflow();
  if (decimalExponent < -(scale + 10)) return new Numeric(0n, scale);
  return expTo(value, scale);
}

export function power(base: Numeric, exponent: Numeric): Numeric {
  const one = new Numeric(1n, 0);
  if (base.special !== "finite" || exponent.special !== "finite") return specialPower(base, exponent, one);
  const integral = round(exponent, 0);
  const isInteger = compareNumerics(integral, exponent) === 0;
  if (base.coefficient === 0n && exponent.coefficient < 0n) throw powerError("zero raised to a negative power is undefined");
  if (base.coefficient < 0n && !isInteger) throw powerError("a negative number raised to a non-integer power yields a complex result");
  if (isInteger && absolute(integral.coefficient) <= 2147483647n)
    return integerPower(base, Number(integral.coefficient), clampScale(MIN_SIGNIFICANT_DIGITS, base.scale));
  if (base.coefficient === 0n) return new Numeric(0n, MIN_SIGNIFICANT_DIGITS);
  const negative = base.coefficient < 0n && integral.coefficient % 2n !== 0n;
  const size = new Numeric(absolute(base.coefficient), base.scale);
  const estimate = Number(formatNumeric(lnTo(size, 20))) * Number(formatNumeric(exponent)) * LOG10_E;
  const scale = expScale(estimate, base.scale, exponent.scale);
  if (estimate >= EXP_LIMIT * 1.00333 * LOG10_E) throw numericOverflow();
  if (estimate <= -EXP_LIMIT * 1.00333 * LOG10_E) return new Numeric(0n, MAX_RESULT_SCALE);
  if (estimate < -(scale + 10)) return new Numeric(0n, scale);
  const result = expTo(multiply(lnTo(size, scale + GUARD_DIGITS + Math.max(0, Math.ceil(estimate)) + 8), exponent), scale);
  return negative ? new Numeric(-result.coefficient, result.scale) : result;
}

function integerPower(base: Numeric, exponent: number, scale: number): Numeric {
  if (exponent === 0) return new Numeric(pow10(scale), scale);
  if (base.coefficient === 0n) return new Numeric(0n, scale);
  const size = absolute(base.coefficient);
  const estimate = (Math.log10(Number(`0.${size.toString().slice(0, 17)}`)) + size.toString().length - base.scale) * exponent;
  if (estimate > EXPONENT_LIMIT) throw numericOverflow();
  if (estimate < -(scale + 1)) return new Numeric(0n, scale);
  const times = Math.abs(exponent);
  // Exact while it is affordable; beyond that through the logarithm, with the digits that the result shows.
  if (size.toString().length * times <= 20_000) {
    const exact = new Numeric(base.coefficient ** BigInt(times), base.scale * times);
    return checked(exponent > 0 ? round(exact, scale) : divideTo(new Numeric(1n, 0), exact, scale));
  }
  const digits = scale + Math.max(0, Math.ceil(estimate)) + GUARD_DIGITS + 12;
  const logarithm = lnTo(new Numeric(size, base.scale), digits);
  const result = expTo(new Numeric(logarithm.coefficient * BigInt(exponent), logarithm.scale), scale);
  return base.coefficient < 0n && times % 2 === 1 ? new Numeric(-result.coefficient, result.scale) : result;
}

function specialPower(base: Numeric, exponent: Numeric, one: Numeric): Numeric {
  if (signOf(base) < 0 && exponent.special === "finite" && exponent.coefficient % pow10(exponent.scale) !== 0n)
    throw powerError("a negative number raised to a non-integer power yields a complex result");
  if (base.special === "NaN") return exponent.special === "finite" && exponent.coefficient === 0n ? one : NAN;
  if (exponent.special === "NaN") return compareNumerics(base, one) === 0 ? one : NAN;
  if (compareNumerics(base, one) === 0) return one;
  if (signOf(exponent) === 0) return one;
  if (exponent.special !== "finite") {
    if (signOf(base) === 0) {
      if (signOf(exponent) < 0) throw powerError("zero raised to a negative power is undefined");
      return ZERO;
    }
    const size =
      signOf(base) < 0 ? new Numeric(-base.coefficient, base.scale, base.special === "-Infinity" ? "Infinity" : base.special) : base;
    const order = compareNumerics(size, one);
    if (order === 0) return one;
    return order > 0 === signOf(exponent) > 0 ? INFINITY : ZERO;
  }
  if (signOf(exponent) < 0) return ZERO;
  if (signOf(base) > 0) return INFINITY;
  if (exponent.coefficient % pow10(exponent.scale) !== 0n)
    throw powerError("a negative number raised to a non-integer power yields a complex result");
  return (exponent.coefficient / pow10(exponent.scale)) % 2n !== 0n ? new Numeric(0n, 0, "-Infinity") : INFINITY;
}
