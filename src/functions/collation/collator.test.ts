import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { registry } from "../index.js";
import { actualVersion, collatorOf, isCurrentOrder } from "./collator.js";
import { COLLATED_CASE_ID, COLLATION_KEYS_ID } from "./define-collation.js";

const order = (locale: string, deterministic: boolean, a: string, b: string): number => {
  const collator = collatorOf(locale, deterministic);
  return Buffer.compare(collator.key(a), collator.key(b));
};

describe("sort keys", () => {
  test.each(["de", "sv", "en", "fr-CA", "tr"])("order as Intl.Collator does: %s", (locale) => {
    // Both are ICU; texts that it holds equal are told apart by their bytes here.
    const intl = new Intl.Collator(locale);
    const word = fc.string({ unit: fc.constantFrom(..."aAbBzZäÄåÅöÖéÉßıİiI -.'12"), maxLength: 8 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        const expected = intl.compare(a, b);
        if (expected !== 0) expect(order(locale, true, a, b)).toBe(expected);
        else expect(order(locale, false, a, b)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
  test("a deterministic key is another text's only when the texts are the same", () => {
    expect(order("und-u-ks-level1", true, "résumé", "RESUME")).not.toBe(0);
    expect(order("und-u-ks-level1", false, "résumé", "RESUME")).toBe(0);
    expect(order("und-u-ks-level2", false, "résumé", "resume")).not.toBe(0);
    expect(order("en-u-kn-true", true, "a2", "a10")).toBeLessThan(0);
  });
  test("long texts, lone surrogates and zero characters have keys", () => {
    const { key } = collatorOf("de", true);
    expect(Buffer.compare(key(`${"ä".repeat(100_000)}a`), key(`${"ä".repeat(100_000)}b`))).toBe(-1);
    expect(key("\ud800x").length).toBeGreaterThan(0);
    expect(key("").length).toBeGreaterThan(0);
  });
  test("more texts than are kept", () => {
    const { key } = collatorOf("de", true);
    for (let i = 0; i < 20_000; i++) key(`w${i}`);
    expect(Buffer.compare(key("w1"), key("w2"))).toBe(-1);
    expect(key("w1")).toEqual(key("w1"));
  });
  test("keys of an array keep its shape", () => {
    const body = registry.scalarBody(COLLATION_KEYS_ID) as unknown as (...args: unknown[]) => { dimensions: number[]; elements: unknown[] };
    const text = registry.typeByName("_text");
    const array = text?.input("{{a,NULL},{b,c}}", -1, {} as never);
    const keys = body({}, array, "de", true);
    expect(keys.dimensions).toEqual([2, 2]);
    expect(keys.elements[1]).toBeNull();
  });
});

test("an order is current under its own version alone", () => {
  const version = actualVersion("de") as string;
  expect(version).toMatch(/^\d+\.\d+/);
  expect(isCurrentOrder({ locale: "de", version })).toBe(true);
  expect(isCurrentOrder({ locale: "de", version: "1.0" })).toBe(false);
  expect(actualVersion(undefined)).toBeNull();
});

test.each([
  ["İI", "lower", "tr", "iı"],
  ["iı", "upper", "tr", "İI"],
  ["ß", "upper", "de", "SS"],
  ["hello wORLD", "initcap", "en", "Hello World"],
  ["Äß", "upper", "", "Äß"],
  ["äb cD", "initcap", "", "äB Cd"],
  ["ΑΣ", "lower", "@colStrength=secondary", "ας"],
])("%s in %s of locale %s", (text, how, locale, expected) => {
  const body = registry.scalarBody(COLLATED_CASE_ID) as unknown as (...args: unknown[]) => string;
  expect(body({}, text, how, locale)).toBe(expected);
});
