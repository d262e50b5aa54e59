/** COMMENT ON: one object per commented object or column. */
import type { Command } from "../../plan/index.js";
import {
  columnMissing,
  constraintMissing,
  noSuchRole,
  notSupported,
  type Oid,
  objectMissing,
  wrongRelationKind,
} from "../../types/index.js";
import type { DefinitionContext } from "./context.js";

export function comment(context: DefinitionContext, command: Extract<Command, { kind: "Comment" }>): void {
  const target = targetOf(context, command);
  const existing = context.snapshot.comment(target.object, target.attribute);
  if (command.text === null || command.text === "") {
    if (existing !== undefined) context.remove(existing.oid);
    return;
  }
  context.put({
    class: "comment",
    oid: existing?.oid ?? context.newOid(),
    object: target.object,
    attribute: target.attribute,
    text: command.text,
  });
}

function targetOf(context: DefinitionContext, command: Extract<Command, { kind: "Comment" }>): { object: Oid; attribute: number } {
  const kind = command.object.toLowerCase();
  switch (kind) {
    case "table":
    case "view":
    case "index":
    case "sequence": {
      const relation = context.relation(command.name);
      if (relation.class !== kind) throw wrongRelationKind(relation.name, kind === "index" ? "an index" : `a ${kind}`);
      return { object: relation.oid, attribute: 0 };
    }
    case "column": {
      const relation = context.relation(command.name);
      const name = command.column ?? "";
      if (relation.class === "view") {
        const at = relation.columns.findIndex((c) => c.name === name);
        if (at < 0) throw columnMissing(name, relation.name);
        return { object: relation.oid, attribute: at + 1 };
      }
      if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
      const attribute = relation.attributes.find((a) => !a.dropped && a.name === name);
      if (attribute === undefined) throw columnMissing(name, relation.name);
      return { object: relation.oid, attribute: attribute.number };
    }
    case "constraint": {
      const table = context.table(command.name);
      const constraint = context.snapshot.constraintsOf(table.oid).find((c) => c.name === command.column);
      if (constraint === undefined) throw constraintMissing(command.column ?? "", table.name);
      return { object: constraint.oid, attribute: 0 };
    }
    case "schema":
      return { object: context.schema(command.name.name).oid, attribute: 0 };
    case "database": {
      const database = context.snapshot.database(command.name.name);
      if (database === undefined) throw objectMissing("database", command.name.name);
      return { object: database.oid, attribute: 0 };
    }
    case "extension": {
      const extension = context.snapshot.extension(command.name.name);
      if (extension === undefined) throw objectMissing("extension", command.name.name);
      return { object: extension.oid, attribute: 0 };
    }
    case "role": {
      const role = context.snapshot.role(command.name.name);
      if (role === undefined) throw noSuchRole(command.name.name);
      return { object: role.oid, attribute: 0 };
    }
    default:
      throw notSupported(`COMMENT ON ${command.object.toUpperCase()}`);
  }
}
