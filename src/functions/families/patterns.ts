/** LIKE, SIMILAR TO and regular expression operators and functions. */
import { ArrayValue, type Datum, DbError, invalidParameter, TypeOid } from "../../types/index.js";
import type { ScalarBody, SetBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { likeEscape, likeMatcher } from "../text/like.js";
import type { Interruptible, RegexMatch } from "../text/regex/matcher.js";
import { compileRegex, defaultOptions, parseOptions, type RegexOptions, similarToRegex } from "../text/regex.js";
import { characterCount, positionAfter } from "../types/strings.js";

const ignoreCase: RegexOptions = { ...defaultOptions, ignoreCase: true };
const scalars: Record<string, ScalarBody> = {};
const matches = (c: Interruptible, text: string, pattern: string, options: RegexOptions) => compileRegex(pattern, options).test(text, c);
for (const type of ["text", "name", "bpchar"]) {
  scalars[`${type}like`] = (_c, t: string, p: string) => likeMatcher(p)(t);
  scalars[`${type}nlike`] = (_c, t: string, p: string) => !likeMatcher(p)(t);
  scalars[`${type}iclike`] = (_c, t: string, p: string) => likeMatcher(p.toLowerCase())(t.toLowerCase());
  scalars[`${type}icnlike`] = (_c, t: string, p: string) => !likeMatcher(p.toLowerCase())(t.toLowerCase());
  scalars[`${type}regexeq`] = (c, t: string, p: string) => matches(c, t, p, defaultOptions);
  scalars[`${type}regexne`] = (c, t: string, p: string) => !matches(c, t, p, defaultOptions);
  scalars[`${type}icregexeq`] = (c, t: string, p: string) => matches(c, t, p, ignoreCase);
  scalars[`${type}icregexne`] = (c, t: string, p: string) => !matches(c, t, p, ignoreCase);
}

/** LIKE on bytes: a byte is a character of latin1. */
const bytewise = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
const byteLike = (text: Uint8Array, pattern: Uint8Array) => likeMatcher(bytewise(pattern))(bytewise(text));

/** Matches in order. An empty match moves on by a character. */
function* allMatches(c: Interruptible, text: string, pattern: string, options: RegexOptions, start = 0): Iterable<RegexMatch> {
  const regex = compileRegex(pattern, options);
  let at = start;
  while (at <= text.length) {
    const match = regex.exec(text, at, c);
    if (match === undefined) return;
    yield match;
    const { end } = match;
    at = end > match.start ? end : end + ((text.charCodeAt(end) & 0xfc00) === 0xd800 ? 2 : 1);
  }
}
function groupText(text: string, match: RegexMatch, index: number): string | null {
  const group = match.groups[index];
  return group === undefined ? null : text.slice(group[0], group[1]);
}
/** The captures, or the whole when there are none. */
function groupsOf(text: string, match: RegexMatch): ArrayValue {
  const count = match.groups.length;
  const groups =
    count > 1 ? Array.from({ length: count - 1 }, (_, i): Datum => groupText(text, match, i + 1)) : [groupText(text, match, 0)];
  return new ArrayValue(TypeOid.text, groups);
}
/** Empty matches at the ends and right after another match split nothing. */
function splitBy(c: Interruptible, text: string, pattern: string, options: RegexOptions): string[] {
  const parts: string[] = [];
  let last = 0;
  let previousEnd = 0;
  for (const match of allMatches(c, text, pattern, options)) {
    const { end } = match;
    if (match.start >= text.length || end <= previousEnd) continue;
    parts.push(text.slice(last, match.start));
    last = end;
    previousEnd = end;
  }
  parts.push(text.slice(last));
  return parts;
}

function expand(replacement: string, text: string, match: RegexMatch): string {
  return replacement.replace(/\\(\d|&|\\|.)?/gs, (whole, c: string | undefined) => {
    if (c === undefined) return "\\";
    if (c === "&" || c === "0") return c === "&" ? groupText(text, match, 0)! : whole;
    if (/[1-9]/.test(c)) return groupText(text, match, Number(c)) ?? "";
    return c === "\\" ? "\\" : whole;
  });
}
/** `occurrence` 0: all of them. */
function replaceMatches(
  c: Interruptible,
  text: string,
  pattern: string,
  replacement: string,
  options: RegexOptions,
  start: number,
  occurrence: number,
): string {
  let out = "";
  let last = 0;
  let count = 0;
  for (const match of allMatches(c, text, pattern, options, start)) {
    count++;
    if (occurrence !== 0 && count < occurrence) continue;
    out += text.slice(last, match.start) + (replacement.includes("\\") ? expand(replacement, text, match) : replacement);
    last = match.end;
    if (occurrence !== 0) break;
  }
  return out + text.slice(last);
}
function startAt(text: string, start: number): number {
  if (start <= 0) throw invalidParameter(`invalid value for parameter "start": ${start}`);
  return positionAfter(text, start - 1);
}
function atLeast(value: number, minimum: number, name: string): number {
  if (value < minimum) throw invalidParameter(`invalid value for parameter "${name}": ${value}`);
  return value;
}
function nth(c: Interruptible, text: string, pattern: string, options: RegexOptions, start: number, n: number): RegexMatch | undefined {
  let count = 0;
  for (const match of allMatches(c, text, pattern, options, start)) if (++count === n) return match;
  return undefined;
}
function regexSubstring(c: Interruptible, text: string, pattern: string): Datum {
  const match = compileRegex(pattern).exec(text, 0, c);
  if (match === undefined) return null;
  return groupText(text, match, match.groups.length > 1 ? 1 : 0);
}
function escapeCharacter(escape: string | null): string | null {
  if (escape !== null && [...escape].length > 1)
    throw new DbError({ sqlstate: "22025", message: "invalid escape string", hint: "Escape string must be empty or one character." });
  return escape;
}
const replaceBody = (c: Interruptible, t: string, p: string, r: string, flags: string) => {
  const options = parseOptions(flags, true, "regexp_replace");
  return replaceMatches(c, t, p, r, options, 0, options.global ? 0 : 1);
};

Object.assign(scalars, {
  "like(text,text)": scalars.textlike!,
  "notlike(text,text)": scalars.textnlike!,
  "like(name,text)": scalars.textlike!,
  "notlike(name,text)": scalars.textnlike!,
  bytealike: (_c: unknown, t: Uint8Array, p: Uint8Array) => byteLike(t, p),
  byteanlike: (_c: unknown, t: Uint8Array, p: Uint8Array) => !byteLike(t, p),
  "like(bytea,bytea)": (_c: unknown, t: Uint8Array, p: Uint8Array) => byteLike(t, p),
  "notlike(bytea,bytea)": (_c: unknown, t: Uint8Array, p: Uint8Array) => !byteLike(t, p),
  "like_escape(bytea,bytea)": (_c: unknown, p: Uint8Array, e: Uint8Array) =>
    Uint8Array.from(Buffer.from(likeEscape(Buffer.from(p).toString("latin1"), Buffer.from(e).toString("latin1")), "latin1")),
  "like_escape(text,text)": (_c: unknown, p: string, e: string) => likeEscape(p, e),
  "similar_to_escape(text)": (_c: unknown, p: string) => similarToRegex(p, "\\"),
  "similar_to_escape(text,text)": (_c: unknown, p: string, e: string) => similarToRegex(p, escapeCharacter(e)),
  similar_escape: (_c: unknown, p: string | null, e: string | null) =>
    p === null ? null : similarToRegex(p, e === null ? "\\" : escapeCharacter(e)),
  "substring(text,text)": (c: Interruptible, t: string, p: string) => regexSubstring(c, t, p),
  "substring(text,text,text)": (c: Interruptible, t: string, p: string, e: string) =>
    regexSubstring(c, t, similarToRegex(p, escapeCharacter(e))),
  "regexp_replace(text,text,text)": (c: Interruptible, t: string, p: string, r: string) => replaceMatches(c, t, p, r, defaultOptions, 0, 1),
  "regexp_replace(text,text,text,text)": (c: Interruptible, t: string, p: string, r: string, flags: string) => {
    if (/^\d/.test(flags))
      throw invalidParameter(
        `invalid regular expression option: "${flags[0]}"`,
        "If you meant to use regexp_replace() with a start parameter, cast the fourth argument to integer explicitly.",
      );
    return replaceBody(c, t, p, r, flags);
  },
  "regexp_replace(text,text,text,int4)": (c: Interruptible, t: string, p: string, r: string, s: number) =>
    replaceMatches(c, t, p, r, defaultOptions, startAt(t, s), 1),
  "regexp_replace(text,text,text,int4,int4)": (c: Interruptible, t: string, p: string, r: string, s: number, n: number) =>
    replaceMatches(c, t, p, r, defaultOptions, startAt(t, s), atLeast(n, 0, "n")),
  "regexp_replace(text,text,text,int4,int4,text)": (c: Interruptible, t: string, p: string, r: string, s: number, n: number, f: string) =>
    replaceMatches(c, t, p, r, parseOptions(f, true, "regexp_replace"), startAt(t, s), atLeast(n, 0, "n")),
  "regexp_match(text,text)": (c: Interruptible, t: string, p: string) => {
    const m = compileRegex(p).exec(t, 0, c);
    return m === undefined ? null : groupsOf(t, m);
  },
  "regexp_match(text,text,text)": (c: Interruptible, t: string, p: string, f: string) => {
    const m = compileRegex(p, parseOptions(f, false, "regexp_match")).exec(t, 0, c);
    return m === undefined ? null : groupsOf(t, m);
  },
  "regexp_like(text,text)": (c: Interruptible, t: string, p: string) => matches(c, t, p, defaultOptions),
  "regexp_like(text,text,text)": (c: Interruptible, t: string, p: string, f: string) =>
    matches(c, t, p, parseOptions(f, false, "regexp_like")),
  "regexp_count(text,text)": (c: Interruptible, t: string, p: string) => [...allMatches(c, t, p, defaultOptions)].length,
  "regexp_count(text,text,int4)": (c: Interruptible, t: string, p: string, s: number) =>
    [...allMatches(c, t, p, defaultOptions, startAt(t, s))].length,
  "regexp_count(text,text,int4,text)": (c: Interruptible, t: string, p: string, s: number, f: string) =>
    [...allMatches(c, t, p, parseOptions(f, false, "regexp_count"), startAt(t, s))].length,
  regexp_instr: (c: Interruptible, t: string, p: string, s = 1, n = 1, end = 0, f = "", sub = 0) => {
    const from = startAt(t, s);
    atLeast(n, 1, "n");
    if (end !== 0 && end !== 1) throw invalidParameter(`invalid value for parameter "endoption": ${end}`);
    atLeast(sub, 0, "subexpr");
    const group = nth(c, t, p, parseOptions(f, false, "regexp_instr"), from, n)?.groups[sub];
    return group === undefined ? 0 : characterCount(t.slice(0, group[end])) + 1;
  },
  regexp_substr: (c: Interruptible, t: string, p: string, s = 1, n = 1, f = "", sub = 0): Datum => {
    const from = startAt(t, s);
    atLeast(n, 1, "n");
    atLeast(sub, 0, "subexpr");
    const match = nth(c, t, p, parseOptions(f, false, "regexp_substr"), from, n);
    return match === undefined ? null : groupText(t, match, sub);
  },
  "regexp_split_to_array(text,text)": (c: Interruptible, t: string, p: string) =>
    new ArrayValue(TypeOid.text, splitBy(c, t, p, defaultOptions)),
  "regexp_split_to_array(text,text,text)": (c: Interruptible, t: string, p: string, f: string) =>
    new ArrayValue(TypeOid.text, splitBy(c, t, p, parseOptions(f, false, "regexp_split_to_array"))),
});

const sets: Record<string, SetBody> = {
  *"regexp_matches(text,text)"(c, t: string, p: string) {
    const match = compileRegex(p).exec(t, 0, c);
    if (match !== undefined) yield groupsOf(t, match);
  },
  *"regexp_matches(text,text,text)"(c, t: string, p: string, f: string) {
    const options = parseOptions(f, true, "regexp_matches");
    for (const match of allMatches(c, t, p, options)) {
      yield groupsOf(t, match);
      if (!options.global) return;
    }
  },
  "regexp_split_to_table(text,text)": (c, t: string, p: string) => splitBy(c, t, p, defaultOptions),
  "regexp_split_to_table(text,text,text)": (c, t: string, p: string, f: string) =>
    splitBy(c, t, p, parseOptions(f, false, "regexp_split_to_table")),
};

export const patternFamily: Family = { scalars, sets };
