/** Intervals: text output, order, and the arithmetic that spills fractions from months to days to microseconds. */
import { type FormatContext, Interval, intervalOutOfRange } from "../../types/index.js";
import { add8, subtract8 } from "../families/integer-math.js";
import type { Int64 } from "../types/integers.js";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, roundMicros } from "./calendar.js";
import { formatFraction, two } from "./format.js";

const DAYS_PER_MONTH = 30;

const isInt32 = (n: number) => n === (n | 0);
/** interval(3), interval day to second: cuts fields that the declaration leaves out, rounds seconds. */
export function adjust(value: Interval, typmod: number): Interval {
  if (typmod < 0) return value;
  const range = (typmod >> 16) & 0x7fff;
  const precision = typmod & 0xffff;
  let { months, days, micros } = value;
  const has = (bit: number) => (range & (1 << bit)) !== 0;
  if (range !== 0x7fff) {
    if (range === 1 << 2) {
      months = Math.trunc(months / 12) * 12;
      days = 0;
      micros = 0;
    } else if (!has(3) && !has(10) && !has(11) && !has(12)) {
      days = 0;
      micros = 0;
    } else if (!has(12)) {
      const unit = has(11) ? MICROS_PER_MINUTE : has(10) ? MICROS_PER_HOUR : undefined;
      micros = unit === undefined ? 0 : subtract8(micros, typeof micros === "bigint" ? micros % BigInt(unit) : micros % unit);
    }
  }
  if (precision < 6) micros = roundMicros(micros, precision);
  return new Interval(months + 0, days, micros);
}

export function negateInterval(value: Interval): Interval {
  const months = -value.months + 0;
  const days = -value.days + 0;
  if (!isInt32(months) || !isInt32(days)) throw intervalOutOfRange();
  return new Interval(months, days, subtract8(0, value.micros));
}

/** Hours, minutes, seconds of microseconds of any size, all with the sign taken away. */
function clockParts(micros: Int64): { negative: boolean; hours: string; minutes: number; seconds: number; fraction: number } {
  const negative = micros < 0;
  const size = BigInt(micros) < 0n ? -BigInt(micros) : BigInt(micros);
  const seconds = Number((size / 1_000_000n) % 60n);
  return {
    negative,
    hours: (size / 3_600_000_000n).toString(),
    minutes: Number((size / 60_000_000n) % 60n),
    seconds,
    fraction: Number(size % 1_000_000n),
  };
}

export function formatInterval(value: Interval, context: FormatContext): string {
  switch (context.intervalStyle.toLowerCase()) {
    case "iso_8601":
      return formatIso(value);
    case "postgres_verbose":
      return formatVerbose(value);
    case "sql_standard":
      return formatSql(value);
    default:
      return formatPostgres(value);
  }
}
function formatPostgres(value: Interval): string {
  const parts: string[] = [];
  let before = false;
  const add = (amount: number, unit: string) => {
    if (amount === 0) return;
    parts.push(`${before && amount > 0 ? "+" : ""}${amount} ${unit}${amount !== 1 ? "s" : ""}`);
    before = amount < 0;
  };
  add(Math.trunc(value.months / 12), "year");
  add(value.months % 12, "mon");
  add(value.days, "day");
  if (parts.length === 0 || value.micros !== 0) {
    const clock = clockParts(value.micros);
    const sign = clock.negative ? "-" : before ? "+" : "";
    parts.push(`${sign}${clock.hours.padStart(2, "0")}:${two(clock.minutes)}:${two(clock.seconds)}${formatFraction(clock.fraction)}`);
  }
  return parts.join(" ");
}
function formatIso(value: Interval): string {
  const clock = clockParts(value.micros);
  const sign = clock.negative ? "-" : "";
  const part = (amount: number, unit: string) => (amount === 0 ? "" : `${amount}${unit}`);
  const date = part(Math.trunc(value.months / 12), "Y") + part(value.months % 12, "M") + part(value.days, "D");
  const seconds = clock.seconds !== 0 || clock.fraction !== 0 ? `${sign}${clock.seconds}${formatFraction(clock.fraction)}S` : "";
  const time = (clock.hours === "0" ? "" : `${sign}${clock.hours}H`) + (clock.minutes === 0 ? "" : `${sign}${clock.minutes}M`) + seconds;
  if (date === "" && time === "") return "PT0S";
  return `P${date}${time === "" ? "" : `T${time}`}`;
}
function formatVerbose(value: Interval): string {
  const parts: string[] = [];
  let flipped: boolean | undefined;
  const add = (amount: number, unit: string, text = String(Math.abs(amount))) => {
    if (amount === 0) return;
    flipped ??= amount < 0;
    const shown = flipped ? -amount : amount;
    parts.push(`${shown < 0 ? "-" : ""}${text} ${unit}${text !== "1" ? "s" : ""}`);
  };
  const clock = clockParts(value.micros);
  const sign = clock.negative ? -1 : 1;
  add(Math.trunc(value.months / 12), "year");
  add(value.months % 12, "mon");
  add(value.days, "day");
  add(sign * Number(clock.hours), "hour");
  add(sign * clock.minutes, "min");
  if (clock.seconds !== 0 || clock.fraction !== 0)
    add(sign * (clock.seconds + clock.fraction / 1e6), "sec", `${clock.seconds}${formatFraction(clock.fraction)}`);
  if (parts.length === 0) return "@ 0";
  return `@ ${parts.join(" ")}${flipped ? " ago" : ""}`;
}
function formatSql(value: Interval): string {
  const clock = clockParts(value.micros);
  const years = Math.trunc(value.months / 12);
  const months = value.months % 12;
  const time = `${clock.hours}:${two(clock.minutes)}:${two(clock.seconds)}${formatFraction(clock.fraction)}`;
  const negative = value.months < 0 || value.days < 0 || clock.negative;
  const positive = value.months > 0 || value.days > 0 || value.micros > 0;
  const hasDate = value.months !== 0;
  const hasTime = value.days !== 0 || value.micros !== 0;
  if (!hasDate && !hasTime) return "0";
  if ((negative && positive) || (hasDate && hasTime)) {
    const sign = (below: boolean) => (below ? "-" : "+");
    return `${sign(value.months < 0)}${Math.abs(years)}-${Math.abs(months)} ${sign(value.days < 0)}${Math.abs(value.days)} ${sign(clock.negative)}${time}`;
  }
  if (hasDate) return `${negative ? "-" : ""}${Math.abs(years)}-${Math.abs(months)}`;
  if (value.days !== 0) return `${negative ? "-" : ""}${Math.abs(value.days)} ${time}`;
  return `${negative ? "-" : ""}${time}`;
}

/** The order of intervals: months of 30 days, days of 24 hours. */
export function totalMicros(value: Interval): Int64 {
  const days = value.months * DAYS_PER_MONTH + value.days;
  if (typeof value.micros === "number") {
    const total = days * MICROS_PER_DAY + value.micros;
    if (Number.isSafeInteger(total)) return total;
  }
  const total = BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(value.micros);
  return total >= -9007199254740991n && total <= 9007199254740991n ? Number(total) : total;
}
export function compareIntervals(left: Interval, right: Interval): number {
  const a = totalMicros(left);
  const b = totalMicros(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

export function addIntervals(left: Interval, right: Interval): Interval {
  const months = left.months + right.months;
  const days = left.days + right.days;
  if (!isInt32(months) || !isInt32(days)) throw intervalOutOfRange();
  return new Interval(months, days, add8(left.micros, right.micros));
}
/** interval * float8 and, with 1 / factor's rounding left to division, interval / float8. */
export function scaleInterval(value: Interval, scale: (n: number) => number): Interval {
  const exactMonths = scale(value.months);
  const exactDays = scale(value.days);
  const months = Math.trunc(exactMonths);
  let days = Math.trunc(exactDays);
  if (!isInt32(months) || !isInt32(days)) throw intervalOutOfRange();
  // Spill as numeric.c's cousins do: month remainders to days, rounded to microseconds so that 0.1 month is 3 days.
  const monthRemainderDays = toMicrosPrecision((exactMonths - months) * DAYS_PER_MONTH);
  const wholeSpill = Math.trunc(monthRemainderDays);
  let seconds = toMicrosPrecision((exactDays - days + monthRemainderDays - wholeSpill) * 86400);
  if (Math.abs(seconds) >= 86400) {
    days += Math.trunc(seconds / 86400);
    seconds -= Math.trunc(seconds / 86400) * 86400;
  }
  days += wholeSpill;
  const micros = Math.round(scale(Number(value.micros)) + seconds * MICROS_PER_SECOND);
  if (!isInt32(days) || Math.abs(micros) > 9.2e18) throw intervalOutOfRange();
  return new Interval(months + 0, days + 0, Number.isSafeInteger(micros) ? micros + 0 : BigInt(micros));
}
const toMicrosPrecision = (value: number) => Math.round(value * 1e6) / 1e6;
