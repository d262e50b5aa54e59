/** Functions and operators of numeric. */
import { type Datum, DbError, Numeric } from "../../types/index.js";
import { add, divide, divideTruncated, modulo, multiply, negate, signOf, subtract } from "../numeric/arithmetic.js";
import {
  absolute,
  applyModifier,
  compareNumerics,
  fromInteger,
  minimumScale,
  NAN,
  pow10,
  round,
  truncate,
} from "../numeric/numeric-value.js";
import { exp, ln, log, power, sqrt } from "../numeric/transcendental.js";
import type { ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { gcdBig } from "./integer-math.js";

const magnitude = (a: Numeric) => (signOf(a) < 0 ? negate(a) : a);
function ceiling(a: Numeric): Numeric {
  const cut = truncate(a, 0);
  return compareNumerics(cut, a) < 0 ? new Numeric(cut.coefficient + 1n, 0) : cut;
}
function floor(a: Numeric): Numeric {
  const cut = truncate(a, 0);
  return compareNumerics(cut, a) > 0 ? new Numeric(cut.coefficient - 1n, 0) : cut;
}
function alignedGcd(a: Numeric, b: Numeric): { gcd: bigint; a: bigint; b: bigint; scale: number } {
  const scale = Math.max(a.scale, b.scale);
  const x = a.coefficient * pow10(scale - a.scale);
  const y = b.coefficient * pow10(scale - b.scale);
  return { gcd: gcdBig(x, y), a: x, b: y, scale };
}
const limitedScale = (scale: number) => Math.min(Math.max(scale, -2000), 2000);

const scalars: Record<string, ScalarBody> = {
  numeric_add: (_c, a: Numeric, b: Numeric) => add(a, b),
  numeric_sub: (_c, a: Numeric, b: Numeric) => subtract(a, b),
  numeric_mul: (_c, a: Numeric, b: Numeric) => multiply(a, b),
  numeric_div: (_c, a: Numeric, b: Numeric) => divide(a, b),
  numeric_mod: (_c, a: Numeric, b: Numeric) => modulo(a, b),
  "mod(numeric,numeric)": (_c, a: Numeric, b: Numeric) => modulo(a, b),
  "div(numeric,numeric)": (_c, a: Numeric, b: Numeric) => divideTruncated(a, b),
  numeric_div_trunc: (_c, a: Numeric, b: Numeric) => divideTruncated(a, b),
  numeric_uminus: (_c, a: Numeric) => negate(a),
  numeric_uplus: (_c, a: Numeric) => a,
  numeric_abs: (_c, a: Numeric) => magnitude(a),
  "abs(numeric)": (_c, a: Numeric) => magnitude(a),
  numeric_inc: (_c, a: Numeric) => add(a, fromInteger(1)),
  "sign(numeric)": (_c, a: Numeric) => (a.special === "NaN" ? a : fromInteger(signOf(a))),
  "round(numeric,int4)": (_c, a: Numeric, scale: number) => round(a, limitedScale(scale)),
  "round(numeric)": (_c, a: Numeric) => round(a, 0),
  "trunc(numeric,int4)": (_c, a: Numeric, scale: number) => truncate(a, limitedScale(scale)),
  "trunc(numeric)": (_c, a: Numeric) => truncate(a, 0),
  "ceil(numeric)": (_c, a: Numeric) => ceiling(a),
  "ceiling(numeric)": (_c, a: Numeric) => ceiling(a),
  "floor(numeric)": (_c, a: Numeric) => floor(a),
  "numeric(numeric,int4)": (_c, a: Numeric, typmod: number) => applyModifier(a, typmod),
  "scale(numeric)": (_c, a: Numeric): Datum => (a.special === "finite" ? a.scale : null),
  min_scale: (_c, a: Numeric): Datum => (a.special === "finite" ? minimumScale(a) : null),
  trim_scale: (_c, a: Numeric) => (a.special === "finite" ? truncate(a, minimumScale(a)) : a),
  "gcd(numeric,numeric)": (_c, a: Numeric, b: Numeric) => {
    if (a.special !== "finite" || b.special !== "finite") return NAN;
    const { gcd, scale } = alignedGcd(a, b);
    return new Numeric(gcd, scale);
  },
  "lcm(numeric,numeric)": (_c, a: Numeric, b: Numeric) => {
    if (a.special !== "finite" || b.special !== "finite") return NAN;
    const { gcd, a: x, b: y, scale } = alignedGcd(a, b);
    return new Numeric(gcd === 0n ? 0n : absolute((x / gcd) * y), scale);
  },
  "sqrt(numeric)": (_c, a: Numeric) => sqrt(a),
  numeric_sqrt: (_c, a: Numeric) => sqrt(a),
  "exp(numeric)": (_c, a: Numeric) => exp(a),
  numeric_exp: (_c, a: Numeric) => exp(a),
  "ln(numeric)": (_c, a: Numeric) => ln(a),
  numeric_ln: (_c, a: Numeric) => ln(a),
  "log(numeric)": (_c, a: Numeric) => log(fromInteger(10), a),
  "log10(numeric)": (_c, a: Numeric) => log(fromInteger(10), a),
  "log(numeric,numeric)": (_c, a: Numeric, b: Numeric) => log(a, b),
  numeric_log: (_c, a: Numeric, b: Numeric) => log(a, b),
  "power(numeric,numeric)": (_c, a: Numeric, b: Numeric) => power(a, b),
  "pow(numeric,numeric)": (_c, a: Numeric, b: Numeric) => power(a, b),
  numeric_power: (_c, a: Numeric, b: Numeric) => power(a, b),
  factorial: (_c, n: number | bigint) => {
    if (n < 0) throw new DbError({ sqlstate: "22003", message: "factorial of a negative number is undefined" });
    if (n > 32177) throw new DbError({ sqlstate: "22003", message: "value overflows numeric format" });
    let product = 1n;
    for (let i = 2n; i <= BigInt(n); i++) product *= i;
    return new Numeric(product, 0);
  },
  "width_bucket(numeric,numeric,numeric,int4)": (_c, value: Numeric, low: Numeric, high: Numeric, count: number) => {
    const bucketError = (message: string) => new DbError({ sqlstate: "2201G", message });
    if (count <= 0) throw bucketError("count must be greater than zero");
    if ([value, low, high].some((v) => v.special === "NaN")) throw bucketError("operand, lower bound, and upper bound cannot be NaN");
    if (low.special !== "finite" || high.special !== "finite") throw bucketError("lower and upper bounds must be finite");
    const direction = compareNumerics(low, high);
    if (direction === 0) throw bucketError("lower bound cannot equal upper bound");
    if (compareNumerics(value, low) * direction > 0) return 0;
    if (compareNumerics(value, high) * direction <= 0) return count + 1;
    const share = divideTruncated(multiply(subtract(value, low), fromInteger(count)), subtract(high, low));
    return Number(share.coefficient) + 1;
  },
};

export const numericMathFamily: Family = { scalars };
