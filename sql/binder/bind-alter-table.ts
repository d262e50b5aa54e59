/** ALTER TABLE: expressions are bound against the table as it is, with the columns that earlier actions of the statement add. */
import type { AlterTableAction, Command, ConstraintDefinition } from "../../src/plan/index.js";
import { notSupported, undefinedColumn, wrongObjectType } from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { AlterActionSyntax, DefinitionStatement } from "../parser/syntax-tree-definition.js";
import { bindSequenceOptions, qualified } from "./bind-command.js";
import { bindStored } from "./bind-default.js";
import { resolveTypeName } from "./bind-expression.js";
import { bindColumn, bindConstraint, type RowShape, shapeColumns, storeDefault } from "./bind-table-definition.js";
import type { Binder } from "./binder.js";
import { coerceForAssignment } from "./coerce.js";

export function bindAlterTable(binder: Binder, statement: Extract<DefinitionStatement, { kind: "AlterTable" }>): Command {
  binder.parametersAllowed = false;
  const { relation, ifExists } = statement;
  const object = binder.catalog.relation(relation.schema, relation.name);
  const name = qualified(relation);
  // Owners of views, sequences and indexes change through the same statement; nothing else of them does.
  if (object === undefined || object.class !== "table") {
    const onlyOwner = statement.actions.every((action) => action.kind === "owner" || action.kind === "noOp");
    if (object !== undefined && !onlyOwner) {
      throw wrongObjectType(
        `ALTER action cannot be performed on relation "${object.name}"`,
        undefined,
        `This operation is not supported for ${object.class === "index" ? "indexes" : `${object.class}s`}.`,
      );
    }
    if (object === undefined && !onlyOwner) return { kind: "AlterTable", name, ifExists, actions: [] };
  }
  const shape = object?.class === "table" ? object.attributes.filter((attribute) => !attribute.dropped) : [];
  const rows: { name: string; type: number; typmod: number }[] = [...shape];
  const actions = statement.actions.map((action) => bindAction(binder, action, rows, relation.name));
  return { kind: "AlterTable", name, ifExists, actions };
}

function bindAction(
  binder: Binder,
  action: AlterActionSyntax,
  shape: { name: string; type: number; typmod: number }[],
  table: string,
): AlterTableAction {
  const column = (name: string) => {
    const found = shape.find((candidate) => candidate.name === name);
    if (found === undefined) throw undefinedColumn(`column "${name}" of relation "${table}" does not exist`);
    return found;
  };
  switch (action.kind) {
    case "addColumn": {
      const type = { name: action.column.name, type: 0, typmod: -1 };
      const bound = bindAddedColumn(binder, action, shape, type, table);
      return { kind: "addColumn", column: bound.column, constraints: bound.constraints, ifNotExists: action.ifNotExists };
    }
    case "dropColumn":
      return { kind: "dropColumn", column: action.name, ifExists: action.ifExists, cascade: action.cascade };
    case "dropConstraint":
      return { kind: "dropConstraint", name: action.name, ifExists: action.ifExists, cascade: action.cascade };
    case "setDefault":
      return {
        kind: "setDefault",
        column: action.name,
        value: action.expr === null ? null : storeDefault(binder, action.expr, action.name, column(action.name)),
      };
    case "setNotNull":
    case "dropNotNull":
      column(action.name);
      return { kind: action.kind, column: action.name };
    case "validateConstraint":
      return { kind: "validateConstraint", name: action.name };
    case "alterType": {
      column(action.name);
      const type = resolveTypeName(binder, action.type);
      if (action.using === undefined) return { kind: "alterType", column: action.name, type };
      const bound = bindStored(binder, action.using, "transform expressions", table, shapeColumns(binder, shape));
      const expression = coerceForAssignment(binder, bound, type.type, type.typmod, action.name, action.using.position);
      return { kind: "alterType", column: action.name, type, using: { sql: deparseExpression(action.using), expression } };
    }
    case "addConstraint":
      return { kind: "addConstraint", constraint: bindConstraint(binder, action.constraint, shape, table, undefined) };
    case "addIdentity":
      column(action.name);
      return { kind: "addIdentity", column: action.name, always: action.always, options: bindSequenceOptions(binder, action.options) };
    case "dropIdentity":
      return { kind: "dropIdentity", column: action.name, ifExists: action.ifExists };
    case "owner":
      return { kind: "owner", role: action.role };
    case "noOp":
      return { kind: "noOp", what: action.what };
    default:
      throw notSupported("this ALTER TABLE action");
  }
}
function bindAddedColumn(
  binder: Binder,
  action: Extract<AlterActionSyntax, { kind: "addColumn" }>,
  shape: { name: string; type: number; typmod: number }[],
  added: { name: string; type: number; typmod: number },
  table: string,
): ReturnType<typeof bindColumn> & { constraints: ConstraintDefinition[] } {
  // The new column is part of the row that its own CHECK sees; its type is known once it is bound.
  const preview = bindColumn(binder, { ...action.column, constraints: [] }, shape as RowShape, table);
  shape.push({ ...added, type: preview.column.type.type, typmod: preview.column.type.typmod });
  return bindColumn(binder, action.column, shape, table);
}
