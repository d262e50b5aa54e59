/** Tokens of a jsonpath. Words are keywords only where the grammar looks for them: `$.size` is a key. */
import { DbError } from "../../types/index.js";
import { formatNumeric, parseNumeric } from "../numeric/numeric-value.js";

export interface Token {
  readonly kind: "word" | "string" | "number" | "variable" | "symbol" | "end";
  readonly text: string;
  /** As it stands in the path, for errors. */
  readonly written: string;
  readonly isInteger?: boolean;
}

const special = "?%$.[]{}()|&!=<>@#,*:-+/";
const isBlank = (c: string) => c === " " || c === "\t" || c === "\n" || c === "\r" || c === "\f";
const isOther = (c: string) => !special.includes(c) && !isBlank(c) && c !== '"' && c !== "\\";
const symbols = ["**", "&&", "||", "==", "!=", "<>", "<=", ">="];

export function syntaxErrorNear(token: Token | string): DbError {
  const written = typeof token === "string" ? token : token.written;
  const message = written === "" ? "syntax error at end of jsonpath input" : `syntax error at or near "${written}" of jsonpath input`;
  return new DbError({ sqlstate: "42601", message });
}

function codePoint(code: number): string {
  if (code > 0x10ffff) throw new DbError({ sqlstate: "42601", message: "invalid Unicode code point" });
  return String.fromCodePoint(code);
}

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const push = (kind: Token["kind"], value: string, from: number, isInteger?: boolean) =>
    tokens.push({ kind, text: value, written: text.slice(from, at), ...(isInteger === undefined ? {} : { isInteger }) });

  /** PostgreSQL's scanner has read one character further when it hands a word over: that is what its errors name. */
  const pushWord = (value: string) =>
    tokens.push({ kind: "word", text: value, written: isBlank(text[at] ?? "x") ? (text[at] as string) : "" });

  const quoted = (): string => {
    at++;
    let value = "";
    for (;;) {
      const c = text[at];
      if (c === undefined) throw new DbError({ sqlstate: "42601", message: "unexpected end of quoted string at end of jsonpath input" });
      if (c === '"') break;
      if (c === "\\") value += escape();
      else {
        value += c;
        at++;
      }
    }
    at++;
    return value;
  };
  const hex = (digits: string, limit: number, from: number): number => {
    if (!new RegExp(`^[0-9a-fA-F]{${limit}}$`).test(digits))
      throw new DbError({
        sqlstate: "42601",
        message: `invalid ${limit === 2 ? "hex character" : "unicode"} sequence at or near "${text.slice(from, at)}" of jsonpath input`,
      });
    return Number.parseInt(digits, 16);
  };
  const unicode = (from: number): number => {
    // at is behind \u.
    if (text[at] === "{") {
      const end = text.indexOf("}", at);
      const digits = end < 0 ? "" : text.slice(at + 1, end);
      if (!/^[0-9a-fA-F]{1,6}$/.test(digits)) {
        at = Math.min(text.length, at + 1);
        throw new DbError({
          sqlstate: "42601",
          message: `invalid unicode sequence at or near "${text.slice(from, at)}" of jsonpath input`,
        });
      }
      at = end + 1;
      return Number.parseInt(digits, 16);
    }
    const digits = text.slice(at, at + 4);
    at += /^[0-9a-fA-F]*/.exec(digits)![0].length;
    return hex(digits, 4, from);
  };
  const surrogateError = (detail: string) => new DbError({ sqlstate: "22P02", message: "invalid input syntax for type jsonpath", detail });
  const escape = (): string => {
    const from = at;
    const c = text[at + 1];
    at += 2;
    switch (c) {
      case undefined:
        throw new DbError({ sqlstate: "42601", message: "unexpected end after backslash at end of jsonpath input" });
      case "b":
        return "\b";
      case "f":
        return "\f";
      case "n":
        return "\n";
      case "r":
        return "\r";
      case "t":
        return "\t";
      case "v":
        return "\v";
      case "x": {
        const digits = text.slice(at, at + 2);
        at += /^[0-9a-fA-F]*/.exec(digits)![0].length;
        return String.fromCharCode(hex(digits, 2, from));
      }
      case "u": {
        const code = unicode(from);
        if (code === 0)
          throw new DbError({
            sqlstate: "22P05",
            message: "unsupported Unicode escape sequence",
            detail: "\\u0000 cannot be converted to text.",
          });
        if (code >= 0xdc00 && code < 0xe000) throw surrogateError("Unicode low surrogate must follow a high surrogate.");
        if (code < 0xd800 || code >= 0xdc00) return codePoint(code);
        if (text.slice(at, at + 2) !== "\\u") throw surrogateError("Unicode low surrogate must follow a high surrogate.");
        at += 2;
        const low = unicode(at - 2);
        if (low >= 0xd800 && low < 0xdc00) throw surrogateError("Unicode high surrogate must not follow a high surrogate.");
        if (low < 0xdc00 || low >= 0xe000) throw surrogateError("Unicode low surrogate must follow a high surrogate.");
        return String.fromCharCode(code, low);
      }
      default:
        return c;
    }
  };
  const word = (): string => {
    let value = "";
    for (;;) {
      const c = text[at];
      if (c === "\\") value += escape();
      else if (c === undefined || !isOther(c)) return value;
      else {
        value += c;
        at++;
      }
    }
  };

  while (at < text.length) {
    const c = text[at] as string;
    const from = at;
    if (isBlank(c)) at++;
    else if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw new DbError({ sqlstate: "42601", message: "unexpected end of comment at end of jsonpath input" });
      at = end + 2;
    } else if (c === '"') push("string", quoted(), from);
    else if (
      c === "$" &&
      (text[at + 1] === '"' || (text[at + 1] !== undefined && (isOther(text[at + 1] as string) || text[at + 1] === "\\")))
    ) {
      at++;
      push("variable", text[at] === '"' ? quoted() : word(), from);
    } else if (/\d/.test(c) || (c === "." && /\d/.test(text[at + 1] ?? ""))) {
      const match = /^(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(text.slice(at, at + 2000)) as RegExpExecArray;
      at += match[0].length;
      const next = text[at];
      if (next !== undefined && isOther(next)) {
        at++;
        throw new DbError({
          sqlstate: "42601",
          message: `trailing junk after numeric literal at or near "${text.slice(from, at)}" of jsonpath input`,
        });
      }
      push("number", formatNumeric(parseNumeric(match[0])), from, /^\d+$/.test(match[0]));
    } else if (isOther(c) || c === "\\") pushWord(word());
    else {
      const symbol = symbols.find((candidate) => text.startsWith(candidate, at)) ?? c;
      at += symbol.length;
      push("symbol", symbol === "<>" ? "!=" : symbol, from);
    }
  }
  tokens.push({ kind: "end", text: "", written: "" });
  return tokens;
}
