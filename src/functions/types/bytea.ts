import { DbError, invalidInput, KeyKind, PhysicalType } from "../../types/index.js";
import { exactly } from "./bytes.js";
import { makeType } from "./define-type.js";

const hexDigits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexDigits[byte];
  return text;
}
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, "");
  const wrong = /[^0-9a-fA-F]/.exec(digits);
  if (wrong !== null) throw new DbError({ sqlstate: "22023", message: `invalid hexadecimal digit: "${wrong[0]}"` });
  if (digits.length % 2 === 1) throw new DbError({ sqlstate: "22023", message: "invalid hexadecimal data: odd number of digits" });
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}
/** Backslashes doubled, bytes that do not print as \ooo. */
export function toEscape(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    if (byte === 92) text += "\\\\";
    else if (byte < 32 || byte > 126) text += `\\${byte.toString(8).padStart(3, "0")}`;
    else text += String.fromCharCode(byte);
  }
  return text;
}
export function fromEscape(text: string): Uint8Array {
  const source = Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let i = 0; i < source.length; i++) {
    if (source[i] !== 92) bytes.push(source[i]!);
    else if (source[i + 1] === 92) {
      bytes.push(92);
      i++;
    } else {
      const octal = source.toString("latin1", i + 1, i + 4);
      if (!/^[0-3][0-7]{2}$/.test(octal)) throw new DbError({ sqlstate: "22P02", message: "invalid input syntax for type bytea" });
      bytes.push(Number.parseInt(octal, 8));
      i += 3;
    }
  }
  return Uint8Array.from(bytes);
}

export function compareBytes(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right);
}

export const byteaType = makeType("bytea", {
  physical: PhysicalType.varlen,
  keyKind: KeyKind.bytes,
  input: (text) => (text.startsWith("\\x") ? fromHex(text.slice(2)) : fromEscape(text)),
  output: (value, context) => (context.byteaOutput === "escape" ? toEscape(value as Uint8Array) : `\\x${toHex(value as Uint8Array)}`),
  receive: (bytes) => bytes.slice(),
  send: (value) => value as Uint8Array,
  toStorage: (value) => value as Uint8Array,
  fromStorage: (bytes) => bytes.slice(),
  compare: (left, right) => compareBytes(left as Uint8Array, right as Uint8Array),
  hashKey: (value) => Buffer.from(value as Uint8Array).toString("latin1"),
});

function parseUuid(text: string): string {
  const match = /^\{?([0-9a-f]{4}(?:-?[0-9a-f]{4}){7})\}?$/i.exec(text);
  if (match === null || text.startsWith("{") !== text.endsWith("}")) throw invalidInput("uuid", text);
  return hyphenate(match[1]!.replace(/-/g, "").toLowerCase());
}
function hyphenate(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
export const uuidType = makeType("uuid", {
  physical: PhysicalType.uuid,
  keyKind: KeyKind.uuid,
  input: parseUuid,
  output: (value) => value as string,
  receive: (bytes) => {
    exactly(bytes, 16);
    return hyphenate(toHex(bytes));
  },
  send: (value) => fromHex((value as string).replace(/-/g, "")),
  compare: (left, right) => ((left as string) < (right as string) ? -1 : (left as string) > (right as string) ? 1 : 0),
  hashKey: (value) => value as string,
});
