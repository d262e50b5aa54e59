/** What client_encoding, COPY and convert know besides UTF-8, in which all text is kept. */
import { isUtf8 } from "node:buffer";
import { invalidBytes, noConversion } from "./encoding-errors.js";
import type { DbError } from "./errors.js";
import { multiByteSet } from "./multi-byte-set.js";
import { oneByteSet } from "./one-byte-set.js";

export interface CharacterSet {
  /** PostgreSQL's. */
  readonly name: string;
  /** @throws DbError 22021 for bytes that cannot be a character, 22P05 naming those of a character that UTF-8 has not. */
  decode(bytes: Uint8Array): string;
  /** @throws DbError 22P05 naming the first character that has no bytes. */
  encode(text: string): Buffer;
  /** For texts that must arrive whatever they hold: `?` where a character has no bytes. */
  encodeLossy(text: string): Buffer;
  /** How many bytes at the end begin a character whose rest is not there yet. */
  unfinished(bytes: Uint8Array): number;
}

const sets = new Map<string, CharacterSet>();
/**
 * @param name  PostgreSQL's own
 * @returns undefined for UTF8, and for SQL_ASCII, in which text passes as it is.
 * @throws DbError 42883 for MULE_INTERNAL, which has no conversion from UTF-8
 */
export function characterSet(name: string): CharacterSet | undefined {
  if (name === "UTF8" || name === "SQL_ASCII") return undefined;
  let set = sets.get(name);
  if (set === undefined) {
    set = oneByteSet(name) ?? multiByteSet(name);
    if (set === undefined) throw noConversion("UTF8", name);
    sets.set(name, set);
  }
  return set;
}

/** Length of a character in UTF-8 by its first byte alone. */
const lengthByFirst = (byte: number) => (byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf8 ? 4 : 1);

/** Looked at together: what is good, and that is nearly all, is quick. */
const PIECE_BYTES = 4096;
const isBad = (bytes: Uint8Array): boolean => bytes.includes(0) || !isUtf8(bytes);

/** Where the first character begins that is not UTF-8, or a zero byte; -1: all is well. */
export function firstNotUtf8(bytes: Uint8Array): number {
  for (let from = 0, to = 0; from < bytes.length; from = to) {
    to = Math.min(from + PIECE_BYTES, bytes.length);
    while (to < bytes.length && to > from + 1 && ((bytes[to] as number) & 0xc0) === 0x80) to--;
    if (!isBad(bytes.subarray(from, to))) continue;
    for (let at = from; at < to; at += lengthByFirst(bytes[at] as number))
      if (isBad(bytes.subarray(at, at + lengthByFirst(bytes[at] as number)))) return at;
  }
  return -1;
}
/** The first character of text that is not UTF-8 or holds a zero byte; undefined: all is well. */
export function invalidUtf8(bytes: Uint8Array): DbError | undefined {
  const at = firstNotUtf8(bytes);
  return at < 0 ? undefined : invalidBytes(bytes.subarray(at, at + lengthByFirst(bytes[at] as number)), "UTF8");
}
