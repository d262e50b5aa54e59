/** UPDATE: new versions of the source's rows. A row that the source gives twice (a join) is changed once, by the first. */
import { keyAttribute } from "../../catalog/index.js";
import type { Datum, Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { Evaluate, EvaluateRow } from "../expression/compiler.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type Operator, type RunState, type Steps } from "../operator.js";
import { changeRechecked, type RowRecheck } from "../row-recheck.js";
import type { Refusal, TableWriter } from "../table-writer.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";

export class UpdateOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly writer: TableWriter,
    readonly source: Operator,
    readonly rowIdColumn: number,
    /** Source column of each live attribute: [attribute index, source column]. */
    readonly oldColumns: readonly (readonly [number, number])[],
    readonly assignments: readonly { readonly index: number; readonly value: Evaluate }[],
    /** Over the new full row followed by the source row. */
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
  ) {
    super(facts, [source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const sources = yield* drainInSteps(state.open(this.source), memory, 3);
    const change = (rows: readonly Row[], reevaluated: boolean) => this.#change(rows, reevaluated, state);
    return yield* changeRechecked(sources, this.recheck, this.#strength, state, change);
  }
  /** Keys that others may refer to change: nobody may hold them. */
  get #strength(): 2 | 3 {
    const changed = new Set(this.assignments.map((a) => a.index + 1));
    return this.writer.indexes.some((index) => index.unique && index.columns.some((c) => changed.has(keyAttribute(c)))) ? 3 : 2;
  }

  *#change(given: readonly Row[], reevaluated: boolean, state: RunState): Steps<Row[]> {
    const { writer, assignments, returning } = this;
    const width = writer.table.attributes.length;
    const rowIds: number[] = [];
    const oldRows: Row[] = [];
    const newRows: Row[] = [];
    const sources: Row[] = [];
    const seen = new Set<number>();
    let refusal: Refusal | undefined;
    for (const source of given) {
      const rowId = source[this.rowIdColumn] as number | null;
      if (rowId === null || seen.has(rowId)) continue;
      seen.add(rowId);
      const old: Row = new Array<Datum>(width).fill(null);
      for (const [attribute, column] of this.oldColumns) old[attribute] = source[column] as Datum;
      const row = old.slice();
      for (const a of assignments) row[a.index] = a.value(source, state);
      writer.prepare(row, state);
      rowIds.push(rowId);
      oldRows.push(old);
      newRows.push(row);
      if (returning !== undefined) sources.push(source);
      refusal = writer.viewRefusal(row, state);
      if (refusal !== undefined) break;
      if (rowIds.length % BATCH_ROWS === 0) yield;
    }
    if (rowIds.length > 0)
      yield* writer.updateInSteps(
        rowIds,
        oldRows,
        newRows,
        assignments.map((a) => a.index),
        state,
        reevaluated,
      );
    if (refusal !== undefined) throw refusal.error;
    if (this.isTop) state.affectedRows += rowIds.length;
    if (returning === undefined) return [];
    return yield* mapInSteps(newRows, (row, i) => returning([...row, ...(sources[i] as Row)], state));
  }
}
