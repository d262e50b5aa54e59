/**
 * The keyspace's face of the addon: RESP input in, replies out, many commands a call; SQL transactions' commands; SQL's views of keys.
 *
 * A JavaScript thread makes one KeyspaceThread (its output buffer and state words are shared by all of its connections, which run one
 * after the other) and one KeyspaceSession per connection. After `run`, `output[0..state[outputLength])` are the replies; when the
 * length is negative they did not fit and `takeOutput` gives them.
 */
import type { Engine, Xid } from "./addon.js";
import type { BeyondRedis7, ReplicationBinding } from "./replication.js";

export type KeyspaceThread = { readonly brand: "KeyspaceThread" };
export type KeyspaceSession = { readonly brand: "KeyspaceSession" };

/** Why a run ended (native/keyspace/executor.h). */
export const RunStop = { end: 0, incomplete: 1, typeScript: 2, wait: 3, protocol: 4, output: 5 } as const;

/** Indexes of the state words that a call fills in. */
export const RunState = {
  consumed: 0,
  outputLength: 1,
  lsn: 2,
  waitXid: 3,
  frameBytes: 4,
  need: 5,
  database: 6,
  commands: 7,
  allStop: 8,
} as const;
export const runStateLength = 9;

/** Bits of `configure`. */
export const SessionFlag = { everyCommandStops: 1, unauthenticated: 2, resp3: 4, tracksReads: 8, replicates: 16, noTouch: 32 } as const;

/** What a subscription names. */
export const ChannelKind = { channel: 0, pattern: 1, shard: 2 } as const;

/** Texts beside the keys (native/keyspace/side_store.h): scripts and `process` live as long as the process, the others are durable. */
export const SideSpace = { scripts: 0, functions: 1, users: 2, settings: 3, replication: 4, process: 5 } as const;

export interface NativeCommand {
  readonly name: string;
  readonly arity: number;
  readonly flags: number; // 1 write, 2 all shards, 4 no keys, 8 refused above maxmemory, 16 reads only, 32 fast
  /** Has a body in the addon; the others are there to be counted. */
  readonly native: boolean;
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  readonly keyCountAt: number;
}

export type RdbImport = { readonly brand: "RdbImport" };

export interface KeyspaceBinding extends ReplicationBinding {
  /** The command table; once per process. Returns the names of entries that have no native body. */
  defineCommands(commands: readonly NativeCommand[]): string[];
  attach(engine: Engine, output: Uint8Array, state: Float64Array): KeyspaceThread;
  /** Another output buffer, because the socket still holds the old one. */
  setOutput(thread: KeyspaceThread, output: Uint8Array): void;
  /** One more client of the thread waits for the key: a waitOver event with `token` follows its changes (coalesced). */
  waitForKey(thread: KeyspaceThread, token: number, database: number, key: Uint8Array): void;
  forgetKey(thread: KeyspaceThread, database: number, key: Uint8Array): void;
  /** The keys waited for that changed since the last call: database, key, database, key… */
  takeChangedKeys(thread: KeyspaceThread): (number | Uint8Array)[];
  openSession(thread: KeyspaceThread): KeyspaceSession;
  closeSession(session: KeyspaceSession): void;
  configure(session: KeyspaceSession, flags: number, database: number): void;
  /** Runs commands of input[start..end); returns a RunStop. Stops when `outputLimit` bytes of replies gathered. */
  run(session: KeyspaceSession, input: Uint8Array, start: number, end: number, outputLimit: number): number;
  /** One command that is split already; the reply is in the output like run's. RunStop.end, typeScript (no native body) or wait. */
  execute(session: KeyspaceSession, args: readonly Uint8Array[]): number;
  takeOutput(session: KeyspaceSession): Uint8Array;
  /** The same for `count` arguments in foreign memory: pairs (u32 offset, u32 length) at `offset` of `memory`. */
  executeAt(session: KeyspaceSession, memory: Uint8Array, offset: number, count: number): number;

  watch(session: KeyspaceSession, key: Uint8Array): void;
  unwatch(session: KeyspaceSession): void;
  /** EXEC: 0 = the session now holds all latches until endExclusive, 1 = wait for state[waitXid], 2 = a watched key changed (asked by `judgesWatches`), 3 = a slow script has the keys. */
  beginExclusive(session: KeyspaceSession, writes: boolean, judgesWatches: boolean): number;
  /** LSN of the record; 0 = nothing was written; -1 = the log refused the writes. */
  endExclusive(session: KeyspaceSession): number;
  /** A script under beginExclusive takes long: until endExclusive everybody else's commands come back as RunStop.typeScript instead of waiting. */
  yieldExclusive(session: KeyspaceSession): void;
  /** Whether a script has yielded. */
  isBusy(engine: Engine): boolean;
  /** Bytes of effects that the session gathered under beginExclusive. */
  pendingEffects(session: KeyspaceSession): number;
  /** Calls back through a waitOver event with `token`: 0 = over already, 1 = the event follows. */
  waitFor(session: KeyspaceSession, xid: Xid, token: number): number;
  cancelWait(session: KeyspaceSession): void;

  /** Deletes keys whose time has come, at most `limit`; returns how many. */
  expireSome(engine: Engine, limit: number): number;
  /** [keys, keys with a deadline] of database 0, 1, … */
  databaseSizes(session: KeyspaceSession): number[];
  counters(engine: Engine): {
    readonly commands: number;
    readonly hits: number;
    readonly misses: number;
    readonly expired: number;
    readonly evicted: number;
    readonly changes: number;
    readonly memory: number;
    /** What UNLINK and FLUSH … ASYNC handed over; values and databases that are not freed yet. Both of the whole process. */
    readonly lazilyFreed: number;
    readonly waitingToBeFreed: number;
  };
  /**
   * The compact encodings' limits: 0 hash entries, 1 hash value, 2 intset entries, 3 zset entries, 4 zset value; 5 maxmemory in bytes;
   * 6 stream node bytes, 7 stream node entries, 8 sparse HyperLogLog bytes, 9 maxmemory samples, 10 LFU log factor, 11 LFU decay minutes;
   * 12 eviction policy, 13 list-max-listpack-size plus 10. Returns the value; sets it when >= 0.
   */
  limit(which: number, value: number): number;
  /** Gives free memory back to the system; true when some was. */
  trimMemory(): boolean;
  /** An RDB file's keys into the dictionary, piece by piece. */
  importRdb(engine: Engine): RdbImport;
  /** How many bytes of the piece were used (bring the rest again, with more), or what is wrong with the file. `last`: nothing follows. */
  importRdbFeed(handle: RdbImport, bytes: Uint8Array, last: boolean): number | string;
  importRdbState(handle: RdbImport): {
    readonly finished: boolean;
    readonly keys: number;
    /** Left out because their time had come. */
    readonly expired: number;
    /** Code of the function libraries in the file. */
    readonly functions: readonly Uint8Array[];
  };
  /** The next part of an RDB file of all keys: 0 and up until null. `whole`: with what Redis 7.0 has no word for; then the highest `version` is the file's. */
  exportRdb(engine: Engine, part: number, whole: boolean): (BeyondRedis7 & { readonly bytes: Uint8Array; readonly version: number }) | null;
  /** One command on the transaction's own view of database 0. The RESP2 reply bytes, or a status: kWait with the xid in lastError().detail. */
  execInTransaction(engine: Engine, xid: Xid, args: readonly (Uint8Array | string)[]): Uint8Array | number;

  /** Pub/sub. Subscribers are numbers of the whole process; messages come as `message` events on the thread that subscribed. */
  newSubscriber(engine: Engine): number;
  subscribe(engine: Engine, subscriber: number, channel: Uint8Array, kind: number): void;
  unsubscribe(engine: Engine, subscriber: number, channel: Uint8Array, kind: number): void;
  removeSubscriber(engine: Engine, subscriber: number): void;
  publish(engine: Engine, channel: Uint8Array, payload: Uint8Array, sharded?: boolean): number;
  channels(engine: Engine, pattern: Uint8Array | null, sharded?: boolean): Uint8Array[];
  subscriberCount(engine: Engine, channel: Uint8Array, sharded?: boolean): number;
  patternCount(engine: Engine): number;

  /** What SLOWLOG shows of a session. */
  describeSession(session: KeyspaceSession, address: Uint8Array, name: Uint8Array): void;
  /** Bits of notify-keyspace-events (native/keyspace/key_events.h). */
  setNotify(engine: Engine, flags: number): void;
  /** CLIENT TRACKING; `invalidate` events with `client` follow on this thread. Reads are remembered while SessionFlag.tracksReads is set. */
  startTracking(
    engine: Engine,
    session: KeyspaceSession,
    client: number,
    broadcast: boolean,
    prefixes: readonly Uint8Array[],
    noLoop: boolean,
  ): void;
  stopTracking(engine: Engine, session: KeyspaceSession): void;
  /** [keys, items, prefixes, clients]; `limit` >= 0 sets tracking-table-max-keys. */
  trackingTotals(engine: Engine, limit: number): [number, number, number, number];

  /** Counts for commands that TypeScript runs; `index` is the place in defineCommands. */
  recordCommand(index: number, micros: number, failed: boolean): void;
  recordRejected(index: number): void;
  recordError(text: Uint8Array): void;
  /** [calls, micros, rejected, failed, …percentiles in micros]; null: never called. */
  commandStatistics(index: number, percentiles: readonly number[]): number[] | null;
  /** [micros, calls that took at most that, …] at powers of two. */
  commandHistogram(index: number): number[];
  /** [total, name, count, name, count, …] */
  errorStatistics(): [number, ...(Uint8Array | number)[]];
  resetStatistics(): void;

  /** NaN leaves a setting as it is; a negative threshold switches the log off. */
  slowLogSettings(thresholdMicros: number, maxLength: number, latencyMillis: number): void;
  addSlow(args: readonly Uint8Array[], micros: number, address: Uint8Array, name: Uint8Array, latencyEvent: string | null): void;
  slowLog(count: number): {
    readonly id: number;
    readonly seconds: number;
    readonly micros: number;
    readonly args: Uint8Array[];
    readonly address: Uint8Array;
    readonly name: Uint8Array;
  }[];
  slowLogSize(): number;
  slowLogClear(): void;
  latencies(): { readonly name: string; readonly max: number; readonly samples: number[] }[];
  clearLatencies(names: readonly string[]): number;

  /** LSN to wait for; 0 = nothing is durable here, -1 = the log refuses. */
  sideSet(engine: Engine, space: number, name: Uint8Array, value: Uint8Array): number;
  sideErase(engine: Engine, space: number, name: Uint8Array): number;
  sideClear(engine: Engine, space: number): number;
  sideGet(engine: Engine, space: number, name: Uint8Array): Uint8Array | null;
  /** [name, value, name, value, …] */
  sideAll(engine: Engine, space: number): Uint8Array[];
  sideVersion(engine: Engine, space: number): number;

  /** Rows of a redis.* relation as a block (docs/formats/block.md) from `cursor` (0 = the start) on, database 0; `what`: 0 keys, 1 strings,
   *  2 hashes, 3 lists, 4 sets, 5 zsets, 6 streams. xid 0 = committed only. Returns [next cursor (0 = the end), block]. `key` limits to one key, `member` to one
   *  field or member of it. */
  relationRows(
    engine: Engine,
    xid: Xid,
    what: number,
    cursor: number,
    key: Uint8Array | null,
    member: Uint8Array | null,
  ): [number, Uint8Array];
  /** The same in the order of keys' texts, between two texts (both included; null: no bound), behind the key `after` (null = from the start).
   *  Returns [last key of the block (null = the end), block]. At most `perShard` keys of a shard are looked at. Each call walks all keys unless orderedKeys. */
  relationRange(
    engine: Engine,
    xid: Xid,
    what: number,
    lower: Uint8Array | null,
    upper: Uint8Array | null,
    backward: boolean,
    after: Uint8Array | null,
    perShard: number,
  ): [Uint8Array | null, Uint8Array];
  /** Whether keys are kept in order (the option ordered-keys); `on` sets it, which walks all keys. */
  orderedKeys(engine: Engine, on?: boolean): boolean;
}
