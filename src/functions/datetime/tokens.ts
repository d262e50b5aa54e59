/** First step of date, time and interval input: the text becomes fields, each of one kind. Source: datetime.c's ParseDateTime. */
import { dateWord } from "./words.js";

export type FieldKind = "number" | "string" | "date" | "time" | "zone" | "special";
export interface Field {
  readonly kind: FieldKind;
  readonly text: string; // letters in lower case
}

const MAX_FIELDS = 25;
const isDigit = (c: string | undefined) => c !== undefined && c >= "0" && c <= "9";
const isAlpha = (c: string | undefined) => c !== undefined && /[a-z]/i.test(c);
const isSpace = (c: string | undefined) => c !== undefined && /[\t-\r ]/.test(c);

/** Undefined when a character can be part of no field, or there are too many. */
export function splitFields(text: string): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const run = (accept: (c: string) => boolean): string => {
    const from = at;
    while (at < text.length && accept(text[at]!)) at++;
    return text.slice(from, at).toLowerCase();
  };
  while (at < text.length) {
    const c = text[at]!;
    if (isSpace(c)) {
      at++;
      continue;
    }
    let kind: FieldKind;
    let field: string;
    if (isDigit(c)) {
      field = run(isDigit);
      const next = text[at];
      if (next === ":") {
        kind = "time";
        field += run((d) => isDigit(d) || d === ":" || d === ".");
      } else if (next === "-" || next === "/" || next === ".") {
        field += next;
        at++;
        if (isDigit(text[at])) {
          kind = next === "." ? "number" : "date";
          field += run(isDigit);
          if (text[at] === next) {
            kind = "date";
            field += run((d) => isDigit(d) || d === next);
          }
        } else {
          kind = "date";
          field += run((d) => isDigit(d) || isAlpha(d) || d === next);
        }
      } else kind = "number";
    } else if (c === ".") {
      at++;
      kind = "number";
      field = `.${run(isDigit)}`;
    } else if (isAlpha(c)) {
      kind = "string";
      field = run(isAlpha);
      const next = text[at];
      const continues =
        next === "-" || next === "/" || next === "." || ((next === "+" || isDigit(next)) && dateWord(field.slice(0, 10)) === undefined);
      if (continues) {
        kind = "date";
        field += run((d) => /[+\-/_.:]/.test(d) || isDigit(d) || isAlpha(d));
      }
    } else if (c === "+" || c === "-") {
      at++;
      while (isSpace(text[at])) at++;
      if (isDigit(text[at])) {
        kind = "zone";
        field = c + run((d) => isDigit(d) || d === ":" || d === "." || d === "-");
      } else if (isAlpha(text[at])) {
        kind = "special";
        field = c + run(isAlpha);
      } else return undefined;
    } else if (c > " " && c < "\x7f") {
      at++;
      continue;
    } else return undefined;
    fields.push({ kind, text: field });
    if (fields.length > MAX_FIELDS) return undefined;
  }
  return fields;
}
