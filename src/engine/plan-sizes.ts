/**
 * The table sizes that a plan was made for. A prepared statement may outlive them by far: planned over empty tables it would go on without indexes
 * and native pipelines.
 */
import type { Statistics } from "../execution/index.js";
import type { Oid } from "../types/index.js";

/** A plan is made again when one of its tables holds so many times the rows. */
const GROWTH_FACTOR = 10;
/** Below so many rows no choice matters. */
const SMALL_TABLE_ROWS = 100;
/** Tables of a plan that are looked at before each execution: a call of the addon each. */
const WATCHED_TABLES_MAX = 16;

/** Statistics that remember what they said. */
export class PlanSizes implements Statistics {
  readonly #rows = new Map<number, number>();
  #keysAreOrdered: boolean | undefined;
  declare readonly inverted?: NonNullable<Statistics["inverted"]>;
  constructor(readonly statistics: Statistics) {
    if (statistics.inverted !== undefined) this.inverted = statistics.inverted;
  }

  rowCount(storage: number): number {
    const rows = this.statistics.rowCount(storage);
    if (this.#rows.size < WATCHED_TABLES_MAX || this.#rows.has(storage)) this.#rows.set(storage, rows);
    return rows;
  }
  distinctCount(table: Oid, attribute: number): number | undefined {
    return this.statistics.distinctCount?.(table, attribute);
  }
  keysAreOrdered(): boolean {
    this.#keysAreOrdered = this.statistics.keysAreOrdered?.() ?? false;
    return this.#keysAreOrdered;
  }
  get outgrown(): boolean {
    if (this.#keysAreOrdered !== undefined && this.#keysAreOrdered !== this.statistics.keysAreOrdered?.()) return true;
    for (const [storage, rows] of this.#rows)
      if (this.statistics.rowCount(storage) >= GROWTH_FACTOR * Math.max(rows, SMALL_TABLE_ROWS)) return true;
    return false;
  }
}
