/**
 * What the RESP connections of one JavaScript thread share: the native thread handle and its output buffer, the configuration, users,
 * scripts, the list of clients, waits and published messages on their way in, and the timer that deletes expired keys and asks for a
 * flush every second.
 *
 * No socket here: the listener makes a connection with `connect` and feeds it bytes.
 */

import { nativeCommands } from "../../src/keyspace/index.js";
import {
  type Engine,
  type EngineEvent,
  type KeyspaceBinding,
  type KeyspaceSession,
  type KeyspaceThread,
  type NativeAddon,
  RunState,
  runStateLength,
} from "../../src/native/index.js";
import { assert } from "../../src/types/index.js";
import { AclLog } from "./acl/acl-log.js";
import { AclStore } from "./acl/acl-store.js";
import { answerQuestion } from "./client-admin.js";
import { evictClients } from "./client-eviction.js";
import { RespConfiguration } from "./configuration.js";
import type { FastLanes } from "./fast-lane.js";
import type { Outgoing, OutgoingEvents } from "./replication/primary-link.js";
import { Replication } from "./replication/replication.js";
import { FunctionEngine } from "./scripting/function-engine.js";
import { ScriptEngine } from "./scripting/script-engine.js";
import type { ScriptRun } from "./scripting/script-run.js";
import { Counter, ServerCounters } from "./server-counters.js";
import { type RespHost, RespSession } from "./session.js";
import type { RespThreadMessage, ThreadAnswer, ThreadQuestion } from "./thread-messages.js";
import { deliverInvalidation } from "./tracking-commands.js";

export const outputBytes = 256 << 10;
/** Stop gathering replies here and write; leaves room in the output for the last one. */
export const outputLimit = 192 << 10;
/** Tokens of RESP waits: above any that SQL sessions use on the same event stream. */
const firstToken = 2 ** 40;
const keyChangedToken = 2 ** 41;
/** A key among those that clients wait for. */
const waitedName = (database: number, key: Buffer) => `${database}:${key.toString("latin1")}`;
/** A thread that does not answer by then (a long computation) is left out. */
const askMillis = 3000;

export interface RespServerOptions {
  readonly addon: NativeAddon;
  readonly engine: Engine;
  /** Runs `callback` when the log is durable up to lsn. */
  whenFlushed(lsn: number, callback: (error?: Error) => void): void;
  readonly requirepass?: string;
  readonly masterauth?: string;
  readonly masteruser?: string;
  readonly appendfsync?: "always" | "everysec" | "no";
  readonly port?: number;
  readonly version?: string;
  readonly dataFolder?: string;
  /** Client ids start above this: threads of one engine do not share them. */
  readonly firstClientId?: number;
  readonly threadNumber?: number;
  readonly threadCount?: number;
  /** Counters of all threads (ServerCounters); absent: this thread is alone. */
  readonly counters?: SharedArrayBuffer;
  /** CONFIG SET succeeded: other threads' servers must follow. */
  readonly configurationChanged?: (pairs: readonly (readonly [string, string])[]) => void;
  readonly tellOthers?: (message: RespThreadMessage) => void;
  /** redis.log of scripts; level 0 to 3. */
  readonly log?: (level: number, text: string) => void;
  /** Runs hot commands outside of this thread. */
  readonly fastLanes?: FastLanes | undefined;
  /** Opens a connection to another server (a primary, MIGRATE's target); they are refused without it. */
  readonly connectTo?: (host: string, port: number, events: OutgoingEvents) => Outgoing;
  /** SHUTDOWN is refused without it. */
  readonly shutdown?: () => void;
}

export type StopReason = "monitor" | "pause" | "script" | "slowlog" | "loading";

export class RespServer {
  readonly configuration: RespConfiguration;
  readonly acl: AclStore;
  readonly aclLog = new AclLog();
  readonly scripts: ScriptEngine;
  readonly functions: FunctionEngine;
  readonly sessions = new Map<number, RespSession>();
  readonly blocked = new Set<RespSession>();
  readonly subscribers = new Map<number, RespSession>();
  readonly monitors = new Set<RespSession>();
  readonly startedMillis = Date.now();
  readonly state = new Float64Array(runStateLength);
  readonly thread: KeyspaceThread;
  readonly options: RespServerOptions;
  readonly counts: ServerCounters;
  readonly replication: Replication;
  /** A primary's snapshot is coming in: keys are not complete. */
  isLoading = false;
  output = Buffer.allocUnsafeSlow(outputBytes);
  lastSaveSeconds = Math.floor(Date.now() / 1000);
  /** Checkpoints, as SAVE and INFO tell of them. */
  checkpointing = false;
  checkpointStarted = 0;
  lastSaveFailed = false;
  lastSaveDuration = -1;
  saves = 0;
  changesAtSave = 0;
  /** Commands that TypeScript ran by itself. */
  scriptCommandCount = 0;
  newestLsn = 0;
  /** CLIENT PAUSE: until when, and whether reads wait too. */
  pausedUntil = 0;
  pauseMode: "write" | "all" = "write";
  readonly paused = new Set<RespSession>();
  #nextId: number;
  #nextToken = firstToken;
  readonly #waits = new Map<number, () => void>();
  readonly #timer: NodeJS.Timeout;
  #ticks = 0;
  readonly #stopReasons = new Set<StopReason>();
  readonly #monitoringThreads = new Set<number>();
  readonly #asked = new Map<number, { answers: ThreadAnswer[]; readonly done: () => void }>();
  #nextAsk = 1;

  constructor(options: RespServerOptions) {
    this.options = options;
    this.#nextId = (options.firstClientId ?? 0) + 1;
    const { addon, engine } = options;
    const missing = addon.keyspace.defineCommands(nativeCommands());
    assert(missing.length === 0, "the command table names a native command that has no body");
    this.counts = new ServerCounters(options.counters, options.threadNumber ?? 0);
    this.thread = addon.keyspace.attach(engine, this.output, this.state);
    this.scripts = new ScriptEngine(this);
    this.functions = new FunctionEngine(this);
    this.acl = new AclStore(this);
    this.acl.load();
    this.replication = new Replication(this);
    this.configuration = new RespConfiguration(this);
    if (options.requirepass !== undefined && options.requirepass !== "") this.configuration.set([["requirepass", options.requirepass]]);
    for (const name of ["masterauth", "masteruser"] as const)
      if (options[name] !== undefined && options[name] !== "") this.configuration.set([[name, options[name]]]);
    this.configuration.appendfsync = options.appendfsync ?? "everysec";
    this.configuration.loadSaved();
    this.configureFastLanes();
    this.#timer = setInterval(() => this.#tick(), 100);
    this.#timer.unref();
  }

  connect(host: RespHost): RespSession {
    const session = new RespSession(this, host, this.#nextId++);
    this.sessions.set(session.id, session);
    this.counts.add(Counter.connectionsReceived, 1);
    this.counts.add(Counter.clients, 1);
    return session;
  }

  /** Every event of the engine on this thread comes through here; others' are left alone. */
  handleEvent(event: EngineEvent): void {
    if (event.kind === "message")
      this.subscribers.get(event.subscriber)?.deliver(event.channel, event.payload, event.pattern, event.sharded);
    else if (event.kind === "invalidate") deliverInvalidation(this, event.client, event.key, event.broadcast);
    else if (event.kind === "waitOver") {
      if (event.token === keyChangedToken) this.#keysChanged();
      if (this.replication.handleToken(event.token)) return;
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

  /** The session waits for one of the keys. */
  addBlocked(session: RespSession, database: number, keys: readonly Buffer[]): void {
    this.blocked.add(session);
    this.counts.set(Counter.blocked, this.blocked.size);
    for (const key of keys) {
      const name = waitedName(database, key);
      const waiting = this.#waitingFor.get(name) ?? new Set();
      this.#waitingFor.set(name, waiting.add(session));
      this.options.addon.keyspace.waitForKey(this.thread, keyChangedToken, database, key);
    }
  }
  removeBlocked(session: RespSession, database: number, keys: readonly Buffer[]): void {
    this.blocked.delete(session);
    this.counts.set(Counter.blocked, this.blocked.size);
    for (const key of keys) {
      const name = waitedName(database, key);
      const waiting = this.#waitingFor.get(name);
      waiting?.delete(session);
      if (waiting?.size === 0) this.#waitingFor.delete(name);
      this.options.addon.keyspace.forgetKey(this.thread, database, key);
    }
  }
  readonly #waitingFor = new Map<string, Set<RespSession>>();
  /** Keys changed while a script had them all: looked at when it is over. */
  #missedChanges = false;
  #keysChanged(): void {
    this.#missedChanges = this.isBusy();
    if (this.#missedChanges) return;
    const changed = this.options.addon.keyspace.takeChangedKeys(this.thread);
    for (let i = 0; i < changed.length; i += 2)
      this.#retryBlocked(this.#waitingFor.get(waitedName(changed[i] as number, changed[i + 1] as Buffer)));
  }
  #retryBlocked(sessions: ReadonlySet<RespSession> | undefined): void {
    // In the order they began to wait; of ten thousand that wait for one key the first that finds nothing speaks for all.
    const empty = new Set<string>();
    for (const session of [...(sessions ?? [])]) {
      const group = session.blockedGroup;
      if (group !== undefined && empty.has(group)) continue;
      if (!session.retryBlocked(false) && group !== undefined) empty.add(group);
    }
  }

  /** The replies of the last native call for `session`; valid until the next call. */
  nativeOutput(session: KeyspaceSession): Uint8Array {
    const length = this.state[RunState.outputLength] as number;
    return length >= 0 ? this.output.subarray(0, length) : this.options.addon.keyspace.takeOutput(session);
  }
  /** Clients that wait in blocking commands get an error. */
  endBlocked(error: string): void {
    for (const session of [...this.blocked]) session.cancelBlocked(true, error);
  }
  setLoading(loading: boolean): void {
    this.isLoading = loading;
    this.setAllStop("loading", loading);
  }

  /** The socket still holds the output buffer: go on with another. */
  replaceOutput(): void {
    this.output = Buffer.allocUnsafeSlow(outputBytes);
    this.options.addon.keyspace.setOutput(this.thread, this.output);
  }

  /** SAVE, BGSAVE: everything that is not yet in files goes there. */
  async checkpoint(): Promise<void> {
    const { addon, engine } = this.options;
    this.checkpointing = true;
    this.checkpointStarted = Date.now();
    const { changes } = this.counters();
    try {
      await addon.engine.checkpoint(engine);
      this.lastSaveSeconds = Math.floor(Date.now() / 1000);
      this.lastSaveFailed = false;
      this.changesAtSave = changes;
      this.saves++;
    } catch (error) {
      this.lastSaveFailed = true;
      throw error;
    } finally {
      this.checkpointing = false;
      this.lastSaveDuration = Math.floor((Date.now() - this.checkpointStarted) / 1000);
    }
  }

  /** A change outside of the keys was logged at `lsn` (-1: the log refuses). */
  noteDurable(lsn: number): void {
    if (lsn > this.newestLsn) this.newestLsn = lsn;
  }

  /** Every command of every connection of the thread comes to TypeScript while there is a reason. */
  setAllStop(reason: StopReason, stops: boolean): void {
    if (stops) this.#stopReasons.add(reason);
    else this.#stopReasons.delete(reason);
    this.state[RunState.allStop] = this.#stopReasons.size;
    this.configureFastLanes();
  }
  /** Call after a change of what the fast lanes must know. */
  configureFastLanes(): void {
    const { appendfsync, outputLimits, queryLimitBytes } = this.configuration;
    this.options.fastLanes?.configure(this.#stopReasons.size > 0, appendfsync === "always", outputLimits.normal.hard, queryLimitBytes);
  }
  /** Adds what fast lanes have counted to this thread's numbers. */
  countFastLanes(): void {
    const totals = this.options.fastLanes?.totals();
    if (totals === undefined) return;
    const [lsn, reads, writes, input, output] = totals;
    if (lsn > this.newestLsn) this.newestLsn = lsn;
    this.counts.add(Counter.reads, reads);
    this.counts.add(Counter.writes, writes);
    this.counts.add(Counter.inputBytes, input);
    this.counts.add(Counter.outputBytes, output);
  }

  // Scripts.

  /** A script of some thread runs longer than it may and has the keys. */
  isBusy(): boolean {
    return this.options.addon.keyspace.isBusy(this.options.engine);
  }
  get currentRun(): ScriptRun | undefined {
    return this.scripts.current ?? this.functions.current;
  }
  busyText(): string {
    const kind = this.currentRun?.options.kind ?? "script";
    return `BUSY Redis is busy running a script. You can only call ${kind === "script" ? "SCRIPT" : "FUNCTION"} KILL or SHUTDOWN NOSAVE.`;
  }
  isOutOfMemory(): boolean {
    const limit = Number(this.configuration.get("maxmemory"));
    return limit > 0 && this.options.addon.keyspace.counters(this.options.engine).memory > limit;
  }
  /** SCRIPT KILL and FUNCTION KILL, on whatever thread the run is. */
  killRun(session: RespSession, run: "script" | "function"): void {
    const { reply } = session;
    const answer = (outcome: ThreadAnswer): boolean => {
      if (outcome === "killed") reply.ok();
      else if (outcome === "unkillable")
        reply.error(
          "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
        );
      else if (outcome === "other") reply.error(this.busyText());
      else return false;
      return true;
    };
    this.ask(session, { what: "killRun", run }, (answers) => {
      if (!answers.some(answer)) reply.error("NOTBUSY No scripts in execution right now.");
    });
  }

  // Monitors.

  setMonitor(session: RespSession, on: boolean): void {
    const before = this.monitors.size;
    if (on) this.monitors.add(session);
    else this.monitors.delete(session);
    if (before > 0 === this.monitors.size > 0) return;
    const thread = this.options.threadNumber ?? 0;
    this.#noteMonitoring(thread, this.monitors.size > 0);
    this.tellOthers({ kind: "monitoring", thread, active: this.monitors.size > 0 });
  }
  #noteMonitoring(thread: number, active: boolean): void {
    if (active) this.#monitoringThreads.add(thread);
    else this.#monitoringThreads.delete(thread);
    this.setAllStop("monitor", this.#monitoringThreads.size > 0);
  }
  get isMonitored(): boolean {
    return this.#monitoringThreads.size > 0;
  }
  feedMonitors(line: string): void {
    for (const monitor of this.monitors) monitor.sendPush(Buffer.from(line, "latin1"));
    if (this.#monitoringThreads.size > (this.monitors.size > 0 ? 1 : 0)) this.tellOthers({ kind: "monitor", line });
  }

  // CLIENT PAUSE.

  pause(mode: "write" | "all", untilMillis: number): void {
    // A pause that is on is only made longer and stricter.
    const active = this.pausedUntil > Date.now();
    this.pauseMode = active && this.pauseMode === "all" ? "all" : mode;
    this.pausedUntil = active ? Math.max(this.pausedUntil, untilMillis) : untilMillis;
    this.setAllStop("pause", true);
  }
  unpause(): void {
    this.pausedUntil = 0;
    this.setAllStop("pause", false);
    const waiting = [...this.paused];
    this.paused.clear();
    for (const session of waiting) session.unsuspend();
  }

  // Other threads.

  tellOthers(message: RespThreadMessage): void {
    if ((this.options.threadCount ?? 1) > 1) this.options.tellOthers?.(message);
  }
  /** Asks every thread, this one too; `done` gets their answers. The session waits where the others take time. */
  ask(session: RespSession, question: ThreadQuestion, done: (answers: ThreadAnswer[]) => void): void {
    const own = answerQuestion(this, question);
    const others = (this.options.threadCount ?? 1) - 1;
    if (others === 0 || session.isExecuting) return done([own]);
    const id = this.#nextAsk++;
    const finish = () => {
      if (!this.#asked.delete(id)) return;
      clearTimeout(timer);
      done(asked.answers);
      session.unsuspend();
    };
    const asked = { answers: [own], done: finish };
    const timer = setTimeout(finish, askMillis);
    this.#asked.set(id, asked);
    session.suspend();
    this.tellOthers({ kind: "ask", id, thread: this.options.threadNumber ?? 0, question });
  }
  handleTold(message: RespThreadMessage): void {
    switch (message.kind) {
      case "aclChanged":
        return this.acl.load();
      case "aclLogReset":
        return this.aclLog.clear();
      case "aclLog":
        return this.aclLog.add(message.entry as Parameters<AclLog["add"]>[0]);
      case "monitoring":
        return this.#noteMonitoring(message.thread, message.active);
      case "monitor":
        for (const monitor of this.monitors) monitor.sendPush(Buffer.from(message.line, "latin1"));
        return;
      case "pause":
        return this.pause(message.mode, message.untilMillis);
      case "unpause":
        return this.unpause();
      case "replication":
        return this.replication.apply();
      case "acknowledged":
        return this.replication.acknowledged();
      case "loading":
        return this.setLoading(message.loading);
      case "libraries":
        return this.functions.reload();
      case "invalidate":
        this.sessions
          .get(message.client)
          ?.sendInvalidation(message.keys === null ? null : message.keys.map((k) => Buffer.from(k, "latin1")));
        return;
      case "ask":
        return this.tellOthers({ kind: "answer", id: message.id, thread: message.thread, answer: answerQuestion(this, message.question) });
      case "answer": {
        const asked = message.thread === (this.options.threadNumber ?? 0) ? this.#asked.get(message.id) : undefined;
        if (asked === undefined) return;
        asked.answers.push(message.answer);
        if (asked.answers.length === (this.options.threadCount ?? 1)) asked.done();
        return;
      }
    }
  }

  /** Counters since start or CONFIG RESETSTAT. */
  counters(): ReturnType<KeyspaceBinding["counters"]> {
    const now = this.options.addon.keyspace.counters(this.options.engine);
    const base = this.#base;
    return {
      ...now,
      commands: now.commands - base.commands,
      hits: now.hits - base.hits,
      misses: now.misses - base.misses,
      expired: now.expired - base.expired,
      lazilyFreed: now.lazilyFreed - base.lazilyFreed,
    };
  }
  resetStatistics(): void {
    this.countFastLanes();
    this.#base = this.options.addon.keyspace.counters(this.options.engine);
    this.options.addon.keyspace.resetStatistics();
    this.counts.reset();
    this.scriptCommandCount = 0;
  }
  #base = { commands: 0, hits: 0, misses: 0, expired: 0, lazilyFreed: 0 };

  close(): void {
    clearInterval(this.#timer);
    this.currentRun?.abandon();
    this.replication.close();
    for (const session of [...this.sessions.values()]) session.end();
  }

  #tick(): void {
    const { addon, engine } = this.options;
    if (this.configuration.activeExpire && !this.configuration.cronPaused) while (addon.keyspace.expireSome(engine, 1000) === 1000);
    if (++this.#ticks % 10 === 0) this.countFastLanes();
    if (this.#ticks % 10 === 0 && this.configuration.appendfsync !== "no" && this.newestLsn > addon.engine.flushedLsn(engine))
      addon.engine.requestFlush(engine, this.newestLsn);
    evictClients(this);
    const now = Date.now();
    if (this.pausedUntil !== 0 && this.pausedUntil <= now) this.unpause();
    if (this.#missedChanges) this.#keysChanged();
    if (!this.isBusy()) for (const session of [...this.blocked]) if (session.blockedUntil <= now) session.retryBlocked(true);
    if (this.#ticks % 10 === 0) this.counts.sample(this.counters().commands);
    const timeout = this.configuration.timeoutSeconds * 1000;
    if (this.#ticks % 10 !== 0) return;
    this.replication.tick(now);
    for (const session of [...this.sessions.values()]) {
      if (
        timeout > 0 &&
        session.idleMillis(now) > timeout &&
        !session.isSubscribed &&
        !this.blocked.has(session) &&
        !session.isMonitor &&
        !session.isPrimary &&
        session.sender === undefined
      )
        session.close();
      else session.checkSoftLimit(now);
    }
  }
}
