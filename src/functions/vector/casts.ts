/** Casts between vectors and arrays of numbers. */
import { ArrayValue, type Numeric, TypeOid, vectorArrayDimensions, vectorArrayNulls } from "../../types/index.js";
import { formatNumeric } from "../numeric/numeric-value.js";
import { parseFloat4 } from "../types/floats.js";
import { checkDimensions, checkElement, checkExpectedDimensions } from "./vector-type.js";

export function arrayToVector(array: ArrayValue, typmod: number): Float32Array {
  if (array.dimensions.length > 1) throw vectorArrayDimensions();
  if (array.elements.includes(null)) throw vectorArrayNulls();
  checkDimensions(array.elements.length);
  checkExpectedDimensions(typmod, array.elements.length);
  const result = new Float32Array(array.elements.length);
  for (let i = 0; i < result.length; i++) {
    const element = array.elements[i] as number | Numeric;
    result[i] = typeof element === "number" ? element : parseFloat4(formatNumeric(element));
    checkElement(result[i] as number);
  }
  return result;
}

export function vectorToFloat4Array(value: Float32Array): ArrayValue {
  return new ArrayValue(TypeOid.float4, Array.from(value));
}
