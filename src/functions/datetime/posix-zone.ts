/**
 * POSIX time zone strings with summer time: `EST5EDT,M3.2.0,M11.1.0/1:30`. Offsets are written west of Greenwich; without rules those of the
 * United States hold, as in PostgreSQL's TZDEFRULESTRING. Source: POSIX.1, section 8.3, TZ.
 */
import type { Int64 } from "../types/integers.js";
import { civilOf, daysInMonth, daysOf, isInfinite, MICROS_PER_SECOND, split, weekday } from "./calendar.js";
import type { Zone } from "./zones.js";

/** Seconds from the start of a year's day, by local time before the change. */
type Rule = (year: number) => { readonly day: number; readonly seconds: number };

const NAME = "(?:<([A-Za-z0-9+-]{3,})>|([A-Za-z]{3,}))";
const OFFSET = "([+-]?\\d{1,3}(?::\\d{1,2}(?::\\d{1,2})?)?)";
const DAY = `(J\\d{1,3}|\\d{1,3}|M\\d{1,2}\\.\\d\\.\\d)(?:/${OFFSET})?`;
const FORM = new RegExp(`^${NAME}${OFFSET}${NAME}${OFFSET}?(?:,${DAY},${DAY})?$`);
const UNITED_STATES = ["M3.2.0", "M11.1.0"] as const;
/** 2:00:00, when a rule names no time. */
const CHANGE_SECONDS = 7200;

/** undefined: not of this form. */
export function posixZone(text: string): Zone | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, quoted, plain, west, quotedSummer, plainSummer, westSummer, first, firstTime, last, lastTime] = match;
  const standard = -secondsOf(west!);
  const summer = westSummer === undefined ? standard + 3600 : -secondsOf(westSummer);
  const start = ruleOf(first ?? UNITED_STATES[0], firstTime);
  const end = ruleOf(last ?? UNITED_STATES[1], lastTime);
  if (start === undefined || end === undefined) return undefined;
  const offsetAt = (timestamp: Int64): number => {
    if (isInfinite(timestamp)) return standard;
    const { days, micros } = split(timestamp);
    const now = days * 86_400 + Math.floor(micros / MICROS_PER_SECOND);
    const year = civilOf(days + Math.floor((Math.floor(micros / MICROS_PER_SECOND) + standard) / 86_400)).year;
    const instant = (rule: Rule, offset: number): number => {
      const { day, seconds } = rule(year);
      return day * 86_400 + seconds - offset;
    };
    const [from, to] = [instant(start, standard), instant(end, summer)];
    // South of the equator summer lies around the new year.
    const isSummer = from < to ? now >= from && now < to : now >= from || now < to;
    return isSummer ? summer : standard;
  };
  return {
    name: text,
    offsetAt,
    abbreviationAt: (timestamp) => (offsetAt(timestamp) === standard ? (quoted ?? plain)! : (quotedSummer ?? plainSummer)!),
  };
}

function secondsOf(text: string): number {
  const [hours, minutes = "0", seconds = "0"] = text.replace(/^[+-]/, "").split(":");
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return text.startsWith("-") ? -size : size;
}
function ruleOf(text: string, time: string | undefined): Rule | undefined {
  const seconds = time === undefined ? CHANGE_SECONDS : secondsOf(time);
  if (text.startsWith("M")) {
    const [month, week, dayOfWeek] = text.slice(1).split(".").map(Number) as [number, number, number];
    if (month < 1 || month > 12 || week < 1 || week > 5 || dayOfWeek > 6) return undefined;
    return (year) => ({ day: weekdayOfMonth(year, month, week, dayOfWeek), seconds });
  }
  const number = Number(text.replace("J", ""));
  if (!text.startsWith("J")) return number > 365 ? undefined : (year) => ({ day: daysOf(year, 1, 1) + number, seconds });
  if (number < 1 || number > 365) return undefined;
  // February 29 is never counted.
  return (year) => ({ day: daysOf(year, 1, 1) + number - 1 + (number > 59 && daysInMonth(year, 2) === 29 ? 1 : 0), seconds });
}
/** The `week`th such day of the month; the fifth is the last. */
function weekdayOfMonth(year: number, month: number, week: number, dayOfWeek: number): number {
  const first = daysOf(year, month, 1);
  const day = first + ((dayOfWeek - weekday(first) + 7) % 7) + (week - 1) * 7;
  return day >= first + daysInMonth(year, month) ? day - 7 : day;
}
