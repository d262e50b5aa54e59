/**
 * Statements that are not queries: definitions, transactions, settings. Names are resolved as far as the statement itself
 * goes (an unqualified new name carries `schema: undefined` = first of the search path); the engine checks existence when it runs them.
 */
import type { CollationReference, Datum, Oid } from "../types/index.js";
import type { CatalogCommand } from "./catalog-command.js";
import type { Expression } from "./expression.js";
import type { LogicalPlan } from "./logical-plan.js";

export interface QualifiedName {
  readonly schema?: string;
  readonly name: string;
  readonly position?: number;
}
export interface TypeReference {
  readonly type: Oid;
  readonly typmod: number;
}
/** A stored expression: bound form for use now, and source text (deparsed SQL) kept in the catalog and re-bound when loaded. */
export interface StoredExpression {
  readonly sql: string;
  readonly expression?: Expression;
}

export interface ColumnDefinition {
  readonly name: string;
  readonly type: TypeReference;
  readonly notNull: boolean;
  readonly defaultValue?: StoredExpression;
  /** serial: creates `<table>_<column>_seq`, owned by the column, NOT NULL, default nextval. */
  readonly serial?: boolean;
  readonly identity?: { readonly always: boolean; readonly options: SequenceOptions };
  readonly generated?: StoredExpression;
  readonly collation?: CollationReference;
  /** How many parents give it, and whether the statement itself does too (default true). */
  readonly inheritedCount?: number;
  readonly local?: boolean;
  readonly storage?: string;
  readonly compression?: string;
}
/** A bound of PARTITION … FOR VALUES: constants, computed when the statement runs. */
export type BoundValue = Expression | "minvalue" | "maxvalue";
/** Where the parts of a bound stand in the statement, for errors. `from`: of a list all its values. */
export interface BoundPlaces {
  readonly bound: number | undefined;
  readonly from: readonly (number | undefined)[];
  readonly to: readonly (number | undefined)[];
}
export type PartitionBoundDefinition = { readonly places?: BoundPlaces } & PartitionBoundShape;
type PartitionBoundShape =
  | { readonly kind: "default" }
  | { readonly kind: "list"; readonly values: readonly BoundValue[] }
  | { readonly kind: "range"; readonly from: readonly BoundValue[]; readonly to: readonly BoundValue[] }
  | { readonly kind: "hash"; readonly modulus: number; readonly remainder: number };
export interface PartitionSchemeDefinition {
  readonly strategy: "range" | "list" | "hash";
  readonly keys: readonly {
    readonly column?: string;
    readonly expressionSql?: string;
    readonly type: Oid;
    readonly typmod: number;
    readonly collation?: CollationReference;
  }[];
}
/** What of LIKE's source is copied after the table is made. */
export interface LikeDefinition {
  readonly source: Oid;
  readonly indexes: boolean;
  readonly comments: boolean;
  readonly statistics: boolean;
}
interface InheritedConstraint {
  readonly inheritedCount?: number;
  readonly local?: boolean;
  readonly noInherit?: boolean;
}
export type ConstraintDefinition =
  | {
      readonly kind: "primaryKey" | "unique";
      readonly name?: string;
      readonly columns: readonly string[];
      readonly usingIndex?: string;
      readonly include?: readonly string[];
      readonly deferrable?: boolean;
      readonly initiallyDeferred?: boolean;
      readonly nullsNotDistinct?: boolean;
    }
  | (InheritedConstraint & {
      readonly kind: "check";
      readonly name?: string;
      readonly check: StoredExpression;
      readonly columns: readonly string[];
      readonly notValid?: boolean;
    })
  | {
      readonly kind: "exclusion";
      readonly name?: string;
      readonly method: string;
      readonly elements: readonly { readonly column: IndexColumn; readonly operator: QualifiedName }[];
      readonly include?: readonly string[];
      readonly predicate?: StoredExpression;
      readonly deferrable?: boolean;
      readonly initiallyDeferred?: boolean;
    }
  | {
      readonly kind: "foreignKey";
      readonly name?: string;
      readonly columns: readonly string[];
      readonly references: QualifiedName;
      readonly referencedColumns: readonly string[]; // empty: the primary key
      readonly onUpdate: ForeignKeyAction;
      readonly onDelete: ForeignKeyAction;
      readonly match: "simple" | "full";
      readonly deferrable: boolean;
      readonly initiallyDeferred: boolean;
      readonly notValid?: boolean;
    };
export type ForeignKeyAction = "noAction" | "restrict" | "cascade" | "setNull" | "setDefault";
export interface SequenceOptions {
  readonly type?: Oid;
  readonly increment?: bigint;
  readonly min?: bigint | null;
  readonly max?: bigint | null;
  readonly start?: bigint;
  readonly restart?: bigint | null;
  readonly cache?: bigint;
  readonly cycle?: boolean;
  readonly ownedBy?: { readonly table: QualifiedName; readonly column: string } | null;
}
export interface IndexColumn {
  readonly column?: string;
  /** What a made-up index name calls the expression: its function. */
  readonly name?: string;
  readonly expression?: StoredExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  readonly opclass?: string;
  readonly collation?: CollationReference;
  /** The collation that the expression has by itself, where that is not the default. */
  readonly derivedCollation?: CollationReference;
}

export type AlterTableAction =
  | {
      readonly kind: "addColumn";
      readonly column: ColumnDefinition;
      readonly constraints: readonly ConstraintDefinition[];
      readonly ifNotExists: boolean;
    }
  | { readonly kind: "dropColumn"; readonly column: string; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: "setDefault"; readonly column: string; readonly value: StoredExpression | null }
  | { readonly kind: "setNotNull" | "dropNotNull"; readonly column: string }
  | {
      readonly kind: "alterType";
      readonly column: string;
      readonly type: TypeReference;
      readonly collation?: CollationReference;
      readonly using?: StoredExpression;
    }
  | { readonly kind: "addConstraint"; readonly constraint: ConstraintDefinition }
  | { readonly kind: "dropConstraint"; readonly name: string; readonly ifExists: boolean; readonly cascade: boolean }
  | { readonly kind: "validateConstraint"; readonly name: string }
  | { readonly kind: "addIdentity"; readonly column: string; readonly always: boolean; readonly options: SequenceOptions }
  | { readonly kind: "dropIdentity"; readonly column: string; readonly ifExists: boolean }
  | { readonly kind: "setIdentity"; readonly column: string; readonly always?: boolean; readonly options: SequenceOptions }
  | { readonly kind: "dropExpression"; readonly column: string; readonly ifExists: boolean }
  | {
      readonly kind: "columnFact";
      readonly column: string;
      readonly fact: "storage" | "compression" | "statistics";
      readonly value: string;
    }
  | { readonly kind: "setOptions"; readonly options: Readonly<Record<string, string>> }
  | { readonly kind: "resetOptions"; readonly names: readonly string[] }
  | { readonly kind: "alterConstraint"; readonly name: string; readonly deferrable: boolean; readonly initiallyDeferred: boolean }
  | { readonly kind: "inherit" | "noInherit"; readonly parent: QualifiedName }
  | { readonly kind: "attachPartition"; readonly partition: QualifiedName; readonly bound: PartitionBoundDefinition }
  | { readonly kind: "detachPartition"; readonly partition: QualifiedName; readonly concurrently: boolean }
  | { readonly kind: "attachIndex"; readonly index: QualifiedName }
  | { readonly kind: "setPersistence"; readonly persistence: "permanent" | "unlogged" }
  | { readonly kind: "replicaIdentity"; readonly identity: "default" | "full" | "nothing" | "index"; readonly index?: string }
  /** OF a composite type; without one NOT OF. */
  | { readonly kind: "ofType"; readonly type?: Oid }
  | { readonly kind: "rowSecurity"; readonly enabled?: boolean; readonly forced?: boolean }
  | { readonly kind: "clusterOn"; readonly index?: string }
  | {
      readonly kind: "columnOptions";
      readonly name: string;
      readonly set: Readonly<Record<string, string>>;
      readonly reset: readonly string[];
    }
  | { readonly kind: "trigger"; readonly enable: boolean; readonly which: "all" | "user" | "named" | "rule"; readonly name: string }
  | { readonly kind: "owner"; readonly role: string }
  | { readonly kind: "noOp"; readonly what: string }; // SET STATISTICS, CLUSTER ON …: storage hints that change no result

export type Command =
  | CatalogCommand
  | {
      readonly kind: "CreateTable";
      readonly name: QualifiedName;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly ConstraintDefinition[];
      readonly ifNotExists: boolean;
      readonly persistence: "permanent" | "unlogged" | "temporary";
      readonly onCommit?: "deleteRows" | "drop";
      readonly options?: Readonly<Record<string, string>>;
      /** INHERITS; the one parent of a partition. */
      readonly parents?: readonly Oid[];
      readonly bound?: PartitionBoundDefinition;
      readonly partitionBy?: PartitionSchemeDefinition;
      readonly likes?: readonly LikeDefinition[];
      readonly ofType?: Oid;
      /** What the merging of definitions has to say, once the statement runs. */
      readonly notices?: readonly { readonly message: string; readonly detail?: string }[];
    }
  | {
      readonly kind: "CreateTableAs";
      readonly name: QualifiedName;
      readonly query: LogicalPlan;
      readonly columnNames: readonly string[];
      /** Columns' collations where they are not their types'; absent: none is. */
      readonly collations?: readonly (CollationReference | null)[];
      readonly ifNotExists: boolean;
      readonly withData: boolean;
      readonly persistence?: "permanent" | "unlogged" | "temporary";
      readonly onCommit?: "deleteRows" | "drop";
      readonly options?: Readonly<Record<string, string>>;
      /** AS EXECUTE: the prepared statement and its parameters; `query` is empty then. */
      readonly execute?: { readonly name: string; readonly args: readonly Expression[] };
      /** A materialized view keeps its query. */
      readonly materialized?: { readonly sql: string; readonly dependsOn: readonly Oid[] };
    }
  | {
      readonly kind: "AlterTable";
      readonly name: QualifiedName;
      readonly ifExists: boolean;
      readonly actions: readonly AlterTableAction[];
      /** ONLY: what inherits from it stays as it is. */
      readonly only?: boolean;
      /** What the statement calls it: table, view, index, sequence, materialized view. */
      readonly object?: string;
    }
  | {
      readonly kind: "Rename";
      readonly object: "table" | "column" | "index" | "view" | "materialized view" | "sequence" | "schema" | "constraint";
      readonly name: QualifiedName;
      readonly subname?: string;
      readonly newName: string;
      readonly ifExists: boolean;
      readonly only?: boolean;
      /** On a child of the named table. */
      readonly recursing?: boolean;
    }
  | {
      readonly kind: "SetSchema";
      readonly object: "table" | "view" | "materialized view" | "sequence";
      readonly name: QualifiedName;
      readonly schema: string;
      readonly ifExists: boolean;
    }
  | {
      readonly kind: "Drop";
      readonly object: "table" | "index" | "view" | "materialized view" | "sequence" | "schema" | "extension";
      readonly names: readonly QualifiedName[];
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | {
      readonly kind: "CreateIndex";
      readonly name?: string;
      readonly table: QualifiedName;
      readonly method: string;
      readonly unique: boolean;
      readonly columns: readonly IndexColumn[];
      readonly include: readonly string[];
      readonly predicate?: StoredExpression;
      readonly options: Readonly<Record<string, string>>;
      readonly ifNotExists: boolean;
      readonly nullsNotDistinct: boolean;
      readonly concurrently: boolean;
      readonly only?: boolean;
    }
  | {
      readonly kind: "CreateView";
      readonly name: QualifiedName;
      readonly columnNames: readonly string[];
      /** Columns' collations where they are not their types'; absent: none is. */
      readonly collations?: readonly (CollationReference | null)[];
      readonly query: LogicalPlan;
      readonly sql: string;
      readonly replace: boolean;
      readonly dependsOn: readonly Oid[];
      readonly temporary?: boolean;
      readonly checkOption?: "local" | "cascaded";
      readonly options?: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: "CreateSequence";
      readonly name: QualifiedName;
      readonly options: SequenceOptions;
      readonly ifNotExists: boolean;
      readonly persistence?: "permanent" | "unlogged" | "temporary";
    }
  | { readonly kind: "AlterSequence"; readonly name: QualifiedName; readonly options: SequenceOptions; readonly ifExists: boolean }
  | {
      readonly kind: "CreateSchema";
      readonly name: string;
      readonly ifNotExists: boolean;
      readonly authorization?: string /** Statements, in the front end's own form. */;
      readonly elements: readonly unknown[];
    }
  | { readonly kind: "CreateExtension"; readonly name: string; readonly schema?: string; readonly ifNotExists: boolean }
  | { readonly kind: "CreateRole"; readonly name: string; readonly options: RoleOptions }
  | { readonly kind: "AlterRole"; readonly name: string; readonly options: RoleOptions }
  | { readonly kind: "DropRole"; readonly names: readonly string[]; readonly ifExists: boolean }
  | {
      readonly kind: "Truncate";
      readonly tables: readonly (QualifiedName & { readonly only?: boolean })[];
      readonly restartIdentity: boolean;
      readonly cascade: boolean;
    }
  | {
      readonly kind: "Copy";
      /** On the server; undefined: the client's stream. */
      readonly file?: string;
      readonly direction: "from" | "to";
      readonly table?: QualifiedName;
      readonly columns: readonly string[];
      readonly query?: LogicalPlan;
      readonly options: CopyOptions;
      readonly where?: Expression;
      /** The columns that `where` mentions: one per live attribute. */
      readonly whereRow?: readonly { readonly id: number }[];
    }
  | {
      readonly kind: "Transaction";
      readonly action: TransactionAction;
      /** Of a savepoint or of a prepared transaction. */
      readonly savepoint?: string;
      readonly isolation?: "read uncommitted" | "read committed" | "repeatable read" | "serializable";
      readonly readOnly?: boolean;
      readonly deferrable?: boolean;
      readonly chain?: boolean;
    }
  | { readonly kind: "SetTransactionSnapshot"; readonly snapshot: string }
  | { readonly kind: "SetVariable"; readonly name: string; readonly value: string | null; readonly local: boolean } // null: RESET / DEFAULT; name "all" with null: RESET ALL
  | {
      readonly kind: "SetTransaction";
      readonly session: boolean;
      readonly isolation?: string;
      readonly readOnly?: boolean;
      readonly deferrable?: boolean;
    }
  | { readonly kind: "ShowVariable"; readonly name: string }
  | {
      readonly kind: "Explain";
      readonly statement: BoundStatement;
      readonly analyze: boolean;
      readonly verbose: boolean;
      readonly costs: boolean;
      readonly timing: boolean;
      readonly summary: boolean;
      /** Ours: whether an I/O thread can run the statement. */
      readonly hotPath: boolean;
      readonly format: "text" | "json" | "xml" | "yaml";
    }
  /** `text` is the inner statement's source; the session parses and binds it when it runs PREPARE. */
  | { readonly kind: "Prepare"; readonly name: string; readonly paramTypes: readonly Oid[]; readonly text: string }
  | { readonly kind: "Execute"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "Deallocate"; readonly name: string | null }
  | { readonly kind: "Discard"; readonly what: "all" | "plans" | "sequences" | "temp" }
  | {
      readonly kind: "DeclareCursor";
      readonly name: string;
      readonly query: LogicalPlan;
      /** Columns that FETCH shows; `rowIds` name the ones behind them, for WHERE CURRENT OF. */
      readonly visibleCount: number;
      readonly rowIds: readonly { readonly relation: Oid; readonly column: number }[];
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
  | { readonly kind: "ClosePortal"; readonly name: string | null }
  | { readonly kind: "Listen" | "Unlisten"; readonly channel: string | null }
  | { readonly kind: "Notify"; readonly channel: string; readonly payload: string }
  /** No names: ALL. */
  | { readonly kind: "SetConstraints"; readonly names: readonly QualifiedName[]; readonly deferred: boolean }
  | {
      readonly kind: "LockTable";
      readonly tables: readonly (QualifiedName & { readonly only?: boolean })[];
      readonly mode: string;
      readonly nowait: boolean;
    }
  | {
      readonly kind: "Analyze" | "Vacuum";
      readonly tables: readonly (QualifiedName & { readonly columns?: readonly string[] })[];
      readonly analyze: boolean;
    }
  | {
      readonly kind: "Reindex";
      readonly object: "index" | "table" | "schema" | "database" | "system";
      readonly name: QualifiedName;
      readonly concurrently: boolean;
    }
  | { readonly kind: "RefreshMaterialized"; readonly name: QualifiedName; readonly concurrently: boolean; readonly withData: boolean }
  | { readonly kind: "Cluster"; readonly table?: QualifiedName; readonly index?: string }
  | { readonly kind: "Checkpoint" };

export type TransactionAction =
  | "begin"
  | "commit"
  | "rollback"
  | "savepoint"
  | "release"
  | "rollbackTo"
  | "prepare"
  | "commitPrepared"
  | "rollbackPrepared";
export interface RoleOptions {
  readonly validUntil?: string;
  /** CREATE ROLE … IN ROLE, ROLE, ADMIN; ALTER GROUP … ADD/DROP USER. */
  readonly memberOf?: readonly string[];
  readonly members?: readonly string[];
  readonly admins?: readonly string[];
  readonly dropMembers?: readonly string[];
  readonly login?: boolean;
  readonly superuser?: boolean;
  readonly createdb?: boolean;
  readonly createrole?: boolean;
  readonly password?: string | null;
  readonly connectionLimit?: number;
  readonly inherit?: boolean;
  readonly replication?: boolean;
  readonly bypassRls?: boolean;
}
export interface CopyOptions {
  readonly format: "text" | "csv" | "binary";
  readonly delimiter: string;
  readonly nullText: string;
  readonly header: boolean | "match";
  readonly quote: string;
  readonly escape: string;
  readonly forceQuote: readonly string[] | "*";
  readonly forceNotNull: readonly string[];
  readonly forceNull: readonly string[];
  readonly encoding?: string;
}

/** What binding one statement gives. */
export interface BoundStatement {
  /** A query or DML plan, or a command. */
  readonly body:
    | { readonly kind: "Plan"; readonly plan: LogicalPlan }
    | { readonly kind: "Command"; readonly command: Command }
    | { readonly kind: "Empty" };
  /** Types of $1…$n, as declared by the client or inferred. */
  readonly parameterTypes: readonly Oid[];
  /** Command tag without counts: SELECT, INSERT, CREATE TABLE, BEGIN… */
  readonly tag: string;
  /** Result columns of a Plan (or of SHOW, EXPLAIN, FETCH, EXECUTE: resolved by the engine). */
  readonly columns: readonly {
    readonly name: string;
    readonly type: Oid;
    readonly typmod: number;
    readonly origin?: { readonly relation: Oid; readonly attribute: number };
  }[];
  /** The plan may be kept while the catalog version stays: false when the binder read something else (session state). */
  readonly cacheable: boolean;
  /** What a plan reads, for users whose privileges must be looked at. */
  /** The statement's text with its names resolved, where it was asked for. */
  readonly resolvedSql?: string;
  readonly reads?: readonly AccessNote[];
  /** OIDs of catalog objects that the statement mentions; of a routine's statements only. */
  readonly dependsOn?: readonly Oid[];
  /** The last statement of a routine: how its rows become the routine's result. */
  readonly routine?: RoutineOutcome;
}

/** A relation that the statement reads. `view`: the view whose text does, on behalf of its owner; 0: the statement itself. */
export interface AccessNote {
  readonly relation: Oid;
  readonly view: Oid;
  readonly columns: readonly { readonly id: number; readonly attribute: number }[];
  /** FOR UPDATE or one of its kin means it, which takes a right to change something in it. */
  readonly locked?: boolean;
}

/** `value`: one column is the result. `row`: the columns are its fields. `coercions[i]` reads column i as $1; null: as it is. */
export interface RoutineOutcome {
  readonly mode: "value" | "row";
  readonly coercions: readonly (Expression | null)[];
  readonly types: readonly Oid[];
  readonly names: readonly string[];
}

/** For values known at bind time in utility statements. */
export type OptionValue = Datum;
