/**
 * Rows that an inverted index finds, judged by the condition. Two operators, as PostgreSQL shows them: the outer one is the table's part, the
 * inner one asks the index. The question is put when the scan opens; where the index has nothing to say, or says that a large part of
 * the table must be looked at, the table is read instead.
 */
import { BlockCursor, type DecodeBlock } from "../block-scan.js";
import { type InvertedKeys, type InvertedQuery, invertedWords } from "../inverted-query.js";
import type { Cursor, RunState } from "../operator.js";
import { checkScan } from "../storage-status.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface BitmapScanSource {
  /** Of the index, and of its table. */
  readonly index: number;
  readonly table: number;
  readonly columns: Uint32Array;
  readonly withRowIds: boolean;
  readonly bufferBytes: number;
  readonly query: (state: RunState, keysOf: InvertedKeys) => InvertedQuery;
}

/** Reading rows one by one through the index costs about this many times what reading them in order does. */
const WHOLE_TABLE_SHARE = 1 / 3;

export class BitmapIndexScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly source: BitmapScanSource,
    readonly decode: DecodeBlock,
  ) {
    super(facts);
  }

  open(state: RunState): Cursor {
    const { context } = state;
    const { storage } = context.native;
    const { source } = this;
    const { index, table, columns, withRowIds } = source;
    const query = source.query(state, storage.invertedKeys);
    const words = query === "all" ? undefined : invertedWords(query);
    const serves =
      words !== undefined &&
      storage.invertedEstimate(context.engine, context.xid, index, words) <=
        Math.max(1000, storage.rowCountEstimate(context.engine, table) * WHOLE_TABLE_SHARE);
    const scan = serves
      ? storage.invertedScanOpen(context.engine, context.xid, index, columns, withRowIds, words)
      : storage.scanOpen(context.engine, context.xid, table, columns, withRowIds);
    return new BlockCursor(state, checkScan(context, scan), this.decode, source.bufferBytes, Infinity);
  }
}

export class BitmapHeapScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly rows: BitmapIndexScanOperator,
  ) {
    super(facts, [rows]);
  }
  open(state: RunState): Cursor {
    return state.open(this.rows);
  }
}
