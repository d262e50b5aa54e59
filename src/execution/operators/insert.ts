/**
 * INSERT, with ON CONFLICT. The source is read to its end first, then the rows go to storage in blocks.
 *
 * ON CONFLICT looks the proposed keys up in the arbiter indexes before it inserts. A row that a concurrent transaction commits in
 * between makes the insert collide: the statement runs again and finds it.
 */
import type { IndexObject, TableObject } from "../../catalog/index.js";
import type { Expression } from "../../plan/index.js";
import { affectRowTwice, type Datum, type Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { Evaluate, EvaluateRow } from "../expression/compiler.js";
import { insertBlocks } from "../native-pipeline/modify.js";
import type { NativePlan } from "../native-pipeline/plan.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type Operator, type RunState, type Steps } from "../operator.js";
import { PartitionedWriter } from "../partitioned-writer.js";
import type { TableReader } from "../table-reader.js";
import type { CompiledCheck, Refusal, TableWriter } from "../table-writer.js";
import { Arbiter, judgesExisting, withExisting } from "./arbiter.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";
import { resolveInPartitions } from "./insert-conflict-partitions.js";

/** Over the existing and the proposed row. */
export type PairEvaluate = (existing: Row, proposed: Row, state: RunState) => Datum;

export interface ConflictPlan {
  readonly action: "nothing" | "update";
  readonly arbiters: readonly IndexObject[];
  /** Of one partition of a partitioned table. */
  readonly arbitersOf: (leaf: TableObject) => readonly IndexObject[];
  readonly reader: TableReader;
  readonly assignments: readonly { readonly index: number; readonly value: PairEvaluate }[];
  readonly where: PairEvaluate | undefined;
  /** Policies and conditions of views that the row that is there must meet. */
  readonly existingChecks: readonly CompiledCheck[];
}

export class InsertOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly writer: TableWriter,
    readonly source: Operator,
    /** Attribute index of each source column. */
    readonly targets: readonly number[],
    readonly defaults: readonly { readonly index: number; readonly expression: Expression; readonly evaluate: Evaluate }[],
    readonly conflict: ConflictPlan | undefined,
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    /** The source in the table's layout, for rows that need nothing done to them. */
    readonly native?: NativePlan,
  ) {
    super(facts, [source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const { writer, targets, defaults, returning } = this;
    if (this.native !== undefined) {
      const inserted = yield* insertBlocks(this.native, writer, state);
      if (inserted !== undefined) {
        if (this.isTop) state.affectedRows += inserted;
        return [];
      }
    }
    const width = writer.table.attributes.length;
    const source = yield* drainInSteps(state.open(this.source), memory, 2);
    const rows: Row[] = new Array<Row>(source.length);
    let refusal: Refusal | undefined;
    for (let i = 0; i < source.length; i++) {
      const given = source[i] as Row;
      const row: Row = new Array<Datum>(width).fill(null);
      for (let c = 0; c < targets.length; c++) row[targets[c] as number] = given[c] as Datum;
      for (const d of defaults) row[d.index] = d.evaluate(row, state);
      try {
        writer.prepare(row, state);
      } catch (error) {
        // PostgreSQL goes row by row: what is wrong with the rows before is told first.
        rows.length = i;
        yield* this.#write(rows, state);
        throw error;
      }
      rows[i] = row;
      // With ON CONFLICT it shows later which rows are inserted.
      if (this.conflict === undefined) refusal = writer.viewRefusal(row, state);
      if (refusal !== undefined) {
        rows.length = i + 1;
        break;
      }
      if ((i + 1) % BATCH_ROWS === 0) yield;
    }
    const { affected, existing } = yield* this.#write(rows, state);
    if (refusal !== undefined) throw refusal.error;
    if (this.isTop) state.affectedRows += affected.length;
    if (returning === undefined) return [];
    if (existing === undefined) return yield* mapInSteps(affected, (row) => returning(writer.returned(row), state));
    const none: Row = new Array<Datum>(width).fill(null);
    return yield* mapInSteps(affected, (row, i) => returning(row.concat(existing[i] ?? none), state));
  }

  *#write(rows: readonly Row[], state: RunState): Steps<Resolved> {
    if (this.conflict !== undefined) return yield* this.#resolve(rows, this.conflict, state);
    yield* this.writer.insertInSteps(rows, state);
    return { affected: rows };
  }

  *#resolve(rows: readonly Row[], conflict: ConflictPlan, state: RunState): Steps<Resolved> {
    const { writer } = this;
    if (writer instanceof PartitionedWriter) return { affected: yield* resolveInPartitions(rows, conflict, writer, state) };
    const arbiters = conflict.arbiters.map((index) => new Arbiter(index, writer));
    for (const arbiter of arbiters) yield* arbiter.find(rows, conflict.reader, state);
    return yield* withExisting(arbiters, conflict.reader, judgesExisting(conflict), state, (reevaluated) =>
      this.#apply(rows, arbiters, conflict, reevaluated, state),
    );
  }
  *#apply(
    rows: readonly Row[],
    arbiters: readonly Arbiter[],
    conflict: ConflictPlan,
    reevaluated: boolean,
    state: RunState,
  ): Steps<Resolved> {
    const { writer } = this;
    const inserts: Row[] = [];
    const rowIds: number[] = [];
    const oldRows: Row[] = [];
    const newRows: Row[] = [];
    const affected: Row[] = [];
    const replaced: (Row | undefined)[] = [];
    const touched = new Set<number>();
    let refusal: Refusal | undefined;
    for (let i = 0; i < rows.length; i++) {
      if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
      const row = rows[i] as Row;
      const existing = arbiters.map((a) => a.existing(i)).find((e) => e !== undefined);
      const repeated = existing === undefined && arbiters.some((a) => a.wasProposed(i));
      if (conflict.action === "nothing") {
        if (existing !== undefined || repeated) continue;
      } else if (repeated) throw affectRowTwice();
      if (existing === undefined) {
        for (const arbiter of arbiters) arbiter.propose(i);
        inserts.push(row);
        affected.push(row);
        replaced.push(undefined);
        refusal = writer.viewRefusal(row, state);
        if (refusal !== undefined) break;
        continue;
      }
      if (touched.has(existing.rowId)) throw affectRowTwice();
      touched.add(existing.rowId);
      writer.checkRow(existing.row, state, conflict.existingChecks, "view");
      if (conflict.where !== undefined && conflict.where(existing.row, row, state) !== true) continue;
      writer.checkRow(existing.row, state, conflict.existingChecks, "policy");
      const updated = [...existing.row];
      for (const a of conflict.assignments) updated[a.index] = a.value(existing.row, row, state);
      writer.prepare(updated, state, writer.updateChecks);
      rowIds.push(existing.rowId);
      oldRows.push(existing.row);
      newRows.push(updated);
      affected.push(updated);
      replaced.push(existing.row);
      refusal = writer.viewRefusal(updated, state, writer.updateChecks);
      if (refusal !== undefined) break;
    }
    // Updates first: where one meets a changed row nothing was inserted yet.
    if (rowIds.length > 0)
      yield* writer.updateInSteps(
        rowIds,
        oldRows,
        newRows,
        conflict.assignments.map((a) => a.index),
        state,
        reevaluated,
      );
    if (inserts.length > 0) yield* writer.insertInSteps(inserts, state, conflict.arbiters);
    if (refusal !== undefined) throw refusal.error;
    return { affected, existing: replaced };
  }
}

/** Rows that were written; `existing`: which one each replaced. */
interface Resolved {
  readonly affected: readonly Row[];
  readonly existing?: readonly (Row | undefined)[];
}
