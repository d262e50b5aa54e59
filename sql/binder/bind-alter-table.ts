/** ALTER TABLE: expressions are bound against the table as it is, with the columns that earlier actions of the statement add. */
import type { TableObject } from "../../src/catalog/index.js";
import type { AlterTableAction, Command, ConstraintDefinition } from "../../src/plan/index.js";
import { invalidObjectDefinition, notSupported, undefinedColumn, wrongObjectType } from "../../src/types/index.js";
import { deparseExpression } from "../parser/deparse.js";
import type { AlterActionSyntax, DefinitionStatement } from "../parser/syntax-tree-definition.js";
import { bindSequenceOptions, qualified } from "./bind-command.js";
import { typeOfTable } from "./bind-create-table.js";
import { bindStored } from "./bind-default.js";
import { resolveTypeName } from "./bind-expression.js";
import { bindPartitionBound } from "./bind-partition.js";
import { bindColumn, bindConstraint, type RowShape, shapeColumns, storeDefault } from "./bind-table-definition.js";
import type { Binder } from "./binder.js";
import { coerceForAssignment } from "./coerce.js";
import { bindCollation } from "./collations.js";

export function bindAlterTable(binder: Binder, statement: Extract<DefinitionStatement, { kind: "AlterTable" }>): Command {
  binder.parametersAllowed = false;
  const { relation, ifExists } = statement;
  const object = binder.catalog.relation(relation.schema, relation.name);
  const name = qualified(relation);
  const command = { kind: "AlterTable", name, ifExists, object: statement.object, ...(relation.only ? { only: true } : {}) } as const;
  if (object === undefined) return { ...command, actions: statement.actions.length === 0 ? [] : [{ kind: "noOp", what: "missing" }] };
  if (object.class !== "table") {
    const allowed = ALLOWED_ON[object.class] ?? new Set<string>();
    const refused = statement.actions.find((action) => !allowed.has(action.kind));
    if (refused !== undefined) throw refusedAction(refused, object.name, object.class);
    if (object.class === "view") {
      const rows = object.columns.map((c) => ({ ...c }));
      return { ...command, actions: statement.actions.map((action) => bindAction(binder, action, rows, object.name, undefined)) };
    }
    return { ...command, actions: statement.actions.map((action) => bindAction(binder, action, [], object.name, undefined)) };
  }
  if (object.materialized !== undefined) {
    const refused = statement.actions.find((action) => !ALLOWED_ON_MATERIALIZED.has(action.kind));
    if (refused !== undefined) throw refusedAction(refused, object.name, "materialized view");
  }
  const rows: { name: string; type: number; typmod: number }[] = object.attributes
    .filter((attribute) => !attribute.dropped)
    .map((a) => ({ name: a.name, type: a.type, typmod: a.typmod }));
  // In PostgreSQL's order of passes, so that each expression sees the columns as they will be then.
  const actions = [...statement.actions]
    .map((action, i) => ({ action, i }))
    .sort((a, b) => passOf(a.action) - passOf(b.action) || a.i - b.i)
    .map(({ action }) => bindAction(binder, action, rows, relation.name, object));
  return { ...command, actions };
}

const ALLOWED_ON: Readonly<Record<string, ReadonlySet<string>>> = {
  view: new Set(["owner", "noOp", "setDefault", "setOptions", "resetOptions"]),
  index: new Set(["owner", "noOp", "setOptions", "resetOptions", "attachPartition", "columnFact"]),
  sequence: new Set(["owner", "noOp", "setPersistence"]),
};
const ALLOWED_ON_MATERIALIZED = new Set(["owner", "noOp", "setOptions", "resetOptions", "columnFact", "columnOptions", "clusterOn"]);
const ACTION_NAMES: Readonly<Record<string, string>> = {
  addColumn: "ADD COLUMN",
  dropColumn: "DROP COLUMN",
  setDefault: "ALTER COLUMN ... SET DEFAULT",
  setNotNull: "ALTER COLUMN ... SET NOT NULL",
  dropNotNull: "ALTER COLUMN ... DROP NOT NULL",
  alterType: "ALTER COLUMN ... SET DATA TYPE",
  addConstraint: "ADD CONSTRAINT",
  dropConstraint: "DROP CONSTRAINT",
  validateConstraint: "VALIDATE CONSTRAINT",
  alterConstraint: "ALTER CONSTRAINT",
  addIdentity: "ALTER COLUMN ... ADD IDENTITY",
  setIdentity: "ALTER COLUMN ... SET",
  dropIdentity: "ALTER COLUMN ... DROP IDENTITY",
  dropExpression: "ALTER COLUMN ... DROP EXPRESSION",
  inherit: "INHERIT",
  noInherit: "NO INHERIT",
  attachPartition: "ATTACH PARTITION",
  detachPartition: "DETACH PARTITION",
  setOptions: "SET",
  resetOptions: "RESET",
  setPersistence: "SET LOGGED",
  replicaIdentity: "REPLICA IDENTITY",
  clusterOn: "CLUSTER ON",
  rowSecurity: "ENABLE ROW SECURITY",
  ofType: "OF",
  trigger: "ENABLE TRIGGER",
};
const plural = (kind: string): string => (kind === "index" ? "indexes" : `${kind}s`);
function refusedAction(action: AlterActionSyntax, name: string, kind: string) {
  return wrongObjectType(
    `ALTER action ${ACTION_NAMES[action.kind] ?? action.kind} cannot be performed on relation "${name}"`,
    undefined,
    `This operation is not supported for ${plural(kind)}.`,
  );
}
/** AT_PASS_DROP, ALTER_TYPE, ADD_COL, COL_ATTRS, ADD_INDEX, ADD_CONSTR, MISC. */
function passOf(action: AlterActionSyntax): number {
  switch (action.kind) {
    case "dropColumn":
    case "dropConstraint":
    case "dropNotNull":
    case "dropExpression":
    case "dropIdentity":
      return 0;
    case "alterType":
      return 1;
    case "addColumn":
      return 2;
    case "setDefault":
      return action.expr === null ? 0 : 3;
    case "setNotNull":
    case "addIdentity":
    case "setIdentity":
    case "columnFact":
      return 3;
    case "addConstraint":
      return action.constraint.kind === "primaryKey" || action.constraint.kind === "unique"
        ? 4
        : action.constraint.kind === "foreignKey"
          ? 6
          : 5;
    default:
      return 7;
  }
}

function bindAction(
  binder: Binder,
  action: AlterActionSyntax,
  shape: { name: string; type: number; typmod: number }[],
  table: string,
  object: TableObject | undefined,
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
    case "dropColumn": {
      const at = shape.findIndex((c) => c.name === action.name);
      if (at >= 0) shape.splice(at, 1);
      return { kind: "dropColumn", column: action.name, ifExists: action.ifExists, cascade: action.cascade };
    }
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
      const changed = column(action.name);
      const type = resolveTypeName(binder, action.type);
      const written = bindCollation(binder, action.collation, type.type);
      const collation = written === undefined ? {} : { collation: written };
      if (action.using === undefined) {
        Object.assign(changed, type);
        return { kind: "alterType", column: action.name, type, ...collation };
      }
      const bound = bindStored(binder, action.using, "transform expressions", table, shapeColumns(binder, shape));
      const expression = coerceForAssignment(binder, bound, type.type, type.typmod, action.name, action.using.position);
      return { kind: "alterType", column: action.name, type, ...collation, using: { sql: deparseExpression(action.using), expression } };
    }
    case "addConstraint":
      return { kind: "addConstraint", constraint: bindConstraint(binder, action.constraint, shape, table, undefined) };
    case "addIdentity":
      column(action.name);
      return { kind: "addIdentity", column: action.name, always: action.always, options: bindSequenceOptions(binder, action.options) };
    case "dropIdentity":
      return { kind: "dropIdentity", column: action.name, ifExists: action.ifExists };
    case "setIdentity":
      column(action.name);
      return {
        kind: "setIdentity",
        column: action.name,
        ...(action.always === undefined ? {} : { always: action.always }),
        options: bindSequenceOptions(binder, action.options),
      };
    case "dropExpression":
      column(action.name);
      return { kind: "dropExpression", column: action.name, ifExists: action.ifExists };
    case "columnFact":
      return { kind: "columnFact", column: action.name, fact: action.fact, value: action.value };
    case "setOptions":
    case "resetOptions":
    case "columnOptions":
    case "alterConstraint":
    case "setPersistence":
    case "trigger":
      return action;
    case "inherit":
    case "noInherit":
      return { kind: action.kind, parent: qualified(action.parent) };
    case "attachPartition":
      if (object === undefined) return { kind: "attachIndex", index: qualified(action.partition) };
      if (object.partitioned === undefined || action.bound === undefined)
        throw invalidObjectDefinition(`table "${object.name}" is not partitioned`);
      return {
        kind: "attachPartition",
        partition: qualified(action.partition),
        bound: bindPartitionBound(binder, object, action.bound, action.partition.name),
      };
    case "detachPartition":
      if (object?.partitioned === undefined) throw invalidObjectDefinition(`table "${table}" is not partitioned`);
      return { kind: "detachPartition", partition: qualified(action.partition), concurrently: action.concurrently };
    case "replicaIdentity":
      return { kind: "replicaIdentity", identity: action.identity, ...(action.index === undefined ? {} : { index: action.index }) };
    case "ofType":
      return action.type === undefined ? { kind: "ofType" } : { kind: "ofType", type: typeOfTable(binder, action.type) };
    case "rowSecurity":
      return action;
    case "clusterOn":
      return { kind: "clusterOn", ...(action.index === undefined ? {} : { index: action.index }) };
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
