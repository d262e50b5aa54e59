/** Redis' glob for the few places where TypeScript matches (CONFIG GET, COMMAND LIST): * ? [a-z] [^a] \x. */
export function globMatch(pattern: string, text: string, ignoreCase = false): boolean {
  let source = "^";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === "*") source += "[\\s\\S]*";
    else if (c === "?") source += "[\\s\\S]";
    else if (c === "[") {
      const end = pattern.indexOf("]", i + 1);
      if (end < 0) source += "\\[";
      else {
        source += `[${pattern.slice(i + 1, end).replace(/\\(?!.)/g, "\\\\")}]`;
        i = end;
      }
    } else if (c === "\\" && i + 1 < pattern.length) source += (pattern[++i] as string).replace(/[^\w]/g, "\\$&");
    else source += c.replace(/[^\w]/g, "\\$&");
  }
  return new RegExp(`${source}$`, ignoreCase ? "i" : "").test(text);
}
