/**
 * One run of a script or a function: it holds the keyspace alone from its start to its end, its effects are one record, its reply is
 * written when it ends.
 *
 * A run that lasts longer than busy-reply-threshold gives way to the event loop: the latches go back, and until it ends everybody else
 * is told BUSY (src/native/keyspace.ts, yieldExclusive). Where Lua cannot give way (inside a sort's comparison, a metamethod, gsub's
 * callback) the run goes on for `unyieldingMillis` more and is then ended with an error.
 */
import type { LuaMachine, LuaState } from "../../../src/lua/index.js";
import type { Outcome } from "../dispatch.js";
import type { ReplyWriter } from "../reply-writer.js";
import type { RespSession } from "../session.js";
import { writeResult } from "./lua-replies.js";
import type { ScriptFlags } from "./script-flags.js";

const unyieldingMillis = 30_000;

export interface RunOptions {
  readonly session: RespSession;
  readonly machine: LuaMachine;
  readonly flags: ScriptFlags;
  /** EVAL_RO, FCALL_RO, or the flag no-writes. */
  readonly isReadOnly: boolean;
  /** What errors call it: "f_<sha>" without the f_, or the function's name. */
  readonly name: string;
  readonly kind: "script" | "function";
  /** The command as it came, for FUNCTION STATS. */
  readonly command: readonly Buffer[];
  /** Pushes the function and its arguments onto the machine's thread; returns how many arguments. */
  readonly push: (thread: LuaState) => number;
  readonly ended: (run: ScriptRun) => void;
}

export class ScriptRun {
  readonly options: RunOptions;
  readonly startedMillis = Date.now();
  /** redis.setresp. */
  resp3 = false;
  isKilled = false;
  /** Gave way at least once: others are told BUSY. */
  isSlow = false;
  /** A redis.call is running: no second script can start inside. */
  readonly scratch: ReplyWriter;
  readonly #clientReply: ReplyWriter;
  readonly #database: number;
  readonly #owns: boolean;
  readonly #effectsBefore: number;
  readonly #wasExecuting: boolean;

  /** Undefined: the keys are not free; `outcome` says what the caller does. */
  static start(options: RunOptions): Outcome {
    const { session } = options;
    const { keyspace } = session.server.options.addon;
    const owns = !session.isExecuting;
    if (owns) {
      const began = keyspace.beginExclusive(session.native, !options.isReadOnly, false);
      if (began === 1) return "wait";
      if (began === 3) {
        session.reply.error(session.server.busyText());
        return "done";
      }
    }
    return new ScriptRun(options, owns).#resumeFirst();
  }

  private constructor(options: RunOptions, owns: boolean) {
    this.options = options;
    this.#owns = owns;
    this.scratch = options.session.server.scripts.scratch;
    this.scratch.resp3 = false;
    const { session } = options;
    this.#clientReply = session.reply;
    this.#database = session.database;
    this.#wasExecuting = session.isExecuting;
    this.#effectsBefore = owns ? 0 : session.server.options.addon.keyspace.pendingEffects(session.native);
    session.reply = this.scratch;
    session.isExecuting = true;
    if (this.#clientReply.resp3) session.configure();
  }

  /** Whether the dataset has been changed: then the run cannot be killed. */
  get hasWritten(): boolean {
    const { session } = this.options;
    return session.server.options.addon.keyspace.pendingEffects(session.native) > this.#effectsBefore;
  }
  get millis(): number {
    return Date.now() - this.startedMillis;
  }
  /** redis.setresp: how the commands of the run answer it. */
  setResp(version: 2 | 3): void {
    this.resp3 = version === 3;
    this.scratch.resp3 = this.resp3;
    this.options.session.configure();
  }

  #setCurrent(run: ScriptRun | undefined): void {
    const { server } = this.options.session;
    if (this.options.kind === "script") server.scripts.current = run;
    else server.functions.current = run;
  }
  /** The server ends: what the run has done so far is its result. */
  abandon(): void {
    if (!this.isSlow || this.#isOver) return;
    this.#finish("ERR Script ended: the server shuts down");
  }
  #isOver = false;

  #resumeFirst(): Outcome {
    const { machine } = this.options;
    this.#setCurrent(this);
    machine.onTick = (state, canYield) => this.#tick(state, canYield);
    return this.#resume(this.options.push(machine.thread()));
  }

  #resume(argumentCount: number): Outcome {
    const { machine } = this.options;
    let failure: string | undefined;
    try {
      const result = machine.resume(argumentCount);
      if (result.kind === "gaveWay") {
        this.#giveWay();
        return "pending";
      }
      if (result.kind === "failed") {
        this.options.session.errorIsCounted = this.#isCountedError();
        failure = this.#errorText(result.status);
      }
    } catch (thrown) {
      // JavaScript's own stack ran out inside Lua, or the machine's memory: it starts anew.
      if (!(thrown instanceof RangeError) && !(thrown as Error).message?.includes("out of bounds")) throw thrown;
      failure = `ERR Error running script ${this.options.name}, stack overflow`;
    }
    this.#finish(failure);
    return "done";
  }

  #tick(state: LuaState, canYield: boolean): boolean {
    const { machine, session } = this.options;
    if (this.isKilled) {
      machine.tickAlways(state);
      const what = this.options.kind === "script" ? "SCRIPT" : "FUNCTION";
      machine.raise(state, `Script killed by user with ${what} KILL.`);
    }
    const limit = session.server.configuration.busyReplyMillis;
    if (limit === 0 || this.millis < limit) return false;
    if (!canYield && this.millis > limit + unyieldingMillis) {
      machine.tickAlways(state);
      machine.raise(state, "Script ended: it ran too long inside a callback that cannot be interrupted.");
    }
    return true;
  }

  #giveWay(): void {
    const { session } = this.options;
    if (!this.isSlow) {
      this.isSlow = true;
      session.server.options.addon.keyspace.yieldExclusive(session.native);
      session.server.setAllStop("script", true);
      session.suspend();
    }
    setImmediate(() => {
      if (this.#isOver || this.#resume(0) === "pending") return;
      session.endPending();
    });
  }

  /** Whether the value on top of the thread is an error that a command of the script has been counted for. */
  #isCountedError(): boolean {
    const { machine } = this.options;
    const thread = machine.thread();
    if (machine.broken || machine.lua.lua_gettop(thread) === 0 || machine.typeName(thread, -1) !== "table") return false;
    machine.getField(thread, -1, "ignore_error_stats_update");
    const counted = machine.lua.lua_toboolean(thread, -1) !== 0;
    machine.pop(thread, 1);
    return counted;
  }

  /** The error value is on top of the thread. */
  #errorText(status: number): string {
    const { machine, name } = this.options;
    const thread = machine.thread();
    const place = status === 1 ? { source: "", line: 0 } : machine.errorPlace();
    let text: string;
    if (status === 1) text = "ERR attempt to yield across metamethod/C-call boundary";
    else if (machine.typeName(thread, -1) === "table") {
      machine.getField(thread, -1, "err");
      text = machine.latin1(thread, -1) ?? "ERR unknown error";
    } else text = `ERR ${machine.latin1(thread, -1) ?? `(error object is a ${machine.typeName(thread, -1)} value)`}`;
    if (place === undefined || place.source === "") return `${text} script: ${name}, on @user_${this.options.kind}:1.`;
    return `${text} script: ${name}, on ${place.source}:${place.line}.`;
  }

  #finish(failure: string | undefined): void {
    this.#isOver = true;
    const { machine, session } = this.options;
    const { server } = session;
    machine.onTick = undefined;
    this.#setCurrent(undefined);
    session.reply = this.#clientReply;
    if (failure !== undefined) session.reply.error(failure);
    else if (machine.lua.lua_gettop(machine.thread()) === 0) session.reply.null();
    else {
      machine.lua.lua_settop(machine.thread(), 1);
      session.errorIsCounted = this.#isCountedError();
      writeResult(machine, machine.thread(), session.reply, this.resp3);
    }
    if (!machine.broken) machine.endRun(failure !== undefined);
    session.isExecuting = this.#wasExecuting;
    if (session.database !== this.#database || this.resp3 !== session.resp3) {
      session.database = this.#database;
      session.configure();
    }
    if (this.#owns) {
      const lsn = server.options.addon.keyspace.endExclusive(session.native);
      if (lsn < 0) {
        session.reply.take();
        session.reply.error("MISCONF Errors writing to the AOF file: the log refuses");
      } else session.noteLsn(lsn);
    }
    if (this.isSlow) server.setAllStop("script", false);
    this.options.ended(this);
  }
}
