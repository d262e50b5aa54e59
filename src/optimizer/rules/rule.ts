import type { PlanContext } from "../../execution/index.js";
import type { EvaluationContext } from "../../functions/registry.js";
import type { LogicalPlan } from "../../plan/index.js";

/** A rewrite that keeps the meaning: same rows, same columns (ids included) at the top. */
export interface Rule {
  readonly name: string;
  apply(plan: LogicalPlan, context: PlanContext): LogicalPlan;
}

/** What is computed while planning may not ask the session anything. */
export const noSession = new Proxy({} as EvaluationContext, {
  get: (_target, property) => {
    throw new Error(`assertion failed: a function that was called while planning asked for ${String(property)}`);
  },
});
