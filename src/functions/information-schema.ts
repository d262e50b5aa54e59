/** Functions of the schema information_schema that drivers call: JDBC's metadata and pgAdmin number the columns of keys with one. */
import { type ArrayValue, type Datum, TypeOid } from "../types/index.js";
import type { DefinableRegistry } from "./registry.js";

/** PostgreSQL gives these OIDs when a cluster is made; 15's are taken. */
const EXPAND_ARRAY_OID = 13208;

export function defineInformationSchema(registry: DefinableRegistry): void {
  registry.defineSet(
    {
      id: "information_schema._pg_expandarray(anyarray)",
      oid: EXPAND_ARRAY_OID,
      schema: "information_schema",
      name: "_pg_expandarray",
      argTypes: [TypeOid.anyarray],
      returnType: TypeOid.record,
      outColumns: [
        { name: "x", type: TypeOid.anyelement },
        { name: "n", type: TypeOid.int4 },
      ],
      kind: "set",
      strict: true,
      volatility: "immutable",
    },
    function* (_context, array: ArrayValue): Generator<Datum[]> {
      // Of an array of several dimensions every element of such a subscript is null.
      const length = array.dimensions[0] ?? 0;
      for (let i = 0; i < length; i++) yield [array.dimensions.length === 1 ? (array.elements[i] as Datum) : null, i + 1];
    },
  );
}
