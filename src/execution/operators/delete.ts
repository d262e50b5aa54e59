/** DELETE of the source's rows, each once. */
import type { Datum, Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { EvaluateRow } from "../expression/compiler.js";
import { nativeRowIds } from "../native-pipeline/modify.js";
import type { NativePlan } from "../native-pipeline/plan.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type Operator, type RunState, type Steps } from "../operator.js";
import { changeRechecked, type RowRecheck } from "../row-recheck.js";
import { RestartSignal } from "../signals.js";
import type { TableWriter } from "../table-writer.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";

export class DeleteOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly writer: TableWriter,
    readonly source: Operator,
    readonly rowIdColumn: number,
    readonly oldColumns: readonly (readonly [number, number])[],
    /** Over the old full row followed by the source row. */
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
    /** The row ids alone, each once, where nobody asks for the old rows. */
    readonly native?: NativePlan,
  ) {
    super(facts, [source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const deleted = yield* this.#deleteNative(state);
    if (deleted !== undefined) {
      if (this.isTop) state.affectedRows += deleted;
      return [];
    }
    const sources = yield* drainInSteps(state.open(this.source), memory, 2);
    const change = (rows: readonly Row[], reevaluated: boolean) => this.#change(rows, reevaluated, state);
    return yield* changeRechecked(sources, this.recheck, 3, state, change);
  }
  /** The number of rows; undefined: not this time (a row was changed meanwhile, and is to be judged again). */
  *#deleteNative(state: RunState): Steps<number | undefined> {
    const ids = this.native === undefined ? undefined : yield* nativeRowIds(this.native, state);
    if (ids === undefined || ids.length === 0) return ids?.length;
    try {
      yield* this.writer.deleteIdsInSteps(ids, state);
    } catch (error) {
      if (error instanceof RestartSignal && this.recheck !== undefined) return undefined;
      throw error;
    }
    return ids.length;
  }

  *#change(given: readonly Row[], reevaluated: boolean, state: RunState): Steps<Row[]> {
    const { writer, returning } = this;
    const width = writer.table.attributes.length;
    const rowIds: number[] = [];
    const oldRows: Row[] = [];
    const sources: Row[] = [];
    const seen = new Set<number>();
    for (const source of given) {
      const rowId = source[this.rowIdColumn] as number | null;
      if (rowId === null || seen.has(rowId)) continue;
      seen.add(rowId);
      const old: Row = new Array<Datum>(width).fill(null);
      for (const [attribute, column] of this.oldColumns) old[attribute] = source[column] as Datum;
      rowIds.push(rowId);
      oldRows.push(old);
      sources.push(source);
      if (rowIds.length % BATCH_ROWS === 0) yield;
    }
    if (rowIds.length > 0) yield* writer.deleteInSteps(rowIds, oldRows, state, reevaluated);
    if (this.isTop) state.affectedRows += rowIds.length;
    if (returning === undefined) return [];
    return yield* mapInSteps(oldRows, (row, i) => returning([...row, ...(sources[i] as Row)], state));
  }
}
