import type { Datum } from "./datum.js";
import type { Oid } from "./oid.js";

/** A composite value: `ROW(1, 'a')`, a whole-row reference. */
export class RowValue {
  constructor(
    readonly fields: readonly Datum[],
    readonly types: readonly Oid[],
    readonly names?: readonly string[],
  ) {}
}
