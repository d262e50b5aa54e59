/**
 * bit and bit varying. A value is its binary digits as text, "0101": text order is bit string order (bits first, then length), and so is the
 * order of the stored bytes, which are the digits too.
 */
import { type Datum, dataError, invalidParameter, KeyKind, PhysicalType, type SqlType } from "../../types/index.js";
import { decodeText, viewOf } from "./bytes.js";
import { makeType, type TypeBodies } from "./define-type.js";

const BITS_MAX = 83_886_080;

function parseBits(text: string): string {
  const prefix = text[0];
  const hexadecimal = prefix === "x" || prefix === "X";
  const digits = hexadecimal || prefix === "b" || prefix === "B" ? text.slice(1) : text;
  const wrong = (hexadecimal ? /[^0-9a-fA-F]/ : /[^01]/).exec(digits);
  if (wrong !== null)
    throw dataError(
      "22P02",
      `"${String.fromCodePoint(digits.codePointAt(wrong.index)!)}" is not a valid ${hexadecimal ? "hexadecimal" : "binary"} digit`,
    );
  if (!hexadecimal) return digits;
  let bits = "";
  for (const digit of digits) bits += Number.parseInt(digit, 16).toString(2).padStart(4, "0");
  return bits;
}

export function packBits(bits: string): Uint8Array {
  const bytes = new Uint8Array((bits.length + 7) >> 3);
  for (let i = 0; i < bits.length; i++) if (bits.charCodeAt(i) === 49) bytes[i >> 3]! |= 128 >> (i & 7);
  return bytes;
}
function unpackBits(bytes: Uint8Array, length: number): string {
  let bits = "";
  for (let i = 0; i < length; i++) bits += (bytes[i >> 3]! >> (7 - (i & 7))) & 1;
  return bits;
}

/** Exactly `typmod` bits: an explicit cast cuts or pads on the right. */
function fitBit(bits: string, typmod: number, explicit: boolean): string {
  if (typmod <= 0 || bits.length === typmod) return bits;
  if (!explicit) throw dataError("22026", `bit string length ${bits.length} does not match type bit(${typmod})`);
  return bits.slice(0, typmod).padEnd(typmod, "0");
}
function fitVarbit(bits: string, typmod: number, explicit: boolean): string {
  if (typmod <= 0 || bits.length <= typmod) return bits;
  if (!explicit) throw dataError("22001", `bit string too long for type bit varying(${typmod})`);
  return bits.slice(0, typmod);
}

function bodies(name: string, fitTo: (bits: string, typmod: number, explicit: boolean) => string): TypeBodies {
  return {
    physical: PhysicalType.varlen,
    keyKind: KeyKind.bytes,
    formatModifier: (typmod) => (typmod < 0 ? "" : `(${typmod})`),
    parseModifier: (values) => {
      const length = Number(values[0]);
      if (values.length !== 1) throw invalidParameter("invalid type modifier");
      if (!(length >= 1)) throw invalidParameter(`length for type ${name} must be at least 1`);
      if (length > BITS_MAX) throw invalidParameter(`length for type ${name} cannot exceed ${BITS_MAX}`);
      return length;
    },
    input: (text, typmod) => fitTo(parseBits(text), typmod, false),
    output: (value) => value as string,
    receive: (bytes, typmod) => {
      if (bytes.length < 4) throw dataError("08P01", "insufficient data left in message");
      const length = viewOf(bytes).getInt32(0);
      if (length < 0) throw dataError("22P03", "invalid length in external bit string");
      if (bytes.length !== 4 + ((length + 7) >> 3)) throw dataError("08P01", "insufficient data left in message");
      return fitTo(unpackBits(bytes.subarray(4), length), typmod, false);
    },
    send: (value) => {
      const packed = packBits(value as string);
      const bytes = new Uint8Array(4 + packed.length);
      viewOf(bytes).setInt32(0, (value as string).length);
      bytes.set(packed, 4);
      return bytes;
    },
    toStorage: (value) => value as string,
    fromStorage: decodeText,
    coerceModifier: (value: Exclude<Datum, null>, typmod: number, explicit: boolean) => fitTo(value as string, typmod, explicit),
    compare: (left, right) => ((left as string) < (right as string) ? -1 : (left as string) > (right as string) ? 1 : 0),
    hashKey: (value) => value as string,
  };
}

export const bitType: SqlType = makeType("bit", bodies("bit", fitBit));
export const varbitType: SqlType = makeType("varbit", bodies("varbit", fitVarbit));
