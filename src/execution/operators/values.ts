/** Constant or computed rows. */

import type { Row } from "../../types/index.js";
import type { EvaluateRow } from "../expression/compiler.js";
import { BATCH_ROWS, type Cursor, type RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

const noRow: Row = [];

export class ValuesOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly rows: readonly EvaluateRow[],
  ) {
    super(facts);
  }
  open(state: RunState): Cursor {
    let at = 0;
    return {
      next: () => {
        if (at >= this.rows.length) return null;
        const end = Math.min(this.rows.length, at + BATCH_ROWS);
        const batch: Row[] = [];
        for (; at < end; at++) batch.push((this.rows[at] as EvaluateRow)(noRow, state));
        return batch;
      },
      close: () => undefined,
    };
  }
}
