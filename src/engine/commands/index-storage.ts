/** The native side of an index: building it, and the wording of what goes wrong. */
import { type IndexObject, keyAttribute, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { BlockReader, type KeyColumn, StatusCode } from "../../native/index.js";
import { assert, type Datum, PhysicalType, type SqlType, uniqueIndexCollision } from "../../types/index.js";
import { buildVectorIndex } from "../vector-indexes.js";
import type { DefinitionContext } from "./context.js";

/** A btree is there when this returns; a vector index when the promise resolves. */
export function buildIndex(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> | undefined {
  if (index.partitioned === true || index.method === "gin") return undefined;
  context.nextStep();
  if (index.method === "hnsw" || index.method === "ivfflat") return buildVectorIndex(context, table, index);
  buildBtree(context, table, index);
  return undefined;
}

function buildBtree(context: DefinitionContext, table: TableObject, index: IndexObject): void {
  const keys = index.columns.map((column): KeyColumn => {
    const attribute = table.attributes[keyAttribute(column) - 1];
    assert(attribute !== undefined, "an index column is an attribute");
    const kind = context.type(attribute.type).keyKind;
    assert(kind !== undefined, "a btree column has an order");
    return { column: keyAttribute(column) - 1, kind, descending: column.descending, nullsFirst: column.nullsFirst };
  });
  const status = context.storage.createIndex(
    context.engine,
    context.xid,
    index.storage,
    table.storage,
    keys,
    index.unique,
    index.nullsNotDistinct,
  );
  if (status === StatusCode.uniqueViolation) throw collision(context, table, index);
  context.check(status);
}

export function dropIndexStorage(context: DefinitionContext, index: IndexObject): void {
  if (index.partitioned === true || index.method === "gin") return;
  context.check(context.storage.dropIndex(context.engine, context.xid, index.storage));
}

/** The same index over the table's present storage, under a storage id of its own. */
export function rebuildIndex(context: DefinitionContext, index: IndexObject, table?: TableObject): Promise<void> | undefined {
  const relation = table ?? context.snapshot.relationByOid(index.table);
  assert(relation?.class === "table", "an index belongs to a table");
  dropIndexStorage(context, index);
  const next: IndexObject = { ...index, storage: context.newOid() };
  context.put(next);
  return buildIndex(context, relation, next);
}

function collision(context: DefinitionContext, table: TableObject, index: IndexObject): Error {
  const names = index.columns.map((c) => c.expressionSql ?? quoteIdentifier(table.attributes[c.attribute - 1]?.name ?? "")).join(", ");
  const rowId = context.session.database.native.engine.lastError(context.engine).detail;
  const block = new Uint8Array(65_536 + 8 * 16_000);
  const values = rowId === 0 ? undefined : keyOfRow(context, table, index, rowId, block);
  const detail = values === undefined ? `Key (${names}) is duplicated.` : `Key (${names})=(${values.join(", ")}) is duplicated.`;
  return uniqueIndexCollision(index.name, detail, context.schemaName(table.schema), table.name);
}

/** The key of one row, as text; undefined when it cannot be told. */
function keyOfRow(
  context: DefinitionContext,
  table: TableObject,
  index: IndexObject,
  rowId: number,
  block: Uint8Array,
): string[] | undefined {
  const columns = Uint32Array.from(index.columns.map((c) => keyAttribute(c) - 1));
  const scan = context.storage.fetchOpen(context.engine, context.xid, table.storage, columns, Float64Array.of(rowId));
  if (scan < 0) return undefined;
  try {
    if (context.storage.scanNext(context.engine, scan, block, 1) !== 1) return undefined;
    const reader = new BlockReader(block);
    return index.columns.map((column, i) => {
      const attribute = table.attributes[keyAttribute(column) - 1];
      assert(attribute !== undefined, "an index column is an attribute");
      if (reader.isNull(i, 0)) return "null";
      const type = context.type(attribute.type);
      return type.output(readDatum(reader, i, type), context.session.format);
    });
  } finally {
    context.storage.scanClose(context.engine, scan);
  }
}

function readDatum(reader: BlockReader, column: number, type: SqlType): Exclude<Datum, null> {
  switch (type.physical) {
    case PhysicalType.bool:
      return reader.bool(column, 0);
    case PhysicalType.int16:
      return reader.int16(column, 0);
    case PhysicalType.int32:
      return reader.int32(column, 0);
    case PhysicalType.int64:
      return reader.int64(column, 0);
    case PhysicalType.float32:
      return reader.float32(column, 0);
    case PhysicalType.float64:
      return reader.float64(column, 0);
    case PhysicalType.uuid:
      return type.receive(reader.bytes16(column, 0).slice(), -1) as Exclude<Datum, null>;
    default:
      return type.fromStorage === undefined ? reader.text(column, 0) : type.fromStorage(reader.varlen(column, 0).slice());
  }
}
