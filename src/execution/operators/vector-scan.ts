/**
 * Nearest rows first: `ORDER BY v <-> query LIMIT k` through an HNSW graph, through inverted lists, or exactly over all rows. Simple conditions are judged
 * during the native search, every condition again when a row is decoded. Rows without a vector come last in an exact scan and not at
 * all from an index, as in pgvector; a NULL query gives what there is in any order.
 */

import { type ComparisonOp, PredicateBuilder, type PredicateValue } from "../../native/predicate.js";
import { VectorSearchWay } from "../../native/vector.js";
import type { Datum, KeyKind, Row } from "../../types/index.js";
import { BlockCursor, type DecodeBlock } from "../block-scan.js";
import type { Evaluate } from "../expression/compiler.js";
import { type Cursor, emptyCursor, type RunState } from "../operator.js";
import { throwStatus } from "../storage-status.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export type PredicateTerm =
  | {
      readonly kind: "compare";
      readonly column: number;
      readonly keyKind: KeyKind;
      readonly op: ComparisonOp;
      readonly value: Evaluate;
      encode(value: Exclude<Datum, null>): PredicateValue;
    }
  | {
      readonly kind: "in";
      readonly column: number;
      readonly keyKind: KeyKind;
      readonly values: readonly Evaluate[];
      encode(value: Exclude<Datum, null>): PredicateValue;
    }
  | { readonly kind: "null"; readonly column: number; readonly keyKind: KeyKind; readonly negated: boolean };

export interface VectorScanSource {
  readonly relation: number;
  /** undefined: compare all rows. */
  readonly index: { readonly storage: number; readonly method: "hnsw" | "ivfflat" } | undefined;
  readonly column: number;
  readonly metric: number;
  readonly query: Evaluate;
  /** The parameter that is the query, a vector of float32 elements, where nothing else decides which rows there are; undefined otherwise. */
  readonly parameter: number | undefined;
  /** The query's value as the addon takes it; throws when it does not fit the column. */
  readonly queryVector: (query: Exclude<Datum, null>) => Float32Array;
  /** What an index is asked for instead of NULL: the vector of zeros, as pgvector does. */
  readonly origin: Float32Array | undefined;
  /** The greatest distance that a condition lets through. */
  readonly greatest: Evaluate | undefined;
  readonly columns: Uint32Array;
  readonly withRowIds: boolean;
  readonly bufferBytes: number;
  readonly predicate: readonly PredicateTerm[];
  /** Conditions that the addon does not judge: how many rows must be looked at is not known. */
  readonly hasResidual: boolean;
  readonly bound: (state: RunState) => number;
  /** Rows without a vector, for exact scans. */
  readonly decodeWithoutVector: DecodeBlock;
}

const noRow: Row = [];

/** As EXPLAIN ANALYZE says them. */
const waysInWords: Readonly<Record<number, string>> = {
  [VectorSearchWay.walk]: "graph walk",
  [VectorSearchWay.matching]: "graph walk over matching rows",
  [VectorSearchWay.exact]: "exact scan of matching rows",
};

export class VectorScanOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly source: VectorScanSource,
    readonly decode: DecodeBlock,
  ) {
    super(facts);
  }

  open(state: RunState): Cursor {
    const { source } = this;
    const { context } = state;
    const value = source.query(noRow, state);
    if (value === null && source.origin === undefined) return this.#scan(state, this.decode);
    const query = value === null ? (source.origin as Float32Array) : source.queryVector(value);
    const predicate = buildPredicate(source.predicate, state);
    if (predicate === "never") return emptyCursor;
    const bound = source.bound(state);
    const limit = bound === Infinity || source.hasResidual ? 0 : bound;
    const greatest = source.greatest === undefined ? Infinity : (source.greatest(noRow, state) as number | null);
    if (greatest === null) return emptyCursor;
    const { vector } = context.native;
    if (source.index !== undefined) {
      const { storage, method } = source.index;
      const setting = (name: string) => state.evaluation.setting(name, true) ?? "";
      const rest = [greatest, limit, predicate, source.columns, source.withRowIds] as const;
      if (method === "hnsw") {
        const effort = [Number(setting("hnsw.ef_search")), Number(setting("hnsw.recall_target"))] as const;
        const scan = vector.searchOpen(context.engine, context.xid, storage, query, ...effort, ...rest);
        const cursor = this.#cursor(state, scan);
        return predicate !== null && state.timings !== undefined ? this.#tellingWay(state, scan, cursor) : cursor;
      }
      // As pgvector: without iterative scans the answer is what the probed lists hold, be it fewer rows than wanted.
      const probes = Number(setting("ivfflat.probes"));
      const maxProbes = setting("ivfflat.iterative_scan") === "off" ? probes : Number(setting("ivfflat.max_probes"));
      return this.#cursor(state, vector.ivfflatOpen(context.engine, context.xid, storage, query, probes, maxProbes, ...rest));
    }
    const nearest = this.#cursor(
      state,
      vector.exactOpen(
        context.engine,
        context.xid,
        source.relation,
        source.column,
        source.metric,
        query,
        greatest,
        limit,
        predicate,
        source.columns,
        source.withRowIds,
      ),
    );
    return source.greatest !== undefined ? nearest : then(nearest, () => this.#scan(state, source.decodeWithoutVector));
  }

  #cursor(state: RunState, scan: number): Cursor {
    if (scan === 0) throwStatus(state.context, state.context.native.engine.lastError(state.context.engine).code);
    // Asking for more rows than wanted would make the search walk further.
    return new BlockCursor(state, scan, this.decode, this.source.bufferBytes, Infinity, 1);
  }
  /** For EXPLAIN ANALYZE: the addon chooses the way to filtered rows when it knows how many match. */
  #tellingWay(state: RunState, scan: number, cursor: Cursor): Cursor {
    const { context } = state;
    return {
      next: (hint) => {
        const batch = cursor.next(hint);
        const way = context.native.vector.searchWay(context.engine, scan);
        const timing = state.timings?.get(this);
        // null: the scan has ended and is closed; it was told before.
        if (timing !== undefined && way !== null) timing.details = [{ key: "Search", value: waysInWords[way] as string }];
        return batch;
      },
      close: () => cursor.close(),
    };
  }
  #scan(state: RunState, decode: DecodeBlock): Cursor {
    const { context } = state;
    const { source } = this;
    const scan = context.native.storage.scanOpen(context.engine, context.xid, source.relation, source.columns, source.withRowIds);
    return new BlockCursor(state, scan, decode, source.bufferBytes, Infinity);
  }
}

function then(first: Cursor, second: () => Cursor): Cursor {
  let current = first;
  let last = false;
  return {
    next(hint) {
      for (;;) {
        const batch = current.next(hint);
        if (batch !== null) return batch;
        if (last) return null;
        last = true;
        current.close();
        current = second();
      }
    },
    close: () => current.close(),
  };
}

/** "never": a comparison with NULL. */
function buildPredicate(terms: readonly PredicateTerm[], state: RunState): Uint8Array | null | "never" {
  if (terms.length === 0) return null;
  const builder = new PredicateBuilder();
  for (const term of terms) {
    switch (term.kind) {
      case "compare": {
        const value = term.value(noRow, state);
        if (value === null) return "never";
        builder.compare(term.column, term.keyKind, term.op, term.encode(value));
        break;
      }
      case "in": {
        const values = term.values.map((v) => v(noRow, state)).filter((v) => v !== null);
        if (values.length === 0) return "never";
        builder.in(
          term.column,
          term.keyKind,
          values.map((v) => term.encode(v)),
        );
        break;
      }
      case "null":
        if (term.negated) builder.isNotNull(term.column, term.keyKind);
        else builder.isNull(term.column, term.keyKind);
    }
  }
  return builder.finish();
}
