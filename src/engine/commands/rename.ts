/** ALTER … RENAME and ALTER … SET SCHEMA. */

import { type CatalogObject, DATABASE_OID, type FunctionObject, isIndexConstraint, type TableObject } from "../../catalog/index.js";
import { inputParameters } from "../../functions/index.js";
import type { Command } from "../../plan/index.js";
import {
  assert,
  columnExists,
  columnMissingPlain,
  constraintExists,
  constraintMissing,
  DbError,
  relationExists,
  schemaExists,
  systemColumnName,
  wrongRelationKind,
} from "../../types/index.js";
import type { BindContext, Renaming } from "../types.js";
import { constraintNamed } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { renameInStored } from "./rename-stored.js";

export function rename(context: DefinitionContext, command: Extract<Command, { kind: "Rename" }>): void {
  if (command.object === "schema") return renameSchema(context, command);
  if (context.find(command.name) === undefined && command.ifExists)
    return context.notice(`relation "${command.name.name}" does not exist, skipping`);
  const relation = context.relation(command.name);
  switch (command.object) {
    case "column": {
      const column = command.subname ?? "";
      if (relation.class === "view") {
        const at = relation.columns.findIndex((c) => c.name === column);
        if (at < 0) throw columnMissingPlain(column);
        if (relation.columns.some((c) => c.name === command.newName)) throw columnExists(command.newName, relation.name);
        renameInViews(context, relation.oid, {
          kind: "column",
          relation: relation.oid,
          attribute: at + 1,
          from: column,
          to: command.newName,
        });
        context.put({ ...relation, columns: relation.columns.map((c) => (c.name === column ? { ...c, name: command.newName } : c)) });
        return;
      }
      if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
      return renameColumn(context, relation, column, command.newName, command.only === true, false);
    }
    case "constraint": {
      if (relation.class !== "table") throw wrongRelationKind(relation.name, "a table");
      const constraint = constraintNamed(context, relation, command.subname ?? "");
      if (constraint === undefined) throw constraintMissing(command.subname ?? "", relation.name);
      if (constraintNamed(context, relation, command.newName) !== undefined) throw constraintExists(command.newName, relation.name);
      if ((constraint.inheritedCount ?? 0) > 0 && command.recursing !== true)
        throw new DbError({ sqlstate: "42P16", message: `cannot rename inherited constraint "${constraint.name}"` });
      if (constraint.kind === "check" && constraint.noInherit !== true) {
        const children = context.snapshot.childrenOf(relation.oid);
        if (command.only === true && children.length > 0)
          throw new DbError({
            sqlstate: "42P16",
            message: `inherited constraint "${constraint.name}" must be renamed in child tables too`,
          });
        for (const child of children) {
          const name = { schema: context.schemaName(child.schema), name: child.name };
          rename(context, { ...command, name, recursing: true });
        }
      }
      context.put({ ...constraint, name: command.newName });
      if (isIndexConstraint(constraint)) {
        const index = context.snapshot.object(constraint.index);
        if (index?.class === "index") context.put({ ...index, name: command.newName });
      }
      return;
    }
    default: {
      const own = relation.class === "table" && relation.materialized !== undefined ? "materialized view" : relation.class;
      const matches = command.object === own || command.object === "table";
      if (!matches) throw wrongRelationKind(relation.name, command.object === "index" ? "an index" : `a ${command.object}`);
      if (context.nameTaken(relation.schema, command.newName)) throw relationExists(command.newName);
      if (relation.class === "table" || relation.class === "view")
        renameInViews(context, relation.oid, { kind: "relation", relation: relation.oid, name: command.newName });
      context.put({ ...relation, name: command.newName });
      if (relation.class === "index") {
        const constraint = context.snapshot.constraintsOf(relation.table).find((c) => isIndexConstraint(c) && c.index === relation.oid);
        if (constraint !== undefined) context.put({ ...constraint, name: command.newName });
      }
    }
  }
}

/** The column keeps its number; what is kept as text and means it is written anew. */
export function renameColumn(
  context: DefinitionContext,
  given: TableObject,
  column: string,
  newName: string,
  only: boolean,
  recursing: boolean,
): void {
  const attribute = given.attributes.find((a) => !a.dropped && a.name === column);
  if (attribute === undefined) throw columnMissingPlain(column);
  if (!recursing && given.ofType !== undefined) throw new DbError({ sqlstate: "42809", message: "cannot rename column of typed table" });
  if (!recursing && (attribute.inheritedCount ?? 0) > 0)
    throw new DbError({ sqlstate: "42P16", message: `cannot rename inherited column "${column}"` });
  const children = context.snapshot.childrenOf(given.oid);
  if (only && children.length > 0)
    throw new DbError({ sqlstate: "42P16", message: `inherited column "${column}" must be renamed in child tables too` });
  for (const child of children) renameColumn(context, context.again(child), column, newName, false, true);
  const table = context.again(given);
  if (table.attributes.some((a) => !a.dropped && a.name === newName)) throw columnExists(newName, table.name);
  if (["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"].includes(newName)) throw systemColumnName(newName);
  renameInViews(context, table.oid, { kind: "column", relation: table.oid, attribute: attribute.number, from: column, to: newName });
  const { frontEnd } = context.session.database;
  const rewritten = (sql: string): string => frontEnd.renameInExpression(sql, table.name, column, newName);
  for (const constraint of context.snapshot.constraintsOf(table.oid))
    if (constraint.kind === "check" && constraint.attributes.includes(attribute.number))
      context.put({ ...constraint, sql: rewritten(constraint.sql) });
  for (const index of context.snapshot.indexesOf(table.oid)) {
    if (index.predicateSql === undefined && index.columns.every((c) => c.expressionSql === undefined)) continue;
    context.put({
      ...index,
      columns: index.columns.map((c) => (c.expressionSql === undefined ? c : { ...c, expressionSql: rewritten(c.expressionSql) })),
      ...(index.predicateSql === undefined ? {} : { predicateSql: rewritten(index.predicateSql) }),
    });
  }
  for (const statistics of context.snapshot.statisticsOf(table.oid))
    if (statistics.expressions.length > 0) context.put({ ...statistics, expressions: statistics.expressions.map(rewritten) });
  context.put({
    ...table,
    attributes: table.attributes.map((a) => {
      const own = (a.generated === true || a.hidden === true) && a.defaultSql !== undefined ? { defaultSql: rewritten(a.defaultSql) } : {};
      return a.number === attribute.number ? { ...a, ...own, name: newName } : { ...a, ...own };
    }),
    ...(table.partitioned === undefined
      ? {}
      : {
          partitioned: {
            ...table.partitioned,
            keys: table.partitioned.keys.map((k) =>
              k.expressionSql === undefined ? k : { ...k, expressionSql: rewritten(k.expressionSql) },
            ),
          },
        }),
  });
}

/** The texts of views that read the relation, while the catalog still has the old name. */
export function renameInViews(context: DefinitionContext, relation: number, renaming: Renaming): void {
  const bind = context.bindContext();
  const { frontEnd } = context.session.database;
  const changed: CatalogObject[] = [];
  for (const view of context.snapshot.viewsOf(relation)) changed.push({ ...view, sql: frontEnd.renameInQuery(view.sql, bind, renaming) });
  for (const view of context.snapshot.materializedViewsOf(relation)) {
    const materialized = view.materialized as NonNullable<TableObject["materialized"]>;
    changed.push({ ...view, materialized: { ...materialized, sql: frontEnd.renameInQuery(materialized.sql, bind, renaming) } });
  }
  for (const object of context.snapshot.objects())
    if (object.class === "function" && object.body.language === "sql" && object.body.atomic && object.body.dependsOn.includes(relation))
      changed.push(renamedBody(context, object, renaming));
  renameInPolicies(context, relation, renaming, bind);
  for (const object of changed) context.put(object);
}

/** A function whose standard body mentions what is renamed. */
export function renamedBody(context: DefinitionContext, object: FunctionObject, renaming: Renaming): FunctionObject {
  const { body } = object;
  assert(body.language === "sql", "a standard body is in SQL");
  const inputs = inputParameters(object);
  const bind = {
    ...context.bindContext(),
    parameterTypes: inputs.map((p) => p.type),
    parameterNames: { routine: object.name, names: inputs.map((p) => p.name) },
  };
  return { ...object, body: { ...body, source: context.session.database.frontEnd.renameInBody(body.source, bind, renaming) } };
}

/** Conditions of the relation's own policies and of those that read it. */
function renameInPolicies(context: DefinitionContext, relation: number, renaming: Renaming, bind: BindContext): void {
  const own = context.snapshot.policiesOf(relation);
  for (const policy of [...own, ...context.snapshot.policiesReading(relation).filter((p) => p.table !== relation)]) {
    const table = context.snapshot.relationByOid(policy.table);
    if (table === undefined) continue;
    const renamed = (sql: string): string => renamedCondition(context, table, sql, renaming, bind);
    context.put({
      ...policy,
      ...(policy.usingSql === undefined ? {} : { usingSql: renamed(policy.usingSql) }),
      ...(policy.checkSql === undefined ? {} : { checkSql: renamed(policy.checkSql) }),
    });
  }
}

/** A policy's condition that mentions what is renamed, bound as a select list over the policy's table. */
export function renamedCondition(
  context: DefinitionContext,
  table: { readonly schema: number; readonly name: string },
  sql: string,
  renaming: Renaming,
  bind: BindContext,
): string {
  const prefix = "SELECT ";
  const query = `${prefix}(${sql}) AS "?" FROM ONLY ${context.sqlName(table)}`;
  const text = context.session.database.frontEnd.renameInQuery(query, bind, renaming);
  return text.slice(prefix.length, text.lastIndexOf(' AS "?" FROM '));
}

function renameSchema(context: DefinitionContext, command: Extract<Command, { kind: "Rename" }>): void {
  const schema = context.schema(command.name.name);
  if (schema.oid < DATABASE_OID + 16379)
    if (schema.name !== "public") throw new DbError({ sqlstate: "42501", message: `permission denied for schema ${schema.name}` });
  if (context.snapshot.schema(command.newName) !== undefined) throw schemaExists(command.newName);
  if (command.newName.startsWith("pg_"))
    throw new DbError({
      sqlstate: "42939",
      message: `unacceptable schema name "${command.newName}"`,
      detail: 'The prefix "pg_" is reserved for system schemas.',
    });
  const inside = [...context.snapshot.objects()].filter((o) => (o.class === "table" || o.class === "view") && o.schema === schema.oid);
  for (const object of inside) renameInViews(context, object.oid, { kind: "schema", oid: schema.oid, name: command.newName });
  renameInStored(context, { kind: "schema", oid: schema.oid, name: command.newName }, schema.name);
  context.put({ ...schema, name: command.newName });
}

export function setSchema(context: DefinitionContext, command: Extract<Command, { kind: "SetSchema" }>): void {
  if (context.find(command.name) === undefined && command.ifExists)
    return context.notice(`relation "${command.name.name}" does not exist, skipping`);
  const relation = context.relation(command.name);
  const schema = context.schema(command.schema).oid;
  if (relation.schema === schema) return;
  if (context.nameTaken(schema, relation.name))
    throw new DbError({ sqlstate: "42P07", message: `relation "${relation.name}" already exists in schema "${command.schema}"` });
  if (relation.class === "table" || relation.class === "view")
    renameInViews(context, relation.oid, { kind: "relation", relation: relation.oid, schema: command.schema });
  context.put({ ...context.again(relation), schema });
  if (relation.class !== "table") return;
  // A table's indexes, constraints and sequences live where it lives.
  for (const part of [
    ...context.snapshot.indexesOf(relation.oid),
    ...context.snapshot.constraintsOf(relation.oid),
    ...context.snapshot.sequencesOf(relation.oid),
  ])
    context.put({ ...part, schema });
}
