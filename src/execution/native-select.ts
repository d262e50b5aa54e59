/** A SELECT of plain columns that the addon encodes as it finds the rows in an index: what its pipeline is made of. */
import type { Engine } from "../native/addon.js";
import type { FormatContext, Oid, Row, SqlType } from "../types/index.js";
import { type EncodedRows, rowDecoder } from "./encoded-rows.js";
import type { ExecutionNative } from "./types.js";
import { wireKindOf } from "./wire-kind.js";

export interface NativeSelectSource {
  /** The table's OID. */
  readonly relation: Oid;
  /** The index's storage. */
  readonly index: number;
  readonly outputs: readonly { readonly column: number; readonly type: Oid }[];
}

export abstract class NativeSelect<Source extends NativeSelectSource, Pipeline> {
  #formats: readonly number[] | undefined;
  #decode: ((rows: EncodedRows) => Row[]) | undefined;
  #pipeline: Pipeline | null = null;

  constructor(protected readonly source: Source) {}

  /**
   * Makes the pipeline for these result formats (kept for the next call). False: TypeScript must encode. The settings in `format` are
   * part of the plan's key in the plan cache, so they do not change under a plan.
   */
  prepare(native: ExecutionNative, engine: Engine, formats: readonly number[], format: FormatContext): boolean {
    if (this.#formats !== undefined && sameFormats(this.#formats, formats)) return this.#pipeline !== null;
    this.#formats = [...formats];
    this.#pipeline = null;
    const { outputs } = this.source;
    const specs = new Uint32Array(3 * outputs.length);
    for (let i = 0; i < outputs.length; i++) {
      const { column, type } = outputs[i] as { column: number; type: Oid };
      const binary = (formats.length === 1 ? formats[0] : formats[i]) === 1;
      const kind = wireKindOf(type, binary, format);
      if (kind === undefined) return false;
      specs.set([column, kind, binary ? 1 : 0], 3 * i);
    }
    this.#pipeline = this.make(native, engine, specs);
    return this.#pipeline !== null;
  }

  /** Rows that were encoded in binary. */
  decode(rows: EncodedRows, typeOf: (oid: Oid) => SqlType): Row[] {
    this.#decode ??= rowDecoder(this.source.outputs.map(({ type }) => typeOf(type)));
    return this.#decode(rows);
  }

  /** `outputs`: column, wire kind and format of each. null: no native form. */
  protected abstract make(native: ExecutionNative, engine: Engine, outputs: Uint32Array): Pipeline | null;

  get relation(): Oid {
    return this.source.relation;
  }
  /** After prepare() said yes. */
  get pipeline(): Pipeline | undefined {
    return this.#pipeline ?? undefined;
  }
}

function sameFormats(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
