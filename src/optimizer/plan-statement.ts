/** From a logical plan to one that runs: rules, then physical operators. */
import type { PhysicalPlan, PlanContext } from "../execution/index.js";
import type { LogicalPlan } from "../plan/index.js";
import { notSupported } from "../types/index.js";

/** Plans once; the result runs many times as long as the catalog version stays. */
export function planStatement(plan: LogicalPlan, _context: PlanContext): PhysicalPlan {
  throw notSupported(`plan node ${plan.kind}`);
}
