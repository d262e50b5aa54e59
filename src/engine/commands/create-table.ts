/** CREATE TABLE: attributes, their sequences, the native relation, then the constraints. */
import type { AttributeObject, TableObject } from "../../catalog/index.js";
import type { ColumnDefinition, Command, ConstraintDefinition } from "../../plan/index.js";
import {
  columnTwice,
  invalidTable,
  notSupported,
  type Oid,
  pgvectorTypes,
  relationExists,
  systemColumnName,
  TypeOid,
  tooManyColumns,
  typeMissing,
} from "../../types/index.js";
import { physicalColumn } from "../physical-column.js";
import { defaultAclFor } from "./catalog/grant.js";
import { addConstraint } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { sequenceForColumn } from "./sequence.js";
import { toStoredSql } from "./stored-sql.js";

const COLUMNS_MAX = 1600;
const systemColumns = new Set(["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"]);

export function createTable(context: DefinitionContext, command: Extract<Command, { kind: "CreateTable" }>): void {
  if (command.persistence !== "permanent") throw notSupported(`CREATE ${command.persistence.toUpperCase()} TABLE`);
  const schema = context.creationSchema(command.name);
  const name = command.name.name;
  if (context.nameTaken(schema.oid, name)) {
    if (!command.ifNotExists) throw relationExists(name);
    return context.notice(`relation "${name}" already exists, skipping`, "42P07");
  }
  newTable(context, schema.oid, name, command.columns, command.constraints, command.persistence);
}

export function newTable(
  context: DefinitionContext,
  schema: Oid,
  name: string,
  columns: readonly ColumnDefinition[],
  constraints: readonly ConstraintDefinition[],
  persistence: TableObject["persistence"],
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
  };
  context.put(table);
  context.check(
    context.storage.createRelation(
      context.engine,
      context.xid,
      oid,
      attributes.map((a) => physicalColumn(context.type(a.type), a.typmod)),
    ),
  );
  // Keys first: a foreign key may refer to the table itself.
  const order = { primaryKey: 0, unique: 1, check: 2, foreignKey: 3 } as const;
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
    ...(defaultSql === undefined || isNullLiteral(defaultSql) ? {} : { defaultSql }),
    ...(column.identity === undefined ? {} : { identity: column.identity.always ? ("always" as const) : ("byDefault" as const) }),
    ...(column.generated === undefined ? {} : { generated: true }),
    ...(sequence === undefined ? {} : { sequence }),
    ...(column.collation === undefined ? {} : { collation: column.collation }),
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
