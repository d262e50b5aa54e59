/** JavaScript values to SQL values and back, for the embedded API. */
import { ArrayValue, type Datum, DbError, type FormatContext, Jsonb, Numeric, type Oid, type SqlType, TypeOid } from "../types/index.js";

const EPOCH_2000_MS = 946_684_800_000;

/** What a query may be given: everything a driver takes. */
export type Parameter =
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | Float32Array
  | readonly Parameter[]
  | { readonly [key: string]: unknown };
/** What a query gives: numbers and bigints, strings (numeric, date, time, interval and uuid too: exact), Date, Buffer, parsed JSON, arrays, Float32Array for vectors. */
export type Value = null | boolean | number | bigint | string | Date | Buffer | Float32Array | readonly Value[] | object;

export interface ValueContext {
  readonly format: FormatContext;
  typeOf(oid: Oid): SqlType;
}

export function toDatum(value: Parameter, oid: Oid, context: ValueContext): Datum {
  if (value === null || value === undefined) return null;
  const type = context.typeOf(oid);
  if (oid === TypeOid.bytea && value instanceof Uint8Array) return value;
  if (oid === TypeOid.json || oid === TypeOid.jsonb)
    return type.input(typeof value === "string" ? value : JSON.stringify(value), -1, context.format);
  if (type.fromNumbers !== undefined && (value instanceof Float32Array || Array.isArray(value)))
    return type.fromNumbers(value as ArrayLike<number>);
  if (Array.isArray(value)) {
    if (type.elementType === 0)
      throw new DbError({ sqlstate: "42804", message: `an array was given for a parameter of type ${type.displayName}` });
    return toArray(value as readonly Parameter[], type.elementType, context);
  }
  if (value instanceof Date) return type.input(value.toISOString(), -1, context.format);
  if (value instanceof Uint8Array || typeof value === "object") return type.input(JSON.stringify(value), -1, context.format);
  return type.input(String(value), -1, context.format);
}

function toArray(values: readonly Parameter[], element: Oid, context: ValueContext): ArrayValue {
  if (!values.some((v) => Array.isArray(v)))
    return new ArrayValue(
      element,
      values.map((v) => toDatum(v, element, context)),
    );
  const parts = values.map((v) => toArray(v as readonly Parameter[], element, context));
  const inner = parts[0]?.dimensions ?? [];
  if (parts.some((p) => p.dimensions.join() !== inner.join()))
    throw new DbError({ sqlstate: "2202E", message: "multidimensional arrays must have array expressions with matching dimensions" });
  return new ArrayValue(
    element,
    parts.flatMap((p) => p.elements),
    [parts.length, ...inner],
  );
}

/** Values of the type are given as they are. */
export function isPlain(oid: Oid): boolean {
  switch (oid) {
    case TypeOid.bool:
    case TypeOid.int2:
    case TypeOid.int4:
    case TypeOid.int8:
    case TypeOid.float4:
    case TypeOid.float8:
    case TypeOid.oid:
    case TypeOid.text:
      return true;
    default:
      return false;
  }
}

export function fromDatum(value: Datum, oid: Oid, context: ValueContext): Value {
  if (value === null || typeof value === "boolean" || isPlain(oid)) return value as Value;
  switch (oid) {
    case TypeOid.timestamp:
    case TypeOid.timestamptz:
      if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return value;
      return new Date(EPOCH_2000_MS + Number(value) / 1000);
    case TypeOid.bytea:
      return Buffer.from(value as Uint8Array);
    case TypeOid.json:
      return JSON.parse(value as string) as Value;
    default:
      break;
  }
  if (value instanceof Jsonb) return JSON.parse(value.text) as Value;
  if (value instanceof Float32Array) return value;
  if (value instanceof ArrayValue)
    return nest(
      value.elements.map((e) => fromDatum(e, value.elementType, context)),
      value.dimensions,
    );
  if (typeof value === "string" || (value instanceof Numeric === false && typeof value === "bigint")) return value as string | bigint;
  return context.typeOf(oid).output(value, context.format);
}

function nest(values: readonly Value[], dimensions: readonly number[]): readonly Value[] {
  if (dimensions.length <= 1) return values;
  const [count, ...inner] = dimensions as [number, ...number[]];
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => nest(values.slice(i * size, (i + 1) * size), inner));
}
