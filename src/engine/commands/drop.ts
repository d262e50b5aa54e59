/** DROP TABLE, INDEX, VIEW, SEQUENCE, SCHEMA, EXTENSION; also what ALTER TABLE drops. */
import {
  type CatalogObject,
  type ConstraintObject,
  INFORMATION_SCHEMA_OID,
  isIndexConstraint,
  isSystemIndex,
  PG_CATALOG_OID,
  REDIS_SCHEMA_OID,
  type TableObject,
} from "../../catalog/index.js";
import type { Command, QualifiedName } from "../../plan/index.js";
import { DbError, dependentObjects, dependentObjectsOfMany, objectMissing, requiredBy, systemObjectProtected } from "../../types/index.js";
import { type DefinitionContext, displayName } from "./context.js";
import { dependentsOf, describe, describeObject, keyOf, partsOf, type Target, whole } from "./dependencies.js";
import { dropHiddenColumns } from "./hidden-columns.js";
import { dropIndexStorage } from "./index-storage.js";

const articles = {
  "materialized view": "a materialized view",
  table: "a table",
  index: "an index",
  view: "a view",
  sequence: "a sequence",
} as const;

export function drop(context: DefinitionContext, command: Extract<Command, { kind: "Drop" }>): void {
  const targets: Target[] = [];
  for (const name of command.names) {
    const object = find(context, command.object, name);
    if (object !== undefined) targets.push(whole(object));
    else if (!command.ifExists) throw objectMissing(command.object, missingName(context, command.object, name));
    else if (name.schema !== undefined && context.catalog.schemaByName(name.schema) === undefined)
      context.notice(`schema "${name.schema}" does not exist, skipping`);
    else context.notice(`${command.object} "${name.name}" does not exist, skipping`);
  }
  dropTargets(context, targets, command.cascade);
}

/** Drops targets with their parts; what else depends on them is refused or, with `cascade`, dropped too with a notice. */
export function dropTargets(context: DefinitionContext, targets: readonly Target[], cascade: boolean): void {
  const order: Target[] = [];
  const seen = new Set<string>();
  const reported: { readonly target: Target; readonly because: Target }[] = [];
  const asked = new Set(targets.map(keyOf));
  const visit = (target: Target): void => {
    if (seen.has(keyOf(target)) || (target.attribute !== 0 && seen.has(keyOf(whole(target.object))))) return;
    seen.add(keyOf(target));
    expand(target);
  };
  const expand = (target: Target): void => {
    // Parts are marked first: what they need among themselves is no outside dependency.
    const parts = partsOf(context, target).filter((part) => !seen.has(keyOf(part)));
    for (const part of parts) seen.add(keyOf(part));
    // All that hang on it directly are marked before what hangs on them is looked at: each is told with its nearest reason.
    const direct: Target[] = [];
    for (const dependent of dependentsOf(context, target)) {
      if (seen.has(keyOf(dependent))) continue;
      if (dependent.attribute !== 0 && seen.has(keyOf(whole(dependent.object)))) continue;
      seen.add(keyOf(dependent));
      direct.push(dependent);
    }
    for (const dependent of direct) {
      if (!asked.has(keyOf(dependent))) reported.push({ target: dependent, because: target });
      expand(dependent);
    }
    for (const part of parts) expand(part);
    order.push(target);
  };
  for (const target of targets) visit(target);
  // A dependent that turned out to be part of something that is dropped anyway is not worth a word.
  const wholeTables = new Set(order.filter((t) => t.attribute === 0 && t.object.class === "table").map((t) => t.object.oid));
  const columns = new Set(order.filter((t) => t.attribute !== 0).map(keyOf));
  const goesWithTable = ({ table, attributes }: ConstraintObject) =>
    wholeTables.has(table) || attributes.some((attribute) => columns.has(`${table}.${attribute}`));
  const outside = reported.filter(
    ({ target }) =>
      !(target.object.class === "constraint" && goesWithTable(target.object)) &&
      !(target.attribute !== 0 && wholeTables.has(target.object.oid)),
  );
  if (outside.length > 0 && !cascade) {
    const detail = outside
      .map(({ target, because }) => `${describe(context, target)} depends on ${target.dependsOn ?? describe(context, because)}`)
      .join("\n");
    throw targets.length === 1 ? dependentObjects(describe(context, targets[0] as Target), detail) : dependentObjectsOfMany(detail);
  }
  if (outside.length === 1) context.notice(`drop cascades to ${describe(context, (outside[0] as { target: Target }).target)}`);
  if (outside.length > 1)
    context.notice(`drop cascades to ${outside.length} other objects`, "00000", {
      detail: outside.map(({ target }) => `drop cascades to ${describe(context, target)}`).join("\n"),
    });
  for (const target of order) dropOne(context, target);
}

function dropOne(context: DefinitionContext, target: Target): void {
  const object = context.snapshot.object(target.object.oid);
  if (object === undefined) return;
  if (target.attribute !== 0 && object.class === "type" && object.kind === "composite") {
    context.put({
      ...object,
      attributes: object.attributes.map((a) =>
        a.number === target.attribute ? { ...a, name: `........pg.dropped.${a.number}........`, dropped: true } : a,
      ),
    });
    return;
  }
  if (target.attribute !== 0 && object.class === "table")
    return target.isDefault === true ? dropDefault(context, object, target.attribute) : dropColumn(context, object, target.attribute);
  switch (object.class) {
    case "table":
      context.check(context.storage.dropRelation(context.engine, context.xid, object.storage));
      break;
    case "index":
      dropIndexStorage(context, object);
      dropHiddenColumns(context, object);
      break;
    case "sequence":
      context.check(context.storage.dropSequence(context.engine, context.xid, object.storage));
      break;
    default:
      break;
  }
  for (const comment of context.snapshot.commentsOf(object.oid)) context.remove(comment.oid);
  context.remove(object.oid);
}

function dropColumn(context: DefinitionContext, table: TableObject, attribute: number): void {
  for (const comment of context.snapshot.commentsOf(table.oid)) if (comment.attribute === attribute) context.remove(comment.oid);
  context.put({
    ...table,
    attributes: table.attributes.map((a) =>
      a.number === attribute
        ? {
            number: a.number,
            name: `........pg.dropped.${a.number}........`,
            type: a.type,
            typmod: a.typmod,
            notNull: false,
            dropped: true,
          }
        : a,
    ),
  });
}
function dropDefault(context: DefinitionContext, table: TableObject, attribute: number): void {
  context.put({
    ...table,
    attributes: table.attributes.map((a) => {
      if (a.number !== attribute) return a;
      const { defaultSql: _dropped, sequence: _sequence, ...rest } = a;
      return rest;
    }),
  });
}

function find(
  context: DefinitionContext,
  kind: Extract<Command, { kind: "Drop" }>["object"],
  name: QualifiedName,
): CatalogObject | undefined {
  if (kind === "schema") {
    const schema = context.snapshot.schema(name.name);
    if (schema !== undefined && [PG_CATALOG_OID, INFORMATION_SCHEMA_OID, REDIS_SCHEMA_OID].includes(schema.oid))
      throw new DbError({ sqlstate: "2BP01", message: `cannot drop schema ${schema.name} because it is required by the database system` });
    return schema;
  }
  if (kind === "extension") return context.snapshot.extension(name.name);
  const relation = context.find(name);
  if (relation === undefined) return undefined;
  if (relation.class === "system") throw systemObjectProtected(relation.name);
  const own = relation.class === "table" && relation.materialized !== undefined ? "materialized view" : relation.class;
  if (own !== kind)
    throw new DbError({
      sqlstate: "42809",
      message: `"${relation.name}" is not ${articles[kind]}`,
      hint: `Use DROP ${own.toUpperCase()} to remove ${articles[own]}.`,
    });
  if (isSystemIndex(relation)) throw systemObjectProtected(relation.name);
  if (relation.class === "index" && relation.parent !== undefined) {
    const parent = context.snapshot.object(relation.parent);
    if (parent !== undefined) {
      const described = describeObject(context, parent);
      throw requiredBy(describeObject(context, relation), described, `You can drop ${described} instead.`);
    }
  }
  if (relation.class === "index") {
    const constraint = context.snapshot.constraintsOf(relation.table).find((c) => isIndexConstraint(c) && c.index === relation.oid);
    if (constraint !== undefined) {
      const described = describeObject(context, constraint);
      throw requiredBy(describeObject(context, relation), described, `You can drop ${described} instead.`);
    }
  }
  if (relation.class === "sequence" && relation.ownedBy !== undefined) {
    const table = context.snapshot.relationByOid(relation.ownedBy.table);
    const attribute = table?.class === "table" ? table.attributes[relation.ownedBy.attribute - 1] : undefined;
    if (table !== undefined && attribute?.identity !== undefined) {
      const column = `column ${attribute.name} of ${describeObject(context, table)}`;
      throw requiredBy(describeObject(context, relation), column, `You can drop ${column} instead.`);
    }
  }
  return relation;
}
function missingName(context: DefinitionContext, kind: string, name: QualifiedName): string {
  if (kind !== "schema" && kind !== "extension" && name.schema !== undefined) context.schema(name.schema);
  return displayName(name);
}
