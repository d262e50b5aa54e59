/** Text output of dates, times and timestamps: ISO, and the SQL, Postgres and German styles. */
import type { FormatContext, TimeTz } from "../../types/index.js";
import type { Int64 } from "../types/integers.js";
import { civilOf, isInfinite, split, weekday } from "./calendar.js";
import { formatOffset, toLocal, zoneOf } from "./zones.js";

export const two = (n: number) => (n < 10 ? `0${n}` : String(n));
const dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function formatTime(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = micros - seconds * 1_000_000;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}${formatFraction(fraction)}`;
}
export function formatTimeTz(value: TimeTz): string {
  return formatTime(value.micros) + formatOffset(value.offset);
}
/** .5, .000001, nothing for 0. */
export function formatFraction(micros: number): string {
  return micros === 0 ? "" : `.${micros.toString().padStart(6, "0").replace(/0+$/, "")}`;
}
function style(context: FormatContext): "iso" | "sql" | "postgres" | "german" {
  const name = context.dateStyle.toLowerCase();
  return name.includes("sql") ? "sql" : name.includes("postgres") ? "postgres" : name.includes("german") ? "german" : "iso";
}
const dayFirst = (context: FormatContext) => /dmy/i.test(context.dateStyle);

function infinityText(value: Int64): string {
  return value > 0 ? "infinity" : "-infinity";
}

export function formatDate(days: number, context: FormatContext): string {
  if (!Number.isFinite(days)) return infinityText(days);
  const { year, month, day } = civilOf(days);
  const shown = year > 0 ? year : 1 - year;
  const text = dateText(shown, month, day, style(context), context);
  return year > 0 ? text : `${text} BC`;
}
function dateText(year: number, month: number, day: number, form: ReturnType<typeof style>, context: FormatContext): string {
  const y = year.toString().padStart(4, "0");
  switch (form) {
    case "iso":
      return `${y}-${two(month)}-${two(day)}`;
    case "german":
      return `${two(day)}.${two(month)}.${y}`;
    case "sql":
      return dayFirst(context) ? `${two(day)}/${two(month)}/${y}` : `${two(month)}/${two(day)}/${y}`;
    case "postgres":
      return dayFirst(context) ? `${two(day)}-${two(month)}-${y}` : `${two(month)}-${two(day)}-${y}`;
  }
}

export function formatTimestamp(timestamp: Int64, context: FormatContext): string {
  return isInfinite(timestamp) ? infinityText(timestamp) : wallClock(timestamp, context, undefined, "");
}
export function formatTimestampTz(timestamp: Int64, context: FormatContext): string {
  if (isInfinite(timestamp)) return infinityText(timestamp);
  const zone = zoneOf(context.timeZone);
  const offset = zone.offsetAt(timestamp);
  return wallClock(toLocal(timestamp, zone), context, offset, style(context) === "iso" ? "" : zone.abbreviationAt(timestamp));
}

function wallClock(local: Int64, context: FormatContext, offset: number | undefined, abbreviation: string): string {
  const { days, micros } = split(local);
  const { year, month, day } = civilOf(days);
  const shown = year > 0 ? year : 1 - year;
  const form = style(context);
  const era = year > 0 ? "" : " BC";
  const clock = formatTime(micros);
  if (form === "iso")
    return `${dateText(shown, month, day, form, context)} ${clock}${offset === undefined ? "" : formatOffset(offset)}${era}`;
  const zone = offset === undefined ? "" : ` ${abbreviation}`;
  if (form !== "postgres") return `${dateText(shown, month, day, form, context)} ${clock}${zone}${era}`;
  const date = dayFirst(context) ? `${two(day)} ${monthNames[month - 1]}` : `${monthNames[month - 1]} ${two(day)}`;
  return `${dayNames[weekday(days)]} ${date} ${clock} ${shown.toString().padStart(4, "0")}${zone}${era}`;
}
