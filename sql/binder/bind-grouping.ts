/** GROUPING(…): which of its arguments the present grouping set leaves out. */
import type { Expression } from "../../src/plan/index.js";
import { notSupportedAt } from "../../src/types/index.js";
import type { GroupingExpr } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";
import type { Scope } from "./scope.js";

export function bindGrouping(_binder: Binder, _scope: Scope, expr: GroupingExpr): Expression {
  throw notSupportedAt("GROUPING", at(expr.position));
}
