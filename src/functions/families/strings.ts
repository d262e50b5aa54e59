/** Everyday string functions; positions and lengths count characters (code points). */
import { createHash } from "node:crypto";
import { ArrayValue, type Datum, DbError, invalidParameter, TypeOid } from "../../types/index.js";
import { quoteIdentifier } from "../catalog-service.js";
import { type EvaluationContext, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { decodeFrom, encodeTo, encodingOf, requireConversion } from "../text/encodings.js";
import { formatText } from "../text/format.js";
import { parseIdentifier, unescapeUnicode } from "../text/identifiers.js";
import { fromEscape, fromHex, toHex } from "../types/bytea.js";
import { concatBytes } from "../types/bytes.js";
import { characterCount, positionAfter, trimSpacesRight } from "../types/strings.js";

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;

/** Case mapping one character to one, as towupper does; JavaScript's turns ß into SS. */
function mapCase(text: string, map: (s: string) => string): string {
  const mapped = map(text);
  if (mapped.length === text.length) return mapped;
  let out = "";
  for (const c of text) {
    const one = map(c);
    out += [...one].length === 1 ? one : c;
  }
  return out;
}
const upper = (text: string) => mapCase(text, (s) => s.toUpperCase());
const lower = (text: string) => mapCase(text, (s) => s.toLowerCase());

const negativeLength = () => new DbError({ sqlstate: "22011", message: "negative substring length not allowed" });
export function substring(text: string, start: number, length?: number): string {
  if (length !== undefined && length < 0) throw negativeLength();
  const from = Math.max(start - 1, 0);
  const to = length === undefined ? Number.POSITIVE_INFINITY : start - 1 + length;
  if (to <= from) return "";
  const begin = positionAfter(text, from);
  return to === Number.POSITIVE_INFINITY
    ? text.slice(begin)
    : text.slice(begin, begin + positionAfter(text.slice(begin, begin + 2 * (to - from)), to - from));
}
function substringBytes(bytes: Uint8Array, start: number, length?: number): Uint8Array {
  if (length !== undefined && length < 0) throw negativeLength();
  return bytes.slice(Math.max(start - 1, 0), length === undefined ? undefined : Math.max(start - 1 + length, 0));
}
function position(text: string, part: string): number {
  const at = text.indexOf(part);
  return at < 0 ? 0 : characterCount(text.slice(0, at)) + 1;
}
function trim(text: string, set: string, left: boolean, right: boolean): string {
  const characters = new Set(set);
  const all = [...text];
  let from = 0;
  let to = all.length;
  if (left) while (from < to && characters.has(all[from]!)) from++;
  if (right) while (to > from && characters.has(all[to - 1]!)) to--;
  return from === 0 && to === all.length ? text : all.slice(from, to).join("");
}
function pad(text: string, length: number, fill: string, left: boolean): string {
  const count = characterCount(text);
  if (length <= count) return text.slice(0, positionAfter(text, Math.max(length, 0)));
  if (length > 268_435_455) throw new DbError({ sqlstate: "54000", message: "requested length too large" });
  if (fill === "") return text;
  const missing = length - count;
  const run = fill.repeat(Math.ceil(missing / characterCount(fill)));
  const cut = run.slice(0, positionAfter(run, missing));
  return left ? cut + text : text + cut;
}
function overlay(text: string, replacement: string, start: number, length: number): string {
  if (start <= 0) throw negativeLength();
  return substring(text, 1, start - 1) + replacement + substring(text, start + length);
}
function overlayBytes(bytes: Uint8Array, replacement: Uint8Array, start: number, length: number): Uint8Array {
  if (start <= 0) throw negativeLength();
  return concatBytes([bytes.subarray(0, start - 1), replacement, bytes.subarray(Math.max(start - 1 + length, 0))]);
}
function trimBytes(bytes: Uint8Array, set: Uint8Array, left: boolean, right: boolean): Uint8Array {
  let from = 0;
  let to = bytes.length;
  if (left) while (from < to && set.includes(bytes[from]!)) from++;
  if (right) while (to > from && set.includes(bytes[to - 1]!)) to--;
  return bytes.slice(from, to);
}
function left(text: string, count: number): string {
  return text.slice(0, positionAfter(text, count < 0 ? Math.max(characterCount(text) + count, 0) : count));
}
function right(text: string, count: number): string {
  return text.slice(positionAfter(text, count < 0 ? -count : Math.max(characterCount(text) - count, 0)));
}
function initcap(text: string): string {
  return lower(text).replace(/[\p{L}\p{N}]+/gu, (word) => {
    const first = String.fromCodePoint(word.codePointAt(0)!);
    return upper(first) + word.slice(first.length);
  });
}
function splitPart(text: string, separator: string, field: number): string {
  if (field === 0) throw invalidParameter("field position must not be zero");
  if (text === "") return "";
  const parts = separator === "" ? [text] : text.split(separator);
  return parts[field > 0 ? field - 1 : parts.length + field] ?? "";
}
function translate(text: string, from: string, to: string): string {
  const source = [...from];
  const target = [...to];
  const map = new Map<string, string>();
  source.forEach((c, i) => {
    if (!map.has(c)) map.set(c, target[i] ?? "");
  });
  let out = "";
  for (const c of text) out += map.get(c) ?? c;
  return out;
}
function stringToArray(text: string | null, separator: string | null, nullText: string | null): ArrayValue | null {
  if (text === null) return null;
  const parts = splitString(text, separator);
  return new ArrayValue(
    TypeOid.text,
    parts.map((p) => (p === nullText ? null : p)),
  );
}
function splitString(text: string, separator: string | null): string[] {
  if (text === "") return [];
  return separator === null ? [...text] : separator === "" ? [text] : text.split(separator);
}
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replace(/'/g, "''").replace(/\\/g, "\\\\")}'`;
  return text.includes("\\") ? `E${quoted}` : quoted;
}
function chr(code: number): string {
  if (code === 0) throw new DbError({ sqlstate: "54000", message: "null character not permitted" });
  if (code < 0) throw invalidParameter("character number must be positive");
  if (code > 0x10ffff) throw new DbError({ sqlstate: "54000", message: `requested character too large for encoding: ${code}` });
  if (code >= 0xd800 && code <= 0xdfff)
    throw new DbError({ sqlstate: "54000", message: `requested character not valid for encoding: ${code}` });
  return String.fromCodePoint(code);
}
function encode(bytes: Uint8Array, format: string): string {
  switch (format.toLowerCase()) {
    case "hex":
      return toHex(bytes);
    case "escape":
      return encodeEscape(bytes);
    case "base64":
      return (
        Buffer.from(bytes)
          .toString("base64")
          .match(/.{1,76}/g) ?? []
      ).join("\n");
    default:
      throw invalidParameter(`unrecognized encoding: "${format}"`);
  }
}
/** Only zero and bytes above 127 in octal, unlike bytea's own escape output. */
function encodeEscape(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes)
    text += byte === 0 || byte > 127 ? `\\${byte.toString(8).padStart(3, "0")}` : byte === 92 ? "\\\\" : String.fromCharCode(byte);
  return text;
}
function decode(text: string, format: string): Uint8Array {
  switch (format.toLowerCase()) {
    case "hex":
      return fromHex(text);
    case "escape":
      return fromEscape(text);
    case "base64": {
      const compact = text.replace(/[ \t\r\n]/g, "");
      const early = compact.indexOf("=");
      if (early >= 0 && early % 4 < 2) throw invalidParameter('unexpected "=" while decoding base64 sequence');
      const wrong = /[^A-Za-z0-9+/=]/.exec(compact);
      if (wrong !== null) throw invalidParameter(`invalid symbol "${wrong[0]}" found while decoding base64 sequence`);
      if (compact.length % 4 !== 0)
        throw invalidParameter("invalid base64 end sequence", "Input data is missing padding, is truncated, or is otherwise corrupted.");
      return new Uint8Array(Buffer.from(compact, "base64"));
    }
    default:
      throw invalidParameter(`unrecognized encoding: "${format}"`);
  }
}
const digest = (algorithm: string, bytes: Uint8Array) => new Uint8Array(createHash(algorithm).update(bytes).digest());
const md5 = (input: Uint8Array | string) => createHash("md5").update(input).digest("hex");

function byteIndex(at: number, limit: number): void {
  if (at < 0 || at >= limit) throw new DbError({ sqlstate: "2202E", message: `index ${at} out of valid range, 0..${limit - 1}` });
}

const noAscii = (encoding: string) =>
  new DbError({ sqlstate: "0A000", message: `encoding conversion from ${encoding} to ASCII not supported` });

const concat = new TypedBody<ScalarBody>((call, registry) => {
  const types = call.argTypes.map((oid) => registry.typeByOid(oid)!);
  return (context, ...args: Datum[]) => {
    let out = "";
    args.forEach((arg, i) => {
      if (arg !== null) out += types[i]!.output(arg, context);
    });
    return out;
  };
});
const concatWithSeparator = new TypedBody<ScalarBody>((call, registry) => {
  const types = call.argTypes.map((oid) => registry.typeByOid(oid)!);
  return (context, separator: string | null, ...args: Datum[]) => {
    if (separator === null) return null;
    const parts: string[] = [];
    args.forEach((arg, i) => {
      if (arg !== null) parts.push(types[i + 1]!.output(arg, context));
    });
    return parts.join(separator);
  };
});
const format = new TypedBody<ScalarBody>((call, registry) => {
  const types = call.argTypes.map((oid) => registry.typeByOid(oid)!);
  return (context: EvaluationContext, pattern: string | null, ...args: Datum[]) =>
    pattern === null
      ? null
      : formatText(
          pattern,
          args.map((arg, i) => (arg === null ? null : types[i + 1]!.output(arg, context))),
        );
});
const printed = (body: (text: string) => string, ofNull: Datum) =>
  new TypedBody<ScalarBody>((call, registry) => {
    const type = registry.typeByOid(call.argTypes[0]!)!;
    return (context, value: Datum) => (value === null ? ofNull : body(type.output(value, context)));
  });

const scalars: Bodies = {
  upper: (_c, t: string) => upper(t),
  lower: (_c, t: string) => lower(t),
  // Without a locale that folds otherwise.
  casefold: (_c, t: string) => lower(t),
  initcap: (_c, t: string) => initcap(t),
  "length(text)": (_c, t: string) => characterCount(t),
  char_length: (_c, t: string) => characterCount(t),
  character_length: (_c, t: string) => characterCount(t),
  textlen: (_c, t: string) => characterCount(t),
  "length(bpchar)": (_c, t: string) => characterCount(trimSpacesRight(t)),
  "char_length(bpchar)": (_c, t: string) => characterCount(trimSpacesRight(t)),
  "character_length(bpchar)": (_c, t: string) => characterCount(trimSpacesRight(t)),
  "length(bytea)": (_c, b: Uint8Array) => b.length,
  "octet_length(text)": (_c, t: string) => Buffer.byteLength(t),
  "octet_length(bpchar)": (_c, t: string) => Buffer.byteLength(t),
  "octet_length(bytea)": (_c, b: Uint8Array) => b.length,
  "bit_length(text)": (_c, t: string) => 8 * Buffer.byteLength(t),
  "bit_length(bytea)": (_c, b: Uint8Array) => 8 * b.length,
  "substr(text,int4)": (_c, t: string, s: number) => substring(t, s),
  "substr(text,int4,int4)": (_c, t: string, s: number, l: number) => substring(t, s, l),
  "substring(text,int4)": (_c, t: string, s: number) => substring(t, s),
  "substring(text,int4,int4)": (_c, t: string, s: number, l: number) => substring(t, s, l),
  "substr(bytea,int4)": (_c, b: Uint8Array, s: number) => substringBytes(b, s),
  "substr(bytea,int4,int4)": (_c, b: Uint8Array, s: number, l: number) => substringBytes(b, s, l),
  "substring(bytea,int4)": (_c, b: Uint8Array, s: number) => substringBytes(b, s),
  "substring(bytea,int4,int4)": (_c, b: Uint8Array, s: number, l: number) => substringBytes(b, s, l),
  "position(text,text)": (_c, t: string, p: string) => position(t, p),
  strpos: (_c, t: string, p: string) => position(t, p),
  "position(bytea,bytea)": (_c, b: Uint8Array, p: Uint8Array) => Buffer.from(b).indexOf(p) + 1,
  "btrim(text)": (_c, t: string) => trim(t, " ", true, true),
  "btrim(text,text)": (_c, t: string, s: string) => trim(t, s, true, true),
  "ltrim(text)": (_c, t: string) => trim(t, " ", true, false),
  "ltrim(text,text)": (_c, t: string, s: string) => trim(t, s, true, false),
  "rtrim(text)": (_c, t: string) => trimSpacesRight(t),
  "rtrim(text,text)": (_c, t: string, s: string) => trim(t, s, false, true),
  "lpad(text,int4)": (_c, t: string, l: number) => pad(t, l, " ", true),
  "lpad(text,int4,text)": (_c, t: string, l: number, f: string) => pad(t, l, f, true),
  "rpad(text,int4)": (_c, t: string, l: number) => pad(t, l, " ", false),
  "rpad(text,int4,text)": (_c, t: string, l: number, f: string) => pad(t, l, f, false),
  "overlay(text,text,int4,int4)": (_c, t: string, r: string, s: number, l: number) => overlay(t, r, s, l),
  "overlay(text,text,int4)": (_c, t: string, r: string, s: number) => overlay(t, r, s, characterCount(r)),
  "overlay(bytea,bytea,int4,int4)": (_c, b: Uint8Array, r: Uint8Array, s: number, l: number) => overlayBytes(b, r, s, l),
  "overlay(bytea,bytea,int4)": (_c, b: Uint8Array, r: Uint8Array, s: number) => overlayBytes(b, r, s, r.length),
  "btrim(bytea,bytea)": (_c, b: Uint8Array, set: Uint8Array) => trimBytes(b, set, true, true),
  "ltrim(bytea,bytea)": (_c, b: Uint8Array, set: Uint8Array) => trimBytes(b, set, true, false),
  "rtrim(bytea,bytea)": (_c, b: Uint8Array, set: Uint8Array) => trimBytes(b, set, false, true),
  replace: (_c, t: string, from: string, to: string) => (from === "" ? t : t.replaceAll(from, () => to)),
  translate: (_c, t: string, from: string, to: string) => translate(t, from, to),
  split_part: (_c, t: string, s: string, n: number) => splitPart(t, s, n),
  repeat: (_c, t: string, n: number) => {
    if (n > 0 && t.length * n > 268_435_455) throw new DbError({ sqlstate: "54000", message: "requested length too large" });
    return n > 0 ? t.repeat(n) : "";
  },
  reverse: (_c, t: string) => [...t].reverse().join(""),
  "left(text,int4)": (_c, t: string, n: number) => left(t, n),
  "right(text,int4)": (_c, t: string, n: number) => right(t, n),
  concat,
  concat_ws: concatWithSeparator,
  "format(text,any)": format,
  "format(text)": (_c, t: string | null) => (t === null ? null : formatText(t, [])),
  quote_ident: (_c, t: string) => quoteIdentifier(t),
  "quote_literal(text)": (_c, t: string) => quoteLiteral(t),
  "quote_nullable(text)": (_c, t: string | null) => (t === null ? "NULL" : quoteLiteral(t)),
  "quote_literal(anyelement)": printed(quoteLiteral, null),
  "quote_nullable(anyelement)": printed(quoteLiteral, "NULL"),
  chr: (_c, n: number) => chr(n),
  ascii: (_c, t: string) => t.codePointAt(0) ?? 0,
  "md5(text)": (_c, t: string) => md5(t),
  "md5(bytea)": (_c, b: Uint8Array) => md5(b),
  sha224: (_c, b: Uint8Array) => digest("sha224", b),
  sha256: (_c, b: Uint8Array) => digest("sha256", b),
  sha384: (_c, b: Uint8Array) => digest("sha384", b),
  sha512: (_c, b: Uint8Array) => digest("sha512", b),
  encode: (_c, b: Uint8Array, f: string) => encode(b, f),
  decode: (_c, t: string, f: string) => decode(t, f),
  convert_from: (_c, b: Uint8Array, name: string) => decodeFrom(b, encodingOf(name, "source")),
  convert_to: (_c, t: string, name: string) => encodeTo(t, encodingOf(name, "destination")),
  convert: (_c, b: Uint8Array, from: string, to: string) => {
    const source = encodingOf(from, "source");
    const target = encodingOf(to, "destination");
    requireConversion(source, target);
    return encodeTo(decodeFrom(b, source), target);
  },
  "length(bytea,name)": (_c, b: Uint8Array, name: string) => characterCount(decodeFrom(b, encodingOf(name, ""))),
  "to_ascii(text)": () => {
    throw noAscii("UTF8");
  },
  "to_ascii(text,name)": (_c, _t: string, name: string) => {
    throw noAscii(encodingOf(name, ""));
  },
  "to_hex(int4)": (_c, n: number) => (n >>> 0).toString(16),
  "to_hex(int8)": (_c, n: number | bigint) => BigInt.asUintN(64, BigInt(n)).toString(16),
  starts_with: (_c, t: string, p: string) => t.startsWith(p),
  "string_to_array(text,text)": (_c, t: string | null, s: string | null) => stringToArray(t, s, null),
  "string_to_array(text,text,text)": (_c, t: string | null, s: string | null, n: string | null) => stringToArray(t, s, n),
  "normalize(text,text)": (_c, t: string, form: string) => t.normalize(normalForm(form)),
  "is_normalized(text,text)": (_c, t: string, form: string) => t === t.normalize(normalForm(form)),
  byteacat: (_c, a: Uint8Array, b: Uint8Array) => new Uint8Array(Buffer.concat([a, b])),
  get_byte: (_c, b: Uint8Array, at: number) => {
    byteIndex(at, b.length);
    return b[at]!;
  },
  set_byte: (_c, b: Uint8Array, at: number, value: number) => {
    byteIndex(at, b.length);
    const copy = b.slice();
    copy[at] = value;
    return copy;
  },
  "get_bit(bytea,int8)": (_c, b: Uint8Array, at: number) => {
    byteIndex(at, b.length * 8);
    return (b[at >> 3]! >> (at & 7)) & 1;
  },
  "set_bit(bytea,int8,int4)": (_c, b: Uint8Array, at: number, bit: number) => {
    byteIndex(at, b.length * 8);
    if (bit !== 0 && bit !== 1) throw invalidParameter("new bit must be 0 or 1");
    const copy = b.slice();
    copy[at >> 3] = bit === 1 ? copy[at >> 3]! | (1 << (at & 7)) : copy[at >> 3]! & ~(1 << (at & 7));
    return copy;
  },
  "bit_count(bytea)": (_c, b: Uint8Array) => b.reduce((sum, byte) => sum + byte.toString(2).replaceAll("0", "").length, 0),
  "parse_ident(text,bool)": (_c, t: string, strict: boolean) => new ArrayValue(TypeOid.text, parseIdentifier(t, strict)),
  unistr: (_c, t: string) => unescapeUnicode(t),
};
function normalForm(form: string): string {
  if (!/^NFK?[CD]$/i.test(form)) throw invalidParameter(`invalid normalization form: ${form}`);
  return form.toUpperCase();
}

const sets: Record<string, SetBody> = {
  "string_to_table(text,text)": (_c, t: string | null, s: string | null) => (t === null ? [] : splitString(t, s)),
  "string_to_table(text,text,text)": (_c, t: string | null, s: string | null, n: string | null) =>
    t === null ? [] : splitString(t, s).map((p) => (p === n ? null : p)),
};

export const stringFamily: Family = { scalars, sets };
