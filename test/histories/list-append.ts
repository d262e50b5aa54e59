/**
 * Dependencies that lists tell of. Every element is appended once, so a list that was read tells the order of all appends to its key. Edges: ww from
 * the append of one element to that of the next, wr from the append of the last element read to the reader, rw from a reader to the append of the
 * first element that it did not see.
 */
import type { DependencyGraph } from "./dependency-graph.js";
import { findDirtyReads, type History, type Transaction } from "./history.js";

export function addListDependencies(
  history: History,
  writer: ReadonlyMap<number, Transaction>,
  graph: DependencyGraph,
  anomalies: string[],
): void {
  const orders = versionOrders(history, writer, anomalies);
  const add = (from: number | undefined, to: number | undefined, kind: "ww" | "wr" | "rw"): void => {
    if (from !== undefined && to !== undefined) graph.add(from, to, kind);
  };
  const by = (element: number | undefined) => (element === undefined ? undefined : writer.get(element)?.id);
  for (const order of orders.values()) for (let i = 1; i < order.length; i++) add(by(order[i - 1]), by(order[i]), "ww");
  for (const t of history) {
    if (t.committed !== true) continue;
    for (const operation of t.operations) {
      if (operation.kind !== "elements") continue;
      const { key, elements } = operation;
      // What it appended itself is not somebody else's version.
      add(by(elements.findLast((element) => by(element) !== t.id)), t.id, "wr");
      const order = orders.get(key) ?? [];
      let next = elements.length;
      while (next < order.length && by(order[next]) === t.id) next++;
      add(t.id, by(order[next]), "rw");
    }
  }
}

/** The order of the appends to each key: the longest list read. Two lists of which neither begins with the other have no order. */
function versionOrders(history: History, writer: ReadonlyMap<number, Transaction>, anomalies: string[]): Map<string, readonly number[]> {
  const longest = new Map<string, readonly number[]>();
  for (const t of history) {
    if (t.committed !== true) continue;
    for (const operation of t.operations) {
      if (operation.kind !== "elements") continue;
      const { key, elements } = operation;
      const known = longest.get(key) ?? [];
      const [short, long] = elements.length < known.length ? [elements, known] : [known, elements];
      if (!short.every((element, i) => long[i] === element)) anomalies.push(`incompatible order of ${key}: ${short} and ${long}`);
      longest.set(key, long);
      findDirtyReads(t, key, elements, writer, anomalies);
    }
  }
  return longest;
}
