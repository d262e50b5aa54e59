/**
 * A corpus file: a plain SQL script, cut into statements where psql would cut it.
 *
 * A statement ends at a semicolon outside of quotes, dollar quotes, comments, parentheses and BEGIN ATOMIC … END. After COPY … FROM STDIN the
 * lines up to `\.` are its data. Comment lines right before a statement may say how it is compared: test/sql/README.md.
 */

export interface Step {
  readonly line: number;
  readonly text: string;
  readonly copyData?: string;
  /** Rows are compared in any order. */
  readonly unordered: boolean;
  /** Why the two servers are known to differ here. */
  readonly differs?: string;
}

export function stepsOf(script: string): Step[] {
  const steps: Step[] = [];
  let at = 0;
  while (at < script.length) {
    const { start, end, notes } = nextStatement(script, at);
    if (start >= script.length) break;
    const text = script.slice(start, end);
    const line = countLines(script, start);
    at = script[end] === ";" ? end + 1 : end;
    let copyData: string | undefined;
    if (/^copy\b/i.test(text) && /\bfrom\s+stdin\b/i.test(text)) {
      const first = script.indexOf("\n", at) + 1;
      const last = first === 0 ? -1 : script.startsWith("\\.\n", first) ? first : script.indexOf("\n\\.\n", first) + 1;
      if (last < first || last === 0) throw new Error(`line ${line}: the data of COPY does not end with \\.`);
      copyData = script.slice(first, last);
      at = last + 3;
    }
    const differs = notes.map((note) => /^differs:\s*(.+)$/.exec(note)?.[1]).find((reason) => reason !== undefined);
    steps.push({
      line,
      text,
      unordered: notes.includes("unordered"),
      ...(copyData === undefined ? {} : { copyData }),
      ...(differs === undefined ? {} : { differs }),
    });
  }
  return steps;
}

/** The next statement from `at` on and the comment lines before it; the comments are no part of it. */
function nextStatement(script: string, at: number): { start: number; end: number; notes: string[] } {
  const notes: string[] = [];
  let start = at;
  for (;;) {
    while (start < script.length && /\s/.test(script[start] as string)) start++;
    if (script.startsWith("--", start)) {
      const end = lineEnd(script, start);
      notes.push(script.slice(start + 2, end).trim());
      start = end;
    } else if (script.startsWith("/*", start)) start = commentEnd(script, start);
    else break;
  }
  return { start, end: statementEnd(script, start), notes };
}

function statementEnd(script: string, start: number): number {
  let parentheses = 0;
  let blocks = 0;
  let at = start;
  while (at < script.length) {
    const character = script[at] as string;
    if (character === ";" && parentheses <= 0 && blocks === 0) return at;
    if (character === "(") parentheses++;
    if (character === ")") parentheses--;
    if (character === "'") at = quoteEnd(script, at, /[eE]/.test(script[at - 1] ?? "") && !/\w/.test(script[at - 2] ?? ""));
    else if (character === '"') at = quoteEnd(script, at, false);
    else if (script.startsWith("--", at)) at = lineEnd(script, at);
    else if (script.startsWith("/*", at)) at = commentEnd(script, at);
    else if (character === "$") at = dollarEnd(script, at);
    else if (/[a-z_]/i.test(character)) {
      const word = (/^[\w$]+/.exec(script.slice(at, at + 100)) as RegExpExecArray)[0];
      if (/^begin$/i.test(word) && /^\s+atomic\b/i.test(script.slice(at + 5, at + 30))) blocks++;
      else if (blocks > 0 && /^case$/i.test(word)) blocks++;
      else if (blocks > 0 && /^end$/i.test(word)) blocks--;
      at += word.length;
    } else at++;
  }
  return at;
}

function quoteEnd(script: string, at: number, escapes: boolean): number {
  const quote = script[at];
  for (let next = at + 1; next < script.length; next++) {
    if (escapes && script[next] === "\\") next++;
    else if (script[next] === quote) {
      if (script[next + 1] !== quote) return next + 1;
      next++;
    }
  }
  return script.length;
}

function dollarEnd(script: string, at: number): number {
  const tag = /^\$([A-Za-z_]\w*)?\$/.exec(script.slice(at, at + 70))?.[0];
  if (tag === undefined) return at + 1;
  const end = script.indexOf(tag, at + tag.length);
  return end < 0 ? script.length : end + tag.length;
}

function commentEnd(script: string, at: number): number {
  let depth = 0;
  for (let next = at; next < script.length; next++) {
    if (script.startsWith("/*", next)) {
      depth++;
      next++;
    } else if (script.startsWith("*/", next)) {
      next++;
      if (--depth === 0) return next + 1;
    }
  }
  return script.length;
}

function lineEnd(script: string, at: number): number {
  const end = script.indexOf("\n", at);
  return end < 0 ? script.length : end;
}

function countLines(script: string, end: number): number {
  let lines = 1;
  for (let at = script.indexOf("\n"); at >= 0 && at < end; at = script.indexOf("\n", at + 1)) lines++;
  return lines;
}
