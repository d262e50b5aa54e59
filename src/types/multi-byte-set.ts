/**
 * Encodings of several bytes a character. What a sequence may look like is checked first, as PostgreSQL does (wchar.c); which character it is says
 * PostgreSQL's table (multi-byte-tables.ts), read when the encoding is first used.
 */
import { brotliDecompressSync } from "node:zlib";
import type { CharacterSet } from "./character-set.js";
import { invalidBytes, noEquivalent } from "./encoding-errors.js";
import { multiByteTables } from "./multi-byte-tables.js";

interface Form {
  /** Bytes of the character that begins with `first`, which is no ASCII, and `second` (0: none is there). */
  length(first: number, second: number): number;
  isValid(character: Uint8Array): boolean;
}
const SS2 = 0x8e;
const SS3 = 0x8f;
const two = () => 2;
const isEuc = (byte: number | undefined) => byte !== undefined && byte >= 0xa1 && byte <= 0xfe;
const isEucTail = (character: Uint8Array) => character.subarray(1).every(isEuc);
const eucLength = (first: number) => (first === SS3 ? 3 : 2);
const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;
const isGbLead = (byte: number) => byte >= 0x81 && byte <= 0xfe;

const japaneseEuc: Form = {
  length: eucLength,
  isValid: (c) => (c[0] === SS2 ? isEuc(c[1]) && (c[1] as number) <= 0xdf : c[0] === SS3 ? isEucTail(c) : c.every(isEuc)),
};
const euc: Form = { length: two, isValid: (c) => c.every(isEuc) };
const shiftJis: Form = {
  length: (first) => (first >= 0xa1 && first <= 0xdf ? 1 : 2),
  isValid([first = 0, second]) {
    if (second === undefined) return true;
    const isLead = (first >= 0x81 && first <= 0x9f) || (first >= 0xe0 && first <= 0xfc);
    return isLead && second >= 0x40 && second !== 0x7f && second <= 0xfc;
  },
};
/** All but the pair that PostgreSQL keeps as one that is never valid. */
const anyPair: Form = { length: two, isValid: ([first, second]) => second !== 0 && !(first === 0x8d && second === 0x20) };
const forms: Readonly<Record<string, Form>> = {
  EUC_JP: japaneseEuc,
  EUC_JIS_2004: japaneseEuc,
  SJIS: shiftJis,
  SHIFT_JIS_2004: shiftJis,
  EUC_CN: euc,
  EUC_KR: euc,
  EUC_TW: {
    length: (first) => (first === SS2 ? 4 : first === SS3 ? 3 : 2),
    isValid: (c) => (c[0] === SS2 ? (c[1] as number) <= 0xa7 && isEucTail(c) : c[0] !== SS3 && isEuc(c[1])),
  },
  JOHAB: { length: eucLength, isValid: isEucTail },
  BIG5: anyPair,
  GBK: anyPair,
  UHC: anyPair,
  GB18030: {
    length: (_first, second) => (isDigit(second) ? 4 : 2),
    isValid([first = 0, second = 0, third, fourth]) {
      if (third !== undefined) return isGbLead(first) && isGbLead(third) && isDigit(fourth as number);
      return isGbLead(first) && second >= 0x40 && second !== 0x7f && second <= 0xfe;
    },
  },
};

/** @returns undefined where the encoding's characters are not known here. */
export function multiByteSet(name: string): CharacterSet | undefined {
  const form = forms[name];
  if (form === undefined) return undefined;
  let read: Table | undefined;
  const table = (): Table => {
    read ??= readTable(name);
    return read;
  };
  const lengthAt = (bytes: Uint8Array, at: number) => {
    const first = bytes[at] as number;
    return first < 0x80 ? 1 : form.length(first, bytes[at + 1] ?? 0);
  };
  const encode = (text: string, isLossy: boolean) => {
    const { sequences, seconds } = table();
    const bytes = Buffer.allocUnsafe(text.length * BYTES_MAX);
    let used = 0;
    for (let i = 0; i < text.length; ) {
      const code = text.codePointAt(i) as number;
      i += code > 0xffff ? 2 : 1;
      let sequence = code < 0x80 ? code : (sequences.get(code) ?? gb18030Sequence(name, code));
      if (i < text.length && seconds.has(text.charCodeAt(i))) {
        const together = sequences.get(pairOf(code, text.charCodeAt(i)));
        if (together !== undefined) {
          sequence = together;
          i++;
        }
      }
      if (sequence === undefined) {
        if (!isLossy) throw noEquivalent(Buffer.from(String.fromCodePoint(code)), "UTF8", name);
        sequence = 0x3f;
      }
      if (sequence > 0xffffff) bytes[used++] = sequence >>> 24;
      if (sequence > 0xffff) bytes[used++] = (sequence >>> 16) & 0xff;
      if (sequence > 0xff) bytes[used++] = (sequence >>> 8) & 0xff;
      bytes[used++] = sequence & 0xff;
    }
    return bytes.subarray(0, used);
  };
  return {
    name,
    encode: (text) => encode(text, false),
    encodeLossy: (text) => encode(text, true),
    decode(bytes) {
      const { characters } = table();
      // No character has more UTF-16 units than bytes.
      const units = new Uint16Array(bytes.length);
      let used = 0;
      for (let at = 0; at < bytes.length; ) {
        const first = bytes[at] as number;
        if (first !== 0 && first < 0x80) {
          units[used++] = first;
          at++;
          continue;
        }
        const length = lengthAt(bytes, at);
        const character = bytes.subarray(at, at + length);
        if (first === 0 || character.length < length || !form.isValid(character)) throw invalidBytes(character, name);
        let sequence = 0;
        for (const byte of character) sequence = sequence * 256 + byte;
        const code = characters.get(sequence) ?? gb18030Code(name, character);
        if (code === undefined) throw noEquivalent(character, name, "UTF8");
        if (code >= PAIR) {
          units[used++] = Math.floor(code / PAIR);
          units[used++] = code % PAIR;
        } else if (code > 0xffff) {
          units[used++] = 0xd7c0 + (code >> 10);
          units[used++] = 0xdc00 + (code & 0x3ff);
        } else units[used++] = code;
        at += length;
      }
      return Buffer.from(units.buffer, 0, used * 2).toString("utf16le");
    },
    unfinished(bytes) {
      let at = 0;
      while (at < bytes.length) {
        // A last byte alone may turn out to begin four.
        if (bytes.length - at < lengthAt(bytes, at)) return bytes.length - at;
        at += lengthAt(bytes, at);
      }
      return 0;
    },
  };
}

const BYTES_MAX = 4;
/** Two code points that are one character of the encoding, as one number. */
const PAIR = 0x200000;
const pairOf = (first: number, second: number) => first * PAIR + second;

// GB18030 counts what lies beyond the BMP through from 90 30 81 30: 126, 10, 126 and 10 values in the bytes.
function gb18030Sequence(name: string, code: number): number | undefined {
  if (name !== "GB18030" || code < 0x10000) return undefined;
  const n = code - 0x10000;
  const bytes = [0x90 + Math.floor(n / 12600), 0x30 + (Math.floor(n / 1260) % 10), 0x81 + (Math.floor(n / 10) % 126), 0x30 + (n % 10)];
  return Buffer.from(bytes).readUInt32BE();
}
function gb18030Code(name: string, character: Uint8Array): number | undefined {
  if (name !== "GB18030" || character.length !== 4) return undefined;
  const [a, b, c, d] = character as unknown as [number, number, number, number];
  const code = 0x10000 + (a - 0x90) * 12600 + (b - 0x30) * 1260 + (c - 0x81) * 10 + d - 0x30;
  return code >= 0x10000 && code <= 0x10ffff ? code : undefined;
}

interface Table {
  /** Bytes as one big-endian number to code point or pair. */
  readonly characters: ReadonlyMap<number, number>;
  readonly sequences: ReadonlyMap<number, number>;
  /** Second code points of pairs. */
  readonly seconds: ReadonlySet<number>;
}
/**
 * The tables, compressed by Brotli: for each encoding its name as a line and three lists, of what is converted both ways, only decoded, only encoded. A
 * list is its length, the steps between its sequences, the steps between its characters, all as variable-length integers (7 bits a byte, lowest
 * first; sign in the lowest bit).
 */
function readTable(wanted: string): Table {
  const bytes = brotliDecompressSync(Buffer.from(multiByteTables, "base64"));
  let at = 0;
  const integer = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
    }
  };
  const list = () => {
    const count = integer();
    const column = () => {
      let value = 0;
      return Array.from({ length: count }, () => {
        value += integer() + 1;
        return value;
      });
    };
    return [column(), column()] as const;
  };
  for (;;) {
    const end = bytes.indexOf(0x0a, at);
    const name = bytes.toString("latin1", at, end);
    at = end + 1;
    const lists = [list(), list(), list()] as const;
    if (name !== wanted) continue;
    const [both, decoded, encoded] = lists;
    const characters = new Map<number, number>();
    for (const [sequences, codes] of [both, decoded]) sequences.forEach((sequence, i) => void characters.set(sequence, codes[i] as number));
    const sequences = new Map<number, number>();
    for (const [from, codes] of [both, encoded]) codes.forEach((code, i) => void sequences.set(code, from[i] as number));
    const seconds = new Set([...sequences.keys()].filter((code) => code >= PAIR).map((code) => code % PAIR));
    return { characters, sequences, seconds };
  }
}
