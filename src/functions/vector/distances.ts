/**
 * pgvector's distances. Sums are kept in float32 as pgvector keeps them, so that small vectors give the same digits and large values
 * overflow to infinity at the same place; the addon's kernels agree within 1e-5 of the sum of the terms' magnitudes.
 */
import { vectorArrayNulls } from "../../types/index.js";
import { checkSameDimensions, type DenseKind } from "./dense-kind.js";

const { fround } = Math;

export function l2Squared(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  checkSameDimensions(kind, left, right);
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    const difference = fround((left[i] as number) - (right[i] as number));
    sum = fround(sum + fround(difference * difference));
  }
  return sum;
}

/** For each vector of `query` the greatest inner product with one of `document`, summed: late interaction (ColBERT, arXiv:2004.12832). */
export function maxSim(
  kind: DenseKind,
  query: readonly (Float32Array | null)[],
  document: readonly (Float32Array | null)[],
): number | null {
  if (query.includes(null) || document.includes(null)) throw vectorArrayNulls();
  if (query.length === 0 || document.length === 0) return null;
  let sum = 0;
  for (const q of query) {
    let best = -Infinity;
    for (const d of document) best = Math.max(best, innerProduct(kind, q as Float32Array, d as Float32Array));
    sum += best;
  }
  return sum;
}

export function l2Distance(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  return Math.sqrt(l2Squared(kind, left, right));
}

export function innerProduct(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  checkSameDimensions(kind, left, right);
  return dotProduct(left, right);
}

function dotProduct(left: Float32Array, right: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum = fround(sum + fround((left[i] as number) * (right[i] as number)));
  return sum;
}

export function negativeInnerProduct(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  return -innerProduct(kind, left, right);
}

/** NaN when either is a zero vector. */
export function cosineDistance(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  return distanceOfCosine(innerProduct(kind, left, right), dotProduct(left, left), dotProduct(right, right));
}

/** 1 - cosine, the cosine held in [-1, 1]. Norms are squared. */
export function distanceOfCosine(product: number, leftNorm: number, rightNorm: number): number {
  const similarity = product / Math.sqrt(leftNorm * rightNorm);
  if (similarity > 1) return 0;
  if (similarity < -1) return 2;
  return 1 - similarity;
}

export function l1Distance(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  checkSameDimensions(kind, left, right);
  let sum = 0;
  for (let i = 0; i < left.length; i++) sum = fround(sum + Math.abs(fround((left[i] as number) - (right[i] as number))));
  return sum;
}

/** For vectors of length one: the angle between them in units of pi. */
export function sphericalDistance(kind: DenseKind, left: Float32Array, right: Float32Array): number {
  return Math.acos(Math.min(1, Math.max(-1, innerProduct(kind, left, right)))) / Math.PI;
}

export function norm(value: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < value.length; i++) sum += (value[i] as number) * (value[i] as number);
  return Math.sqrt(sum);
}
