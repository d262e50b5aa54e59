/**
 * Range and multirange types over any ordered subtype. `makeRangeTypes` serves the six of PostgreSQL's own and those that are created.
 *
 * Stored and sent alike, as range_send and multirange_send write them: a byte of flags and the bounds, each with its length.
 */
import {
  assert, type Datum, DbError, invalidBinary, KeyWriter, type MultirangeValue, outOfRange, PhysicalType, type RangeRules, RangeValue,
  type SqlType, writeOrderedKey,
} from "../../types/index.js"; // biome-ignore format: a list
import { typeFactsByName } from "../facts/index.js";
import { add8 } from "../families/integer-math.js";
import { concatBytes, made, viewOf } from "../types/bytes.js";
import type { Int64 } from "../types/integers.js";
import { compareMultiranges, makeMultirange } from "./multirange-algebra.js";
import { compareRanges, emptyRange, makeRange } from "./range-algebra.js";
import { formatRange, parseRange, splitMultirange } from "./range-text.js";

const FLAG = { empty: 1, lowerInclusive: 2, upperInclusive: 4, lowerInfinite: 8, upperInfinite: 16 } as const;

/** What differs between range types: the facts of pg_type come from the caller. */
export type TypeShell = Pick<SqlType, "oid" | "name" | "displayName" | "arrayType">;

export function makeRangeTypes(
  range: TypeShell,
  multirange: TypeShell,
  subtype: SqlType,
  canonicalize?: RangeRules["canonicalize"],
): readonly [SqlType, SqlType] {
  const rules: RangeRules = {
    rangeType: range.oid,
    multirangeType: multirange.oid,
    subtype: subtype.oid,
    compare: (left, right) => subtype.compare!(left, right),
    ...(canonicalize === undefined ? {} : { canonicalize }),
  };
  const shared = {
    category: "R",
    preferred: false,
    length: -1,
    elementType: 0,
    physical: PhysicalType.varlen,
    keyKind: undefined,
    formatModifier: () => "",
    range: rules,
  } as const;
  const rangeType: SqlType = {
    ...range,
    ...shared,
    input: (text, _typmod, context) => {
      const parts = parseRange(text);
      const bound = (part: string | null) => (part === null ? null : subtype.input(part, -1, context));
      const [lower, upper] = [bound(parts.lower), bound(parts.upper)];
      if (parts.empty) return emptyRange(rules);
      return makeRange(
        rules,
        { value: lower, inclusive: parts.lowerInclusive, isLower: true },
        { value: upper, inclusive: parts.upperInclusive, isLower: false },
      );
    },
    output: (value, context) => formatRange(value as RangeValue, (bound) => subtype.output(bound, context)),
    receive: (bytes) => receiveRange(bytes, rules, subtype),
    send: (value) => sendRange(value as RangeValue, subtype),
    toStorage: (value) => sendRange(value as RangeValue, subtype),
    fromStorage: (bytes) => receiveRange(bytes, rules, subtype),
    compare: (left, right) => compareRanges(rules, left as RangeValue, right as RangeValue),
    hashKey: (value) => rangeKey(value as RangeValue, subtype),
    writeKey: (value, out) => writeRangeKey(value as RangeValue, subtype, out),
  };
  const multirangeType: SqlType = {
    ...multirange,
    ...shared,
    input: (text, _typmod, context) =>
      makeMultirange(
        rules,
        splitMultirange(text).map((part) => rangeType.input(part, -1, context) as RangeValue),
      ),
    output: (value, context) => `{${(value as MultirangeValue).ranges.map((one) => rangeType.output(one, context)).join(",")}}`,
    receive: (bytes) => receiveMultirange(bytes, rules, subtype),
    send: (value) => sendMultirange(value as MultirangeValue, subtype),
    toStorage: (value) => sendMultirange(value as MultirangeValue, subtype),
    fromStorage: (bytes) => receiveMultirange(bytes, rules, subtype),
    compare: (left, right) => compareMultiranges(rules, left as MultirangeValue, right as MultirangeValue),
    hashKey: (value) => (value as MultirangeValue).ranges.map((one) => rangeKey(one, subtype)).join(";"),
    writeKey: (value, out) => {
      // A range that is not empty begins with one, so the end is below it.
      for (const one of (value as MultirangeValue).ranges) writeRangeKey(one, subtype, out);
      out.byte(0);
    },
  };
  return [rangeType, multirangeType];
}

/** As compareRanges: empty ones first, then the lower bound, then the upper one. */
function writeRangeKey(range: RangeValue, subtype: SqlType, out: KeyWriter): void {
  out.byte(range.isEmpty ? 0 : 1);
  if (range.isEmpty) return;
  const bound = (value: Datum, open: number, later: boolean): void => {
    if (value === null) return out.byte(open);
    out.byte(0x80);
    writeOrderedKey(subtype, value, out);
    out.byte(later ? 1 : 0);
  };
  bound(range.lower, 0, !range.lowerInclusive);
  bound(range.upper, 0xff, range.upperInclusive);
}

/**
 * Where ordered keys of ranges lie that may overlap a range: from the first key (what begins with it follows it) to the end of what begins with
 * the second. Ranges that start below it are not in between.
 */
export function overlapBounds(range: RangeValue, subtype: SqlType): { readonly lower: Uint8Array; readonly upper: Uint8Array } {
  const start = (value: Datum, open: number, end: readonly number[]): Uint8Array => {
    const out = new KeyWriter();
    out.byte(1);
    if (value === null) out.byte(open);
    else {
      out.byte(0x80);
      writeOrderedKey(subtype, value, out);
      for (const byte of end) out.byte(byte);
    }
    return out.finish();
  };
  // A bound's last byte says whether it is inclusive (0) or not (1).
  return { lower: start(range.lower, 0, []), upper: start(range.upper, 0xff, [2]) };
}

function rangeKey(range: RangeValue, subtype: SqlType): string {
  if (range.isEmpty) return "empty";
  const part = (value: Datum) => {
    if (value === null) return "";
    const key = String(subtype.hashKey!(value));
    return `${key.length}:${key}`;
  };
  return `${range.lowerInclusive ? "[" : "("}${part(range.lower)},${part(range.upper)}${range.upperInclusive ? "]" : ")"}`;
}

function sendRange(range: RangeValue, subtype: SqlType): Uint8Array {
  if (range.isEmpty) return Uint8Array.of(FLAG.empty);
  const flags =
    (range.lowerInclusive ? FLAG.lowerInclusive : 0) |
    (range.upperInclusive ? FLAG.upperInclusive : 0) |
    (range.lower === null ? FLAG.lowerInfinite : 0) |
    (range.upper === null ? FLAG.upperInfinite : 0);
  const parts: Uint8Array[] = [Uint8Array.of(flags)];
  for (const bound of [range.lower, range.upper]) {
    if (bound === null) continue;
    const bytes = subtype.send(bound);
    parts.push(
      made(4, (view) => view.setInt32(0, bytes.length)),
      bytes,
    );
  }
  return concatBytes(parts);
}

function receiveRange(bytes: Uint8Array, rules: RangeRules, subtype: SqlType): RangeValue {
  const flags = bytes[0];
  if (flags === undefined) throw invalidBinary("insufficient data left in message");
  const view = viewOf(bytes);
  let at = 1;
  const bound = (): Datum => {
    if (at + 4 > bytes.length) throw invalidBinary("insufficient data left in message");
    const length = view.getInt32(at);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw invalidBinary("insufficient data left in message");
    at += length;
    return subtype.receive(bytes.subarray(at - length, at), -1);
  };
  const empty = (flags & FLAG.empty) !== 0;
  const lower = empty || flags & FLAG.lowerInfinite ? null : bound();
  const upper = empty || flags & FLAG.upperInfinite ? null : bound();
  if (at !== bytes.length) throw invalidBinary("invalid message format");
  if (empty) return emptyRange(rules);
  return makeRange(
    rules,
    { value: lower, inclusive: (flags & FLAG.lowerInclusive) !== 0, isLower: true },
    { value: upper, inclusive: (flags & FLAG.upperInclusive) !== 0, isLower: false },
  );
}

function sendMultirange(value: MultirangeValue, subtype: SqlType): Uint8Array {
  const parts = [made(4, (view) => view.setInt32(0, value.ranges.length))];
  for (const range of value.ranges) {
    const bytes = sendRange(range, subtype);
    parts.push(
      made(4, (view) => view.setInt32(0, bytes.length)),
      bytes,
    );
  }
  return concatBytes(parts);
}

function receiveMultirange(bytes: Uint8Array, rules: RangeRules, subtype: SqlType): MultirangeValue {
  const view = viewOf(bytes);
  if (bytes.length < 4) throw invalidBinary("insufficient data left in message");
  const ranges: RangeValue[] = [];
  let at = 4;
  for (let count = view.getInt32(0); count > 0; count--) {
    if (at + 4 > bytes.length) throw invalidBinary("insufficient data left in message");
    const length = view.getInt32(at);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw invalidBinary("insufficient data left in message");
    ranges.push(receiveRange(bytes.subarray(at, at + length), rules, subtype));
    at += length;
  }
  if (at !== bytes.length) throw invalidBinary("invalid message format");
  return makeMultirange(rules, ranges);
}

/** [lower,upper) of a discrete range: `next` is the successor and throws where there is none. */
function halfOpen(next: (value: Exclude<Datum, null>) => Datum): NonNullable<RangeRules["canonicalize"]> {
  return (range) => {
    const lower = range.lower === null || range.lowerInclusive ? range.lower : next(range.lower);
    const upper = range.upper === null || !range.upperInclusive ? range.upper : next(range.upper);
    return new RangeValue(range.rangeType, lower, upper, lower !== null, false);
  };
}
const INT4_MAX = 2_147_483_647;
/** 5874897-12-31 in days since 2000-01-01. */
const DATE_MAX = 2_145_031_948;
const canonicalInt4 = halfOpen((value) => {
  if (value === INT4_MAX) throw outOfRange("integer");
  return (value as number) + 1;
});
const canonicalInt8 = halfOpen((value) => add8(value as Int64, 1));
const nextDate = halfOpen((value) => {
  if ((value as number) >= DATE_MAX) throw new DbError({ sqlstate: "22008", message: "date out of range" });
  return (value as number) + 1;
});
/** Infinite dates are values that have no successor: such a bound stays as it was written. */
const canonicalDate: NonNullable<RangeRules["canonicalize"]> = (range) => {
  const next = nextDate({
    ...range,
    lowerInclusive: range.lowerInclusive || !Number.isFinite(range.lower),
    upperInclusive: range.upperInclusive && Number.isFinite(range.upper),
  });
  return new RangeValue(
    range.rangeType,
    next.lower,
    next.upper,
    Number.isFinite(range.lower) ? next.lowerInclusive : range.lowerInclusive,
    !Number.isFinite(range.upper) && range.upperInclusive,
  );
};

const builtin: readonly (readonly [range: string, multirange: string, subtype: string, canonicalize?: RangeRules["canonicalize"]])[] = [
  ["int4range", "int4multirange", "int4", canonicalInt4],
  ["int8range", "int8multirange", "int8", canonicalInt8],
  ["numrange", "nummultirange", "numeric"],
  ["daterange", "datemultirange", "date", canonicalDate],
  ["tsrange", "tsmultirange", "timestamp"],
  ["tstzrange", "tstzmultirange", "timestamptz"],
];

export function makeBuiltinRangeTypes(subtypeByName: (name: string) => SqlType): readonly SqlType[] {
  return builtin.flatMap(([range, multirange, subtype, canonicalize]) =>
    makeRangeTypes(shellOf(range), shellOf(multirange), subtypeByName(subtype), canonicalize),
  );
}
function shellOf(name: string): TypeShell {
  const fact = typeFactsByName.get(name);
  assert(fact !== undefined, "a range type of PostgreSQL has facts");
  return { oid: fact.oid, name, displayName: fact.displayName, arrayType: fact.arrayType };
}
