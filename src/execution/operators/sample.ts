/**
 * TABLESAMPLE. BERNOULLI decides row by row, SYSTEM by blocks of neighbouring row ids. With REPEATABLE the decision is a hash of the seed
 * and the row id (or block), so it is the same every time and for every row that stays.
 */
import { type Datum, type Row, sampleArgumentNull, sampleOutOfRange, sampleSeedNull } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import type { Cursor, Operator, RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

/** Rows of a block; about what a PostgreSQL page of narrow rows holds. */
const BLOCK_ROWS = 128;

export class SampleOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly method: "system" | "bernoulli",
    readonly percentage: Evaluate,
    readonly seed: Evaluate | undefined,
    /** Computed relations have no row ids: their rows count in the order they come. */
    readonly rowIdColumn: number | undefined,
  ) {
    super(facts, [input]);
  }

  open(state: RunState): Cursor {
    const percentage = this.percentage([], state);
    if (percentage === null) throw sampleArgumentNull();
    const share = Number(percentage) / 100;
    if (!(share >= 0 && share <= 1)) throw sampleOutOfRange();
    const seed = this.#seed(state);
    const cursor = state.open(this.input);
    const { rowIdColumn } = this;
    let count = 0;
    const keeps = (row: Row): boolean => {
      const rowId = rowIdColumn === undefined ? count++ : (row[rowIdColumn] as number);
      return hash(seed, this.method === "system" ? Math.floor(rowId / BLOCK_ROWS) : rowId) < share;
    };
    return {
      next(hint) {
        for (;;) {
          const batch = cursor.next(hint);
          if (batch === null) return null;
          const kept = share === 1 ? batch : batch.filter(keeps);
          if (kept.length > 0) return kept;
        }
      },
      close: () => cursor.close(),
    };
  }

  #seed(state: RunState): number {
    if (this.seed === undefined) return state.evaluation.random() * 2 ** 32;
    const seed: Datum = this.seed([], state);
    if (seed === null) throw sampleSeedNull();
    // Any float8 is a seed: its bits are.
    const bits = new DataView(new ArrayBuffer(8));
    bits.setFloat64(0, seed as number);
    return bits.getUint32(0) ^ Math.imul(bits.getUint32(4), 0x85ebca6b);
  }
}

/** In [0, 1). MurmurHash3's finalizer over the two halves. */
function hash(seed: number, place: number): number {
  let h = (seed ^ Math.imul(place >>> 0, 0xcc9e2d51) ^ Math.imul(Math.floor(place / 2 ** 32), 0x1b873593)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32;
}
