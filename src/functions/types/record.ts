/** record: rows as values. They print and compare field by field; nothing can be read as one, and columns are never of this type. */
import { type Datum, DbError, notSupported, type Oid, PhysicalType, type RowValue, type SqlType } from "../../types/index.js";
import { concatBytes, made } from "./bytes.js";
import { makeType } from "./define-type.js";

export function makeRecordType(typeByOid: (oid: Oid) => SqlType | undefined): SqlType {
  const typeOf = (row: RowValue, field: number): SqlType => {
    const type = typeByOid(row.types[field]!);
    if (type === undefined) throw notSupported(`type ${row.types[field]} in a record`);
    return type;
  };
  return makeType("record", {
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: () => {
      throw new DbError({ sqlstate: "0A000", message: "input of anonymous composite types is not implemented" });
    },
    output: (value, context) => {
      const row = value as RowValue;
      return `(${row.fields.map((field, i) => (field === null ? "" : quoteField(typeOf(row, i).output(field, context)))).join(",")})`;
    },
    receive: () => {
      throw new DbError({ sqlstate: "0A000", message: "input of anonymous composite types is not implemented" });
    },
    send: (value) => {
      const row = value as RowValue;
      const parts = [made(4, (view) => view.setInt32(0, row.fields.length))];
      row.fields.forEach((field, i) => {
        const bytes = field === null ? undefined : typeOf(row, i).send(field);
        parts.push(
          made(8, (view) => {
            view.setUint32(0, row.types[i]!);
            view.setInt32(4, bytes === undefined ? -1 : bytes.length);
          }),
        );
        if (bytes !== undefined) parts.push(bytes);
      });
      return concatBytes(parts);
    },
    compare: (left, right) => compareRows(left as RowValue, right as RowValue, typeOf),
    hashKey: (value) => {
      const row = value as RowValue;
      return row.fields
        .map((field, i) => {
          const key = field === null ? "n" : (typeOf(row, i).hashKey?.(field) ?? "");
          return typeof key === "string" ? `${key.length}:${key}` : String(key);
        })
        .join(",");
    },
  });
}

function compareRows(left: RowValue, right: RowValue, typeOf: (row: RowValue, field: number) => SqlType): number {
  if (left.fields.length !== right.fields.length)
    throw new DbError({ sqlstate: "42804", message: "cannot compare record types with different numbers of columns" });
  for (let i = 0; i < left.fields.length; i++) {
    const a: Datum = left.fields[i]!;
    const b: Datum = right.fields[i]!;
    if (a === null || b === null) {
      if (a === b) continue;
      return a === null ? 1 : -1;
    }
    const order = typeOf(left, i).compare?.(a, b) ?? 0;
    if (order !== 0) return order;
  }
  return 0;
}

function quoteField(text: string): string {
  return text === "" || /[\s"\\(),]/.test(text) ? `"${text.replace(/(["\\])/g, "$1$1")}"` : text;
}
