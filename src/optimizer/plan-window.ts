/** Window nodes: aggregates and window functions over frames. */
import {
  compileScalar,
  emptyLayout,
  Layout,
  movingAggregate,
  type Operator,
  rangeOffset,
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
const incrementalAggregates = new Set(
  (
    "count sum avg min max bool_and bool_or every bit_and bit_or bit_xor string_agg variance var_samp var_pop stddev stddev_samp stddev_pop " +
    "regr_count regr_sxx regr_syy regr_sxy regr_avgx regr_avgy regr_r2 regr_slope regr_intercept covar_pop covar_samp corr"
  ).split(" "),
);

export function planWindow(planner: Planner, plan: Window, scope: Scope): Operator {
  const input = planner.plan(plan.input, scope);
  const layout = Layout.of(input.columns);
  const environment = planner.environment(scope);
  const { registry } = planner.context;
  const bound = (b: FrameBound): WindowBound =>
    "offset" in b ? { kind: b.kind, offset: compileScalar(environment, b.offset, emptyLayout) } : { kind: b.kind };
  const calls = plan.calls.map(({ call, partitionBy, orderBy, frame, specification }): WindowCallPlan => {
    const signature = registry.functionById(call.functionId);
    const name = call.functionId.slice(0, call.functionId.indexOf("("));
    const isWindow = signature?.kind === "window";
    if (isWindow && !windowFunctionNames.has(name)) throw notSupported(`window function ${name}`);
    const keys = partitionBy.map((expression) => ({ expression, descending: false, nullsFirst: false }));
    const [order] = orderBy;
    const hasRange = frame.mode === "range" && ("offset" in frame.start || "offset" in frame.end) && order !== undefined;
    const isBuiltin = signature?.schema === "pg_catalog";
    return {
      specification,
      partitionBy: sortSpecifications(planner, keys, layout, scope),
      orderBy: sortSpecifications(planner, orderBy, layout, scope),
      frame: {
        mode: frame.mode,
        start: bound(frame.start),
        end: bound(frame.end),
        exclude: frame.exclude,
        range: hasRange
          ? { offset: rangeOffset(registry, order.expression.type), descending: order.descending, nullsFirst: order.nullsFirst }
          : undefined,
      },
      function: isWindow
        ? { kind: "window", name, args: call.args.map((a) => compileScalar(environment, a, layout)) }
        : {
            kind: "aggregate",
            step: aggregateStep(planner, call, layout, scope),
            incremental: isBuiltin && incrementalAggregates.has(name),
            moving: isBuiltin
              ? movingAggregate(call.functionId, call.args[0] === undefined ? undefined : planner.type(call.args[0].type))
              : undefined,
          },
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
