/** erf, erfc, gamma and lgamma in double precision. */
import { floatRangeError } from "../../types/index.js";

/** From here on the continued fraction of erfc converges faster than the series of erf, which also begins to cancel. */
const SERIES_MAX = 2.5;
const TWO_OVER_ROOT_PI = 2 / Math.sqrt(Math.PI);

/** 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!: all terms have one sign. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term !== 0 && Math.abs(term) > Math.abs(sum) * Number.EPSILON * 0.25; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_ROOT_PI * Math.exp(-x * x) * sum;
}
/** e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), from its end. */
function erfcFraction(x: number): number {
  let value = x;
  for (let n = 120; n >= 1; n--) value = x + n / 2 / value;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / value;
}
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) < SERIES_MAX) return erfSeries(x);
  return Math.sign(x) * (1 - erfcFraction(Math.abs(x)));
}
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < SERIES_MAX) return x < -SERIES_MAX ? 2 - erfcFraction(-x) : 1 - erfSeries(x);
  return erfcFraction(x);
}

/** Lanczos' approximation with g = 607/128. Source: Paul Godfrey's coefficients for 15 terms. */
const LANCZOS_G = 607 / 128;
const LANCZOS = [
  0.9999999999999971, 57.15623566586292, -59.59796035547549, 14.136097974741746, -0.4919138160976202,
  3.399464998481189e-05, 4.652362892704858e-05, -9.837447530487956e-05, 0.0001580887032249125, -0.00021026444172410488,
  0.00021743961811521265, -0.0001643181065367639, 8.441822398385275e-05, -2.6190838401581408e-05, 3.6899182659531625e-06,
]; // biome-ignore format: a table
function lanczosSum(x: number): number {
  let sum = LANCZOS[0]!;
  for (let i = 1; i < LANCZOS.length; i++) sum += LANCZOS[i]! / (x + i);
  return sum;
}
/** ln |Γ(x)|. @throws DbError 22003 at zero and the negative integers' overflow */
export function logGamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY;
  if (x <= 0 && Number.isInteger(x)) throw floatRangeError("overflow");
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  if (x === 1 || x === 2) return 0;
  const shifted = x - 1;
  const t = shifted + LANCZOS_G + 0.5;
  const result = 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(lanczosSum(shifted));
  if (!Number.isFinite(result)) throw floatRangeError("overflow");
  return result;
}
/** Γ(171.6…) is the largest that a double holds. */
const GAMMA_MAX = 171.61447887182297;
export function gamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x === Number.POSITIVE_INFINITY) return x;
  if (x === Number.NEGATIVE_INFINITY || (x <= 0 && Number.isInteger(x)) || x > GAMMA_MAX) throw floatRangeError("overflow");
  if (Number.isInteger(x)) {
    let product = 1;
    for (let i = 2; i < x; i++) product *= i;
    return product;
  }
  if (x < 0.5) {
    const result = Math.PI / (Math.sin(Math.PI * x) * (1 - x > GAMMA_MAX ? Number.POSITIVE_INFINITY : gamma(1 - x)));
    if (result === 0) throw floatRangeError("underflow");
    return result;
  }
  const shifted = x - 1;
  const t = shifted + LANCZOS_G + 0.5;
  // In two steps: the power alone overflows before the product does.
  const half = t ** ((shifted + 0.5) / 2);
  return Math.sqrt(2 * Math.PI) * half * Math.exp(-t) * half * lanczosSum(shifted);
}
