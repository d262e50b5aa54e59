/** Primary keys and unique constraints of system tables, which their indexes tell of. */
import { FIRST_USER_OID } from "../types/index.js";
import type { ConstraintObject } from "./objects.js";
import type { RelationObject, SystemRelation } from "./reader.js";
import { derivedOid } from "./well-known.js";

/** An index of a computed relation: described, not stored. */
export const isSystemIndex = (relation: RelationObject): boolean => relation.class === "index" && relation.oid < FIRST_USER_OID;

export function systemConstraints(relation: SystemRelation): readonly ConstraintObject[] {
  return (relation.indexes ?? []).flatMap((index): ConstraintObject[] =>
    index.unique
      ? [
          {
            class: "constraint",
            kind: index.primary ? "primaryKey" : "unique",
            oid: derivedOid(index.oid, 0),
            schema: index.schema,
            name: index.name,
            table: index.table,
            attributes: index.columns.map((c) => c.attribute),
            index: index.oid,
            validated: true,
          } as ConstraintObject,
        ]
      : [],
  );
}
