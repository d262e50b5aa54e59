/** CREATE INDEX: btree over columns, hnsw and ivfflat over one vector column. */
import { chooseName, columnNamesPart, type IndexObject, type TableObject } from "../../catalog/index.js";
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
import { buildIndex } from "./index-storage.js";

/** Methods of PostgreSQL and pgvector that we do not have: known, refused. */
const knownMethods = new Set(["hash", "gist", "gin", "spgist", "brin"]);
const INDEX_COLUMNS_MAX = 32;
export function createIndex(context: DefinitionContext, command: Extract<Command, { kind: "CreateIndex" }>): Promise<void> | undefined {
  const relation = context.relation(command.table);
  if (relation.class !== "table")
    throw wrongRelationKind(relation.name, "a table", relation.class === "view" ? "This operation is not supported for views." : undefined);
  const method = command.method.toLowerCase();
  if (method !== "btree" && method !== "hnsw" && method !== "ivfflat")
    throw knownMethods.has(method) ? notSupported(`access method "${method}"`) : accessMethodMissing(command.method);
  if (command.predicate !== undefined) throw notSupported("a partial index");
  if (command.columns.some((c) => c.expression !== undefined)) throw notSupported("an index on expressions");
  const keyNames = command.columns.map((c) => c.column ?? "expr");
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
    options: method === "btree" ? btreeParameters(command.options) : vectorParameters(method, command.options),
  }).built;
}

type NewIndex = Pick<IndexObject, "name" | "method" | "unique" | "primary" | "nullsNotDistinct" | "columns" | "include" | "options">;

/** Writes the object and builds the index from the rows that are there. */
export function newIndex(
  context: DefinitionContext,
  table: TableObject,
  definition: NewIndex,
): { readonly index: IndexObject; readonly built: Promise<void> | undefined } {
  if (definition.method !== "btree") requireVectorIndex(context, table, definition, definition.method);
  else
    for (const column of definition.columns) {
      const type = typeOf(context, table, column.attribute);
      if (type.keyKind === undefined) throw noOperatorClass(type.displayName, "btree");
    }
  const oid = context.newOid();
  const index: IndexObject = {
    class: "index",
    oid,
    schema: table.schema,
    owner: table.owner,
    table: table.oid,
    storage: oid,
    valid: true,
    ...definition,
  };
  context.put(index);
  return { index, built: buildIndex(context, table, index) };
}

function requireVectorIndex(
  context: DefinitionContext,
  table: TableObject,
  definition: NewIndex,
  method: Exclude<IndexObject["method"], "btree">,
): void {
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
  method: IndexObject["method"],
): IndexObject["columns"][number] {
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
  method: IndexObject["method"],
): string | undefined {
  if (method !== "btree") {
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
function btreeParameters(options: Readonly<Record<string, string>>): Record<string, string> {
  for (const [name, value] of Object.entries(options)) {
    if (name === "deduplicate_items") continue;
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
