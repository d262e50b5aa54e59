/**
 * to_char and to_number. The picture becomes a list of nodes and a description; then a cursor goes over number and picture together.
 * Source: formatting.c's NUMDesc_prepare and NUM_processor, with lconv of locale "C" (".", ",", no currency symbol).
 */
import { DbError, dataError, invalidInput, Numeric, outOfRange } from "../../types/index.js";
import { multiply } from "../numeric/arithmetic.js";
import { absolute, applyModifier, formatNumeric, packModifier, parseNumeric, pow10, round } from "../numeric/numeric-value.js";
import { power } from "../numeric/transcendental.js";
import { exponentText, fixedText } from "./float-text.js";

type Key =
  | "," | "." | "0" | "9" | "B" | "C" | "D" | "EEEE" | "FM" | "G" | "L" | "MI" | "PL" | "PR" | "RN" | "rn" | "SG" | "SP" | "S" | "TH" | "th" | "V"; // biome-ignore format: a list
type Node = { readonly key: Key } | { readonly text: string };

interface Picture {
  readonly nodes: readonly Node[];
  pre: number;
  post: number;
  multi: number;
  zeroStart: number;
  zeroEnd: number;
  signPlace: "none" | "before" | "after";
  digitsBeforeSign: number;
  readonly has: Set<"decimal" | "fill" | "zero" | "blank" | "sign" | "minus" | "plus" | "bracket" | "roman" | "multi" | "exponent">;
}

const keys: readonly Key[] = [
  "EEEE", "FM", "MI", "PL", "PR", "RN", "SG", "SP", "TH", ",", ".", "0", "9", "B", "C", "D", "G", "L", "S", "V",
]; // biome-ignore format: a list
const syntax = (message: string, detail?: string) => dataError("42601", message, detail);

/** Words of the picture in either case; everything else, and what stands in double quotes, is text. */
function readNodes(format: string): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < format.length; ) {
    const upper = format.slice(at, at + 4).toUpperCase();
    const key = keys.find((k) => upper.startsWith(k) && (format.startsWith(k, at) || format.startsWith(k.toLowerCase(), at)));
    if (key !== undefined) {
      const isLower = format.startsWith(key.toLowerCase(), at);
      nodes.push({ key: isLower && key === "RN" ? "rn" : isLower && key === "TH" ? "th" : key });
      at += key.length;
    } else if (format[at] === '"') {
      at++;
      while (at < format.length && format[at] !== '"') {
        if (format[at] === "\\" && at + 1 < format.length) at++;
        const character = String.fromCodePoint(format.codePointAt(at)!);
        nodes.push({ text: character });
        at += character.length;
      }
      at++;
    } else {
      if (format[at] === "\\" && format[at + 1] === '"') at++;
      const character = String.fromCodePoint(format.codePointAt(at)!);
      nodes.push({ text: character });
      at += character.length;
    }
  }
  return nodes;
}

function describe(format: string): Picture {
  const nodes = readNodes(format);
  const p: Picture = {
    nodes,
    pre: 0,
    post: 0,
    multi: 0,
    zeroStart: 0,
    zeroEnd: 0,
    signPlace: "none",
    digitsBeforeSign: 0,
    has: new Set(),
  };
  for (const node of nodes) if ("key" in node) addKey(p, node.key);
  return p;
}
function addKey(p: Picture, key: Key): void {
  const { has } = p;
  if (has.has("exponent") && key !== "EEEE") throw syntax('"EEEE" must be the last pattern used');
  const signed = (name: string) => {
    if (has.has("sign")) throw syntax(`cannot use "S" and "${name}" together`);
  };
  switch (key) {
    case "9":
      if (has.has("bracket")) throw syntax('"9" must be ahead of "PR"');
      if (has.has("multi")) p.multi++;
      else if (has.has("decimal")) p.post++;
      else p.pre++;
      return;
    case "0":
      if (has.has("bracket")) throw syntax('"0" must be ahead of "PR"');
      if (!has.has("zero") && !has.has("decimal")) {
        has.add("zero");
        p.zeroStart = p.pre + 1;
      }
      if (has.has("decimal")) p.post++;
      else p.pre++;
      p.zeroEnd = p.pre + p.post;
      return;
    case "B":
      if (p.pre === 0 && p.post === 0 && !has.has("zero")) has.add("blank");
      return;
    case "D":
    case ".":
      if (has.has("decimal")) throw syntax("multiple decimal points");
      if (has.has("multi")) throw syntax('cannot use "V" and decimal point together');
      has.add("decimal");
      return;
    case "FM":
      has.add("fill");
      return;
    case "S":
      if (has.has("sign")) throw syntax('cannot use "S" twice');
      if (has.has("plus") || has.has("minus") || has.has("bracket")) throw syntax('cannot use "S" and "PL"/"MI"/"SG"/"PR" together');
      p.signPlace = has.has("decimal") ? "after" : "before";
      if (!has.has("decimal")) p.digitsBeforeSign = p.pre;
      has.add("sign");
      return;
    case "MI":
      signed("MI");
      has.add("minus");
      return;
    case "PL":
      signed("PL");
      has.add("plus");
      return;
    case "SG":
      signed("SG");
      has.add("minus").add("plus");
      return;
    case "PR":
      if (has.has("sign") || has.has("plus") || has.has("minus")) throw syntax('cannot use "PR" and "S"/"PL"/"MI"/"SG" together');
      has.add("bracket");
      return;
    case "RN":
    case "rn":
      has.add("roman");
      return;
    case "V":
      if (has.has("decimal")) throw syntax('cannot use "V" and decimal point together');
      has.add("multi");
      return;
    case "EEEE":
      if (has.has("exponent")) throw syntax('cannot use "EEEE" twice');
      if ((["blank", "fill", "sign", "bracket", "minus", "plus", "roman", "multi"] as const).some((f) => has.has(f)))
        throw syntax(
          '"EEEE" is incompatible with other formats',
          '"EEEE" may only be used together with digit and decimal point patterns.',
        );
      has.add("exponent");
      return;
    default:
      return;
  }
}

/** st, nd, rd, th. */
export function ordinalSuffix(digits: string, upper = false): string {
  const last = digits.at(-1) ?? "";
  if (!/\d/.test(last)) throw dataError("22P02", `"${digits}" is not a number`);
  const ending = digits.length > 1 && digits.at(-2) === "1" ? "th" : last === "1" ? "st" : last === "2" ? "nd" : last === "3" ? "rd" : "th";
  return upper ? ending.toUpperCase() : ending;
}
export function toRoman(value: number): string {
  if (value > 3999 || value < 1) return "#".repeat(15);
  const places = [
    ["", "M", "MM", "MMM"],
    ["", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"],
    ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"],
    ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"],
  ];
  return [...String(value).padStart(4, "0")].map((digit, i) => places[i]![Number(digit)]!).join("");
}

/** Writes a number, digits and point as text, into a picture. */
class NumberWriter {
  #out = "";
  #at = 0; // in the number's text
  #place = 0; // digit places of the picture so far
  #digitWritten = false;
  #signWritten: boolean;
  #ended = false;
  #count: number;
  #lastRelevant = -1;
  constructor(
    readonly p: Picture,
    readonly number: string,
    readonly blanks: number,
    readonly sign: "+" | "-" | "",
  ) {
    const { has } = p;
    if (has.has("plus") || has.has("minus")) this.#signWritten = !(has.has("plus") && !has.has("minus"));
    else {
      if (sign !== "-" && has.has("fill")) has.delete("bracket");
      this.#signWritten = sign === "+" && has.has("fill") && !has.has("sign");
      if (p.signPlace === "before" && p.pre === p.digitsBeforeSign) p.signPlace = "after";
    }
    this.#count = p.post + p.pre - 1;
    if (has.has("fill") && has.has("decimal")) this.#findLastRelevant();
    if (!this.#signWritten && blanks === 0) this.#count++;
  }
  /** With FM the last digit that is not a trailing zero, or the last 0 of the picture. */
  #findLastRelevant(): void {
    const point = this.number.indexOf(".");
    if (point < 0) return;
    this.#lastRelevant = point;
    for (let i = point + 1; i < this.number.length; i++) if (this.number[i] !== "0") this.#lastRelevant = i;
    if (this.p.zeroEnd > this.blanks)
      this.#lastRelevant = Math.max(this.#lastRelevant, Math.min(this.number.length - 1, this.p.zeroEnd - this.blanks));
  }
  #write(text: string): void {
    if (!this.#ended) this.#out += text;
  }

  write(): string {
    const { has } = this.p;
    for (const node of this.p.nodes) {
      if (!("key" in node)) {
        this.#write(node.text);
        continue;
      }
      switch (node.key) {
        case "9":
        case "0":
        case ".":
        case "D":
          this.#digit(node.key);
          break;
        case ",":
        case "G":
          if (this.#digitWritten) this.#write(",");
          else if (!has.has("fill")) this.#write(" ");
          break;
        case "L":
          this.#write(" ");
          break;
        case "RN":
        case "rn": {
          const text = node.key === "rn" ? this.number.toLowerCase() : this.number;
          this.#write(has.has("fill") ? text : text.padStart(15));
          break;
        }
        case "TH":
        case "th":
          if (has.has("roman") || this.number[0] === "#" || this.sign === "-" || has.has("decimal")) break;
          this.#write(ordinalSuffix(this.number, node.key === "TH"));
          break;
        case "MI":
          if (this.sign === "-") this.#write("-");
          else if (!has.has("fill")) this.#write(" ");
          break;
        case "PL":
          if (this.sign === "+") this.#write("+");
          else if (!has.has("fill")) this.#write(" ");
          break;
        case "SG":
          this.#write(this.sign);
          break;
        default:
          break;
      }
    }
    return this.#out;
  }

  /** A leading 0 before a point that no 0 of the picture asks for. */
  #isSilentZero(): boolean {
    return !this.p.has.has("zero") && this.#at === 0 && this.number[0] === "0" && this.p.post !== 0;
  }
  #pointIsLast(): boolean {
    return this.#lastRelevant >= 0 && this.number[this.#lastRelevant] === ".";
  }
  #digit(key: "9" | "0" | "." | "D"): void {
    const { p, number, blanks, sign } = this;
    const { has } = p;
    if (has.has("roman")) return;
    this.#digitWritten = false;
    const zeroStart = p.zeroStart === 0 ? 0 : p.zeroStart - 1;
    if (
      !this.#signWritten &&
      (this.#place >= blanks || (has.has("zero") && zeroStart === this.#place)) &&
      (!this.#isSilentZero() || this.#pointIsLast())
    ) {
      if (has.has("sign")) {
        if (p.signPlace === "before") {
          this.#write(sign === "-" ? "-" : "+");
          this.#signWritten = true;
        }
      } else if (has.has("bracket")) {
        this.#write(sign === "+" ? " " : "<");
        this.#signWritten = true;
      } else {
        if (sign === "-") this.#write("-");
        else if (!has.has("fill")) this.#write(" ");
        this.#signWritten = true;
      }
    }
    if (this.#place < blanks && (zeroStart > this.#place || !has.has("zero"))) {
      if (!has.has("fill")) this.#write(" ");
    } else if (has.has("zero") && this.#place < blanks && zeroStart <= this.#place) {
      this.#write("0");
      this.#digitWritten = true;
    } else {
      this.#numberCharacter(key);
      if (this.#at < number.length) this.#at++;
    }
    let end = this.#count + (blanks > 0 ? 1 : 0) + (has.has("decimal") ? 1 : 0);
    if (this.#lastRelevant >= 0 && this.#lastRelevant === this.#at) end = this.#place;
    if (this.#place + 1 === end) {
      if (this.#signWritten && has.has("bracket")) this.#write(sign === "+" ? " " : ">");
      else if (has.has("sign") && p.signPlace === "after") this.#write(sign === "-" ? "-" : "+");
    }
    this.#place++;
  }
  #numberCharacter(key: "9" | "0" | "." | "D"): void {
    const { has } = this.p;
    if (this.number[this.#at] === ".") {
      this.#write(".");
      return;
    }
    if (this.#lastRelevant >= 0 && this.#at > this.#lastRelevant && key !== "0") return;
    if (this.#isSilentZero()) {
      if (!has.has("fill")) this.#write(" ");
      else if (this.#pointIsLast()) this.#write("0");
      return;
    }
    // Past its end the number has no more to say, and neither has the picture.
    if (this.#at >= this.number.length) this.#ended = true;
    else this.#write(this.number[this.#at]!);
    this.#digitWritten = true;
  }
}

/** Digits with a point, padded or, when they do not fit, overwritten with #. */
function finish(p: Picture, digits: string, sign: "+" | "-"): string {
  const point = digits.indexOf(".");
  const before = point < 0 ? digits.length : point;
  if (before > p.pre) return new NumberWriter(p, `${"#".repeat(p.pre)}.${"#".repeat(p.post)}`, 0, sign).write();
  return new NumberWriter(p, digits, p.pre - before, sign).write();
}
function writeRoman(p: Picture, value: number): string {
  const isFill = p.has.has("fill");
  p.has.clear();
  p.has.add("roman");
  if (isFill) p.has.add("fill");
  return new NumberWriter(p, toRoman(value), 0, "").write();
}
const notFinite = (p: Picture) => ` ${"#".repeat(p.pre)}.${"#".repeat(p.post + 4)}`;

export function numericToChar(value: Numeric, format: string): string {
  if (format === "") return "";
  const p = describe(format);
  if (p.has.has("roman")) {
    if (value.special !== "finite") throw dataError("0A000", `cannot convert ${value.special === "NaN" ? "NaN" : "infinity"} to integer`);
    return writeRoman(p, int4(Number(round(value, 0).coefficient)));
  }
  if (p.has.has("exponent")) {
    if (value.special !== "finite") return notFinite(p);
    const text = numericExponent(value, p.post);
    return text.startsWith("-") ? text : ` ${text}`;
  }
  let scaled = value;
  if (p.has.has("multi")) {
    scaled = multiply(value, new Numeric(pow10(p.multi), 0));
    p.pre += p.multi;
  }
  const text = formatNumeric(round(scaled, p.post));
  return text.startsWith("-") ? finish(p, text.slice(1), "-") : finish(p, text, "+");
}
function int4(value: number): number {
  if (value > 2147483647 || value < -2147483648) throw outOfRange("integer");
  return value;
}
/** d.ddde+nn, the mantissa rounded half away from zero. */
function numericExponent(value: Numeric, digits: number): string {
  const size = absolute(value.coefficient).toString();
  const exponent = value.coefficient === 0n ? 0 : size.length - 1 - value.scale;
  const mantissa = round(new Numeric(value.coefficient, value.coefficient === 0n ? value.scale : size.length - 1), digits);
  return `${formatNumeric(mantissa)}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

export function integerToChar(value: number | bigint, format: string, type: "integer" | "bigint"): string {
  if (format === "") return "";
  const p = describe(format);
  if (p.has.has("roman")) return writeRoman(p, int4(Number(value)));
  if (p.has.has("exponent")) return exponentText(Number(value), p.post);
  let shown = BigInt(value);
  if (p.has.has("multi")) {
    shown *= pow10(p.multi);
    if (shown !== BigInt.asIntN(type === "integer" ? 32 : 64, shown)) throw outOfRange(type);
    p.pre += p.multi;
  }
  const digits = (shown < 0n ? -shown : shown).toString();
  return finish(p, p.post > 0 ? `${digits}.${"0".repeat(p.post)}` : digits, shown < 0n ? "-" : "+");
}

/** `precision`: the decimal digits that the float type always keeps, 6 or 15; no more are written. */
export function floatToChar(value: number, format: string, precision: 6 | 15): string {
  if (format === "") return "";
  const p = describe(format);
  if (p.has.has("roman")) {
    if (!Number.isFinite(value)) throw outOfRange("integer");
    return writeRoman(p, int4(Number(fixedText(value, 0))));
  }
  if (p.has.has("exponent")) return Number.isFinite(value) ? exponentText(value, p.post) : notFinite(p);
  let scaled = value;
  if (p.has.has("multi")) {
    scaled = value * 10 ** p.multi;
    p.pre += p.multi;
  }
  const whole = fixedText(Math.abs(scaled), 0).length;
  if (whole >= precision) p.post = 0;
  else if (whole + p.post > precision) p.post = precision - whole;
  const text = fixedText(scaled, p.post);
  return text.startsWith("-") ? finish(p, text.slice(1), "-") : finish(p, text, "+");
}

/** Reads a number by a picture; what the picture says is text skips as many characters. */
class NumberReader {
  #at = 0;
  #sign = " ";
  #digits = "";
  #before = 0;
  #after = 0;
  #sawPoint = false;
  constructor(
    readonly p: Picture,
    readonly text: string,
  ) {}

  get #atEnd(): boolean {
    return this.#at >= this.text.length;
  }
  #skipOther(count: number): void {
    for (let n = count; n > 0 && !this.#atEnd && !"0123456789.,+-".includes(this.text[this.#at]!); n--)
      this.#at += String.fromCodePoint(this.text.codePointAt(this.#at)!).length;
  }
  read(): Numeric {
    const { has } = this.p;
    for (const node of this.p.nodes) {
      if (this.#atEnd) break;
      if (!("key" in node)) {
        this.#at += String.fromCodePoint(this.text.codePointAt(this.#at)!).length;
        continue;
      }
      const c = this.text[this.#at]!;
      switch (node.key) {
        case "9":
        case "0":
        case ".":
        case "D":
          this.#digit(node.key);
          this.#at++;
          break;
        case ",":
        case "G":
          if (!(has.has("fill") && this.#before + this.#after === 0 && !this.#sawPoint) && c === ",") this.#at++;
          break;
        case "L":
          this.#skipOther(1);
          break;
        case "TH":
        case "th":
          if (!has.has("roman") && this.#sign !== "-" && !has.has("decimal")) this.#skipOther(2);
          break;
        case "MI":
          this.#signOf(c === "-");
          break;
        case "PL":
          this.#signOf(c === "+");
          break;
        case "SG":
          this.#signOf(c === "-" || c === "+");
          break;
        default:
          break;
      }
    }
    const digits = this.#digits.endsWith(".") ? this.#digits.slice(0, -1) : this.#digits;
    const text = this.#sign + digits;
    const { pre, multi } = this.p;
    if (digits === "") throw invalidInput("numeric", text);
    return applyModifier(parseNumeric(text), packModifier(pre + multi + this.#after, this.#after));
  }
  #signOf(isSign: boolean): void {
    if (isSign) this.#sign = this.text[this.#at++]!;
    else this.#skipOther(1);
  }
  #digit(key: "9" | "0" | "." | "D"): void {
    const { p, text } = this;
    const { has } = p;
    let isRead = false;
    if (text[this.#at] === " ") this.#at++;
    if (this.#atEnd) return;
    if (this.#sign === " " && (key === "9" || key === "0") && this.#before + this.#after === 0) {
      const c = text[this.#at]!;
      const allowed = has.has("sign") ? p.signPlace === "before" : true;
      if (allowed && (c === "-" || (!has.has("sign") && has.has("bracket") && c === "<"))) {
        this.#sign = "-";
        this.#at++;
      } else if (allowed && c === "+") {
        this.#sign = "+";
        this.#at++;
      }
    }
    if (this.#atEnd) return;
    const c = text[this.#at]!;
    if (/\d/.test(c)) {
      if (this.#sawPoint && this.#after === p.post) return;
      this.#digits += c;
      if (this.#sawPoint) this.#after++;
      else this.#before++;
      isRead = true;
    } else if (has.has("decimal") && !this.#sawPoint && c === ".") {
      this.#digits += ".";
      this.#sawPoint = true;
      isRead = true;
    }
    if (this.#sign !== " " || this.#before + this.#after === 0) return;
    const next = text[this.#at + 1];
    if (has.has("sign") && isRead && next !== undefined && !/\d/.test(next)) {
      if (next === "-" || next === "+") {
        this.#sign = next;
        this.#at++;
      }
    } else if (!isRead && !has.has("sign") && !has.has("plus") && !has.has("minus")) {
      if (c === "-" || (has.has("bracket") && c === "<")) {
        this.#sign = "-";
        this.#at++;
      } else if (c === "+") {
        this.#sign = "+";
        this.#at++;
      }
    }
  }
}

/** NULL for an empty picture. */
export function toNumber(text: string, format: string): Numeric | null {
  if (format === "") return null;
  const p = describe(format);
  if (p.has.has("exponent")) throw new DbError({ sqlstate: "0A000", message: '"EEEE" not supported for input' });
  if (p.has.has("roman")) throw new DbError({ sqlstate: "0A000", message: '"RN" not supported for input' });
  const value = new NumberReader(p, text).read();
  return p.has.has("multi") ? multiply(value, power(new Numeric(10n, 0), new Numeric(BigInt(-p.multi), 0))) : value;
}
