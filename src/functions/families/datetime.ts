/** Arithmetic, casts and everyday functions of dates, times and intervals. */
import {
  type Datum,
  DbError,
  dataError,
  datetimeOutOfRange,
  Interval,
  intervalOutOfRange,
  invalidParameter,
  type Numeric,
} from "../../types/index.js";
import {
  addMicros,
  checkedDate,
  checkedTimestamp,
  civilOf,
  dateToTimestamp,
  daysInMonth,
  daysOf,
  isInfinite,
  join,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  MICROS_PER_MINUTE,
  MICROS_PER_SECOND,
  roundMicros,
  split,
  timestampToDate,
  UNIX_EPOCH_SECONDS,
  weekday,
} from "../datetime/calendar.js";
import { extractField, extractIntervalField, extractTimeField } from "../datetime/fields.js";
import { formatTime } from "../datetime/format.js";
import { addIntervals, adjust, formatInterval, negateInterval, scaleInterval } from "../datetime/interval.js";
import { truncateInterval, truncateTimestamp } from "../datetime/truncate.js";
import { fixedZone, toLocal, toUtc, type Zone, zoneOf, zoneOrAbbreviation } from "../datetime/zones.js";
import type { EvaluationContext, ScalarBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { formatGeneral } from "../types/floats.js";
import { type Int64, int64 } from "../types/integers.js";
import { roundHalfEven } from "./float-math.js";
import { numericToFloat8 } from "./number-casts.js";

type Bodies = Record<string, ScalarBody>;
const session = (context: EvaluationContext): Zone => zoneOf(context.timeZone);

function addMonths(days: number, months: number): number {
  const { year, month, day } = civilOf(days);
  const total = year * 12 + (month - 1) + months;
  const newYear = Math.floor(total / 12);
  const newMonth = total - newYear * 12 + 1;
  return daysOf(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)));
}
/** Months first (the day of month clipped), then days, then microseconds. */
export function addToTimestamp(timestamp: Int64, interval: Interval): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  let result = timestamp;
  if (interval.months !== 0 || interval.days !== 0) {
    const parts = split(timestamp);
    const days = (interval.months === 0 ? parts.days : addMonths(parts.days, interval.months)) + interval.days;
    if (Math.abs(days) > 110_000_000) throw datetimeOutOfRange("timestamp");
    result = join(days, parts.micros);
  }
  return addMicros(result, interval.micros);
}
/** Months and days move the wall clock of the zone, microseconds the instant. */
export function addToTimestampTz(timestamp: Int64, interval: Interval, zone: Zone): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  let result = timestamp;
  if (interval.months !== 0 || interval.days !== 0)
    result = toUtc(addToTimestamp(toLocal(timestamp, zone), new Interval(interval.months, interval.days, 0)), zone);
  return addMicros(result, interval.micros);
}
function difference(a: Int64, b: Int64): Interval {
  if (isInfinite(a) || isInfinite(b)) throw new DbError({ sqlstate: "22008", message: "cannot subtract infinite timestamps" });
  const micros = BigInt(a) - BigInt(b);
  return new Interval(0, Number(micros / 86_400_000_000n), Number(micros % 86_400_000_000n));
}
function addDays(date: number, days: number): number {
  if (!Number.isFinite(date)) return date;
  return checkedDate(date + days);
}
export function dayMicros(value: Int64): number {
  const day = typeof value === "bigint" ? Number(value % 86_400_000_000n) : value % MICROS_PER_DAY;
  return day < 0 ? day + MICROS_PER_DAY : day + 0;
}
function timeOf(timestamp: Int64): Datum {
  return isInfinite(timestamp) ? null : split(timestamp).micros;
}

/** Wed Nov 26 11:38:23.123456 2026 UTC */
function timeOfDay(instant: Int64, zone: Zone): string {
  const { days, micros } = split(toLocal(instant, zone));
  const { year, month, day } = civilOf(days);
  const names = (list: string, i: number) => list.slice(3 * i, 3 * i + 3);
  const clock = `${formatTime(micros - (micros % MICROS_PER_SECOND))}.${String(micros % MICROS_PER_SECOND).padStart(6, "0")}`;
  return `${names("SunMonTueWedThuFriSat", weekday(days))} ${names("JanFebMarAprMayJunJulAugSepOctNovDec", month - 1)} ${pad(day)} ${clock} ${year} ${zone.abbreviationAt(instant)}`;
}

/** Years, months, days and the rest by the calendar, from the later to the earlier. */
function age(a: Int64, b: Int64): Interval {
  if (isInfinite(a) || isInfinite(b)) throw datetimeOutOfRange("timestamp");
  const negative = a < b;
  const [late, early] = negative ? [b, a] : [a, b];
  const x = split(late);
  const y = split(early);
  const to = civilOf(x.days);
  const from = civilOf(y.days);
  let micros = x.micros - y.micros;
  let days = to.day - from.day;
  let months = (to.year - from.year) * 12 + to.month - from.month;
  if (micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  }
  // Months are borrowed at the length of the earlier date's month.
  while (days < 0) {
    days += daysInMonth(from.year, from.month);
    months--;
  }
  const result = new Interval(months, days, micros);
  return negative ? negateInterval(result) : result;
}
function justifyHours(value: Interval): Interval {
  let whole = Number(BigInt(value.micros) / 86_400_000_000n);
  let micros = Number(BigInt(value.micros) % 86_400_000_000n);
  let days = value.days + whole;
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  whole = days;
  if (whole !== (whole | 0)) throw intervalOutOfRange();
  return new Interval(value.months, days, micros);
}
function justifyDays(value: Interval): Interval {
  const whole = Math.trunc(value.days / 30);
  let days = value.days - whole * 30;
  let months = value.months + whole;
  if (months > 0 && days < 0) {
    days += 30;
    months--;
  } else if (months < 0 && days > 0) {
    days -= 30;
    months++;
  }
  return new Interval(months, days + 0, value.micros);
}
function justifyInterval(value: Interval): Interval {
  const hours = justifyHours(new Interval(0, value.days, value.micros));
  let { days } = hours;
  let micros = hours.micros as number;
  const whole = Math.trunc(days / 30);
  days -= whole * 30;
  let months = value.months + whole;
  if (months > 0 && (days < 0 || (days === 0 && micros < 0))) {
    days += 30;
    months--;
  } else if (months < 0 && (days > 0 || (days === 0 && micros > 0))) {
    days -= 30;
    months++;
  }
  if (days > 0 && micros < 0) {
    micros += MICROS_PER_DAY;
    days--;
  } else if (days < 0 && micros > 0) {
    micros -= MICROS_PER_DAY;
    days++;
  }
  return new Interval(months, days + 0, micros);
}

function makeDate(year: number, month: number, day: number): number {
  const bad = () => new DbError({ sqlstate: "22008", message: `date field value out of range: ${year}-${pad(month)}-${pad(day)}` });
  const astronomical = year < 0 ? year + 1 : year;
  if (year === 0 || month < 1 || month > 12 || day < 1 || day > daysInMonth(astronomical, month)) throw bad();
  return checkedDate(daysOf(astronomical, month, day), `${year}-${pad(month)}-${pad(day)}`);
}
const pad = (n: number) => String(n).padStart(2, "0");
function makeTime(hour: number, minute: number, second: number): number {
  const micros = Math.round(second * MICROS_PER_SECOND);
  const valid =
    hour >= 0 &&
    minute >= 0 &&
    minute <= 59 &&
    second >= 0 &&
    micros <= 60 * MICROS_PER_SECOND &&
    (hour < 24 || (hour === 24 && minute === 0 && micros === 0));
  if (!valid)
    throw new DbError({
      sqlstate: "22008",
      message: `time field value out of range: ${hour}:${pad(minute)}:${formatGeneral(second, 6).padStart(2, "0")}`,
    });
  return hour * MICROS_PER_HOUR + minute * MICROS_PER_MINUTE + micros;
}
function makeTimestamp(y: number, mo: number, d: number, h: number, mi: number, s: number): Int64 {
  return join(makeDate(y, mo, d), makeTime(h, mi, s));
}

function bin(stride: Interval, source: Int64, origin: Int64): Int64 {
  if (isInfinite(source)) return source;
  if (isInfinite(origin)) throw new DbError({ sqlstate: "22008", message: "origin out of range" });
  if (stride.months !== 0)
    throw new DbError({ sqlstate: "0A000", message: "timestamps cannot be binned into intervals containing months or years" });
  const step = BigInt(stride.days) * 86_400_000_000n + BigInt(stride.micros);
  if (step <= 0n) throw new DbError({ sqlstate: "22008", message: "stride must be greater than zero" });
  const distance = BigInt(source) - BigInt(origin);
  let whole = distance / step;
  if (distance % step < 0n) whole -= 1n;
  return int64(BigInt(origin) + whole * step);
}

function zoneFromInterval(value: Interval, context: EvaluationContext): Zone {
  if (value.months !== 0 || value.days !== 0)
    throw invalidParameter(`interval time zone "${formatInterval(value, context)}" must not include months or days`);
  return fixedZone("", Math.trunc(Number(value.micros) / MICROS_PER_SECOND));
}
/** A zone as make_timestamptz takes it: an offset with its sign, an abbreviation or a name. */
function writtenZone(name: string): Zone {
  const offset = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?$/.exec(name);
  if (offset === null) {
    if (/^\d/.test(name))
      throw dataError(
        "22023",
        `invalid input syntax for type numeric time zone: "${name}"`,
        undefined,
        'Numeric time zones must have "-" or "+" as first character.',
      );
    return zoneOrAbbreviation(name);
  }
  const hours = Number(offset[2]);
  const minutes = Number(offset[3] ?? 0);
  const seconds = Number(offset[4] ?? 0);
  if (hours > 15 || minutes > 59 || seconds > 59) throw dataError("22023", `numeric time zone "${name}" out of range`);
  return fixedZone(name, (offset[1] === "-" ? -1 : 1) * ((hours * 60 + minutes) * 60 + seconds));
}

function toTimestampFromEpoch(seconds: number): Int64 {
  if (Number.isNaN(seconds)) throw new DbError({ sqlstate: "22008", message: "timestamp cannot be NaN" });
  if (!Number.isFinite(seconds)) return seconds;
  const whole = Math.floor(seconds);
  const fraction = roundHalfEven((seconds - whole) * MICROS_PER_SECOND);
  if (Math.abs(whole) > 9.3e12) throw new DbError({ sqlstate: "22008", message: `timestamp out of range: "${formatGeneral(seconds, 6)}"` });
  return checkedTimestamp(BigInt(whole - UNIX_EPOCH_SECONDS) * 1_000_000n + BigInt(fraction));
}
const asFloat = (value: Datum): Datum => (value === null ? null : numericToFloat8(value as Numeric));

const scalars: Bodies = {
  date_mi: (_c, a: number, b: number) => {
    if (!Number.isFinite(a) || !Number.isFinite(b)) throw new DbError({ sqlstate: "22008", message: "cannot subtract infinite dates" });
    return a - b;
  },
  date_pli: (_c, a: number, b: number) => addDays(a, b),
  date_mii: (_c, a: number, b: number) => addDays(a, -b),
  integer_pl_date: (_c, a: number, b: number) => addDays(b, a),
  date_pl_interval: (_c, a: number, i: Interval) => addToTimestamp(dateToTimestamp(a), i),
  date_mi_interval: (_c, a: number, i: Interval) => addToTimestamp(dateToTimestamp(a), negateInterval(i)),
  interval_pl_date: (_c, i: Interval, a: number) => addToTimestamp(dateToTimestamp(a), i),
  datetime_pl: (_c, d: number, t: number) => (Number.isFinite(d) ? addMicros(dateToTimestamp(d), t) : d),
  timedate_pl: (_c, t: number, d: number) => (Number.isFinite(d) ? addMicros(dateToTimestamp(d), t) : d),
  "timestamp(date,time)": (_c, d: number, t: number) => (Number.isFinite(d) ? addMicros(dateToTimestamp(d), t) : d),
  "timestamptz(date,time)": (c, d: number, t: number) => (Number.isFinite(d) ? toUtc(addMicros(dateToTimestamp(d), t), session(c)) : d),
  timestamp_mi: (_c, a: Int64, b: Int64) => difference(a, b),
  timestamptz_mi: (_c, a: Int64, b: Int64) => difference(a, b),
  timestamp_pl_interval: (_c, t: Int64, i: Interval) => addToTimestamp(t, i),
  timestamp_mi_interval: (_c, t: Int64, i: Interval) => addToTimestamp(t, negateInterval(i)),
  interval_pl_timestamp: (_c, i: Interval, t: Int64) => addToTimestamp(t, i),
  timestamptz_pl_interval: (c, t: Int64, i: Interval) => addToTimestampTz(t, i, session(c)),
  timestamptz_mi_interval: (c, t: Int64, i: Interval) => addToTimestampTz(t, negateInterval(i), session(c)),
  interval_pl_timestamptz: (c, i: Interval, t: Int64) => addToTimestampTz(t, i, session(c)),
  interval_um: (_c, i: Interval) => negateInterval(i),
  interval_pl: (_c, a: Interval, b: Interval) => addIntervals(a, b),
  interval_mi: (_c, a: Interval, b: Interval) => addIntervals(a, negateInterval(b)),
  interval_mul: (_c, i: Interval, f: number) => scaleInterval(i, (n) => n * f),
  mul_d_interval: (_c, f: number, i: Interval) => scaleInterval(i, (n) => n * f),
  interval_div: (_c, i: Interval, f: number) => {
    if (f === 0) throw new DbError({ sqlstate: "22012", message: "division by zero" });
    return scaleInterval(i, (n) => n / f);
  },
  time_mi_time: (_c, a: number, b: number) => new Interval(0, 0, a - b),
  time_pl_interval: (_c, t: number, i: Interval) => dayMicros(t + dayMicros(i.micros)),
  interval_pl_time: (_c, i: Interval, t: number) => dayMicros(t + dayMicros(i.micros)),
  time_mi_interval: (_c, t: number, i: Interval) => dayMicros(t - dayMicros(i.micros)),
  // Casts.
  "timestamp(date)": (_c, d: number) => dateToTimestamp(d),
  "date(timestamp)": (_c, t: Int64) => timestampToDate(t),
  "timestamptz(date)": (c, d: number) => toUtc(dateToTimestamp(d), session(c)),
  "date(timestamptz)": (c, t: Int64) => timestampToDate(toLocal(t, session(c))),
  "timestamptz(timestamp)": (c, t: Int64) => toUtc(t, session(c)),
  "timestamp(timestamptz)": (c, t: Int64) => toLocal(t, session(c)),
  "time(timestamp)": (_c, t: Int64) => timeOf(t),
  "time(timestamptz)": (c, t: Int64) => timeOf(toLocal(t, session(c))),
  "time(interval)": (_c, i: Interval) => dayMicros(i.micros),
  "interval(time)": (_c, t: number) => new Interval(0, 0, t),
  "interval(interval,int4)": (_c, i: Interval, typmod: number) => adjust(i, typmod),
  "timestamp(timestamp,int4)": (_c, t: Int64, typmod: number) => roundMicros(t, typmod),
  "timestamptz(timestamptz,int4)": (_c, t: Int64, typmod: number) => roundMicros(t, typmod),
  "time(time,int4)": (_c, t: number, typmod: number) => roundMicros(t, typmod),
  // Now.
  now: (c: EvaluationContext) => c.transactionTimeMicros,
  transaction_timestamp: (c: EvaluationContext) => c.transactionTimeMicros,
  statement_timestamp: (c: EvaluationContext) => c.statementTimeMicros,
  clock_timestamp: (c: EvaluationContext) => c.clockMicros(),
  timeofday: (c: EvaluationContext) => timeOfDay(c.clockMicros(), session(c)),
  // Parts.
  "extract(text,date)": (_c, f: string, d: number) => extractField(f, dateToTimestamp(d), "date", undefined),
  "extract(text,timestamp)": (_c, f: string, t: Int64) => extractField(f, t, "timestamp without time zone", undefined),
  "extract(text,timestamptz)": (c, f: string, t: Int64) => extractField(f, t, "timestamp with time zone", session(c)),
  "extract(text,interval)": (_c, f: string, i: Interval) => extractIntervalField(f, i),
  "extract(text,time)": (_c, f: string, t: number) => extractTimeField(f, t),
  "date_part(text,date)": (_c, f: string, d: number) =>
    asFloat(extractField(f, dateToTimestamp(d), "timestamp without time zone", undefined)),
  "date_part(text,timestamp)": (_c, f: string, t: Int64) => asFloat(extractField(f, t, "timestamp without time zone", undefined)),
  "date_part(text,timestamptz)": (c, f: string, t: Int64) => asFloat(extractField(f, t, "timestamp with time zone", session(c))),
  "date_part(text,interval)": (_c, f: string, i: Interval) => asFloat(extractIntervalField(f, i)),
  "date_part(text,time)": (_c, f: string, t: number) => asFloat(extractTimeField(f, t)),
  "date_trunc(text,timestamp)": (_c, f: string, t: Int64) => truncateTimestamp(f, t, "timestamp without time zone"),
  "date_trunc(text,timestamptz)": (c, f: string, t: Int64) =>
    toUtc(truncateTimestamp(f, toLocal(t, session(c)), "timestamp with time zone"), session(c)),
  "date_trunc(text,timestamptz,text)": (_c, f: string, t: Int64, z: string) =>
    toUtc(truncateTimestamp(f, toLocal(t, zoneOrAbbreviation(z)), "timestamp with time zone"), zoneOrAbbreviation(z)),
  "date_trunc(text,interval)": (_c, f: string, i: Interval) => truncateInterval(f, i),
  "date_bin(interval,timestamp,timestamp)": (_c, i: Interval, t: Int64, o: Int64) => bin(i, t, o),
  "date_bin(interval,timestamptz,timestamptz)": (_c, i: Interval, t: Int64, o: Int64) => bin(i, t, o),
  "age(timestamp,timestamp)": (_c, a: Int64, b: Int64) => age(a, b),
  "age(timestamptz,timestamptz)": (c, a: Int64, b: Int64) => age(toLocal(a, session(c)), toLocal(b, session(c))),
  "age(timestamp)": (c, t: Int64) => age(dateToTimestamp(split(toLocal(c.transactionTimeMicros, session(c))).days), t),
  "age(timestamptz)": (c, t: Int64) =>
    age(dateToTimestamp(split(toLocal(c.transactionTimeMicros, session(c))).days), toLocal(t, session(c))),
  justify_hours: (_c, i: Interval) => justifyHours(i),
  justify_days: (_c, i: Interval) => justifyDays(i),
  justify_interval: (_c, i: Interval) => justifyInterval(i),
  "isfinite(date)": (_c, d: number) => Number.isFinite(d),
  "isfinite(timestamp)": (_c, t: Int64) => !isInfinite(t),
  "isfinite(timestamptz)": (_c, t: Int64) => !isInfinite(t),
  "isfinite(interval)": () => true,
  make_date: (_c, y: number, m: number, d: number) => makeDate(y, m, d),
  make_time: (_c, h: number, m: number, s: number) => makeTime(h, m, s),
  make_timestamp: (_c, y: number, mo: number, d: number, h: number, mi: number, s: number) => makeTimestamp(y, mo, d, h, mi, s),
  "make_timestamptz(int4,int4,int4,int4,int4,float8)": (c, y: number, mo: number, d: number, h: number, mi: number, s: number) =>
    toUtc(makeTimestamp(y, mo, d, h, mi, s), session(c)),
  "make_timestamptz(int4,int4,int4,int4,int4,float8,text)": (
    _c,
    y: number,
    mo: number,
    d: number,
    h: number,
    mi: number,
    s: number,
    z: string,
  ) => toUtc(makeTimestamp(y, mo, d, h, mi, s), writtenZone(z)),
  make_interval: (_c, y: number, mo: number, w: number, d: number, h: number, mi: number, s: number) => {
    if (!Number.isFinite(s)) throw intervalOutOfRange();
    return new Interval(y * 12 + mo, w * 7 + d, int64(BigInt(h) * 3_600_000_000n + BigInt(mi) * 60_000_000n + BigInt(Math.round(s * 1e6))));
  },
  "to_timestamp(float8)": (_c, s: number) => toTimestampFromEpoch(s),
  "timezone(text,timestamp)": (_c, z: string, t: Int64) => toUtc(t, zoneOrAbbreviation(z)),
  "timezone(text,timestamptz)": (_c, z: string, t: Int64) => toLocal(t, zoneOrAbbreviation(z)),
  "timezone(interval,timestamp)": (c, z: Interval, t: Int64) => toUtc(t, zoneFromInterval(z, c)),
  "timezone(interval,timestamptz)": (c, z: Interval, t: Int64) => toLocal(t, zoneFromInterval(z, c)),
};
for (const type of ["timestamp", "timestamptz"]) {
  scalars[`${type}_larger`] = (_c, a: Int64, b: Int64) => (a > b ? a : b);
  scalars[`${type}_smaller`] = (_c, a: Int64, b: Int64) => (a < b ? a : b);
}

/** OVERLAPS: each period is two instants, or an instant and a length. A NULL leaves the answer open unless the rest decides. */
type Advance = (context: EvaluationContext, value: Int64, length: Interval) => Int64;
const advances: Readonly<Record<string, Advance>> = {
  timestamp: (_c, t, i) => addToTimestamp(t, i),
  timestamptz: (c, t, i) => addToTimestampTz(t, i, session(c)),
  time: (_c, t, i) => dayMicros((t as number) + dayMicros(i.micros)),
};
for (const [type, advance] of Object.entries(advances))
  for (const first of [type, "interval"])
    for (const second of [type, "interval"])
      scalars[`overlaps(${type},${first},${type},${second})`] = (
        c,
        a: Int64 | null,
        b: Int64 | Interval | null,
        x: Int64 | null,
        y: Int64 | Interval | null,
      ) => {
        const end = (start: Int64 | null, value: Int64 | Interval | null) =>
          value instanceof Interval ? (start === null ? null : advance(c, start, value)) : value;
        return overlaps(a, end(a, b), x, end(x, y), compareInstants);
      };
/** `compare` orders the ends of periods. */
export function overlaps<T>(a: T | null, b: T | null, x: T | null, y: T | null, compare: (p: T, q: T) => number): boolean | null {
  const order = (p: T | null, q: T | null): readonly [T | null, T | null] =>
    p === null ? [q, null] : q === null || compare(p, q) <= 0 ? [p, q] : [q, p];
  const [s1, e1] = order(a, b);
  const [s2, e2] = order(x, y);
  if (s1 === null || s2 === null) return null;
  const starts = compare(s1, s2);
  if (starts === 0) return e1 === null || e2 === null ? null : true;
  const [laterStart, earlierEnd, laterEnd] = starts > 0 ? [s1, e2, e1] : [s2, e1, e2];
  if (earlierEnd === null) return null;
  if (compare(laterStart, earlierEnd) < 0) return true;
  return laterEnd === null ? null : false;
}
const compareInstants = (p: Int64, q: Int64) => (p < q ? -1 : p > q ? 1 : 0);

export const datetimeFamily: Family = { scalars };
