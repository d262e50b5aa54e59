/** TABLESAMPLE. */
import { compileScalar, emptyLayout, type Operator, SampleOperator, type Scope } from "../execution/internal.js";
import type { Sample } from "../plan/index.js";
import { assert } from "../types/index.js";
import { deparse } from "./deparse.js";
import { estimate } from "./estimates.js";
import type { Planner } from "./planner.js";

export function planSample(planner: Planner, plan: Sample, scope: Scope): Operator {
  const input = planner.plan(plan.input, scope);
  const environment = planner.environment(scope);
  const rowIdColumn = plan.rowId === undefined ? undefined : input.columns.findIndex((c) => c.id === plan.rowId);
  assert(rowIdColumn !== -1, "a sample's input gives its row ids");
  const share = plan.percentage.kind === "Constant" ? Number(plan.percentage.value) / 100 : 0.1;
  const name = input.title.replace(/^Seq Scan on /, "");
  return new SampleOperator(
    {
      title: `Sample Scan on ${name}`,
      columns: input.columns,
      estimate: estimate(input.columns, input.estimate.rows * share, input.estimate.totalCost),
      details: [
        {
          key: "Sampling",
          value: `${plan.method} (${deparse(plan.percentage)})${plan.seed === undefined ? "" : ` REPEATABLE (${deparse(plan.seed)})`}`,
        },
      ],
      subplans: planner.takeSubplans(),
    },
    input,
    plan.method,
    compileScalar(environment, plan.percentage, emptyLayout),
    plan.seed === undefined ? undefined : compileScalar(environment, plan.seed, emptyLayout),
    rowIdColumn,
  );
}
