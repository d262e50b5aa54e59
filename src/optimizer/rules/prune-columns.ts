/** Scans read, and projections compute, only what something above needs. Rows get narrower; nothing else changes. */
import type { Aggregate, AggregateCall, ColumnId, Expression, LogicalPlan, PlanColumn } from "../../plan/index.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import { columnsOf, expressionsOf, isVolatile, mapInputs, mapOwnExpressions } from "../walk.js";
import type { Rule } from "./rule.js";

export const pruneColumns: Rule = { name: "prune columns", apply: (plan) => prune(plan, new Set(plan.columns.map((c) => c.id))) };

/**
 * `needed` are ids that the plan's consumers read, those of enclosing plans' consumers do not matter here. Nodes that pass their inputs' columns on
 * add what they read themselves: an id has one maker, so what one side reads keeps nothing alive in the other.
 */
function prune(plan: LogicalPlan, needed: Set<ColumnId>): LogicalPlan {
  switch (plan.kind) {
    case "Scan":
    case "AppendScan":
    case "SystemScan": {
      const keep = plan.columns.map((c) => needed.has(c.id));
      if (keep.every((k) => k)) return plan;
      return { ...plan, columns: plan.columns.filter((_, i) => keep[i]), attributes: plan.attributes.filter((_, i) => keep[i]) };
    }
    case "Project": {
      const keep = plan.columns.map(
        (c, i) => needed.has(c.id) || isVolatile(plan.expressions[i] as Expression) || isSetReturning(plan.expressions[i] as Expression),
      );
      const expressions = plan.expressions.filter((_, i) => keep[i]).map(inside);
      const pruned = { ...plan, columns: plan.columns.filter((_, i) => keep[i]), expressions };
      return { ...pruned, input: prune(plan.input, new Set(expressions.flatMap((e) => [...columnsOf(e)]))) };
    }
    case "Filter":
    case "Sort":
    case "Limit":
    case "Sample":
    case "LockRows": {
      const own = mapOwnExpressions(plan, inside) as typeof plan;
      const wanted = needed;
      for (const e of expressionsOf(plan)) columnsOf(e, wanted);
      if (plan.kind === "Sample" && plan.rowId !== undefined) wanted.add(plan.rowId);
      if (plan.kind === "LockRows") {
        for (const t of plan.targets) {
          wanted.add(t.rowId);
          if (t.tableOid !== undefined) wanted.add(t.tableOid);
        }
      }
      const input = prune(plan.input, wanted);
      return { ...own, input, columns: input.columns } as LogicalPlan;
    }
    case "Join": {
      const own = mapOwnExpressions(plan, inside) as typeof plan;
      const wanted = needed;
      if (plan.condition !== undefined) columnsOf(plan.condition, wanted);
      const right = prune(plan.right, wanted);
      // A lateral right side reads the left one's columns.
      if (plan.lateral) for (const id of deepColumns(right)) wanted.add(id);
      const left = prune(plan.left, wanted);
      const columns: readonly PlanColumn[] =
        plan.type === "semi" || plan.type === "anti" ? left.columns : [...left.columns, ...right.columns];
      return { ...own, left, right, columns };
    }
    case "Aggregate": {
      const fewer = withoutUnreadCalls(withoutUnreadKeys(plan, needed), needed);
      const own = mapOwnExpressions(fewer, inside) as Aggregate;
      return { ...own, input: prune(plan.input, new Set(expressionsOf(fewer).flatMap((e) => [...columnsOf(e)]))) };
    }
    case "Window": {
      const own = mapOwnExpressions(plan, inside) as typeof plan;
      const wanted = new Set(expressionsOf(plan).flatMap((e) => [...columnsOf(e)]));
      for (const id of needed) wanted.add(id);
      const input = prune(plan.input, wanted);
      return { ...own, input, columns: [...input.columns, ...plan.columns.slice(plan.input.columns.length)] } as LogicalPlan;
    }
    case "Update":
    case "Delete":
    case "Merge": {
      const own = mapOwnExpressions(plan, inside) as typeof plan;
      const wanted = new Set([plan.rowId, ...plan.oldRow.map((c) => c.id), ...expressionsOf(plan).flatMap((e) => [...columnsOf(e)])]);
      if (plan.tableOid !== undefined) wanted.add(plan.tableOid);
      if (plan.kind === "Merge" && plan.sourceMarker !== undefined) wanted.add(plan.sourceMarker);
      return { ...own, source: prune(plan.source, wanted) } as LogicalPlan;
    }
    default:
      // By position, or to be kept whole: everything that the inputs give is needed.
      return mapOwnExpressions(
        mapInputs(plan, (input) => prune(input, new Set(input.columns.map((c) => c.id)))),
        inside,
      );
  }
}

/** A table grouped by its primary key has all its columns as keys, in case something reads them: those that nothing reads go. */
function withoutUnreadKeys(plan: Aggregate, needed: ReadonlySet<ColumnId>): Aggregate {
  if (plan.dependentKeys === undefined) return plan;
  const firstDependent = plan.keys.length - plan.dependentKeys;
  const kept = [...plan.keys.keys()].filter((i) => i < firstDependent || needed.has((plan.columns[i] as PlanColumn).id));
  if (kept.length === plan.keys.length) return plan;
  // Grouping sets name keys by their places, which the keys behind a dropped one leave.
  const placeOf = new Map(kept.map((before, after) => [before, after]));
  const moved = (set: readonly number[]): number[] => set.flatMap((i) => placeOf.get(i) ?? []);
  return {
    ...plan,
    keys: kept.map((i) => plan.keys[i] as Expression),
    dependentKeys: kept.length - firstDependent,
    columns: plan.columns.filter((_, i) => i >= plan.keys.length || placeOf.has(i)),
    ...(plan.groupingSets === undefined ? {} : { groupingSets: plan.groupingSets.map(moved) }),
  };
}

/** Aggregates of a subquery that nothing reads are not computed. The only one without keys stays: it makes the row. */
function withoutUnreadCalls(plan: Aggregate, needed: ReadonlySet<ColumnId>): Aggregate {
  const firstCall = plan.keys.length;
  const isKept = plan.aggregates.map((call, i) => needed.has((plan.columns[firstCall + i] as PlanColumn).id) || isVolatileCall(call));
  if (plan.keys.length === 0 && isKept.length > 0 && !isKept.includes(true)) isKept[0] = true;
  if (!isKept.includes(false)) return plan;
  return {
    ...plan,
    aggregates: plan.aggregates.filter((_, i) => isKept[i]),
    columns: plan.columns.filter((_, i) => isKept[i - firstCall] ?? true),
  };
}
function isVolatileCall(call: AggregateCall): boolean {
  const read = [...call.args, ...(call.direct ?? []), ...call.orderBy.map((key) => key.expression)];
  if (call.filter !== undefined) read.push(call.filter);
  return read.some((e) => isVolatile(e));
}

function inside(e: Expression): Expression {
  return mapSubqueryPlans(e, (plan) => prune(plan, new Set(plan.columns.map((c) => c.id))));
}
/** Functions that return sets stand at the top of an expression; one that is left out would change how many rows there are. */
function isSetReturning(e: Expression): boolean {
  return e.kind === "FunctionCall" && e.syntax.form === "function";
}
function deepColumns(plan: LogicalPlan): Set<ColumnId> {
  const ids = new Set<ColumnId>();
  const walk = (p: LogicalPlan): void => {
    for (const e of expressionsOf(p)) columnsOf(e, ids);
    mapInputs(p, (input) => {
      walk(input);
      return input;
    });
  };
  walk(plan);
  return ids;
}
