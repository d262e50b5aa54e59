/**
 * A projection with set-returning functions at the top of some expressions: they advance together, the shorter ones give NULL until
 * the longest ends (PostgreSQL 10 and later). No rows at all from every one of them: no row.
 */
import type { EvaluationContext } from "../../functions/registry.js";
import { type Datum, type Oid, type Row, RowValue } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { type Cursor, cursorOfIterable, drainLazily, type Operator, type RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export type ProjectSetItem =
  | { readonly kind: "scalar"; readonly evaluate: Evaluate }
  | {
      readonly kind: "set";
      readonly args: readonly Evaluate[];
      readonly strict: boolean;
      /** Types of the OUT columns when a row is a record, else undefined. */
      readonly outTypes: readonly Oid[] | undefined;
      readonly body: (context: EvaluationContext, ...args: Datum[]) => Iterable<Datum | Row>;
    };

export class ProjectSetOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly items: readonly ProjectSetItem[],
  ) {
    super(facts, [input]);
  }
  open(state: RunState): Cursor {
    return cursorOfIterable(this.#rows(state));
  }
  *#rows(state: RunState): Generator<Row> {
    for (const row of drainLazily(state.open(this.input))) {
      const iterators = this.items.map((item) => (item.kind === "set" ? callSet(item, row, state)[Symbol.iterator]() : undefined));
      const scalars = this.items.map((item) => (item.kind === "scalar" ? item.evaluate(row, state) : null));
      for (;;) {
        let any = false;
        const out: Row = new Array<Datum>(this.items.length);
        for (let i = 0; i < this.items.length; i++) {
          const iterator = iterators[i];
          if (iterator === undefined) {
            out[i] = scalars[i] as Datum;
            continue;
          }
          const step = iterator.next();
          if (step.done === true) out[i] = null;
          else {
            any = true;
            out[i] = step.value;
          }
        }
        if (!any) break;
        yield out;
      }
    }
  }
}

function* callSet(item: Extract<ProjectSetItem, { kind: "set" }>, row: Row, state: RunState): Generator<Datum> {
  const args = item.args.map((a) => a(row, state));
  if (item.strict && args.includes(null)) return;
  for (const value of item.body(state.evaluation, ...args)) yield Array.isArray(value) ? new RowValue(value, item.outTypes ?? []) : value;
}
