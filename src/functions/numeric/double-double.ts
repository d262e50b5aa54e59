/**
 * Elementary functions of twice a double's precision, rounded to the nearest double at the end: what the C library's own functions (within 0.6
 * units of the last place, where JavaScript's are within 1) give in all but rare cases. A value is a sum `high + low` of two doubles, 106 bits.
 * Source: Dekker, "A floating-point technique for extending the available precision" (1971).
 */
interface Double2 {
  readonly high: number;
  readonly low: number;
}
const SPLITTER = 2 ** 27 + 1;
const exactly = (high: number): Double2 => ({ high, low: 0 });
const ONE: Double2 = { high: 1, low: 0 };

/** Their exact sum. */
function exactSum(a: number, b: number): Double2 {
  const high = a + b;
  const shift = high - a;
  return { high, low: a - (high - shift) + (b - shift) };
}
/** Their exact product, of factors under 2^996. */
function exactProduct(a: number, b: number): Double2 {
  const high = a * b;
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return { high, low: aHigh * bHigh - high + aHigh * bLow + aLow * bHigh + aLow * bLow };
}
function add(a: Double2, b: Double2): Double2 {
  const high = exactSum(a.high, b.high);
  const low = exactSum(a.low, b.low);
  const first = exactSum(high.high, high.low + low.high);
  return exactSum(first.high, first.low + low.low);
}
const negate = (a: Double2): Double2 => ({ high: -a.high, low: -a.low });
function multiply(a: Double2, b: Double2): Double2 {
  const product = exactProduct(a.high, b.high);
  return exactSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}
function divide(a: Double2, b: Double2): Double2 {
  const first = a.high / b.high;
  const rest = add(a, negate(multiply(b, { high: first, low: 0 })));
  const second = rest.high / b.high;
  const last = add(rest, negate(multiply(b, { high: second, low: 0 })));
  return add(exactSum(first, second), { high: last.high / b.high, low: 0 });
}
/** 1/n!, enough of them for arguments to a quarter of pi and 80 bits. Those beyond TERMS_EXACT are so small that doubles will do for their sum. */
const TERMS = 24;
const TERMS_EXACT = 12;
const inverseFactorials: Double2[] = [ONE];
for (let n = 1; n <= TERMS; n++) inverseFactorials.push(divide(inverseFactorials[n - 1] as Double2, exactly(n)));

/** The sum of x^n/n! for n = first, first + step, … up to `last`, over x^first; `square` is ±x^step. */
function series(square: Double2, first: number, step: number, last: number): Double2 {
  let tail = 0;
  let n = last;
  for (; n > TERMS_EXACT; n -= step) tail = tail * square.high + (inverseFactorials[n] as Double2).high;
  let sum = exactly(tail);
  for (; n >= first; n -= step) sum = add(multiply(sum, square), inverseFactorials[n] as Double2);
  return sum;
}

const LN_2: Double2 = { high: Math.LN2, low: 2.3190468138462996e-17 };
/** e to the power of x is `value` times 2 to the power of `scale`. */
function exponentialOf(x: Double2): { readonly value: Double2; readonly scale: number } {
  const scale = Math.round(x.high / LN_2.high);
  const rest = add(x, negate(multiply(exactly(scale), LN_2)));
  return { value: series(rest, 0, 1, TERMS - 1), scale };
}
/** Multiplies by a power of two in steps that neither overflow nor round twice. */
function scaled(value: number, scale: number): number {
  if (scale > 1000) return value * 2 ** 1000 * 2 ** (scale - 1000);
  return value * 2 ** scale;
}
/** Scales under this end among the denormal numbers, where the rounding would be done twice. */
const SCALE_MIN = -1020;

export function exp(x: number): number {
  const near = Math.exp(x);
  if (!Number.isFinite(near) || near === 0 || x === 0) return near;
  const { value, scale } = exponentialOf(exactly(x));
  return scale < SCALE_MIN ? near : scaled(value.high, scale);
}

/** One step of Newton from the double that is near. */
function logarithm(x: number): Double2 {
  const near = Math.log(x);
  const { value, scale } = exponentialOf(exactly(-near));
  const half = Math.trunc(scale / 2);
  const product = multiply(exactly(x * 2 ** half), value);
  const rest = 2 ** (scale - half);
  return add(exactly(near), add({ high: product.high * rest, low: product.low * rest }, exactly(-1)));
}
export function log(x: number): number {
  return x > 2 ** -1000 && x < 2 ** 990 ? logarithm(x).high : Math.log(x);
}

/** a to the power of b. */
export function pow(a: number, b: number): number {
  const near = a ** b;
  if (!(a > 2 ** -1000 && a < 2 ** 990) || !Number.isFinite(near) || near === 0 || Math.abs(b) > 2 ** 60) return near;
  const { value, scale } = exponentialOf(multiply(logarithm(a), exactly(b)));
  return scale < SCALE_MIN ? near : scaled(value.high, scale);
}

/** Half of pi in three parts, for what is left of an angle when its quarter turns are taken away. */
const HALF_PI = [Math.PI / 2, 6.123233995736766e-17, -1.4973849048591698e-33] as const;
/** Angles beyond have more quarter turns than these parts are good for. */
const ANGLE_MAX = 2 ** 26;
function sineAndCosine(x: number): { readonly sine: Double2; readonly cosine: Double2 } {
  const turns = Math.round(x / HALF_PI[0]);
  let angle = exactly(x);
  for (const part of HALF_PI) angle = add(angle, negate(exactProduct(turns, part)));
  const square = negate(multiply(angle, angle));
  const sine = multiply(angle, alternating(square, 1));
  const cosine = alternating(square, 0);
  switch (((turns % 4) + 4) % 4) {
    case 0:
      return { sine, cosine };
    case 1:
      return { sine: cosine, cosine: negate(sine) };
    case 2:
      return { sine: negate(sine), cosine: negate(cosine) };
    default:
      return { sine: negate(cosine), cosine: sine };
  }
}
const alternating = (square: Double2, first: 0 | 1): Double2 => series(square, first, 2, TERMS - 1 + first - 1);
/** Whether the series serve: small angles are nearly their own sine, and dividing them would end among the denormal numbers. */
const isCommonAngle = (x: number): boolean => Math.abs(x) > 2 ** -200 && Math.abs(x) < ANGLE_MAX;

export const sin = (x: number): number => (isCommonAngle(x) ? sineAndCosine(x).sine.high : Math.sin(x));
export const cos = (x: number): number => (isCommonAngle(x) ? sineAndCosine(x).cosine.high : Math.cos(x));
export function tan(x: number): number {
  if (!isCommonAngle(x)) return Math.tan(x);
  const { sine, cosine } = sineAndCosine(x);
  return divide(sine, cosine).high;
}
/** One step of Newton from the double that is near: the angle between it and (x, y). */
export function atan2(y: number, x: number): number {
  const near = Math.atan2(y, x);
  const size = Math.max(Math.abs(x), Math.abs(y));
  if (!isCommonAngle(near) || !(size < 2 ** 500 && Math.abs(x) + Math.abs(y) > 2 ** -500)) return near;
  const { sine, cosine } = sineAndCosine(near);
  const across = add(multiply(exactly(y), cosine), negate(multiply(exactly(x), sine)));
  const along = add(multiply(exactly(x), cosine), multiply(exactly(y), sine));
  return add(exactly(near), divide(across, along)).high;
}
export const atan = (x: number): number => atan2(x, 1);

/** Over this e^-x no longer shows in the hyperbolic functions. */
const HYPERBOLIC_LARGE = 22;
const halfExponential = (x: number): number => {
  const { value, scale } = exponentialOf(exactly(x));
  return scaled(value.high, scale - 1);
};
export function sinh(x: number): number {
  const size = Math.abs(x);
  return size > HYPERBOLIC_LARGE && size < 710 ? Math.sign(x) * halfExponential(size) : Math.sinh(x);
}
export function cosh(x: number): number {
  const size = Math.abs(x);
  if (size > HYPERBOLIC_LARGE && size < 710) return halfExponential(size);
  if (size < 0.5 || !(size < 710)) return Math.cosh(x);
  const power = exp(size);
  return 0.5 * power + 0.5 / power;
}
