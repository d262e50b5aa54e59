/** Subqueries in expressions (get_sublink_expr). */
import type { Expression, SubqueryExpression } from "../../src/plan/index.js";
import { notSupported } from "../../src/types/index.js";
import type { Expr } from "../parser/syntax-tree.js";
import type { PrintExpression, Printer } from "./printer.js";
import { printNestedQuery } from "./query.js";

export function printSubquery(p: Printer, e: SubqueryExpression, written: Expr | undefined, print: PrintExpression): void {
  if (written?.kind !== "Subquery") throw notSupported("a comparison of a row with a subquery in a stored query");
  const nested = (): void => printNestedQuery(p, written.query, { namesVisible: false });
  if (e.form === "array") {
    p.add("ARRAY(");
    nested();
    p.add(")");
    return;
  }
  p.add("(");
  switch (e.form) {
    case "exists":
      p.add("EXISTS (");
      break;
    case "any":
    case "all": {
      const left = outerOperands(p, e, written.test!);
      const isRow = left.length > 1;
      if (isRow) p.add("(");
      p.list(left, (operand) => print(p, operand, true));
      if (isRow) p.add(")");
      p.add(e.form === "any" && written.operator === "=" ? " IN (" : ` ${written.operator} ${e.form.toUpperCase()} (`);
      break;
    }
    default:
  }
  nested();
  p.add(e.form === "scalar" ? ")" : "))");
}

/** The left side as it is compared: coerced to what the operator takes. */
function outerOperands(p: Printer, e: SubqueryExpression, test: Expr): readonly Expression[] {
  if (e.pairs !== undefined) return e.pairs.map((pair) => pair.outer);
  if (test.kind === "Row") return test.fields.map((field) => p.notes.bound.get(field)!);
  const call = e.test;
  return [call?.kind === "FunctionCall" ? call.args[0]! : p.notes.bound.get(test)!];
}
