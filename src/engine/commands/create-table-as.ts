/** CREATE TABLE AS: a table shaped like the query, filled with its rows. */
import type { ColumnDefinition, Command } from "../../plan/index.js";
import { type Datum, DbError, notSupported, relationExists, TypeOid } from "../../types/index.js";
import { RowLoader } from "../row-loader.js";
import type { DefinitionContext } from "./context.js";
import { newTable } from "./create-table.js";

export function createTableAs(
  context: DefinitionContext,
  command: Extract<Command, { kind: "CreateTableAs" }>,
  parameters: readonly Datum[],
): string {
  const schema = context.creationSchema(command.name);
  const name = command.name.name;
  if (context.nameTaken(schema.oid, name)) {
    if (!command.ifNotExists) throw relationExists(name);
    context.notice(`relation "${name}" already exists, skipping`, "42P07");
    return "CREATE TABLE AS";
  }
  if (command.columnNames.length > command.query.columns.length)
    throw new DbError({ sqlstate: "42601", message: "too many column names were specified" });
  const columns = command.query.columns.map((column, i): ColumnDefinition => {
    if (column.type === TypeOid.record) throw notSupported("a column of type record");
    const type = column.type === TypeOid.unknown ? TypeOid.text : column.type;
    return { name: command.columnNames[i] ?? column.name, type: { type, typmod: column.typmod }, notNull: false };
  });
  const table = newTable(context, schema.oid, name, columns, [], "permanent");
  if (!command.withData) return "CREATE TABLE AS";
  const loader = new RowLoader(context, table);
  let count = 0;
  context.stream(
    command.query,
    (rows) => {
      loader.insert(rows);
      count += rows.length;
      return true;
    },
    parameters,
  );
  return `SELECT ${count}`;
}
