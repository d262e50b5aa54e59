/** point, lseg, box, line, path, polygon, circle: text and binary forms. Stored as their doubles, most significant byte first. */
import {
  type Datum,
  dataError,
  type FormatContext,
  GeometricPath,
  incorrectBinary,
  invalidInput,
  PhysicalType,
  type SqlType,
} from "../../types/index.js";
import { boxOf, lineThrough, type Point, pointsEqual, slope } from "../geometry/primitives.js";
import { viewOf } from "./bytes.js";
import { makeType, type TypeBodies } from "./define-type.js";
import { formatFloat8, parseFloat8 } from "./floats.js";

const number = /[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/iy;

/** Reads as geo_ops.c's decoders do: brackets may be left out in the ways they allow. */
class GeometryReader {
  #at = 0;
  constructor(
    readonly type: string,
    readonly text: string,
  ) {}

  fail(): Error {
    return invalidInput(this.type, this.text);
  }
  skip(): void {
    while (/\s/.test(this.text[this.#at] ?? "")) this.#at++;
  }
  take(character: string): boolean {
    if (this.text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
  /** Whether `character` stands here and nowhere after. */
  isLast(character: string): boolean {
    return this.text[this.#at] === character && this.text.lastIndexOf(character) === this.#at;
  }
  /** Takes an opening bracket that another follows. */
  takeOuter(): boolean {
    const inner = /^\(\s*\(/.exec(this.text.slice(this.#at));
    if (inner === null) return false;
    this.#at += inner[0].length - 1;
    return true;
  }
  single(): number {
    this.skip();
    number.lastIndex = this.#at;
    const match = number.exec(this.text);
    if (match === null) throw this.fail();
    this.#at = number.lastIndex;
    const value = parseFloat8(match[0]);
    this.skip();
    return value;
  }
  pair(): Point {
    this.skip();
    const bracketed = this.take("(");
    const x = this.single();
    if (!this.take(",")) throw this.fail();
    const y = this.single();
    if (bracketed) {
      if (!this.take(")")) throw this.fail();
      this.skip();
    }
    return { x, y };
  }
  points(count: number, mayOpen: boolean): { readonly points: Point[]; readonly open: boolean } {
    this.skip();
    let depth = 0;
    const open = this.take("[");
    if (open) {
      if (!mayOpen) throw this.fail();
      depth = 1;
    } else if (this.takeOuter()) depth = 1;
    else if (this.isLast("(")) {
      this.#at++;
      this.skip();
      depth = 1;
    }
    const points: Point[] = [];
    for (let i = 0; i < count; i++) {
      points.push(this.pair());
      this.take(",");
    }
    for (; depth > 0; depth--) {
      if (!this.take(")") && !(open && this.take("]"))) throw this.fail();
      this.skip();
    }
    return { points, open };
  }
  end(): void {
    if (this.#at < this.text.length) throw this.fail();
  }
}
function countPairs(text: string): number {
  const commas = text.split(",").length - 1;
  return commas % 2 === 1 ? (commas + 1) / 2 : -1;
}

export function flatten(points: readonly Point[]): Float64Array {
  const out = new Float64Array(points.length * 2);
  points.forEach(({ x, y }, i) => {
    out[2 * i] = x;
    out[2 * i + 1] = y;
  });
  return out;
}
export function pointsOf(coordinates: Float64Array): Point[] {
  return Array.from({ length: coordinates.length >> 1 }, (_, i) => ({ x: coordinates[2 * i]!, y: coordinates[2 * i + 1]! }));
}

type Text = (value: number) => string;
const inStyle =
  (context: FormatContext): Text =>
  (value) =>
    formatFloat8(value, context.extraFloatDigits);
function pairsText(coordinates: Float64Array, text: Text): string {
  return pointsOf(coordinates)
    .map(({ x, y }) => `(${text(x)},${text(y)})`)
    .join(",");
}

function readDoubles(bytes: Uint8Array, from: number): Float64Array {
  if ((bytes.length - from) % 8 !== 0) throw dataError("08P01", "insufficient data left in message");
  const view = viewOf(bytes);
  return Float64Array.from({ length: (bytes.length - from) / 8 }, (_, i) => view.getFloat64(from + 8 * i));
}
function writeDoubles(bytes: Uint8Array, from: number, doubles: Float64Array): Uint8Array {
  const view = viewOf(bytes);
  doubles.forEach((value, i) => {
    view.setFloat64(from + 8 * i, value);
  });
  return bytes;
}

/** Types of a fixed number of doubles. */
function fixed(
  name: string,
  count: number,
  read: (reader: GeometryReader) => readonly number[],
  write: (v: Float64Array, text: Text) => string,
  check: (values: Float64Array) => Float64Array = (values) => values,
): SqlType {
  const receive = (bytes: Uint8Array) => {
    if (bytes.length < 8 * count) throw dataError("08P01", "insufficient data left in message");
    if (bytes.length > 8 * count) throw incorrectBinary();
    return readDoubles(bytes, 0);
  };
  const send = (value: Exclude<Datum, null>) => writeDoubles(new Uint8Array(8 * count), 0, value as Float64Array);
  return makeType(name, {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: (text) => {
      const reader = new GeometryReader(name, text);
      const values = Float64Array.from(read(reader));
      reader.end();
      return values;
    },
    output: (value, context) => write(value as Float64Array, inStyle(context)),
    receive: (bytes) => check(receive(bytes)),
    send,
    toStorage: send,
    fromStorage: receive,
  });
}
const coordinatesOf = (points: readonly Point[]) => points.flatMap(({ x, y }) => [x, y]);
function orderedBox(points: readonly Point[]): number[] {
  const { high, low } = boxOf(points[0]!, points[1]!);
  return [high.x, high.y, low.x, low.y];
}
const bothZero = () => dataError("22P02", "invalid line specification: A and B cannot both be zero");

export const pointType = fixed(
  "point",
  2,
  (r) => coordinatesOf([r.pair()]),
  (v, text) => `(${text(v[0]!)},${text(v[1]!)})`,
);
export const lsegType = fixed(
  "lseg",
  4,
  (r) => coordinatesOf(r.points(2, true).points),
  (v, text) => `[${pairsText(v, text)}]`,
);
export const boxType = fixed(
  "box",
  4,
  (r) => orderedBox(r.points(2, false).points),
  pairsText,
  (v) => Float64Array.from(orderedBox(pointsOf(v))),
);
export const lineType = fixed(
  "line",
  3,
  (r) => {
    r.skip();
    if (!r.take("{")) {
      const [a, b] = r.points(2, true).points as [Point, Point];
      if (pointsEqual(a, b)) throw dataError("22P02", "invalid line specification: must be two distinct points");
      const line = lineThrough(a, slope(a, b));
      return [line.a, line.b, line.c];
    }
    const a = r.single();
    if (!r.take(",")) throw r.fail();
    const b = r.single();
    if (!r.take(",")) throw r.fail();
    const c = r.single();
    if (!r.take("}")) throw r.fail();
    r.skip();
    r.end();
    if (Math.abs(a) <= 1e-6 && Math.abs(b) <= 1e-6) throw bothZero();
    return [a, b, c];
  },
  (v, text) => `{${text(v[0]!)},${text(v[1]!)},${text(v[2]!)}}`,
  (v) => {
    if (Math.abs(v[0]!) <= 1e-6 && Math.abs(v[1]!) <= 1e-6)
      throw dataError("22P03", "invalid line specification: A and B cannot both be zero");
    return v;
  },
);
export const circleType = fixed(
  "circle",
  3,
  (r) => {
    r.skip();
    const angle = r.take("<");
    const round = !angle && r.takeOuter();
    const { x, y } = r.pair();
    r.take(",");
    const radius = r.single();
    if (radius < 0) throw r.fail();
    if (angle || round) {
      if (!r.take(")") && !(angle && r.take(">"))) throw r.fail();
      r.skip();
    }
    return [x, y, radius];
  },
  (v, text) => `<(${text(v[0]!)},${text(v[1]!)}),${text(v[2]!)}>`,
  (v) => {
    if (v[2]! < 0) throw dataError("22P03", 'invalid radius in external "circle" value');
    return v;
  },
);

/** Both lists of points start with their number in the wire form; a path with a byte that says closed before it. */
function receivePoints(bytes: Uint8Array, from: number, name: string): Float64Array {
  if (bytes.length < from + 4) throw dataError("08P01", "insufficient data left in message");
  const count = viewOf(bytes).getInt32(from);
  if (count <= 0 || count > 134_217_000) throw dataError("22P03", `invalid number of points in external "${name}" value`);
  if (bytes.length !== from + 4 + 16 * count) throw dataError("08P01", "insufficient data left in message");
  return readDoubles(bytes, from + 4);
}
function sendPoints(coordinates: Float64Array, from: number): Uint8Array {
  const bytes = new Uint8Array(from + 4 + 8 * coordinates.length);
  viewOf(bytes).setInt32(from, coordinates.length >> 1);
  return writeDoubles(bytes, from + 4, coordinates);
}
const pathBodies: TypeBodies = {
  physical: PhysicalType.varlen,
  keyKind: undefined,
  input: (text) => {
    const reader = new GeometryReader("path", text);
    const count = countPairs(text);
    if (count <= 0) throw reader.fail();
    reader.skip();
    const wrapped = reader.isLast("(") && reader.take("(");
    const { points, open } = reader.points(count, true);
    if (wrapped) {
      if (!reader.take(")")) throw reader.fail();
      reader.skip();
    }
    reader.end();
    return new GeometricPath(!open, flatten(points));
  },
  output: (value, context) => {
    const { closed, coordinates } = value as GeometricPath;
    const pairs = pairsText(coordinates, inStyle(context));
    return closed ? `(${pairs})` : `[${pairs}]`;
  },
  receive: (bytes) => new GeometricPath((bytes[0] ?? 0) !== 0, receivePoints(bytes, 1, "path")),
  send: (value) => {
    const { closed, coordinates } = value as GeometricPath;
    const bytes = sendPoints(coordinates, 1);
    bytes[0] = closed ? 1 : 0;
    return bytes;
  },
};
export const pathType = makeType("path", {
  ...pathBodies,
  toStorage: pathBodies.send,
  fromStorage: (bytes) => pathBodies.receive(bytes, -1) as Exclude<Datum, null>,
});
const polygonBodies: TypeBodies = {
  physical: PhysicalType.varlen,
  keyKind: undefined,
  input: (text) => {
    const reader = new GeometryReader("polygon", text);
    const count = countPairs(text);
    if (count <= 0) throw reader.fail();
    const { points } = reader.points(count, false);
    reader.end();
    return flatten(points);
  },
  output: (value, context) => `(${pairsText(value as Float64Array, inStyle(context))})`,
  receive: (bytes) => receivePoints(bytes, 0, "polygon"),
  send: (value) => sendPoints(value as Float64Array, 0),
};
export const polygonType = makeType("polygon", {
  ...polygonBodies,
  toStorage: polygonBodies.send,
  fromStorage: (bytes) => polygonBodies.receive(bytes, -1) as Exclude<Datum, null>,
});
