/** Reads PostgreSQL's "advanced" and "basic" regular expressions. Errors are regerror's texts. */
import { invalidRegex } from "../../../types/index.js";
import { anyOf, classes, collatingElement, isDigit, isSpace, isWord, oneCharacter } from "./characters.js";
import type { CharacterSet, Node } from "./syntax.js";

export interface SyntaxOptions {
  readonly ignoreCase: boolean;
  readonly newline: "none" | "both" | "dot" | "anchors";
  readonly expanded: boolean;
  readonly basic: boolean;
}
export interface ParsedRegex {
  readonly root: Node;
  readonly groupCount: number;
}

const NEWLINE = 10;
const REPEAT_MAX = 255;
const DEPTH_MAX = 250;
const badEscape = () => invalidRegex("invalid escape \\ sequence");
const unbalancedBracket = () => invalidRegex("brackets [] not balanced");
const unbalanced = () => invalidRegex("parentheses () not balanced");
const badQuantifier = () => invalidRegex("quantifier operand invalid");
const badCount = () => invalidRegex("invalid repetition count(s)");
const badRange = () => invalidRegex("invalid character range");

/** @throws DbError 2201B */
export function parseRegex(source: string, options: SyntaxOptions): ParsedRegex {
  return new Parser([...source], options).parse();
}

interface Quantifier {
  readonly min: number;
  readonly max: number;
  readonly greedy: boolean;
  readonly fixed: boolean;
}

class Parser {
  #at = 0;
  #groupCount = 0;
  #depth = 0;
  /** Closed groups by number, for back references. */
  readonly #groups = new Map<number, Node>();
  constructor(
    readonly source: readonly string[],
    readonly options: SyntaxOptions,
  ) {}

  parse(): ParsedRegex {
    const root = this.#choice(false);
    if (this.#at < this.source.length) throw unbalanced();
    return { root, groupCount: this.#groupCount };
  }
  #looksAt(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.source[this.#at + i] !== text[i]) return false;
    return true;
  }
  /** Comments, and in expanded syntax blanks. */
  #skip(): void {
    for (;;) {
      const c = this.source[this.#at];
      if (!this.options.basic && this.#looksAt("(?#")) {
        while (this.#at < this.source.length && this.source[this.#at] !== ")") this.#at++;
        if (this.#at === this.source.length) throw unbalanced();
        this.#at++;
      } else if (this.options.expanded && c !== undefined && isSpace(c.codePointAt(0)!)) this.#at++;
      else if (this.options.expanded && c === "#") while (this.#at < this.source.length && this.source[this.#at] !== "\n") this.#at++;
      else return;
    }
  }
  #closes(): boolean {
    return this.options.basic ? this.#looksAt("\\)") : this.source[this.#at] === ")";
  }

  #choice(inLook: boolean): Node {
    const branches: Node[] = [];
    for (;;) {
      branches.push(this.#sequence(inLook));
      if (this.options.basic || this.source[this.#at] !== "|") break;
      this.#at++;
    }
    return branches.length === 1 ? branches[0]! : { kind: "choice", branches };
  }
  #sequence(inLook: boolean): Node {
    const items: Node[] = [];
    for (;;) {
      this.#skip();
      if (this.#at >= this.source.length || this.#closes() || (!this.options.basic && this.source[this.#at] === "|")) break;
      items.push(this.#quantified(inLook, items.length === 0));
    }
    return items.length === 0 ? { kind: "empty" } : items.length === 1 ? items[0]! : { kind: "sequence", items };
  }

  #quantified(inLook: boolean, isFirst: boolean): Node {
    const atom = this.#atom(inLook, isFirst);
    this.#skip();
    const quantifier = this.#quantifier();
    if (quantifier === undefined) return atom;
    if (atom.kind === "assert" || atom.kind === "look") throw badQuantifier();
    this.#skip();
    // Nothing can be quantified twice.
    if (!this.options.basic && this.#quantifier() !== undefined) throw badQuantifier();
    if (quantifier.min === 1 && quantifier.fixed) return atom;
    return { kind: "repeat", body: atom, ...quantifier };
  }
  #quantifier(): Quantifier | undefined {
    const c = this.source[this.#at];
    const made = (min: number, max: number, fixed = false): Quantifier => {
      const short = !this.options.basic && this.source[this.#at] === "?";
      if (short) this.#at++;
      return { min, max, greedy: !short, fixed };
    };
    if (c === "*") {
      this.#at++;
      return made(0, Number.POSITIVE_INFINITY);
    }
    if (this.options.basic) {
      if (!this.#looksAt("\\{")) return undefined;
      this.#at += 2;
      return this.#bounds(made);
    }
    if (c === "+") {
      this.#at++;
      return made(1, Number.POSITIVE_INFINITY);
    }
    if (c === "?") {
      this.#at++;
      return made(0, 1);
    }
    if (c === "{" && /\d/.test(this.source[this.#at + 1] ?? "")) {
      this.#at++;
      return this.#bounds(made);
    }
    return undefined;
  }
  #bounds(made: (min: number, max: number, fixed: boolean) => Quantifier): Quantifier {
    const number = (): number => {
      let text = "";
      while (/\d/.test(this.source[this.#at] ?? "")) text += this.source[this.#at++];
      if (Number(text) > REPEAT_MAX) throw badCount();
      if (text === "") throw badCount();
      return Number(text);
    };
    const min = number();
    let max = min;
    let fixed = true;
    if (this.source[this.#at] === ",") {
      this.#at++;
      fixed = false;
      max = /\d/.test(this.source[this.#at] ?? "") ? number() : Number.POSITIVE_INFINITY;
    }
    const end = this.options.basic ? "\\}" : "}";
    if (!this.#looksAt(end)) throw this.#at >= this.source.length ? invalidRegex("braces {} not balanced") : badCount();
    this.#at += end.length;
    if (max < min) throw badCount();
    return made(min, max, fixed);
  }

  #atom(inLook: boolean, isFirst: boolean): Node {
    const c = this.source[this.#at]!;
    if (this.options.basic) return this.#basicAtom(inLook, isFirst);
    switch (c) {
      case "(":
        return this.#parenthesis(inLook);
      case "*":
      case "+":
      case "?":
        throw badQuantifier();
      case "{":
        if (/\d/.test(this.source[this.#at + 1] ?? "")) throw badQuantifier();
        break;
      case "^":
        this.#at++;
        return { kind: "assert", what: this.#anchorsAtLines() ? "lineStart" : "textStart" };
      case "$":
        this.#at++;
        return { kind: "assert", what: this.#anchorsAtLines() ? "lineEnd" : "textEnd" };
      case ".":
        return this.#dot();
      case "[":
        return this.#bracket();
      case "\\":
        return this.#escape(inLook);
    }
    this.#at++;
    return this.#literal(c.codePointAt(0)!);
  }
  #basicAtom(inLook: boolean, isFirst: boolean): Node {
    const c = this.source[this.#at]!;
    if (c === "\\") {
      const next = this.source[this.#at + 1];
      if (next === undefined) throw badEscape();
      this.#at += 2;
      if (next === "(") {
        const index = ++this.#groupCount;
        const body = this.#nested(() => this.#choice(inLook));
        if (!this.#looksAt("\\)")) throw unbalanced();
        this.#at += 2;
        return this.#closedGroup(index, body);
      }
      if (next === "<") return { kind: "assert", what: "wordStart" };
      if (next === ">") return { kind: "assert", what: "wordEnd" };
      if (/[1-9]/.test(next)) return this.#backReference(Number(next), inLook);
      return this.#literal(next.codePointAt(0)!);
    }
    if (c === "[") return this.#bracket();
    if (c === ".") return this.#dot();
    this.#at++;
    if (c === "^" && isFirst) return { kind: "assert", what: this.#anchorsAtLines() ? "lineStart" : "textStart" };
    if (c === "$" && (this.#at === this.source.length || this.#looksAt("\\)")))
      return { kind: "assert", what: this.#anchorsAtLines() ? "lineEnd" : "textEnd" };
    return this.#literal(c.codePointAt(0)!);
  }
  #anchorsAtLines(): boolean {
    return this.options.newline === "both" || this.options.newline === "anchors";
  }
  #sparesNewline(): boolean {
    return this.options.newline === "both" || this.options.newline === "dot";
  }
  #dot(): Node {
    this.#at++;
    return { kind: "set", set: { code: undefined, has: this.#sparesNewline() ? (code) => code !== NEWLINE : () => true } };
  }
  #literal(code: number): Node {
    return { kind: "set", set: oneCharacter(code, this.options.ignoreCase) };
  }
  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw invalidRegex("regular expression is too complex");
    const result = read();
    this.#depth--;
    return result;
  }

  #parenthesis(inLook: boolean): Node {
    const looks: readonly (readonly [string, boolean, boolean])[] = [
      ["(?=", true, false],
      ["(?!", true, true],
      ["(?<=", false, false],
      ["(?<!", false, true],
    ];
    for (const [start, ahead, negated] of looks)
      if (this.#looksAt(start)) {
        this.#at += start.length;
        const body = this.#nested(() => this.#choice(true));
        this.#close();
        return { kind: "look", ahead, negated, body };
      }
    // Inside a look there are no captures.
    const captures = !this.#looksAt("(?:");
    if (captures && this.source[this.#at + 1] === "?") throw badQuantifier();
    this.#at += captures ? 1 : 3;
    if (!captures || inLook) {
      const body = this.#nested(() => this.#choice(inLook));
      this.#close();
      return body;
    }
    const index = ++this.#groupCount;
    const body = this.#nested(() => this.#choice(false));
    this.#close();
    return this.#closedGroup(index, body);
  }
  #close(): void {
    if (this.source[this.#at] !== ")") throw unbalanced();
    this.#at++;
  }
  #closedGroup(index: number, body: Node): Node {
    this.#groups.set(index, body);
    return { kind: "group", index, body };
  }
  #backReference(index: number, inLook: boolean): Node {
    const body = this.#groups.get(index);
    if (inLook || body === undefined) throw invalidRegex("invalid backreference number");
    return { kind: "back", index, body };
  }

  #escape(inLook: boolean): Node {
    const c = this.source[this.#at + 1];
    if (c === undefined) throw badEscape();
    const assertions: Readonly<Record<string, Node>> = {
      A: { kind: "assert", what: "textStart" },
      Z: { kind: "assert", what: "textEnd" },
      m: { kind: "assert", what: "wordStart" },
      M: { kind: "assert", what: "wordEnd" },
      y: { kind: "assert", what: "wordEdge" },
      Y: { kind: "assert", what: "notWordEdge" },
    };
    const assertion = assertions[c];
    const shorthand = this.#shorthand(c);
    if (assertion !== undefined || shorthand !== undefined) {
      this.#at += 2;
      return assertion ?? { kind: "set", set: shorthand! };
    }
    this.#at++;
    if (/[1-9]/.test(c)) {
      const digits = /^\d{1,3}/.exec(this.source.slice(this.#at, this.#at + 3).join(""))![0];
      // One digit is always a back reference, several only to a group that there is.
      if (digits.length === 1 || Number(digits) <= this.#groupCount) {
        this.#at += digits.length;
        return this.#backReference(Number(digits), inLook);
      }
    }
    return this.#literal(this.#characterEscape());
  }
  #shorthand(c: string): CharacterSet | undefined {
    const fold = this.options.ignoreCase;
    switch (c) {
      case "d":
        return anyOf([isDigit], false, fold);
      case "D":
        return anyOf([isDigit], true, fold);
      case "w":
        return anyOf([isWord], false, fold);
      case "W":
        return anyOf([isWord], true, fold);
      case "s":
        return anyOf([isSpace], false, fold);
      case "S":
        return anyOf([isSpace], true, fold);
      default:
        return undefined;
    }
  }
  /** What stands for one character after a backslash, which has been read. */
  #characterEscape(): number {
    const c = this.source[this.#at++]!;
    const simple: Readonly<Record<string, number>> = { a: 7, b: 8, B: 92, e: 27, f: 12, n: 10, r: 13, t: 9, v: 11 };
    if (simple[c] !== undefined) return simple[c];
    switch (c) {
      case "c": {
        const control = this.source[this.#at++];
        if (control === undefined) throw badEscape();
        return control.codePointAt(0)! & 31;
      }
      case "u":
        return this.#digits(/[0-9a-fA-F]/, 16, 4, 4);
      case "U":
        return this.#digits(/[0-9a-fA-F]/, 16, 8, 8);
      case "x":
        return this.#digits(/[0-9a-fA-F]/, 16, 1, 255);
    }
    if (/\d/.test(c)) {
      this.#at--;
      return this.#digits(/[0-7]/, 8, 1, 3);
    }
    if (/[A-Za-z]/.test(c)) throw badEscape();
    return c.codePointAt(0)!;
  }
  #digits(allowed: RegExp, base: number, min: number, max: number): number {
    let text = "";
    while (text.length < max && allowed.test(this.source[this.#at] ?? "")) text += this.source[this.#at++];
    if (text.length < min) throw badEscape();
    const code = Number.parseInt(text, base);
    if (code > 0x10ffff) throw badEscape();
    return code;
  }

  #bracket(): Node {
    if (this.#looksAt("[[:<:]]")) {
      this.#at += 7;
      return { kind: "assert", what: "wordStart" };
    }
    if (this.#looksAt("[[:>:]]")) {
      this.#at += 7;
      return { kind: "assert", what: "wordEnd" };
    }
    this.#at++;
    const negated = this.source[this.#at] === "^";
    if (negated) this.#at++;
    const tests: ((code: number) => boolean)[] = [];
    for (let isFirst = true; ; isFirst = false) {
      const c = this.source[this.#at];
      if (c === undefined) throw unbalancedBracket();
      if (c === "]" && !isFirst) break;
      this.#bracketItem(tests, isFirst);
    }
    this.#at++;
    const spare = negated && this.#sparesNewline() ? NEWLINE : undefined;
    return { kind: "set", set: anyOf(tests, negated, this.options.ignoreCase, spare) };
  }
  #bracketItem(tests: ((code: number) => boolean)[], isFirst: boolean): void {
    const first = this.#bracketCharacter(isFirst);
    if (typeof first === "function") {
      tests.push(first);
      return;
    }
    if (this.source[this.#at] === "-" && this.source[this.#at + 1] !== "]" && this.source[this.#at + 1] !== undefined) {
      this.#at++;
      const last = this.#bracketCharacter(true);
      if (typeof last === "function" || last < first) throw badRange();
      tests.push((code) => code >= first && code <= last);
      return;
    }
    tests.push((code) => code === first);
  }
  /** One character, or the test of a class. */
  #bracketCharacter(mayBeDash: boolean): number | ((code: number) => boolean) {
    const c = this.source[this.#at]!;
    if (c === "[" && /[:.=]/.test(this.source[this.#at + 1] ?? "")) {
      const kind = this.source[this.#at + 1]!;
      let end = this.#at + 2;
      while (end < this.source.length && !(this.source[end] === kind && this.source[end + 1] === "]")) end++;
      if (end >= this.source.length) throw unbalancedBracket();
      const name = this.source.slice(this.#at + 2, end).join("");
      this.#at = end + 2;
      if (kind === ":") {
        const test = classes.get(name);
        if (test === undefined) throw invalidRegex("invalid character class");
        return test;
      }
      const code = collatingElement(name);
      if (code === undefined) throw invalidRegex("invalid collating element");
      return code;
    }
    if (c === "\\" && !this.options.basic) {
      const next = this.source[this.#at + 1];
      if (next === undefined) throw badEscape();
      const shorthand = this.#shorthand(next);
      if (shorthand !== undefined) {
        this.#at += 2;
        return shorthand.has;
      }
      this.#at++;
      return this.#characterEscape();
    }
    if (c === "-" && !mayBeDash && this.source[this.#at + 1] !== "]") throw badRange();
    this.#at++;
    return c.codePointAt(0)!;
  }
}
