/** MERGE. */
import {
  attributeIndexes,
  compilePredicate,
  compileScalar,
  Layout,
  MergeOperator,
  type MergeWhenPlan,
  type Operator,
  type Scope,
  TableWriter,
} from "../execution/internal.js";
import type { ColumnId, Merge, PlanColumn } from "../plan/index.js";
import { assert } from "../types/index.js";
import { estimate } from "./estimates.js";
import { returningRow } from "./plan-modify.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

export function planMerge(planner: Planner, plan: Merge, scope: Scope, isTop: boolean): Operator {
  const table = tableOf(planner, plan.relation);
  const source = planner.plan(plan.source, scope);
  const environment = planner.environment(scope);
  const layout = Layout.of(source.columns);
  const place = (id: ColumnId): number => {
    const i = source.columns.findIndex((c) => c.id === id);
    assert(i >= 0, "the source gives what MERGE reads");
    return i;
  };
  const whens = plan.whens.map(
    (when): MergeWhenPlan => ({
      match: when.match,
      condition: when.condition === undefined ? undefined : compilePredicate(environment, when.condition, layout),
      action:
        !("values" in when.action) && !("assignments" in when.action)
          ? { kind: when.action.kind }
          : {
              kind: when.action.kind,
              values: ("assignments" in when.action ? when.action.assignments : when.action.values).map((a) => ({
                index: a.attribute - 1,
                value: compileScalar(environment, a.value, layout),
              })),
            },
    }),
  );
  return new MergeOperator(
    {
      title: `Merge on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, plan.returning === undefined ? 0 : source.estimate.rows, source.estimate.totalCost),
      subplans: planner.takeSubplans(),
    },
    new TableWriter(table, planner.context, environment),
    source,
    place(plan.rowId),
    plan.sourceMarker === undefined ? undefined : place(plan.sourceMarker),
    attributeIndexes(table, plan.oldRow).map((a, i) => [a, place((plan.oldRow[i] as PlanColumn).id)] as const),
    whens,
    plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, source.columns),
    isTop,
  );
}
