/**
 * The connection to the primary that this server follows, without its socket: handshake, snapshot, stream of commands, reconnecting.
 *
 * Invariants
 *  1. What was applied and how far are one record of the log (native/keyspace/replica_apply.h), so a restart goes on where the data is.
 *  2. While a snapshot comes in there is no position: a crash in the middle means another snapshot.
 *  3. An acknowledgement tells of bytes that are applied; with `appendfsync always`, of bytes that are durable.
 */
import { type AppliedStream, type RdbImport, type ReplicaStream, StreamStop } from "../../../src/native/index.js";
import { dispatch } from "../dispatch.js";
import type { RespServer } from "../server.js";
import type { RespSession } from "../session.js";
import { splitCommand } from "../split-command.js";
import { GrowingInput } from "./growing-input.js";

export interface PrimaryAddress {
  readonly host: string;
  readonly port: number;
}
/** A connection that this server made. */
export interface Outgoing {
  write(bytes: Uint8Array): void;
  close(): void;
}
export interface OutgoingEvents {
  connected(): void;
  data(chunk: Buffer): void;
  /** Over, or never came about; nothing else follows. */
  closed(reason: string): void;
}

export type LinkState = "connect" | "connecting" | "handshake" | "sync" | "connected";

const firstDelayMillis = 100;
const longestDelayMillis = 5000;
const acknowledgeMillis = 1000;
/** A snapshot's piece whose end has not come is looked at again when it has doubled, or after this. */
const quietMillis = 50;
const lineLimitBytes = 64 << 10;

/** Redis passes over a capability that it does not know. */
export const orreryCapability = "orrery";
const capabilities = ["REPLCONF", "capa", "eof", "capa", "psync2", "capa", orreryCapability];

type Step = "ping" | "auth" | "port" | "address" | "capabilities" | "psync";

export class PrimaryLink {
  readonly address: PrimaryAddress;
  state: LinkState = "connect";
  downSinceMillis = Date.now();
  lastIoMillis = Date.now();
  /** Bytes of the history that are applied. */
  offset = 0;
  syncBytes = 0;
  refusedCommands = 0;
  readonly #server: RespServer;
  /** Runs what the addon leaves to TypeScript; one per connection, so that CLIENT LIST shows it. */
  #session!: RespSession;
  #outgoing: Outgoing | undefined;
  #input = new GrowingInput();
  #step: Step = "ping";
  #history = "";
  #stream: ReplicaStream | undefined;
  #import: RdbImport | undefined;
  /** The end of the snapshot: what is left of its length, or the mark that follows it. */
  #mark: Buffer | undefined;
  #snapshotLeft = 0;
  #tryAt = 0;
  #waits = false;
  #closed = false;
  #delay = firstDelayMillis;
  #retry: NodeJS.Timeout | undefined;
  #quiet: NodeJS.Timeout | undefined;
  readonly #ticker: NodeJS.Timeout;

  constructor(server: RespServer, address: PrimaryAddress) {
    this.#server = server;
    this.address = address;
    this.#ticker = setInterval(() => this.#tick(), acknowledgeMillis);
    this.#ticker.unref();
    this.#connect();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#ticker);
    clearTimeout(this.#retry);
    clearTimeout(this.#quiet);
    this.#outgoing?.close();
    this.#setLoading(false);
    this.#session?.end();
  }

  // Connecting.

  #connect(): void {
    const { connectTo } = this.#server.options;
    if (this.#closed || connectTo === undefined) return;
    this.#setState("connecting");
    this.#input = new GrowingInput();
    this.#import = undefined;
    this.#waits = false;
    this.#session = this.#server.connect({
      write: () => true,
      pause() {},
      resume() {},
      close: () => this.#lose("CLIENT KILL"),
      remoteAddress: `${this.address.host}:${this.address.port}`,
    });
    this.#session.isPrimary = true;
    this.#session.authenticated = true;
    this.#session.configure();
    const guard = (work: () => void) => {
      if (this.#outgoing === outgoing) this.#guarded(work);
    };
    const outgoing: Outgoing = connectTo(this.address.host, this.address.port, {
      connected: () =>
        guard(() => {
          this.lastIoMillis = Date.now();
          this.#setState("handshake");
          this.#send("ping", ["PING"]);
        }),
      data: (chunk) =>
        guard(() => {
          this.lastIoMillis = Date.now();
          this.#input.add(chunk);
          this.#read();
        }),
      closed: (reason) => guard(() => this.#lose(reason)),
    });
    this.#outgoing = outgoing;
  }
  /** What goes wrong ends the connection, and the next one begins from what is applied. */
  #guarded(work: () => void): void {
    if (this.#closed) return;
    try {
      work();
    } catch (error) {
      this.#lose((error as Error).message);
    }
  }
  #lose(reason: string): void {
    const outgoing = this.#outgoing;
    if (outgoing === undefined) return;
    this.#outgoing = undefined;
    outgoing.close();
    this.#session.end();
    clearTimeout(this.#quiet);
    if (this.state === "connected" || this.#delay === firstDelayMillis)
      this.#server.options.log?.(3, `the link to the primary ${this.address.host}:${this.address.port} is down: ${reason}`);
    if (this.state === "connected") this.downSinceMillis = Date.now();
    if (this.state === "connected" || this.state === "sync") this.#delay = firstDelayMillis;
    this.#setState("connect");
    this.#retry = setTimeout(() => this.#connect(), this.#delay);
    this.#retry.unref();
    this.#delay = Math.min(this.#delay * 2, longestDelayMillis);
  }
  #setState(state: LinkState): void {
    this.state = state;
    this.#publish();
  }
  #publish(): void {
    this.#server.replication.publishLink(this);
  }

  // Handshake: one question after the other, as Redis asks them.

  #send(step: Step, words: readonly string[]): void {
    this.#step = step;
    this.#outgoing?.write(encode(words));
  }
  #read(): void {
    while (!this.#closed && this.#outgoing !== undefined) {
      if (this.state === "connected") return this.#apply();
      if (this.#import !== undefined) {
        if (!this.#load()) return;
        continue;
      }
      const line = this.#input.takeLine();
      if (line === undefined) {
        if (this.#input.length > lineLimitBytes) throw new Error("the primary sent a line that does not end");
        return;
      }
      if (line === "") continue; // "I am still here"
      if (this.state === "sync") this.#beginSnapshot(line);
      else this.#answered(line);
    }
  }
  #answered(line: string): void {
    const { configuration, options } = this.#server;
    const failed = line.startsWith("-");
    switch (this.#step) {
      case "ping": {
        if (failed && !/^-(NOAUTH|NOPERM|ERR operation not permitted)/.test(line)) throw new Error(line.slice(1));
        const password = configuration.get("masterauth");
        const user = configuration.get("masteruser");
        if (password !== "") return this.#send("auth", user === "" ? ["AUTH", password] : ["AUTH", user, password]);
        return this.#sendPort();
      }
      case "auth":
        if (failed) throw new Error(`unable to AUTH to the primary: ${line.slice(1)}`);
        return this.#sendPort();
      case "port": {
        const announced = configuration.get("replica-announce-ip");
        if (announced !== "") return this.#send("address", ["REPLCONF", "ip-address", announced]);
        return this.#send("capabilities", capabilities);
      }
      case "address":
        return this.#send("capabilities", capabilities);
      case "capabilities": {
        const position = this.#server.replication.position();
        if (position === undefined) return this.#send("psync", ["PSYNC", "?", "-1"]);
        this.#history = position.history;
        this.offset = position.offset;
        this.#session.database = position.database;
        return this.#send("psync", ["PSYNC", position.history, String(position.offset + 1)]);
      }
      case "psync": {
        const [word, history = this.#history, offset] = line.split(" ");
        if (word === "+CONTINUE") {
          this.#history = history;
          return this.#beginStream();
        }
        if (word !== "+FULLRESYNC" || offset === undefined || !/^\d+$/.test(offset)) throw new Error(line.replace(/^-/, ""));
        this.#history = history;
        this.offset = Number(offset);
        this.#server.replication.forgetPosition();
        options.log?.(2, `full synchronization from ${this.address.host}:${this.address.port}`);
        return this.#setState("sync");
      }
    }
  }
  #sendPort(): void {
    const { configuration, options } = this.#server;
    const announced = configuration.get("replica-announce-port");
    this.#send("port", ["REPLCONF", "listening-port", announced !== "0" ? announced : String(options.port ?? 0)]);
  }

  // The snapshot: its bytes go into the keyspace as they come.

  #beginSnapshot(line: string): void {
    const { addon, engine } = this.#server.options;
    const marked = /^\$EOF:(.{40})$/.exec(line);
    const sized = /^\$(\d{1,15})$/.exec(line);
    if (marked === null && sized === null) throw new Error(`instead of a snapshot the primary sent ${line}`);
    this.#mark = marked === null ? undefined : Buffer.from(marked[1] as string, "latin1");
    this.#snapshotLeft = sized === null ? Number.POSITIVE_INFINITY : Number(sized[1]);
    this.syncBytes = 0;
    this.#tryAt = 0;
    this.#setLoading(true);
    this.#perform([Buffer.from("FLUSHALL")]);
    this.#perform([Buffer.from("FUNCTION"), Buffer.from("FLUSH")]);
    this.#import = addon.keyspace.importRdb(engine);
  }
  /** False: more must come. */
  #load(): boolean {
    const { addon } = this.#server.options;
    const handle = this.#import as RdbImport;
    clearTimeout(this.#quiet);
    const state = addon.keyspace.importRdbState(handle);
    if (!state.finished) {
      const available = Math.min(this.#input.length, this.#snapshotLeft);
      if (available < this.#tryAt && available < this.#snapshotLeft) {
        this.#quiet = setTimeout(() => this.#retryLoad(), quietMillis);
        return false;
      }
      const used = addon.keyspace.importRdbFeed(handle, this.#input.view().subarray(0, available), available === this.#snapshotLeft);
      if (typeof used === "string") throw new Error(`the snapshot cannot be read: ${used}`);
      this.#input.drop(used);
      this.#snapshotLeft -= used;
      this.syncBytes += used;
      this.#tryAt = used === 0 ? 2 * available : 1;
      if (!addon.keyspace.importRdbState(handle).finished) return used > 0 && this.#input.length >= this.#tryAt;
    }
    if (this.#mark !== undefined) {
      if (this.#input.length < this.#mark.length) return false;
      if (!this.#input.view().subarray(0, this.#mark.length).equals(this.#mark)) throw new Error("the snapshot has no mark at its end");
      this.#input.drop(this.#mark.length);
    } else if (this.#snapshotLeft > 0) {
      // Bytes after the file's end belong to nobody.
      const rest = Math.min(this.#input.length, this.#snapshotLeft);
      this.#input.drop(rest);
      this.#snapshotLeft -= rest;
      if (this.#snapshotLeft > 0) return false;
    }
    this.#endSnapshot();
    return true;
  }
  #retryLoad(): void {
    if (this.#import === undefined) return;
    this.#tryAt = 0;
    this.#guarded(() => this.#read());
  }
  #endSnapshot(): void {
    const { addon } = this.#server.options;
    const state = addon.keyspace.importRdbState(this.#import as RdbImport);
    this.#import = undefined;
    for (const code of state.functions)
      this.#perform([Buffer.from("FUNCTION"), Buffer.from("LOAD"), Buffer.from("REPLACE"), Buffer.from(code)]);
    this.#session.database = 0;
    this.#server.replication.setPosition({ history: this.#history, offset: this.offset, database: 0 });
    this.#server.options.log?.(2, `full synchronization is done: ${state.keys} keys`);
    this.#beginStream();
  }
  #setLoading(loading: boolean): void {
    if (this.#server.isLoading === loading) return;
    this.#server.setLoading(loading);
    this.#server.tellOthers({ kind: "loading", loading });
  }

  // The stream.

  #beginStream(): void {
    this.#setLoading(false);
    this.#stream = this.#server.options.addon.keyspace.openStream();
    this.#session.configure();
    this.#delay = firstDelayMillis;
    this.#setState("connected");
    this.#acknowledge();
  }
  #apply(): void {
    const { addon } = this.#server.options;
    while (!this.#waits && this.#input.length > 0 && this.state === "connected") {
      const applied = addon.keyspace.applyStream(
        this.#session.native,
        this.#stream as ReplicaStream,
        this.#input.view(),
        this.#history,
        this.offset,
      );
      this.#server.noteDurable(applied.lsn);
      this.#session.database = applied.database;
      if (applied.errors > 0) this.#noteRefused(applied.errors, applied.error);
      for (let i = 0; i < applied.deferred.length; i += 2)
        this.#runCommand(applied.deferred[i] as number, applied.deferred[i + 1] as number);
      if (applied.stop === StreamStop.typeScript) this.#runCommand(applied.consumed - applied.frameBytes, applied.frameBytes);
      this.#input.drop(applied.consumed);
      this.offset += applied.consumed;
      if (!this.#goesOn(applied)) return;
    }
  }
  #goesOn(applied: AppliedStream): boolean {
    switch (applied.stop) {
      case StreamStop.wait: {
        this.#waits = true;
        const session = this.#session;
        this.#server.waitFor(this.#session, applied.waitXid, () => {
          if (this.#session !== session) return;
          this.#waits = false;
          this.#guarded(() => this.#apply());
        });
        return false;
      }
      case StreamStop.protocol:
      case StreamStop.logFailed:
        throw new Error(applied.error);
      case StreamStop.typeScript:
        return true;
      default:
        return applied.consumed > 0;
    }
  }
  #runCommand(at: number, length: number): void {
    const args = splitCommand(this.#input.view(), at, at + length) ?? [];
    const name = args[0]?.toString("latin1").toLowerCase();
    if (name === "replconf") {
      // GETACK counts as received when it is answered.
      if (args[1]?.toString("latin1").toLowerCase() === "getack") this.#acknowledge(this.offset + at + length);
    } else this.#perform(args);
  }
  #perform(args: Buffer[]): void {
    dispatch(this.#session, args);
    const reply = this.#session.reply.take();
    if (reply[0] === 0x2d) this.#noteRefused(1, `${args[0]}: ${reply.toString("latin1", 1).trim()}`);
  }
  #noteRefused(count: number, error: string): void {
    if (this.refusedCommands === 0)
      this.#server.options.log?.(3, `a command of the primary was refused, so data may differ from now on: ${error}`);
    this.refusedCommands += count;
  }

  #acknowledge(offset = this.offset): void {
    const send = () => this.#outgoing?.write(encode(["REPLCONF", "ACK", String(offset)]));
    const outgoing = this.#outgoing;
    const { newestLsn, configuration, options } = this.#server;
    if (configuration.appendfsync !== "always" || newestLsn <= options.addon.engine.flushedLsn(options.engine)) return send();
    options.whenFlushed(newestLsn, (error) => {
      if (error === undefined && this.#outgoing === outgoing) send();
    });
  }
  #tick(): void {
    this.#publish();
    const timeout = Number(this.#server.configuration.get("repl-timeout")) * 1000;
    if (this.#outgoing !== undefined && Date.now() - this.lastIoMillis > timeout) return this.#lose("nothing was heard for repl-timeout");
    if (this.state === "connected") this.#acknowledge();
    // The primary must not think that we are gone while we load.
    else if (this.state === "sync") this.#outgoing?.write(Buffer.from("\n"));
  }
}

function encode(words: readonly string[]): Buffer {
  return Buffer.from(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join("")}`);
}
