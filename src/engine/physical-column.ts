/** Which native column keeps an attribute. */
import type { AttributeObject } from "../catalog/index.js";
import { storedAttribute } from "../execution/internal.js";
import type { PhysicalColumn } from "../native/index.js";
import { PhysicalType, type SqlType, storedType } from "../types/index.js";

/** A vector column's values lie in a matrix, whose rows are of one length. */
export function physicalColumn(type: SqlType, typmod: number): PhysicalColumn {
  const { physical } = storedType(type, typmod);
  return physical === PhysicalType.vector ? { type: physical, dimensions: typmod } : { type: physical };
}

/** A hidden column holds keys of an index. */
export function attributeColumn(type: SqlType, attribute: AttributeObject): PhysicalColumn {
  const stored = storedAttribute(attribute, type);
  return physicalColumn(stored.type, stored.typmod);
}
