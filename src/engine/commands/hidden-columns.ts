/**
 * Indexes over expressions, with predicates, and over types without an order in storage: each computed key is a column of the table's storage that nobody sees. It is written
 * with every row, like a stored generated column, and the index is an ordinary one over it.
 *
 * An index with a predicate keeps the first key under `CASE WHEN predicate THEN key END`: rows outside of the predicate have a NULL
 * there, which conflicts with nothing and is found by nothing that the index is used for.
 *
 * An array, a range, a jsonb value… is kept a second time as its ordered key, which memcmp orders (src/types/ordered-key.ts).
 * An inverted index reads values as they are stored; an expression's, those of a partial index (in all columns: each may be searched alone)
 * and arrays of elements without one form each are such columns too.
 * An index over vectors needs a matrix: of an expression's vectors, and of bit strings in packed form, that is the hidden column.
 */
import {
  type AttributeObject,
  collationByOid,
  collationOid,
  type IndexObject,
  isIcu,
  isOrderedIndex,
  quoteIdentifier,
  sortKeySql,
  type TableObject,
} from "../../catalog/index.js";
import { rivalTree } from "../../execution/internal.js";
import { actualVersion } from "../../functions/index.js";
import { packedForms, vectorOperatorClasses } from "../../functions/vector/index.js";
import {
  type CollationReference,
  hasOrderedKey,
  isInvertedAsStored,
  noOperatorClass,
  notSupported,
  type SqlType,
  TypeOid,
} from "../../types/index.js";
import { attributeColumn } from "../physical-column.js";
import { columnsInSql } from "./columns-in-sql.js";
import type { DefinitionContext } from "./context.js";
import { buildIndex, dropIndexStorage } from "./index-storage.js";
import { rewriteTable } from "./rewrite.js";

type Columns = IndexObject["columns"];
export interface WithHiddenColumns {
  readonly table: TableObject;
  readonly columns: Columns;
  /** Rows that are there get their computed keys: a promise where an index of the table is built off this thread. */
  readonly filled: Promise<void> | undefined;
}

export function addHiddenColumns(
  context: DefinitionContext,
  table: TableObject,
  index: Pick<IndexObject, "columns" | "predicateSql" | "nullsNotDistinct" | "method" | "unique" | "exclusion">,
): WithHiddenColumns {
  const { predicateSql } = index;
  const isVectorIndex = index.method === "hnsw" || index.method === "ivfflat";
  const isInverted = index.method === "gin";
  const packed = isVectorIndex ? packedForms.get(vectorOperatorClasses.get(index.columns[0]?.opclass ?? "")?.type ?? 0) : undefined;
  /** Indexed as it is stored. */
  const isPlain = (column: Columns[number]): boolean => {
    if (column.expressionSql !== undefined || column.sortKey !== undefined) return false;
    if (isVectorIndex) return packed === undefined;
    const type = context.type(table.attributes[column.attribute - 1]?.type ?? 0);
    return isInverted ? isInvertedAsStored(type) : type.keyKind !== undefined;
  };
  // The column that rows outside of the predicate have no value in: the first that is searched.
  const [first] =
    isVectorIndex || isInverted ? [0] : rivalTree(index, (i) => keyTypeOf(context, table, index.columns[i] as Columns[number])).order;
  if (predicateSql === undefined && index.columns.every(isPlain)) return { table, columns: index.columns, filled: undefined };
  if (predicateSql !== undefined && index.nullsNotDistinct) throw notSupported("NULLS NOT DISTINCT in a partial index");
  const stored = context.session.view.storedExpressions(context.catalog);
  const attributes: AttributeObject[] = [];
  const columns = index.columns.map((column, i) => {
    const wrapped = (i === first || isInverted) && predicateSql !== undefined;
    if (!wrapped && isPlain(column)) return column;
    const plain = column.expressionSql ?? quoteIdentifier(table.attributes[column.attribute - 1]?.name ?? "");
    const key = stored.bindOverTable(table, plain).expression;
    const { type, typmod } =
      packed !== undefined
        ? { type: TypeOid.vector, typmod: packed.places(key.typmod) }
        : column.sortKey !== undefined
          ? { type: TypeOid.bytea, typmod: -1 }
          : key;
    const computed =
      packed !== undefined ? `${packed.functionName}(${plain})` : column.sortKey !== undefined ? sortKeySql(table, column) : plain;
    const sql = wrapped ? `CASE WHEN (${predicateSql}) THEN (${computed}) END` : computed;
    // Of an exclusion constraint only what is searched needs an order; what else is computed is kept as it is.
    if (!isVectorIndex && !isInverted && index.exclusion === undefined && !hasOrderedKey(context.type(type)))
      throw noOperatorClass(context.type(type).displayName, index.method);
    const number = table.attributes.length + attributes.length + 1;
    attributes.push({
      number,
      name: `........pg.dropped.${number}........`,
      type,
      typmod,
      notNull: false,
      dropped: true,
      hidden: true,
      ...(isVectorIndex ? { matrix: true } : {}),
      ...(isInverted ? { inverted: true } : {}),
      defaultSql: sql,
    });
    return { ...column, key: number };
  });
  const next: TableObject = { ...table, attributes: [...table.attributes, ...attributes] };
  context.put(next);
  if (table.partitioned !== undefined) return { table: next, columns, filled: undefined };
  for (const a of attributes)
    context.check(context.storage.addColumn(context.engine, context.xid, table.storage, attributeColumn(context.type(a.type), a), null));
  context.nextStep();
  const empty = context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)} LIMIT 1`, 1).length === 0;
  const filled = empty ? undefined : rewriteTable(context, next, new Map());
  return { table: context.again(next), columns, filled };
}

/**
 * Columns under an ICU collation are kept as its keys. A unique index under a deterministic one stays as it is: equality is that of bytes,
 * which is what keys, references and ON CONFLICT ask for.
 */
export function withSortKeys(
  context: DefinitionContext,
  table: TableObject,
  index: Pick<IndexObject, "columns" | "method" | "unique" | "exclusion">,
): IndexObject["columns"] {
  if (index.method !== "btree" && index.method !== "hash" && index.method !== "brin" && index.exclusion === undefined) return index.columns;
  return index.columns.map((column) => {
    const { sortKey: _old, ...plain } = column;
    const attribute = table.attributes[column.attribute - 1];
    const own =
      column.expressionSql !== undefined ? column.expressionCollation : (attribute?.collation ?? domainCollation(context, attribute));
    const collation = collationByOid(context.catalog, collationOid(column.collation ?? own));
    if (collation === undefined || !isIcu(collation) || column.opclass?.endsWith("_pattern_ops") === true) return plain;
    const { deterministic, icuLocale: locale = "" } = collation;
    if (deterministic && index.unique) return plain;
    if (index.exclusion !== undefined) {
      if (deterministic) return plain;
      throw notSupported("an exclusion constraint under a nondeterministic collation");
    }
    const type = keyTypeOf(context, table, plain);
    if (type.category === "A") throw notSupported(`an index over arrays under collation "${collation.name}"`);
    return { ...plain, sortKey: { locale, deterministic, version: actualVersion(locale) ?? "" } };
  });
}
function domainCollation(
  context: DefinitionContext,
  attribute: TableObject["attributes"][number] | undefined,
): CollationReference | undefined {
  for (
    let type = attribute === undefined ? undefined : context.type(attribute.type);
    type?.base !== undefined;
    type = context.type(type.base.type)
  )
    if (type.collation !== undefined) return type.collation;
  return undefined;
}

/** The type of an index column, or of its expression. */
export function keyTypeOf(context: DefinitionContext, table: TableObject, column: Columns[number]): SqlType {
  if (column.sortKey !== undefined) return context.type(TypeOid.bytea);
  const { expressionSql } = column;
  if (expressionSql === undefined) return context.type(table.attributes[column.attribute - 1]?.type ?? TypeOid.text);
  return context.type(context.session.view.storedExpressions(context.catalog).bindOverTable(table, expressionSql).expression.type);
}

/** When the index goes, its computed keys are no longer written. */
export function dropHiddenColumns(context: DefinitionContext, index: IndexObject): void {
  const keys = new Set(index.columns.flatMap((c) => (c.key === undefined ? [] : [c.key])));
  const table = context.snapshot.object(index.table);
  if (keys.size === 0 || table?.class !== "table") return;
  context.put({
    ...table,
    attributes: table.attributes.map((a) => {
      if (!keys.has(a.number)) return a;
      const { hidden: _hidden, defaultSql: _sql, inverted: _inverted, ...rest } = a;
      // What is left is a dropped column of the kind that storage has.
      return context.type(a.type).keyKind === undefined && a.matrix !== true ? { ...rest, type: TypeOid.bytea, typmod: -1 } : rest;
    }),
  });
}

/** Takes the indexes away whose keys are computed from a column that gets another type, or would have to be from then on. */
export function setIndexesAside(context: DefinitionContext, table: TableObject, attribute: number): readonly IndexObject[] {
  const aside = context.snapshot.indexesOf(table.oid).filter((index) => {
    if (index.partitioned === true || index.method === "hnsw" || index.method === "ivfflat") return false;
    if (index.columns.some((c) => c.attribute === attribute)) return true;
    return index.columns.some((c) => {
      const sql = c.key === undefined ? undefined : table.attributes[c.key - 1]?.defaultSql;
      return sql !== undefined && columnsInSql(context, table, sql).has(attribute);
    });
  });
  for (const index of aside) {
    dropIndexStorage(context, index);
    dropHiddenColumns(context, index);
    context.remove(index.oid);
  }
  return aside;
}

/** REINDEX of an index that keeps sort keys: they are made anew, by the order of the ICU that runs now. */
export async function remakeSortKeys(context: DefinitionContext, index: IndexObject): Promise<void> {
  dropIndexStorage(context, index);
  dropHiddenColumns(context, index);
  const table = context.snapshot.object(index.table);
  if (table?.class === "table") await restoreIndex(context, table, index);
}

export async function restoreIndex(context: DefinitionContext, table: TableObject, index: IndexObject): Promise<void> {
  const columns = withSortKeys(context, table, { ...index, columns: index.columns.map(({ key: _key, ...column }) => column) });
  for (const column of columns) {
    const type = context.type(table.attributes[column.attribute - 1]?.type ?? TypeOid.text);
    if (isOrderedIndex(index) && !hasOrderedKey(type)) throw noOperatorClass(type.displayName, index.method);
  }
  const hidden = addHiddenColumns(context, table, { ...index, columns });
  await hidden.filled;
  const next: IndexObject = { ...index, columns: hidden.columns, storage: context.newOid() };
  context.put(next);
  await buildIndex(context, context.again(table), next);
}
