/** CREATE TABLE AS: a table shaped like the query, filled with its rows. */
import type { ColumnDefinition, Command } from "../../plan/index.js";
import { type Datum, DbError, notSupported, relationExists, TypeOid } from "../../types/index.js";
import { RowLoader } from "../row-loader.js";
import { isTemporarySchema } from "../temporary.js";
import type { DefinitionContext } from "./context.js";
import { newTable, requireStorageOptions } from "./create-table.js";
import { preparedPlan } from "./prepared.js";

export function createTableAs(
  context: DefinitionContext,
  command: Extract<Command, { kind: "CreateTableAs" }>,
  parameters: readonly Datum[],
): string {
  const schema = context.creationSchema(command.name, command.persistence);
  const name = command.name.name;
  if (context.nameTaken(schema.oid, name)) {
    if (!command.ifNotExists) throw relationExists(name);
    context.notice(`relation "${name}" already exists, skipping`, "42P07");
    return command.materialized === undefined ? "CREATE TABLE AS" : "CREATE MATERIALIZED VIEW";
  }
  const prepared = command.execute === undefined ? undefined : preparedPlan(context.session, command.execute, parameters);
  const query = prepared?.plan ?? command.query;
  if (command.columnNames.length > query.columns.length)
    throw new DbError({ sqlstate: "42601", message: "too many column names were specified" });
  const columns = query.columns.map((column, i): ColumnDefinition => {
    if (column.type === TypeOid.record) throw notSupported("a column of type record");
    const type = column.type === TypeOid.unknown ? TypeOid.text : column.type;
    const collation = command.collations?.[i] ?? undefined;
    return {
      name: command.columnNames[i] ?? column.name,
      type: { type, typmod: column.typmod },
      notNull: false,
      ...(collation === undefined ? {} : { collation }),
    };
  });
  requireStorageOptions(command.options);
  const persistence = isTemporarySchema(schema.name) ? "temporary" : (command.persistence ?? "permanent");
  const table = newTable(context, schema.oid, name, columns, [], persistence, {
    ...(command.onCommit === undefined ? {} : { onCommit: command.onCommit }),
    ...(command.options === undefined ? {} : { options: command.options }),
    ...(command.materialized === undefined ? {} : { materialized: { ...command.materialized, populated: command.withData } }),
  });
  const what = command.materialized === undefined ? "CREATE TABLE AS" : "CREATE MATERIALIZED VIEW";
  if (!command.withData) return what;
  const loader = new RowLoader(context, table);
  let count = 0;
  context.stream(
    query,
    (rows) => {
      loader.insert(rows);
      count += rows.length;
      return true;
    },
    prepared?.parameters ?? parameters,
  );
  return `SELECT ${count}`;
}
