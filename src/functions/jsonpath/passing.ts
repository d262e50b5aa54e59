/** PASSING: SQL values as path items. Numbers, booleans, strings and dates as they are, everything else as its JSON. */
import { type Datum, type FormatContext, type Oid, type TimeTz, TypeOid } from "../../types/index.js";
import { makeConverter } from "../json/convert.js";
import type { FunctionRegistry } from "../registry.js";
import type { Int64 } from "../types/integers.js";
import { type DatetimeKind, PathDatetime } from "./datetime.js";
import type { Item } from "./items.js";

const DATETIMES: ReadonlyMap<Oid, DatetimeKind> = new Map([
  [TypeOid.date, "date"],
  [TypeOid.time, "time"],
  [TypeOid.timetz, "timetz"],
  [TypeOid.timestamp, "timestamp"],
  [TypeOid.timestamptz, "timestamptz"],
]);

export function passingReaders(types: readonly Oid[], registry: FunctionRegistry): ((value: Datum, context: FormatContext) => Item)[] {
  return types.map((type) => {
    const kind = DATETIMES.get(type);
    if (kind === undefined) {
      const converter = makeConverter(type, registry);
      return (value, context) => converter.value(value, context);
    }
    return (value) => {
      if (value === null) return null;
      if (kind !== "timetz") return new PathDatetime(kind, value as Int64);
      const { micros, offset } = value as TimeTz;
      return new PathDatetime(kind, micros, offset);
    };
  });
}
