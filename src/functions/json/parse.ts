/** JSON reader: numbers keep their text, errors say what PostgreSQL's say. One parser serves json (order kept) and jsonb. */
import { DbError, duplicateJsonKey, JsonNumber, type JsonValue } from "../../types/index.js";
import { formatNumeric, parseNumeric } from "../numeric/numeric-value.js";
import { compareText } from "../types/strings.js";

/** Between what PostgreSQL takes with its default max_stack_depth and what it refuses. */
const DEPTH_MAX = 6000;

export class JsonReader {
  #at = 0;
  #depth = 0;
  /** `lenient`: only the syntax is judged; escapes that name no character pass. `uniqueKeys`: 22030 for a key that an object has twice. */
  constructor(
    readonly text: string,
    readonly jsonb: boolean,
    readonly lenient = false,
    readonly uniqueKeys = false,
  ) {}

  get position(): number {
    return this.#at;
  }

  readDocument(): JsonValue {
    const value = this.readValue();
    this.skipBlanks();
    if (this.#at < this.text.length) throw this.#unexpected("Expected end of input");
    return value;
  }

  /** Values of the top-level array (`key` undefined) or object as they are written; a scalar gives none. */
  readMembers(): {
    readonly kind: "array" | "object" | "scalar";
    readonly members: readonly { readonly key: string | undefined; readonly text: string }[];
  } {
    this.skipBlanks();
    const open = this.text[this.#at];
    const kind = open === "{" ? "object" : open === "[" ? "array" : "scalar";
    const members: { key: string | undefined; text: string }[] = [];
    if (kind === "scalar") return { kind, members };
    this.#at++;
    this.skipBlanks();
    while (this.text[this.#at] !== "}" && this.text[this.#at] !== "]") {
      let key: string | undefined;
      if (kind === "object") {
        key = this.#readString();
        this.skipBlanks();
        this.#at++;
      }
      this.skipBlanks();
      const start = this.#at;
      this.readValue();
      members.push({ key, text: this.text.slice(start, this.#at) });
      this.skipBlanks();
      if (this.text[this.#at] === ",") this.#at++;
      this.skipBlanks();
    }
    return { kind, members };
  }

  skipBlanks(): void {
    for (;;) {
      const c = this.text.charCodeAt(this.#at);
      if (c === 32 || c === 10 || c === 13 || c === 9) this.#at++;
      else return;
    }
  }

  readValue(): JsonValue {
    this.skipBlanks();
    switch (this.text[this.#at]) {
      case "{":
        return this.#readObject();
      case "[":
        return this.#readArray();
      case '"':
        return this.#readString();
      default:
        return this.#readScalar();
    }
  }

  #readObject(): JsonValue {
    this.#enter();
    const map = new Map<string, JsonValue>();
    this.#at++;
    this.skipBlanks();
    if (this.text[this.#at] === "}") this.#at++;
    else
      for (;;) {
        this.skipBlanks();
        if (this.text[this.#at] !== '"') throw this.#unexpected(map.size === 0 ? 'Expected string or "}"' : "Expected string");
        const key = this.#readString();
        if (this.uniqueKeys && map.has(key)) throw duplicateJsonKey();
        this.skipBlanks();
        if (this.text[this.#at] !== ":") throw this.#unexpected('Expected ":"');
        this.#at++;
        const value = this.readValue();
        if (!this.jsonb) map.delete(key);
        map.set(key, value);
        this.skipBlanks();
        const next = this.text[this.#at];
        if (next !== "," && next !== "}") throw this.#unexpected('Expected "," or "}"');
        this.#at++;
        if (next === "}") break;
      }
    this.#depth--;
    return this.jsonb ? sortKeys(map) : map;
  }

  #readArray(): JsonValue {
    this.#enter();
    const items: JsonValue[] = [];
    this.#at++;
    this.skipBlanks();
    if (this.text[this.#at] === "]") this.#at++;
    else
      for (;;) {
        items.push(this.readValue());
        this.skipBlanks();
        const next = this.text[this.#at];
        if (next !== "," && next !== "]") throw this.#unexpected('Expected "," or "]"');
        this.#at++;
        if (next === "]") break;
      }
    this.#depth--;
    return items;
  }

  #enter(): void {
    if (++this.#depth > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
  }

  #readString(): string {
    const start = ++this.#at;
    let out = "";
    let from = start;
    for (;;) {
      const c = this.text.charCodeAt(this.#at);
      if (c === 34) break;
      if (Number.isNaN(c)) throw this.#tokenInvalid(start - 1);
      if (c < 32) throw this.#error(`Character with value 0x${c.toString(16).padStart(2, "0")} must be escaped.`);
      if (c !== 92) {
        this.#at++;
        continue;
      }
      out += this.text.slice(from, this.#at);
      out += this.#readEscape();
      from = this.#at;
    }
    const text = out === "" ? this.text.slice(from, this.#at) : out + this.text.slice(from, this.#at);
    this.#at++;
    return text;
  }

  #readEscape(): string {
    const c = this.text[this.#at + 1];
    this.#at += 2;
    switch (c) {
      case '"':
      case "\\":
      case "/":
        return c;
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      case "u":
        return this.#readUnicode();
      default:
        throw this.#error(`Escape sequence "\\${c ?? ""}" is invalid.`);
    }
  }

  #readUnicode(): string {
    const unit = this.#readHex();
    if (this.lenient) return String.fromCharCode(unit);
    if (unit === 0)
      throw new DbError({
        sqlstate: "22P05",
        message: "unsupported Unicode escape sequence",
        detail: "\\u0000 cannot be converted to text.",
        where: this.#where(),
      });
    if (unit >= 0xd800 && unit < 0xdc00) {
      if (this.text.slice(this.#at, this.#at + 2) !== "\\u") throw this.#error("Unicode low surrogate must follow a high surrogate.");
      this.#at += 2;
      const low = this.#readHex();
      if (low < 0xdc00 || low > 0xdfff) throw this.#error("Unicode low surrogate must follow a high surrogate.");
      return String.fromCharCode(unit, low);
    }
    if (unit >= 0xdc00 && unit < 0xe000) throw this.#error("Unicode low surrogate must follow a high surrogate.");
    return String.fromCharCode(unit);
  }
  #readHex(): number {
    const digits = this.text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error('"\\u" must be followed by four hexadecimal digits.');
    this.#at += 4;
    return Number.parseInt(digits, 16);
  }

  #readScalar(): JsonValue {
    const token = /[A-Za-z0-9_+\-.]*/y;
    token.lastIndex = this.#at;
    const word = token.exec(this.text)![0];
    if (word === "") throw this.#unexpected("Expected JSON value");
    const start = this.#at;
    this.#at += word.length;
    if (word === "true") return true;
    if (word === "false") return false;
    if (word === "null") return null;
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) {
      this.#at = start;
      throw this.#tokenInvalid(start);
    }
    return new JsonNumber(this.jsonb && /[eE]|^-0/.test(word) ? formatNumeric(parseNumeric(word)) : word);
  }

  #unexpected(expectation: string): DbError {
    if (this.#at >= this.text.length) return this.#error("The input string ended unexpectedly.");
    const token = /[{}[\]:,]|"(?:[^"\\]|\\.)*"|[A-Za-z0-9_+\-.]+|[^\s]/y;
    token.lastIndex = this.#at;
    const found = token.exec(this.text)![0];
    this.#at += found.length;
    if (/^[A-Za-z_]/.test(found) && !["true", "false", "null"].includes(found)) return this.#error(`Token "${found}" is invalid.`);
    if (/^[^{}[\]:,"A-Za-z0-9+\-.]/.test(found)) return this.#error(`Token "${found}" is invalid.`);
    return this.#error(`${expectation}, but found "${found}".`);
  }
  #tokenInvalid(start: number): DbError {
    const token = /"[\s\S]*|[A-Za-z0-9_-][A-Za-z0-9_+\-.]*|[\s\S]/y;
    token.lastIndex = start;
    const found = token.exec(this.text)![0];
    this.#at = start + found.length;
    return this.#error(`Token "${found}" is invalid.`);
  }
  #where(): string {
    const before = this.text.slice(0, this.#at);
    const line = before.split("\n").length;
    const lineStart = before.lastIndexOf("\n") + 1;
    const context = before.slice(lineStart);
    const cut = context.length > 50 ? `...${context.slice(-50)}` : context;
    return `JSON data, line ${line}: ${cut}${this.#at < this.text.length && this.text[this.#at] !== "\n" ? "..." : ""}`;
  }
  #error(detail: string): DbError {
    return new DbError({ sqlstate: "22P02", message: "invalid input syntax for type json", detail, where: this.#where() });
  }
}

/** jsonb's key order: shorter (in bytes) first, then by bytes. */
export function compareKeys(left: string, right: string): number {
  return Buffer.byteLength(left) - Buffer.byteLength(right) || compareText(left, right);
}
export function sortKeys(map: Map<string, JsonValue>): ReadonlyMap<string, JsonValue> {
  if (map.size < 2) return map;
  return new Map([...map].sort((a, b) => compareKeys(a[0], b[0])));
}
