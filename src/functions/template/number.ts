/** to_char and to_number of numbers: templates of 9 0 . , D G S MI PL SG PR FM TH RN V EEEE L. */
import { DbError, invalidInput, Numeric } from "../../types/index.js";
import { absolute, formatNumeric, parseNumeric, pow10, round } from "../numeric/numeric-value.js";

type Item =
  | { readonly kind: "digit"; readonly zero: boolean }
  | {
      readonly kind: "comma" | "point" | "sign" | "minus" | "plus" | "signBoth" | "currency" | "roman" | "ordinal" | "exponent" | "shift";
      readonly lower?: boolean;
    }
  | { readonly kind: "text"; readonly text: string };
interface Template {
  readonly items: readonly Item[];
  readonly fill: boolean; // FM: no padding
  readonly brackets: boolean;
  readonly before: number;
  readonly after: number;
  readonly shift: number;
}

const keywords = /^(?:(FM)|(PR)|(MI)|(PL)|(SG)|(RN)|(TH)|(EEEE)|([09])|([.D])|([,G])|(S)|(V)|(L)|"((?:[^"\\]|\\.)*)"|([\s\S]))/i;
const cache = new Map<string, Template>();

function parseTemplate(text: string): Template {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const items: Item[] = [];
  let fill = false;
  let brackets = false;
  let [before, after, shift] = [0, 0, 0];
  let part: "before" | "after" | "shift" = "before";
  for (let rest = text; rest !== ""; ) {
    const m = keywords.exec(rest)!;
    rest = rest.slice(m[0].length);
    if (m[1]) fill = true;
    else if (m[2]) brackets = true;
    else if (m[3]) items.push({ kind: "minus" });
    else if (m[4]) items.push({ kind: "plus" });
    else if (m[5]) items.push({ kind: "signBoth" });
    else if (m[6]) items.push({ kind: "roman", lower: m[6] === "rn" });
    else if (m[7]) items.push({ kind: "ordinal", lower: m[7] === "th" });
    else if (m[8]) items.push({ kind: "exponent" });
    else if (m[9]) {
      items.push({ kind: "digit", zero: m[9] === "0" });
      if (part === "before") before++;
      else if (part === "after") after++;
      else shift++;
    } else if (m[10]) {
      if (part === "after") throw new DbError({ sqlstate: "42601", message: "multiple decimal points" });
      part = "after";
      items.push({ kind: "point" });
    } else if (m[11]) items.push({ kind: "comma" });
    else if (m[12]) items.push({ kind: "sign" });
    else if (m[13]) {
      part = "shift";
      items.push({ kind: "shift" });
    } else if (m[14]) items.push({ kind: "currency" });
    else items.push({ kind: "text", text: m[15] !== undefined ? m[15].replace(/\\(.)/g, "$1") : m[16]! });
  }
  const template = { items, fill, brackets, before, after, shift };
  if (cache.size > 200) cache.clear();
  cache.set(text, template);
  return template;
}

const romanDigits: readonly (readonly [number, string])[] = [
  [1000, "M"],
  [900, "CM"],
  [500, "D"],
  [400, "CD"],
  [100, "C"],
  [90, "XC"],
  [50, "L"],
  [40, "XL"],
  [10, "X"],
  [9, "IX"],
  [5, "V"],
  [4, "IV"],
  [1, "I"],
];
export function toRoman(value: number): string {
  let out = "";
  let rest = value;
  for (const [size, letters] of romanDigits)
    while (rest >= size) {
      out += letters;
      rest -= size;
    }
  return out;
}
export function ordinalSuffix(number: string): string {
  if (/1[123]$/.test(number)) return "TH";
  return { "1": "ST", "2": "ND", "3": "RD" }[number.at(-1) ?? ""] ?? "TH";
}

export function formatNumber(given: Numeric, text: string): string {
  const template = parseTemplate(text);
  const roman = template.items.find((i) => i.kind === "roman");
  if (roman !== undefined) {
    const n = given.special === "finite" ? Number(round(given, 0).coefficient) : 0;
    const letters = n < 1 || n > 3999 ? "#".repeat(15) : toRoman(n);
    const cased = roman.kind === "roman" && roman.lower ? letters.toLowerCase() : letters;
    return template.fill ? cased : cased.padStart(15);
  }
  if (template.items.some((i) => i.kind === "exponent")) return formatExponent(given, template);
  const value = template.shift > 0 ? new Numeric(given.coefficient * pow10(template.shift), given.scale, given.special) : given;
  const places = template.after;
  const rounded = round(value, places);
  const digits = absolute(rounded.coefficient)
    .toString()
    .padStart(places + 1, "0");
  const whole = value.special !== "finite" ? "" : digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places);
  const width = template.before + template.shift;
  const negative = value.special === "finite" ? rounded.coefficient < 0n : value.special === "-Infinity";
  const overflow = value.special !== "finite" || (whole !== "0" && whole.length > width);
  return layOut(template, overflow ? "#".repeat(width) : whole, overflow ? "#".repeat(places) : fraction, negative, width);
}

/** Puts digits into the template; the unanchored sign stands right before the first digit. */
function layOut(template: Template, whole: string, fraction: string, negative: boolean, width: number): string {
  const { items, fill } = template;
  const hasPoint = items.some((i) => i.kind === "point");
  const anchored =
    template.brackets || items.some((i) => i.kind === "sign" || i.kind === "minus" || i.kind === "plus" || i.kind === "signBoth");
  // Without a 0 in the template a whole part of zero is not shown, unless nothing else would be.
  const blankZero = whole === "0" && hasPoint && template.after > 0;
  const shown = blankZero ? "" : whole;
  const digitItems = items.filter((i) => i.kind === "digit");
  const firstZero = digitItems.findIndex((i, at) => i.kind === "digit" && i.zero && at < width);
  const start = Math.min(firstZero < 0 ? width : firstZero, width - shown.length);
  const lastFractionZero = digitItems.reduce((last, i, at) => (at >= width && i.kind === "digit" && i.zero ? at - width + 1 : last), 0);
  const fractionShown = fill ? fraction.slice(0, Math.max(fraction.replace(/0+$/, "").length, lastFractionZero)) : fraction;
  const padded = shown.padStart(width, "0");
  let out = "";
  let position = 0;
  let signed = anchored;
  const sign = () => {
    if (signed) return;
    signed = true;
    if (template.brackets) return;
    out += negative ? "-" : fill ? "" : " ";
  };
  const bracket = () => {
    if (!bracketed) {
      bracketed = true;
      out += negative ? "<" : fill ? "" : " ";
    }
  };
  let bracketed = !template.brackets;
  let signWritten = false;
  for (const [at, item] of items.entries()) {
    switch (item.kind) {
      case "digit":
        if (position < width) {
          if (position >= start) {
            sign();
            bracket();
            // A floating S before the digits stands next to the first of them.
            if (!signWritten && items.slice(0, at).some((i) => i.kind === "sign")) {
              signWritten = true;
              out += negative ? "-" : "+";
            }
            out += padded[position];
          } else if (!fill) out += " ";
        } else {
          sign();
          bracket();
          out += fractionShown[position - width] ?? "";
        }
        position++;
        break;
      case "comma":
        if (position > start) out += ",";
        else if (!fill) out += " ";
        break;
      case "point":
        sign();
        bracket();
        if (!signWritten && items.slice(0, at).some((i) => i.kind === "sign")) {
          signWritten = true;
          out += negative ? "-" : "+";
        }
        if (!fill || fractionShown !== "" || template.after > 0) out += ".";
        break;
      case "sign":
        // Leading: written with the first digit; trailing: here.
        if (items.slice(0, at).some((i) => i.kind === "digit")) {
          out += negative ? "-" : "+";
          signWritten = true;
        }
        break;
      case "minus":
        out += negative ? "-" : fill ? "" : " ";
        break;
      case "plus":
        out += negative ? (fill ? "" : " ") : "+";
        break;
      case "signBoth":
        out += negative ? "-" : "+";
        break;
      case "currency":
        if (!fill) out += " ";
        break;
      case "ordinal":
        if (!negative) out += item.lower ? ordinalSuffix(whole).toLowerCase() : ordinalSuffix(whole);
        break;
      case "text":
        out += item.text;
        break;
      default:
        break;
    }
  }
  if (template.brackets) out += negative ? ">" : fill ? "" : " ";
  return out;
}

function formatExponent(value: Numeric, template: Template): string {
  if (value.special !== "finite") return `${"#".repeat(template.before + template.after + 6)}`;
  const negative = value.coefficient < 0n;
  const digits = absolute(value.coefficient).toString();
  let exponent = value.coefficient === 0n ? 0 : digits.length - 1 - value.scale;
  let mantissa = round(new Numeric(absolute(value.coefficient), digits.length - 1), template.after);
  if (formatNumeric(mantissa).startsWith("10")) {
    exponent++;
    mantissa = round(new Numeric(mantissa.coefficient, mantissa.scale + 1), template.after);
  }
  const size = Math.abs(exponent).toString().padStart(2, "0");
  return `${negative ? "-" : template.fill ? "" : " "}${formatNumeric(mantissa)}e${exponent < 0 ? "-" : "+"}${size}`;
}

export function parseNumber(text: string, pattern: string): Numeric {
  const template = parseTemplate(pattern);
  const negative = /-|<.*>/.test(text);
  const kept = text.replace(/[^0-9.]/g, "");
  const [whole, fraction = ""] = kept.split(".") as [string, string | undefined];
  if (whole === "" && fraction === "") throw invalidInput("numeric", text.trim() === "" ? " " : text);
  const integerDigits = whole.slice(0, template.before + template.shift);
  const value = parseNumeric(
    `${negative ? "-" : ""}${integerDigits === "" ? "0" : integerDigits}${template.after > 0 && fraction !== "" ? `.${fraction.slice(0, template.after)}` : ""}`,
  );
  return template.shift > 0 ? new Numeric(value.coefficient, value.scale + template.shift) : value;
}
