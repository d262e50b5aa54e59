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

/** The first character of text that is not UTF-8 or holds a zero byte; undefined: all is well. */
export function invalidUtf8(bytes: Uint8Array): DbError | undefined {
  for (let at = 0; at < bytes.length; ) {
    const length = lengthByFirst(bytes[at] as number);
    const character = bytes.subarray(at, at + length);
    if (bytes[at] === 0 || !isUtf8(character)) return invalidBytes(character, "UTF8");
    at += length;
  }
  return undefined;
}
