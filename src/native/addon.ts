/**
 * The typed face of the addon: exactly the functions that native/binding exports. Nothing else imports the binary.
 *
 * Conventions
 *  - `Engine` is an opaque handle; every function takes it first. Transactions are numbers (xid), safe integers.
 *  - A function that can fail in an expected way returns a status number (StatusCode); `engine.lastError(engine)` on the
 *    same thread tells detail, object and message of the last non-zero status. Misuse throws TypeError.
 *  - Blocks (docs/formats/block.md) are Uint8Array views; the addon does not keep them after the call returns.
 *  - Each call is one border crossing and is counted: `crossings()`.
 */
import type { KeyspaceBinding } from "./keyspace.js";

export type Engine = { readonly brand: "Engine" };
export type Xid = number;

export interface StatusDetail {
  readonly code: number;
  readonly detail: number;
  readonly object: number;
  readonly message: string;
}

export interface EngineOptions {
  /** Data folder; null = in memory (no log, no files). */
  readonly folder: string | null;
  /** Checkpoint after this many bytes of log. */
  readonly checkpointLogBytes?: number;
  /** Keep log segments that a checkpoint made unnecessary (replay tests, archiving). */
  readonly keepLog?: boolean;
}

/** Events arrive in batches on the thread that subscribed: flat triples are avoided, they are rare next to commands. */
export type EngineEvent =
  | { readonly kind: "flushed"; readonly lsn: number } // all commits up to lsn are durable (coalesced: the newest)
  | { readonly kind: "logFailed"; readonly message: string; readonly code: number } // the log refuses everything from now on; code: StatusCode
  | { readonly kind: "told"; readonly text: string } // see tell()
  | { readonly kind: "waitOver"; readonly token: number } // see storage.waitFor, keyspace waits
  | {
      readonly kind: "message";
      readonly subscriber: number;
      readonly channel: Uint8Array;
      readonly payload: Uint8Array;
      readonly pattern: Uint8Array | null;
      readonly sharded: boolean;
    }
  | { readonly kind: "invalidate"; readonly client: number; readonly key: Uint8Array | null; readonly broadcast: boolean } // CLIENT TRACKING
  | { readonly kind: "catalog"; readonly version: number };

export interface EngineBinding {
  /** Opens or (same folder, same process) attaches. Throws Error with `.status` (a StatusDetail) when the folder cannot be used:
   *  kCorrupt names file and offset; kInvalid a foreign folder; kReadOnly not writable; kLimit in use by another process. */
  open(options: EngineOptions): Engine;
  /** Detaches this thread; the last one checkpoints, flushes and closes. */
  close(engine: Engine): void;
  lastError(engine: Engine): StatusDetail;
  /** One listener per thread; called with a batch. Does not keep the process alive. */
  onEvents(engine: Engine, listener: (events: EngineEvent[]) => void): void;
  /** Ask for a `flushed` event once durable up to lsn. */
  requestFlush(engine: Engine, lsn: number): void;
  flushedLsn(engine: Engine): number;
  /** Sends `text` to every other thread that is attached to the engine, as a `told` event. */
  tell(engine: Engine, text: string): void;
  /** A second descriptor of the same open socket: another thread goes on with the connection and closes it by itself. */
  duplicateDescriptor(descriptor: number): number;
  /** Resolves when the checkpoint is complete. */
  checkpoint(engine: Engine): Promise<void>;
  /** Bytes: resident by room, log position, counters. Keys are stable names. */
  statistics(engine: Engine): Record<string, number>;
  /** Digest of rows, keys, catalog and index answers, hex: equal for equal databases (replay test). */
  digest(engine: Engine): string;
  /** Reads control file, checkpoint and log of a folder that is not open, and changes nothing: `orrery check`. Throws as `open` when
   *  it cannot be read; damage is in `problems`. tornBytes: the unfinished end that a start would cut off. */
  verify(folder: string): {
    readonly ok: boolean;
    readonly records: number;
    readonly lastLsn: number;
    readonly tornBytes: number;
    readonly problems: readonly string[];
  };
}

/** Physical column of a relation. */
export interface PhysicalColumn {
  readonly type: number;
  readonly dimensions?: number;
}
/** How an index orders: `kind` is KeyKind; `attribute` the column index (0-based). */
export interface KeyColumn {
  readonly column: number;
  readonly kind: number;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export interface StorageBinding {
  begin(engine: Engine, isolation: 0 | 1 | 2): Xid;
  /** Starts the next command of the transaction: own earlier changes become visible; at read committed a new snapshot. */
  nextCommand(engine: Engine, xid: Xid): void;
  /** LSN to wait for (0: nothing to wait for), or -1 with lastError. The xid is dead afterwards either way. */
  commit(engine: Engine, xid: Xid): number;
  rollback(engine: Engine, xid: Xid): void;
  savepoint(engine: Engine, xid: Xid): number;
  rollbackTo(engine: Engine, xid: Xid, savepoint: number): void;
  release(engine: Engine, xid: Xid, savepoint: number): void;
  /** Waits for the end of `blocker`: 0 = it is over already; kWait (1) = a waitOver event with `token` follows; kDeadlock. */
  waitFor(engine: Engine, xid: Xid, blocker: Xid, token: number): number;
  cancelWait(engine: Engine, xid: Xid): void;

  /** A fresh storage id (relations, indexes, sequences, catalog OIDs share the counter with `allocateOid`). */
  allocateOid(engine: Engine): number;
  /** Definitions follow the transaction: gone on rollback; a dropped one stays readable to older snapshots. */
  createRelation(engine: Engine, xid: Xid, relation: number, columns: readonly PhysicalColumn[]): number;
  dropRelation(engine: Engine, xid: Xid, relation: number): number;
  /** New last column; rows that exist read the single value in `missing` (a one-row, one-column block) or NULL. */
  addColumn(engine: Engine, xid: Xid, relation: number, column: PhysicalColumn, missing: Uint8Array | null): number;
  truncate(engine: Engine, xid: Xid, relation: number): number;
  /** Builds from all rows that the transaction sees. kUniqueViolation when they collide. Unique: NULLs are distinct unless nullsNotDistinct. */
  createIndex(
    engine: Engine,
    xid: Xid,
    index: number,
    relation: number,
    columns: readonly KeyColumn[],
    unique: boolean,
    nullsNotDistinct: boolean,
  ): number;
  dropIndex(engine: Engine, xid: Xid, index: number): number;

  /** Appends the block's rows (all columns, in order); row ids are written to `rowIds` (length >= rows) when given. Atomic: on a
   *  non-zero status nothing of the block is there. kUniqueViolation: object = index, detail = existing row id; lastError.message = "row N" of the block. */
  insert(engine: Engine, xid: Xid, relation: number, block: Uint8Array, rowIds: Float64Array | null): number;
  /** New versions for the block's row ids (block has row ids and all columns; `changed` = indexes of columns that may differ, so
   *  that unchanged indexes and out-of-line values are kept). kWait, kSerializationFailure, kUniqueViolation as above.
   *  At read committed a row changed after the snapshot by a committed transaction is kSerializationFailure too: the caller restarts the statement. */
  update(engine: Engine, xid: Xid, relation: number, block: Uint8Array, changed: Uint32Array): number;
  delete(engine: Engine, xid: Xid, relation: number, rowIds: Float64Array): number;
  /** Row locks without change; row id 0 is the relation itself, a lock that only lockers meet (no reader or writer). strength: 0 key share, 1 share, 2 no key update, 3 update. */
  lockRows(engine: Engine, xid: Xid, relation: number, rowIds: Float64Array, strength: 0 | 1 | 2 | 3): number;

  /** Opens a scan over what the transaction sees (xid 0: a snapshot of now, released by scanClose). `columns` = physical column indexes to read. */
  scanOpen(engine: Engine, xid: Xid, relation: number, columns: Uint32Array, withRowIds: boolean): number;
  /** Index scan in key order. Bounds are key values as one-row blocks of the first k key columns (null = open). */
  indexScanOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    columns: Uint32Array,
    withRowIds: boolean,
    lower: Uint8Array | null,
    lowerInclusive: boolean,
    upper: Uint8Array | null,
    upperInclusive: boolean,
    backward: boolean,
  ): number;
  /** The visible rows of an index for many keys at once (a block of key rows, all key columns): nested-loop joins, foreign keys. The
   *  result blocks carry as their LAST column an int32: the number of the key row it belongs to. */
  indexLookupOpen(engine: Engine, xid: Xid, index: number, columns: Uint32Array, withRowIds: boolean, keys: Uint8Array): number;
  /** Rows by row id, in the order given, invisible ones left out. */
  fetchOpen(engine: Engine, xid: Xid, relation: number, columns: Uint32Array, rowIds: Float64Array): number;
  /** Writes the next block into `block` and returns its row count; 0 = the end. -n = the buffer must have at least n bytes. */
  scanNext(engine: Engine, scan: number, block: Uint8Array, maxRows: number): number;
  scanClose(engine: Engine, scan: number): void;

  rowCountEstimate(engine: Engine, relation: number): number;
  relationBytes(engine: Engine, relation: number): number;
  /** Vacuums now what the background would some time; the number of steps that did something, at most `steps`. */
  vacuum(engine: Engine, relation: number, steps?: number): number;

  /** Sequences: values survive rollback and crash, never go back. Decimal strings carry int8 exactly. */
  createSequence(
    engine: Engine,
    xid: Xid,
    sequence: number,
    increment: string,
    min: string,
    max: string,
    start: string,
    cycle: boolean,
  ): number;
  alterSequence(engine: Engine, xid: Xid, sequence: number, increment: string, min: string, max: string, cycle: boolean): number;
  dropSequence(engine: Engine, xid: Xid, sequence: number): number;
  /** The next value; null with lastError kLimit at the end of a sequence that does not cycle. */
  nextValue(engine: Engine, sequence: number): number | bigint | null;
  setValue(engine: Engine, sequence: number, value: bigint, isCalled: boolean): number;
  readSequence(engine: Engine, sequence: number): { readonly lastValue: bigint; readonly isCalled: boolean };

  /** The catalog relation: one row per object. `catalogPut` replaces. Version = commit count of transactions that touched it. */
  catalogPut(engine: Engine, xid: Xid, oid: number, json: string): number;
  catalogDelete(engine: Engine, xid: Xid, oid: number): number;
  catalogVersion(engine: Engine): number;
  /** Committed objects changed after `sinceVersion` (0 = all): [oid, json or null when gone]. */
  catalogChanges(
    engine: Engine,
    sinceVersion: number,
  ): { readonly version: number; readonly changes: readonly (readonly [number, string | null])[] };
}

/** Filled in by the rooms' own files. */
export interface VectorIndexFacts {
  readonly rows: number;
  /** Nodes of rows that are gone: walked through until they are repaired around. */
  readonly removed: number;
  /** Nodes linked by a walk since the process started, and those read from the image of a checkpoint. */
  readonly inserted: number;
  readonly loaded: number;
  /** Row id of the entry point; 0: none. */
  readonly entryRow: number;
  readonly levels: number;
  readonly bytes: number;
}

/** Metrics of vector indexes and scans: l2 1, inner product 2, cosine 3, l1 4 (VectorMetric in vector.ts). */
export interface VectorBinding {
  /** Builds an HNSW index over a vector column from all rows that the transaction sees, with all cores, off this thread: nothing
   *  else may use the transaction until the promise resolves, with a status. It stays attached to the relation: every later insert and
   *  update reaches it. NULLs are left out, under cosine zero vectors too. storage.dropIndex drops it. */
  createIndex(
    engine: Engine,
    xid: Xid,
    index: number,
    relation: number,
    column: number,
    metric: number,
    m: number,
    efConstruction: number,
  ): Promise<number>;
  /** The same for an IVFFlat index with `lists` lists; metrics 1 to 3. */
  createIvfflat(engine: Engine, xid: Xid, index: number, relation: number, column: number, metric: number, lists: number): Promise<number>;
  /** Nearest rows of the `probes` nearest lists first, then of the next `probes`, until `maxProbes` lists were read. Other arguments and
   *  blocks as in searchOpen. */
  ivfflatOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    query: Float32Array,
    probes: number,
    maxProbes: number,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** Entries of an IVFFlat index; null: there is none. */
  ivfflatRows(engine: Engine, index: number): number | null;
  /** Nearest rows first, through the graph. `columns` as in storage.scanOpen; blocks carry as their LAST column the float64 distance as
   *  SQL gives it (`<->`, `<#>`, `<=>`, `<+>`). The scan goes on beyond `ef` rows, until every matching row was returned once; the first
   *  max(ef, limit) rows come in order, later batches approximately so. `limit` = rows that will probably be taken, 0 = not known.
   *  `predicate` (PredicateBuilder) is evaluated during the walk. kNotFound, kInvalid (dimensions, predicate): 0 with lastError.
   *  scanNext and scanClose of storage serve it. */
  searchOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    query: Float32Array,
    ef: number,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** The same without an index: every visible matching row whose vector is not NULL is compared. Exact; `limit` 0 = all rows, ordered. */
  exactOpen(
    engine: Engine,
    xid: Xid,
    relation: number,
    column: number,
    metric: number,
    query: Float32Array,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** null: there is no such vector index. */
  indexFacts(engine: Engine, index: number): VectorIndexFacts | null;
}
/** A prepared point select; dies with the plan that holds it. */
export type PointPipeline = { readonly brand: "PointPipeline" };

export interface ExecBinding {
  /** The visible row for one whole key (a one-row block of all key columns) of a unique index: open, next and close of an index scan in
   *  one crossing. 0 or 1 rows, or -n as scanNext. */
  lookupRow(engine: Engine, xid: Xid, index: number, columns: Uint32Array, withRowIds: boolean, key: Uint8Array, block: Uint8Array): number;
  /** Rows by the whole key of a B-tree, encoded as DataRow messages. `outputs`: [column, wire kind, binary]… per result column
   *  (src/execution/wire-kind.ts). null: no native form. */
  preparePoint(engine: Engine, index: number, outputs: Uint32Array): PointPipeline | null;
  /** `key`: a one-row block of all key columns, or the number of a single integer column. Returns rows * 2^32 + bytes written to `out`;
   *  negative: nothing was written, `out` must have at least that many bytes. xid 0: a snapshot of now. */
  runPoint(engine: Engine, pipeline: PointPipeline, xid: Xid, key: number | Uint8Array, out: Uint8Array): number;
  /** A native pipeline (docs/formats/pipeline.md) as a scan: close it with storage.scanClose. 0: the program does not fit. */
  pipelineOpen(engine: Engine, xid: Xid, program: Uint8Array, memoryLimitBytes: number): number;
  /** Fills a block. Rows; 0: the end; -1: the time is over, call again; -2: the general operators must run the plan; -3: more memory than
   *  the limit; -n (n >= 16): the block must have at least n bytes. */
  pipelineNext(engine: Engine, pipeline: number, block: Uint8Array, maxRows: number, budgetMicros: number): number;
  /** The same as DataRow messages: rows * 2^32 + bytes written. `outputs`: [column, wire kind, binary] of each field. */
  pipelineRows(engine: Engine, pipeline: number, outputs: Uint32Array, out: Uint8Array, budgetMicros: number): number;
}

export interface NativeAddon {
  readonly engine: EngineBinding;
  readonly storage: StorageBinding;
  readonly keyspace: KeyspaceBinding;
  readonly vector: VectorBinding;
  readonly exec: ExecBinding;
  /** Border crossings of this process so far. */
  crossings(): number;
}
