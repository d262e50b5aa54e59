/**
 * SELECT … FOR UPDATE and weaker: locks the rows that pass, no more than the caller asks for. A row that another transaction holds is
 * waited for (the statement runs again), skipped, or refused.
 */
import { StatusCode } from "../../native/status.js";
import { lockNotAvailable, type Row } from "../../types/index.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import { throwStatus } from "../storage-status.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface LockTarget {
  readonly storage: number;
  readonly name: string;
  readonly column: number;
  /** Rows of several tables: the column that says which, and where a table is stored. */
  readonly tableOid?: number;
  readonly storageOf?: (oid: number) => number;
}

export class LockRowsOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly targets: readonly LockTarget[],
    readonly strength: 0 | 1 | 2 | 3,
    readonly waitPolicy: "block" | "skip" | "error",
  ) {
    super(facts, [input]);
  }

  open(state: RunState): Cursor {
    const cursor = state.open(this.input);
    let pending: Row[] = [];
    let at = 0;
    return {
      next: (hint) => {
        for (;;) {
          if (at >= pending.length) {
            const batch = cursor.next(hint);
            if (batch === null) return null;
            pending = batch;
            at = 0;
          }
          const rows = pending.slice(at, at + Math.max(hint, 1));
          at += rows.length;
          const locked = this.#lock(rows, state);
          if (locked.length > 0) return locked;
        }
      },
      close: () => cursor.close(),
    };
  }

  #lock(rows: Row[], state: RunState): Row[] {
    if (this.waitPolicy === "skip")
      return rows.filter((row) => this.targets.every((t) => this.#tryLock(t, [row], state) !== StatusCode.wait));
    for (const target of this.targets) {
      const status = this.#tryLock(target, rows, state);
      if (status !== StatusCode.wait) continue;
      if (this.waitPolicy === "error") throw lockNotAvailable(target.name);
      throwStatus(state.context, status);
    }
    return rows;
  }

  #tryLock(target: LockTarget, rows: readonly Row[], state: RunState): number {
    const { context } = state;
    if (target.tableOid !== undefined && target.storageOf !== undefined) {
      const { tableOid, storageOf, ...plain } = target;
      const byTable = new Map<number, Row[]>();
      for (const row of rows) {
        const oid = row[tableOid] as number;
        const list = byTable.get(oid);
        if (list === undefined) byTable.set(oid, [row]);
        else list.push(row);
      }
      for (const [oid, own] of byTable) {
        const status = this.#tryLock({ ...plain, storage: storageOf(oid) }, own, state);
        if (status !== StatusCode.ok) return status;
      }
      return StatusCode.ok;
    }
    const rowIds = rows.map((r) => r[target.column] as number | null).filter((id) => id !== null);
    if (rowIds.length === 0) return StatusCode.ok;
    const status = context.native.storage.lockRows(context.engine, context.xid, target.storage, Float64Array.from(rowIds), this.strength);
    if (status !== StatusCode.ok && status !== StatusCode.wait) throwStatus(context, status);
    return status;
  }
}
