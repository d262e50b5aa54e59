/** =, <>, <, <=, >, >= and the three-way functions of every ordered type, across types where PostgreSQL has them. */
import type { ArrayValue, Datum, Interval, Jsonb, Numeric, RowValue, SqlType, TimeTz } from "../../types/index.js";
import { DbError, TypeOid } from "../../types/index.js";
import { dateToTimestamp } from "../datetime/calendar.js";
import { compareIntervals } from "../datetime/interval.js";
import { toUtc, zoneOf } from "../datetime/zones.js";
import { compareJson } from "../json/jsonb-value.js";
import { compareNumerics } from "../numeric/numeric-value.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { compareArrays, compareOidVectors } from "../types/array.js";
import { compareBytes } from "../types/bytea.js";
import { compareTimeTzs } from "../types/datetime.js";
import { compareFloats } from "../types/floats.js";
import type { Int64 } from "../types/integers.js";
import { compareText, trimSpacesRight } from "../types/strings.js";

type Bodies = Record<string, ScalarBody>;
type Names = readonly [eq: string, ne: string, lt: string, le: string, gt: string, ge: string];

/** int4eq, int4ne… or date_eq, date_ne…: `separator` is "" or "_". */
export function namesOf(prefix: string, separator = ""): Names {
  return ["eq", "ne", "lt", "le", "gt", "ge"].map((suffix) => prefix + separator + suffix) as unknown as Names;
}

/** Values that JavaScript's own operators compare right: integers, safe or big, finite timestamps and infinities, booleans. */
export function primitiveComparisons(names: Names, compareName?: string): Bodies {
  const bodies: Bodies = {
    [names[0]]: (_c, a: number, b: number) => a === b,
    [names[1]]: (_c, a: number, b: number) => a !== b,
    [names[2]]: (_c, a: number, b: number) => a < b,
    [names[3]]: (_c, a: number, b: number) => a <= b,
    [names[4]]: (_c, a: number, b: number) => a > b,
    [names[5]]: (_c, a: number, b: number) => a >= b,
  };
  if (compareName !== undefined) bodies[compareName] = (_c, a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);
  return bodies;
}

export function comparisonsBy<T extends Datum>(names: Names, compare: (left: T, right: T) => number, compareName?: string): Bodies {
  const bodies: Bodies = {
    [names[0]]: (_c, a: never, b: never) => compare(a, b) === 0,
    [names[1]]: (_c, a: never, b: never) => compare(a, b) !== 0,
    [names[2]]: (_c, a: never, b: never) => compare(a, b) < 0,
    [names[3]]: (_c, a: never, b: never) => compare(a, b) <= 0,
    [names[4]]: (_c, a: never, b: never) => compare(a, b) > 0,
    [names[5]]: (_c, a: never, b: never) => compare(a, b) >= 0,
  };
  if (compareName !== undefined) bodies[compareName] = (_c, a: never, b: never) => Math.sign(compare(a, b));
  return bodies;
}

/** Text equality needs no order: one pass by the engine of JavaScript. */
function textComparisons(names: Names, compareName?: string): Bodies {
  return {
    ...comparisonsBy<string>(names, compareText, compareName),
    [names[0]]: (_c: unknown, a: string, b: string) => a === b,
    [names[1]]: (_c: unknown, a: string, b: string) => a !== b,
  };
}

const larger =
  <T extends Datum>(compare: (a: T, b: T) => number): ScalarBody =>
  (_c, a: never, b: never) =>
    compare(a, b) >= 0 ? a : b;
const smaller =
  <T extends Datum>(compare: (a: T, b: T) => number): ScalarBody =>
  (_c, a: never, b: never) =>
    compare(a, b) <= 0 ? a : b;
const numbers = (a: number, b: number) => a - b;

const scalars: Bodies = {
  ...primitiveComparisons(namesOf("bool"), "btboolcmp"),
  ...primitiveComparisons(namesOf("oid"), "btoidcmp"),
  ...primitiveComparisons(namesOf("xid8"), "xid8cmp"),
  xideq: (_c, a: number, b: number) => a === b,
  xidneq: (_c, a: number, b: number) => a !== b,
  xideqint4: (_c, a: number, b: number) => a === b,
  xidneqint4: (_c, a: number, b: number) => a !== b,
  cideq: (_c, a: number, b: number) => a === b,
  ...textComparisons(namesOf("text_"), "bttextcmp"),
  texteq: (_c, a: string, b: string) => a === b,
  textne: (_c, a: string, b: string) => a !== b,
  ...textComparisons(namesOf("name"), "btnamecmp"),
  ...textComparisons(["nameeqtext", "namenetext", "namelttext", "nameletext", "namegttext", "namegetext"], "btnametextcmp"),
  ...textComparisons(["texteqname", "textnename", "textltname", "textlename", "textgtname", "textgename"], "bttextnamecmp"),
  ...textComparisons(namesOf("char"), "btcharcmp"),
  ...primitiveComparisons(namesOf("uuid", "_"), "uuid_cmp"),
  ...comparisonsBy<string>(namesOf("bpchar"), (a, b) => compareText(trimSpacesRight(a), trimSpacesRight(b)), "bpcharcmp"),
  ...comparisonsBy<Numeric>(namesOf("numeric", "_"), compareNumerics, "numeric_cmp"),
  text_larger: larger(compareText),
  text_smaller: smaller(compareText),
  int2larger: larger(numbers),
  int2smaller: smaller(numbers),
  int4larger: larger(numbers),
  int4smaller: smaller(numbers),
  numeric_larger: larger(compareNumerics),
  numeric_smaller: smaller(compareNumerics),
  float4larger: larger(compareFloats),
  float4smaller: smaller(compareFloats),
  float8larger: larger(compareFloats),
  float8smaller: smaller(compareFloats),
};
const compareNames: Record<string, string> = {
  int2: "btint2cmp",
  int4: "btint4cmp",
  int8: "btint8cmp",
  int24: "btint24cmp",
  int28: "btint28cmp",
  int42: "btint42cmp",
  int48: "btint48cmp",
  int82: "btint82cmp",
  int84: "btint84cmp",
};
for (const [prefix, name] of Object.entries(compareNames)) Object.assign(scalars, primitiveComparisons(namesOf(prefix), name));
for (const prefix of ["float4", "float8", "float48", "float84"]) {
  const names = namesOf(prefix);
  Object.assign(scalars, comparisonsBy<number>(names, compareFloats, `bt${prefix}cmp`), {
    // NaN is the only value that differs from itself, and it equals itself in SQL.
    [names[0]]: (_c: unknown, a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b)),
    [names[1]]: (_c: unknown, a: number, b: number) => a !== b && !(Number.isNaN(a) && Number.isNaN(b)),
  });
}

for (const prefix of ["date", "time", "timestamp", "timestamptz"]) {
  Object.assign(scalars, primitiveComparisons(namesOf(prefix, "_"), `${prefix}_cmp`));
}
Object.assign(scalars, {
  ...comparisonsBy<TimeTz>(namesOf("timetz", "_"), compareTimeTzs, "timetz_cmp"),
  ...comparisonsBy<Interval>(namesOf("interval", "_"), compareIntervals, "interval_cmp"),
  ...comparisonsBy<Uint8Array>(namesOf("bytea"), compareBytes, "byteacmp"),
  ...comparisonsBy<Jsonb>(namesOf("jsonb", "_"), (a, b) => (a.text === b.text ? 0 : compareJson(a.value, b.value)), "jsonb_cmp"),
});

/** date and timestamp meet as timestamps, either meets timestamptz in the session's zone. */
const compareTimes = (a: Int64, b: Int64) => (a < b ? -1 : a > b ? 1 : 0);
const asInstant: Record<string, (context: EvaluationContext, value: Int64) => Int64> = {
  date: (context, value) => toUtc(dateToTimestamp(value as number), zoneOf(context.timeZone)),
  timestamp: (context, value) => toUtc(value, zoneOf(context.timeZone)),
  timestamptz: (_context, value) => value,
};
const asWallClock: Record<string, (context: EvaluationContext, value: Int64) => Int64> = {
  date: (_context, value) => dateToTimestamp(value as number),
  timestamp: (_context, value) => value,
};
for (const [left, right] of [
  ["date", "timestamp"],
  ["timestamp", "date"],
  ["date", "timestamptz"],
  ["timestamptz", "date"],
  ["timestamp", "timestamptz"],
  ["timestamptz", "timestamp"],
] as const) {
  const meet = left === "timestamptz" || right === "timestamptz" ? asInstant : asWallClock;
  const toLeft = meet[left]!;
  const toRight = meet[right]!;
  const compare = (context: EvaluationContext, a: Int64, b: Int64) => compareTimes(toLeft(context, a), toRight(context, b));
  const tests: Record<string, (order: number) => boolean> = {
    eq: (o) => o === 0,
    ne: (o) => o !== 0,
    lt: (o) => o < 0,
    le: (o) => o <= 0,
    gt: (o) => o > 0,
    ge: (o) => o >= 0,
  };
  for (const [name, test] of Object.entries(tests)) scalars[`${left}_${name}_${right}`] = (c, a: Int64, b: Int64) => test(compare(c, a, b));
  scalars[`${left}_cmp_${right}`] = (c, a: Int64, b: Int64) => compare(c, a, b);
}

/** Bodies for types whose order is known only at the call: arrays by their element, records by their fields. */
const typed: Record<string, TypedBody<ScalarBody>> = {};
function elementCompare(registry: FunctionRegistry, arrayType: number): NonNullable<SqlType["compare"]> {
  const array = registry.typeByOid(arrayType);
  const element = array === undefined ? undefined : registry.typeByOid(array.elementType);
  if (element?.compare !== undefined) return element.compare;
  if (arrayType === TypeOid.anyarray) return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  throw new DbError({
    sqlstate: "42883",
    message: `could not identify a comparison function for type ${element?.displayName ?? arrayType}`,
  });
}
const orderTests: Record<string, (order: number) => Datum> = {
  eq: (o) => o === 0,
  ne: (o) => o !== 0,
  lt: (o) => o < 0,
  le: (o) => o <= 0,
  gt: (o) => o > 0,
  ge: (o) => o >= 0,
  cmp: (o) => Math.sign(o),
};
for (const [suffix, test] of Object.entries(orderTests)) {
  typed[suffix === "cmp" ? "btarraycmp" : `array_${suffix}`] = new TypedBody((call, registry) => {
    const compare = elementCompare(registry, call.argTypes[0]!);
    return (_c, a: ArrayValue, b: ArrayValue) => test(compareArrays(a, b, compare));
  });
  typed[suffix === "cmp" ? "btrecordcmp" : `record_${suffix}`] = new TypedBody((_call, registry) => {
    const compare = registry.typeByOid(TypeOid.record)!.compare!;
    return (_c, a: RowValue, b: RowValue) => test(compare(a, b));
  });
  if (suffix !== "cmp") scalars[`oidvector${suffix}`] = (_c, a: ArrayValue, b: ArrayValue) => test(compareOidVectors(a, b));
}

export const comparisonFamily: Family = { scalars: { ...scalars, ...typed } };
