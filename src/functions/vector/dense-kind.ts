/**
 * What vector and halfvec differ in: the name in errors, how an element is rounded, its bytes on the wire. All else about the two dense
 * types is one implementation over Float32Array.
 */
import {
  dimensionMismatch,
  type Oid,
  TypeOid,
  unexpectedDimensions,
  vectorDimensionsDiffer,
  vectorEmpty,
  vectorInfinite,
  vectorNan,
  vectorTooLong,
} from "../../types/index.js";
import { halfFromBits, halfToBits, roundToHalf } from "./half.js";

/** VECTOR_MAX_DIM and HALFVEC_MAX_DIM. */
export const vectorDimensionLimit = 16000;

export interface DenseKind {
  readonly name: "vector" | "halfvec";
  readonly type: Oid;
  readonly arrayType: Oid;
  /** The nearest element; infinite when there is none. */
  round(value: number): number;
  readonly elementBytes: 2 | 4;
  write(view: DataView, at: number, value: number): void;
  read(view: DataView, at: number): number;
  dimensionsDiffer(left: number, right: number): Error;
}

export const vectorKind: DenseKind = {
  name: "vector",
  type: TypeOid.vector,
  arrayType: TypeOid.vectorArray,
  round: Math.fround,
  elementBytes: 4,
  write: (view, at, value) => view.setFloat32(at, value),
  read: (view, at) => view.getFloat32(at),
  dimensionsDiffer: dimensionMismatch,
};

export const halfvecKind: DenseKind = {
  name: "halfvec",
  type: TypeOid.halfvec,
  arrayType: TypeOid.halfvecArray,
  round: (value) => roundToHalf(Math.fround(value)),
  elementBytes: 2,
  write: (view, at, value) => view.setUint16(at, halfToBits(value)),
  read: (view, at) => halfFromBits(view.getUint16(at)),
  dimensionsDiffer: (left, right) => vectorDimensionsDiffer("halfvec", left, right),
};

export function checkDimensions(kind: DenseKind, count: number): void {
  if (count < 1) throw vectorEmpty(kind.name);
  if (count > vectorDimensionLimit) throw vectorTooLong(kind.name, vectorDimensionLimit);
}
export function checkExpectedDimensions(typmod: number, count: number): void {
  if (typmod !== -1 && typmod !== count) throw unexpectedDimensions(typmod, count);
}
/** `type` names who refuses. */
export function checkElement(type: string, value: number): void {
  if (Number.isNaN(value)) throw vectorNan(type);
  if (!Number.isFinite(value)) throw vectorInfinite(type);
}
export function checkSameDimensions(kind: DenseKind, left: Float32Array, right: Float32Array): void {
  if (left.length !== right.length) throw kind.dimensionsDiffer(left.length, right.length);
}
