/**
 * Replication's part of the keyspace's face: the stream of commands for replicas (native/keyspace/replication_feed.h), snapshots for them,
 * and the stream of a primary (native/keyspace/replica_apply.h).
 */
import type { Engine } from "./addon.js";
import type { KeyspaceSession } from "./keyspace.js";

/** A replica of this server. Offsets are bytes of the stream. */
export interface AttachedReplica {
  readonly id: number;
  /** What it reads next. */
  readonly position: number;
  readonly acknowledged: number;
  readonly acknowledgedMillis: number;
  /** "ip:port" as it announced itself. */
  readonly address: string;
  /** It has its snapshot. */
  readonly streaming: boolean;
  /** Commands of the stream so far that it does not understand. */
  readonly leftOut: number;
}

export interface ReplicationState {
  /** The history's name: 40 hexadecimal digits. */
  readonly id: string;
  /** Bytes [firstOffset, endOffset) of the stream are kept. */
  readonly firstOffset: number;
  readonly endOffset: number;
  readonly backlogBytes: number;
  /** The stream is written: there was a replica. */
  readonly active: boolean;
  readonly replicas: readonly AttachedReplica[];
}

export const StreamStop = { incomplete: 0, typeScript: 1, wait: 2, protocol: 3, logFailed: 4 } as const;

export interface AppliedStream {
  readonly stop: number;
  /** Bytes that are dealt with, the command that stopped it (frameBytes) included. */
  readonly consumed: number;
  readonly frameBytes: number;
  readonly waitXid: number;
  readonly lsn: number;
  readonly database: number;
  /** Commands that were refused. */
  readonly errors: number;
  readonly error: string;
  /** [offset, length, …] of TypeScript's commands in transactions that were applied. */
  readonly deferred: readonly number[];
}

export type ReplicaStream = { readonly brand: "ReplicaStream" };

export const EndHistory = { whenIdle: 0, always: 1, newId: 2 } as const;

/** Keys that Redis 7.0's RDB has no word for: written whole or, the times or the sets, left out. */
export interface BeyondRedis7 {
  readonly timedHashes: number;
  readonly vectorSets: number;
}

export interface ReplicaSnapshot extends AttachedReplica, BeyondRedis7 {
  readonly parts: readonly Uint8Array[];
}

export interface ReplicationBinding {
  /**
   * All keys at one moment as parts of an RDB file, for a replica that is attached at that moment. `whole`: the replica reads what Redis 7.0
   * has no word for.
   */
  snapshotForReplica(engine: Engine, token: number, address: string, whole: boolean): Promise<ReplicaSnapshot>;
  /** A replica that has history `id` up to `offset`; null: it needs a snapshot. */
  continueReplica(engine: Engine, id: string, offset: number, token: number, address: string, whole: boolean): AttachedReplica | null;
  detachReplica(engine: Engine, replica: number): void;
  /** How many bytes of the stream were copied; 0: a waitOver event with the replica's token follows when there are more; -1: it was dropped. */
  readReplica(engine: Engine, replica: number, buffer: Uint8Array): number;
  acknowledgeReplica(engine: Engine, replica: number, offset: number): void;
  /** A command that changes nothing here goes to the replicas. */
  appendToReplicas(engine: Engine, args: readonly Uint8Array[]): void;
  replicationState(engine: Engine): ReplicationState;
  configureReplication(engine: Engine, backlogBytes: number, outputLimitBytes: number): void;
  endHistory(engine: Engine, how: number): void;
  /** This server follows a primary; whether others' writes are refused. */
  setReplica(engine: Engine, replica: boolean, refusesWrites: boolean): void;
  openStream(): ReplicaStream;
  /** Applies what is whole of `input`, which begins at byte `offset` of `history`. Never call it from inside a transaction. */
  applyStream(session: KeyspaceSession, stream: ReplicaStream, input: Uint8Array, history: string, offset: number): AppliedStream;
}
