/** Functions that PostgreSQL 16, 17 and 18 added. */
import { randomBytes, randomUUID } from "node:crypto";
import {
  ArrayValue,
  type Datum,
  DbError,
  type Interval,
  invalidParameter,
  Numeric,
  type Oid,
  RowValue,
  TypeOid,
  undefinedObject,
} from "../../types/index.js";
import { negateInterval } from "../datetime/interval.js";
import { zoneOf, zoneOrAbbreviation } from "../datetime/zones.js";
import { erf, erfc, gamma, logGamma } from "../numeric/special.js";
import { type AggregateBody, type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";
import { addToTimestampTz } from "./datetime.js";

// ---- chance

const boundsError = () => invalidParameter("lower bound must be less than or equal to upper bound");
/** 0 … span - 1 of up to 64 bits, from doubles of 53. */
function below(context: EvaluationContext, span: bigint): bigint {
  if (span <= 1n << 52n) return BigInt(Math.floor(context.random() * Number(span)));
  const digits = span.toString(2).length;
  for (;;) {
    let value = 0n;
    for (let bits = 0; bits < digits; bits += 32) value = (value << 32n) | BigInt(Math.floor(context.random() * 2 ** 32));
    value &= (1n << BigInt(digits)) - 1n;
    if (value < span) return value;
  }
}
function randomInteger(context: EvaluationContext, low: Int64, high: Int64): Int64 {
  if (low > high) throw boundsError();
  return int64(BigInt(low) + below(context, BigInt(high) - BigInt(low) + 1n));
}
function randomNumeric(context: EvaluationContext, low: Numeric, high: Numeric): Numeric {
  for (const [bound, name] of [
    [low, "lower"],
    [high, "upper"],
  ] as const) {
    if (bound.special === "NaN") throw invalidParameter(`${name} bound cannot be NaN`);
    if (bound.special !== "finite") throw invalidParameter(`${name} bound cannot be infinity`);
  }
  const scale = Math.max(low.scale, high.scale);
  const units = (n: Numeric): bigint => n.coefficient * 10n ** BigInt(scale - n.scale);
  const [from, to] = [units(low), units(high)];
  if (from > to) throw boundsError();
  return new Numeric(from + below(context, to - from + 1n), scale);
}
/** Box and Muller's transformation. */
function randomNormal(context: EvaluationContext, mean: number, deviation: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - context.random()));
  return mean + deviation * radius * Math.sin(2 * Math.PI * context.random());
}

// ---- arrays, by their first dimension

const rowsOf = (array: ArrayValue): Datum[][] => {
  const [count = 0] = array.dimensions;
  const size = count === 0 ? 0 : array.elements.length / count;
  return Array.from({ length: count }, (_, i) => array.elements.slice(i * size, (i + 1) * size));
};
const withRows = (array: ArrayValue, rows: readonly Datum[][], lowerBounds = array.lowerBounds): ArrayValue =>
  rows.length === 0
    ? new ArrayValue(array.elementType, [])
    : new ArrayValue(array.elementType, rows.flat(), [rows.length, ...array.dimensions.slice(1)], lowerBounds);
/** `count` of the rows in random order. Source: Fisher and Yates. */
function draw(context: EvaluationContext, array: ArrayValue, count: number): Datum[][] {
  const rows = rowsOf(array);
  for (let i = 0; i < count && i < rows.length - 1; i++) {
    const j = i + Math.floor(context.random() * (rows.length - i));
    [rows[i], rows[j]] = [rows[j]!, rows[i]!];
  }
  return rows.slice(0, count);
}
function sample(context: EvaluationContext, array: ArrayValue, count: number): ArrayValue {
  const size = array.dimensions[0] ?? 0;
  if (count < 0 || count > size) throw invalidParameter(`sample size must be between 0 and ${size}`);
  const bounds = array.lowerBounds.length === 0 ? [] : [1, ...array.lowerBounds.slice(1)];
  return withRows(array, draw(context, array, count), bounds);
}
const sorted = new TypedBody<ScalarBody>((call, registry) => {
  const element = registry.typeByOid(registry.typeByOid(call.argTypes[0]!)?.elementType ?? 0);
  return (_c, array: ArrayValue, descending = false, nullsFirst = descending): Datum => {
    const compare = element?.compare;
    if (compare === undefined)
      throw new DbError({
        sqlstate: "42883",
        message: `could not identify a comparison function for type ${element?.displayName ?? "unknown"}`,
      });
    // Of several dimensions the first is sorted: its parts compare as arrays, where NULL is above every value.
    if (array.dimensions.length > 1) {
      const byParts = (a: readonly Datum[], b: readonly Datum[]): number => {
        for (const [i, left] of a.entries()) {
          const right = b[i] as Datum;
          const order = left === null || right === null ? Number(left === null) - Number(right === null) : compare(left, right);
          if (order !== 0) return order;
        }
        return 0;
      };
      return withRows(
        array,
        rowsOf(array).sort((a, b) => (descending ? byParts(b, a) : byParts(a, b))),
      );
    }
    const present = array.elements.filter((value) => value !== null).sort((a, b) => (descending ? compare(b!, a!) : compare(a!, b!)));
    const nulls = new Array<Datum>(array.elements.length - present.length).fill(null);
    const elements = nullsFirst ? [...nulls, ...present] : [...present, ...nulls];
    return new ArrayValue(array.elementType, elements, array.dimensions, array.lowerBounds);
  };
});

// ---- uuid

/** Microseconds from 1970 to 2000. */
const UNIX_TO_POSTGRES_MICROS = 946_684_800_000_000n;
let lastUuidTicks = 0n;
/** Milliseconds and twelve bits of their fraction, never twice the same: RFC 9562, method 3 of monotonicity. */
function uuidV7(micros: bigint, isShifted: boolean): string {
  let milliseconds = micros / 1000n;
  let ticks = milliseconds * 4096n + ((micros % 1000n) * 4096n) / 1000n;
  if (!isShifted) {
    if (ticks <= lastUuidTicks) ticks = lastUuidTicks + 1n;
    lastUuidTicks = ticks;
    milliseconds = ticks / 4096n;
  }
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Number(milliseconds), 0, 6);
  bytes.writeUInt16BE(0x7000 | Number(ticks % 4096n), 6);
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes.toString("hex"));
}
const uuidText = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
const nowMicros = (context: EvaluationContext): bigint => BigInt(context.clockMicros()) + UNIX_TO_POSTGRES_MICROS;
const isRfcVariant = (uuid: string): boolean => /^.{19}[89ab]/.test(uuid);
function uuidTimestamp(uuid: string): Datum {
  if (!isRfcVariant(uuid)) return null;
  const hex = uuid.replaceAll("-", "");
  if (hex[12] === "7") return int64(BigInt(`0x${hex.slice(0, 12)}`) * 1000n - UNIX_TO_POSTGRES_MICROS);
  if (hex[12] !== "1") return null;
  // 100 ns since 1582-10-15.
  const ticks = BigInt(`0x${hex.slice(13, 16)}${hex.slice(8, 12)}${hex.slice(0, 8)}`);
  return int64(ticks / 10n - 12_219_292_800_000_000n - UNIX_TO_POSTGRES_MICROS);
}

// ---- input

/** The error of reading `text` as the named type; undefined: it is valid. */
function inputError(registry: FunctionRegistry, context: EvaluationContext, text: string, typeName: string): DbError | undefined {
  const match = /^\s*(.*?)\s*(?:\(([^()]*)\))?\s*(\[\])?\s*$/s.exec(typeName)!;
  const base = registry.typeByName(match[1]!.replace(/^"(.*)"$/, "$1"));
  const type = base !== undefined && match[3] !== undefined ? registry.typeByOid(base.arrayType) : base;
  if (type === undefined) throw undefinedObject("42704", `type "${typeName}" does not exist`);
  const modifiers = match[2]?.split(",").map((m) => m.trim());
  const typmod = modifiers === undefined ? -1 : (base!.parseModifier?.(modifiers) ?? -1);
  try {
    type.input(text, typmod, context);
    return undefined;
  } catch (error) {
    // Soft errors are those of the value.
    if (error instanceof DbError && /^2[23]/.test(error.sqlstate)) return error;
    throw error;
  }
}
const inputIsValid = new TypedBody<ScalarBody>(
  (_call, registry) => (c, text: string, name: string) => inputError(registry, c, text, name) === undefined,
);
const inputErrorInfo = new TypedBody<ScalarBody>((_call, registry) => (c, text: string, name: string): Datum => {
  const fields = inputError(registry, c, text, name)?.fields;
  const values: Datum[] =
    fields === undefined ? [null, null, null, null] : [fields.message, fields.detail ?? null, fields.hint ?? null, fields.sqlstate];
  return new RowValue(
    values,
    values.map(() => TypeOid.text),
    ["message", "detail", "hint", "sql_error_code"],
  );
});

// ---- checksums

function crcTable(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? polynomial ^ (c >>> 1) : c >>> 1;
    return c;
  });
}
const crc = (polynomial: number): ScalarBody => {
  const table = crcTable(polynomial);
  return (_c, bytes: Uint8Array) => {
    let value = 0xffffffff;
    for (const byte of bytes) value = table[(value ^ byte) & 0xff]! ^ (value >>> 8);
    return (value ^ 0xffffffff) >>> 0;
  };
};

const digits =
  (base: number, bits: 32 | 64): ScalarBody =>
  (_c, n: Int64) =>
    BigInt.asUintN(bits, BigInt(n)).toString(base);

const scalars: Record<string, ScalarBody | TypedBody<ScalarBody>> = {
  "random(int4,int4)": randomInteger,
  "random(int8,int8)": randomInteger,
  "random(numeric,numeric)": randomNumeric,
  random_normal: randomNormal,
  array_shuffle: (c, a: ArrayValue) => withRows(a, draw(c, a, a.dimensions[0] ?? 0)),
  array_sample: sample,
  array_reverse: (_c, a: ArrayValue) => withRows(a, rowsOf(a).reverse()),
  array_sort: sorted,
  erf: (_c, x: number) => erf(x),
  erfc: (_c, x: number) => erfc(x),
  gamma: (_c, x: number) => gamma(x),
  lgamma: (_c, x: number) => logGamma(x),
  "date_add(timestamptz,interval)": (c, t: Int64, i: Interval) => addToTimestampTz(t, i, zoneOf(c.timeZone)),
  "date_add(timestamptz,interval,text)": (_c, t: Int64, i: Interval, zone: string) => addToTimestampTz(t, i, zoneOrAbbreviation(zone)),
  "date_subtract(timestamptz,interval)": (c, t: Int64, i: Interval) => addToTimestampTz(t, negateInterval(i), zoneOf(c.timeZone)),
  "date_subtract(timestamptz,interval,text)": (_c, t: Int64, i: Interval, zone: string) =>
    addToTimestampTz(t, negateInterval(i), zoneOrAbbreviation(zone)),
  "to_bin(int4)": digits(2, 32),
  "to_bin(int8)": digits(2, 64),
  "to_oct(int4)": digits(8, 32),
  "to_oct(int8)": digits(8, 64),
  uuidv4: () => randomUUID(),
  "uuidv7()": (c) => uuidV7(nowMicros(c), false),
  "uuidv7(interval)": (c, shift: Interval) => {
    const moved = addToTimestampTz(c.clockMicros(), shift, zoneOf(c.timeZone));
    return uuidV7(BigInt(moved) + UNIX_TO_POSTGRES_MICROS, true);
  },
  uuid_extract_timestamp: (_c, u: string) => uuidTimestamp(u),
  uuid_extract_version: (_c, u: string) => (isRfcVariant(u) ? Number.parseInt(u[14]!, 16) : null),
  unicode_version: () => process.versions.unicode ?? null,
  unicode_assigned: (_c, t: string) => !/\p{Cn}/u.test(t),
  pg_input_is_valid: inputIsValid,
  pg_input_error_info: inputErrorInfo,
  pg_basetype: new TypedBody<ScalarBody>((_call, registry) => (_c, oid: Oid) => {
    let type = registry.typeByOid(oid);
    while (type?.base !== undefined) type = registry.typeByOid(type.base.type);
    return type?.oid ?? null;
  }),
  "reverse(bytea)": (_c, bytes: Uint8Array) => Uint8Array.from(bytes).reverse(),
  crc32: crc(0xedb88320),
  crc32c: crc(0x82f63b78),
};

const aggregates: Record<string, AggregateBody<{ value: Datum }>> = {
  any_value: {
    create: () => ({ value: null }),
    step: (_c, state, value) => (state.value === null ? { value: value! } : state),
    finish: (_c, state) => state.value,
  },
};

export const laterFamily: Family = { scalars, aggregates };
