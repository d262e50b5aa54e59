/** CREATE INDEX: btree over columns, hnsw and ivfflat over one vector column. */
import { chooseName, columnNamesPart, type IndexMethod, type IndexObject, type TableObject } from "../../catalog/index.js";
import {
  checkVectorColumn,
  defaultVectorOperatorClass,
  hasVectorOperatorClass,
  parseHnswOptions,
  parseIvfflatOptions,
  unsupportedVectorOperatorClasses,
  vectorOperatorClasses,
} from "../../functions/vector/index.js";
import type { Command, IndexColumn } from "../../plan/index.js";
import {
  accessMethodMissing,
  columnMissingPlain,
  DbError,
  invalidTable,
  noOperatorClass,
  notSupported,
  operatorClassMismatch,
  operatorClassMissing,
  optionOutOfRange,
  optionUnknown,
  relationExists,
  type SqlType,
  wrongRelationKind,
} from "../../types/index.js";
import type { DefinitionContext } from "./context.js";
import { addHiddenColumns } from "./hidden-columns.js";
import { buildIndex } from "./index-storage.js";
import { attachIndex } from "./partition.js";
import { toStoredSql } from "./stored-sql.js";

/** Methods of PostgreSQL and pgvector that we do not have: known, refused. */
const knownMethods = new Set(["gist", "spgist"]);
const ownMethods = new Set<string>(["btree", "hnsw", "ivfflat", "hash", "brin", "gin"]);
const INDEX_COLUMNS_MAX = 32;
export function createIndex(context: DefinitionContext, command: Extract<Command, { kind: "CreateIndex" }>): Promise<void> | undefined {
  const relation = context.relation(command.table);
  if (relation.class !== "table")
    throw wrongRelationKind(relation.name, "a table", relation.class === "view" ? "This operation is not supported for views." : undefined);
  const written = command.method.toLowerCase();
  if (written === "gist" || written === "spgist") refuseWithoutClass(context, relation, command, written);
  if (!ownMethods.has(written))
    throw knownMethods.has(written) ? notSupported(`access method "${written}"`) : accessMethodMissing(command.method);
  const method = written as IndexMethod;
  requireAbilities(command, method);
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
    options:
      method === "hnsw" || method === "ivfflat" ? vectorParameters(method, command.options) : storageParameters(command.options, method),
    ...(command.predicate === undefined ? {} : { predicateSql: toStoredSql(command.predicate.sql, context.catalog) }),
    only: command.only === true,
  }).built;
}

/** Types that PostgreSQL has gist or spgist classes for; for the others the error is PostgreSQL's own. */
const searchTreeTypes = new Set(["box", "polygon", "circle", "point", "inet", "tsvector", "tsquery"]);
function refuseWithoutClass(
  context: DefinitionContext,
  table: TableObject,
  command: Extract<Command, { kind: "CreateIndex" }>,
  method: string,
): void {
  for (const column of command.columns) {
    if (column.opclass !== undefined || column.column === undefined) continue;
    const type = typeOf(context, table, attributeNumber(table, column.column));
    if (!searchTreeTypes.has(type.name) && type.category !== "R" && !(method === "spgist" && type.name === "text"))
      throw noOperatorClass(type.displayName, method);
  }
}

/** What an access method cannot do, in PostgreSQL's words. */
function requireAbilities(command: Extract<Command, { kind: "CreateIndex" }>, method: IndexMethod): void {
  if (method === "btree" || method === "hnsw") return;
  const refuse = (what: string) => new DbError({ sqlstate: "0A000", message: `access method "${method}" does not support ${what}` });
  if (command.unique) throw refuse("unique indexes");
  if (command.include.length > 0) throw refuse("included columns");
  if (method === "hash" && command.columns.length > 1) throw refuse("multicolumn indexes");
  if (command.columns.some((c) => c.descending)) throw refuse("ASC/DESC options");
  if (command.columns.some((c) => c.nullsFirst)) throw refuse("NULLS FIRST/LAST options");
}

type NewIndex = Pick<
  IndexObject,
  "name" | "method" | "unique" | "primary" | "nullsNotDistinct" | "columns" | "include" | "options" | "predicateSql" | "parent"
> & { /** Of a partitioned table: the partitions get no parts. */ readonly only?: boolean };

/** Writes the object and builds the index from the rows that are there. */
export function newIndex(
  context: DefinitionContext,
  table: TableObject,
  definition: NewIndex,
): { readonly index: IndexObject; readonly built: Promise<void> | undefined } {
  const { only, ...facts } = definition;
  if (definition.method === "hnsw" || definition.method === "ivfflat") requireVectorIndex(context, table, definition, definition.method);
  else if (definition.method === "gin") requireGin(context, table, definition);
  else
    for (const column of definition.columns) {
      if (column.expressionSql !== undefined) continue;
      const type = typeOf(context, table, column.attribute);
      if (type.keyKind === undefined) throw noOperatorClass(type.displayName, definition.method);
    }
  if (definition.unique && table.partitioned !== undefined) requirePartitionKey(table, definition);
  const hidden =
    definition.method === "gin" ? { table, columns: definition.columns, filled: undefined } : addHiddenColumns(context, table, definition);
  const oid = context.newOid();
  const index: IndexObject = {
    class: "index",
    oid,
    schema: table.schema,
    owner: table.owner,
    table: table.oid,
    storage: oid,
    valid: true,
    ...facts,
    columns: hidden.columns,
    ...(table.partitioned === undefined ? {} : { partitioned: true }),
  };
  context.put(index);
  if (hidden.filled !== undefined)
    return { index, built: hidden.filled.then(() => buildIndex(context, context.again(hidden.table), index)) };
  const built = buildIndex(context, hidden.table, index);
  if (table.partitioned !== undefined && only !== true)
    for (const partition of context.snapshot.childrenOf(table.oid)) attachIndex(context, table, index, partition);
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
/** Accepted for what PostgreSQL has classes for; searches read the table. */
function requireGin(context: DefinitionContext, table: TableObject, definition: NewIndex): void {
  for (const column of definition.columns) {
    const oid =
      column.expressionSql === undefined
        ? (table.attributes[column.attribute - 1]?.type ?? 0)
        : context.session.storedExpressions(context.catalog).bindOverTable(table, column.expressionSql).expression.type;
    const type = context.type(oid);
    const { opclass } = column;
    if (opclass !== undefined && ginClasses[opclass] === undefined) throw operatorClassMissing(opclass, "gin");
    const isArray = type.elementType !== 0 && type.name.startsWith("_");
    if (type.name !== "jsonb" && !isArray)
      throw opclass === undefined ? noOperatorClass(type.displayName, "gin") : operatorClassMismatch(opclass, type.displayName);
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
  const type = typeOf(context, table, column.attribute);
  if (column.opclass === undefined) throw noOperatorClass(type.displayName, method);
  if (!hasVectorOperatorClass(method, column.opclass)) throw operatorClassMissing(column.opclass, method);
  if (vectorOperatorClasses.get(column.opclass)?.type !== type.oid) throw operatorClassMismatch(column.opclass, type.displayName);
  checkVectorColumn(method, type.oid, table.attributes[column.attribute - 1]?.typmod ?? -1);
}

function indexColumn(
  context: DefinitionContext,
  table: TableObject,
  column: IndexColumn,
  method: IndexMethod,
): IndexObject["columns"][number] {
  if (column.expression !== undefined) {
    const { opclass: written } = column;
    return {
      attribute: 0,
      expressionSql: toStoredSql(column.expression.sql, context.catalog),
      descending: column.descending,
      nullsFirst: column.nullsFirst,
      ...(written === undefined ? {} : { opclass: written }),
    };
  }
  const attribute = attributeNumber(table, column.column ?? "");
  const opclass =
    column.opclass === undefined
      ? defaultVectorOperatorClass(method, typeOf(context, table, attribute).oid)
      : operatorClass(context, table, attribute, column.opclass, method);
  return { attribute, descending: column.descending, nullsFirst: column.nullsFirst, ...(opclass === undefined ? {} : { opclass }) };
}

/** The default class needs no mention; the pattern classes are what "C" collation, the only one we have, does anyway. */
function operatorClass(
  context: DefinitionContext,
  table: TableObject,
  attribute: number,
  opclass: string,
  method: IndexMethod,
): string | undefined {
  if (method === "gin") return opclass;
  if (method === "hnsw" || method === "ivfflat") {
    if (unsupportedVectorOperatorClasses.has(opclass)) throw notSupported(`operator class "${opclass}"`);
    return opclass;
  }
  const type = typeOf(context, table, attribute);
  if (!opclass.endsWith("_ops")) throw operatorClassMissing(opclass, method);
  const base = opclass.replace(/_pattern_ops$/, "_ops");
  const byType: Record<string, readonly string[]> = {
    text_ops: ["text", "varchar"],
    varchar_ops: ["varchar", "text"],
    bpchar_ops: ["bpchar"],
    timestamptz_ops: ["timestamptz"],
  };
  const accepts = byType[base] ?? [base.slice(0, -"_ops".length)];
  if (!accepts.includes(type.name)) {
    if (context.registry.typeByName(base.slice(0, -"_ops".length)) === undefined && byType[base] === undefined)
      throw operatorClassMissing(opclass, method);
    throw operatorClassMismatch(opclass, type.displayName);
  }
  return opclass.endsWith("_pattern_ops") ? opclass : undefined;
}

function vectorParameters(method: "hnsw" | "ivfflat", options: Readonly<Record<string, string>>): Record<string, string> {
  if (method === "hnsw") parseHnswOptions(options);
  else parseIvfflatOptions(options);
  return { ...options };
}

/** Storage hints: a wrong one is an error, a right one changes nothing here. */
function storageParameters(options: Readonly<Record<string, string>>, method: IndexMethod): Record<string, string> {
  const switches: Partial<Record<IndexMethod, readonly string[]>> = {
    btree: ["deduplicate_items"],
    brin: ["pages_per_range", "autosummarize"],
    gin: ["fastupdate", "gin_pending_list_limit"],
  };
  for (const [name, value] of Object.entries(options)) {
    if (switches[method]?.includes(name) === true) continue;
    if (method === "brin" || method === "gin") throw optionUnknown(name);
    if (name !== "fillfactor") throw optionUnknown(name);
    const n = Number(value);
    if (!(n >= 10 && n <= 100)) throw optionOutOfRange(name, value, 10, 100);
  }
  return { ...options };
}

function attributeNumber(table: TableObject, name: string): number {
  const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
  if (attribute === undefined) throw columnMissingPlain(name);
  return attribute.number;
}
function typeOf(context: DefinitionContext, table: TableObject, attribute: number): SqlType {
  const found = table.attributes[attribute - 1];
  if (found === undefined) throw invalidTable("an index column is a column of its table");
  return context.type(found.type);
}
