/**
 * What the RESP connections of one JavaScript thread share: the native thread handle and its output buffer, the configuration, the list
 * of clients, waits and published messages on their way in, and the timer that deletes expired keys and asks for a flush every second.
 *
 * No socket here: the listener makes a connection with `connect` and feeds it bytes.
 */

import { nativeCommands } from "../../src/keyspace/index.js";
import { type Engine, type EngineEvent, type KeyspaceThread, type NativeAddon, runStateLength } from "../../src/native/index.js";
import { assert } from "../../src/types/index.js";
import { RespConfiguration } from "./configuration.js";
import { type RespHost, RespSession } from "./session.js";

export const outputBytes = 256 << 10;
/** Stop gathering replies here and write; leaves room in the output for the last one. */
export const outputLimit = 192 << 10;
/** Tokens of RESP waits: above any that SQL sessions use on the same event stream. */
const firstToken = 2 ** 40;
const keyChangedToken = 2 ** 41;

export interface RespServerOptions {
  readonly addon: NativeAddon;
  readonly engine: Engine;
  /** Runs `callback` when the log is durable up to lsn. */
  whenFlushed(lsn: number, callback: (error?: Error) => void): void;
  readonly requirepass?: string;
  readonly appendfsync?: "always" | "everysec" | "no";
  readonly port?: number;
  readonly version?: string;
  /** Client ids start above this: threads of one engine do not share them. */
  readonly firstClientId?: number;
  /** CONFIG SET succeeded: other threads' servers must follow. */
  readonly configurationChanged?: (pairs: readonly (readonly [string, string])[]) => void;
  /** SHUTDOWN is refused without it. */
  readonly shutdown?: () => void;
}

export class RespServer {
  readonly configuration: RespConfiguration;
  readonly sessions = new Map<number, RespSession>();
  readonly blocked = new Set<RespSession>();
  readonly subscribers = new Map<number, RespSession>();
  readonly startedMillis = Date.now();
  readonly state = new Float64Array(runStateLength);
  readonly thread: KeyspaceThread;
  readonly options: RespServerOptions;
  output = Buffer.allocUnsafeSlow(outputBytes);
  connectionsReceived = 0;
  lastSaveSeconds = Math.floor(Date.now() / 1000);
  newestLsn = 0;
  #nextId: number;
  #nextToken = firstToken;
  readonly #waits = new Map<number, () => void>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;

  constructor(options: RespServerOptions) {
    this.options = options;
    this.#nextId = (options.firstClientId ?? 0) + 1;
    const { addon, engine } = options;
    const missing = addon.keyspace.defineCommands(nativeCommands());
    assert(missing.length === 0, "the command table names a native command that has no body");
    this.configuration = new RespConfiguration(addon.keyspace);
    this.configuration.requirepass = options.requirepass ?? "";
    this.configuration.appendfsync = options.appendfsync ?? "everysec";
    this.thread = addon.keyspace.attach(engine, this.output, this.state);
    this.#timer = setInterval(() => this.#tick(), 100);
    this.#timer.unref();
  }

  connect(host: RespHost): RespSession {
    const session = new RespSession(this, host, this.#nextId++);
    this.sessions.set(session.id, session);
    this.connectionsReceived++;
    return session;
  }

  /** Every event of the engine on this thread comes through here; others' are left alone. */
  handleEvent(event: EngineEvent): void {
    if (event.kind === "message") this.subscribers.get(event.subscriber)?.deliver(event.channel, event.payload, event.pattern);
    else if (event.kind === "waitOver") {
      if (event.token === keyChangedToken) this.retryBlocked();
      const resume = this.#waits.get(event.token);
      this.#waits.delete(event.token);
      resume?.();
    }
  }

  /** Calls `resume` when the transaction that holds a key is over. */
  waitFor(session: RespSession, xid: number, resume: () => void): void {
    const token = this.#nextToken++;
    this.#waits.set(token, resume);
    if (this.options.addon.keyspace.waitFor(session.native, xid, token) === 1) return;
    this.#waits.delete(token);
    setImmediate(resume);
  }

  setBlocked(session: RespSession, blocked: boolean): void {
    if (blocked) this.blocked.add(session);
    else this.blocked.delete(session);
    this.options.addon.keyspace.wantKeyChanges(this.thread, this.blocked.size > 0 ? keyChangedToken : 0);
  }
  retryBlocked(): void {
    for (const session of [...this.blocked]) session.retryBlocked(false);
  }

  /** The socket still holds the output buffer: go on with another. */
  replaceOutput(): void {
    this.output = Buffer.allocUnsafeSlow(outputBytes);
    this.options.addon.keyspace.setOutput(this.thread, this.output);
  }

  /** Counters since start or CONFIG RESETSTAT. */
  counters(): { commands: number; hits: number; misses: number; expired: number } {
    const now = this.options.addon.keyspace.counters(this.options.engine);
    const base = this.#base;
    return {
      commands: now.commands - base.commands,
      hits: now.hits - base.hits,
      misses: now.misses - base.misses,
      expired: now.expired - base.expired,
    };
  }
  resetStatistics(): void {
    this.#base = this.options.addon.keyspace.counters(this.options.engine);
    this.connectionsReceived = 0;
  }
  #base = { commands: 0, hits: 0, misses: 0, expired: 0 };

  close(): void {
    clearInterval(this.#timer);
    for (const session of [...this.sessions.values()]) session.end();
  }

  #tick(): void {
    const { addon, engine } = this.options;
    while (addon.keyspace.expireSome(engine, 1000) === 1000);
    if (++this.#ticks % 10 === 0 && this.configuration.appendfsync !== "no" && this.newestLsn > addon.engine.flushedLsn(engine))
      addon.engine.requestFlush(engine, this.newestLsn);
    const now = Date.now();
    for (const session of [...this.blocked]) if (session.blockedUntil <= now) session.retryBlocked(true);
    const timeout = this.configuration.timeoutSeconds * 1000;
    if (timeout > 0 && this.#ticks % 10 === 0)
      for (const session of [...this.sessions.values()])
        if (now - session.lastActiveMillis > timeout && !session.isSubscribed && !this.blocked.has(session)) session.close();
  }
}
