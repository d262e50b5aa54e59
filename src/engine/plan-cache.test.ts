import { expect, test } from "vitest";
import { PlanCache } from "./plan-cache.js";
import type { ParsedStatement } from "./types.js";

const parsed: readonly ParsedStatement[] = [];
const long = (i: number): string => `select ${i} /* ${"x".repeat(20_000)} */`;

test("short texts are kept at once, long ones from the second time on, few of them", () => {
  const cache = new PlanCache();
  cache.setParsed("select 1", parsed);
  expect(cache.parsed("select 1")).toBe(parsed);
  for (let i = 0; i < 20; i++) cache.setParsed(long(i), parsed);
  expect(cache.parsed(long(19))).toBeUndefined();
  for (let i = 0; i < 20; i++) cache.setParsed(long(i), parsed);
  expect(cache.parsed(long(19))).toBe(parsed);
  expect(cache.parsed(long(0))).toBeUndefined();
  const renewed: readonly ParsedStatement[] = [];
  cache.setParsed(long(19), renewed);
  expect(cache.parsed(long(19))).toBe(renewed);
  const tooLong = "x".repeat(2 << 20);
  for (let i = 0; i < 2; i++) cache.setParsed(tooLong, parsed);
  expect(cache.parsed(tooLong)).toBeUndefined();
});

test("what is kept is bounded in characters too: the texts used last stay", () => {
  const cache = new PlanCache();
  const text = (i: number): string => `select ${i} /* ${"x".repeat(10_000)} */`;
  for (let i = 0; i < 190; i++) cache.setParsed(text(i), parsed);
  expect(cache.parsed(text(0))).toBe(parsed);
  for (let i = 190; i < 380; i++) {
    cache.setParsed(text(i), parsed);
    expect(cache.parsed(text(0))).toBe(parsed);
  }
  expect(cache.parsed(text(1))).toBeUndefined();
  expect(cache.parsed(text(379))).toBe(parsed);
});
