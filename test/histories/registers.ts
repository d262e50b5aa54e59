/**
 * Dependencies that registers tell of. A register shows one value, so the order of its values is known in part only: what a write told that it
 * replaced, or its transaction had read before it, or had written itself, comes before what it wrote; INITIAL comes before all. From "v before w":
 * ww from the writer of v to that of w, and rw from who read v to the writer of w (over the ww edges between the two, if there are any).
 */
import { DependencyGraph } from "./dependency-graph.js";
import { findDirtyReads, type History, INITIAL, type Level, type Transaction } from "./history.js";

/** What comes after each value of one register. */
type Successors = Map<number, Set<number>>;

export function addRegisterDependencies(
  history: History,
  level: Level,
  writer: ReadonlyMap<number, Transaction>,
  graph: DependencyGraph,
  anomalies: string[],
): void {
  const orders = versionOrders(history, anomalies);
  findLostUpdates(history, level, anomalies);
  const by = (value: number) => writer.get(value)?.id;
  for (const successors of orders.values())
    for (const [value, later] of successors) {
      const from = by(value);
      if (from === undefined) continue;
      for (const next of later) graph.add(from, by(next) as number, "ww");
    }
  for (const t of history) {
    if (t.committed !== true) continue;
    for (const operation of t.operations) {
      const read = operation.kind === "value" ? operation.value : operation.kind === "write" ? operation.replaced : undefined;
      if (read === undefined) continue;
      if (read !== INITIAL) findDirtyReads(t, operation.key, [read], writer, anomalies);
      const from = by(read);
      if (from === t.id) continue;
      if (from !== undefined) graph.add(from, t.id, "wr");
      for (const next of orders.get(operation.key)?.get(read) ?? []) graph.add(t.id, by(next) as number, "rw");
    }
  }
}

/** Values that come before one another in a circle have no order. */
function versionOrders(history: History, anomalies: string[]): ReadonlyMap<string, Successors> {
  const orders = new Map<string, Successors>();
  for (const t of history) {
    if (t.committed !== true) continue;
    /** The last value of each register that this transaction has seen in it or put there. */
    const known = new Map<string, number>();
    for (const operation of t.operations) {
      if (operation.kind !== "value" && operation.kind !== "write") continue;
      const { key, value } = operation;
      if (operation.kind === "write") {
        const successors: Successors = orders.get(key) ?? new Map();
        orders.set(key, successors);
        for (const before of [INITIAL, known.get(key), operation.replaced])
          if (before !== undefined) successors.set(before, (successors.get(before) ?? new Set()).add(value));
      }
      known.set(key, value);
    }
  }
  for (const [key, successors] of orders) {
    const values = new DependencyGraph();
    for (const [value, later] of successors) for (const next of later) values.add(value, next, "ww");
    const circle = [...values.components(() => true).keys()];
    if (circle.length > 0) anomalies.push(`no order of the values of ${key}: ${circle.join(", ")}`);
  }
  return orders;
}

/** One value is replaced once; above read committed also by one only of those who had read it before they wrote. */
function findLostUpdates(history: History, level: Level, anomalies: string[]): void {
  const replacedBy = new Map<string, number>();
  const claim = (t: Transaction, key: string, value: number): void => {
    const place = `${value} in ${key}`;
    const other = replacedBy.get(place);
    if (other !== undefined && other !== t.id) anomalies.push(`lost update: ${other} and ${t.id} both replaced ${place}`);
    replacedBy.set(place, t.id);
  };
  for (const t of history) {
    if (t.committed !== true) continue;
    const read = new Map<string, number>();
    for (const operation of t.operations) {
      if (operation.kind === "value" && !read.has(operation.key)) read.set(operation.key, operation.value);
      if (operation.kind !== "write") continue;
      const { key, replaced } = operation;
      const before = replaced ?? (level === "read committed" ? undefined : read.get(key));
      if (before !== undefined) claim(t, key, before);
      // From here on it sees its own.
      read.set(key, operation.value);
    }
  }
}
