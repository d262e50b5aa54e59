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
import type { CollationBinding } from "./collation.js";
import type { IoBinding } from "./io.js";
import type { KeyspaceBinding } from "./keyspace.js";
import type { LocksBinding } from "./locks.js";
import type { VectorTextBinding } from "./vector-text.js";

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
  /** What the listener would be called with next; it is not called with that any more. null: nothing waits. */
  takeEvents(engine: Engine): EngineEvent[] | null;
  /** Ask for a `flushed` event once durable up to lsn. */
  requestFlush(engine: Engine, lsn: number): void;
  flushedLsn(engine: Engine): number;
  /** Sends `text` to every other thread that is attached to the engine, as a `told` event. */
  tell(engine: Engine, text: string): void;
  /** A second descriptor of the same open socket: another thread goes on with the connection and closes it by itself. */
  duplicateDescriptor(descriptor: number): number;
  /** The other end of an open socket has closed it. */
  peerHasLeft(descriptor: number): boolean;
  /** JavaScript of this thread may recurse as deep as the thread's stack goes; V8's own limit is an eighth of it. */
  useWholeStack(): void;
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

/** A column of an inverted index; `kind` is InvertedKind. */
export interface InvertedColumn {
  readonly column: number;
  readonly kind: number;
}

export interface StorageBinding {
  /** `process`: the session it belongs to, for deadlocks and pg_locks. */
  begin(engine: Engine, isolation: 0 | 1 | 2, process?: number, readOnly?: boolean): Xid;
  /** Publishes the snapshot of the transaction's current statement under the name that is returned, until the transaction ends. */
  exportSnapshot(engine: Engine, xid: Xid, process: number, readOnly: boolean): string;
  /** Begins a transaction that sees what a published snapshot shows. Not begun: -1 there is no such name, -2 its source is not serializable, -3 it is read only. */
  beginWithSnapshot(engine: Engine, name: string, isolation: 1 | 2, process: number, readOnly: boolean): Xid;
  /** Starts the next command of the transaction: own earlier changes become visible; at read committed a new snapshot unless kept. */
  nextCommand(engine: Engine, xid: Xid, keepSnapshot?: boolean): void;
  /** LSN to wait for (0: nothing to wait for), or -1 with lastError. The xid is dead afterwards either way. */
  commit(engine: Engine, xid: Xid): number;
  rollback(engine: Engine, xid: Xid): void;
  savepoint(engine: Engine, xid: Xid): number;
  rollbackTo(engine: Engine, xid: Xid, savepoint: number): void;
  release(engine: Engine, xid: Xid, savepoint: number): void;
  /** Undoes a statement that will run again, from `savepoint` on or (null) whatever the transaction has done; row locks stay. */
  restartFrom(engine: Engine, xid: Xid, savepoint: number | null): void;
  /** Why a serializable transaction must be rolled back (the DETAIL); an empty text: it may go on. */
  refusal(engine: Engine, xid: Xid): string;
  /** READ ONLY DEFERRABLE: 0: no anomaly can be seen at the transaction's snapshot; a xid whose end decides; -1: begin again. */
  snapshotSafety(engine: Engine, xid: Xid): number;
  /** Waits for the end of `blocker`: 0 = it is over already; kWait (1) = a waitOver event with `token` follows. Deadlocks: locks.waits. */
  waitFor(engine: Engine, xid: Xid, blocker: Xid, token: number): number;
  /** Its place in the queue of a row stays until `leaveQueue`. */
  cancelWait(engine: Engine, xid: Xid): void;
  /** The statement is over that waited for a row: who came after it does not wait for it any more. */
  leaveQueue(engine: Engine, xid: Xid): void;

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
  /** The same on a native thread; the transaction must not be used meanwhile. */
  createIndexInBackground(
    engine: Engine,
    xid: Xid,
    index: number,
    relation: number,
    columns: readonly KeyColumn[],
    unique: boolean,
    nullsNotDistinct: boolean,
  ): Promise<number>;
  /** An inverted index: the keys inside of the columns' values (InvertedKind says which). Built from the rows that are there, on a native thread;
   *  the transaction must not be used meanwhile. */
  createInverted(engine: Engine, xid: Xid, index: number, relation: number, columns: readonly InvertedColumn[]): Promise<number>;
  dropIndex(engine: Engine, xid: Xid, index: number): number;

  /** Appends the block's rows (all columns, in order); row ids are written to `rowIds` (length >= rows) when given. Atomic: on a
   *  non-zero status nothing of the block is there. kUniqueViolation: object = index, detail = existing row id; lastError.message = "row N" of the block. */
  insert(engine: Engine, xid: Xid, relation: number, block: Uint8Array, rowIds: Float64Array | null): number;
  /** New versions for the block's row ids (block has row ids and all columns; `changed` = indexes of columns that may differ, so
   *  that unchanged indexes and out-of-line values are kept). kWait, kSerializationFailure, kUniqueViolation as above.
   *  At read committed a row changed after the snapshot by a committed transaction is kSerializationFailure too: the caller locks the newest
   *  versions, judges them and comes again with `reevaluated`, or restarts the statement. */
  update(engine: Engine, xid: Xid, relation: number, block: Uint8Array, changed: Uint32Array, reevaluated?: boolean): number;
  /** `moves`: the rows go to other partitions; who waits for one of them learns it (RowFate.moved). */
  delete(engine: Engine, xid: Xid, relation: number, rowIds: Float64Array, reevaluated?: boolean, moves?: boolean): number;
  /** Row locks without change; row id 0 is the relation itself, a lock that only lockers meet (no reader or writer). strength: 0 key share, 1 share, 2 no key update, 3 update. */
  lockRows(engine: Engine, xid: Xid, relation: number, rowIds: Float64Array, strength: 0 | 1 | 2 | 3): number;
  /** Locks the newest versions, whatever the snapshot sees. `fates` gets RowFate of each row: as the snapshot sees it, changed, gone or moved (not locked). */
  lockNewest(engine: Engine, xid: Xid, relation: number, rowIds: Float64Array, strength: 0 | 1 | 2 | 3, fates: Uint8Array): number;

  /** Opens a scan over what the transaction sees (xid 0: a snapshot of now, released by scanClose). `columns` = physical column indexes to read. */
  /** `newest`: what is committed by now in place of what the snapshot sees, with the transaction's own changes. */
  scanOpen(engine: Engine, xid: Xid, relation: number, columns: Uint32Array, withRowIds: boolean, newest?: boolean): number;
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
  indexLookupOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    columns: Uint32Array,
    withRowIds: boolean,
    keys: Uint8Array,
    nullsEqual?: boolean,
    newest?: boolean,
  ): number;
  /** The keys that an inverted index has for a value as it is stored, in the index's column number `position`. @throws TypeError when it does not parse */
  invertedKeys(kind: number, position: number, value: Uint8Array): Uint32Array;
  /** At most this many entries meet the query: pairs of words in postfix order, InvertedOperation and key or argument count. */
  invertedEstimate(engine: Engine, xid: Xid, index: number, query: Uint32Array): number;
  /** The visible rows that may meet the query, in row id order: the caller judges them. */
  invertedScanOpen(engine: Engine, xid: Xid, index: number, columns: Uint32Array, withRowIds: boolean, query: Uint32Array): number;
  /** Rows that may conflict with others: for each row i of `lower` and `upper` (blocks of the first key columns) the newest versions in that
   *  range, those of open transactions too; `reachBack` also looks below it, within the same first `equalColumns` columns, up to the first
   *  row that is sure to live. Blocks have row ids, and two columns more: i (int32); 0 or the transaction that decides whether the row
   *  lives (int64), negative when the row is a rival only if that one fails. */
  rivalsOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    columns: Uint32Array,
    lower: Uint8Array,
    upper: Uint8Array,
    reachBack: boolean,
    equalColumns: number,
  ): number;
  /** Rows by row id, in the order given, invisible ones left out. `newest`: as they are committed by now. */
  fetchOpen(engine: Engine, xid: Xid, relation: number, columns: Uint32Array, rowIds: Float64Array, newest?: boolean): number;
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
  /** Of the graph; the vectors are the table's. */
  readonly bytes: number;
  /** Rows when recall was last measured; 0: never. */
  readonly probedRows: number;
  /** What walks of rising effort find of the 10 and of the 100 nearest (0: the effort is below that). */
  readonly recall: readonly { readonly ef: number; readonly at10: number; readonly at100: number }[];
}
export interface IvfflatFacts {
  readonly rows: number;
  readonly bytes: number;
}

/** Metrics of vector indexes and scans: l2 1, inner product 2, cosine 3, l1 4 (VectorMetric in vector.ts). */
export interface VectorBinding {
  /** Builds an HNSW index over a vector column from all rows that the transaction sees, with `threads` (0: all cores), off this thread: nothing
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
    quantization: number,
    threads: number,
  ): Promise<number>;
  /** The same for an IVFFlat index with `lists` lists; l2, inner product, cosine, Hamming. */
  createIvfflat(
    engine: Engine,
    xid: Xid,
    index: number,
    relation: number,
    column: number,
    metric: number,
    lists: number,
    threads: number,
  ): Promise<number>;
  /** Nearest rows of the `probes` nearest lists first, then of the next `probes`, until `maxProbes` lists were read. Other arguments and
   *  blocks as in searchOpen. */
  ivfflatOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    query: Float32Array,
    probes: number,
    maxProbes: number,
    maxDistance: number,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** null: there is no such IVFFlat index. */
  ivfflatFacts(engine: Engine, index: number): IvfflatFacts | null;
  /** Nearest rows first, through the graph. `columns` as in storage.scanOpen; blocks carry as their LAST column the float64 distance as
   *  SQL gives it (`<->`, `<#>`, `<=>`, `<+>`). The scan goes on beyond `ef` rows, until every matching row was returned once; the first
   *  max(ef, limit) rows come in order, later batches approximately so. `limit` = rows that will probably be taken, 0 = not known.
   *  `recallTarget` (0: none) takes the place of `ef` where recall was measured. Rows farther than `maxDistance` need not come (Infinity: all do).
   *  `predicate` (PredicateBuilder) is evaluated during the walk. kNotFound, kInvalid (dimensions, predicate): 0 with lastError.
   *  scanNext and scanClose of storage serve it. */
  searchOpen(
    engine: Engine,
    xid: Xid,
    index: number,
    query: Float32Array,
    ef: number,
    recallTarget: number,
    maxDistance: number,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** How the rows that a scan of searchOpen has given were found, a VectorSearchWay; null: no such scan. */
  searchWay(engine: Engine, scan: number): number | null;
  /** The same without an index: every visible matching row whose vector is not NULL is compared. Exact; `limit` 0 = all rows, ordered. */
  exactOpen(
    engine: Engine,
    xid: Xid,
    relation: number,
    column: number,
    metric: number,
    query: Float32Array,
    maxDistance: number,
    limit: number,
    predicate: Uint8Array | null,
    columns: Uint32Array,
    withRowIds: boolean,
  ): number;
  /** The share of the `k` nearest rows that walks of this effort find, measured with `queries` rows of the index as queries, off this thread. NaN:
   *  too few rows. null: there is no such HNSW index. */
  recall(engine: Engine, index: number, ef: number, recallTarget: number, k: number, queries: number): Promise<number> | null;
  /** null: there is no such HNSW index. */
  indexFacts(engine: Engine, index: number): VectorIndexFacts | null;
}
/** A prepared point select; dies with the plan that holds it. */
export type PointPipeline = { readonly brand: "PointPipeline" };
export type NearestPipeline = { readonly brand: "NearestPipeline" };

export interface ExecBinding {
  /** The visible row for one whole key (a one-row block of all key columns) of a unique index: open, next and close of an index scan in
   *  one crossing. 0 or 1 rows, or -n as scanNext. */
  lookupRow(engine: Engine, xid: Xid, index: number, columns: Uint32Array, withRowIds: boolean, key: Uint8Array, block: Uint8Array): number;
  /** Rows by the whole key of a B-tree, encoded as DataRow messages. `outputs`: [column, wire kind, binary]… per result column
   *  (src/execution/wire-kind.ts). null: no native form. */
  preparePoint(engine: Engine, index: number, outputs: Uint32Array): PointPipeline | null;
  /** The same of the rows nearest to a vector, by an HNSW index over vectors of float32 elements. */
  prepareNearest(engine: Engine, index: number, outputs: Uint32Array): NearestPipeline | null;
  /** `key`: a one-row block of all key columns, or the number of a single integer column. Returns rows * 2^32 + bytes written to `out`;
   *  negative: nothing was written, `out` must have at least that many bytes. xid 0: a snapshot of now. */
  runPoint(engine: Engine, pipeline: PointPipeline, xid: Xid, key: number | Uint8Array, out: Uint8Array): number;
  /** The same by a vector. null: it does not have the index's dimensions, or the search may take long. */
  runNearest(
    engine: Engine,
    pipeline: NearestPipeline,
    xid: Xid,
    query: Float32Array,
    ef: number,
    recallTarget: number,
    limit: number,
    out: Uint8Array,
  ): number | null;
  /** A native pipeline (docs/formats/pipeline.md) 0: the program does not fit. */
  pipelineOpen(engine: Engine, xid: Xid, program: Uint8Array, memoryLimitBytes: number): number;
  /** Fills a block. Rows; 0: the end; -1: the time is over, call again; -2: the general operators must run the plan; -3: more memory than
   *  the limit; -4: a temporary file failed, see lastError; -n (n >= 16): the block must have at least n bytes. */
  pipelineNext(engine: Engine, pipeline: number, block: Uint8Array, maxRows: number, budgetMicros: number): number;
  /** The same as DataRow messages, or as COPY has them: rows * 2^32 + bytes written. `outputs`: [column, wire kind, binary] of each field;
   *  `copy`: the format's bytes (src/execution/native-pipeline/copy-format.ts). */
  pipelineRows(
    engine: Engine,
    pipeline: number,
    outputs: Uint32Array,
    copy: Uint8Array | null,
    out: Uint8Array,
    budgetMicros: number,
  ): number;
  /** Lets a pipeline go on on a thread of the addon, which encodes rows ahead for pipelineTake. A waitOver event with `token` follows
   *  whenever something is there after this call or a pipelineTake that gave -1. */
  pipelineRun(engine: Engine, pipeline: number, token: number, outputs: Uint32Array, copy: Uint8Array | null): void;
  /** Encoded rows of a pipeline that runs: as pipelineRows. */
  pipelineTake(engine: Engine, pipeline: number, out: Uint8Array): number;
  /** Stops it where it runs. */
  pipelineClose(engine: Engine, pipeline: number): void;
}

/** storage.lockNewest: what became of a row since the snapshot. */
export const RowFate = { same: 0, changed: 1, gone: 2, moved: 3 } as const;

export interface NativeAddon {
  readonly engine: EngineBinding;
  readonly storage: StorageBinding;
  readonly locks: LocksBinding;
  readonly keyspace: KeyspaceBinding;
  readonly vector: VectorBinding;
  readonly exec: ExecBinding;
  readonly io: IoBinding;
  readonly collation: CollationBinding;
  readonly vectorText: VectorTextBinding;
  /** Border crossings of this process so far. */
  crossings(): number;
}
