/** LIKE: `%` any run, `_` any character, backslash quotes. Common shapes become plain string searches. */
import { invalidEscape } from "../../types/index.js";

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

/** Characters between two runs of any length; "_" as any character, a pattern's lone last escape as an error when it is reached. */
type Piece = readonly (string | typeof ANY | typeof DANGLING)[];
const ANY = 0;
const DANGLING = 1;

function build(pattern: string): Matcher {
  const pieces: (string | typeof ANY | typeof DANGLING)[][] = [[]];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i]!;
    if (c === "%") pieces.push([]);
    else if (c === "_") pieces.at(-1)!.push(ANY);
    else if (c === "\\") pieces.at(-1)!.push(characters[++i] ?? DANGLING);
    else pieces.at(-1)!.push(c);
  }
  return plainMatcher(pieces) ?? ((text) => matchesPieces([...text], pieces));
}
/** The common shapes without "_": equal, starts with, ends with, contains. */
function plainMatcher(pieces: readonly Piece[]): Matcher | undefined {
  if (pieces.some((piece) => piece.some((c) => typeof c !== "string"))) return undefined;
  const words = pieces.map((piece) => piece.join(""));
  const first = words[0]!;
  const last = words.at(-1)!;
  if (words.length === 1) return (text) => text === first;
  const inner = words.slice(1, -1).filter((word) => word !== "");
  if (inner.length === 0 && last === "") return first === "" ? () => true : (text) => text.startsWith(first);
  if (inner.length === 0 && first === "") return (text) => text.endsWith(last);
  if (inner.length === 1 && first === "" && last === "") return (text) => text.includes(inner[0]!);
  return (text) => {
    if (!text.startsWith(first)) return false;
    let at = first.length;
    for (const word of inner) {
      const found = text.indexOf(word, at);
      if (found < 0) return false;
      at = found + word.length;
    }
    return text.length - last.length >= at && text.endsWith(last);
  };
}
/** Whether the piece stands at a place. */
function standsAt(text: readonly string[], piece: Piece, at: number): boolean {
  for (let i = 0; i < piece.length; i++) {
    const c = piece[i];
    if (at + i >= text.length) return false;
    if (c === DANGLING) throw invalidEscape("LIKE pattern must not end with escape character");
    if (c !== ANY && c !== text[at + i]) return false;
  }
  return true;
}
/** The first piece at the start, the last at the end, those between at the first place where they stand. */
function matchesPieces(text: readonly string[], pieces: readonly Piece[]): boolean {
  const first = pieces[0]!;
  if (!standsAt(text, first, 0)) return false;
  if (pieces.length === 1) return first.length === text.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    while (at + piece.length <= text.length && !standsAt(text, piece, at)) at++;
    if (at + piece.length > text.length) return false;
    at += piece.length;
  }
  const last = pieces.at(-1)!;
  return text.length - last.length >= at && standsAt(text, last, text.length - last.length);
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
