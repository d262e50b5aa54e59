/** pgvector's type vector: float32 elements, at most 16,000, none of them NaN or infinite. */
import {
  type Datum,
  invalidVector,
  PhysicalType,
  protocolViolation,
  type SqlType,
  TypeOid,
  unexpectedDimensions,
  vectorElementOutOfRange,
  vectorEmpty,
  vectorInfinite,
  vectorModifierInvalid,
  vectorModifierTooLarge,
  vectorModifierTooSmall,
  vectorNan,
  vectorTooLong,
  vectorUnusedNotZero,
} from "../../types/index.js";
import { formatFloat4 } from "../types/floats.js";

/** VECTOR_MAX_DIM. */
export const vectorDimensionLimit = 16000;

export function checkDimensions(count: number): void {
  if (count < 1) throw vectorEmpty();
  if (count > vectorDimensionLimit) throw vectorTooLong(vectorDimensionLimit);
}
export function checkExpectedDimensions(typmod: number, count: number): void {
  if (typmod !== -1 && typmod !== count) throw unexpectedDimensions(typmod, count);
}
export function checkElement(value: number): void {
  if (Number.isNaN(value)) throw vectorNan();
  if (!Number.isFinite(value)) throw vectorInfinite();
}

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const spaces = /[ \t\n\r\v\f]*/y;
/** What strtof takes, hexadecimal apart. */
const element = /[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/iy;

export function parseVector(text: string, typmod: number): Float32Array {
  const plain = parsePlain(text);
  if (plain === undefined) return parseElements(text, typmod);
  checkExpectedDimensions(typmod, plain.length);
  return plain;
}

/** Most vectors are JSON, whose parser is native. undefined: whatever is not, and every error, is for parseElements. */
function parsePlain(text: string): Float32Array | undefined {
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(values) || values.length === 0 || values.length > vectorDimensionLimit) return undefined;
  const vector = new Float32Array(values.length);
  for (let i = 0; i < vector.length; i++) {
    const value: unknown = values[i];
    if (typeof value !== "number") return undefined;
    vector[i] = value;
    if (!Number.isFinite(vector[i])) return undefined;
  }
  return vector;
}

function parseElements(text: string, typmod: number): Float32Array {
  let at = skip(text, 0);
  if (text[at] !== "[") throw invalidVector(text, 'Vector contents must start with "[".');
  at = skip(text, at + 1);
  if (text[at] === "]") throw vectorEmpty();
  const values: number[] = [];
  for (;;) {
    if (values.length === vectorDimensionLimit) throw vectorTooLong(vectorDimensionLimit);
    element.lastIndex = skip(text, at);
    const found = element.exec(text);
    if (found === null) throw invalidVector(text);
    values.push(parseElement(found[0]));
    at = skip(text, element.lastIndex);
    const separator = text[at++];
    if (separator === "]") break;
    if (separator !== ",") throw invalidVector(text);
  }
  if (skip(text, at) !== text.length) throw invalidVector(text, "Junk after closing right brace.");
  checkExpectedDimensions(typmod, values.length);
  return Float32Array.from(values);
}

function skip(text: string, from: number): number {
  spaces.lastIndex = from;
  spaces.exec(text);
  return spaces.lastIndex;
}

function parseElement(text: string): number {
  const value = Math.fround(Number(text));
  if (Number.isFinite(value)) return value;
  if (/nan/i.test(text)) throw vectorNan();
  if (/inf/i.test(text)) throw vectorInfinite();
  throw vectorElementOutOfRange(text);
}

export function formatVector(value: Float32Array): string {
  let text = "[";
  for (let i = 0; i < value.length; i++) {
    if (i > 0) text += ",";
    text += formatFloat4(value[i] as number);
  }
  return `${text}]`;
}

function receiveVector(bytes: Uint8Array, typmod: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4) throw protocolViolation("insufficient data left in message");
  const count = view.getInt16(0);
  const unused = view.getInt16(2);
  checkDimensions(count);
  checkExpectedDimensions(typmod, count);
  if (unused !== 0) throw vectorUnusedNotZero(unused);
  if (bytes.length < 4 + 4 * count) throw protocolViolation("insufficient data left in message");
  if (bytes.length > 4 + 4 * count) throw protocolViolation("incorrect binary data format");
  // A copy that is aligned, then swapped from network order where this machine's is another.
  const values = new Float32Array(count);
  const copy = Buffer.from(values.buffer);
  copy.set(bytes.subarray(4));
  if (isLittleEndian) copy.swap32();
  for (let i = 0; i < count; i++) checkElement(values[i] as number);
  return values;
}

function sendVector(value: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * value.length);
  const view = new DataView(bytes.buffer);
  view.setInt16(0, value.length);
  for (let i = 0; i < value.length; i++) view.setFloat32(4 + 4 * i, value[i] as number);
  return bytes;
}

/** Element by element; of two that agree as far as both go, the shorter is less. */
export function compareVectors(left: Float32Array, right: Float32Array): number {
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    const a = left[i] as number;
    const b = right[i] as number;
    if (a !== b) return a < b ? -1 : 1;
  }
  return left.length - right.length;
}

const asVector = (value: Exclude<Datum, null>) => value as Float32Array;

export const vectorType: SqlType = {
  oid: TypeOid.vector,
  name: "vector",
  displayName: "vector",
  category: "U",
  preferred: false,
  length: -1,
  elementType: 0,
  arrayType: TypeOid.vectorArray,
  physical: PhysicalType.vector,
  keyKind: undefined,
  formatModifier: (typmod) => (typmod < 0 ? "" : `(${typmod})`),
  parseModifier(values) {
    if (values.length !== 1) throw vectorModifierInvalid();
    const count = Number(values[0]);
    if (!Number.isInteger(count)) throw vectorModifierInvalid();
    if (count < 1) throw vectorModifierTooSmall();
    if (count > vectorDimensionLimit) throw vectorModifierTooLarge(vectorDimensionLimit);
    return count;
  },
  input: parseVector,
  output: (value) => formatVector(asVector(value)),
  receive: receiveVector,
  send: (value) => sendVector(asVector(value)),
  // A column without a modifier holds vectors of any length: those are stored as their wire form.
  toStorage: (value) => sendVector(asVector(value)),
  fromStorage: (bytes) => receiveVector(bytes, -1),
  coerceModifier(value, typmod) {
    checkExpectedDimensions(typmod, asVector(value).length);
    return value;
  },
  compare: (left, right) => compareVectors(asVector(left), asVector(right)),
  hashKey: (value) => asVector(value).join(","),
};
