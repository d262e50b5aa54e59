/** pgvector's sparsevec: `{1:1.5,3:2}/5`, indices from 1 in text and from 0 in memory; at most 16,000 elements that are not zero. */
import {
  type Datum,
  incorrectBinary,
  invalidVector,
  type KeyWriter,
  PhysicalType,
  protocolViolation,
  SparseVector,
  type SqlType,
  sparseIndexDescending,
  sparseIndexDuplicate,
  sparseIndexOutOfBounds,
  sparseTooManyElements,
  sparseZeroValue,
  TypeOid,
  vectorEmpty,
  vectorTooLong,
  vectorUnusedNotZero,
} from "../../types/index.js";
import { checkElement, checkExpectedDimensions } from "./dense-kind.js";
import { formatElements } from "./dense-text.js";
import { parseDimensionModifier } from "./dense-type.js";
import { matchElement, matchInteger, parseElement, skipSpaces } from "./element-text.js";

/** SPARSEVEC_MAX_DIM and SPARSEVEC_MAX_NNZ. */
export const sparseDimensionLimit = 1_000_000_000;
export const sparseElementLimit = 16000;
const name = "sparsevec";

export function parseSparse(text: string, typmod: number): SparseVector {
  let at = skipSpaces(text, 0);
  if (text[at] !== "{") throw invalidVector(name, text, 'Vector contents must start with "{".');
  at = skipSpaces(text, at + 1);
  const found: { index: number; value: number }[] = [];
  if (text[at] === "}") at++;
  else
    for (let count = 1; ; count++) {
      if (count > sparseElementLimit) throw sparseTooManyElements(sparseElementLimit);
      at = skipSpaces(text, at);
      const index = matchInteger(text, at);
      if (index === undefined) throw invalidVector(name, text);
      at = skipSpaces(text, at + index.length);
      if (text[at] !== ":") throw invalidVector(name, text);
      at = skipSpaces(text, at + 1);
      const element = matchElement(text, at);
      if (element === undefined) throw invalidVector(name, text);
      at = skipSpaces(text, at + element.length);
      const value = parseElement(name, element, Math.fround);
      if (value !== 0) found.push({ index: clampToInt(Number(index)) - 1, value });
      const separator = text[at++];
      if (separator === "}") break;
      if (separator !== ",") throw invalidVector(name, text);
    }
  at = skipSpaces(text, at);
  if (text[at] !== "/") throw invalidVector(name, text, "Unexpected end of input.");
  at = skipSpaces(text, at + 1);
  const written = matchInteger(text, at);
  if (written === undefined) throw invalidVector(name, text);
  at = skipSpaces(text, at + written.length);
  if (at !== text.length) throw invalidVector(name, text, "Junk after closing.");
  const dimensions = clampToInt(Number(written));
  checkSparseDimensions(dimensions);
  checkExpectedDimensions(typmod, dimensions);
  found.sort((a, b) => a.index - b.index);
  const result = new SparseVector(
    dimensions,
    Int32Array.from(found, (f) => f.index),
    Float32Array.from(found, (f) => f.value),
  );
  checkIndices(result);
  return result;
}

/** One more than int holds stays out of every bound without wrapping. */
function clampToInt(value: number): number {
  return Math.min(2147483647, Math.max(-2147483647, value));
}

export function checkSparseDimensions(count: number): void {
  if (count < 1) throw vectorEmpty(name);
  if (count > sparseDimensionLimit) throw vectorTooLong(name, sparseDimensionLimit);
}

function checkIndices({ dimensions, indices }: SparseVector): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    if (index < 0 || index >= dimensions) throw sparseIndexOutOfBounds();
    if (i === 0) continue;
    if (index < (indices[i - 1] as number)) throw sparseIndexDescending();
    if (index === indices[i - 1]) throw sparseIndexDuplicate();
  }
}

export function formatSparse({ dimensions, indices, values }: SparseVector): string {
  const numbers = formatElements(values).split(",");
  const entries = Array.from(indices, (index, i) => `${index + 1}:${numbers[i]}`);
  return `{${entries.join(",")}}/${dimensions}`;
}

/** int32 dimensions, int32 count, int32 unused, int32 indices from 0, float4 values; network order. */
function receiveSparse(bytes: Uint8Array, typmod: number): SparseVector {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12) throw protocolViolation("insufficient data left in message");
  const dimensions = view.getInt32(0);
  const count = view.getInt32(4);
  const unused = view.getInt32(8);
  checkSparseDimensions(dimensions);
  if (count > sparseElementLimit) throw sparseTooManyElements(sparseElementLimit);
  if (count < 0 || count > dimensions) throw sparseIndexOutOfBounds();
  checkExpectedDimensions(typmod, dimensions);
  if (unused !== 0) throw vectorUnusedNotZero(unused);
  if (bytes.length < 12 + 8 * count) throw protocolViolation("insufficient data left in message");
  if (bytes.length > 12 + 8 * count) throw incorrectBinary();
  const result = new SparseVector(dimensions, new Int32Array(count), new Float32Array(count));
  for (let i = 0; i < count; i++) {
    result.indices[i] = view.getInt32(12 + 4 * i);
    result.values[i] = view.getFloat32(12 + 4 * count + 4 * i);
    checkElement(name, result.values[i] as number);
    if (result.values[i] === 0) throw sparseZeroValue();
  }
  checkIndices(result);
  return result;
}

function sendSparse({ dimensions, indices, values }: SparseVector): Uint8Array {
  const count = indices.length;
  const bytes = new Uint8Array(12 + 8 * count);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, dimensions);
  view.setInt32(4, count);
  for (let i = 0; i < count; i++) {
    view.setInt32(12 + 4 * i, indices[i] as number);
    view.setFloat32(12 + 4 * count + 4 * i, values[i] as number);
  }
  return bytes;
}

/** As dense vectors compare: the first element in which they differ, zeros included, then dimensions. */
export function compareSparse(left: SparseVector, right: SparseVector): number {
  const shared = Math.min(left.indices.length, right.indices.length);
  for (let i = 0; i < shared; i++) {
    const a = left.indices[i] as number;
    const b = right.indices[i] as number;
    const x = left.values[i] as number;
    const y = right.values[i] as number;
    if (a < b) return x < 0 ? -1 : 1;
    if (a > b) return y < 0 ? 1 : -1;
    if (x !== y) return x < y ? -1 : 1;
  }
  if (left.indices.length < right.indices.length && (right.indices[shared] as number) < left.dimensions)
    return (right.values[shared] as number) < 0 ? 1 : -1;
  if (left.indices.length > right.indices.length && (left.indices[shared] as number) < right.dimensions)
    return (left.values[shared] as number) < 0 ? -1 : 1;
  return left.dimensions - right.dimensions;
}

/**
 * As compareSparse, without writing the zeros: between them something happens at a place that is not zero. What makes the vector less
 * than one that goes on with zeros (a negative element, the end) makes it the less the earlier it happens; a positive element the other way.
 */
function writeSparseKey({ dimensions, indices, values }: SparseVector, out: KeyWriter): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    const value = values[i] as number;
    out.byte(value < 0 ? 0 : 1);
    out.uint32(value < 0 ? index : 0xffffffff - index);
    if (value < 0) out.byte(1);
    out.float32(value);
  }
  out.byte(0);
  out.uint32(dimensions);
  out.byte(0);
}

const asSparse = (value: Exclude<Datum, null>) => value as SparseVector;

export const sparsevecType: SqlType = {
  oid: TypeOid.sparsevec,
  name,
  displayName: name,
  category: "U",
  preferred: false,
  length: -1,
  elementType: 0,
  arrayType: TypeOid.sparsevecArray,
  physical: PhysicalType.varlen,
  keyKind: undefined,
  formatModifier: (typmod) => (typmod < 0 ? "" : `(${typmod})`),
  parseModifier: (values) => parseDimensionModifier(name, values, sparseDimensionLimit),
  input: (text, typmod) => parseSparse(text, typmod),
  output: (value) => formatSparse(asSparse(value)),
  receive: receiveSparse,
  send: (value) => sendSparse(asSparse(value)),
  toStorage: (value) => sendSparse(asSparse(value)),
  fromStorage: (bytes) => receiveSparse(bytes, -1),
  coerceModifier(value, typmod) {
    checkExpectedDimensions(typmod, asSparse(value).dimensions);
    return value;
  },
  compare: (left, right) => compareSparse(asSparse(left), asSparse(right)),
  hashKey: (value) => formatSparse(asSparse(value)),
  writeKey: (value, out) => writeSparseKey(asSparse(value), out),
};
