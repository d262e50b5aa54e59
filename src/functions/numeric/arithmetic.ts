/** + - * / % on numerics with the scales that PostgreSQL's numeric.c gives its results. */
import { divisionByZero, Numeric } from "../../types/index.js";
import { absolute, checked, INFINITY, MAX_SCALE, NAN, NEGATIVE_INFINITY, pow10, round, ZERO } from "./numeric-value.js";

/** Results of division and of the transcendental functions have at least this many significant digits, at most this scale. */
export const MIN_SIGNIFICANT_DIGITS = 16;
export const MAX_RESULT_SCALE = 1000;

export function negate(value: Numeric): Numeric {
  if (value.special === "finite") return new Numeric(-value.coefficient, value.scale);
  return value.special === "NaN" ? NAN : value.special === "Infinity" ? NEGATIVE_INFINITY : INFINITY;
}
/** -1, 0, 1; NaN counts as 0. */
export function signOf(value: Numeric): number {
  if (value.special === "finite") return value.coefficient > 0n ? 1 : value.coefficient < 0n ? -1 : 0;
  return value.special === "Infinity" ? 1 : value.special === "-Infinity" ? -1 : 0;
}
const infinityOf = (sign: number) => (sign > 0 ? INFINITY : sign < 0 ? NEGATIVE_INFINITY : NAN);

export function add(left: Numeric, right: Numeric): Numeric {
  if (left.special !== "finite" || right.special !== "finite") {
    if (left.special === "finite") return right;
    if (right.special === "finite" || left.special === right.special) return left;
    return NAN;
  }
  if (left.scale === right.scale) return checked(new Numeric(left.coefficient + right.coefficient, left.scale));
  if (left.scale < right.scale)
    return checked(new Numeric(left.coefficient * pow10(right.scale - left.scale) + right.coefficient, right.scale));
  return checked(new Numeric(left.coefficient + right.coefficient * pow10(left.scale - right.scale), left.scale));
}
export function subtract(left: Numeric, right: Numeric): Numeric {
  return add(left, negate(right));
}

export function multiply(left: Numeric, right: Numeric): Numeric {
  if (left.special !== "finite" || right.special !== "finite") {
    if (left.special === "NaN" || right.special === "NaN") return NAN;
    return infinityOf(signOf(left) * signOf(right));
  }
  const product = new Numeric(left.coefficient * right.coefficient, left.scale + right.scale);
  return checked(product.scale > MAX_SCALE ? round(product, MAX_SCALE) : product);
}

/** Base-10000 weight and leading digit of a value, as numeric.c's select_div_scale looks at them. */
export function weightOf(value: Numeric): { weight: number; first: number } {
  if (value.coefficient === 0n) return { weight: 0, first: 0 };
  const digits = absolute(value.coefficient).toString();
  const integerDigits = digits.length - value.scale; // may be <= 0
  const weight = Math.ceil(integerDigits / 4) - 1;
  const leading = integerDigits - 4 * weight; // 1..4 digits are in the first base-10000 digit
  return { weight, first: Number(digits.slice(0, leading).padEnd(leading, "0")) };
}

export function divisionScale(left: Numeric, right: Numeric): number {
  const a = weightOf(left);
  const b = weightOf(right);
  const quotientWeight = a.weight - b.weight - (a.first <= b.first ? 1 : 0);
  return Math.min(Math.max(MIN_SIGNIFICANT_DIGITS - quotientWeight * 4, left.scale, right.scale, 0), MAX_RESULT_SCALE);
}

function specialQuotient(left: Numeric, right: Numeric): Numeric | undefined {
  if (left.special === "finite" && right.special === "finite") return undefined;
  if (left.special === "NaN" || right.special === "NaN") return NAN;
  if (left.special === "finite") return ZERO;
  if (right.special !== "finite") return NAN;
  if (right.coefficient === 0n) throw divisionByZero();
  return infinityOf(signOf(left) * signOf(right));
}

export function divide(left: Numeric, right: Numeric): Numeric {
  const known = specialQuotient(left, right);
  if (known !== undefined) return known;
  if (right.coefficient === 0n) throw divisionByZero();
  return checked(divideTo(left, right, divisionScale(left, right)));
}

/** The quotient rounded half away from zero to `scale` digits. */
export function divideTo(left: Numeric, right: Numeric, scale: number): Numeric {
  let numerator = left.coefficient;
  let denominator = right.coefficient;
  const shift = scale + right.scale - left.scale;
  if (shift >= 0) numerator *= pow10(shift);
  else denominator *= pow10(-shift);
  const negative = numerator < 0n !== denominator < 0n;
  const n = absolute(numerator);
  const d = absolute(denominator);
  const quotient = (n + n + d) / (d + d);
  return new Numeric(negative ? -quotient : quotient, scale);
}

/** div(): the quotient cut to an integer. */
export function divideTruncated(left: Numeric, right: Numeric): Numeric {
  const known = specialQuotient(left, right);
  if (known !== undefined) return known;
  if (right.coefficient === 0n) throw divisionByZero();
  const scale = Math.max(left.scale, right.scale);
  return new Numeric((left.coefficient * pow10(scale - left.scale)) / (right.coefficient * pow10(scale - right.scale)), 0);
}

export function modulo(left: Numeric, right: Numeric): Numeric {
  if (left.special !== "finite" || right.special !== "finite") {
    if (left.special === "NaN" || right.special === "NaN") return NAN;
    if (left.special !== "finite") {
      if (right.special === "finite" && right.coefficient === 0n) throw divisionByZero();
      return NAN;
    }
    return left;
  }
  if (right.coefficient === 0n) throw divisionByZero();
  const scale = Math.max(left.scale, right.scale);
  return new Numeric((left.coefficient * pow10(scale - left.scale)) % (right.coefficient * pow10(scale - right.scale)), scale);
}
