/**
 * PostgreSQL's regular expressions (POSIX "advanced") through JavaScript's.
 *
 * Departure: where alternatives of different length match at the same place POSIX takes the longest, JavaScript the first. Character
 * classes, escapes, constraints, options and quantifiers are translated; what cannot be is an error, never a different meaning.
 */
import { DbError, invalidParameter, invalidRegex } from "../../types/index.js";

export interface RegexOptions {
  readonly ignoreCase: boolean;
  readonly newline: "none" | "both" | "dot" | "anchors";
  readonly literal: boolean;
  readonly expanded: boolean;
  readonly global: boolean;
}
export const defaultOptions: RegexOptions = { ignoreCase: false, newline: "none", literal: false, expanded: false, global: false };

export function parseOptions(flags: string, allowGlobal: boolean, functionName: string): RegexOptions {
  let { ignoreCase, newline, literal, expanded, global } = defaultOptions;
  for (const flag of flags) {
    switch (flag) {
      case "g":
        if (!allowGlobal)
          throw invalidParameter(
            `${functionName}() does not support the "global" option`,
            functionName === "regexp_match" ? "Use the regexp_matches function instead." : undefined,
          );
        global = true;
        break;
      case "i":
        ignoreCase = true;
        break;
      case "c":
        ignoreCase = false;
        break;
      case "m":
      case "n":
        newline = "both";
        break;
      case "p":
        newline = "dot";
        break;
      case "w":
        newline = "anchors";
        break;
      case "s":
        newline = "none";
        break;
      case "q":
        literal = true;
        break;
      case "x":
        expanded = true;
        break;
      case "t":
        expanded = false;
        break;
      case "e":
        break;
      case "b":
        throw new DbError({ sqlstate: "0A000", message: "basic regular expressions are not supported" });
      default:
        throw invalidParameter(`invalid regular expression option: "${flag}"`);
    }
  }
  return { ignoreCase, newline, literal, expanded, global };
}

const cache = new Map<string, RegExp>();
const CACHE_SIZE_MAX = 500;

/** `extra`: JavaScript flags of the caller, "g" or "y". A returned RegExp is shared: the caller sets lastIndex. */
export function compileRegex(pattern: string, options: RegexOptions = defaultOptions, extra = ""): RegExp {
  const key = `${extra}/${options.ignoreCase ? "i" : ""}${options.newline}${options.literal ? "q" : ""}${options.expanded ? "x" : ""}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const regex = build(pattern, options, extra);
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(key, regex);
  return regex;
}

function build(pattern: string, given: RegexOptions, extra: string): RegExp {
  let options = given;
  let source = pattern;
  if (source.startsWith("***=")) {
    options = { ...options, literal: true };
    source = source.slice(4);
  } else if (source.startsWith("***:")) source = source.slice(4);
  const embedded = options.literal ? null : /^\(\?([a-z]+)\)/.exec(source);
  if (embedded !== null) {
    const own = parseOptions(embedded[1]!, false, "regexp");
    options = {
      ...own,
      ignoreCase: /[ic]/.test(embedded[1]!) ? own.ignoreCase : options.ignoreCase,
      newline: /[mnpws]/.test(embedded[1]!) ? own.newline : options.newline,
    };
    source = source.slice(embedded[0].length);
  }
  const flags = `u${extra}${options.ignoreCase ? "i" : ""}${options.newline === "none" || options.newline === "anchors" ? "s" : ""}${options.newline === "both" || options.newline === "anchors" ? "m" : ""}`;
  const translated = options.literal ? escapeLiteral(source) : new Translator(source, options).translate();
  try {
    return new RegExp(translated, flags);
  } catch (error) {
    throw invalidRegex(reasonOf(error instanceof Error ? error.message : ""));
  }
}

function reasonOf(message: string): string {
  if (/Unterminated group|Unmatched '\)'/.test(message)) return "parentheses () not balanced";
  if (/character class/.test(message) && /Unterminated/.test(message)) return "brackets [] not balanced";
  if (/Nothing to repeat/.test(message)) return "quantifier operand invalid";
  if (/numbers out of order/.test(message)) return "invalid repetition count(s)";
  if (/Range out of order|Invalid character class/.test(message)) return "invalid character range";
  if (/[Ee]scape/.test(message)) return "invalid escape \\ sequence";
  return "invalid regexp (reg version 0.8)";
}
export function escapeLiteral(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

const classes: Readonly<Record<string, string>> = {
  alpha: "\\p{L}",
  digit: "0-9",
  alnum: "\\p{L}\\p{Nd}",
  upper: "\\p{Lu}",
  lower: "\\p{Ll}",
  space: "\\s",
  blank: " \\t",
  punct: "!-\\/:-@\\[-`\\{-~",
  cntrl: "\\x00-\\x1f\\x7f",
  print: "\\x20-\\x7e\\u00a0-\\u{10ffff}",
  graph: "\\x21-\\x7e\\u00a1-\\u{10ffff}",
  xdigit: "0-9A-Fa-f",
  word: "\\p{L}\\p{Nd}_",
};
const WORD = "[\\p{L}\\p{Nd}_]";

class Translator {
  #at = 0;
  #out = "";
  constructor(
    readonly source: string,
    readonly options: RegexOptions,
  ) {}

  translate(): string {
    while (this.#at < this.source.length) {
      const c = String.fromCodePoint(this.source.codePointAt(this.#at)!);
      if (c === "\\") this.#escape();
      else if (c === "[") this.#bracket();
      else if (c === "{") this.#brace();
      else if (c === "}" || c === "]") {
        this.#out += `\\${c}`;
        this.#at++;
      } else if (c === "(" && this.source.startsWith("(?#", this.#at)) this.#skipComment();
      else if (this.options.expanded && /\s/.test(c)) this.#at++;
      else if (this.options.expanded && c === "#") this.#at = this.#lineEnd();
      else if (c === "." && (this.options.newline === "both" || this.options.newline === "dot")) {
        this.#out += "[^\\n]";
        this.#at++;
      } else if (c === "/") {
        this.#out += "\\/";
        this.#at++;
      } else {
        this.#out += c;
        this.#at += c.length;
      }
    }
    return this.#out;
  }

  #lineEnd(): number {
    const end = this.source.indexOf("\n", this.#at);
    return end < 0 ? this.source.length : end;
  }
  #skipComment(): void {
    const end = this.source.indexOf(")", this.#at);
    if (end < 0) throw invalidRegex("parentheses () not balanced");
    this.#at = end + 1;
  }
  /** `{` starts a bound only before a digit. */
  #brace(): void {
    const bound = /\{\d+(?:,\d*)?\}/y;
    bound.lastIndex = this.#at;
    const match = bound.exec(this.source);
    if (match === null) {
      if (/\d/.test(this.source[this.#at + 1] ?? "")) throw invalidRegex("invalid repetition count(s)");
      this.#out += "\\{";
      this.#at++;
      return;
    }
    if (
      match[0]
        .slice(1, -1)
        .split(",")
        .some((n) => Number(n) > 255)
    )
      throw invalidRegex("invalid repetition count(s)");
    this.#out += match[0];
    this.#at = bound.lastIndex;
  }

  #escape(): void {
    const c = this.source[this.#at + 1];
    if (c === undefined) throw invalidRegex("invalid escape \\ sequence");
    this.#at += 2;
    const simple: Record<string, string> = {
      m: `(?<!${WORD})(?=${WORD})`,
      M: `(?<=${WORD})(?!${WORD})`,
      y: `(?:(?<!${WORD})(?=${WORD})|(?<=${WORD})(?!${WORD}))`,
      Y: `(?:(?<!${WORD})(?!${WORD})|(?<=${WORD})(?=${WORD}))`,
      A: "(?<![\\s\\S])",
      Z: "(?![\\s\\S])",
      e: "\\x1b",
      a: "\\x07",
      B: "\\\\",
      b: "\\x08",
      w: WORD,
      W: "[^\\p{L}\\p{Nd}_]",
      d: "[0-9]",
      D: "[^0-9]",
      s: "\\s",
      S: "\\S",
      n: "\\n",
      r: "\\r",
      t: "\\t",
      f: "\\f",
      v: "\\v",
    };
    if (simple[c] !== undefined) this.#out += simple[c];
    else this.#out += this.#characterEscape(c);
  }
  /** Escapes that stand for one character, inside and outside brackets. */
  #characterEscape(c: string): string {
    const code = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]+))/.exec(this.source.slice(this.#at - 1));
    if (code !== null) {
      this.#at += code[0].length - 1;
      return `\\u{${Number.parseInt(code[1] ?? code[2] ?? code[3]!, 16).toString(16)}}`;
    }
    if (c === "0") return "\\x00";
    if (/[1-9]/.test(c)) return `\\${c}`;
    if (c === "c") {
      this.#at++;
      return `\\x${((this.source.charCodeAt(this.#at - 1) || 0) & 31).toString(16).padStart(2, "0")}`;
    }
    if (/[A-Za-z]/.test(c)) throw invalidRegex("invalid escape \\ sequence");
    return /[\\^$.*+?()[\]{}|/]/.test(c) ? `\\${c}` : c;
  }

  #bracket(): void {
    if (this.source.startsWith("[[:<:]]", this.#at)) {
      this.#out += `(?<!${WORD})(?=${WORD})`;
      this.#at += 7;
      return;
    }
    if (this.source.startsWith("[[:>:]]", this.#at)) {
      this.#out += `(?<=${WORD})(?!${WORD})`;
      this.#at += 7;
      return;
    }
    let body = "";
    this.#at++;
    const negated = this.source[this.#at] === "^";
    if (negated) this.#at++;
    if (this.source[this.#at] === "]") {
      body += "\\]";
      this.#at++;
    }
    for (;;) {
      const c = this.source[this.#at];
      if (c === undefined) throw invalidRegex("brackets [] not balanced");
      if (c === "]") {
        this.#at++;
        break;
      }
      body += this.#bracketItem(c);
    }
    if (negated && (this.options.newline === "both" || this.options.newline === "dot")) body += "\\n";
    this.#out += `[${negated ? "^" : ""}${body}]`;
  }
  #bracketItem(c: string): string {
    if (c === "[" && ":.=".includes(this.source[this.#at + 1] ?? " ")) {
      const kind = this.source[this.#at + 1]!;
      const end = this.source.indexOf(`${kind}]`, this.#at + 2);
      if (end < 0) throw invalidRegex("brackets [] not balanced");
      const name = this.source.slice(this.#at + 2, end);
      this.#at = end + 2;
      if (kind !== ":") return escapeInBracket(name);
      const known = classes[name];
      if (known === undefined) throw invalidRegex("invalid character class");
      return known;
    }
    if (c === "\\") {
      const next = this.source[this.#at + 1];
      if (next === undefined) throw invalidRegex("invalid escape \\ sequence");
      this.#at += 2;
      const shorthand: Record<string, string> = {
        d: "0-9",
        w: "\\p{L}\\p{Nd}_",
        s: "\\s",
        D: "\\D",
        W: "\\W",
        S: "\\S",
        n: "\\n",
        r: "\\r",
        t: "\\t",
        f: "\\f",
        v: "\\v",
        b: "\\x08",
        B: "\\\\",
        e: "\\x1b",
        a: "\\x07",
      };
      return shorthand[next] ?? (/[A-Za-z0-9]/.test(next) ? this.#characterEscape(next) : escapeInBracket(next));
    }
    const character = String.fromCodePoint(this.source.codePointAt(this.#at)!);
    this.#at += character.length;
    if (character === "-") return this.source[this.#at] === "]" || /[[^]$/.test(this.source.slice(0, this.#at - 1)) ? "\\-" : "-";
    return escapeInBracket(character);
  }
}
function escapeInBracket(text: string): string {
  return text.replace(/[\\\][^&~|/-]/g, (c) => (c === "&" || c === "~" ? c : `\\${c}`));
}

/** SIMILAR TO's pattern as a regular expression. `escape` null: no escape character. */
export function similarToRegex(pattern: string, escape: string | null): string {
  let out = "";
  let inBracket = false;
  let separators = 0;
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (escape !== null && escape !== "" && c === escape) {
      const next = characters[++i];
      if (next === '"' && !inBracket) {
        // escape-doublequote splits the pattern for SUBSTRING: before, inside (captured), after.
        if (separators === 0) out = `^(?:${out}){1,1}?(`;
        else if (separators === 1) out += "){1,1}(?:";
        else
          throw new DbError({
            sqlstate: "2200C",
            message: "SQL regular expression may not contain more than two escape-double-quote separators",
          });
        separators++;
      } else out += `\\${next ?? ""}`;
    } else if (inBracket) {
      out += c === "\\" ? "\\\\" : c;
      if (c === "]") inBracket = false;
    } else if (c === "[") {
      out += c;
      inBracket = true;
    } else if (c === "%") out += ".*";
    else if (c === "_") out += ".";
    else if (c === "(") out += "(?:";
    else if (c === "\\" || c === "." || c === "^" || c === "$") out += `\\${c}`;
    else out += c;
  }
  return separators > 0 ? `${out})$` : `^(?:${out})$`;
}
