/**
 * Date and time input: a string becomes tokens, tokens become fields. ISO strings take one regular expression; everything else
 * (month names, AM/PM, Julian days, BC, zones, special words) the loop below.
 */
import { DbError, datetimeFieldOverflow, type FormatContext, invalidDatetime, unknownTimeZone } from "../../types/index.js";
import type { Int64 } from "../types/integers.js";
import {
  checkedDate,
  checkedTimestamp,
  daysInMonth,
  daysOf,
  JULIAN_OF_EPOCH,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  roundMicros,
  split,
  UNIX_EPOCH_SECONDS,
} from "./calendar.js";
import { abbreviationOffset, findZone, fixedZone, toLocal, toUtc, type Zone, zoneOf } from "./zones.js";

/** What an input string says. `special` stands alone. */
interface Fields {
  year: number | undefined;
  month: number | undefined;
  day: number | undefined;
  dayOfYear: number | undefined;
  julian: number | undefined;
  micros: number | undefined; // of the day; may be MICROS_PER_DAY
  zone: Zone | undefined;
  twoDigitYear: boolean;
  bc: boolean;
  half: "am" | "pm" | undefined;
  special: "infinity" | "-infinity" | "epoch" | "now" | "today" | "tomorrow" | "yesterday" | undefined;
  allballs: boolean;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const monthNames = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const dayNames = [
  "sun",
  "sunday",
  "mon",
  "monday",
  "tue",
  "tues",
  "tuesday",
  "wed",
  "weds",
  "wednesday",
  "thu",
  "thur",
  "thurs",
  "thursday",
  "fri",
  "friday",
  "sat",
  "saturday",
];
const iso =
  /^\s*(\d{4,6})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?)?\s*([+-]\d{1,2}(?::?\d{2})?(?::\d{2})?|[Zz])?\s*$/;

function emptyFields(): Fields {
  return {
    year: undefined,
    month: undefined,
    day: undefined,
    dayOfYear: undefined,
    julian: undefined,
    micros: undefined,
    zone: undefined,
    twoDigitYear: false,
    bc: false,
    half: undefined,
    special: undefined,
    allballs: false,
  };
}

function readFields(text: string, type: string, context: FormatContext): Fields {
  const fields = emptyFields();
  const match = iso.exec(text);
  if (match !== null) {
    fields.year = Number(match[1]);
    fields.month = Number(match[2]);
    fields.day = Number(match[3]);
    if (match[4] !== undefined) fields.micros = timeMicros(match[4], match[5]!, match[6], match[7], text);
    if (match[8] !== undefined) fields.zone = /z/i.test(match[8]) ? fixedZone("UTC", 0) : fixedZone(match[8], parseOffset(match[8], text));
    return fields;
  }
  return readTokens(text, type, context, fields);
}

const token =
  /\s*(?:(\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?|\d{1,2}:\d{2}(?:\.\d+)?)|(\d+[-/.](?:\d+|[a-z]+)[-/.]\d+|[a-z]{3,}-\d+-\d+|\d+-[a-z]+)|([+-]\d{1,2}:?\d{0,2}(?::\d{2})?)(?![\d.])|([a-z]+(?:\/[a-z_+\-0-9]+)+)|([a-z]+)|(\d+(?:\.\d*)?)|([-+]?infinity)|(.))/iy;

function readTokens(text: string, type: string, context: FormatContext, fields: Fields): Fields {
  const bad = () => invalidDatetime(type, text);
  const numbers: string[] = [];
  const order = /dmy/i.test(context.dateStyle) ? "dmy" : /ymd/i.test(context.dateStyle) ? "ymd" : "mdy";
  const source = text.trim().replace(/,/g, " ");
  if (source === "") throw bad();
  token.lastIndex = 0;
  let sawMonthName = false;
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    if (match === null) break;
    const [, time, date, offset, zonePath, word, number, infinity, other] = match;
    if (time !== undefined) {
      const [h, m, s] = time.split(":");
      const [seconds, fraction] = (s ?? "").split(".");
      fields.micros = timeMicros(h!, m!, seconds === "" ? undefined : seconds, fraction === undefined ? undefined : `.${fraction}`, text);
    } else if (date !== undefined) readDate(date, order, fields, bad);
    else if (offset !== undefined) {
      if (/^-infinity/i.test(source)) throw bad();
      fields.zone = fixedZone(offset, parseOffset(offset, text));
    } else if (zonePath !== undefined) {
      fields.zone = findZone(zonePath);
      if (fields.zone === undefined) throw unknownTimeZone(zonePath.toLowerCase());
    } else if (infinity !== undefined || (other === "-" && /^-infinity$/i.test(source))) {
      fields.special = source.startsWith("-") ? "-infinity" : "infinity";
      return fields;
    } else if (word !== undefined) {
      sawMonthName = readWord(word.toLowerCase(), source, token, fields, bad) || sawMonthName;
    } else if (number !== undefined) numbers.push(number);
    else if (other !== undefined && other.trim() !== "") throw bad();
  }
  placeNumbers(numbers, sawMonthName, order, fields, bad, text);
  return fields;
}

/** True when the word was a month. */
function readWord(word: string, source: string, scanner: RegExp, fields: Fields, bad: () => Error): boolean {
  const month = months.indexOf(word) >= 0 ? months.indexOf(word) : word === "sept" ? 8 : monthNames.indexOf(word);
  if (month >= 0) {
    if (fields.month !== undefined) {
      // `8 January`: a number that came first was the day after all.
      fields.day ??= fields.month;
    }
    fields.month = month + 1;
    return true;
  }
  switch (word) {
    case "now":
    case "today":
    case "tomorrow":
    case "yesterday":
    case "epoch":
    case "infinity":
      fields.special = word;
      return false;
    case "am":
    case "pm":
      fields.half = word;
      return false;
    case "bc":
      fields.bc = true;
      return false;
    case "ad":
    case "at":
    case "on":
    case "t":
    case "of":
      return false;
    case "allballs":
      fields.micros = 0;
      fields.zone = fixedZone("UTC", 0);
      return false;
    case "j":
    case "julian":
    case "jd": {
      const number = /\s*(\d+)/y;
      number.lastIndex = scanner.lastIndex;
      const found = number.exec(source);
      if (found === null) throw bad();
      fields.julian = Number(found[1]);
      scanner.lastIndex = number.lastIndex;
      return false;
    }
  }
  if (dayNames.includes(word)) return false;
  const offset = abbreviationOffset(word);
  if (offset !== undefined) fields.zone = fixedZone(word.toUpperCase(), offset);
  else {
    const zone = word.length > 2 ? findZone(word) : undefined;
    if (zone === undefined) throw bad();
    fields.zone = zone;
  }
  return false;
}

function setYear(text: string, fields: Fields): void {
  fields.year = Number(text);
  fields.twoDigitYear = text.length <= 2;
}

/** 1/8/1999, 1999.01.08, 8-Jan-1999, Jan-08-1999, 99-Jan-08. */
function readDate(text: string, order: string, fields: Fields, bad: () => Error): void {
  const parts = text.split(/[-/.]/);
  const named = parts.findIndex((p) => /^[a-z]/i.test(p));
  if (named >= 0) {
    const month = months.indexOf(parts[named]!.toLowerCase().slice(0, 3));
    if (month < 0) throw bad();
    fields.month = month + 1;
    const rest = parts.filter((_, i) => i !== named);
    if (rest.length < 2) fields.day = Number(rest[0]);
    else if (rest[0]!.length > 2 || (order === "ymd" && named === 1)) {
      setYear(rest[0]!, fields);
      fields.day = Number(rest[1]);
    } else {
      fields.day = Number(rest[0]);
      setYear(rest[1]!, fields);
    }
    return;
  }
  const [a, b, c] = parts as [string, string, string];
  if (a.length > 2 || order === "ymd") {
    if (b.length === 3 && parts.length === 2) fields.dayOfYear = Number(b);
    setYear(a, fields);
    fields.month = Number(b);
    fields.day = Number(c);
  } else if (order === "dmy") {
    fields.day = Number(a);
    fields.month = Number(b);
    setYear(c, fields);
  } else {
    fields.month = Number(a);
    fields.day = Number(b);
    setYear(c, fields);
  }
}

/** Bare numbers: 19990108, 990108, 040506 after a date, and the day and year beside a month name. */
function placeNumbers(numbers: string[], monthNamed: boolean, order: string, fields: Fields, bad: () => Error, text: string): void {
  for (const number of numbers) {
    const digits = number.split(".")[0]!;
    const haveDate = fields.julian !== undefined || (fields.year !== undefined && fields.day !== undefined);
    if (monthNamed && !haveDate && digits.length <= 4 && !number.includes(".")) {
      if (fields.day === undefined && digits.length <= 2 && !(order === "ymd" && fields.year === undefined)) fields.day = Number(digits);
      else if (fields.year === undefined) setYear(digits, fields);
      else fields.day = Number(digits);
    } else if (!haveDate && digits.length >= 6 && fields.month === undefined) {
      const cut = digits.length - 4;
      setYear(digits.slice(0, cut), fields);
      fields.month = Number(digits.slice(cut, cut + 2));
      fields.day = Number(digits.slice(cut + 2));
    } else if (fields.micros === undefined && haveDate && (digits.length === 6 || digits.length === 4)) {
      const fraction = number.includes(".") ? `.${number.split(".")[1]}` : undefined;
      fields.micros = timeMicros(digits.slice(0, 2), digits.slice(2, 4), digits.slice(4) || undefined, fraction, text);
    } else if (fields.half !== undefined && fields.micros === undefined && digits.length <= 2) {
      fields.micros = timeMicros(digits, "0", undefined, undefined, text);
    } else throw bad();
  }
}

function timeMicros(hour: string, minute: string, second: string | undefined, fraction: string | undefined, text: string): number {
  const h = Number(hour);
  const m = Number(minute);
  const s = Number(second ?? 0);
  const micros = fraction === undefined || fraction === "." ? 0 : Math.round(Number(`0${fraction}`) * MICROS_PER_SECOND);
  if (h > 24 || m > 59 || s > 60 || (h === 24 && (m > 0 || s > 0 || micros > 0))) throw datetimeFieldOverflow(text);
  return ((h * 60 + m) * 60 + s) * MICROS_PER_SECOND + micros;
}

export function parseOffset(text: string, whole: string): number {
  const match = /^([+-])(\d{1,2})(?::?(\d{2}))?(?::?(\d{2}))?$/.exec(text);
  if (match === null) throw invalidDatetime("timestamp with time zone", whole);
  const hours = Number(match[2]);
  const minutes = Number(match[3] ?? 0);
  if (hours > 15 || minutes > 59) throw timeZoneDisplacement(whole);
  const seconds = hours * 3600 + minutes * 60 + Number(match[4] ?? 0);
  return match[1] === "-" ? -seconds : seconds;
}
const timeZoneDisplacement = (text: string) =>
  new DbError({ sqlstate: "22009", message: `time zone displacement out of range: "${text}"` });

function dateOf(fields: Fields, type: string, text: string, context: FormatContext): number {
  if (fields.julian !== undefined) return checkedDate(fields.julian - JULIAN_OF_EPOCH, text);
  let { year } = fields;
  const { month, day } = fields;
  if (year === undefined || month === undefined || day === undefined) throw invalidDatetime(type, text);
  if (fields.bc) {
    if (year === 0) throw datetimeFieldOverflow(text);
    year = 1 - year;
  } else if (fields.twoDigitYear) year += year < 70 ? 2000 : 1900;
  else if (year === 0) throw datetimeFieldOverflow(text);
  if (month < 1 || month > 12 || day < 1 || day > 31)
    throw datetimeFieldOverflow(
      text,
      /ISO, YMD/i.test(context.dateStyle) ? undefined : 'Perhaps you need a different "datestyle" setting.',
    );
  if (day > daysInMonth(year, month)) throw datetimeFieldOverflow(text);
  return daysOf(year, month, day);
}

function clock(fields: Fields, text: string): number {
  let micros = fields.micros ?? 0;
  if (fields.half !== undefined) {
    const hour = Math.floor(micros / 3_600_000_000);
    if (hour > 12 || hour < 1) throw datetimeFieldOverflow(text);
    if (fields.half === "pm" && hour !== 12) micros += 12 * 3_600_000_000;
    if (fields.half === "am" && hour === 12) micros -= 12 * 3_600_000_000;
  }
  return micros;
}

/** Days of a word like `today` in the session's zone. */
function specialDay(special: NonNullable<Fields["special"]>, context: FormatContext): number {
  const today = split(toLocal(context.transactionTimeMicros, zoneOf(context.timeZone))).days;
  return special === "tomorrow" ? today + 1 : special === "yesterday" ? today - 1 : today;
}

export function parseDate(text: string, context: FormatContext): number {
  const fields = readFields(text, "date", context);
  switch (fields.special) {
    case undefined:
      return checkedDate(dateOf(fields, "date", text, context), text);
    case "infinity":
      return Number.POSITIVE_INFINITY;
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    case "epoch":
      return -10957;
    default:
      return specialDay(fields.special, context);
  }
}

export function parseTimestamp(text: string, typmod: number, withZone: boolean, context: FormatContext): Int64 {
  const type = withZone ? "timestamp with time zone" : "timestamp";
  const fields = readFields(text, type, context);
  const session = () => zoneOf(context.timeZone);
  switch (fields.special) {
    case "infinity":
      return Number.POSITIVE_INFINITY;
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    case "epoch":
      return -UNIX_EPOCH_SECONDS * MICROS_PER_SECOND;
    case "now":
      return roundMicros(withZone ? context.transactionTimeMicros : toLocal(context.transactionTimeMicros, session()), typmod);
  }
  const days = fields.special === undefined ? dateOf(fields, type, text, context) : specialDay(fields.special, context);
  const micros = clock(fields, text);
  const total = BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(micros);
  const local = checkedTimestamp(total, text);
  if (!withZone) return roundMicros(local, typmod);
  return roundMicros(checkedTimestamp(BigInt(toUtc(local, fields.zone ?? session())), text), typmod);
}

export function parseTime(text: string, typmod: number, context: FormatContext): number {
  const plain = /^\s*(\d{1,2}):(\d{2})(?::(\d{2})(\.\d*)?)?\s*$/.exec(text);
  if (plain !== null) return roundMicros(timeMicros(plain[1]!, plain[2]!, plain[3], plain[4], text), typmod) as number;
  const packed = /^\s*(\d{2})(\d{2})(\d{2})?(\.\d*)?\s*$/.exec(text);
  if (packed !== null) return roundMicros(timeMicros(packed[1]!, packed[2]!, packed[3], packed[4], text), typmod) as number;
  const fields = readFields(text, "time", context);
  if (fields.special === "now")
    return roundMicros(split(toLocal(context.transactionTimeMicros, zoneOf(context.timeZone))).micros, typmod) as number;
  if (fields.micros === undefined) throw invalidDatetime("time", text);
  return roundMicros(clock(fields, text), typmod) as number;
}
