/** ALTER TABLE: actions in the order written, each on the table as the one before left it. */
import { type AttributeObject, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { columnWriter } from "../../execution/internal.js";
import { BlockWriter } from "../../native/index.js";
import type { AlterTableAction, Command } from "../../plan/index.js";
import {
  alterTypeCast,
  columnExists,
  columnInPrimaryKey,
  columnMissing,
  constraintMissing,
  DbError,
  identityError,
  noSuchRole,
  storedType,
  systemColumnName,
  unreachable,
} from "../../types/index.js";
import { physicalColumn } from "../physical-column.js";
import { addConstraint, constraintNamed, validateConstraint } from "./constraints.js";
import { type DefinitionContext, displayName } from "./context.js";
import { isNullLiteral, newAttribute } from "./create-table.js";
import { whole } from "./dependencies.js";
import { dropTargets } from "./drop.js";
import { requireNoNulls } from "./not-null.js";
import { rewriteTable } from "./rewrite.js";
import { sequenceForColumn } from "./sequence.js";
import { toStoredSql } from "./stored-sql.js";

export async function alterTable(context: DefinitionContext, command: Extract<Command, { kind: "AlterTable" }>): Promise<void> {
  const found = context.find(command.name);
  if (found === undefined && command.ifExists) return context.notice(`relation "${displayName(command.name)}" does not exist, skipping`);
  const relation = context.relation(command.name);
  if (relation.class !== "table") {
    // pg_dump changes the owner of views and sequences through ALTER TABLE.
    for (const action of command.actions) {
      if (action.kind !== "owner") throw new DbError({ sqlstate: "42809", message: `"${relation.name}" is not a table` });
      context.put({ ...relation, owner: roleNamed(context, action.role) });
    }
    return;
  }
  for (const action of command.actions) await apply(context, context.again(relation), action);
}

async function apply(context: DefinitionContext, table: TableObject, action: AlterTableAction): Promise<void> {
  switch (action.kind) {
    case "addColumn":
      return addColumn(context, table, action);
    case "dropColumn": {
      const attribute = table.attributes.find((a) => !a.dropped && a.name === action.column);
      if (attribute === undefined) {
        if (!action.ifExists) throw columnMissing(action.column, table.name);
        return context.notice(`column "${action.column}" of relation "${table.name}" does not exist, skipping`);
      }
      return dropTargets(context, [{ object: table, attribute: attribute.number }], action.cascade);
    }
    case "setDefault": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity !== undefined)
        throw new DbError({
          sqlstate: "42601",
          message: `column "${attribute.name}" of relation "${table.name}" is an identity column`,
          ...(action.value === null ? { hint: "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead." } : {}),
        });
      if (attribute.generated === true)
        throw new DbError({ sqlstate: "42601", message: `column "${attribute.name}" of relation "${table.name}" is a generated column` });
      const { defaultSql: _old, ...rest } = attribute;
      const sql = action.value === null ? undefined : toStoredSql(action.value.sql, context.catalog);
      replace(context, table, sql === undefined || isNullLiteral(sql) ? rest : { ...rest, defaultSql: sql });
      return;
    }
    case "setNotNull": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.notNull) return;
      requireNoNulls(context, table, attribute);
      replace(context, table, { ...attribute, notNull: true });
      return;
    }
    case "dropNotNull": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity !== undefined)
        throw new DbError({ sqlstate: "42601", message: `column "${attribute.name}" of relation "${table.name}" is an identity column` });
      if (context.snapshot.constraintsOf(table.oid).some((c) => c.kind === "primaryKey" && c.attributes.includes(attribute.number)))
        throw columnInPrimaryKey(attribute.name);
      replace(context, table, { ...attribute, notNull: false });
      return;
    }
    case "alterType":
      return alterType(context, table, action);
    case "addConstraint":
      return addConstraint(context, table, action.constraint, { tableIsNew: false });
    case "dropConstraint": {
      const constraint = constraintNamed(context, table, action.name);
      if (constraint === undefined) {
        if (!action.ifExists) throw constraintMissing(action.name, table.name);
        return context.notice(`constraint "${action.name}" of relation "${table.name}" does not exist, skipping`);
      }
      return dropTargets(context, [whole(constraint)], action.cascade);
    }
    case "validateConstraint": {
      const constraint = constraintNamed(context, table, action.name);
      if (constraint === undefined) throw constraintMissing(action.name, table.name);
      return validateConstraint(context, table, constraint);
    }
    case "addIdentity": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity !== undefined)
        throw identityError(`column "${attribute.name}" of relation "${table.name}" is already an identity column`);
      if (attribute.defaultSql !== undefined)
        throw identityError(`column "${attribute.name}" of relation "${table.name}" already has a default value`);
      if (!attribute.notNull)
        throw identityError(
          `column "${attribute.name}" of relation "${table.name}" must be declared NOT NULL before identity can be added`,
        );
      const sequence = sequenceForColumn(context, table.schema, table.oid, table.name, attribute.number, attribute.name, {
        type: attribute.type,
        ...action.options,
      });
      replace(context, table, { ...attribute, identity: action.always ? "always" : "byDefault", sequence: sequence.oid });
      return;
    }
    case "dropIdentity": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity === undefined) {
        if (!action.ifExists) throw identityError(`column "${attribute.name}" of relation "${table.name}" is not an identity column`);
        return context.notice(`column "${attribute.name}" of relation "${table.name}" is not an identity column, skipping`);
      }
      const { identity: _identity, sequence, ...rest } = attribute;
      replace(context, table, rest);
      const object = sequence === undefined ? undefined : context.snapshot.object(sequence);
      if (object !== undefined) dropTargets(context, [whole(object)], false);
      return;
    }
    case "owner":
      context.put({ ...table, owner: roleNamed(context, action.role) });
      return;
    case "noOp":
      return;
    default:
      return unreachable(action);
  }
}

function addColumn(
  context: DefinitionContext,
  table: TableObject,
  action: Extract<AlterTableAction, { kind: "addColumn" }>,
): Promise<void> | void {
  const { column } = action;
  if (table.attributes.some((a) => !a.dropped && a.name === column.name)) {
    if (!action.ifNotExists) throw columnExists(column.name, table.name);
    return context.notice(`column "${column.name}" of relation "${table.name}" already exists, skipping`, "42701");
  }
  if (["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"].includes(column.name)) throw systemColumnName(column.name);
  const attribute = newAttribute(context, table.schema, table.oid, table.name, column, table.attributes.length + 1);
  const type = context.type(attribute.type);
  const next: TableObject = { ...table, attributes: [...table.attributes, attribute] };
  // The value that rows which are there get: computed once when it is the same for all, row by row when it is volatile.
  const perRow =
    attribute.generated === true || attribute.identity !== undefined || column.serial === true || isVolatile(attribute.defaultSql);
  context.put(next);
  const finish = (): void => {
    if (attribute.notNull) requireNoNulls(context, context.again(next), attribute);
    for (const constraint of action.constraints) addConstraint(context, context.again(next), constraint, { tableIsNew: false });
  };
  if (perRow) {
    context.check(context.storage.addColumn(context.engine, context.xid, table.storage, physicalColumn(type, attribute.typmod), null));
    context.nextStep();
    const value =
      column.serial === true || attribute.identity !== undefined
        ? `nextval('${attribute.sequence}'::regclass)`
        : (attribute.defaultSql ?? "NULL");
    return rewriteTable(context, next, new Map([[attribute.number, value]])).then(finish);
  }
  let missing: Uint8Array | null = null;
  if (attribute.defaultSql !== undefined) {
    const [row] = context.run({
      kind: "Values",
      columns: [{ id: 1_700_000_000 as never, name: "d", type: attribute.type, typmod: attribute.typmod }],
      rows: [[context.session.storedExpressions(context.catalog).bindDefault(next, attribute.number, attribute.defaultSql)]],
    });
    const value = row?.[0] ?? null;
    if (value !== null) {
      const writer = new BlockWriter([physicalColumn(type, attribute.typmod)]);
      writer.begin(1);
      columnWriter(storedType(type, attribute.typmod))(writer, 0, 0, value);
      missing = writer.finish();
    }
  }
  context.check(context.storage.addColumn(context.engine, context.xid, table.storage, physicalColumn(type, attribute.typmod), missing));
  context.nextStep();
  finish();
}

/** Functions whose answer differs from row to row; now() and its kin are the same for the whole statement. */
function isVolatile(sql: string | undefined): boolean {
  return sql !== undefined && /\b(nextval|random|clock_timestamp|timeofday|gen_random_uuid|uuid_generate_v4)\s*\(/i.test(sql);
}

async function alterType(
  context: DefinitionContext,
  table: TableObject,
  action: Extract<AlterTableAction, { kind: "alterType" }>,
): Promise<void> {
  const attribute = attributeNamed(table, action.column);
  const type = context.type(action.type.type);
  if (action.using === undefined) {
    const cast = context.registry.cast(attribute.type, action.type.type);
    const allowed = attribute.type === action.type.type || (cast !== undefined && cast.context !== "explicit") || type.category === "S";
    if (!allowed) {
      const printed = type.displayName + type.formatModifier(action.type.typmod);
      throw alterTypeCast(
        attribute.name,
        type.displayName,
        `You might need to specify "USING ${quoteIdentifier(attribute.name)}::${printed}".`,
      );
    }
  }
  if (attribute.generated === true) throw new DbError({ sqlstate: "0A000", message: "cannot alter type of a generated column" });
  const view = context.snapshot.viewsOf(table.oid).find((v) => v.sql.includes(attribute.name) || v.sql.includes("*"));
  if (view !== undefined)
    throw new DbError({
      sqlstate: "0A000",
      message: "cannot alter type of a column used by a view or rule",
      detail: `rule _RETURN on view ${view.name} depends on column "${attribute.name}"`,
    });
  const value = action.using?.sql ?? quoteIdentifier(attribute.name);
  const { collation: _collation, ...rest } = attribute;
  const next: TableObject = {
    ...table,
    attributes: table.attributes.map((a) =>
      a.number === attribute.number ? { ...rest, type: action.type.type, typmod: action.type.typmod } : a,
    ),
  };
  await rewriteTable(context, table, new Map([[attribute.number, value]]), next);
  if (attribute.sequence !== undefined) {
    const sequence = context.snapshot.object(attribute.sequence);
    if (sequence?.class === "sequence" && [20, 21, 23].includes(action.type.type)) context.put({ ...sequence, type: action.type.type });
  }
}

export function attributeNamed(table: TableObject, name: string): AttributeObject {
  const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
  if (attribute === undefined) throw columnMissing(name, table.name);
  return attribute;
}
function replace(context: DefinitionContext, table: TableObject, attribute: AttributeObject): void {
  context.put({ ...table, attributes: table.attributes.map((a) => (a.number === attribute.number ? attribute : a)) });
}
function roleNamed(context: DefinitionContext, name: string): number {
  const role = context.snapshot.role(
    name === "current_user" || name === "session_user" || name === "CURRENT_USER" ? context.session.user : name,
  );
  if (role === undefined) throw noSuchRole(name);
  return role.oid;
}
