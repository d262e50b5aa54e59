/**
 * Interval input: numbers with units in any order, clock times, SQL's year-month, ISO 8601. Fields are read from the right, so that a
 * unit is known before its number. Source: datetime.c's DecodeInterval and DecodeISO8601Interval.
 */
import { DbError, dataError, type FormatContext, Interval, invalidDatetime } from "../../types/index.js";
import { add8, multiply8 } from "../families/integer-math.js";
import type { Int64 } from "../types/integers.js";
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE, MICROS_PER_SECOND } from "./calendar.js";
import { adjust, negateInterval } from "./interval.js";
import { type Field, splitFields } from "./tokens.js";
import { dateWord } from "./words.js";

type Unit =
  | "microsecond" | "millisecond" | "second" | "minute" | "hour" | "day" | "week" | "month" | "year" | "decade" | "century" | "millennium"
  | "quarter"; // biome-ignore format: a list

const unitNames = new Map<string, Unit>();
for (const [unit, names] of Object.entries({
  microsecond: "us usec usecs microsecon",
  millisecond: "ms msec msecs millisecon",
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
}))
  for (const name of names.split(" ")) unitNames.set(name, unit as Unit);

/** Text that is no interval in one form may be one in another; what is out of range is out of range in all. */
class NotThisForm extends Error {}
const isInt32 = (n: number) => n === (n | 0);

class IntervalFields {
  #years = 0;
  #months = 0;
  #days = 0;
  #micros: Int64 = 0;
  constructor(readonly text: string) {}

  overflow(): Error {
    return dataError("22015", `interval field value out of range: "${this.text}"`);
  }
  addDays(count: number): void {
    this.#days += count;
    if (!isInt32(this.#days)) throw this.overflow();
  }
  addMonths(count: number): void {
    this.#months += count;
    if (!Number.isSafeInteger(this.#months)) throw this.overflow();
    if (!isInt32(this.#months)) throw this.overflow();
  }
  /** Whole microseconds of a fraction, a half towards zero. */
  #addFractionOfMicros(fraction: number, unit: number): void {
    const exact = fraction * unit;
    const whole = Math.trunc(exact);
    const rest = exact - whole;
    this.#addMicros(whole + (rest > 0.5 ? 1 : rest < -0.5 ? -1 : 0));
  }
  #addMicros(count: Int64): void {
    try {
      this.#micros = add8(this.#micros, count);
    } catch {
      throw this.overflow();
    }
  }
  addTime(whole: Int64, fraction: number, unit: number): void {
    try {
      this.#addMicros(multiply8(whole, unit));
    } catch {
      throw this.overflow();
    }
    if (fraction !== 0) this.#addFractionOfMicros(fraction, unit);
  }
  addDaysAndFraction(fraction: number, scale: number): void {
    const exact = fraction * scale;
    const whole = Math.trunc(exact);
    this.addDays(whole);
    this.#addFractionOfMicros(exact - whole, MICROS_PER_DAY);
  }
  add(unit: Unit, whole: Int64, fraction: number): void {
    const count = Number(whole);
    switch (unit) {
      case "microsecond":
        return this.addTime(whole, fraction, 1);
      case "millisecond":
        return this.addTime(whole, fraction, 1000);
      case "second":
        return this.addTime(whole, fraction, MICROS_PER_SECOND);
      case "minute":
        return this.addTime(whole, fraction, MICROS_PER_MINUTE);
      case "hour":
        return this.addTime(whole, fraction, MICROS_PER_HOUR);
      case "day":
        this.addDays(count);
        return this.#addFractionOfMicros(fraction, MICROS_PER_DAY);
      case "week":
        this.addDays(count * 7);
        return this.addDaysAndFraction(fraction, 7);
      case "month":
        this.addMonths(count);
        return this.addDaysAndFraction(fraction, 30);
      case "year":
        return this.#addYears(count, fraction, 1);
      case "decade":
        return this.#addYears(count, fraction, 10);
      case "century":
        return this.#addYears(count, fraction, 100);
      case "millennium":
        return this.#addYears(count, fraction, 1000);
      case "quarter":
        throw new NotThisForm();
    }
  }
  #addYears(whole: number, fraction: number, years: number): void {
    this.#years += whole * years;
    if (!isInt32(this.#years)) throw this.overflow();
    this.addMonths(roundHalfEven(fraction * years * 12));
  }
  build(): Interval {
    const months = this.#years * 12 + this.#months;
    if (!isInt32(months) || !isInt32(this.#days)) throw dataError("22008", "interval out of range");
    return new Interval(months + 0, this.#days + 0, this.#micros);
  }
}
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest < 0.5 ? floor : rest > 0.5 ? floor + 1 : floor % 2 === 0 ? floor : floor + 1;
}

export function parseInterval(text: string, typmod: number, context?: FormatContext): Interval {
  const bad = () => invalidDatetime("interval", text);
  try {
    return adjust(readUnits(text, typmod, /sql_standard/i.test(context?.intervalStyle ?? "")), typmod);
  } catch (error) {
    if (!(error instanceof NotThisForm)) throw error;
  }
  try {
    return adjust(readIso(text), typmod);
  } catch (error) {
    throw error instanceof DbError ? error : bad();
  }
}

const RANGE_FULL = 0x7fff;
const MINUTE_TO_SECOND = (1 << 11) | (1 << 12);
const rangeOf = (typmod: number) => (typmod < 0 ? RANGE_FULL : (typmod >> 16) & 0x7fff);
/** The unit of a bare number, from `interval '5' day` and its like; seconds by default. */
function defaultUnit(range: number): Unit {
  if (range === RANGE_FULL) return "second";
  for (const [bit, unit] of [
    [12, "second"],
    [11, "minute"],
    [10, "hour"],
    [3, "day"],
    [1, "month"],
    [2, "year"],
  ] as const)
    if ((range & (1 << bit)) !== 0) return unit;
  return "second";
}

function readUnits(text: string, typmod: number, sqlStandard: boolean): Interval {
  const fields = splitFields(text);
  if (fields === undefined || fields.length === 0) throw new NotThisForm();
  const result = new IntervalFields(text);
  const range = rangeOf(typmod);
  // The standard's one leading minus is everybody's.
  const allNegative = sqlStandard && fields[0]!.text.startsWith("-") && fields.slice(1).every(({ text: t }) => !/^[-+]/.test(t));
  const seen = new Set<string>();
  const once = (names: readonly string[]) => {
    for (const name of names) {
      if (seen.has(name)) throw new NotThisForm();
      seen.add(name);
    }
  };
  let unit: Unit | undefined;
  let waiting = false;
  let ago = false;
  for (let i = fields.length - 1; i >= 0; i--) {
    const { kind, text: field } = fields[i] as Field;
    switch (kind) {
      case "time":
        addClock(result, field, range, allNegative);
        once(["hour", "minute", "second"]);
        unit = "day";
        waiting = false;
        break;
      case "zone":
      case "date":
      case "number":
        if (kind === "zone" && field.includes(":") && clockShape.test(field.slice(1))) {
          addClock(result, field.slice(1), range, allNegative || field.startsWith("-"));
          once(["hour", "minute", "second"]);
          unit = "day";
        } else {
          unit ??= defaultUnit(range);
          unit = addNumber(result, field, unit, allNegative, once);
        }
        waiting = false;
        break;
      case "string":
      case "special": {
        if (field === "ago") {
          ago = true;
          break;
        }
        const named = unitNames.get(field.slice(0, 10));
        if (named === undefined) {
          if (dateWord(field.slice(0, 10))?.kind === "ignore") break;
          throw new NotThisForm();
        }
        unit = named;
        waiting = true;
      }
    }
  }
  if (seen.size === 0 || waiting) throw new NotThisForm();
  const made = result.build();
  return ago ? negateInterval(made) : made;
}

const clockShape = /^(\d+):(\d*)(?:(\.\d*)|:(\d*)(\.\d*)?)?$/;
function addClock(result: IntervalFields, field: string, range: number, negative: boolean): void {
  const match = clockShape.exec(field);
  if (match === null) throw new NotThisForm();
  let hours = BigInt(match[1]!);
  let minutes = Number(match[2]);
  let seconds = Number(match[4] ?? 0);
  const fraction = match[3] ?? match[5];
  if (fraction === ".") throw new NotThisForm();
  // Two fields are hours and minutes, unless the declaration says MINUTE TO SECOND or a fraction follows.
  if (match[4] === undefined && (match[3] !== undefined || range === MINUTE_TO_SECOND)) {
    seconds = minutes;
    minutes = Number(hours);
    hours = 0n;
  }
  if (minutes > 59 || seconds > 60 || hours > 9223372036854775807n) throw result.overflow();
  const sign = negative ? -1 : 1;
  result.addTime(Number.isSafeInteger(Number(hours)) ? sign * Number(hours) : BigInt(sign) * hours, 0, MICROS_PER_HOUR);
  const rest =
    minutes * MICROS_PER_MINUTE + seconds * MICROS_PER_SECOND + (fraction === undefined ? 0 : Math.round(Number(`0${fraction}`) * 1e6));
  result.addTime(sign * rest, 0, 1);
}

/** Returns the unit that a bare number to the left would have. */
function addNumber(result: IntervalFields, field: string, given: Unit, negative: boolean, once: (names: readonly string[]) => void): Unit {
  const match = /^([+-]?)(\d*)(?:-(\d+)|(\.\d*))?$/.exec(field);
  if (match === null || (match[2] === "" && match[4] === undefined)) throw new NotThisForm();
  const minus = match[1] === "-" || negative;
  if (match[3] !== undefined) {
    const months = Number(match[3]);
    const total = Number(match[2]) * 12 + months;
    if (months > 11 || !isInt32(total)) throw result.overflow();
    once(["month"]);
    result.add("month", minus ? -total : total, 0);
    return "month";
  }
  const size = BigInt(match[2] || "0");
  if (size > (match[1] === "-" ? 9223372036854775808n : 9223372036854775807n)) throw result.overflow();
  const whole = minus ? -size : size;
  const fraction = match[4] === undefined || match[4] === "." ? 0 : Number(`0${match[4]}`) * (minus ? -1 : 1);
  const next = given === "hour" ? "day" : given; // `1 2` is a day and two hours
  once(given === "second" && fraction !== 0 ? ["second", "millisecond", "microsecond"] : [given]);
  result.add(given, Number.isSafeInteger(Number(whole)) ? Number(whole) : whole, fraction);
  return next;
}

/** P1Y2M3DT4H5M6S, P00010203T040506, P0001-02-03T04:05:06. */
function readIso(text: string): Interval {
  if (text.length < 2 || text[0] !== "P") throw new NotThisForm();
  const result = new IntervalFields(text);
  let at = 1;
  let inDate = true;
  let any = false;
  const number = (): { whole: number; fraction: number; width: number } => {
    const match = /^(-?)(\d*)(\.\d*)?(?:e[+-]?\d+)?/i.exec(text.slice(at))!;
    if (!/^[-.\d]/.test(text.slice(at)) || match[0] === "-" || match[0] === "" || match[0] === ".") throw new NotThisForm();
    at += match[0].length;
    const value = Number(match[0]);
    const whole = Math.trunc(value);
    if (Math.abs(whole) > 2147483648) throw result.overflow();
    return { whole, fraction: value - whole, width: match[2]!.length };
  };
  const basic = (units: readonly Unit[], { whole, fraction }: { whole: number; fraction: number }) => {
    result.add(units[0]!, Math.trunc(whole / 10000), 0);
    result.add(units[1]!, Math.trunc(whole / 100) % 100, 0);
    result.add(units[2]!, whole % 100, fraction);
  };
  const dateUnits: Readonly<Record<string, Unit>> = { Y: "year", M: "month", W: "week", D: "day" };
  const timeUnits: Readonly<Record<string, Unit>> = { H: "hour", M: "minute", S: "second" };
  while (at < text.length) {
    if (text[at] === "T") {
      inDate = false;
      any = false;
      at++;
      continue;
    }
    const first = number();
    const letter = text[at++] ?? "";
    const unit = (inDate ? dateUnits : timeUnits)[letter];
    if (unit !== undefined) {
      result.add(unit, first.whole, first.fraction);
      any = true;
      continue;
    }
    const separator = inDate ? "-" : ":";
    const units: readonly Unit[] = inDate ? ["year", "month", "day"] : ["hour", "minute", "second"];
    const ends = letter === "" || (inDate && letter === "T");
    if ((!ends && letter !== separator) || any) throw new NotThisForm();
    if (ends && first.width === (inDate ? 8 : 6)) basic(units, first);
    else {
      result.add(units[0]!, first.whole, first.fraction);
      if (!ends) {
        for (const [i, one] of units.slice(1).entries()) {
          const { whole, fraction } = number();
          result.add(one, whole, fraction);
          if (at >= text.length || (inDate && text[at] === "T")) break;
          if (i === 1 || text[at++] !== separator) throw new NotThisForm();
        }
      }
    }
    if (letter === "T") {
      inDate = false;
      any = false;
    } else if (letter !== separator) break;
    else if (at < text.length && !inDate) throw new NotThisForm();
  }
  return result.build();
}
