/** Computed relations as objects: names, OIDs and columns of PostgreSQL's own. */
import {
  BOOTSTRAP_ROLE_OID,
  INFORMATION_SCHEMA_OID,
  type IndexObject,
  PG_CATALOG_OID,
  type SystemRelation,
} from "../../src/catalog/index.js";
import { registry } from "../../src/functions/index.js";
import { type Datum, type Oid, type Row, TypeOid } from "../../src/types/index.js";
import { systemColumns } from "./system-columns.js";
import { systemIndexFacts } from "./system-index-facts.js";

/** A row by column name; columns left out are NULL. */
export type NamedRow = Readonly<Record<string, Datum>>;

/** Columns of tables that are never NULL in spite of what is said below. Facts of PostgreSQL 15. */
const forcedNotNull = new Set(
  `pg_attrdef.adbin pg_database.datcollate pg_database.datctype pg_default_acl.defaclacl pg_description.description pg_extension.extversion
pg_init_privs.initprivs pg_largeobject.data pg_parameter_acl.parname pg_policy.polroles pg_proc.prosrc pg_replication_origin.roname
pg_rewrite.ev_qual pg_rewrite.ev_action pg_seclabel.provider pg_seclabel.label pg_shdescription.description pg_shseclabel.provider
pg_shseclabel.label pg_statistic_ext.stxkind pg_subscription.subconninfo`.split(/\s+/),
);

const indexesByTable = new Map<Oid, IndexObject[]>();
for (const line of systemIndexFacts.trim().split("\n")) {
  const [table, oid, name, kind, attributes] = line.split("|") as [string, string, string, "p" | "u" | "i", string];
  const index: IndexObject = {
    class: "index",
    oid: Number(oid),
    schema: PG_CATALOG_OID,
    name,
    owner: BOOTSTRAP_ROLE_OID,
    table: Number(table),
    storage: 0,
    method: "btree",
    unique: kind !== "i",
    primary: kind === "p",
    nullsNotDistinct: false,
    columns: attributes.split(",").map((attribute) => ({ attribute: Number(attribute), descending: false, nullsFirst: false })),
    include: [],
    options: {},
    valid: true,
  };
  const own = indexesByTable.get(index.table);
  if (own === undefined) indexesByTable.set(index.table, [index]);
  else own.push(index);
}

export const systemRelations: readonly SystemRelation[] = systemColumns
  .trim()
  .split("\n")
  .map((line) => {
    const [qualified, oid, kind, columns] = line.split("|") as [string, string, "r" | "v", string];
    const [schemaName, name] = qualified.split(".") as [string, string];
    return {
      class: "system",
      oid: Number(oid),
      schema: schemaName === "pg_catalog" ? PG_CATALOG_OID : INFORMATION_SCHEMA_OID,
      schemaName,
      name,
      isTable: kind === "r",
      columns: columnsOf(name, kind, columns),
      ...(indexesByTable.has(Number(oid)) ? { indexes: indexesByTable.get(Number(oid)) as readonly IndexObject[] } : {}),
    };
  });
const byName = new Map(systemRelations.map((r) => [`${r.schemaName}.${r.name}`, r]));

/** As initdb marks them: a table's columns are NOT NULL up to the first whose type has no fixed length; oidvector and int2vector count as fixed. */
function columnsOf(relation: string, kind: "r" | "v", list: string): SystemRelation["columns"] {
  let isFixed = kind === "r";
  return list.split(",").map((column) => {
    const at = column.lastIndexOf(":");
    const name = column.slice(0, at);
    const oid = Number(column.slice(at + 1));
    isFixed &&= oid === TypeOid.oidvector || oid === TypeOid.int2vector || (registry.typeByOid(oid)?.length ?? -1) > 0;
    return { name, type: presentableType(oid), notNull: isFixed || forcedNotNull.has(`${relation}.${name}`) };
  });
}

/** Types that we do not have read as text: their values are NULL or text here. */
function presentableType(oid: Oid): Oid {
  return registry.typeByOid(oid) === undefined ? TypeOid.text : oid;
}

/** Turns named rows into rows in the relation's column order. */
export function shapeRows(qualifiedName: string, rows: Iterable<NamedRow>): Iterable<Row> {
  const relation = byName.get(qualifiedName);
  if (relation === undefined) throw new Error(`assertion failed: ${qualifiedName} is not a system relation`);
  const names = relation.columns.map((c) => c.name);
  return (function* () {
    for (const row of rows) yield names.map((name) => row[name] ?? null);
  })();
}
/** Column index (from 0) of a relation's column, for filters. */
export function columnIndex(qualifiedName: string, column: string): number {
  return byName.get(qualifiedName)?.columns.findIndex((c) => c.name === column) ?? -1;
}
