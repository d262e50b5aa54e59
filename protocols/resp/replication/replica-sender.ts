/**
 * A connection that a replica has made its own with PSYNC: the snapshot, then the stream of commands (docs/replication.md).
 *
 * The bytes lie in the addon once for all replicas; this reads them as fast as the socket takes them. A replica that falls further behind
 * than client-output-buffer-limit allows is dropped there, and its connection ends here.
 */
import { randomBytes } from "node:crypto";
import type { AttachedReplica } from "../../../src/native/index.js";
import type { RespSession } from "../session.js";

/** What REPLCONF said before PSYNC. */
export interface ReplicaFacts {
  port: number;
  address: string;
  /** It finds the end of a snapshot by a mark, so the length need not be sent. */
  takesMark: boolean;
  takesNewId: boolean;
  /** An Orrery: it reads what Redis 7.0 has no word for. */
  isOrrery: boolean;
  /** redis-cli --rdb: no stream afterwards. */
  onlySnapshot: boolean;
  /** redis-cli --functions-rdb. */
  onlyFunctions: boolean;
}

const readBytes = 64 << 10;
/** No more of a snapshot than this waits in the socket. */
const pieceBytes = 256 << 10;
/** While a snapshot is made the replica must not think that we are gone. */
const keepAliveMillis = 1000;

export class ReplicaSender {
  readonly #session: RespSession;
  readonly #facts: ReplicaFacts;
  readonly #token: number;
  #replica: AttachedReplica | undefined;
  #parts: Uint8Array[] = [];
  /** The replica tells with its first acknowledgement that it has found the mark: only then may something follow. */
  #waitsForAcknowledgement = false;
  #closed = false;
  #pumping = false;
  lastAcknowledgedMillis = Date.now();

  constructor(session: RespSession, facts: ReplicaFacts) {
    this.#session = session;
    this.#facts = facts;
    this.#token = session.server.replication.expectMore(() => this.pump());
  }

  get address(): string {
    const host = this.#session.host.remoteAddress ?? "embedded:0";
    return `${this.#facts.address || host.slice(0, host.lastIndexOf(":"))}:${this.#facts.port}`;
  }
  get state(): "wait_bgsave" | "send_bulk" | "online" {
    if (this.#replica === undefined) return "wait_bgsave";
    return this.#parts.length > 0 || this.#waitsForAcknowledgement ? "send_bulk" : "online";
  }
  get replicaId(): number | undefined {
    return this.#replica?.id;
  }

  /** PSYNC with a history that we still have. False: a snapshot is needed. */
  continue(history: string, offset: number): boolean {
    const { addon, engine } = this.#session.server.options;
    const replica = addon.keyspace.continueReplica(engine, history, offset, this.#token, this.address, this.#facts.isOrrery);
    if (replica === null) return false;
    this.#replica = replica;
    this.#session.sendPush(Buffer.from(this.#facts.takesNewId ? `+CONTINUE ${history}\r\n` : "+CONTINUE\r\n"));
    this.pump();
    return true;
  }

  /** `announce`: PSYNC's reply goes ahead of the snapshot (SYNC has none). */
  async sendSnapshot(announce: boolean): Promise<void> {
    const { server } = this.#session;
    const { addon, engine } = server.options;
    const timer = setInterval(() => this.#session.sendPush(Buffer.from("\n")), keepAliveMillis);
    timer.unref();
    // What is to be a file holds everything: a Redis that cannot read all of it refuses it.
    const whole = this.#facts.isOrrery || this.#facts.onlySnapshot;
    const snapshot = await addon.keyspace.snapshotForReplica(engine, this.#token, this.address, whole).finally(() => clearInterval(timer));
    const { timedHashes, vectorSets } = snapshot;
    if (!whole && timedHashes + vectorSets > 0)
      server.options.log?.(
        3,
        `the replica ${this.address} is no Orrery: of this server's keys it gets ${timedHashes} hashes without the times of their fields and ${vectorSets} vector sets not at all`,
      );
    if (this.#closed) return addon.keyspace.detachReplica(engine, snapshot.id);
    this.#replica = snapshot;
    const parts = this.#facts.onlyFunctions ? [snapshot.parts[0] as Uint8Array, snapshot.parts.at(-1) as Uint8Array] : snapshot.parts;
    if (announce) {
      const { id } = addon.keyspace.replicationState(engine);
      this.#session.sendPush(Buffer.from(`+FULLRESYNC ${id} ${snapshot.position}\r\n`));
    }
    if (this.#facts.takesMark && server.configuration.get("repl-diskless-sync") === "yes") {
      const mark = Buffer.from(randomBytes(20).toString("hex"));
      this.#parts = [Buffer.from(`$EOF:${mark}\r\n`), ...parts, mark];
      this.#waitsForAcknowledgement = true;
    } else {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      this.#parts = [Buffer.from(`$${length}\r\n`), ...parts];
    }
    this.pump();
  }

  acknowledged(offset: number): void {
    const { addon, engine } = this.#session.server.options;
    this.lastAcknowledgedMillis = Date.now();
    if (this.#replica === undefined) return;
    addon.keyspace.acknowledgeReplica(engine, this.#replica.id, offset);
    this.#session.server.replication.acknowledged();
    this.#session.server.tellOthers({ kind: "acknowledged" });
    if (!this.#waitsForAcknowledgement || this.#parts.length > 0) return;
    this.#waitsForAcknowledgement = false;
    this.pump();
  }

  /** Sends until the socket does not take more; called again when it has, and when the stream goes on. */
  pump(): void {
    const session = this.#session;
    // sendPush may find the socket drained and come back here.
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    try {
      while (!session.isCongested && !session.isClosed) {
        const part = this.#parts[0];
        if (part === undefined) {
          if (!this.#sendStream()) return;
          continue;
        }
        if (part.length > pieceBytes) this.#parts[0] = part.subarray(pieceBytes);
        else this.#parts.shift();
        session.sendPush(part.subarray(0, pieceBytes));
      }
    } finally {
      this.#pumping = false;
    }
  }
  /** False: nothing more for now. */
  #sendStream(): boolean {
    if (this.#replica === undefined || this.#waitsForAcknowledgement || this.#facts.onlySnapshot) return false;
    const { addon, engine } = this.#session.server.options;
    const buffer = Buffer.allocUnsafe(readBytes);
    const length = addon.keyspace.readReplica(engine, this.#replica.id, buffer);
    if (length < 0) this.#session.close();
    if (length <= 0) return false;
    this.#session.sendPush(buffer.subarray(0, length));
    return true;
  }

  /** The connection is over. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { addon, engine } = this.#session.server.options;
    this.#session.server.replication.expectNoMore(this.#token);
    if (this.#replica !== undefined) addon.keyspace.detachReplica(engine, this.#replica.id);
  }
}
