/**
 * Equi-join: a hash table over the right input, probed with the left one. Inner, left, right, full, semi, anti, each with a
 * residual condition. A NULL key matches nothing.
 */
import type { Datum, Row } from "../../types/index.js";
import type { Evaluate, JoinPredicate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, type Cursor, type Operator, type RunState } from "../operator.js";
import { evaluateAll, type HashKey } from "../row-keys.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export type JoinType = "inner" | "left" | "right" | "full" | "semi" | "anti";

interface Bucket {
  readonly rows: Row[];
  /** Which of them found a partner, for right and full joins. */
  readonly matched: boolean[] | undefined;
}

export class HashJoinOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly type: JoinType,
    readonly left: Operator,
    readonly right: Operator,
    readonly leftKeys: readonly Evaluate[],
    readonly rightKeys: readonly Evaluate[],
    readonly hash: (values: readonly Datum[]) => HashKey,
    readonly residual: JoinPredicate | undefined,
    /** Cross product or other condition only: one bucket holds everything. */
    readonly keepsUnmatchedRight = type === "right" || type === "full",
  ) {
    super(facts, [left, right]);
  }

  open(state: RunState): Cursor {
    let run: Probe | undefined;
    return {
      next: (hint) => {
        run ??= new Probe(this, state);
        return run.next(hint);
      },
      close: () => run?.close(),
    };
  }
}

class Probe {
  readonly #table = new Map<HashKey, Bucket>();
  readonly #unmatchable: Row[] = []; // right rows with a NULL key: right and full joins still give them
  readonly #leftCursor: Cursor;
  #phase: "probe" | "unmatched" | "end" = "probe";
  readonly #leftNulls: Row;
  readonly #rightNulls: Row;

  constructor(
    readonly join: HashJoinOperator,
    readonly state: RunState,
  ) {
    const account = new MemoryAccount("hash join", state);
    const { rightKeys, hash, keepsUnmatchedRight } = join;
    const right = state.open(join.right);
    try {
      for (let batch = right.next(BATCH_ROWS); batch !== null; batch = right.next(BATCH_ROWS)) {
        for (const row of batch) {
          const values = evaluateAll(rightKeys, row, state);
          if (values.includes(null)) {
            if (keepsUnmatchedRight) this.#unmatchable.push(row);
            continue;
          }
          account.hold(row);
          const key = hash(values);
          let bucket = this.#table.get(key);
          if (bucket === undefined) {
            bucket = { rows: [], matched: keepsUnmatchedRight ? [] : undefined };
            this.#table.set(key, bucket);
          }
          bucket.rows.push(row);
          bucket.matched?.push(false);
        }
      }
    } finally {
      right.close();
    }
    this.#leftNulls = new Array<Datum>(join.left.columns.length).fill(null);
    this.#rightNulls = new Array<Datum>(join.right.columns.length).fill(null);
    this.#leftCursor = state.open(join.left);
  }

  next(hint: number): Row[] | null {
    while (this.#phase === "probe") {
      const empty = this.#table.size === 0 && this.#unmatchable.length === 0;
      const pointless = empty && (this.join.type === "inner" || this.join.type === "semi");
      const batch = pointless ? null : this.#leftCursor.next(hint);
      if (batch === null) {
        this.#phase = this.join.keepsUnmatchedRight ? "unmatched" : "end";
        break;
      }
      const out = this.#probe(batch);
      if (out.length > 0) return out;
    }
    if (this.#phase !== "unmatched") return null;
    this.#phase = "end";
    const out: Row[] = this.#unmatchable.map((row) => [...this.#leftNulls, ...row]);
    for (const bucket of this.#table.values()) {
      for (let i = 0; i < bucket.rows.length; i++)
        if (bucket.matched?.[i] === false) out.push([...this.#leftNulls, ...(bucket.rows[i] as Row)]);
    }
    return out.length === 0 ? null : out;
  }

  #probe(batch: readonly Row[]): Row[] {
    const { type, leftKeys, hash, residual } = this.join;
    const { state } = this;
    const out: Row[] = [];
    for (const left of batch) {
      const values = evaluateAll(leftKeys, left, state);
      const bucket = values.includes(null) ? undefined : this.#table.get(hash(values));
      let matched = false;
      if (bucket !== undefined) {
        const { rows } = bucket;
        for (let i = 0; i < rows.length; i++) {
          const right = rows[i] as Row;
          if (residual !== undefined && !residual(left, right, state)) continue;
          matched = true;
          if (type === "semi" || type === "anti") break;
          if (bucket.matched !== undefined) bucket.matched[i] = true;
          out.push(left.concat(right));
        }
      }
      if (type === "semi" ? matched : type === "anti" && !matched) out.push(left);
      else if (!matched && (type === "left" || type === "full")) out.push(left.concat(this.#rightNulls));
    }
    return out;
  }

  close(): void {
    this.#leftCursor.close();
  }
}
