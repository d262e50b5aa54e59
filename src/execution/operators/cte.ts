/**
 * WITH: a common table is computed at its first read and kept; a recursive one grows until an iteration adds nothing, its recursive
 * term reading the rows of the iteration before. Data-modifying entries run to their end whether read or not.
 */
import type { Datum, Row } from "../../types/index.js";
import { MemoryAccount } from "../memory-account.js";
import { type Cursor, cursorOver, drain, type Operator, type RunState } from "../operator.js";
import type { HashKey } from "../row-keys.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface CommonTablePlan {
  readonly cell: number;
  readonly name: string;
  readonly plan: Operator;
  readonly writes: boolean;
  readonly recursive:
    | { readonly term: Operator; readonly workingCell: number; readonly hash: ((values: readonly Datum[]) => HashKey) | undefined }
    | undefined;
}

/** The rows of a common table, computed when first asked for. */
export class CommonTableRows {
  #rows: Row[] | undefined;
  constructor(
    readonly table: CommonTablePlan,
    readonly state: RunState,
  ) {}
  get rows(): readonly Row[] {
    this.#rows ??= this.#compute();
    return this.#rows;
  }
  #compute(): Row[] {
    const { table, state } = this;
    const account = new MemoryAccount(`common table "${table.name}"`, state);
    const { recursive } = table;
    if (recursive === undefined) {
      const rows = drain(state.open(table.plan));
      for (const row of rows) account.hold(row);
      return rows;
    }
    const seen = new Set<HashKey>();
    const fresh = (rows: Row[]): Row[] => {
      const { hash } = recursive;
      if (hash === undefined) return rows;
      return rows.filter((row) => {
        const key = hash(row);
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      });
    };
    const all: Row[] = [];
    let working = fresh(drain(state.open(table.plan)));
    while (working.length > 0) {
      state.context.checkCancel();
      for (const row of working) {
        account.hold(row);
        all.push(row);
      }
      state.cells[recursive.workingCell] = working;
      working = fresh(drain(state.open(recursive.term)));
    }
    return all;
  }
}

export class WithOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly tables: readonly CommonTablePlan[],
    readonly body: Operator,
  ) {
    super(facts, [body]);
  }
  open(state: RunState): Cursor {
    const opened = this.tables.map((table) => {
      const rows = new CommonTableRows(table, state);
      state.cells[table.cell] = rows;
      return rows;
    });
    // PostgreSQL runs them in no fixed order; ours is the order in which they are written, before the body.
    for (const rows of opened) if (rows.table.writes) void rows.rows;
    return state.open(this.body);
  }
}

export class CteScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly cell: number,
    /** Reads the working table of the recursion that it stands in. */
    readonly working: boolean,
  ) {
    super(facts);
  }
  open(state: RunState): Cursor {
    const content = state.cells[this.cell];
    return cursorOver(this.working ? (content as readonly Row[]) : (content as CommonTableRows).rows);
  }
}
