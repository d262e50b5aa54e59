/**
 * Composite types: rows with named fields. A value holds the live attributes in order; its stored form has a slot per attribute
 * number, so that rows written before ADD ATTRIBUTE or DROP ATTRIBUTE keep their meaning (docs/formats/block.md, composite values).
 */
import {
  type CompositeField,
  type Datum,
  DbError,
  type FormatContext,
  hasOrderedKey,
  type Oid,
  PhysicalType,
  RowValue,
  type SqlType,
  writeNullableKey,
} from "../../types/index.js";
import { concatBytes, made, viewOf } from "../types/bytes.js";
import type { TypeBodies } from "../types/define-type.js";
import { compareRows, formatRow, noComparison, rowKey, sendRow } from "../types/record.js";

export type TypeLookup = (oid: Oid) => SqlType;

export function compositeBodies(fields: readonly CompositeField[], typeOf: TypeLookup): TypeBodies {
  const types = fields.map((f) => f.type);
  const names = fields.map((f) => f.name);
  const slots = fields.reduce((most, f) => Math.max(most, f.number), 0);
  const make = (values: readonly Datum[]): RowValue => new RowValue(values, types, names);
  return {
    kind: "composite",
    fields,
    physical: PhysicalType.varlen,
    keyKind: undefined,
    input: (text, _typmod, context) =>
      make(readRecord(text, fields.length, (item, i) => typeOf(types[i]!).input(item, fields[i]!.typmod, context))),
    output: (value, context) => formatRow(value as RowValue, typeOf, context),
    receive: (bytes) => make(receiveRow(bytes, fields, typeOf)),
    send: (value) => sendRow(value as RowValue, typeOf),
    toStorage: (value) => {
      const row = value as RowValue;
      const parts: Uint8Array[] = [made(4, (view) => view.setInt32(0, slots))];
      const empty = made(4, (view) => view.setInt32(0, -1));
      let next = 0;
      for (let number = 1; number <= slots; number++) {
        const field = fields[next];
        if (field?.number !== number) {
          parts.push(empty);
          continue;
        }
        const datum = row.fields[next++] ?? null;
        if (datum === null) parts.push(empty);
        else {
          const bytes = storeField(typeOf(field.type), datum);
          parts.push(
            made(4, (view) => view.setInt32(0, bytes.length)),
            bytes,
          );
        }
      }
      return concatBytes(parts);
    },
    fromStorage: (bytes) => {
      const view = viewOf(bytes);
      const stored = view.getInt32(0);
      const slices: (Uint8Array | null)[] = [];
      let at = 4;
      for (let i = 0; i < stored; i++) {
        const length = view.getInt32(at);
        at += 4;
        slices.push(length < 0 ? null : bytes.subarray(at, at + length));
        if (length > 0) at += length;
      }
      return make(
        fields.map((f) => {
          const slice = slices[f.number - 1] ?? null;
          return slice === null ? null : loadField(typeOf(f.type), slice);
        }),
      );
    },
    compare: (left, right) => compareRows(left as RowValue, right as RowValue, typeOf),
    hashKey: (value) => rowKey(value as RowValue, typeOf),
    writeKey: (value, out) => {
      const row = value as RowValue;
      row.fields.forEach((field, i) => {
        const type = typeOf(row.types[i]!);
        if (!hasOrderedKey(type)) throw noComparison(type);
        writeNullableKey(type, field, out);
      });
    },
  };
}

function storeField(type: SqlType, value: Exclude<Datum, null>): Uint8Array {
  const stored =
    type.kind !== undefined && type.toStorage !== undefined
      ? type.toStorage(value)
      : type.elementType !== 0 && type.toStorage !== undefined
        ? type.toStorage(value)
        : type.send(value);
  return typeof stored === "string" ? Buffer.from(stored, "utf8") : stored;
}
function loadField(type: SqlType, bytes: Uint8Array): Datum {
  const own = (type.kind !== undefined || type.elementType !== 0) && type.fromStorage !== undefined && type.toStorage !== undefined;
  return own ? type.fromStorage!(bytes) : type.receive(bytes, -1);
}

/** record_in: `(1,"a b",)`; an empty item is NULL. */
export function readRecord(text: string, count: number, input: (item: string, index: number) => Datum): Datum[] {
  const bad = (detail: string): DbError => new DbError({ sqlstate: "22P02", message: `malformed record literal: "${text}"`, detail });
  let at = 0;
  const skip = (): void => {
    while (at < text.length && /\s/.test(text[at]!)) at++;
  };
  skip();
  if (text[at] !== "(") throw bad("Missing left parenthesis.");
  at++;
  const values: Datum[] = [];
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      if (text[at] !== ",") throw bad("Too few columns.");
      at++;
    }
    if (text[at] === "," || text[at] === ")") {
      values.push(null);
      continue;
    }
    let item = "";
    let inQuotes = false;
    for (;;) {
      const c = text[at];
      if (c === undefined) throw bad("Unexpected end of input.");
      if (!inQuotes && (c === "," || c === ")")) break;
      at++;
      if (c === "\\") {
        const escaped = text[at];
        if (escaped === undefined) throw bad("Unexpected end of input.");
        item += escaped;
        at++;
      } else if (c === '"') {
        if (!inQuotes) inQuotes = true;
        else if (text[at] === '"') {
          item += '"';
          at++;
        } else inQuotes = false;
      } else item += c;
    }
    values.push(input(item, i));
  }
  if (text[at] !== ")") throw bad("Too many columns.");
  at++;
  skip();
  if (at < text.length) throw bad("Junk after right parenthesis.");
  return values;
}

function receiveRow(bytes: Uint8Array, fields: readonly CompositeField[], typeOf: TypeLookup): Datum[] {
  const short = (): DbError => new DbError({ sqlstate: "08P01", message: "insufficient data left in message" });
  if (bytes.length < 4) throw short();
  const view = viewOf(bytes);
  const count = view.getInt32(0);
  if (count !== fields.length)
    throw new DbError({ sqlstate: "42804", message: `wrong number of columns: ${count}, expected ${fields.length}` });
  let at = 4;
  return fields.map((field, i) => {
    if (at + 8 > bytes.length) throw short();
    const oid = view.getUint32(at);
    const length = view.getInt32(at + 4);
    at += 8;
    if (oid !== field.type)
      throw new DbError({
        sqlstate: "42804",
        message: `binary data has type ${oid} (${typeOf(oid).displayName}) instead of expected ${field.type} (${typeOf(field.type).displayName}) in record column ${i + 1}`,
      });
    if (length < 0) return null;
    if (at + length > bytes.length) throw short();
    const value = typeOf(field.type).receive(bytes.subarray(at, at + length), field.typmod);
    at += length;
    return value;
  });
}

export type { FormatContext };
