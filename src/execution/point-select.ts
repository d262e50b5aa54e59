/**
 * A SELECT of plain columns by the whole key of a unique index: one call into the addon finds the row and encodes its DataRow.
 *
 * The general operators give the same rows (they run when a client wants datums, or a column has no native wire form); this is what keeps a
 * prepared lookup at one border crossing.
 */
import type { Engine, PointPipeline, Xid } from "../native/addon.js";
import type { Datum, Row } from "../types/index.js";
import type { RowEncoder } from "./codec.js";
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

/** Encoded rows; `bytes` is a view that the thread's next point select overwrites. */
export interface EncodedRows {
  readonly bytes: Uint8Array;
  readonly rowCount: number;
}

const ROWS_UNIT = 4294967296;
const noRows: EncodedRows = { bytes: new Uint8Array(0), rowCount: 0 };
let output = Buffer.allocUnsafeSlow(64 * 1024);

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
    if (key === undefined) return noRows;
    for (;;) {
      const result = native.exec.runPoint(engine, this.pipeline as PointPipeline, xid, key, output);
      if (result >= 0) {
        const rowCount = Math.floor(result / ROWS_UNIT);
        return { bytes: output.subarray(0, result - rowCount * ROWS_UNIT), rowCount };
      }
      output = Buffer.allocUnsafeSlow(-result * 2);
    }
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
