/** From field bytes to a column of a block, a whole column at a time. Plain spellings are read in place; anything else goes through the type's input. */
import { columnWriter } from "../../execution/internal.js";
import { type BlockWriter, native } from "../../native/index.js";
import { type Datum, type FormatContext, PhysicalType, type SqlType, storedType, TypeOid } from "../../types/index.js";
import { FieldFlag, type FieldScanner, type FieldTable } from "./field-table.js";
import { readDate, readDecimal, readInteger, readTimestamp } from "./number-text.js";

export interface ColumnTarget {
  readonly name: string;
  readonly type: SqlType;
  readonly typmod: number;
}
/** Fills block column `column` from field `field` of every row. */
export type ColumnLoader = (table: FieldTable, field: number, writer: BlockWriter, column: number) => void;

export interface LoaderContext {
  readonly scanner: FieldScanner;
  readonly format: FormatContext;
  /** The same error, saying which line and value. */
  locate(error: unknown, table: FieldTable, row: number, column: ColumnTarget, text: string): unknown;
  /** Throws when the column may not be null. */
  onNull(table: FieldTable, row: number): void;
}

/** One value as a datum; `null` for NULL. */
export function fieldDatum(context: LoaderContext, target: ColumnTarget, table: FieldTable, row: number, field: number): Datum {
  const cell = row * table.columns + field;
  const start = table.starts[cell] as number;
  if (start === -1) return null;
  try {
    const plain = table.flags[cell] === FieldFlag.plain && target.type.inputBytes !== undefined;
    const known = plain ? target.type.inputBytes?.(table.bytes.subarray(start, table.ends[cell]), target.typmod) : undefined;
    return known === undefined ? target.type.input(context.scanner.decode(table, cell), target.typmod, context.format) : known;
  } catch (error) {
    throw context.locate(error, table, row, target, context.scanner.decode(table, cell));
  }
}

export function columnLoader(context: LoaderContext, target: ColumnTarget, notNull: boolean): ColumnLoader {
  const stored = storedType(target.type, target.typmod);
  const write = columnWriter(stored);
  const slow = (table: FieldTable, row: number, field: number, writer: BlockWriter, column: number): void =>
    write(writer, column, row, fieldDatum(context, target, table, row, field));
  const isVarlen = stored.physical === PhysicalType.varlen;
  /** `fast` says whether it could. */
  const eachRow =
    (fast: (writer: BlockWriter, column: number, row: number, bytes: Buffer, start: number, end: number) => boolean): ColumnLoader =>
    (table, field, writer, column) => {
      const { bytes, starts, ends, flags, rows, columns } = table;
      for (let row = 0, cell = field; row < rows; row++, cell += columns) {
        const start = starts[cell] as number;
        if (start === -1) {
          if (notNull) context.onNull(table, row);
          if (isVarlen) writer.setVarlen(column, row, null);
          continue;
        }
        if (flags[cell] !== FieldFlag.plain || !fast(writer, column, row, bytes, start, ends[cell] as number))
          slow(table, row, field, writer, column);
      }
    };

  switch (target.type.oid) {
    case TypeOid.int2:
      return eachRow((w, c, r, b, s, e) => {
        const value = readInteger(b, s, e);
        if (!(value >= -32768 && value <= 32767)) return false;
        w.setInt16(c, r, value);
        return true;
      });
    case TypeOid.int4:
      return eachRow((w, c, r, b, s, e) => {
        const value = readInteger(b, s, e);
        if (!(value >= -2147483648 && value <= 2147483647)) return false;
        w.setInt32(c, r, value);
        return true;
      });
    case TypeOid.int8:
      return eachRow((w, c, r, b, s, e) => {
        const value = readInteger(b, s, e);
        if (Number.isNaN(value)) return false;
        w.setInt64(c, r, value);
        return true;
      });
    case TypeOid.float8:
      return eachRow((w, c, r, b, s, e) => {
        const value = readDecimal(b, s, e);
        if (Number.isNaN(value)) return false;
        w.setFloat64(c, r, value);
        return true;
      });
    case TypeOid.bool:
      return eachRow((w, c, r, b, s, e) => {
        if (e - s !== 1 || (b[s] !== 116 && b[s] !== 102)) return false;
        w.setBool(c, r, b[s] === 116);
        return true;
      });
    case TypeOid.date:
      return eachRow((w, c, r, b, s, e) => {
        const value = readDate(b, s, e);
        if (Number.isNaN(value)) return false;
        w.setInt32(c, r, value);
        return true;
      });
    case TypeOid.timestamp: {
      if (target.typmod !== -1) break;
      return eachRow((w, c, r, b, s, e) => {
        const value = readTimestamp(b, s, e);
        if (Number.isNaN(value)) return false;
        w.setInt64(c, r, value);
        return true;
      });
    }
    case TypeOid.text:
    case TypeOid.varchar: {
      // A varchar(n) of at most n bytes has at most n characters.
      const limit = target.typmod === -1 ? Number.POSITIVE_INFINITY : target.typmod - VARLENA_HEADER;
      return eachRow((w, c, r, b, s, e) => {
        if (e - s > limit) return false;
        w.setVarlenSlice(c, r, b, s, e);
        return true;
      });
    }
    case TypeOid.vector:
    case TypeOid.halfvec:
      if (target.typmod < 1) break;
      return vectorLoader(target, (table, row, field, writer, column) => {
        if (notNull && table.starts[row * table.columns + field] === -1) context.onNull(table, row);
        slow(table, row, field, writer, column);
      });
    default:
      break;
  }
  return eachRow(() => false);
}

/** atttypmod of varchar counts the length word. */
const VARLENA_HEADER = 4;

/** All rows at once; `otherwise` takes NULLs and what the addon does not read. */
function vectorLoader(
  target: ColumnTarget,
  otherwise: (table: FieldTable, row: number, field: number, writer: BlockWriter, column: number) => void,
): ColumnLoader {
  const isHalf = target.type.oid === TypeOid.halfvec;
  return (table, field, writer, column) => {
    const { bytes, starts, ends, flags, columns, rows } = table;
    const isRead = new Uint8Array(rows);
    const at = writer.valuesOf(column);
    native.vectorText.readFields(bytes, starts, ends, flags, columns, field, rows, isHalf, writer.bytes, at, target.typmod, isRead);
    for (let row = 0; row < rows; row++)
      if (isRead[row] === 1) writer.place(column, row);
      else otherwise(table, row, field, writer, column);
  };
}
