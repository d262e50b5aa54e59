/** Partition keys, bounds and what bounds mean as SQL again. */
import {
  type BoundDatum,
  collationOid,
  collationText,
  type PartitionScheme,
  quoteIdentifier,
  type SessionCatalogReader,
  type TableObject,
} from "../catalog/index.js";
import type { Oid, SqlType } from "../types/index.js";
import { printBound } from "./commands/partition.js";
import type { StoredText } from "./stored-text.js";

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
export function partitionKeyText(printer: StoredText, oid: Oid): string | null {
  const table = printer.catalog.relationByOid(oid);
  if (table?.class !== "table" || table.partitioned === undefined) return null;
  const keys = table.partitioned.keys.map((key) => {
    const collation = key.collation === undefined ? "" : ` COLLATE ${collationText(printer.catalog, collationOid(key.collation))}`;
    if (key.attribute !== 0) return quoteIdentifier(table.attributes[key.attribute - 1]?.name ?? "") + collation;
    const { text, isCall } = printer.expression(key.expressionSql ?? "", "partition key expressions", false, table);
    return (isCall ? text : `(${text})`) + collation;
  });
  return `${table.partitioned.strategy.toUpperCase()} (${keys.join(", ")})`;
}

/** As pg_get_partition_constraintdef gives it: the bounds of the table and of those above it; null: no partition, or no bound. */
export function partitionConstraintText(printer: StoredText, oid: Oid): string | null {
  const table = printer.catalog.relationByOid(oid);
  if (table?.class !== "table" || table.partition === undefined) return null;
  const conditions = conditionsOf(printer, table);
  if (conditions.length === 0) return null;
  return printer.expression(conditions.join(" AND "), "check constraints", false, table).text;
}

/** One condition a list item: they are joined flat, the outermost table's first. */
function conditionsOf(printer: StoredText, table: TableObject): string[] {
  const parent = printer.catalog.relationByOid(table.parents?.[0] ?? 0);
  if (table.partition === undefined || parent?.class !== "table" || parent.partitioned === undefined) return [];
  const outer = conditionsOf(printer, parent);
  const siblings = printer.catalog.childrenOf(parent.oid).filter((child) => child.partition !== undefined && child.oid !== table.oid);
  const keys = keysOf(printer, parent.partitioned, parent);
  const { partition } = table;
  switch (partition.kind) {
    case "hash":
      return [
        ...outer,
        `satisfies_hash_partition('${parent.oid}'::oid, ${partition.modulus}, ${partition.remainder}, ${keys.map((key) => key.sql).join(", ")})`,
      ];
    case "list":
      return [...outer, ...listConditions(keys[0] as Key, partition.values)];
    case "range":
      return [...outer, ...notNull(keys), ...rangeConditions(keys, partition.from, partition.to)];
    case "default": {
      const others = siblings.flatMap((sibling) => {
        if (sibling.partition?.kind !== "range") return [];
        const parts = rangeConditions(keys, sibling.partition.from, sibling.partition.to);
        return [parts.length === 1 ? (parts[0] as string) : `(${parts.join(" AND ")})`];
      });
      if (parent.partitioned.strategy === "list") {
        const values = siblings.flatMap((sibling) => (sibling.partition?.kind === "list" ? sibling.partition.values : []));
        return values.length === 0 ? outer : [...outer, `NOT (${listConditions(keys[0] as Key, values).join(" AND ")})`];
      }
      if (others.length === 0) return outer;
      const either = others.length === 1 ? (others[0] as string) : `(${others.join(" OR ")})`;
      return [...outer, `NOT (${[...notNull(keys), either].join(" AND ")})`];
    }
  }
}

interface Key {
  readonly sql: string;
  readonly type: string;
}
function keysOf(printer: StoredText, scheme: PartitionScheme, parent: TableObject): Key[] {
  const registry = printer.session.registry(printer.catalog);
  return scheme.keys.map((key) => ({
    sql: key.attribute === 0 ? `(${key.expressionSql})` : quoteIdentifier(parent.attributes[key.attribute - 1]?.name ?? ""),
    type: registry.typeByOid(key.type)?.displayName ?? "text",
  }));
}
const valueOf = (key: Key, datum: BoundDatum): string =>
  typeof datum === "string" || datum.text === null ? "NULL" : `'${datum.text.replaceAll("'", "''")}'::${key.type}`;
const notNull = (keys: readonly Key[]): string[] => keys.map((key) => `${key.sql} IS NOT NULL`);

/** get_qual_for_list. */
function listConditions(key: Key, values: readonly BoundDatum[]): string[] {
  const isNull = (datum: BoundDatum): boolean => typeof datum !== "string" && datum.text === null;
  const others = values.filter((value) => !isNull(value)).map((value) => valueOf(key, value));
  const test = others.length === 1 ? `${key.sql} = ${others[0]}` : `${key.sql} = ANY (ARRAY[${others.join(", ")}])`;
  if (others.length === values.length) return [`${key.sql} IS NOT NULL`, test];
  return [others.length === 0 ? `${key.sql} IS NULL` : `(${key.sql} IS NULL OR ${test})`];
}

/** get_qual_for_range, without the tests for NULL. */
function rangeConditions(keys: readonly Key[], from: readonly BoundDatum[], to: readonly BoundDatum[]): string[] {
  const conditions: string[] = [];
  let first = 0;
  for (; first < keys.length; first++) {
    const [low, high] = [from[first] as BoundDatum, to[first] as BoundDatum];
    if (typeof low === "string" || typeof high === "string" || low.text !== high.text) break;
    conditions.push(`${(keys[first] as Key).sql} = ${valueOf(keys[first] as Key, low)}`);
  }
  for (const [bound, isLower] of [
    [from, true],
    [to, false],
  ] as const) {
    const arms = boundArms(keys, bound, first, isLower);
    if (arms.length > 0) conditions.push(arms.length === 1 ? (arms[0] as string) : `(${arms.join(" OR ")})`);
  }
  return conditions;
}
/** `a > 1 OR (a = 1 AND b >= 2)`: each arm is equal in the keys before and decides in one. */
function boundArms(keys: readonly Key[], bound: readonly BoundDatum[], first: number, isLower: boolean): string[] {
  const arms: string[] = [];
  const equal: string[] = [];
  for (let i = first; i < keys.length; i++) {
    const datum = bound[i] as BoundDatum;
    if (typeof datum === "string") break;
    const key = keys[i] as Key;
    const next = bound[i + 1];
    const isLast = i === keys.length - 1;
    const operator = isLower ? (isLast || next === "minvalue" ? ">=" : ">") : !isLast && next === "maxvalue" ? "<=" : "<";
    const parts = [...equal, `${key.sql} ${operator} ${valueOf(key, datum)}`];
    arms.push(parts.length === 1 ? (parts[0] as string) : `(${parts.join(" AND ")})`);
    equal.push(`${key.sql} = ${valueOf(key, datum)}`);
  }
  return arms;
}

/** undefined: the relation is neither partitioned nor a partition. */
export function partitionLinks(catalog: SessionCatalogReader, oid: Oid) {
  const object = catalog.relationByOid(oid);
  if (object?.class === "table") {
    if (object.partitioned === undefined && object.partition === undefined) return undefined;
    const children = catalog.childrenOf(oid).flatMap((child) => (child.partition === undefined ? [] : [child.oid]));
    return { parent: object.partition === undefined ? undefined : object.parents?.[0], children, isLeaf: object.partitioned === undefined };
  }
  if (object?.class !== "index" || (object.partitioned !== true && object.parent === undefined)) return undefined;
  const children = catalog
    .childrenOf(object.table)
    .flatMap((child) => catalog.indexesOf(child.oid))
    .flatMap((index) => (index.parent === oid ? [index.oid] : []));
  return { parent: object.parent, children, isLeaf: object.partitioned !== true };
}
