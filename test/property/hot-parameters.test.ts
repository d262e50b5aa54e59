/**
 * Parameters that I/O threads read are what the types' own input and receive functions make of them: random values, their edges, and texts with
 * a character changed, in text and binary form. What only those functions take is handed over; the usual forms must not be.
 *
 * `ORRERY_PROPERTY_SEED` and `ORRERY_PROPERTY_RUNS` repeat and lengthen a run.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { registry } from "../../src/functions/index.js";
import { defineVector } from "../../src/functions/vector/index.js";
import { native } from "../../src/native/index.js";
import { LaneType } from "../../src/native/io.js";
import { type Datum, DbError, PhysicalType, type SqlType, storedFormat, TypeOid } from "../../src/types/index.js";

const RUNS = Number(process.env.ORRERY_PROPERTY_RUNS ?? 400);
const SEED = process.env.ORRERY_PROPERTY_SEED;

const varchar = (length: number) => length + 4;
const numeric = (precision: number, scale: number) => ((precision << 16) | (scale & 0x7ff)) + 4;

/** Characters that a mutation puts anywhere. */
const strange = ["", " ", "0", "9", "-", "+", ".", ":", "e", "T", "Z", '"', "\\", "{", "}", ",", "é", "😀", "\u0001"];
const two = (below: number, from = 0) => fc.integer({ min: from, max: below }).map((n) => String(n).padStart(2, "0"));
const digits = (most: number) => fc.integer({ min: 0, max: most }).chain((n) => fc.stringMatching(new RegExp(`^[0-9]{${n}}$`)));
const date = fc.tuple(fc.integer({ min: 0, max: 9999 }), two(13), two(31)).map(([y, m, d]) => `${String(y).padStart(4, "0")}-${m}-${d}`);
const fraction = fc.oneof(
  fc.constant(""),
  digits(7).map((d) => `.${d}`),
);
const time = fc
  .tuple(two(24), two(60), fc.option(fc.tuple(two(60), fraction), { nil: undefined }))
  .map(([h, m, s]) => `${h}:${m}${s === undefined ? "" : `:${s.join("")}`}`);
const offset = fc.oneof(
  fc.constantFrom("", "", "Z", "+00", "-07", "+05:30", "+16", "+0530", " UTC", "+15:59:59"),
  two(16).map((h) => `-${h}`),
);
const moment = fc.oneof(
  fc.tuple(date, fc.constantFrom(" ", "T"), time, offset).map((parts) => parts.join("")),
  date,
  fc.constantFrom("now", "infinity", "epoch", "2024-02-30 10:00", "2024-02-29 23:59:59.9999995"),
);
/** Without an offset the session's time zone decides, which I/O threads do not know: half of these have one. */
const zoned = fc.oneof(
  moment,
  fc.tuple(date, time, fc.constantFrom("Z", "+00", "-07")).map(([d, t, o]) => `${d} ${t}${o}`),
);
const decimal = fc
  .tuple(fc.constantFrom("", "-", "+"), digits(24), fc.option(digits(16), { nil: undefined }))
  .map(([sign, whole, part]) => `${sign}${whole}${part === undefined ? "" : `.${part}`}`);
const json = fc.oneof(
  fc.json(),
  fc.jsonValue().map((v) => JSON.stringify(v, null, 1)),
  fc.constantFrom(
    '{"b": 1, "a": 2, "b": 3, "aa": {"z": [], "y": {}}}',
    '"\\ud83d\\ude00\\u00e9\\/\\b"',
    '"\\ud83d"',
    '"\\u0000"',
    "[1.50, -0, -0.0, 1e3, 01, 1., .5, 0.10]",
    ' {"a":\t[true , false,null ]} ',
    "[".repeat(70) + "]".repeat(70),
    "[1,]",
    "{a: 1}",
    "",
  ),
);
const element = fc.oneof(
  // Most doubles are too small for a half, which refuses them: ordinary numbers keep the share of vectors that are taken high.
  { weight: 8, arbitrary: fc.integer({ min: -6_000_000, max: 6_000_000 }).map((n) => String(n / 100)) },
  { weight: 4, arbitrary: fc.double({ min: -7e4, max: 7e4, noNaN: true }).map(String) },
  { weight: 1, arbitrary: fc.float().map(String) },
  { weight: 1, arbitrary: decimal },
  { weight: 2, arbitrary: fc.constantFrom(" 1", "2 ", "1e39", "1e-46", "NaN", "+.5", "65519.99", "6e-8", "") },
);
const vector = fc.array(element, { minLength: 1, maxLength: 2 }).map((elements) => `[${elements.join()}]`);
const text = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("abc   ", "ééééé", "a\0b"));

type Case = readonly [name: keyof typeof LaneType, oid: number, modifiers: readonly number[], texts: fc.Arbitrary<string>, usual: RegExp];
/** `usual`: texts that an I/O thread has to read where the type takes them and no modifier stands in the way. */
const cases: readonly Case[] = [
  ["int2", TypeOid.int2, [-1], fc.integer({ min: -40000, max: 40000 }).map(String), /^-?\d+$/],
  ["int4", TypeOid.int4, [-1], fc.integer({ min: -3e9, max: 3e9 }).map(String), /^-?\d{1,18}$/],
  ["int8", TypeOid.int8, [-1], fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }).map(String), /^-?\d{1,18}$/],
  ["float8", TypeOid.float8, [-1], fc.double().map(String), /^-?\d+(\.\d+)?$/],
  ["float4", TypeOid.float4, [-1], fc.float().map(String), /^$|^-?[1-9]\d{0,6}(\.\d{1,3})?$/],
  ["bool", TypeOid.bool, [-1], fc.constantFrom("t", "true", "f", "false", "yes", "1", "TRUE"), /^(t|true|f|false)$/],
  ["uuid", TypeOid.uuid, [-1], fc.uuid(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ["text", TypeOid.text, [-1], text, /^[ -~é]*$/],
  ["text", TypeOid.varchar, [-1, varchar(5)], text, /^[ -~é]{0,5}$/],
  ["bpchar", TypeOid.bpchar, [-1, varchar(5), varchar(1)], text, /^[ -~é]?$/],
  [
    "bytea",
    TypeOid.bytea,
    [-1],
    fc.oneof(
      fc.uint8Array().map((b) => `\\x${Buffer.from(b).toString("hex")}`),
      text,
    ),
    /^\\x([0-9a-fA-F]{2})*$/,
  ],
  ["date", TypeOid.date, [-1], fc.oneof(date, moment), /^\d{4}-\d\d-\d\d$/],
  ["time", TypeOid.time, [-1, 0, 3, 6], time, /^(?!24)\d\d:\d\d(:[0-5]\d(\.\d{1,6})?)?$/],
  ["timestamp", TypeOid.timestamp, [-1, 0, 3, 6], moment, /^\d{4}-\d\d-\d\d[ T](?!24)\d\d:\d\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d)?$/],
  ["timestamptz", TypeOid.timestamptz, [-1, 3], zoned, /^\d{4}-\d\d-\d\d[ T](?!24)\d\d:\d\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d)$/],
  ["timestamptzUtc", TypeOid.timestamptz, [-1, 3], moment, /^\d{4}-\d\d-\d\d[ T](?!24)\d\d:\d\d(:[0-5]\d(\.\d{1,6})?)?(Z|[+-]\d\d)?$/],
  [
    "numeric",
    TypeOid.numeric,
    [-1, numeric(12, 2), numeric(5, 0), numeric(3, 3), numeric(40, 20), numeric(3, -2), numeric(2, 5)],
    decimal,
    /^-?\d{1,12}(\.\d{0,9})?$/,
  ],
  ["vector", TypeOid.vector, [1, 2], vector, /^(?!)/],
  ["halfvec", TypeOid.halfvec, [1, 2], vector, /^(?!)/],
  ["json", TypeOid.json, [-1], json, /^[[{"]/],
  ["jsonb", TypeOid.jsonb, [-1], json, /^[[{"]/],
];

/** As a column keeps it (src/execution/codec.ts). */
function kept(type: SqlType, value: Datum): Buffer {
  if (type.physical === PhysicalType.varlen) {
    const stored = type.toStorage?.(value as never);
    return stored === undefined ? Buffer.from(value as string) : Buffer.from(stored as string);
  }
  if (type.physical === PhysicalType.vector) return Buffer.from(Float32Array.from(value as Float32Array).buffer);
  const sent = Buffer.from(type.send?.(value as never) as Uint8Array);
  return type.physical === PhysicalType.uuid ? sent : sent.reverse();
}
/** undefined: refused. */
function own(type: SqlType, modifier: number, given: Buffer, isBinary: boolean): Datum | undefined {
  try {
    return isBinary ? type.receive?.(given, modifier) : type.input(given.toString(), modifier, storedFormat);
  } catch (error) {
    if (error instanceof DbError) return undefined;
    throw error;
  }
}

if (registry.typeByName("vector") === undefined) defineVector(registry);

test.each(cases)("%s %i", (name, oid, modifiers, texts, usual) => {
  const type = registry.typeByOid(oid) as SqlType;
  const read = (modifier: number, isBinary: boolean, given: Buffer) => native.io.readParameter(LaneType[name], modifier, isBinary, given);
  const mutated = fc.tuple(texts, fc.nat(), fc.constantFrom(...strange), fc.integer({ min: 0, max: 9 })).map(([from, at, put, cut]) => {
    if (cut > 2) return from;
    const place = at % (from.length + 1);
    return from.slice(0, place) + put + from.slice(place + cut);
  });
  let taken = 0;
  fc.assert(
    fc.property(mutated, fc.constantFrom(...modifiers), fc.nat(), fc.nat(), (given, modifier, at, byte) => {
      const bytes = Buffer.from(given);
      const value = own(type, modifier, bytes, false);
      const found = read(modifier, false, bytes);
      if (found !== null) {
        taken++;
        // A lone surrogate has no bytes, a NUL is no text.
        expect(value, `${given} is refused`).not.toBeUndefined();
        expect(Buffer.from(found).toString("hex")).toBe(kept(type, value as Datum).toString("hex"));
      } else if (value !== undefined && modifier === -1 && usual.test(given) && !/\\u|\[{60}|[eE]/.test(given)) {
        expect.fail(`${given} is handed over`);
      }
      if (value === undefined) return;
      // Binary as it is sent, and with a byte changed.
      const sent = Buffer.from(type.send?.(value as never) as Uint8Array);
      for (const wire of [sent, changed(sent, at, byte)]) {
        const binary = read(modifier, true, wire);
        if (binary === null) continue;
        const received = own(type, modifier, wire, true);
        expect(received, `${wire.toString("hex")} is refused`).not.toBeUndefined();
        expect(Buffer.from(binary).toString("hex")).toBe(kept(type, received as Datum).toString("hex"));
      }
    }),
    { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
  expect(taken).toBeGreaterThan(RUNS / 20);
});

function changed(bytes: Buffer, at: number, byte: number): Buffer {
  const out = Buffer.from(bytes);
  if (out.length > 0) out[at % out.length] = byte % 256;
  return out;
}
