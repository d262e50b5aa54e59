/** float4 and float8: shortest text that reads back the same, PostgreSQL's exponent form. NaN equals itself and is above all. */
import { type Datum, DbError, invalidInput, KeyKind, PhysicalType } from "../../types/index.js";
import { exactly, made } from "./bytes.js";
import { makeType } from "./define-type.js";
import { nearestFloat4 } from "./nearest-float4.js";

export function compareFloats(left: number, right: number): number {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left === right) return 0;
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
}

const shape = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

export function parseFloat8(text: string): number {
  if (!shape.test(text)) return parseSpecial(text, "double precision");
  const value = Number(text);
  if (!Number.isFinite(value) || (value === 0 && hasDigits(text))) throw floatInputRange(text, "double precision");
  return value;
}
export function parseFloat4(text: string): number {
  if (!shape.test(text)) return parseSpecial(text, "real");
  const value = nearestFloat4(text);
  if (!Number.isFinite(value) || (value === 0 && hasDigits(text))) throw floatInputRange(text, "real");
  return value;
}
function hasDigits(text: string): boolean {
  return /[1-9]/.test(text.split(/e/i)[0]!);
}
function floatInputRange(text: string, type: string): DbError {
  return new DbError({ sqlstate: "22003", message: `"${text}" is out of range for type ${type}` });
}
function parseSpecial(text: string, type: string): number {
  const hexadecimal = /^\s*([+-]?)0x([0-9a-f]+)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?\s*$/i.exec(text);
  if (hexadecimal !== null) {
    const [, sign, whole, fraction = "", exponent = "0"] = hexadecimal;
    const size = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length);
    return sign === "-" ? -size : size;
  }
  switch (text.trim().toLowerCase()) {
    case "nan":
      return Number.NaN;
    case "infinity":
    case "+infinity":
    case "inf":
    case "+inf":
      return Number.POSITIVE_INFINITY;
    case "-infinity":
    case "-inf":
      return Number.NEGATIVE_INFINITY;
    default:
      throw invalidInput(type, text);
  }
}

/** `fixedBelow`: the decimal exponent from which PostgreSQL writes the exponent form: 15 for float8, 6 for float4. */
function render(mantissaAndExponent: string, fixedBelow: number): string {
  const [mantissa, exponentText] = mantissaAndExponent.split("e") as [string, string];
  const exponent = Number(exponentText);
  const negative = mantissa.startsWith("-");
  const digits = mantissa.replace(/[-.]/g, "");
  const sign = negative ? "-" : "";
  if (exponent < -4 || exponent >= fixedBelow) {
    const size = Math.abs(exponent);
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? "-" : "+"}${size < 10 ? "0" : ""}${size}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return sign + digits.padEnd(exponent + 1, "0");
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

function special(value: number): string | undefined {
  if (Number.isNaN(value)) return "NaN";
  if (value === Number.POSITIVE_INFINITY) return "Infinity";
  if (value === Number.NEGATIVE_INFINITY) return "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  return undefined;
}

/** C's %.{digits}g. */
export function formatGeneral(value: number, digits: number): string {
  const precision = Math.max(digits, 1);
  const known = special(value);
  if (known !== undefined) return known;
  const [mantissa, exponent] = value.toExponential(precision - 1).split("e") as [string, string];
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return render(`${trimmed}e${exponent}`, precision);
}

/**
 * A decimal of `value` that lies exactly between it and a neighbor of `significandBits`. PostgreSQL takes such a decimal for neither, where
 * JavaScript rounds to even: 1e23 is 9.999999999999999e+22 (d2s.c, STRICTLY_SHORTEST 0). Only large integers have one of so few digits.
 */
function isBetweenFloats(decimal: string, value: number, significandBits: number): boolean {
  const size = Math.abs(value);
  if (size < 2 ** significandBits || size > 1e40) return false;
  const exact = BigInt(size);
  const [mantissa, exponent] = decimal.replace("-", "").split("e") as [string, string];
  const digits = mantissa.replace(".", "");
  const difference = BigInt(digits) * 10n ** BigInt(Number(exponent) + 1 - digits.length) - exact;
  const bits = exact.toString(2).length;
  const gap = 1n << BigInt(bits - significandBits);
  // Below a power of two floats lie twice as close.
  const isPower = exact === 1n << BigInt(bits - 1);
  return difference < 0n ? -difference * (isPower ? 4n : 2n) === gap : difference * 2n === gap;
}

export function formatFloat8(value: number, extraFloatDigits = 1): string {
  if (extraFloatDigits <= 0) return formatGeneral(value, 15 + extraFloatDigits);
  if (Number.isInteger(value) && value < 1e15 && value > -1e15) return Object.is(value, -0) ? "-0" : String(value);
  const known = special(value);
  if (known !== undefined) return known;
  let text = value.toExponential();
  for (let digits = 1; digits <= 16 && (isBetweenFloats(text, value, 53) || Number(text) !== value); digits++)
    text = value.toExponential(digits);
  return render(text, 15);
}

/** As toExponential, but of two decimals that are equally close the even one, where JavaScript takes the larger. */
function toExponentialEven(value: number, digits: number): string {
  const text = value.toExponential(digits);
  const at = text.indexOf("e") - 1;
  const last = Number(text[at]);
  const next = value.toExponential(digits + 1);
  const mayTie = last % 2 === 1 && next[next.indexOf("e") - 1] === "5";
  return mayTie && /^50*$/.test(exactDigits(value).slice(digits + 1)) ? `${text.slice(0, at)}${last - 1}${text.slice(at + 1)}` : text;
}
/** All digits of a float4 that is a tie somewhere, which has few. */
const exactDigits = (value: number): string => (value.toExponential(100).split("e")[0] as string).replace(/[-.]/g, "");

/** A decimal of toExponential, larger in size by one in its last place. */
function oneMore(decimal: string): string {
  const [, sign, first, rest, exponent] = /^(-?)(\d)\.?(\d*)e(.*)$/.exec(decimal) as unknown as [string, string, string, string, string];
  const digits = String(BigInt(first + rest) + 1n);
  return `${sign}${digits[0]}.${digits.slice(1)}e${Number(exponent) + digits.length - 1 - rest.length}`;
}

export function formatFloat4(value: number, extraFloatDigits = 1): string {
  if (extraFloatDigits <= 0) return formatGeneral(value, 6 + extraFloatDigits);
  const known = special(value);
  if (known !== undefined) return known;
  const reads = (text: string) => Math.fround(Number(text)) === value && !isBetweenFloats(text, value, 24);
  for (let digits = 0; digits < 9; digits++) {
    const text = toExponentialEven(value, digits);
    if (reads(text)) return render(text, 6);
    // Below a power of two floats lie twice as close: the closest decimal may be one of theirs where the next larger is not.
    if (Number.isInteger(Math.log2(Math.abs(value))) && reads(oneMore(text))) return render(oneMore(text), 6);
  }
  return render(value.toExponential(8), 6);
}

const compare = (left: Exclude<Datum, null>, right: Exclude<Datum, null>) => compareFloats(left as number, right as number);
const hashKey = (value: Exclude<Datum, null>) => (Number.isNaN(value) ? "NaN" : (value as number) + 0);

export const float4Type = makeType("float4", {
  physical: PhysicalType.float32,
  keyKind: KeyKind.float32,
  input: parseFloat4,
  output: (value, context) => formatFloat4(value as number, context.extraFloatDigits),
  receive: (bytes) => exactly(bytes, 4).getFloat32(0),
  send: (value) => made(4, (view) => view.setFloat32(0, value as number)),
  compare,
  hashKey,
});
export const float8Type = makeType("float8", {
  physical: PhysicalType.float64,
  keyKind: KeyKind.float64,
  input: parseFloat8,
  output: (value, context) => formatFloat8(value as number, context.extraFloatDigits),
  receive: (bytes) => exactly(bytes, 8).getFloat64(0),
  send: (value) => made(8, (view) => view.setFloat64(0, value as number)),
  compare,
  hashKey,
});
