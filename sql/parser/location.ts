/** Where an expression begins, as exprLocation says it: the leftmost position of its parts. */
import type { Expr } from "./syntax-tree.js";

export function locationOf(expr: Expr): number {
  switch (expr.kind) {
    case "Operator": {
      let leftmost: Expr = expr;
      let position = expr.position;
      while (leftmost.kind === "Operator" && leftmost.left !== undefined) {
        position = earlier(position, leftmost.position);
        leftmost = leftmost.left;
      }
      return leftmost === expr ? position : earlier(position, leftmost.kind === "Operator" ? leftmost.position : locationOf(leftmost));
    }
    case "Quantified":
    case "Distinct":
    case "In":
      return earlier(expr.position, locationOf(expr.left));
    case "Between":
      return earlier(expr.position, locationOf(expr.arg));
    case "And":
    case "Or":
      return earlier(expr.position, locationOf(expr.args[0]!));
    case "Cast":
      return earlier(earlier(expr.position, expr.target.position), locationOf(expr.arg));
    case "Function":
      return expr.args.length === 0 ? expr.position : earlier(expr.position, locationOf(expr.args[0]!));
    case "NullTest":
    case "BooleanTest":
    case "Collate":
    case "JsonTest":
    case "Indirection":
      return earlier(expr.position, locationOf(expr.arg));
    case "Subquery":
      return expr.test === undefined ? expr.position : earlier(expr.position, locationOf(expr.test));
    default:
      return expr.position;
  }
}
const earlier = (left: number, right: number): number => (left === 0 ? right : right === 0 ? left : Math.min(left, right));
