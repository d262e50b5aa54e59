/** LIMIT, OFFSET and WITH TIES. */
import { type Datum, negativeLimit, negativeOffset, type Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { BATCH_ROWS, type Cursor, emptyCursor, type Operator, type RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export class LimitOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly count: Evaluate | undefined,
    readonly offset: Evaluate | undefined,
    /** WITH TIES: two rows that sort alike. */
    readonly isTie: ((a: Row, b: Row, state: RunState) => boolean) | undefined,
  ) {
    super(facts, [input]);
  }
  open(state: RunState): Cursor {
    let skip = limitValue(this.offset?.([], state) ?? null, 0, negativeOffset);
    let left = limitValue(this.count?.([], state) ?? null, Infinity, negativeLimit);
    if (left === 0) return emptyCursor;
    const cursor = state.open(this.input);
    const { isTie } = this;
    let last: Row | undefined;
    let ended = false;
    return {
      next(hint) {
        for (;;) {
          if (ended || (left === 0 && isTie === undefined)) return null;
          let batch = cursor.next(Math.min(Math.max(hint, 1), left === 0 ? BATCH_ROWS : skip + left));
          if (batch === null) return null;
          if (skip > 0) {
            const dropped = Math.min(skip, batch.length);
            skip -= dropped;
            batch = batch.slice(dropped);
            if (batch.length === 0) continue;
          }
          if (batch.length <= left) {
            left -= batch.length;
            last = batch.at(-1);
            return batch;
          }
          const kept = batch.slice(0, left);
          last = kept.at(-1) ?? last;
          if (isTie !== undefined) {
            let i = left;
            while (i < batch.length && isTie(last as Row, batch[i] as Row, state)) kept.push(batch[i++] as Row);
            left = 0;
            // Past the last tie nothing more can come.
            ended = i < batch.length;
            if (kept.length === 0) return null;
          }
          left = 0;
          return kept;
        }
      },
      close: () => cursor.close(),
    };
  }
}

function limitValue(value: Datum, absent: number, negative: () => Error): number {
  if (value === null) return absent;
  const n = Number(value);
  if (n < 0) throw negative();
  return n;
}
