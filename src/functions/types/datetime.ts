/** date, time, timestamp, timestamptz, interval as types; their text is in datetime/. */
import { type Datum, dataError, Interval, invalidInput, invalidParameter, KeyKind, PhysicalType, TimeTz } from "../../types/index.js";
import { checkedDate, checkedTimestamp, roundMicros } from "../datetime/calendar.js";
import { formatDate, formatTime, formatTimestamp, formatTimestampTz, formatTimeTz } from "../datetime/format.js";
import { adjust, compareIntervals, formatInterval, totalMicros } from "../datetime/interval.js";
import { parseDate, parseTime, parseTimestamp, parseTimeTz } from "../datetime/parse.js";
import { parseInterval } from "../datetime/parse-interval.js";
import { exactly, made } from "./bytes.js";
import { makeType } from "./define-type.js";
import { INT64_MAX, INT64_MIN, type Int64, int64 } from "./integers.js";

const compare = (left: Exclude<Datum, null>, right: Exclude<Datum, null>) =>
  (left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0;
const hashKey = (value: Exclude<Datum, null>) => value as number;

function precisionOf(values: readonly string[], type: string): number {
  const precision = Number(values[0]);
  if (values.length !== 1) throw invalidParameter("invalid type modifier");
  if (!/^\s*-?\d+\s*$/.test(values[0]!)) throw invalidInput("integer", values[0]!);
  if (precision < 0) throw invalidParameter(`${type} precision must not be negative`);
  return Math.min(precision, 6);
}
/** timestamp(3) without time zone: the precision stands inside the name, so a formatter of types looks at `displayName` too. */
const precisionSuffix = (typmod: number) => (typmod < 0 ? "" : `(${typmod})`);

export const dateType = makeType("date", {
  physical: PhysicalType.int32,
  keyKind: KeyKind.int32,
  input: (text, _typmod, context) => parseDate(text, context),
  output: (value, context) => formatDate(value as number, context),
  receive: (bytes) => {
    const days = exactly(bytes, 4).getInt32(0);
    return days === 2147483647 ? Number.POSITIVE_INFINITY : days === -2147483648 ? Number.NEGATIVE_INFINITY : checkedDate(days);
  },
  send: (value) =>
    made(4, (view) =>
      view.setInt32(
        0,
        value === Number.POSITIVE_INFINITY ? 2147483647 : value === Number.NEGATIVE_INFINITY ? -2147483648 : (value as number),
      ),
    ),
  compare,
  hashKey,
});

export const timeType = makeType("time", {
  physical: PhysicalType.int64,
  keyKind: KeyKind.int64,
  formatModifier: precisionSuffix,
  parseModifier: (values) => precisionOf(values, "TIME"),
  input: (text, typmod, context) => parseTime(text, typmod, context),
  output: (value) => formatTime(value as number),
  receive: (bytes, typmod) => roundMicros(Number(exactly(bytes, 8).getBigInt64(0)), typmod),
  send: (value) => made(8, (view) => view.setBigInt64(0, BigInt(value as number))),
  coerceModifier: (value, typmod) => roundMicros(value as number, typmod),
  compare,
  hashKey,
});

function receiveTimestamp(bytes: Uint8Array, typmod: number): Int64 {
  const value = exactly(bytes, 8).getBigInt64(0);
  if (value === INT64_MAX) return Number.POSITIVE_INFINITY;
  if (value === INT64_MIN) return Number.NEGATIVE_INFINITY;
  return roundMicros(checkedTimestamp(value), typmod);
}
function sendTimestamp(value: Exclude<Datum, null>): Uint8Array {
  const micros = value === Number.POSITIVE_INFINITY ? INT64_MAX : value === Number.NEGATIVE_INFINITY ? INT64_MIN : BigInt(value as Int64);
  return made(8, (view) => view.setBigInt64(0, micros));
}
const makeTimestampType = (name: string, withZone: boolean) =>
  makeType(name, {
    physical: PhysicalType.int64,
    keyKind: KeyKind.int64,
    formatModifier: precisionSuffix,
    parseModifier: (values) => precisionOf(values, "TIMESTAMP"),
    input: (text, typmod, context) => parseTimestamp(text, typmod, withZone, context),
    output: (value, context) => (withZone ? formatTimestampTz(value as Int64, context) : formatTimestamp(value as Int64, context)),
    receive: receiveTimestamp,
    send: sendTimestamp,
    coerceModifier: (value, typmod) => roundMicros(value as Int64, typmod),
    compare,
    hashKey,
  });
export const timestampType = makeTimestampType("timestamp", false);
export const timestamptzType = makeTimestampType("timestamptz", true);

const intervalRanges: Record<number, string> = {
  4: " year",
  2: " month",
  8: " day",
  1024: " hour",
  2048: " minute",
  4096: " second",
  6: " year to month",
  1032: " day to hour",
  3080: " day to minute",
  7176: " day to second",
  3072: " hour to minute",
  7168: " hour to second",
  6144: " minute to second",
};
export const intervalType = makeType("interval", {
  physical: PhysicalType.interval,
  keyKind: KeyKind.interval,
  formatModifier: (typmod) => {
    if (typmod < 0) return "";
    const range = intervalRanges[(typmod >> 16) & 0x7fff] ?? "";
    return range + ((typmod & 0xffff) === 0xffff ? "" : `(${typmod & 0xffff})`);
  },
  /** As the grammar gives it: [range mask] or [range mask, precision]. */
  parseModifier: (values) => {
    const first = Number(values[0]);
    if (values.length === 2) return ((first & 0x7fff) << 16) | Math.min(Number(values[1]), 6);
    if (values.length === 1) return ((first & 0x7fff) << 16) | 0xffff;
    throw invalidParameter("invalid INTERVAL type modifier");
  },
  input: (text, typmod, context) => parseInterval(text, typmod, context),
  output: (value, context) => formatInterval(value as Interval, context),
  receive: (bytes, typmod) => {
    const view = exactly(bytes, 16);
    return adjust(new Interval(view.getInt32(12), view.getInt32(8), int64(view.getBigInt64(0))), typmod);
  },
  send: (value) =>
    made(16, (view) => {
      const { months, days, micros } = value as Interval;
      view.setBigInt64(0, BigInt(micros));
      view.setInt32(8, days);
      view.setInt32(12, months);
    }),
  coerceModifier: (value, typmod) => adjust(value as Interval, typmod),
  compare: (left, right) => compareIntervals(left as Interval, right as Interval),
  hashKey: (value) => totalMicros(value as Interval),
});

/** The moment in UTC, in microseconds of a day that the offset may leave. */
export function utcMicros(value: TimeTz): number {
  return value.micros - value.offset * 1_000_000;
}
/** By the moment in UTC, then the zone that is further west last. */
export function compareTimeTzs(left: TimeTz, right: TimeTz): number {
  return utcMicros(left) - utcMicros(right) || right.offset - left.offset;
}
/** Stored so that bytes order as values do: UTC microseconds shifted above zero, then seconds west of UTC shifted above zero. */
const UTC_SHIFT = 2 ** 40;
const ZONE_SHIFT = 2 ** 20;
export const timetzType = makeType("timetz", {
  physical: PhysicalType.varlen,
  keyKind: KeyKind.bytes,
  formatModifier: precisionSuffix,
  parseModifier: (values) => precisionOf(values, "TIME"),
  input: (text, typmod, context) => parseTimeTz(text, typmod, context),
  output: (value) => formatTimeTz(value as TimeTz),
  receive: (bytes, typmod) => {
    const view = exactly(bytes, 12);
    const micros = Number(view.getBigInt64(0));
    const west = view.getInt32(8);
    if (micros < 0 || micros > 86_400_000_000) throw dataError("22008", "time out of range");
    if (Math.abs(west) >= 16 * 3600) throw dataError("22009", "time zone displacement out of range");
    return new TimeTz(roundMicros(micros, typmod) as number, -west);
  },
  send: (value) =>
    made(12, (view) => {
      view.setBigInt64(0, BigInt((value as TimeTz).micros));
      view.setInt32(8, -(value as TimeTz).offset);
    }),
  toStorage: (value) =>
    made(12, (view) => {
      view.setBigUint64(0, BigInt(utcMicros(value as TimeTz) + UTC_SHIFT));
      view.setUint32(8, ZONE_SHIFT - (value as TimeTz).offset);
    }),
  fromStorage: (bytes) => {
    const view = exactly(bytes, 12);
    const offset = ZONE_SHIFT - view.getUint32(8);
    return new TimeTz(Number(view.getBigUint64(0)) - UTC_SHIFT + offset * 1_000_000, offset);
  },
  coerceModifier: (value, typmod) => new TimeTz(roundMicros((value as TimeTz).micros, typmod) as number, (value as TimeTz).offset),
  compare: (left, right) => compareTimeTzs(left as TimeTz, right as TimeTz),
  hashKey: (value) => `${utcMicros(value as TimeTz)} ${(value as TimeTz).offset}`,
});
