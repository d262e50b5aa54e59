/** CREATE INDEX: btree over columns, hnsw and ivfflat over one vector column. */
import { chooseName, columnNamesPart, type IndexMethod, type IndexObject, type TableObject } from "../../catalog/index.js";
import { defaultOperatorClass, operatorClassOf } from "../../functions/operator-classes.js";
import {
  checkQuantization,
  checkVectorColumn,
  defaultVectorOperatorClass,
  hasVectorOperatorClass,
  parseHnswOptions,
  vectorOperatorClasses,
} from "../../functions/vector/index.js";
import type { Command, IndexColumn } from "../../plan/index.js";
import {
  accessMethodMissing,
  columnMissingPlain,
  DbError,
  hasOrderedKey,
  invalidTable,
  noOperatorClass,
  operatorClassMismatch,
  operatorClassMissing,
  relationExists,
  type SqlType,
  wrongRelationKind,
} from "../../types/index.js";
import type { DefinitionContext } from "./context.js";
import { addHiddenColumns, keyTypeOf, withSortKeys } from "./hidden-columns.js";
import { after, inOrder, type Pending } from "./in-order.js";
import { requireIndexOptions } from "./index-options.js";
import { buildIndex } from "./index-storage.js";
import { attachIndex } from "./partition.js";
import { toStoredSql } from "./stored-sql.js";

const methods = new Set<string>(["btree", "hnsw", "ivfflat", "hash", "brin", "gin", "gist", "spgist"]);
const INDEX_COLUMNS_MAX = 32;
export function createIndex(context: DefinitionContext, command: Extract<Command, { kind: "CreateIndex" }>): Promise<void> | undefined {
  const relation = context.relation(command.table);
  if (command.concurrently && relation.class === "table" && relation.partitioned !== undefined)
    throw new DbError({ sqlstate: "0A000", message: `cannot create index on partitioned table "${relation.name}" concurrently` });
  if (relation.class !== "table")
    throw wrongRelationKind(relation.name, "a table", relation.class === "view" ? "This operation is not supported for views." : undefined);
  const written = command.method.toLowerCase();
  if (!methods.has(written)) throw accessMethodMissing(command.method);
  const method = written as IndexMethod;
  requireAbilities(command, method);
  requireIndexOptions(command.options, method);
  const keyNames = command.columns.map((c) => c.column ?? c.name ?? "expr");
  if (command.name !== undefined && context.nameTaken(relation.schema, command.name)) {
    if (!command.ifNotExists) throw relationExists(command.name);
    context.notice(`relation "${command.name}" already exists, skipping`, "42P07");
    return undefined;
  }
  const name =
    command.name ??
    chooseName(relation.name, columnNamesPart([...keyNames, ...command.include]), "idx", (n) => context.nameTaken(relation.schema, n));
  if (command.columns.length > INDEX_COLUMNS_MAX)
    throw new DbError({ sqlstate: "54011", message: `cannot use more than ${INDEX_COLUMNS_MAX} columns in an index` });
  return newIndex(context, relation, {
    name,
    method,
    unique: command.unique,
    primary: false,
    nullsNotDistinct: command.nullsNotDistinct,
    columns: command.columns.map((column) => indexColumn(context, relation, column, method)),
    include: command.include.map((column) => attributeNumber(relation, column)),
    options: { ...command.options },
    ...(command.predicate === undefined ? {} : { predicateSql: toStoredSql(command.predicate.sql, context.catalog) }),
    only: command.only === true,
    awaitsParts: command.only === true,
  }).built;
}

/** What an access method cannot do, in PostgreSQL's words. */
function requireAbilities(command: Extract<Command, { kind: "CreateIndex" }>, method: IndexMethod): void {
  if (method === "btree" || method === "hnsw") return;
  const refuse = (what: string) => new DbError({ sqlstate: "0A000", message: `access method "${method}" does not support ${what}` });
  if (command.unique) throw refuse("unique indexes");
  if (command.include.length > 0 && method !== "gist" && method !== "spgist") throw refuse("included columns");
  if ((method === "hash" || method === "spgist") && command.columns.length > 1) throw refuse("multicolumn indexes");
  if (command.columns.some((c) => c.descending)) throw refuse("ASC/DESC options");
  if (command.columns.some((c) => c.nullsFirst)) throw refuse("NULLS FIRST/LAST options");
}

type NewIndex = Pick<
  IndexObject,
  | "name"
  | "method"
  | "unique"
  | "primary"
  | "nullsNotDistinct"
  | "columns"
  | "include"
  | "options"
  | "predicateSql"
  | "parent"
  | "deferrable"
  | "exclusion"
> & {
  /** Of a partitioned table: the partitions get no parts. */ readonly only?: boolean;
  /** Not valid before ALTER INDEX … ATTACH PARTITION has given it one for each partition. */
  readonly awaitsParts?: boolean;
};

/** Writes the object and builds the index from the rows that are there. */
export function newIndex(
  context: DefinitionContext,
  table: TableObject,
  definition: NewIndex,
): { readonly index: IndexObject; readonly built: Pending } {
  const { only, awaitsParts, ...written } = definition;
  const facts = { ...written, columns: withSortKeys(context, table, written) };
  if (definition.method === "hnsw" || definition.method === "ivfflat") requireVectorIndex(context, table, definition, definition.method);
  else if (definition.method === "gin") requireGin(context, table, definition);
  if (definition.unique && table.partitioned !== undefined) requirePartitionKey(table, definition);
  // What is searched by distance or containment, and zones of values without an order, have no structure: the table is read.
  const unstructured =
    definition.exclusion === undefined &&
    (definition.method === "gist" ||
      definition.method === "spgist" ||
      (definition.method === "brin" && definition.columns.some((c) => !hasOrderedKey(keyTypeOf(context, table, c)))));
  const hidden = unstructured
    ? {
        table,
        columns: facts.columns.map((c) => (c.expressionSql === undefined ? c : { ...c, expressionType: keyTypeOf(context, table, c).oid })),
        filled: undefined,
      }
    : addHiddenColumns(context, table, facts);
  const oid = context.newOid();
  const index: IndexObject = {
    class: "index",
    oid,
    schema: table.schema,
    owner: table.owner,
    table: table.oid,
    storage: oid,
    // Parts are still to be attached, one for each partition.
    valid: awaitsParts !== true || table.partitioned === undefined || context.snapshot.childrenOf(table.oid).length === 0,
    ...facts,
    columns: hidden.columns,
    ...(unstructured ? { unstructured } : {}),
    ...(table.partitioned === undefined ? {} : { partitioned: true }),
  };
  context.put(index);
  if (hidden.filled !== undefined)
    return { index, built: hidden.filled.then(() => buildIndex(context, context.again(hidden.table), index)) };
  const built = after(buildIndex(context, hidden.table, index), () => {
    if (table.partitioned === undefined || only === true) return undefined;
    return inOrder(context.snapshot.childrenOf(table.oid), (partition) => attachIndex(context, table, index, partition));
  });
  return { index, built };
}

/** A unique index of a partitioned table knows nothing beyond one partition, so the key must decide the partition. */
function requirePartitionKey(table: TableObject, definition: NewIndex): void {
  const what = definition.primary ? "PRIMARY KEY" : "UNIQUE";
  for (const key of table.partitioned?.keys ?? []) {
    if (key.attribute === 0)
      throw new DbError({
        sqlstate: "0A000",
        message: `unsupported ${what} constraint with partition key definition`,
        detail: `${what} constraints cannot be used when partition keys include expressions.`,
      });
    if (definition.columns.some((c) => c.attribute === key.attribute)) continue;
    throw new DbError({
      sqlstate: "0A000",
      message: "unique constraint on partitioned table must include all partitioning columns",
      detail: `${what} constraint on table "${table.name}" lacks column "${table.attributes[key.attribute - 1]?.name}" which is part of the partition key.`,
    });
  }
}

const ginClasses: Readonly<Record<string, string>> = { jsonb_ops: "jsonb", jsonb_path_ops: "jsonb", array_ops: "anyarray" };
/** What PostgreSQL has classes for. */
function requireGin(context: DefinitionContext, table: TableObject, definition: NewIndex): void {
  for (const column of definition.columns) {
    const oid =
      column.expressionSql === undefined
        ? (table.attributes[column.attribute - 1]?.type ?? 0)
        : context.session.view.storedExpressions(context.catalog).bindOverTable(table, column.expressionSql).expression.type;
    const type = context.type(oid);
    const { opclass } = column;
    if (opclass !== undefined && ginClasses[opclass] === undefined) throw operatorClassMissing(opclass, "gin");
    const isArray = type.elementType !== 0 && type.name.startsWith("_");
    if (type.name !== "jsonb" && !isArray)
      throw opclass === undefined ? noOperatorClass(type.displayName, "gin") : operatorClassMismatch(opclass, type.displayName);
    const element = isArray ? context.type(type.elementType) : undefined;
    if (element !== undefined && type.elementKeys === undefined)
      throw new DbError({ sqlstate: "42883", message: `could not identify a comparison function for type ${element.displayName}` });
    if (opclass !== undefined && ginClasses[opclass] !== (isArray ? "anyarray" : "jsonb"))
      throw operatorClassMismatch(opclass, type.displayName);
  }
}

function requireVectorIndex(context: DefinitionContext, table: TableObject, definition: NewIndex, method: "hnsw" | "ivfflat"): void {
  const refuse = (what: string) => new DbError({ sqlstate: "0A000", message: `access method "${method}" does not support ${what}` });
  if (definition.unique) throw refuse("unique indexes");
  if (definition.columns.length !== 1) throw refuse("multicolumn indexes");
  if (definition.include.length > 0) throw refuse("included columns");
  const column = definition.columns[0] as NewIndex["columns"][number];
  const key =
    column.expressionSql === undefined
      ? table.attributes[column.attribute - 1]
      : context.session.view.storedExpressions(context.catalog).bindOverTable(table, column.expressionSql).expression;
  if (key === undefined) throw invalidTable("an index column is a column of its table");
  const type = context.type(key.type);
  if (column.opclass === undefined) throw noOperatorClass(type.displayName, method);
  if (!hasVectorOperatorClass(method, column.opclass)) throw operatorClassMissing(column.opclass, method);
  const operatorClass = vectorOperatorClasses.get(column.opclass);
  if (operatorClass?.type !== type.oid) throw operatorClassMismatch(column.opclass, type.displayName);
  if (method === "hnsw") checkQuantization(parseHnswOptions(definition.options).quantization, operatorClass);
  checkVectorColumn(method, type.oid, key.typmod);
}

export function indexColumn(
  context: DefinitionContext,
  table: TableObject,
  column: IndexColumn,
  method: IndexMethod,
): IndexObject["columns"][number] {
  if (column.expression !== undefined) {
    const expressionSql = toStoredSql(column.expression.sql, context.catalog);
    const { type: oid } = context.session.view.storedExpressions(context.catalog).bindOverTable(table, expressionSql).expression;
    const written = operatorClass(context, context.type(oid), column.opclass, method);
    return {
      attribute: 0,
      expressionSql,
      descending: column.descending,
      nullsFirst: column.nullsFirst,
      ...(written === undefined ? {} : { opclass: written }),
      ...(column.collation === undefined || column.collation === (column.derivedCollation ?? "default")
        ? {}
        : { collation: column.collation }),
      ...(column.derivedCollation === undefined ? {} : { expressionCollation: column.derivedCollation }),
    };
  }
  const attribute = attributeNumber(table, column.column ?? "");
  const opclass = operatorClass(context, typeOf(context, table, attribute), column.opclass, method);
  const own = table.attributes[attribute - 1]?.collation ?? "default";
  return {
    attribute,
    descending: column.descending,
    nullsFirst: column.nullsFirst,
    ...(opclass === undefined ? {} : { opclass }),
    ...(column.collation === undefined || column.collation === own ? {} : { collation: column.collation }),
  };
}

/** The name of the class where it is not the one that the type has anyway. */
function operatorClass(context: DefinitionContext, type: SqlType, written: string | undefined, method: IndexMethod): string | undefined {
  if (method === "hnsw" || method === "ivfflat") return written ?? defaultVectorOperatorClass(method, type.oid);
  // Checked with the types of elements, which classes over arrays say nothing of (requireGin).
  if (method === "gin") return written;
  let base = type;
  while (base.base !== undefined) base = context.type(base.base.type);
  if (method === "gist" && written === undefined && context.snapshot.extension("btree_gist") !== undefined) return undefined;
  const found = operatorClassOf(method, base, written);
  return found === undefined || found === defaultOperatorClass(method, base) ? undefined : found.name;
}

export function attributeNumber(table: TableObject, name: string): number {
  const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
  if (attribute === undefined) throw columnMissingPlain(name);
  return attribute.number;
}
function typeOf(context: DefinitionContext, table: TableObject, attribute: number): SqlType {
  const found = table.attributes[attribute - 1];
  if (found === undefined) throw invalidTable("an index column is a column of its table");
  return context.type(found.type);
}
