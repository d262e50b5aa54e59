/** Functions in FROM. Several calls (ROWS FROM) advance together; WITH ORDINALITY counts the rows. */
import type { EvaluationContext } from "../../functions/registry.js";
import { type Datum, type Row, RowValue } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { type Cursor, cursorOfIterable, type RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export type FunctionCallRows =
  /** A plain function: one row; `width` > 1 spreads its record. */
  | { readonly kind: "scalar"; readonly evaluate: Evaluate; readonly width: number }
  | {
      readonly kind: "set";
      readonly args: readonly Evaluate[];
      readonly strict: boolean;
      readonly width: number;
      readonly body: (context: EvaluationContext, ...args: Datum[]) => Iterable<Datum | Row>;
    };

const noRow: Row = [];

export class FunctionScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly calls: readonly FunctionCallRows[],
    readonly withOrdinality: boolean,
  ) {
    super(facts);
  }
  open(state: RunState): Cursor {
    return cursorOfIterable(this.#rows(state));
  }
  *#rows(state: RunState): Generator<Row> {
    const iterators = this.calls.map((call) => rowsOf(call, state)[Symbol.iterator]());
    for (let ordinal = 1; ; ordinal++) {
      let any = false;
      const out: Row = [];
      for (let i = 0; i < iterators.length; i++) {
        const step = (iterators[i] as Iterator<Row>).next();
        const width = (this.calls[i] as FunctionCallRows).width;
        if (step.done !== true) any = true;
        for (let c = 0; c < width; c++) out.push(step.done === true ? null : (step.value[c] ?? null));
      }
      if (!any) return;
      if (this.withOrdinality) out.push(ordinal);
      yield out;
    }
  }
}

function* rowsOf(call: FunctionCallRows, state: RunState): Generator<Row> {
  if (call.kind === "scalar") {
    yield spread(call.evaluate(noRow, state), call.width);
    return;
  }
  const args = call.args.map((a) => a(noRow, state));
  if (call.strict && args.includes(null)) return;
  for (const value of call.body(state.evaluation, ...args)) yield Array.isArray(value) ? value : spread(value, call.width);
}

function spread(value: Datum, width: number): Row {
  if (width === 1 && !(value instanceof RowValue && value.fields.length === 1)) return [value];
  return value instanceof RowValue ? [...value.fields] : new Array<Datum>(width).fill(null);
}
