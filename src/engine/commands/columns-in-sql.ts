/** Which columns of a table a stored expression reads. */
import type { TableObject } from "../../catalog/index.js";
import type { DefinitionContext } from "./context.js";

export function columnsInSql(context: DefinitionContext, table: TableObject, sql: string): ReadonlySet<number> {
  const { row, expression } = context.session.view.storedExpressions(context.catalog).bindOverTable(table, sql);
  const numbers = new Map(row.map((column, i) => [column.id as number, i + 1]));
  const found = new Set<number>();
  // Expressions are plain trees of data: every reference is reached by its properties.
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return;
    if (Array.isArray(node)) return node.forEach(visit);
    const reference = node as { readonly kind?: unknown; readonly id?: unknown };
    const number = reference.kind === "ColumnReference" ? numbers.get(reference.id as number) : undefined;
    if (number !== undefined) found.add(number);
    for (const value of Object.values(node)) visit(value);
  };
  visit(expression);
  return found;
}
