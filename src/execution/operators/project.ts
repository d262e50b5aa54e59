/** Computes expressions over each row. */
import type { Row } from "../../types/index.js";
import type { EvaluateRow } from "../expression/compiler.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export class ProjectOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly project: EvaluateRow,
  ) {
    super(facts, [input]);
  }
  open(state: RunState): Cursor {
    const { project } = this;
    const cursor = state.open(this.input);
    let pending: readonly Row[] = [];
    let at = 0;
    return {
      // No more rows than asked for: what fails in a row that nobody wanted yet must not fail now.
      next(hint) {
        if (at >= pending.length) {
          const batch = cursor.next(hint);
          if (batch === null) return null;
          pending = batch;
          at = 0;
        }
        const count = Math.min(pending.length - at, Math.max(hint, 1));
        const out: Row[] = new Array<Row>(count);
        for (let i = 0; i < count; i++) out[i] = project(pending[at++] as Row, state);
        return out;
      },
      close: () => cursor.close(),
    };
  }
}
