/** Element-wise arithmetic, parts and concatenation of vectors. An element that leaves float32's range is an error. */
import { floatRangeError, vectorEmpty } from "../../types/index.js";
import { checkSameDimensions, norm } from "./distances.js";
import { checkDimensions } from "./vector-type.js";

function elementwise(left: Float32Array, right: Float32Array, operation: (a: number, b: number) => number): Float32Array {
  checkSameDimensions(left, right);
  const result = new Float32Array(left.length);
  for (let i = 0; i < left.length; i++) {
    result[i] = operation(left[i] as number, right[i] as number);
    if (!Number.isFinite(result[i])) throw floatRangeError("overflow");
  }
  return result;
}

export function addVectors(left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(left, right, (a, b) => a + b);
}
export function subtractVectors(left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(left, right, (a, b) => a - b);
}
export function multiplyVectors(left: Float32Array, right: Float32Array): Float32Array {
  return elementwise(left, right, (a, b) => {
    const product = Math.fround(a * b);
    if (product === 0 && a !== 0 && b !== 0) throw floatRangeError("underflow");
    return product;
  });
}

export function concatVectors(left: Float32Array, right: Float32Array): Float32Array {
  checkDimensions(left.length + right.length);
  const result = new Float32Array(left.length + right.length);
  result.set(left);
  result.set(right, left.length);
  return result;
}

/** A zero vector has no direction and stays as it is. */
export function normalizeVector(value: Float32Array): Float32Array {
  const length = norm(value);
  const result = new Float32Array(value.length);
  if (length > 0) {
    for (let i = 0; i < value.length; i++) {
      result[i] = (value[i] as number) / length;
      if (!Number.isFinite(result[i])) throw floatRangeError("overflow");
    }
  }
  return result;
}

/** `count` elements from `start`, which counts from 1; what lies outside is cut, as substring() does. */
export function subvector(value: Float32Array, start: number, count: number): Float32Array {
  if (count < 1) throw vectorEmpty();
  const end = start > value.length - count ? value.length + 1 : start + count;
  const first = Math.max(start, 1);
  if (first > value.length) throw vectorEmpty();
  checkDimensions(end - first);
  return value.slice(first - 1, end - 1);
}
