/**
 * What hangs on what, for DROP. An object's parts go with it (a table's indexes, constraints, own sequences); everything else that
 * needs it either stops the drop (RESTRICT) or goes too (CASCADE), in PostgreSQL's words.
 */
import { type CatalogObject, type IndexObject, isIndexConstraint, quoteIdentifier, type TableObject } from "../../catalog/index.js";
import { type Oid, pgvectorTypes } from "../../types/index.js";
import type { Renaming } from "../types.js";
import { describeUserObject } from "./catalog/objects.js";
import { usersOfRoutine, usersOfType } from "./catalog/users.js";
import { columnsInSql } from "./columns-in-sql.js";
import type { DefinitionContext } from "./context.js";
import { renamedBody, renamedCondition } from "./rename.js";
import { sequencesIn } from "./stored-sql.js";

/** Something to drop: an object, one column of a table, or one column's default. */
export interface Target {
  readonly object: CatalogObject;
  readonly attribute: number;
  readonly isDefault?: boolean;
  /** What it depends on, where that is not what is dropped itself: the row type of a table. */
  readonly dependsOn?: string;
  /** A routine whose standard body mentions the object, not only its row type. */
  readonly readsObject?: true;
}
export const whole = (object: CatalogObject): Target => ({ object, attribute: 0 });
export const keyOf = (target: Target) => `${target.object.oid}.${target.attribute}${target.isDefault === true ? "d" : ""}`;

/** "constraint b_fkey on table b", "view v", "column x of table t". */
export function describeObject(context: DefinitionContext, object: CatalogObject): string {
  switch (object.class) {
    case "table":
      return `${object.materialized === undefined ? "table" : "materialized view"} ${context.visibleName(object)}`;
    case "view":
    case "index":
    case "sequence":
      return `${object.class} ${context.visibleName(object)}`;
    case "constraint": {
      const table = context.snapshot.object(object.table);
      return `constraint ${object.name} on ${table === undefined ? "table" : describeObject(context, table)}`;
    }
    default:
      return describeUserObject(context, object) ?? `${object.class} ${"name" in object ? object.name : object.oid}`;
  }
}
export function describe(context: DefinitionContext, target: Target): string {
  if (target.attribute !== 0 && target.object.class === "type") return describeUserObject(context, target.object, target.attribute) ?? "";
  if (target.attribute === 0 || target.object.class !== "table") return describeObject(context, target.object);
  const column = `column ${target.object.attributes[target.attribute - 1]?.name} of ${describeObject(context, target.object)}`;
  return target.isDefault === true ? `default value for ${column}` : column;
}

/** Parts: dropped with it, without a word. */
export function partsOf(context: DefinitionContext, target: Target): Target[] {
  const { object } = target;
  const { snapshot } = context;
  if (object.class === "table" && target.isDefault !== true) {
    const computesFrom = (index: IndexObject): boolean =>
      [...index.columns.flatMap((c) => c.expressionSql ?? []), ...(index.predicateSql === undefined ? [] : [index.predicateSql])].some(
        (sql) => columnsInSql(context, object, sql).has(target.attribute),
      );
    const touches = (attributes: readonly number[]) => target.attribute === 0 || attributes.includes(target.attribute);
    return [
      ...snapshot.constraintsOf(object.oid).filter((c) => touches(c.attributes)),
      ...snapshot.indexesOf(object.oid).filter((i) => touches([...i.columns.map((c) => c.attribute), ...i.include]) || computesFrom(i)),
      ...snapshot.sequencesOf(object.oid).filter((s) => s.ownedBy !== undefined && touches([s.ownedBy.attribute])),
      ...(target.attribute === 0 ? snapshot.childrenOf(object.oid).filter((child) => child.partition !== undefined) : []),
      ...(target.attribute === 0 ? snapshot.policiesOf(object.oid) : []),
      ...snapshot
        .statisticsOf(object.oid)
        .filter((s) => touches(s.attributes) || s.expressions.some((sql) => columnsInSql(context, object, sql).has(target.attribute))),
    ].map(whole);
  }
  if (object.class === "schema") return snapshot.defaultPrivileges.filter((d) => d.schema === object.oid).map(whole);
  if (object.class === "constraint" && isIndexConstraint(object)) {
    const index = snapshot.object(object.index);
    return index === undefined ? [] : [whole(index)];
  }
  if (object.class === "index" && object.partitioned === true) {
    return snapshot
      .childrenOf(object.table)
      .flatMap((child) => snapshot.indexesOf(child.oid).filter((i) => i.parent === object.oid))
      .flatMap((part) => {
        const own = snapshot.constraintsOf(part.table).find((c) => isIndexConstraint(c) && c.index === part.oid);
        return [...(own === undefined ? [] : [whole(own)]), whole(part)];
      });
  }
  if (object.class === "constraint" && object.kind === "foreignKey") {
    return snapshot
      .childrenOf(object.table)
      .flatMap((child) => snapshot.constraintsOf(child.oid).filter((c) => c.parent === object.oid))
      .map(whole);
  }
  return [];
}

/** What needs it and is not part of it. */
export function dependentsOf(context: DefinitionContext, target: Target): Target[] {
  const { object } = target;
  const { snapshot } = context;
  switch (object.class) {
    case "table": {
      if (target.isDefault === true) return [];
      const foreign = snapshot
        .referencing(object.oid)
        .filter((c) => c.table !== object.oid || target.attribute !== 0)
        .filter((c) => target.attribute === 0 || (c.kind === "foreignKey" && c.referencedAttributes.includes(target.attribute)));
      const views = snapshot
        .viewsOf(object.oid)
        .filter((view) => target.attribute === 0 || viewUsesColumn(context, view.sql, object, target.attribute));
      const generated =
        target.attribute === 0
          ? []
          : object.attributes
              .filter((a) => a.generated === true && !a.dropped && a.defaultSql !== undefined)
              .filter((a) => columnsInSql(context, object, a.defaultSql as string).has(target.attribute))
              .map((a): Target => ({ object, attribute: a.number }));
      const policies =
        target.attribute === 0
          ? snapshot.policiesReading(object.oid)
          : snapshot
              .policiesOf(object.oid)
              .filter((p) =>
                [p.usingSql, p.checkSql].some((sql) => sql !== undefined && policyReads(context, object, sql, target.attribute)),
              );
      const heirs = target.attribute === 0 ? snapshot.childrenOf(object.oid).filter((child) => child.partition === undefined) : [];
      const materialized = snapshot
        .materializedViewsOf(object.oid)
        .filter((view) => target.attribute === 0 || viewUsesColumn(context, view.materialized?.sql ?? "", object, target.attribute));
      const users =
        target.attribute === 0
          ? usersOfType(context, object)
          : usersOfType(context, object).filter((u) => bodyUsesColumn(context, u, object, target.attribute));
      return [
        ...generated,
        ...[...heirs, ...foreign, ...views, ...materialized, ...policies].map(whole),
        ...users.filter((u) => u.object.class !== "view"),
      ];
    }
    case "view":
      return [
        ...[...snapshot.viewsOf(object.oid), ...snapshot.materializedViewsOf(object.oid)].map(whole),
        ...usersOfType(context, object).filter((u) => u.object.class !== "view"),
      ];
    case "type":
      return target.attribute === 0 ? [...usersOfType(context, object)] : [];
    case "function":
    case "operator":
      return [...usersOfRoutine(context, object)];
    case "collation":
      return usersOfCollation(context, object.oid);
    case "index":
    case "constraint": {
      // A key's index is its part, and that is what foreign keys depend on.
      if (object.class === "constraint") return [];
      const index = object.oid;
      return snapshot
        .referencing(object.table)
        .filter((c) => c.kind === "foreignKey" && c.referencedIndex === index)
        .map(whole);
    }
    case "sequence":
      return columnsWhere(context, (a) => a.defaultSql !== undefined && sequencesIn(a.defaultSql).includes(object.oid)).map((t) => ({
        ...t,
        isDefault: true,
      }));
    case "schema":
      return [...snapshot.objects()]
        .filter((o) => "schema" in o && o.schema === object.oid && o.class !== "constraint" && !isPart(context, o))
        .sort((a, b) => a.oid - b.oid)
        .map(whole);
    case "extension":
      return object.name === "vector" ? columnsWhere(context, (a) => pgvectorTypes.has(a.type)) : [];
    default:
      return [];
  }
}

/** Columns, domains, attributes of types, and indexes that order by it. What queries and expressions say is not tracked. */
function usersOfCollation(context: DefinitionContext, collation: Oid): Target[] {
  const found: Target[] = [];
  for (const object of context.snapshot.objects()) {
    switch (object.class) {
      case "table":
        for (const a of object.attributes) if (!a.dropped && a.collation === collation) found.push({ object, attribute: a.number });
        if (object.partitioned?.keys.some((key) => key.collation === collation) === true) found.push(whole(object));
        break;
      case "index":
        if (object.columns.some((column) => column.collation === collation)) found.push(whole(object));
        break;
      case "type":
        if (object.kind === "domain" && object.collation === collation) found.push(whole(object));
        if (object.kind === "composite")
          for (const a of object.attributes) if (!a.dropped && a.collation === collation) found.push({ object, attribute: a.number });
        break;
      default:
        break;
    }
  }
  return found;
}

function isPart(context: DefinitionContext, object: CatalogObject): boolean {
  return (
    object.class === "index" ||
    object.class === "defaultPrivileges" ||
    (object.class === "statistics" && context.snapshot.relationByOid(object.table)?.schema === object.schema) ||
    // A partition goes with its table when that is in the same schema.
    (object.class === "table" &&
      object.partition !== undefined &&
      context.snapshot.relationByOid(object.parents?.[0] ?? 0)?.schema === object.schema) ||
    (object.class === "sequence" && object.ownedBy !== undefined && context.snapshot.object(object.ownedBy.table) !== undefined)
  );
}
function columnsWhere(context: DefinitionContext, test: (attribute: TableObject["attributes"][number]) => boolean): Target[] {
  const found: Target[] = [];
  for (const object of context.snapshot.objects()) {
    if (object.class !== "table") continue;
    for (const attribute of object.attributes)
      if (!attribute.dropped && test(attribute)) found.push({ object, attribute: attribute.number });
  }
  return found;
}

function policyReads(context: DefinitionContext, table: TableObject, sql: string, attribute: number): boolean {
  return usesColumn(sql, table, attribute, (renaming) => renamedCondition(context, table, sql, renaming, context.bindContext()));
}
/** Where a rename would put the column's new name, the text mentions it. USING and NATURAL name columns that a rename does not reach. */
function usesColumn(sql: string, table: TableObject, attribute: number, rename: (renaming: Renaming) => string): boolean {
  const from = table.attributes[attribute - 1]?.name ?? "";
  if (!sql.includes(from)) return false;
  if (/\bnatural\b/i.test(sql)) return true;
  for (const [, names = ""] of sql.matchAll(/\busing\s*\(([^)]*)\)/gi))
    if (names.split(",").some((name) => name.trim() === quoteIdentifier(from))) return true;
  const to = "column that is dropped";
  return rename({ kind: "column", relation: table.oid, attribute, from, to }).includes(`"${to}"`);
}
function bodyUsesColumn(context: DefinitionContext, { object, readsObject }: Target, table: TableObject, attribute: number): boolean {
  if (readsObject !== true || object.class !== "function" || object.body.language !== "sql") return false;
  const renamed = (renaming: Renaming): string => {
    const { body } = renamedBody(context, object, renaming);
    return body.language === "sql" ? body.source : "";
  };
  return usesColumn(object.body.source, table, attribute, renamed);
}
function viewUsesColumn(context: DefinitionContext, sql: string, table: TableObject, attribute: number): boolean {
  const { frontEnd } = context.session.database;
  return usesColumn(sql, table, attribute, (renaming) => frontEnd.renameInQuery(sql, context.bindContext(), renaming));
}
