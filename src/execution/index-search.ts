/**
 * A SELECT of plain columns by a list of keys or a range of an index, in the form that I/O threads run it in (native/io/pg_search.h). Sessions run the
 * general operators, which give the same rows in the same order.
 */
import type { Engine, PointPipeline } from "../native/addon.js";
import type { Oid } from "../types/index.js";
import { NativeSelect, type NativeSelectSource } from "./native-select.js";
import type { ExecutionNative } from "./types.js";

/** In place of a parameter: a value that stands in the statement, which is a parameter only where literals are lifted out of its text. */
export const WRITTEN = -1;

export interface SearchBound {
  readonly parameter: number;
  readonly inclusive: boolean;
}
export interface IndexSearchSource extends NativeSelectSource {
  /** Parameters of the leading key columns that are held equal. */
  readonly equals: readonly number[];
  /** What the next column is: any of some parameters, any element of one, or between bounds (or anything, without them). */
  readonly next:
    | { readonly form: "list"; readonly parameters: readonly number[] }
    | { readonly form: "array"; readonly parameter: number; readonly elementType: Oid }
    | { readonly form: "range"; readonly lower: SearchBound | undefined; readonly upper: SearchBound | undefined };
  readonly backward: boolean;
  /** Most rows. */
  readonly limit: { readonly count: number } | { readonly parameter: number } | undefined;
}

export class IndexSearch extends NativeSelect<IndexSearchSource, PointPipeline> {
  protected override make(native: ExecutionNative, engine: Engine, outputs: Uint32Array): PointPipeline | null {
    return native.exec.preparePoint(engine, this.source.index, outputs);
  }
  /** undefined: the statement's own text has values in it. */
  get parametric(): IndexSearchSource | undefined {
    const { equals, next } = this.source;
    const keys =
      next.form === "list" ? next.parameters : next.form === "array" ? [next.parameter] : [next.lower, next.upper].map((b) => b?.parameter);
    return equals.includes(WRITTEN) || keys.includes(WRITTEN) ? undefined : this.source;
  }
}
