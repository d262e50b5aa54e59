/** What `.datetime()` makes of strings: dates, times and timestamps as path items, compared across kinds where that needs no zone. */
import { DbError, type FormatContext, type JsonValue } from "../../types/index.js";
import { dateToTimestamp, daysInMonth, daysOf, join } from "../datetime/calendar.js";
import { formatDate, formatTime, formatTimestamp } from "../datetime/format.js";
import { toUtc, zoneOf } from "../datetime/zones.js";
import { parseWithTemplate } from "../template/parse-datetime.js";
import type { Int64 } from "../types/integers.js";

export type DatetimeKind = "date" | "time" | "timetz" | "timestamp" | "timestamptz";

/** `value` as in the SQL type of the kind (timetz: microseconds of the wall clock); `offset`: seconds east, with a zone only. */
export class PathDatetime {
  constructor(
    readonly kind: DatetimeKind,
    readonly value: Int64,
    readonly offset: number = 0,
  ) {}
}

export const datetimeTypeNames: Readonly<Record<DatetimeKind, string>> = {
  date: "date",
  time: "time without time zone",
  timetz: "time with time zone",
  timestamp: "timestamp without time zone",
  timestamptz: "timestamp with time zone",
};

/** undefined: not one of the ISO forms. */
export function readDatetime(text: string): PathDatetime | undefined {
  const match =
    /^\s*(?:(\d{1,4})-(\d{1,2})-(\d{1,2}))?(?:([T ]\s*)?(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,6}))?\s*(?:([+-]\s?\d{1,2})(?::?(\d{1,2}))?)?)?\s*$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, year, month, day, between, hour, minute, second, fraction, zoneHour, zoneMinute] = match;
  const hasDate = year !== undefined;
  const hasTime = hour !== undefined;
  if (!hasDate && !hasTime) return undefined;
  if (hasTime && hasDate !== (between !== undefined)) return undefined;
  if (hasDate && (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > daysInMonth(Number(year), Number(month))))
    return undefined;
  const micros =
    ((Number(hour ?? 0) * 60 + Number(minute ?? 0)) * 60 + Number(second ?? 0)) * 1e6 + Number((fraction ?? "").padEnd(6, "0"));
  if (hasTime && (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)) return undefined;
  const sign = zoneHour?.startsWith("-") ? -1 : 1;
  const offset = zoneHour === undefined ? undefined : sign * (Number(zoneHour.slice(1).trim()) * 3600 + Number(zoneMinute ?? 0) * 60);
  return assemble(hasDate ? daysOf(Number(year), Number(month), Number(day)) : undefined, hasTime ? micros : undefined, offset);
}

function assemble(days: number | undefined, micros: number | undefined, offset: number | undefined): PathDatetime {
  if (micros === undefined) return new PathDatetime("date", days ?? 0);
  if (days === undefined) return new PathDatetime(offset === undefined ? "time" : "timetz", micros, offset);
  if (offset === undefined) return new PathDatetime("timestamp", join(days, micros));
  return new PathDatetime("timestamptz", join(days, micros - offset * 1e6), offset);
}

/** By a template of to_timestamp's: which fields it names decides the kind. */
export function readDatetimeBy(template: string, text: string): PathDatetime {
  const bare = template.replaceAll(/"[^"]*"/g, "");
  const hasDate = /Y|MM|DD|MON|DAY|DY|J|IW|WW|CC|Q|RM|BC|AD|B\.C|A\.D/i.test(bare.replaceAll(/TZM|TZH/gi, ""));
  const hasTime = /HH|MI|SS|MS|US|FF\d|AM|PM|A\.M|P\.M/i.test(bare);
  const hasZone = /TZH|TZM/i.test(bare);
  const parsed = parseWithTemplate(text, template);
  if (text.slice(parsed.end).trim() !== "")
    throw new DbError({ sqlstate: "22007", message: "trailing characters remain in input string after datetime format" });
  if (hasZone && parsed.offset === undefined)
    throw new DbError({ sqlstate: "22007", message: "input string is too short for datetime format" });
  if (!hasDate && !hasTime) throw new DbError({ sqlstate: "22007", message: "datetime formatted value lacks fields" });
  if (hasZone && !hasTime) throw new DbError({ sqlstate: "22007", message: "datetime format is zoned but not timed" });
  return assemble(hasDate ? parsed.days : undefined, hasTime ? parsed.micros : undefined, hasZone ? parsed.offset : undefined);
}

const zoneText = (offset: number) => {
  const minutes = Math.floor(Math.abs(offset) / 60);
  return `${offset < 0 ? "-" : "+"}${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
};

/** As JSON: ISO 8601. */
export function datetimeText(item: PathDatetime, context: FormatContext): JsonValue {
  const iso: FormatContext = { ...context, dateStyle: "ISO, MDY" };
  switch (item.kind) {
    case "date":
      return formatDate(item.value as number, iso);
    case "time":
      return formatTime(item.value as number);
    case "timetz":
      return formatTime(item.value as number) + zoneText(item.offset);
    case "timestamp":
      return formatTimestamp(item.value, iso).replace(" ", "T");
    case "timestamptz": {
      const local = BigInt(item.value) + BigInt(item.offset) * 1_000_000n;
      return formatTimestamp(local, iso).replace(" ", "T") + zoneText(item.offset);
    }
  }
}

/**
 * Negative, 0, positive; undefined where the kinds cannot be compared.
 * @throws DbError 0A000 when one has a zone, the other none, and `useZone` is false
 */
export function compareDatetimes(left: PathDatetime, right: PathDatetime, useZone: boolean, context: FormatContext): number | undefined {
  const isTime = (kind: DatetimeKind) => kind === "time" || kind === "timetz";
  if (isTime(left.kind) !== isTime(right.kind)) return undefined;
  if (isTime(left.kind)) {
    if (left.kind === right.kind && left.kind === "time") return order(left.value, right.value);
    const instant = (item: PathDatetime, other: PathDatetime): [number, number] => {
      if (item.kind === "timetz") return [(item.value as number) - item.offset * 1e6, -item.offset];
      requireZone(item, other, useZone);
      const offset = zoneOf(context.timeZone).offsetAt(context.transactionTimeMicros);
      return [(item.value as number) - offset * 1e6, -offset];
    };
    const [a, zoneA] = instant(left, right);
    const [b, zoneB] = instant(right, left);
    return order(a, b) || order(zoneA, zoneB);
  }
  const zoned = left.kind === "timestamptz" || right.kind === "timestamptz";
  const instant = (item: PathDatetime, other: PathDatetime): Int64 => {
    const local = item.kind === "date" ? dateToTimestamp(item.value as number) : item.value;
    if (!zoned || item.kind === "timestamptz") return local;
    requireZone(item, other, useZone);
    return toUtc(local, zoneOf(context.timeZone));
  };
  return order(instant(left, right), instant(right, left));
}
const order = (a: Int64, b: Int64) => (a < b ? -1 : a > b ? 1 : 0);

function requireZone(item: PathDatetime, other: PathDatetime, useZone: boolean): void {
  if (useZone) return;
  throw new DbError({
    sqlstate: "0A000",
    message: `cannot convert value from ${item.kind} to ${other.kind} without time zone usage`,
    hint: "Use *_tz() function for time zone support.",
  });
}
