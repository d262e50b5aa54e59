/**
 * jsonpath grammar, as PostgreSQL's jsonpath_gram.y has it: OR, AND, NOT, comparison, + -, * / %, signs, accessors.
 *
 * Predicates and values share the parentheses, so both are read by one descent and told apart by what was read.
 */
import { DbError } from "../../types/index.js";
import { compileRegex, defaultOptions, type RegexOptions } from "../text/regex.js";
import { withinStack } from "./items.js";
import { syntaxErrorNear, type Token, tokenize } from "./lexer.js";
import {
  type Arithmetic,
  type Comparison,
  isPredicate,
  type JsonPath,
  type Method,
  methods,
  type PathHead,
  type PathNode,
  type PathStep,
} from "./syntax.js";

/** Parentheses, filters and operators nested deeper than this are refused. */
const DEPTH_MAX = 300;
const comparisons: ReadonlySet<string> = new Set(["==", "!=", "<", "<=", ">", ">="]);

export function parseJsonPath(text: string): JsonPath {
  const tokens = tokenize(text);
  if (tokens.length === 1) throw new DbError({ sqlstate: "22P02", message: `invalid input syntax for type jsonpath: "${text}"` });
  return withinStack(() => new Parser(tokens).parse());
}

class Parser {
  #at = 0;
  #depth = 0;
  constructor(readonly tokens: readonly Token[]) {}

  parse(): JsonPath {
    const mode = this.#keyword("strict") ? "strict" : this.#keyword("lax") ? "lax" : undefined;
    const expression = this.#or();
    if (this.#peek.kind !== "end") throw syntaxErrorNear(this.#peek);
    checkPlaces(expression, false, false);
    return { lax: mode !== "strict", expression };
  }

  get #peek(): Token {
    return this.tokens[this.#at] as Token;
  }
  #isSymbol(symbol: string): boolean {
    return this.#peek.kind === "symbol" && this.#peek.text === symbol;
  }
  #symbol(symbol: string): boolean {
    if (!this.#isSymbol(symbol)) return false;
    this.#at++;
    return true;
  }
  #expect(symbol: string): void {
    if (!this.#symbol(symbol)) throw syntaxErrorNear(this.#peek);
  }
  /** Keywords in any case, but true, false and null in lower case only. */
  #isKeyword(word: string): boolean {
    const { kind, text } = this.#peek;
    return kind === "word" && text.toLowerCase() === word && (!/^(true|false|null)$/.test(word) || text === word);
  }
  #keyword(word: string): boolean {
    if (!this.#isKeyword(word)) return false;
    this.#at++;
    return true;
  }
  #string(): string {
    const token = this.#peek;
    if (token.kind !== "string") throw syntaxErrorNear(token);
    this.#at++;
    return token.text;
  }
  #nested<T>(read: () => T): T {
    if (++this.#depth > DEPTH_MAX) throw new DbError({ sqlstate: "54001", message: "stack depth limit exceeded" });
    const value = read();
    this.#depth--;
    return value;
  }

  #or(): PathNode {
    let left = this.#and();
    while (this.#isSymbol("||")) {
      if (!isPredicate(left)) throw syntaxErrorNear(this.#peek);
      this.#at++;
      left = node({ kind: "or", left, right: this.#predicate(this.#and()) });
    }
    return left;
  }
  #and(): PathNode {
    let left = this.#comparison();
    while (this.#isSymbol("&&")) {
      if (!isPredicate(left)) throw syntaxErrorNear(this.#peek);
      this.#at++;
      left = node({ kind: "and", left, right: this.#predicate(this.#comparison()) });
    }
    return left;
  }
  /** What was read must be a predicate: an error at the token where an operator was missing. */
  #predicate(read: PathNode): PathNode {
    if (!isPredicate(read)) throw syntaxErrorNear(this.#peek);
    return read;
  }
  #value(read: PathNode): PathNode {
    if (isPredicate(read)) throw syntaxErrorNear(this.#peek);
    return read;
  }

  #comparison(): PathNode {
    if (this.#symbol("!")) {
      if (this.#isKeyword("exists")) return node({ kind: "not", arg: this.#exists() });
      this.#expect("(");
      const arg = this.#predicate(this.#nested(() => this.#or()));
      this.#expect(")");
      return node({ kind: "not", arg });
    }
    if (this.#isKeyword("exists")) return this.#exists();
    const left = this.#sum();
    const token = this.#peek;
    if (token.kind === "symbol" && comparisons.has(token.text)) {
      if (isPredicate(left)) throw syntaxErrorNear(token);
      this.#at++;
      return node({ kind: "comparison", operator: token.text as Comparison, left, right: this.#value(this.#sum()) });
    }
    if (this.#isKeyword("starts")) {
      if (isPredicate(left)) throw syntaxErrorNear(token);
      this.#at++;
      if (!this.#keyword("with")) throw syntaxErrorNear(this.#peek);
      const initial = this.#peek;
      if (initial.kind !== "string" && initial.kind !== "variable") throw syntaxErrorNear(initial);
      this.#at++;
      return node({ kind: "startsWith", left, right: node({ kind: initial.kind, value: initial.text }) });
    }
    if (this.#isKeyword("like_regex")) {
      if (isPredicate(left)) throw syntaxErrorNear(token);
      this.#at++;
      const pattern = this.#string();
      const flags = this.#keyword("flag") ? this.#string() : "";
      return node({ kind: "likeRegex", left, pattern, flags: checkedFlags(pattern, flags) });
    }
    return left;
  }
  #exists(): PathNode {
    this.#at++;
    this.#expect("(");
    const arg = this.#value(this.#nested(() => this.#or()));
    this.#expect(")");
    return node({ kind: "exists", arg });
  }

  #sum(): PathNode {
    return this.#chain(["+", "-"], () => this.#product());
  }
  #product(): PathNode {
    return this.#chain(["*", "/", "%"], () => this.#signed());
  }
  #chain(operators: readonly Arithmetic[], operand: () => PathNode): PathNode {
    let left = operand();
    for (;;) {
      const token = this.#peek;
      const operator = token.kind === "symbol" ? operators.find((o) => o === token.text) : undefined;
      if (operator === undefined) return left;
      if (isPredicate(left)) throw syntaxErrorNear(token);
      this.#at++;
      left = node({ kind: "arithmetic", operator, left, right: this.#value(operand()) });
    }
  }
  #signed(): PathNode {
    const operator = this.#isSymbol("+") ? "+" : this.#isSymbol("-") ? "-" : undefined;
    if (operator === undefined) return this.#accessors();
    this.#at++;
    const arg = this.#value(this.#nested(() => this.#signed()));
    if (arg.kind !== "number" || arg.steps.length > 0) return node({ kind: "sign", operator, arg });
    return operator === "+" ? arg : node({ kind: "number", text: negated(arg.text) });
  }

  #accessors(): PathNode {
    const token = this.#peek;
    if (!this.#isSymbol("(")) return { ...this.#primary(token), steps: this.#steps() };
    this.#at++;
    const inner = this.#nested(() => this.#or());
    this.#expect(")");
    if (isPredicate(inner) && this.#isKeyword("is")) {
      this.#at++;
      if (!this.#keyword("unknown")) throw syntaxErrorNear(this.#peek);
      return node({ kind: "isUnknown", arg: inner });
    }
    const steps = this.#steps();
    return steps.length === 0 ? inner : { ...inner, steps: [...inner.steps, ...steps] };
  }

  #primary(token: Token): PathHead {
    this.#at++;
    switch (token.kind) {
      case "string":
      case "variable":
        return { kind: token.kind, value: token.text };
      case "number":
        return { kind: "number", text: token.text };
      case "symbol":
        if (token.text === "$") return { kind: "root" };
        if (token.text === "@") return { kind: "current" };
        break;
      case "word":
        if (token.text === "true" || token.text === "false") return { kind: "bool", value: token.text === "true" };
        if (token.text === "null") return { kind: "null" };
        if (token.text.toLowerCase() === "last") return { kind: "last" };
    }
    throw syntaxErrorNear(token);
  }

  #steps(): PathStep[] {
    const steps: PathStep[] = [];
    for (;;) {
      if (this.#symbol(".")) steps.push(this.#member());
      else if (this.#symbol("[")) steps.push(this.#subscripts());
      else if (this.#symbol("?")) {
        this.#expect("(");
        const predicate = this.#predicate(this.#nested(() => this.#or()));
        this.#expect(")");
        steps.push({ kind: "filter", predicate });
      } else return steps;
    }
  }

  #member(): PathStep {
    const token = this.#peek;
    this.#at++;
    if (token.kind === "symbol" && token.text === "*") return { kind: "anyKey" };
    if (token.kind === "symbol" && token.text === "**") return this.#levels();
    if (token.kind === "string") return { kind: "key", key: token.text };
    if (token.kind !== "word") throw syntaxErrorNear(token);
    const name = token.text.toLowerCase();
    if (!this.#isSymbol("(")) return { kind: "key", key: token.text };
    const method = methods.find((candidate) => candidate === name);
    if (method !== undefined) {
      this.#at++;
      this.#expect(")");
      return { kind: "method", method: method as Method };
    }
    if (name !== "datetime") throw syntaxErrorNear(this.#peek);
    this.#at++;
    if (this.#symbol(")")) return { kind: "datetime" };
    const template = this.#string();
    this.#expect(")");
    return { kind: "datetime", template };
  }

  #levels(): PathStep {
    if (!this.#symbol("{")) return { kind: "descend", first: 0, last: Number.POSITIVE_INFINITY };
    const first = this.#level();
    const last = this.#keyword("to") ? this.#level() : first;
    this.#expect("}");
    return { kind: "descend", first, last };
  }
  #level(): number {
    if (this.#keyword("last")) return Number.POSITIVE_INFINITY;
    const token = this.#peek;
    if (token.kind !== "number" || token.isInteger !== true) throw syntaxErrorNear(token);
    this.#at++;
    return Number(token.text);
  }

  #subscripts(): PathStep {
    if (this.#symbol("*")) {
      this.#expect("]");
      return { kind: "anyArray" };
    }
    const subscripts: { from: PathNode; to?: PathNode }[] = [];
    do {
      const from = this.#value(this.#nested(() => this.#sum()));
      subscripts.push(this.#keyword("to") ? { from, to: this.#value(this.#nested(() => this.#sum())) } : { from });
    } while (this.#symbol(","));
    this.#expect("]");
    return { kind: "subscripts", subscripts };
  }
}

const node = (head: PathHead): PathNode => ({ ...head, steps: [] });
const negated = (text: string) => (text.startsWith("-") ? text.slice(1) : /^[0.]+$/.test(text) ? text : `-${text}`);

/** `@` stands in filters only, `last` in subscripts only. */
function checkPlaces(item: PathNode, inFilter: boolean, inSubscript: boolean): void {
  if (item.kind === "current" && !inFilter) throw new DbError({ sqlstate: "42601", message: "@ is not allowed in root expressions" });
  if (item.kind === "last" && !inSubscript) throw new DbError({ sqlstate: "42601", message: "LAST is allowed only in array subscripts" });
  if ("left" in item) checkPlaces(item.left, inFilter, inSubscript);
  if ("right" in item) checkPlaces(item.right, inFilter, inSubscript);
  if ("arg" in item) checkPlaces(item.arg, inFilter, inSubscript);
  for (const step of item.steps) {
    if (step.kind === "filter") checkPlaces(step.predicate, true, inSubscript);
    if (step.kind === "subscripts")
      for (const { from, to } of step.subscripts) {
        checkPlaces(from, inFilter, true);
        if (to !== undefined) checkPlaces(to, inFilter, true);
      }
  }
}

/** XQuery's flags as options of a regular expression. */
export function regexOptions(flags: string): RegexOptions {
  const dotAll = flags.includes("s");
  const lines = flags.includes("m");
  return {
    ...defaultOptions,
    ignoreCase: flags.includes("i"),
    literal: flags.includes("q"),
    newline: dotAll ? (lines ? "anchors" : "none") : lines ? "both" : "dot",
  };
}

/** The flags in the order in which they print; the pattern is compiled once to find what is wrong with it. */
function checkedFlags(pattern: string, flags: string): string {
  for (const flag of flags) {
    if (!"ismxq".includes(flag))
      throw new DbError({
        sqlstate: "42601",
        message: "invalid input syntax for type jsonpath",
        detail: `Unrecognized flag character "${flag}" in LIKE_REGEX predicate.`,
      });
  }
  const ordered = [..."ismxq"].filter((flag) => flags.includes(flag)).join("");
  if (ordered.includes("x") && !ordered.includes("q"))
    throw new DbError({ sqlstate: "0A000", message: 'XQuery "x" flag (expanded regular expressions) is not implemented' });
  compileRegex(pattern, regexOptions(ordered));
  return ordered;
}
