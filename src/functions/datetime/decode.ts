/**
 * Second step of date and time input: fields become year, month, day, time and zone. Source: datetime.c's DecodeDateTime and
 * DecodeTimeOnly, whose order of questions is kept because it decides what an ambiguous text means.
 */
import { dataError, datetimeFieldOverflow, type FormatContext, invalidDatetime, unknownTimeZone } from "../../types/index.js";
import { roundHalfEven } from "../families/float-math.js";
import { readAbbreviation } from "./abbreviations.js";
import { civilOf, daysInMonth, daysOf, JULIAN_OF_EPOCH, join, MICROS_PER_DAY, split } from "./calendar.js";
import { type Field, type FieldKind, splitFields } from "./tokens.js";
import { type DateWord, dateWord, type Prefix } from "./words.js";
import { findZone, fixedZone, localOffset, toLocal, type Zone, zoneOf } from "./zones.js";

/** Parts that a text has given so far. */
const YEAR = 1;
const MONTH = 2;
const DAY = 4;
const DATE = YEAR | MONTH | DAY;
const HOUR = 8;
const MINUTE = 16;
const SECOND = 32;
const TIME = HOUR | MINUTE | SECOND;
const ZONE = 64;
const DAY_OF_YEAR = 128;
const WEEKDAY = 256;
const HALF = 512;
const ERA = 1024;
const SAVING = 2048;
const SAVING_ZONE = 4096;

export type DecodedKind = "date" | "epoch" | "infinity" | "-infinity";
export interface Decoded {
  readonly kind: DecodedKind;
  readonly year: number; // astronomical
  readonly month: number;
  readonly day: number;
  /** Of the day; 24:00 gives MICROS_PER_DAY. */
  readonly micros: number;
  /** Seconds east of UTC: as written, or the session's at that moment. */
  readonly offset: number;
}

class Decoder {
  #year = 0;
  #month = 0;
  #day = 0;
  #dayOfYear = 0;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #micros = 0;
  #offset = 0;
  #zone: Zone | undefined;
  #mask = 0;
  #kind: DecodedKind = "date";
  #textMonth = false;
  #twoDigits = false;
  #julian = false;
  #bc = false;
  #half: "am" | "pm" | undefined;
  #prefix: Prefix | undefined;
  #savingOnly = false;
  #abbreviated = false;
  readonly #order: "mdy" | "dmy" | "ymd";

  constructor(
    readonly type: string,
    readonly text: string,
    readonly context: FormatContext,
    readonly timeOnly: boolean,
  ) {
    this.#order = /dmy/i.test(context.dateStyle) ? "dmy" : /ymd/i.test(context.dateStyle) ? "ymd" : "mdy";
  }

  #bad(): Error {
    return invalidDatetime(this.type, this.text);
  }
  #overflow(): Error {
    return datetimeFieldOverflow(this.text);
  }

  decode(): Decoded {
    const fields = splitFields(this.text);
    if (fields === undefined || fields.length === 0) throw this.#bad();
    for (let i = 0; i < fields.length; i++) {
      const given = this.#field(fields, i);
      if (given === undefined) continue;
      if ((given & this.#mask) !== 0) throw this.#bad();
      this.#mask |= given;
    }
    if (this.#prefix !== undefined) throw this.#bad();
    return this.timeOnly ? this.#finishTime() : this.#finish();
  }

  /** What the field gives; undefined when it says nothing. */
  #field(fields: readonly Field[], i: number): number | undefined {
    const { kind, text } = fields[i]!;
    switch (kind) {
      case "date":
        return this.timeOnly ? this.#dateInTime(fields, i) : this.#dateField(text);
      case "time": {
        if (this.#prefix !== undefined) {
          if (this.#prefix !== "time") throw this.#bad();
          this.#prefix = undefined;
        }
        this.#readTime(text);
        if (!this.timeOnly) this.#checkTime();
        return TIME;
      }
      case "zone":
        this.#offset = this.#readOffset(text);
        return ZONE;
      case "number":
        return this.timeOnly ? this.#numberInTime(fields, i) : this.#numberField(text);
      case "string":
      case "special":
        return this.#wordField(fields, i);
    }
  }

  #dateField(text: string): number {
    if (this.#prefix === "julian") {
      const match = /^(\d+)(.*)$/.exec(text)!;
      this.#setJulian(Number(match[1]));
      this.#prefix = undefined;
      this.#offset = this.#readOffset(match[2]!);
      return DATE | TIME | ZONE;
    }
    if (this.#prefix === undefined && (this.#mask & (MONTH | DAY)) !== (MONTH | DAY)) return this.#readDate(text);
    if (/^\d/.test(text) || this.#prefix !== undefined) {
      if (this.#prefix !== undefined && this.#prefix !== "time") throw this.#bad();
      this.#prefix = undefined;
      if ((this.#mask & TIME) === TIME) throw this.#bad();
      return this.#timeWithOffset(text, this.#mask);
    }
    return this.#namedZone(text);
  }
  /** hhmmss-zz */
  #timeWithOffset(text: string, mask: number): number {
    const dash = text.indexOf("-");
    if (dash < 0) throw this.#bad();
    this.#offset = this.#readOffset(text.slice(dash));
    return this.#concatenated(text.slice(0, dash), mask) | ZONE;
  }
  #namedZone(text: string): number {
    this.#zone = findZone(text);
    if (this.#zone === undefined) throw unknownTimeZone(text);
    return ZONE;
  }
  #dateInTime(fields: readonly Field[], i: number): number {
    const { text } = fields[i]!;
    if (i === 0 && fields.length >= 2 && (fields.at(-1)!.kind === "date" || fields[1]!.kind === "time")) return this.#readDate(text);
    if (/^\d/.test(text)) {
      if ((this.#mask & TIME) === TIME) throw this.#bad();
      return this.#timeWithOffset(text, this.#mask | DATE);
    }
    return this.#namedZone(text);
  }

  /** A number that a word before it named. */
  #prefixed(text: string, prefix: Prefix): number {
    const match = /^(\d*)(\..*)?$/.exec(text);
    if (match === null || match[1] === "") throw this.#bad();
    const value = Number(match[1]);
    if (value > 2147483647) throw this.#overflow();
    if (match[2] !== undefined && prefix !== "julian" && prefix !== "time" && prefix !== "second") throw this.#bad();
    this.#prefix = undefined;
    switch (prefix) {
      case "year":
        this.#year = value;
        return YEAR;
      case "month":
        if ((this.#mask & MONTH) !== 0 && (this.#mask & HOUR) !== 0) {
          this.#minute = value;
          return MINUTE;
        }
        this.#month = value;
        return MONTH;
      case "day":
        this.#day = value;
        return DAY;
      case "hour":
        this.#hour = value;
        return HOUR;
      case "minute":
        this.#minute = value;
        return MINUTE;
      case "second":
        this.#second = value;
        if (match[2] !== undefined) this.#micros = this.#fraction(match[2]);
        return SECOND;
      case "julian": {
        this.#setJulian(value);
        if (match[2] === undefined) return DATE;
        const micros = Math.round(Number(`0${match[2]}`) * MICROS_PER_DAY);
        this.#hour = Math.floor(micros / 3_600_000_000);
        this.#minute = Math.floor(micros / 60_000_000) % 60;
        this.#second = Math.floor(micros / 1_000_000) % 60;
        this.#micros = micros % 1_000_000;
        return DATE | TIME;
      }
      case "time": {
        const given = this.#concatenated(text, this.#mask | DATE);
        if (given !== TIME) throw this.#bad();
        return given;
      }
      case "unusable":
        throw this.#bad();
    }
  }
  #numberField(text: string): number {
    if (this.#prefix !== undefined) return this.#prefixed(text, this.#prefix);
    const point = text.indexOf(".");
    if (point >= 0 && (this.#mask & DATE) === 0) return this.#readDate(text);
    if (point > 2) return this.#concatenated(text, this.#mask);
    if (text.length >= 6 && ((this.#mask & DATE) === 0 || (this.#mask & TIME) === 0)) return this.#concatenated(text, this.#mask);
    return this.#number(text, this.#mask);
  }
  #numberInTime(fields: readonly Field[], i: number): number {
    const { text } = fields[i]!;
    if (this.#prefix !== undefined) return this.#prefixed(text, this.#prefix);
    const point = text.indexOf(".");
    if (point >= 0) {
      if (i === 0 && fields.length >= 2 && fields.at(-1)!.kind === "date") return this.#readDate(text);
      if (point <= 2) throw this.#bad();
      return this.#concatenated(text, this.#mask | DATE);
    }
    return text.length > 4 ? this.#concatenated(text, this.#mask | DATE) : this.#number(text, this.#mask | DATE);
  }

  #wordField(fields: readonly Field[], i: number): number | undefined {
    const { text } = fields[i]!;
    const abbreviation = readAbbreviation(text.slice(0, 10));
    if (abbreviation !== undefined) {
      if (typeof abbreviation === "number") this.#offset = abbreviation;
      else {
        this.#zone = zoneOf(abbreviation);
        this.#abbreviated = true;
      }
      return ZONE;
    }
    const word = dateWord(text.slice(0, 10));
    if (word === undefined) {
      this.#zone = /^[a-z]+$/.test(text) ? findZone(text) : undefined;
      if (this.#zone === undefined) throw this.#bad();
      return ZONE;
    }
    return this.#word(word, fields[i + 1]?.kind);
  }
  #word(word: DateWord, next: FieldKind | undefined): number | undefined {
    switch (word.kind) {
      case "ignore":
        return undefined;
      case "reserved":
        return this.#reserved(word.value);
      case "month": {
        if (this.timeOnly) throw this.#bad();
        let given = MONTH;
        // A number that came first was the day after all: `8 January`.
        if ((this.#mask & MONTH) !== 0 && !this.#textMonth && (this.#mask & DAY) === 0 && this.#month >= 1 && this.#month <= 31) {
          this.#day = this.#month;
          given = DAY;
        }
        this.#textMonth = true;
        this.#month = word.value;
        return given;
      }
      case "weekday":
        if (this.timeOnly) throw this.#bad();
        return WEEKDAY;
      case "saving":
        this.#offset += 3600;
        this.#savingOnly = true;
        return SAVING | SAVING_ZONE;
      case "half":
        this.#half = word.value;
        return HALF;
      case "era":
        this.#bc = word.value === "bc";
        return ERA;
      case "unit":
        if (this.#prefix !== undefined) throw this.#bad();
        this.#prefix = word.value;
        return 0;
      case "isoTime":
        if (!this.timeOnly && (this.#mask & DATE) !== DATE) throw this.#bad();
        if (next !== "number" && next !== "time" && next !== "date") throw this.#bad();
        if (this.#prefix !== undefined) throw this.#bad();
        this.#prefix = "time";
        return 0;
    }
  }
  #reserved(value: Extract<DateWord, { kind: "reserved" }>["value"]): number {
    const now = () => split(toLocal(this.context.transactionTimeMicros, zoneOf(this.context.timeZone)));
    if (this.timeOnly && value !== "now" && value !== "allballs") throw this.#bad();
    switch (value) {
      case "now": {
        const { days, micros } = now();
        this.#setDays(days);
        this.#setMicros(micros);
        this.#offset = zoneOf(this.context.timeZone).offsetAt(this.context.transactionTimeMicros);
        return this.timeOnly ? TIME : DATE | TIME | ZONE;
      }
      case "yesterday":
        this.#setDays(now().days - 1);
        return DATE;
      case "today":
        this.#setDays(now().days);
        return DATE;
      case "tomorrow":
        this.#setDays(now().days + 1);
        return DATE;
      case "allballs":
        this.#offset = 0;
        return TIME | ZONE;
      default:
        this.#kind = value;
        return DATE | TIME | ZONE;
    }
  }

  #setDays(days: number): void {
    const { year, month, day } = civilOf(days);
    this.#year = year;
    this.#month = month;
    this.#day = day;
    this.#julian = true; // the year is astronomical already
  }
  #setMicros(micros: number): void {
    this.#hour = Math.floor(micros / 3_600_000_000);
    this.#minute = Math.floor(micros / 60_000_000) % 60;
    this.#second = Math.floor(micros / 1_000_000) % 60;
    this.#micros = micros % 1_000_000;
  }
  #setJulian(day: number): void {
    if (day > 2147483647) throw this.#overflow();
    this.#setDays(day - JULIAN_OF_EPOCH);
  }

  /** 1999-01-08, 8-Jan-99, 19990108.5: fields between any separators; month names first, they are plain. */
  #readDate(text: string): number {
    const parts: (string | undefined)[] = [];
    let at = 0;
    while (at < text.length) {
      while (at < text.length && !/[0-9a-z]/.test(text[at]!)) at++;
      if (at === text.length) throw this.#bad();
      const part = /^(?:\d+|[a-z]+)/.exec(text.slice(at))![0];
      parts.push(part);
      at += part.length;
      if (at < text.length) at++;
    }
    let mask = this.#mask;
    let given = 0;
    parts.forEach((part, i) => {
      if (part === undefined || !/^[a-z]/.test(part)) return;
      const word = dateWord(part.slice(0, 10));
      if (word?.kind === "ignore") return;
      if (word?.kind !== "month" || (mask & MONTH) !== 0) throw this.#bad();
      this.#month = word.value;
      this.#textMonth = true;
      mask |= MONTH;
      given |= MONTH;
      parts[i] = undefined;
    });
    for (const part of parts) {
      if (part === undefined) continue;
      const one = this.#number(part, mask);
      if ((mask & one) !== 0) throw this.#bad();
      mask |= one;
      given |= one;
    }
    if ((mask & ~(DAY_OF_YEAR | ZONE)) !== DATE) throw this.#bad();
    return given;
  }

  /** One number whose place among the parts decides what it is. */
  #number(text: string, mask: number): number {
    const match = /^(\d+)(\.\d*)?$/.exec(text);
    if (match === null) throw this.#bad();
    const value = Number(match[1]);
    if (value > 2147483647) throw this.#overflow();
    if (match[2] !== undefined) {
      if (match[1]!.length > 2) return this.#concatenated(text, mask | DATE);
      this.#micros = this.#fraction(match[2]);
    }
    const { length } = text;
    if (length === 3 && (mask & DATE) === YEAR && value >= 1 && value <= 366) {
      this.#dayOfYear = value;
      return DAY_OF_YEAR | MONTH | DAY;
    }
    switch (mask & DATE) {
      case 0:
        if (length >= 3 || this.#order === "ymd") return this.#setYear(value, length);
        return this.#order === "dmy" ? this.#setDay(value) : this.#setMonth(value);
      case YEAR:
        return this.#setMonth(value);
      case MONTH:
        if (this.#textMonth && (length >= 3 || this.#order === "ymd")) return this.#setYear(value, length);
        return this.#setDay(value);
      case YEAR | MONTH:
        if (this.#textMonth && length >= 3 && this.#twoDigits) {
          // The first number was the day after all: 08-Jan-1999 with YMD.
          this.#day = this.#year;
          this.#year = value;
          this.#twoDigits = false;
          return DAY;
        }
        return this.#setDay(value);
      case DAY:
        return this.#setMonth(value);
      case MONTH | DAY:
        return this.#setYear(value, length);
      case DATE:
        return this.#concatenated(text, mask);
      default:
        throw this.#bad();
    }
  }
  #setYear(value: number, length: number): number {
    this.#year = value;
    this.#twoDigits = length <= 2;
    return YEAR;
  }
  #setMonth(value: number): number {
    this.#month = value;
    return MONTH;
  }
  #setDay(value: number): number {
    this.#day = value;
    return DAY;
  }

  /** yyyymmdd, yymmdd, hhmmss[.ffffff], hhmm. */
  #concatenated(text: string, mask: number): number {
    const point = text.indexOf(".");
    let digits = text;
    if (point >= 0) {
      this.#micros = point === text.length - 1 ? 0 : this.#fraction(text.slice(point));
      digits = text.slice(0, point);
    } else if ((mask & DATE) !== DATE && digits.length >= 6) {
      const cut = digits.length - 4;
      this.#year = Number(digits.slice(0, cut));
      this.#month = Number(digits.slice(cut, cut + 2));
      this.#day = Number(digits.slice(cut + 2));
      if (cut === 2) this.#twoDigits = true;
      return DATE;
    }
    if ((mask & TIME) !== TIME && (digits.length === 6 || digits.length === 4)) {
      this.#hour = Number(digits.slice(0, 2));
      this.#minute = Number(digits.slice(2, 4));
      this.#second = Number(digits.slice(4));
      return TIME;
    }
    throw this.#bad();
  }

  #readTime(text: string): void {
    const match = /^(\d+):(\d*)(?:(\.\d*)|:(\d*)(\.\d*)?)?$/.exec(text);
    if (match === null) throw this.#bad();
    let hour = Number(match[1]);
    let minute = Number(match[2]);
    let second = Number(match[4] ?? 0);
    const fraction = match[3] ?? match[5];
    this.#micros = fraction === undefined ? 0 : this.#fraction(fraction);
    // mm:ss.sss is minutes and seconds.
    if (match[3] !== undefined) [hour, minute, second] = [0, hour, minute];
    if (hour > 2147483647 || minute > 59 || second > 60) throw this.#overflow();
    this.#hour = hour;
    this.#minute = minute;
    this.#second = second;
  }
  #fraction(text: string): number {
    if (!/^\.\d*$/.test(text)) throw this.#bad();
    return text === "." ? 0 : roundHalfEven(Number(`0${text}`) * 1_000_000);
  }
  #readOffset(text: string): number {
    const match = /^([+-])(\d+)(?::(\d*)(?::(\d*))?)?(.*)$/.exec(text);
    if (match === null) throw this.#bad();
    let hours = Number(match[2]);
    let minutes = Number(match[3] ?? 0);
    const seconds = Number(match[4] ?? 0);
    if (match[3] === undefined && match[5] === "" && text.length > 3) {
      minutes = hours % 100;
      hours = Math.floor(hours / 100);
    }
    if (hours > 15 || minutes > 59 || seconds > 59) throw dataError("22009", `time zone displacement out of range: "${this.text}"`);
    if (match[5] !== "") throw this.#bad();
    const size = (hours * 60 + minutes) * 60 + seconds;
    return match[1] === "-" ? -size : size;
  }

  #dayMicros(): number {
    return ((this.#hour * 60 + this.#minute) * 60 + this.#second) * 1_000_000 + this.#micros;
  }
  #checkTime(): void {
    if (this.#hour > 24 || this.#minute > 59 || this.#second > 60 || this.#dayMicros() > MICROS_PER_DAY) throw this.#overflow();
  }
  #validateDate(): void {
    if ((this.#mask & YEAR) !== 0 && !this.#julian) {
      if (this.#bc) {
        if (this.#year <= 0) throw this.#overflow();
        this.#year = 1 - this.#year;
      } else if (this.#twoDigits) {
        if (this.#year < 70) this.#year += 2000;
        else if (this.#year < 100) this.#year += 1900;
      } else if (this.#year <= 0) throw this.#overflow();
    }
    if ((this.#mask & DAY_OF_YEAR) !== 0) this.#setDays(daysOf(this.#year, 1, 1) + this.#dayOfYear - 1);
    const hint = 'Perhaps you need a different "datestyle" setting.';
    if ((this.#mask & MONTH) !== 0 && (this.#month < 1 || this.#month > 12)) throw datetimeFieldOverflow(this.text, hint);
    if ((this.#mask & DAY) !== 0 && (this.#day < 1 || this.#day > 31)) throw datetimeFieldOverflow(this.text, hint);
    if ((this.#mask & DATE) === DATE && this.#day > daysInMonth(this.#year, this.#month)) throw this.#overflow();
  }
  #applyHalf(): void {
    if (this.#half !== undefined && this.#hour > 12) throw this.#overflow();
    if (this.#half === "am" && this.#hour === 12) this.#hour = 0;
    else if (this.#half === "pm" && this.#hour !== 12) this.#hour += 12;
  }
  #localMoment(): number | bigint {
    return join(daysOf(this.#year, this.#month, this.#day), this.#dayMicros());
  }
  #result(): Decoded {
    return {
      kind: this.#kind,
      year: this.#year,
      month: this.#month,
      day: this.#day,
      micros: this.#dayMicros(),
      offset: this.#offset,
    };
  }

  #finish(): Decoded {
    if (this.#kind !== "date") return this.#result();
    this.#validateDate();
    this.#applyHalf();
    if ((this.#mask & DATE) !== DATE) throw this.#bad();
    this.#checkTime();
    const zone = this.#zone ?? ((this.#mask & ZONE) === 0 ? zoneOf(this.context.timeZone) : undefined);
    if (zone === undefined) return this.#result();
    if (this.#savingOnly) throw this.#bad();
    // Days at the edge of the range have no neighbours to ask; of those outside the caller says so, and dates need no offset.
    const days = daysOf(this.#year, this.#month, this.#day);
    if (zone.constantOffset !== undefined) this.#offset = zone.constantOffset;
    else if (days > -2_451_540 && days < 106_751_980) this.#offset = localOffset(this.#localMoment(), zone);
    else this.#offset = zone.offsetAt(join(days < 0 ? -2_451_540 : 106_751_980, 0));
    return this.#result();
  }
  #finishTime(): Decoded {
    this.#validateDate();
    this.#applyHalf();
    this.#checkTime();
    if ((this.#mask & TIME) !== TIME) throw this.#bad();
    if (this.#zone !== undefined) {
      const constant = this.#zone.constantOffset;
      if (constant !== undefined) this.#offset = constant;
      else {
        if (this.#abbreviated && (this.#mask & DATE) === 0)
          this.#setDays(split(toLocal(this.context.transactionTimeMicros, this.#zone)).days);
        else if ((this.#mask & DATE) !== DATE) throw this.#bad();
        this.#offset = localOffset(this.#localMoment(), this.#zone);
      }
    } else if ((this.#mask & ZONE) === 0) {
      if (this.#savingOnly) throw this.#bad();
      const zone = zoneOf(this.context.timeZone);
      if ((this.#mask & DATE) === 0) this.#setDays(split(toLocal(this.context.transactionTimeMicros, zone)).days);
      else if ((this.#mask & DATE) !== DATE) throw this.#bad();
      this.#offset = localOffset(this.#localMoment(), zone);
    }
    return this.#result();
  }
}

/** @throws DbError 22007, 22008, 22009, 22023 with PostgreSQL's texts; `type` as they name it. */
export function decodeDateTime(text: string, type: string, context: FormatContext): Decoded {
  return new Decoder(type, text, context, false).decode();
}
export function decodeTime(text: string, type: string, context: FormatContext): Decoded {
  return new Decoder(type, text, context, true).decode();
}
export const zoneAtOffset = (seconds: number): Zone => fixedZone("", seconds);
