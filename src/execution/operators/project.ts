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
    return {
      next(hint) {
        const batch = cursor.next(hint);
        if (batch === null) return null;
        const out: Row[] = new Array<Row>(batch.length);
        for (let i = 0; i < batch.length; i++) out[i] = project(batch[i] as Row, state);
        return out;
      },
      close: () => cursor.close(),
    };
  }
}
