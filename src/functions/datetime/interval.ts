/** Intervals: text forms, order, and the arithmetic that spills fractions from months to days to microseconds. */
import { datetimeFieldOverflow, type FormatContext, Interval, invalidDatetime, outOfRange } from "../../types/index.js";
import { add8, multiply8, subtract8 } from "../families/integer-math.js";
import type { Int64 } from "../types/integers.js";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND, roundMicros } from "./calendar.js";
import { formatFraction, two } from "./format.js";

const DAYS_PER_MONTH = 30;

/** Builds up months, days and microseconds, each with fractions that spill downwards. */
class IntervalBuilder {
  months = 0;
  days = 0;
  micros: Int64 = 0;
  addMicros(amount: number): void {
    this.micros = add8(this.micros, Math.round(amount));
  }
  /** A count of microsecond-based units, the whole part exact. */
  addTime(whole: number, fraction: number, unit: number): void {
    this.micros = add8(this.micros, multiply8(whole, unit));
    if (fraction !== 0) this.addMicros(fraction * unit);
  }
  addDays(whole: number, fraction: number): void {
    this.days += whole;
    if (fraction !== 0) this.addMicros(fraction * MICROS_PER_DAY);
  }
  addFractionOfDays(amount: number): void {
    const whole = Math.trunc(amount);
    this.addDays(whole, amount - whole);
  }
  addMonths(whole: number, fraction: number): void {
    this.months += whole;
    if (fraction !== 0) this.addFractionOfDays(fraction * DAYS_PER_MONTH);
  }
  addYears(whole: number, fraction: number, yearsPerUnit: number): void {
    this.months += whole * 12 * yearsPerUnit + roundEven(fraction * 12 * yearsPerUnit);
  }
  build(text: string): Interval {
    if (!isInt32(this.months) || !isInt32(this.days)) throw datetimeFieldOverflow(text);
    return new Interval(this.months + 0, this.days + 0, this.micros);
  }
}
const isInt32 = (n: number) => n === (n | 0);
function roundEven(value: number): number {
  const rounded = Math.round(value);
  return Math.abs(value - Math.trunc(value)) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

const units: Record<string, (b: IntervalBuilder, whole: number, fraction: number) => void> = {};
const addUnits = (names: string, add: (b: IntervalBuilder, whole: number, fraction: number) => void) => {
  for (const name of names.split(" ")) units[name] = add;
};
addUnits("us usec usecs microsecond microseconds microsecon", (b, w, f) => b.addTime(w, f, 1));
addUnits("ms msec msecs millisecond milliseconds millisecon", (b, w, f) => b.addTime(w, f, 1000));
addUnits("s sec secs second seconds", (b, w, f) => b.addTime(w, f, MICROS_PER_SECOND));
addUnits("m min mins minute minutes", (b, w, f) => b.addTime(w, f, MICROS_PER_MINUTE));
addUnits("h hr hrs hour hours", (b, w, f) => b.addTime(w, f, MICROS_PER_HOUR));
addUnits("d day days", (b, w, f) => b.addDays(w, f));
addUnits("w week weeks", (b, w, f) => {
  b.days += w * 7;
  b.addFractionOfDays(f * 7);
});
addUnits("mon mons month months", (b, w, f) => b.addMonths(w, f));
addUnits("qtr quarter quarters", (b, w, f) => b.addMonths(w * 3, f * 3));
addUnits("y yr yrs year years", (b, w, f) => b.addYears(w, f, 1));
addUnits("dec decs decade decades", (b, w, f) => b.addYears(w, f, 10));
addUnits("c cent century centuries", (b, w, f) => b.addYears(w, f, 100));
addUnits("mil mils millennium millennia millenniums", (b, w, f) => b.addYears(w, f, 1000));

/** The field a bare last number counts, from `interval '5' day` and its like; seconds by default. */
function defaultUnit(typmod: number): string {
  if (typmod < 0) return "second";
  const range = (typmod >> 16) & 0x7fff;
  if (range === 0x7fff) return "second";
  for (const [bit, unit] of [
    [1 << 12, "second"],
    [1 << 11, "minute"],
    [1 << 10, "hour"],
    [1 << 3, "day"],
    [1 << 1, "month"],
    [1 << 2, "year"],
  ] as const)
    if ((range & bit) !== 0) return unit;
  return "second";
}

export function parseInterval(text: string, typmod: number): Interval {
  const source = text.trim().toLowerCase();
  const bad = () => invalidDatetime("interval", text);
  if (source === "") throw bad();
  if (/^[+-]?p/.test(source)) return adjust(parseIso(source, text), typmod);
  const builder = new IntervalBuilder();
  const token =
    /\s*(?:([+-]?)\s*(\d+):(\d+)(?::(\d+))?(\.\d*)?|([+-]?)(\d+)-(\d+)(?!\d)|([+-]?\s*(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)|(@)|([a-z]+))/y;
  let ago = false;
  let any = false;
  const seen = new Set<unknown>();
  /** A unit given twice makes no sense to PostgreSQL; hours, minutes and seconds are what a clock gives. */
  const once = (unit: unknown) => {
    if (seen.has(unit)) throw bad();
    seen.add(unit);
  };
  let pendingDays: number | undefined;
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    if (match === null) throw bad();
    if (match[2] !== undefined) {
      if (pendingDays !== undefined) {
        builder.days += pendingDays;
        pendingDays = undefined;
      }
      for (const unit of ["hour", "minute", "second"]) once(units[unit]);
      readClock(match, typmod, builder, text);
      any = true;
    } else if (match[7] !== undefined) {
      const months = Number(match[7]) * 12 + Number(match[8]);
      if (Number(match[8]) > 11) throw datetimeFieldOverflow(text);
      builder.months += match[6] === "-" ? -months : months;
      any = true;
    } else if (match[9] !== undefined) {
      const number = match[9].replace(/\s/g, "");
      if (match[10] === "" && /^\s*[+-]?\d+:/.test(source.slice(token.lastIndex))) pendingDays = Number(number);
      else {
        const unit = units[match[10] === "" ? defaultUnit(typmod) : match[10]!];
        if (unit === undefined) throw bad();
        once(unit);
        applyNumber(number, unit, builder);
      }
      any = true;
    } else if (match[12] !== undefined) {
      if (match[12] !== "ago" || source.slice(token.lastIndex).trim() !== "") throw bad();
      ago = true;
    }
  }
  if (!any) throw bad();
  const made = builder.build(text);
  return adjust(ago ? negateInterval(made) : made, typmod);
}

function applyNumber(number: string, unit: (b: IntervalBuilder, whole: number, fraction: number) => void, builder: IntervalBuilder): void {
  const value = Number(number);
  const [wholeText, fractionText] = number.includes("e") ? [String(Math.trunc(value)), undefined] : number.split(".");
  const whole = Number(wholeText === "" || wholeText === "-" || wholeText === "+" ? 0 : wholeText);
  const fraction = number.includes("e")
    ? value - whole
    : fractionText
      ? Number(`0.${fractionText}`) * (number.startsWith("-") ? -1 : 1)
      : 0;
  unit(builder, whole, fraction);
}

function readClock(match: RegExpExecArray, typmod: number, builder: IntervalBuilder, text: string): void {
  let [hours, minutes, seconds] = [Number(match[2]), Number(match[3]), Number(match[4] ?? 0)];
  // Two fields are hours and minutes, unless the declaration says MINUTE TO SECOND or a fraction follows.
  if (match[4] === undefined && (match[5] !== undefined || (typmod >= 0 && ((typmod >> 16) & 0x7fff) === ((1 << 11) | (1 << 12)))))
    [hours, minutes, seconds] = [0, hours, minutes];
  if (minutes > 59 || seconds > 59) throw datetimeFieldOverflow(text);
  const micros = add8(
    multiply8(hours, MICROS_PER_HOUR),
    minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + (match[5] ? Math.round(Number(`0${match[5]}`) * 1e6) : 0),
  );
  builder.micros = match[1] === "-" ? subtract8(builder.micros, micros) : add8(builder.micros, micros);
}

function parseIso(source: string, text: string): Interval {
  const bad = () => invalidDatetime("interval", text);
  const negative = source.startsWith("-");
  const [datePart, timePart] = source.replace(/^[+-]?p/, "").split("t") as [string, string | undefined];
  const builder = new IntervalBuilder();
  const read = (part: string, names: Record<string, string>) => {
    const token = /([+-]?(?:\d+\.?\d*|\.\d+))([a-z])/y;
    while (token.lastIndex < part.length) {
      const match = token.exec(part);
      const unit = match === null ? undefined : names[match[2]!];
      if (match === null || unit === undefined) throw bad();
      applyNumber(match[1]!, units[unit]!, builder);
    }
  };
  if (datePart === "" && (timePart ?? "") === "") throw bad();
  read(datePart, { y: "year", m: "month", w: "week", d: "day" });
  if (timePart !== undefined) read(timePart, { h: "hour", m: "minute", s: "second" });
  const made = builder.build(text);
  return negative ? negateInterval(made) : made;
}

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
  if (!isInt32(months) || !isInt32(days)) throw outOfRange("interval");
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
  if (!isInt32(months) || !isInt32(days)) throw outOfRange("interval");
  return new Interval(months, days, add8(left.micros, right.micros));
}
/** interval * float8 and, with 1 / factor's rounding left to division, interval / float8. */
export function scaleInterval(value: Interval, scale: (n: number) => number): Interval {
  const exactMonths = scale(value.months);
  const exactDays = scale(value.days);
  const months = Math.trunc(exactMonths);
  let days = Math.trunc(exactDays);
  if (!isInt32(months) || !isInt32(days)) throw outOfRange("interval");
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
  if (!isInt32(days) || Math.abs(micros) > 9.2e18) throw outOfRange("interval");
  return new Interval(months + 0, days + 0, Number.isSafeInteger(micros) ? micros + 0 : BigInt(micros));
}
const toMicrosPrecision = (value: number) => Math.round(value * 1e6) / 1e6;
