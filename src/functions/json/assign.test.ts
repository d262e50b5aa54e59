import { describe, expect, test } from "vitest";
import { assignAt } from "./assign.js";
import { jsonbFromInput } from "./jsonb-value.js";

describe("assignment by subscripts", () => {
  test.each<[container: string | null, path: string[], firstIsNumber: boolean, result: string]>([
    ['{"a": 1}', ["b"], false, '{"a": 1, "b": 9}'],
    ["[1]", ["3"], true, "[1, null, null, 9]"],
    ["[1, 2]", ["-1"], true, "[1, 9]"],
    ["[1]", ["-5"], true, "path element at position 1 is out of range: -5"],
    ["[1]", ["x"], false, 'path element at position 1 is not an integer: "x"'],
    [null, ["a", "1"], false, '{"a": [null, 9]}'],
    [null, ["0", "k"], true, '[{"k": 9}]'],
    ['{"a": 1}', ["a", "b"], false, "cannot replace existing key"],
  ])("%s %j", (container, path, firstIsNumber, result) => {
    const run = () => assignAt(container === null ? null : jsonbFromInput(container), path, jsonbFromInput("9"), firstIsNumber).text;
    let shown: string;
    try {
      shown = run();
    } catch (error) {
      shown = (error as Error).message;
    }
    expect(shown).toBe(result);
  });
});
