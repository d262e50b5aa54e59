/** format(): %s, %I, %L, %%, with positions `%2$s`, widths `%-10s` and widths from arguments `%*s`. */
import { type DbError, invalidParameter, nullNotAllowed } from "../../types/index.js";
import { quoteIdentifier } from "../catalog-service.js";

export function formatText(pattern: string, args: readonly (string | null)[]): string {
  let next = 0;
  let out = "";
  const specifier = /%(?:(%)|(?:(\d+)\$)?(-)?(?:(\d+)|\*(?:(\d+)\$)?|())([sIL])?)/g;
  let last = 0;
  const take = (position: string | undefined): string | null => {
    const index = position === undefined ? next : Number(position) - 1;
    if (position !== undefined && index < 0) throw invalidParameter("format specifies argument 0, but arguments are numbered from 1");
    if (index >= args.length) throw invalidParameter("too few arguments for format()");
    next = index + 1;
    return args[index]!;
  };
  for (let match = specifier.exec(pattern); match !== null; match = specifier.exec(pattern)) {
    out += pattern.slice(last, match.index);
    last = specifier.lastIndex;
    if (match[1] !== undefined) {
      out += "%";
      continue;
    }
    let width = match[4] === undefined ? 0 : Number(match[4]);
    let leftAlign = match[3] !== undefined;
    if (match[0].includes("*")) {
      width = Number(take(match[5]) ?? 0);
      if (width < 0) {
        leftAlign = true;
        width = -width;
      }
    }
    const type = match[7];
    if (type === undefined) {
      const c = pattern[last];
      if (c === undefined) throw invalidParameter("unterminated format() type specifier", 'For a single "%" use "%%".');
      throw invalidParameter(`unrecognized format() type specifier "${c}"`, 'For a single "%" use "%%".');
    }
    const text = convert(take(match[2]), type);
    out += leftAlign ? text.padEnd(width) : text.padStart(width);
  }
  return out + pattern.slice(last);
}

function convert(value: string | null, type: string): string {
  if (type === "s") return value ?? "";
  if (type === "L") return value === null ? "NULL" : quoted(value);
  if (value === null) throw nullArgument();
  return quoteIdentifier(value);
}
const nullArgument = (): DbError => nullNotAllowed("null values cannot be formatted as an SQL identifier");
function quoted(text: string): string {
  const body = `'${text.replace(/'/g, "''").replace(/\\/g, "\\\\")}'`;
  return text.includes("\\") ? `E${body}` : body;
}
