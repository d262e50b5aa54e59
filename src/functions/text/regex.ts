/** PostgreSQL's regular expressions: options, what may stand before an expression, SIMILAR TO. The engine is in regex/. */
import { DbError, invalidParameter, invalidRegex } from "../../types/index.js";
import { Regex } from "./regex/matcher.js";

export interface RegexOptions {
  readonly ignoreCase: boolean;
  readonly newline: "none" | "both" | "dot" | "anchors";
  readonly literal: boolean;
  readonly expanded: boolean;
  readonly global: boolean;
  readonly basic?: boolean;
}
export const defaultOptions: RegexOptions = { ignoreCase: false, newline: "none", literal: false, expanded: false, global: false };

export function parseOptions(flags: string, allowGlobal: boolean, functionName: string): RegexOptions {
  let { ignoreCase, newline, literal, expanded, global } = defaultOptions;
  let basic = false;
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
      // "e" asks for extended expressions, but PostgreSQL 15 takes away the flag it has just set: they are read as basic ones.
      case "e":
      case "b":
        literal = false;
        basic = true;
        break;
      default:
        throw invalidParameter(`invalid regular expression option: "${flag}"`);
    }
  }
  return { ignoreCase, newline, literal, expanded, global, basic };
}

const cache = new Map<string, Regex>();
const CACHE_SIZE_MAX = 500;

/** @throws DbError 2201B */
export function compileRegex(pattern: string, options: RegexOptions = defaultOptions): Regex {
  const { ignoreCase, newline, literal, expanded, basic } = options;
  const key = `${ignoreCase ? "i" : ""}${newline}${literal ? "q" : ""}${expanded ? "x" : ""}${basic === true ? "b" : ""}/${pattern}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const regex = build(pattern, options);
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(key, regex);
  return regex;
}

function build(pattern: string, given: RegexOptions): Regex {
  let options = given;
  let source = pattern;
  if (!options.literal && source.startsWith("***")) {
    if (source[3] === "=") options = { ...options, literal: true };
    else if (source[3] !== ":") throw invalidRegex(source[3] === "?" ? "invalid regexp (reg version 0.8)" : "quantifier operand invalid");
    source = source.slice(4);
  }
  if (!options.literal && options.basic !== true && /^\(\?[A-Za-z]/.test(source)) {
    const end = source.indexOf(")");
    const letters = source.slice(2, end < 0 ? undefined : end);
    if (end < 0 || !/^[bceimnpqstwx]*$/.test(letters)) throw invalidRegex("invalid embedded option");
    options = embedded(options, letters);
    source = source.slice(end + 1);
  }
  if (options.literal) source = source.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const { ignoreCase, newline, expanded, literal, basic } = options;
  return new Regex(source, { ignoreCase, newline, expanded: expanded && !literal, basic: basic === true && !literal });
}
function embedded(options: RegexOptions, letters: string): RegexOptions {
  const own = parseOptions(letters, false, "regexp");
  return {
    ...options,
    ignoreCase: /[ic]/.test(letters) ? own.ignoreCase : options.ignoreCase,
    newline: /[mnpws]/.test(letters) ? own.newline : options.newline,
    expanded: /[xt]/.test(letters) ? own.expanded : options.expanded,
    literal: /q/.test(letters) || options.literal,
    basic: letters.lastIndexOf("b") > letters.lastIndexOf("e"),
  };
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
