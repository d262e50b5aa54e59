/**
 * struct: packing values into bytes by a format, as Roberto Ierusalimschy's struct 0.2 (http://www.inf.puc-rio.br/~roberto/struct/).
 * Sizes are those of the 64-bit C platforms that Redis runs on: int 4, long and size_t 8, native alignment 8.
 */
import { type HostFunction, type LuaMachine, type LuaState, LuaType } from "../machine.js";

const maxIntegerBytes = 32;
const maxAlignment = 8;

interface Layout {
  little: boolean;
  align: number;
}
interface Item {
  readonly option: string;
  readonly size: number;
  /** Of the value: bytes to skip before it. */
  readonly padding: number;
}

/** Reads a format option by option; `offset` is where the next value would stand. */
class Format {
  #at = 0;
  readonly layout: Layout = { little: true, align: 1 };
  constructor(
    private readonly machine: LuaMachine,
    private readonly state: LuaState,
    private readonly format: string,
    private readonly name: string,
  ) {}

  #number(otherwise: number): number {
    const digits = /^\d+/.exec(this.format.slice(this.#at))?.[0];
    if (digits === undefined) return otherwise;
    this.#at += digits.length;
    const value = Number(digits);
    if (value > 2147483647) this.machine.raise(this.state, "integral size overflow");
    return value;
  }
  next(offset: number): Item | undefined {
    if (this.#at >= this.format.length) return undefined;
    const option = this.format[this.#at++] as string;
    const size = this.#size(option);
    const aligned = this.layout.align > 1 && size > 1 && option !== "c" ? Math.min(size, this.layout.align) : 1;
    return { option, size, padding: aligned > 1 ? (aligned - (offset & (aligned - 1))) & (aligned - 1) : 0 };
  }
  #size(option: string): number {
    switch (option) {
      case "B":
      case "b":
      case "x":
        return 1;
      case "H":
      case "h":
        return 2;
      case "L":
      case "l":
      case "T":
      case "d":
      case "n":
        return 8;
      case "f":
        return 4;
      case "c":
        return this.#number(1);
      case "i":
      case "I": {
        const size = this.#number(4);
        if (size > maxIntegerBytes) this.machine.raise(this.state, `integral size ${size} is larger than limit of ${maxIntegerBytes}`);
        return size;
      }
      default:
        return 0;
    }
  }
  /** Options that hold no value. */
  control(option: string): void {
    switch (option) {
      case " ":
        return;
      case "<":
        this.layout.little = true;
        return;
      case ">":
        this.layout.little = false;
        return;
      case "!": {
        const align = this.#number(maxAlignment);
        if (align <= 0 || (align & (align - 1)) !== 0) this.machine.raise(this.state, `alignment ${align} is not a power of 2`);
        this.layout.align = align;
        return;
      }
      default:
        this.machine.argumentError(this.state, 1, this.name, `invalid format option '${option}'`);
    }
  }
}

export function struct(machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  const formatOf = (state: LuaState, name: string) => {
    const text = machine.latin1(state, 1);
    if (text === undefined) return machine.argumentError(state, 1, name, `string expected, got ${machine.typeName(state, 1)}`);
    return new Format(machine, state, text, name);
  };
  const numberOf = (state: LuaState, index: number, name: string): number => {
    const type = lua.lua_type(state, index);
    if (
      type !== LuaType.number &&
      !(type === LuaType.string && machine.latin1(state, index)?.trim() !== "" && !Number.isNaN(Number(machine.latin1(state, index))))
    )
      machine.argumentError(state, index, name, `number expected, got ${type < 0 ? "nil" : machine.typeName(state, index)}`);
    return lua.lua_tonumber(state, index);
  };
  return {
    pack: (state) => {
      const format = formatOf(state, "pack");
      const out: Buffer[] = [];
      let length = 0;
      const add = (bytes: Buffer) => {
        out.push(bytes);
        length += bytes.length;
      };
      let argument = 2;
      for (let item = format.next(length); item !== undefined; item = format.next(length)) {
        if (item.padding > 0) add(Buffer.alloc(item.padding));
        switch (item.option) {
          case "b":
          case "B":
          case "h":
          case "H":
          case "l":
          case "L":
          case "T":
          case "i":
          case "I":
            add(integerBytes(numberOf(state, argument++, "pack"), item.size, format.layout.little));
            break;
          case "x":
            add(Buffer.alloc(1));
            break;
          case "f":
          case "d":
          case "n":
            add(realBytes(numberOf(state, argument++, "pack"), item.size, format.layout.little));
            break;
          case "c":
          case "s": {
            const bytes = machine.bytes(state, argument);
            if (bytes === undefined)
              return machine.argumentError(state, argument, "pack", `string expected, got ${machine.typeName(state, argument)}`);
            const size = item.option === "c" && item.size > 0 ? item.size : bytes.length;
            if (bytes.length < size) machine.argumentError(state, argument + 1, "pack", "string too short");
            add(bytes.subarray(0, size));
            if (item.option === "s") add(Buffer.alloc(1));
            argument++;
            break;
          }
          default:
            format.control(item.option);
        }
      }
      machine.push(state, Buffer.concat(out));
      return 1;
    },
    unpack: (state) => {
      const format = formatOf(state, "unpack");
      const bytes = machine.bytes(state, 2);
      if (bytes === undefined) return machine.argumentError(state, 2, "unpack", `string expected, got ${machine.typeName(state, 2)}`);
      const start = lua.lua_gettop(state) >= 3 ? Math.trunc(numberOf(state, 3, "unpack")) : 1;
      if (start <= 0) machine.argumentError(state, 3, "unpack", "offset must be 1 or greater");
      let at = start - 1;
      let count = 0;
      const short = () => machine.argumentError(state, 2, "unpack", "data string too short");
      for (let item = format.next(at); item !== undefined; item = format.next(at)) {
        at += item.padding;
        if (at > bytes.length || item.size > bytes.length - at) short();
        if (lua.lua_checkstack(state, 2) === 0) machine.raise(state, "too many results");
        switch (item.option) {
          case "b":
          case "B":
          case "h":
          case "H":
          case "l":
          case "L":
          case "T":
          case "i":
          case "I":
            lua.lua_pushnumber(state, integerAt(bytes, at, item.size, format.layout.little, /[bhli]/.test(item.option)));
            count++;
            break;
          case "x":
            break;
          case "f":
            lua.lua_pushnumber(state, format.layout.little ? bytes.readFloatLE(at) : bytes.readFloatBE(at));
            count++;
            break;
          case "d":
          case "n":
            lua.lua_pushnumber(state, format.layout.little ? bytes.readDoubleLE(at) : bytes.readDoubleBE(at));
            count++;
            break;
          case "c": {
            let size = item.size;
            if (size === 0) {
              // The length stands in front, read just before.
              if (count === 0 || lua.lua_type(state, -1) !== LuaType.number) machine.raise(state, "format 'c0' needs a previous size");
              size = lua.lua_tonumber(state, -1);
              machine.pop(state, 1);
              count--;
              if (!(size >= 0 && size <= bytes.length - at)) short();
            }
            machine.push(state, bytes.subarray(at, at + size));
            at += size - item.size;
            count++;
            break;
          }
          case "s": {
            const end = bytes.indexOf(0, at);
            if (end < 0) machine.raise(state, "unfinished string in data");
            machine.push(state, bytes.subarray(at, end));
            at = end + 1;
            count++;
            break;
          }
          default:
            format.control(item.option);
        }
        at += item.size;
      }
      lua.lua_pushnumber(state, at + 1);
      return count + 1;
    },
    size: (state) => {
      const format = formatOf(state, "size");
      let length = 0;
      for (let item = format.next(length); item !== undefined; item = format.next(length)) {
        length += item.padding;
        if (item.option === "s") machine.argumentError(state, 1, "size", "option 's' has no fixed size");
        if (item.option === "c" && item.size === 0) machine.argumentError(state, 1, "size", "option 'c0' has no fixed size");
        if (!/[bBhHlLTiIxfdnc]/.test(item.option)) format.control(item.option);
        length += item.size;
      }
      lua.lua_pushnumber(state, length);
      return 1;
    },
  };
}

function integerBytes(value: number, size: number, little: boolean): Buffer {
  const whole = Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
  const bytes = Buffer.alloc(size);
  let rest = BigInt.asUintN(64, whole); // wider than a long: the upper bytes are zero
  for (let i = 0; i < size; i++) {
    bytes[little ? i : size - 1 - i] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}
function realBytes(value: number, size: number, little: boolean): Buffer {
  const bytes = Buffer.alloc(size);
  if (size === 4) little ? bytes.writeFloatLE(value) : bytes.writeFloatBE(value);
  else little ? bytes.writeDoubleLE(value) : bytes.writeDoubleBE(value);
  return bytes;
}
function integerAt(bytes: Buffer, at: number, size: number, little: boolean, signed: boolean): number {
  let value = 0n;
  for (let i = 0; i < size; i++) value = (value << 8n) | BigInt(bytes[little ? at + size - 1 - i : at + i] as number);
  value = BigInt.asUintN(64, value);
  return Number(signed && size <= 8 ? BigInt.asIntN(size * 8, value) : value);
}
