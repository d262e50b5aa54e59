/** An operator's columns in the order that a consumer by position wants. */
import { compileRow, Layout, type NativePipelineOperator, type Operator, ProjectOperator, type Scope } from "../execution/internal.js";
import type { PlanColumn } from "../plan/index.js";
import { nativeOrdered } from "./native/index.js";
import type { Planner } from "./planner.js";

export function ordered(planner: Planner, operator: Operator, columns: readonly PlanColumn[], scope: Scope): Operator {
  if (operator.columns.length === columns.length && columns.every((c, i) => operator.columns[i]?.id === c.id)) return operator;
  const native = nativeOrdered(planner, operator, scope, () =>
    ordered(planner, (operator as NativePipelineOperator).general, columns, scope),
  );
  if (native !== undefined) return native;
  const references = columns.map((c) => ({ kind: "ColumnReference" as const, id: c.id, name: c.name, type: c.type, typmod: c.typmod }));
  const project = compileRow(planner.environment(scope), references, Layout.of(operator.columns));
  return new ProjectOperator({ title: "Projection", columns, estimate: operator.estimate }, operator, project);
}
