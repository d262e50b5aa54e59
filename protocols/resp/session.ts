/**
 * One RESP connection without its socket: bytes in through `data`, replies out through the host.
 *
 * Invariants
 *  1. Replies leave in the order of their commands. With `appendfsync always` a reply leaves only when its write is durable.
 *  2. While something is waited for (a locked key, a blocking command, a socket that does not drain) no further command runs.
 *  3. The shared output buffer is free again when a call into the session returns.
 */
import { commandTable, subcommandTable } from "../../src/keyspace/index.js";
import { type KeyspaceSession, RunState, RunStop, SessionFlag } from "../../src/native/index.js";
import type { Denial } from "./acl/acl-selector.js";
import type { AclUser } from "./acl/acl-user.js";
import { describeClient } from "./client-description.js";
import { dispatch } from "./dispatch.js";
import type { FastLane, LaneFacts } from "./fast-lane.js";
import { unsubscribeAll } from "./pubsub-commands.js";
import type { ReplicaFacts, ReplicaSender } from "./replication/replica-sender.js";
import { ReplyWriter } from "./reply-writer.js";
import { outputLimit, type RespServer } from "./server.js";
import { Counter } from "./server-counters.js";
import { splitCommand } from "./split-command.js";
import type { TrackingState } from "./tracking-commands.js";

export interface RespHost {
  /** True: the kernel has taken all of it and the buffer may be reused. False: it is queued, call `drained()` when it has gone out. */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** After what was written has gone out. */
  close(): void;
  /** Bytes that are written and not sent. */
  readonly queuedBytes?: number;
  readonly remoteAddress?: string; // "127.0.0.1:50000"
  readonly localAddress?: string;
  readonly fastLane?: FastLane;
}

export interface BlockedCommand {
  /** A change of one of them is a reason to try again. */
  readonly keys: readonly Buffer[];
  /** Command, database and keys: where one of a group finds nothing, the others find nothing. Absent: its own. */
  readonly group?: string;
  attempt(timedOut: boolean): boolean;
}

/** A user's refusal with the texts for a client and for a script. */
export interface Denied extends Denial {
  readonly text: string;
  readonly scriptText: string;
}

export class RespSession {
  readonly id: number;
  readonly server: RespServer;
  readonly native: KeyspaceSession;
  /** Where the running command writes; a script puts its own in this place. */
  reply = new ReplyWriter();
  readonly createdMillis = Date.now();
  readonly host: RespHost;
  lastActiveMillis = Date.now();
  lastCommand = "NULL";
  /** The error that the running command answers is in the statistics already: a script passes a command's on. */
  errorIsCounted = false;
  name = "";
  libraryName = "";
  libraryVersion = "";
  database = 0;
  authenticated: boolean;
  user: AclUser;
  isMonitor = false;
  /** This connection is a replica's. */
  sender: ReplicaSender | undefined;
  replicaFacts: ReplicaFacts | undefined;
  /** This is no client but the link to the primary: it may do everything. */
  isPrimary = false;
  tracking: TrackingState | undefined;
  /** Bytes of the queued commands' arguments. */
  queueBytes = 0;
  /** Queued commands between MULTI and EXEC; undefined outside. */
  queue: Buffer[][] | undefined;
  queueFailed = false;
  watching = false;
  noEvict = false;
  /** CLIENT NO-TOUCH: its commands leave the keys' time and count of use alone. */
  noTouch = false;
  replyMode: "on" | "off" | "skip" = "on";
  skipNext = false;
  subscriber = 0;
  readonly channels = new Map<string, Buffer>();
  readonly patterns = new Map<string, Buffer>();
  readonly shardChannels = new Map<string, Buffer>();
  blockedUntil = Number.POSITIVE_INFINITY;
  #blocked: BlockedCommand | undefined;
  #input: Buffer = Buffer.alloc(0);
  #need = 1;
  #waiting = false; // for a lock
  #paused = false; // the socket does not drain
  #ending = false; // close after the reply
  #closed = false;
  #out: Uint8Array[] = [];
  #held: { readonly lsn: number; readonly bytes: Uint8Array }[] = [];
  #queuedBytes = 0; // written while the socket does not drain
  #softSince = 0;
  #endAfterRun = false;

  constructor(server: RespServer, host: RespHost, id: number) {
    this.server = server;
    this.host = host;
    this.id = id;
    this.user = server.acl.default;
    this.authenticated = this.user.noPassword && this.user.isOn;
    this.native = server.options.addon.keyspace.openSession(server.thread);
    this.describe();
    this.configure();
  }

  get resp3(): boolean {
    return this.reply.resp3;
  }
  get isSubscribed(): boolean {
    return this.channels.size + this.patterns.size + this.shardChannels.size > 0;
  }
  get isRestricted(): boolean {
    return !this.user.isUnrestricted;
  }
  get isBlocked(): boolean {
    return this.#blocked !== undefined;
  }
  get isClosed(): boolean {
    return this.#closed;
  }
  get inputBytes(): number {
    return this.#input.length + (this.#laneFacts()?.inputBytes ?? 0);
  }
  /** The socket does not take more for now. */
  get isCongested(): boolean {
    return this.#paused;
  }
  /** Bytes that wait for the client to read. */
  get pendingOutputBytes(): number {
    return Math.max(this.#queuedBytes, this.#laneFacts()?.outputBytes ?? 0);
  }
  /** The session's own number is behind while the fast lane runs its commands. */
  get currentDatabase(): number {
    return this.#laneFacts()?.database ?? this.database;
  }
  idleMillis(now: number): number {
    return now - Math.max(this.lastActiveMillis, this.#laneFacts()?.lastActiveMillis ?? 0);
  }
  /** While the fast lane runs its commands. */
  #laneFacts(): LaneFacts | undefined {
    return this.#isHandedBack ? this.host.fastLane?.facts() : undefined;
  }
  get kind(): "normal" | "pubsub" | "replica" | "master" {
    return this.isPrimary ? "master" : this.sender !== undefined ? "replica" : this.isSubscribed ? "pubsub" : "normal";
  }
  get outputClass(): "normal" | "pubsub" | "replica" {
    return this.kind === "master" ? "replica" : (this.kind as "normal" | "pubsub" | "replica");
  }
  /** What SLOWLOG says of commands that the native side runs. */
  describe(): void {
    const address = Buffer.from(this.host.remoteAddress ?? "embedded:0");
    const name = Buffer.from(this.name, "latin1");
    this.server.options.addon.keyspace.describeSession(this.native, address, name);
    this.host.fastLane?.describe(address, name);
  }

  /** Why the user may not run this; undefined: it may. */
  permission(args: readonly Buffer[]): Denied | undefined {
    if (this.user.isUnrestricted || this.isPrimary) return undefined;
    const name = (args[0] as Buffer).toString("latin1").toLowerCase();
    const command = subcommandTable.get(`${name}|${args[1]?.toString("latin1").toLowerCase()}`) ?? commandTable.get(name);
    const denial = command === undefined ? undefined : this.user.check(command, args);
    if (denial === undefined) return undefined;
    const what =
      denial.kind === "command"
        ? ["run the", ` '${denial.object}' command`]
        : ["access one of the", denial.kind === "key" ? " keys used as arguments" : " channels used as arguments"];
    const script =
      denial.kind === "command"
        ? "can't run this command or subcommand"
        : `can't access at least one of the ${denial.kind === "key" ? "keys" : "channels"} mentioned in the command arguments`;
    return {
      ...denial,
      text: `NOPERM this user has no permissions to ${what.join("")}`,
      scriptText: `ERR The user executing the script ${script}`,
    };
  }
  noteDenied(_args: readonly Buffer[], denied: Denial, context: "toplevel" | "multi" | "lua"): void {
    this.noteAcl(denied.kind, denied.object, this.user.name, context);
  }
  noteAcl(reason: Denial["kind"] | "auth", object: string, username: string, context: "toplevel" | "multi" | "lua"): void {
    const entry = { reason, context, object, username, count: 1, createdMillis: Date.now(), clientInfo: describeClient(this) };
    this.server.aclLog.add(entry);
    this.server.tellOthers({ kind: "aclLog", entry });
  }
  logIn(user: AclUser): void {
    this.user = user;
    this.authenticated = true;
    this.configure();
  }

  /** Tells the native side what it must know: call after any change of these. */
  configure(): void {
    const { tracking } = this;
    if (this.#isHandedBack && !this.#suitsFastLane()) this.host.fastLane?.revoke();
    const stops =
      !this.authenticated ||
      this.queue !== undefined ||
      (this.isSubscribed && !this.resp3) ||
      this.replyMode !== "on" ||
      this.skipNext ||
      this.isMonitor ||
      !this.user.isUnrestricted ||
      (tracking !== undefined && tracking.mode !== "default" && tracking.mode !== "broadcast");
    this.server.options.addon.keyspace.configure(
      this.native,
      (stops ? SessionFlag.everyCommandStops : 0) |
        (this.authenticated ? 0 : SessionFlag.unauthenticated) |
        (this.resp3 ? SessionFlag.resp3 : 0) |
        (tracking?.remembers ? SessionFlag.tracksReads : 0) |
        (this.isPrimary ? SessionFlag.replicates : 0) |
        (this.noTouch ? SessionFlag.noTouch : 0),
      this.database,
    );
  }

  /** Nothing about the session is special: its commands may run where they arrive. */
  #suitsFastLane(): boolean {
    return (
      this.authenticated &&
      this.queue === undefined &&
      !this.isSubscribed &&
      !this.watching &&
      !this.isMonitor &&
      this.replyMode === "on" &&
      !this.skipNext &&
      this.tracking === undefined &&
      this.sender === undefined &&
      !this.noTouch &&
      this.user.isUnrestricted
    );
  }
  #isHandedBack = false;
  /** Lets the fast lane have the input when the session waits for nothing. */
  handBack(): void {
    const lane = this.host.fastLane;
    if (lane === undefined || this.#isHandedBack || this.#input.length > 0 || this.#waiting || this.#paused || this.#closed) return;
    if (this.#ending || this.#blocked !== undefined || this.#held.length > 0 || this.#out.length > 0 || this.isExecuting) return;
    if (!this.#suitsFastLane() || this.server.state[RunState.allStop] !== 0) return;
    this.#isHandedBack = lane.handBack(this.resp3, this.database);
  }
  /** The fast lane met a command that is the session's. */
  takenBack(database: number): void {
    this.#isHandedBack = false;
    if (database === this.database) return;
    this.database = database;
    this.configure();
  }

  data(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.lastActiveMillis = Date.now();
    const { counts } = this.server;
    counts.add(Counter.inputBytes, chunk.length);
    counts.add(Counter.reads, 1);
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#input = this.#input.length === 0 ? bytes : this.#append(bytes);
    // A client that sends faster than it reads is cut here, as is one command that is too long.
    if (this.#input.length > this.server.configuration.queryLimitBytes) return this.close();
    if (this.#input.length < this.#need) return;
    this.#run();
  }

  drained(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#queuedBytes = 0;
    this.#softSince = 0;
    this.host.resume();
    this.sender?.pump();
    this.#run();
  }

  /** The peer is gone. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { addon, engine } = this.server.options;
    this.server.sessions.delete(this.id);
    this.server.counts.add(Counter.clients, -1);
    if (this.#blocked !== undefined) this.unblock();
    this.sender?.close();
    if (this.tracking !== undefined) addon.keyspace.stopTracking(engine, this.native);
    unsubscribeAll(this);
    this.server.paused.delete(this);
    if (this.isMonitor) this.server.setMonitor(this, false);
    // A script of this client goes on without it and needs the native session until it ends.
    if (this.isExecuting) this.#endAfterRun = true;
    else addon.keyspace.closeSession(this.native);
  }
  /** A run or a transaction that outlived its client is over. */
  endNative(): void {
    if (!this.#endAfterRun) return;
    this.#endAfterRun = false;
    this.server.options.addon.keyspace.closeSession(this.native);
  }

  /** Sends what is written and ends the connection. */
  close(): void {
    if (this.#closed) return;
    this.#flush();
    this.end();
    this.host.close();
  }
  /** After the reply of the running command. */
  closeSoon(): void {
    this.#ending = true;
  }
  /** Ends it, after the reply when it is its own command that runs. */
  closeNow(): void {
    if (this.#isDispatching) this.closeSoon();
    else this.close();
  }
  /** Ends it whatever it has still to send; the one whose command runs gets its reply. */
  evict(): void {
    if (this.#isDispatching) return this.closeSoon();
    if (this.#closed) return;
    this.end();
    this.host.close();
  }
  #isDispatching = false;

  /** Runs a command that has a native body and puts its reply where TypeScript's go. False: wait for state[waitXid]. */
  executeNative(args: readonly Uint8Array[]): "done" | "wait" | "typescript" {
    const stop = this.server.options.addon.keyspace.execute(this.native, args);
    if (stop === RunStop.wait) return "wait";
    if (stop === RunStop.typeScript) return "typescript";
    this.#noteLsn();
    this.database = this.server.state[RunState.database] as number;
    this.reply.raw(this.#nativeOutput());
    return "done";
  }

  block(command: BlockedCommand, timeoutMillis: number): void {
    this.#blocked = command;
    this.#blockedDatabase = this.database;
    this.blockedUntil = timeoutMillis === 0 ? Number.POSITIVE_INFINITY : Date.now() + timeoutMillis;
    this.server.addBlocked(this, this.database, command.keys);
    // Another thread may have changed a key between the first attempt and now.
    setImmediate(() => {
      if (this.#blocked === command && !this.server.isBusy()) this.retryBlocked(false);
    });
  }
  #blockedDatabase = 0;
  unblock(): void {
    const command = this.#blocked;
    if (command === undefined) return;
    this.#blocked = undefined;
    this.server.removeBlocked(this, this.#blockedDatabase, command.keys);
  }
  /** CLIENT UNBLOCK: as if its time were up, or with an error. False: it was not blocked. */
  cancelBlocked(withError: boolean, error = "UNBLOCKED client unblocked via CLIENT UNBLOCK"): boolean {
    if (this.#blocked === undefined || this.#closed) return false;
    if (withError) {
      this.reply.error(error);
      this.sendReply();
      this.unblock();
      this.#run();
    } else this.retryBlocked(true);
    return true;
  }
  get blockedGroup(): string | undefined {
    return this.#blocked?.group;
  }
  /** False: it still waits. */
  retryBlocked(timedOut: boolean): boolean {
    if (this.#blocked === undefined || this.#closed) return true;
    if (!this.#blocked.attempt(timedOut)) return false;
    this.unblock();
    this.#run();
    return true;
  }

  /** EXEC is running this session's queue, or a script of it runs. */
  isExecuting = false;
  /** EXEC goes on here when a queued command that took time is over. */
  afterPending: (() => void) | undefined;
  /** A command that answered "pending" has written its reply. */
  endPending(): void {
    const next = this.afterPending;
    this.afterPending = undefined;
    if (next !== undefined) next();
    else this.unsuspend();
    this.endNative();
  }
  /** The reply of a command that ended later than its call. */
  sendReply(): void {
    if (this.#closed) return;
    this.#push(this.reply.take());
    this.#flush();
  }
  /** The running command ends later: nothing else runs until `unsuspend`. */
  suspend(): void {
    this.#waiting = true;
  }
  unsuspend(): void {
    this.#waiting = false;
    if (this.#closed) return;
    this.sendReply();
    this.#run();
  }

  deliver(channel: Uint8Array, payload: Uint8Array, pattern: Uint8Array | null, sharded = false): void {
    if (this.#closed) return;
    const writer = new ReplyWriter();
    writer.resp3 = this.resp3;
    writer.push(pattern === null ? 3 : 4);
    writer.bulk(pattern !== null ? "pmessage" : sharded ? "smessage" : "message");
    if (pattern !== null) writer.bulk(pattern);
    writer.bulk(channel);
    writer.bulk(payload);
    this.sendPush(writer.take());
  }
  /** Something that is no reply, after the replies so far. */
  sendPush(bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#held.length > 0) this.#push(bytes);
    else {
      this.#out.push(bytes);
      this.#flush();
    }
  }
  /** Keys that changed (null: all), for a client that tracks them; a redirected RESP2 client gets them as messages. */
  sendInvalidation(keys: readonly Uint8Array[] | null): void {
    const writer = new ReplyWriter();
    writer.resp3 = this.resp3;
    if (this.resp3) {
      writer.push(2);
      writer.bulk("invalidate");
    } else if (this.isSubscribed) {
      writer.push(3);
      writer.bulk("message");
      writer.bulk("__redis__:invalidate");
    } else return;
    if (keys === null) writer.null();
    else {
      writer.array(keys.length);
      for (const key of keys) writer.bulk(key);
    }
    this.sendPush(writer.take());
  }
  /** client-output-buffer-limit: the soft limit must not last. */
  checkSoftLimit(now: number): void {
    const limit = this.server.configuration.outputLimits[this.outputClass];
    if (limit.soft === 0 || this.pendingOutputBytes <= limit.soft) this.#softSince = 0;
    else if (this.#softSince === 0) this.#softSince = now;
    else if (now - this.#softSince > limit.softSeconds * 1000) this.close();
  }

  #append(bytes: Buffer): Buffer {
    // Grows by doubling, so that a long value that comes in many chunks is copied a few times only.
    const old = this.#input;
    const length = old.length + bytes.length;
    const room = old.buffer.byteLength - old.byteOffset;
    if (room >= length && old.buffer === this.#owned) {
      const grown = Buffer.from(old.buffer, old.byteOffset, length);
      bytes.copy(grown, old.length);
      return grown;
    }
    const fresh = Buffer.allocUnsafeSlow(Math.max(2 * length, Math.min(this.#need, this.server.configuration.queryLimitBytes)));
    this.#owned = fresh.buffer;
    old.copy(fresh, 0);
    bytes.copy(fresh, old.length);
    return fresh.subarray(0, length);
  }
  #owned: ArrayBufferLike | undefined;

  #run(): void {
    const { server } = this;
    const { state } = server;
    const { keyspace } = server.options.addon;
    const input = this.#input;
    let at = 0;
    this.#need = 1;
    let direct = false;
    while (at < input.length && !this.#waiting && !this.#paused && !this.#closed && !this.#ending && this.#blocked === undefined) {
      const stop = keyspace.run(this.native, input, at, input.length, outputLimit);
      at = state[RunState.consumed] as number;
      this.database = state[RunState.database] as number; // a SELECT may have run there
      this.#noteLsn();
      if (state[RunState.outputLength] !== 0) {
        const last = stop === RunStop.end || stop === RunStop.incomplete;
        if (last && this.#out.length === 0 && this.#held.length === 0 && server.configuration.appendfsync !== "always") {
          direct = true; // straight from the shared buffer
          this.#write(this.#nativeOutput());
        } else {
          this.#push(Buffer.from(this.#nativeOutput()));
        }
      }
      if (stop === RunStop.typeScript) {
        const end = at + (state[RunState.frameBytes] as number);
        this.#isDispatching = true;
        const done = this.#command(splitCommand(input, at, end));
        this.#isDispatching = false;
        if (done) at = end;
      } else if (stop === RunStop.wait) {
        this.#waitForLock();
      } else if (stop === RunStop.incomplete) {
        this.#need = state[RunState.need] as number;
        break;
      } else if (stop === RunStop.protocol) {
        this.#ending = true;
      } else if (stop === RunStop.output) {
        this.#flush();
      }
    }
    if (this.#closed) return;
    // What is left is kept; the chunk itself belongs to the socket.
    this.#input = at >= input.length ? empty : input.buffer === this.#owned && at === 0 ? input : Buffer.from(input.subarray(at));
    if (!direct || this.#out.length > 0) this.#flush();
    if (this.#ending && this.#held.length === 0) this.close();
    else this.handBack();
  }

  /** False: the command must run again later (a lock). */
  #command(args: Buffer[] | null): boolean {
    if (args === null) {
      this.#push(Buffer.from("-ERR Protocol error: unbalanced quotes in request\r\n"));
      this.#ending = true;
      return true;
    }
    if (args.length === 0) return true;
    const wasOff = this.replyMode === "off";
    const wasSkipped = this.skipNext;
    this.skipNext = false;
    const outcome = dispatch(this, args);
    if (outcome === "wait") {
      this.reply.take();
      this.#waitForLock();
      return false;
    }
    if (outcome === "later") {
      // CLIENT PAUSE: from the start, when it is over.
      this.reply.take();
      this.server.paused.add(this);
      this.#waiting = true;
      return false;
    }
    if (outcome === "pending") return true;
    const bytes = this.reply.take();
    const silent = wasSkipped || (wasOff && this.replyMode !== "on");
    if (bytes.length > 0 && !silent) this.#push(bytes);
    if (wasSkipped) this.configure();
    return true;
  }

  #waitForLock(): void {
    this.#waiting = true;
    this.server.waitFor(this, this.server.state[RunState.waitXid] as number, () => {
      this.#waiting = false;
      if (!this.#closed) this.#run();
    });
  }

  #noteLsn(): void {
    const lsn = this.server.state[RunState.lsn] as number;
    if (lsn > this.server.newestLsn) this.server.newestLsn = lsn;
    if (lsn > this.#lsn) this.#lsn = lsn;
  }
  #lsn = 0;
  noteLsn(lsn: number): void {
    if (lsn > this.server.newestLsn) this.server.newestLsn = lsn;
    if (lsn > this.#lsn) this.#lsn = lsn;
  }

  #nativeOutput(): Uint8Array {
    return this.server.nativeOutput(this.native);
  }

  /** A finished reply in its own buffer; leaves at the next flush, or when its write is durable. */
  #push(bytes: Uint8Array): void {
    const { addon, engine } = this.server.options;
    const mustWait =
      this.#held.length > 0 || (this.server.configuration.appendfsync === "always" && this.#lsn > addon.engine.flushedLsn(engine));
    if (!mustWait) {
      this.#out.push(bytes);
      return;
    }
    const lsn = this.#lsn;
    const fresh = this.#held.length === 0 || (this.#held[this.#held.length - 1] as { lsn: number }).lsn < lsn;
    this.#held.push({ lsn, bytes });
    if (fresh) this.server.options.whenFlushed(lsn, (error) => this.#release(lsn, error));
  }
  #release(lsn: number, error?: Error): void {
    if (this.#closed) return;
    if (error !== undefined) {
      // The log failed: nothing more is acknowledged.
      this.#write(Buffer.from(`-MISCONF Errors writing to the AOF file: ${error.message}\r\n`));
      return this.close();
    }
    while (this.#held.length > 0 && (this.#held[0] as { lsn: number }).lsn <= lsn)
      this.#out.push((this.#held.shift() as { bytes: Uint8Array }).bytes);
    this.#flush();
    if (this.#ending && this.#held.length === 0) this.close();
  }

  #flush(): void {
    if (this.#out.length === 0) return;
    const bytes = this.#out.length === 1 ? (this.#out[0] as Uint8Array) : Buffer.concat(this.#out);
    this.#out = [];
    this.#write(bytes);
  }
  #write(bytes: Uint8Array): void {
    const { counts } = this.server;
    counts.add(Counter.outputBytes, bytes.length);
    counts.add(Counter.writes, 1);
    if (this.host.write(bytes)) return;
    this.#queuedBytes += bytes.length;
    const limit = this.server.configuration.outputLimits[this.outputClass];
    if (limit.hard !== 0 && this.#queuedBytes > limit.hard) {
      this.end();
      return this.host.close();
    }
    if (bytes.buffer === this.server.output.buffer) this.server.replaceOutput();
    if (this.#paused) return;
    this.#paused = true;
    this.host.pause();
  }
}

const empty = Buffer.alloc(0);
