/** ALTER … RENAME and ALTER … SET SCHEMA. */
import type { TableObject } from "../../catalog/index.js";
import { DATABASE_OID } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import {
  columnExists,
  columnMissingPlain,
  constraintExists,
  constraintMissing,
  DbError,
  notSupported,
  relationExists,
  schemaExists,
  systemColumnName,
  wrongRelationKind,
} from "../../types/index.js";
import { constraintNamed } from "./constraints.js";
import { type DefinitionContext, displayName } from "./context.js";

export function rename(context: DefinitionContext, command: Extract<Command, { kind: "Rename" }>): void {
  if (command.object === "schema") return renameSchema(context, command);
  if (context.find(command.name) === undefined && command.ifExists)
    return context.notice(`relation "${displayName(command.name)}" does not exist, skipping`);
  const relation = context.relation(command.name);
  switch (command.object) {
    case "column": {
      const column = command.subname ?? "";
      if (relation.class === "view") {
        if (!relation.columns.some((c) => c.name === column)) throw columnMissingPlain(column);
        context.put({ ...relation, columns: relation.columns.map((c) => (c.name === column ? { ...c, name: command.newName } : c)) });
        return;
      }
      if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
      return renameColumn(context, relation, column, command.newName);
    }
    case "constraint": {
      if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
      const constraint = constraintNamed(context, relation, command.subname ?? "");
      if (constraint === undefined) throw constraintMissing(command.subname ?? "", relation.name);
      if (constraintNamed(context, relation, command.newName) !== undefined) throw constraintExists(command.newName, relation.name);
      context.put({ ...constraint, name: command.newName });
      if (constraint.kind === "primaryKey" || constraint.kind === "unique") {
        const index = context.snapshot.object(constraint.index);
        if (index?.class === "index") context.put({ ...index, name: command.newName });
      }
      return;
    }
    default: {
      const matches = command.object === relation.class || command.object === "table";
      if (!matches) throw wrongRelationKind(relation.name, command.object === "index" ? "an index" : `a ${command.object}`);
      if (context.nameTaken(relation.schema, command.newName)) throw relationExists(command.newName);
      context.put({ ...relation, name: command.newName });
      if (relation.class === "index") {
        const constraint = context.snapshot
          .constraintsOf(relation.table)
          .find((c) => (c.kind === "primaryKey" || c.kind === "unique") && c.index === relation.oid);
        if (constraint !== undefined) context.put({ ...constraint, name: command.newName });
      }
    }
  }
}

/** Expressions are kept as text: one that mentions the column would break, so that is refused rather than done wrong. */
function renameColumn(context: DefinitionContext, table: TableObject, column: string, newName: string): void {
  const attribute = table.attributes.find((a) => !a.dropped && a.name === column);
  if (attribute === undefined) throw columnMissingPlain(column);
  if (table.attributes.some((a) => !a.dropped && a.name === newName)) throw columnExists(newName, table.name);
  if (["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"].includes(newName)) throw systemColumnName(newName);
  const mentions = (sql: string) => new RegExp(`(^|[^\\w$])"?${column.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}"?($|[^\\w$])`, "i").test(sql);
  const constraints = context.snapshot
    .constraintsOf(table.oid)
    .filter((c) => c.kind === "check" && c.attributes.includes(attribute.number));
  const generated = table.attributes.some((a) => a.generated === true && a.defaultSql !== undefined && mentions(a.defaultSql));
  const views = context.snapshot.viewsOf(table.oid).filter((v) => mentions(v.sql) || v.sql.includes("*"));
  if (constraints.length > 0 || generated || views.length > 0)
    throw notSupported("renaming a column that a check, a generated column or a view uses");
  context.put({ ...table, attributes: table.attributes.map((a) => (a.number === attribute.number ? { ...a, name: newName } : a)) });
}

function renameSchema(context: DefinitionContext, command: Extract<Command, { kind: "Rename" }>): void {
  const schema = context.schema(command.name.name);
  if (schema.oid < DATABASE_OID + 16379)
    if (schema.name !== "public") throw new DbError({ sqlstate: "42501", message: `permission denied for schema ${schema.name}` });
  if (context.snapshot.schema(command.newName) !== undefined) throw schemaExists(command.newName);
  if (command.newName.startsWith("pg_"))
    throw new DbError({
      sqlstate: "42939",
      message: `unacceptable schema name "${command.newName}"`,
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  context.put({ ...schema, name: command.newName });
}

export function setSchema(context: DefinitionContext, command: Extract<Command, { kind: "SetSchema" }>): void {
  if (context.find(command.name) === undefined && command.ifExists)
    return context.notice(`relation "${displayName(command.name)}" does not exist, skipping`);
  const relation = context.relation(command.name);
  const schema = context.schema(command.schema).oid;
  if (relation.schema === schema) return;
  if (context.nameTaken(schema, relation.name))
    throw new DbError({ sqlstate: "42P07", message: `relation "${relation.name}" already exists in schema "${command.schema}"` });
  context.put({ ...relation, schema });
  if (relation.class !== "table") return;
  // A table's indexes, constraints and sequences live where it lives.
  for (const part of [
    ...context.snapshot.indexesOf(relation.oid),
    ...context.snapshot.constraintsOf(relation.oid),
    ...context.snapshot.sequencesOf(relation.oid),
  ])
    context.put({ ...part, schema });
}
