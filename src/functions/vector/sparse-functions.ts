/** Distances, norms and conversions of sparsevec. Sums are kept in float32 as pgvector keeps them. */
import { floatRangeError, SparseVector, sparseTooManyElements, vectorDimensionsDiffer, vectorTooLong } from "../../types/index.js";
import { convertElements } from "./arithmetic.js";
import { type DenseKind, vectorDimensionLimit } from "./dense-kind.js";
import { distanceOfCosine, norm } from "./distances.js";
import { checkSparseDimensions, sparseElementLimit } from "./sparse-type.js";

const { fround } = Math;

/** The sum over all dimensions in which either has an element. */
function fold(left: SparseVector, right: SparseVector, term: (a: number, b: number) => number): number {
  if (left.dimensions !== right.dimensions) throw vectorDimensionsDiffer("sparsevec", left.dimensions, right.dimensions);
  let sum = 0;
  let j = 0;
  for (let i = 0; i < left.indices.length; i++) {
    const index = left.indices[i] as number;
    while (j < right.indices.length && (right.indices[j] as number) < index) sum = fround(sum + term(0, right.values[j++] as number));
    const other = right.indices[j] === index ? (right.values[j++] as number) : 0;
    sum = fround(sum + term(left.values[i] as number, other));
  }
  while (j < right.indices.length) sum = fround(sum + term(0, right.values[j++] as number));
  return sum;
}

export function sparseL2Squared(left: SparseVector, right: SparseVector): number {
  return fold(left, right, (a, b) => fround(fround(a - b) * fround(a - b)));
}
export function sparseL2Distance(left: SparseVector, right: SparseVector): number {
  return Math.sqrt(sparseL2Squared(left, right));
}
export function sparseInnerProduct(left: SparseVector, right: SparseVector): number {
  return fold(left, right, (a, b) => fround(a * b));
}
export function sparseNegativeInnerProduct(left: SparseVector, right: SparseVector): number {
  return -sparseInnerProduct(left, right);
}
export function sparseL1Distance(left: SparseVector, right: SparseVector): number {
  return fold(left, right, (a, b) => Math.abs(fround(a - b)));
}
export function sparseCosineDistance(left: SparseVector, right: SparseVector): number {
  return distanceOfCosine(sparseInnerProduct(left, right), sparseInnerProduct(left, left), sparseInnerProduct(right, right));
}
export function sparseNorm(value: SparseVector): number {
  return norm(value.values);
}

/** Elements that become zero are left out. */
export function normalizeSparse(value: SparseVector): SparseVector {
  const length = sparseNorm(value);
  if (!(length > 0)) return new SparseVector(value.dimensions, new Int32Array(0), new Float32Array(0));
  const scaled = value.values.map((element) => {
    const result = fround(element / length);
    if (!Number.isFinite(result)) throw floatRangeError("overflow");
    return result;
  });
  return sparseOf(value.dimensions, scaled, (i) => value.indices[i] as number);
}

export function denseToSparse(values: Float32Array): SparseVector {
  checkSparseDimensions(values.length);
  return sparseOf(values.length, values, (i) => i);
}

export function sparseToDense(kind: DenseKind, value: SparseVector): Float32Array {
  if (value.dimensions > vectorDimensionLimit) throw vectorTooLong(kind.name, vectorDimensionLimit);
  const result = new Float32Array(value.dimensions);
  const elements = convertElements(kind, value.values);
  for (let i = 0; i < elements.length; i++) result[value.indices[i] as number] = elements[i] as number;
  return result;
}

function sparseOf(dimensions: number, values: Float32Array, indexOf: (i: number) => number): SparseVector {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
  if (count > sparseElementLimit) throw sparseTooManyElements(sparseElementLimit);
  const result = new SparseVector(dimensions, new Int32Array(count), new Float32Array(count));
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    result.indices[at] = indexOf(i);
    result.values[at++] = values[i] as number;
  }
  return result;
}
