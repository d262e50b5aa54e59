/**
 * pgvector's distances. Sums are kept in float32 as pgvector keeps them, so that small vectors give the same digits and large values
 * overflow to infinity at the same place; the addon's kernels agree within 1e-5 of the sum of the terms' magnitudes.
 */
import { dimensionMismatch } from "../../types/index.js";

const { fround } = Math;

export function checkSameDimensions(left: Float32Array, right: Float32Array): void {
  if (left.length !== right.length) throw dimensionMismatch(left.length, right.length);
}

export function l2Squared(left: Float32Array, right: Float32Array): number {
  checkSameDimensions(left, right);
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = fround((left[i] as number) - (right[i] as number));
    sum = fround(sum + fround(difference * difference));
  }
  return sum;
}

export function l2Distance(left: Float32Array, right: Float32Array): number {
  return Math.sqrt(l2Squared(left, right));
}

export function innerProduct(left: Float32Array, right: Float32Array): number {
  checkSameDimensions(left, right);
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum = fround(sum + fround((left[i] as number) * (right[i] as number)));
  return sum;
}

export function negativeInnerProduct(left: Float32Array, right: Float32Array): number {
  return -innerProduct(left, right);
}

/** NaN when either is a zero vector. */
export function cosineDistance(left: Float32Array, right: Float32Array): number {
  const product = innerProduct(left, right);
  const similarity = product / Math.sqrt(innerProduct(left, left) * innerProduct(right, right));
  if (similarity > 1) return 0;
  if (similarity < -1) return 2;
  return 1 - similarity;
}

export function l1Distance(left: Float32Array, right: Float32Array): number {
  checkSameDimensions(left, right);
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum = fround(sum + Math.abs(fround((left[i] as number) - (right[i] as number))));
  return sum;
}

/** For vectors of length one: the angle between them in units of pi. */
export function sphericalDistance(left: Float32Array, right: Float32Array): number {
  return Math.acos(Math.min(1, Math.max(-1, innerProduct(left, right)))) / Math.PI;
}

export function norm(value: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < value.length; i++) sum += (value[i] as number) * (value[i] as number);
  return Math.sqrt(sum);
}
