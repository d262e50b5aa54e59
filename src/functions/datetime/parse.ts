/** Date and time input: ISO strings by one regular expression, everything else by the decoder. */
import { datetimeOutOfRange, type FormatContext, TimeTz } from "../../types/index.js";
import type { Int64 } from "../types/integers.js";
import {
  addMicros,
  checkedDate,
  checkedTimestamp,
  daysInMonth,
  daysOf,
  MICROS_PER_DAY,
  MICROS_PER_SECOND,
  roundMicros,
  UNIX_EPOCH_DAYS,
  UNIX_EPOCH_SECONDS,
} from "./calendar.js";
import { type Decoded, decodeDateTime, decodeTime } from "./decode.js";
import { localOffset, zoneOf } from "./zones.js";

const isoDate = /^(\d{4})-(\d{2})-(\d{2})$/;
const isoTimestamp = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?([+-]\d{2})?$/;

/** The common case without fields and words; undefined leaves it to the decoder, errors included. */
function quickDays(year: string, month: string, day: string): number | undefined {
  const y = Number(year);
  const m = Number(month);
  const d = Number(day);
  return y > 0 && m >= 1 && m <= 12 && d >= 1 && d <= daysInMonth(y, m) ? daysOf(y, m, d) : undefined;
}

const daysOfDecoded = ({ year, month, day }: Decoded) => daysOf(year, month, day);

export function parseDate(text: string, context: FormatContext): number {
  const iso = isoDate.exec(text);
  const quick = iso === null ? undefined : quickDays(iso[1]!, iso[2]!, iso[3]!);
  if (quick !== undefined) return quick;
  const decoded = decodeDateTime(text, "date", context);
  switch (decoded.kind) {
    case "infinity":
      return Number.POSITIVE_INFINITY;
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    case "epoch":
      return -UNIX_EPOCH_DAYS;
    case "date":
      return checkedDate(daysOfDecoded(decoded), text);
  }
}

export function parseTimestamp(text: string, typmod: number, withZone: boolean, context: FormatContext): Int64 {
  const iso = isoTimestamp.exec(text);
  if (iso !== null) {
    const days = quickDays(iso[1]!, iso[2]!, iso[3]!);
    const hour = Number(iso[4]);
    const minute = Number(iso[5]);
    const second = Number(iso[6] ?? 0);
    if (days !== undefined && hour < 24 && minute < 60 && second < 60 && (iso[8] === undefined || Math.abs(Number(iso[8])) <= 15)) {
      const micros = ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + Number((iso[7] ?? "").padEnd(6, "0"));
      const local = days * MICROS_PER_DAY + micros;
      if (Number.isSafeInteger(local)) {
        if (!withZone) return roundMicros(local, typmod);
        const offset = iso[8] === undefined ? localOffset(local, zoneOf(context.timeZone)) : Number(iso[8]) * 3600;
        return roundMicros(addMicros(local, -offset * MICROS_PER_SECOND), typmod);
      }
    }
  }
  const decoded = decodeDateTime(text, withZone ? "timestamp with time zone" : "timestamp", context);
  switch (decoded.kind) {
    case "infinity":
      return Number.POSITIVE_INFINITY;
    case "-infinity":
      return Number.NEGATIVE_INFINITY;
    case "epoch":
      return -UNIX_EPOCH_SECONDS * MICROS_PER_SECOND;
    case "date":
      return roundMicros(momentOf(decoded, withZone, text), typmod);
  }
}
function momentOf(decoded: Decoded, withZone: boolean, text: string): Int64 {
  const days = daysOfDecoded(decoded);
  if (days < -2_451_568 || days > 110_000_000) throw datetimeOutOfRange("timestamp", text);
  const local = BigInt(days) * BigInt(MICROS_PER_DAY) + BigInt(decoded.micros);
  return checkedTimestamp(withZone ? local - BigInt(decoded.offset * MICROS_PER_SECOND) : local, text);
}

export function parseTime(text: string, typmod: number, context: FormatContext): number {
  return roundMicros(decodeTime(text, "time", context).micros, typmod) as number;
}
export function parseTimeTz(text: string, typmod: number, context: FormatContext): TimeTz {
  const decoded = decodeTime(text, "time with time zone", context);
  return new TimeTz(roundMicros(decoded.micros, typmod) as number, decoded.offset);
}
