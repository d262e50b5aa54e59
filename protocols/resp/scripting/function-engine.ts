/**
 * Function libraries of one JavaScript thread. Their codes are durable and shared by all threads (SideSpace.functions, name to code);
 * each thread loads them into a machine of its own when it first needs them, and again after another thread changed them.
 */
import { LuaMachine, type LuaState, LuaType, prepareSandbox, registryIndex, type Sandbox } from "../../../src/lua/index.js";
import { SideSpace } from "../../../src/native/index.js";
import type { RespServer } from "../server.js";
import { badFunctionName, isFunctionName, parseLibrary } from "./function-library.js";
import { redisApi, redisConstants } from "./redis-api.js";
import { compatibleFlags, flagsOf, type ScriptFlags } from "./script-flags.js";
import type { ScriptRun } from "./script-run.js";

const memoryLimitBytes = 1 << 30;

export interface LuaFunction {
  readonly name: string;
  readonly library: string;
  readonly description: string | undefined;
  readonly flags: ScriptFlags;
  readonly reference: number;
}
export interface Library {
  readonly name: string;
  readonly code: Buffer;
  readonly functions: ReadonlyMap<string, LuaFunction>;
}

export class FunctionEngine {
  readonly server: RespServer;
  current: ScriptRun | undefined;
  #machine: LuaMachine | undefined;
  #sandbox: Sandbox = { globals: 0, environment: 0 };
  #libraries = new Map<string, Library>();
  #version = -1;
  /** Functions of the library that is being loaded. */
  #registering: Map<string, LuaFunction> | undefined;
  #registeringFor = "";

  constructor(server: RespServer) {
    this.server = server;
  }

  get machine(): LuaMachine {
    this.#refresh();
    return this.#machine as LuaMachine;
  }
  get libraries(): ReadonlyMap<string, Library> {
    this.#refresh();
    return this.#libraries;
  }
  get usedBytes(): number {
    return this.#machine?.usedBytes ?? 0;
  }
  find(name: string): LuaFunction | undefined {
    for (const library of this.libraries.values()) {
      const found = library.functions.get(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Loads and stores; the library's name, or the error's text after "ERR ". */
  load(code: Buffer, replace: boolean): { readonly name: string } | string {
    this.#refresh();
    const loaded = this.#loadInto(code, replace);
    if (typeof loaded === "string") return loaded;
    this.#libraries.delete(loaded.name);
    this.#libraries.set(loaded.name, loaded);
    this.#store(() => this.#keyspace.sideSet(this.server.options.engine, SideSpace.functions, Buffer.from(loaded.name), code));
    return { name: loaded.name };
  }
  delete(name: string): boolean {
    this.#refresh();
    if (!this.#libraries.delete(name)) return false;
    this.#store(() => this.#keyspace.sideErase(this.server.options.engine, SideSpace.functions, Buffer.from(name)));
    return true;
  }
  flush(): void {
    this.#libraries.clear();
    this.#machine = undefined;
    this.#store(() => this.#keyspace.sideClear(this.server.options.engine, SideSpace.functions));
  }
  /** Another thread changed them: they are read again at the next use. */
  reload(): void {
    this.#version = -1;
  }

  get #keyspace() {
    return this.server.options.addon.keyspace;
  }
  #store(change: () => number): void {
    this.server.noteDurable(change());
    this.#version = this.#keyspace.sideVersion(this.server.options.engine, SideSpace.functions);
  }

  /** A machine that works, with all libraries as they are stored. */
  #refresh(): void {
    const { engine } = this.server.options;
    const version = this.#keyspace.sideVersion(engine, SideSpace.functions);
    if (this.#machine !== undefined && !this.#machine.broken && (version === this.#version || this.current !== undefined)) return;
    this.#version = version;
    const machine = new LuaMachine(memoryLimitBytes);
    const { replicate_commands: _r, breakpoint: _b, debug: _d, ...api } = redisApi(this, machine);
    this.#machine = machine;
    this.#sandbox = prepareSandbox(machine, {
      redis: api,
      redisConstants,
      loading: { register_function: (state) => this.#register(machine, state), log: api.log as (state: LuaState) => number },
    });
    this.#libraries = new Map();
    const all = this.#keyspace.sideAll(engine, SideSpace.functions);
    for (let i = 1; i < all.length; i += 2) {
      const library = this.#loadInto(Buffer.from(all[i] as Uint8Array), true);
      if (typeof library !== "string") this.#libraries.set(library.name, library);
    }
  }

  #loadInto(code: Buffer, replace: boolean): Library | string {
    const head = parseLibrary(code);
    if (typeof head === "string") return head;
    if (!replace && this.#libraries.has(head.name)) return `Library '${head.name}' already exists`;
    const machine = this.#machine as LuaMachine;
    const { lua, state } = machine;
    const failed = machine.compile(head.body, "@user_function");
    if (failed !== undefined) return `Error compiling function: ${failed}`;
    // [chunk, environment, open]
    lua.lua_rawgeti(state, registryIndex, this.#sandbox.environment);
    if (lua.lua_pcall(state, 0, 2, 0) !== 0) throw new Error(machine.latin1(state, -1));
    lua.lua_pushvalue(state, -2);
    lua.lua_setfenv(state, -4);
    lua.lua_pushvalue(state, -3);
    this.#registering = new Map();
    this.#registeringFor = head.name;
    const status = lua.lua_pcall(state, 0, 0, 0);
    const functions = this.#registering;
    this.#registering = undefined;
    if (status !== 0) {
      let text: string | undefined;
      if (lua.lua_type(state, -1) === LuaType.table) {
        machine.getField(state, -1, "err");
        text = machine.latin1(state, -1);
      } else text = `ERR ${machine.latin1(state, -1) ?? "unknown error"}`;
      lua.lua_settop(state, 0);
      return `Error registering functions: ${text ?? "ERR unknown error"}`;
    }
    // Its functions see the globals from now on.
    lua.lua_pcall(state, 0, 0, 0);
    lua.lua_settop(state, 0);
    if (functions.size === 0) return "No functions registered";
    for (const library of this.#libraries.values()) {
      if (library.name === head.name) continue;
      for (const name of functions.keys()) if (library.functions.has(name)) return `Function ${name} already exists`;
    }
    return { name: head.name, code: Buffer.from(code), functions };
  }

  /** redis.register_function(name, callback) or of one table with names. */
  #register(machine: LuaMachine, state: LuaState): number {
    const { lua } = machine;
    const fail = (text: string): never => {
      lua.lua_createtable(state, 0, 1);
      machine.pushLatin1(state, `ERR ${text}`);
      machine.setField(state, -2, "err");
      return machine.raiseTop(state);
    };
    const registering = this.#registering;
    if (registering === undefined) return fail("redis.register_function can only be called on FUNCTION LOAD command");
    const count = lua.lua_gettop(state);
    if (count < 1 || count > 2) fail("wrong number of arguments to redis.register_function");
    let name: string | undefined;
    let description: string | undefined;
    let flags: ScriptFlags | undefined = flagsOf([]);
    let callback = false;
    if (count === 1) {
      if (lua.lua_type(state, 1) !== LuaType.table)
        fail("calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).");
      lua.lua_pushnil(state);
      while (lua.lua_next(state, 1) !== 0) {
        const key = lua.lua_type(state, -2) === LuaType.string ? machine.latin1(state, -2) : undefined;
        if (key === undefined) fail("named argument key given to redis.register_function is not a string");
        const type = lua.lua_type(state, -1);
        if (key === "function_name") {
          if (type !== LuaType.string) fail("function_name argument given to redis.register_function must be a string");
          name = machine.latin1(state, -1);
        } else if (key === "description") {
          if (type !== LuaType.string) fail("description argument given to redis.register_function must be a string");
          description = machine.latin1(state, -1);
        } else if (key === "callback") {
          if (type !== LuaType.function) fail("callback argument given to redis.register_function must be a function");
          lua.lua_pushvalue(state, -1);
          lua.lua_insert(state, 2); // below the key that lua_next needs
          callback = true;
        } else if (key === "flags") {
          if (type !== LuaType.table) fail("flags argument to redis.register_function must be a table representing function flags");
          const names: string[] = [];
          for (let i = 1; ; i++) {
            lua.lua_rawgeti(state, -1, i);
            const flag = lua.lua_type(state, -1) === LuaType.string ? machine.latin1(state, -1) : undefined;
            const isEnd = lua.lua_type(state, -1) === LuaType.nil;
            machine.pop(state, 1);
            if (isEnd) break;
            if (flag === undefined) fail("unknown flag given");
            names.push(flag as string);
          }
          flags = flagsOf(names);
          if (flags === undefined) fail("unknown flag given");
        } else fail("unknown argument given to redis.register_function");
        machine.pop(state, 1);
      }
      if (name === undefined) fail("redis.register_function must get a function name argument");
      if (!callback) fail("redis.register_function must get a callback argument");
      lua.lua_pushvalue(state, 2);
    } else {
      name = machine.latin1(state, 1);
      if (name === undefined) fail("first argument to redis.register_function must be a string");
      if (lua.lua_type(state, 2) !== LuaType.function) fail("second argument to redis.register_function must be a function");
      lua.lua_pushvalue(state, 2);
    }
    if (!isFunctionName(name as string)) fail(badFunctionName);
    if (registering.has(name as string)) fail("Function already exists in the library");
    const reference = lua.luaL_ref(state, registryIndex);
    registering.set(name as string, {
      name: name as string,
      library: this.#registeringFor,
      description,
      flags: { ...(flags ?? compatibleFlags), isCompatible: false },
      reference,
    });
    return 0;
  }
}
