/** The rewrite rules, in the order in which they run. */
import type { PlanContext } from "../../execution/index.js";
import type { LogicalPlan } from "../../plan/index.js";

export interface Rule {
  readonly name: string;
  apply(plan: LogicalPlan, context: PlanContext): LogicalPlan;
}

export const rules: readonly Rule[] = [];

export function applyRules(plan: LogicalPlan, context: PlanContext): LogicalPlan {
  let current = plan;
  for (const rule of rules) current = rule.apply(current, context);
  return current;
}
