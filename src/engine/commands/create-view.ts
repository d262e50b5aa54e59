/** CREATE [OR REPLACE] VIEW: the text is kept and bound again wherever the view is read. */
import type { ViewObject } from "../../catalog/index.js";
import type { Command } from "../../plan/index.js";
import { columnTwice, optionUnknown, relationExists, viewColumnsChanged, wrongRelationKind } from "../../types/index.js";
import { isTemporarySchema } from "../temporary.js";
import { defaultAclFor } from "./catalog/grant.js";
import type { DefinitionContext } from "./context.js";

export function createView(context: DefinitionContext, command: Extract<Command, { kind: "CreateView" }>): void {
  const readsTemporary = command.dependsOn.some((oid) => {
    const relation = context.snapshot.relationByOid(oid);
    return relation !== undefined && isTemporarySchema(context.schemaName(relation.schema));
  });
  if (readsTemporary && command.temporary !== true && command.name.schema === undefined)
    context.notice(`view "${command.name.name}" will be a temporary view`);
  for (const name of Object.keys(command.options ?? {}))
    if (name !== "security_barrier" && name !== "security_invoker") throw optionUnknown(name);
  const temporary = command.temporary === true || readsTemporary;
  const schema = context.creationSchema(command.name, temporary ? "temporary" : "permanent");
  const columns = command.query.columns.map((column, i) => ({
    name: command.columnNames[i] ?? column.name,
    type: column.type,
    typmod: column.typmod,
    ...(command.collations?.[i] == null ? {} : { collation: command.collations[i] }),
  }));
  columns.forEach((column, i) => {
    if (columns.findIndex((c) => c.name === column.name) !== i) throw columnTwice(column.name);
  });
  const existing = context.snapshot.relation(schema.oid, command.name.name);
  if (existing !== undefined && !command.replace) throw relationExists(command.name.name);
  if (existing !== undefined && existing.class !== "view") throw wrongRelationKind(existing.name, "a view");
  if (existing?.class === "view") requireSameColumns(context, existing, columns);
  const kept = existing?.class === "view" ? existing.columns : [];
  const oid = existing?.oid ?? context.newOid();
  context.put({
    class: "view",
    oid,
    schema: schema.oid,
    name: command.name.name,
    owner: existing?.owner ?? context.owner,
    sql: command.sql,
    columns: columns.map((column, i) => (kept[i]?.acl === undefined ? column : { ...column, acl: kept[i].acl })),
    dependsOn: command.dependsOn.filter((dependency) => dependency !== oid),
    arrayOid: (existing?.class === "view" ? existing.arrayOid : undefined) ?? context.newOid(),
    ...(existing?.class === "view" ? (existing.acl === undefined ? {} : { acl: existing.acl }) : defaultAclFor(context, "r", schema.oid)),
    ...(command.checkOption === undefined ? {} : { checkOption: command.checkOption }),
    ...(command.options === undefined ? {} : { options: command.options }),
    ...(existing?.class === "view" && existing.defaults !== undefined ? { defaults: existing.defaults } : {}),
  });
}

/** A replacement may only add columns at the end. */
function requireSameColumns(context: DefinitionContext, old: ViewObject, columns: ViewObject["columns"]): void {
  if (columns.length < old.columns.length) throw viewColumnsChanged("cannot drop columns from view");
  old.columns.forEach((column, i) => {
    const next = columns[i] as ViewObject["columns"][number];
    if (next.name !== column.name)
      throw viewColumnsChanged(
        `cannot change name of view column "${column.name}" to "${next.name}"`,
        "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
      );
    if (next.type === column.type && next.typmod === column.typmod) return;
    const print = (c: typeof column) => context.type(c.type).displayName + context.type(c.type).formatModifier(c.typmod);
    throw viewColumnsChanged(`cannot change data type of view column "${column.name}" from ${print(column)} to ${print(next)}`);
  });
}
