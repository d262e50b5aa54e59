/**
 * `SELECT columns … ORDER BY v <-> $1 LIMIT k` by an HNSW index, in the form that I/O threads run it in (native/exec/nearest_select.h), and the
 * embedded API. VectorScanOperator gives the same rows in the same order.
 */
import type { Engine, NearestPipeline, Xid } from "../native/addon.js";
import type { Datum } from "../types/index.js";
import { type EncodedRows, encodedBy } from "./encoded-rows.js";
import { NativeSelect, type NativeSelectSource } from "./native-select.js";
import type { ExecutionNative } from "./types.js";

export interface NearestSelectSource extends NativeSelectSource {
  /** Whose value is the vector. */
  readonly parameter: number;
  /** Most rows. */
  readonly limit: { readonly count: number } | { readonly parameter: number };
}

/** Above it rows stream (native/io/pg_nearest.h has the same limit). */
const LIMIT_MAX = 1000;

export class NearestSelect extends NativeSelect<NearestSelectSource, NearestPipeline> {
  get parameter(): number {
    return this.source.parameter;
  }
  get limit(): NearestSelectSource["limit"] {
    return this.source.limit;
  }
  /** After prepare() said yes. undefined: the general operators must run it, where the vector or the limit is wrong, too. */
  run(
    native: ExecutionNative,
    engine: Engine,
    xid: Xid,
    parameters: readonly Datum[],
    ef: number,
    recallTarget: number,
  ): EncodedRows | undefined {
    const query = parameters[this.parameter];
    const limit = "count" in this.limit ? this.limit.count : Number(parameters[this.limit.parameter] ?? Infinity);
    const { pipeline } = this;
    if (!(query instanceof Float32Array) || limit < 0 || limit > LIMIT_MAX) return undefined;
    return encodedBy((out) => native.exec.runNearest(engine, pipeline as NearestPipeline, xid, query, ef, recallTarget, limit, out));
  }
  protected override make(native: ExecutionNative, engine: Engine, outputs: Uint32Array): NearestPipeline | null {
    return native.exec.prepareNearest(engine, this.source.index, outputs);
  }
}
