/**
 * Join without an equality: for each left row the right rows. A lateral right side is opened again with the left row's values; any
 * other is read once and kept. Right and full joins remember which right rows found a partner (never lateral).
 */
import type { Datum, Row } from "../../types/index.js";
import type { JoinPredicate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, type Cursor, drain, drainLazily, type Operator, type RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";
import type { JoinType } from "./hash-join.js";

/** Right rows between two looks whether the statement shall end. */
const ROWS_MASK = (1 << 14) - 1;

export class NestedLoopOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly type: JoinType,
    readonly left: Operator,
    readonly right: Operator,
    readonly condition: JoinPredicate | undefined,
    /** Fills the slots of a lateral right side. */
    readonly bind: ((row: Row, state: RunState) => void) | undefined,
  ) {
    super(facts, [left, right]);
  }

  open(state: RunState): Cursor {
    const rows = this.#rows(state);
    let done = false;
    return {
      next(hint) {
        if (done) return null;
        const batch: Row[] = [];
        const want = Math.min(Math.max(hint, 1), BATCH_ROWS);
        while (batch.length < want) {
          const step = rows.next();
          if (step.done === true) {
            done = true;
            break;
          }
          batch.push(step.value);
        }
        return batch.length === 0 ? null : batch;
      },
      close() {
        rows.return(undefined);
      },
    };
  }

  *#rows(state: RunState): Generator<Row, undefined> {
    const { type, condition, bind } = this;
    const account = new MemoryAccount("nested loop", state);
    let kept: Row[] | undefined;
    const matchedRight: boolean[] = [];
    const rightNulls: Row = new Array<Datum>(this.right.columns.length).fill(null);
    for (const left of drainLazily(state.open(this.left))) {
      state.context.checkCancel();
      let rights: Iterable<Row>;
      if (bind === undefined) {
        if (kept === undefined) {
          kept = drain(state.open(this.right));
          for (const row of kept) account.hold(row);
        }
        rights = kept;
      } else {
        bind(left, state);
        rights = drainLazily(state.open(this.right));
      }
      let matched = false;
      let i = -1;
      for (const right of rights) {
        i++;
        if ((i & ROWS_MASK) === ROWS_MASK) state.context.checkCancel();
        if (condition !== undefined && !condition(left, right, state)) continue;
        matched = true;
        if (type === "semi" || type === "anti") break;
        matchedRight[i] = true;
        yield left.concat(right);
      }
      if (type === "semi" ? matched : type === "anti" && !matched) yield left;
      else if (!matched && (type === "left" || type === "full")) yield left.concat(rightNulls);
    }
    if (type !== "right" && type !== "full") return undefined;
    kept ??= drain(state.open(this.right));
    const leftNulls: Row = new Array<Datum>(this.left.columns.length).fill(null);
    for (let i = 0; i < kept.length; i++) if (matchedRight[i] !== true) yield leftNulls.concat(kept[i] as Row);
    return undefined;
  }
}
