/** IEEE 754 binary16 as numbers: rounding to it, and its 16 bits. */

/** Adding and subtracting it rounds a double below 2^51 to an integer, ties to even. */
const toInteger = 2 ** 52;
const smallest = 2 ** -24; // the step of subnormal numbers
const firstOverflow = 65520; // halfway between the largest, 65504, and what would follow

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The nearest binary16 of a float32, ties to even; beyond the largest it is infinite. NaN stays NaN. */
export function roundToHalf(value: number): number {
  const size = Math.abs(value);
  if (size >= firstOverflow) return value < 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!(size > 0)) return value; // zeros with their sign, NaN
  float[0] = size;
  const exponent = ((bits[0] as number) >>> 23) - 127;
  const step = exponent < -14 ? smallest : 2 ** (exponent - 10);
  const rounded = (size / step + toInteger - toInteger) * step;
  return value < 0 ? -rounded : rounded;
}

/** `value` is exact in binary16. */
export function halfToBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | (size / smallest);
  float[0] = size;
  const exponent = ((bits[0] as number) >>> 23) - 127;
  return sign | ((exponent + 15) << 10) | (((bits[0] as number) >>> 13) & 0x3ff);
}

export function halfFromBits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * smallest;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
