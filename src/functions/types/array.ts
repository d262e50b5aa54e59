/** Array types: `{1,2,NULL}` with quotes, nesting and `[2:3]=` bounds; the wire form is array-binary.ts. */
import {
  ArrayValue,
  type Datum,
  hasOrderedKey,
  KeyKind,
  KeyWriter,
  type Oid,
  PhysicalType,
  type SqlType,
  writeNullableKey,
  writeOrderedKey,
} from "../../types/index.js";
import { fixedItemOf, receiveArray, sendArray } from "./array-binary.js";
import { parseArray } from "./array-parser.js";
import { makeType, type TypeBodies } from "./define-type.js";

/** Values of these are equal when their bytes are: no scale, no sign of zero, no padding. */
const bytewiseKinds: ReadonlySet<KeyKind> = new Set([
  KeyKind.bool,
  KeyKind.int16,
  KeyKind.int32,
  KeyKind.int64,
  KeyKind.uuid,
  KeyKind.bytes,
]);
function orderedKeyOf(type: SqlType, value: Exclude<Datum, null>): Uint8Array {
  const out = new KeyWriter();
  writeOrderedKey(type, value, out);
  return out.finish();
}

export function makeArrayType(name: string, element: SqlType, separator = ","): SqlType {
  return makeType(name, arrayBodies(element, separator));
}

/** How an element lies inside a stored array: types of the catalog store what survives ALTER TYPE, which is not what they send. */
function storedElement(element: SqlType): SqlType {
  if (element.kind === undefined || element.toStorage === undefined || element.fromStorage === undefined) return element;
  const { toStorage, fromStorage } = element;
  return {
    ...element,
    send: (value) => {
      const stored = toStorage(value);
      return typeof stored === "string" ? Buffer.from(stored, "utf8") : stored;
    },
    receive: (bytes) => fromStorage(bytes),
  };
}

/** The bodies of an array type over any element type. */
export function arrayBodies(element: SqlType, separator = ","): TypeBodies {
  const stored = storedElement(element);
  const fixed = fixedItemOf(element);
  return {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    formatModifier: (typmod) => element.formatModifier(typmod),
    ...(element.parseModifier === undefined ? {} : { parseModifier: element.parseModifier }),
    input: (text, typmod, context) =>
      readTogether(element, separator, text, typmod) ??
      parseArray(text, element.oid, separator, (item) => element.input(item, typmod, context)),
    ...(element.inputArray === undefined
      ? {}
      : { inputBytes: (bytes: Uint8Array, typmod: number) => readTogether(element, separator, bytes, typmod) }),
    output: (value, context) => formatArray(value as ArrayValue, (item) => element.output(item, context), separator, fixed === undefined),
    receive: (bytes, typmod) => receiveArray(bytes, element, typmod, fixed),
    send: (value) => sendArray(value as ArrayValue, element, fixed),
    toStorage: (value) => sendArray(value as ArrayValue, stored, fixed),
    fromStorage: (bytes) => receiveArray(bytes, stored, -1, fixed),
    ...(element.coerceModifier === undefined
      ? {}
      : {
          coerceModifier: (value: Exclude<Datum, null>, typmod: number, explicit: boolean) =>
            mapArray(value as ArrayValue, element.oid, (item) => element.coerceModifier!(item, typmod, explicit)),
        }),
    ...(element.compare === undefined
      ? {}
      : {
          compare: (left: Exclude<Datum, null>, right: Exclude<Datum, null>) =>
            compareArrays(left as ArrayValue, right as ArrayValue, element.compare!),
          hashKey: (value: Exclude<Datum, null>) => arrayKey(value as ArrayValue, element.hashKey!),
        }),
    bytewiseElements: element.keyKind !== undefined && bytewiseKinds.has(element.keyKind),
    ...(hasOrderedKey(element)
      ? {
          writeKey: (value: Exclude<Datum, null>, out: KeyWriter) => writeArrayKey(value as ArrayValue, element, out),
          elementKeys: (value: Exclude<Datum, null>) =>
            sendArray(value as ArrayValue, { ...element, send: (item) => orderedKeyOf(element, item) }),
        }
      : {}),
  };
}

function readTogether(element: SqlType, separator: string, text: string | Uint8Array, typmod: number): ArrayValue | undefined {
  const elements = separator === "," ? element.inputArray?.(text, typmod) : undefined;
  return elements && new ArrayValue(element.oid, elements);
}

export function mapArray(array: ArrayValue, elementType: Oid, map: (item: Exclude<Datum, null>) => Datum): ArrayValue {
  return new ArrayValue(
    elementType,
    array.elements.map((item) => (item === null ? null : map(item))),
    array.dimensions,
    array.lowerBounds,
  );
}

/** Elements in order, NULL above everything; then fewer elements, dimensions, bounds. */
export function compareArrays(left: ArrayValue, right: ArrayValue, compare: NonNullable<SqlType["compare"]>): number {
  const count = Math.min(left.elements.length, right.elements.length);
  for (let i = 0; i < count; i++) {
    const a = left.elements[i]!;
    const b = right.elements[i]!;
    if (a === null || b === null) {
      if (a === b) continue;
      return a === null ? 1 : -1;
    }
    const order = compare(a, b);
    if (order !== 0) return order;
  }
  if (left.elements.length !== right.elements.length) return left.elements.length - right.elements.length;
  if (left.dimensions.length !== right.dimensions.length) return left.dimensions.length - right.dimensions.length;
  for (let i = 0; i < left.dimensions.length; i++) {
    const order = left.dimensions[i]! - right.dimensions[i]! || left.lowerBounds[i]! - right.lowerBounds[i]!;
    if (order !== 0) return order;
  }
  return 0;
}
/** As compareArrays: elements, an end below any element, dimensions, then each one's size and lower bound. */
function writeArrayKey(array: ArrayValue, element: SqlType, out: KeyWriter): void {
  for (const item of array.elements) writeNullableKey(element, item, out);
  out.byte(0);
  out.byte(array.dimensions.length);
  array.dimensions.forEach((size, i) => {
    out.uint32(size);
    out.int32(array.lowerBounds[i] as number);
  });
}
/** btoidvectorcmp. */
export function compareOidVectors(left: ArrayValue, right: ArrayValue): number {
  let order = left.elements.length - right.elements.length;
  for (let i = 0; order === 0 && i < left.elements.length; i++) order = (left.elements[i] as number) - (right.elements[i] as number);
  return order;
}
function arrayKey(array: ArrayValue, hashKey: NonNullable<SqlType["hashKey"]>): string {
  const items = array.elements.map((item) => {
    if (item === null) return "n";
    const key = hashKey(item);
    return typeof key === "string" ? `${key.length}:${key}` : String(key);
  });
  return `${array.dimensions}/${array.lowerBounds}/${items.join(",")}`;
}

/** @param mayNeedQuotes false: no text of the element type ever does */
export function formatArray(
  array: ArrayValue,
  output: (item: Exclude<Datum, null>) => string,
  separator: string,
  mayNeedQuotes: boolean,
): string {
  const { dimensions, lowerBounds, elements } = array;
  if (elements.length === 0) return "{}";
  let next = 0;
  const level = (depth: number): string => {
    const parts: string[] = [];
    for (let i = 0; i < dimensions[depth]!; i++) {
      if (depth < dimensions.length - 1) parts.push(level(depth + 1));
      else {
        const item = elements[next++]!;
        parts.push(item === null ? "NULL" : mayNeedQuotes ? quoteItem(output(item), separator) : output(item));
      }
    }
    return `{${parts.join(separator)}}`;
  };
  const bounds = lowerBounds.some((low) => low !== 1)
    ? `${dimensions.map((size, i) => `[${lowerBounds[i]}:${lowerBounds[i]! + size - 1}]`).join("")}=`
    : "";
  return bounds + level(0);
}
function quoteItem(text: string, separator: string): string {
  if (text !== "" && !/[ \t-\r"\\{}]/.test(text) && !text.includes(separator) && text.toLowerCase() !== "null") return text;
  return `"${text.replace(/(["\\])/g, "\\$1")}"`;
}
