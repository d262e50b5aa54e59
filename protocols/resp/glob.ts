/**
 * Redis' glob for the few places where TypeScript matches (CONFIG GET, COMMAND LIST, permissions): * ? [a-z] [^a] \x. Two pointers and
 * one place to come back to: time is at most pattern times text, whatever a client sends.
 */
export function globMatch(pattern: string, text: string, ignoreCase = false): boolean {
  const p = ignoreCase ? pattern.toLowerCase() : pattern;
  const s = ignoreCase ? text.toLowerCase() : text;
  let i = 0;
  let j = 0;
  let star = -1;
  let resume = 0;
  while (j < s.length || i < p.length) {
    const c = p[i];
    if (c === "*") {
      star = i++;
      resume = j;
      continue;
    }
    const next = c !== undefined && j < s.length ? matchOne(p, i, s[j] as string) : -1;
    if (next >= 0) {
      i = next;
      j++;
    } else {
      if (star < 0 || resume >= s.length) return false;
      i = star + 1;
      j = ++resume;
    }
  }
  return true;
}

/** Where the pattern goes on after its element at `i` matched `c`; -1: it did not. */
function matchOne(p: string, i: number, c: string): number {
  if (p[i] === "?") return i + 1;
  if (p[i] === "\\" && i + 1 < p.length) return p[i + 1] === c ? i + 2 : -1;
  if (p[i] !== "[") return p[i] === c ? i + 1 : -1;
  let at = i + 1;
  const negated = p[at] === "^";
  if (negated) at++;
  let hit = false;
  for (; at < p.length && p[at] !== "]"; at++) {
    if (p[at] === "\\" && at + 1 < p.length) {
      at++;
      hit ||= p[at] === c;
    } else if (p[at + 1] === "-" && at + 2 < p.length) {
      const [low, high] = [p[at] as string, p[at + 2] as string].sort() as [string, string];
      hit ||= c >= low && c <= high;
      at += 2;
    } else hit ||= p[at] === c;
  }
  return hit !== negated ? Math.min(at + 1, p.length) : -1;
}

/** The same for texts of one character a byte. */
export const globMatchBytes = (pattern: string, text: string): boolean => pattern === "*" || globMatch(pattern, text);
