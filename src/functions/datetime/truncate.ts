/** date_trunc(): what is below a unit becomes zero. */
import { dataError, Interval } from "../../types/index.js";
import { type Int64, int64 } from "../types/integers.js";
import { civilOf, daysOf, isInfinite, join, split, weekday } from "./calendar.js";
import { fieldName, unknownUnit, unsupportedUnit } from "./fields.js";

const clockUnits: Readonly<Record<string, number>> = {
  microsecond: 1,
  millisecond: 1000,
  second: 1_000_000,
  minute: 60_000_000,
  hour: 3_600_000_000,
  day: 86_400_000_000,
};
/** Fields that are no lengths of time. */
const dayFields: ReadonlySet<string> = new Set(["dow", "isodow", "doy", "isoyear", "epoch", "julian"]);
const yearUnits: Readonly<Record<string, number>> = { decade: 10, century: 100, millennium: 1000 };

export function truncateTimestamp(unit: string, timestamp: Int64, type: string): Int64 {
  if (isInfinite(timestamp)) return timestamp;
  const field = fieldName(unit);
  if (field === undefined || dayFields.has(field)) throw unknownUnit(unit, type);
  const { days, micros } = split(timestamp);
  const clock = clockUnits[field];
  if (clock !== undefined) return join(days, micros - (micros % clock));
  const { year, month } = civilOf(days);
  switch (field) {
    case "week":
      return join(days - ((weekday(days) + 6) % 7), 0);
    case "month":
      return join(daysOf(year, month, 1), 0);
    case "quarter":
      return join(daysOf(year, month - ((month - 1) % 3), 1), 0);
    case "year":
      return join(daysOf(year, 1, 1), 0);
    // Decades start in years that end in 0, centuries and millennia in years that end in 1.
    case "decade":
      return join(daysOf(Math.floor(year / 10) * 10, 1, 1), 0);
    case "century":
    case "millennium": {
      const size = yearUnits[field]!;
      return join(daysOf(Math.floor((year - 1) / size) * size + 1, 1, 1), 0);
    }
    default:
      throw unsupportedUnit(unit, type);
  }
}

export function truncateInterval(unit: string, value: Interval): Interval {
  const field = fieldName(unit);
  if (field === undefined || dayFields.has(field)) throw unknownUnit(unit, "interval");
  const clock = clockUnits[field];
  if (field !== "day" && clock !== undefined)
    return new Interval(value.months, value.days, int64(BigInt(value.micros) - (BigInt(value.micros) % BigInt(clock))));
  const months = (size: number) => new Interval(Math.trunc(value.months / size) * size + 0, 0, 0);
  switch (field) {
    case "day":
      return new Interval(value.months, value.days, 0);
    case "month":
      return months(1);
    case "quarter":
      return months(3);
    case "year":
      return months(12);
    case "decade":
    case "century":
    case "millennium":
      return months(12 * yearUnits[field]!);
    default:
      throw field === "week"
        ? dataError("0A000", `unit "${unit.toLowerCase()}" not supported for type interval`, "Months usually have fractional weeks.")
        : unsupportedUnit(unit, "interval");
  }
}
