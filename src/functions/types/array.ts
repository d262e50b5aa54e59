/** Array types: `{1,2,NULL}` with quotes, nesting and `[2:3]=` bounds; the wire form is array-binary.ts. */
import {
  ARRAY_DIMENSIONS_MAX,
  ArrayValue,
  type Datum,
  DbError,
  hasOrderedKey,
  KeyKind,
  KeyWriter,
  malformedArray,
  type Oid,
  PhysicalType,
  type SqlType,
  tooManyDimensions,
  writeNullableKey,
  writeOrderedKey,
} from "../../types/index.js";
import { fixedItemOf, receiveArray, sendArray } from "./array-binary.js";
import { checkArrayStructure } from "./array-structure.js";
import { makeType, type TypeBodies } from "./define-type.js";

/** No subscript may be this large: the one behind the last must be a number too. */
const INT4_MAX = 2_147_483_647;

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
    input: (text, typmod, context) => parseArray(text, element.oid, separator, (item) => element.input(item, typmod, context)),
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

export function parseArray(text: string, elementType: Oid, separator: string, input: (item: string) => Datum): ArrayValue {
  try {
    return new ArrayParser(text, elementType, separator, input).parse();
  } catch (error) {
    // What is wrong with the braces comes before what is wrong with an element.
    if (error instanceof DbError) checkArrayStructure(text, separator);
    throw error;
  }
}

class ArrayParser {
  #at = 0;
  readonly #elements: Datum[] = [];
  readonly #sizes: number[] = [];
  #leafDepth = -1;
  constructor(
    readonly text: string,
    readonly elementType: Oid,
    readonly separator: string,
    readonly input: (item: string) => Datum,
  ) {}

  parse(): ArrayValue {
    this.#skip();
    const bounds = this.#readBounds();
    if (this.text[this.#at] !== "{")
      throw this.#bad(
        bounds === undefined ? 'Array value must start with "{" or dimension information.' : 'Array contents must start with "{".',
      );
    this.#readLevel(0);
    this.#skip();
    if (this.#at < this.text.length) throw this.#bad("Junk after closing right brace.");
    if (this.#elements.length === 0) return new ArrayValue(this.elementType, []);
    const dimensions = this.#sizes;
    if (bounds === undefined) return new ArrayValue(this.elementType, this.#elements, dimensions);
    const tooHigh = bounds.find(([, high]) => high >= INT4_MAX);
    if (tooHigh !== undefined) throw new DbError({ sqlstate: "54000", message: `array lower bound is too large: ${tooHigh[0]}` });
    const declared = bounds.map(([low, high]) => high - low + 1);
    if (declared.length !== dimensions.length || declared.some((size, i) => size !== dimensions[i]))
      throw this.#bad("Specified array dimensions do not match array contents.");
    return new ArrayValue(
      this.elementType,
      this.#elements,
      dimensions,
      bounds.map(([low]) => low),
    );
  }

  #readBounds(): [number, number][] | undefined {
    if (this.text[this.#at] !== "[") return undefined;
    const bounds: [number, number][] = [];
    const one = /\[([+-]?\d+)(?::([+-]?\d+))?\]/y;
    one.lastIndex = this.#at;
    for (let match = one.exec(this.text); match !== null; match = one.exec(this.text)) {
      const low = match[2] === undefined ? 1 : Number(match[1]);
      const high = Number(match[2] ?? match[1]);
      if (high < low) throw new DbError({ sqlstate: "2202E", message: "upper bound cannot be less than lower bound" });
      bounds.push([low, high]);
      this.#at = one.lastIndex;
    }
    this.#skip();
    if (bounds.length === 0) throw this.#bad('"[" must introduce explicitly-specified array dimensions.');
    if (this.text[this.#at] !== "=") throw this.#bad('Missing "=" after array dimensions.');
    this.#at++;
    this.#skip();
    return bounds;
  }

  #readLevel(depth: number): void {
    if (depth >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(depth + 1);
    this.#at++;
    let count = 0;
    this.#skip();
    if (this.text[this.#at] === "}") {
      this.#at++;
      if (depth > 0) throw this.#bad('Unexpected "}" character.');
      return;
    }
    for (;;) {
      this.#skip();
      if (this.text[this.#at] === "{") {
        if (this.#leafDepth === depth) throw this.#bad('Unexpected "{" character.');
        this.#readLevel(depth + 1);
      } else {
        if (this.#leafDepth >= 0 && this.#leafDepth !== depth)
          throw this.#bad("Multidimensional arrays must have sub-arrays with matching dimensions.");
        this.#leafDepth = depth;
        this.#elements.push(this.#readItem());
      }
      count++;
      this.#skip();
      const next = this.text[this.#at++];
      if (next === "}") break;
      if (next !== this.separator) {
        if (next === undefined) throw this.#bad("Unexpected end of input.");
        throw this.#bad("Unexpected array element.");
      }
    }
    if (this.#sizes[depth] === undefined) this.#sizes[depth] = count;
    else if (this.#sizes[depth] !== count) throw this.#bad("Multidimensional arrays must have sub-arrays with matching dimensions.");
  }

  #readItem(): Datum {
    if (this.text[this.#at] === '"') {
      let item = "";
      this.#at++;
      for (;;) {
        const c = this.text[this.#at++];
        if (c === undefined) throw this.#bad("Unexpected end of input.");
        if (c === '"') return this.input(item);
        item += c === "\\" ? (this.text[this.#at++] ?? "") : c;
      }
    }
    let item = "";
    let escaped = false;
    for (;;) {
      const c = this.text[this.#at];
      if (c === undefined) throw this.#bad("Unexpected end of input.");
      if (c === this.separator || c === "}") break;
      if (c === "{") throw this.#bad('Unexpected "{" character.');
      if (c === '"') throw this.#bad("Unexpected array element.");
      this.#at++;
      if (c === "\\") {
        escaped = true;
        item += this.text[this.#at++] ?? "";
      } else item += c;
    }
    item = item.trim();
    if (item === "" && !escaped) throw this.#bad(`Unexpected "${this.text[this.#at]}" character.`);
    return !escaped && item.toLowerCase() === "null" ? null : this.input(item);
  }

  #skip(): void {
    while (/\s/.test(this.text[this.#at] ?? "x")) this.#at++;
  }
  #bad(detail: string): DbError {
    return malformedArray(this.text, detail);
  }
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
  if (text !== "" && !/[\s"\\{}]/.test(text) && !text.includes(separator) && text.toLowerCase() !== "null") return text;
  return `"${text.replace(/(["\\])/g, "\\$1")}"`;
}
