/** ORDER BY, PARTITION BY and GROUP BY items (get_rule_sortgroupclause, get_rule_orderby). */
import type { Expression, SortKey } from "../../src/plan/index.js";
import { printConstant } from "./constant.js";
import type { PrintExpression, Printer } from "./printer.js";
import { nodeKind } from "./simple-node.js";

/** A constant would be read as a place in the select list, a call as ROLLUP or CUBE: both say that they are not. */
export function printSortItem(p: Printer, expression: Expression, print: PrintExpression): void {
  if (expression.kind === "Constant") return printConstant(p, expression, "always");
  const kind = nodeKind(p, expression);
  const isCall =
    expression.kind === "ColumnReference"
      ? p.notes.calls.has(expression.id)
      : kind === "FuncExpr" || kind === "Cast" || kind === "SqlSyntax";
  const needed = kind !== "Var" && (p.layout.fewParentheses || isCall);
  if (needed) p.add("(");
  print(p, expression, true);
  if (needed) p.add(")");
}
export function printOrderBy(p: Printer, keys: readonly SortKey[], print: PrintExpression): void {
  p.list(keys, (key) => {
    printSortItem(p, key.expression, print);
    p.add(directionText(key));
  });
}
/** Nulls come last ascending and first descending unless the item says otherwise. */
export function directionText({ descending, nullsFirst }: Pick<SortKey, "descending" | "nullsFirst">): string {
  if (descending) return nullsFirst ? " DESC" : " DESC NULLS LAST";
  return nullsFirst ? " NULLS FIRST" : "";
}
