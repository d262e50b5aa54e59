/**
 * INSERT of one row, UPDATE and DELETE by the whole key of a unique index, in the form that I/O threads run them in
 * (native/exec/point_write.h, native/io/pg_values.h). The general operators give the same result, and run whatever fails there.
 */
import type { FormatContext, Oid } from "../types/index.js";
import type { PointKey } from "./point-select.js";
import { wireKindOf } from "./wire-kind.js";

export type FloatCast = "numericAsFloat8" | "numericAsFloat4" | "int4AsFloat8" | "int4AsFloat4";

/**
 * A column that is set. `type`: the parameter's; `modifier`: what the value is coerced to, -1: to nothing. integerAsNumeric: an integer parameter of
 * a numeric column. append: the column's own text with the parameter behind it. cast: of the parameter to a float.
 */
export type PointValue = {
  readonly column: number;
  readonly notNull: boolean;
} & (
  | {
      readonly form: "parameter" | "integerAsNumeric" | "append";
      readonly parameter: number;
      readonly type: Oid;
      readonly modifier: number;
      readonly cast?: FloatCast;
    }
  /** The column's own value plus or minus a number; `operandModifier`: what that is coerced to before. */
  | {
      readonly form: "add" | "subtract";
      readonly parameter: number;
      readonly type: Oid;
      readonly modifier: number;
      readonly operandModifier: number;
      readonly cast?: FloatCast;
    }
  /** `addend`: has `scale` digits behind the point, in a numeric column. */
  | { readonly form: "addConstant"; readonly addend: number; readonly scale: number; readonly modifier: number }
  /** When the transaction began. */
  | { readonly form: "now"; readonly modifier: number }
  /** The next number of a sequence, of a new row. */
  | { readonly form: "nextval"; readonly sequence: Oid; readonly storage: number }
  /** As `row` has it. */
  | { readonly form: "constant" }
);

/** `type`: the parameter's. */
export interface PointCondition {
  readonly column: number;
  readonly parameter: number;
  readonly type: Oid;
}

export interface PointWriteSource {
  readonly kind: "insert" | "update" | "delete";
  /** The table's OID. */
  readonly relation: Oid;
  readonly storage: number;
  /** Storage of the index; 0 for an insert. */
  readonly index: number;
  readonly keys: readonly PointKey[];
  /** A block of one row with the constants. */
  readonly row: Uint8Array;
  readonly values: readonly PointValue[];
  readonly outputs: readonly { readonly column: number; readonly type: Oid }[];
  /** Columns besides the key that the row has to have the values of parameters in. */
  readonly conditions: readonly PointCondition[];
  /** Of an insert. */
  readonly conflict?: PointConflict | undefined;
}
/** ON CONFLICT: the storage of the index that decides, and what DO UPDATE sets in the row that is there. */
export interface PointConflict {
  readonly action: "nothing" | "update";
  readonly index: number;
  readonly row: Uint8Array;
  readonly values: readonly PointValue[];
}

export class PointWrite {
  constructor(readonly source: PointWriteSource) {}

  /** Column, wire kind and format of each output; undefined: TypeScript must encode. */
  outputs(formats: readonly number[], format: FormatContext): Uint32Array | undefined {
    const { outputs } = this.source;
    const specs = new Uint32Array(3 * outputs.length);
    for (const [i, { column, type }] of outputs.entries()) {
      const binary = (formats.length === 1 ? formats[0] : formats[i]) === 1;
      const kind = wireKindOf(type, binary, format);
      if (kind === undefined) return undefined;
      specs.set([column, kind, binary ? 1 : 0], 3 * i);
    }
    return specs;
  }
}
