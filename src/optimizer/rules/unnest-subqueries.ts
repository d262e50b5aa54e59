/**
 * WHERE EXISTS (…), NOT EXISTS (…) and IN (…) become semi and anti joins, so that the inner plan runs once instead of once per row.
 *
 * EXISTS: the correlated conditions on top of the inner plan move into the join condition; what is below must read nothing of the
 * outer plan. The select list and limits of an EXISTS do not matter. NOT IN stays a subquery: its NULLs are not an anti join's.
 */
import type { FunctionRegistry } from "../../functions/registry.js";
import type { ColumnId, Expression, LogicalPlan } from "../../plan/index.js";
import { TypeOid } from "../../types/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import {
  columnsOf,
  conjunction,
  hasSubquery,
  isVolatile,
  mapInputs,
  mapOwnExpressions,
  outerColumnsOf,
  planIsVolatile,
  writesAnywhere,
} from "../walk.js";
import type { Rule } from "./rule.js";

export const unnestSubqueries: Rule = { name: "unnest subqueries", apply: (plan, context) => unnest(plan, context.registry) };

function unnest(plan: LogicalPlan, registry: FunctionRegistry): LogicalPlan {
  const again = (p: LogicalPlan): LogicalPlan => unnest(p, registry);
  const inner = mapOwnExpressions(mapInputs(plan, again), (e) => mapSubqueryPlans(e, again));
  if (inner.kind !== "Filter") return inner;
  let input = inner.input;
  const rest: Expression[] = [];
  for (const term of conjunctsOf(inner.predicate)) {
    const joined = asJoin(term, input, registry);
    if (joined === undefined) rest.push(term);
    else input = joined;
  }
  const predicate = conjunction(rest);
  if (predicate !== undefined) return { ...inner, input, predicate, columns: input.columns };
  // Joins took its conditions; that nothing may be judged before them stays.
  return inner.barrier === true ? { ...inner, input, predicate: TRUE, columns: input.columns } : input;
}

const TRUE: Expression = { kind: "Constant", value: true, type: TypeOid.bool, typmod: -1 };

function asJoin(term: Expression, left: LogicalPlan, registry: FunctionRegistry): LogicalPlan | undefined {
  const negated = term.kind === "Not";
  const subquery = negated ? term.arg : term;
  if (subquery.kind !== "Subquery" || planIsVolatile(subquery.plan) || writesAnywhere(subquery.plan)) return undefined;
  if (subquery.form === "exists") return existsJoin(subquery.plan, left, negated, registry);
  if (subquery.form !== "any" || negated || subquery.test === undefined || hasSubquery(subquery.test) || isVolatile(subquery.test))
    return undefined;
  if (outerColumnsOf(subquery.plan).size > 0) return undefined;
  return { kind: "Join", type: "semi", left, right: subquery.plan, condition: subquery.test, lateral: false, columns: left.columns };
}

function existsJoin(plan: LogicalPlan, left: LogicalPlan, negated: boolean, registry: FunctionRegistry): LogicalPlan | undefined {
  let right = plan;
  const leftIds = new Set(left.columns.map((c) => c.id));
  const terms: Expression[] = [];
  for (;;) {
    // A set-returning function decides whether there are rows at all.
    if (
      right.kind === "Project" &&
      right.expressions.some((e) => e.kind === "FunctionCall" && registry.functionById(e.functionId)?.kind === "set")
    )
      return undefined;
    if (right.kind === "Project" || right.kind === "Sort" || (right.kind === "Distinct" && right.on === undefined)) right = right.input;
    else if (right.kind === "Filter") {
      const kept: Expression[] = [];
      for (const t of conjunctsOf(right.predicate))
        (hasSubquery(t) || ![...columnsOf(t)].some((id) => leftIds.has(id)) ? kept : terms).push(t);
      const predicate = conjunction(kept);
      if (predicate !== undefined) {
        right = { ...right, predicate };
        break;
      }
      right = right.input;
    } else break;
  }
  if (terms.length === 0 || [...outerColumnsOf(right)].some((id: ColumnId) => leftIds.has(id))) return undefined;
  if (right.kind === "Filter" && columnsAbove(right).some((id) => leftIds.has(id))) return undefined;
  const available = new Set([...right.columns.map((c) => c.id), ...leftIds]);
  // A column that only a projection made is not there any more.
  if (terms.some((t) => [...columnsOf(t)].some((id) => !available.has(id) && madeIn(plan, id)))) return undefined;
  return {
    kind: "Join",
    type: negated ? "anti" : "semi",
    left,
    right,
    condition: conjunction(terms) as Expression,
    lateral: false,
    columns: left.columns,
  };
}
function columnsAbove(plan: Extract<LogicalPlan, { kind: "Filter" }>): ColumnId[] {
  return [...columnsOf(plan.predicate)];
}
function madeIn(plan: LogicalPlan, id: ColumnId): boolean {
  if (plan.columns.some((c) => c.id === id)) return true;
  let found = false;
  mapInputs(plan, (input) => {
    if (madeIn(input, id)) found = true;
    return input;
  });
  return found;
}
