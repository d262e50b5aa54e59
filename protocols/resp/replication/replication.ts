/**
 * Whom this server follows and who follows it, on one JavaScript thread. The stream and its replicas are in the addon, shared by all threads;
 * the link to a primary lives on the main thread. What must survive a restart stands in SideSpace.replication: "primary" ("host port") and
 * "position" ("history offset database", written with the data); what other threads show of the link in SideSpace.process: "link".
 */
import { EndHistory, type ReplicationState, SideSpace } from "../../../src/native/index.js";
import type { RespServer } from "../server.js";
import type { RespSession } from "../session.js";
import { type LinkState, type PrimaryAddress, PrimaryLink } from "./primary-link.js";

export interface Position {
  readonly history: string;
  /** Bytes of the history that are applied. */
  readonly offset: number;
  /** The database that the stream has selected. */
  readonly database: number;
}

/** What INFO and ROLE tell of the link, on any thread. */
export interface LinkStatus {
  readonly state: LinkState;
  readonly offset: number;
  readonly lastIoMillis: number;
  readonly downSinceMillis: number;
  readonly syncBytes: number;
}
const noLink: LinkStatus = { state: "connect", offset: 0, lastIoMillis: 0, downSinceMillis: 0, syncBytes: 0 };

/** Tokens of the stream's events: above those of the server's waits. */
const firstToken = 2 ** 42;

export class Replication {
  readonly #server: RespServer;
  readonly #readers = new Map<number, () => void>();
  #nextToken = firstToken;
  #primary: PrimaryAddress | undefined;
  #primaryVersion = -1;
  #link: PrimaryLink | undefined;
  #lastPingMillis = Date.now();
  #idleSinceMillis = 0;
  /** Replicas (their ids) of which the log tells that they do not understand all of the stream. */
  readonly #toldOf = new Set<number>();
  /** Clients in WAIT. */
  readonly waiting = new Set<RespSession>();

  constructor(server: RespServer) {
    this.#server = server;
  }
  get #keyspace() {
    return this.#server.options.addon.keyspace;
  }
  get #engine() {
    return this.#server.options.engine;
  }
  get #isMain(): boolean {
    return (this.#server.options.threadNumber ?? 0) === 0;
  }

  // As a primary.

  get state(): ReplicationState {
    return this.#keyspace.replicationState(this.#engine);
  }
  get id(): string {
    return this.state.id;
  }
  /** The stream's events with the returned token call `more`. */
  expectMore(more: () => void): number {
    const token = this.#nextToken++;
    this.#readers.set(token, more);
    return token;
  }
  expectNoMore(token: number): void {
    this.#readers.delete(token);
  }
  /** True: the event was one of the stream's. */
  handleToken(token: number): boolean {
    if (token < firstToken) return false;
    this.#readers.get(token)?.();
    return true;
  }
  /** A replica has acknowledged more, on whatever thread: WAIT looks again. */
  acknowledged(): void {
    for (const session of [...this.waiting]) if (session.isClosed || session.retryBlocked(false)) this.waiting.delete(session);
  }
  /** WAIT: replicas acknowledge every second unless they are asked. */
  askForAcknowledgements(): void {
    this.#keyspace.appendToReplicas(
      this.#engine,
      ["REPLCONF", "GETACK", "*"].map((word) => Buffer.from(word)),
    );
  }
  settingsChanged(): void {
    const { configuration } = this.#server;
    this.#keyspace.setReplica(this.#engine, this.primary !== undefined, this.refusesWrites);
    this.#keyspace.configureReplication(
      this.#engine,
      Number(configuration.get("repl-backlog-size")),
      configuration.outputLimits.replica.hard,
    );
  }

  // As a replica.

  /** Whom this server follows; undefined: nobody, it takes writes. */
  get primary(): PrimaryAddress | undefined {
    const version = this.#keyspace.sideVersion(this.#engine, SideSpace.replication);
    if (version === this.#primaryVersion) return this.#primary;
    this.#primaryVersion = version;
    const [host = "", port = ""] = this.#text(SideSpace.replication, "primary")?.split(" ") ?? [];
    this.#primary = port === "" ? undefined : { host, port: Number(port) };
    return this.#primary;
  }
  get refusesWrites(): boolean {
    return this.primary !== undefined && this.#server.configuration.get("replica-read-only") === "yes";
  }
  get link(): LinkStatus {
    const text = this.#text(SideSpace.process, "link");
    return text === undefined ? noLink : (JSON.parse(text) as LinkStatus);
  }
  publishLink(link: PrimaryLink): void {
    const { state, offset, lastIoMillis, downSinceMillis, syncBytes } = link;
    const status: LinkStatus = { state, offset, lastIoMillis, downSinceMillis, syncBytes };
    this.#keyspace.sideSet(this.#engine, SideSpace.process, Buffer.from("link"), Buffer.from(JSON.stringify(status)));
  }
  position(): Position | undefined {
    const [history, offset, database] = this.#text(SideSpace.replication, "position")?.split(" ") ?? [];
    return history === undefined ? undefined : { history, offset: Number(offset), database: Number(database) };
  }
  setPosition({ history, offset, database }: Position): void {
    this.#set("position", `${history} ${offset} ${database}`);
  }
  forgetPosition(): void {
    this.#erase("position");
  }

  /** At the start: goes on following whom it followed, or `configured`. The main thread, once its doors are open. */
  start(configured?: PrimaryAddress): void {
    this.settingsChanged();
    if (configured !== undefined && !isSame(configured, this.primary)) {
      this.forgetPosition();
      this.#set("primary", `${configured.host} ${configured.port}`);
    }
    this.apply();
  }
  /** REPLICAOF on any thread. The LSN that must be durable before the answer. */
  follow(primary: PrimaryAddress | undefined): number {
    if (primary === undefined) this.#erase("primary");
    else this.#set("primary", `${primary.host} ${primary.port}`);
    this.forgetPosition();
    // Who followed us has another history now.
    if (primary !== undefined) this.#keyspace.endHistory(this.#engine, EndHistory.always);
    this.apply();
    this.#server.tellOthers({ kind: "replication" });
    return this.#server.newestLsn;
  }
  /** Makes this thread's share true of what is stored. */
  apply(): void {
    const { primary } = this;
    this.#keyspace.setReplica(this.#engine, primary !== undefined, this.refusesWrites);
    if (primary !== undefined)
      this.#server.endBlocked("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)");
    if (!this.#isMain) return;
    if (this.#link !== undefined && isSame(this.#link.address, primary) && this.position() !== undefined) return;
    this.#link?.close();
    this.#link = primary === undefined ? undefined : new PrimaryLink(this.#server, primary);
    if (primary === undefined) this.#keyspace.sideErase(this.#engine, SideSpace.process, Buffer.from("link"));
  }

  tick(now: number): void {
    for (const session of this.#server.sessions.values()) {
      const { sender } = session;
      if (sender === undefined) continue;
      const timeout = Number(this.#server.configuration.get("repl-timeout")) * 1000;
      if (sender.state === "online" && now - sender.lastAcknowledgedMillis > timeout) session.close();
    }
    if (!this.#isMain) return;
    const { active, replicas } = this.state;
    if (!active) return;
    for (const { id, address, leftOut } of replicas) {
      if (leftOut === 0 || this.#toldOf.has(id)) continue;
      this.#toldOf.add(id);
      this.#server.options.log?.(
        3,
        `the replica ${address} is no Orrery: times of hash fields and vector sets that are written now are not there`,
      );
    }
    if (replicas.length > 0) this.#idleSinceMillis = 0;
    else if (this.#idleSinceMillis === 0) this.#idleSinceMillis = now;
    const keepSeconds = Number(this.#server.configuration.get("repl-backlog-ttl"));
    if (this.#idleSinceMillis !== 0 && keepSeconds > 0 && now - this.#idleSinceMillis > keepSeconds * 1000)
      this.#keyspace.endHistory(this.#engine, EndHistory.whenIdle);
    if (now - this.#lastPingMillis < Number(this.#server.configuration.get("repl-ping-replica-period")) * 1000) return;
    this.#lastPingMillis = now;
    if (replicas.length > 0) this.#keyspace.appendToReplicas(this.#engine, [Buffer.from("PING")]);
  }
  close(): void {
    this.#link?.close();
    this.#link = undefined;
  }

  #text(space: number, name: string): string | undefined {
    const value = this.#keyspace.sideGet(this.#engine, space, Buffer.from(name));
    return value === null ? undefined : Buffer.from(value).toString();
  }
  #set(name: string, value: string): void {
    this.#server.noteDurable(this.#keyspace.sideSet(this.#engine, SideSpace.replication, Buffer.from(name), Buffer.from(value)));
  }
  #erase(name: string): void {
    this.#server.noteDurable(this.#keyspace.sideErase(this.#engine, SideSpace.replication, Buffer.from(name)));
  }
}

const isSame = (a: PrimaryAddress | undefined, b: PrimaryAddress | undefined) => a?.host === b?.host && a?.port === b?.port;
