/** Names that the grammar cuts: PostgreSQL's lexer says so by a notice each time, ours keeps silent. */

/** NAMEDATALEN - 1, in bytes. */
const NAME_BYTES_MAX = 63;
/** 63 bytes may be 21 characters: a text without a longer word has no such name. */
const LONG_WORD_LENGTH = 22;
/** ASCII characters of words; all others may stand in them. */
const inWord = Uint8Array.from({ length: 128 }, (_, c) => (/[\w$]/.test(String.fromCharCode(c)) ? 1 : 0));
/** Where something begins that is a name or hides names; how it ends is looked for by hand: a pattern over megabytes runs out of stack. */
const START = /--|\/\*|[eE]?'|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$|"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/g;

/** Each name of more than 63 bytes with what is left of it, as often as it is written. */
export function longNames(source: string): { readonly written: string; readonly kept: string }[] {
  if (!hasLongWord(source)) return [];
  const found: { written: string; kept: string }[] = [];
  const judge = (name: string): void => {
    if (name.length * 3 <= NAME_BYTES_MAX) return;
    const bytes = Buffer.from(name);
    if (bytes.length > NAME_BYTES_MAX) found.push({ written: name, kept: cut(bytes) });
  };
  START.lastIndex = 0;
  for (let match = START.exec(source); match !== null; match = START.exec(source)) {
    const [token] = match;
    const from = START.lastIndex;
    if (token === "--") START.lastIndex = after(source, "\n", from);
    else if (token === "/*") START.lastIndex = after(source, "*/", from);
    else if (token.endsWith("'")) START.lastIndex = afterQuote(source, "'", from, token.length > 1);
    else if (token.startsWith("$")) START.lastIndex = after(source, token, from);
    else if (token === '"') {
      START.lastIndex = afterQuote(source, '"', from, false);
      judge(source.slice(from, START.lastIndex - 1).replaceAll('""', '"'));
    } else if (token.length >= LONG_WORD_LENGTH) judge(token.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()));
  }
  return found;
}
/** Anywhere, also in a literal. A pattern would look at the characters of each word again from each of them: texts of numbers are megabytes. */
function hasLongWord(source: string): boolean {
  const { length } = source;
  let word = 0;
  /** Characters behind a quote; below 0: there was none. */
  let quoted = -length - 1;
  for (let i = 0; i < length; i++) {
    const c = source.charCodeAt(i);
    word = c > 127 || inWord[c] === 1 ? word + 1 : 0;
    quoted = c === QUOTE ? 0 : quoted + 1;
    if (word === LONG_WORD_LENGTH || quoted === LONG_WORD_LENGTH) return true;
  }
  return false;
}
const QUOTE = 0x22;

function after(source: string, end: string, from: number): number {
  const at = source.indexOf(end, from);
  return at < 0 ? source.length : at + end.length;
}
/** Behind the closing quote; a doubled one is part of the text, and with `escapes` what follows a backslash. */
function afterQuote(source: string, quote: string, from: number, escapes: boolean): number {
  for (let at = from; ; ) {
    const end = source.indexOf(quote, at);
    if (end < 0) return source.length;
    let backslashes = 0;
    while (escapes && end - backslashes > at && source[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 1) at = end + 1;
    else if (source[end + 1] === quote) at = end + 2;
    else return end + 1;
  }
}
/** Whole characters only. */
function cut(bytes: Buffer): string {
  let end = NAME_BYTES_MAX;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
}
