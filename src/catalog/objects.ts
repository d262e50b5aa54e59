/**
 * Catalog objects: immutable descriptions, as stored in the catalog relation and as read by binder, optimizer and pg_catalog.
 *
 * One object is one row of the native catalog relation (oid, class, JSON of the object), written in the transaction that
 * changes it, so definitions are transactional and recovered with everything else.
 */

import type { ForeignKeyAction } from "../plan/index.js";
import type { CollationReference, Oid } from "../types/index.js";
import { quoteIdentifier } from "./names.js";
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
  readonly collation?: CollationReference;
  readonly acl?: readonly AclItem[];
  /** How many parents give the column (attinhcount), and whether the table's own definition has it too (attislocal; default true). */
  readonly inheritedCount?: number;
  readonly local?: boolean;
  /** Computed for an index over an expression or with a predicate. `dropped` is true, so that nothing shows it; `defaultSql` computes it. */
  readonly hidden?: boolean;
  /** Of a hidden column: kept as a vector, for an index over vectors, and not as an ordered key. */
  readonly matrix?: boolean;
  /** Of a hidden column: kept as an inverted index reads it (types/inverted-form.ts). */
  readonly inverted?: boolean;
  /** Facts that change no result: SET STORAGE, COMPRESSION, STATISTICS. */
  readonly storage?: string;
  readonly compression?: string;
  readonly statistics?: number;
  readonly options?: Readonly<Record<string, string>>;
}
/** PARTITION BY: one entry per key column; attribute 0 stands for an expression. */
export interface PartitionScheme {
  readonly strategy: "range" | "list" | "hash";
  readonly keys: readonly {
    readonly attribute: number;
    readonly expressionSql?: string;
    readonly type: Oid;
    readonly typmod: number;
    /** Where it is not the column's own: a fact. */
    readonly collation?: CollationReference;
  }[];
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
/** How keys of an index column are made; `version`: of ICU's order then. Under another one they are not what the index holds. */
export interface SortKeyRules {
  readonly locale: string;
  readonly deterministic: boolean;
  readonly version: string;
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
    /** Where it is not the column's own, or not the one that the expression has by itself. */
    readonly collation?: CollationReference;
    /** Of an expression: the collation that it has by itself, where that is not the default. */
    readonly expressionCollation?: CollationReference;
    /** Kept as keys of an ICU collation, in the hidden column `key`: what compares the column by bytes cannot use the index. */
    readonly sortKey?: SortKeyRules;
    /** ALTER INDEX … SET STATISTICS: a fact. */
    readonly statistics?: number;
    /** Of an expression that no hidden column holds. */
    readonly expressionType?: Oid;
  }[];
  readonly include: readonly number[];
  readonly predicateSql?: string;
  readonly options: Readonly<Record<string, string>>;
  readonly valid: boolean;
  /** Kept as a definition alone, nothing is stored: gist and spgist beside constraints, brin over types without an order. */
  readonly unstructured?: boolean;
  /** Unique, but judged when a statement or the transaction ends: in between rows may share a key. */
  readonly deferrable?: boolean;
  /** Of an exclusion constraint: for each column the operator that must not hold between two rows in all columns. */
  readonly exclusion?: readonly { readonly operator: string; readonly functionId: string }[];
  /** The index of the partitioned table that this index is a part of. */
  readonly parent?: Oid;
  /** Of a partitioned table: holds no entries, its parts do. */
  readonly partitioned?: boolean;
}
/** What the hidden column of an index column under an ICU collation computes. */
export function sortKeySql(table: TableObject, column: IndexObject["columns"][number]): string {
  const value = column.expressionSql ?? quoteIdentifier(table.attributes[column.attribute - 1]?.name ?? "");
  const { locale = "", deterministic = true } = column.sortKey ?? {};
  return `pg_catalog.orrery_collation_key((${value}), '${locale.replaceAll("'", "''")}', ${deterministic})`;
}
/** The attribute whose values an index column holds. */
export const keyAttribute = (column: IndexObject["columns"][number]): number => column.key ?? column.attribute;
/** Whether the index is an ordered tree of storage over its columns. (An exclusion constraint's tree has an order of its own.) */
export const isOrderedIndex = (index: Pick<IndexObject, "method" | "partitioned" | "exclusion" | "unstructured">): boolean =>
  index.partitioned !== true &&
  index.unstructured !== true &&
  index.exclusion === undefined &&
  (index.method === "btree" || index.method === "hash" || index.method === "brin");
/** No two rows share a key at any moment. */
export const isUniqueNow = (index: Pick<IndexObject, "unique" | "deferrable">): boolean => index.unique && index.deferrable !== true;
/** hash, brin and gist (of exclusion constraints) are kept as ordered trees. */
export type IndexMethod = "btree" | "hnsw" | "ivfflat" | "hash" | "brin" | "gin" | "gist" | "spgist";
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
  readonly columns: readonly {
    readonly name: string;
    readonly type: Oid;
    readonly typmod: number;
    readonly collation?: CollationReference;
    readonly acl?: readonly AclItem[];
  }[];
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
      readonly kind: "primaryKey" | "unique" | "exclusion";
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
/** Whether a constraint stands for an index, which has its name and goes with it. */
export const isIndexConstraint = (c: ConstraintObject): c is Extract<ConstraintObject, { kind: "primaryKey" | "unique" | "exclusion" }> =>
  c.kind === "primaryKey" || c.kind === "unique" || c.kind === "exclusion";
/** What new sessions begin with. */
export interface StoredSetting {
  readonly name: string;
  readonly value: string;
}
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
  /** SCRAM-SHA-256$… verifier or md5… hash, never the password. */
  readonly password?: string;
  /** VALID UNTIL: ISO, in UTC. */
  readonly validUntil?: string;
  /** ALTER ROLE … SET; `database`: for sessions there. */
  readonly settings?: readonly (StoredSetting & { readonly database?: Oid })[];
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
  /** ALTER DATABASE … SET. */
  readonly settings?: readonly StoredSetting[];
}
export interface CommentObject {
  readonly class: "comment";
  readonly oid: Oid;
  readonly object: Oid;
  readonly attribute: number;
  readonly text: string;
}
