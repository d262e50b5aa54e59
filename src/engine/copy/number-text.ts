/** Numbers and dates straight from bytes. Each reader answers only plain spellings; NaN means: ask the type's input function. */

/** An integer of at most 15 digits, sign allowed, nothing else. */
export function readInteger(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative) at++;
  const digits = end - at;
  if (digits < 1 || digits > 15) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return negative ? -value : value;
}

const powersOfTen = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * A decimal number. Exact when its digits make an integer below 2^53 and the power of ten is at most 22: then one correctly
 * rounded division or multiplication gives the nearest double (Clinger's fast path). NaN otherwise.
 */
export function readDecimal(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = bytes[at] === 45;
  if (negative) at++;
  let value = 0;
  let digits = 0;
  let scale = 0;
  let seen = false;
  for (; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    if (value > 0) digits++;
    seen = true;
  }
  if (at < end && bytes[at] === 46) {
    for (at++; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > 0) digits++;
      scale++;
      seen = true;
    }
  }
  if (!seen || digits > 15) return Number.NaN;
  if (at < end) {
    if (bytes[at] !== 101 && bytes[at] !== 69) return Number.NaN;
    const exponent = readInteger(bytes, bytes[at + 1] === 43 ? at + 2 : at + 1, end);
    if (Number.isNaN(exponent)) return Number.NaN;
    scale -= exponent;
  }
  if (scale > 22 || scale < -22) return Number.NaN;
  const result = scale >= 0 ? value / (powersOfTen[scale] as number) : value * (powersOfTen[-scale] as number);
  return negative ? -result : result;
}

function two(bytes: Uint8Array, at: number): number {
  const a = (bytes[at] as number) - 48;
  const b = (bytes[at + 1] as number) - 48;
  return a >= 0 && a <= 9 && b >= 0 && b <= 9 ? a * 10 + b : Number.NaN;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_1970_TO_2000 = 10_957;

/** `YYYY-MM-DD`: days since 2000-01-01. */
export function readDate(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== 10 || bytes[start + 4] !== 45 || bytes[start + 7] !== 45) return Number.NaN;
  const year = two(bytes, start) * 100 + two(bytes, start + 2);
  const month = two(bytes, start + 5);
  const day = two(bytes, start + 8);
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > (monthDays[month - 1] as number) + (month === 2 && leap ? 1 : 0)) return Number.NaN;
  // Days from civil (Howard Hinnant): years counted from March.
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 - DAYS_1970_TO_2000;
}

/** `YYYY-MM-DD HH:MM:SS[.ffffff]`: microseconds since 2000-01-01. */
export function readTimestamp(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 19 || (bytes[start + 10] !== 32 && bytes[start + 10] !== 84) || bytes[start + 13] !== 58 || bytes[start + 16] !== 58)
    return Number.NaN;
  const days = readDate(bytes, start, start + 10);
  const hour = two(bytes, start + 11);
  const minute = two(bytes, start + 14);
  const second = two(bytes, start + 17);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN;
  let micros = 0;
  if (end - start > 19) {
    if (bytes[start + 19] !== 46 || end - start > 26 || end - start < 21) return Number.NaN;
    let unit = 100_000;
    for (let at = start + 20; at < end; at++, unit /= 10) {
      const digit = (bytes[at] as number) - 48;
      if (digit < 0 || digit > 9) return Number.NaN;
      micros += digit * unit;
    }
  }
  return (days * 86_400 + hour * 3600 + minute * 60 + second) * 1_000_000 + micros;
}
