import { KeyKind, type Numeric, PhysicalType } from "../../types/index.js";
import {
  applyModifier,
  compareNumerics,
  formatNumeric,
  numericKey,
  parseModifier,
  parseNumeric,
  receiveNumeric,
  sendNumeric,
  unpackModifier,
} from "../numeric/numeric-value.js";
import { makeType } from "./define-type.js";

export const numericType = makeType("numeric", {
  physical: PhysicalType.varlen,
  keyKind: KeyKind.numeric,
  formatModifier: (typmod) => {
    if (typmod < 4) return "";
    const { precision, scale } = unpackModifier(typmod);
    return `(${precision},${scale})`;
  },
  parseModifier,
  input: (text, typmod) => applyModifier(parseNumeric(text), typmod),
  output: (value) => formatNumeric(value as Numeric),
  receive: (bytes, typmod) => applyModifier(receiveNumeric(bytes), typmod),
  send: (value) => sendNumeric(value as Numeric),
  toStorage: (value) => sendNumeric(value as Numeric),
  fromStorage: receiveNumeric,
  coerceModifier: (value, typmod) => applyModifier(value as Numeric, typmod),
  compare: (left, right) => compareNumerics(left as Numeric, right as Numeric),
  hashKey: (value) => numericKey(value as Numeric),
});
