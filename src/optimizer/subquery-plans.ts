/** Rewrites the plans of the subqueries inside of an expression. */
import type { Expression, LogicalPlan } from "../plan/index.js";
import { hasSubquery, mapChildren } from "./walk.js";

export function mapSubqueryPlans(e: Expression, f: (plan: LogicalPlan) => LogicalPlan): Expression {
  if (!hasSubquery(e)) return e;
  return mapChildren(e, (child) => mapSubqueryPlans(child, f), f);
}
