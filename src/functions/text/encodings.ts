/** Encodings of convert_from and convert_to. Text itself is always UTF-8. */
import { characterSet, encodingName, encodingNumber, invalidParameter, invalidUtf8, noConversion } from "../../types/index.js";
import { decodeText, encodeText } from "../types/bytes.js";

/** @param role  "source", "destination" or "": what an unknown name's error calls it */
export function encodingOf(written: string, role: string): string {
  const name = encodingName(encodingNumber(written));
  if (name === undefined) throw invalidParameter(`invalid ${role === "" ? "" : `${role} `}encoding name "${written}"`);
  return name;
}
export function decodeFrom(bytes: Uint8Array, encoding: string): string {
  requireConversion(encoding, "UTF8");
  const set = characterSet(encoding);
  if (set !== undefined) return set.decode(bytes);
  const invalid = invalidUtf8(bytes);
  if (invalid !== undefined) throw invalid;
  return decodeText(bytes);
}
export function encodeTo(text: string, encoding: string): Uint8Array {
  return characterSet(encoding)?.encode(text) ?? encodeText(text);
}

/** PostgreSQL converts between UTF-8 and another encoding, and within these families; between others it has no conversion. */
const FAMILIES = [
  ["KOI8R", "WIN1251", "WIN866", "ISO_8859_5"],
  ["LATIN2", "WIN1250"],
  ["EUC_JP", "SJIS"],
  ["EUC_JIS_2004", "SHIFT_JIS_2004"],
  ["EUC_TW", "BIG5"],
];
/** @throws DbError 42883 for a pair that has no conversion */
export function requireConversion(from: string, to: string): void {
  if (from === to || from === "SQL_ASCII" || to === "SQL_ASCII") return;
  const other = from === "UTF8" ? to : to === "UTF8" ? from : undefined;
  const exists = other === undefined ? FAMILIES.some((family) => family.includes(from) && family.includes(to)) : other !== "MULE_INTERNAL";
  if (!exists) throw noConversion(from, to);
}
