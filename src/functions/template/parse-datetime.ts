/**
 * to_date and to_timestamp: a text read by a picture of fields, separators and other characters. Source: formatting.c's DCH_from_char and
 * do_to_timestamp: which characters may be missing or too many, how wide a field is, what the fields together mean.
 */
import { DbError, dataError } from "../../types/index.js";
import { civilOf, daysInMonth, daysOf, MICROS_PER_SECOND, weekday } from "../datetime/calendar.js";

export interface ParsedTemplate {
  readonly days: number;
  readonly micros: number;
  /** Seconds east of UTC, when the text says. */
  readonly offset: number | undefined;
  /** How many characters of the text the template took. */
  readonly end: number;
}

type Convention = "gregorian" | "iso" | undefined;
interface Key {
  readonly name: string;
  readonly length: number;
  readonly digits: boolean;
  readonly convention: Convention;
}
const key = (name: string, length: number, digits: boolean, convention?: Convention): Key => ({ name, length, digits, convention });
/** Longer names before those that they start with. */
const keys: readonly Key[] = [
  key("A.D.", 4, false),
  key("A.M.", 4, false),
  key("AD", 2, false),
  key("AM", 2, false),
  key("B.C.", 4, false),
  key("BC", 2, false),
  key("CC", 2, true),
  key("DAY", 3, false),
  key("DDD", 3, true, "gregorian"),
  key("DD", 2, true, "gregorian"),
  key("DY", 2, false),
  key("D", 1, true, "gregorian"),
  key("FF1", 1, false),
  key("FF2", 2, false),
  key("FF3", 3, false),
  key("FF4", 4, false),
  key("FF5", 5, false),
  key("FF6", 6, false),
  key("FX", 2, false),
  key("HH24", 4, true),
  key("HH12", 4, true),
  key("HH", 2, true),
  key("IDDD", 4, true, "iso"),
  key("ID", 2, true, "iso"),
  key("IW", 2, true, "iso"),
  key("IYYY", 4, true, "iso"),
  key("IYY", 3, true, "iso"),
  key("IY", 2, true, "iso"),
  key("I", 1, true, "iso"),
  key("J", 1, true),
  key("MI", 2, true),
  key("MM", 2, true, "gregorian"),
  key("MONTH", 5, false, "gregorian"),
  key("MON", 3, false, "gregorian"),
  key("MS", 2, true),
  key("OF", 2, false),
  key("P.M.", 4, false),
  key("PM", 2, false),
  key("Q", 1, true),
  key("RM", 2, false, "gregorian"),
  key("SSSSS", 5, true),
  key("SSSS", 4, true),
  key("SS", 2, true),
  key("TZH", 3, false),
  key("TZM", 3, true),
  key("TZ", 2, false),
  key("US", 2, true),
  key("WW", 2, true, "gregorian"),
  key("W", 1, true, "gregorian"),
  key("Y,YYY", 5, true, "gregorian"),
  key("YYYY", 4, true, "gregorian"),
  key("YYY", 3, true, "gregorian"),
  key("YY", 2, true, "gregorian"),
  key("Y", 1, true, "gregorian"),
];

type Node =
  | { readonly kind: "field"; readonly key: Key; readonly written: string; readonly fill: boolean; readonly ordinal: boolean }
  | { readonly kind: "separator" | "space" | "text"; readonly text: string };

const isSeparator = (c: string) => c > " " && c < "\x7f" && !/[A-Za-z0-9]/.test(c);
const isSpace = (c: string | undefined) => c !== undefined && /[\t-\r ]/.test(c);

function readNodes(picture: string): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < picture.length; ) {
    let fill = false;
    let from = at;
    for (let prefix = /^(FM|TM)/i.exec(picture.slice(from)); prefix !== null; prefix = /^(FM|TM)/i.exec(picture.slice(from))) {
      fill ||= /fm/i.test(prefix[0]);
      from += 2;
    }
    const upper = picture.slice(from, from + 5).toUpperCase();
    const found = keys.find((k) => upper.startsWith(k.name));
    if (found !== undefined) {
      const written = picture.slice(from, from + found.name.length);
      at = from + found.name.length;
      const suffix = /^(TH|th|SP)/.exec(picture.slice(at))?.[0];
      if (suffix !== undefined) at += 2;
      nodes.push({ kind: "field", key: found, written, fill, ordinal: suffix !== undefined && suffix !== "SP" });
    } else if (from > at) at = from;
    else if (picture[at] === '"') {
      at++;
      while (at < picture.length && picture[at] !== '"') {
        if (picture[at] === "\\" && at + 1 < picture.length) at++;
        const text = String.fromCodePoint(picture.codePointAt(at)!);
        nodes.push({ kind: "text", text });
        at += text.length;
      }
      at++;
    } else {
      if (picture[at] === "\\" && picture[at + 1] === '"') at++;
      const text = String.fromCodePoint(picture.codePointAt(at)!);
      nodes.push({ kind: isSeparator(text) ? "separator" : isSpace(text) ? "space" : "text", text });
      at += text.length;
    }
  }
  return nodes;
}

const months = "January February March April May June July August September October November December".split(" ");
const weekdays = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const romans = "xii xi x ix viii vii vi v iv iii ii i".split(" ");
const short = (names: readonly string[]) => names.map((name) => name.slice(0, 3));
/** Names by key, and the field that their number goes to. */
const names: Readonly<
  Record<string, { readonly list: readonly string[]; readonly field: Field; readonly value: (index: number) => number }>
> = {
  "A.M.": { list: ["a.m.", "p.m."], field: "pm", value: (i) => i },
  "P.M.": { list: ["a.m.", "p.m."], field: "pm", value: (i) => i },
  AM: { list: ["am", "pm"], field: "pm", value: (i) => i },
  PM: { list: ["am", "pm"], field: "pm", value: (i) => i },
  "A.D.": { list: ["a.d.", "b.c."], field: "bc", value: (i) => i },
  "B.C.": { list: ["a.d.", "b.c."], field: "bc", value: (i) => i },
  AD: { list: ["ad", "bc"], field: "bc", value: (i) => i },
  BC: { list: ["ad", "bc"], field: "bc", value: (i) => i },
  MONTH: { list: months, field: "month", value: (i) => i + 1 },
  MON: { list: short(months), field: "month", value: (i) => i + 1 },
  DAY: { list: weekdays, field: "weekday", value: (i) => i },
  DY: { list: short(weekdays), field: "weekday", value: (i) => i },
  RM: { list: romans, field: "month", value: (i) => 12 - i },
};

type Field =
  | "hour" | "pm" | "minute" | "second" | "secondOfDay" | "weekday" | "day" | "dayOfYear" | "month" | "millis" | "year" | "bc" | "week"
  | "weekOfMonth" | "century" | "julian" | "micros" | "zoneHour" | "zoneMinute"; // biome-ignore format: a list
/** Keys that are whole numbers: how many characters when a digit follows, and the field. */
const numbers: Readonly<Record<string, readonly [width: number, field: Field]>> = {
  HH: [2, "hour"],
  HH12: [2, "hour"],
  HH24: [2, "hour"],
  MI: [2, "minute"],
  SS: [2, "second"],
  MS: [3, "millis"],
  US: [6, "micros"],
  SSSS: [4, "secondOfDay"],
  SSSSS: [5, "secondOfDay"],
  TZM: [2, "zoneMinute"],
  MM: [2, "month"],
  DDD: [3, "dayOfYear"],
  IDDD: [3, "dayOfYear"],
  DD: [2, "day"],
  D: [1, "weekday"],
  ID: [1, "weekday"],
  WW: [2, "week"],
  IW: [2, "week"],
  CC: [2, "century"],
  YYYY: [4, "year"],
  IYYY: [4, "year"],
  YYY: [3, "year"],
  IYY: [3, "year"],
  YY: [2, "year"],
  IY: [2, "year"],
  Y: [1, "year"],
  I: [1, "year"],
  W: [1, "weekOfMonth"],
  J: [1, "julian"],
};

const badValue = (text: string, name: string, detail: string, hint?: string) =>
  dataError("22007", `invalid value "${text}" for "${name}"`, detail, hint);

class TemplateReader {
  #at = 0;
  readonly fields: Partial<Record<Field, number>> = {};
  convention: Convention;
  twelveHours = false;
  yearWidth = 0;
  zoneSign = 0;
  constructor(
    readonly text: string,
    readonly nodes: readonly Node[],
  ) {}
  get end(): number {
    return this.#at;
  }

  read(): void {
    let exact = false;
    let skipped = 0;
    const { text, nodes } = this;
    const skipBlanks = () => {
      for (; isSpace(text[this.#at]); this.#at++) skipped++;
    };
    for (const [i, node] of nodes.entries()) {
      if (this.#at >= text.length) break;
      const isFixer = node.kind === "field" && node.key.name === "FX";
      if (!exact && !isFixer && (node.kind === "field" || i === 0)) skipBlanks();
      if (node.kind === "space" || node.kind === "separator") {
        if (exact) this.#skipCharacter();
        else {
          skipped--;
          if (this.#at < text.length && (isSpace(text[this.#at]) || isSeparator(text[this.#at]!))) {
            this.#at++;
            skipped++;
          }
        }
        continue;
      }
      if (node.kind === "text") {
        // What was skipped before may have been this character.
        if (!exact && skipped > 0) skipped--;
        else this.#skipCharacter();
        continue;
      }
      if (node.kind !== "field") continue;
      if (isFixer) exact = true;
      else this.#field(node, nodes[i + 1], skipped);
      if (!exact) {
        skipped = 0;
        skipBlanks();
      }
    }
  }
  #skipCharacter(): void {
    if (this.#at < this.text.length) this.#at += String.fromCodePoint(this.text.codePointAt(this.#at)!).length;
  }
  #set(field: Field, value: number, name: string): void {
    const before = this.fields[field] ?? 0;
    if (before !== 0 && before !== value)
      throw dataError(
        "22007",
        `conflicting values for "${name}" field in formatting string`,
        "This value contradicts a previous setting for the same field type.",
      );
    this.fields[field] = value;
  }

  #field(node: Extract<Node, { kind: "field" }>, next: Node | undefined, skipped: number): void {
    const { name } = node.key;
    const shown = node.written;
    this.#useConvention(node.key.convention);
    const named = names[name];
    if (named !== undefined) {
      const value = named.value(this.#name(named.list, shown));
      this.#set(named.field, value, shown);
      if (named.field === "pm") this.twelveHours = true;
      if (named.field === "weekday") this.fields.weekday = value + 1;
      return;
    }
    switch (name) {
      case "TZ":
      case "OF":
        throw new DbError({ sqlstate: "0A000", message: `formatting field "${shown}" is only supported in to_char` });
      case "TZH": {
        const c = this.text[this.#at];
        if (c === "+" || c === "-" || c === " ") {
          this.zoneSign = c === "-" ? -1 : 1;
          this.#at++;
        } else this.zoneSign = skipped > 0 && this.text[this.#at - 1] === "-" ? -1 : 1;
        this.#integer(2, "zoneHour", node, next);
        return;
      }
      case "Q":
        this.#integer(1, undefined, node, next);
        this.#skipOrdinal(node);
        return;
      case "Y,YYY": {
        const match = /^\s*([+-]?\d+),([+-]?\d{1,3})/.exec(this.text.slice(this.#at));
        if (match === null) throw dataError("22007", 'invalid input string for "Y,YYY"');
        this.#set("year", Number(match[1]) * 1000 + Number(match[2]), shown);
        this.yearWidth = 4;
        this.#at += match[0].length;
        this.#skipOrdinal(node);
        return;
      }
    }
    if (/^FF/.test(name)) {
      this.#fraction(Number(name[2]), "micros", 6, node, next);
      return;
    }
    if (name === "MS" || name === "US") {
      this.#fraction(name === "MS" ? 3 : 6, name === "MS" ? "millis" : "micros", name === "MS" ? 3 : 6, node, next);
      return;
    }
    const [width, field] = numbers[name]!;
    if (name === "TZM" && this.zoneSign === 0) this.zoneSign = 1;
    if (name === "HH" || name === "HH12") this.twelveHours = true;
    const length = this.#integer(width, field, node, next);
    if (field === "year") {
      this.yearWidth = width;
      if (width < 4 && length < 4) this.fields.year = nearestYear(this.fields.year ?? 0);
    }
    // ISO's week starts on Monday, the field counts from Sunday.
    if (name === "ID") this.fields.weekday = ((this.fields.weekday ?? 0) % 7) + 1;
    this.#skipOrdinal(node);
  }
  #useConvention(convention: Convention): void {
    if (convention === undefined) return;
    if (this.convention !== undefined && this.convention !== convention)
      throw dataError(
        "22007",
        "invalid combination of date conventions",
        undefined,
        "Do not mix Gregorian and ISO week date conventions in a formatting template.",
      );
    this.convention = convention;
  }
  #skipOrdinal(node: Extract<Node, { kind: "field" }>): void {
    if (!node.ordinal) return;
    this.#skipCharacter();
    this.#skipCharacter();
  }
  /** The number of the name that stands here, in any case. */
  #name(list: readonly string[], shown: string): number {
    const rest = this.text.slice(this.#at).toLowerCase();
    const index = list.findIndex((name) => rest.startsWith(name.toLowerCase()));
    if (index < 0)
      throw badValue(
        /^\S*/.exec(this.text.slice(this.#at))![0],
        shown,
        "The given value did not match any of the allowed values for this field.",
      );
    this.#at += list[index]!.length;
    return index;
  }
  #fraction(width: number, field: Field, places: number, node: Extract<Node, { kind: "field" }>, next: Node | undefined): void {
    const length = this.#integer(width, field, node, next);
    if (length < places) this.fields[field] = (this.fields[field] ?? 0) * 10 ** (places - length);
    this.#skipOrdinal(node);
  }
  /** Reads all digits when none can follow, else as many characters as the field has. Returns how many characters it took. */
  #integer(width: number, field: Field | undefined, node: Extract<Node, { kind: "field" }>, next: Node | undefined): number {
    const { text } = this;
    const shown = node.written;
    const start = this.#at;
    while (isSpace(text[this.#at])) this.#at++;
    const copy = text.slice(this.#at, this.#at + width);
    let digits: string;
    if (node.fill || node.ordinal || !digitFollows(next)) {
      digits = /^[+-]?\d+/.exec(text.slice(this.#at))?.[0] ?? "";
      this.#at = digits === "" ? start : this.#at + digits.length;
    } else {
      const hint = 'If your source string is not fixed-width, try using the "FM" modifier.';
      if (copy.length < width)
        throw dataError(
          "22007",
          `source string too short for "${shown}" formatting field`,
          `Field requires ${width} characters, but only ${copy.length} remain.`,
          hint,
        );
      digits = /^\s*[+-]?\d+/.exec(copy)?.[0] ?? "";
      if (digits.length > 0 && digits.length < width)
        throw badValue(copy, shown, `Field requires ${width} characters, but only ${digits.length} could be parsed.`, hint);
      this.#at += digits.length;
    }
    if (this.#at === start) throw badValue(copy, shown, "Value must be an integer.");
    const value = Number(digits);
    if (value > 2147483647 || value < -2147483648)
      throw dataError(
        "22008",
        `value for "${shown}" in source string is out of range`,
        "Value must be in the range -2147483648 to 2147483647.",
      );
    if (field !== undefined) this.#set(field, value, shown);
    return this.#at - start;
  }
}
function digitFollows(next: Node | undefined): boolean {
  if (next === undefined) return false;
  return next.kind === "field" ? next.key.digits : /^\d$/.test(next.text);
}
/** Years of fewer than four digits are those nearest to 2020. */
function nearestYear(year: number): number {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  return year < 1000 ? year + 1000 : year;
}

/** What the text does not say is the first of January of 1 BC, midnight. */
export function parseWithTemplate(text: string, picture: string): ParsedTemplate {
  const reader = new TemplateReader(text, readNodes(picture));
  reader.read();
  const { days, micros } = assemble(reader, text);
  return { days, micros, offset: offsetOf(reader, text), end: reader.end };
}
function offsetOf({ fields, zoneSign }: TemplateReader, text: string): number | undefined {
  if (zoneSign === 0) return undefined;
  const hours = fields.zoneHour ?? 0;
  const minutes = fields.zoneMinute ?? 0;
  if (hours < 0 || hours > 15 || minutes < 0 || minutes > 59) throw dataError("22009", `time zone displacement out of range: "${text}"`);
  return zoneSign * (hours * 3600 + minutes * 60);
}

function assemble(reader: TemplateReader, text: string): { days: number; micros: number } {
  const f = reader.fields;
  const outside = () => dataError("22008", `date/time field value out of range: "${text}"`);
  const ofDay = f.secondOfDay ?? 0;
  let hour = f.hour || Math.floor(ofDay / 3600);
  const minute = f.minute || Math.floor((ofDay % 3600) / 60);
  const second = f.second || ofDay % 60;
  if (reader.twelveHours) {
    if (hour < 1 || hour > 12)
      throw dataError(
        "22007",
        `hour "${hour}" is invalid for the 12-hour clock`,
        undefined,
        "Use the 24-hour clock, or give an hour between 1 and 12.",
      );
    if (f.pm === 1 && hour < 12) hour += 12;
    else if (f.pm !== 1 && hour === 12) hour = 0;
  }
  const fraction = (f.millis ?? 0) * 1000 + (f.micros ?? 0);
  const days = daysFrom(reader, outside);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59 || fraction < 0 || fraction >= MICROS_PER_SECOND)
    throw outside();
  return { days, micros: ((hour * 60 + minute) * 60 + second) * MICROS_PER_SECOND + fraction };
}

function yearFrom({ fields: f, yearWidth }: TemplateReader): number | undefined {
  const isBc = f.bc === 1;
  const century = isBc ? -(f.century ?? 0) : (f.century ?? 0);
  if (f.year) {
    // A century goes with the last two digits of a year; the 21st runs from 2001 to 2100.
    if (century !== 0 && yearWidth <= 2) {
      const inCentury = f.year % 100;
      if (inCentury === 0) return century * 100 + (century >= 0 ? 0 : 1);
      return century >= 0 ? inCentury + (century - 1) * 100 : (century + 1) * 100 - inCentury + 1;
    }
    const year = isBc ? -f.year : f.year;
    return year < 0 ? year + 1 : year;
  }
  if (century === 0) return undefined;
  return century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
}
function daysFrom(reader: TemplateReader, outside: () => Error): number {
  const f = reader.fields;
  let known = yearFrom(reader) !== undefined;
  let year = yearFrom(reader) ?? 0;
  let month = 1;
  let day = 1;
  let monthKnown = false;
  let dayKnown = false;
  const use = (days: number) => {
    ({ year, month, day } = civilOf(days));
    known = true;
    monthKnown = true;
    dayKnown = true;
  };
  let dayOfYear = f.dayOfYear ?? 0;
  if (f.julian) use(f.julian - 2_451_545);
  if (f.week) {
    if (reader.convention === "iso") {
      const sunday = f.weekday ?? 2;
      use(isoMonday(year, f.week) + (sunday > 1 ? sunday - 2 : 6));
    } else dayOfYear = (f.week - 1) * 7 + 1;
  }
  const ofMonth = f.weekOfMonth ? (f.weekOfMonth - 1) * 7 + 1 : (f.day ?? 0);
  if (ofMonth) {
    day = ofMonth;
    dayKnown = true;
  }
  if (f.month) {
    month = f.month;
    monthKnown = true;
  }
  if (dayOfYear && (month <= 1 || day <= 1)) {
    if (year === 0 && f.bc !== 1) throw dataError("22007", "cannot calculate day of year without year information");
    if (reader.convention === "iso") use(isoMonday(year, 1) - 1 + dayOfYear);
    else {
      let i = 1;
      let before = 0;
      while (i < 13 && dayOfYear > before + daysInMonth(year, Math.min(i, 12))) {
        before += daysInMonth(year, Math.min(i, 12));
        i++;
      }
      if (month <= 1) month = i;
      if (day <= 1) day = dayOfYear - before;
      monthKnown = true;
      dayKnown = true;
    }
  }
  if (monthKnown && (month < 1 || month > 12)) throw outside();
  if (dayKnown && (day < 1 || day > 31)) throw outside();
  if (known && monthKnown && dayKnown && day > daysInMonth(year, month)) throw outside();
  return daysOf(year, month, day);
}
/** Monday of a week of ISO 8601. */
function isoMonday(year: number, week: number): number {
  const fourth = daysOf(year, 1, 4);
  return fourth - ((weekday(fourth) + 6) % 7) + (week - 1) * 7;
}
