/** The Lua machine without a server: limits, giving way, hostile bytes. Conversions and errors are compared with Redis in test/redis. */
import { describe, expect, test } from "vitest";
import { LuaMachine, LuaType, numberText, prepareSandbox } from "./index.js";

function machineOf(limitBytes = 64 << 20): LuaMachine {
  const machine = new LuaMachine(limitBytes);
  prepareSandbox(machine, { redis: { call: () => 0 }, redisConstants: {} });
  return machine;
}
/** The result of a script as text, or its error. */
function evaluate(machine: LuaMachine, source: string): string {
  const failed = machine.compile(Buffer.from(source, "latin1"), "@user_script");
  if (failed !== undefined) return `compile: ${failed}`;
  const thread = machine.thread();
  machine.lua.lua_xmove(machine.state, thread, 1);
  let result = machine.resume(0);
  while (result.kind === "gaveWay") result = machine.resume(0);
  const text = machine.lua.lua_gettop(thread) === 0 ? "nothing" : (machine.latin1(thread, -1) ?? machine.typeName(thread, -1));
  machine.endRun(result.kind === "failed");
  return result.kind === "failed" ? `error: ${text}` : text;
}

test.each([
  [0.1, 14, "0.1"],
  [1 / 3, 17, "0.33333333333333331"],
  [1e15, 14, "1e+15"],
  [123456789012345, 14, "1.2345678901234e+14"],
  [1e-5, 14, "1e-05"],
  [0.0001, 14, "0.0001"],
  [12345678901234568, 17, "12345678901234568"],
  [-0, 14, "-0"],
  [2 ** 53, 17, "9007199254740992"],
])("%d with %i digits is %s", (value, digits, text) => {
  expect(numberText(value, digits)).toBe(text);
});

describe("limits", () => {
  test("memory is bounded, and the machine goes on", () => {
    const machine = machineOf();
    expect(evaluate(machine, "local t = {} for i = 1, 1e9 do t[i] = string.rep('x', 1e6) .. i end")).toBe("error: not enough memory");
    expect(evaluate(machine, "return 'alive'")).toBe("alive");
  });
  test.each([
    ["local function f() return 1 + f() end f()", /stack overflow/],
    ["local f, e = loadstring('return ' .. string.rep('(', 100000)) return e", /levels/],
    ["local function f() return pcall(f) end return tostring(f())", /^(true|false)$/],
    ["return string.rep('x', -1)", /^$/],
    ["local t = setmetatable({}, {__index = function(t, k) return t[k .. 'x'] end}) return t.a", /overflow/],
  ])("%s", (source, expected) => {
    expect(evaluate(machineOf(), source)).toMatch(expected);
  });
  test("a pattern that recurses too deep costs the machine at most", () => {
    const machine = machineOf();
    let text: string;
    try {
      text = evaluate(machine, "return string.find(string.rep('a', 500000), string.rep('a?', 300000))");
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
      expect(machine.broken).toBe(true);
      return;
    }
    expect(text).toMatch(/error|too complex|\d/);
  });
});

test("a run gives way inside pcall and coroutines, and goes on", () => {
  const machine = machineOf();
  let ticks = 0;
  machine.onTick = () => ++ticks % 2 === 0;
  const source = `
    local function work() local n = 0 for i = 1, 200000 do n = n + 1 end return n end
    local ok, a = pcall(work)
    local co = coroutine.wrap(function() coroutine.yield(work()) return work() end)
    local b, c = co(), co()
    local ok2, d = pcall(function() local ok3, e = pcall(work) return e end)
    return a + b + c + d`;
  expect(evaluate(machine, source)).toBe("800000");
  expect(ticks).toBeGreaterThan(10);
});

test("globals cannot be changed by any way in", () => {
  const machine = machineOf();
  for (const source of [
    "x = 1",
    "rawset(_G, 'x', 1)",
    "setmetatable(_G, {})",
    "string.x = 1",
    "getmetatable('').__index = 1",
    "redis.call = 1",
  ])
    expect(evaluate(machine, source), source).toMatch(/^error: .*readonly/);
  expect(evaluate(machine, "return type(rawget(_G, 'debug')) .. type(rawget(_G, 'io'))")).toBe("nilnil");
  expect(evaluate(machine, "local f, e = loadstring(string.dump(function() return 1 end)) return tostring(f) .. e")).toBe(
    "nilattempt to load a binary chunk",
  );
});

test("random bytes never break cmsgpack, cjson and struct", () => {
  const rounds = Number(process.env.ORRERY_FUZZ_ROUNDS ?? 300);
  const machine = machineOf();
  const quoted = (bytes: Buffer) => `"${[...bytes].map((b) => `\\${String(b).padStart(3, "0")}`).join("")}"`;
  for (let round = 0; round < rounds; round++) {
    const bytes = Buffer.from(Array.from({ length: 1 + (round % 40) }, () => Math.floor(Math.random() * 256)));
    const format = Array.from({ length: 4 }, () => "bBhHlLTfdscx<>!=iI0123456789 "[Math.floor(Math.random() * 29)]).join("");
    for (const call of [`cmsgpack.unpack(s)`, `cjson.decode(s)`, `struct.unpack('${format}', s)`, `struct.pack('${format}', 1, s, 2)`])
      evaluate(machine, `local s = ${quoted(bytes)} return type(${call})`);
    expect(machine.broken).toBe(false);
  }
  expect(machine.lua.lua_type(machine.state, 1)).toBe(LuaType.none);
}, 60_000);
