/**
 * MERGE into a table with partitions or children. The pairs are read to their end first, each meets the first WHEN clause that fits; then
 * neighbours of one clause and one table are changed together, in that table's own layout. New rows go to the named table or, where it is
 * partitioned, to the partition that their key leads to.
 */
import { type Datum, mergeAffectsTwice, type Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { EvaluateRow } from "../expression/compiler.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type RunState, type Steps } from "../operator.js";
import { PartitionedWriter } from "../partitioned-writer.js";
import type { RowRecheck } from "../row-recheck.js";
import type { CompiledCheck, TableWriter } from "../table-writer.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";
import { clauseFor, type MergeWhenPlan, settledPairs } from "./merge.js";
import { changedRow, rowsToChange, type TreeSource, type TreeTable } from "./tree-modify.js";

interface Run {
  readonly when: MergeWhenPlan;
  /** undefined: of new rows. */
  readonly tree: TreeTable | undefined;
  readonly pairs: Row[];
}

export class TreeMergeOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly tree: TreeSource,
    readonly markerColumn: number | undefined,
    readonly whens: readonly MergeWhenPlan[],
    /** The named table's writer: takes new rows, and what policies want of them. */
    readonly root: TableWriter,
    readonly existingChecks: Readonly<Record<"update" | "delete", readonly CompiledCheck[]>>,
    /** Over the row as it is now (deleted: as it was), the pair, the row's table, the row as it is now (deleted: NULLs) and the action. */
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
  ) {
    super(facts, [tree.source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const { rowIdColumn, tableOidColumn } = this.tree;
    const runs: Run[] = [];
    const touched = new Map<number, Set<number>>();
    let count = 0;
    const sources = yield* drainInSteps(state.open(this.tree.source), memory, 3);
    const { pairs, reevaluated } = yield* settledPairs(sources, this.recheck, rowIdColumn, state, (pair) =>
      clauseFor(this.whens, pair, rowIdColumn, this.markerColumn, state),
    );
    for (const [i, pair] of pairs.entries()) {
      if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
      const when = clauseFor(this.whens, pair, rowIdColumn, this.markerColumn, state);
      if (when === undefined || when.action.kind === "nothing") continue;
      count++;
      const rowId = pair[rowIdColumn] as number | null;
      let tree: TreeTable | undefined;
      if (rowId !== null) {
        const oid = pair[tableOidColumn] as number;
        const ids = touched.get(oid) ?? new Set();
        if (ids.has(rowId)) throw mergeAffectsTwice();
        touched.set(oid, ids.add(rowId));
        tree = this.tree.tableOf(oid);
      }
      const last = runs.at(-1);
      if (last?.when === when && last.tree === tree) last.pairs.push(pair);
      else runs.push({ when, tree, pairs: [pair] });
    }
    const returned: Row[] = [];
    for (const run of runs) yield* this.#apply(run, returned, reevaluated, state);
    if (this.isTop) state.affectedRows += count;
    const { returning } = this;
    return returning === undefined ? [] : yield* mapInSteps(returned, (row) => returning(row, state));
  }

  *#apply(run: Run, returned: Row[], reevaluated: boolean, state: RunState): Steps<void> {
    const { action } = run.when;
    const { root } = this;
    const width = root.table.attributes.length;
    const give = (now: Row, pair: Row, oid: number): void => {
      if (this.returning === undefined) return;
      const after = action.kind === "delete" ? new Array<Datum>(width).fill(null) : now;
      returned.push([...now, ...pair, oid, ...after, action.kind.toUpperCase()]);
    };
    if (run.tree === undefined) {
      if (!("values" in action)) return;
      const rows = yield* mapInSteps(run.pairs, (pair) => {
        const row: Row = new Array<Datum>(width).fill(null);
        for (const { index, value } of action.values) row[index] = value(pair, state);
        root.prepare(row, state);
        return row;
      });
      yield* root.insertInSteps(rows, state);
      rows.forEach((row, i) => give(row, run.pairs[i] as Row, this.#placeOf(row)));
      return;
    }
    const { tree } = run;
    const ids = run.pairs.map((pair) => pair[this.tree.rowIdColumn] as number);
    const old = yield* rowsToChange(tree, ids, reevaluated, state);
    const shownAs = (row: Row): Row => (tree.toRoot === undefined ? row : tree.toRoot(row));
    if (action.kind === "update" || action.kind === "delete") {
      const checks = this.existingChecks[action.kind];
      if (checks.length > 0) for (const row of old) root.checkRow(shownAs(row), state, checks);
    }
    if (!("values" in action)) {
      yield* tree.writer.deleteInSteps(ids, old, state, reevaluated);
      run.pairs.forEach((pair, i) => give(shownAs(old[i] as Row), pair, tree.table.oid));
      return;
    }
    const mover = root instanceof PartitionedWriter ? root : undefined;
    const changes = yield* mapInSteps(run.pairs, (pair, i) => changedRow(tree, old[i] as Row, action.values, pair, mover, state));
    for (const { shown } of changes) if (root.updateChecks.length > 0) root.checkRow(shown, state, root.updateChecks);
    const changed = action.values.map((a) => tree.attributeOf[a.index] as number).filter((index) => index >= 0);
    const those = <T>(of: readonly T[], moves: boolean): T[] => of.filter((_, i) => changes[i]?.moves === moves);
    const rows = changes.map((c) => c.row);
    if (changes.some((c) => !c.moves))
      yield* tree.writer.updateInSteps(those(ids, false), those(old, false), those(rows, false), changed, state, reevaluated);
    if (changes.some((c) => c.moves)) {
      yield* tree.writer.deleteInSteps(those(ids, true), those(old, true), state, reevaluated, true);
      const moved = changes.filter((c) => c.moves).map((c) => c.shown);
      if (mover !== undefined) yield* mover.insertInSteps(moved, state);
    }
    changes.forEach(({ shown, moves }, i) => give(shown, run.pairs[i] as Row, moves ? this.#placeOf(shown) : tree.table.oid));
  }
  #placeOf(row: Row): number {
    const { root } = this;
    return (root instanceof PartitionedWriter ? root.placeOf(row)?.leaf.writer.table.oid : undefined) ?? root.table.oid;
  }
}
