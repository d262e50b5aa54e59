/** For EXPLAIN: columns of a statement that reads several relations are shown as `alias.column`, as PostgreSQL does. */
import type { ColumnId, Expression, LogicalPlan } from "../../plan/index.js";
import { expressionsOf, inputsOf, mapChildren, mapExpressions, visit } from "../walk.js";
import type { Rule } from "./rule.js";

export const nameColumns: Rule = {
  name: "name columns",
  apply(plan) {
    const names = new Map<ColumnId, string>();
    const relations = collect(plan, names);
    return relations < 2 ? plan : mapExpressions(plan, (e) => rename(e, names));
  },
};

function collect(plan: LogicalPlan, names: Map<ColumnId, string>): number {
  let relations = 0;
  if (
    plan.kind === "Scan" ||
    plan.kind === "AppendScan" ||
    plan.kind === "SystemScan" ||
    plan.kind === "FunctionScan" ||
    plan.kind === "CteScan"
  ) {
    relations++;
    for (const c of plan.columns) names.set(c.id, `${plan.alias}.${c.name}`);
  }
  for (const input of inputsOf(plan)) relations += collect(input, names);
  for (const e of expressionsOf(plan))
    visit(e, (x) => {
      if (x.kind === "Subquery") relations += collect(x.plan, names);
    });
  return relations;
}

function rename(e: Expression, names: ReadonlyMap<ColumnId, string>): Expression {
  if (e.kind === "ColumnReference") {
    const name = names.get(e.id);
    return name === undefined || name === e.name ? e : { ...e, name };
  }
  return mapChildren(
    e,
    (child) => rename(child, names),
    (plan) => mapExpressions(plan, (x) => rename(x, names)),
  );
}
