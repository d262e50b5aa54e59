/**
 * Time zones: names through the platform's tz database (Intl), abbreviations, fixed offsets. Offsets are seconds east of UTC.
 *
 * Intl has no call for an offset, so an instant is formatted in the zone and compared with itself; answers are kept per quarter of
 * an hour, the grain of all transitions since standard time came into use.
 */
import { unknownTimeZone } from "../../types/index.js";
import { type Int64, int64 } from "../types/integers.js";
import { readAbbreviation, zoneAbbreviations } from "./abbreviations.js";
import { addMicros, civilOf, daysOf, isInfinite, MICROS_PER_DAY, MICROS_PER_SECOND, split, UNIX_EPOCH_DAYS } from "./calendar.js";
import { posixZone } from "./posix-zone.js";

export interface Zone {
  readonly name: string;
  /** Seconds east of UTC at an instant. */
  offsetAt(timestamp: Int64): number;
  abbreviationAt(timestamp: Int64): string;
  /** Set when the offset never changes. */
  readonly constantOffset?: number;
}

const zones = new Map<string, Zone>();

/** A zone by name, abbreviation or POSIX offset as SET TIME ZONE and AT TIME ZONE take it; undefined when there is none. */
export function findZone(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = makeZone(name.trim());
  if (zone !== undefined) zones.set(name, zone);
  return zone;
}
export function zoneOf(name: string): Zone {
  const zone = findZone(name);
  if (zone === undefined) throw unknownTimeZone(name);
  return zone;
}

/** A whole zone name, else a POSIX one. Unlike SET, AT TIME ZONE asks abbreviations first: `zoneOrAbbreviation`. */
function makeZone(name: string): Zone | undefined {
  // POSIX: positive is west of Greenwich; `<+02>-02` names its abbreviation.
  const posix = /^(?:<([^>]*)>|([a-z]{3,}))?([+-]?)(\d{1,3})(?::?(\d{2}))?(?::(\d{2}))?$/i.exec(name);
  if (posix !== null && /[+-]|^\d|\d$/.test(name) && Number(posix[4]) <= 167) {
    const seconds = Number(posix[4]) * 3600 + Number(posix[5] ?? 0) * 60 + Number(posix[6] ?? 0);
    const abbreviation = posix[1] ?? posix[2];
    const offset = posix[3] === "-" ? seconds : -seconds;
    return fixedZone(abbreviation ?? formatOffset(offset), offset);
  }
  if (!/^[a-z][a-z0-9_+/-]*$/i.test(name)) return posixZone(name);
  try {
    return namedZone(name);
  } catch {
    return posixZone(name); // Intl throws RangeError for a name it does not know.
  }
}
/** What AT TIME ZONE and timezone() take: an abbreviation, a zone name, a POSIX zone. */
export function zoneOrAbbreviation(name: string): Zone {
  const abbreviation = readAbbreviation(name.toLowerCase());
  if (typeof abbreviation === "number") return fixedZone(name.toUpperCase(), abbreviation);
  return zoneOf(abbreviation ?? name);
}

export function fixedZone(name: string, offset: number): Zone {
  return { name, offsetAt: () => offset, abbreviationAt: () => name, constantOffset: offset };
}

function namedZone(name: string): Zone {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    hourCycle: "h23",
    era: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  const lower = name.toLowerCase();
  const abbreviations = zoneAbbreviations(lower);
  if (/^(etc\/)?(utc|gmt|uct|zulu|universal|greenwich|gmt[+-]?0)$/.test(lower)) return fixedZone(abbreviations?.[0] ?? "UTC", 0);
  const etc = /^etc\/gmt([+-])(\d+)$/.exec(lower);
  if (etc !== null)
    return fixedZone(formatOffset((etc[1] === "-" ? 1 : -1) * Number(etc[2]) * 3600), (etc[1] === "-" ? 1 : -1) * Number(etc[2]) * 3600);
  const offsets = new Map<number, number>();
  const millisOf = (timestamp: Int64) => {
    const { days, micros } = split(timestamp);
    // Dates of JavaScript end at 275760; the offset of the same place in the 400-year cycle stands for later ones.
    const within = days > 99_000_000 ? days - Math.ceil((days - 99_000_000) / 146_097) * 146_097 : days;
    return (within + UNIX_EPOCH_DAYS) * 86_400_000 + Math.floor(micros / 1000);
  };
  const offsetAt = (timestamp: Int64): number => {
    if (isInfinite(timestamp)) return 0;
    const millis = millisOf(timestamp);
    const bucket = Math.floor(millis / 900_000);
    const cached = offsets.get(bucket);
    if (cached !== undefined) return cached;
    const offset = measure(format, millis);
    if (offsets.size > 50_000) offsets.clear();
    offsets.set(bucket, offset);
    return offset;
  };
  let first: number | undefined;
  /** Standard time of the zone's present rules. */
  const standardOffset = () => (first ??= Math.min(offsetAt(663_984_000_000_000), offsetAt(679_622_400_000_000)));
  return {
    name: format.resolvedOptions().timeZone.toLowerCase() === lower ? format.resolvedOptions().timeZone : name,
    offsetAt,
    abbreviationAt(timestamp) {
      const offset = offsetAt(timestamp);
      if (offset % 60 !== 0) return "LMT"; // local mean time, before zones were set by the hour
      if (abbreviations === undefined) return formatOffset(offset);
      return offset > standardOffset() ? abbreviations[1] : abbreviations[0];
    },
  };
}

function measure(format: Intl.DateTimeFormat, millis: number): number {
  const parts: Record<string, string> = {};
  for (const part of format.formatToParts(millis)) parts[part.type] = part.value;
  const year = parts.era === "BC" || parts.era === "B" ? 1 - Number(parts.year) : Number(parts.year);
  const days = daysOf(year, Number(parts.month), Number(parts.day)) + UNIX_EPOCH_DAYS;
  const seconds = days * 86_400 + Number(parts.hour) * 3600 + Number(parts.minute) * 60 + Number(parts.second);
  return seconds - Math.floor(millis / 1000);
}

/** Wall clock of an instant, as a timestamp without time zone. */
export function toLocal(timestamp: Int64, zone: Zone): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  const shift = zone.offsetAt(timestamp) * MICROS_PER_SECOND;
  // Not addMicros: at the ends of the range the wall clock may lie outside it.
  return typeof timestamp === "number" && Number.isSafeInteger(timestamp + shift)
    ? timestamp + shift
    : int64(BigInt(timestamp) + BigInt(shift));
}
/** The instant of a wall clock. In a gap the offset before it counts, in an overlap standard time: PostgreSQL's choices. */
export function toUtc(local: Int64, zone: Zone): Int64 {
  if (isInfinite(local)) return local;
  return addMicros(local, -localOffset(local, zone) * MICROS_PER_SECOND);
}
export function localOffset(local: Int64, zone: Zone): number {
  const before = zone.offsetAt(addMicros(local, -MICROS_PER_DAY));
  const after = zone.offsetAt(addMicros(local, MICROS_PER_DAY));
  if (before === after) return zone.offsetAt(addMicros(local, -before * MICROS_PER_SECOND));
  const fitsBefore = zone.offsetAt(addMicros(local, -before * MICROS_PER_SECOND)) === before;
  const fitsAfter = zone.offsetAt(addMicros(local, -after * MICROS_PER_SECOND)) === after;
  if (fitsBefore && fitsAfter) return Math.min(before, after);
  if (fitsBefore) return before;
  if (fitsAfter) return after;
  return Math.min(before, after);
}

/** +05:30, -08, +00:19:32. */
export function formatOffset(seconds: number): string {
  const size = Math.abs(seconds);
  const two = (n: number) => n.toString().padStart(2, "0");
  const minutes = Math.floor(size / 60) % 60;
  return `${seconds < 0 ? "-" : "+"}${two(Math.floor(size / 3600))}${minutes !== 0 || size % 60 !== 0 ? `:${two(minutes)}` : ""}${size % 60 !== 0 ? `:${two(size % 60)}` : ""}`;
}
export function dateInZone(timestamp: Int64, zone: Zone): ReturnType<typeof civilOf> {
  return civilOf(split(toLocal(timestamp, zone)).days);
}
