import type { PlanContext } from "../../execution/index.js";
import type { LogicalPlan } from "../../plan/index.js";

/** A rewrite that keeps the meaning: same rows, same columns (ids included) at the top. */
export interface Rule {
  readonly name: string;
  apply(plan: LogicalPlan, context: PlanContext): LogicalPlan;
}
