/** parse_ident and unistr: texts that hold names and escaped characters. */
import { dataError } from "../../types/index.js";

const isNameStart = (c: string | undefined) => c !== undefined && (/[A-Za-z_]/.test(c) || c >= "\x80");
const isNamePart = (c: string | undefined) => isNameStart(c) || (c !== undefined && /[0-9$]/.test(c));
const isBlank = (c: string | undefined) => c !== undefined && /[ \t\n\r\v\f]/.test(c);

/** a.b."C d": its parts, unquoted ones in lower case. `strict`: nothing may follow them. */
export function parseIdentifier(text: string, strict: boolean): string[] {
  const bad = (detail?: string) => dataError("22023", `string is not a valid identifier: "${text}"`, detail);
  const parts: string[] = [];
  let at = 0;
  const skip = () => {
    while (isBlank(text[at])) at++;
  };
  skip();
  let afterDot = false;
  for (;;) {
    let missing = true;
    if (text[at] === '"') {
      let part = "";
      at++;
      for (;;) {
        const end = text.indexOf('"', at);
        if (end < 0) throw bad("String has unclosed double quotes.");
        part += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        part += '"';
        at++;
      }
      if (part === "") throw bad("Quoted identifier must not be empty.");
      parts.push(part);
      missing = false;
    } else if (isNameStart(text[at])) {
      const start = at;
      while (isNamePart(text[at])) at++;
      parts.push(text.slice(start, at).replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase()));
      missing = false;
    }
    if (missing) {
      if (text[at] === ".") throw bad('No valid identifier before ".".');
      throw bad(afterDot ? 'No valid identifier after ".".' : undefined);
    }
    skip();
    if (text[at] === ".") {
      afterDot = true;
      at++;
      skip();
    } else if (at === text.length || !strict) return parts;
    else throw bad();
  }
}

/** \\XXXX, \\+XXXXXX, \\uXXXX, \\UXXXXXXXX, and \\\\ for a backslash. Surrogates must come in pairs. */
export function unescapeUnicode(text: string): string {
  const badPair = () => dataError("42601", "invalid Unicode surrogate pair");
  let out = "";
  let high = 0;
  for (let at = 0; at < text.length; ) {
    const c = text[at]!;
    if (c !== "\\" || text[at + 1] === "\\") {
      if (high !== 0) throw badPair();
      out += c;
      at += c === "\\" ? 2 : 1;
      continue;
    }
    const match = /^\\(?:u?([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8}))/.exec(text.slice(at, at + 10));
    if (match === null)
      throw dataError("42601", "invalid Unicode escape", undefined, "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
    const code = Number.parseInt(match[1] ?? match[2] ?? match[3]!, 16);
    if (code === 0 || code > 0x10ffff) throw dataError("42601", "invalid Unicode escape value");
    at += match[0].length;
    if (code >= 0xd800 && code <= 0xdbff) {
      if (high !== 0) throw badPair();
      high = code;
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      if (high === 0) throw badPair();
      out += String.fromCharCode(high, code);
      high = 0;
    } else {
      if (high !== 0) throw badPair();
      out += String.fromCodePoint(code);
    }
  }
  if (high !== 0) throw badPair();
  return out;
}
