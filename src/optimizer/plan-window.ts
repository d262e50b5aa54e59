/** Window nodes: aggregates and window functions over frames. */
import {
  compileScalar,
  emptyLayout,
  Layout,
  type Operator,
  type Scope,
  type WindowBound,
  type WindowCallPlan,
  WindowOperator,
  windowFunctionNames,
} from "../execution/internal.js";
import type { FrameBound, Window } from "../plan/index.js";
import { notSupported } from "../types/index.js";
import { estimate, OPERATOR_COST } from "./estimates.js";
import { aggregateStep, sortSpecifications } from "./plan-node.js";
import type { Planner } from "./planner.js";

/** Aggregates whose `finish` leaves the state as it is, so that it can go on. */
const incrementalAggregates = new Set(["count", "sum", "avg", "min", "max", "bool_and", "bool_or", "every"]);

export function planWindow(planner: Planner, plan: Window, scope: Scope): Operator {
  const input = planner.plan(plan.input, scope);
  const layout = Layout.of(input.columns);
  const environment = planner.environment(scope);
  const bound = (b: FrameBound): WindowBound =>
    "offset" in b ? { kind: b.kind, offset: compileScalar(environment, b.offset, emptyLayout) } : { kind: b.kind };
  const calls = plan.calls.map(({ call, partitionBy, orderBy, frame }): WindowCallPlan => {
    if (frame.exclude !== "none") throw notSupported("EXCLUDE in a window frame");
    if (frame.mode === "range" && ("offset" in frame.start || "offset" in frame.end))
      throw notSupported("RANGE with an offset in a window frame");
    const name = call.functionId.slice(0, call.functionId.indexOf("("));
    const isWindow = planner.context.registry.functionById(call.functionId)?.kind === "window";
    if (isWindow && !windowFunctionNames.has(name)) throw notSupported(`window function ${name}`);
    const keys = partitionBy.map((expression) => ({ expression, descending: false, nullsFirst: false }));
    return {
      partitionBy: sortSpecifications(planner, keys, layout, scope),
      orderBy: sortSpecifications(planner, orderBy, layout, scope),
      mode: frame.mode,
      start: bound(frame.start),
      end: bound(frame.end),
      function: isWindow
        ? { kind: "window", name, args: call.args.map((a) => compileScalar(environment, a, layout)) }
        : { kind: "aggregate", step: aggregateStep(planner, call, layout, scope), incremental: incrementalAggregates.has(name) },
    };
  });
  const columns = [...input.columns, ...plan.columns.slice(plan.columns.length - calls.length)];
  const rows = input.estimate.rows;
  const cost = input.estimate.totalCost + rows * Math.max(1, Math.log2(rows)) * OPERATOR_COST * 2 * calls.length;
  return new WindowOperator(
    { title: "WindowAgg", columns, estimate: estimate(columns, rows, cost, cost), subplans: planner.takeSubplans() },
    input,
    calls,
  );
}
