/**
 * SELECT … FOR UPDATE and weaker: locks the rows that pass, no more than the caller asks for. A row that another transaction holds is
 * waited for (the statement runs again), skipped, or refused.
 */
import { StatusCode } from "../../native/status.js";
import { lockNotAvailable, type Row } from "../../types/index.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import type { RowRecheck } from "../row-recheck.js";
import { RestartSignal } from "../signals.js";
import { throwStatus } from "../storage-status.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface LockTarget {
  readonly storage: number;
  readonly name: string;
  readonly column: number;
  /** Rows of several tables: the column that says which, and where a table is stored. */
  readonly tableOid?: number;
  readonly tableOf?: (oid: number) => { readonly storage: number; readonly name: string };
}

export class LockRowsOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly targets: readonly LockTarget[],
    readonly strength: 0 | 1 | 2 | 3,
    readonly waitPolicy: "block" | "skip" | "error",
    readonly recheck: RowRecheck | undefined,
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
    if (this.waitPolicy === "skip") return rows.flatMap((row) => this.#lockOrSkip(row, state));
    try {
      return this.#lockSeen(rows, state);
    } catch (error) {
      if (!(error instanceof RestartSignal) || this.recheck === undefined) throw error;
    }
    const judged = this.recheck.judge(rows, this.strength, state);
    if (!("waitsAt" in judged)) return judged.rows.flat();
    if (this.waitPolicy === "error") throw lockNotAvailable(this.#nameOf(judged.waitsAt, judged.table));
    throwStatus(state.context, StatusCode.wait);
  }
  #lockOrSkip(row: Row, state: RunState): readonly Row[] {
    try {
      return this.targets.every((t) => this.#tryLock(t, [row], state) !== StatusCode.wait) ? [row] : [];
    } catch (error) {
      if (!(error instanceof RestartSignal) || this.recheck === undefined) throw error;
    }
    const judged = this.recheck.judge([row], this.strength, state);
    return "waitsAt" in judged ? [] : judged.rows.flat();
  }
  /** The rows as the snapshot sees them. */
  #lockSeen(rows: Row[], state: RunState): Row[] {
    for (const target of this.targets) {
      const status = this.#tryLock(target, rows, state, (name) => {
        if (this.waitPolicy === "error") throw lockNotAvailable(name);
      });
      if (status === StatusCode.wait) throwStatus(state.context, status);
    }
    return rows;
  }
  #nameOf(target: number, table: number): string {
    const { name, tableOf } = this.targets[target] as LockTarget;
    return tableOf === undefined ? name : tableOf(table).name;
  }

  /** `onWait` learns the table of a row that another transaction holds. */
  #tryLock(target: LockTarget, rows: readonly Row[], state: RunState, onWait?: (name: string) => void): number {
    const { context } = state;
    if (target.tableOid !== undefined && target.tableOf !== undefined) {
      const { tableOid, tableOf, ...plain } = target;
      const byTable = new Map<number, Row[]>();
      for (const row of rows) {
        const oid = row[tableOid] as number;
        const list = byTable.get(oid);
        if (list === undefined) byTable.set(oid, [row]);
        else list.push(row);
      }
      for (const [oid, own] of byTable) {
        const { storage, name } = tableOf(oid);
        const status = this.#tryLock({ ...plain, storage, name }, own, state, onWait);
        if (status !== StatusCode.ok) return status;
      }
      return StatusCode.ok;
    }
    const rowIds = rows.map((r) => r[target.column] as number | null).filter((id) => id !== null);
    if (rowIds.length === 0) return StatusCode.ok;
    const status = context.native.storage.lockRows(context.engine, context.xid, target.storage, Float64Array.from(rowIds), this.strength);
    if (status !== StatusCode.ok && status !== StatusCode.wait) throwStatus(context, status);
    if (status === StatusCode.wait) onWait?.(target.name);
    return status;
  }
}
