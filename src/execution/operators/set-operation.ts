/** UNION ALL streams both sides; INTERSECT and EXCEPT count the right side's rows by key. UNION is UNION ALL below a Distinct. */
import type { Datum, Row } from "../../types/index.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, type Cursor, type Operator, type RunState } from "../operator.js";
import type { HashKey } from "../row-keys.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export class AppendOperator extends OperatorBase {
  constructor(facts: OperatorFacts, inputs: readonly Operator[]) {
    super(facts, inputs);
  }
  open(state: RunState): Cursor {
    let at = 0;
    let current: Cursor | undefined;
    return {
      next: (hint) => {
        for (;;) {
          if (current === undefined) {
            if (at >= this.inputs.length) return null;
            current = state.open(this.inputs[at++] as Operator);
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

export class SetOperationOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly operation: "intersect" | "except",
    readonly all: boolean,
    readonly left: Operator,
    readonly right: Operator,
    readonly hash: (values: readonly Datum[]) => HashKey,
  ) {
    super(facts, [left, right]);
  }

  open(state: RunState): Cursor {
    let counts: Map<HashKey, number> | undefined;
    const seen = new Set<HashKey>();
    const cursor = state.open(this.left);
    const { operation, all, hash } = this;
    return {
      next: (hint) => {
        counts ??= this.#count(state);
        for (;;) {
          const batch = cursor.next(hint);
          if (batch === null) return null;
          const out: Row[] = [];
          for (const row of batch) {
            const key = hash(row);
            if (!all) {
              if (seen.has(key)) continue;
              seen.add(key);
              if (counts.has(key) === (operation === "intersect")) out.push(row);
              continue;
            }
            const left = counts.get(key) ?? 0;
            if (left > 0) counts.set(key, left - 1);
            if (left > 0 === (operation === "intersect")) out.push(row);
          }
          if (out.length > 0) return out;
        }
      },
      close: () => cursor.close(),
    };
  }

  #count(state: RunState): Map<HashKey, number> {
    const counts = new Map<HashKey, number>();
    const account = new MemoryAccount("set operation", state);
    const cursor = state.open(this.right);
    try {
      for (let batch = cursor.next(BATCH_ROWS); batch !== null; batch = cursor.next(BATCH_ROWS)) {
        for (const row of batch) {
          account.hold(row);
          const key = this.hash(row);
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
      }
    } finally {
      cursor.close();
    }
    return counts;
  }
}
