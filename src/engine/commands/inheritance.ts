/** ALTER TABLE … INHERIT, NO INHERIT, ATTACH PARTITION, DETACH PARTITION. */
import type { AttributeObject, ConstraintObject, TableObject } from "../../catalog/index.js";
import type { PartitionBoundDefinition, QualifiedName } from "../../plan/index.js";
import { DbError, relationMissing } from "../../types/index.js";
import { type DefinitionContext, displayName } from "./context.js";
import type { Pending } from "./in-order.js";
import { boundOf, copyPartitionParts } from "./partition.js";
import { requirePartitionRows } from "./partition-rows.js";

const live = (table: TableObject): readonly AttributeObject[] => table.attributes.filter((a) => !a.dropped);
const mismatch = (message: string) => new DbError({ sqlstate: "42804", message });
const wrongType = (message: string, detail?: string) =>
  new DbError({ sqlstate: "42809", message, ...(detail === undefined ? {} : { detail }) });

function tableNamed(context: DefinitionContext, name: QualifiedName): TableObject {
  const found = context.find(name);
  if (found === undefined) throw relationMissing(displayName(name), name.position);
  if (found.class !== "table") throw wrongType(`"${found.name}" is not a table`);
  return found;
}

/** The table and everything that inherits from it. */
export function withHeirs(context: DefinitionContext, root: TableObject): TableObject[] {
  const found = new Map<number, TableObject>([[root.oid, root]]);
  for (const table of found.values()) for (const child of context.snapshot.childrenOf(table.oid)) found.set(child.oid, child);
  return [...found.values()];
}

export function inherit(context: DefinitionContext, child: TableObject, name: QualifiedName): void {
  if (child.partition !== undefined) throw wrongType("cannot change inheritance of a partition");
  if (child.partitioned !== undefined) throw wrongType("cannot change inheritance of partitioned table");
  const parent = tableNamed(context, name);
  if (parent.partitioned !== undefined) throw wrongType(`cannot inherit from partitioned table "${parent.name}"`);
  if (parent.partition !== undefined) throw wrongType("cannot inherit from a partition");
  if (parent.persistence === "temporary" && child.persistence !== "temporary")
    throw wrongType(`cannot inherit from temporary relation "${parent.name}"`);
  if (child.parents?.includes(parent.oid) === true)
    throw new DbError({ sqlstate: "42P07", message: `relation "${parent.name}" would be inherited from more than once` });
  refuseCircle(context, parent, child);
  adopt(context, parent, child);
}

function refuseCircle(context: DefinitionContext, parent: TableObject, child: TableObject): void {
  if (!withHeirs(context, child).some((t) => t.oid === parent.oid)) return;
  throw new DbError({
    sqlstate: "42P07",
    message: "circular inheritance not allowed",
    detail: `"${parent.name}" is already a child of "${child.name}".`,
  });
}

/** MergeAttributesIntoExisting and MergeConstraintsIntoExisting. */
function adopt(context: DefinitionContext, parent: TableObject, child: TableObject, more: Partial<TableObject> = {}): void {
  const merged = new Map<number, AttributeObject>();
  const isPartition = parent.partitioned !== undefined;
  for (const theirs of live(parent)) {
    const own = live(child).find((a) => a.name === theirs.name);
    if (own === undefined) throw mismatch(`child table is missing column "${theirs.name}"`);
    if (own.type !== theirs.type || own.typmod !== theirs.typmod)
      throw mismatch(`child table "${child.name}" has different type for column "${theirs.name}"`);
    if (theirs.notNull && !own.notNull) throw mismatch(`column "${theirs.name}" in child table must be marked NOT NULL`);
    if (theirs.generated === true && own.generated !== true)
      throw mismatch(`column "${theirs.name}" in child table must be a generated column`);
    if (theirs.generated !== true && own.generated === true)
      throw mismatch(`column "${theirs.name}" in child table must not be a generated column`);
    merged.set(own.number, { ...own, inheritedCount: (own.inheritedCount ?? 0) + 1, ...(isPartition ? { local: false } : {}) });
  }
  const ours = context.snapshot.constraintsOf(child.oid);
  for (const theirs of context.snapshot.constraintsOf(parent.oid)) {
    if (theirs.kind !== "check" || theirs.noInherit === true) continue;
    const own = ours.find((c) => c.kind === "check" && c.name === theirs.name);
    if (own === undefined || own.kind !== "check") throw mismatch(`child table is missing constraint "${theirs.name}"`);
    if (own.sql !== theirs.sql)
      throw mismatch(`child table "${child.name}" has different definition for check constraint "${theirs.name}"`);
    if (own.noInherit === true)
      throw new DbError({
        sqlstate: "55000",
        message: `constraint "${theirs.name}" conflicts with non-inherited constraint on child table "${child.name}"`,
      });
    context.put({ ...own, inheritedCount: (own.inheritedCount ?? 0) + 1, ...(isPartition ? { local: false } : {}) } as ConstraintObject);
  }
  context.put({
    ...child,
    attributes: child.attributes.map((a) => merged.get(a.number) ?? a),
    parents: [...(child.parents ?? []), parent.oid],
    ...more,
  });
}

/** What the parent gave is the child's own from now on. */
function release(context: DefinitionContext, parent: TableObject, child: TableObject): void {
  const names = new Set(live(parent).map((a) => a.name));
  const attributes = child.attributes.map((a) => {
    if (a.dropped || !names.has(a.name) || (a.inheritedCount ?? 0) === 0) return a;
    const count = (a.inheritedCount ?? 0) - 1;
    return { ...a, inheritedCount: count, ...(count === 0 ? { local: true } : {}) };
  });
  for (const own of context.snapshot.constraintsOf(child.oid)) {
    if (own.kind !== "check" || (own.inheritedCount ?? 0) === 0) continue;
    const given = context.snapshot.constraintsOf(parent.oid).some((c) => c.kind === "check" && c.name === own.name);
    if (!given) continue;
    const count = (own.inheritedCount ?? 0) - 1;
    context.put({ ...own, inheritedCount: count, ...(count === 0 ? { local: true } : {}) } as ConstraintObject);
  }
  const { parents, partition: _bound, ...rest } = child;
  const left = (parents ?? []).filter((oid) => oid !== parent.oid);
  context.put({ ...rest, attributes, ...(left.length === 0 ? {} : { parents: left }) });
}

export function noInherit(context: DefinitionContext, child: TableObject, name: QualifiedName): void {
  if (child.partition !== undefined) throw wrongType("cannot change inheritance of a partition");
  const parent = tableNamed(context, name);
  if (child.parents?.includes(parent.oid) !== true)
    throw new DbError({ sqlstate: "42P01", message: `relation "${parent.name}" is not a parent of relation "${child.name}"` });
  release(context, parent, child);
}

export function attachPartition(
  context: DefinitionContext,
  parent: TableObject,
  name: QualifiedName,
  definition: PartitionBoundDefinition,
): Pending {
  const child = tableNamed(context, name);
  if (child.partition !== undefined) throw wrongType(`"${child.name}" is already a partition`);
  if ((child.parents ?? []).length > 0) throw wrongType("cannot attach inheritance child as partition");
  if (child.partitioned === undefined && context.snapshot.childrenOf(child.oid).length > 0)
    throw wrongType("cannot attach inheritance parent as partition");
  if (withHeirs(context, child).some((t) => t.oid === parent.oid))
    throw new DbError({
      sqlstate: "42P07",
      message: "circular inheritance not allowed",
      detail: `"${parent.name}" is already a child of "${child.name}".`,
    });
  if ((child.persistence === "temporary") !== (parent.persistence === "temporary")) {
    throw wrongType(
      child.persistence === "temporary"
        ? `cannot attach a temporary relation as partition of permanent relation "${parent.name}"`
        : `cannot attach a permanent relation as partition of temporary relation "${parent.name}"`,
    );
  }
  const extra = live(child).find((a) => !live(parent).some((b) => b.name === a.name));
  if (extra !== undefined)
    throw new DbError({
      sqlstate: "42804",
      message: `table "${child.name}" contains column "${extra.name}" not found in parent "${parent.name}"`,
      detail: "The new partition may contain only the columns present in parent.",
    });
  const bound = boundOf(context, parent.oid, definition, child.name);
  adopt(context, parent, child, { partition: bound });
  requirePartitionRows(context, context.again(child), "attached");
  return copyPartitionParts(context, context.again(child));
}

export function detachPartition(context: DefinitionContext, parent: TableObject, name: QualifiedName): void {
  const child = tableNamed(context, name);
  if (child.partition === undefined || child.parents?.[0] !== parent.oid)
    throw new DbError({ sqlstate: "42P01", message: `relation "${child.name}" is not a partition of relation "${parent.name}"` });
  for (const index of context.snapshot.indexesOf(child.oid)) {
    if (index.parent === undefined) continue;
    const { parent: _parent, ...rest } = index;
    context.put(rest);
  }
  for (const constraint of context.snapshot.constraintsOf(child.oid)) {
    if (constraint.parent === undefined) continue;
    const { parent: _parent, ...rest } = constraint;
    context.put({ ...rest, local: true, inheritedCount: 0 } as ConstraintObject);
  }
  release(context, parent, context.again(child));
}
