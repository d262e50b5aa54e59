import { expect, test } from "vitest";
import { nearestFloat4 } from "./nearest-float4.js";

/** 1 + 2^-24, in the middle between 1 and the next float4. */
const middle = "1.000000059604644775390625";

test.each([
  [middle, 1],
  [`${middle}00000000000000000001`, 1 + 2 ** -23],
  [`-${middle}${"0".repeat(500)}1`, -(1 + 2 ** -23)],
  ["1.0000000596046447753906249999", 1],
  // Between 1 + 2^-23 and the next one: the even one is above.
  ["1.000000178813934326171875", 1 + 2 ** -22],
  ["1.0000001788139343261718749999999", 1 + 2 ** -23],
  ["100000005.96046447753906250000001e-8", 1 + 2 ** -23],
  ["-3.4028235677973366e38", -(2 ** 128 - 2 ** 104)],
  ["3.4028235677973367e38", Number.POSITIVE_INFINITY],
  ["7.006492321624085354618e-46", 0],
  ["7.1e-46", 1.401298464324817e-45],
  ["0.1", Math.fround(0.1)],
  ["0", 0],
  ["1e400", Number.POSITIVE_INFINITY],
])("%s", (text, value) => {
  expect(nearestFloat4(text)).toBe(value);
});
