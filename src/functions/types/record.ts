/** record: rows as values. They print and compare field by field; nothing can be read as one, and columns are never of this type. */
import {
  type Datum,
  DbError,
  type FormatContext,
  notSupported,
  type Oid,
  PhysicalType,
  type RowValue,
  type SqlType,
} from "../../types/index.js";
import { concatBytes, made } from "./bytes.js";
import { makeType } from "./define-type.js";

type TypeOf = (oid: Oid) => SqlType;

export function makeRecordType(typeByOid: (oid: Oid) => SqlType | undefined): SqlType {
  const typeOf: TypeOf = (oid) => {
    const type = typeByOid(oid);
    if (type === undefined) throw notSupported(`type ${oid} in a record`);
    return type;
  };
  return makeType("record", {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: () => {
      throw new DbError({ sqlstate: "0A000", message: "input of anonymous composite types is not implemented" });
    },
    output: (value, context) => formatRow(value as RowValue, typeOf, context),
    receive: () => {
      throw new DbError({ sqlstate: "0A000", message: "input of anonymous composite types is not implemented" });
    },
    send: (value) => sendRow(value as RowValue, typeOf),
    compare: (left, right) => compareRows(left as RowValue, right as RowValue, typeOf),
    hashKey: (value) => rowKey(value as RowValue, typeOf),
  });
}

export function formatRow(row: RowValue, typeOf: TypeOf, context: FormatContext): string {
  return `(${row.fields.map((field, i) => (field === null ? "" : quoteField(typeOf(row.types[i]!).output(field, context)))).join(",")})`;
}
export function sendRow(row: RowValue, typeOf: TypeOf): Uint8Array {
  const parts = [made(4, (view) => view.setInt32(0, row.fields.length))];
  row.fields.forEach((field, i) => {
    const bytes = field === null ? undefined : typeOf(row.types[i]!).send(field);
    parts.push(
      made(8, (view) => {
        view.setUint32(0, row.types[i]!);
        view.setInt32(4, bytes === undefined ? -1 : bytes.length);
      }),
    );
    if (bytes !== undefined) parts.push(bytes);
  });
  return concatBytes(parts);
}
export function rowKey(row: RowValue, typeOf: TypeOf): string {
  return row.fields
    .map((field, i) => {
      const key = field === null ? "n" : (typeOf(row.types[i]!).hashKey?.(field) ?? "");
      return typeof key === "string" ? `${key.length}:${key}` : String(key);
    })
    .join(",");
}

export const noComparison = (type: SqlType) =>
  new DbError({ sqlstate: "42883", message: `could not identify a comparison function for type ${type.displayName}` });

export const dissimilarColumns = (left: SqlType, right: SqlType, index: number) =>
  new DbError({
    sqlstate: "42804",
    message: `cannot compare dissimilar column types ${left.displayName} and ${right.displayName} at record column ${index + 1}`,
  });

export function compareRows(left: RowValue, right: RowValue, typeOf: TypeOf): number {
  const count = Math.min(left.fields.length, right.fields.length);
  for (let i = 0; i < count; i++) {
    const type = typeOf(left.types[i]!);
    if (left.types[i] !== right.types[i] && type.base?.type !== right.types[i]) throw dissimilarColumns(type, typeOf(right.types[i]!), i);
    const a: Datum = left.fields[i]!;
    const b: Datum = right.fields[i]!;
    if (a === null || b === null) {
      if (a === b) continue;
      return a === null ? 1 : -1;
    }
    if (type.compare === undefined) throw noComparison(type);
    const order = type.compare(a, b);
    if (order !== 0) return order;
  }
  // A difference before is the answer, whatever follows it.
  if (left.fields.length === right.fields.length) return 0;
  throw new DbError({ sqlstate: "42804", message: "cannot compare record types with different numbers of columns" });
}

function quoteField(text: string): string {
  return text === "" || /[\s"\\(),]/.test(text) ? `"${text.replace(/(["\\])/g, "$1$1")}"` : text;
}
