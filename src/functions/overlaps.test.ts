import { describe, expect, it } from "vitest";
import { Interval } from "../types/index.js";
import { call } from "./testing.js";

const DAY = 86_400_000_000;
describe("OVERLAPS", () => {
  it("takes instants and lengths", () => {
    expect(call("overlaps(timestamp,timestamp,timestamp,timestamp)", 0, 10, 5, 15)).toBe(true);
    expect(call("overlaps(timestamp,timestamp,timestamp,timestamp)", 0, 5, 5, 15)).toBe(false);
    expect(call("overlaps(timestamp,interval,timestamp,interval)", 0, new Interval(0, 2, 0), DAY, new Interval(0, 1, 0))).toBe(true);
  });
});
