/**
 * A correlated scalar subquery that aggregates becomes a left join with the aggregates of all groups:
 *
 *     s.v > (SELECT avg(b.v) FROM b WHERE b.k = s.id)   ->   s LEFT JOIN (SELECT b.k, avg(b.v) FROM b GROUP BY b.k) x ON x.k = s.id
 *
 * so that the inner table is read once instead of once per row. It pays when many rows ask: few of them look their group up by an
 * index. The correlation must be equalities on top of the inner plan; what is computed for groups that nobody asks for must not be able
 * to fail, so arguments and the other inner conditions are plain columns, constants and comparisons of them.
 */
import type { PlanContext } from "../../execution/index.js";
import { hashCompatible } from "../../execution/internal.js";
import { routineId } from "../../functions/index.js";
import type { FunctionRegistry } from "../../functions/registry.js";
import type { Aggregate, AggregateCall, ColumnId, Expression, LogicalPlan, PlanColumn, SubqueryExpression } from "../../plan/index.js";
import { type Datum, TypeOid } from "../../types/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import { columnsOf, conjunction, mapChildren, mapInputs, mapOwnExpressions, outerColumnsOf, planIsVolatile, substitute } from "../walk.js";
import { noSession, type Rule } from "./rule.js";

export const unnestAggregates: Rule = { name: "unnest aggregates", apply: unnest };

/** A lookup by index and its aggregation cost about as much as reading this many rows in one pass. */
const LOOKUP_ROWS = 100;

function unnest(plan: LogicalPlan, context: PlanContext): LogicalPlan {
  const again = (p: LogicalPlan): LogicalPlan => unnest(p, context);
  const inner = mapOwnExpressions(mapInputs(plan, again), (e) => mapSubqueryPlans(e, again));
  if (inner.kind !== "Filter" && inner.kind !== "Project") return inner;
  let input = inner.input;
  const rewrite = (e: Expression): Expression => {
    if (e.kind === "Subquery") {
      const joined = asJoin(e, input, context);
      if (joined === undefined) return e;
      input = joined.input;
      return joined.value;
    }
    return e.kind === "Constant" || conditional.has(e.kind) ? e : mapChildren(e, rewrite);
  };
  const rewritten = mapOwnExpressions(inner, rewrite) as typeof inner;
  if (input === inner.input) return inner;
  return rewritten.kind === "Filter" ? { ...rewritten, input, columns: input.columns } : { ...rewritten, input };
}
/** Their parts are not computed for every row. */
const conditional: ReadonlySet<string> = new Set(["Case", "Coalesce", "Subquery"]);

interface Joined {
  readonly input: LogicalPlan;
  readonly value: Expression;
}

function asJoin(subquery: SubqueryExpression, outer: LogicalPlan, context: PlanContext): Joined | undefined {
  if (subquery.form !== "scalar" || planIsVolatile(subquery.plan)) return undefined;
  const project = subquery.plan.kind === "Project" ? subquery.plan : undefined;
  const aggregate = project === undefined ? subquery.plan : project.input;
  if (aggregate.kind !== "Aggregate" || aggregate.keys.length > 0 || aggregate.groupingSets !== undefined) return undefined;
  const { input: filter } = aggregate;
  if (filter.kind !== "Filter") return undefined;
  const outerIds = new Set(outer.columns.map((c) => c.id));
  const own = new Set(filter.input.columns.map((c) => c.id));
  const pairs: { readonly inner: Expression; readonly outer: Expression; readonly term: Expression }[] = [];
  const rest: Expression[] = [];
  for (const term of conjunctsOf(filter.predicate)) {
    const pair = correlation(term, own, outerIds);
    if (pair !== undefined) pairs.push(pair);
    else if (isHarmless(term, own)) rest.push(term);
    else return undefined;
  }
  if (pairs.length === 0 || outerColumnsOf(filter.input).size > 0) return undefined;
  if (aggregate.aggregates.some((a) => a.orderBy.length > 0 || !a.args.every((x) => isPlain(x, own)) || a.filter !== undefined))
    return undefined;
  if (project?.expressions.some((e) => [...columnsOf(e)].some((id) => outerIds.has(id))) === true) return undefined;
  if (rowsOf(outer, context) * LOOKUP_ROWS < rowsOf(filter.input, context)) return undefined;

  // Over no rows a count is 0, where the join gives NULL.
  const overNothing = new Map<ColumnId, Expression>();
  for (const [i, call] of aggregate.aggregates.entries()) {
    const { id, name, type, typmod } = aggregate.columns[i] as PlanColumn;
    const value = resultOfNoRows(call, context.registry);
    if (value === undefined) return undefined;
    const reference: Expression = { kind: "ColumnReference", id, name, type, typmod };
    const otherwise: Expression = { kind: "Constant", value, type, typmod: -1 };
    if (value !== null) overNothing.set(id, { kind: "Coalesce", args: [reference, otherwise], type, typmod });
  }

  const [result] = subquery.plan.columns;
  if (result === undefined) return undefined;
  const keys = pairs.map((p, i): PlanColumn => ({ id: keyId(result.id, i), name: "key", type: p.inner.type, typmod: p.inner.typmod }));
  const restPredicate = conjunction(rest);
  const grouped: Aggregate = {
    ...aggregate,
    keys: pairs.map((p) => p.inner),
    columns: [...keys, ...aggregate.columns],
    input: restPredicate === undefined ? filter.input : { ...filter, predicate: restPredicate },
  };
  const condition = conjunction(pairs.map((p, i) => withInner(p, keys[i] as PlanColumn))) as Expression;
  const joined: LogicalPlan = {
    kind: "Join",
    type: "left",
    left: outer,
    right: grouped,
    condition,
    lateral: false,
    columns: [...outer.columns, ...grouped.columns],
  };
  const value: Expression = project === undefined ? reference(result) : (project.expressions[0] as Expression);
  return { input: joined, value: substitute(value, (id) => overNothing.get(id)) };
}

/** Of an aggregate that is built in, as one of the catalog calls what it likes, and that takes any values, as groups that nobody asks for have them. */
function resultOfNoRows(call: AggregateCall, registry: FunctionRegistry): Datum | undefined {
  if (routineId.oidOf(call.functionId) !== undefined || refusing.test(call.functionId)) return undefined;
  const body = registry.aggregateBody(call.functionId, { argTypes: call.args.map((a) => a.type), returnType: call.type });
  return body.finish(noSession, body.create());
}

/** Keys of objects must not be NULL, arrays of arrays neither NULL nor of different sizes. */
const refusing = /^(jsonb?_object_agg|array_agg\(anyarray\))/;

function reference(c: PlanColumn): Expression {
  return { kind: "ColumnReference", id: c.id, name: c.name, type: c.type, typmod: c.typmod };
}
/** An id that the binder gives to nothing: its ids are positive, and a subquery's column is one subquery's. */
function keyId(result: ColumnId, index: number): ColumnId {
  return (-1_000_000_000 - result * 64 - index) as ColumnId;
}

function correlation(
  term: Expression,
  own: ReadonlySet<ColumnId>,
  outer: ReadonlySet<ColumnId>,
): { inner: Expression; outer: Expression; term: Expression } | undefined {
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.syntax.name !== "=" || term.args.length !== 2)
    return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  if (!hashCompatible(a.type, b.type) || unhashable.has(a.type)) return undefined;
  if (isPlain(a, own) && columnsOf(a).size > 0 && isPlain(b, outer) && columnsOf(b).size > 0) return { inner: a, outer: b, term };
  if (isPlain(b, own) && columnsOf(b).size > 0 && isPlain(a, outer) && columnsOf(a).size > 0) return { inner: b, outer: a, term };
  return undefined;
}
const unhashable: ReadonlySet<number> = new Set([TypeOid.json, TypeOid.record, TypeOid.vector]);

function withInner(pair: { inner: Expression; term: Expression }, key: PlanColumn): Expression {
  return mapChildren(pair.term, (child) => (child === pair.inner ? reference(key) : child));
}

/** Columns of one plan, constants, and casts that change nothing. */
function isPlain(e: Expression, columns: ReadonlySet<ColumnId>): boolean {
  if (e.kind === "Relabel") return isPlain(e.arg, columns);
  return e.kind === "Constant" || e.kind === "Parameter" || (e.kind === "ColumnReference" && columns.has(e.id));
}
function isHarmless(term: Expression, own: ReadonlySet<ColumnId>): boolean {
  if (term.kind === "NullTest") return isPlain(term.arg, own);
  const isComparison = term.kind === "FunctionCall" && term.syntax.form === "operator" && comparisons.has(term.syntax.name);
  return isComparison && term.args.every((a) => isPlain(a, own));
}
const comparisons: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);

/** Rows of the tables below, at most: what reading the plan costs. */
function rowsOf(plan: LogicalPlan, context: PlanContext): number {
  if (plan.kind === "Scan") {
    const table = context.catalog.relationByOid(plan.relation);
    return table?.class === "table" ? context.statistics.rowCount(table.storage) : 0;
  }
  if (plan.kind === "Filter" && conjunctsOf(plan.predicate).some(isSelective)) return rowsOf(plan.input, context) / 200;
  let rows = plan.kind === "Values" ? plan.rows.length : 0;
  mapInputs(plan, (input) => {
    rows = Math.max(rows, rowsOf(input, context));
    return input;
  });
  return plan.kind === "Limit" && plan.count?.kind === "Constant" ? Math.min(rows, Number(plan.count.value ?? rows)) : rows;
}
function isSelective(term: Expression): boolean {
  return term.kind === "FunctionCall" && term.syntax.name === "=";
}
