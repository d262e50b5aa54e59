/** Rows of a computed relation. The provider is asked when the scan opens; the filter is checked on what it gives. */
import { type Datum, notSupported, type Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { type Cursor, cursorOfIterable, type RunState } from "../operator.js";
import { systemProvider } from "../system-providers.js";
import type { TextRange } from "../types.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

const noRow: Row = [];

export class SystemScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly provider: string,
    /** Column indexes of the provider's rows, in output order. */
    readonly attributes: readonly number[],
    /** column = value, where the value reads no row. */
    readonly equalities: readonly { readonly column: number; readonly value: Evaluate }[],
    /** The part of the relation that is asked for, from values that read no row; null: a bound is NULL, so nothing is. */
    readonly range?: (state: RunState) => TextRange | null,
  ) {
    super(facts);
  }
  open(state: RunState): Cursor {
    const sequence = /^sequence:(\d+)$/.exec(this.provider)?.[1];
    if (sequence !== undefined) return cursorOfIterable(mapRows([sequenceRow(state, Number(sequence))], this.attributes));
    const provide = systemProvider(this.provider);
    if (provide === undefined) throw notSupported(`relation ${this.provider}`);
    const filters: { column: number; value: Datum }[] = this.equalities.map((e) => ({ column: e.column, value: e.value(noRow, state) }));
    const range = this.range?.(state);
    const rows = range === null ? [] : provide(state.context, filters, range);
    const { attributes } = this;
    return cursorOfIterable(mapRows(rows, attributes));
  }
}

/** A sequence read as a table: last_value, log_cnt, is_called. Values are not taken from the log ahead of time, so log_cnt is 0. */
function sequenceRow(state: RunState, storage: number): Row {
  const { lastValue, isCalled } = state.context.native.storage.readSequence(state.context.engine, storage);
  return [Number.isSafeInteger(Number(lastValue)) ? Number(lastValue) : lastValue, 0, isCalled];
}

function* mapRows(rows: Iterable<Row>, attributes: readonly number[]): Generator<Row> {
  for (const row of rows) yield attributes.map((a) => (a > 0 ? (row[a - 1] ?? null) : null));
}
