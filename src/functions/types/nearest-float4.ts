/**
 * The float4 that is nearest to a decimal text, as strtof gives it. Rounding to float8 first and to float4 then is wrong where the float8 stands
 * exactly between two float4 and the text does not: only there the digits decide.
 */
const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);
const double = new DataView(new ArrayBuffer(8));

const GREATEST = 2 ** 128 - 2 ** 104;
/** From here on it is infinite. */
const OVERFLOW = 2 ** 128 - 2 ** 103;

/** The middle of two float4 has fewer digits; of those behind it matters only whether one is not 0. */
const DIGITS_MAX = 400;

/** @param text  digits, perhaps with a sign, a point and an exponent */
export function nearestFloat4(text: string): number {
  const value = Number(text);
  const rounded = Math.fround(value);
  if (rounded === value) return rounded;
  if (!Number.isFinite(rounded))
    return Math.abs(value) === OVERFLOW && compareToDecimal(OVERFLOW, text) > 0 ? Math.sign(value) * GREATEST : rounded;
  float[0] = rounded;
  // Floats of one sign are ordered as the integers with their bits are.
  const isBelow = Math.abs(rounded) < Math.abs(value);
  floatBits[0] = (floatBits[0] as number) + (isBelow ? 1 : -1);
  const other = float[0] as number;
  if (Math.abs(rounded - value) !== Math.abs(other - value)) return rounded;
  const beyond = compareToDecimal(Math.abs(value), text);
  if (beyond === 0) return rounded;
  return beyond < 0 === isBelow ? other : rounded;
}

/** Negative: the decimal number without its sign is greater than `value`, which is finite and greater than 0. */
function compareToDecimal(value: number, text: string): number {
  const [, whole = "", part = "", exponent = "0"] = /^\s*[+-]?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?\s*$/.exec(text) ?? [];
  const digits = (whole + part).replace(/^0+/, "");
  const kept = digits.slice(0, DIGITS_MAX) + (/[1-9]/.test(digits.slice(DIGITS_MAX)) ? "1" : "0");
  const tens = Number(exponent) - part.length + digits.length - kept.length;
  double.setFloat64(0, value);
  const bits = double.getBigUint64(0);
  // Not subnormal: half of the least float4 is far above the least float8.
  const twos = Number(bits >> 52n) - 1075;
  const mantissa = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  const left = mantissa * 2n ** BigInt(Math.max(twos, 0)) * 10n ** BigInt(Math.max(-tens, 0));
  const right = BigInt(kept) * 10n ** BigInt(Math.max(tens, 0)) * 2n ** BigInt(Math.max(-twos, 0));
  return left < right ? -1 : left > right ? 1 : 0;
}
