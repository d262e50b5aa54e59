/**
 * Where a column reference finds its value.
 *
 * A Layout knows the columns of the row at hand. What it does not know comes from an enclosing plan: a Scope gives such a column
 * a slot of RunState.outer, and whoever opens the inner plan fills the slots first (`parameters`). Each inner plan has a scope of
 * its own, so two consumers of one outer column never overwrite each other's values while both are half way through.
 */
import type { ColumnId, PlanColumn } from "../../plan/index.js";
import { assert } from "../../types/index.js";

export class Layout {
  readonly #access = new Map<ColumnId, string>();

  static of(columns: readonly PlanColumn[], variable = "r"): Layout {
    return new Layout().add(columns, variable);
  }
  add(columns: readonly PlanColumn[], variable: string): Layout {
    columns.forEach((c, i) => this.#access.set(c.id, `${variable}[${i}]`));
    return this;
  }
  set(id: ColumnId, access: string): void {
    this.#access.set(id, access);
  }
  /** The JavaScript that reads the column. */
  access(id: ColumnId): string | undefined {
    return this.#access.get(id);
  }
}

export const emptyLayout = new Layout();

/** Counts what an execution must have room for. */
export class PlanSlots {
  outer = 0;
  cells = 0;
}

export class Scope {
  readonly parameters: { readonly id: ColumnId; readonly slot: number }[] = [];
  readonly #slots = new Map<ColumnId, number>();

  constructor(
    readonly parent: Scope | undefined,
    readonly slots: PlanSlots,
  ) {}

  slotOf(id: ColumnId): number {
    assert(this.parent !== undefined, `a column (${id}) comes from an input or an enclosing plan`);
    let slot = this.#slots.get(id);
    if (slot === undefined) {
      slot = this.slots.outer++;
      this.#slots.set(id, slot);
      this.parameters.push({ id, slot });
    }
    return slot;
  }
  newCell(): number {
    return this.slots.cells++;
  }
}
