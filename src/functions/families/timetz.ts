/** Operators, functions and casts of time with time zone. */
import { type Datum, type Interval, invalidParameter, type Numeric, TimeTz } from "../../types/index.js";
import { addMicros, dateToTimestamp, isInfinite, MICROS_PER_SECOND, roundMicros, split } from "../datetime/calendar.js";
import { extractTimeTzField } from "../datetime/fields.js";
import { formatInterval } from "../datetime/interval.js";
import { toLocal, type Zone, zoneOf, zoneOrAbbreviation } from "../datetime/zones.js";
import type { EvaluationContext, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { compareTimeTzs } from "../types/datetime.js";
import type { Int64 } from "../types/integers.js";
import { dayMicros, overlaps } from "./datetime.js";
import { numericToFloat8 } from "./number-casts.js";

const session = (context: EvaluationContext): Zone => zoneOf(context.timeZone);

function move(value: TimeTz, interval: Interval, sign: 1 | -1): TimeTz {
  return new TimeTz(dayMicros(value.micros + sign * dayMicros(interval.micros)), value.offset);
}
function toInstant(date: number, time: TimeTz): Int64 {
  if (!Number.isFinite(date)) return date;
  return addMicros(dateToTimestamp(date), time.micros - time.offset * MICROS_PER_SECOND);
}
function inZone(value: TimeTz, offset: number): TimeTz {
  return new TimeTz(dayMicros(value.micros + (offset - value.offset) * MICROS_PER_SECOND), offset);
}
function now(context: EvaluationContext): TimeTz {
  const zone = session(context);
  return new TimeTz(split(toLocal(context.transactionTimeMicros, zone)).micros, zone.offsetAt(context.transactionTimeMicros));
}

const scalars: Record<string, ScalarBody> = {
  timetz_larger: (_c, a: TimeTz, b: TimeTz) => (compareTimeTzs(a, b) > 0 ? a : b),
  timetz_smaller: (_c, a: TimeTz, b: TimeTz) => (compareTimeTzs(a, b) < 0 ? a : b),
  timetz_pl_interval: (_c, a: TimeTz, i: Interval) => move(a, i, 1),
  timetz_mi_interval: (_c, a: TimeTz, i: Interval) => move(a, i, -1),
  interval_pl_timetz: (_c, i: Interval, a: TimeTz) => move(a, i, 1),
  datetimetz_pl: (_c, d: number, t: TimeTz) => toInstant(d, t),
  timetzdate_pl: (_c, t: TimeTz, d: number) => toInstant(d, t),
  "timestamptz(date,timetz)": (_c, d: number, t: TimeTz) => toInstant(d, t),
  "timetz(timetz,int4)": (_c, a: TimeTz, typmod: number) => new TimeTz(roundMicros(a.micros, typmod) as number, a.offset),
  "timetz(time)": (c, t: number) => new TimeTz(t, now(c).offset),
  "time(timetz)": (_c, a: TimeTz) => a.micros,
  "timetz(timestamptz)": (c, t: Int64): Datum =>
    isInfinite(t) ? null : new TimeTz(split(toLocal(t, session(c))).micros, session(c).offsetAt(t)),
  "timezone(text,timetz)": (c, name: string, a: TimeTz) => inZone(a, zoneOrAbbreviation(name).offsetAt(c.transactionTimeMicros)),
  "timezone(interval,timetz)": (c, i: Interval, a: TimeTz) => {
    if (i.months !== 0 || i.days !== 0)
      throw invalidParameter(`interval time zone "${formatInterval(i, c)}" must not include months or days`);
    return inZone(a, Math.trunc(Number(i.micros) / MICROS_PER_SECOND));
  },
  "extract(text,timetz)": (_c, field: string, a: TimeTz) => extractTimeTzField(field, a),
  "date_part(text,timetz)": (_c, field: string, a: TimeTz): Datum => {
    const value: Numeric | null = extractTimeTzField(field, a);
    return value === null ? null : numericToFloat8(value);
  },
  "overlaps(timetz,timetz,timetz,timetz)": (_c, a: TimeTz | null, b: TimeTz | null, x: TimeTz | null, y: TimeTz | null) =>
    overlaps(a, b, x, y, compareTimeTzs),
};

export const timetzFamily: Family = { scalars };
