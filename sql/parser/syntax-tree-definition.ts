/** Syntax trees of statements that are not queries. They follow src/plan/command.ts; names are as written, expressions unbound. */
import type { CopyOptions, ForeignKeyAction, RoleOptions, TransactionAction } from "../../src/plan/index.js";
import type { Expr, ModificationStatement, Query, RelationName, SortItem, Statement, TypeName } from "./syntax-tree.js";
import type { CatalogStatement } from "./syntax-tree-catalog.js";

export interface SequenceOptionsSyntax {
  readonly type?: TypeName;
  readonly increment?: bigint;
  readonly min?: bigint | null;
  readonly max?: bigint | null;
  readonly start?: bigint;
  readonly restart?: bigint | null;
  readonly cache?: bigint;
  readonly cycle?: boolean;
  readonly ownedBy?: readonly string[] | null;
}
export interface ColumnSyntax {
  readonly name: string;
  /** Without names where a column of a type or a partitioned table is only given more: OF, PARTITION OF. */
  readonly type: TypeName;
  readonly collation: readonly string[] | undefined;
  readonly collationPosition?: number;
  readonly constraints: readonly ConstraintSyntax[];
  readonly position: number;
}
export type ConstraintSyntax = { readonly name: string | undefined; readonly position: number } & (
  | { readonly kind: "notNull" | "null" }
  | { readonly kind: "default"; readonly expr: Expr }
  | { readonly kind: "identity"; readonly always: boolean; readonly options: SequenceOptionsSyntax }
  | { readonly kind: "generated"; readonly expr: Expr }
  | { readonly kind: "check"; readonly expr: Expr; readonly notValid: boolean; readonly noInherit: boolean }
  | {
      readonly kind: "primaryKey" | "unique";
      readonly columns: readonly string[]; // empty on a column
      readonly usingIndex: string | undefined;
      readonly include: readonly string[];
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
      readonly nullsNotDistinct: boolean;
    }
  | {
      readonly kind: "exclusion";
      readonly method: string;
      readonly elements: readonly { readonly element: IndexElementSyntax; readonly operator: readonly string[] }[];
      readonly include: readonly string[];
      readonly where: Expr | undefined;
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
    }
  | {
      readonly kind: "foreignKey";
      readonly columns: readonly string[];
      readonly references: RelationName;
      readonly referencedColumns: readonly string[];
      readonly onUpdate: ForeignKeyAction;
      readonly onDelete: ForeignKeyAction;
      readonly match: "simple" | "full";
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
      readonly notValid: boolean;
    }
);
export interface LikeSyntax {
  readonly kind: "like";
  readonly relation: RelationName;
  readonly comments: boolean;
  readonly compression: boolean;
  readonly constraints: boolean;
  readonly defaults: boolean;
  readonly generated: boolean;
  readonly identity: boolean;
  readonly indexes: boolean;
  readonly statistics: boolean;
  readonly storage: boolean;
}
export interface PartitionSchemeSyntax {
  readonly strategy: "range" | "list" | "hash";
  readonly keys: readonly {
    readonly column: string | undefined;
    readonly expr: Expr | undefined;
    readonly collation: readonly string[] | undefined;
    readonly position: number;
  }[];
  readonly position: number;
}
export type PartitionBoundSyntax = { readonly position: number } & (
  | { readonly kind: "default" }
  | { readonly kind: "list"; readonly values: readonly Expr[] }
  | { readonly kind: "range"; readonly from: readonly Expr[]; readonly to: readonly Expr[] }
  | { readonly kind: "hash"; readonly modulus: number; readonly remainder: number }
);
export type OnCommit = "preserve" | "deleteRows" | "drop" | undefined;
export type AlterActionSyntax =
  | { readonly kind: "addColumn"; readonly column: ColumnSyntax; readonly ifNotExists: boolean }
  | { readonly kind: "dropColumn" | "dropConstraint"; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: "setDefault"; readonly name: string; readonly expr: Expr | null }
  | { readonly kind: "setNotNull" | "dropNotNull" | "validateConstraint"; readonly name: string }
  | {
      readonly kind: "alterType";
      readonly name: string;
      readonly type: TypeName;
      readonly collation: readonly string[] | undefined;
      readonly using: Expr | undefined;
    }
  | { readonly kind: "addConstraint"; readonly constraint: ConstraintSyntax }
  | { readonly kind: "addIdentity"; readonly name: string; readonly always: boolean; readonly options: SequenceOptionsSyntax }
  | { readonly kind: "dropIdentity"; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: "setIdentity"; readonly name: string; readonly always: boolean | undefined; readonly options: SequenceOptionsSyntax }
  | { readonly kind: "dropExpression"; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: "columnFact"; readonly name: string; readonly fact: "storage" | "compression" | "statistics"; readonly value: string }
  | { readonly kind: "setOptions"; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: "resetOptions"; readonly names: readonly string[] }
  | { readonly kind: "alterConstraint"; readonly name: string; readonly deferrable: boolean; readonly initiallyDeferred: boolean }
  | { readonly kind: "inherit" | "noInherit"; readonly parent: RelationName }
  | { readonly kind: "attachPartition"; readonly partition: RelationName; readonly bound: PartitionBoundSyntax | undefined }
  | { readonly kind: "detachPartition"; readonly partition: RelationName; readonly concurrently: boolean }
  | { readonly kind: "setPersistence"; readonly persistence: "permanent" | "unlogged" }
  | { readonly kind: "replicaIdentity"; readonly identity: "default" | "full" | "nothing" | "index"; readonly index: string | undefined }
  | { readonly kind: "ofType"; readonly type: TypeName | undefined }
  | { readonly kind: "rowSecurity"; readonly enabled?: boolean; readonly forced?: boolean }
  | { readonly kind: "clusterOn"; readonly index: string | undefined }
  | {
      readonly kind: "columnOptions";
      readonly name: string;
      readonly set: Readonly<Record<string, string>>;
      readonly reset: readonly string[];
    }
  | { readonly kind: "trigger"; readonly enable: boolean; readonly which: "all" | "user" | "named" | "rule"; readonly name: string }
  | { readonly kind: "owner"; readonly role: string }
  | { readonly kind: "noOp"; readonly what: string };
export interface IndexElementSyntax {
  readonly column: string | undefined;
  readonly expr: Expr | undefined;
  readonly opclass: string | undefined;
  readonly collation: readonly string[] | undefined;
  readonly direction: SortItem["direction"];
  readonly nulls: SortItem["nulls"];
}
/** A value of SET: numbers and strings as text. */
export type SettingValue = string;

export type DefinitionStatement =
  | {
      readonly kind: "CreateTable";
      readonly relation: RelationName;
      readonly elements: readonly (ColumnSyntax | LikeSyntax)[];
      readonly constraints: readonly ConstraintSyntax[];
      readonly ifNotExists: boolean;
      readonly inherits: readonly RelationName[];
      /** PARTITION OF: `inherits` is the partitioned table. */
      readonly bound: PartitionBoundSyntax | undefined;
      readonly partitionBy: PartitionSchemeSyntax | undefined;
      readonly ofType: TypeName | undefined;
      readonly onCommit: OnCommit;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "CreateTableAs";
      readonly relation: RelationName;
      readonly columnNames: readonly string[];
      readonly query: Query;
      readonly ifNotExists: boolean;
      readonly withData: boolean;
      readonly tag: string;
      readonly onCommit: OnCommit;
      readonly options: Readonly<Record<string, string>>;
      /** CREATE MATERIALIZED VIEW. */
      readonly materialized: boolean;
      /** AS EXECUTE: a prepared statement instead of a query. */
      readonly execute: { readonly name: string; readonly args: readonly Expr[] } | undefined;
    }
  | {
      readonly kind: "AlterTable";
      readonly relation: RelationName;
      readonly object: string;
      readonly ifExists: boolean;
      readonly actions: readonly AlterActionSyntax[];
    }
  | {
      readonly kind: "Rename";
      readonly object: "table" | "column" | "index" | "view" | "materialized view" | "sequence" | "schema" | "constraint";
      readonly only: boolean;
      readonly name: readonly string[];
      readonly subname: string | undefined;
      readonly newName: string;
      readonly ifExists: boolean;
      readonly tag: string;
      readonly position: number;
    }
  | {
      readonly kind: "SetSchema";
      readonly object: "table" | "view" | "materialized view" | "sequence";
      readonly name: readonly string[];
      readonly schema: string;
      readonly ifExists: boolean;
    }
  | {
      readonly kind: "Drop";
      readonly object: "table" | "index" | "view" | "materialized view" | "sequence" | "schema" | "extension";
      readonly names: readonly (readonly string[])[];
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | {
      readonly kind: "CreateIndex";
      readonly name: string | undefined;
      readonly relation: RelationName;
      readonly method: string;
      readonly unique: boolean;
      readonly elements: readonly IndexElementSyntax[];
      readonly include: readonly string[];
      readonly where: Expr | undefined;
      readonly options: Readonly<Record<string, string>>;
      readonly ifNotExists: boolean;
      readonly nullsNotDistinct: boolean;
      readonly concurrently: boolean;
    }
  | {
      readonly kind: "CreateView";
      readonly relation: RelationName;
      readonly columnNames: readonly string[];
      readonly query: Query;
      readonly replace: boolean;
      readonly checkOption: "local" | "cascaded" | undefined;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "CreateSequence";
      readonly relation: RelationName;
      readonly options: SequenceOptionsSyntax;
      readonly ifNotExists: boolean;
    }
  | { readonly kind: "AlterSequence"; readonly relation: RelationName; readonly options: SequenceOptionsSyntax; readonly ifExists: boolean }
  | {
      readonly kind: "CreateSchema";
      readonly name: string;
      readonly ifNotExists: boolean;
      readonly authorization: string | undefined;
      readonly elements: readonly unknown[];
    }
  | { readonly kind: "CreateExtension"; readonly name: string; readonly schema: string | undefined; readonly ifNotExists: boolean }
  | { readonly kind: "CreateRole" | "AlterRole"; readonly name: string; readonly options: RoleOptions }
  | { readonly kind: "DropRole"; readonly names: readonly string[]; readonly ifExists: boolean }
  | { readonly kind: "Truncate"; readonly relations: readonly RelationName[]; readonly restartIdentity: boolean; readonly cascade: boolean }
  | {
      readonly kind: "Copy";
      /** On the server; undefined: the client's stream. */
      readonly file: string | undefined;
      readonly direction: "from" | "to";
      readonly relation: RelationName | undefined;
      readonly columns: readonly string[];
      readonly query: Query | ModificationStatement | undefined;
      readonly options: CopyOptions;
      readonly where: Expr | undefined;
    }
  | {
      readonly kind: "Transaction";
      readonly action: TransactionAction;
      readonly savepoint: string | undefined;
      readonly modes: TransactionModes;
      readonly chain: boolean;
      readonly tag: string;
    }
  | {
      readonly kind: "Set";
      readonly name: string;
      readonly values: readonly SettingValue[] | null;
      readonly local: boolean;
      readonly isReset: boolean;
    }
  | { readonly kind: "SetTransaction"; readonly session: boolean; readonly modes: TransactionModes }
  | { readonly kind: "SetTransactionSnapshot"; readonly snapshot: string }
  | { readonly kind: "Show"; readonly name: string }
  | {
      readonly kind: "Explain";
      readonly statement: Statement;
      readonly options: readonly { readonly name: string; readonly value: string | undefined; readonly position: number }[];
    }
  | { readonly kind: "Prepare"; readonly name: string; readonly types: readonly TypeName[]; readonly text: string }
  | { readonly kind: "Execute"; readonly name: string; readonly args: readonly Expr[] }
  | { readonly kind: "Deallocate"; readonly name: string | undefined }
  | { readonly kind: "Discard"; readonly what: "all" | "plans" | "sequences" | "temp" }
  | {
      readonly kind: "DeclareCursor";
      readonly name: string;
      readonly query: Query;
      readonly conflict: string | undefined;
      readonly insensitive: boolean;
      readonly scroll: boolean | undefined;
      readonly hold: boolean;
      readonly binary: boolean;
    }
  | {
      readonly kind: "Fetch";
      readonly cursor: string;
      readonly direction: "forward" | "backward" | "absolute" | "relative";
      readonly count: number | "all";
      readonly move: boolean;
    }
  | { readonly kind: "ClosePortal"; readonly name: string | undefined }
  | { readonly kind: "Listen" | "Unlisten"; readonly channel: string | undefined }
  | { readonly kind: "Notify"; readonly channel: string; readonly payload: string }
  /** No names: ALL. */
  | { readonly kind: "SetConstraints"; readonly names: readonly RelationName[]; readonly deferred: boolean }
  | { readonly kind: "LockTable"; readonly relations: readonly RelationName[]; readonly mode: string; readonly nowait: boolean }
  | {
      readonly kind: "Vacuum";
      readonly relations: readonly RelationName[];
      /** Of each relation. */
      readonly columns: readonly (readonly string[])[];
      readonly isVacuum: boolean;
      readonly analyze: boolean;
    }
  | {
      readonly kind: "Reindex";
      readonly object: "index" | "table" | "schema" | "database" | "system";
      readonly name: readonly string[];
      readonly concurrently: boolean;
    }
  | { readonly kind: "RefreshMaterialized"; readonly relation: RelationName; readonly concurrently: boolean; readonly withData: boolean }
  | { readonly kind: "Cluster"; readonly relation: RelationName | undefined; readonly index: string | undefined }
  | { readonly kind: "Checkpoint" }
  | CatalogStatement;

export interface TransactionModes {
  readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
}
