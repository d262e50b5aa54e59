/** extract(): one field of a timestamp, time or interval, as numeric with the scale PostgreSQL gives it. */
import { DbError, type Interval, invalidParameter, Numeric, type TimeTz } from "../../types/index.js";
import { add, divide } from "../numeric/arithmetic.js";
import { INFINITY, NEGATIVE_INFINITY } from "../numeric/numeric-value.js";
import type { Int64 } from "../types/integers.js";
import { civilOf, daysOf, isInfinite, JULIAN_OF_EPOCH, split, UNIX_EPOCH_SECONDS, weekday } from "./calendar.js";
import { toLocal, type Zone } from "./zones.js";

const aliases: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    microsecond: "us usec usecs microsecond microseconds",
    millisecond: "ms msec msecs millisecond milliseconds",
    second: "s sec secs second seconds",
    minute: "m min mins minute minutes",
    hour: "h hr hrs hour hours",
    day: "d day days",
    week: "w week weeks",
    month: "mon mons month months",
    quarter: "qtr quarter",
    year: "y yr yrs year years",
    decade: "dec decs decade decades",
    century: "c cent century centuries",
    millennium: "mil mils millennium millennia",
    julian: "j jd julian",
    isoyear: "isoyear",
    dow: "dow",
    isodow: "isodow",
    doy: "doy",
    epoch: "epoch",
    timezone: "timezone",
    timezone_hour: "timezone_h timezone_hour",
    timezone_minute: "timezone_m timezone_minute",
  }).flatMap(([name, words]) => words.split(" ").map((word) => [word, name])),
);
export function fieldName(text: string): string | undefined {
  return aliases[text.toLowerCase()];
}
export const unknownUnit = (unit: string, type: string) => invalidParameter(`unit "${unit.toLowerCase()}" not recognized for type ${type}`);
export const unsupportedUnit = (unit: string, type: string) =>
  new DbError({ sqlstate: "0A000", message: `unit "${unit.toLowerCase()}" not supported for type ${type}` });

const whole = (value: number | bigint) => new Numeric(BigInt(value), 0);
const scaled = (value: bigint, scale: number) => new Numeric(value, scale);
const ascending = new Set(["year", "decade", "century", "millennium", "julian", "isoyear", "epoch"]);
const timeOfDay = new Set(["microsecond", "millisecond", "second", "minute", "hour", "timezone", "timezone_hour", "timezone_minute"]);

/** Year and week of ISO 8601: week 1 holds the year's first Thursday. */
export function isoWeek(days: number): { year: number; week: number } {
  const monday = days - ((weekday(days) + 6) % 7);
  const { year } = civilOf(monday + 3);
  const first = daysOf(year, 1, 4);
  const firstMonday = first - ((weekday(first) + 6) % 7);
  return { year, week: (monday - firstMonday) / 7 + 1 };
}
/** There is no year 0 in what people see: 1 BC is -1. */
const shownYear = (year: number) => (year > 0 ? year : year - 1);

export function extractField(unit: string, timestamp: Int64, type: string, zone: Zone | undefined): Numeric | null {
  const field = fieldName(unit);
  if (field === undefined) throw unknownUnit(unit, type);
  if (type === "date" && timeOfDay.has(field)) throw unsupportedUnit(unit, type);
  if (isInfinite(timestamp)) return ascending.has(field) ? (timestamp > 0 ? INFINITY : NEGATIVE_INFINITY) : null;
  if (zone === undefined && field.startsWith("timezone")) throw unsupportedUnit(unit, type);
  if (field === "epoch") {
    const micros = BigInt(timestamp) + BigInt(UNIX_EPOCH_SECONDS) * 1_000_000n;
    return type === "date" ? whole(micros / 1_000_000n) : scaled(micros, 6);
  }
  if (field.startsWith("timezone")) {
    const offset = zone!.offsetAt(timestamp);
    return whole(field === "timezone" ? offset : field === "timezone_hour" ? Math.trunc(offset / 3600) : Math.trunc((offset % 3600) / 60));
  }
  const { days, micros } = split(zone === undefined ? timestamp : toLocal(timestamp, zone));
  const clock = clockField(field, micros);
  if (clock !== undefined) return clock;
  const { year, month, day } = civilOf(days);
  switch (field) {
    case "day":
      return whole(day);
    case "month":
      return whole(month);
    case "quarter":
      return whole(Math.floor((month - 1) / 3) + 1);
    case "week":
      return whole(isoWeek(days).week);
    case "year":
      return whole(shownYear(year));
    case "isoyear":
      return whole(shownYear(isoWeek(days).year));
    case "decade":
      return whole(Math.floor(year / 10));
    case "century":
      return whole(year > 0 ? Math.floor((year + 99) / 100) : -Math.floor((99 - (year - 1)) / 100));
    case "millennium":
      return whole(year > 0 ? Math.floor((year + 999) / 1000) : -Math.floor((999 - (year - 1)) / 1000));
    case "dow":
      return whole(weekday(days));
    case "isodow":
      return whole(weekday(days) || 7);
    case "doy":
      return whole(days - daysOf(year, 1, 1) + 1);
    case "julian": {
      const julian = days + JULIAN_OF_EPOCH;
      if (type === "date") return whole(julian);
      return add(whole(julian), divide(whole(micros), whole(86_400_000_000)));
    }
    default:
      throw unsupportedUnit(unit, type);
  }
}

function clockField(field: string, micros: number): Numeric | undefined {
  switch (field) {
    case "microsecond":
      return whole(micros % 60_000_000);
    case "millisecond":
      return scaled(BigInt(micros % 60_000_000), 3);
    case "second":
      return scaled(BigInt(micros % 60_000_000), 6);
    case "minute":
      return whole(Math.floor(micros / 60_000_000) % 60);
    case "hour":
      return whole(Math.floor(micros / 3_600_000_000));
    default:
      return undefined;
  }
}

export function extractTimeField(unit: string, micros: number): Numeric {
  const type = "time without time zone";
  const field = fieldName(unit);
  if (field === undefined) throw unknownUnit(unit, type);
  if (field === "epoch") return scaled(BigInt(micros), 6);
  const value = clockField(field, micros);
  if (value === undefined) throw unsupportedUnit(unit, type);
  return value;
}

export function extractTimeTzField(unit: string, value: TimeTz): Numeric {
  const type = "time with time zone";
  const field = fieldName(unit);
  if (field === undefined) throw unknownUnit(unit, type);
  switch (field) {
    case "timezone":
      return whole(value.offset);
    case "timezone_hour":
      return whole(Math.trunc(value.offset / 3600));
    case "timezone_minute":
      return whole(Math.trunc((value.offset % 3600) / 60));
    case "epoch":
      return scaled(BigInt(value.micros) - BigInt(value.offset) * 1_000_000n, 6);
  }
  const clock = clockField(field, value.micros);
  if (clock === undefined) throw unsupportedUnit(unit, type);
  return clock;
}

export function extractIntervalField(unit: string, value: Interval): Numeric {
  const field = fieldName(unit);
  if (field === undefined) throw unknownUnit(unit, "interval");
  const micros = BigInt(value.micros);
  const years = Math.trunc(value.months / 12);
  switch (field) {
    case "microsecond":
      return whole(micros % 60_000_000n);
    case "millisecond":
      return scaled(micros % 60_000_000n, 3);
    case "second":
      return scaled(micros % 60_000_000n, 6);
    case "minute":
      return whole((micros / 60_000_000n) % 60n);
    case "hour":
      return whole(micros / 3_600_000_000n);
    case "day":
      return whole(value.days);
    case "month":
      return whole(value.months % 12);
    case "quarter":
      return whole(Math.trunc((value.months % 12) / 3) + 1);
    case "year":
      return whole(years);
    case "decade":
      return whole(Math.trunc(years / 10));
    case "century":
      return whole(Math.trunc(years / 100));
    case "millennium":
      return whole(Math.trunc(years / 1000));
    case "epoch": {
      // Years of 365.25 days, months of 30.
      const quarterDays = BigInt(years) * 1461n + BigInt(value.months % 12) * 120n + BigInt(value.days) * 4n;
      return scaled(quarterDays * 21_600_000_000n + micros, 6);
    }
    default:
      throw unsupportedUnit(unit, "interval");
  }
}
