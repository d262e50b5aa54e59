/** Element-wise arithmetic, parts and concatenation of dense vectors. An element that leaves its type's range is an error. */
import { floatRangeError, vectorElementOutOfRange, vectorEmpty } from "../../types/index.js";
import { formatFloat4 } from "../types/floats.js";
import { checkDimensions, checkSameDimensions, type DenseKind } from "./dense-kind.js";
import { norm } from "./distances.js";

function elementwise(kind: DenseKind, left: Float32Array, right: Float32Array, operation: (a: number, b: number) => number): Float32Array {
  checkSameDimensions(kind, left, right);
  const result = new Float32Array(left.length);
  for (let i = 0; i < left.length; i++) {
    result[i] = kind.round(operation(left[i] as number, right[i] as number));
    if (!Number.isFinite(result[i])) throw floatRangeError("overflow");
  }
  return result;
}

export function addVectors(kind: DenseKind, left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(kind, left, right, (a, b) => a + b);
}
export function subtractVectors(kind: DenseKind, left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(kind, left, right, (a, b) => a - b);
}
export function multiplyVectors(kind: DenseKind, left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(kind, left, right, (a, b) => {
    const product = kind.round(a * b);
    if (product === 0 && a !== 0 && b !== 0) throw floatRangeError("underflow");
    return product;
  });
}

export function concatVectors(kind: DenseKind, left: Float32Array, right: Float32Array): Float32Array {
  checkDimensions(kind, left.length + right.length);
  const result = new Float32Array(left.length + right.length);
  result.set(left);
  result.set(right, left.length);
  return result;
}

/** A zero vector has no direction and stays as it is. */
export function normalizeVector(kind: DenseKind, value: Float32Array): Float32Array {
  const length = norm(value);
  const result = new Float32Array(value.length);
  if (length > 0) {
    for (let i = 0; i < value.length; i++) {
      result[i] = kind.round((value[i] as number) / length);
      if (!Number.isFinite(result[i])) throw floatRangeError("overflow");
    }
  }
  return result;
}

/** `count` elements from `start`, which counts from 1; what lies outside is cut, as substring() does. */
export function subvector(kind: DenseKind, value: Float32Array, start: number, count: number): Float32Array {
  if (count < 1) throw vectorEmpty(kind.name);
  const end = start > value.length - count ? value.length + 1 : start + count;
  const first = Math.max(start, 1);
  if (first > value.length) throw vectorEmpty(kind.name);
  checkDimensions(kind, end - first);
  return value.slice(first - 1, end - 1);
}

/** The same elements in another kind. @throws DbError 22003 for one that has no place in it */
export function convertElements(kind: DenseKind, values: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    result[i] = kind.round(value);
    if (!Number.isFinite(result[i])) throw vectorElementOutOfRange(kind.name, formatFloat4(value));
  }
  return result;
}
