/**
 * Finds anomalies in histories of list-append transactions by cycles in the dependency graph.
 * Sources: Adya, Liskov, O'Neil, "Generalized Isolation Level Definitions" (ICDE 2000); Kingsbury, Alvaro, "Elle" (VLDB 2020).
 *
 * Every element is appended once, so a list that was read tells the order of all appends to its key. Edges: ww from the append of one element
 * to that of the next, wr from the append of the last element read to the reader, rw from a reader to the append of the first element it did
 * not see. A register is a list of which only the last element is kept: `blind` writes are not part of the workload.
 */
export interface ListOperation {
  readonly key: string;
  /** An append, or what a read gave. */
  readonly append?: number;
  readonly read?: readonly number[];
}
export interface ListTransaction {
  readonly id: number;
  /** "unknown": the server died before it answered. */
  readonly committed: boolean | "unknown";
  readonly operations: readonly ListOperation[];
}
/** What the level forbids: serializable no cycle, snapshot none with fewer than two rw edges, committed none of ww and wr alone. */
export type Level = "serializable" | "repeatable read" | "read committed";
type EdgeKind = "ww" | "wr" | "rw";
type Follows = (kinds: ReadonlySet<EdgeKind>) => boolean;
type Graph = Map<number, Map<number, Set<EdgeKind>>>;

/**
 * Transactions of unknown end have committed when the last word on the lists, `final`, has what they appended: all of it, or nothing. Who only read
 * may have been told of a commit a moment before the crash took it (docs/adr/0002): such answers are left out.
 */
export function resolve(history: readonly ListTransaction[], final: ReadonlyMap<string, readonly number[]>): ListTransaction[] {
  const lost = new Set<number>();
  const resolved = history.map((t): ListTransaction => {
    if (t.committed !== "unknown") return t;
    const committed = t.operations.some((o) => o.append !== undefined && final.get(o.key)?.includes(o.append) === true);
    if (!committed) for (const { append } of t.operations) if (append !== undefined) lost.add(append);
    return { ...t, committed };
  });
  const onlyReads = (t: ListTransaction) => t.operations.every((o) => o.append === undefined);
  return resolved.filter((t) => !onlyReads(t) || !t.operations.some((o) => o.read?.some((element) => lost.has(element)) === true));
}
/** What was acknowledged is in the lists, and of no transaction a part. */
export function findLosses(history: readonly ListTransaction[], final: ReadonlyMap<string, readonly number[]>): string[] {
  return history.flatMap((t) =>
    t.operations.flatMap(({ key, append }) =>
      append === undefined || (final.get(key)?.includes(append) === true) === (t.committed === true)
        ? []
        : [`${append} of transaction ${t.id}, which ${t.committed === true ? "committed, is not" : "did not commit, is"} in ${key}`],
    ),
  );
}

/** One line per anomaly; empty: none that the level forbids. */
export function findAnomalies(history: readonly ListTransaction[], level: Level): string[] {
  const anomalies: string[] = [];
  const writerOf = new Map<number, ListTransaction>();
  for (const t of history) for (const o of t.operations) if (o.append !== undefined) writerOf.set(o.append, t);
  const orders = versionOrders(history, writerOf, anomalies);
  const graph = dependencies(history, writerOf, orders);
  const isWriteOrRead = (kinds: ReadonlySet<EdgeKind>) => kinds.has("ww") || kinds.has("wr");
  const any = () => true;
  const cycle = (kind: string, path: readonly number[] | undefined) => {
    if (path !== undefined) anomalies.push(`${kind}: ${path.join(" -> ")}`);
  };
  for (const id of components(graph, isWriteOrRead).keys()) cycle("G1c", pathBetween(graph, id, id, isWriteOrRead));
  if (level === "read committed") return anomalies;
  const component = components(graph, any);
  const edges = [...graph].flatMap(([from, targets]) =>
    [...targets]
      .filter(([to, kinds]) => kinds.has("rw") && component.has(from) && component.get(from) === component.get(to))
      .map(([to]) => [from, to] as const),
  );
  for (const [from, to] of edges) {
    const back = pathBetween(graph, to, from, level === "serializable" ? any : isWriteOrRead);
    cycle(level === "serializable" ? "G2" : "G-single", back === undefined ? undefined : [from, ...back]);
  }
  return anomalies;
}

/** The order of the appends to each key: the longest list read. Two lists of which neither begins with the other have no order. */
function versionOrders(
  history: readonly ListTransaction[],
  writerOf: ReadonlyMap<number, ListTransaction>,
  anomalies: string[],
): Map<string, readonly number[]> {
  const longest = new Map<string, readonly number[]>();
  for (const t of history) {
    if (t.committed !== true) continue;
    for (const { key, read } of t.operations) {
      if (read === undefined) continue;
      const known = longest.get(key) ?? [];
      const [short, long] = read.length < known.length ? [read, known] : [known, read];
      if (!short.every((element, i) => long[i] === element)) anomalies.push(`incompatible order of ${key}: ${short} and ${long}`);
      longest.set(key, long);
      for (const element of read) {
        const writer = writerOf.get(element);
        if (writer === undefined) anomalies.push(`transaction ${t.id} read ${element}, which nobody wrote`);
        else if (writer.committed !== true)
          anomalies.push(`G1a: transaction ${t.id} read ${element} of ${writer.id}, which did not commit`);
      }
      checkIntermediate(t, key, read, writerOf, anomalies);
    }
  }
  return longest;
}

/** G1b: a read must not end between two appends of one other transaction. */
function checkIntermediate(
  t: ListTransaction,
  key: string,
  read: readonly number[],
  writerOf: ReadonlyMap<number, ListTransaction>,
  anomalies: string[],
): void {
  const last = read.at(-1);
  const writer = last === undefined ? undefined : writerOf.get(last);
  if (writer === undefined || writer === t) return;
  const own = writer.operations.filter((o) => o.key === key && o.append !== undefined).map((o) => o.append);
  if (own.at(-1) !== last) anomalies.push(`G1b: transaction ${t.id} read ${key} in the middle of ${writer.id}`);
}

function dependencies(
  history: readonly ListTransaction[],
  writerOf: ReadonlyMap<number, ListTransaction>,
  orders: ReadonlyMap<string, readonly number[]>,
): Graph {
  const graph: Graph = new Map();
  const add = (from: number | undefined, to: number | undefined, kind: EdgeKind): void => {
    if (from === undefined || to === undefined || from === to) return;
    const targets = graph.get(from) ?? new Map<number, Set<EdgeKind>>();
    graph.set(from, targets);
    targets.set(to, (targets.get(to) ?? new Set()).add(kind));
  };
  const writer = (element: number | undefined) => (element === undefined ? undefined : writerOf.get(element)?.id);
  for (const order of orders.values()) for (let i = 1; i < order.length; i++) add(writer(order[i - 1]), writer(order[i]), "ww");
  for (const t of history) {
    if (t.committed !== true) continue;
    for (const { key, read } of t.operations) {
      if (read === undefined) continue;
      // What it appended itself is not somebody else's version.
      const others = read.filter((element) => writer(element) !== t.id);
      add(writer(others.at(-1)), t.id, "wr");
      const order = orders.get(key) ?? [];
      add(t.id, writer(order.slice(read.length).find((element) => writer(element) !== t.id)), "rw");
    }
  }
  return graph;
}

/**
 * The strongly connected component of every node that lies on a cycle of edges that `follows` accepts: only there is one to be searched for.
 * Source: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), with a stack of its own.
 */
function components(graph: Graph, follows: Follows): ReadonlyMap<number, number> {
  const component = new Map<number, number>();
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();
  for (const root of graph.keys()) {
    if (order.has(root)) continue;
    const path: { readonly node: number; readonly targets: Iterator<number> }[] = [];
    const enter = (node: number): void => {
      order.set(node, order.size);
      low.set(node, order.get(node) as number);
      open.push(node);
      isOpen.add(node);
      const targets = [...(graph.get(node) ?? [])].filter(([, kinds]) => follows(kinds)).map(([target]) => target);
      path.push({ node, targets: targets.values() });
    };
    const lower = (node: number, to: number | undefined): void => {
      if (to !== undefined && to < (low.get(node) as number)) low.set(node, to);
    };
    enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { value: target, done } = top.targets.next();
      if (done !== true) {
        if (!order.has(target)) enter(target);
        else if (isOpen.has(target)) lower(top.node, order.get(target));
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, low.get(top.node));
      if (low.get(top.node) !== order.get(top.node)) continue;
      const members = open.splice(open.lastIndexOf(top.node));
      for (const member of members) {
        isOpen.delete(member);
        if (members.length > 1) component.set(member, top.node);
      }
    }
  }
  return component;
}

/** Nodes from `from` to `to` over edges that `follows` accepts; breadth first. */
function pathBetween(graph: Graph, from: number, to: number, follows: Follows): readonly number[] | undefined {
  const before = new Map<number, number>();
  let front = [from];
  while (front.length > 0) {
    const next: number[] = [];
    for (const at of front)
      for (const [target, kinds] of graph.get(at) ?? []) {
        if (!follows(kinds) || (before.has(target) && target !== to)) continue;
        if (!before.has(target)) before.set(target, at);
        if (target !== to) {
          next.push(target);
          continue;
        }
        const path = [to];
        for (let back = at; ; back = before.get(back) as number) {
          path.unshift(back);
          if (back === from) return path;
        }
      }
    front = next;
  }
  return undefined;
}
