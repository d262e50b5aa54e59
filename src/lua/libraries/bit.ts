/** bit: operations on 32-bit numbers, with the meaning of Lua BitOp 1.0 (https://bitop.luajit.org/semantics.html). */
import { type HostFunction, type LuaMachine, type LuaState, LuaType } from "../machine.js";

export function bit(machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  const argument = (state: LuaState, index: number, name: string): number => {
    const type = lua.lua_type(state, index);
    const value = lua.lua_tonumber(state, index);
    if (type !== LuaType.number && !(type === LuaType.string && (value !== 0 || Number(machine.latin1(state, index)) === 0)))
      machine.argumentError(state, index, name, `number expected, got ${machine.typeName(state, index)}`);
    // Reduced modulo 2^32; numbers that are not whole round to the nearest even one.
    const floor = Math.floor(value);
    const rest = value - floor;
    return (rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor) | 0;
  };
  const one = (name: string, run: (value: number) => number): HostFunction => {
    return (state) => {
      lua.lua_pushnumber(state, run(argument(state, 1, name)));
      return 1;
    };
  };
  const shift = (name: string, run: (value: number, by: number) => number): HostFunction => {
    return (state) => {
      lua.lua_pushnumber(state, run(argument(state, 1, name), argument(state, 2, name) & 31) | 0);
      return 1;
    };
  };
  const fold = (name: string, run: (a: number, b: number) => number): HostFunction => {
    return (state) => {
      let value = argument(state, 1, name);
      const count = lua.lua_gettop(state);
      for (let i = 2; i <= count; i++) value = run(value, argument(state, i, name));
      lua.lua_pushnumber(state, value | 0);
      return 1;
    };
  };
  return {
    tobit: one("tobit", (v) => v),
    bnot: one("bnot", (v) => ~v),
    bswap: one("bswap", (v) => (v >>> 24) | ((v >>> 8) & 0xff00) | ((v << 8) & 0xff0000) | (v << 24)),
    band: fold("band", (a, b) => a & b),
    bor: fold("bor", (a, b) => a | b),
    bxor: fold("bxor", (a, b) => a ^ b),
    lshift: shift("lshift", (v, by) => v << by),
    rshift: shift("rshift", (v, by) => v >>> by),
    arshift: shift("arshift", (v, by) => v >> by),
    rol: shift("rol", (v, by) => (v << by) | (v >>> (32 - by))),
    ror: shift("ror", (v, by) => (v >>> by) | (v << (32 - by))),
    tohex: (state) => {
      const value = argument(state, 1, "tohex");
      const given = lua.lua_gettop(state) < 2 ? 8 : argument(state, 2, "tohex");
      const digits = Math.min(Math.abs(given), 8);
      const text = digits === 0 ? "" : (value >>> 0).toString(16).padStart(8, "0").slice(-digits);
      machine.pushLatin1(state, given < 0 ? text.toUpperCase() : text);
      return 1;
    },
  };
}
