/**
 * Rows found through a B-tree: an equality prefix, then at most one range, forwards or backwards; or one lookup per key of a list
 * (`column IN (…)`, `= ANY (array)`). Keys are evaluated when the scan opens; a NULL key finds nothing.
 */
import type { Expression } from "../../plan/index.js";
import { type ArrayValue, assert, type Datum, type Oid, type Row } from "../../types/index.js";
import { BlockCursor, type DecodeBlock } from "../block-scan.js";
import { acquireBuffer, type RowEncoder, releaseBuffer } from "../codec.js";
import type { Evaluate } from "../expression/compiler.js";
import { type Cursor, emptyCursor, type RunState } from "../operator.js";
import { checkScan } from "../storage-status.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export interface IndexBound {
  readonly value: Evaluate;
  readonly inclusive: boolean;
}
export interface IndexScanSource {
  readonly storage: number;
  readonly columns: Uint32Array;
  readonly withRowIds: boolean;
  readonly bufferBytes: number;
  readonly equals: readonly Evaluate[];
  readonly lower: IndexBound | undefined;
  readonly upper: IndexBound | undefined;
  readonly backward: boolean;
  /** Terms of the statement's condition that every row found fulfils. */
  readonly exact: readonly Expression[];
  /** The key after the equality prefix is any of these values (an array); each list entry is a lookup of its own. */
  readonly anyOf: Evaluate | undefined;
  /** One encoder per number of leading key columns. */
  readonly encoders: readonly RowEncoder[];
  /** All columns of a unique index are given: at most one row per key. */
  readonly single: boolean;
  /** The whole condition, where it is nothing but the keys. */
  readonly terms: IndexTerms | undefined;
}
/** What the keys are compared with; bounds as `lower` and `upper` of the scan. */
export interface IndexTerms {
  readonly equals: readonly IndexTerm[];
  readonly list: Expression | undefined;
  readonly lower: IndexTerm | undefined;
  readonly upper: IndexTerm | undefined;
}
export interface IndexTerm {
  readonly value: Expression;
  readonly columnType: Oid;
}

const noRow: Row = [];

class SingleBatch implements Cursor {
  #batch: Row[] | null;
  constructor(batch: Row[]) {
    this.#batch = batch;
  }
  next(): Row[] | null {
    const batch = this.#batch;
    this.#batch = null;
    return batch;
  }
  close(): void {
    this.#batch = null;
  }
}

export class IndexScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly source: IndexScanSource,
    readonly decode: DecodeBlock,
  ) {
    super(facts);
  }

  open(state: RunState): Cursor {
    const { source } = this;
    const prefix: Datum[] = [];
    for (const e of source.equals) {
      const value = e(noRow, state);
      if (value === null) return emptyCursor;
      prefix.push(value);
    }
    if (source.anyOf !== undefined) return this.#openList(state, prefix, source.anyOf(noRow, state) as ArrayValue | null);
    if (source.single) return this.#openSingle(state, prefix);
    if (source.lower === undefined && source.upper === undefined) {
      const key = prefix.length === 0 ? null : this.#encode(prefix);
      return this.#openRange(state, key, true, key, true);
    }
    const lowerValue = source.lower?.value(noRow, state);
    const upperValue = source.upper?.value(noRow, state);
    if (lowerValue === null || upperValue === null) return emptyCursor;
    // The encoder's memory is shared by both bounds: the first one is copied.
    const lower = this.#bound(prefix, lowerValue)?.slice() ?? null;
    const upper = this.#bound(prefix, upperValue);
    return this.#openRange(state, lower, source.lower?.inclusive ?? true, upper, source.upper?.inclusive ?? true);
  }

  /** The rows of a range, or of a list of keys, as an open scan that somebody else reads and closes. undefined: it finds nothing. */
  openBlocks(state: RunState): number | undefined {
    const { source } = this;
    assert(source.equals.length === 0, "the scan has no equality prefix");
    if (source.anyOf !== undefined) {
      const keys = listed(source.anyOf(noRow, state) as ArrayValue | null);
      return keys.length === 0 ? undefined : this.#openLookup(state, [], keys);
    }
    const lowerValue = source.lower?.value(noRow, state);
    const upperValue = source.upper?.value(noRow, state);
    if (lowerValue === null || upperValue === null) return undefined;
    const lower = this.#bound([], lowerValue)?.slice() ?? null;
    const upper = this.#bound([], upperValue);
    return checkScan(state.context, this.#rangeScan(state, lower, source.lower?.inclusive ?? true, upper, source.upper?.inclusive ?? true));
  }

  /** One lookup for each key of a list: the whole index key is given. */
  #openLookup(state: RunState, prefix: readonly Datum[], keys: readonly Datum[]): number {
    const { context } = state;
    const { source } = this;
    const encoder = source.encoders[prefix.length] as RowEncoder;
    const block = encoder.encode(keys.map((key) => [...prefix, key]));
    const scan = context.native.storage.indexLookupOpen(
      context.engine,
      context.xid,
      source.storage,
      source.columns,
      source.withRowIds,
      block,
    );
    return checkScan(context, scan);
  }

  /** A whole key of a unique index: one crossing, one row at most. */
  #openSingle(state: RunState, key: readonly Datum[]): Cursor {
    const { context } = state;
    const { source } = this;
    const out: Row[] = [];
    const encoded = this.#encode(key);
    let buffer = acquireBuffer(source.bufferBytes);
    try {
      for (;;) {
        const rows = context.native.exec.lookupRow(
          context.engine,
          context.xid,
          source.storage,
          source.columns,
          source.withRowIds,
          encoded,
          buffer.bytes,
        );
        if (rows >= 0) {
          if (rows > 0) this.decode(buffer, rows, out, state);
          break;
        }
        releaseBuffer(buffer);
        buffer = acquireBuffer(-rows);
      }
    } finally {
      releaseBuffer(buffer);
    }
    return out.length === 0 ? emptyCursor : new SingleBatch(out);
  }

  #openList(state: RunState, prefix: readonly Datum[], list: ArrayValue | null): Cursor {
    const { source } = this;
    if (list === null) return emptyCursor;
    const keys = listed(list);
    if (keys.length > 1 && prefix.length + 1 === source.encoders.length)
      return new BlockCursor(state, this.#openLookup(state, prefix, keys), this.decode, source.bufferBytes, Infinity);
    let at = 0;
    let current: Cursor | undefined;
    return {
      next: (hint) => {
        for (;;) {
          if (current === undefined) {
            if (at >= keys.length) return null;
            const values = [...prefix, keys[at++] as Datum];
            if (source.single) {
              current = this.#openSingle(state, values);
              continue;
            }
            const key = this.#encode(values);
            current = this.#openRange(state, key, true, key, true);
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

  #bound(prefix: readonly Datum[], value: Datum | undefined): Uint8Array | null {
    if (value !== undefined) return this.#encode([...prefix, value]);
    return prefix.length === 0 ? null : this.#encode(prefix);
  }
  #encode(key: readonly Datum[]): Uint8Array {
    return (this.source.encoders[key.length - 1] as RowEncoder).encode([key as Row]);
  }
  #openRange(
    state: RunState,
    lower: Uint8Array | null,
    lowerInclusive: boolean,
    upper: Uint8Array | null,
    upperInclusive: boolean,
  ): Cursor {
    const scan = this.#rangeScan(state, lower, lowerInclusive, upper, upperInclusive);
    return new BlockCursor(state, scan, this.decode, this.source.bufferBytes, Infinity);
  }
  #rangeScan(
    state: RunState,
    lower: Uint8Array | null,
    lowerInclusive: boolean,
    upper: Uint8Array | null,
    upperInclusive: boolean,
  ): number {
    const { context } = state;
    const { storage, columns, withRowIds, backward } = this.source;
    return context.native.storage.indexScanOpen(
      context.engine,
      context.xid,
      storage,
      columns,
      withRowIds,
      lower,
      lowerInclusive,
      upper,
      upperInclusive,
      backward,
    );
  }
}

/** The values of a list, each once, NULLs left out. Numbers ascend, as in PostgreSQL. */
function listed(list: ArrayValue | null): Datum[] {
  if (list === null) return [];
  if (list.elements.every((v) => typeof v === "number")) {
    // Sorting bare numbers costs a fraction of a hash set of them. Adding 0 makes 0 of -0.
    const sorted = Float64Array.from(list.elements as readonly number[]).sort();
    const keys: number[] = [];
    for (const value of sorted) if (keys.length === 0 || !isSameNumber(value, keys[keys.length - 1] as number)) keys.push(value + 0);
    return keys;
  }
  const keys = [...new Set(list.elements)].filter((v) => v !== null);
  return keys.every((v) => typeof v === "number" || typeof v === "bigint") ? keys.sort((a, b) => (a < b ? -1 : 1)) : keys;
}
/** -0 is 0 and NaN is itself, as for SQL. */
function isSameNumber(a: number, b: number): boolean {
  return a === b || (Number.isNaN(a) && Number.isNaN(b));
}
