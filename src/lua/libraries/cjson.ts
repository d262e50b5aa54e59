/**
 * cjson: JSON for scripts, with the behaviour, settings and error texts of lua-cjson 2.1 (https://kyne.au/~mark/software/lua-cjson-manual.html).
 * Settings hold for the machine, as they do in Redis.
 */
import { type HostFunction, type LuaMachine, type LuaState, LuaType } from "../machine.js";
import { numberText } from "../number-text.js";

interface Settings {
  sparseConvert: boolean;
  sparseRatio: number;
  sparseSafe: number;
  encodeDepth: number;
  decodeDepth: number;
  precision: number;
  encodeInvalid: "off" | "on" | "null";
  decodeInvalid: boolean;
  keepBuffer: boolean;
}

export function cjson(machine: LuaMachine): Record<string, HostFunction> {
  const { lua } = machine;
  const settings: Settings = {
    sparseConvert: false,
    sparseRatio: 2,
    sparseSafe: 10,
    encodeDepth: 1000,
    decodeDepth: 1000,
    precision: 14,
    encodeInvalid: "off",
    decodeInvalid: true,
    keepBuffer: true,
  };
  const integerSetting = (name: string, min: number, max: number, get: () => number, set: (value: number) => void): HostFunction => {
    return (state) => {
      if (lua.lua_gettop(state) > 1) machine.argumentError(state, 2, name, "found too many arguments");
      if (lua.lua_gettop(state) === 1 && lua.lua_type(state, 1) !== LuaType.nil) {
        const value = lua.lua_tonumber(state, 1);
        if (!(value >= min && value <= max)) machine.argumentError(state, 1, name, `expected integer between ${min} and ${max}`);
        set(Math.trunc(value));
      }
      lua.lua_pushnumber(state, get());
      return 1;
    };
  };
  const choice = (state: LuaState, name: string): string | undefined => {
    if (lua.lua_gettop(state) > 1) machine.argumentError(state, 2, name, "found too many arguments");
    if (lua.lua_gettop(state) === 0 || lua.lua_type(state, 1) === LuaType.nil) return undefined;
    if (lua.lua_type(state, 1) === LuaType.boolean) return lua.lua_toboolean(state, 1) !== 0 ? "on" : "off";
    return machine.latin1(state, 1);
  };
  const pushChoice = (state: LuaState, value: string) => {
    if (value === "null") machine.pushLatin1(state, value);
    else lua.lua_pushboolean(state, value === "on" ? 1 : 0);
    return 1;
  };
  return {
    encode: (state) => {
      if (lua.lua_gettop(state) !== 1) machine.argumentError(state, 1, "encode", "expected 1 argument");
      const out: string[] = [];
      encodeValue(machine, settings, state, 0, out);
      machine.pushLatin1(state, out.join(""));
      return 1;
    },
    decode: (state) => {
      if (lua.lua_gettop(state) !== 1) machine.argumentError(state, 1, "decode", "expected 1 argument");
      const text = machine.latin1(state, 1);
      if (text === undefined) machine.argumentError(state, 1, "decode", `string expected, got ${machine.typeName(state, 1)}`);
      new Decoder(machine, settings, state, text as string).run();
      return 1;
    },
    encode_sparse_array: (state) => {
      if (lua.lua_gettop(state) > 3) machine.argumentError(state, 4, "encode_sparse_array", "found too many arguments");
      if (lua.lua_gettop(state) >= 1 && lua.lua_type(state, 1) !== LuaType.nil) settings.sparseConvert = lua.lua_toboolean(state, 1) !== 0;
      if (lua.lua_gettop(state) >= 2 && lua.lua_type(state, 2) !== LuaType.nil) settings.sparseRatio = lua.lua_tonumber(state, 2);
      if (lua.lua_gettop(state) >= 3 && lua.lua_type(state, 3) !== LuaType.nil) settings.sparseSafe = lua.lua_tonumber(state, 3);
      lua.lua_pushboolean(state, settings.sparseConvert ? 1 : 0);
      lua.lua_pushnumber(state, settings.sparseRatio);
      lua.lua_pushnumber(state, settings.sparseSafe);
      return 3;
    },
    encode_max_depth: integerSetting(
      "encode_max_depth",
      1,
      2147483647,
      () => settings.encodeDepth,
      (v) => (settings.encodeDepth = v),
    ),
    decode_max_depth: integerSetting(
      "decode_max_depth",
      1,
      2147483647,
      () => settings.decodeDepth,
      (v) => (settings.decodeDepth = v),
    ),
    encode_number_precision: integerSetting(
      "encode_number_precision",
      1,
      14,
      () => settings.precision,
      (v) => (settings.precision = v),
    ),
    encode_keep_buffer: (state) => {
      const given = choice(state, "encode_keep_buffer");
      if (given !== undefined) settings.keepBuffer = given === "on";
      return pushChoice(state, settings.keepBuffer ? "on" : "off");
    },
    encode_invalid_numbers: (state) => {
      const given = choice(state, "encode_invalid_numbers");
      if (given === "on" || given === "off" || given === "null") settings.encodeInvalid = given;
      else if (given !== undefined) machine.argumentError(state, 1, "encode_invalid_numbers", `invalid option '${given}'`);
      return pushChoice(state, settings.encodeInvalid);
    },
    decode_invalid_numbers: (state) => {
      const given = choice(state, "decode_invalid_numbers");
      if (given !== undefined) settings.decodeInvalid = given === "on";
      return pushChoice(state, settings.decodeInvalid ? "on" : "off");
    },
  };
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "/": "\\/",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\f": "\\f",
  "\r": "\\r",
};
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON escapes them
const escaped = /["\\/\u0000-\u001f\u007f]/g;
const quote = (text: string) => `"${text.replace(escaped, (c) => escapes[c] ?? `\\u00${c.charCodeAt(0).toString(16).padStart(2, "0")}`)}"`;

function encodeNumber(machine: LuaMachine, settings: Settings, state: LuaState, value: number): string {
  if (Number.isFinite(value)) return numberText(value, settings.precision);
  if (settings.encodeInvalid === "null") return "null";
  if (settings.encodeInvalid === "off") machine.raise(state, "Cannot serialise number: must not be NaN or Inf");
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/** Largest index when every key is a whole number above 0; -1: an object. */
function arrayLength(machine: LuaMachine, settings: Settings, state: LuaState): number {
  const { lua } = machine;
  let max = 0;
  let items = 0;
  lua.lua_pushnil(state);
  while (lua.lua_next(state, -2) !== 0) {
    const key = lua.lua_type(state, -2) === LuaType.number ? lua.lua_tonumber(state, -2) : 0;
    if (!(key > 0 && Number.isInteger(key))) {
      machine.pop(state, 2);
      return -1;
    }
    if (key > max) max = key;
    items++;
    machine.pop(state, 1);
  }
  if (settings.sparseRatio > 0 && max > items * settings.sparseRatio && max > settings.sparseSafe) {
    if (!settings.sparseConvert) machine.raise(state, "Cannot serialise table: excessively sparse array");
    return -1;
  }
  return max;
}

/** The value on top of the stack, which stays. */
function encodeValue(machine: LuaMachine, settings: Settings, state: LuaState, depth: number, out: string[]): void {
  const { lua } = machine;
  switch (lua.lua_type(state, -1)) {
    case LuaType.string:
      out.push(quote(machine.latin1(state, -1) as string));
      return;
    case LuaType.number:
      out.push(encodeNumber(machine, settings, state, lua.lua_tonumber(state, -1)));
      return;
    case LuaType.boolean:
      out.push(lua.lua_toboolean(state, -1) !== 0 ? "true" : "false");
      return;
    case LuaType.nil:
      out.push("null");
      return;
    case LuaType.lightuserdata:
      if (lua.lua_touserdata(state, -1) === 0) {
        out.push("null");
        return;
      }
      break;
    case LuaType.table: {
      if (depth + 1 > settings.encodeDepth || lua.lua_checkstack(state, 4) === 0)
        machine.raise(state, `Cannot serialise, excessive nesting (${depth + 1})`);
      const length = arrayLength(machine, settings, state);
      if (length > 0) {
        out.push("[");
        for (let i = 1; i <= length; i++) {
          if (i > 1) out.push(",");
          lua.lua_rawgeti(state, -1, i);
          encodeValue(machine, settings, state, depth + 1, out);
          machine.pop(state, 1);
        }
        out.push("]");
        return;
      }
      out.push("{");
      let first = true;
      lua.lua_pushnil(state);
      while (lua.lua_next(state, -2) !== 0) {
        if (!first) out.push(",");
        first = false;
        const type = lua.lua_type(state, -2);
        if (type === LuaType.number) out.push(`"${encodeNumber(machine, settings, state, lua.lua_tonumber(state, -2))}":`);
        else if (type === LuaType.string) out.push(quote(machine.latin1(state, -2) as string), ":");
        else machine.raise(state, `Cannot serialise ${machine.typeName(state, -2)}: table key must be a number or string`);
        encodeValue(machine, settings, state, depth + 1, out);
        machine.pop(state, 1);
      }
      out.push("}");
      return;
    }
  }
  machine.raise(state, `Cannot serialise ${machine.typeName(state, -1)}: type not supported`);
}

type Token =
  | { readonly kind: "{" | "}" | "[" | "]" | ":" | "," | "end" | "true" | "false" | "null"; readonly at: number }
  | { readonly kind: "string"; readonly at: number; readonly text: string }
  | { readonly kind: "number"; readonly at: number; readonly value: number }
  | { readonly kind: "invalid"; readonly at: number; readonly why?: string };

const tokenNames: Readonly<Record<Token["kind"], string>> = {
  "{": "T_OBJ_BEGIN",
  "}": "T_OBJ_END",
  "[": "T_ARR_BEGIN",
  "]": "T_ARR_END",
  ":": "T_COLON",
  ",": "T_COMMA",
  end: "T_END",
  true: "T_BOOLEAN",
  false: "T_BOOLEAN",
  null: "T_NULL",
  string: "T_STRING",
  number: "T_NUMBER",
  invalid: "invalid token",
};

class Decoder {
  #at = 0;
  constructor(
    private readonly machine: LuaMachine,
    private readonly settings: Settings,
    private readonly state: LuaState,
    private readonly text: string,
  ) {}

  run(): void {
    // A zero byte second or third means UTF-16 or UTF-32.
    if (this.text.length >= 2 && (this.text[0] === "\0" || this.text[1] === "\0"))
      this.machine.raise(this.state, "JSON parser does not support UTF-16 or UTF-32");
    this.#value(this.#next(), 0);
    const rest = this.#next();
    if (rest.kind !== "end") this.#fail("the end", rest);
  }

  #fail(expected: string, found: Token): never {
    const what = (found.kind === "invalid" ? found.why : undefined) ?? tokenNames[found.kind];
    return this.machine.raise(this.state, `Expected ${expected} but found ${what} at character ${found.at + 1}`);
  }

  #value(token: Token, depth: number): void {
    const { machine, state } = this;
    const { lua } = machine;
    switch (token.kind) {
      case "string":
        machine.pushLatin1(state, token.text);
        return;
      case "number":
        lua.lua_pushnumber(state, token.value);
        return;
      case "true":
      case "false":
        lua.lua_pushboolean(state, token.kind === "true" ? 1 : 0);
        return;
      case "null":
        lua.lua_pushlightuserdata(state, 0);
        return;
      case "{":
        return this.#object(depth + 1);
      case "[":
        return this.#array(depth + 1);
      default:
        this.#fail("value", token);
    }
  }
  #descend(depth: number): void {
    if (depth > this.settings.decodeDepth || this.machine.lua.lua_checkstack(this.state, 4) === 0)
      this.machine.raise(this.state, `Found too many nested data structures (${depth})`);
    this.machine.lua.lua_createtable(this.state, 0, 0);
  }
  #object(depth: number): void {
    this.#descend(depth);
    let token = this.#next();
    if (token.kind === "}") return;
    for (;;) {
      if (token.kind !== "string") this.#fail("object key string", token);
      this.machine.pushLatin1(this.state, (token as { text: string }).text);
      const colon = this.#next();
      if (colon.kind !== ":") this.#fail("colon", colon);
      this.#value(this.#next(), depth);
      this.machine.lua.lua_rawset(this.state, -3);
      token = this.#next();
      if (token.kind === "}") return;
      if (token.kind !== ",") this.#fail("comma or object end", token);
      token = this.#next();
    }
  }
  #array(depth: number): void {
    this.#descend(depth);
    let token = this.#next();
    if (token.kind === "]") return;
    for (let i = 1; ; i++) {
      this.#value(token, depth);
      this.machine.lua.lua_rawseti(this.state, -2, i);
      token = this.#next();
      if (token.kind === "]") return;
      if (token.kind !== ",") this.#fail("comma or array end", token);
      token = this.#next();
    }
  }

  #next(): Token {
    const { text } = this;
    while (text[this.#at] === " " || text[this.#at] === "\t" || text[this.#at] === "\n" || text[this.#at] === "\r") this.#at++;
    const at = this.#at;
    if (at >= text.length) return { kind: "end", at };
    const c = text[at] as string;
    if ("{}[]:,".includes(c)) {
      this.#at++;
      return { kind: c as "{", at };
    }
    if (c === '"') return this.#string(at);
    for (const word of ["true", "false", "null"] as const)
      if (text.startsWith(word, at)) {
        this.#at += word.length;
        return { kind: word, at };
      }
    return this.#number(at);
  }
  #number(at: number): Token {
    const pattern = this.settings.decodeInvalid
      ? /[+-]?(?:0x[0-9a-f]+|nan|inf(?:inity)?|\d+\.?\d*(?:e[+-]?\d+)?)/iy
      : /-?(?:0|[1-9]\d*)(?:\.\d*)?(?:e[+-]?\d+)?/iy;
    pattern.lastIndex = at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return { kind: "invalid", at };
    this.#at = at + found.length;
    const lower = found.toLowerCase().replace(/^[+-]/, "");
    const size = lower.startsWith("inf") ? Number.POSITIVE_INFINITY : lower === "nan" ? Number.NaN : Number(lower);
    return { kind: "number", at, value: found.startsWith("-") ? -size : size };
  }
  #string(at: number): Token {
    const { text } = this;
    let out = "";
    let i = at + 1;
    for (;;) {
      const from = i;
      while (i < text.length && text[i] !== '"' && text[i] !== "\\") i++;
      out += text.slice(from, i);
      if (i >= text.length) return { kind: "invalid", at: i, why: "unexpected end of string" };
      if (text[i] === '"') {
        this.#at = i + 1;
        return { kind: "string", at, text: out };
      }
      const escape = text[i + 1] ?? "";
      const simple = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }[escape];
      if (simple !== undefined) {
        out += simple;
        i += 2;
        continue;
      }
      const unit = escape === "u" ? hex4(text, i + 2) : -1;
      if (unit < 0) return { kind: "invalid", at: i, why: escape === "u" ? "invalid unicode escape code" : "invalid escape code" };
      i += 6;
      let point = unit;
      if ((unit & 0xf800) === 0xd800) {
        const low = text[i] === "\\" && text[i + 1] === "u" ? hex4(text, i + 2) : -1;
        if (unit >= 0xdc00 || low < 0xdc00 || low > 0xdfff) return { kind: "invalid", at: i - 6, why: "invalid unicode escape code" };
        point = 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff);
        i += 6;
      }
      out += Buffer.from(String.fromCodePoint(point)).toString("latin1");
    }
  }
}

const hex4 = (text: string, at: number) =>
  /^[0-9a-fA-F]{4}$/.test(text.slice(at, at + 4)) ? Number.parseInt(text.slice(at, at + 4), 16) : -1;
