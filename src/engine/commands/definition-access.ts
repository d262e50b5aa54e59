/** Who may run a definition command about an existing object: its owner, mostly. One place, asked before the command runs. */
import type { Command, QualifiedName } from "../../plan/index.js";
import { DbError } from "../../types/index.js";
import { permissionDenied } from "../access.js";
import { requireOwner, roleOf } from "./catalog/ownership.js";
import type { DefinitionContext } from "./context.js";

export function checkDefinitionAccess(context: DefinitionContext, command: Command): void {
  const me = roleOf(context);
  if (me.superuser) return;
  const access = context.session.access(context.catalog);
  const owned = (name: QualifiedName): void => {
    const relation = context.find(name);
    if (relation === undefined || relation.class === "system") return;
    // A schema's owner may drop what others keep in it.
    const schema = context.snapshot.object(relation.schema);
    if (command.kind === "Drop" && schema?.class === "schema" && access.hasPrivilegesOf(me.oid, schema.owner)) return;
    requireOwner(context, relation);
  };
  switch (command.kind) {
    case "AlterTable":
    case "AlterSequence":
      return owned(command.name);
    case "Rename":
    case "SetSchema":
      if (command.object === "schema") {
        const schema = context.snapshot.schema(command.name.name);
        if (schema !== undefined) requireOwner(context, schema);
        return;
      }
      return owned(command.name);
    case "CreateIndex":
      return owned(command.table);
    case "Drop":
      for (const name of command.names) {
        if (command.object === "schema") {
          const schema = context.snapshot.schema(name.name);
          if (schema !== undefined) requireOwner(context, schema);
        } else if (command.object !== "extension") owned(name);
      }
      return;
    case "Truncate":
      for (const name of command.tables) {
        const table = context.find(name);
        if (table?.class === "table" && !access.may(me.oid, table, "D")) throw permissionDenied(table);
      }
      return;
    case "CreateSchema": {
      const database = context.snapshot.database(context.session.databaseName);
      if (database !== undefined && !access.may(me.oid, database, "C"))
        throw new DbError({ sqlstate: "42501", message: `permission denied for database ${database.name}` });
      return;
    }
    case "CreateExtension":
      throw new DbError({
        sqlstate: "42501",
        message: `permission denied to create extension "${command.name}"`,
        hint: "Must be superuser to create this extension.",
      });
    case "Copy": {
      if (command.table === undefined) return;
      const relation = context.find(command.table);
      if (relation?.class !== "table") return;
      const letter = command.direction === "from" ? "a" : "r";
      if (access.may(me.oid, relation, letter)) return;
      const columns = command.columns.length > 0 ? command.columns : relation.attributes.filter((a) => !a.dropped).map((a) => a.name);
      const every = columns.every((column) => {
        const attribute = relation.attributes.find((a) => !a.dropped && a.name === column);
        return attribute !== undefined && access.mayColumn(me.oid, relation, attribute.number, letter);
      });
      if (!every) throw permissionDenied(relation);
      return;
    }
    default:
      return;
  }
}
