/** cmsgpack: MessagePack for scripts, as lua-cmsgpack 0.4 writes and reads it (https://github.com/msgpack/msgpack/blob/master/spec.md). */
import { type HostFunction, type LuaMachine, type LuaState, LuaType } from "../machine.js";

/** Deeper tables are written as nil. */
const maxNesting = 16;

export function cmsgpack(machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  const unpack = (
    name: string,
    limitOf: (state: LuaState) => { readonly limit: number; readonly offset: number } | undefined,
  ): HostFunction => {
    return (state) => {
      const bytes = machine.bytes(state, 1);
      if (bytes === undefined) return machine.argumentError(state, 1, name, `string expected, got ${machine.typeName(state, 1)}`);
      const window = limitOf(state) ?? { limit: 0, offset: 0 };
      const { limit, offset } = window;
      const counted = limit !== 0 || offset !== 0;
      if (offset < 0 || limit < 0) machine.raise(state, `Invalid request to unpack with offset of ${offset} and limit of ${bytes.length}.`);
      if (offset > bytes.length) machine.raise(state, `Start offset ${offset} greater than input length ${bytes.length}.`);
      const reader = new Reader(machine, state, bytes, offset);
      const most = limit === 0 ? Number.POSITIVE_INFINITY : limit;
      let count = 0;
      if (counted) lua.lua_pushnil(state); // the place of the next offset
      for (; reader.at < bytes.length && count < most; count++) {
        if (lua.lua_checkstack(state, 4) === 0) machine.raise(state, "stack overflow");
        reader.value(0);
      }
      if (!counted) return count;
      lua.lua_pushnumber(state, reader.at === bytes.length ? -1 : reader.at);
      lua.lua_replace(state, -count - 2);
      return count + 1;
    };
  };
  const integer = (state: LuaState, index: number, otherwise: number) =>
    lua.lua_type(state, index) === LuaType.number || lua.lua_type(state, index) === LuaType.string
      ? Math.trunc(lua.lua_tonumber(state, index))
      : otherwise;
  return {
    pack: (state) => {
      const count = lua.lua_gettop(state);
      if (count === 0) machine.argumentError(state, 0, "pack", "MessagePack pack needs input.");
      if (lua.lua_checkstack(state, 4) === 0) machine.argumentError(state, 0, "pack", "Too many arguments for MessagePack pack.");
      const writer = new Writer(machine, state);
      for (let i = 1; i <= count; i++) {
        lua.lua_pushvalue(state, i);
        writer.value(0);
      }
      machine.push(state, writer.bytes());
      return 1;
    },
    unpack: unpack("unpack", () => undefined),
    unpack_one: unpack("unpack_one", (state) => ({ limit: 1, offset: integer(state, 2, 0) })),
    unpack_limit: unpack("unpack_limit", (state) => ({ limit: integer(state, 2, 0), offset: integer(state, 3, 0) })),
  };
}

class Writer {
  #buffer = Buffer.allocUnsafe(256);
  #length = 0;
  constructor(
    private readonly machine: LuaMachine,
    private readonly state: LuaState,
  ) {}
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(2 * this.#buffer.length, at + bytes));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#length += bytes;
    return at;
  }
  #u8(...values: readonly number[]): void {
    const at = this.#room(values.length);
    for (let i = 0; i < values.length; i++) this.#buffer[at + i] = values[i] as number;
  }
  #head(tag: number, size: 1 | 2 | 4, value: number): void {
    this.#u8(tag);
    this.#buffer.writeUIntBE(value, this.#room(size), size);
  }

  /** Writes the value on top of the stack and takes it away. */
  value(level: number): void {
    const { machine, state } = this;
    const { lua } = machine;
    const type = lua.lua_type(state, -1);
    if (type === LuaType.string) this.#string(machine.bytes(state, -1) as Buffer);
    else if (type === LuaType.boolean) this.#u8(lua.lua_toboolean(state, -1) !== 0 ? 0xc3 : 0xc2);
    else if (type === LuaType.number) this.#number(lua.lua_tonumber(state, -1));
    else if (type === LuaType.table && level < maxNesting) this.#table(level);
    else this.#u8(0xc0);
    machine.pop(state, 1);
  }
  #string(bytes: Buffer): void {
    const n = bytes.length;
    if (n < 32) this.#u8(0xa0 | n);
    else if (n <= 0xff) this.#head(0xd9, 1, n);
    else if (n <= 0xffff) this.#head(0xda, 2, n);
    else this.#head(0xdb, 4, n);
    const at = this.#room(n); // before the buffer is named: it may move
    this.#buffer.set(bytes, at);
  }
  #number(value: number): void {
    if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) return this.#integer(value);
    if (Math.fround(value) === value) {
      this.#u8(0xca);
      this.#buffer.writeFloatBE(value, this.#room(4));
    } else {
      this.#u8(0xcb);
      this.#buffer.writeDoubleBE(value, this.#room(8));
    }
  }
  #integer(value: number): void {
    if (value >= 0) {
      if (value <= 127) this.#u8(value);
      else if (value <= 0xff) this.#head(0xcc, 1, value);
      else if (value <= 0xffff) this.#head(0xcd, 2, value);
      else if (value <= 0xffffffff) this.#head(0xce, 4, value);
      else {
        this.#u8(0xcf);
        this.#buffer.writeBigUInt64BE(BigInt(value), this.#room(8));
      }
      return;
    }
    if (value >= -32) this.#u8(256 + value);
    else if (value >= -128) this.#u8(0xd0, 256 + value);
    else if (value >= -32768) this.#head(0xd1, 2, 65536 + value);
    else if (value >= -2147483648) this.#head(0xd2, 4, 4294967296 + value);
    else {
      this.#u8(0xd3);
      this.#buffer.writeBigInt64BE(BigInt(value), this.#room(8));
    }
  }
  #table(level: number): void {
    const { machine, state } = this;
    const { lua } = machine;
    if (lua.lua_checkstack(state, 6) === 0) machine.raise(state, "stack overflow");
    let count = 0;
    let max = 0;
    let isArray = true;
    lua.lua_pushnil(state);
    while (lua.lua_next(state, -2) !== 0) {
      machine.pop(state, 1);
      const key = lua.lua_type(state, -1) === LuaType.number ? lua.lua_tonumber(state, -1) : 0;
      if (!(key > 0 && Number.isInteger(key))) isArray = false;
      if (key > max) max = key;
      count++;
    }
    if (isArray && max === count) {
      if (count < 16) this.#u8(0x90 | count);
      else if (count <= 0xffff) this.#head(0xdc, 2, count);
      else this.#head(0xdd, 4, count);
      for (let i = 1; i <= count; i++) {
        lua.lua_rawgeti(state, -1, i);
        this.value(level + 1);
      }
      return;
    }
    if (count < 16) this.#u8(0x80 | count);
    else if (count <= 0xffff) this.#head(0xde, 2, count);
    else this.#head(0xdf, 4, count);
    lua.lua_pushnil(state);
    while (lua.lua_next(state, -2) !== 0) {
      lua.lua_pushvalue(state, -2);
      this.value(level + 1);
      this.value(level + 1);
    }
  }
}

class Reader {
  constructor(
    private readonly machine: LuaMachine,
    private readonly state: LuaState,
    private readonly input: Buffer,
    public at: number,
  ) {}

  #take(bytes: number): number {
    const at = this.at;
    if (bytes > this.input.length - at) this.machine.raise(this.state, "Missing bytes in input.");
    this.at += bytes;
    return at;
  }
  #length(size: 1 | 2 | 4): number {
    return this.input.readUIntBE(this.#take(size), size);
  }
  #text(length: number): void {
    const at = this.#take(length);
    this.machine.push(this.state, this.input.subarray(at, at + length));
  }

  /** Pushes the next value. */
  value(level: number): void {
    const { machine, state, input } = this;
    const { lua } = machine;
    // A table a level and two values: as deep as the stack allows, and no deeper than this thread's own.
    if (level > 1000 || lua.lua_checkstack(state, 6) === 0) machine.raise(state, "Bad data format in input.");
    const tag = input[this.#take(1)] as number;
    const number = (value: number) => lua.lua_pushnumber(state, value);
    if (tag < 0x80) return number(tag);
    if (tag >= 0xe0) return number(tag - 256);
    if (tag >= 0xa0 && tag < 0xc0) return this.#text(tag & 31);
    if (tag >= 0x90 && tag < 0xa0) return this.#array(tag & 15, level);
    if (tag < 0x90) return this.#map(tag & 15, level);
    switch (tag) {
      case 0xc0:
        return lua.lua_pushnil(state);
      case 0xc2:
      case 0xc3:
        return lua.lua_pushboolean(state, tag & 1);
      case 0xca:
        return number(input.readFloatBE(this.#take(4)));
      case 0xcb:
        return number(input.readDoubleBE(this.#take(8)));
      case 0xcc:
        return number(input.readUInt8(this.#take(1)));
      case 0xcd:
        return number(input.readUInt16BE(this.#take(2)));
      case 0xce:
        return number(input.readUInt32BE(this.#take(4)));
      case 0xcf:
        return number(Number(input.readBigUInt64BE(this.#take(8))));
      case 0xd0:
        return number(input.readInt8(this.#take(1)));
      case 0xd1:
        return number(input.readInt16BE(this.#take(2)));
      case 0xd2:
        return number(input.readInt32BE(this.#take(4)));
      case 0xd3:
        return number(Number(input.readBigInt64BE(this.#take(8))));
      case 0xc4:
      case 0xd9:
        return this.#text(this.#length(1));
      case 0xc5:
      case 0xda:
        return this.#text(this.#length(2));
      case 0xc6:
      case 0xdb:
        return this.#text(this.#length(4));
      case 0xdc:
        return this.#array(this.#length(2), level);
      case 0xdd:
        return this.#array(this.#length(4), level);
      case 0xde:
        return this.#map(this.#length(2), level);
      case 0xdf:
        return this.#map(this.#length(4), level);
      default:
        machine.raise(state, "Bad data format in input.");
    }
  }
  #array(count: number, level: number): void {
    this.machine.lua.lua_createtable(this.state, 0, 0);
    for (let i = 1; i <= count; i++) {
      this.value(level + 1);
      this.machine.lua.lua_rawseti(this.state, -2, i);
    }
  }
  #map(count: number, level: number): void {
    const { machine, state } = this;
    machine.lua.lua_createtable(state, 0, 0);
    for (let i = 0; i < count; i++) {
      this.value(level + 1);
      const type = machine.lua.lua_type(state, -1);
      if (type === LuaType.nil || (type === LuaType.number && Number.isNaN(machine.lua.lua_tonumber(state, -1))))
        machine.raise(state, "Bad data format in input.");
      this.value(level + 1);
      machine.lua.lua_rawset(state, -3);
    }
  }
}
