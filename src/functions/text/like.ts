/** LIKE: `%` any run, `_` any character, backslash quotes. Common shapes become plain string searches. */
import { invalidEscape } from "../../types/index.js";
import { escapeLiteral } from "./regex.js";

export type Matcher = (text: string) => boolean;
const cache = new Map<string, Matcher>();
const CACHE_SIZE_MAX = 500;

export function likeMatcher(pattern: string): Matcher {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const matcher = build(pattern);
  if (cache.size >= CACHE_SIZE_MAX) cache.clear();
  cache.set(pattern, matcher);
  return matcher;
}

function build(pattern: string): Matcher {
  /** Literal pieces between wildcards; a wildcard is "%" or "_". */
  const parts: { readonly wildcard: boolean; text: string }[] = [];
  for (let i = 0; i < pattern.length; i++) {
    let c = pattern[i]!;
    if (c === "%" || c === "_") {
      parts.push({ wildcard: true, text: c });
      continue;
    }
    if (c === "\\") {
      c = pattern[++i] ?? "";
      if (c === "") throw invalidEscape("LIKE pattern must not end with escape character");
    }
    const last = parts.at(-1);
    if (last !== undefined && !last.wildcard) last.text += c;
    else parts.push({ wildcard: false, text: c });
  }
  const shape = parts.map((p) => (p.wildcard ? p.text : "t")).join("");
  const literal = parts.find((p) => !p.wildcard)?.text ?? "";
  switch (shape) {
    case "":
      return (text) => text === "";
    case "t":
      return (text) => text === literal;
    case "%":
    case "%%":
      return () => true;
    case "t%":
      return (text) => text.startsWith(literal);
    case "%t":
      return (text) => text.endsWith(literal);
    case "%t%":
      return (text) => text.includes(literal);
  }
  const regex = new RegExp(`^${parts.map((p) => (p.wildcard ? (p.text === "%" ? ".*" : ".") : escapeLiteral(p.text))).join("")}$`, "su");
  return (text) => regex.test(text);
}

/** LIKE … ESCAPE: the pattern with backslash as its escape. */
export function likeEscape(pattern: string, escapeWith: string): string {
  if (escapeWith === "\\") return pattern;
  if ([...escapeWith].length > 1) throw invalidEscape("invalid escape string", "Escape string must be empty or one character.");
  let out = "";
  let escaped = false;
  for (const c of pattern) {
    if (escapeWith !== "" && c === escapeWith && !escaped) {
      out += "\\";
      escaped = true;
      continue;
    }
    out += c === "\\" && !escaped ? "\\\\" : c;
    escaped = false;
  }
  return out;
}
