/**
 * Reads test/redis/*.txt: one command per line with redis-cli's quoting, and directives. test/redis/README.md describes the form.
 */

export interface ScriptCommand {
  readonly kind: "command";
  readonly line: number;
  readonly text: string;
  readonly words: readonly Buffer[];
  /** The connection it is sent on; "" is the first. */
  readonly connection: string;
  readonly unordered: boolean;
  /** Digits and the lengths around them are not compared: times, identifiers, memory. */
  readonly masked: boolean;
  /** Everything that comes until it is quiet is the reply, not one reply only. */
  readonly quiet: boolean;
  /** Its reply is taken by a later `%read`. */
  readonly later: boolean;
  /** RESP versions it runs under. */
  readonly versions: readonly number[];
  /** Why the reply may differ; undefined when it may not. */
  readonly differs: string | undefined;
}
export type ScriptStep =
  | ScriptCommand
  | { readonly kind: "sleep"; readonly line: number; readonly millis: number }
  | { readonly kind: "read"; readonly line: number; readonly connection: string }
  | { readonly kind: "close"; readonly line: number; readonly connection: string };

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** Words as redis-cli cuts them: "…" with \n \r \t \b \a \xHH, '…' with \' only. Bytes, written as Latin-1. */
export function splitWords(line: string): Buffer[] {
  const words: Buffer[] = [];
  let at = 0;
  while (at < line.length) {
    while (line[at] === " ") at++;
    if (at >= line.length) break;
    let word = "";
    while (at < line.length && line[at] !== " ") {
      const quote = line[at];
      if (quote !== '"' && quote !== "'") {
        word += line[at++];
        continue;
      }
      for (at++; line[at] !== quote; at++) {
        if (at >= line.length) throw new Error(`unbalanced quotes: ${line}`);
        if (line[at] !== "\\") word += line[at];
        else if (quote === "'") word += line[at + 1] === "'" ? line[++at] : "\\";
        else {
          const next = line[++at] as string;
          const hex = next === "x" ? /^[0-9a-fA-F]{2}/.exec(line.slice(at + 1)) : null;
          if (hex) {
            word += String.fromCharCode(Number.parseInt(hex[0], 16));
            at += 2;
          } else word += escapes[next] ?? next;
        }
      }
      at++;
    }
    words.push(Buffer.from(word, "latin1"));
  }
  return words;
}

export function parseScript(text: string): ScriptStep[] {
  const steps: ScriptStep[] = [];
  let quiet = false;
  let versions: readonly number[] = [2, 3];
  let differs: string | undefined;
  for (const [index, raw] of text.split("\n").entries()) {
    let rest = raw.trim();
    const line = index + 1;
    if (rest === "" || rest.startsWith("#")) continue;
    if (rest.startsWith("%")) {
      const [name, ...args] = rest.slice(1).split(" ");
      const argument = args.join(" ");
      if (name === "quiet") quiet = argument === "on";
      else if (name === "resp") versions = argument === "all" ? [2, 3] : [Number(argument)];
      else if (name === "differs") differs = argument;
      else if (name === "sleep") steps.push({ kind: "sleep", line, millis: Number(argument) });
      else if (name === "read") steps.push({ kind: "read", line, connection: argument });
      else if (name === "close") steps.push({ kind: "close", line, connection: argument });
      else throw new Error(`line ${line}: unknown directive ${rest}`);
      continue;
    }
    let connection = "";
    let unordered = false;
    let masked = false;
    let later = false;
    let thisQuiet = quiet;
    for (;;) {
      if (rest.startsWith("@")) {
        const end = rest.indexOf(" ");
        connection = rest.slice(1, end);
        rest = rest.slice(end + 1).trimStart();
      } else if (/^[~?&!]/.test(rest)) {
        if (rest[0] === "~") unordered = true;
        else if (rest[0] === "?") masked = true;
        else if (rest[0] === "&") later = true;
        else thisQuiet = true;
        rest = rest.slice(1).trimStart();
      } else break;
    }
    steps.push({
      kind: "command",
      line,
      text: rest,
      words: splitWords(rest),
      connection,
      unordered,
      masked,
      quiet: thisQuiet,
      later,
      versions,
      differs,
    });
    differs = undefined;
  }
  return steps;
}
