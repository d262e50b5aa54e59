/** text, varchar, bpchar, name, "char" and the types that are text to us. Order is by code point (collation "C"). */
import { type Datum, DbError, invalidInput, invalidParameter, KeyKind, PhysicalType, stringTooLong } from "../../types/index.js";
import { decodeText, encodeText, receiveText } from "./bytes.js";
import { makeType, type TypeBodies } from "./define-type.js";

/**
 * Code point order, which is also UTF-8 byte order. JavaScript's own `<` orders UTF-16 units: it differs where one side has a
 * surrogate and the other a unit above the surrogates.
 */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const a = left.charCodeAt(i);
    const b = right.charCodeAt(i);
    if (a !== b) {
      if (a >= 0xd800 && b >= 0xd800) return aboveSurrogates(a) - aboveSurrogates(b);
      return a - b;
    }
  }
  return left.length - right.length;
}
function aboveSurrogates(unit: number): number {
  return unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Longer texts are asked whether they are ASCII, which takes a small part of the time that counting does. */
const COUNTED_LENGTH_MAX = 4096;

/** Code points of a string: PostgreSQL's characters. */
export function characterCount(text: string): number {
  if (text.length > COUNTED_LENGTH_MAX && Buffer.byteLength(text) === text.length) return text.length;
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) count--;
  return count;
}
/** UTF-16 position after `characters` code points. */
export function positionAfter(text: string, characters: number): number {
  let at = 0;
  for (; characters > 0 && at < text.length; characters--) at += (text.charCodeAt(at) & 0xfc00) === 0xd800 ? 2 : 1;
  return at;
}

export function trimSpacesRight(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Cut to `limit` characters when only spaces are lost or the cast is explicit, else 22001. */
function fitLength(text: string, limit: number, explicit: boolean, type: string): string {
  if (text.length <= limit || characterCount(text) <= limit) return text;
  const cut = positionAfter(text, limit);
  if (!explicit && /[^ ]/.test(text.slice(cut))) throw stringTooLong(type, limit);
  return text.slice(0, cut);
}
export function coerceVarchar(text: string, typmod: number, explicit: boolean): string {
  return typmod < 4 ? text : fitLength(text, typmod - 4, explicit, "character varying");
}
export function coerceBpchar(text: string, typmod: number, explicit: boolean): string {
  if (typmod < 4) return text;
  const fitted = fitLength(text, typmod - 4, explicit, "character");
  const missing = typmod - 4 - characterCount(fitted);
  return missing > 0 ? fitted + " ".repeat(missing) : fitted;
}
function lengthModifier(values: readonly string[], type: string): number {
  const length = Number(values[0]);
  if (values.length !== 1) throw invalidParameter("invalid type modifier");
  if (!/^\s*[+-]?\d+\s*$/.test(values[0]!)) throw invalidInput("integer", values[0]!);
  if (length < 1) throw invalidParameter(`length for type ${type} must be at least 1`);
  if (length > 10485760) throw invalidParameter(`length for type ${type} cannot exceed 10485760`);
  return length + 4;
}

const textual = (keyKind: KeyKind | undefined): TypeBodies => ({
  physical: PhysicalType.varlen,
  keyKind,
  input: (text) => text,
  output: (value) => value as string,
  receive: receiveText,
  send: (value) => encodeText(value as string),
  toStorage: (value) => value as string,
  fromStorage: decodeText,
  ...(keyKind === undefined
    ? {}
    : {
        compare: (left: Exclude<Datum, null>, right: Exclude<Datum, null>) => compareText(left as string, right as string),
        hashKey: (value: Exclude<Datum, null>) => value as string,
      }),
});

export const textType = makeType("text", textual(KeyKind.bytes));
export const unknownType = makeType("unknown", textual(undefined));
export const cstringType = makeType("cstring", textual(undefined));
export const pgNodeTreeType = makeType("pg_node_tree", {
  ...textual(KeyKind.bytes),
  input: () => {
    throw new DbError({ sqlstate: "0A000", message: "cannot accept a value of type pg_node_tree" });
  },
});

const lengthSuffix = (typmod: number) => (typmod < 4 ? "" : `(${typmod - 4})`);
export const varcharType = makeType("varchar", {
  ...textual(KeyKind.bytes),
  formatModifier: lengthSuffix,
  parseModifier: (values) => lengthModifier(values, "varchar"),
  input: (text, typmod) => coerceVarchar(text, typmod, false),
  receive: (bytes, typmod) => coerceVarchar(receiveText(bytes), typmod, false),
  coerceModifier: (value, typmod, explicit) => coerceVarchar(value as string, typmod, explicit),
});
export const bpcharType = makeType("bpchar", {
  ...textual(KeyKind.bpchar),
  formatModifier: lengthSuffix,
  parseModifier: (values) => lengthModifier(values, "char"),
  input: (text, typmod) => coerceBpchar(text, typmod, false),
  receive: (bytes, typmod) => coerceBpchar(receiveText(bytes), typmod, false),
  coerceModifier: (value, typmod, explicit) => coerceBpchar(value as string, typmod, explicit),
  compare: (left, right) => compareText(trimSpacesRight(left as string), trimSpacesRight(right as string)),
  hashKey: (value) => trimSpacesRight(value as string),
});

/** Cut to NAMEDATALEN - 1 bytes, never inside a character. */
export function cutName(text: string): string {
  if (text.length * 3 < 64) return text;
  const bytes = encodeText(text);
  if (bytes.length < 64) return text;
  let end = 63;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  return decodeText(bytes.subarray(0, end));
}
export const nameType = makeType("name", {
  ...textual(KeyKind.bytes),
  input: cutName,
  receive: (bytes) => {
    if (bytes.length > 63)
      throw new DbError({ sqlstate: "42622", message: "identifier too long", detail: "Identifier must be less than 64 characters." });
    return receiveText(bytes);
  },
});
/** Backslash and three octal digits, or the first byte of the text's UTF-8 form, as a character of that code. */
export function parseChar(text: string): string {
  if (/^\\[0-7]{3}$/.test(text)) return String.fromCharCode(Number.parseInt(text.slice(1), 8) & 255);
  return text === "" ? "" : text.charCodeAt(0) < 128 ? text[0]! : String.fromCharCode(encodeText(text.slice(0, 2))[0]!);
}
export function charText(value: string): string {
  const code = value.charCodeAt(0);
  return code > 127 ? `\\${code.toString(8)}` : value;
}
/** "char": one byte; text longer than that is cut, a byte above 127 is written in octal. */
export const charType = makeType("char", {
  ...textual(KeyKind.bytes),
  input: parseChar,
  output: (value) => charText(value as string),
  receive: (bytes) => (bytes.length === 0 || bytes[0] === 0 ? "" : String.fromCharCode(bytes[0]!)),
  send: (value) => Uint8Array.of((value as string) === "" ? 0 : (value as string).charCodeAt(0) & 255),
});
