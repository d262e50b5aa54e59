/** Partitions: bounds and whether they fit beside the others, what a new partition takes over, ATTACH and DETACH. */
import type {
  AttributeObject,
  BoundDatum,
  ConstraintObject,
  IndexObject,
  PartitionBound,
  PartitionScheme,
  TableObject,
} from "../../catalog/index.js";
import { chooseName, columnNamesPart } from "../../catalog/index.js";
import { boundFormat, boundTuple, boundValue, partitionMapOf } from "../../execution/internal.js";
import type { BoundPlaces, BoundValue, PartitionBoundDefinition, PartitionSchemeDefinition } from "../../plan/index.js";
import {
  assert,
  type Datum,
  DbError,
  defaultPartitionConflict,
  emptyRangeBound,
  hashModulusFactor,
  type Oid,
  partitionOverlap,
  type SqlType,
} from "../../types/index.js";
import { evaluate } from "../evaluate.js";
import { addConstraint } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { newIndex } from "./create-index.js";
import { after, inOrder, type Pending } from "./in-order.js";
import { requirePartitionRows } from "./partition-rows.js";

export function schemeOf(attributes: readonly AttributeObject[], definition: PartitionSchemeDefinition): PartitionScheme {
  return {
    strategy: definition.strategy,
    keys: definition.keys.map(({ column, expressionSql, type, typmod, collation }) => ({
      attribute: column === undefined ? 0 : (attributes.find((a) => !a.dropped && a.name === column)?.number ?? 0),
      ...(expressionSql === undefined ? {} : { expressionSql }),
      type,
      typmod,
      ...(collation === undefined ? {} : { collation }),
    })),
  };
}

/** Computes the constants of a bound and refuses one that meets another partition's. */
export function boundOf(context: DefinitionContext, parent: Oid, given: PartitionBoundDefinition, name: string): PartitionBound {
  const { places = NO_PLACES, ...definition } = given;
  const table = context.snapshot.relationByOid(parent);
  assert(table?.class === "table" && table.partitioned !== undefined, "the parent is partitioned");
  const { keys } = table.partitioned;
  const types = keys.map((k) => context.type(k.type));
  const constants = (values: readonly BoundValue[], typeAt: (i: number) => SqlType): BoundDatum[] =>
    values.map((value, i): BoundDatum => {
      if (typeof value === "string") return value;
      const datum = evaluate(context.session, [value], [])[0] as Datum;
      return { text: datum === null ? null : typeAt(i).output(datum, boundFormat) };
    });
  let bound: PartitionBound;
  switch (definition.kind) {
    case "default":
    case "hash":
      bound = definition;
      break;
    case "list": {
      const seen = new Set<string | null>();
      const values = constants(definition.values, () => types[0] as SqlType).filter((v) => {
        const text = typeof v === "string" ? v : v.text;
        if (seen.has(text)) return false;
        seen.add(text);
        return true;
      });
      bound = { kind: "list", values };
      break;
    }
    case "range":
      bound = {
        kind: "range",
        from: constants(definition.from, (i) => types[i] as SqlType),
        to: constants(definition.to, (i) => types[i] as SqlType),
      };
      for (const value of [...bound.from, ...bound.to])
        if (typeof value !== "string" && value.text === null)
          throw new DbError({ sqlstate: "42P16", message: "cannot specify NULL in range bound" });
      break;
  }
  requireRoom(context, table, types, bound, name, places);
  return bound;
}

const NO_PLACES: BoundPlaces = { bound: undefined, from: [], to: [] };
/** check_new_partition_bound. */
function requireRoom(
  context: DefinitionContext,
  parent: TableObject,
  types: readonly SqlType[],
  bound: PartitionBound,
  name: string,
  places: BoundPlaces,
): void {
  const children = context.snapshot.childrenOf(parent.oid);
  const isOther = (c: TableObject): boolean => c.name !== name || c.partition !== undefined;
  // The catalog's own list has its map already.
  const others = children.every(isOther) ? children : children.filter(isOther);
  const map = partitionMapOf(parent, others, (oid) => context.type(oid));
  switch (bound.kind) {
    case "default":
      if (map.default !== undefined) throw defaultPartitionConflict(name, map.default.name).at(places.bound);
      return;
    case "hash": {
      const isAfter = (h: { readonly modulus: number; readonly remainder: number }): boolean =>
        h.modulus > bound.modulus || (h.modulus === bound.modulus && h.remainder > bound.remainder);
      const at = map.hashes.findIndex(isAfter);
      const before = map.hashes[(at < 0 ? map.hashes.length : at) - 1];
      const after = at < 0 ? undefined : map.hashes[at];
      if (before !== undefined && bound.modulus % before.modulus !== 0)
        throw hashModulusFactor(bound.modulus, before.modulus, before.table.name);
      if (after !== undefined && after.modulus % bound.modulus !== 0)
        throw hashModulusFactor(bound.modulus, after.modulus, after.table.name);
      const clash = map.hashes.find((h) => {
        const step = Math.min(h.modulus, bound.modulus);
        return h.remainder % step === bound.remainder % step;
      });
      if (clash !== undefined) throw partitionOverlap(name, clash.table.name).at(places.bound);
      return;
    }
    case "list": {
      for (const [i, datum] of bound.values.entries()) {
        const clash = map.find([boundValue(datum, types[0] as SqlType)]);
        if (clash !== undefined && clash !== map.default) throw partitionOverlap(name, clash.name).at(places.from[i]);
      }
      return;
    }
    case "range": {
      const from = boundTuple(bound.from, types);
      const to = boundTuple(bound.to, types);
      if (map.compareTuples(from, to) >= 0)
        throw emptyRangeBound(name, printTuple(bound.from, types), printTuple(bound.to, types)).at(
          places.from[map.firstDifference(from, to)],
        );
      const clash = map.overlapping(from, to);
      if (clash !== undefined) {
        // Either the lower bound lies in the other partition, or the upper one reaches into it.
        const isWithin = map.compareTuples(clash.from, from) <= 0;
        const place = isWithin ? places.from[map.firstDifference(from, clash.from)] : places.to[map.firstDifference(to, clash.from)];
        throw partitionOverlap(name, clash.table.name).at(place);
      }
    }
  }
}

/** Numbers bare, everything else quoted, as get_const_expr does. */
export function printBoundDatum(datum: BoundDatum, type: SqlType): string {
  if (typeof datum === "string") return datum.toUpperCase();
  if (datum.text === null) return "NULL";
  if (type.name === "bool") return datum.text === "t" ? "true" : "false";
  const isNumber = ["int2", "int4", "int8", "numeric", "float4", "float8", "oid"].includes(type.name) && /^[0-9+\-eE.]+$/.test(datum.text);
  if (isNumber && (type.name === "int4" || type.name === "numeric" || type.name === "float8") && !datum.text.startsWith("-"))
    return datum.text;
  return isNumber && type.name === "int4" ? `'${datum.text}'` : `'${datum.text.replaceAll("'", "''")}'`;
}
function printTuple(values: readonly BoundDatum[], types: readonly SqlType[]): string {
  return `(${values.map((v, i) => printBoundDatum(v, types[i] as SqlType)).join(", ")})`;
}
/** As pg_get_expr(relpartbound) prints it. */
export function printBound(bound: PartitionBound, types: readonly SqlType[]): string {
  switch (bound.kind) {
    case "default":
      return "DEFAULT";
    case "list":
      return `FOR VALUES IN (${bound.values.map((v) => printBoundDatum(v, types[0] as SqlType)).join(", ")})`;
    case "range":
      return `FOR VALUES FROM ${printTuple(bound.from, types)} TO ${printTuple(bound.to, types)}`;
    case "hash":
      return `FOR VALUES WITH (modulus ${bound.modulus}, remainder ${bound.remainder})`;
  }
}

/** A new or attached partition gets the parent's indexes, keys and foreign keys; the default partition may hold none of its rows. */
export function copyPartitionParts(context: DefinitionContext, partition: TableObject): Pending {
  const parent = context.snapshot.relationByOid(partition.parents?.[0] ?? 0);
  assert(parent?.class === "table", "a partition has a parent");
  requireNothingInDefault(context, parent, partition);
  const attached = inOrder(context.snapshot.indexesOf(parent.oid), (index) =>
    attachIndex(context, parent, index, context.again(partition)),
  );
  return after(attached, () => {
    for (const constraint of context.snapshot.constraintsOf(parent.oid))
      if (constraint.kind === "foreignKey") copyForeignKey(context, parent, constraint, context.again(partition));
  });
}

function requireNothingInDefault(context: DefinitionContext, parent: TableObject, partition: TableObject): void {
  if (partition.partition?.kind === "default") return;
  const fallback = context.snapshot.childrenOf(parent.oid).find((c) => c.partition?.kind === "default");
  if (fallback !== undefined) requirePartitionRows(context, fallback, "default");
}

/** The partition's part of an index: one that is there and alike, or a new one. */
/** The columns of a partitioned table's index as the partition numbers them. */
function translated(parent: TableObject, index: IndexObject, partition: TableObject): Pick<IndexObject, "columns" | "include"> {
  const numberOf = (attribute: number): number => {
    if (attribute === 0) return 0;
    const name = parent.attributes[attribute - 1]?.name;
    return partition.attributes.find((a) => !a.dropped && a.name === name)?.number ?? 0;
  };
  return {
    columns: index.columns.map(({ key: _key, ...c }) => ({ ...c, attribute: numberOf(c.attribute) })),
    include: index.include.map(numberOf),
  };
}
function isAlike(index: IndexObject, other: IndexObject, { columns, include }: Pick<IndexObject, "columns" | "include">): boolean {
  return (
    other.unique === index.unique &&
    other.method === index.method &&
    other.predicateSql === index.predicateSql &&
    other.columns.length === columns.length &&
    other.columns.every(
      (c, i) => c.attribute === columns[i]?.attribute && c.expressionSql === columns[i]?.expressionSql && c.opclass === columns[i]?.opclass,
    ) &&
    other.include.join() === include.join()
  );
}

/** ALTER INDEX … ATTACH PARTITION: the index becomes a part; with the last one the whole becomes valid. @throws DbError 42809, 55000, 42P17 */
export function attachNamedIndex(context: DefinitionContext, index: IndexObject, part: IndexObject): void {
  if (index.partitioned !== true)
    throw new DbError({
      sqlstate: "42809",
      message: `ALTER action ATTACH PARTITION cannot be performed on relation "${index.name}"`,
      detail: "This operation is not supported for indexes.",
    });
  if (part.parent === index.oid) return;
  const refuse = (detail: string, sqlstate = "55000") =>
    new DbError({ sqlstate, message: `cannot attach index "${part.name}" as a partition of index "${index.name}"`, detail });
  if (part.parent !== undefined) throw refuse(`Index "${part.name}" is already attached to another index.`);
  const parent = context.snapshot.object(index.table);
  if (parent?.class !== "table") return;
  const partitions = context.snapshot.childrenOf(parent.oid);
  const partition = partitions.find((p) => p.oid === part.table);
  if (partition === undefined) throw refuse(`Index "${part.name}" is not an index on any partition of table "${parent.name}".`);
  if (context.snapshot.indexesOf(partition.oid).some((i) => i.parent === index.oid))
    throw refuse(`Another index is already attached for partition "${partition.name}".`);
  if (!isAlike(index, part, translated(parent, index, partition))) throw refuse("The index definitions do not match.", "42P17");
  const [above, own] = [keyConstraintOf(context, index), keyConstraintOf(context, part)];
  if (above !== undefined && own === undefined)
    throw refuse(
      `The index "${index.name}" belongs to a constraint in table "${parent.name}" but no constraint exists for index "${part.name}".`,
      "42P17",
    );
  context.put({ ...part, parent: index.oid });
  if (above !== undefined && own !== undefined) context.put({ ...own, parent: above.oid, local: false, inheritedCount: 1 });
  validateWhole(context, index.oid);
}
/** A partitioned index is valid when every partition has a valid part of it. */
function validateWhole(context: DefinitionContext, oid: Oid): void {
  const index = context.snapshot.object(oid);
  if (index?.class !== "index" || index.valid) return;
  const partitions = context.snapshot.childrenOf(index.table);
  if (!partitions.every((p) => context.snapshot.indexesOf(p.oid).some((i) => i.parent === oid && i.valid))) return;
  context.put({ ...index, valid: true });
  if (index.parent !== undefined) validateWhole(context, index.parent);
}

export function attachIndex(context: DefinitionContext, parent: TableObject, index: IndexObject, partition: TableObject): Pending {
  const constraint = keyConstraintOf(context, index);
  const { columns, include } = translated(parent, index, partition);
  const alike = context.snapshot
    .indexesOf(partition.oid)
    .find(
      (other) =>
        other.parent === undefined &&
        isAlike(index, other, { columns, include }) &&
        (constraint === undefined || keyConstraintOf(context, other)?.kind === constraint.kind),
    );
  if (alike !== undefined) {
    context.put({ ...alike, parent: index.oid });
    const own = keyConstraintOf(context, alike);
    if (own !== undefined && constraint !== undefined) context.put({ ...own, parent: constraint.oid, local: false, inheritedCount: 1 });
    return attachBelow(context, partition, context.again(alike));
  }
  if (constraint !== undefined && (constraint.kind === "primaryKey" || constraint.kind === "unique")) {
    const before = new Set(context.snapshot.indexesOf(partition.oid).map((i) => i.oid));
    const built = addConstraint(
      context,
      partition,
      {
        kind: constraint.kind,
        columns: columns.map((c) => partition.attributes[c.attribute - 1]?.name ?? ""),
        nullsNotDistinct: index.nullsNotDistinct,
        ...(constraint.deferrable === true ? { deferrable: true } : {}),
        ...(constraint.initiallyDeferred === true ? { initiallyDeferred: true } : {}),
        ...(include.length === 0 ? {} : { include: include.map((n) => partition.attributes[n - 1]?.name ?? "") }),
      },
      { tableIsNew: false },
    );
    return after(built, () => {
      const made = context.snapshot.indexesOf(partition.oid).find((i) => !before.has(i.oid));
      assert(made !== undefined, "a key has an index");
      context.put({ ...made, parent: index.oid });
      const own = keyConstraintOf(context, made);
      if (own !== undefined) context.put({ ...own, parent: constraint.oid, local: false, inheritedCount: 1 });
    });
  }
  const names = columns.map((c) => (c.expressionSql === undefined ? (partition.attributes[c.attribute - 1]?.name ?? "") : "expr"));
  return newIndex(context, partition, {
    name: chooseName(
      partition.name,
      columnNamesPart([...names, ...include.map((n) => partition.attributes[n - 1]?.name ?? "")]),
      "idx",
      (n) => context.nameTaken(partition.schema, n),
    ),
    method: index.method,
    unique: index.unique,
    primary: false,
    nullsNotDistinct: index.nullsNotDistinct,
    columns,
    include,
    options: index.options,
    ...(index.predicateSql === undefined ? {} : { predicateSql: index.predicateSql }),
    parent: index.oid,
  }).built;
}
function attachBelow(context: DefinitionContext, table: TableObject, index: IndexObject): Pending {
  if (table.partitioned === undefined) return undefined;
  return inOrder(context.snapshot.childrenOf(table.oid), (child) => attachIndex(context, table, index, child));
}
export function keyConstraintOf(context: DefinitionContext, index: IndexObject): ConstraintObject | undefined {
  return context.snapshot.constraintsOf(index.table).find((c) => (c.kind === "primaryKey" || c.kind === "unique") && c.index === index.oid);
}

export function copyForeignKey(
  context: DefinitionContext,
  parent: TableObject,
  constraint: Extract<ConstraintObject, { kind: "foreignKey" }>,
  partition: TableObject,
): void {
  const attributes = constraint.attributes.map((n) => {
    const name = parent.attributes[n - 1]?.name;
    const found = partition.attributes.find((a) => !a.dropped && a.name === name);
    assert(found !== undefined, "a partition has its parent's columns");
    return found.number;
  });
  const own = context.snapshot.constraintsOf(partition.oid);
  const alike = own.find(
    (c) =>
      c.kind === "foreignKey" &&
      c.parent === undefined &&
      c.references === constraint.references &&
      c.attributes.join() === attributes.join() &&
      c.referencedAttributes.join() === constraint.referencedAttributes.join(),
  );
  if (alike !== undefined) return context.put({ ...alike, parent: constraint.oid, local: false, inheritedCount: 1 });
  const taken = (name: string): boolean => own.some((c) => c.name === name);
  const columnNames = attributes.map((n) => partition.attributes[n - 1]?.name ?? "");
  const copy: ConstraintObject = {
    ...constraint,
    oid: context.newOid(),
    schema: partition.schema,
    table: partition.oid,
    attributes,
    name: taken(constraint.name) ? chooseName(partition.name, columnNamesPart(columnNames), "fkey", taken) : constraint.name,
    parent: constraint.oid,
    local: false,
    inheritedCount: 1,
  };
  context.put(copy);
  if (partition.partitioned !== undefined && copy.kind === "foreignKey")
    for (const child of context.snapshot.childrenOf(partition.oid)) copyForeignKey(context, partition, copy, child);
}
