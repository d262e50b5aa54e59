/**
 * Time zones: names through the platform's tz database (Intl), abbreviations, fixed offsets. Offsets are seconds east of UTC.
 *
 * Intl has no call for an offset, so an instant is formatted in the zone and compared with itself; answers are kept per quarter of
 * an hour, the grain of all transitions since standard time came into use.
 */
import { unknownTimeZone } from "../../types/index.js";
import type { Int64 } from "../types/integers.js";
import { addMicros, civilOf, daysOf, isInfinite, MICROS_PER_DAY, MICROS_PER_SECOND, split, UNIX_EPOCH_DAYS } from "./calendar.js";

export interface Zone {
  readonly name: string;
  /** Seconds east of UTC at an instant. */
  offsetAt(timestamp: Int64): number;
  abbreviationAt(timestamp: Int64): string;
}

/** Abbreviations of PostgreSQL's default set, in seconds east. */
const abbreviations: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    utc: 0,
    gmt: 0,
    z: 0,
    zulu: 0,
    ut: 0,
    wet: 0,
    west: 1,
    bst: 1,
    cet: 1,
    cest: 2,
    mez: 1,
    mesz: 2,
    met: 1,
    mest: 2,
    eet: 2,
    eest: 3,
    msk: 3,
    msd: 4,
    ist: 2,
    pkt: 5,
    est: -5,
    edt: -4,
    cst: -6,
    cdt: -5,
    mst: -7,
    mdt: -6,
    pst: -8,
    pdt: -7,
    akst: -9,
    akdt: -8,
    hst: -10,
    ast: -4,
    adt: -3,
    nst: -3.5,
    ndt: -2.5,
    jst: 9,
    kst: 9,
    aest: 10,
    aedt: 11,
    acst: 9.5,
    acdt: 10.5,
    awst: 8,
    nzst: 12,
    nzdt: 13,
    sgt: 8,
    hkt: 8,
    art: -3,
    brt: -3,
    clt: -4,
    cot: -5,
    sast: 2,
    eat: 3,
    wat: 1,
    cat: 2,
  }).map(([name, hours]) => [name, hours * 3600]),
);

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

function makeZone(name: string): Zone | undefined {
  const lower = name.toLowerCase();
  if (lower in abbreviations) return fixedZone(lower === "utc" || lower === "gmt" ? lower.toUpperCase() : name, abbreviations[lower]!);
  // POSIX: positive is west of Greenwich; `<+02>-02` names its abbreviation.
  const posix = /^(?:<[^>]*>|[a-z]{3,})?([+-]?)(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?$/i.exec(name);
  if (posix !== null && /[+-]|^\d/.test(name)) {
    const seconds = Number(posix[2]) * 3600 + Number(posix[3] ?? 0) * 60 + Number(posix[4] ?? 0);
    return fixedZone(name, posix[1] === "-" ? seconds : -seconds);
  }
  try {
    return namedZone(name);
  } catch {
    return undefined; // Intl throws RangeError for a name it does not know.
  }
}

export function fixedZone(name: string, offset: number): Zone {
  return { name, offsetAt: () => offset, abbreviationAt: () => name };
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
  const canonical = /^(etc\/)?(utc|gmt|uct|zulu|universal)$/i.test(name);
  if (canonical) return fixedZone(name.toUpperCase() === "UTC" || name === "Etc/UTC" ? name : name, 0);
  const short = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "short" });
  const offsets = new Map<number, number>();
  const millisOf = (timestamp: Int64) => {
    const { days, micros } = split(timestamp);
    // Dates of JavaScript end at 275760; the offset of the same place in the 400-year cycle stands for later ones.
    const within = days > 99_000_000 ? days - Math.ceil((days - 99_000_000) / 146_097) * 146_097 : days;
    return (within + UNIX_EPOCH_DAYS) * 86_400_000 + Math.floor(micros / 1000);
  };
  return {
    name: format.resolvedOptions().timeZone.toLowerCase() === name.toLowerCase() ? format.resolvedOptions().timeZone : name,
    offsetAt(timestamp) {
      if (isInfinite(timestamp)) return 0;
      const millis = millisOf(timestamp);
      const bucket = Math.floor(millis / 900_000);
      const cached = offsets.get(bucket);
      if (cached !== undefined) return cached;
      const offset = measure(format, millis);
      if (offsets.size > 50_000) offsets.clear();
      offsets.set(bucket, offset);
      return offset;
    },
    abbreviationAt(timestamp) {
      const part = short.formatToParts(millisOf(timestamp)).find((p) => p.type === "timeZoneName")?.value ?? "";
      return part.startsWith("GMT") && part.length > 3 ? formatOffset(this.offsetAt(timestamp)) : part;
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
  return isInfinite(timestamp) ? timestamp : addMicros(timestamp, zone.offsetAt(timestamp) * MICROS_PER_SECOND);
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
/** Seconds east of an abbreviation in date input, or undefined. */
export function abbreviationOffset(word: string): number | undefined {
  return abbreviations[word.toLowerCase()];
}
export function dateInZone(timestamp: Int64, zone: Zone): ReturnType<typeof civilOf> {
  return civilOf(split(toLocal(timestamp, zone)).days);
}
