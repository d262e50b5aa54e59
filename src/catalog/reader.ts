import type { Oid } from "../types/index.js";
import type {
  CatalogObject,
  CollationObject,
  ConstraintObject,
  IndexObject,
  RoleObject,
  SchemaObject,
  SequenceObject,
  TableObject,
  ViewObject,
} from "./objects.js";

/** A relation whose rows are computed: pg_catalog.*, information_schema.*, redis.*. */
export interface SystemRelation {
  readonly class: "system";
  readonly oid: Oid;
  readonly schema: Oid;
  readonly schemaName: string;
  readonly name: string;
  /** A table in PostgreSQL; the others are views. */
  readonly isTable?: boolean;
  readonly columns: readonly { readonly name: string; readonly type: Oid; readonly typmod?: number; readonly notNull?: boolean }[];
  /** As PostgreSQL's catalog describes them; there is nothing to search. */
  readonly indexes?: readonly IndexObject[];
}
export type RelationObject = TableObject | ViewObject | IndexObject | SequenceObject | SystemRelation;

/**
 * One version of the catalog as one session sees it: committed objects plus its own transaction's changes.
 * Immutable; every lookup is a map access. The binder depends on this interface and not on where it comes from.
 */
export interface CatalogReader {
  /** Changes whenever any answer below could: the key of plan caches. */
  readonly version: number;
  /** Schemas searched for unqualified names, in order; pg_catalog is first unless named later. */
  readonly searchPath: readonly Oid[];
  schemaByName(name: string): SchemaObject | undefined;
  schemaByOid(oid: Oid): SchemaObject | undefined;
  /** Tables, views, indexes, sequences and system relations share one namespace. */
  relation(schema: string | undefined, name: string): RelationObject | undefined;
  relationByOid(oid: Oid): RelationObject | undefined;
  indexesOf(table: Oid): readonly IndexObject[];
  constraintsOf(table: Oid): readonly ConstraintObject[];
  /** Tables that inherit from it directly, partitions too, oldest first. */
  childrenOf(table: Oid): readonly TableObject[];
  /** Foreign keys of other tables (or itself) that point at this table. */
  referencing(table: Oid): readonly ConstraintObject[];
  /** Collations that users made; src/catalog/collations.ts finds these and the built-in ones. */
  userCollation(oid: Oid): CollationObject | undefined;
  userCollationNamed(schema: Oid, name: string): CollationObject | undefined;
  role(name: string): RoleObject | undefined;
  objects(): Iterable<CatalogObject>;
  /** Computed relations: pg_catalog's, information_schema's, the keyspace's. */
  systemRelations?(): Iterable<SystemRelation>;
}
