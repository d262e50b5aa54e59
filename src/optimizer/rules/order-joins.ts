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
    parts.map(again).map((p) => ({ plan: p, rows: rowsOf(p, context) })),
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
  for (const term of conjunctsOf(plan.condition)) terms.push(term);
}

/** A condition, and how many of the parts it reads are not joined yet. */
interface Term {
  readonly term: Expression;
  readonly parts: ReadonlySet<number>;
  missing: number;
}

/** A part that waits, and the conditions that would join it to what is joined: those that miss nothing else. */
interface Waiting extends Part {
  readonly number: number;
  connected: boolean;
  byEquality: boolean;
}

function greedy(parts: readonly Part[], conditions: readonly Expression[]): LogicalPlan {
  // Thousands of parts: each step looks at each part that waits, and at the conditions of the part that was joined; nothing else.
  const waiting = [...parts]
    .sort((a, b) => a.rows - b.rows)
    .map((part, number): Waiting => ({ ...part, number, connected: false, byEquality: false }));
  const partOf = new Map<ColumnId, number>();
  for (const { plan, number } of waiting) for (const { id } of plan.columns) partOf.set(id, number);
  const terms = conditions.map((term): Term => {
    const read = new Set<number>();
    for (const id of columnsOf(term)) {
      const part = partOf.get(id);
      if (part !== undefined) read.add(part);
    }
    return { term, parts: read, missing: read.size };
  });
  const termsOf = waiting.map((): Term[] => []);
  for (const term of terms) for (const part of term.parts) termsOf[part]?.push(term);

  // Conditions that are attached at the next join: all their parts are there then.
  let ready = new Set(terms.filter((t) => t.missing === 0));
  const join = (part: Waiting): void => {
    for (const t of termsOf[part.number] as Term[]) {
      t.missing--;
      if (t.missing === 0) ready.add(t);
      if (t.missing !== 1) continue;
      for (const other of t.parts) {
        const next = waiting[other] as Waiting;
        if (!joined.has(next)) {
          next.connected = true;
          next.byEquality ||= isEquality(t.term);
        }
      }
    }
  };
  const place = new Map(terms.map((t, i) => [t, i]));
  const joined = new Set<Waiting>();
  // Start with the smallest that is connected to another one.
  const first = waiting.find((p) => (termsOf[p.number] as Term[]).some((t) => t.parts.size > 1)) ?? (waiting[0] as Waiting);
  const rest = new Set(waiting);
  rest.delete(first);
  joined.add(first);
  join(first);
  let { plan, rows } = first as { plan: LogicalPlan; rows: number };
  while (rest.size > 0) {
    let next: Waiting | undefined;
    let nextRows = Infinity;
    for (const part of rest) {
      const result = part.connected ? resultRows(rows, part) : Infinity;
      if (next === undefined || result < nextRows) {
        next = part;
        nextRows = result;
      }
    }
    const chosen = next as Waiting;
    rest.delete(chosen);
    joined.add(chosen);
    join(chosen);
    const now = [...ready].sort((a, b) => (place.get(a) as number) - (place.get(b) as number));
    ready = new Set();
    const condition = conjunction(now.map((t) => t.term));
    rows = nextRows === Infinity ? rows * chosen.rows : nextRows;
    plan = {
      kind: "Join",
      type: "inner",
      left: plan,
      right: chosen.plan,
      lateral: false,
      columns: [...plan.columns, ...chosen.plan.columns],
      ...(condition === undefined ? {} : { condition }),
    };
  }
  return plan;
}

const isEquality = (t: Expression): boolean => t.kind === "FunctionCall" && t.syntax.form === "operator" && t.syntax.name === "=";

/** An equality keeps about as many rows as the larger side has, another condition a third of the product. */
function resultRows(rows: number, part: Waiting): number {
  return part.byEquality ? Math.max(rows, part.rows) : (rows * part.rows) / 3;
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
