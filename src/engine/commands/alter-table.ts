/** ALTER TABLE: actions in the order written, each on the table as the one before left it. */
import {
  type AttributeObject,
  type IndexObject,
  quoteIdentifier,
  type SequenceObject,
  type TableObject,
  type ViewObject,
} from "../../catalog/index.js";
import { columnWriter } from "../../execution/internal.js";
import { BlockWriter } from "../../native/index.js";
import type { AlterTableAction, Command, ConstraintDefinition } from "../../plan/index.js";
import {
  alterTypeCast,
  columnExists,
  columnInPrimaryKey,
  columnMissing,
  constraintMissing,
  DbError,
  identityError,
  noSuchRole,
  notSupported,
  storedType,
  systemColumnName,
  unreachable,
  wrongRelationKind,
} from "../../types/index.js";
import { physicalColumn } from "../physical-column.js";
import { changeOwner } from "./catalog/change-owner.js";
import { columnsInSql } from "./columns-in-sql.js";
import { addConstraint, constraintNamed, validateConstraint } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { isNullLiteral, newAttribute, requireColumnOptions, requireStorageOptions } from "./create-table.js";
import { whole } from "./dependencies.js";
import { dropTargets } from "./drop.js";
import { restoreIndex, setIndexesAside } from "./hidden-columns.js";
import { after, inOrder, type Pending } from "./in-order.js";
import { requireIndexOptions } from "./index-options.js";
import { attachPartition, detachPartition, inherit, noInherit } from "./inheritance.js";
import { requireNoNulls } from "./not-null.js";
import { attachNamedIndex } from "./partition.js";
import { rewriteTable } from "./rewrite.js";
import { alterSequence, sequenceForColumn } from "./sequence.js";
import { toStoredSql } from "./stored-sql.js";
import { becomeTyped, notOf, refuseTyped } from "./typed-table.js";

export async function alterTable(context: DefinitionContext, command: Extract<Command, { kind: "AlterTable" }>): Promise<void> {
  const found = context.find(command.name);
  if (found === undefined && command.ifExists) return context.notice(`relation "${command.name.name}" does not exist, skipping`);
  const relation = context.relation(command.name);
  if (relation.class !== "table") {
    for (const action of command.actions) alterOther(context, context.again(relation), action);
    return;
  }
  if (
    command.object === "view" ||
    command.object === "sequence" ||
    command.object === "index" ||
    (command.object === "materialized view") !== (relation.materialized !== undefined && command.object !== "table")
  )
    throw wrongRelationKind(relation.name, command.object === "index" ? "an index" : `a ${command.object}`);
  for (const action of command.actions) await apply(context, context.again(relation), action, command.only === true);
}

/** Views, sequences and indexes: owners, options, and what only they have. */
function alterOther(context: DefinitionContext, relation: ViewObject | SequenceObject | IndexObject, action: AlterTableAction): void {
  switch (action.kind) {
    case "owner":
      changeOwner(context, relation, roleNamed(context, action.role));
      return;
    case "columnFact":
      if (relation.class === "index" && action.fact === "statistics") setIndexStatistics(context, relation, action.column, action.value);
      return;
    case "noOp":
    case "setPersistence":
      return;
    case "setOptions":
      if (relation.class === "view") {
        const { check_option: check, ...options } = action.options;
        if (check !== undefined && check !== "local" && check !== "cascaded")
          throw new DbError({
            sqlstate: "22023",
            message: `invalid value for enum option "check_option": ${check}`,
            detail: 'Valid values are "local" and "cascaded".',
          });
        context.put({ ...relation, options: { ...relation.options, ...options }, ...(check === undefined ? {} : { checkOption: check }) });
      }
      if (relation.class === "index") {
        const options = { ...relation.options, ...action.options };
        requireIndexOptions(options, relation.method);
        context.put({ ...relation, options });
      }
      return;
    case "resetOptions": {
      if (relation.class === "sequence") return;
      const options = Object.fromEntries(Object.entries(relation.options ?? {}).filter(([name]) => !action.names.includes(name)));
      if (relation.class === "view" && action.names.includes("check_option")) {
        const { checkOption: _check, ...rest } = relation;
        context.put({ ...rest, options });
      } else context.put({ ...relation, options } as typeof relation);
      return;
    }
    case "setDefault": {
      if (relation.class !== "view") break;
      const at = relation.columns.findIndex((c) => c.name === action.column) + 1;
      const { [at]: _old, ...others } = relation.defaults ?? {};
      context.put({
        ...relation,
        defaults: action.value === null ? others : { ...others, [at]: toStoredSql(action.value.sql, context.catalog) },
      });
      return;
    }
    case "attachIndex": {
      if (relation.class !== "index") break;
      const part = context.relation(action.index);
      if (part.class !== "index") throw wrongRelationKind(part.name, "an index");
      attachNamedIndex(context, relation, part);
      return;
    }
    default:
      break;
  }
  throw new DbError({ sqlstate: "42809", message: `"${relation.name}" is not a table` });
}

const STATISTICS_TARGET_MAX = 10_000;
/** Of an index over expressions, by number: a column's are the table's. */
function setIndexStatistics(context: DefinitionContext, index: IndexObject, written: string, value: string): void {
  const number = Number(written);
  const column = index.columns[number - 1];
  if (column === undefined) {
    const included = index.include[number - 1 - index.columns.length];
    if (included !== undefined)
      throw new DbError({
        sqlstate: "0A000",
        message: `cannot alter statistics on included column "${included}" of index "${index.name}"`,
      });
    throw new DbError({ sqlstate: "42703", message: `column number ${written} of relation "${index.name}" does not exist` });
  }
  if (column.expressionSql === undefined) {
    const table = context.snapshot.object(index.table);
    const name = table?.class === "table" ? (table.attributes[column.attribute - 1]?.name ?? "") : "";
    throw new DbError({
      sqlstate: "0A000",
      message: `cannot alter statistics on non-expression column "${name}" of index "${index.name}"`,
      hint: "Alter statistics on table column instead.",
    });
  }
  let target = Number(value);
  if (target < -1) throw new DbError({ sqlstate: "22023", message: `statistics target ${value} is too low` });
  if (target > STATISTICS_TARGET_MAX) {
    target = STATISTICS_TARGET_MAX;
    context.session.notice("WARNING", "22023", `lowering statistics target to ${target}`);
  }
  context.put({ ...index, columns: index.columns.map((c, i) => (i === number - 1 ? { ...c, statistics: target } : c)) });
}

/** Children of a table that ONLY leaves alone. */
function heirs(context: DefinitionContext, table: TableObject, only: boolean): readonly TableObject[] {
  return only ? [] : context.snapshot.childrenOf(table.oid);
}
const invalidTable = (message: string, hint?: string) =>
  new DbError({ sqlstate: "42P16", message, ...(hint === undefined ? {} : { hint }) });
const isPartitionKey = (table: TableObject, attribute: AttributeObject): boolean =>
  table.partitioned?.keys.some(
    (k) => k.attribute === attribute.number || (k.expressionSql ?? "").match(new RegExp(`\\b${attribute.name}\\b`)) !== null,
  ) === true;

export const applyToTable = (context: DefinitionContext, table: TableObject, action: AlterTableAction): Promise<void> =>
  apply(context, table, action, false);
async function apply(
  context: DefinitionContext,
  table: TableObject,
  action: AlterTableAction,
  only: boolean,
  recursing = false,
): Promise<void> {
  const below = async (next: AlterTableAction = action): Promise<void> => {
    for (const child of heirs(context, table, only)) await apply(context, context.again(child), next, false, true);
  };
  if (table.ofType !== undefined) refuseTyped(action);
  switch (action.kind) {
    case "ofType":
      return action.type === undefined ? notOf(context, table) : becomeTyped(context, table, action.type);
    case "addColumn":
      return addColumn(context, table, action, only, recursing);
    case "dropColumn": {
      const attribute = table.attributes.find((a) => !a.dropped && a.name === action.column);
      if (attribute === undefined) {
        if (!action.ifExists) throw columnMissing(action.column, table.name);
        return context.notice(`column "${action.column}" of relation "${table.name}" does not exist, skipping`);
      }
      return dropInheritedColumn(context, table, attribute, action, only, recursing);
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
        throw new DbError({
          sqlstate: "42601",
          message: `column "${attribute.name}" of relation "${table.name}" is a generated column`,
          ...(action.value === null ? { hint: "Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead." } : {}),
        });
      const { defaultSql: _old, ...rest } = attribute;
      const sql = action.value === null ? undefined : toStoredSql(action.value.sql, context.catalog);
      replace(
        context,
        table,
        sql === undefined || (isNullLiteral(sql) && context.type(attribute.type).base === undefined) ? rest : { ...rest, defaultSql: sql },
      );
      return below();
    }
    case "setNotNull": {
      const attribute = attributeNamed(table, action.column);
      if (!attribute.notNull) {
        if (table.partitioned === undefined) requireNoNulls(context, table, attribute);
        replace(context, table, { ...attribute, notNull: true });
      }
      return below();
    }
    case "dropNotNull": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity !== undefined)
        throw new DbError({ sqlstate: "42601", message: `column "${attribute.name}" of relation "${table.name}" is an identity column` });
      if (context.snapshot.constraintsOf(table.oid).some((c) => c.kind === "primaryKey" && c.attributes.includes(attribute.number)))
        throw columnInPrimaryKey(attribute.name);
      if (!recursing && table.partition !== undefined) {
        const parent = context.snapshot.relationByOid(table.parents?.[0] ?? 0);
        if (parent?.class === "table" && parent.attributes.some((a) => !a.dropped && a.name === attribute.name && a.notNull))
          throw invalidTable(`column "${attribute.name}" is marked NOT NULL in parent table`);
      }
      replace(context, table, { ...attribute, notNull: false });
      return below();
    }
    case "alterType": {
      const attribute = attributeNamed(table, action.column);
      if (!recursing && (attribute.inheritedCount ?? 0) > 0) throw invalidTable(`cannot alter inherited column "${attribute.name}"`);
      if (isPartitionKey(table, attribute))
        throw invalidTable(`cannot alter column "${attribute.name}" because it is part of the partition key of relation "${table.name}"`);
      if (only && context.snapshot.childrenOf(table.oid).length > 0)
        throw invalidTable(`type of inherited column "${attribute.name}" must be changed in child tables too`);
      await alterType(context, table, action);
      return below();
    }
    case "addConstraint":
      if (
        only &&
        action.constraint.kind === "check" &&
        action.constraint.noInherit !== true &&
        context.snapshot.childrenOf(table.oid).length > 0
      )
        throw invalidTable("constraint must be added to child tables too");
      return addConstraint(context, table, action.constraint, { tableIsNew: false, only });
    case "dropConstraint": {
      const constraint = constraintNamed(context, table, action.name);
      if (constraint === undefined) {
        if (!action.ifExists) throw constraintMissing(action.name, table.name);
        return context.notice(`constraint "${action.name}" of relation "${table.name}" does not exist, skipping`);
      }
      if (!recursing && ((constraint.inheritedCount ?? 0) > 0 || constraint.parent !== undefined))
        throw invalidTable(`cannot drop inherited constraint "${constraint.name}" of relation "${table.name}"`);
      if (constraint.kind === "check" && constraint.noInherit !== true) {
        for (const child of context.snapshot.childrenOf(table.oid)) {
          const copy = constraintNamed(context, child, constraint.name);
          if (copy === undefined) continue;
          const count = (copy.inheritedCount ?? 0) - 1;
          if (!only && count <= 0 && copy.local === false)
            await apply(context, context.again(child), { ...action, ifExists: true }, false, true);
          else context.put({ ...copy, inheritedCount: Math.max(count, 0), ...(only ? { local: true } : {}) } as typeof copy);
        }
      }
      return dropTargets(context, [whole(constraint)], action.cascade);
    }
    case "validateConstraint": {
      const constraint = constraintNamed(context, table, action.name);
      if (constraint === undefined) throw constraintMissing(action.name, table.name);
      if (constraint.kind !== "check" && constraint.kind !== "foreignKey")
        throw new DbError({
          sqlstate: "42809",
          message: `constraint "${constraint.name}" of relation "${table.name}" is not a foreign key or check constraint`,
        });
      if (constraint.validated) return;
      if (constraint.kind === "check" && constraint.noInherit !== true) {
        if (only && context.snapshot.childrenOf(table.oid).length > 0)
          throw invalidTable("constraint must be validated on child tables too");
        for (const child of heirs(context, table, only)) {
          const copy = constraintNamed(context, child, constraint.name);
          if (copy !== undefined && !copy.validated) await apply(context, context.again(child), action, false, true);
        }
      }
      return validateConstraint(context, table, constraint);
    }
    case "addIdentity": {
      const attribute = attributeNamed(table, action.column);
      if (![20, 21, 23].includes(attribute.type))
        throw new DbError({ sqlstate: "22023", message: "identity column type must be smallint, integer, or bigint" });
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
    case "setIdentity": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.identity === undefined)
        throw identityError(`column "${attribute.name}" of relation "${table.name}" is not an identity column`);
      if (action.always !== undefined) replace(context, table, { ...attribute, identity: action.always ? "always" : "byDefault" });
      const sequence = attribute.sequence === undefined ? undefined : context.snapshot.object(attribute.sequence);
      if (sequence?.class === "sequence" && Object.keys(action.options).length > 0)
        alterSequence(context, {
          kind: "AlterSequence",
          name: { schema: context.schemaName(sequence.schema), name: sequence.name },
          options: action.options,
          ifExists: false,
        });
      return;
    }
    case "dropExpression": {
      const attribute = attributeNamed(table, action.column);
      if (attribute.generated !== true) {
        if (!action.ifExists)
          throw identityError(`column "${attribute.name}" of relation "${table.name}" is not a stored generated column`);
        return context.notice(`column "${attribute.name}" of relation "${table.name}" is not a stored generated column, skipping`);
      }
      if (!recursing && (attribute.inheritedCount ?? 0) > 0) throw invalidTable(`cannot drop generation expression from inherited column`);
      if (only && context.snapshot.childrenOf(table.oid).length > 0)
        throw invalidTable("ALTER TABLE / DROP EXPRESSION must be applied to child tables too");
      const { generated: _generated, defaultSql: _sql, ...rest } = attribute;
      replace(context, table, rest);
      return below();
    }
    case "columnFact": {
      const attribute = attributeNamed(table, action.column);
      if (action.fact === "statistics") {
        const target = Number(action.value);
        if (target < -1) throw new DbError({ sqlstate: "22023", message: `statistics target ${target} is too low` });
        if (target > 10000) context.session.notice("WARNING", "22023", "lowering statistics target to 10000");
        replace(context, table, { ...attribute, statistics: Math.min(target, 10000) });
      } else if (action.fact === "storage") {
        const mode = action.value.toLowerCase();
        if (!["plain", "external", "extended", "main"].includes(mode))
          throw new DbError({ sqlstate: "22023", message: `invalid storage type "${action.value}"` });
        if (mode !== "plain" && context.type(attribute.type).length > 0)
          throw new DbError({
            sqlstate: "0A000",
            message: `column data type ${context.type(attribute.type).displayName} can only have storage PLAIN`,
          });
        replace(context, table, { ...attribute, storage: mode });
      } else {
        if (!["pglz", "lz4", "default"].includes(action.value))
          throw new DbError({ sqlstate: "22023", message: `invalid compression method "${action.value}"` });
        replace(context, table, { ...attribute, compression: action.value });
      }
      return below();
    }
    case "setOptions":
      requireStorageOptions(action.options);
      context.put({ ...table, options: { ...table.options, ...action.options } });
      return;
    case "resetOptions":
      context.put({
        ...table,
        options: Object.fromEntries(Object.entries(table.options ?? {}).filter(([name]) => !action.names.includes(name))),
      });
      return;
    case "columnOptions": {
      const attribute = attributeNamed(table, action.name);
      requireColumnOptions(action.set);
      const options = Object.fromEntries(
        Object.entries({ ...attribute.options, ...action.set }).filter(([name]) => !action.reset.includes(name)),
      );
      context.put({ ...table, attributes: table.attributes.map((a) => (a === attribute ? { ...a, options } : a)) });
      return;
    }
    case "alterConstraint": {
      const constraint = constraintNamed(context, table, action.name);
      if (constraint === undefined) throw constraintMissing(action.name, table.name);
      if (constraint.kind !== "foreignKey")
        throw new DbError({
          sqlstate: "42809",
          message: `constraint "${constraint.name}" of relation "${table.name}" is not a foreign key constraint`,
        });
      context.put({
        ...constraint,
        deferrable: action.deferrable || action.initiallyDeferred,
        initiallyDeferred: action.initiallyDeferred,
      });
      return;
    }
    case "inherit":
      return inherit(context, table, action.parent);
    case "noInherit":
      return noInherit(context, table, action.parent);
    case "attachPartition":
      return attachPartition(context, table, action.partition, action.bound);
    case "detachPartition":
      if (action.concurrently && context.snapshot.childrenOf(table.oid).some((c) => c.partition?.kind === "default"))
        throw new DbError({ sqlstate: "55000", message: "cannot detach partitions concurrently when a default partition exists" });
      if (action.concurrently) context.session.transactionBlock.forbid("ALTER TABLE ... DETACH CONCURRENTLY");
      return detachPartition(context, table, action.partition);
    case "attachIndex":
      throw wrongRelationKind(table.name, "an index");
    case "setPersistence":
      if (table.persistence === "temporary")
        throw invalidTable(`cannot change logged status of table "${table.name}" because it is temporary`);
      context.put({ ...table, persistence: action.persistence });
      return;
    case "rowSecurity":
      context.put({
        ...table,
        ...(action.enabled === undefined ? {} : { rowSecurity: action.enabled }),
        ...(action.forced === undefined ? {} : { forceRowSecurity: action.forced }),
      });
      return;
    case "replicaIdentity": {
      if (action.identity !== "index") {
        context.put({ ...table, replicaIdentity: action.identity });
        return;
      }
      const index = context.snapshot.indexesOf(table.oid).find((i) => i.name === action.index);
      if (index === undefined)
        throw new DbError({ sqlstate: "42704", message: `index "${action.index}" for table "${table.name}" does not exist` });
      const refuse = (what: string) =>
        new DbError({ sqlstate: "42809", message: `cannot use ${what} index "${index.name}" as replica identity` });
      if (!index.unique) throw refuse("non-unique");
      if (index.columns.some((c) => c.expressionSql !== undefined)) throw refuse("expression");
      if (index.predicateSql !== undefined) throw refuse("partial");
      for (const c of index.columns) {
        const attribute = table.attributes[c.attribute - 1];
        if (attribute !== undefined && !attribute.notNull)
          throw new DbError({
            sqlstate: "42809",
            message: `index "${index.name}" cannot be used as replica identity because column "${attribute.name}" is nullable`,
          });
      }
      context.put({ ...table, replicaIdentity: index.oid });
      return;
    }
    case "clusterOn": {
      if (action.index === undefined) {
        const { clusterOn: _index, ...rest } = table;
        context.put(rest);
        return;
      }
      const index = context.snapshot.indexesOf(table.oid).find((i) => i.name === action.index);
      if (index === undefined)
        throw new DbError({ sqlstate: "42704", message: `index "${action.index}" for table "${table.name}" does not exist` });
      context.put({ ...table, clusterOn: index.oid });
      return;
    }
    case "trigger": {
      // There are no triggers but those behind foreign keys.
      if (action.which === "rule")
        throw new DbError({ sqlstate: "42704", message: `rule "${action.name}" for relation "${table.name}" does not exist` });
      if (action.which === "named")
        throw new DbError({ sqlstate: "42704", message: `trigger "${action.name}" for table "${table.name}" does not exist` });
      const guarded =
        context.snapshot.constraintsOf(table.oid).some((c) => c.kind === "foreignKey") ||
        context.snapshot.referencing(table.oid).length > 0;
      if (!action.enable && action.which === "all" && guarded) throw notSupported("DISABLE TRIGGER ALL on a table with foreign keys");
      return;
    }
    case "owner":
      changeOwner(context, table, roleNamed(context, action.role));
      return;
    case "noOp":
      return;
    default:
      return unreachable(action);
  }
}

/** A column goes with its copies below; a copy that is also the child's own stays. */
async function dropInheritedColumn(
  context: DefinitionContext,
  table: TableObject,
  attribute: AttributeObject,
  action: Extract<AlterTableAction, { kind: "dropColumn" }>,
  only: boolean,
  recursing: boolean,
): Promise<void> {
  if (!recursing && (attribute.inheritedCount ?? 0) > 0) throw invalidTable(`cannot drop inherited column "${attribute.name}"`);
  if (isPartitionKey(table, attribute))
    throw invalidTable(`cannot drop column "${attribute.name}" because it is part of the partition key of relation "${table.name}"`);
  const children = context.snapshot.childrenOf(table.oid);
  if (only && table.partitioned !== undefined && children.length > 0)
    throw invalidTable("cannot drop column from only the partitioned table when partitions exist", "Do not specify the ONLY keyword.");
  dropTargets(context, [{ object: table, attribute: attribute.number }], action.cascade);
  for (const { oid } of children) {
    const child = context.snapshot.relationByOid(oid);
    if (child?.class !== "table") continue;
    const copy = child.attributes.find((a) => !a.dropped && a.name === attribute.name);
    if (copy === undefined) continue;
    const count = (copy.inheritedCount ?? 0) - 1;
    if (!only && count <= 0 && copy.local === false) await dropInheritedColumn(context, child, copy, action, false, true);
    else replace(context, child, { ...copy, inheritedCount: Math.max(count, 0), ...(only ? { local: true } : {}) });
  }
}

async function addColumn(
  context: DefinitionContext,
  table: TableObject,
  action: Extract<AlterTableAction, { kind: "addColumn" }>,
  only: boolean,
  recursing: boolean,
): Promise<void> {
  const children = context.snapshot.childrenOf(table.oid);
  if (!recursing && table.partition !== undefined) throw new DbError({ sqlstate: "42809", message: "cannot add column to a partition" });
  if (only && children.length > 0) throw invalidTable("column must be added to child tables too");
  const existing = recursing ? table.attributes.find((a) => !a.dropped && a.name === action.column.name) : undefined;
  if (existing !== undefined) {
    const { type, typmod } = action.column.type;
    if (existing.type !== type || existing.typmod !== typmod)
      throw new DbError({ sqlstate: "42804", message: `child table "${table.name}" has different type for column "${existing.name}"` });
    replace(context, table, { ...existing, inheritedCount: (existing.inheritedCount ?? 0) + 1 });
    context.notice(`merging definition of column "${existing.name}" for child "${table.name}"`);
  } else {
    const known = table.attributes.some((a) => !a.dropped && a.name === action.column.name);
    await addOwnColumn(context, table, recursing ? { ...action, column: { ...action.column, inheritedCount: 1, local: false } } : action);
    if (known) return;
  }
  for (const child of children) await addColumn(context, context.again(child), { ...action, constraints: [] }, false, true);
}

function addOwnColumn(
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
  // Rows of a table get a domain's default, which must pass the domain's checks; so must the NULL of a domain without one.
  const isDomain = type.base !== undefined && attribute.generated !== true && attribute.identity === undefined;
  const filling =
    attribute.defaultSql ??
    (isDomain && context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)}`, 1).length > 0 ? (type.defaultSql ?? "NULL") : undefined);
  // The value that rows which are there get: computed once when it is the same for all, row by row when it is volatile.
  const perRow = attribute.generated === true || attribute.identity !== undefined || column.serial === true || isVolatile(filling);
  context.put(next);
  const finish = (): Pending => {
    if (attribute.notNull) requireNoNulls(context, context.again(next), attribute);
    return inOrder(action.constraints, (constraint) => addConstraint(context, context.again(next), constraint, { tableIsNew: false }));
  };
  if (perRow) {
    context.check(context.storage.addColumn(context.engine, context.xid, table.storage, physicalColumn(type, attribute.typmod), null));
    context.nextStep();
    const value =
      column.serial === true || attribute.identity !== undefined ? `nextval('${attribute.sequence}'::regclass)` : (filling ?? "NULL");
    const rewritten = rewriteTable(context, next, new Map([[attribute.number, value]]));
    return after(rewritten, finish);
  }
  let missing: Uint8Array | null = null;
  if (filling !== undefined) {
    const [row] = context.run({
      kind: "Values",
      columns: [{ id: 1_700_000_000 as never, name: "d", type: attribute.type, typmod: attribute.typmod }],
      rows: [[context.session.view.storedExpressions(context.catalog).bindDefault(next, attribute.number, filling)]],
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
  return finish();
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
    const elements = [context.type(attribute.type).elementType, type.elementType] as const;
    const cast = elements.includes(0) ? context.registry.cast(attribute.type, action.type.type) : context.registry.cast(...elements);
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
  const view = context.snapshot.viewsOf(table.oid).find((v) => v.sql.includes(attribute.name) || v.sql.includes("*"));
  if (view !== undefined)
    throw new DbError({
      sqlstate: "0A000",
      message: "cannot alter type of a column used by a view or rule",
      detail: `rule _RETURN on view ${view.name} depends on column "${attribute.name}"`,
    });
  if (attribute.generated === true && action.using !== undefined)
    throw new DbError({
      sqlstate: "42611",
      message: "cannot specify USING when altering type of generated column",
      detail: `Column "${attribute.name}" is a generated column.`,
    });
  for (const other of table.attributes)
    if (
      other.generated === true &&
      !other.dropped &&
      other.defaultSql !== undefined &&
      columnsInSql(context, table, other.defaultSql).has(attribute.number)
    )
      throw new DbError({
        sqlstate: "0A000",
        message: "cannot alter type of a column used by a generated column",
        detail: `Column "${attribute.name}" is used by generated column "${other.name}".`,
      });
  const value = action.using?.sql ?? quoteIdentifier(attribute.name);
  const { collation: _collation, ...rest } = attribute;
  const next: TableObject = {
    ...table,
    attributes: table.attributes.map((a) =>
      a.number === attribute.number
        ? {
            ...rest,
            type: action.type.type,
            typmod: action.type.typmod,
            ...(action.collation === undefined ? {} : { collation: action.collation }),
          }
        : a,
    ),
  };
  const aside = setIndexesAside(context, table, attribute.number);
  const left = context.again(table);
  await rewriteTable(context, left, new Map([[attribute.number, value]]), {
    ...next,
    attributes: next.attributes.map((a) => (a.hidden === true ? (left.attributes[a.number - 1] ?? a) : a)),
  });
  for (const index of aside) await restoreIndex(context, context.again(table), index);
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
