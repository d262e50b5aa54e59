/**
 * WITH: a common table is computed as it is read and kept; a recursive one grows until an iteration adds nothing, its recursive
 * term reading the rows of the iteration before. Data-modifying entries run to their end whether read or not.
 */
import type { Datum, Row } from "../../types/index.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, type Cursor, cursorOver, drain, type Operator, type RunState } from "../operator.js";
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

/** The rows of a common table, computed as far as somebody reads: `SELECT … LIMIT` ends a recursion that would not end by itself. */
export class CommonTableRows {
  readonly #rows: Row[] = [];
  readonly #account: MemoryAccount;
  #cursor: Cursor | undefined;
  #started = false;
  #ended = false;
  readonly #seen = new Set<HashKey>();
  constructor(
    readonly table: CommonTablePlan,
    readonly state: RunState,
  ) {
    this.#account = new MemoryAccount(`common table "${table.name}"`, state);
  }

  /** All rows. */
  get rows(): readonly Row[] {
    while (this.grow(BATCH_ROWS));
    return this.#rows;
  }
  /** Rows so far; `grow` makes it longer. */
  get known(): readonly Row[] {
    return this.#rows;
  }
  /** Computes some more rows; false when there are no more. */
  grow(hint: number): boolean {
    if (this.#ended) return false;
    const more = this.table.recursive === undefined ? this.#readOn(hint) : this.#iterate(this.table.recursive);
    if (more === null || more.length === 0) {
      this.close();
      return false;
    }
    for (const row of more) {
      this.#account.hold(row);
      this.#rows.push(row);
    }
    return true;
  }
  close(): void {
    this.#ended = true;
    this.#cursor?.close();
    this.#cursor = undefined;
  }

  #readOn(hint: number): Row[] | null {
    this.#cursor ??= this.state.open(this.table.plan);
    return this.#cursor.next(hint);
  }
  #iterate(recursive: NonNullable<CommonTablePlan["recursive"]>): Row[] {
    const { state, table } = this;
    state.context.checkCancel();
    const working = this.#fresh(recursive, drain(state.open(this.#started ? recursive.term : table.plan)));
    this.#started = true;
    state.cells[recursive.workingCell] = working;
    return working;
  }
  /** UNION: rows that were there before do not count. */
  #fresh({ hash }: NonNullable<CommonTablePlan["recursive"]>, rows: Row[]): Row[] {
    if (hash === undefined) return rows;
    return rows.filter((row) => {
      const key = hash(row);
      if (this.#seen.has(key)) return false;
      this.#seen.add(key);
      return true;
    });
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
    const cursor = state.open(this.body);
    return {
      next: (hint) => cursor.next(hint),
      close: () => {
        cursor.close();
        for (const rows of opened) rows.close();
      },
    };
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
    if (this.working) return cursorOver(content as readonly Row[]);
    const table = content as CommonTableRows;
    let at = 0;
    return {
      next(hint) {
        if (at >= table.known.length && !table.grow(hint)) return null;
        const batch = table.known.slice(at, at + Math.max(1, hint));
        at += batch.length;
        return batch;
      },
      close: () => undefined,
    };
  }
}
