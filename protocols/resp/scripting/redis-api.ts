/**
 * The global `redis` of scripts and functions: call, pcall and the rest. redis.call hands a command's arguments from Lua's memory
 * straight to the native table; commands without a body there, and all of a restricted user's, take TypeScript's way.
 */
import { type CommandDescription, commandTable, subcommandTable } from "../../../src/keyspace/index.js";
import { type HostFunction, type LuaMachine, type LuaState, LuaType, numberText } from "../../../src/lua/index.js";
import { RunState, RunStop } from "../../../src/native/index.js";
import { arityFits, perform } from "../dispatch.js";
import type { RespServer } from "../server.js";
import { pushError, pushReply } from "./lua-replies.js";
import type { ScriptRun } from "./script-run.js";
import { sha1Hex } from "./sha1.js";

/** What the functions of `redis` need of the engine of scripts or of functions. */
export interface RunningEngine {
  readonly server: RespServer;
  readonly current: ScriptRun | undefined;
}

export const redisConstants: Readonly<Record<string, number | string>> = {
  LOG_DEBUG: 0,
  LOG_VERBOSE: 1,
  LOG_NOTICE: 2,
  LOG_WARNING: 3,
  REPL_NONE: 0,
  REPL_AOF: 1,
  REPL_SLAVE: 2,
  REPL_REPLICA: 2,
  REPL_ALL: 3,
  REDIS_VERSION: "7.0.15",
  REDIS_VERSION_NUM: 0x0007000f,
};

/** A command as scripts see it. */
interface Callable {
  readonly command: CommandDescription;
  readonly isNative: boolean;
  readonly isForbidden: boolean;
  /** Not for read-only scripts. */
  readonly writes: boolean;
}
const known = new Map<string, Callable>();
/** Undefined when it does not exist. */
function describe(name: string): Callable | undefined {
  const seen = known.get(name);
  if (seen !== undefined) return seen;
  const command = commandTable.get(name.toLowerCase());
  if (command === undefined) return undefined;
  const found = {
    command,
    isNative: command.runs === "native",
    isForbidden: command.flags.includes("noscript"),
    writes: command.flags.includes("write") || mayReplicate.has(command.name),
  };
  if (known.size < 10_000) known.set(name, found);
  return found;
}

/** The same for a name in Lua's memory. Names of up to eight bytes are found by their two halves, without a string of JavaScript's. */
const knownShort = new Map<number, Map<number, Callable>>();
function describeAt(memory: Buffer, at: number, length: number): Callable | undefined {
  if (length === 0 || length > 8) return describe(memory.toString("latin1", at, at + length));
  let low = 0;
  let high = 0;
  for (let i = 0; i < length; i++) {
    const byte = memory[at + i] as number;
    if (i < 4) low |= byte << (8 * i);
    else high |= byte << (8 * (i - 4));
  }
  const seen = knownShort.get(low)?.get(high);
  if (seen !== undefined) return seen;
  // A zero byte would look like the end of a shorter name.
  const name = memory.toString("latin1", at, at + length);
  const found = name.includes("\0") ? undefined : describe(name);
  if (found !== undefined && knownShort.size < 10_000) {
    const halves = knownShort.get(low) ?? new Map<number, Callable>();
    knownShort.set(low, halves.set(high, found));
  }
  return found;
}

export function redisApi(engine: RunningEngine, machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  /** Raises {err = text} as Redis does: without the place, which the run adds. */
  const fail = (state: LuaState, text: string): never => {
    pushError(machine, state, text);
    return machine.raiseTop(state);
  };
  const counted = (state: LuaState, text: string): void => {
    engine.server.options.addon.keyspace.recordError(Buffer.from(text, "latin1"));
    pushError(machine, state, text);
  };

  /** Runs the command on the stack and pushes its reply; true when that is an error. */
  const run = (state: LuaState): boolean => {
    const current = engine.current;
    if (current === undefined) {
      counted(state, "ERR redis.call can only be called inside a script invocation");
      return true;
    }
    const count = lua.lua_gettop(state);
    if (count === 0) {
      counted(state, "ERR Please specify at least one argument for this redis lib call");
      return true;
    }
    const at = placeArguments(machine, state, count);
    if (at < 0) {
      counted(state, "ERR Lua redis lib command arguments must be strings or integers");
      return true;
    }
    const { memory, words } = machine;
    const callable = describeAt(memory, words[at >> 2] as number, words[(at >> 2) + 1] as number);
    const { session } = current.options;
    const refused = callable === undefined ? "ERR Unknown Redis command called from script" : refusal(current, callable, count);
    if (callable === undefined || refused !== undefined) {
      if (callable !== undefined) session.server.options.addon.keyspace.recordRejected(callable.command.index);
      counted(state, refused ?? "");
      return true;
    }
    if (callable.command.name.startsWith("xread")) {
      const args = copyArguments(memory, at, count);
      if (asksToBlock(args)) {
        counted(state, `ERR ${(args[0] as Buffer).toString("latin1")} command is not allowed with BLOCK option from scripts`);
        return true;
      }
    }
    // Whoever monitors sees the commands of scripts too: those go by TypeScript's way.
    if (callable.isNative && !session.isRestricted && !session.server.isMonitored) {
      const server = session.server;
      const stop = server.options.addon.keyspace.executeAt(session.native, memory, at, count);
      if (stop === RunStop.end) {
        session.database = server.state[RunState.database] as number;
        const length = server.state[RunState.outputLength] as number;
        if (length < 0) return pushReply(machine, state, asBuffer(server.options.addon.keyspace.takeOutput(session.native)));
        return pushReply(machine, state, server.output);
      }
    }
    return pushReply(machine, state, runInTypeScript(current, copyArguments(memory, at, count), callable.command));
  };
  /** Levels and texts as luaLogCommand. */
  const log: HostFunction = (state) => {
    const count = lua.lua_gettop(state);
    if (count < 2) fail(state, "ERR redis.log() requires two arguments or more.");
    if (lua.lua_type(state, 1) !== LuaType.number) fail(state, "ERR First argument must be a number (log level).");
    const level = lua.lua_tonumber(state, 1);
    if (level < 0 || level > 3) fail(state, "ERR Invalid debug level.");
    const parts: string[] = [];
    for (let i = 2; i <= count; i++) parts.push(machine.latin1(state, i) ?? "");
    engine.server.options.log?.(level, parts.join(" "));
    return 0;
  };
  const single = (field: "err" | "ok"): HostFunction => {
    return (state) => {
      const text = lua.lua_gettop(state) === 1 && lua.lua_type(state, 1) === LuaType.string ? machine.latin1(state, 1) : undefined;
      if (text === undefined) {
        pushError(machine, state, "ERR wrong number or type of arguments");
        return 1;
      }
      lua.lua_createtable(state, 0, 1);
      machine.pushLatin1(state, field === "ok" ? text : withCode(text));
      machine.setField(state, -2, field);
      return 1;
    };
  };
  return {
    call: (state) => {
      if (run(state)) machine.raiseTop(state);
      return 1;
    },
    pcall: (state) => {
      run(state);
      return 1;
    },
    error_reply: single("err"),
    status_reply: single("ok"),
    log,
    sha1hex: (state) => {
      if (lua.lua_gettop(state) !== 1) fail(state, "ERR wrong number of arguments");
      machine.pushLatin1(state, sha1Hex(machine.bytes(state, 1) ?? Buffer.alloc(0)));
      return 1;
    },
    setresp: (state) => {
      if (lua.lua_gettop(state) !== 1) fail(state, "ERR redis.setresp() requires one argument.");
      const version = lua.lua_tonumber(state, 1);
      if (version !== 2 && version !== 3) fail(state, "ERR RESP version must be 2 or 3.");
      engine.current?.setResp(version as 2 | 3);
      return 0;
    },
    set_repl: (state) => {
      if (lua.lua_gettop(state) !== 1) fail(state, "ERR redis.set_repl() requires two arguments.");
      const flags = lua.lua_tonumber(state, 1);
      if (!Number.isInteger(flags) || flags < 0 || flags > 3)
        fail(state, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.");
      // Effects are always logged here: memory and log may not differ.
      if (flags !== 3) fail(state, "ERR redis.set_repl with other flags than REPL_ALL is not supported yet");
      return 0;
    },
    replicate_commands: (state) => {
      lua.lua_pushboolean(state, 1);
      return 1;
    },
    breakpoint: (state) => {
      lua.lua_pushboolean(state, 0);
      return 1;
    },
    debug: () => 0,
    acl_check_cmd: (state) => {
      const count = lua.lua_gettop(state);
      if (count === 0) fail(state, "ERR Please specify at least one argument for this redis lib call");
      const at = placeArguments(machine, state, count);
      if (at < 0) fail(state, "ERR Lua redis lib command arguments must be strings or integers");
      const args = copyArguments(machine.memory, at, count);
      const command = describe((args[0] as Buffer).toString("latin1"));
      if (command === undefined) fail(state, "ERR Invalid command passed to redis.acl_check_cmd()");
      const session = engine.current?.options.session;
      const allowed = session === undefined || session.permission(args) === undefined;
      lua.lua_pushboolean(state, allowed ? 1 : 0);
      return 1;
    },
  };
}

/** `-CODE text`, `-text` and `text` of redis.error_reply. */
function withCode(text: string): string {
  const bare = (text.startsWith("-") ? text.slice(1) : text).replace(/^[\r\n]+|[\r\n]+$/g, "");
  return bare.includes(" ") ? bare : `ERR ${bare}`;
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Puts pointers and lengths of the stack's values one after the other; -1 when one is neither string nor number. */
function placeArguments(machine: LuaMachine, state: LuaState, count: number): number {
  const { lua } = machine;
  // Numbers become text first (with all their digits): the stack keeps it alive.
  for (let i = 1; i <= count; i++) {
    const type = lua.lua_type(state, i);
    if (type === LuaType.number) {
      machine.pushLatin1(state, numberText(lua.lua_tonumber(state, i), 17));
      lua.lua_replace(state, i);
    } else if (type !== LuaType.string) return -1;
  }
  // Lua writes each length beside its pointer. Strings stay where they are, so the memory does not grow here.
  const at = machine.scratch(count * 8);
  const { words } = machine;
  for (let i = 0; i < count; i++) words[(at >> 2) + i * 2] = lua.lua_tolstring(state, i + 1, at + i * 8 + 4);
  return at;
}

function copyArguments(memory: Buffer, at: number, count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const pointer = memory.readUInt32LE(at + i * 8);
    return Buffer.from(memory.subarray(pointer, pointer + memory.readUInt32LE(at + i * 8 + 4)));
  });
}

/** XREAD and XREADGROUP with BLOCK: Redis refuses them, though other blocking commands just do not wait. */
function asksToBlock(args: readonly Buffer[]): boolean {
  for (const arg of args) {
    const word = arg.length < 8 ? arg.toString("latin1").toLowerCase() : "";
    if (word === "streams") return false;
    if (word === "block") return true;
  }
  return false;
}

/** Count as writes for scripts. */
const mayReplicate = new Set(["publish", "spublish", "pfcount"]);

/** Why the command may not run here, without looking at its subcommand or the user. */
function refusal(run: ScriptRun, callable: Callable, count: number): string | undefined {
  if (!arityFits(callable.command.arity, count)) return "ERR Wrong number of args calling Redis command from script";
  if (callable.isForbidden) return "ERR This Redis command is not allowed from script";
  if (run.options.isReadOnly && callable.writes) return "ERR Write commands are not allowed from read-only scripts.";
  return undefined;
}

function runInTypeScript(run: ScriptRun, args: Buffer[], command: CommandDescription): Buffer {
  const { session } = run.options;
  const error = (text: string) => Buffer.from(`-${text}\r\n`, "latin1");
  let described = command;
  const sub = args.length > 1 ? subcommandTable.get(`${command.name}|${(args[1] as Buffer).toString("latin1").toLowerCase()}`) : undefined;
  if (sub !== undefined) described = sub;
  else if (subcommandTable.has(`${command.name}|help`)) return error("ERR Unknown Redis command called from script");
  if (described.flags.includes("noscript")) return error("ERR This Redis command is not allowed from script");
  if (run.options.isReadOnly && described.flags.includes("write"))
    return error("ERR Write commands are not allowed from read-only scripts.");
  if (sub !== undefined && !arityFits(sub.arity, args.length)) return error("ERR Wrong number of args calling Redis command from script");
  if (described.runs === "refused") return error(`ERR ${described.name.replace("|", " ").toUpperCase()} is not supported yet`);
  const denied = session.permission(args);
  if (denied !== undefined) {
    session.noteDenied(args, denied, "lua");
    return error(denied.scriptText);
  }
  const outcome = perform(session, args, command);
  if (outcome === "done") return run.scratch.take();
  return error("ERR This Redis command is not allowed from script");
}
