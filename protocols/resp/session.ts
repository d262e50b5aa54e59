/**
 * One RESP connection without its socket: bytes in through `data`, replies out through the host.
 *
 * Invariants
 *  1. Replies leave in the order of their commands. With `appendfsync always` a reply leaves only when its write is durable.
 *  2. While something is waited for (a locked key, a blocking command, a socket that does not drain) no further command runs.
 *  3. The shared output buffer is free again when a call into the session returns.
 */
import { type KeyspaceSession, RunState, RunStop, SessionFlag } from "../../src/native/index.js";
import { dispatch } from "./dispatch.js";
import { ReplyWriter } from "./reply-writer.js";
import { outputLimit, type RespServer } from "./server.js";
import { splitCommand } from "./split-command.js";

export interface RespHost {
  /** True: the kernel has taken all of it and the buffer may be reused. False: it is queued, call `drained()` when it has gone out. */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** After what was written has gone out. */
  close(): void;
  readonly remoteAddress?: string; // "127.0.0.1:50000"
  readonly localAddress?: string;
}

/** A client that sends faster than it reads is cut here, as is one input frame (client-query-buffer-limit). */
const inputLimitBytes = 1 << 30;
/** client-output-buffer-limit pubsub: hard limit. */
const pushLimitBytes = 32 << 20;

export interface BlockedCommand {
  readonly args: readonly Buffer[];
  attempt(timedOut: boolean): boolean;
}

export class RespSession {
  readonly id: number;
  readonly server: RespServer;
  readonly native: KeyspaceSession;
  readonly reply = new ReplyWriter();
  readonly createdMillis = Date.now();
  readonly host: RespHost;
  lastActiveMillis = Date.now();
  lastCommand = "NULL";
  name = "";
  libraryName = "";
  libraryVersion = "";
  database = 0;
  authenticated: boolean;
  /** Queued commands between MULTI and EXEC; undefined outside. */
  queue: Buffer[][] | undefined;
  queueFailed = false;
  watching = false;
  noEvict = false;
  replyMode: "on" | "off" | "skip" = "on";
  skipNext = false;
  subscriber = 0;
  readonly channels = new Map<string, Buffer>();
  readonly patterns = new Map<string, Buffer>();
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
  #queuedPushBytes = 0;

  constructor(server: RespServer, host: RespHost, id: number) {
    this.server = server;
    this.host = host;
    this.id = id;
    this.authenticated = server.configuration.requirepass === "";
    this.native = server.options.addon.keyspace.openSession(server.thread);
    this.configure();
  }

  get resp3(): boolean {
    return this.reply.resp3;
  }
  get isSubscribed(): boolean {
    return this.channels.size + this.patterns.size > 0;
  }

  /** Tells the native side what it must know: call after any change of these. */
  configure(): void {
    const stops =
      !this.authenticated || this.queue !== undefined || (this.isSubscribed && !this.resp3) || this.replyMode !== "on" || this.skipNext;
    this.server.options.addon.keyspace.configure(
      this.native,
      (stops ? SessionFlag.everyCommandStops : 0) |
        (this.authenticated ? 0 : SessionFlag.unauthenticated) |
        (this.resp3 ? SessionFlag.resp3 : 0),
      this.database,
    );
  }

  data(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.lastActiveMillis = Date.now();
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#input = this.#input.length === 0 ? bytes : this.#append(bytes);
    if (this.#input.length > inputLimitBytes) return this.close();
    if (this.#input.length < this.#need) return;
    this.#run();
  }

  drained(): void {
    if (!this.#paused || this.#closed) return;
    this.#paused = false;
    this.#queuedPushBytes = 0;
    this.host.resume();
    this.#run();
  }

  /** The peer is gone. */
  end(): void {
    if (this.#closed) return;
    this.#closed = true;
    const { addon, engine } = this.server.options;
    this.server.sessions.delete(this.id);
    if (this.#blocked !== undefined) this.unblock();
    if (this.subscriber !== 0) addon.keyspace.removeSubscriber(engine, this.subscriber);
    this.server.subscribers.delete(this.subscriber);
    addon.keyspace.closeSession(this.native);
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
    this.blockedUntil = timeoutMillis === 0 ? Number.POSITIVE_INFINITY : Date.now() + timeoutMillis;
    this.server.setBlocked(this, true);
  }
  unblock(): void {
    this.#blocked = undefined;
    this.server.setBlocked(this, false);
  }
  retryBlocked(timedOut: boolean): void {
    if (this.#blocked === undefined || this.#closed || !this.#blocked.attempt(timedOut)) return;
    this.unblock();
    this.#run();
  }

  /** EXEC is running this session's queue. */
  isExecuting = false;
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

  deliver(channel: Uint8Array, payload: Uint8Array, pattern: Uint8Array | null): void {
    if (this.#closed) return;
    const writer = new ReplyWriter();
    writer.resp3 = this.resp3;
    writer.push(pattern === null ? 3 : 4);
    writer.bulk(pattern === null ? "message" : "pmessage");
    if (pattern !== null) writer.bulk(pattern);
    writer.bulk(channel);
    writer.bulk(payload);
    const bytes = writer.take();
    if (this.#paused) {
      this.#queuedPushBytes += bytes.length;
      if (this.#queuedPushBytes > pushLimitBytes) return this.close();
    }
    this.#out.push(bytes);
    this.#flush();
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
    const fresh = Buffer.allocUnsafeSlow(Math.max(2 * length, Math.min(this.#need, inputLimitBytes)));
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
        this.database = state[RunState.database] as number;
        const done = this.#command(splitCommand(input, at, end));
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
    const length = this.server.state[RunState.outputLength] as number;
    return length >= 0 ? this.server.output.subarray(0, length) : this.server.options.addon.keyspace.takeOutput(this.native);
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
    if (this.host.write(bytes)) return;
    if (bytes.buffer === this.server.output.buffer) this.server.replaceOutput();
    if (this.#paused) return;
    this.#paused = true;
    this.host.pause();
  }
}

const empty = Buffer.alloc(0);
