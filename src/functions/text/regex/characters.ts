/** Characters of regular expressions: classes, names, case. Letters and digits are Unicode's. */
import type { CharacterSet } from "./syntax.js";

type Test = (code: number) => boolean;
const matching = (regex: RegExp): Test => {
  const ascii = Uint8Array.from({ length: 128 }, (_, i) => Number(regex.test(String.fromCharCode(i))));
  return (code) => (code < 128 ? ascii[code] === 1 : regex.test(String.fromCodePoint(code)));
};

export const isWord = matching(/[\p{L}\p{Nd}_]/u);
export const isDigit: Test = (code) => code >= 48 && code <= 57;
export const isSpace = matching(/\s/);

export const classes: ReadonlyMap<string, Test> = new Map([
  ["alpha", matching(/\p{L}/u)],
  ["digit", isDigit],
  ["alnum", matching(/[\p{L}\p{Nd}]/u)],
  ["upper", matching(/\p{Lu}/u)],
  ["lower", matching(/\p{Ll}/u)],
  ["space", isSpace],
  ["blank", matching(/[ \t]/)],
  ["punct", matching(/[!-/:-@[-`{-~]/)],
  ["cntrl", (code: number) => code < 32 || code === 127],
  ["print", matching(/[\x20-\x7e\u00a0-\u{10ffff}]/u)],
  ["graph", matching(/[\x21-\x7e\u00a1-\u{10ffff}]/u)],
  ["xdigit", matching(/[0-9A-Fa-f]/)],
  ["word", isWord],
  ["ascii", (code: number) => code < 128],
]);

/** POSIX names of characters, for [.name.]. */
const names: ReadonlyMap<string, string> = new Map(
  (
    'NUL:\0 tab:\t newline:\n vertical-tab:\v form-feed:\f carriage-return:\r exclamation-mark:! quotation-mark:" number-sign:# dollar-sign:$ ' +
    "percent-sign:% ampersand:& apostrophe:' left-parenthesis:( right-parenthesis:) asterisk:* plus-sign:+ comma:, hyphen:- hyphen-minus:- " +
    "period:. full-stop:. slash:/ solidus:/ zero:0 one:1 two:2 three:3 four:4 five:5 six:6 seven:7 eight:8 nine:9 colon:: semicolon:; " +
    "less-than-sign:< equals-sign:= greater-than-sign:> question-mark:? commercial-at:@ left-square-bracket:[ backslash:\\ " +
    "reverse-solidus:\\ right-square-bracket:] circumflex:^ circumflex-accent:^ underscore:_ low-line:_ grave-accent:` left-brace:{ " +
    "left-curly-bracket:{ vertical-line:| right-brace:} right-curly-bracket:} tilde:~"
  )
    .split(/ (?=[a-zA-Z])/)
    .map((pair): [string, string] => {
      const at = pair.indexOf(":");
      return [pair.slice(0, at), pair.slice(at + 1)];
    })
    .concat([["space", " "]]),
);
/** The character of a one-character or POSIX name; undefined when there is none. */
export function collatingElement(name: string): number | undefined {
  const characters = [...name];
  if (characters.length === 1) return name.codePointAt(0);
  return names.get(name)?.codePointAt(0);
}

/** The other cases of a character. */
export function caseVariants(code: number): readonly number[] {
  const text = String.fromCodePoint(code);
  const found = new Set([code]);
  for (const other of [text.toLowerCase(), text.toUpperCase()]) if ([...other].length === 1) found.add(other.codePointAt(0)!);
  return [...found];
}
export function oneCharacter(code: number, ignoreCase: boolean): CharacterSet {
  const variants = ignoreCase ? caseVariants(code) : [code];
  if (variants.length === 1) return { code, has: (c) => c === code };
  return { code: undefined, has: (c) => variants.includes(c) };
}
export function anyOf(tests: readonly Test[], negated: boolean, ignoreCase: boolean, butNot?: number): CharacterSet {
  const plain: Test = (c) => tests.some((test) => test(c));
  const folded: Test = ignoreCase ? (c) => plain(c) || caseVariants(c).some(plain) : plain;
  const judged: Test = negated ? (c) => c !== butNot && !folded(c) : folded;
  const ascii = Uint8Array.from({ length: 128 }, (_, i) => Number(judged(i)));
  return { code: undefined, has: (c) => (c < 128 ? ascii[c] === 1 : judged(c)) };
}
