/**
 * Stored SQL after a rename. Queries are bound as they stand, which tells what every name in them means; then they are printed with the
 * new name in the places that meant the old one. Expressions over one row need no binding: a column can only be that row's.
 */
import type { BindContext, Renaming } from "../../src/engine/types.js";
import type { FunctionRegistry } from "../../src/functions/registry.js";
import { deparseResolved } from "../parser/deparse.js";
import { parseExpressionText, parseQueryText, parseStatements } from "../parser/parse.js";
import { type Rename, withRenamed } from "../parser/schemas-of-names.js";
import type { ColumnRef, Expr, ModificationStatement, Query, RelationName, SelectQuery } from "../parser/syntax-tree.js";
import { isModification } from "../parser/syntax-tree.js";
import { bindModification } from "./bind-modification.js";
import { bindQuery } from "./bind-query.js";
import { Binder } from "./binder.js";
import { outputName } from "./output-name.js";

/** What binding found of the old name. */
export type RenamingRecord = Renaming & {
  readonly columns: Map<Expr, string>;
  readonly relations: Map<RelationName, { readonly schema: string; readonly name: string }>;
  /** Where the relation's own name says whose a column is, or means the whole row. */
  readonly qualifiers: Map<Expr, string>;
};

export function renameInQuery(registry: FunctionRegistry, context: BindContext, sql: string, renaming: Renaming): string {
  const query = parseQueryText(sql);
  const binder = new Binder(context.registry ?? registry, context);
  binder.parametersAllowed = false;
  const record: RenamingRecord = { ...renaming, columns: new Map(), relations: new Map(), qualifiers: new Map() };
  binder.renaming = record;
  bindQuery(binder, undefined, query, { resolveUnknowns: true });
  keepOutputNames(query, renaming);
  // Where something else has the new name already, an alias keeps the old one.
  const isFree = renaming.kind === "relation" && renaming.name !== undefined && !sql.includes(renaming.name);
  return withRenamed(renameOf(context, renaming), () =>
    deparseResolved(query, {
      schemas: new Map(),
      stars: new Map(),
      columns: record.columns,
      relations: record.relations,
      ...(isFree ? { qualifiers: record.qualifiers } : {}),
    }),
  );
}
/** The same in the statements of a standard body. `context` names the routine's parameters. */
export function renameInBody(registry: FunctionRegistry, context: BindContext, source: string, renaming: Renaming): string {
  // A body that no semicolon ends is RETURN's.
  const end = /;\s*$/.test(source) ? ";" : "";
  const texts = parseStatements(source).map(({ tree: { statement } }) => {
    const tree = statement.kind === "Query" ? statement.query : (statement as ModificationStatement);
    const binder = new Binder(context.registry ?? registry, context);
    const record: RenamingRecord = { ...renaming, columns: new Map(), relations: new Map(), qualifiers: new Map() };
    binder.renaming = record;
    if (isModification(tree)) bindModification(binder, undefined, tree);
    else {
      bindQuery(binder, undefined, tree, { resolveUnknowns: true });
      keepOutputNames(tree, renaming);
    }
    const { columns, relations } = record;
    return withRenamed(renameOf(context, renaming), () =>
      deparseResolved(tree, { schemas: new Map(), stars: new Map(), columns, relations }),
    );
  });
  return texts.map((text) => text + end).join("\n");
}

/** A column of a select list that is called by what is renamed goes on to be called so. */
function keepOutputNames(query: Query, renaming: Renaming): void {
  if (renaming.kind !== "column" && renaming.kind !== "object") return;
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const select = node as Partial<SelectQuery>;
    if (select.kind === "Select")
      for (const target of select.targets ?? []) {
        if (target.name !== undefined || (target.expr.kind === "ColumnRef" && target.expr.star)) continue;
        const name = outputName(target.expr);
        const isConcerned = renaming.kind === "column" ? name === renaming.from : target.expr.kind !== "ColumnRef" && name !== "?column?";
        if (isConcerned) (target as { name: string | undefined }).name = name;
      }
    for (const value of Object.values(node)) visit(value);
  };
  visit(query);
}
function renameOf(context: BindContext, renaming: Renaming): Rename {
  if (renaming.kind === "object") return ({ oid }) => (oid === renaming.oid ? renaming : undefined);
  // The row type of a table has its name.
  if (renaming.kind === "relation")
    return ({ oid, schema, name }) =>
      oid === renaming.relation ? { schema: renaming.schema ?? schema, name: renaming.name ?? name } : undefined;
  if (renaming.kind === "column") return () => undefined;
  const before = context.catalog.schemaByOid(renaming.oid)?.name;
  return ({ schema, name }) => (schema === before ? { schema: renaming.name, name } : undefined);
}

/** `table`: what qualifies a column of the row. */
export function renameInExpression(sql: string, table: string, from: string, to: string): string {
  const expr = parseExpressionText(sql);
  const columns = new Map<Expr, string>();
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const candidate = node as Partial<ColumnRef>;
    if (candidate.kind === "ColumnRef" && candidate.star !== true && candidate.fields?.at(-1) === from) {
      if (candidate.fields.length === 1 || candidate.fields.at(-2) === table) columns.set(node as Expr, to);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(expr);
  return deparseResolved(expr, { schemas: new Map(), stars: new Map(), columns, relations: new Map() });
}
