/** One expression without columns, compiled to be evaluated on its own: checks of domains, bodies of simple functions. */
import type { ExecutionContext, PlanContext } from "../execution/index.js";
import { compileScalar, emptyLayout, RunState, Scope } from "../execution/internal.js";
import type { Expression } from "../plan/index.js";
import type { Datum } from "../types/index.js";
import { planNode } from "./plan-node.js";
import { Planner } from "./planner.js";

/** Evaluates with `context.parameters` as $1…$n. */
export type EvaluateExpression = (context: ExecutionContext) => Datum;

export function compileExpression(expression: Expression, context: PlanContext): EvaluateExpression {
  const planner = new Planner(context, planNode);
  const scope = new Scope(undefined, planner.slots);
  const evaluate = compileScalar(planner.environment(scope), expression, emptyLayout);
  return (execution) => evaluate([], new RunState(execution, planner.slots.outer, planner.slots.cells));
}
