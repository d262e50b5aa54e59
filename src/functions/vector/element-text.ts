/** One element as it is written in vectors of every kind: what C's strtof takes, hexadecimal apart. */
import { vectorElementOutOfRange, vectorInfinite, vectorNan } from "../../types/index.js";
import { nearestFloat4 } from "../types/nearest-float4.js";

const spaces = /[ \t\n\r\v\f]*/y;
const element = /[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)/iy;
const integer = /[+-]?\d+/y;

/** The position of the next character that is no white space. */
export function skipSpaces(text: string, from: number): number {
  spaces.lastIndex = from;
  spaces.exec(text);
  return spaces.lastIndex;
}

/** The text of an element at `from`, or undefined. Its end is `from` plus its length. */
export function matchElement(text: string, from: number): string | undefined {
  element.lastIndex = from;
  return element.exec(text)?.[0];
}
export function matchInteger(text: string, from: number): string | undefined {
  integer.lastIndex = from;
  return integer.exec(text)?.[0];
}

/** `type` names who refuses; `round` makes an element of a float32. */
export function parseElement(type: string, text: string, round: (value: number) => number): number {
  const value = round(nearestFloat4(text));
  if (Number.isFinite(value)) return value;
  if (/nan/i.test(text)) throw vectorNan(type);
  if (/inf/i.test(text)) throw vectorInfinite(type);
  throw vectorElementOutOfRange(type, text);
}
