/**
 * MERGE: each pair of source and target row meets the first WHEN clause that fits. The pairs are read to their end first; then changes are
 * made in the order of the pairs, neighbours of the same clause together.
 */
import { type Datum, mergeAffectsTwice, type Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { Evaluate, EvaluateRow, Predicate } from "../expression/compiler.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type Operator, type RunState, type Steps } from "../operator.js";
import type { RowRecheck } from "../row-recheck.js";
import type { CompiledCheck, TableWriter } from "../table-writer.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";

export interface MergeWhenPlan {
  readonly match: "matched" | "notMatchedBySource" | "notMatchedByTarget";
  readonly condition: Predicate | undefined;
  readonly action:
    | { readonly kind: "nothing" | "delete" }
    /** Attribute index and value over the pair. */
    | { readonly kind: "update" | "insert"; readonly values: readonly { readonly index: number; readonly value: Evaluate }[] };
}

/** The first clause that fits the pair. `markerColumn`: NULL where a target row has no source row. */
export function clauseFor(
  whens: readonly MergeWhenPlan[],
  pair: Row,
  rowIdColumn: number,
  markerColumn: number | undefined,
  state: RunState,
): MergeWhenPlan | undefined {
  const match =
    pair[rowIdColumn] === null
      ? "notMatchedByTarget"
      : markerColumn !== undefined && pair[markerColumn] === null
        ? "notMatchedBySource"
        : "matched";
  return whens.find((when) => when.match === match && (when.condition === undefined || when.condition(pair, state)));
}

/** Changes of one clause that follow each other. */
interface Run {
  readonly when: MergeWhenPlan;
  readonly rowIds: number[];
  readonly oldRows: Row[];
  readonly newRows: Row[];
}

export class MergeOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly writer: TableWriter,
    /** Policies that a row must meet which is to be changed. */
    readonly existingChecks: Readonly<Record<"update" | "delete", readonly CompiledCheck[]>>,
    readonly source: Operator,
    readonly rowIdColumn: number,
    /** The column that is NULL where a target row has no source row. */
    readonly markerColumn: number | undefined,
    readonly oldColumns: readonly (readonly [number, number])[],
    readonly whens: readonly MergeWhenPlan[],
    /** Over the row as it is now (deleted: as it was) followed by the pair, the row as it is now (deleted: NULLs) and the action. */
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
  ) {
    super(facts, [source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const runs: Run[] = [];
    const touched = new Set<number>();
    const returned: Row[] = [];
    let count = 0;
    const sources = yield* drainInSteps(state.open(this.source), memory, 3);
    const { pairs, reevaluated } = yield* settledPairs(sources, this.recheck, this.rowIdColumn, state, (pair) =>
      this.#clauseFor(pair, state),
    );
    for (const [i, pair] of pairs.entries()) {
      if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
      const when = this.#clauseFor(pair, state);
      if (when === undefined || when.action.kind === "nothing") continue;
      count++;
      const rowId = pair[this.rowIdColumn] as number | null;
      if (rowId !== null) {
        if (touched.has(rowId)) throw mergeAffectsTwice();
        touched.add(rowId);
      }
      let run = runs.at(-1);
      if (run?.when !== when) {
        run = { when, rowIds: [], oldRows: [], newRows: [] };
        runs.push(run);
      }
      const now = this.#change(run, pair, rowId, state);
      if (this.returning === undefined) continue;
      const { kind } = when.action;
      returned.push(now.concat(pair, kind === "delete" ? new Array<Datum>(now.length).fill(null) : now, kind.toUpperCase()));
    }
    for (const run of runs) yield* this.#apply(run, reevaluated, state);
    if (this.isTop) state.affectedRows += count;
    const { returning } = this;
    return returning === undefined ? [] : yield* mapInSteps(returned, (row) => returning(row, state));
  }

  #clauseFor(pair: Row, state: RunState): MergeWhenPlan | undefined {
    return clauseFor(this.whens, pair, this.rowIdColumn, this.markerColumn, state);
  }

  #change(run: Run, pair: Row, rowId: number | null, state: RunState): Row {
    const { writer } = this;
    const { action } = run.when;
    const old: Row = new Array<Datum>(writer.table.attributes.length).fill(null);
    if (rowId !== null) {
      for (const [attribute, column] of this.oldColumns) old[attribute] = pair[column] as Datum;
      run.rowIds.push(rowId);
      run.oldRows.push(old);
      if (action.kind === "update" || action.kind === "delete") writer.checkRow(old, state, this.existingChecks[action.kind]);
    }
    if (!("values" in action)) return old;
    const row = old.slice();
    for (const { index, value } of action.values) row[index] = value(pair, state);
    writer.prepare(row, state, action.kind === "update" ? writer.updateChecks : writer.rowChecks);
    run.newRows.push(row);
    return row;
  }

  *#apply(run: Run, reevaluated: boolean, state: RunState): Steps<void> {
    const { action } = run.when;
    if (action.kind === "insert") yield* this.writer.insertInSteps(run.newRows, state);
    else if (action.kind === "delete") yield* this.writer.deleteInSteps(run.rowIds, run.oldRows, state, reevaluated);
    else if ("values" in action) {
      const changed = action.values.map((v) => v.index);
      yield* this.writer.updateInSteps(run.rowIds, run.oldRows, run.newRows, changed, state, reevaluated);
    }
  }
}

/** Read committed: the rows that a clause changes are locked before it is chosen for good, and judged again where they changed. */
export function* settledPairs(
  pairs: readonly Row[],
  recheck: RowRecheck | undefined,
  rowIdColumn: number,
  state: RunState,
  clauseOf: (pair: Row) => MergeWhenPlan | undefined,
): Steps<{ readonly pairs: readonly Row[]; readonly reevaluated: boolean }> {
  if (recheck === undefined || !state.context.restartable) return { pairs, reevaluated: false };
  const changes = (pair: Row) => {
    const kind = pair[rowIdColumn] === null ? undefined : clauseOf(pair)?.action.kind;
    return kind === "update" || kind === "delete";
  };
  const isLocked = yield* mapInSteps(pairs, changes);
  const locked = pairs.filter((_, i) => isLocked[i]);
  if (locked.length === 0) return { pairs, reevaluated: false };
  const judged = yield* recheck.judgeEach(locked, 3, state);
  let at = 0;
  return { pairs: pairs.flatMap((pair, i) => (isLocked[i] ? (judged[at++] as Row[]) : [pair])), reevaluated: true };
}
