/**
 * RANGE frames with an offset: is a row's value within `base` ± `offset`? PostgreSQL's in_range support functions (nbtree.sgml,
 * "in_range"): sums that leave the type's range count as beyond every value instead of raising an error.
 */
import type { EvaluationContext, FunctionRegistry } from "../../functions/registry.js";
import { type Datum, frameOffsetInvalid, Interval, type Numeric, notSupported, type Oid, TypeOid } from "../../types/index.js";

type Value = Exclude<Datum, null>;

export interface RangeOffset {
  /** @throws DbError 22013 when the offset is negative or not a number. */
  check(offset: Value): void;
  /** `less`: value <= base ± offset, else value >= it. `subtract`: minus. */
  isInRange(context: EvaluationContext, value: Value, base: Value, offset: Value, subtract: boolean, less: boolean): boolean;
}

type IntervalArithmetic = (context: EvaluationContext, base: Value, offset: Value) => Value;

/** For a sort column of type `column`; the binder has made sure that the pair of types is one that PostgreSQL has. */
export function rangeOffset(registry: FunctionRegistry, column: Oid): RangeOffset {
  switch (column) {
    case TypeOid.int2:
    case TypeOid.int4:
    case TypeOid.int8:
      return integers;
    case TypeOid.float4:
    case TypeOid.float8:
      return floats;
    case TypeOid.numeric:
      return numerics(registry);
    case TypeOid.time:
      return times;
    case TypeOid.date:
      return dates(instants(registry, "timestamp"));
    case TypeOid.timestamp:
      return instants(registry, "timestamp");
    case TypeOid.timestamptz:
      return instants(registry, "timestamptz");
    case TypeOid.interval:
      return intervals(registry);
    default:
      throw notSupported(`RANGE with an offset over a column of type ${registry.typeByOid(column)?.displayName ?? column}`);
  }
}

const integers: RangeOffset = {
  check: (offset) => {
    if ((offset as number | bigint) < 0) throw frameOffsetInvalid();
  },
  isInRange(_context, value, base, offset, subtract, less) {
    // Numbers beyond 2^53 would be rounded: those go by bigint, which never overflows.
    let bound: number | bigint;
    if (typeof base === "number" && typeof offset === "number") {
      bound = subtract ? base - offset : base + offset;
      if (!Number.isSafeInteger(bound)) bound = subtract ? BigInt(base) - BigInt(offset) : BigInt(base) + BigInt(offset);
    } else {
      const [b, o] = [BigInt(base as number | bigint), BigInt(offset as number | bigint)];
      bound = subtract ? b - o : b + o;
    }
    return less ? (value as number | bigint) <= bound : (value as number | bigint) >= bound;
  },
};

const floats: RangeOffset = {
  check: (offset) => {
    if (Number.isNaN(offset) || (offset as number) < 0) throw frameOffsetInvalid();
  },
  isInRange(_context, value, base, offset, subtract, less) {
    const [v, b, o] = [value as number, base as number, offset as number];
    // NaN sorts above everything and is as far from itself as nothing else.
    if (Number.isNaN(v)) return Number.isNaN(b) || !less;
    if (Number.isNaN(b)) return less;
    if (o === Infinity && (subtract ? b === Infinity : b === -Infinity)) return true;
    const bound = subtract ? b - o : b + o;
    return less ? v <= bound : v >= bound;
  },
};

const isNegative = (n: Numeric): boolean => n.special === "-Infinity" || (n.special === "finite" && n.coefficient < 0n);
function numerics(registry: FunctionRegistry): RangeOffset {
  const compare = registry.typeByOid(TypeOid.numeric)?.compare;
  const add = registry.scalarBody("numeric_add(numeric,numeric)") as unknown as IntervalArithmetic;
  const subtractBody = registry.scalarBody("numeric_sub(numeric,numeric)") as unknown as IntervalArithmetic;
  return {
    check: (offset) => {
      if ((offset as Numeric).special === "NaN" || isNegative(offset as Numeric)) throw frameOffsetInvalid();
    },
    isInRange(context, value, base, offset, subtract, less) {
      const [v, b, o] = [value as Numeric, base as Numeric, offset as Numeric];
      if (v.special === "NaN") return b.special === "NaN" || !less;
      if (b.special === "NaN") return less;
      if (o.special === "Infinity") {
        if (subtract ? b.special === "Infinity" : b.special === "-Infinity") return true;
        const bound = subtract ? "-Infinity" : "Infinity";
        return less ? bound === "Infinity" || v.special === bound : bound === "-Infinity" || v.special === bound;
      }
      const bound = (subtract ? subtractBody : add)(context, b, o);
      const order = compare?.(v, bound) ?? 0;
      return less ? order <= 0 : order >= 0;
    },
  };
}

const times: RangeOffset = {
  check: (offset) => {
    if ((offset as Interval).micros < 0) throw frameOffsetInvalid();
  },
  isInRange(_context, value, base, offset, subtract, less) {
    // Months and days of the interval do not count; nothing wraps round at midnight.
    const micros = Number((offset as Interval).micros);
    const bound = subtract ? (base as number) - micros : (base as number) + micros;
    return less ? (value as number) <= bound : (value as number) >= bound;
  },
};

const ZERO_INTERVAL = new Interval(0, 0, 0);
function checkInterval(registry: FunctionRegistry): (offset: Value) => void {
  const compare = registry.typeByOid(TypeOid.interval)?.compare;
  return (offset) => {
    if ((compare?.(offset, ZERO_INTERVAL) ?? 0) < 0) throw frameOffsetInvalid();
  };
}
function instants(registry: FunctionRegistry, type: "timestamp" | "timestamptz"): RangeOffset {
  const add = registry.scalarBody(`${type}_pl_interval(${type},interval)`) as unknown as IntervalArithmetic;
  const minus = registry.scalarBody(`${type}_mi_interval(${type},interval)`) as unknown as IntervalArithmetic;
  return {
    check: checkInterval(registry),
    isInRange(context, value, base, offset, subtract, less) {
      const bound = (subtract ? minus : add)(context, base, offset) as number | bigint;
      return less ? (value as number | bigint) <= bound : (value as number | bigint) >= bound;
    },
  };
}
const MICROS_PER_DAY = 86_400_000_000;
/** Days as the timestamp of their midnight. */
function midnight(days: Value): Value {
  const micros = (days as number) * MICROS_PER_DAY;
  return Number.isSafeInteger(micros) || !Number.isFinite(micros) ? micros : BigInt(days as number) * BigInt(MICROS_PER_DAY);
}
function dates(inner: RangeOffset): RangeOffset {
  return {
    check: inner.check,
    isInRange: (context, value, base, offset, subtract, less) =>
      inner.isInRange(context, midnight(value), midnight(base), offset, subtract, less),
  };
}
function intervals(registry: FunctionRegistry): RangeOffset {
  const compare = registry.typeByOid(TypeOid.interval)?.compare;
  const add = registry.scalarBody("interval_pl(interval,interval)") as unknown as IntervalArithmetic;
  const minus = registry.scalarBody("interval_mi(interval,interval)") as unknown as IntervalArithmetic;
  return {
    check: checkInterval(registry),
    isInRange(context, value, base, offset, subtract, less) {
      const bound = (subtract ? minus : add)(context, base, offset);
      const order = compare?.(value, bound) ?? 0;
      return less ? order <= 0 : order >= 0;
    },
  };
}
