/** The rewrite rules, in the order in which they run. */
import type { PlanContext } from "../../execution/index.js";
import type { LogicalPlan } from "../../plan/index.js";
import { foldConstants } from "./fold-constants.js";
import { inlineCommonTables } from "./inline-common-tables.js";
import { nameColumns } from "./name-columns.js";
import { orderJoins } from "./order-joins.js";
import { pruneColumns } from "./prune-columns.js";
import { pushFilters } from "./push-filters.js";
import type { Rule } from "./rule.js";
import { unnestAggregates } from "./unnest-aggregates.js";
import { unnestSubqueries } from "./unnest-subqueries.js";

export const rules: readonly Rule[] = [
  foldConstants,
  inlineCommonTables,
  unnestSubqueries,
  unnestAggregates,
  pushFilters,
  orderJoins,
  pruneColumns,
  nameColumns,
];

export function applyRules(plan: LogicalPlan, context: PlanContext): LogicalPlan {
  let current = plan;
  for (const rule of rules) current = rule.apply(current, context);
  return current;
}
