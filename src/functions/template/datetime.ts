/** to_char of moments and intervals: YYYY MM DD HH24 MI SS MS US TZ, month and day names, FM, TH, quotes. */
import type { Interval } from "../../types/index.js";
import { civilOf, daysOf, MICROS_PER_SECOND, split, weekday } from "../datetime/calendar.js";
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
      fill ||= /^[FT]M/i.test(pattern.slice(next));
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
  /** A sign counts as one of the places here. */
  const places = (value: number, width: number) =>
    fill ? String(value) : value < 0 ? `-${String(-value).padStart(width - 1, "0")}` : String(value).padStart(width, "0");
  const isoYear = () => {
    const iso = isoWeek(p.days).year;
    return iso > 0 ? iso : 1 - iso;
  };
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
      return places(p.dayOfYear, 3);
    case "IDDD": {
      const { week } = isoWeek(p.days);
      return number((week - 1) * 7 + (weekday(p.days) || 7), 3);
    }
    case "DD":
      return places(p.day, 2);
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
      return String((p.isInterval ? daysOf(p.year, p.month, p.day) : p.days) + 2_451_545);
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
      return `${(p.offset ?? 0) < 0 ? "-" : "+"}${String(Math.floor(Math.abs(p.offset ?? 0) / 3600)).padStart(2, "0")}`;
    case "TZM":
      return String(Math.floor((Math.abs(p.offset ?? 0) % 3600) / 60)).padStart(2, "0");
    case "OF":
      return formatOffset(p.offset ?? 0);
    default:
      return String(Math.trunc(p.micros / 10 ** (6 - Number(code[2])))).padStart(Number(code[2]), "0"); // FF1…FF6
  }
}
