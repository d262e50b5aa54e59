/** to_char, to_date, to_timestamp with templates: YYYY MM DD HH24 MI SS MS US TZ, month and day names, FM, TH, quotes. */
import { DbError, type Interval } from "../../types/index.js";
import { civilOf, daysInMonth, daysOf, MICROS_PER_SECOND, split, weekday } from "../datetime/calendar.js";
import { isoWeek } from "../datetime/fields.js";
import { formatOffset } from "../datetime/zones.js";
import type { Int64 } from "../types/integers.js";
import { ordinalSuffix, toRoman } from "./number.js";

interface Token {
  readonly code: string;
  readonly written: string;
  readonly fill: boolean;
  readonly ordinal: string;
  readonly text: string | undefined;
}

const codes = [
  "SSSSS",
  "SSSS",
  "Y,YYY",
  "YYYY",
  "IYYY",
  "YYY",
  "IYY",
  "IDDD",
  "MONTH",
  "A.M.",
  "P.M.",
  "B.C.",
  "A.D.",
  "HH24",
  "HH12",
  "MON",
  "DAY",
  "DDD",
  "TZH",
  "TZM",
  "FF1",
  "FF2",
  "FF3",
  "FF4",
  "FF5",
  "FF6",
  "YY",
  "IY",
  "MM",
  "DD",
  "DY",
  "HH",
  "MI",
  "SS",
  "MS",
  "US",
  "AM",
  "PM",
  "BC",
  "AD",
  "WW",
  "IW",
  "ID",
  "CC",
  "RM",
  "TZ",
  "OF",
  "Y",
  "I",
  "D",
  "W",
  "Q",
  "J",
];
const cache = new Map<string, readonly Token[]>();

function tokenize(pattern: string): readonly Token[] {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const tokens: Token[] = [];
  let at = 0;
  while (at < pattern.length) {
    const quoted = pattern[at] === '"' ? /"((?:[^"\\]|\\.)*)"?/y : undefined;
    if (quoted !== undefined) {
      quoted.lastIndex = at;
      const m = quoted.exec(pattern)!;
      tokens.push({ code: "", written: "", fill: false, ordinal: "", text: m[1]!.replace(/\\(.)/g, "$1") });
      at = quoted.lastIndex;
      continue;
    }
    let fill = false;
    let next = at;
    while (/^(FM|TM|FX)/i.test(pattern.slice(next))) {
      fill ||= /^FM/i.test(pattern.slice(next));
      next += 2;
    }
    const code = codes.find((c) => pattern.slice(next, next + c.length).toUpperCase() === c);
    if (code === undefined) {
      if (next > at) {
        at = next;
        continue;
      }
      const escaped = pattern[at] === "\\" && pattern[at + 1] === '"';
      tokens.push({ code: "", written: "", fill: false, ordinal: "", text: escaped ? '"' : pattern[at]! });
      at += escaped ? 2 : 1;
      continue;
    }
    const written = pattern.slice(next, next + code.length);
    at = next + code.length;
    const ordinal = /^th/i.exec(pattern.slice(at))?.[0] ?? "";
    at += ordinal.length;
    tokens.push({ code, written, fill, ordinal, text: undefined });
  }
  if (cache.size > 200) cache.clear();
  cache.set(pattern, tokens);
  return tokens;
}

const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const dayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** A name in the case in which its code was written: MONTH, Month, month. */
function cased(name: string, written: string): string {
  if (written === written.toUpperCase()) return name.toUpperCase();
  return written[0] === written[0]!.toUpperCase() ? name : name.toLowerCase();
}

interface Parts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly days: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  readonly dayOfYear: number;
  readonly isInterval: boolean;
  readonly offset: number | undefined;
  readonly abbreviation: string;
}

export function formatWithTemplate(timestamp: Int64, pattern: string, offset: number | undefined, abbreviation: string): string {
  const { days, micros } = split(timestamp);
  const { year, month, day } = civilOf(days);
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  return render(tokenize(pattern), {
    year,
    month,
    day,
    days,
    hour: Math.floor(seconds / 3600),
    minute: Math.floor(seconds / 60) % 60,
    second: seconds % 60,
    micros: micros - seconds * MICROS_PER_SECOND,
    dayOfYear: days - daysOf(year, 1, 1) + 1,
    isInterval: false,
    offset,
    abbreviation,
  });
}
export function formatIntervalWithTemplate(value: Interval, pattern: string): string {
  const micros = Number(value.micros);
  const seconds = Math.trunc(micros / MICROS_PER_SECOND);
  return render(tokenize(pattern), {
    year: Math.trunc(value.months / 12),
    month: value.months % 12,
    day: value.days,
    days: 0,
    hour: Math.trunc(seconds / 3600),
    minute: Math.trunc(seconds / 60) % 60,
    second: seconds % 60,
    micros: micros % MICROS_PER_SECOND,
    dayOfYear: value.months * 30 + value.days,
    isInterval: true,
    offset: undefined,
    abbreviation: "",
  });
}

function render(tokens: readonly Token[], p: Parts): string {
  let out = "";
  for (const token of tokens) {
    if (token.text !== undefined) {
      out += token.text;
      continue;
    }
    const text = renderCode(token, p);
    out += text;
    if (token.ordinal !== "") {
      const suffix = ordinalSuffix(text, true);
      out += token.ordinal === "TH" ? suffix : suffix.toLowerCase();
    }
  }
  return out;
}

function renderCode({ code, written, fill }: Token, p: Parts): string {
  const number = (value: number, width: number) =>
    fill ? String(value) : value < 0 ? `-${String(-value).padStart(width, "0")}` : String(value).padStart(width, "0");
  const name = (text: string, width: number) => (fill ? cased(text, written) : cased(text, written).padEnd(width));
  const year = p.isInterval || p.year > 0 ? p.year : 1 - p.year;
  const isoYear = () => isoWeek(p.days).year;
  switch (code) {
    case "HH":
    case "HH12":
      return number(p.hour % 12 === 0 ? 12 : p.hour % 12, 2);
    case "HH24":
      return number(p.hour, 2);
    case "MI":
      return number(p.minute, 2);
    case "SS":
      return number(p.second, 2);
    case "MS":
      return String(Math.trunc(p.micros / 1000)).padStart(3, "0");
    case "US":
      return String(p.micros).padStart(6, "0");
    case "SSSS":
    case "SSSSS":
      return String(p.hour * 3600 + p.minute * 60 + p.second);
    case "AM":
    case "PM": {
      const half = p.hour % 24 >= 12 ? "PM" : "AM";
      return written === written.toUpperCase() ? half : half.toLowerCase();
    }
    case "A.M.":
    case "P.M.": {
      const half = p.hour % 24 >= 12 ? "P.M." : "A.M.";
      return written === written.toUpperCase() ? half : half.toLowerCase();
    }
    case "BC":
    case "AD": {
      const era = p.year > 0 ? "AD" : "BC";
      return written === written.toUpperCase() ? era : era.toLowerCase();
    }
    case "B.C.":
    case "A.D.": {
      const era = p.year > 0 ? "A.D." : "B.C.";
      return written === written.toUpperCase() ? era : era.toLowerCase();
    }
    case "Y,YYY":
      return `${Math.floor(year / 1000)},${String(year % 1000).padStart(3, "0")}`;
    case "YYYY":
      return number(year, 4);
    case "YYY":
      return number(year % 1000, 3);
    case "YY":
      return number(year % 100, 2);
    case "Y":
      return number(year % 10, 1);
    case "IYYY":
      return number(isoYear(), 4);
    case "IYY":
      return number(isoYear() % 1000, 3);
    case "IY":
      return number(isoYear() % 100, 2);
    case "I":
      return number(isoYear() % 10, 1);
    case "MONTH":
      return p.month === 0 ? "" : name(monthNames[p.month - 1]!, 9);
    case "MON":
      return p.month === 0 ? "" : cased(monthNames[p.month - 1]!.slice(0, 3), written);
    case "MM":
      return number(p.month, 2);
    case "DAY":
      return name(dayNames[weekday(p.days)]!, 9);
    case "DY":
      return cased(dayNames[weekday(p.days)]!.slice(0, 3), written);
    case "DDD":
      return number(p.dayOfYear, 3);
    case "IDDD": {
      const { week } = isoWeek(p.days);
      return number((week - 1) * 7 + (weekday(p.days) || 7), 3);
    }
    case "DD":
      return number(p.day, 2);
    case "D":
      return String(weekday(p.days) + 1);
    case "ID":
      return String(weekday(p.days) || 7);
    case "W":
      return String(Math.floor((p.day - 1) / 7) + 1);
    case "WW":
      return number(Math.floor((p.dayOfYear - 1) / 7) + 1, 2);
    case "IW":
      return number(isoWeek(p.days).week, 2);
    case "CC":
      return number(
        p.isInterval ? Math.trunc(p.year / 100) : p.year > 0 ? Math.floor((p.year - 1) / 100) + 1 : -(Math.floor(-p.year / 100) + 1),
        2,
      );
    case "J":
      return String(p.days + 2_451_545);
    case "Q":
      return p.month === 0 ? "" : String(Math.floor((p.month - 1) / 3) + 1);
    case "RM": {
      const roman = p.month === 0 ? "" : toRoman(p.month);
      const shown = written === "rm" ? roman.toLowerCase() : roman;
      return fill ? shown : shown.padEnd(4);
    }
    case "TZ":
      return written === "tz" ? p.abbreviation.toLowerCase() : p.abbreviation;
    case "TZH":
      return p.offset === undefined ? "" : `${p.offset < 0 ? "-" : "+"}${String(Math.floor(Math.abs(p.offset) / 3600)).padStart(2, "0")}`;
    case "TZM":
      return p.offset === undefined ? "" : String(Math.floor((Math.abs(p.offset) % 3600) / 60)).padStart(2, "0");
    case "OF":
      return p.offset === undefined ? "" : formatOffset(p.offset);
    default:
      return String(Math.trunc(p.micros / 10 ** (6 - Number(code[2])))).padStart(Number(code[2]), "0"); // FF1…FF6
  }
}

export interface ParsedTemplate {
  readonly days: number;
  readonly micros: number;
  readonly offset: number | undefined;
  /** How many characters of the text the template took. */
  readonly end: number;
}

const lengths: Readonly<Record<string, number>> = {
  YYYY: 4,
  YYY: 3,
  YY: 2,
  Y: 1,
  MM: 2,
  DD: 2,
  DDD: 3,
  D: 1,
  HH: 2,
  HH12: 2,
  HH24: 2,
  MI: 2,
  SS: 2,
  MS: 3,
  US: 6,
  SSSS: 5,
  SSSSS: 5,
  J: 7,
  Q: 1,
  WW: 2,
  W: 1,
  IW: 2,
  ID: 1,
  IYYY: 4,
  IYY: 3,
  IY: 2,
  I: 1,
  IDDD: 3,
  CC: 2,
  TZH: 3,
  TZM: 2,
  "Y,YYY": 5,
  FF1: 1,
  FF2: 2,
  FF3: 3,
  FF4: 4,
  FF5: 5,
  FF6: 6,
};

/** Reads `text` by the template; what it does not name is the start of year 1 BC, January 1, midnight. */
export function parseWithTemplate(text: string, pattern: string): ParsedTemplate {
  const tokens = tokenize(pattern);
  const f: Record<string, number> = {};
  let at = 0;
  let [pm, bc, twelve] = [undefined as boolean | undefined, false, false];
  let offset: number | undefined;
  const bad = (code: string, value: string, detail = "Value must be an integer.") =>
    new DbError({ sqlstate: "22007", message: `invalid value "${value}" for "${code}"`, detail });
  tokens.forEach((token, index) => {
    if (token.text !== undefined) {
      if (/[^A-Za-z0-9]/.test(token.text)) {
        while (at < text.length && /[^A-Za-z0-9+-]|-(?!\d)/.test(text[at]!) && !/\d/.test(text[at]!)) at++;
        if (text[at] === "-" || text[at] === "+") {
          if (tokens[index + 1]?.code !== "TZH") at++;
        }
      } else at += token.text.length;
      return;
    }
    while (/\s/.test(text[at] ?? "x")) at++;
    const { code } = token;
    if (code === "MONTH" || code === "MON" || code === "DAY" || code === "DY" || code === "RM") {
      const list = code === "RM" ? monthNames.map((_, i) => toRoman(i + 1)) : code === "MONTH" || code === "MON" ? monthNames : dayNames;
      const short = code === "MON" || code === "DY" ? list.map((n) => n.slice(0, 3)) : list;
      const rest = text.slice(at).toUpperCase();
      const found = short
        .map((n, i) => [n.toUpperCase(), i] as const)
        .filter(([n]) => rest.startsWith(n))
        .sort((a, b) => b[0].length - a[0].length)[0];
      if (found === undefined)
        throw bad(token.written, text.slice(at).split(/\s/)[0]!, "The given value did not match any of the allowed values for this field.");
      if (code !== "DAY" && code !== "DY") f.MM = found[1] + 1;
      at += found[0].length;
      return;
    }
    const era = /^(A\.?M\.?|P\.?M\.?|B\.?C\.?|A\.?D\.?)/i.exec(text.slice(at));
    if (/^[AP]\.?M|^[BA]\.?[CD]/.test(code)) {
      if (era === null)
        throw bad(
          token.written,
          text.slice(at, at + code.length),
          "The given value did not match any of the allowed values for this field.",
        );
      const letters = era[1]!.toUpperCase().replace(/\./g, "");
      if (letters === "PM" || letters === "AM") pm = letters === "PM";
      else bc = letters === "BC";
      at += era[1]!.length;
      return;
    }
    if (code === "TZ" || code === "OF")
      throw new DbError({ sqlstate: "0A000", message: `formatting field "${token.written}" is only supported in to_char` });
    // Followed by another number a field takes its own width, otherwise all the digits there are.
    const following = tokens[index + 1];
    const limited = following !== undefined && following.text === undefined && lengths[following.code] !== undefined;
    const width = code === "YYYY" && !limited ? 9 : (lengths[code] ?? 2);
    const digits = new RegExp(`[+-]?\\d{1,${limited || code !== "YYYY" ? width : 9}}`, "y");
    digits.lastIndex = at;
    const match = code === "Y,YYY" ? /\d{1,3},\d{3}/y : digits;
    match.lastIndex = at;
    const value = match.exec(text)?.[0];
    if (value === undefined) {
      if (at >= text.length) return;
      throw bad(token.written, text.slice(at, at + width));
    }
    at += value.length;
    if (token.ordinal !== "") at += 2;
    if (code === "HH" || code === "HH12") twelve = true;
    f[code] =
      code === "MS" || code === "US" || code.startsWith("FF") ? Math.round(Number(`0.${value}`) * 1e6) : Number(value.replace(",", ""));
    if (code === "TZH") offset = (value.startsWith("-") ? -1 : 1) * Math.abs(Number(value)) * 3600;
    if (code === "TZM" && offset !== undefined) offset += Math.sign(offset || 1) * Number(value) * 60;
  });
  return { ...assemble(f, { pm, bc, twelve }, text), offset, end: at };
}

function assemble(
  f: Readonly<Record<string, number>>,
  how: { pm: boolean | undefined; bc: boolean; twelve: boolean },
  text: string,
): { days: number; micros: number } {
  const outside = () => new DbError({ sqlstate: "22008", message: `date/time field value out of range: "${text}"` });
  let year =
    f.YYYY ??
    f["Y,YYY"] ??
    (f.YYY !== undefined ? century(f.YYY, 1000) : f.YY !== undefined ? century(f.YY, 100) : f.Y !== undefined ? 2000 + f.Y : 0);
  if (how.bc && year > 0) year = 1 - year;
  let hour = f.HH24 ?? f.HH12 ?? f.HH ?? 0;
  if (how.twelve || how.pm !== undefined) {
    if (f.HH24 === undefined && (hour < 1 || hour > 12))
      throw new DbError({
        sqlstate: "22007",
        message: `hour "${hour}" is invalid for the 12-hour clock`,
        hint: "Use the 24-hour clock, or give an hour between 1 and 12.",
      });
    if (how.pm === true && hour < 12) hour += 12;
    else if (how.pm === false && hour === 12) hour = 0;
  }
  const seconds = f.SSSSS ?? f.SSSS;
  const minute = f.MI ?? 0;
  const second = f.SS ?? 0;
  if (hour > 23 || minute > 59 || second > 59) throw outside();
  const fraction = (f.MS ?? 0) + (f.US ?? 0) + (f.FF1 ?? f.FF2 ?? f.FF3 ?? f.FF4 ?? f.FF5 ?? f.FF6 ?? 0);
  const micros = (seconds ?? (hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction;
  if (f.J !== undefined) return { days: f.J - 2_451_545, micros };
  if (f.IYYY !== undefined) {
    const first = daysOf(f.IYYY, 1, 4);
    const monday = first - ((weekday(first) + 6) % 7);
    return { days: monday + (f.IDDD !== undefined ? f.IDDD - 1 : ((f.IW ?? 1) - 1) * 7 + (f.ID ?? 1) - 1), micros };
  }
  if (f.DDD !== undefined) return { days: daysOf(year, 1, 1) + f.DDD - 1, micros };
  if (f.WW !== undefined && f.MM === undefined) return { days: daysOf(year, 1, 1) + (f.WW - 1) * 7, micros };
  const month = f.MM ?? 1;
  const day = f.DD ?? 1;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) throw outside();
  return { days: daysOf(year, month, day), micros };
}
/** Two or three digits mean the year nearest to 2020. */
function century(value: number, size: number): number {
  if (size === 100) return value < 70 ? 2000 + value : 1900 + value;
  return value >= 100 && value < 520 ? 2000 + value : value >= 520 ? 1000 + value : 2000 + value;
}
