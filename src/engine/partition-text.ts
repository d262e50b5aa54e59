/** Partition keys and bounds as SQL again. */
import { quoteIdentifier, type SessionCatalogReader } from "../catalog/index.js";
import type { Oid, SqlType } from "../types/index.js";
import { printBound } from "./commands/partition.js";

/** As pg_get_expr(relpartbound) gives it; null: no partition. */
export function partitionBoundText(catalog: SessionCatalogReader, oid: Oid, type: (oid: Oid) => SqlType): string | null {
  const table = catalog.relationByOid(oid);
  if (table?.class !== "table" || table.partition === undefined) return null;
  const parent = catalog.relationByOid(table.parents?.[0] ?? 0);
  const keys = parent?.class === "table" ? (parent.partitioned?.keys ?? []) : [];
  return printBound(
    table.partition,
    keys.map((k) => type(k.type)),
  );
}

/** As pg_get_partkeydef gives it: "RANGE (a, lower(b))". */
export function partitionKeyText(catalog: SessionCatalogReader, oid: Oid): string | null {
  const table = catalog.relationByOid(oid);
  if (table?.class !== "table" || table.partitioned === undefined) return null;
  const keys = table.partitioned.keys.map((k) => {
    if (k.attribute !== 0) return quoteIdentifier(table.attributes[k.attribute - 1]?.name ?? "");
    const sql = k.expressionSql ?? "";
    return /^[a-z_][a-z0-9_.]*\(.*\)$/is.test(sql) ? sql : `(${sql})`;
  });
  return `${table.partitioned.strategy.toUpperCase()} (${keys.join(", ")})`;
}
