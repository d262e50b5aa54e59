/** Ranges and multiranges as text: `[1,5)`, `empty`, `{[1,2), [5,)}`, bounds in quotes where they need them. */
import { DbError, type RangeValue } from "../../types/index.js";

/** The texts between the brackets; null where there is no bound. */
export interface RangeParts {
  readonly empty: boolean;
  readonly lower: string | null;
  readonly upper: string | null;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
}

const malformed = (text: string, detail: string) =>
  new DbError({ sqlstate: "22P02", message: `malformed range literal: "${text}"`, detail });
const malformedMultirange = (text: string, detail: string) =>
  new DbError({ sqlstate: "22P02", message: `malformed multirange literal: "${text}"`, detail });

export function parseRange(text: string): RangeParts {
  let at = /^\s*/.exec(text)![0].length;
  if (/^empty/i.test(text.slice(at, at + 5))) {
    if (text.slice(at + 5).trim() !== "") throw malformed(text, 'Junk after "empty" key word.');
    return { empty: true, lower: null, upper: null, lowerInclusive: false, upperInclusive: false };
  }
  const open = text[at++];
  if (open !== "[" && open !== "(") throw malformed(text, "Missing left parenthesis or bracket.");
  const bound = (): string | null => {
    if (/[,)\]]/.test(text[at] ?? "")) return null;
    let value = "";
    for (let quoted = false; quoted || !/[,)\]]/.test(text[at] ?? ""); ) {
      const character = text[at++];
      if (character === undefined) throw malformed(text, "Unexpected end of input.");
      if (character === "\\") {
        if (at >= text.length) throw malformed(text, "Unexpected end of input.");
        value += text[at++];
      } else if (character !== '"') value += character;
      else if (!quoted) quoted = true;
      else if (text[at] === '"') value += text[at++];
      else quoted = false;
    }
    return value;
  };
  const lower = bound();
  if (text[at++] !== ",") throw malformed(text, "Missing comma after lower bound.");
  const upper = bound();
  const close = text[at++];
  if (close === ",") throw malformed(text, "Too many commas.");
  if (text.slice(at).trim() !== "") throw malformed(text, "Junk after right parenthesis or bracket.");
  return { empty: false, lower, upper, lowerInclusive: open === "[", upperInclusive: close === "]" };
}

export function formatRange(range: RangeValue, bound: (value: NonNullable<RangeValue["lower"]>) => string): string {
  if (range.isEmpty) return "empty";
  const part = (value: RangeValue["lower"]) => (value === null ? "" : quoteBound(bound(value)));
  return `${range.lowerInclusive ? "[" : "("}${part(range.lower)},${part(range.upper)}${range.upperInclusive ? "]" : ")"}`;
}

function quoteBound(text: string): string {
  return text === "" || /["\\()[\],\s]/.test(text) ? `"${text.replace(/["\\]/g, "$&$&")}"` : text;
}

/** The texts of the ranges in a multirange; "empty" ones are left out. */
export function splitMultirange(text: string): string[] {
  const ranges: string[] = [];
  let at = /^\s*/.exec(text)![0].length;
  if (text[at++] !== "{") throw malformedMultirange(text, "Missing left brace.");
  let seen = 0;
  let start = 0;
  let state: "before" | "in" | "quoted" | "after" | "finished" = "before";
  for (; state !== "finished"; at++) {
    const character = text[at];
    if (character === undefined) throw malformedMultirange(text, "Unexpected end of input.");
    if (/\s/.test(character)) continue;
    switch (state) {
      case "before":
        if (character === "[" || character === "(") {
          start = at;
          state = "in";
        } else if (character === "}" && seen === 0) state = "finished";
        else if (/^empty/i.test(text.slice(at, at + 5))) {
          seen++;
          at += 4;
          state = "after";
        } else throw malformedMultirange(text, "Expected range start.");
        break;
      case "in":
        if (character === "]" || character === ")") {
          ranges.push(text.slice(start, at + 1));
          seen++;
          state = "after";
        } else if (character === '"') state = "quoted";
        else if (character === "\\") at++;
        break;
      case "quoted":
        if (character === "\\") at++;
        else if (character === '"') {
          if (text[at + 1] === '"') at++;
          else state = "in";
        }
        break;
      case "after":
        if (character === ",") state = "before";
        else if (character === "}") state = "finished";
        else throw malformedMultirange(text, "Expected comma or end of multirange.");
        break;
    }
  }
  if (text.slice(at).trim() !== "") throw malformedMultirange(text, "Junk after closing right brace.");
  return ranges;
}
