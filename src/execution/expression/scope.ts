/**
 * Where a column reference finds its value.
 *
 * A Layout knows the columns of the row at hand. What it does not know comes from an enclosing plan: a Scope gives such a column
 * a slot of RunState.outer, and whoever opens the inner plan fills the slots first (`parameters`). Each inner plan has a scope of
 * its own, so two consumers of one outer column never overwrite each other's values while both are half way through.
 */
import type { ColumnId, PlanColumn } from "../../plan/index.js";
import { assert } from "../../types/index.js";

/** So many columns are looked for one by one: a join of thousands asks for two of them. */
const SEARCHED_BEFORE_INDEX = 4;

export class Layout {
  readonly #access = new Map<ColumnId, string>();
  #rows: { readonly columns: readonly PlanColumn[]; readonly variable: string }[] = [];
  #searched = 0;

  static of(columns: readonly PlanColumn[], variable = "r"): Layout {
    return new Layout().add(columns, variable);
  }
  add(columns: readonly PlanColumn[], variable: string): Layout {
    this.#rows.push({ columns, variable });
    return this;
  }
  set(id: ColumnId, access: string): void {
    this.#indexRows();
    this.#access.set(id, access);
  }
  /** The JavaScript that reads the column. */
  access(id: ColumnId): string | undefined {
    if (this.#rows.length > 0) {
      if (this.#searched++ < SEARCHED_BEFORE_INDEX) return this.#search(id) ?? this.#access.get(id);
      this.#indexRows();
    }
    return this.#access.get(id);
  }
  /** What was added last hides what was added before, as in the index. */
  #search(id: ColumnId): string | undefined {
    for (const { columns, variable } of this.#rows.toReversed()) {
      const place = columns.findLastIndex((c) => c.id === id);
      if (place >= 0) return `${variable}[${place}]`;
    }
    return undefined;
  }
  #indexRows(): void {
    for (const { columns, variable } of this.#rows) columns.forEach((c, i) => this.#access.set(c.id, `${variable}[${i}]`));
    this.#rows = [];
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
