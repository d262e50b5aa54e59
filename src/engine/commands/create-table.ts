/** CREATE TABLE: attributes, their sequences, the native relation, then the constraints. */
import type { AttributeObject, TableObject } from "../../catalog/index.js";
import type { ColumnDefinition, Command, ConstraintDefinition, PartitionSchemeDefinition } from "../../plan/index.js";
import {
  columnTwice,
  DbError,
  invalidTable,
  type Oid,
  optionOutOfRange,
  optionUnknown,
  pgvectorTypes,
  relationExists,
  systemColumnName,
  TypeOid,
  tooManyColumns,
  typeMissing,
} from "../../types/index.js";
import { attributeColumn } from "../physical-column.js";
import { isTemporarySchema } from "../temporary.js";
import { defaultAclFor } from "./catalog/grant.js";
import { addConstraint } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { after, inOrder, type Pending } from "./in-order.js";
import { copyLike } from "./like.js";
import { boundOf, copyPartitionParts, schemeOf } from "./partition.js";
import { sequenceForColumn } from "./sequence.js";
import { toStoredSql } from "./stored-sql.js";

const COLUMNS_MAX = 1600;
const systemColumns = new Set(["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"]);

export function createTable(context: DefinitionContext, command: Extract<Command, { kind: "CreateTable" }>): Pending {
  const schema = context.creationSchema(command.name, command.persistence);
  const name = command.name.name;
  if (context.nameTaken(schema.oid, name)) {
    if (!command.ifNotExists) throw relationExists(name);
    context.notice(`relation "${name}" already exists, skipping`, "42P07");
    return undefined;
  }
  for (const { message, detail } of command.notices ?? []) context.notice(message, "00000", detail === undefined ? {} : { detail });
  requireStorageOptions(command.options);
  const persistence = isTemporarySchema(schema.name) ? "temporary" : command.persistence;
  const table = newTable(context, schema.oid, name, command.columns, command.constraints, persistence, {
    ...(command.onCommit === undefined ? {} : { onCommit: command.onCommit }),
    ...(command.options === undefined ? {} : { options: command.options }),
    ...(command.parents === undefined ? {} : { parents: command.parents }),
    ...(command.partitionBy === undefined ? {} : { partitionBy: command.partitionBy }),
    ...(command.bound === undefined ? {} : { partition: boundOf(context, command.parents?.[0] ?? 0, command.bound, name) }),
    ...(command.ofType === undefined ? {} : { ofType: command.ofType }),
  });
  const copied = command.bound === undefined ? undefined : copyPartitionParts(context, table);
  return after(copied, () => inOrder(command.likes ?? [], (like) => copyLike(context, like, table)));
}

const storageOptions: Readonly<Record<string, readonly [number, number]>> = {
  fillfactor: [10, 100],
  toast_tuple_target: [128, 8160],
  parallel_workers: [0, 1024],
};
const booleanOptions = new Set(["vacuum_truncate", "user_catalog_table", "autovacuum_enabled"]);
/** Storage hints: a wrong one is an error, a right one changes nothing here. */
export function requireStorageOptions(options: Readonly<Record<string, string>> | undefined): void {
  for (const [written, value] of Object.entries(options ?? {})) {
    const name = written.startsWith("toast.") ? written.slice("toast.".length) : written;
    const range = storageOptions[name];
    if (range === undefined && !booleanOptions.has(name) && !name.startsWith("autovacuum_") && name !== "log_autovacuum_min_duration")
      throw optionUnknown(name);
    if (range === undefined) continue;
    const n = Number(value);
    if (!Number.isInteger(n)) throw new DbError({ sqlstate: "22023", message: `invalid value for integer option "${name}": ${value}` });
    if (n < range[0] || n > range[1]) throw optionOutOfRange(name, value, range[0], range[1]);
  }
}

/** What ANALYZE is told of a column: it keeps no statistics of this kind, so the options are kept to be shown. */
export function requireColumnOptions(options: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (name !== "n_distinct" && name !== "n_distinct_inherited") throw optionUnknown(name);
    const n = Number(value);
    if (value.trim() === "" || Number.isNaN(n))
      throw new DbError({ sqlstate: "22023", message: `invalid value for floating point option "${name}": ${value}` });
    if (n < -1)
      throw new DbError({
        sqlstate: "22023",
        message: `value ${value} out of bounds for option "${name}"`,
        detail: `Valid values are between "-1.000000" and "${BigInt(Number.MAX_VALUE)}.000000".`,
      });
  }
}

export function newTable(
  context: DefinitionContext,
  schema: Oid,
  name: string,
  columns: readonly ColumnDefinition[],
  constraints: readonly ConstraintDefinition[],
  persistence: TableObject["persistence"],
  more: Partial<Pick<TableObject, "onCommit" | "options" | "parents" | "partition" | "ofType" | "materialized">> & {
    readonly partitionBy?: PartitionSchemeDefinition;
  } = {},
): TableObject {
  if (columns.length > COLUMNS_MAX) throw tooManyColumns();
  const seen = new Set<string>();
  for (const column of columns) {
    if (systemColumns.has(column.name)) throw systemColumnName(column.name);
    if (seen.has(column.name)) throw columnTwice(column.name);
    seen.add(column.name);
  }
  const oid = context.newOid();
  const attributes = columns.map((column, i) => newAttribute(context, schema, oid, name, column, i + 1));
  const { partitionBy, ...facts } = more;
  const table: TableObject = {
    class: "table",
    oid,
    schema,
    name,
    owner: context.owner,
    storage: oid,
    attributes,
    persistence,
    arrayOid: context.newOid(),
    ...defaultAclFor(context, "r", schema),
    ...facts,
    ...(partitionBy === undefined ? {} : { partitioned: schemeOf(attributes, partitionBy) }),
  };
  context.put(table);
  if (table.onCommit !== undefined) context.session.temporaryAtCommit.add(oid);
  context.check(
    context.storage.createRelation(
      context.engine,
      context.xid,
      oid,
      attributes.map((a) => attributeColumn(context.type(a.type), a)),
    ),
  );
  // Keys first: a foreign key may refer to the table itself.
  const order = { primaryKey: 0, unique: 1, check: 2, foreignKey: 3, exclusion: 1 } as const;
  for (const constraint of [...constraints].sort((a, b) => order[a.kind] - order[b.kind]))
    addConstraint(context, context.again(table), constraint, { tableIsNew: true });
  return context.again(table);
}

export function newAttribute(
  context: DefinitionContext,
  schema: Oid,
  table: Oid,
  tableName: string,
  column: ColumnDefinition,
  number: number,
): AttributeObject {
  refuseType(context, column);
  let defaultSql = column.defaultValue === undefined ? undefined : toStoredSql(column.defaultValue.sql, context.catalog);
  let notNull = column.notNull;
  let sequence: Oid | undefined;
  if (column.serial === true || column.identity !== undefined) {
    const options = { type: column.type.type, ...column.identity?.options };
    sequence = sequenceForColumn(context, schema, table, tableName, number, column.name, options).oid;
    notNull = true;
    if (column.serial === true) defaultSql = `nextval('${sequence}'::regclass)`;
  }
  if (column.generated !== undefined) defaultSql = column.generated.sql;
  return {
    number,
    name: column.name,
    type: column.type.type,
    typmod: column.type.typmod,
    notNull,
    dropped: false,
    // On a column of a domain's type DEFAULT NULL hides the domain's own default.
    ...(defaultSql === undefined || (isNullLiteral(defaultSql) && context.type(column.type.type).base === undefined) ? {} : { defaultSql }),
    ...(column.identity === undefined ? {} : { identity: column.identity.always ? ("always" as const) : ("byDefault" as const) }),
    ...(column.generated === undefined ? {} : { generated: true }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(column.collation === undefined ? {} : { collation: column.collation }),
    ...(column.inheritedCount === undefined ? {} : { inheritedCount: column.inheritedCount }),
    ...(column.local === undefined ? {} : { local: column.local }),
    ...(column.storage === undefined ? {} : { storage: column.storage }),
    ...(column.compression === undefined ? {} : { compression: column.compression }),
  };
}

function refuseType(context: DefinitionContext, column: ColumnDefinition): void {
  const type = context.type(column.type.type);
  // The types of an extension are there when the extension is.
  if (pgvectorTypes.has(type.oid) && context.snapshot.extension("vector") === undefined) throw typeMissing(type.displayName);
  if (column.type.type === TypeOid.unknown || type.category === "P")
    throw invalidTable(`column "${column.name}" has pseudo-type ${type.displayName}`);
}

/** DEFAULT NULL is no default. */
export function isNullLiteral(sql: string): boolean {
  return /^\(*\s*null\s*\)*(?:::[\w ."[\]()]+)?$/i.test(sql.trim());
}
