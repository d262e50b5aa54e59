/**
 * Indexes over expressions and with predicates: each computed key is a column of the table's storage that nobody sees. It is written
 * with every row, like a stored generated column, and the index is an ordinary one over it.
 *
 * An index with a predicate keeps the first key under `CASE WHEN predicate THEN key END`: rows outside of the predicate have a NULL
 * there, which conflicts with nothing and is found by nothing that the index is used for.
 */
import { type AttributeObject, type IndexObject, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { noOperatorClass, notSupported } from "../../types/index.js";
import { physicalColumn } from "../physical-column.js";
import type { DefinitionContext } from "./context.js";
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
  index: Pick<IndexObject, "columns" | "predicateSql" | "nullsNotDistinct" | "method" | "unique">,
): WithHiddenColumns {
  const { predicateSql } = index;
  if (index.columns.every((c) => c.expressionSql === undefined) && predicateSql === undefined)
    return { table, columns: index.columns, filled: undefined };
  if (predicateSql !== undefined && index.nullsNotDistinct) throw notSupported("NULLS NOT DISTINCT in a partial index");
  const stored = context.session.storedExpressions(context.catalog);
  const attributes: AttributeObject[] = [];
  const columns = index.columns.map((column, i) => {
    const wrapped = i === 0 && predicateSql !== undefined;
    if (column.expressionSql === undefined && !wrapped) return column;
    const plain = column.expressionSql ?? quoteIdentifier(table.attributes[column.attribute - 1]?.name ?? "");
    const sql = wrapped ? `CASE WHEN (${predicateSql}) THEN (${plain}) END` : plain;
    const { type, typmod } = stored.bindOverTable(table, sql).expression;
    if (context.type(type).keyKind === undefined) throw noOperatorClass(context.type(type).displayName, index.method);
    const number = table.attributes.length + attributes.length + 1;
    attributes.push({
      number,
      name: `........pg.dropped.${number}........`,
      type,
      typmod,
      notNull: false,
      dropped: true,
      hidden: true,
      defaultSql: sql,
    });
    return { ...column, key: number };
  });
  const next: TableObject = { ...table, attributes: [...table.attributes, ...attributes] };
  context.put(next);
  if (table.partitioned !== undefined) return { table: next, columns, filled: undefined };
  for (const a of attributes)
    context.check(
      context.storage.addColumn(context.engine, context.xid, table.storage, physicalColumn(context.type(a.type), a.typmod), null),
    );
  context.nextStep();
  const empty = context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)} LIMIT 1`, 1).length === 0;
  const filled = empty ? undefined : rewriteTable(context, next, new Map());
  return { table: context.again(next), columns, filled };
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
      const { hidden: _hidden, defaultSql: _sql, ...rest } = a;
      return rest;
    }),
  });
}
