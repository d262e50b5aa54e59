/**
 * Logical plan: what a statement means, before anyone decides how to run it.
 *
 * SQL and RESP both reach the engine through these nodes. Nothing here knows about text, frames, pages or files.
 *
 * Invariants
 *  1. Nodes are immutable; a rewrite returns a new node and shares the rest.
 *  2. Every node produces `columns`, each with an id unique in the statement; a parent refers to its inputs' ids,
 *     a correlated subquery (or lateral right side of a Join) also to ids of what encloses it.
 */
import type { Oid } from "../types/index.js";
import type { ColumnId, Expression } from "./expression.js";

export interface PlanColumn {
  readonly id: ColumnId;
  readonly name: string;
  readonly type: Oid;
  readonly typmod: number;
  /** Where the value comes from unchanged: RowDescription's table OID and attribute number. */
  readonly origin?: { readonly relation: Oid; readonly attribute: number };
}

export type LogicalPlan =
  | Scan
  | AppendScan
  | SystemScan
  | FunctionScan
  | Values
  | CteScan
  | Filter
  | Project
  | Join
  | Aggregate
  | Window
  | Sort
  | Limit
  | Distinct
  | SetOperation
  | With
  | LockRows
  | Sample
  | Insert
  | Update
  | Delete
  | Merge;

interface Node {
  readonly columns: readonly PlanColumn[];
}

/** Rows of a table. `columns[i]` is attribute `attributes[i]` (1-based attnum; 0 = the row id, for DML; -1 = tableoid…). */
export interface Scan extends Node {
  readonly kind: "Scan";
  readonly relation: Oid;
  readonly alias: string;
  readonly attributes: readonly number[];
}
/** Rows of a table and of all that inherit from it, partitions too. `attributes` are the named table's; a child's columns of the same names
 *  give the values. -1 tells which table a row comes from. */
export interface AppendScan extends Node {
  readonly kind: "AppendScan";
  readonly relation: Oid;
  readonly alias: string;
  readonly attributes: readonly number[];
}
/** A relation computed from engine state: pg_catalog, information_schema, redis.*. `provider` is its qualified name. */
export interface SystemScan extends Node {
  readonly kind: "SystemScan";
  readonly provider: string;
  readonly alias: string;
  readonly attributes: readonly number[];
}
/** A function in FROM; a set-returning one gives many rows. ROWS FROM has several calls. */
export interface FunctionScan extends Node {
  readonly kind: "FunctionScan";
  readonly calls: readonly Expression[];
  readonly alias: string;
  readonly withOrdinality: boolean;
}
export interface Values extends Node {
  readonly kind: "Values";
  readonly rows: readonly (readonly Expression[])[];
}
/** Reads a With entry (or, inside a recursive term, the working table) by its id. */
export interface CteScan extends Node {
  readonly kind: "CteScan";
  readonly cteId: number;
  readonly name: string;
  readonly alias: string;
}

/** TABLESAMPLE over a Scan that gives its row ids, or over a SystemScan: about `percentage` of 100 rows; with `seed` the same ones every time. */
export interface Sample extends Node {
  readonly kind: "Sample";
  readonly input: LogicalPlan;
  readonly method: "system" | "bernoulli";
  readonly percentage: Expression;
  readonly seed?: Expression;
  readonly rowId?: ColumnId;
}
/** Keeps the rows for which `predicate` is true; null counts as false. */
export interface Filter extends Node {
  readonly kind: "Filter";
  readonly input: LogicalPlan;
  readonly predicate: Expression;
  /** What a condition above could tell of the rows that this one hides must not be judged before it: row level security, security_barrier. */
  readonly barrier?: true;
}
/** `expressions[i]` computes `columns[i]`. A call of a set-returning function at the top of an expression multiplies rows (ProjectSet). */
export interface Project extends Node {
  readonly kind: "Project";
  readonly input: LogicalPlan;
  readonly expressions: readonly Expression[];
}
/** columns: left's then right's (semi, anti: left's only). `lateral`: right may refer to left's columns. No condition: cross. */
export interface Join extends Node {
  readonly kind: "Join";
  readonly type: "inner" | "left" | "right" | "full" | "semi" | "anti";
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
  readonly condition?: Expression;
  readonly lateral: boolean;
}
export interface AggregateCall {
  readonly functionId: string;
  /** Of an ordered-set aggregate: what WITHIN GROUP orders, which `orderBy` mentions again. */
  readonly args: readonly Expression[];
  /** WITHIN GROUP: the arguments in the call's own parentheses, evaluated once per group; they read nothing but group keys. */
  readonly direct?: readonly Expression[];
  readonly distinct: boolean;
  readonly orderBy: readonly SortKey[];
  readonly filter?: Expression;
  readonly type: Oid;
  readonly typmod: number;
  readonly name: string;
}
/** columns: one per group key, one per aggregate, one per `groupings`. `groupingSets` (indexes into keys) when not simply all keys. */
export interface Aggregate extends Node {
  readonly kind: "Aggregate";
  readonly input: LogicalPlan;
  readonly keys: readonly Expression[];
  /** So many of the last keys are determined by the others (a table grouped by its primary key): nothing changes without them. */
  readonly dependentKeys?: number;
  readonly aggregates: readonly AggregateCall[];
  readonly groupingSets?: readonly (readonly number[])[];
  /** GROUPING(…): a bit per key (indexes into keys), set when the row's grouping set leaves the key out; the last is the lowest. */
  readonly groupings?: readonly (readonly number[])[];
}
/** columns: the input's, then one per call. Calls with the same `specification` stand together and share PARTITION BY and ORDER BY. */
export interface Window extends Node {
  readonly kind: "Window";
  readonly input: LogicalPlan;
  readonly calls: readonly {
    readonly call: AggregateCall;
    readonly specification: number;
    readonly partitionBy: readonly Expression[];
    readonly orderBy: readonly SortKey[];
    readonly frame: WindowFrame;
  }[];
}
export type FrameBound =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  | { readonly kind: "preceding" | "following"; readonly offset: Expression };
export interface WindowFrame {
  readonly mode: "range" | "rows" | "groups";
  readonly start: FrameBound;
  readonly end: FrameBound;
  readonly exclude: "none" | "current" | "group" | "ties";
}
export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
  /** USING ~<~: by bytes, whatever the text's collation is. The binder makes a key without it of this. */
  readonly byBytes?: boolean;
}
export interface Sort extends Node {
  readonly kind: "Sort";
  readonly input: LogicalPlan;
  readonly keys: readonly SortKey[];
}
export interface Limit extends Node {
  readonly kind: "Limit";
  readonly input: LogicalPlan;
  readonly count?: Expression;
  readonly offset?: Expression;
  readonly withTies: boolean;
}
/** DISTINCT, or DISTINCT ON (keys): the first row of each key in input order. */
export interface Distinct extends Node {
  readonly kind: "Distinct";
  readonly input: LogicalPlan;
  readonly on?: readonly Expression[];
}
/** Inputs have as many columns as the node, same types, matched by place. */
export interface SetOperation extends Node {
  readonly kind: "SetOperation";
  readonly operation: "union" | "intersect" | "except";
  readonly all: boolean;
  readonly left: LogicalPlan;
  readonly right: LogicalPlan;
}
export interface CommonTable {
  readonly cteId: number;
  readonly name: string;
  readonly columns: readonly PlanColumn[];
  readonly plan: LogicalPlan;
  readonly materialized: boolean | undefined;
  /** WITH RECURSIVE: `plan` is the non-recursive term; this is the recursive one; `all` = UNION ALL. */
  readonly recursive?: { readonly term: LogicalPlan; readonly all: boolean };
}
/** Entries may refer to earlier ones. Data-modifying entries run once, to the end, whether read or not. */
export interface With extends Node {
  readonly kind: "With";
  readonly tables: readonly CommonTable[];
  readonly body: LogicalPlan;
}
/** FOR UPDATE…: `rowIds` are the input's row-id columns (Scan attribute 0) of the relations to lock. */
export interface LockRows extends Node {
  readonly kind: "LockRows";
  readonly input: LogicalPlan;
  readonly strength: "update" | "noKeyUpdate" | "share" | "keyShare";
  readonly waitPolicy: "block" | "skip" | "error";
  readonly targets: readonly { readonly relation: Oid; readonly rowId: ColumnId; readonly tableOid?: ColumnId }[];
}
/** `source` gives one column per entry of `attributes`, already of the attribute's type and modifier; attributes left out get
 *  `defaults` (one expression per remaining attribute that has a default or identity). columns: RETURNING's. */
export interface Insert extends Node {
  readonly kind: "Insert";
  readonly relation: Oid;
  readonly attributes: readonly number[];
  readonly source: LogicalPlan;
  /** What the statement writes by name, for privileges; defaults are not among it. */
  readonly given: readonly number[];
  readonly through?: ViewPassages;
  readonly onConflict?: OnConflict;
  readonly returning?: Returning;
  readonly rowChecks?: RowChecks;
}
/** The views that a statement names its table by, outermost first: their rights are asked too. What it does is told in columns of the outermost. */
export interface ViewPassages {
  readonly views: readonly ViewPassage[];
  readonly read: readonly number[];
  readonly inserted?: readonly number[];
  readonly updated?: readonly number[];
}
export interface ViewPassage {
  readonly view: Oid;
  /** For each column of the view which one of the relation below it is; 0: none, it cannot be written. */
  readonly columns: readonly number[];
  /** What the view's query reads of the relation below. */
  readonly reads: readonly number[];
}
/** WITH CHECK OPTION and policies: what rows must meet. `row`: one column per live attribute of the table. */
export interface RowChecks {
  readonly row: readonly PlanColumn[];
  readonly checks: readonly RowCheck[];
}
export interface RowCheck {
  /** `existing`: it judges the row that is there, for ON CONFLICT DO UPDATE or MERGE; of a view, that it is one of the view's. */
  readonly source:
    | { readonly kind: "view"; readonly view: string; readonly existing?: true }
    /** `policy`: a restrictive one that fails alone. */
    | { readonly kind: "policy"; readonly table: string; readonly policy?: string; readonly existing?: "conflict" | "merge" };
  readonly predicate: Expression;
}
/** `target` columns ids of the existing row are in `existing`, of the proposed row in `excluded` (one per attribute, attnum order). */
export interface OnConflict {
  readonly action: "nothing" | "update";
  /** Arbiter indexes (their relation OIDs); empty: any unique index (only for nothing). */
  readonly arbiters: readonly Oid[];
  readonly existing: readonly PlanColumn[];
  readonly excluded: readonly PlanColumn[];
  readonly assignments: readonly { readonly attribute: number; readonly value: Expression }[];
  readonly where?: Expression;
  /** What the clause mentions, for privileges: attributes; of a view, through which the statement goes, they are among what that reads. */
  readonly reads: readonly number[];
  /** Policies and conditions of views: of the row that is there, and of what DO UPDATE makes of it. */
  readonly existingChecks?: RowChecks;
  readonly updateChecks?: RowChecks;
}
/** Expressions over `row`, the columns of the new (DELETE: old) row, one per attribute in attnum order. Update, Delete: also over the source's columns. */
export interface Returning {
  readonly row: readonly PlanColumn[];
  /** INSERT: the row that ON CONFLICT found; MERGE: the row as it is now, NULL when it was deleted. One per attribute in attnum order; for OLD and NEW. */
  readonly other?: readonly PlanColumn[];
  /** merge_action(). */
  readonly action?: PlanColumn;
  /** tableoid, where it is asked for. */
  readonly tableOid?: PlanColumn;
  readonly expressions: readonly Expression[];
}
/** `source` gives the target's row id (`rowId`), all live attributes of the old row (`oldRow`, attnum order), and whatever FROM brings. */
export interface Update extends Node {
  readonly kind: "Update";
  readonly relation: Oid;
  readonly source: LogicalPlan;
  readonly rowId: ColumnId;
  /** Where the rows may be of several tables (AppendScan): the column that says which. */
  readonly tableOid?: ColumnId;
  readonly oldRow: readonly PlanColumn[];
  readonly assignments: readonly { readonly attribute: number; readonly value: Expression }[];
  readonly through?: ViewPassages;
  readonly returning?: Returning;
  readonly rowChecks?: RowChecks;
}
export interface Delete extends Node {
  readonly kind: "Delete";
  readonly relation: Oid;
  readonly source: LogicalPlan;
  readonly rowId: ColumnId;
  readonly tableOid?: ColumnId;
  readonly oldRow: readonly PlanColumn[];
  readonly through?: ViewPassages;
  readonly returning?: Returning;
}
/** `source` gives pairs: source columns, the target's row id (`rowId`, NULL without a target row), its old row. `sourceMarker` is NULL without a source row. */
export interface Merge extends Node {
  readonly kind: "Merge";
  readonly relation: Oid;
  readonly source: LogicalPlan;
  readonly rowId: ColumnId;
  readonly sourceMarker?: ColumnId;
  /** Where the target's rows may be of several tables: the column that says which. */
  readonly tableOid?: ColumnId;
  readonly oldRow: readonly PlanColumn[];
  readonly whens: readonly MergeWhen[];
  readonly returning?: Returning;
  /** Policies: of new rows, and of rows that are to be changed. */
  readonly checks?: {
    readonly insert: RowChecks;
    readonly update: RowChecks;
    readonly existingUpdate: RowChecks;
    readonly existingDelete: RowChecks;
  };
}
export interface MergeWhen {
  readonly match: "matched" | "notMatchedBySource" | "notMatchedByTarget";
  readonly condition?: Expression;
  readonly action:
    | { readonly kind: "nothing" | "delete" }
    | { readonly kind: "update"; readonly assignments: readonly { readonly attribute: number; readonly value: Expression }[] }
    /** Every attribute that is stored, defaults included. */
    | {
        readonly kind: "insert";
        readonly values: readonly { readonly attribute: number; readonly value: Expression }[];
        /** The attributes that the statement names: what the user must be allowed to write. */
        readonly given: readonly number[];
      };
}
