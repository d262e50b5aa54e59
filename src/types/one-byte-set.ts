/** Encodings of one byte a character, by PostgreSQL's tables: the platform's decoders lack some and follow vendors in others. */
import type { CharacterSet } from "./character-set.js";
import { invalidBytes, noEquivalent } from "./encoding-errors.js";
import { oneByteTables } from "./one-byte-tables.js";

/** Upper halves of the tables by PostgreSQL's name. */
const upperHalves: ReadonlyMap<string, string> = new Map([
  ["LATIN1", "80*128"],
  ...oneByteTables
    .trim()
    .split("\n")
    .map((line): [string, string] => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
]);

const NONE = 0xffff;
/** @returns undefined where the encoding is none of one byte. */
export function oneByteSet(name: string): CharacterSet | undefined {
  const upperHalf = upperHalves.get(name);
  if (upperHalf === undefined) return undefined;
  const toUnicode = unicodeTable(upperHalf);
  const toByte = new Uint8Array(0x10000);
  for (let byte = 1; byte < 256; byte++) if (toUnicode[byte] !== NONE) toByte[toUnicode[byte] as number] = byte;
  const encode = (text: string, isLossy: boolean) => {
    const bytes = Buffer.allocUnsafe(text.length);
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const byte = toByte[unit] as number;
      if (byte !== 0 || unit === 0) bytes[i] = byte;
      else if (isLossy) bytes[i] = 0x3f;
      else throw noEquivalent(Buffer.from(String.fromCodePoint(text.codePointAt(i) as number)), "UTF8", name);
    }
    return bytes;
  };
  return {
    name,
    encode: (text) => encode(text, false),
    encodeLossy: (text) => encode(text, true),
    decode(bytes) {
      const units = new Uint16Array(bytes.length);
      for (let i = 0; i < bytes.length; i++) {
        const unit = toUnicode[bytes[i] as number] as number;
        if (unit === 0) throw invalidBytes(bytes.subarray(i, i + 1), name);
        if (unit === NONE) throw noEquivalent(bytes.subarray(i, i + 1), name, "UTF8");
        units[i] = unit;
      }
      return Buffer.from(units.buffer).toString("utf16le");
    },
    unfinished: () => 0,
  };
}
function unicodeTable(upperHalf: string): Uint16Array {
  const table = Uint16Array.from({ length: 256 }, (_, byte) => (byte < 0x80 ? byte : NONE));
  let byte = 0x80;
  for (const part of upperHalf.split(" ")) {
    const [code, count = "1"] = part.split("*") as [string, string?];
    for (let i = 0; i < Number(count); i++) table[byte++] = code === "-" ? NONE : Number.parseInt(code, 16) + i;
  }
  return table;
}
