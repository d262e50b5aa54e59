/**
 * A SELECT of plain columns by the whole key of a unique index: one call into the addon finds the row and encodes its DataRow.
 *
 * The general operators give the same rows (they run when a client wants datums, or a column has no native wire form); this is what keeps a
 * prepared lookup at one border crossing.
 */
import type { Engine, PointPipeline, Xid } from "../native/addon.js";
import type { Datum, Row } from "../types/index.js";
import type { RowEncoder } from "./codec.js";
import { type EncodedRows, encodedBy, noEncodedRows } from "./encoded-rows.js";
import { NativeSelect, type NativeSelectSource } from "./native-select.js";
import type { ExecutionNative } from "./types.js";

/** A key column's value: a parameter's index, or a constant. */
export type PointKey = { readonly parameter: number } | { readonly constant: Datum };

export interface PointSource extends NativeSelectSource {
  readonly keys: readonly PointKey[];
  /** One integer column: the key goes over as a number, without a block. */
  readonly integerKey: boolean;
  readonly encoder: RowEncoder;
}

export class PointSelect extends NativeSelect<PointSource, PointPipeline> {
  /** The parameter of each key column; undefined: not all are parameters. */
  get parameterKeys(): readonly number[] | undefined {
    const { keys } = this.source;
    return keys.every((key) => "parameter" in key) ? keys.map((key) => key.parameter) : undefined;
  }
  protected override make(native: ExecutionNative, engine: Engine, outputs: Uint32Array): PointPipeline | null {
    return native.exec.preparePoint(engine, this.source.index, outputs);
  }
  /** After prepare() said yes. */
  run(native: ExecutionNative, engine: Engine, xid: Xid, parameters: readonly Datum[]): EncodedRows {
    const key = this.#key(parameters);
    if (key === undefined) return noEncodedRows;
    const { pipeline } = this;
    return encodedBy((out) => native.exec.runPoint(engine, pipeline as PointPipeline, xid, key, out)) ?? noEncodedRows;
  }

  /** undefined: a NULL, which equals nothing. */
  #key(parameters: readonly Datum[]): number | Uint8Array | undefined {
    const { keys, integerKey, encoder } = this.source;
    if (integerKey) {
      const value = valueOf(keys[0] as PointKey, parameters);
      if (value === null) return undefined;
      if (typeof value === "number") return value;
      return encoder.encode([[value]]);
    }
    const row: Row = keys.map((key) => valueOf(key, parameters));
    return row.includes(null) ? undefined : encoder.encode([row]);
  }
}

function valueOf(key: PointKey, parameters: readonly Datum[]): Datum {
  return "parameter" in key ? (parameters[key.parameter] as Datum) : key.constant;
}
