/** WITH entries that are read once, have no effects and are not MATERIALIZED become part of the query; unread ones go away. */
import type { Expression, LogicalPlan, With } from "../../plan/index.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import { expressionsOf, inputsOf, mapInputs, mapOwnExpressions, planIsVolatile, visit, writesAnywhere } from "../walk.js";
import type { Rule } from "./rule.js";

export const inlineCommonTables: Rule = { name: "inline common tables", apply: inline };

function inline(plan: LogicalPlan): LogicalPlan {
  const inner = mapOwnExpressions(mapInputs(plan, inline), (e) => mapSubqueryPlans(e, inline));
  if (inner.kind !== "With") return inner;
  let current: With = inner;
  for (const table of inner.tables) {
    if (table.recursive !== undefined || writesAnywhere(table.plan) || planIsVolatile(table.plan)) continue;
    const reads = countReads(current, table.cteId);
    if (reads > 1 && table.materialized !== false) continue;
    if (reads === 1 && table.materialized === true) continue;
    // With several readers each would need column ids of its own.
    if (reads > 1) continue;
    const own = current.tables.find((t) => t.cteId === table.cteId);
    if (own === undefined) continue;
    const tables = current.tables.filter((t) => t !== own);
    const replaced = replaceRead({ ...current, tables }, table.cteId, own.plan);
    if (replaced.kind !== "With") return replaced;
    current = replaced;
  }
  return current.tables.length === 0 ? current.body : current;
}

function countReads(plan: LogicalPlan, cteId: number): number {
  let count = plan.kind === "CteScan" && plan.cteId === cteId ? 1 : 0;
  for (const input of inputsOf(plan)) count += countReads(input, cteId);
  for (const e of expressionsOf(plan))
    visit(e, (x) => {
      if (x.kind === "Subquery") count += countReads(x.plan, cteId);
    });
  // A recursive term runs many times.
  if (plan.kind === "With") for (const t of plan.tables) if (t.recursive !== undefined && countReads(t.recursive.term, cteId) > 0) count++;
  return count;
}

function replaceRead(plan: LogicalPlan, cteId: number, content: LogicalPlan): LogicalPlan {
  if (plan.kind === "CteScan" && plan.cteId === cteId) {
    // The reader's ids name the content's columns by place.
    const expressions = content.columns.map(
      (c): Expression => ({ kind: "ColumnReference", id: c.id, name: c.name, type: c.type, typmod: c.typmod }),
    );
    return { kind: "Project", input: content, expressions, columns: plan.columns };
  }
  return mapOwnExpressions(
    mapInputs(plan, (input) => replaceRead(input, cteId, content)),
    (e) => mapSubqueryPlans(e, (p) => replaceRead(p, cteId, content)),
  );
}
