/** UNION, INTERSECT, EXCEPT: the arms' columns get common types. Left-deep chains are walked in a loop. */
import type { Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { featureNotSupported, syntaxError, TypeOid } from "../../src/types/index.js";
import { LOCK_WORDS } from "../parser/deparse.js";
import { locationOf } from "../parser/location.js";
import type { Query, SetQuery } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { bindQuery, type QueryOptions } from "./bind-query.js";
import { bindTail } from "./bind-values.js";
import { at, type Binder } from "./binder.js";
import { applyModifier, coerceTo, commonModifier, commonType } from "./coerce.js";
import { requireEquality } from "./comparability.js";
import type { Scope } from "./scope.js";
import { boundLocation } from "./walk.js";

export function bindSetOperation(binder: Binder, scope: Scope, query: SetQuery, _options: QueryOptions): LogicalPlan {
  refuseLocking(query);
  return bindTail(binder, scope, query, bindArms(binder, scope, query));
}

/** Neither the whole nor an arm can lock rows. */
function refuseLocking(query: Query): void {
  const clause = query.locking[0];
  if (clause !== undefined) throw featureNotSupported(`${LOCK_WORDS[clause.strength]} is not allowed with UNION/INTERSECT/EXCEPT`);
}

/** A set operation without a tail of its own needs no level of its own: the chain stays flat. */
const isBare = (query: Query): query is SetQuery =>
  query.kind === "SetOperation" &&
  query.with === undefined &&
  query.orderBy.length === 0 &&
  query.limit === undefined &&
  query.offset === undefined;

function bindArms(binder: Binder, scope: Scope, query: SetQuery): LogicalPlan {
  const spine: SetQuery[] = [query];
  let bottom: Query = query.left;
  while (isBare(bottom)) {
    refuseLocking(bottom);
    spine.push(bottom);
    bottom = bottom.left;
  }
  let left = bindArm(binder, scope, bottom);
  for (let i = spine.length - 1; i >= 0; i--) left = combine(binder, spine[i]!, left, bindArm(binder, scope, spine[i]!.right));
  return left;
}
function bindArm(binder: Binder, scope: Scope, arm: Query): LogicalPlan {
  refuseLocking(arm);
  if (isBare(arm)) return bindArms(binder, scope, arm);
  return bindQuery(binder, scope, arm, { resolveUnknowns: false });
}

function firstPosition(query: Query): number | undefined {
  if (query.kind === "Select") return query.targets[0] === undefined ? undefined : locationOf(query.targets[0].expr);
  return query.kind === "Values" ? query.rows[0]?.[0]?.position : firstPosition(query.left);
}

export function combine(binder: Binder, query: SetQuery, left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  const name = query.operation.toUpperCase();
  if (left.columns.length !== right.columns.length)
    throw syntaxError(`each ${name} query must have the same number of columns`, at(firstPosition(query.right)));
  const types = left.columns.map((column, i) => {
    const pair = [cell(left, column, i), cell(right, right.columns[i]!, i)];
    const type = commonType(binder, pair, name)!;
    return { type, typmod: commonModifier(pair, type) };
  });
  const columns = left.columns.map((column, i) => binder.newColumn(column.name, types[i]!.type, types[i]!.typmod));
  if (!(query.all && query.operation === "union"))
    columns.forEach((column, i) => requireEquality(binder, column, boundLocation(cell(left, left.columns[i]!, i)) ?? 0));
  return {
    kind: "SetOperation",
    operation: query.operation,
    all: query.all,
    left: coerceColumns(binder, left, types, name),
    right: coerceColumns(binder, right, types, name),
    columns,
  };
}
/** The arm's own expression where it can be seen: an undecided literal may still become anything. */
function cell(plan: LogicalPlan, column: PlanColumn, i: number): Expression {
  return plan.kind === "Project" ? plan.expressions[i]! : columnReference(column);
}

/** Makes the plan's columns have these types; a Project is changed in place of being wrapped. */
export function coerceColumns(
  binder: Binder,
  plan: LogicalPlan,
  types: readonly { type: number; typmod: number }[],
  construct: string,
): LogicalPlan {
  if (plan.columns.every((column, i) => column.type === types[i]!.type && column.type !== TypeOid.unknown)) return plan;
  const convert = (expression: Expression, i: number): Expression =>
    applyModifier(binder, coerceTo(binder, expression, types[i]!.type, construct), types[i]!.typmod, false);
  const retype = (column: PlanColumn, i: number): PlanColumn => ({ ...column, type: types[i]!.type, typmod: types[i]!.typmod });
  if (plan.kind === "Project") return { ...plan, expressions: plan.expressions.map(convert), columns: plan.columns.map(retype) };
  return {
    kind: "Project",
    input: plan,
    expressions: plan.columns.map((column, i) => convert(columnReference(column), i)),
    columns: plan.columns.map((column, i) => binder.newColumn(column.name, types[i]!.type, types[i]!.typmod)),
  };
}
