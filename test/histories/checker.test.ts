import { describe, expect, test } from "vitest";
import { findAnomalies, findLosses, resolve } from "./checker.js";
import type { Final, Operation, Transaction } from "./history.js";

/** `r x 1,2` reads a list, `a x 3` appends; `g x 1` reads a register, `w x 2` writes it, `w x 2 1` writes it and tells that it replaced 1. */
function transaction(id: number, text: string, committed: Transaction["committed"] = true): Transaction {
  const operations = text.split("; ").map((part): Operation => {
    const [kind, key = "", value = "", replaced] = part.split(" ");
    if (kind === "a") return { kind: "append", key, element: Number(value) };
    if (kind === "g") return { kind: "value", key, value: Number(value) };
    if (kind === "w")
      return { kind: "write", key, value: Number(value), ...(replaced === undefined ? {} : { replaced: Number(replaced) }) };
    return { kind: "elements", key, elements: value === "" ? [] : value.split(",").map(Number) };
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

describe("anomalies in register histories", () => {
  test("write skew is none of snapshot isolation's business", () => {
    const skew = [transaction(1, "g x 0; w y 1"), transaction(2, "g y 0; w x 2")];
    expect(findAnomalies(skew, "repeatable read")).toEqual([]);
    expect(findAnomalies(skew, "serializable")).toContain("G2: 1 -> 2 -> 1");
  });
  test("a lost update: both read the same, both wrote", () => {
    const lost = [transaction(1, "g x 0; w x 1"), transaction(2, "g x 0; w x 2")];
    expect(findAnomalies(lost, "read committed")).toEqual([]);
    expect(findAnomalies(lost, "repeatable read")).toEqual(["lost update: 1 and 2 both replaced 0 in x"]);
    const told = [transaction(1, "w x 1 0"), transaction(2, "w x 2 0")];
    expect(findAnomalies(told, "read committed")).toEqual(["lost update: 1 and 2 both replaced 0 in x"]);
  });
  test("a read of what was replaced, beside one of what came with its successor", () => {
    const skewed = [transaction(1, "w x 1 0; w y 2 0"), transaction(2, "g x 0; g y 2")];
    expect(findAnomalies(skewed, "read committed")).toEqual([]);
    expect(findAnomalies(skewed, "repeatable read")).toEqual(["G-single: 2 -> 1 -> 2"]);
  });
  test("circular information flow, and values that replaced each other", () => {
    expect(findAnomalies([transaction(1, "w x 1; g y 2"), transaction(2, "w y 2; g x 1")], "read committed")).toContain("G1c: 1 -> 2 -> 1");
    expect(findAnomalies([transaction(1, "w x 1 2"), transaction(2, "w x 2 1")], "read committed")[0]).toBe(
      "no order of the values of x: 1, 2",
    );
  });
  test("aborted and intermediate reads", () => {
    expect(findAnomalies([transaction(1, "w x 1", false), transaction(2, "g x 1")], "read committed")[0]).toMatch(/^G1a/);
    expect(findAnomalies([transaction(1, "w x 1; w x 2"), transaction(2, "g x 1")], "read committed")[0]).toMatch(/^G1b/);
    expect(findAnomalies([transaction(1, "g x 7")], "read committed")).toEqual(["transaction 1 read 7 in x, which nobody wrote"]);
  });
  test("one after the other, also with lists, is no anomaly", () => {
    const serial = [
      transaction(1, "g x 0; w x 1; g x 1"),
      transaction(2, "w x 2 1; a l 7"),
      transaction(3, "g x 2; r l 7; w x 3; w x 4 3"),
      transaction(4, "w x 5; r l 7"),
      transaction(5, "g x 5; a l 8"),
    ];
    expect(findAnomalies(serial, "serializable")).toEqual([]);
  });
  test("a cycle through a list and a register", () => {
    const mixed = [transaction(1, "g x 0; a l 1"), transaction(2, "r l ; w x 2"), transaction(3, "r l 1")];
    expect(findAnomalies(mixed, "repeatable read")).toEqual([]);
    expect(findAnomalies(mixed, "serializable")).toContain("G2: 1 -> 2 -> 1");
  });
});

test("what a crash took is told from what it must not take", () => {
  const unknown = transaction(1, "a x 1; a y 2; w v 9", "unknown");
  const acknowledged = transaction(2, "a x 3");
  const readers = [transaction(3, "r x 1"), transaction(4, "g v 9")];
  const final = (lists: Record<string, number[]>, witnesses: number[], v = 0): Final => ({
    lists: new Map(Object.entries(lists)),
    registers: new Map([["v", v]]),
    witnesses: new Set(witnesses),
  });
  const without = final({ x: [3] }, [2]);
  expect(resolve([unknown, acknowledged, ...readers], without).map((t) => [t.id, t.committed])).toEqual([
    [1, false],
    [2, true],
  ]);
  expect(findLosses(resolve([unknown, acknowledged], without), without)).toEqual([]);
  const withAll = final({ x: [1, 3], y: [2] }, [1, 2], 9);
  expect(findLosses(resolve([unknown, acknowledged], withAll), withAll)).toEqual([]);
  // Half of a transaction, an acknowledged append that is gone with its witness, a value of nobody.
  const broken = final({ x: [1] }, [1], 5);
  expect(findLosses(resolve([unknown, acknowledged], broken), broken)).toEqual([
    "2 in y of transaction 1, which committed, is gone",
    "the witness of transaction 2, which committed, is gone",
    "3 in x of transaction 2, which committed, is gone",
    "5 in v is of no transaction that committed",
  ]);
});
