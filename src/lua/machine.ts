/**
 * One Lua 5.1 state: strings and tables across the border, functions of the host, running a function so that it can be interrupted.
 *
 * A function of the host gets the state and returns how many values it pushed; it raises with `raise`, which does not return (a
 * JavaScript exception that stands for longjmp: never catch it, keep no cleanup in `finally`).
 *
 * Invariants
 *  1. Scripts run in a coroutine of the main state, so that the count hook can give way to the event loop (lua_yield in a hook) and the
 *     run can go on later. Where Lua cannot yield (a metamethod, a sort's comparison, gsub's callback) it goes on until it can.
 *  2. Any exception but a longjmp (JavaScript's stack or the memory's limits) leaves the state unknown: the machine is `broken` and its
 *     owner makes another.
 *  3. A view of the memory is taken anew after every call that may allocate: growing detaches the old one.
 */
import { hookIndex, instantiate, type LuaExports, tableIndexes } from "./wasm.js";

export type LuaState = number;
export type HostFunction = (state: LuaState) => number;

export const LuaType = {
  none: -1,
  nil: 0,
  boolean: 1,
  lightuserdata: 2,
  number: 3,
  string: 4,
  table: 5,
  function: 6,
  userdata: 7,
  thread: 8,
} as const;
export const typeNames = ["nil", "boolean", "userdata", "number", "string", "table", "function", "userdata", "thread"] as const;

export const registryIndex = -10000;
export const globalsIndex = -10002;

/** How a run stands. */
export type RunResult = { readonly kind: "done" } | { readonly kind: "gaveWay" } | { readonly kind: "failed"; readonly status: number };

const shortBytes = 64;
const countMask = 8;
/** Often enough for a time limit even when each instruction is a slow command, seldom enough to cost nothing. */
const hookInstructions = 10_000;
const yielded = 1;

/** lua_State of a 32-bit Lua 5.1: two counts of nested C calls; a coroutine may yield where they are equal. */
const nCcallsOffset = 52;
const baseCcallsOffset = 54;
/** lua_Debug: `what`, `source`, `currentline`. */
const debugBytes = 128;
const whatOffset = 12;
const sourceOffset = 16;
const lineOffset = 20;

export class LuaMachine {
  readonly lua: LuaExports;
  readonly state: LuaState;
  broken = false;
  /** Set by the hook when it made the running coroutine yield. */
  preempted = false;
  /** Asked every 10,000 instructions of a run; true: give way. Throws through `raise` to end the script. */
  onTick: ((state: LuaState, canYield: boolean) => boolean) | undefined;
  readonly #lengthAt: number;
  readonly #debugAt: number;
  #scratchAt: number;
  #scratchBytes = 4096;
  #buffer: Buffer;
  #words = new Uint32Array(0);
  readonly #names = new Map<string, number>();
  #thread = 0;
  #threadReference = 0;
  readonly #hook: number;

  constructor(limitBytes: number) {
    this.lua = instantiate(limitBytes);
    this.state = this.lua.luaL_newstate();
    this.#lengthAt = this.lua.malloc(8);
    this.#debugAt = this.lua.malloc(debugBytes);
    this.#scratchAt = this.lua.malloc(this.#scratchBytes);
    this.#buffer = Buffer.from(this.lua.memory.buffer);
    this.#hook = hookIndex(this.lua, (state) => this.#tick(state));
    this.lua.luaL_openlibs(this.state);
  }

  /** The memory as it is now. */
  get memory(): Buffer {
    // Growing detaches the old buffer: its length is 0 then, which is cheaper to see than another `buffer`.
    if (this.#buffer.length === 0) this.#buffer = Buffer.from(this.lua.memory.buffer);
    return this.#buffer;
  }
  /** The same as 32-bit words: a pointer divided by four is the index. */
  get words(): Uint32Array {
    if (this.#words.length === 0) this.#words = new Uint32Array(this.lua.memory.buffer);
    return this.#words;
  }
  get memoryBytes(): number {
    return this.lua.memory.buffer.byteLength;
  }
  /** What Lua itself says it holds. */
  get usedBytes(): number {
    return this.lua.lua_gc(this.state, 3, 0) * 1024 + this.lua.lua_gc(this.state, 4, 0);
  }

  /** `bytes` of memory that the caller may use until its next call of this. */
  scratch(bytes: number): number {
    if (bytes > this.#scratchBytes) {
      this.lua.free(this.#scratchAt);
      this.#scratchBytes = bytes * 2;
      this.#scratchAt = this.lua.malloc(this.#scratchBytes);
      if (this.#scratchAt === 0) {
        this.broken = true;
        throw new RangeError("the memory of scripts is used up");
      }
    }
    return this.#scratchAt;
  }

  // Values out.

  /** Pointer and length of the string (or number, which becomes one) at `index`; the length is in `stringLength`. */
  stringAt(state: LuaState, index: number): number {
    const pointer = this.lua.lua_tolstring(state, index, this.#lengthAt);
    this.stringLength = pointer === 0 ? 0 : (this.words[this.#lengthAt >> 2] as number);
    return pointer;
  }
  stringLength = 0;
  /** A copy of the string's bytes; undefined when it is none. */
  bytes(state: LuaState, index: number): Buffer | undefined {
    const pointer = this.stringAt(state, index);
    return pointer === 0 ? undefined : Buffer.from(this.memory.subarray(pointer, pointer + this.stringLength));
  }
  /** The string as text, one character a byte. */
  latin1(state: LuaState, index: number): string | undefined {
    const pointer = this.stringAt(state, index);
    return pointer === 0 ? undefined : this.memory.toString("latin1", pointer, pointer + this.stringLength);
  }
  typeName(state: LuaState, index: number): string {
    const type = this.lua.lua_type(state, index);
    return type < 0 ? "no value" : (typeNames[type] as string);
  }

  // Values in.

  push(state: LuaState, bytes: Uint8Array): void {
    this.pushRange(state, bytes, 0, bytes.length);
  }
  /** The bytes from `start` to before `end`. */
  pushRange(state: LuaState, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    const at = this.scratch(length);
    const memory = this.memory;
    // A view of the bytes costs more than copying a short string one byte after the other.
    if (length <= shortBytes) for (let i = 0; i < length; i++) memory[at + i] = bytes[start + i] as number;
    else memory.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    this.lua.lua_pushlstring(state, at, length);
  }
  /** A text that does not change, one byte a character: copied into the machine's memory once. */
  pushConstant(state: LuaState, text: string): void {
    this.lua.lua_pushlstring(state, this.name(text), text.length);
  }
  /** One byte a character. */
  pushLatin1(state: LuaState, text: string): void {
    const at = this.scratch(text.length);
    this.memory.write(text, at, "latin1");
    this.lua.lua_pushlstring(state, at, text.length);
  }
  /** table[name] = the value on top, which goes. Raw. */
  setField(state: LuaState, index: number, name: string): void {
    this.pushConstant(state, name);
    this.lua.lua_insert(state, -2);
    this.lua.lua_rawset(state, index < 0 && index > registryIndex ? index - 1 : index);
  }
  /** Pushes table[name], raw. */
  getField(state: LuaState, index: number, name: string): void {
    this.pushConstant(state, name);
    this.lua.lua_rawget(state, index < 0 && index > registryIndex ? index - 1 : index);
  }
  pop(state: LuaState, count: number): void {
    this.lua.lua_settop(state, -count - 1);
  }
  /** A C string that lives as long as the machine. */
  name(text: string): number {
    let pointer = this.#names.get(text);
    if (pointer === undefined) {
      pointer = this.lua.malloc(text.length + 1);
      this.memory.write(text, pointer, "latin1");
      this.memory[pointer + text.length] = 0;
      this.#names.set(text, pointer);
    }
    return pointer;
  }

  /** Sets functions of the host into the table on top of `state`. */
  register(state: LuaState, functions: Readonly<Record<string, HostFunction>>): void {
    const names = Object.keys(functions);
    const indexes = tableIndexes(
      this.lua,
      names.map((name) => functions[name] as HostFunction),
    );
    for (let i = 0; i < names.length; i++) {
      this.lua.lua_pushcclosure(state, indexes[i] as number, 0);
      this.setField(state, -2, names[i] as string);
    }
  }

  /** Raises the value on top. */
  raiseTop(state: LuaState): never {
    this.lua.lua_error(state);
    throw new Error("unreachable: lua_error does not return");
  }
  /** Raises a text, with the place of the caller in front (luaL_error). */
  raise(state: LuaState, text: string): never {
    this.lua.luaL_where(state, 1);
    this.pushLatin1(state, text);
    this.lua.lua_concat(state, 2);
    return this.raiseTop(state);
  }
  argumentError(state: LuaState, argument: number, functionName: string, text: string): never {
    return this.raise(state, `bad argument #${argument} to '${functionName}' (${text})`);
  }

  // Running.

  /** Compiles and leaves the function on top of the main state; the error's text otherwise. */
  compile(source: Uint8Array, chunkName: string): string | undefined {
    const at = this.lua.malloc(source.length + 1);
    if (at === 0) return "not enough memory";
    this.memory.set(source, at);
    const status = this.lua.luaL_loadbuffer(this.state, at, source.length, this.name(chunkName));
    this.lua.free(at);
    if (status === 0) return undefined;
    const text = this.latin1(this.state, -1) ?? "unknown error";
    this.pop(this.state, 1);
    return text;
  }

  /** The coroutine that the next `resume` runs in; what it shall run is pushed onto it. */
  thread(): LuaState {
    if (this.#thread === 0) {
      this.#thread = this.lua.lua_newthread(this.state);
      this.#threadReference = this.lua.luaL_ref(this.state, registryIndex);
      this.lua.lua_sethook(this.#thread, this.#hook, countMask, hookInstructions);
    }
    return this.#thread;
  }
  /** Starts the function below `argumentCount` values on the thread, or goes on after gaveWay. Results or the error are on the thread. */
  resume(argumentCount: number): RunResult {
    this.preempted = false;
    let status: number;
    try {
      status = this.lua.lua_resume(this.#thread, argumentCount);
    } catch (thrown) {
      this.broken = true;
      throw thrown;
    }
    if (status === 0) return { kind: "done" };
    if (status === yielded && this.preempted) return { kind: "gaveWay" };
    return { kind: "failed", status };
  }
  /** Empties the thread after a run; after a failure a new one takes its place. */
  endRun(failed: boolean): void {
    if (!failed) return this.lua.lua_settop(this.#thread, 0);
    this.lua.luaL_unref(this.state, registryIndex, this.#threadReference);
    this.#thread = 0;
  }

  /** Where the thread's error was raised: chunk name and line of the innermost function that is the script's own. */
  errorPlace(): { readonly source: string; readonly line: number } | undefined {
    for (let level = 0; level < 8; level++) {
      if (this.lua.lua_getstack(this.#thread, level, this.#debugAt) === 0) return undefined;
      this.lua.lua_getinfo(this.#thread, this.name("Sl"), this.#debugAt);
      const memory = this.memory;
      const text = (at: number) => {
        const pointer = memory.readUInt32LE(this.#debugAt + at);
        return memory.toString("latin1", pointer, memory.indexOf(0, pointer));
      };
      const source = text(sourceOffset);
      const what = text(whatOffset);
      if (what === "C" || what === "tail" || source === "=prelude") continue;
      return { source, line: memory.readInt32LE(this.#debugAt + lineOffset) };
    }
    return undefined;
  }

  /** Calls the tick at every instruction: what it raises then cannot be caught for long. */
  tickAlways(state: LuaState): void {
    this.lua.lua_sethook(state, this.#hook, countMask, 1);
    if (this.#thread !== 0) this.lua.lua_sethook(this.#thread, this.#hook, countMask, 1);
  }

  canYield(state: LuaState): boolean {
    const memory = this.memory;
    return memory.readUInt16LE(state + nCcallsOffset) <= memory.readUInt16LE(state + baseCcallsOffset);
  }
  #tick(state: LuaState): void {
    const canYield = this.canYield(state);
    if (this.onTick?.(state, canYield) !== true || !canYield) return;
    this.preempted = true;
    this.lua.lua_yield(state, 0);
  }
}
