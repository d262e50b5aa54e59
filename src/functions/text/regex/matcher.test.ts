import { describe, expect, it } from "vitest";
import { compileRegex, defaultOptions, parseOptions } from "../regex.js";

function match(text: string, pattern: string, flags = ""): (string | null)[] | null {
  const found = compileRegex(pattern, flags === "" ? defaultOptions : parseOptions(flags, true, "test")).exec(text);
  return found === undefined ? null : found.groups.map((g) => (g === undefined ? null : text.slice(g[0], g[1])));
}

describe("regular expressions", () => {
  const cases: readonly (readonly [text: string, pattern: string, groups: (string | null)[] | null])[] = [
    ["xay", "a|ay", ["ay"]],
    ["abcde", "(b|bc)(c|cde)", ["bcde", "b", "cde"]],
    ["XY1234Z", "Y*([0-9]{1,3})", ["Y123", "123"]],
    ["XY1234Z", "Y*?([0-9]{1,3})", ["Y1", "1"]],
    ["abc01234xyz", "(.*)(\\d+)(.*)", ["abc01234xyz", "abc0123", "4", "xyz"]],
    ["abc01234xyz", "(?:(.*?)(\\d+)(.*)){1,1}", ["abc01234xyz", "abc", "01234", "xyz"]],
    ["xyzzy", "(z)\\1", ["zz", "z"]],
    ["foobar", "(?<=foo)bar", ["bar"]],
    ["abab", "(ab)*", ["abab", "ab"]],
    ["😀b", "^.b$", ["😀b"]],
    ["abc", "x", null],
  ];
  it.each(cases)("%s against %s", (text, pattern, groups) => {
    expect(match(text, pattern)).toEqual(groups);
  });
  it("takes time in proportion to text and pattern", () => {
    expect(match("a".repeat(2000), "(a*)*b")).toBeNull();
    expect(match("a".repeat(2000), "^(a|a)*$")?.[0]).toHaveLength(2000);
  });
  it("says what is wrong with a pattern", () => {
    const reasons: readonly (readonly [string, string])[] = [
      ["(a", "parentheses () not balanced"],
      ["[a", "brackets [] not balanced"],
      ["a{2,1}", "invalid repetition count(s)"],
      ["a**", "quantifier operand invalid"],
      ["[b-a]", "invalid character range"],
      ["\\2", "invalid backreference number"],
      ["(".repeat(5000), "regular expression is too complex"],
      ["((a{255}){255}){255}", "regular expression is too complex"],
    ];
    for (const [pattern, reason] of reasons) expect(() => match("a", pattern), pattern).toThrow(`invalid regular expression: ${reason}`);
  });
});
