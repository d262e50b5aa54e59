/** All visible rows of a table, in storage order. */
import { BlockCursor, type DecodeBlock } from "../block-scan.js";
import type { Cursor, RunState } from "../operator.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface SeqScanSource {
  readonly storage: number;
  /** Physical columns to read, in block order. */
  readonly columns: Uint32Array;
  readonly withRowIds: boolean;
  readonly bufferBytes: number;
}

export class SeqScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly source: SeqScanSource,
    readonly decode: DecodeBlock,
  ) {
    super(facts);
  }
  open(state: RunState): Cursor {
    const { context } = state;
    const { source } = this;
    const scan = context.native.storage.scanOpen(context.engine, context.xid, source.storage, source.columns, source.withRowIds);
    return new BlockCursor(state, scan, this.decode, source.bufferBytes, Infinity);
  }
}
