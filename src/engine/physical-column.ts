/** Which native column keeps an attribute. */
import type { PhysicalColumn } from "../native/index.js";
import { notSupported, PhysicalType, type SqlType } from "../types/index.js";

/** A vector column's values lie in a matrix, whose rows are of one length. */
export function physicalColumn(type: SqlType, typmod: number): PhysicalColumn {
  if (type.physical !== PhysicalType.vector) return { type: type.physical };
  if (typmod <= 0) throw notSupported("a vector column without dimensions", "Declare it as vector(n).");
  return { type: PhysicalType.vector, dimensions: typmod };
}
