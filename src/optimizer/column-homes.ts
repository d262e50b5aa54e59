/**
 * Which side of a join a column is of, without a set of the side's columns: the trees of a statement with thousands of joins would fill as many
 * sets with up to all of its columns. Nodes are numbered from the leaves on; a subtree is a range of numbers, and a column's home is the deepest
 * node that makes it.
 */
import type { ColumnId, LogicalPlan } from "../plan/index.js";
import { inputsOf } from "./walk.js";

interface Range {
  readonly first: number;
  readonly last: number;
}

export class ColumnHomes {
  readonly #ranges = new Map<LogicalPlan, Range>();
  readonly #homes = new Map<ColumnId, number>();
  #count = 0;

  /** Numbers a tree at once, before its parts are asked for one by one from below. */
  add(plan: LogicalPlan): void {
    if (!this.#ranges.has(plan)) this.#number(plan);
  }

  /** Does a node of `plan` make the column? For columns that can be seen above `plan`: that is, is it one of plan.columns. */
  makes(plan: LogicalPlan, id: ColumnId): boolean {
    const { first, last } = this.#ranges.get(plan) ?? this.#number(plan);
    const home = this.#homes.get(id);
    return home !== undefined && first <= home && home <= last;
  }

  /** A tree that was not seen before, as a rule makes them: what it shares with another tree has its home in this one from now on. */
  #number(plan: LogicalPlan): Range {
    const first = this.#count;
    const inputs = inputsOf(plan);
    for (const input of inputs) this.#number(input);
    const number = this.#count++;
    // A join makes no columns, and its list is as long as all of its tables'.
    if (plan.kind !== "Join")
      for (const { id } of plan.columns) {
        const home = this.#homes.get(id);
        if (home === undefined || home < first) this.#homes.set(id, number);
      }
    const range = { first, last: number };
    this.#ranges.set(plan, range);
    return range;
  }
}
