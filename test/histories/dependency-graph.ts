/**
 * Dependencies between transactions and the cycles in them.
 * Sources: Adya, Liskov, O'Neil, "Generalized Isolation Level Definitions" (ICDE 2000); Kingsbury, Alvaro, "Elle" (VLDB 2020).
 */
import type { Level } from "./history.js";

/** The one overwrote the other's version (ww), read it (wr), or read what the other put an end to (rw). */
export type EdgeKind = "ww" | "wr" | "rw";
type Follows = (kinds: ReadonlySet<EdgeKind>) => boolean;

export class DependencyGraph {
  private readonly targets = new Map<number, Map<number, Set<EdgeKind>>>();

  add(from: number, to: number, kind: EdgeKind): void {
    if (from === to) return;
    const targets = this.targets.get(from) ?? new Map<number, Set<EdgeKind>>();
    this.targets.set(from, targets);
    targets.set(to, (targets.get(to) ?? new Set()).add(kind));
  }

  /** One line for each cycle found of those that the level forbids. */
  cycles(level: Level): string[] {
    const found: string[] = [];
    const tell = (kind: string, path: readonly number[] | undefined) => {
      if (path !== undefined) found.push(`${kind}: ${path.join(" -> ")}`);
    };
    const isWriteOrRead: Follows = (kinds) => kinds.has("ww") || kinds.has("wr");
    const any: Follows = () => true;
    for (const id of this.components(isWriteOrRead).keys()) tell("G1c", this.pathBetween(id, id, isWriteOrRead));
    if (level === "read committed") return found;
    const component = this.components(any);
    for (const [from, targets] of this.targets) {
      for (const [to, kinds] of targets) {
        if (!kinds.has("rw") || !component.has(from) || component.get(from) !== component.get(to)) continue;
        const back = this.pathBetween(to, from, level === "serializable" ? any : isWriteOrRead);
        tell(level === "serializable" ? "G2" : "G-single", back === undefined ? undefined : [from, ...back]);
      }
    }
    return found;
  }

  /**
   * The strongly connected component of every node that lies on a cycle of edges that `follows` accepts: only there is one to be searched for.
   * Source: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), with a stack of its own.
   */
  components(follows: Follows): ReadonlyMap<number, number> {
    const component = new Map<number, number>();
    const order = new Map<number, number>();
    const low = new Map<number, number>();
    const open: number[] = [];
    const isOpen = new Set<number>();
    for (const root of this.targets.keys()) {
      if (order.has(root)) continue;
      const path: { readonly node: number; readonly targets: Iterator<number> }[] = [];
      const enter = (node: number): void => {
        order.set(node, order.size);
        low.set(node, order.get(node) as number);
        open.push(node);
        isOpen.add(node);
        const targets = [...(this.targets.get(node) ?? [])].filter(([, kinds]) => follows(kinds)).map(([target]) => target);
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
  private pathBetween(from: number, to: number, follows: Follows): readonly number[] | undefined {
    const before = new Map<number, number>();
    let front = [from];
    while (front.length > 0) {
      const next: number[] = [];
      for (const at of front)
        for (const [target, kinds] of this.targets.get(at) ?? []) {
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
}
