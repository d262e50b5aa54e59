/** CREATE TABLE … (LIKE …): what is copied once the table is there: indexes and comments. */
import { chooseName, columnNamesPart, type IndexObject, type TableObject } from "../../catalog/index.js";
import type { LikeDefinition } from "../../plan/index.js";
import { copyStatistics } from "./catalog/statistics.js";
import { addConstraint } from "./constraints.js";
import type { DefinitionContext } from "./context.js";
import { newIndex } from "./create-index.js";
import { inOrder, type Pending } from "./in-order.js";

export function copyLike(context: DefinitionContext, like: LikeDefinition, target: TableObject): Pending {
  const source = context.snapshot.relationByOid(like.source);
  if (source === undefined) return undefined;
  const table = context.again(target);
  if (like.comments) copyComments(context, source, table);
  if (source.class === "table" && like.statistics) copyStatistics(context, source, table, like.comments);
  if (source.class !== "table" || !like.indexes) return undefined;
  return inOrder(context.snapshot.indexesOf(source.oid), (index) => copyIndex(context, source, index, context.again(table), like.comments));
}

function copyIndex(
  context: DefinitionContext,
  source: TableObject,
  index: IndexObject,
  table: TableObject,
  withComments: boolean,
): Pending {
  const columnName = (number: number): string => source.attributes[number - 1]?.name ?? "";
  const constraint = context.snapshot
    .constraintsOf(source.oid)
    .find((c) => (c.kind === "primaryKey" || c.kind === "unique") && c.index === index.oid);
  let copy: IndexObject | undefined;
  let built: Pending;
  if (constraint !== undefined && (constraint.kind === "primaryKey" || constraint.kind === "unique")) {
    const before = new Set(context.snapshot.indexesOf(table.oid).map((i) => i.oid));
    built = addConstraint(
      context,
      table,
      {
        kind: constraint.kind,
        columns: constraint.attributes.map(columnName),
        nullsNotDistinct: index.nullsNotDistinct,
        ...(constraint.deferrable === true ? { deferrable: true } : {}),
        ...(constraint.initiallyDeferred === true ? { initiallyDeferred: true } : {}),
        ...(index.include.length === 0 ? {} : { include: index.include.map(columnName) }),
      },
      { tableIsNew: true },
    );
    copy = context.snapshot.indexesOf(table.oid).find((i) => !before.has(i.oid));
  } else {
    const renumber = (number: number): number =>
      number === 0 ? 0 : (table.attributes.find((a) => !a.dropped && a.name === columnName(number))?.number ?? number);
    const names = index.columns.map((c) => (c.expressionSql === undefined ? columnName(c.attribute) : "expr"));
    ({ index: copy, built } = newIndex(context, table, {
      name: chooseName(
        table.name,
        columnNamesPart([...names, ...index.include.map(columnName)]),
        index.exclusion === undefined ? "idx" : "excl",
        (n) => context.nameTaken(table.schema, n),
      ),
      method: index.method,
      unique: index.unique,
      primary: false,
      nullsNotDistinct: index.nullsNotDistinct,
      columns: index.columns.map((c) => ({ ...c, attribute: c.expressionSql === undefined ? renumber(c.attribute) : 0 })),
      include: index.include.map(renumber),
      options: index.options,
      ...(index.predicateSql === undefined ? {} : { predicateSql: index.predicateSql }),
      ...(index.exclusion === undefined ? {} : { exclusion: index.exclusion }),
      ...(index.deferrable === true ? { deferrable: true } : {}),
    }));
    const exclusion = context.snapshot.constraintsOf(source.oid).find((c) => c.kind === "exclusion" && c.index === index.oid);
    if (exclusion?.kind === "exclusion")
      context.put({
        ...exclusion,
        oid: context.newOid(),
        schema: table.schema,
        name: copy.name,
        table: table.oid,
        index: copy.oid,
        attributes: copy.columns.map((c) => c.attribute),
      });
  }
  const comment = context.snapshot.comment(index.oid);
  if (withComments && comment !== undefined && copy !== undefined) context.put({ ...comment, oid: context.newOid(), object: copy.oid });
  return built;
}

function copyComments(context: DefinitionContext, source: { readonly oid: number; readonly class: string }, table: TableObject): void {
  const relation = context.snapshot.relationByOid(source.oid);
  for (const comment of context.snapshot.commentsOf(source.oid)) {
    if (comment.attribute === 0 || relation?.class !== "table") continue;
    const name = relation.attributes[comment.attribute - 1]?.name;
    const attribute = table.attributes.find((a) => !a.dropped && a.name === name);
    if (attribute !== undefined) context.put({ ...comment, oid: context.newOid(), object: table.oid, attribute: attribute.number });
  }
  for (const constraint of context.snapshot.constraintsOf(source.oid)) {
    const comment = context.snapshot.comment(constraint.oid);
    const copy = context.snapshot.constraintsOf(table.oid).find((c) => c.kind === "check" && c.name === constraint.name);
    if (comment !== undefined && copy !== undefined) context.put({ ...comment, oid: context.newOid(), object: copy.oid });
  }
}
