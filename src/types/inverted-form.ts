/**
 * How inverted indexes read values (native/index/inverted/keys.h): jsonb as it is stored; an array in its stored form, or, where equal elements
 * may differ in bytes (numeric, double precision, jsonb…), with each element's ordered key in its place. The latter needs a column of its own.
 */
import type { Datum } from "./datum.js";
import type { SqlType } from "./sql-type.js";

/** Whether the index reads the column as it is stored. */
export function isInvertedAsStored(type: SqlType): boolean {
  return type.elementKeys === undefined || type.bytewiseElements === true;
}

/** The type of a hidden column for the index. */
export function invertedForm(type: SqlType): SqlType {
  const { elementKeys } = type;
  if (isInvertedAsStored(type) || elementKeys === undefined) return type;
  let form = forms.get(type);
  if (form === undefined) {
    form = {
      ...type,
      toStorage: elementKeys,
      fromStorage: () => {
        throw new Error("assertion failed: keys of elements are not read back");
      },
    };
    forms.set(type, form);
  }
  return form;
}
const forms = new WeakMap<SqlType, SqlType>();

/** What the index sees of a value. */
export function invertedBytes(type: SqlType, value: Exclude<Datum, null>): Uint8Array {
  const stored = invertedForm(type).toStorage?.(value);
  return stored instanceof Uint8Array ? stored : Buffer.from(stored ?? "", "utf8");
}
