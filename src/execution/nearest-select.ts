/**
 * `SELECT columns … ORDER BY v <-> $1 LIMIT k` by an HNSW index, in the form that I/O threads run it in (native/exec/nearest_select.h). Sessions run
 * VectorScanOperator, which gives the same rows in the same order.
 */
import type { Engine, NearestPipeline } from "../native/addon.js";
import { NativeSelect, type NativeSelectSource } from "./native-select.js";
import type { ExecutionNative } from "./types.js";

export interface NearestSelectSource extends NativeSelectSource {
  /** Whose value is the vector. */
  readonly parameter: number;
  /** Most rows. */
  readonly limit: { readonly count: number } | { readonly parameter: number };
}

export class NearestSelect extends NativeSelect<NearestSelectSource, NearestPipeline> {
  get parameter(): number {
    return this.source.parameter;
  }
  get limit(): NearestSelectSource["limit"] {
    return this.source.limit;
  }
  protected override make(native: ExecutionNative, engine: Engine, outputs: Uint32Array): NearestPipeline | null {
    return native.exec.prepareNearest(engine, this.source.index, outputs);
  }
}
