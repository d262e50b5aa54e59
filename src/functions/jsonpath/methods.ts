/** Item methods that make one value of one value. */
import { DbError, JsonNumber, type JsonValue, Numeric } from "../../types/index.js";
import { numericToFloat8 } from "../families/number-casts.js";
import { add, negate, subtract } from "../numeric/arithmetic.js";
import { compareNumerics, formatNumeric, parseNumeric, truncate, ZERO } from "../numeric/numeric-value.js";
import { float8Type } from "../types/floats.js";
import { type Item, JsonPathError, pathError } from "./items.js";
import type { Method } from "./syntax.js";

export function methodResult(method: Method, item: Item): JsonValue {
  if (method === "double") return doubleOf(item);
  if (!(item instanceof JsonNumber)) throw pathError("22036", `jsonpath item method .${method}() can only be applied to a numeric value`);
  const value = parseNumeric(item.text);
  const whole = truncate(value, 0);
  const one = new Numeric(1n, 0);
  switch (method) {
    case "abs":
      return numberOf(compareNumerics(value, ZERO) < 0 ? negate(value) : value);
    case "floor":
      return numberOf(compareNumerics(whole, value) > 0 ? subtract(whole, one) : whole);
    default:
      return numberOf(compareNumerics(whole, value) < 0 ? add(whole, one) : whole);
  }
}
const numberOf = (value: Numeric) => new JsonNumber(formatNumeric(value));

function doubleOf(item: Item): JsonValue {
  if (item instanceof JsonNumber) {
    try {
      numericToFloat8(parseNumeric(item.text));
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      throw new JsonPathError({
        sqlstate: "22036",
        message: "numeric argument of jsonpath item method .double() is out of range for type double precision",
      });
    }
    return item;
  }
  if (typeof item !== "string") throw pathError("22036", "jsonpath item method .double() can only be applied to a string or numeric value");
  let value: number;
  try {
    value = float8Type.input(item, -1, undefined as never) as number;
  } catch (error) {
    if (!(error instanceof DbError)) throw error;
    throw notDouble();
  }
  if (!Number.isFinite(value)) throw notDouble();
  // float8_numeric keeps 15 digits.
  return new JsonNumber(formatNumeric(parseNumeric(String(Number(value.toPrecision(15))))));
}
const notDouble = () =>
  pathError("22036", "string argument of jsonpath item method .double() is not a valid representation of a double precision number");
