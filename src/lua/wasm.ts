/**
 * Lua 5.1.5 as WebAssembly: the module of the package wasmoon-lua5.1, instantiated without its JavaScript glue.
 *
 * The glue checks and converts at every call; scripts call back into the server several times a run, so the C API is used raw. What the
 * module imports is small: setjmp/longjmp as exceptions, growing memory up to a limit, and files, clocks and the environment, which
 * scripts do not get (every call answers ENOSYS).
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// What is used of the WebAssembly interface: no library of this project's TypeScript settings describes it.
declare global {
  namespace WebAssembly {
    class Module {
      constructor(bytes: Uint8Array);
      static imports(module: Module): { readonly module: string; readonly name: string }[];
    }
    class Instance {
      constructor(module: Module, imports: Record<string, Record<string, unknown>>);
      readonly exports: Record<string, unknown>;
    }
    class Memory {
      readonly buffer: ArrayBuffer;
      grow(pages: number): number;
    }
    class Table {
      get(index: number): unknown;
      set(index: number, value: unknown): void;
      grow(by: number): number;
    }
  }
}

type Function1 = (a: number) => number;
type Function2 = (a: number, b: number) => number;
type Function3 = (a: number, b: number, c: number) => number;
type Function4 = (a: number, b: number, c: number, d: number) => number;

/** The C API that is used here: names and meaning as in the Lua 5.1 manual; every pointer and state is a number. */
export interface LuaExports {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  readonly emscripten_stack_init: () => void;
  readonly __wasm_call_ctors: () => void;
  readonly stackSave: () => number;
  readonly stackRestore: (pointer: number) => void;
  readonly setThrew: Function2;
  readonly malloc: Function1;
  readonly free: (pointer: number) => void;
  readonly luaL_newstate: () => number;
  readonly luaL_openlibs: (state: number) => void;
  readonly luaL_loadbuffer: Function4;
  readonly luaL_ref: Function2;
  readonly luaL_unref: Function3;
  readonly luaL_where: (state: number, level: number) => void;
  readonly lua_checkstack: Function2;
  readonly lua_concat: (state: number, count: number) => void;
  readonly lua_createtable: (state: number, array: number, hash: number) => void;
  readonly lua_error: Function1;
  readonly lua_gc: Function3;
  readonly lua_getfield: (state: number, index: number, name: number) => void;
  readonly lua_getinfo: Function3;
  readonly lua_getstack: Function3;
  readonly lua_gettop: Function1;
  readonly lua_insert: (state: number, index: number) => void;
  readonly lua_newthread: Function1;
  readonly lua_next: Function2;
  readonly lua_objlen: Function2;
  readonly lua_pcall: Function4;
  readonly lua_pushboolean: (state: number, value: number) => void;
  readonly lua_pushcclosure: (state: number, pointer: number, count: number) => void;
  readonly lua_pushlightuserdata: (state: number, pointer: number) => void;
  readonly lua_pushlstring: (state: number, pointer: number, length: number) => void;
  readonly lua_pushnil: (state: number) => void;
  readonly lua_pushnumber: (state: number, value: number) => void;
  readonly lua_pushvalue: (state: number, index: number) => void;
  readonly lua_rawget: (state: number, index: number) => void;
  readonly lua_rawgeti: (state: number, index: number, at: number) => void;
  readonly lua_rawset: (state: number, index: number) => void;
  readonly lua_rawseti: (state: number, index: number, at: number) => void;
  readonly lua_remove: (state: number, index: number) => void;
  readonly lua_replace: (state: number, index: number) => void;
  readonly lua_resume: Function2;
  readonly lua_setfenv: Function2;
  readonly lua_sethook: Function4;
  readonly lua_settop: (state: number, index: number) => void;
  readonly lua_status: Function1;
  readonly lua_toboolean: Function2;
  readonly lua_tolstring: Function3;
  readonly lua_tonumber: Function2;
  readonly lua_touserdata: Function2;
  readonly lua_type: Function2;
  readonly lua_xmove: (from: number, to: number, count: number) => void;
  readonly lua_yield: Function2;
}

let compiled: WebAssembly.Module | undefined;

function moduleOf(): WebAssembly.Module {
  if (compiled === undefined) {
    const path = createRequire(import.meta.url).resolve("wasmoon-lua5.1/dist/liblua5.1.wasm");
    compiled = new WebAssembly.Module(readFileSync(path));
  }
  return compiled;
}

const notImplemented = -52; // ENOSYS
const pageBytes = 65536;

/** An instance's own object of exports is a dictionary: each use of a function would look it up. This one has fields at fixed places. */
function withFixedFields(exports: LuaExports): LuaExports {
  // biome-ignore format: one name a line would be two pages
  const {
  memory, __indirect_function_table, emscripten_stack_init, __wasm_call_ctors, stackSave, stackRestore, setThrew, malloc, free,
  luaL_newstate, luaL_openlibs, luaL_loadbuffer, luaL_ref, luaL_unref, luaL_where, lua_checkstack, lua_concat, lua_createtable,
  lua_error, lua_gc, lua_getfield, lua_getinfo, lua_getstack, lua_gettop, lua_insert, lua_newthread, lua_next, lua_objlen, lua_pcall,
  lua_pushboolean, lua_pushcclosure, lua_pushlightuserdata, lua_pushlstring, lua_pushnil, lua_pushnumber, lua_pushvalue, lua_rawget,
  lua_rawgeti, lua_rawset, lua_rawseti, lua_remove, lua_replace, lua_resume, lua_setfenv, lua_sethook, lua_settop, lua_status,
  lua_toboolean, lua_tolstring, lua_tonumber, lua_touserdata, lua_type, lua_xmove, lua_yield,
  } = exports;
  // biome-ignore format: as above
  return {
  memory, __indirect_function_table, emscripten_stack_init, __wasm_call_ctors, stackSave, stackRestore, setThrew, malloc, free,
  luaL_newstate, luaL_openlibs, luaL_loadbuffer, luaL_ref, luaL_unref, luaL_where, lua_checkstack, lua_concat, lua_createtable,
  lua_error, lua_gc, lua_getfield, lua_getinfo, lua_getstack, lua_gettop, lua_insert, lua_newthread, lua_next, lua_objlen, lua_pcall,
  lua_pushboolean, lua_pushcclosure, lua_pushlightuserdata, lua_pushlstring, lua_pushnil, lua_pushnumber, lua_pushvalue, lua_rawget,
  lua_rawgeti, lua_rawset, lua_rawseti, lua_remove, lua_replace, lua_resume, lua_setfenv, lua_sethook, lua_settop, lua_status,
  lua_toboolean, lua_tolstring, lua_tonumber, lua_touserdata, lua_type, lua_xmove, lua_yield,
  };
}

/** A fresh instance. `limitBytes` bounds its memory: beyond it Lua's allocations fail and the script ends with "not enough memory". */
export function instantiate(limitBytes: number): LuaExports {
  const module = moduleOf();
  let exports: LuaExports | undefined;
  const lua = () => exports as LuaExports;
  const functions: ((a: number, b: number) => void)[] = [];
  const special: Record<string, (...values: number[]) => number | void> = {
    // luaD_rawrunprotected: the one place that setjmp stands for.
    invoke_vii: (pointer = 0, a = 0, b = 0) => {
      const stack = lua().stackSave();
      const call = (functions[pointer] ??= lua().__indirect_function_table.get(pointer) as (a: number, b: number) => void);
      try {
        call(a, b);
      } catch (thrown) {
        lua().stackRestore(stack);
        if (thrown !== Number.POSITIVE_INFINITY) throw thrown; // not a longjmp: the machine is not usable any more
        lua().setThrew(1, 0);
      }
    },
    _emscripten_throw_longjmp: () => {
      throw Number.POSITIVE_INFINITY;
    },
    emscripten_memcpy_js: (to = 0, from = 0, length = 0) => {
      new Uint8Array(lua().memory.buffer).copyWithin(to, from, from + length);
    },
    emscripten_resize_heap: (wanted = 0) => {
      const bytes = wanted >>> 0;
      const now = lua().memory.buffer.byteLength;
      if (bytes > limitBytes) return 0;
      // By a quarter at least, so that a script that gathers much does not grow page by page.
      const target = Math.min(Math.max(bytes, Math.floor(now * 1.25)), limitBytes);
      try {
        lua().memory.grow(Math.ceil((target - now) / pageBytes));
        return 1;
      } catch {
        return 0;
      }
    },
    emscripten_date_now: () => Date.now(),
  };
  const imports: Record<string, Record<string, (...values: number[]) => number | void>> = {};
  for (const { module: room, name } of WebAssembly.Module.imports(module)) {
    const names = (imports[room] ??= {});
    names[name] = special[name] ?? (() => notImplemented);
  }
  exports = withFixedFields(new WebAssembly.Instance(module, imports).exports as unknown as LuaExports);
  exports.emscripten_stack_init();
  exports.__wasm_call_ctors();
  return exports;
}

/**
 * Puts JavaScript functions into the function table: WebAssembly takes only its own functions there, so a module of nothing but imports
 * and exports stands between. All take one i32 (`hooks`: two and give nothing) and give one.
 */
export function tableIndexes(lua: LuaExports, functions: readonly ((state: number) => number)[]): number[] {
  return place(lua, functions, [0x60, 1, 0x7f, 1, 0x7f]);
}
export function hookIndex(lua: LuaExports, hook: (state: number, record: number) => void): number {
  return place(lua, [hook], [0x60, 2, 0x7f, 0x7f, 0])[0] as number;
}

function place(lua: LuaExports, functions: readonly ((a: number, b: number) => number | void)[], type: readonly number[]): number[] {
  const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
  const text = (value: string) => [...leb(value.length), ...Buffer.from(value)];
  const section = (id: number, items: readonly number[][]) => {
    const body = [...leb(items.length), ...items.flat()];
    return [id, ...leb(body.length), ...body];
  };
  const bytes = Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[...type]]),
    ...section(
      2,
      functions.map((_, i) => [...text("f"), ...text(String(i)), 0, 0]),
    ),
    ...section(
      7,
      functions.map((_, i) => [...text(String(i)), 0, ...leb(i)]),
    ),
  ]);
  const f = Object.fromEntries(functions.map((fn, i) => [String(i), fn]));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { f });
  const table = lua.__indirect_function_table;
  const first = table.grow(functions.length);
  for (let i = 0; i < functions.length; i++) table.set(first + i, exports[String(i)]);
  return functions.map((_, i) => first + i);
}
