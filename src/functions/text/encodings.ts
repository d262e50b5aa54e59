/** Encodings of convert_from and convert_to: UTF8, LATIN1 and those that the platform's decoder knows. Text itself is always UTF-8. */
import { dataError, invalidParameter } from "../../types/index.js";
import { encodeText } from "../types/bytes.js";

export interface Encoding {
  /** PostgreSQL's name. */
  readonly name: string;
  /** The label of WHATWG's Encoding standard; undefined where bytes are code points (LATIN1) or characters are not looked at. */
  readonly label: string | undefined;
}

const encodings: Readonly<Record<string, Encoding>> = {
  utf8: { name: "UTF8", label: "utf-8" },
  unicode: { name: "UTF8", label: "utf-8" },
  sqlascii: { name: "SQL_ASCII", label: "utf-8" },
  latin1: { name: "LATIN1", label: undefined },
  iso88591: { name: "LATIN1", label: undefined },
  latin2: { name: "LATIN2", label: "iso-8859-2" },
  iso88592: { name: "LATIN2", label: "iso-8859-2" },
  latin3: { name: "LATIN3", label: "iso-8859-3" },
  latin4: { name: "LATIN4", label: "iso-8859-4" },
  iso88595: { name: "ISO_8859_5", label: "iso-8859-5" },
  iso88596: { name: "ISO_8859_6", label: "iso-8859-6" },
  iso88597: { name: "ISO_8859_7", label: "iso-8859-7" },
  iso88598: { name: "ISO_8859_8", label: "iso-8859-8" },
  latin9: { name: "LATIN9", label: "iso-8859-15" },
  iso885915: { name: "LATIN9", label: "iso-8859-15" },
  koi8r: { name: "KOI8R", label: "koi8-r" },
  koi8: { name: "KOI8R", label: "koi8-r" },
  koi8u: { name: "KOI8U", label: "koi8-u" },
  win866: { name: "WIN866", label: "ibm866" },
  win874: { name: "WIN874", label: "windows-874" },
  win1250: { name: "WIN1250", label: "windows-1250" },
  win1251: { name: "WIN1251", label: "windows-1251" },
  win1252: { name: "WIN1252", label: "windows-1252" },
  win1253: { name: "WIN1253", label: "windows-1253" },
  win1254: { name: "WIN1254", label: "windows-1254" },
  win1255: { name: "WIN1255", label: "windows-1255" },
  win1256: { name: "WIN1256", label: "windows-1256" },
  win1257: { name: "WIN1257", label: "windows-1257" },
  win1258: { name: "WIN1258", label: "windows-1258" },
};

/** @param role  "source", "destination" or "": what an unknown name's error calls it */
export function encodingOf(name: string, role: string): Encoding {
  const found =
    encodings[
      name
        .toLowerCase()
        .replace(/[^a-z0-9]/g, "")
        .replace(/^windows/, "win")
    ];
  if (found === undefined) throw invalidParameter(`invalid ${role === "" ? "" : `${role} `}encoding name "${name}"`);
  return found;
}
const hexBytes = (bytes: Uint8Array) => Array.from(bytes, (b) => `0x${b.toString(16).padStart(2, "0")}`).join(" ");

export function decodeFrom(bytes: Uint8Array, encoding: Encoding): string {
  if (encoding.label === undefined) return Buffer.from(bytes).toString("latin1");
  if (encoding.label === "utf-8") checkUtf8(bytes);
  return new TextDecoder(encoding.label, { ignoreBOM: true }).decode(bytes);
}
/** Names the bytes of the first character that is none. */
function checkUtf8(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at]!;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf8 ? 4 : 1;
    const character = bytes.subarray(at, Math.min(at + length, bytes.length));
    if (first === 0 || !isCharacter(character, length))
      throw dataError("22021", `invalid byte sequence for encoding "UTF8": ${hexBytes(character)}`);
    at += length;
  }
}
function isCharacter(bytes: Uint8Array, length: number): boolean {
  if (bytes.length < length) return false;
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return true;
  } catch {
    return false; // TypeError of the decoder: not UTF-8.
  }
}

const tables = new Map<string, ReadonlyMap<string, number>>();
/** The characters of a one-byte encoding. */
function tableOf(label: string): ReadonlyMap<string, number> {
  let table = tables.get(label);
  if (table === undefined) {
    const decoder = new TextDecoder(label);
    const entries = Array.from({ length: 256 }, (_, byte): [string, number] => [decoder.decode(Uint8Array.of(byte)), byte]);
    table = new Map(entries.filter(([character]) => character !== "\ufffd"));
    tables.set(label, table);
  }
  return table;
}
export function encodeTo(text: string, encoding: Encoding): Uint8Array {
  if (encoding.label === "utf-8") return encodeText(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const byte = encoding.label === undefined ? (code < 256 ? code : undefined) : tableOf(encoding.label).get(character);
    if (byte === undefined)
      throw dataError(
        "22P05",
        `character with byte sequence ${hexBytes(encodeText(character))} in encoding "UTF8" has no equivalent in encoding "${encoding.name}"`,
      );
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
