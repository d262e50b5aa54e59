/**
 * Nested loop over an index, a batch of left rows at a time: their keys go to the addon in one block, the matches come back in
 * blocks whose last column says which key they belong to. Inner, left, semi and anti joins.
 */
import type { Datum, Row } from "../../types/index.js";
import { BlockCursor, type DecodeBlock } from "../block-scan.js";
import type { RowEncoder } from "../codec.js";
import type { Evaluate, JoinPredicate } from "../expression/compiler.js";
import { BATCH_ROWS, type Cursor, type Operator, type RunState } from "../operator.js";
import { evaluateAll } from "../row-keys.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface IndexJoinSource {
  readonly storage: number;
  readonly columns: Uint32Array;
  readonly withRowIds: boolean;
  readonly bufferBytes: number;
  readonly encoder: RowEncoder;
  readonly keys: readonly Evaluate[]; // over the left row, one per key column
}

export class IndexJoinOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly type: "inner" | "left" | "semi" | "anti",
    readonly left: Operator,
    readonly source: IndexJoinSource,
    /** Rows of the right table with the key row's number as one more column at the end. */
    readonly decode: DecodeBlock,
    readonly rightWidth: number,
    readonly condition: JoinPredicate | undefined,
    right: Operator,
  ) {
    super(facts, [left, right]);
  }

  open(state: RunState): Cursor {
    const cursor = state.open(this.left);
    return {
      next: (hint) => {
        for (;;) {
          const batch = cursor.next(Math.min(hint, BATCH_ROWS));
          if (batch === null) return null;
          const out = this.#join(batch, state);
          if (out.length > 0) return out;
        }
      },
      close: () => cursor.close(),
    };
  }

  #join(batch: readonly Row[], state: RunState): Row[] {
    const { source, type, condition, rightWidth } = this;
    const keys: Row[] = [];
    const owners: number[] = [];
    for (let i = 0; i < batch.length; i++) {
      const key = evaluateAll(source.keys, batch[i] as Row, state);
      if (key.includes(null)) continue;
      keys.push(key);
      owners.push(i);
    }
    const matches: (Row[] | undefined)[] = new Array(batch.length).fill(undefined);
    if (keys.length > 0) {
      const { context } = state;
      const scan = context.native.storage.indexLookupOpen(
        context.engine,
        context.xid,
        source.storage,
        source.columns,
        source.withRowIds,
        source.encoder.encode(keys),
      );
      const found = new BlockCursor(state, scan, this.decode, source.bufferBytes, Infinity);
      try {
        for (let rows = found.next(BATCH_ROWS); rows !== null; rows = found.next(BATCH_ROWS)) {
          for (const row of rows) {
            const owner = owners[row[rightWidth] as number] as number;
            row.length = rightWidth;
            if (condition !== undefined && !condition(batch[owner] as Row, row, state)) continue;
            (matches[owner] ??= []).push(row);
          }
        }
      } finally {
        found.close();
      }
    }
    const out: Row[] = [];
    const nulls: Row = new Array<Datum>(rightWidth).fill(null);
    for (let i = 0; i < batch.length; i++) {
      const left = batch[i] as Row;
      const rights = matches[i];
      if (type === "semi" || type === "anti") {
        if ((rights !== undefined) === (type === "semi")) out.push(left);
      } else if (rights !== undefined) for (const right of rights) out.push(left.concat(right));
      else if (type === "left") out.push(left.concat(nulls));
    }
    return out;
  }
}
