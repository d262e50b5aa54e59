/**
 * Chooses the order of inner joins: greedily, the smallest relation first, then always the one that keeps the result smallest, and
 * cross products last. Conditions are attached where all their columns are there.
 */
import type { PlanContext } from "../../execution/index.js";
import type { ColumnId, Expression, LogicalPlan } from "../../plan/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { selectivity } from "../estimates.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import { columnsOf, conjunction, hasSubquery, mapInputs, mapOwnExpressions } from "../walk.js";
import type { Rule } from "./rule.js";

export const orderJoins: Rule = { name: "order joins", apply: order };

interface Part {
  readonly plan: LogicalPlan;
  readonly rows: number;
  readonly ids: ReadonlySet<ColumnId>;
}

function order(plan: LogicalPlan, context: PlanContext): LogicalPlan {
  const again = (p: LogicalPlan): LogicalPlan => order(p, context);
  if (plan.kind !== "Join" || plan.type !== "inner" || plan.lateral) {
    return mapOwnExpressions(mapInputs(plan, again), (e) => mapSubqueryPlans(e, again));
  }
  const parts: LogicalPlan[] = [];
  const terms: Expression[] = [];
  flattenJoin(plan, parts, terms);
  if (parts.length < 3 || terms.some(hasSubquery)) {
    return mapOwnExpressions(mapInputs(plan, again), (e) => mapSubqueryPlans(e, again));
  }
  return greedy(
    parts.map(again).map((p) => ({ plan: p, rows: rowsOf(p, context), ids: new Set(p.columns.map((c) => c.id)) })),
    terms,
  );
}

function flattenJoin(plan: LogicalPlan, parts: LogicalPlan[], terms: Expression[]): void {
  if (plan.kind !== "Join" || plan.type !== "inner" || plan.lateral) {
    parts.push(plan);
    return;
  }
  flattenJoin(plan.left, parts, terms);
  flattenJoin(plan.right, parts, terms);
  terms.push(...conjunctsOf(plan.condition));
}

function greedy(parts: readonly Part[], conditions: readonly Expression[]): LogicalPlan {
  const all = new Set(parts.flatMap((p) => [...p.ids]));
  let terms = conditions.map((term) => ({ term, ids: [...columnsOf(term)].filter((id) => all.has(id)) }));
  const rest = [...parts].sort((a, b) => a.rows - b.rows);
  // Start with the smallest that is connected to another one.
  const start = Math.max(
    0,
    rest.findIndex((p) => terms.some((t) => t.ids.some((id) => p.ids.has(id)) && t.ids.some((id) => !p.ids.has(id)))),
  );
  let current = rest.splice(start, 1)[0] as Part;
  while (rest.length > 0) {
    let best = 0;
    let bestRows = Infinity;
    rest.forEach((part, i) => {
      const connecting = terms.filter(
        (t) =>
          t.ids.some((id) => part.ids.has(id)) &&
          t.ids.some((id) => current.ids.has(id)) &&
          t.ids.every((id) => part.ids.has(id) || current.ids.has(id)),
      );
      const rows =
        connecting.length === 0
          ? Infinity
          : resultRows(
              current,
              part,
              connecting.map((t) => t.term),
            );
      if (rows < bestRows) {
        best = i;
        bestRows = rows;
      }
    });
    const next = rest.splice(best, 1)[0] as Part;
    const ids = new Set([...current.ids, ...next.ids]);
    const now = terms.filter((t) => t.ids.every((id) => ids.has(id)));
    terms = terms.filter((t) => !now.includes(t));
    const condition = conjunction(now.map((t) => t.term));
    const rows = now.length === 0 ? current.rows * next.rows : bestRows;
    const plan: LogicalPlan = {
      kind: "Join",
      type: "inner",
      left: current.plan,
      right: next.plan,
      lateral: false,
      columns: [...current.plan.columns, ...next.plan.columns],
      ...(condition === undefined ? {} : { condition }),
    };
    current = { plan, rows, ids };
  }
  return current.plan;
}

/** An equality keeps about as many rows as the larger side has, another condition a third of the product. */
function resultRows(a: Part, b: Part, terms: readonly Expression[]): number {
  const equality = terms.some((t) => t.kind === "FunctionCall" && t.syntax.form === "operator" && t.syntax.name === "=");
  return equality ? Math.max(a.rows, b.rows) : (a.rows * b.rows) / 3;
}

/** A guess at how many rows a plan gives, without planning it. */
function rowsOf(plan: LogicalPlan, context: PlanContext): number {
  switch (plan.kind) {
    case "Scan": {
      const table = context.catalog.relationByOid(plan.relation);
      return table?.class === "table" ? Math.max(1, context.statistics.rowCount(table.storage)) : 1000;
    }
    case "Filter": {
      const rows = rowsOf(plan.input, context);
      return Math.max(1, rows * selectivity(plan.predicate, rows));
    }
    case "Values":
      return plan.rows.length;
    case "Aggregate":
      return plan.keys.length === 0 ? 1 : rowsOf(plan.input, context) / 10;
    case "Limit":
      return plan.count?.kind === "Constant" && plan.count.value !== null ? Number(plan.count.value) : rowsOf(plan.input, context);
    case "Join":
      return Math.max(rowsOf(plan.left, context), rowsOf(plan.right, context));
    case "Project":
    case "Sort":
    case "Distinct":
    case "Window":
    case "LockRows":
      return rowsOf(plan.input, context);
    default:
      return 1000;
  }
}
