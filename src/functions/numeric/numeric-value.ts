/** Numeric values: text, PostgreSQL's base-10000 wire form, rounding, comparison. */
import {
  DbError,
  incorrectBinary,
  invalidBinary,
  invalidInput,
  Numeric,
  numericFieldOverflow,
  numericOverflow,
  protocolViolation,
} from "../../types/index.js";
import { viewOf } from "../types/bytes.js";

export const NAN = new Numeric(0n, 0, "NaN");
export const INFINITY = new Numeric(0n, 0, "Infinity");
export const NEGATIVE_INFINITY = new Numeric(0n, 0, "-Infinity");
export const ZERO = new Numeric(0n, 0);
/** NUMERIC_DSCALE_MAX and the digits PostgreSQL's 16-bit weight leaves before the point. */
export const MAX_SCALE = 16383;
const MAX_INTEGER_DIGITS = 131072;

const smallPowers: bigint[] = [1n];
for (let i = 1; i <= 64; i++) smallPowers.push(smallPowers[i - 1]! * 10n);
export function pow10(exponent: number): bigint {
  return exponent <= 64 ? smallPowers[exponent]! : 10n ** BigInt(exponent);
}

export function isFinite(value: Numeric): boolean {
  return value.special === "finite";
}
export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}
export function fromInteger(value: number | bigint): Numeric {
  return new Numeric(BigInt(value), 0);
}

const shape = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/;

export function parseNumeric(text: string): Numeric {
  const match = shape.exec(text);
  if (match === null || (match[2] === "" && (match[3] ?? "") === "")) return parseSpecial(text);
  const fraction = match[3] ?? "";
  let coefficient = BigInt(match[2] + fraction);
  let scale = fraction.length;
  if (match[4] !== undefined) {
    const exponent = Number(match[4]);
    if (Math.abs(exponent) > 1073741823) throw numericOverflow();
    scale -= exponent;
    if (scale < 0) {
      if (coefficient !== 0n && -scale > MAX_INTEGER_DIGITS) throw numericOverflow();
      coefficient = coefficient === 0n ? 0n : coefficient * pow10(-scale);
      scale = 0;
    }
  }
  if (match[1] === "-") coefficient = -coefficient;
  return checked(scale > MAX_SCALE ? round(new Numeric(coefficient, scale), MAX_SCALE) : new Numeric(coefficient, scale));
}
function parseSpecial(text: string): Numeric {
  switch (text.trim().toLowerCase()) {
    case "nan":
      return NAN;
    case "infinity":
    case "+infinity":
    case "inf":
    case "+inf":
      return INFINITY;
    case "-infinity":
    case "-inf":
      return NEGATIVE_INFINITY;
    default:
      throw invalidInput("numeric", text);
  }
}

export function formatNumeric(value: Numeric): string {
  if (value.special !== "finite") return value.special;
  if (value.scale === 0) return value.coefficient.toString();
  const negative = value.coefficient < 0n;
  const digits = absolute(value.coefficient)
    .toString()
    .padStart(value.scale + 1, "0");
  const point = digits.length - value.scale;
  return `${negative ? "-" : ""}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Refuses what PostgreSQL's format cannot hold. The digit count is only taken for values that are clearly large. */
export function checked(value: Numeric): Numeric {
  if (value.coefficient > LARGE || value.coefficient < -LARGE) {
    if (absolute(value.coefficient).toString().length - value.scale > MAX_INTEGER_DIGITS) throw numericOverflow();
  }
  return value;
}
const LARGE = 10n ** 4000n;

/** Half away from zero; `scale` may be negative (then the result shows no digits after the point). */
export function round(value: Numeric, scale: number): Numeric {
  if (value.special !== "finite") return value;
  const shown = Math.max(scale, 0);
  if (scale >= value.scale) return scale === value.scale ? value : new Numeric(value.coefficient * pow10(scale - value.scale), scale);
  const unit = pow10(value.scale - scale);
  const half = unit / 2n;
  const rounded = (value.coefficient < 0n ? value.coefficient - half : value.coefficient + half) / unit;
  return new Numeric(scale < 0 ? rounded * pow10(-scale) : rounded, shown);
}
export function truncate(value: Numeric, scale: number): Numeric {
  if (value.special !== "finite") return value;
  if (scale >= value.scale) return scale === value.scale ? value : new Numeric(value.coefficient * pow10(scale - value.scale), scale);
  const cut = value.coefficient / pow10(value.scale - scale);
  return new Numeric(scale < 0 ? cut * pow10(-scale) : cut, Math.max(scale, 0));
}

const rank = { "-Infinity": 0, finite: 1, Infinity: 2, NaN: 3 } as const;
export function compareNumerics(left: Numeric, right: Numeric): number {
  if (left.special !== "finite" || right.special !== "finite") return rank[left.special] - rank[right.special];
  let a = left.coefficient;
  let b = right.coefficient;
  if (left.scale < right.scale) a *= pow10(right.scale - left.scale);
  else if (left.scale > right.scale) b *= pow10(left.scale - right.scale);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same number without trailing zeros, as text: equal values give equal keys. */
export function numericKey(value: Numeric): string {
  const text = formatNumeric(value);
  return value.scale === 0 || value.special !== "finite" ? text : text.replace(/\.?0+$/, "").replace(/^-0$/, "0");
}
/** Scale without trailing zeros. */
export function minimumScale(value: Numeric): number {
  let scale = value.scale;
  let coefficient = value.coefficient;
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n;
    scale--;
  }
  return scale;
}

/** numeric_send: int16 digit count, weight, sign, scale, then base-10000 digits, most significant first, no zeros at either end. */
export function sendNumeric(value: Numeric): Uint8Array {
  if (value.special !== "finite") {
    const sign = value.special === "NaN" ? 0xc000 : value.special === "Infinity" ? 0xd000 : 0xf000;
    return Uint8Array.of(0, 0, 0, 0, sign >> 8, 0, 0, value.special === "NaN" ? 0 : 0x20);
  }
  let text = absolute(value.coefficient).toString();
  const fill = (4 - (value.scale % 4)) % 4;
  text = text + "0".repeat(fill);
  text = text.padStart(Math.ceil(text.length / 4) * 4, "0");
  let count = text.length / 4;
  let weight = count - 1 - (value.scale + fill) / 4;
  let first = 0;
  while (count > 0 && text.startsWith("0000", first * 4)) {
    first++;
    count--;
    weight--;
  }
  while (count > 0 && text.startsWith("0000", (first + count - 1) * 4)) count--;
  if (count === 0) weight = 0;
  const bytes = new Uint8Array(8 + 2 * count);
  const view = viewOf(bytes);
  view.setInt16(0, count);
  view.setInt16(2, weight);
  view.setUint16(4, value.coefficient < 0n ? 0x4000 : 0);
  view.setUint16(6, value.scale);
  for (let i = 0; i < count; i++) view.setInt16(8 + 2 * i, Number(text.slice((first + i) * 4, (first + i) * 4 + 4)));
  return bytes;
}

export function receiveNumeric(bytes: Uint8Array): Numeric {
  if (bytes.length < 8) throw protocolViolation("insufficient data left in message");
  const view = viewOf(bytes);
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  if (sign === 0xc000) return NAN;
  if (sign === 0xd000) return INFINITY;
  if (sign === 0xf000) return NEGATIVE_INFINITY;
  if (sign !== 0 && sign !== 0x4000) throw invalidBinary('invalid sign in external "numeric" value');
  if (scale > MAX_SCALE) throw invalidBinary('invalid scale in external "numeric" value');
  if (bytes.length < 8 + 2 * count) throw protocolViolation("insufficient data left in message");
  if (bytes.length > 8 + 2 * count) throw incorrectBinary();
  let text = "";
  for (let i = 0; i < count; i++) {
    const digit = view.getUint16(8 + 2 * i);
    if (digit > 9999) throw invalidBinary('invalid digit in external "numeric" value');
    text += digit.toString().padStart(4, "0");
  }
  let coefficient = BigInt(text === "" ? "0" : text);
  const places = 4 * (count - 1 - weight); // digits after the point in `text`; may be negative
  coefficient = places <= scale ? coefficient * pow10(scale - places) : coefficient / pow10(places - scale);
  return new Numeric(sign === 0x4000 ? -coefficient : coefficient, scale);
}

/** numeric(precision, scale) as a type modifier; scale is 11 bits, signed. */
export function unpackModifier(typmod: number): { precision: number; scale: number } {
  return { precision: ((typmod - 4) >> 16) & 0xffff, scale: (((typmod - 4) & 0x7ff) ^ 1024) - 1024 };
}
export function packModifier(precision: number, scale: number): number {
  return ((precision << 16) | (scale & 0x7ff)) + 4;
}

export function applyModifier(value: Numeric, typmod: number): Numeric {
  if (typmod < 4 || value.special === "NaN") return value;
  const { precision, scale } = unpackModifier(typmod);
  if (value.special !== "finite")
    throw numericFieldOverflow(`A field with precision ${precision}, scale ${scale} cannot hold an infinite value.`);
  const rounded = round(value, scale);
  const digits = precision - scale;
  if (absolute(rounded.coefficient) >= (digits >= -rounded.scale ? pow10(digits + rounded.scale) : 1n) && rounded.coefficient !== 0n)
    throw numericFieldOverflow(
      `A field with precision ${precision}, scale ${scale} must round to an absolute value less than ${digits !== 0 ? "10^" : ""}${digits !== 0 ? digits : 1}.`,
    );
  return rounded;
}

export function parseModifier(values: readonly string[]): number {
  const [precision, scale] = values.map((v) => {
    if (!/^\s*[+-]?\d+\s*$/.test(v)) throw invalidInput("integer", v);
    return Number(v);
  });
  if (values.length < 1 || values.length > 2 || precision === undefined)
    throw new DbError({ sqlstate: "22023", message: "invalid NUMERIC type modifier" });
  if (precision < 1 || precision > 1000)
    throw new DbError({ sqlstate: "22023", message: `NUMERIC precision ${precision} must be between 1 and 1000` });
  if (scale !== undefined && (scale < -1000 || scale > 1000))
    throw new DbError({ sqlstate: "22023", message: `NUMERIC scale ${scale} must be between -1000 and 1000` });
  return packModifier(precision, scale ?? 0);
}
