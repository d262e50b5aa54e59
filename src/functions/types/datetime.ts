/** date, time, timestamp, timestamptz, interval as types; their text is in datetime/. */
import { type Datum, Interval, invalidInput, invalidParameter, KeyKind, PhysicalType } from "../../types/index.js";
import { checkedDate, checkedTimestamp, roundMicros } from "../datetime/calendar.js";
import { formatDate, formatTime, formatTimestamp, formatTimestampTz } from "../datetime/format.js";
import { adjust, compareIntervals, formatInterval, parseInterval, totalMicros } from "../datetime/interval.js";
import { parseDate, parseTime, parseTimestamp } from "../datetime/parse.js";
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
  /** [precision], or as the grammar gives it: [range mask] or [range mask, precision] when the first is above 6. */
  parseModifier: (values) => {
    const first = Number(values[0]);
    if (values.length === 2) return ((first & 0x7fff) << 16) | Math.min(Number(values[1]), 6);
    if (first > 6) return ((first & 0x7fff) << 16) | 0xffff;
    return (0x7fff << 16) | precisionOf(values, "INTERVAL");
  },
  input: (text, typmod) => parseInterval(text, typmod),
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
