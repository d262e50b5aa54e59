/**
 * Moves each condition as far down as it means the same: into scans, the sides of joins, below projections, sorts, set operations,
 * aggregations (on group keys) and into common join conditions. Outer joins whose NULL rows a condition drops become inner ones first.
 */
import { routineId } from "../../functions/index.js";
import type { ArrayComparison, ColumnId, Expression, Join, LogicalPlan } from "../../plan/index.js";
import type { ArrayValue } from "../../types/index.js";
import { ColumnHomes } from "../column-homes.js";
import { conjunctsOf } from "../conjuncts.js";
import { isLeakproof } from "../leakproof.js";
import { mapSubqueryPlans } from "../subquery-plans.js";
import { columnsOf, conjunction, hasSubquery, isVolatile, mapInputs, mapOwnExpressions, substitute } from "../walk.js";
import type { Rule } from "./rule.js";

export const pushFilters: Rule = { name: "push filters", apply: (plan) => push(plan, [], new ColumnHomes()) };

/** `plan` with `terms` applied to its rows, as deep as possible. */
function push(plan: LogicalPlan, terms: readonly Expression[], homes: ColumnHomes): LogicalPlan {
  const inside = insideWith(homes);
  // What no row passes is not pushed to one side of a join: nothing of it is read.
  const never = terms.find((term) => term.kind === "Constant" && term.value !== true);
  if (never !== undefined) return { kind: "Filter", input: plan, predicate: never, columns: plan.columns };
  switch (plan.kind) {
    case "Filter":
      if (plan.barrier === true) {
        const [down, up] = split(terms, isLeakproof);
        return above(up, { ...plan, input: push(plan.input, down, homes), predicate: inside(plan.predicate) });
      }
      return push(plan.input, [...conjunctsOf(plan.predicate).map(inside), ...terms], homes);
    case "Join":
      return pushJoin(plan, terms, homes);
    case "Project": {
      const byId = new Map(plan.columns.map((c, i) => [c.id, plan.expressions[i] as Expression]));
      const [down, up] = split(terms, (t) => !hasSubquery(t) && [...columnsOf(t)].every((id) => isSimple(byId.get(id))));
      const moved = down.map((t) => substitute(t, (id) => byId.get(id)));
      return above(up, { ...plan, input: push(plan.input, moved, homes), expressions: plan.expressions.map(inside) });
    }
    case "Aggregate": {
      const keys = new Map(plan.keys.map((k, i) => [plan.columns[i]?.id as ColumnId, k]));
      const own = new Set(plan.columns.map((c) => c.id));
      const [down, up] = split(terms, (t) => {
        if (plan.keys.length === 0 || plan.groupingSets !== undefined || isVolatile(t) || hasSubquery(t)) return false;
        const used = [...columnsOf(t)].filter((id) => own.has(id));
        return used.length > 0 && used.every((id) => keys.has(id));
      });
      const moved = down.map((t) => substitute(t, (id) => keys.get(id)));
      return above(up, descend({ ...plan, input: push(plan.input, moved, homes) }, false, homes));
    }
    case "Sort":
      return mapOwn({ ...plan, input: push(plan.input, terms, homes) }, homes);
    case "SetOperation": {
      const [down, up] = split(terms, (t) => !isVolatile(t) && !hasSubquery(t));
      const side = (input: LogicalPlan): LogicalPlan => {
        const map = new Map(plan.columns.map((c, i) => [c.id, input.columns[i]]));
        return push(
          input,
          down.map((t) =>
            substitute(t, (id) => {
              const column = map.get(id);
              return column === undefined
                ? undefined
                : { kind: "ColumnReference", id: column.id, name: column.name, type: column.type, typmod: column.typmod };
            }),
          ),
          homes,
        );
      };
      return above(up, { ...plan, left: side(plan.left), right: side(plan.right) });
    }
    case "Distinct": {
      const on = plan.on;
      const [down, up] = split(terms, (t) => on === undefined && !isVolatile(t));
      return above(up, descend({ ...plan, input: push(plan.input, down, homes) }, false, homes));
    }
    default:
      return above(terms, descend(plan, true, homes));
  }
}

/** Conditions also go down inside of subqueries' plans. */
function insideWith(homes: ColumnHomes): (e: Expression) => Expression {
  return (e) => mapSubqueryPlans(e, (plan) => push(plan, [], homes));
}
function mapOwn(plan: LogicalPlan, homes: ColumnHomes): LogicalPlan {
  return mapOwnExpressions(plan, insideWith(homes));
}
function descend(plan: LogicalPlan, inputs: boolean, homes: ColumnHomes): LogicalPlan {
  return mapOwn(inputs ? mapInputs(plan, (input) => push(input, [], homes)) : plan, homes);
}
function above(terms: readonly Expression[], plan: LogicalPlan): LogicalPlan {
  const predicate = conjunction(terms);
  return predicate === undefined ? plan : { kind: "Filter", input: plan, predicate, columns: plan.columns };
}
function split(terms: readonly Expression[], down: (t: Expression) => boolean): [Expression[], Expression[]] {
  const yes: Expression[] = [];
  const no: Expression[] = [];
  for (const t of terms) (down(t) ? yes : no).push(t);
  return [yes, no];
}
/** Computing it twice costs little and changes nothing. */
function isSimple(e: Expression | undefined): boolean {
  if (e === undefined) return true; // a column of an enclosing plan
  return !isVolatile(e) && !hasSubquery(e) && !(e.kind === "FunctionCall" && e.syntax.form === "function");
}

/** Is the column one of those that a side makes? */
type Side = (id: ColumnId) => boolean;

function pushJoin(join: Join, terms: readonly Expression[], homes: ColumnHomes): LogicalPlan {
  homes.add(join);
  const inside = insideWith(homes);
  const left: Side = (id) => homes.makes(join.left, id);
  const right: Side = (id) => homes.makes(join.right, id);
  const type = simplified(join, terms, left, right);
  const uses = (t: Expression, side: Side): boolean => {
    for (const id of columnsOf(t)) if (side(id)) return true;
    return false;
  };
  const toLeft: Expression[] = [];
  const toRight: Expression[] = [];
  const kept: Expression[] = [];
  const up: Expression[] = [];
  const inner = type === "inner";
  for (const t of terms) {
    if (isVolatile(t)) up.push(t);
    else if (!uses(t, right) && (inner || type === "left" || type === "semi" || type === "anti")) toLeft.push(t);
    else if (!uses(t, left) && (inner || type === "right")) toRight.push(t);
    else if (inner && !hasSubquery(t)) kept.push(t);
    else up.push(t);
  }
  for (const t of conjunctsOf(join.condition).map(inside)) {
    if (isVolatile(t) || hasSubquery(t)) kept.push(t);
    else if (!uses(t, left) && (inner || type === "left" || type === "semi" || type === "anti")) toRight.push(t);
    else if (!uses(t, right) && (inner || type === "right" || type === "semi")) toLeft.push(t);
    else kept.push(t);
  }
  const { condition: _, ...rest } = join;
  const condition = conjunction(kept);
  const joined: Join = {
    ...rest,
    type,
    left: push(join.left, toLeft, homes),
    right: push(join.right, toRight, homes),
    ...(condition === undefined ? {} : { condition }),
  };
  return above(up, joined);
}

/** A condition that is never true for a row of NULLs makes the outer join's filled-in rows pointless. */
function simplified(join: Join, terms: readonly Expression[], left: Side, right: Side): Join["type"] {
  if (join.type !== "left" && join.type !== "right" && join.type !== "full") return join.type;
  const rejects = (ids: Side): boolean => terms.some((t) => rejectsNulls(t, ids));
  const dropsRightNulls = rejects(right);
  const dropsLeftNulls = rejects(left);
  switch (join.type) {
    case "left":
      return dropsRightNulls ? "inner" : "left";
    case "right":
      return dropsLeftNulls ? "inner" : "right";
    case "full":
      return dropsLeftNulls && dropsRightNulls ? "inner" : dropsLeftNulls ? "left" : dropsRightNulls ? "right" : "full";
  }
}
function rejectsNulls(t: Expression, ids: Side): boolean {
  switch (t.kind) {
    case "FunctionCall":
      return t.strict && t.args.some((a) => isNullOn(a, ids));
    case "InList":
      return isNullOn(t.arg, ids);
    case "ArrayComparison":
      return arrayRejectsNulls(t, ids);
    case "NullTest":
      return t.negated && isNullOn(t.arg, ids);
    case "And":
      return t.args.some((a) => rejectsNulls(a, ids));
    case "Or":
      return t.args.every((a) => rejectsNulls(a, ids));
    case "ColumnReference":
      return ids(t.id);
    default:
      return false;
  }
}
/** ANY of no elements is false, but ALL of none is true, whatever stands on the left. */
function arrayRejectsNulls({ quantifier, functionId, left, array }: ArrayComparison, ids: Side): boolean {
  if (routineId.oidOf(functionId) !== undefined) return false;
  return isNullOn(array, ids) || (isNullOn(left, ids) && (quantifier === "any" || hasElements(array)));
}
function hasElements(array: Expression): boolean {
  if (array.kind === "ArrayConstructor") return !array.multidimensional && array.elements.length > 0;
  return array.kind === "Constant" && (array.value === null || (array.value as ArrayValue).elements.length > 0);
}
/** NULL whenever the columns are. */
function isNullOn(e: Expression, ids: Side): boolean {
  if (e.kind === "ColumnReference") return ids(e.id);
  if (e.kind === "Relabel" || e.kind === "CoerceModifier" || e.kind === "CoerceViaText") return isNullOn(e.arg, ids);
  return e.kind === "FunctionCall" && e.strict && e.args.some((a) => isNullOn(a, ids));
}
