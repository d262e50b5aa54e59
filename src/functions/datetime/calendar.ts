/**
 * Dates and instants as counts: days and microseconds since 2000-01-01, proleptic Gregorian calendar. Years here are astronomical:
 * 0 is 1 BC.
 */
import { dataError, datetimeOutOfRange } from "../../types/index.js";
import type { Int64 } from "../types/integers.js";
import { int64 } from "../types/integers.js";

export const MICROS_PER_SECOND = 1_000_000;
export const MICROS_PER_MINUTE = 60_000_000;
export const MICROS_PER_HOUR = 3_600_000_000;
export const MICROS_PER_DAY = 86_400_000_000;
/** 1970-01-01 in days and seconds before 2000-01-01. */
export const UNIX_EPOCH_DAYS = 10957;
export const UNIX_EPOCH_SECONDS = 946_684_800;
export const JULIAN_OF_EPOCH = 2_451_545;
const MIN_DAYS = -2_451_545;
const END_DAYS = 2_147_483_494 - 2_451_545;
const MIN_TIMESTAMP = -211_813_488_000_000_000n;
const END_TIMESTAMP = 9_223_371_331_200_000_000n;

export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}
export interface SplitTimestamp {
  readonly days: number;
  readonly micros: number;
}

const EPOCH_SHIFT = 730_425; // days from 0000-03-01 to 2000-01-01

/** Source: Howard Hinnant, "chrono-compatible low-level date algorithms": eras of 400 years that start in March. */
export function daysOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - EPOCH_SHIFT;
}
export function civilOf(days: number): CivilDate {
  const z = days + EPOCH_SHIFT;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}
export function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
export function daysInMonth(year: number, month: number): number {
  return month === 2 ? (isLeap(year) ? 29 : 28) : month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
/** 0 = Sunday. */
export function weekday(days: number): number {
  return (((days + 6) % 7) + 7) % 7;
}

export function checkedDate(days: number, text?: string): number {
  if (days < MIN_DAYS || days >= END_DAYS) throw datetimeOutOfRange("date", text);
  return days;
}

export function isInfinite(value: Int64): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

/** Finite timestamps only. */
export function split(timestamp: Int64): SplitTimestamp {
  if (typeof timestamp === "number") {
    const days = Math.floor(timestamp / MICROS_PER_DAY);
    const micros = timestamp - days * MICROS_PER_DAY;
    // The quotient of a double division may round up to the next day.
    return micros < 0 ? { days: days - 1, micros: micros + MICROS_PER_DAY } : { days, micros };
  }
  let days = timestamp / 86_400_000_000n;
  let micros = timestamp % 86_400_000_000n;
  if (micros < 0n) {
    days -= 1n;
    micros += 86_400_000_000n;
  }
  return { days: Number(days), micros: Number(micros) };
}
/** `micros` may lie outside one day. 22008 outside PostgreSQL's range. */
export function join(days: number, micros: number): Int64 {
  const total = days * MICROS_PER_DAY + micros;
  if (Number.isSafeInteger(total)) return total;
  return checkedTimestamp(BigInt(days) * 86_400_000_000n + BigInt(micros));
}
export function checkedTimestamp(value: bigint, text?: string): Int64 {
  if (value < MIN_TIMESTAMP || value >= END_TIMESTAMP) throw datetimeOutOfRange("timestamp", text);
  return int64(value);
}
export function addMicros(timestamp: Int64, micros: Int64): Int64 {
  if (typeof timestamp === "number" && typeof micros === "number") {
    const sum = timestamp + micros;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return checkedTimestamp(BigInt(timestamp) + BigInt(micros));
}
export function dateToTimestamp(days: number): Int64 {
  if (!Number.isFinite(days)) return days;
  if (days * MICROS_PER_DAY >= 9_223_371_331_200_000_000) throw dataError("22008", "date out of range for timestamp");
  return join(days, 0);
}
export function timestampToDate(timestamp: Int64): number {
  return isInfinite(timestamp) ? (timestamp as number) : split(timestamp).days;
}

/** Rounds to `precision` decimal digits of seconds, half away from zero; -1 keeps all six. */
export function roundMicros(micros: Int64, precision: number): Int64 {
  if (precision < 0 || precision >= 6 || isInfinite(micros)) return micros;
  const unit = 10 ** (6 - precision);
  if (typeof micros === "bigint") {
    const u = BigInt(unit);
    return int64(micros >= 0n ? ((micros + u / 2n) / u) * u : -((-micros + u / 2n) / u) * u);
  }
  return micros >= 0 ? Math.floor((micros + unit / 2) / unit) * unit : -Math.floor((-micros + unit / 2) / unit) * unit + 0;
}
