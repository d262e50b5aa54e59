/** pgvector's dense types: vector (float32 elements) and halfvec (binary16 elements), at most 16,000, none of them NaN or infinite. */
import {
  type Datum,
  incorrectBinary,
  invalidVector,
  type KeyWriter,
  PhysicalType,
  protocolViolation,
  type SqlType,
  vectorEmpty,
  vectorModifierInvalid,
  vectorModifierNotInteger,
  vectorModifierTooLarge,
  vectorModifierTooSmall,
  vectorTooLong,
  vectorUnusedNotZero,
} from "../../types/index.js";
import {
  checkDimensions,
  checkElement,
  checkExpectedDimensions,
  type DenseKind,
  halfvecKind,
  vectorDimensionLimit,
  vectorKind,
} from "./dense-kind.js";
import { formatElements, readDense, readDenseArray, receiveWire } from "./dense-text.js";
import { matchElement, parseElement, skipSpaces } from "./element-text.js";

export function parseDense(kind: DenseKind, text: string, typmod: number): Float32Array {
  return readDense(kind, text, typmod) ?? parseElements(kind, text, typmod);
}

function parseElements(kind: DenseKind, text: string, typmod: number): Float32Array {
  let at = skipSpaces(text, 0);
  if (text[at] !== "[") throw invalidVector(kind.name, text, 'Vector contents must start with "[".');
  at = skipSpaces(text, at + 1);
  if (text[at] === "]") throw vectorEmpty(kind.name);
  const values: number[] = [];
  for (;;) {
    if (values.length === vectorDimensionLimit) throw vectorTooLong(kind.name, vectorDimensionLimit);
    at = skipSpaces(text, at);
    const found = matchElement(text, at);
    if (found === undefined) throw invalidVector(kind.name, text);
    values.push(parseElement(kind.name, found, kind.round));
    at = skipSpaces(text, at + found.length);
    const separator = text[at++];
    if (separator === "]") break;
    if (separator !== ",") throw invalidVector(kind.name, text);
  }
  if (skipSpaces(text, at) !== text.length) throw invalidVector(kind.name, text, "Junk after closing right brace.");
  checkExpectedDimensions(typmod, values.length);
  return Float32Array.from(values);
}

export function formatDense(value: Float32Array): string {
  return `[${formatElements(value)}]`;
}

function receiveDense(kind: DenseKind, bytes: Uint8Array, typmod: number): Float32Array {
  const vector = receiveWire(kind, bytes) ?? receiveElements(kind, bytes, typmod);
  checkExpectedDimensions(typmod, vector.length);
  return vector;
}

/** Says what is wrong, in pgvector's order. */
function receiveElements(kind: DenseKind, bytes: Uint8Array, typmod: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw protocolViolation("insufficient data left in message");
  const count = view.getInt16(0);
  const unused = view.getInt16(2);
  checkDimensions(kind, count);
  checkExpectedDimensions(typmod, count);
  if (unused !== 0) throw vectorUnusedNotZero(unused);
  const size = 4 + kind.elementBytes * count;
  if (bytes.length < size) throw protocolViolation("insufficient data left in message");
  if (bytes.length > size) throw incorrectBinary();
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    values[i] = kind.read(view, 4 + kind.elementBytes * i);
    checkElement(kind.name, values[i] as number);
  }
  return values;
}

function sendDense(kind: DenseKind, value: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 + kind.elementBytes * value.length);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, value.length);
  for (let i = 0; i < value.length; i++) kind.write(view, 4 + kind.elementBytes * i, value[i] as number);
  return bytes;
}

/** Element by element; of two that agree as far as both go, the shorter is less. */
export function compareDense(left: Float32Array, right: Float32Array): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const a = left[i] as number;
    const b = right[i] as number;
    if (a !== b) return a < b ? -1 : 1;
  }
  return left.length - right.length;
}

/** As compareDense. No element is an infinity or NaN, so an end of zero bits is below all of them. */
function writeDenseKey(vector: Float32Array, out: KeyWriter): void {
  for (const element of vector) out.float32(element);
  out.uint32(0);
}

/** NaN and infinities times zero are NaN, and stay it in sums; several of those, so that an addition need not wait for the one before. */
function areFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < values.length; i += 4) {
    a += (values[i] as number) * 0;
    b += (values[i + 1] as number) * 0;
    c += (values[i + 2] as number) * 0;
    d += (values[i + 3] as number) * 0;
  }
  for (; i < values.length; i++) a += (values[i] as number) * 0;
  return a + b + c + d === 0;
}

/** The modifier of `vector(3)`: a number of dimensions, at most `limit`. */
export function parseDimensionModifier(type: string, values: readonly string[], limit: number): number {
  for (const value of values) if (!/^\s*[+-]?\d+\s*$/.test(value)) throw vectorModifierNotInteger(value);
  if (values.length !== 1) throw vectorModifierInvalid();
  const count = Number(values[0]);
  if (count < 1) throw vectorModifierTooSmall(type);
  if (count > limit) throw vectorModifierTooLarge(type, limit);
  return count;
}

const asDense = (value: Exclude<Datum, null>) => value as Float32Array;

function makeDenseType(kind: DenseKind): SqlType {
  return {
    oid: kind.type,
    name: kind.name,
    displayName: kind.name,
    category: "U",
    preferred: false,
    length: -1,
    elementType: 0,
    arrayType: kind.arrayType,
    physical: PhysicalType.vector,
    keyKind: undefined,
    formatModifier: (typmod) => (typmod < 0 ? "" : `(${typmod})`),
    parseModifier: (values) => parseDimensionModifier(kind.name, values, vectorDimensionLimit),
    input: (text, typmod) => parseDense(kind, text, typmod),
    inputBytes: (bytes, typmod) => readDense(kind, bytes, typmod),
    inputArray: (text, typmod) => readDenseArray(kind, text, typmod),
    output: (value) => formatDense(asDense(value)),
    receive: (bytes, typmod) => receiveDense(kind, bytes, typmod),
    send: (value) => sendDense(kind, asDense(value)),
    // A column without a modifier holds vectors of any length: those are stored as their wire form.
    toStorage: (value) => sendDense(kind, asDense(value)),
    fromStorage: (bytes) => receiveDense(kind, bytes, -1),
    fromNumbers(numbers) {
      checkDimensions(kind, numbers.length);
      // A copy: the caller may change its array while the statement waits.
      const values = numbers instanceof Float32Array ? numbers.slice() : Float32Array.from(numbers);
      // The elements of a vector are what such an array holds; those of a halfvec are rounded further.
      if (kind.elementBytes !== 4) for (let i = 0; i < values.length; i++) values[i] = kind.round(numbers[i] as number);
      if (!areFinite(values)) for (const value of values) checkElement(kind.name, value);
      return values;
    },
    coerceModifier(value, typmod) {
      checkExpectedDimensions(typmod, asDense(value).length);
      return value;
    },
    compare: (left, right) => compareDense(asDense(left), asDense(right)),
    // -0 equals 0.
    hashKey: (value) => asDense(value).join(","),
    writeKey: (value, out) => writeDenseKey(asDense(value), out),
  };
}

export const vectorType = makeDenseType(vectorKind);
export const halfvecType = makeDenseType(halfvecKind);
export const parseVector = (text: string, typmod: number) => parseDense(vectorKind, text, typmod);
