/**
 * Catalog objects: immutable descriptions, as stored in the catalog relation and as read by binder, optimizer and pg_catalog.
 *
 * One object is one row of the native catalog relation (oid, class, JSON of the object), written in the transaction that
 * changes it, so definitions are transactional and recovered with everything else.
 */

import type { ForeignKeyAction } from "../plan/index.js";
import type { Oid } from "../types/index.js";
import type { AclItem, UserObject } from "./user-objects.js";

export * from "./user-objects.js";

export type CatalogObject =
  | UserObject
  | SchemaObject
  | TableObject
  | IndexObject
  | SequenceObject
  | ViewObject
  | ConstraintObject
  | RoleObject
  | ExtensionObject
  | DatabaseObject
  | CommentObject;

export interface SchemaObject {
  readonly class: "schema";
  readonly oid: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly acl?: readonly AclItem[];
}
export interface AttributeObject {
  readonly number: number; // attnum, from 1; never reused
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  readonly notNull: boolean;
  readonly dropped: boolean;
  /** SQL of the default (or generation) expression, re-bound when used. */
  readonly defaultSql?: string;
  readonly identity?: "always" | "byDefault";
  readonly generated?: boolean;
  /** The sequence behind serial or identity. */
  readonly sequence?: Oid;
  readonly collation?: string;
  readonly acl?: readonly AclItem[];
}
export interface TableObject {
  readonly class: "table";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  /** Native relation; column i of it is attribute i + 1 (dropped ones stay). A rewrite gives a new storage id. */
  readonly storage: number;
  readonly attributes: readonly AttributeObject[];
  readonly persistence: "permanent" | "unlogged" | "temporary";
  /** Array type of the row type, whose own OID is the table's. */
  readonly arrayOid?: Oid;
  readonly acl?: readonly AclItem[];
}
export interface IndexObject {
  readonly class: "index";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly table: Oid;
  readonly storage: number;
  readonly method: "btree" | "hnsw" | "ivfflat";
  readonly unique: boolean;
  readonly primary: boolean;
  readonly nullsNotDistinct: boolean;
  readonly columns: readonly {
    readonly attribute: number;
    readonly expressionSql?: string;
    readonly descending: boolean;
    readonly nullsFirst: boolean;
    readonly opclass?: string;
  }[];
  readonly include: readonly number[];
  readonly predicateSql?: string;
  readonly options: Readonly<Record<string, string>>;
  readonly valid: boolean;
}
export interface SequenceObject {
  readonly class: "sequence";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly storage: number;
  readonly type: Oid;
  readonly increment: string;
  readonly min: string;
  readonly max: string;
  readonly start: string;
  readonly cache: string;
  readonly cycle: boolean; // decimal int8s
  readonly ownedBy?: { readonly table: Oid; readonly attribute: number };
  readonly acl?: readonly AclItem[];
}
export interface ViewObject {
  readonly class: "view";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: Oid; readonly typmod: number }[];
  readonly dependsOn: readonly Oid[];
  readonly arrayOid?: Oid;
  readonly acl?: readonly AclItem[];
}
export type ConstraintObject = {
  readonly class: "constraint";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly table: Oid;
  readonly validated: boolean;
} & (
  | { readonly kind: "primaryKey" | "unique"; readonly index: Oid; readonly attributes: readonly number[] }
  | { readonly kind: "check"; readonly sql: string; readonly attributes: readonly number[] }
  | {
      readonly kind: "foreignKey";
      readonly attributes: readonly number[];
      readonly references: Oid;
      readonly referencedAttributes: readonly number[];
      readonly referencedIndex: Oid;
      readonly onUpdate: ForeignKeyAction;
      readonly onDelete: ForeignKeyAction;
      readonly match: "simple" | "full";
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
    }
);
export interface RoleObject {
  readonly class: "role";
  readonly oid: Oid;
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly createdb: boolean;
  readonly createrole: boolean;
  readonly inherit: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
  readonly connectionLimit: number;
  /** SCRAM-SHA-256$… verifier, never the password. */
  readonly password?: string;
  /** VALID UNTIL, as written. */
  readonly validUntil?: string;
  /** ALTER ROLE … SET. */
  readonly settings?: readonly { readonly name: string; readonly value: string }[];
}
export interface ExtensionObject {
  readonly class: "extension";
  readonly oid: Oid;
  readonly name: string;
  readonly schema: Oid;
  readonly version: string;
}
export interface DatabaseObject {
  readonly class: "database";
  readonly oid: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly acl?: readonly AclItem[];
}
export interface CommentObject {
  readonly class: "comment";
  readonly oid: Oid;
  readonly object: Oid;
  readonly attribute: number;
  readonly text: string;
}
