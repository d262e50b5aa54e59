/** Reading and writing of the wire's big-endian values. */
import { incorrectBinary, invalidUtf8, protocolViolation } from "../../types/index.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
/** What was checked when it came in. */
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
/** What a client sent. @throws DbError 22021 when it is not UTF-8 or holds a zero byte. */
export function receiveText(bytes: Uint8Array): string {
  const text = decoder.decode(bytes);
  // The decoder puts U+FFFD where nothing can be read; the character itself may stand in the text, too.
  if (text.includes("\ufffd") || text.includes("\0")) {
    const invalid = invalidUtf8(bytes);
    if (invalid !== undefined) throw invalid;
  }
  return text;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The view of a value that must have exactly `length` bytes. */
export function exactly(bytes: Uint8Array, length: number): DataView {
  if (bytes.length < length) throw protocolViolation("insufficient data left in message");
  if (bytes.length > length) throw incorrectBinary();
  return viewOf(bytes);
}

export function made(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length);
  write(viewOf(bytes));
  return bytes;
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
