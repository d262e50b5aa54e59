/**
 * How a plan runs: what the engine hands to an execution and what it gets back.
 *
 * A PhysicalPlan is immutable and reusable: many executions, also at the same time, with different parameters. An execution
 * belongs to one statement of one transaction and is synchronous; what must wait is thrown as a signal (signals.ts).
 */
import type { CatalogReader, TableObject } from "../catalog/index.js";
import type { EvaluationContext, FunctionRegistry } from "../functions/registry.js";
import type { Engine, NativeAddon, Xid } from "../native/addon.js";
import type { Expression, PlanColumn } from "../plan/index.js";
import type { Datum, FormatContext, Oid, Row } from "../types/index.js";
import type { IndexSearch } from "./index-search.js";
import type { InvertedKeys } from "./inverted-query.js";
import type { EncodedOutputs, EncodedStep } from "./native-pipeline/pipeline.js";
import type { NearestSelect } from "./nearest-select.js";
import type { Steps } from "./operator.js";
import type { PointSelect } from "./point-select.js";
import type { PointWrite } from "./point-write.js";

/** The parts of the addon that operators use; tests pass fakes. */
export type ExecutionNative = Pick<NativeAddon, "storage" | "vector" | "exec"> & {
  readonly engine: Pick<NativeAddon["engine"], "lastError">;
};

export interface ExecutionContext {
  readonly native: ExecutionNative;
  readonly engine: Engine;
  /** 0: a statement whose plan says `needsTransaction: false`; its scan reads a snapshot of its own. */
  readonly xid: Xid;
  /** Read committed: a conflict restarts the statement; otherwise it ends in 40001. */
  readonly restartable: boolean;
  readonly parameters: readonly Datum[];
  readonly evaluation: EvaluationContext;
  readonly catalog: CatalogReader;
  /** Throws DbError 57014 when the statement was cancelled or ran out of time. Called about once per block of rows. */
  checkCancel(): void;
  /** For pipelines that run on other threads; absent: nobody can wait for them, they run on this thread. */
  readonly waits?: BackgroundWaits | undefined;
  /** work_mem of one statement: operators that hold rows fail with 53200 beyond it. */
  readonly memoryLimitBytes: number;
  /** Foreign keys that are DEFERRABLE INITIALLY DEFERRED (or SET CONSTRAINTS … DEFERRED): run before the commit, with that moment's context. */
  deferUntilCommit(check: (context: ExecutionContext) => Steps<void>, constraint: Oid): void;
  isDeferred(constraint: Oid, initiallyDeferred: boolean): boolean;
}

/** Waiting for the addon's threads without holding this one. */
export interface BackgroundWaits {
  /** Names the events of one run. */
  newToken(): number;
  /** Resolves with the token's next event; rejects when the statement is cancelled or out of time. */
  next(token: number): Promise<void>;
}

export interface PlannerSettings {
  setting(name: string): string | undefined;
}

/** Estimates of table sizes, by native relation id. */
export interface Statistics {
  rowCount(storage: number): number;
  /** Distinct values of an attribute, from ANALYZE; undefined = unknown. */
  distinctCount?(table: Oid, attribute: number): number | undefined;
  /** Whether the relations over keys can be read in the order of keys, from any key on. */
  keysAreOrdered?(): boolean;
  /** Inverted indexes: keys of values, and how many rows meet a query at most. */
  readonly inverted?: {
    readonly keys: InvertedKeys;
    rows(index: number, query: Uint32Array): number;
  };
}

/**
 * Expressions that the catalog keeps as SQL: defaults, checks, generated columns, index predicates. Implemented by the engine over
 * the front end (parse, bind over the table's row); may cache by (catalog version, sql).
 */
export interface StoredExpressions {
  /** `row` has one column per attribute of the table (dropped ones included), in attnum order; `expression` refers to its ids. */
  bindOverTable(table: TableObject, sql: string): { readonly row: readonly PlanColumn[]; readonly expression: Expression };
  /** A default, coerced to the attribute's type and modifier as in an assignment. */
  bindDefault(table: TableObject, attribute: number, sql: string): Expression;
}

export interface PlanContext {
  readonly catalog: CatalogReader;
  readonly registry: FunctionRegistry;
  readonly statistics: Statistics;
  readonly settings: PlannerSettings;
  readonly stored: StoredExpressions;
  /** Whether the user may read the column, or (0) all of the table: errors do not show the values of others. Absent: everything. */
  readonly mayRead?: (user: string, table: TableObject, attribute: number) => boolean;
}

export interface PhysicalPlan {
  readonly columns: readonly PlanColumn[];
  /** False only for a read that opens at most one scan and calls nothing volatile: it may run with xid 0. */
  readonly needsTransaction: boolean;
  /** The statement is one lookup by a unique key: the addon can answer it with encoded rows. */
  readonly point?: PointSelect | undefined;
  /** The statement is a search of an index by a list of keys or a range that an I/O thread can run. */
  readonly search?: IndexSearch | undefined;
  /** The statement is a search of an HNSW index by a parameter's vector that an I/O thread can run. */
  readonly nearest?: NearestSelect | undefined;
  /** The statement is a write of one row that an I/O thread can run. */
  readonly pointWrite?: PointWrite | undefined;
  /** Why no I/O thread can run the statement; undefined: it can. */
  readonly coldReason: string | undefined;
  /** The fields to ask Execution.nextEncoded for; undefined: rows must be encoded by TypeScript. */
  encodedOutputs(formats: readonly number[], format: FormatContext): Uint32Array | undefined;
  /** Has INSERT, UPDATE, DELETE or row locks anywhere. */
  readonly writes: boolean;
  open(context: ExecutionContext): Execution;
  explain(options: ExplainOptions, execution?: Execution): string[];
}

export interface Execution {
  /** Up to `maxRows` rows (0 = a batch of any size); an empty array only at the end. */
  next(maxRows: number): Row[];
  /** The work that `next` would do before its first row, in steps; for statements that change rows. */
  steps(): Steps<void>;
  /** DataRow messages in place of rows, after encodedOutputs said so; "general": from now on `next` gives the rows that are left. */
  nextEncoded(outputs: EncodedOutputs): EncodedStep;
  /** Rows inserted, updated, deleted, or returned so far by the top of the statement. */
  readonly affectedRows: number;
  /** Measures every operator, for EXPLAIN ANALYZE; before the first `next`. */
  instrument(): void;
  close(): void;
}

export interface ExplainOptions {
  readonly analyze: boolean;
  readonly verbose: boolean;
  readonly costs: boolean;
  readonly timing: boolean;
  readonly summary: boolean;
  readonly format: "text" | "json" | "xml" | "yaml";
  readonly planningMs?: number;
  readonly executionMs?: number;
}

/** Texts of the first column between two bounds, both included (UTF-8; undefined: none), ascending or descending. */
export interface TextRange {
  readonly lower?: Uint8Array | undefined;
  readonly upper?: Uint8Array | undefined;
  readonly backward: boolean;
}

/**
 * Rows of a computed relation. `filters` are equalities (column index, value) that the provider may use; they are checked again. `range`: only
 * the rows in it, in its order; asked only of a relation over keys.
 */
export type SystemProvider = (
  context: ExecutionContext,
  filters: readonly { readonly column: number; readonly value: Datum }[],
  range?: TextRange,
) => Iterable<Row>;
