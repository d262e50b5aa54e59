/** The native side of an index: building it, and the wording of what goes wrong. */
import { type IndexObject, isUniqueNow, keyAttribute, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { invertedKind, rivalTree, tupleId } from "../../execution/internal.js";
import { type KeyColumn, StatusCode } from "../../native/index.js";
import { assert, indexKeyType, TypeOid, uniqueIndexCollision } from "../../types/index.js";
import { buildVectorIndex } from "../vector-indexes.js";
import type { DefinitionContext } from "./context.js";
import type { Pending } from "./in-order.js";

type Column = IndexObject["columns"][number];

/** Words of Progress: which command builds. */
export const BuildCommand = { create: 1, reindex: 3 } as const;

/** Rows from which on a btree is built on a thread of its own: fewer take no longer than the way there and back. */
const BACKGROUND_ROWS = 10_000;

/** The index is there when this returns or, where it is built on native threads, when the promise resolves. */
export function buildIndex(
  context: DefinitionContext,
  table: TableObject,
  index: IndexObject,
  command: number = BuildCommand.create,
): Pending {
  if (index.partitioned === true || index.unstructured === true) return undefined;
  const { progress } = context.session.clock;
  progress.begin("createIndex", { relation: table.oid, index: index.oid, command });
  let built: Pending;
  try {
    built = startBuild(context, table, index);
  } finally {
    if (built === undefined) progress.end();
  }
  return built?.finally(() => progress.end());
}

function startBuild(context: DefinitionContext, table: TableObject, index: IndexObject): Pending {
  context.nextStep();
  if (index.method === "gin") return buildInverted(context, table, index);
  if (index.method === "hnsw" || index.method === "ivfflat") return buildVectorIndex(context, table, index);
  return buildBtree(context, table, index);
}

function buildBtree(context: DefinitionContext, table: TableObject, index: IndexObject): Pending {
  const typeOf = (i: number) => context.type(table.attributes[keyAttribute(index.columns[i] as Column) - 1]?.type ?? TypeOid.text);
  const keys = rivalTree(index, typeOf).order.map((i): KeyColumn => {
    const column = index.columns[i] as Column;
    const attribute = table.attributes[keyAttribute(column) - 1];
    assert(attribute !== undefined, "an index column is an attribute");
    const kind = indexKeyType(context.type(attribute.type)).keyKind;
    assert(kind !== undefined, "a btree column has an order");
    return { column: keyAttribute(column) - 1, kind, descending: column.descending, nullsFirst: column.nullsFirst };
  });
  const { storage, engine } = context;
  // Storage judges each row when it is written; keys that are judged later are looked up.
  const facts = [engine, context.xid, index.storage, table.storage, keys, isUniqueNow(index), index.nullsNotDistinct] as const;
  const judge = (status: number): void => {
    if (status === StatusCode.uniqueViolation) throw collision(context, table, index);
    context.check(status);
  };
  const { clock } = context.session;
  if (storage.rowCountEstimate(engine, table.storage) >= BACKGROUND_ROWS)
    return clock.interruptible(() => storage.createIndexInBackground(...facts)).then(judge);
  judge(clock.interruptible(() => storage.createIndex(...facts)));
  return undefined;
}

async function buildInverted(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const columns = index.columns.map((column) => ({
    column: keyAttribute(column) - 1,
    kind: invertedKind(column.opclass, context.type(table.attributes[keyAttribute(column) - 1]?.type ?? TypeOid.text)),
  }));
  context.check(
    await context.session.clock.interruptible(() =>
      context.storage.createInverted(context.engine, context.xid, index.storage, table.storage, columns),
    ),
  );
}

export function dropIndexStorage(context: DefinitionContext, index: IndexObject): void {
  if (index.partitioned === true || index.unstructured === true) return;
  context.check(context.storage.dropIndex(context.engine, context.xid, index.storage));
}

/** The same index over the table's present storage, under a storage id of its own. */
export function rebuildIndex(context: DefinitionContext, index: IndexObject, table?: TableObject): Pending {
  const relation = table ?? context.snapshot.relationByOid(index.table);
  assert(relation?.class === "table", "an index belongs to a table");
  dropIndexStorage(context, index);
  const next: IndexObject = { ...index, storage: context.newOid() };
  context.put(next);
  return buildIndex(context, relation, next, BuildCommand.reindex);
}

function collision(context: DefinitionContext, table: TableObject, index: IndexObject): Error {
  const keys = index.columns.map((c) => c.expressionSql ?? quoteIdentifier(table.attributes[c.attribute - 1]?.name ?? ""));
  const rowId = context.session.database.native.engine.lastError(context.engine).detail;
  const values = rowId === 0 ? undefined : keyOfRow(context, table, keys, rowId);
  const detail = `Key (${keys.join(", ")})${values === undefined ? "" : `=(${values.join(", ")})`} is duplicated.`;
  return uniqueIndexCollision(index.name, detail, context.schemaName(table.schema), table.name);
}

/** The key of one row, as text; undefined when it cannot be told. */
function keyOfRow(context: DefinitionContext, table: TableObject, keys: readonly string[], rowId: number): string[] | undefined {
  context.nextStep();
  const list = keys.map((key) => `(${key})`).join(", ");
  const plan = context.bindQuery(`SELECT ${list} FROM ONLY ${context.sqlName(table)} WHERE ctid = '${tupleId(rowId)}'`);
  const [row] = context.run(plan, 1);
  return row?.map((value, i) => {
    const type = context.type(plan.columns[i]?.type ?? TypeOid.text);
    return value === null ? "null" : type.output(value, context.session.format);
  });
}
