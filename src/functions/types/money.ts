/** money: hundredths in a 64-bit integer, written as lc_monetary "C" does: $1,234.56. */
import { dataError, inputOutOfRange, invalidInput, KeyKind, PhysicalType } from "../../types/index.js";
import { exactly, made } from "./bytes.js";
import { makeType } from "./define-type.js";
import { INT64_MAX, INT64_MIN, type Int64, int64 } from "./integers.js";

const shape = /^\s*(?:\$\s*)?([-(+]?)\s*(?:\$\s*)?([0-9,]*)(?:\.(\d*))?[)\s$]*(-?)[)\s$]*$/;

/** Two digits after the point; a third digit rounds. */
export function parseMoney(text: string): Int64 {
  const match = shape.exec(text);
  const whole = match?.[2]?.replaceAll(",", "") ?? "";
  const fraction = match?.[3] ?? "";
  if (match === null) throw invalidInput("money", text);
  let value = BigInt(whole + fraction.slice(0, 2).padEnd(2, "0"));
  if (fraction.length > 2 && fraction.charCodeAt(2) >= 53) value += 1n;
  if (match[1] === "-" || match[1] === "(" || match[4] === "-") value = -value;
  if (value > INT64_MAX || value < INT64_MIN) throw inputOutOfRange("money", text);
  return int64(value);
}

export function formatMoney(value: Int64): string {
  const negative = value < 0;
  const digits = (negative ? -BigInt(value) : BigInt(value)).toString().padStart(3, "0");
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",");
  return `${negative ? "-" : ""}$${whole}.${digits.slice(-2)}`;
}

export const moneyType = makeType("money", {
  physical: PhysicalType.int64,
  keyKind: KeyKind.int64,
  input: parseMoney,
  output: (value) => formatMoney(value as Int64),
  receive: (bytes) => int64(exactly(bytes, 8).getBigInt64(0)),
  send: (value) => made(8, (view) => view.setBigInt64(0, BigInt(value as Int64))),
  compare: (left, right) => ((left as number) < (right as number) ? -1 : (left as number) > (right as number) ? 1 : 0),
  hashKey: (value) => value as number,
});

const small = [
  "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
  "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
]; // biome-ignore format: a list

/** Source: cash.c's num_word, "and" included where it puts it. */
function threeDigits(value: number): string {
  const rest = value % 100;
  if (rest === 0) return `${small[Math.trunc(value / 100)]} hundred`;
  if (value <= 20) return small[value]!;
  const hundreds = value > 99 ? `${small[Math.trunc(value / 100)]} hundred ` : "";
  if (rest < 10 || (rest < 20 && value > 99)) return `${hundreds}${value > 99 ? "and " : ""}${small[rest]}`;
  if (rest < 20) return `${hundreds}${small[rest]}`;
  const tens = small[Math.trunc(rest / 10) + 18]!;
  return rest % 10 === 0 ? `${hundreds}${tens}` : `${hundreds}${tens} ${small[rest % 10]}`;
}

export function moneyWords(value: Int64): string {
  const negative = value < 0;
  const all = negative ? -BigInt(value) : BigInt(value);
  const group = (divisor: bigint) => Number((all / divisor) % 1000n);
  const names: readonly [bigint, string][] = [
    [100_000_000_000_000_000n, "quadrillion"],
    [100_000_000_000_000n, "trillion"],
    [100_000_000_000n, "billion"],
    [100_000_000n, "million"],
    [100_000n, "thousand"],
  ];
  let words = negative ? "minus " : "";
  for (const [divisor, name] of names) if (group(divisor) !== 0) words += `${threeDigits(group(divisor))} ${name} `;
  if (group(100n) !== 0) words += threeDigits(group(100n));
  const dollars = all / 100n;
  if (dollars === 0n) words += "zero";
  const cents = Number(all % 100n);
  words += `${dollars === 1n ? " dollar" : " dollars"} and ${cents === 0 ? "zero" : threeDigits(cents)}${cents === 1 ? " cent" : " cents"}`;
  return words[0]!.toUpperCase() + words.slice(1);
}

export const moneyDivisionByZero = () => dataError("22012", "division by zero");
