/** The rows of several scans one after the other: a table with what inherits from it, the partitions that a condition leaves. */
import type { Cursor, Operator, RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface ScanAppendChildren {
  /** All that planning left, for EXPLAIN. */
  all(): readonly Operator[];
  /** Those that the values of this execution leave. */
  chosen(state: RunState): readonly Operator[];
}

export class ScanAppendOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly children: ScanAppendChildren,
  ) {
    super(facts);
    // EXPLAIN alone looks at every child; the others are planned when they are needed.
    Object.defineProperty(this, "inputs", { get: () => children.all() });
  }

  open(state: RunState): Cursor {
    const operators = this.children.chosen(state);
    let at = 0;
    let current: Cursor | undefined;
    return {
      next: (hint) => {
        for (;;) {
          if (current === undefined) {
            const operator = operators[at++];
            if (operator === undefined) return null;
            current = state.open(operator);
          }
          const batch = current.next(hint);
          if (batch !== null) return batch;
          current.close();
          current = undefined;
        }
      },
      close: () => current?.close(),
    };
  }
}
