/** Constraints: made with a table or added later, in which case the rows that are there must hold them. */
import {
  type ConstraintObject,
  chooseName,
  columnNamesPart,
  type IndexObject,
  quoteIdentifier,
  type TableObject,
} from "../../catalog/index.js";
import type { ConstraintDefinition } from "../../plan/index.js";
import {
  checkViolatedBySomeRow,
  columnTwice,
  constraintExists,
  DbError,
  foreignKeyCountMismatch,
  foreignKeyNoPrimaryKey,
  foreignKeyNoUnique,
  foreignKeyTypeMismatch,
  keyColumnMissing,
  multiplePrimaryKeys,
  notSupported,
  referencedColumnMissing,
  relationExists,
  relationMissing,
  wrongRelationKind,
} from "../../types/index.js";
import { type DefinitionContext, displayName } from "./context.js";
import { newIndex } from "./create-index.js";
import { exclusionIndex, judgeRows } from "./exclusion.js";
import { after, inOrder } from "./in-order.js";
import { rebuildIndex } from "./index-storage.js";
import { requireNoNulls } from "./not-null.js";
import { attachIndex, copyForeignKey } from "./partition.js";
import { toStoredSql } from "./stored-sql.js";

interface Situation {
  /** No rows yet: nothing to validate. */ readonly tableIsNew: boolean;
  /** ALTER TABLE ONLY: the partitions get no parts of a key; they are attached one by one. */
  readonly only?: boolean;
}

export function addConstraint(
  context: DefinitionContext,
  table: TableObject,
  definition: ConstraintDefinition,
  situation: Situation,
): Promise<void> | undefined {
  switch (definition.kind) {
    case "primaryKey":
    case "unique":
      return addKey(context, table, definition, situation);
    case "exclusion":
      return addExclusion(context, table, definition, situation);
    case "check":
      addCheck(context, table, definition, situation);
      return undefined;
    case "foreignKey":
      addForeignKey(context, table, definition, situation);
      return undefined;
  }
}

function addKey(
  context: DefinitionContext,
  table: TableObject,
  definition: Extract<ConstraintDefinition, { kind: "primaryKey" | "unique" }>,
  situation: Situation,
): Promise<void> | undefined {
  const primary = definition.kind === "primaryKey";
  if (primary && context.snapshot.constraintsOf(table.oid).some((c) => c.kind === "primaryKey")) throw multiplePrimaryKeys(table.name);
  if (definition.name !== undefined) refuseName(context, table, definition.name);
  let index: IndexObject;
  let built: Promise<void> | undefined;
  let current = table;
  if (definition.usingIndex !== undefined) {
    const found = context.find({ name: definition.usingIndex });
    if (found?.class !== "index" || found.table !== table.oid)
      throw new DbError({ sqlstate: "42704", message: `index "${definition.usingIndex}" does not exist` });
    if (!found.unique)
      throw new DbError({
        sqlstate: "42809",
        message: `"${found.name}" is not a unique index`,
        detail: "Cannot create a primary key or unique constraint using such an index.",
      });
    index = { ...found, primary, name: definition.name ?? found.name };
    if (index.name !== found.name)
      context.notice(`ALTER TABLE / ADD CONSTRAINT USING INDEX will rename index "${found.name}" to "${index.name}"`);
    if (primary)
      current = requireKeyColumns(
        context,
        current,
        index.columns.map((c) => c.attribute),
        situation,
      );
    context.put(index);
    if (definition.deferrable === true) {
      // Storage no longer judges it.
      built = rebuildIndex(context, { ...index, deferrable: true });
      index = context.again(index);
    }
  } else {
    const attributes = attributesNamed(table, definition.columns);
    if (primary) current = requireKeyColumns(context, current, attributes, situation);
    const name =
      definition.name ??
      chooseName(table.name, primary ? undefined : columnNamesPart(definition.columns), primary ? "pkey" : "key", (n) =>
        context.nameTaken(table.schema, n),
      );
    if (definition.name !== undefined && context.nameTaken(table.schema, name))
      throw new DbError({ sqlstate: "42P07", message: `relation "${name}" already exists` });
    ({ index, built } = newIndex(context, current, {
      name,
      method: "btree",
      unique: true,
      primary,
      nullsNotDistinct: definition.nullsNotDistinct ?? false,
      include: attributesNamed(table, definition.include ?? []),
      options: {},
      ...(definition.deferrable === true ? { deferrable: true } : {}),
      // The parts of partitions are keys too: they are made when there is a constraint to be a part of.
      only: true,
      columns: attributes.map((attribute) => ({ attribute, descending: false, nullsFirst: false })),
    }));
  }
  putIndexConstraint(context, table, index, definition);
  return after(built, () => {
    if (definition.deferrable === true && !situation.tableIsNew) judgeRows(context, table, index);
    if (table.partitioned === undefined || situation.only === true) return undefined;
    return inOrder(context.snapshot.childrenOf(table.oid), (partition) =>
      attachIndex(context, context.again(table), index, context.again(partition)),
    );
  });
}

/** The constraint that an index enforces. */
function putIndexConstraint(
  context: DefinitionContext,
  table: TableObject,
  index: IndexObject,
  definition: Extract<ConstraintDefinition, { kind: "primaryKey" | "unique" | "exclusion" }>,
): void {
  context.put({
    class: "constraint",
    oid: context.newOid(),
    schema: table.schema,
    name: index.name,
    table: table.oid,
    validated: true,
    kind: definition.kind,
    index: index.oid,
    attributes: index.columns.map((c) => c.attribute),
    ...(definition.deferrable === true ? { deferrable: true } : {}),
    ...(definition.initiallyDeferred === true ? { initiallyDeferred: true } : {}),
  });
}

function addExclusion(
  context: DefinitionContext,
  table: TableObject,
  definition: Extract<ConstraintDefinition, { kind: "exclusion" }>,
  situation: Situation,
): Promise<void> | undefined {
  if (table.partitioned !== undefined)
    throw new DbError({ sqlstate: "0A000", message: "exclusion constraints are not supported on partitioned tables" });
  if (definition.name !== undefined) {
    refuseName(context, table, definition.name);
    if (context.nameTaken(table.schema, definition.name)) throw relationExists(definition.name);
  }
  const { index, built } = exclusionIndex(context, table, definition);
  putIndexConstraint(context, table, index, definition);
  if (situation.tableIsNew) return undefined;
  return after(built, () => judgeRows(context, table, index));
}

function requireKeyColumns(
  context: DefinitionContext,
  table: TableObject,
  attributes: readonly number[],
  situation: Situation,
): TableObject {
  const wanted = new Set(attributes);
  const missing = table.attributes.filter((a) => wanted.has(a.number) && !a.notNull);
  if (missing.length === 0) return table;
  if (!situation.tableIsNew) for (const attribute of missing) requireNoNulls(context, table, attribute);
  const next: TableObject = { ...table, attributes: table.attributes.map((a) => (wanted.has(a.number) ? { ...a, notNull: true } : a)) };
  context.put(next);
  return next;
}

function addCheck(
  context: DefinitionContext,
  table: TableObject,
  definition: Extract<ConstraintDefinition, { kind: "check" }>,
  situation: Situation,
): void {
  if (definition.name !== undefined) refuseName(context, table, definition.name);
  const column = definition.columns.length === 1 ? definition.columns[0] : undefined;
  const name = definition.name ?? chooseName(table.name, column, "check", (n) => constraintNamed(context, table, n) !== undefined);
  const sql = toStoredSql(definition.check.sql, context.catalog);
  const constraint: ConstraintObject = {
    class: "constraint",
    oid: context.newOid(),
    schema: table.schema,
    name,
    table: table.oid,
    // A new table has no rows that could break it.
    validated: situation.tableIsNew || definition.notValid !== true,
    kind: "check",
    sql,
    attributes: attributesNamed(table, definition.columns),
    ...(definition.inheritedCount === undefined ? {} : { inheritedCount: definition.inheritedCount }),
    ...(definition.local === undefined ? {} : { local: definition.local }),
    ...(definition.noInherit === true ? { noInherit: true } : {}),
  };
  context.put(constraint);
  if (!situation.tableIsNew && definition.notValid !== true && table.partitioned === undefined) validateCheck(context, table, constraint);
  if (situation.tableIsNew || definition.noInherit === true) return;
  for (const child of context.snapshot.childrenOf(table.oid)) {
    const same = constraintNamed(context, child, name);
    if (same === undefined) addCheck(context, child, { ...definition, name, inheritedCount: 1, local: false }, situation);
    else if (same.kind !== "check" || same.sql !== sql) throw constraintExists(name, child.name);
    else {
      context.notice(`merging constraint "${name}" with inherited definition`);
      context.put({ ...same, inheritedCount: (same.inheritedCount ?? 0) + 1 });
    }
  }
}

function addForeignKey(
  context: DefinitionContext,
  table: TableObject,
  definition: Extract<ConstraintDefinition, { kind: "foreignKey" }>,
  situation: Situation,
): void {
  const referenced = context.find(definition.references);
  if (referenced === undefined) throw relationMissing(displayName(definition.references), definition.references.position);
  if (referenced.class !== "table") throw wrongRelationKind(referenced.name, "a table").at(undefined);
  const attributes = definition.columns.map((name) => {
    const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
    if (attribute === undefined) throw referencedColumnMissing(name);
    return attribute.number;
  });
  const keys = context.snapshot.constraintsOf(referenced.oid);
  let referencedAttributes: readonly number[];
  let referencedIndex: number | undefined;
  if (definition.referencedColumns.length === 0) {
    const primary = keys.find((c) => c.kind === "primaryKey");
    if (primary === undefined || primary.kind !== "primaryKey") throw foreignKeyNoPrimaryKey(referenced.name);
    referencedAttributes = primary.attributes;
    referencedIndex = primary.index;
  } else {
    referencedAttributes = definition.referencedColumns.map((name) => {
      const attribute = referenced.attributes.find((a) => !a.dropped && a.name === name);
      if (attribute === undefined) throw referencedColumnMissing(name);
      return attribute.number;
    });
    const wanted = [...referencedAttributes].sort((a, b) => a - b).join();
    referencedIndex = context.snapshot.indexesOf(referenced.oid).find(
      (index) =>
        index.unique &&
        index.predicateSql === undefined &&
        index.columns
          .map((c) => c.attribute)
          .sort((a, b) => a - b)
          .join() === wanted,
    )?.oid;
  }
  if (attributes.length !== referencedAttributes.length) throw foreignKeyCountMismatch();
  if (referencedIndex === undefined) throw foreignKeyNoUnique(referenced.name);
  const target = context.snapshot.object(referencedIndex);
  // Rows of the two sides meet by bytes.
  if (target?.class === "index" && target.columns.some((column) => column.sortKey !== undefined))
    throw notSupported("a foreign key to a column with a nondeterministic collation");
  const keyOfIndex = keys.find((c) => (c.kind === "primaryKey" || c.kind === "unique") && c.index === referencedIndex);
  if (keyOfIndex !== undefined && "deferrable" in keyOfIndex && keyOfIndex.deferrable === true)
    throw new DbError({
      sqlstate: "55000",
      message: `cannot use a deferrable unique constraint for referenced table "${referenced.name}"`,
    });
  if (definition.name !== undefined) refuseName(context, table, definition.name);
  const name =
    definition.name ??
    chooseName(table.name, columnNamesPart(definition.columns), "fkey", (n) => constraintNamed(context, table, n) !== undefined);
  attributes.forEach((number, i) => {
    const own = table.attributes[number - 1];
    const other = referenced.attributes[(referencedAttributes[i] as number) - 1];
    if (own === undefined || other === undefined || comparable(context, own.type, other.type)) return;
    throw foreignKeyTypeMismatch(name, own.name, other.name, context.type(own.type).displayName, context.type(other.type).displayName);
  });
  const constraint: ConstraintObject = {
    class: "constraint",
    oid: context.newOid(),
    schema: table.schema,
    name,
    table: table.oid,
    validated: situation.tableIsNew || definition.notValid !== true,
    kind: "foreignKey",
    attributes,
    references: referenced.oid,
    referencedAttributes,
    referencedIndex,
    onUpdate: definition.onUpdate,
    onDelete: definition.onDelete,
    match: definition.match,
    deferrable: definition.deferrable,
    initiallyDeferred: definition.initiallyDeferred,
  };
  context.put(constraint);
  if (!situation.tableIsNew && definition.notValid !== true && table.partitioned === undefined)
    validateForeignKey(context, table, constraint);
  if (table.partitioned === undefined || constraint.kind !== "foreignKey") return;
  for (const partition of context.snapshot.childrenOf(table.oid)) copyForeignKey(context, table, constraint, partition);
}

/** There is an equality between the types, as they are or after an implicit cast of the referencing one. */
function comparable(context: DefinitionContext, own: number, referenced: number): boolean {
  if (own === referenced) return true;
  const { registry } = context;
  if (registry.operatorsByName("=").some((o) => o.left === referenced && o.right === own)) return true;
  return registry.cast(own, referenced)?.context === "implicit";
}

export function validateConstraint(context: DefinitionContext, table: TableObject, constraint: ConstraintObject): void {
  if (constraint.validated) return;
  if (constraint.kind === "check") validateCheck(context, table, constraint);
  if (constraint.kind === "foreignKey") validateForeignKey(context, table, constraint);
  context.put({ ...constraint, validated: true });
}

function validateCheck(context: DefinitionContext, table: TableObject, constraint: Extract<ConstraintObject, { kind: "check" }>): void {
  context.nextStep();
  const violated = context.query(`SELECT 1 FROM ONLY ${context.sqlName(table)} WHERE NOT (${constraint.sql}) LIMIT 1`, 1);
  if (violated.length > 0) throw checkViolatedBySomeRow(constraint.name, table.name, context.schemaName(table.schema));
}

function validateForeignKey(
  context: DefinitionContext,
  table: TableObject,
  constraint: Extract<ConstraintObject, { kind: "foreignKey" }>,
): void {
  const referenced = context.snapshot.relationByOid(constraint.references);
  if (referenced?.class !== "table") return;
  context.nextStep();
  const own = constraint.attributes.map((n) => table.attributes[n - 1]?.name ?? "");
  const other = constraint.referencedAttributes.map((n) => referenced.attributes[n - 1]?.name ?? "");
  const on = own.map((name, i) => `f.${quoteIdentifier(name)} = p.${quoteIdentifier(other[i] as string)}`).join(" AND ");
  const nonNull = own.map((name) => `f.${quoteIdentifier(name)} IS NOT NULL`);
  const filter = constraint.match === "full" ? `(${nonNull.join(" OR ")})` : nonNull.join(" AND ");
  const [missing] = context.query(
    `SELECT ${own.map((name) => `f.${quoteIdentifier(name)}::text`).join(", ")} FROM ONLY ${context.sqlName(table)} f LEFT JOIN ${referenced.partitioned === undefined ? "ONLY " : ""}${context.sqlName(referenced)} p ON ${on} ` +
      `WHERE p.${quoteIdentifier(other[0] as string)} IS NULL AND ${filter} LIMIT 1`,
    1,
  );
  if (missing === undefined) return;
  throw new DbError({
    sqlstate: "23503",
    message: `insert or update on table "${table.name}" violates foreign key constraint "${constraint.name}"`,
    detail: `Key (${own.join(", ")})=(${missing.map((v) => (v === null ? "null" : String(v))).join(", ")}) is not present in table "${referenced.name}".`,
    schema: context.schemaName(table.schema),
    table: table.name,
    constraint: constraint.name,
  });
}

export function constraintNamed(context: DefinitionContext, table: TableObject, name: string): ConstraintObject | undefined {
  return context.snapshot.constraintsOf(table.oid).find((c) => c.name === name);
}
function refuseName(context: DefinitionContext, table: TableObject, name: string): void {
  if (constraintNamed(context, table, name) !== undefined) throw constraintExists(name, table.name);
}
export function attributesNamed(table: TableObject, names: readonly string[]): number[] {
  const numbers = names.map((name) => {
    const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
    if (attribute === undefined) throw keyColumnMissing(name);
    return attribute.number;
  });
  numbers.forEach((number, i) => {
    if (numbers.indexOf(number) !== i) throw columnTwice(names[i] as string);
  });
  return numbers;
}
