/** Arithmetic of float4 and float8: IEEE, but overflow, underflow and division by zero are errors. */
import { DbError, divisionByZero, floatRangeError, invalidParameter } from "../../types/index.js";
import { atan, atan2, cos, cosh, exp, log, pow, sin, sinh, tan } from "../numeric/double-double.js";
import type { EvaluationContext, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { formatGeneral } from "../types/floats.js";

type Bodies = Record<string, ScalarBody>;
const identity = (value: number) => value;

export function sum(result: number, a: number, b: number): number {
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) throw floatRangeError("overflow");
  return result;
}
export function product(result: number, a: number, b: number): number {
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) throw floatRangeError("overflow");
  if (result === 0 && a !== 0 && b !== 0) throw floatRangeError("underflow");
  return result;
}
export function quotient(result: number, a: number, b: number): number {
  if (b === 0 && !Number.isNaN(a)) throw divisionByZero();
  if (!Number.isFinite(result) && Number.isFinite(a) && Number.isFinite(b)) throw floatRangeError("overflow");
  if (result === 0 && a !== 0 && Number.isFinite(b)) throw floatRangeError("underflow");
  return result;
}
/** A function of one argument whose infinite result of a finite argument is an overflow. */
function bounded(result: number, a: number): number {
  if (result === Number.POSITIVE_INFINITY && Number.isFinite(a)) throw floatRangeError("overflow");
  return result;
}
/** Half to even, as C's rint. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor === -1 ? -0 : floor + 1;
  const even = floor % 2 === 0 ? floor : floor + 1;
  return even === 0 && value < 0 ? -0 : even;
}

function power(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return a === 1 || b === 0 ? 1 : Number.NaN;
  if (a === 0 && b < 0) throw new DbError({ sqlstate: "2201F", message: "zero raised to a negative power is undefined" });
  if (a < 0 && Number.isFinite(b) && !Number.isInteger(b))
    throw new DbError({ sqlstate: "2201F", message: "a negative number raised to a non-integer power yields a complex result" });
  if (a === 1 || (a === -1 && !Number.isFinite(b))) return 1;
  const result = pow(a, b);
  if (Number.isFinite(a) && Number.isFinite(b)) {
    if (!Number.isFinite(result)) throw floatRangeError("overflow");
    if (result === 0 && a !== 0) throw floatRangeError("underflow");
  }
  return result;
}
function squareRoot(a: number): number {
  if (a < 0) throw new DbError({ sqlstate: "2201F", message: "cannot take square root of a negative number" });
  return Math.sqrt(a);
}
export function logArgument<T extends number>(a: T): T {
  if (a === 0) throw new DbError({ sqlstate: "2201E", message: "cannot take logarithm of zero" });
  if (a < 0) throw new DbError({ sqlstate: "2201E", message: "cannot take logarithm of a negative number" });
  return a;
}
function exponential(a: number): number {
  const result = exp(a);
  if (result === Number.POSITIVE_INFINITY && Number.isFinite(a)) throw floatRangeError("overflow");
  if (result === 0 && Number.isFinite(a)) throw floatRangeError("underflow");
  return result;
}
function inputRange(valid: boolean): void {
  if (!valid) throw new DbError({ sqlstate: "22003", message: "input is out of range" });
}
/**
 * Degree functions are exact at multiples of 30 and 45 degrees where the radian ones are not: within the first octants values are scaled so
 * that they meet there. Source: float.c.
 */
const RADIANS_PER_DEGREE = 0.017453292519943295;
const SINE_30 = sin(30 * RADIANS_PER_DEGREE);
const ONE_MINUS_COSINE_60 = 1 - cos(60 * RADIANS_PER_DEGREE);
const ARCSINE_HALF = Math.asin(0.5);
const ARCCOSINE_HALF = Math.acos(0.5);
const ARCTANGENT_ONE = atan(1);
const sineTo30 = (x: number) => sin(x * RADIANS_PER_DEGREE) / SINE_30 / 2;
const cosineTo60 = (x: number) => 1 - (1 - cos(x * RADIANS_PER_DEGREE)) / ONE_MINUS_COSINE_60 / 2;
const sineTo90 = (x: number) => (x <= 30 ? sineTo30(x) : cosineTo60(90 - x));
const cosineTo90 = (x: number) => (x <= 60 ? cosineTo60(x) : sineTo30(90 - x));
const TANGENT_45 = sineTo90(45) / cosineTo90(45);
const COTANGENT_45 = cosineTo90(45) / sineTo90(45);

/** The angle in the first quadrant and the signs that sine and cosine had. */
function firstQuadrant(a: number): { readonly angle: number; readonly sine: number; readonly cosine: number } {
  inputRange(Number.isFinite(a));
  let angle = a % 360;
  let sine = 1;
  let cosine = 1;
  if (angle < 0) {
    angle = -angle;
    sine = -sine;
  }
  if (angle > 180) {
    angle = 360 - angle;
    sine = -sine;
  }
  if (angle > 90) {
    angle = 180 - angle;
    cosine = -cosine;
  }
  return { angle, sine, cosine };
}
function sineDegrees(a: number): number {
  if (Number.isNaN(a)) return a;
  const { angle, sine } = firstQuadrant(a);
  return sine * sineTo90(angle);
}
function cosineDegrees(a: number): number {
  if (Number.isNaN(a)) return a;
  const { angle, cosine } = firstQuadrant(a);
  return cosine * cosineTo90(angle);
}
function tangentDegrees(a: number): number {
  if (Number.isNaN(a)) return a;
  const { angle, sine, cosine } = firstQuadrant(a);
  const result = sine * cosine * (sineTo90(angle) / cosineTo90(angle) / TANGENT_45);
  return result === 0 ? 0 : result;
}
function cotangentDegrees(a: number): number {
  if (Number.isNaN(a)) return a;
  const { angle, sine, cosine } = firstQuadrant(a);
  const result = sine * cosine * (cosineTo90(angle) / sineTo90(angle) / COTANGENT_45);
  return result === 0 ? 0 : result;
}
const arcsineTo90 = (x: number) => (x <= 0.5 ? (Math.asin(x) / ARCSINE_HALF) * 30 : 90 - (Math.acos(x) / ARCCOSINE_HALF) * 60);
const arccosineTo90 = (x: number) => (x <= 0.5 ? 90 - (Math.asin(x) / ARCSINE_HALF) * 30 : (Math.acos(x) / ARCCOSINE_HALF) * 60);
const inDegrees = (radians: number) => (radians / ARCTANGENT_ONE) * 45;

const oneArgument: Record<string, (a: number) => number> = {
  abs: Math.abs,
  float8abs: Math.abs,
  ceil: Math.ceil,
  ceiling: Math.ceil,
  floor: Math.floor,
  round: roundHalfEven,
  dround: roundHalfEven,
  trunc: Math.trunc,
  dtrunc: Math.trunc,
  sign: (a) => (a > 0 ? 1 : a < 0 ? -1 : 0),
  sqrt: squareRoot,
  dsqrt: squareRoot,
  cbrt: Math.cbrt,
  dcbrt: Math.cbrt,
  exp: exponential,
  dexp: exponential,
  ln: (a) => log(logArgument(a)),
  dlog1: (a) => log(logArgument(a)),
  log: (a) => Math.log10(logArgument(a)),
  log10: (a) => Math.log10(logArgument(a)),
  dlog10: (a) => Math.log10(logArgument(a)),
  degrees: (a) => bounded(a / (Math.PI / 180), a),
  radians: (a) => a * (Math.PI / 180),
  sin: (a) => {
    inputRange(Number.isNaN(a) || Number.isFinite(a));
    return sin(a);
  },
  cos: (a) => {
    inputRange(Number.isNaN(a) || Number.isFinite(a));
    return cos(a);
  },
  tan: (a) => {
    inputRange(Number.isNaN(a) || Number.isFinite(a));
    return tan(a);
  },
  cot: (a) => {
    inputRange(Number.isNaN(a) || Number.isFinite(a));
    return 1 / tan(a);
  },
  asin: (a) => {
    inputRange(!(a < -1 || a > 1));
    return Math.asin(a);
  },
  acos: (a) => {
    inputRange(!(a < -1 || a > 1));
    return Math.acos(a);
  },
  atan,
  sinh,
  cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: (a) => {
    inputRange(!(a < 1));
    return Math.acosh(a);
  },
  atanh: (a) => {
    inputRange(!(a < -1 || a > 1));
    return Math.atanh(a);
  },
  sind: sineDegrees,
  cosd: cosineDegrees,
  tand: tangentDegrees,
  cotd: cotangentDegrees,
  asind: (a) => {
    inputRange(!(a < -1 || a > 1));
    return a >= 0 ? arcsineTo90(a) : Number.isNaN(a) ? a : -arcsineTo90(-a);
  },
  acosd: (a) => {
    inputRange(!(a < -1 || a > 1));
    return a >= 0 ? arccosineTo90(a) : Number.isNaN(a) ? a : 90 + arcsineTo90(-a);
  },
  atand: (a) => inDegrees(atan(a)),
};

const scalars: Bodies = {
  "abs(float4)": (_c, a: number) => Math.abs(a),
  float4abs: (_c, a: number) => Math.abs(a),
  float4um: (_c, a: number) => -a,
  float8um: (_c, a: number) => -a,
  float4up: (_c, a: number) => a,
  float8up: (_c, a: number) => a,
  dpow: (_c, a: number, b: number) => power(a, b),
  "power(float8,float8)": (_c, a: number, b: number) => power(a, b),
  "pow(float8,float8)": (_c, a: number, b: number) => power(a, b),
  atan2: (_c, a: number, b: number) => atan2(a, b),
  atan2d: (_c, a: number, b: number) => inDegrees(atan2(a, b)),
  pi: () => Math.PI,
  random: (c: EvaluationContext) => c.random(),
  setseed: (c: EvaluationContext, seed: number) => {
    if (!(seed >= -1 && seed <= 1)) throw invalidParameter(`setseed parameter ${formatGeneral(seed, 6)} is out of allowed range [-1,1]`);
    c.seedRandom(seed);
    return "";
  },
  "width_bucket(float8,float8,float8,int4)": (_c, value: number, low: number, high: number, count: number) => {
    const bucketError = (message: string) => new DbError({ sqlstate: "2201G", message });
    if (count <= 0) throw bucketError("count must be greater than zero");
    if (Number.isNaN(value) || Number.isNaN(low) || Number.isNaN(high))
      throw bucketError("operand, lower bound, and upper bound cannot be NaN");
    if (!Number.isFinite(low) || !Number.isFinite(high)) throw bucketError("lower and upper bounds must be finite");
    if (low === high) throw bucketError("lower bound cannot equal upper bound");
    if (low < high)
      return value < low ? 0 : value >= high ? count + 1 : Math.min(Math.floor(((value - low) / (high - low)) * count), count - 1) + 1;
    return value > low ? 0 : value <= high ? count + 1 : Math.min(Math.floor(((low - value) / (low - high)) * count), count - 1) + 1;
  },
};
for (const [name, body] of Object.entries(oneArgument)) {
  scalars[/^(float8|d[a-z]*(sqrt|cbrt|exp|log1|log10|round|trunc)$)/.test(name) ? name : `${name}(float8)`] = (_c, a: number) => body(a);
}
for (const [prefix, rounded] of [
  ["float8", identity],
  ["float4", Math.fround],
  ["float48", identity],
  ["float84", identity],
] as const) {
  scalars[`${prefix}pl`] = (_c, a: number, b: number) => sum(rounded(a + b), a, b);
  scalars[`${prefix}mi`] = (_c, a: number, b: number) => sum(rounded(a - b), a, b);
  scalars[`${prefix}mul`] = (_c, a: number, b: number) => product(rounded(a * b), a, b);
  scalars[`${prefix}div`] = (_c, a: number, b: number) => quotient(rounded(a / b), a, b);
}

export const floatMathFamily: Family = { scalars };
