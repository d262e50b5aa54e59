/**
 * The I/O threads' face of the addon: connections whose sockets are native. Hot commands run there without JavaScript; the rest comes as
 * events to the connection's JavaScript thread, which owns the input until it hands it back (native/io/connection.h).
 */
import type { Engine, NearestPipeline, PointPipeline } from "./addon.js";

export type IoHub = { readonly brand: "IoHub" };

/** Numbers in `attach`'s batches (native/io/hub.h). */
export const IoEvent = { data: 0, taken: 1, drained: 2, closed: 3, gone: 4 } as const;
export const IoProtocol = { resp: 0, postgres: 1 } as const;

/** How the I/O thread reads a parameter (native/io/pg_state.h). */
export const LaneType = {
  int2: 1,
  int4: 2,
  int8: 3,
  text: 4,
  uuid: 5,
  bool: 6,
  float4: 7,
  float8: 8,
  timestamp: 9,
  date: 10,
  timestamptz: 11,
  timestamptzUtc: 12,
  time: 13,
  numeric: 14,
  bytea: 15,
  bpchar: 16,
  json: 17,
  jsonb: 18,
  /** Casts; of a numeric its text alone. */
  numericAsFloat8: 19,
  numericAsFloat4: 20,
  int4AsFloat8: 21,
  int4AsFloat4: 22,
  /** Of columns with as many dimensions as their modifier says. */
  vector: 23,
  halfvec: 24,
} as const;
export const LaneSearchForm = { list: 0, array: 1, range: 2 } as const;
/** Where a written column's value comes from. */
export const LaneForm = {
  parameter: 0,
  add: 1,
  subtract: 2,
  addConstant: 3,
  now: 4,
  constant: 5,
  integerAsNumeric: 6,
  append: 7,
  nextval: 8,
} as const;
export const LaneKind = { insert: 1, update: 2, delete: 3, begin: 4, commit: 5, rollback: 6 } as const;
/** A prepared statement's name, the body of the Parse that makes it when it is the unnamed one, and result formats as in Bind; or a simple
 *  query's text around its literals, which are the parameters, and a letter for each: i an integer, d a decimal number, n and m those with a minus, s a string. */
export type LanePlaceBytes =
  | readonly [statement: Uint8Array, parse: Uint8Array, formats: Uint8Array]
  | readonly [pieces: readonly Uint8Array[], literals: Uint8Array];

export interface IoBinding {
  /**
   * Starts the engine's I/O threads (at the first call) and makes this JavaScript thread's hub. The listener gets batches of four values
   * an event: IoEvent, connection id, database (`taken` only: the commands that ran natively may have changed it), bytes (`data`, `taken`).
   * null: not supported, or the system refuses.
   */
  attach(engine: Engine, threads: number, listener: (batch: readonly (number | Uint8Array | undefined)[]) => void): IoHub | null;
  /** Closes what is left without a word. */
  detach(hub: IoHub): void;
  /** A connected socket, closed by its I/O thread from now on: [id, peer's address, peer's port]. JavaScript owns its input.
   *  null: the peer is gone already. */
  adopt(hub: IoHub, descriptor: number, protocol: number): [number, string, number] | null;
  /** True: the kernel has everything; false: some of it waits. The bytes may be reused either way. */
  write(hub: IoHub, id: number, bytes: Uint8Array): boolean;
  pauseReading(hub: IoHub, id: number, pause: boolean): void;
  /** A `drained` event follows. */
  tellWhenDrained(hub: IoHub, id: number): void;
  /** Sends what waits, then closes; `gone` follows. */
  end(hub: IoHub, id: number): void;
  /** Closes at once; `gone` follows. */
  destroy(hub: IoHub, id: number): void;
  /** The I/O thread runs what it can from now on. False: input is on its way here, or something waits. */
  handBack(hub: IoHub, id: number, resp3: boolean, database: number): boolean;
  /** The next input comes here again (`taken`). */
  revoke(hub: IoHub, id: number): void;
  describe(hub: IoHub, id: number, address: Uint8Array, name: Uint8Array): void;
  /**
   * PostgreSQL: a SELECT by a whole key that runs on the I/O thread while the catalog has this version and nobody has or wants a strong lock
   * of `relation`. `keys`: LaneType and parameter of each column of the pipeline's key, or of those that `search` holds equal; `search`: LaneSearchForm,
   * whether backward, most rows, LaneType (0: none) and parameter of their number, LaneType (0: none), parameter and inclusion of each bound,
   * LaneType and parameter of each key of a list (of an array: its elements' type).
   */
  registerSelect(
    hub: IoHub,
    id: number,
    place: LanePlaceBytes,
    text: Uint8Array,
    parameterCount: number,
    catalogVersion: number,
    rowDescription: Uint8Array,
    relation: number,
    keys: Uint32Array,
    pipeline: PointPipeline,
    search: Uint32Array | undefined,
  ): void;
  /** The same by nearness to a vector. `words`: the vector's parameter, the effort (hnsw.ef_search), most rows, LaneType (0: none) and parameter of their number. */
  registerNearest(
    hub: IoHub,
    id: number,
    place: LanePlaceBytes,
    text: Uint8Array,
    parameterCount: number,
    catalogVersion: number,
    rowDescription: Uint8Array,
    relation: number,
    pipeline: NearestPipeline,
    words: Uint32Array,
    recallTarget: number,
  ): void;
  /**
   * The same for a write of one row (LaneKind). `storage`, `index`: storage ids (0: an insert has no index); `row`: a block of one row with the
   * constants; `values`: column, LaneForm, LaneType, parameter, NOT NULL, modifier, the operand's modifier (of an addend: its scale), place in `addends`
   * (nextval: a sequence's OID as its parameter, the storage id as its addend); `outputs`: column, wire kind and
   * format of each column of RETURNING. `conditions`: column, LaneType and parameter of each column that has to have a parameter's value. `conflict`: ON CONFLICT of an insert: 1 for DO UPDATE, the index that decides, and what DO UPDATE sets.
   */
  registerWrite(
    hub: IoHub,
    id: number,
    place: LanePlaceBytes,
    text: Uint8Array,
    parameterCount: number,
    catalogVersion: number,
    rowDescription: Uint8Array,
    relation: number,
    kind: number,
    storage: number,
    index: number,
    keys: Uint32Array,
    row: Uint8Array,
    values: Uint32Array,
    addends: Float64Array,
    outputs: Uint32Array,
    conflict: readonly [updates: number, index: number, row: Uint8Array, values: Uint32Array, addends: Float64Array] | undefined,
    conditions: Uint32Array,
  ): void;
  /** What the I/O thread makes of a parameter (LaneType; `modifier`: of its column, -1: none): the bytes that a column keeps. null: the value is JavaScript's. */
  readParameter(type: number, modifier: number, isBinary: boolean, bytes: Uint8Array): Uint8Array | null;
  /** BEGIN, COMMIT or ROLLBACK (LaneKind) with its command tag. */
  registerControl(
    hub: IoHub,
    id: number,
    place: LanePlaceBytes,
    text: Uint8Array,
    rowDescription: Uint8Array,
    kind: number,
    tag: Uint8Array,
  ): void;
  /** Newest statement and its time in microseconds since 2000; of the block that is open start and xid (0: none yet). null: JavaScript has the
   *  connection, or nothing has run since it gave it away. */
  activity(hub: IoHub, id: number): [string, number, number?, number?] | null;
  /** Text and number of executions on I/O threads of each statement, one after the other. */
  hotStatements(engine: Engine): (string | number)[];
  /** Of the statements that are registered: the process that owns their locks, 0 read committed or 1 repeatable read, whether a commit waits for the disk. */
  setSession(hub: IoHub, id: number, process: number, isolation: number, isSynchronous: boolean): void;
  /** handBack of a PostgreSQL session. `parse`: body of the message that made the unnamed statement, empty: there is none. */
  handBackStatements(hub: IoHub, id: number, parse: Uint8Array): boolean;
  /** The connection is JavaScript's at once: what made the unnamed statement (undefined: unchanged), and of the block that is open its xid (0: none
   *  yet), its start in microseconds since 2000, and relation and mode of each lock, which the lock manager has now; OID and last number of
   *  each sequence that was drawn from, the newest last. */
  takeBack(hub: IoHub, id: number): [Uint8Array?, number?, number?, number[]?, (number | bigint)[]?];
  forgetPlans(hub: IoHub, id: number): void;
  /** [1 when the I/O thread owns the input, time of the last input in Unix milliseconds, database, bytes of an unfinished command, bytes of output that wait]. */
  facts(hub: IoHub, id: number): [number, number, number, number, number] | null;
  /** For all connections of the hub: whether every command comes here; whether replies to writes wait until those are durable; most bytes of waiting output (0: any). */
  configure(hub: IoHub, stops: boolean, syncAlways: boolean, outputLimit: number, inputLimit: number): void;
  /** [newest LSN of the hub's native writes; reads, writes, bytes in, bytes out of all I/O threads since the last call by anybody]. */
  totals(hub: IoHub): [number, number, number, number, number];
}
