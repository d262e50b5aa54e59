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
  /** How many parents give the column (attinhcount), and whether the table's own definition has it too (attislocal; default true). */
  readonly inheritedCount?: number;
  readonly local?: boolean;
  /** Computed for an index over an expression or with a predicate. `dropped` is true, so that nothing shows it; `defaultSql` computes it. */
  readonly hidden?: boolean;
  /** Facts that change no result: SET STORAGE, COMPRESSION, STATISTICS. */
  readonly storage?: string;
  readonly compression?: string;
  readonly statistics?: number;
}
/** PARTITION BY: one entry per key column; attribute 0 stands for an expression. */
export interface PartitionScheme {
  readonly strategy: "range" | "list" | "hash";
  readonly keys: readonly { readonly attribute: number; readonly expressionSql?: string; readonly type: Oid; readonly typmod: number }[];
}
/** A bound's value as text of the key's type; infinities of range bounds are words of their own. */
export type BoundDatum = { readonly text: string | null } | "minvalue" | "maxvalue";
export type PartitionBound =
  | { readonly kind: "default" }
  | { readonly kind: "list"; readonly values: readonly BoundDatum[] }
  | { readonly kind: "range"; readonly from: readonly BoundDatum[]; readonly to: readonly BoundDatum[] }
  | { readonly kind: "hash"; readonly modulus: number; readonly remainder: number };
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
  /** What happens to a temporary table at the end of a transaction. */
  readonly onCommit?: "deleteRows" | "drop";
  /** Storage parameters: facts. */
  readonly options?: Readonly<Record<string, string>>;
  /** INHERITS, in the order written; of a partition, the partitioned table. */
  readonly parents?: readonly Oid[];
  readonly partitioned?: PartitionScheme;
  readonly partition?: PartitionBound;
  /** A materialized view: its query, and whether it was filled. */
  readonly materialized?: { readonly sql: string; readonly dependsOn: readonly Oid[]; readonly populated: boolean };
  /** CREATE TABLE OF: the composite type. */
  readonly ofType?: Oid;
  /** Facts that change no result here. */
  readonly replicaIdentity?: "default" | "full" | "nothing" | Oid;
  readonly clusterOn?: Oid;
  readonly rowSecurity?: boolean;
  readonly forceRowSecurity?: boolean;
}
export interface IndexObject {
  readonly class: "index";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly owner: Oid;
  readonly table: Oid;
  readonly storage: number;
  readonly method: IndexMethod;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly nullsNotDistinct: boolean;
  readonly columns: readonly {
    /** 0 for an expression. */
    readonly attribute: number;
    readonly expressionSql?: string;
    /** The hidden column that is indexed instead: of an expression, or of the first column of an index with a predicate. */
    readonly key?: number;
    readonly descending: boolean;
    readonly nullsFirst: boolean;
    readonly opclass?: string;
  }[];
  readonly include: readonly number[];
  readonly predicateSql?: string;
  readonly options: Readonly<Record<string, string>>;
  readonly valid: boolean;
  /** The index of the partitioned table that this index is a part of. */
  readonly parent?: Oid;
  /** Of a partitioned table: holds no entries, its parts do. */
  readonly partitioned?: boolean;
}
/** The attribute whose values an index column holds. */
export const keyAttribute = (column: IndexObject["columns"][number]): number => column.key ?? column.attribute;
/** Whether the index is an ordered tree of storage. */
export const isOrderedIndex = (index: Pick<IndexObject, "method" | "partitioned">): boolean =>
  index.partitioned !== true && (index.method === "btree" || index.method === "hash" || index.method === "brin");
/** hash and brin are kept as ordered trees, gin as none: it is an opinion about speed only. */
export type IndexMethod = "btree" | "hnsw" | "ivfflat" | "hash" | "brin" | "gin";
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
  readonly persistence?: TableObject["persistence"];
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
  readonly checkOption?: "local" | "cascaded";
  /** security_barrier, security_invoker: facts. */
  readonly options?: Readonly<Record<string, string>>;
  /** ALTER VIEW … ALTER COLUMN SET DEFAULT, by column number. */
  readonly defaults?: Readonly<Record<number, string>>;
}
export type ConstraintObject = {
  readonly class: "constraint";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly name: string;
  readonly table: Oid;
  readonly validated: boolean;
  /** As of attributes: coninhcount, conislocal (default true), connoinherit. */
  readonly inheritedCount?: number;
  readonly local?: boolean;
  readonly noInherit?: boolean;
  /** The constraint of the partitioned table that this one is a part of. */
  readonly parent?: Oid;
} & (
  | {
      readonly kind: "primaryKey" | "unique";
      readonly index: Oid;
      readonly attributes: readonly number[];
      readonly deferrable?: boolean;
      readonly initiallyDeferred?: boolean;
    }
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
