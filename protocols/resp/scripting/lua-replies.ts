/** Replies between RESP and Lua: what redis.call gives a script, and what a script's result becomes. Redis' conversion rules. */
import { type LuaMachine, type LuaState, LuaType, numberText } from "../../../src/lua/index.js";
import type { ReplyWriter } from "../reply-writer.js";

const cr = 13;
const none = Buffer.alloc(0);
const readers = new WeakMap<LuaMachine, ReplyReader>();

/** Pushes the reply at the start of `bytes` (RESP2, or RESP3 after redis.setresp(3)); true when it is an error. */
export function pushReply(machine: LuaMachine, state: LuaState, bytes: Buffer): boolean {
  const first = bytes[0];
  if (first === 0x2d) {
    pushError(machine, state, bytes.toString("latin1", 1, bytes.indexOf(cr)));
    return true;
  }
  const reader = readers.get(machine) ?? new ReplyReader(machine);
  readers.set(machine, reader);
  reader.read(state, bytes);
  return false;
}

/** {err = text}: `text` has its code in front. */
export function pushError(machine: LuaMachine, state: LuaState, text: string): void {
  machine.lua.lua_createtable(state, 0, 2);
  machine.pushLatin1(state, text);
  machine.setField(state, -2, "err");
  // The command has counted it.
  machine.lua.lua_pushboolean(state, 1);
  machine.setField(state, -2, "ignore_error_stats_update");
}

/** Reads one reply after the other into a machine's states. */
class ReplyReader {
  #at = 0;
  private state = 0;
  private bytes: Buffer = none;
  constructor(private readonly machine: LuaMachine) {}

  read(state: LuaState, bytes: Buffer): void {
    this.#at = 0;
    this.state = state;
    this.bytes = bytes;
    this.push();
    this.bytes = none;
  }

  #integer(): number {
    const { bytes } = this;
    let at = this.#at;
    const negative = bytes[at] === 0x2d;
    if (negative) at++;
    let value = 0;
    for (; bytes[at] !== cr; at++) value = value * 10 + (bytes[at] as number) - 0x30;
    this.#at = at + 2;
    return negative ? -value : value;
  }
  #line(): string {
    const end = this.bytes.indexOf(cr, this.#at);
    const text = this.bytes.toString("latin1", this.#at, end);
    this.#at = end + 2;
    return text;
  }
  #table(field: string, push: () => void): void {
    this.machine.lua.lua_createtable(this.state, 0, 1);
    push();
    this.machine.setField(this.state, -2, field);
  }

  push(): void {
    const { machine, state, bytes } = this;
    const { lua } = machine;
    if (lua.lua_checkstack(state, 8) === 0) machine.raise(state, "lua stack limit reach when parsing redis.call reply");
    switch (bytes[this.#at++]) {
      case 0x3a: // :
        return lua.lua_pushnumber(state, this.#integer());
      case 0x24: {
        // $
        const length = this.#integer();
        if (length < 0) return lua.lua_pushboolean(state, 0);
        machine.pushRange(state, bytes, this.#at, this.#at + length);
        this.#at += length + 2;
        return;
      }
      case 0x2b: {
        // +
        lua.lua_createtable(state, 0, 1);
        const end = bytes.indexOf(cr, this.#at);
        machine.pushConstant(state, "ok");
        machine.pushRange(state, bytes, this.#at, end);
        lua.lua_rawset(state, -3);
        this.#at = end + 2;
        return;
      }
      case 0x2d: // -
        return pushError(machine, state, this.#line());
      case 0x2a: {
        // *
        const count = this.#integer();
        if (count < 0) return lua.lua_pushboolean(state, 0);
        lua.lua_createtable(state, count, 0);
        for (let i = 1; i <= count; i++) {
          this.push();
          lua.lua_rawseti(state, -2, i);
        }
        return;
      }
      case 0x25: {
        // %
        const pairs = this.#integer();
        return this.#table("map", () => {
          lua.lua_createtable(state, 0, pairs);
          for (let i = 0; i < pairs; i++) {
            this.push();
            this.push();
            lua.lua_rawset(state, -3);
          }
        });
      }
      case 0x7e: {
        // ~
        const count = this.#integer();
        return this.#table("set", () => {
          lua.lua_createtable(state, 0, count);
          for (let i = 0; i < count; i++) {
            this.push();
            lua.lua_pushboolean(state, 1);
            lua.lua_rawset(state, -3);
          }
        });
      }
      case 0x5f: // _
        this.#at += 2;
        return lua.lua_pushnil(state);
      case 0x23: // #
        return lua.lua_pushboolean(state, this.#line() === "t" ? 1 : 0);
      case 0x2c: {
        // ,
        const text = this.#line();
        const value = text === "inf" ? Number.POSITIVE_INFINITY : text === "-inf" ? Number.NEGATIVE_INFINITY : Number(text);
        return this.#table("double", () => lua.lua_pushnumber(state, value));
      }
      case 0x28: // (
        return this.#table("big_number", () => machine.pushLatin1(state, this.#line()));
      case 0x3d: {
        // =
        const length = this.#integer();
        const at = this.#at;
        this.#at += length + 2;
        return this.#table("verbatim_string", () => {
          lua.lua_createtable(state, 0, 2);
          machine.push(state, bytes.subarray(at + 4, at + length));
          machine.setField(state, -2, "string");
          machine.push(state, bytes.subarray(at, at + 3));
          machine.setField(state, -2, "format");
        });
      }
      default:
        throw new Error("a reply of an unknown kind");
    }
  }
}

/** Deeper results are an error, as they would be for Lua's own stack. */
const maxDepth = 7000;

/**
 * Writes the value on top of the stack as a reply and takes it away. `booleans`: false is a value of its own and not null (the script
 * asked by redis.setresp(3)).
 */
export function writeResult(machine: LuaMachine, state: LuaState, reply: ReplyWriter, booleans: boolean, depth = 0): void {
  const { lua } = machine;
  if (depth > maxDepth || lua.lua_checkstack(state, 6) === 0) {
    reply.error("ERR reached lua stack limit");
    machine.pop(state, 1);
    return;
  }
  switch (lua.lua_type(state, -1)) {
    case LuaType.string: {
      const at = machine.stringAt(state, -1);
      reply.bulkRange(machine.memory, at, at + machine.stringLength);
      break;
    }
    case LuaType.boolean:
      if (booleans)
        reply.raw(reply.resp3 ? (lua.lua_toboolean(state, -1) !== 0 ? "#t\r\n" : "#f\r\n") : `:${lua.lua_toboolean(state, -1)}\r\n`);
      else if (lua.lua_toboolean(state, -1) !== 0) reply.integer(1);
      else reply.null();
      break;
    case LuaType.number:
      reply.raw(`:${integerText(lua.lua_tonumber(state, -1))}\r\n`);
      break;
    case LuaType.table:
      writeTable(machine, state, reply, booleans, depth);
      break;
    default:
      reply.null();
  }
  machine.pop(state, 1);
}

/** A number as C's (long long) conversion gives it. */
function integerText(value: number): string {
  if (Number.isNaN(value) || Math.abs(value) >= 2 ** 63) return "-9223372036854775808";
  return Math.abs(value) < 2 ** 53 ? String(Math.trunc(value) + 0) : BigInt(value).toString();
}

function writeTable(machine: LuaMachine, state: LuaState, reply: ReplyWriter, booleans: boolean, depth: number): void {
  const { lua } = machine;
  const field = (name: string, type: number): boolean => {
    machine.getField(state, -1, name);
    if (lua.lua_type(state, -1) === type) return true;
    machine.pop(state, 1);
    return false;
  };
  if (field("err", LuaType.string)) {
    const text = machine.latin1(state, -1) as string;
    reply.error(text.replace(/^-/, "").replace(/[\r\n]+$/, ""));
    return machine.pop(state, 1);
  }
  if (field("ok", LuaType.string)) {
    reply.raw(Buffer.from(`+${(machine.latin1(state, -1) as string).replace(/[\r\n]/g, " ")}\r\n`, "latin1"));
    return machine.pop(state, 1);
  }
  if (field("double", LuaType.number)) {
    const value = lua.lua_tonumber(state, -1);
    if (reply.resp3) reply.raw(`,${numberText(value, 17)}\r\n`);
    else reply.bulk(numberText(value, 17));
    return machine.pop(state, 1);
  }
  for (const [name, isMap] of [
    ["map", true],
    ["set", false],
  ] as const)
    if (field(name, LuaType.table)) {
      let count = 0;
      lua.lua_pushnil(state);
      while (lua.lua_next(state, -2) !== 0) {
        count++;
        machine.pop(state, 1);
      }
      if (isMap) reply.map(count);
      else reply.set(count);
      lua.lua_pushnil(state);
      while (lua.lua_next(state, -2) !== 0) {
        if (!isMap) machine.pop(state, 1);
        lua.lua_pushvalue(state, isMap ? -2 : -1);
        writeResult(machine, state, reply, booleans, depth + 1);
        if (isMap) writeResult(machine, state, reply, booleans, depth + 1);
      }
      return machine.pop(state, 1);
    }
  if (field("big_number", LuaType.string)) {
    const text = machine.latin1(state, -1) as string;
    if (reply.resp3) reply.raw(`(${text.replace(/[\r\n]/g, " ")}\r\n`);
    else reply.bulk(Buffer.from(text, "latin1"));
    return machine.pop(state, 1);
  }
  if (field("verbatim_string", LuaType.table)) {
    machine.getField(state, -1, "string");
    machine.getField(state, -2, "format");
    const bytes = machine.bytes(state, -2);
    const format = machine.latin1(state, -1);
    machine.pop(state, 3);
    if (bytes !== undefined && format !== undefined) {
      if (reply.resp3) {
        reply.raw(`=${bytes.length + 4}\r\n${format.padEnd(3).slice(0, 3)}:`);
        reply.raw(bytes);
        reply.raw("\r\n");
      } else reply.bulk(bytes);
      return;
    }
  }
  let count = 0;
  for (;;) {
    lua.lua_rawgeti(state, -1, count + 1);
    const type = lua.lua_type(state, -1);
    machine.pop(state, 1);
    if (type === LuaType.nil) break;
    count++;
  }
  reply.array(count);
  for (let i = 1; i <= count; i++) {
    lua.lua_rawgeti(state, -1, i);
    writeResult(machine, state, reply, booleans, depth + 1);
  }
}
