/** Casts between dense vectors and arrays of numbers. */
import { ArrayValue, type Numeric, TypeOid, vectorArrayDimensions, vectorArrayNulls, vectorElementOutOfRange } from "../../types/index.js";
import { formatNumeric } from "../numeric/numeric-value.js";
import { formatFloat4, parseFloat4 } from "../types/floats.js";
import { checkDimensions, checkElement, checkExpectedDimensions, type DenseKind } from "./dense-kind.js";

/** The elements of an array of int4, float4, float8 or numeric as float32. */
export function arrayElements(array: ArrayValue): Float32Array {
  if (array.dimensions.length > 1) throw vectorArrayDimensions();
  if (array.elements.includes(null)) throw vectorArrayNulls();
  const result = new Float32Array(array.elements.length);
  for (let i = 0; i < result.length; i++) {
    const element = array.elements[i] as number | Numeric;
    result[i] = typeof element === "number" ? element : parseFloat4(formatNumeric(element));
  }
  return result;
}

export function arrayToDense(kind: DenseKind, array: ArrayValue, typmod: number): Float32Array {
  const result = arrayElements(array);
  checkDimensions(kind, result.length);
  checkExpectedDimensions(typmod, result.length);
  for (let i = 0; i < result.length; i++) {
    const value = result[i] as number;
    result[i] = kind.round(value);
    if (!Number.isFinite(result[i]) && Number.isFinite(value)) throw vectorElementOutOfRange(kind.name, formatFloat4(value));
    checkElement(kind.name, result[i] as number);
  }
  return result;
}

export function denseToFloat4Array(value: Float32Array): ArrayValue {
  return new ArrayValue(TypeOid.float4, Array.from(value));
}
