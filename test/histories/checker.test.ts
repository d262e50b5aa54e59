import { describe, expect, test } from "vitest";
import { findAnomalies, findLosses, type ListTransaction, resolve } from "./checker.js";

/** `r x 1,2` reads, `a x 3` appends. */
function transaction(id: number, text: string, committed = true): ListTransaction {
  const operations = text.split("; ").map((part) => {
    const [kind, key = "", value = ""] = part.split(" ");
    return kind === "a" ? { key, append: Number(value) } : { key, read: value === "" ? [] : value.split(",").map(Number) };
  });
  return { id, committed, operations };
}

describe("anomalies in list-append histories", () => {
  const skew = [transaction(1, "r x ; a y 1"), transaction(2, "r y ; a x 2"), transaction(3, "r x 2; r y 1")];
  test("write skew is none of snapshot isolation's business", () => {
    expect(findAnomalies(skew, "repeatable read")).toEqual([]);
    expect(findAnomalies(skew, "serializable")).toContain("G2: 1 -> 2 -> 1");
  });
  const lost = [transaction(1, "r x ; a x 1"), transaction(2, "r x ; a x 2"), transaction(3, "r x 1,2")];
  test("a lost update is a cycle of one anti-dependency", () => {
    expect(findAnomalies(lost, "read committed")).toEqual([]);
    expect(findAnomalies(lost, "repeatable read")).toContain("G-single: 2 -> 1 -> 2");
  });
  test("circular information flow", () => {
    const circle = [transaction(1, "a x 1; r y 2"), transaction(2, "a y 2; r x 1")];
    expect(findAnomalies(circle, "read committed")).toContain("G1c: 1 -> 2 -> 1");
  });
  test("aborted, intermediate and unordered reads", () => {
    expect(findAnomalies([transaction(1, "a x 1", false), transaction(2, "r x 1")], "read committed")[0]).toMatch(/^G1a/);
    expect(
      findAnomalies([transaction(1, "a x 1; a x 2"), transaction(2, "r x 1"), transaction(3, "r x 1,2")], "read committed")[0],
    ).toMatch(/^G1b/);
    const unordered = [transaction(1, "a x 1"), transaction(2, "a x 2"), transaction(3, "r x 1,2"), transaction(4, "r x 2")];
    expect(findAnomalies(unordered, "read committed")[0]).toMatch(/^incompatible order/);
  });
  test("one after the other is no anomaly", () => {
    const serial = [
      transaction(1, "r x ; a x 1"),
      transaction(2, "r x 1; a x 2; r x 1,2"),
      transaction(3, "r x 1,2; a y 3"),
      transaction(4, "r y 3; r x 1,2"),
    ];
    expect(findAnomalies(serial, "serializable")).toEqual([]);
  });
});

test("what a crash took is told from what it must not take", () => {
  const unknown: ListTransaction = { ...transaction(1, "a x 1; a y 2"), committed: "unknown" };
  const acknowledged = transaction(2, "a x 3");
  const reader = transaction(3, "r x 1");
  const without = new Map([["x", [3]]]);
  expect(resolve([unknown, acknowledged, reader], without).map((t) => [t.id, t.committed])).toEqual([
    [1, false],
    [2, true],
  ]);
  expect(findLosses(resolve([unknown, acknowledged], without), without)).toEqual([]);
  const withAll = new Map([
    ["x", [1, 3]],
    ["y", [2]],
  ]);
  expect(findLosses(resolve([unknown, acknowledged], withAll), withAll)).toEqual([]);
  // Half of a transaction, and an acknowledged append that is gone.
  expect(findLosses(resolve([unknown, acknowledged], new Map([["x", [1]]])), new Map([["x", [1]]])).length).toBe(2);
});
