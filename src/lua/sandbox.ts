/**
 * The globals of scripts: what Redis 7 leaves of Lua's library, read-only, with an error for names that do not exist.
 *
 * Lua 5.1 has no read-only tables, so each protected table is hidden behind an empty one whose metatable reads through and refuses
 * writes; `pairs`, `next`, `rawget` and `rawset` know about it. The globals themselves are such a table: the real ones stand behind
 * `globals`, which the host writes KEYS and ARGV into.
 *
 * `pcall` runs its function in a coroutine, because Lua 5.1 cannot yield across pcall and a script that runs long must give way; the
 * coroutine functions pass a yield of that kind on to the top.
 */
import { bit } from "./libraries/bit.js";
import { cjson } from "./libraries/cjson.js";
import { cmsgpack } from "./libraries/cmsgpack.js";
import { struct } from "./libraries/struct.js";
import { globalsIndex, type HostFunction, type LuaMachine, LuaType, registryIndex } from "./machine.js";
import { numberText } from "./number-text.js";

/** Takes the host's table of parts, returns the table of real globals. Runs once per machine, before any script. */
const prelude = `
local host = ...
local G = _G
local error, setmetatable, getmetatable, type, select, unpack = error, setmetatable, getmetatable, type, select, unpack
local rawget, rawset, next, tostring, loadstring, load, assert = rawget, rawset, next, tostring, loadstring, load, assert
local pcall = pcall
local create, resume, yield, status, running = coroutine.create, coroutine.resume, coroutine.yield, coroutine.status, coroutine.running
local preempted = host.preempted

local real = setmetatable({}, {__mode = "k"})
local readonly = "Attempt to modify a readonly table"
local function refuse() error(readonly, 2) end
local function protect(t)
  local proxy = {}
  real[proxy] = t
  local meta = {__index = t, __newindex = refuse, __metatable = false}
  local shown = {}
  real[shown] = {__index = proxy}
  setmetatable(shown, {__index = {__index = proxy}, __newindex = refuse, __metatable = false})
  meta.__metatable = nil
  real[meta] = shown
  setmetatable(proxy, meta)
  return proxy
end

-- A run that has used its time gives way: the yield of the innermost coroutine passes through all the others.
local function passed(co, ...)
  if preempted() then
    yield()
    return passed(co, resume(co))
  end
  return ...
end
local function through(co, ...) return passed(co, resume(co, ...)) end
local function wrapped(ok, ...)
  if not ok then error((...), 0) end
  return ...
end
local function caught(ok, ...)
  if ok then return true, ... end
  local e = ...
  if type(e) == "table" then
    local text = rawget(e, "err")
    if type(text) == "string" then return false, text end
  end
  return false, e
end

local G2
local globals = {
  _VERSION = _VERSION, assert = assert, collectgarbage = collectgarbage, error = error, gcinfo = gcinfo,
  ipairs = ipairs, rawequal = rawequal, select = select, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack,
  pcall = function(...)
    if select("#", ...) == 0 then return end
    local isLua, co = pcall(create, (...))
    -- What is no function of Lua cannot run in a coroutine, and does not run long.
    if not isLua then return caught(pcall(...)) end
    return caught(through(co, select(2, ...)))
  end,
  xpcall = function(f, handler)
    local function result(ok, ...)
      if ok then return true, ... end
      return false, handler(...)
    end
    local isLua, co = pcall(create, f)
    if not isLua then return result(pcall(f)) end
    return result(through(co))
  end,
  __redis__err__handler = function(e)
    if type(e) ~= "table" then e = {err = "ERR " .. tostring(e)} end
    return e
  end,
  next = function(t, k) return next(real[t] or t, k) end,
  pairs = function(t)
    if type(t) ~= "table" then error("bad argument #1 to 'pairs' (table expected, got " .. (t == nil and "nil" or type(t)) .. ")", 2) end
    return next, real[t] or t, nil
  end,
  rawget = function(t, k) return rawget(real[t] or t, k) end,
  rawset = function(t, k, v)
    if real[t] then error(readonly, 0) end
    return rawset(t, k, v)
  end,
  getmetatable = function(t)
    if real[t] and t ~= G2 then return nil end
    local meta = getmetatable(t)
    return real[meta] or meta
  end,
  setmetatable = function(t, m)
    if real[t] then error(readonly, 0) end
    return setmetatable(t, m)
  end,
  loadstring = function(text, name)
    if type(text) == "string" and text:byte(1) == 27 then return nil, "attempt to load a binary chunk" end
    return loadstring(text, name)
  end,
  load = function(f, name)
    local first = true
    return load(function()
      local piece = f()
      if first and type(piece) == "string" and piece ~= "" then
        first = false
        if piece:byte(1) == 27 then error("attempt to load a binary chunk", 0) end
      end
      return piece
    end, name)
  end,
}
globals.coroutine = protect({
  create = create, status = status, yield = yield,
  running = function() if host.isTop() then return nil end return running() end,
  resume = function(co, ...) return through(co, ...) end,
  wrap = function(f)
    local co = create(f)
    return function(...) return wrapped(through(co, ...)) end
  end,
})
string.gfind = string.gfind or string.gmatch
for _, name in ipairs({"string", "math", "table"}) do
  local t = {}
  for k, v in next, G[name] do t[k] = v end
  globals[name] = protect(t)
end
real[globals.math].random, real[globals.math].randomseed = host.random, host.randomseed
for _, name in ipairs({"cjson", "cmsgpack", "struct", "bit", "redis"}) do globals[name] = protect(host[name]) end
host.cjson.null = host.null
host.cjson.new = function()
  local t = host.newJson()
  t._NAME, t._VERSION, t.null, t.new = "cjson", "2.1.0", host.null, host.cjson.new
  return t
end

local strings = getmetatable("")
local shown = protect({__index = globals.string})
real[strings] = shown

setmetatable(globals, {__index = host.missing})
G2 = protect(globals)
globals._G = G2

-- A function library is loaded in a world that can only register functions; afterwards its functions see the globals.
local loading = host.loading and setmetatable({redis = protect(setmetatable(host.loading, {__index = host.missing}))}, {__index = host.missing})
local function environment()
  local meta = {__index = loading, __newindex = refuse}
  local env = setmetatable({}, meta)
  real[env] = env
  return env, function() meta.__index = globals end
end
return globals, G2, environment
`;

export interface SandboxOptions {
  /** Functions and constants of the global `redis`. */
  readonly redis: Readonly<Record<string, HostFunction>>;
  readonly redisConstants: Readonly<Record<string, number | string>>;
  /** The global `redis` while a function library is loaded. */
  readonly loading?: Readonly<Record<string, HostFunction>>;
}

/** References in the machine's registry. */
export interface Sandbox {
  /** The table of real globals. */
  readonly globals: number;
  /** A Lua function that gives a library's environment and a function that opens it. */
  readonly environment: number;
}

/** Puts the machine's globals in place. */
export function prepareSandbox(machine: LuaMachine, options: SandboxOptions): Sandbox {
  const { lua, state } = machine;
  const failed = machine.compile(Buffer.from(prelude), "=prelude");
  if (failed !== undefined) throw new Error(failed);
  lua.lua_createtable(state, 0, 0);
  const table = (functions: Readonly<Record<string, HostFunction>>, constants: Readonly<Record<string, number | string>>, name: string) => {
    lua.lua_createtable(state, 0, 0);
    machine.register(state, functions);
    for (const [key, value] of Object.entries(constants)) {
      if (typeof value === "number") lua.lua_pushnumber(state, value);
      else machine.pushLatin1(state, value);
      machine.setField(state, -2, key);
    }
    machine.setField(state, -2, name);
  };
  table(options.redis, options.redisConstants, "redis");
  table(cjson(machine), { _NAME: "cjson", _VERSION: "2.1.0" }, "cjson");
  table(
    cmsgpack(machine),
    {
      _NAME: "cmsgpack",
      _VERSION: "lua-cmsgpack 0.4.0",
      _COPYRIGHT: "Copyright (C) 2012, Salvatore Sanfilippo",
      _DESCRIPTION: "MessagePack C implementation for Lua",
    },
    "cmsgpack",
  );
  table(struct(machine), {}, "struct");
  table(bit(machine), {}, "bit");
  if (options.loading !== undefined) {
    const { LOG_DEBUG, LOG_VERBOSE, LOG_NOTICE, LOG_WARNING } = options.redisConstants as Record<string, number>;
    table(
      options.loading,
      { LOG_DEBUG: LOG_DEBUG ?? 0, LOG_VERBOSE: LOG_VERBOSE ?? 1, LOG_NOTICE: LOG_NOTICE ?? 2, LOG_WARNING: LOG_WARNING ?? 3 },
      "loading",
    );
  }
  machine.register(state, hostFunctions(machine));
  lua.lua_pushlightuserdata(state, 0);
  machine.setField(state, -2, "null");
  if (lua.lua_pcall(state, 1, 3, 0) !== 0) throw new Error(machine.latin1(state, -1));
  const environment = lua.luaL_ref(state, registryIndex);
  // The proxy becomes the globals of the state; what scripts compile sees it and nothing else.
  lua.lua_replace(state, globalsIndex);
  return { globals: lua.luaL_ref(state, registryIndex), environment };
}

function hostFunctions(machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  let seeded: (() => number) | undefined;
  const integer = (state: number, index: number) => {
    if (lua.lua_type(state, index) !== LuaType.number && Number.isNaN(Number(machine.latin1(state, index) ?? "x")))
      machine.argumentError(state, index, "random", `number expected, got ${machine.typeName(state, index)}`);
    return Math.trunc(lua.lua_tonumber(state, index));
  };
  return {
    // A module of its own settings.
    newJson: (state) => {
      lua.lua_createtable(state, 0, 16);
      machine.register(state, cjson(machine));
      return 1;
    },
    preempted: (state) => {
      lua.lua_pushboolean(state, machine.preempted ? 1 : 0);
      return 1;
    },
    isTop: (state) => {
      lua.lua_pushboolean(state, state === machine.thread() ? 1 : 0);
      return 1;
    },
    missing: (state) => {
      const shown =
        lua.lua_type(state, 2) === LuaType.number
          ? numberText(lua.lua_tonumber(state, 2), 14)
          : (machine.latin1(state, 2) ?? machine.typeName(state, 2));
      return machine.raise(state, `Script attempted to access nonexistent global variable '${shown}'`);
    },
    random: (state) => {
      const random = (seeded ?? Math.random)();
      const count = lua.lua_gettop(state);
      if (count === 0) {
        lua.lua_pushnumber(state, random);
        return 1;
      }
      const low = count === 1 ? 1 : integer(state, 1);
      const high = integer(state, count === 1 ? 1 : 2);
      if (count > 2) machine.raise(state, "wrong number of arguments");
      if (low > high) machine.argumentError(state, count, "random", "interval is empty");
      lua.lua_pushnumber(state, low + Math.floor(random * (high - low + 1)));
      return 1;
    },
    // mulberry32: the same seed gives the same numbers, which is all that scripts may expect.
    randomseed: (state) => {
      let at = integer(state, 1) | 0;
      seeded = () => {
        at = (at + 0x6d2b79f5) | 0;
        let t = Math.imul(at ^ (at >>> 15), 1 | at);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
      };
      return 0;
    },
  };
}
