/** DISTINCT and DISTINCT ON: the first row of each key passes. */
import type { Datum, Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import { evaluateAll, type HashKey } from "../row-keys.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export class DistinctOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    /** undefined: all columns. */
    readonly on: readonly Evaluate[] | undefined,
    readonly hash: (values: readonly Datum[]) => HashKey,
  ) {
    super(facts, [input]);
  }
  open(state: RunState): Cursor {
    const cursor = state.open(this.input);
    const account = new MemoryAccount("DISTINCT", state);
    const seen = new Set<HashKey>();
    const { on, hash } = this;
    return {
      next(hint) {
        for (;;) {
          const batch = cursor.next(hint);
          if (batch === null) return null;
          const out: Row[] = [];
          for (const row of batch) {
            const key = hash(on === undefined ? row : evaluateAll(on, row, state));
            if (seen.has(key)) continue;
            seen.add(key);
            account.hold(row);
            out.push(row);
          }
          if (out.length > 0) return out;
        }
      },
      close: () => cursor.close(),
    };
  }
}
