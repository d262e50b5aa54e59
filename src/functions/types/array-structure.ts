/**
 * What is wrong with the braces of an array's text. PostgreSQL looks at the structure before it reads any element, so this runs when
 * reading failed, to find the error that comes first. Source: array_in and ArrayCount of PostgreSQL 15.
 */
import { ARRAY_DIMENSIONS_MAX, DbError, malformedArray, tooManyDimensions } from "../../types/index.js";

type State = "none" | "level started" | "element" | "quoted" | "quoted end" | "delimited" | "level end" | "level delimited";

/** array_isspace: of ASCII alone. */
export const isArraySpace = (character: string | undefined): boolean =>
  character === " " || (character !== undefined && character >= "\t" && character <= "\r");

/** @throws DbError 22P02, 2202E or 54000 when the structure is not that of an array */
export function checkArrayStructure(text: string, separator: string): void {
  let at = 0;
  const bad = (detail: string) => malformedArray(text, detail);
  const skip = () => {
    while (isArraySpace(text[at])) at++;
  };
  const digits = (): string => {
    const found = /^[\d+-]*/.exec(text.slice(at))![0];
    at += found.length;
    return found;
  };
  let dimensions = 0;
  for (skip(); text[at] === "["; skip()) {
    at++;
    if (dimensions >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(dimensions + 1);
    let lower = 1;
    let upper = digits();
    if (upper === "") throw bad('"[" must introduce explicitly-specified array dimensions.');
    if (text[at] === ":") {
      at++;
      lower = Number.parseInt(upper, 10) || 0;
      upper = digits();
      if (upper === "") throw bad("Missing array dimension value.");
    }
    if (text[at] !== "]") throw bad('Missing "]" after array dimensions.');
    at++;
    if ((Number.parseInt(upper, 10) || 0) < lower)
      throw new DbError({ sqlstate: "2202E", message: "upper bound cannot be less than lower bound" });
    dimensions++;
  }
  if (dimensions > 0) {
    if (text[at] !== "=") throw bad('Missing "=" after array dimensions.');
    at++;
    skip();
    if (text[at] !== "{") throw bad('Array contents must start with "{".');
  } else if (text[at] !== "{") throw bad('Array value must start with "{" or dimension information.');
  checkBraces(text, at, separator, bad);
}

function checkBraces(text: string, start: number, separator: string, bad: (detail: string) => DbError): void {
  let state: State = "none";
  let level = 0;
  let quoted = false;
  let at = start;
  const counts = new Array<number>(ARRAY_DIMENSIONS_MAX).fill(1);
  const lastCounts = new Array<number>(ARRAY_DIMENSIONS_MAX).fill(0);
  const isOneOf = (...states: State[]) => states.includes(state);
  do {
    const character = text[at];
    if (character === undefined) throw bad("Unexpected end of input.");
    if (character === "\\") {
      if (!isOneOf("level started", "element", "quoted", "delimited")) throw bad('Unexpected "\\" character.');
      if (state !== "quoted") state = "element";
      if (text[++at] === undefined) throw bad("Unexpected end of input.");
    } else if (character === '"') {
      if (!isOneOf("level started", "quoted", "delimited")) throw bad("Unexpected array element.");
      quoted = !quoted;
      state = quoted ? "quoted" : "quoted end";
    } else if (!quoted) {
      if (character === "{") {
        if (!isOneOf("none", "level started", "level delimited")) throw bad('Unexpected "{" character.');
        state = "level started";
        if (level >= ARRAY_DIMENSIONS_MAX) throw tooManyDimensions(level + 1);
        level++;
      } else if (character === "}") {
        if (!isOneOf("element", "quoted end", "level end") && !(level === 1 && state === "level started"))
          throw bad('Unexpected "}" character.');
        state = "level end";
        level--;
        if (lastCounts[level] !== 0 && counts[level] !== lastCounts[level])
          throw bad("Multidimensional arrays must have sub-arrays with matching dimensions.");
        lastCounts[level] = counts[level] as number;
        counts[level] = 1;
      } else if (character === separator) {
        if (!isOneOf("element", "quoted end", "level end")) throw bad(`Unexpected "${separator}" character.`);
        state = state === "level end" ? "level delimited" : "delimited";
        counts[level - 1] = (counts[level - 1] as number) + 1;
      } else if (!isArraySpace(character)) {
        if (!isOneOf("level started", "element", "delimited")) throw bad("Unexpected array element.");
        state = "element";
      }
    }
    at++;
  } while (level > 0);
  while (isArraySpace(text[at])) at++;
  if (at < text.length) throw bad("Junk after closing right brace.");
}
