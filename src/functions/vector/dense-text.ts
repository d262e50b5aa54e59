/**
 * Texts and wire forms of dense vectors that the addon reads (native/wire/vector_text.h): nearly all that clients send. The others, and all that is wrong, are
 * for dense-type.ts to read or to refuse.
 */
import { native } from "../../native/index.js";
import { checkExpectedDimensions, type DenseKind, vectorDimensionLimit } from "./dense-kind.js";

const room = new Float32Array(vectorDimensionLimit);

/** Of the wire form. undefined: not read. */
export function receiveWire(kind: DenseKind, bytes: Uint8Array): Float32Array | undefined {
  const count = native.vectorText.receive(bytes, isHalf(kind), room);
  return count === 0 ? undefined : room.slice(0, count);
}

/** undefined: not read. Throws where the vector has not the dimensions that `typmod` wants. */
export function readDense(kind: DenseKind, text: string | Uint8Array, typmod: number): Float32Array | undefined {
  const count = native.vectorText.read(text, isHalf(kind), room);
  if (count === 0) return undefined;
  checkExpectedDimensions(typmod, count);
  return room.slice(0, count);
}

/** Vectors that share their memory. */
export function readDenseArray(kind: DenseKind, text: string | Uint8Array, typmod: number): Float32Array[] | undefined {
  const read = native.vectorText.readArray(text, isHalf(kind));
  if (read === null) return undefined;
  const { dimensions, values } = read;
  checkExpectedDimensions(typmod, dimensions);
  const vectors: Float32Array[] = [];
  for (let at = 0; at < values.length; at += dimensions) vectors.push(values.subarray(at, at + dimensions));
  return vectors;
}

const isHalf = (kind: DenseKind): boolean => kind.elementBytes === 2;

/** As float4 is printed, with commas between them. */
export const formatElements = (values: Float32Array): string => native.vectorText.formatElements(values);
