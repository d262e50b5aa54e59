/** ORDER BY: everything in memory, stable; below a LIMIT only the first rows are kept (a bounded buffer, pruned when it is full twice). */
import type { Datum, Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, cancellable, type Operator, type RunState } from "../operator.js";
import { compareKeys, evaluateAll, type SortSpecification } from "../row-keys.js";
import { BlockingOperator, type OperatorFacts } from "./base.js";

interface Keyed {
  readonly keys: readonly Datum[];
  readonly row: Row;
}

export class SortOperator extends BlockingOperator {
  readonly #compare: (a: readonly Datum[], b: readonly Datum[]) => number;
  readonly #evaluates: readonly Evaluate[];
  readonly #many: readonly SortSpecification["evaluateMany"][] | undefined;
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    keys: readonly SortSpecification[],
    /** count + offset of the LIMIT above. */
    readonly bound: ((state: RunState) => number) | undefined,
  ) {
    super(facts, [input]);
    this.#compare = compareKeys(keys);
    this.#evaluates = keys.map((k) => k.evaluate);
    if (keys.some((k) => k.evaluateMany !== undefined)) this.#many = keys.map((k) => k.evaluateMany);
  }

  protected override run(state: RunState): Row[] {
    const bound = this.bound?.(state) ?? Infinity;
    const prune = bound === Infinity ? Infinity : Math.max(2 * bound, MIN_PRUNE);
    const account = new MemoryAccount("sort", state);
    const order = cancellable((a: Keyed, b: Keyed): number => this.#compare(a.keys, b.keys), state.context);
    let kept: Keyed[] = [];
    let worst: Keyed | undefined;
    const cursor = state.open(this.input);
    try {
      for (let batch = cursor.next(BATCH_ROWS * 16); batch !== null; batch = cursor.next(BATCH_ROWS * 16)) {
        const columns = this.#many?.map(
          (evaluate, k) => evaluate?.(batch, state) ?? batch.map((row) => this.#evaluates[k]?.(row, state) ?? null),
        );
        for (let i = 0; i < batch.length; i++) {
          const row = batch[i] as Row;
          const keys = columns === undefined ? evaluateAll(this.#evaluates, row, state) : columns.map((column) => column[i] as Datum);
          const keyed = { keys, row };
          // Not before the last row that counts: an equal one later in the input loses, as in a stable sort.
          if (worst !== undefined && order(keyed, worst) >= 0) continue;
          if (prune === Infinity) account.hold(row);
          kept.push(keyed);
          if (kept.length >= prune) {
            kept = kept.sort(order).slice(0, bound);
            worst = kept.at(-1);
          }
        }
      }
    } finally {
      cursor.close();
    }
    kept.sort(order);
    const count = Math.min(kept.length, bound);
    const out: Row[] = new Array<Row>(count);
    for (let i = 0; i < count; i++) out[i] = (kept[i] as Keyed).row;
    return out;
  }
}

const MIN_PRUNE = 256;
