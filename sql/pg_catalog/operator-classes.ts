/** Which operator class an index column has. */
import type { IndexObject } from "../../src/catalog/index.js";
import { accessMethodOids, defaultOperatorClass, type OperatorClass, operatorClasses } from "../../src/functions/operator-classes.js";
import { type Oid, type SqlType, TypeOid } from "../../src/types/index.js";

/** 0: none of the catalog's. */
export function operatorClassOidOf(index: Pick<IndexObject, "method">, opclass: string | undefined, type: SqlType | undefined): Oid {
  if (opclass !== undefined) {
    const named = operatorClasses.find((c) => c.name === opclass && c.method === accessMethodOids[index.method]);
    if (named !== undefined) return named.oid;
  }
  return type === undefined ? 0 : (defaultOperatorClass(index.method, type)?.oid ?? 0);
}

const classesByOid = new Map(operatorClasses.map((c) => [c.oid, c]));
export const operatorClassByOid = (oid: Oid): OperatorClass | undefined => classesByOid.get(oid);

export function btreeClassOf(type: Oid): Oid {
  return defaults.get(type === TypeOid.varchar ? TypeOid.text : type) ?? 0;
}
const defaults = new Map(operatorClasses.filter((c) => c.isDefault && c.method === accessMethodOids.btree).map((c) => [c.type, c.oid]));
