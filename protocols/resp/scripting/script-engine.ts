/**
 * The scripts of one JavaScript thread: its Lua machine, what is compiled in it, and the run that is going on. The scripts' texts are
 * shared by all threads (SideSpace.scripts); a machine compiles a text when it first needs it and forgets all when they were flushed.
 */
import { LuaMachine, prepareSandbox, registryIndex } from "../../../src/lua/index.js";
import { SideSpace } from "../../../src/native/index.js";
import { ReplyWriter } from "../reply-writer.js";
import type { RespServer } from "../server.js";
import { redisApi, redisConstants } from "./redis-api.js";
import { parseScript, type ScriptFlags } from "./script-flags.js";
import type { ScriptRun } from "./script-run.js";
import { sha1Hex } from "./sha1.js";

/** What all scripts of a thread may hold together. */
const memoryLimitBytes = 1 << 30;
/** A machine that a script made large is replaced after it: WebAssembly's memory does not shrink. */
const memoryKeptBytes = 256 << 20;

export interface CompiledScript {
  readonly sha: string;
  /** Of the function in the machine's registry. */
  readonly reference: number;
  readonly flags: ScriptFlags;
}

export class ScriptEngine {
  readonly server: RespServer;
  current: ScriptRun | undefined;
  /** Where the commands of the run that is going on write. */
  readonly scratch = new ReplyWriter();
  #machine: LuaMachine | undefined;
  #globals = 0;
  readonly #compiled = new Map<string, CompiledScript>();
  /** By the text itself: saves the hash of a text that is sent again and again. */
  readonly #byText = new Map<string, string>();

  constructor(server: RespServer) {
    this.server = server;
  }

  get machine(): LuaMachine {
    if (this.#machine === undefined || this.#machine.broken) {
      this.#compiled.clear();
      this.#machine = new LuaMachine(memoryLimitBytes);
      this.#globals = prepareSandbox(this.#machine, { redis: redisApi(this, this.#machine), redisConstants }).globals;
    }
    return this.#machine;
  }
  get usedBytes(): number {
    return this.#machine?.usedBytes ?? 0;
  }
  get memoryBytes(): number {
    return this.#machine?.memoryBytes ?? 0;
  }

  /** A script by its text; stored so that EVALSHA finds it. The error's text when it does not compile. */
  load(source: Buffer): CompiledScript | string {
    const text = source.length <= 4096 ? source.toString("latin1") : undefined;
    let sha = text === undefined ? undefined : this.#byText.get(text);
    if (sha === undefined) {
      sha = sha1Hex(source);
      if (text !== undefined) {
        if (this.#byText.size > 1000) this.#byText.clear();
        this.#byText.set(text, sha);
      }
    }
    const ready = this.#ready(sha);
    if (ready !== undefined) return ready;
    const compiled = this.#compile(sha, source);
    if (typeof compiled === "string") return compiled;
    const { addon, engine } = this.server.options;
    addon.keyspace.sideSet(engine, SideSpace.scripts, Buffer.from(sha), source);
    this.#version = addon.keyspace.sideVersion(engine, SideSpace.scripts);
    return compiled;
  }
  /** A script by its name; undefined: nobody has loaded it. */
  find(sha: string): CompiledScript | undefined {
    const ready = this.#ready(sha);
    if (ready !== undefined) return ready;
    const { addon, engine } = this.server.options;
    const source = addon.keyspace.sideGet(engine, SideSpace.scripts, Buffer.from(sha));
    if (source === null) return undefined;
    const compiled = this.#compile(sha, Buffer.from(source));
    return typeof compiled === "string" ? undefined : compiled;
  }
  exists(sha: string): boolean {
    const { addon, engine } = this.server.options;
    return addon.keyspace.sideGet(engine, SideSpace.scripts, Buffer.from(sha)) !== null;
  }
  flush(): void {
    const { addon, engine } = this.server.options;
    addon.keyspace.sideClear(engine, SideSpace.scripts);
    this.reset();
  }
  /** Another machine for the next script. */
  reset(): void {
    if (this.current !== undefined) return;
    this.#machine = undefined;
    this.#compiled.clear();
  }
  get count(): number {
    const { addon, engine } = this.server.options;
    return addon.keyspace.sideAll(engine, SideSpace.scripts).length / 2;
  }
  /** A run is over. */
  tidy(): void {
    if (this.#machine !== undefined && this.#machine.memoryBytes > memoryKeptBytes) this.reset();
  }

  #version = -1;
  #ready(sha: string): CompiledScript | undefined {
    const { addon, engine } = this.server.options;
    const script = this.#compiled.get(sha);
    if (script === undefined || this.#machine?.broken) return undefined;
    const version = addon.keyspace.sideVersion(engine, SideSpace.scripts);
    if (version !== this.#version) {
      // Loaded elsewhere, or flushed: this one is good while it is still there.
      if (!this.exists(sha)) {
        this.reset();
        this.#version = version;
        return undefined;
      }
      this.#version = version;
    }
    return script;
  }

  #compile(sha: string, source: Buffer): CompiledScript | string {
    const parsed = parseScript(source);
    if (typeof parsed === "string") return parsed;
    const machine = this.machine;
    const failed = machine.compile(parsed.body, "@user_script");
    if (failed !== undefined) return `ERR Error compiling script (new function): ${failed}`;
    const script = { sha, reference: machine.lua.luaL_ref(machine.state, registryIndex), flags: parsed.flags };
    this.#compiled.set(sha, script);
    return script;
  }

  /** Sets KEYS or ARGV, or takes it away with undefined. */
  setGlobal(name: "KEYS" | "ARGV", values: readonly Buffer[]): void {
    const machine = this.machine;
    const { lua, state } = machine;
    lua.lua_rawgeti(state, registryIndex, this.#globals);
    machine.pushConstant(state, name);
    lua.lua_createtable(state, values.length, 0);
    for (let i = 0; i < values.length; i++) {
      machine.push(state, values[i] as Buffer);
      lua.lua_rawseti(state, -2, i + 1);
    }
    lua.lua_rawset(state, -3);
    machine.pop(state, 1);
  }
}
