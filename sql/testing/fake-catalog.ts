/** A small catalog in memory for the binder's tests. */
import type { CatalogReader, ConstraintObject, IndexObject, RelationObject, SchemaObject, TableObject } from "../../src/catalog/index.js";
import type { BindContext } from "../../src/engine/types.js";
import { type Oid, TypeOid } from "../../src/types/index.js";

const SCHEMAS: readonly SchemaObject[] = [
  { class: "schema", oid: 11, name: "pg_catalog", owner: 10 },
  { class: "schema", oid: 2200, name: "public", owner: 10 },
];

export function table(
  oid: Oid,
  name: string,
  columns: Readonly<Record<string, Oid | Partial<TableObject["attributes"][number]>>>,
): TableObject {
  const attributes = Object.entries(columns).map(([column, facts], i) => {
    const more = typeof facts === "number" ? { type: facts } : facts;
    return { number: i + 1, name: column, type: TypeOid.int4, typmod: -1, notNull: false, dropped: false, ...more };
  });
  return { class: "table", oid, schema: 2200, name, owner: 10, storage: oid, attributes, persistence: "permanent" };
}
export function fakeCatalog(
  relations: readonly RelationObject[],
  indexes: readonly IndexObject[] = [],
  constraints: readonly ConstraintObject[] = [],
): CatalogReader {
  const all = [...relations, ...indexes];
  return {
    version: 1,
    searchPath: [11, 2200],
    schemaByName: (name) => SCHEMAS.find((schema) => schema.name === name),
    schemaByOid: (oid) => SCHEMAS.find((schema) => schema.oid === oid),
    relation: (schema, name) =>
      all.find((r) => r.name === name && (schema === undefined || SCHEMAS.find((s) => s.oid === r.schema)?.name === schema)),
    relationByOid: (oid) => all.find((relation) => relation.oid === oid),
    indexesOf: (oid) => indexes.filter((index) => index.table === oid),
    constraintsOf: (oid) => constraints.filter((constraint) => constraint.table === oid),
    referencing: () => [],
    childrenOf: () => [],
    userCollation: () => undefined,
    userCollationNamed: () => undefined,
    role: () => undefined,
    objects: () => [],
  };
}
export function fakeContext(catalog: CatalogReader, parameterTypes: readonly Oid[] = []): BindContext {
  return {
    catalog,
    parameterTypes,
    format: {
      timeZone: "UTC",
      dateStyle: "ISO, MDY",
      intervalStyle: "postgres",
      extraFloatDigits: 1,
      byteaOutput: "hex",
      transactionTimeMicros: 0,
    },
    currentUser: "postgres",
    currentDatabase: "postgres",
  };
}
