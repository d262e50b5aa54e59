/** DELETE of the source's rows, each once. */
import type { Datum, Row } from "../../types/index.js";
import type { EvaluateRow } from "../expression/compiler.js";
import { nativeRowIds } from "../native-pipeline/modify.js";
import type { NativePlan } from "../native-pipeline/plan.js";
import { drain, type Operator, type RunState } from "../operator.js";
import { changeRechecked, type RowRecheck } from "../row-recheck.js";
import { RestartSignal } from "../signals.js";
import type { TableWriter } from "../table-writer.js";
import { BlockingOperator, type OperatorFacts } from "./base.js";

export class DeleteOperator extends BlockingOperator {
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

  protected override run(state: RunState): Row[] {
    const deleted = this.#deleteNative(state);
    if (deleted !== undefined) {
      if (this.isTop) state.affectedRows += deleted;
      return [];
    }
    const sources = drain(state.open(this.source));
    return changeRechecked(sources, this.recheck, 3, state, (rows, reevaluated) => this.#change(rows, reevaluated, state));
  }
  /** The number of rows; undefined: not this time (a row was changed meanwhile, and is to be judged again). */
  #deleteNative(state: RunState): number | undefined {
    const ids = this.native === undefined ? undefined : nativeRowIds(this.native, state);
    if (ids === undefined || ids.length === 0) return ids?.length;
    try {
      this.writer.deleteIds(ids, state);
    } catch (error) {
      if (error instanceof RestartSignal && this.recheck !== undefined) return undefined;
      throw error;
    }
    return ids.length;
  }

  #change(given: readonly Row[], reevaluated: boolean, state: RunState): Row[] {
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
    }
    if (rowIds.length > 0) writer.delete(rowIds, oldRows, state, reevaluated);
    if (this.isTop) state.affectedRows += rowIds.length;
    return returning === undefined ? [] : oldRows.map((row, i) => returning([...row, ...(sources[i] as Row)], state));
  }
}
