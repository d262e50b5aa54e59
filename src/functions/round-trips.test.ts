/** input(output(x)) = x, receive(send(x)) = x, fromStorage(toStorage(x)) = x for every type that has values; order agrees with hash keys. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArrayValue, type Datum, Interval, Numeric, TypeOid } from "../types/index.js";
import { registry } from "./index.js";
import { jsonbFromInput } from "./json/jsonb-value.js";
import { testContext } from "./testing.js";

type Value = Exclude<Datum, null>;
const text = fc.string({ unit: "binary" }).filter((s) => !s.includes("\0") && Buffer.from(s, "utf8").toString("utf8") === s);
const int8 = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((n): Value => (n >= -9007199254740991n && n <= 9007199254740991n ? Number(n) : n));
const numeric = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 30 }))
  .map(([c, s]) => new Numeric(c, s));
const timestamp = fc
  .bigInt({ min: -211_000_000_000_000_000n, max: 9_000_000_000_000_000_000n })
  .map((n): Value => (n >= -9007199254740991n && n <= 9007199254740991n ? Number(n) : n));
const int4 = fc.integer({ min: -2147483648, max: 2147483647 });
const values: Record<string, fc.Arbitrary<Value>> = {
  bool: fc.boolean(),
  int2: fc.integer({ min: -32768, max: 32767 }),
  int4,
  int8,
  oid: fc.nat(4294967295),
  float8: fc.double({ noNaN: true }),
  float4: fc.float({ noNaN: true }),
  numeric,
  text,
  bytea: fc.uint8Array(),
  uuid: fc.uuid(),
  date: fc.integer({ min: -2_400_000, max: 100_000_000 }),
  time: fc.nat(86_399_999_999),
  timestamp,
  timestamptz: timestamp,
  interval: fc
    .tuple(
      fc.integer({ min: -100_000, max: 100_000 }),
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
    )
    .map(([m, d, u]) => new Interval(m, d, u)),
  json: fc.json(),
  jsonb: fc
    .json({ stringUnit: "grapheme" })
    .filter((s) => !s.includes("\\u"))
    .map(jsonbFromInput),
  _int4: fc.array(fc.option(int4)).map((items) => new ArrayValue(TypeOid.int4, items)),
  _text: fc.array(fc.option(text)).map((items) => new ArrayValue(TypeOid.text, items)),
};

describe.each(Object.entries(values))("%s", (name, arbitrary) => {
  const type = registry.typeByName(name)!;
  const same = (a: Value, b: Value) => {
    if (type.compare === undefined) {
      expect(type.output(a, testContext)).toBe(type.output(b, testContext));
      return;
    }
    expect(type.compare(a, b)).toBe(0);
    expect(type.hashKey!(a)).toBe(type.hashKey!(b));
  };
  it("reads what it prints", () =>
    fc.assert(fc.property(arbitrary, (v) => same(type.input(type.output(v, testContext), -1, testContext) as Value, v))));
  it("receives what it sends", () => fc.assert(fc.property(arbitrary, (v) => same(type.receive(type.send(v), -1) as Value, v))));
  it("keeps what it stores", () => {
    if (type.toStorage === undefined) return;
    fc.assert(
      fc.property(arbitrary, (v) => {
        const stored = type.toStorage!(v);
        same(type.fromStorage!(typeof stored === "string" ? new TextEncoder().encode(stored) : stored), v);
      }),
    );
  });
  it("orders as its hash keys say", () => {
    if (type.compare === undefined) return;
    fc.assert(
      fc.property(arbitrary, arbitrary, (a, b) => {
        expect(Math.sign(type.compare!(a, b))).toBe(-Math.sign(type.compare!(b, a)) + 0);
        expect(type.compare!(a, b) === 0).toBe(type.hashKey!(a) === type.hashKey!(b));
      }),
    );
  });
});
