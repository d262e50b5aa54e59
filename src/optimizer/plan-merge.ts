/** MERGE. */
import {
  attributeIndexes,
  compilePredicate,
  compileScalar,
  Layout,
  MergeOperator,
  type MergeWhenPlan,
  type Operator,
  PartitionedWriter,
  type Scope,
  TableWriter,
  TreeMergeOperator,
} from "../execution/internal.js";
import type { ColumnId, Merge, PlanColumn, RowChecks } from "../plan/index.js";
import { assert } from "../types/index.js";
import { estimate } from "./estimates.js";
import { returningRow, rowChecksOf, toldOf } from "./plan-modify.js";
import { planRecheck } from "./plan-recheck.js";
import { tableOf } from "./plan-scan.js";
import { treeSource } from "./plan-tree-modify.js";
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
  const isTree = plan.tableOid !== undefined || table.partitioned !== undefined;
  const writer =
    table.partitioned === undefined
      ? new TableWriter(table, planner.context, environment, isTree)
      : new PartitionedWriter(table, planner.context, environment);
  const written = plan.whens.flatMap(({ action }) =>
    action.kind === "insert" ? action.given : action.kind === "update" ? action.assignments.map((a) => a.attribute) : [],
  );
  writer.told = toldOf(table, written);
  const checksOf = (checks: RowChecks | undefined) => (checks === undefined ? [] : rowChecksOf(environment, table, checks));
  writer.rowChecks = checksOf(plan.checks?.insert);
  writer.updateChecks = checksOf(plan.checks?.update);
  const existingChecks = { update: checksOf(plan.checks?.existingUpdate), delete: checksOf(plan.checks?.existingDelete) };
  const marker = plan.sourceMarker === undefined ? undefined : place(plan.sourceMarker);
  const returning = plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, source.columns, isTree);
  const facts = {
    title: `Merge on ${table.name}`,
    columns: plan.columns,
    estimate: estimate(plan.columns, plan.returning === undefined ? 0 : source.estimate.rows, source.estimate.totalCost),
    subplans: planner.takeSubplans(),
  };
  if (isTree) {
    const tree = treeSource(planner, source, plan.rowId, plan.tableOid, table, written);
    return new TreeMergeOperator(
      facts,
      tree,
      marker,
      whens,
      writer,
      existingChecks,
      returning,
      isTop,
      planRecheck(planner, plan.source, source.columns, [plan], scope),
    );
  }
  return new MergeOperator(
    facts,
    writer,
    existingChecks,
    source,
    place(plan.rowId),
    marker,
    attributeIndexes(table, plan.oldRow).map((a, i) => [a, place((plan.oldRow[i] as PlanColumn).id)] as const),
    whens,
    returning,
    isTop,
    planRecheck(planner, plan.source, source.columns, [plan], scope),
  );
}
