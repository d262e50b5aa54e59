/** Objects that every database has from its first start, with PostgreSQL's OIDs where it has them. */
import type { Oid } from "../types/index.js";
import type { CatalogObject } from "./objects.js";
import { PredefinedRole, predefinedRoles } from "./predefined-roles.js";

export const PG_CATALOG_OID: Oid = 11;
export const PUBLIC_OID: Oid = 2200;
export const INFORMATION_SCHEMA_OID: Oid = 14000;
export const REDIS_SCHEMA_OID: Oid = 14001;
/** Listed as PostgreSQL lists them; nobody connects to them, and no database is made from them. */
export const TEMPLATE_DATABASES: readonly { readonly oid: Oid; readonly name: string }[] = [
  { oid: 1, name: "template1" },
  { oid: 4, name: "template0" },
];
export const BOOTSTRAP_ROLE_OID: Oid = 10;
export const DATABASE_OID: Oid = 5;

export const bootstrapObjects: readonly CatalogObject[] = [
  {
    class: "role",
    oid: BOOTSTRAP_ROLE_OID,
    name: "postgres",
    login: true,
    superuser: true,
    createdb: true,
    createrole: true,
    inherit: true,
    replication: true,
    bypassRls: true,
    connectionLimit: -1,
  },
  ...predefinedRoles(BOOTSTRAP_ROLE_OID),
  { class: "database", oid: DATABASE_OID, name: "postgres", owner: BOOTSTRAP_ROLE_OID },
  { class: "schema", oid: PG_CATALOG_OID, name: "pg_catalog", owner: BOOTSTRAP_ROLE_OID },
  { class: "schema", oid: INFORMATION_SCHEMA_OID, name: "information_schema", owner: BOOTSTRAP_ROLE_OID },
  { class: "schema", oid: REDIS_SCHEMA_OID, name: "redis", owner: BOOTSTRAP_ROLE_OID },
  { class: "schema", oid: PUBLIC_OID, name: "public", owner: PredefinedRole.databaseOwner },
  { class: "comment", oid: 14010, object: PG_CATALOG_OID, attribute: 0, text: "system catalog schema" },
  { class: "comment", oid: 14011, object: PUBLIC_OID, attribute: 0, text: "standard public schema" },
  { class: "comment", oid: 14012, object: DATABASE_OID, attribute: 0, text: "default administrative connection database" },
  { class: "extension", oid: 14013, name: "plpgsql", schema: PG_CATALOG_OID, version: "1.0" },
  { class: "comment", oid: 14014, object: 14013, attribute: 0, text: "PL/pgSQL procedural language" },
];

/**
 * Column defaults (`attribute` from 1) and view rules (0) are no objects of their own: their OIDs are made of their relation's, beyond
 * what the engine hands out.
 */
export const derivedOid = (relation: Oid, attribute: number): Oid => 2_147_483_648 + ((relation * 1600 + attribute) % 2_147_483_647);
