/** Keeps the rows for which the predicate is true. */
import type { Row } from "../../types/index.js";
import type { Predicate } from "../expression/compiler.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export class FilterOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly predicate: Predicate,
    /** Reads no column at all: checked once, and the input is not even opened when it is false. */
    readonly once: boolean,
  ) {
    super(facts, [input]);
  }
  open(state: RunState): Cursor {
    const { predicate } = this;
    if (this.once) {
      if (!predicate([], state)) return { next: () => null, close: () => undefined };
      return state.open(this.input);
    }
    const cursor = state.open(this.input);
    return {
      next(hint) {
        for (;;) {
          const batch = cursor.next(hint);
          if (batch === null) return null;
          const kept: Row[] = [];
          for (let i = 0; i < batch.length; i++) {
            const row = batch[i] as Row;
            if (predicate(row, state)) kept.push(row);
          }
          if (kept.length > 0) return kept;
        }
      },
      close: () => cursor.close(),
    };
  }
}
