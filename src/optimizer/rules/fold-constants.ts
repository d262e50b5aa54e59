/**
 * Immutable functions of constants are computed once, when planning, and what fails then (a division by zero) fails the statement, as in
 * PostgreSQL's eval_const_expressions: also in a branch of CASE that would never be taken, but not behind a constant that decides.
 */
import type { CallTypes, EvaluationContext, FunctionRegistry } from "../../functions/registry.js";
import type { BooleanOperation, Case, Coalesce, Constant, Expression, FunctionCall, LogicalPlan, Project } from "../../plan/index.js";
import { type Datum, DbError } from "../../types/index.js";
import { mapChildren, mapExpressions, mapInputs } from "../walk.js";
import { noSession, type Rule } from "./rule.js";

export const foldConstants: Rule = {
  name: "fold constants",
  apply: (plan, context) => foldPlan(plan, context.registry),
};

function foldPlan(plan: LogicalPlan, registry: FunctionRegistry): LogicalPlan {
  return trueConditions(mapExpressions(plan, (e) => fold(e, registry)));
}
/**
 * simplify_EXISTS_query: whether there is a row does not depend on what the row holds, in what order rows come, which of them are alike, or
 * on a limit above zero. What is not computed cannot fail, and does not read the outer query.
 */
function foldExists(plan: LogicalPlan, registry: FunctionRegistry): LogicalPlan {
  let rows = plan;
  let computed: Project | undefined;
  for (;;) {
    if (rows.kind === "Limit" && rows.offset === undefined && rows.count !== undefined) {
      const count = fold(rows.count, registry);
      if (!isConstant(count) || (count.value !== null && Number(count.value) <= 0)) break;
    } else if (rows.kind === "Project") {
      if (rows.expressions.some((e) => isSetReturning(e, registry))) break;
      computed = rows;
    } else if (rows.kind !== "Sort" && rows.kind !== "Distinct") break;
    rows = rows.input;
  }
  // Groups are made for their aggregates, which PostgreSQL computes.
  if (computed === undefined || rows.kind === "Aggregate" || rows.kind === "Window") return foldPlan(plan, registry);
  return { ...computed, input: foldPlan(rows, registry), expressions: [], columns: [] };
}
const isSetReturning = (e: Expression, registry: FunctionRegistry): boolean =>
  e.kind === "FunctionCall" && registry.functionById(e.functionId)?.kind === "set";

/** Conditions keep rows for which they are true: there a NULL is as good as false (find_duplicate_ors of prepqual.c). */
function trueConditions(plan: LogicalPlan): LogicalPlan {
  const below = mapInputs(plan, trueConditions);
  if (below.kind === "Filter") {
    const predicate = whenTrue(below.predicate);
    return predicate === below.predicate ? below : { ...below, predicate };
  }
  if (below.kind === "Join" && below.condition !== undefined) {
    const condition = whenTrue(below.condition);
    return condition === below.condition ? below : { ...below, condition };
  }
  return below;
}
function whenTrue(e: Expression): Expression {
  if (isConstant(e)) return e.value === null ? { ...e, value: false } : e;
  if (e.kind !== "And" && e.kind !== "Or") return e;
  const args = e.args.map(whenTrue);
  if (args.every((arg, i) => arg === e.args[i])) return e;
  const decides = e.kind === "Or";
  const decided = args.find((arg) => isConstant(arg) && arg.value === decides);
  if (decided !== undefined) return decided;
  const open = args.filter((arg) => !isConstant(arg));
  if (open.length > 1) return { ...e, args: open };
  return open[0] ?? { kind: "Constant", value: !decides, type: e.type, typmod: -1 };
}

/** What planning makes of an expression with these values in the places of its parameters; throws what planning would. */
export function foldWith(e: Expression, parameters: readonly Datum[], registry: FunctionRegistry): Expression {
  const constant = (part: Expression): Expression =>
    part.kind === "Parameter"
      ? { kind: "Constant", value: parameters[part.index] as Datum, type: part.type, typmod: part.typmod }
      : mapChildren(part, constant);
  return fold(constant(e), registry);
}

const isConstant = (e: Expression): e is Constant => e.kind === "Constant";

function fold(e: Expression, registry: FunctionRegistry): Expression {
  if (e.kind === "Constant" || e.kind === "ColumnReference") return e;
  return foldNode(e, registry);
}
function foldNode(e: Expression, registry: FunctionRegistry): Expression {
  const again = (child: Expression): Expression => fold(child, registry);
  switch (e.kind) {
    case "And":
    case "Or":
      return foldChain(e, again);
    case "Case":
      return foldCase(e, again);
    case "Coalesce":
      return foldCoalesce(e, again);
  }
  const isExists = e.kind === "Subquery" && e.form === "exists";
  const inner = mapChildren(e, again, (plan) => (isExists ? foldExists(plan, registry) : foldPlan(plan, registry)));
  return inner.kind === "FunctionCall" ? foldCall(inner, registry) : inner;
}

function foldCall(call: FunctionCall, registry: FunctionRegistry): Expression {
  const { args } = call;
  if (call.spreads === true || args.length === 0 || registry.functionById(call.functionId)?.kind !== "function") return call;
  const typed = { type: call.type, typmod: call.typmod };
  // A strict function is not called for a NULL, whatever it would do.
  if (call.strict && args.some((a) => isConstant(a) && a.value === null)) return { kind: "Constant", value: null, ...typed };
  if (call.volatility !== "immutable" || !args.every(isConstant)) return call;
  const types: CallTypes = { argTypes: args.map((a) => a.type), returnType: call.type };
  try {
    const body = registry.scalarBody(call.functionId, types) as unknown as (context: EvaluationContext, ...values: Datum[]) => Datum;
    return { kind: "Constant", value: body(noSession, ...args.map((a) => a.value)), ...typed };
  } catch (error) {
    // What fails for these constants fails whenever it runs; one that wanted the session does not run here.
    if (error instanceof DbError) throw error;
    return call;
  }
}

/** The first deciding constant ends the chain: what stands after it is not even looked at. */
function foldChain(e: BooleanOperation, again: (child: Expression) => Expression): Expression {
  const decides = e.kind === "Or";
  const args: Expression[] = [];
  let changed = false;
  for (const arg of e.args) {
    const folded = again(arg);
    if (folded !== arg) changed = true;
    if (isConstant(folded) && folded.value === decides) return folded;
    if (isConstant(folded) && folded.value === !decides) {
      changed = true;
      continue;
    }
    args.push(folded);
  }
  if (args.length === 0) return { kind: "Constant", value: !decides, type: e.type, typmod: -1 };
  if (args.length === 1) return args[0] as Expression;
  return changed ? { ...e, args } : e;
}

function foldCase(e: Case, again: (child: Expression) => Expression): Expression {
  const operand = e.operand === undefined ? undefined : again(e.operand);
  const whens: Case["whens"][number][] = [];
  for (const branch of e.whens) {
    const when = again(branch.when);
    if (operand === undefined && isConstant(when)) {
      if (when.value !== true) continue;
      const then = again(branch.then);
      return whens.length === 0 ? then : { ...e, whens, otherwise: then };
    }
    whens.push({ when, then: again(branch.then) });
  }
  const otherwise = again(e.otherwise);
  if (whens.length === 0) return otherwise;
  return { ...e, ...(operand === undefined ? {} : { operand }), whens, otherwise };
}

function foldCoalesce(e: Coalesce, again: (child: Expression) => Expression): Expression {
  const args: Expression[] = [];
  for (const arg of e.args) {
    const folded = again(arg);
    if (isConstant(folded) && folded.value === null) continue;
    args.push(folded);
    if (isConstant(folded)) break;
  }
  if (args.length === 0) return { kind: "Constant", value: null, type: e.type, typmod: e.typmod };
  return args.length === 1 ? (args[0] as Expression) : { ...e, args };
}
