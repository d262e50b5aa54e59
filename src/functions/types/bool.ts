import { invalidInput, KeyKind, PhysicalType } from "../../types/index.js";
import { exactly } from "./bytes.js";
import { makeType } from "./define-type.js";

export const boolType = makeType("bool", {
  physical: PhysicalType.bool,
  keyKind: KeyKind.bool,
  input: (text) => parseBool(text),
  output: (value) => (value ? "t" : "f"),
  receive: (bytes) => exactly(bytes, 1).getUint8(0) !== 0,
  send: (value) => Uint8Array.of(value ? 1 : 0),
  compare: (left, right) => Number(left) - Number(right),
  hashKey: (value) => value as boolean,
});

/** Unique prefixes of true, false, yes, no; on, off; 1, 0. */
export function parseBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word !== "") {
    if ("true".startsWith(word) || "yes".startsWith(word) || word === "on" || word === "1") return true;
    if ("false".startsWith(word) || "no".startsWith(word) || word === "off" || word === "of" || word === "0") return false;
  }
  throw invalidInput("boolean", text);
}
