/** Recognizes statements that are one search of an HNSW index by a parameter's vector, for plain columns (src/execution/nearest-select.ts). */
import { LimitOperator, NearestSelect, type Operator, ProjectOperator, VectorScanOperator } from "../execution/internal.js";
import type { Expression, Limit, LogicalPlan, PlanColumn } from "../plan/index.js";
import { columnReference, limitOf, storedOutputs, throughProject } from "./plain-outputs.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

/** `plan` after the rules, `root` as it was planned: what the operators do not do (a sort) need not be done. */
export function nearestSelectOf(
  planner: Planner,
  plan: LogicalPlan,
  root: Operator,
  columns: readonly PlanColumn[],
): NearestSelect | undefined {
  let operator = root;
  while (operator instanceof ProjectOperator || operator instanceof LimitOperator) operator = operator.input;
  if (!(operator instanceof VectorScanOperator)) return undefined;
  const { index, parameter } = operator.source;
  if (index?.method !== "hnsw" || parameter === undefined) return undefined;

  let node = plan;
  let outputs: readonly Expression[] = columns.map(columnReference);
  let limit: Limit | undefined;
  for (; node.kind !== "Scan"; node = node.input) {
    if (node.kind === "Project") outputs = throughProject(outputs, node);
    else if (node.kind === "Limit" && limit === undefined) limit = node;
    else if (node.kind !== "Sort") return undefined;
  }
  const most = limitOf(limit);
  const table = tableOf(planner, node.relation);
  const stored = storedOutputs(table, node, outputs);
  if (most === undefined || most === "other" || stored === undefined) return undefined;
  return new NearestSelect({ relation: table.oid, index: index.storage, parameter, limit: most, outputs: stored });
}
