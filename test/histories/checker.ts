/** Finds anomalies in histories by cycles in the dependency graph, and losses by what is there at the end. */
import { DependencyGraph } from "./dependency-graph.js";
import { type Final, type History, INITIAL, type Level, seen, type Transaction, writers, writes, written } from "./history.js";
import { addListDependencies } from "./list-append.js";
import { addRegisterDependencies } from "./registers.js";

/** One line per anomaly; empty: none that the level forbids. */
export function findAnomalies(history: History, level: Level): string[] {
  const anomalies: string[] = [];
  const writer = writers(history);
  const graph = new DependencyGraph();
  addListDependencies(history, writer, graph, anomalies);
  addRegisterDependencies(history, level, writer, graph, anomalies);
  return [...anomalies, ...graph.cycles(level)];
}

/**
 * Transactions of unknown end have committed when their witness is there. Who only read may have been told of a commit a moment before the crash took
 * it (docs/adr/0002): such answers are left out.
 */
export function resolve(history: History, final: Final): Transaction[] {
  const lost = new Set<number>();
  const resolved = history.map((t): Transaction => {
    if (t.committed !== "unknown") return t;
    const committed = final.witnesses.has(t.id);
    if (!committed) for (const operation of t.operations) lost.add(written(operation) ?? INITIAL);
    return { ...t, committed };
  });
  lost.delete(INITIAL);
  return resolved.filter((t) => writes(t) || !t.operations.some((o) => seen(o).some((value) => lost.has(value))));
}

/** What was acknowledged is there, and of no transaction a part. */
export function findLosses(history: History, final: Final): string[] {
  const losses: string[] = [];
  const expect = (t: Transaction, isThere: boolean, what: string): void => {
    if (isThere === (t.committed === true)) return;
    losses.push(`${what} of transaction ${t.id}, which ${isThere ? "did not commit, is there" : "committed, is gone"}`);
  };
  const elements = new Map([...final.lists].map(([key, list]) => [key, new Set(list)]));
  for (const t of history) {
    if (writes(t)) expect(t, final.witnesses.has(t.id), "the witness");
    for (const operation of t.operations)
      if (operation.kind === "append")
        expect(t, elements.get(operation.key)?.has(operation.element) === true, `${operation.element} in ${operation.key}`);
  }
  const writer = writers(history);
  for (const [key, value] of final.registers)
    if (value !== INITIAL && writer.get(value)?.committed !== true) losses.push(`${value} in ${key} is of no transaction that committed`);
  return losses;
}
