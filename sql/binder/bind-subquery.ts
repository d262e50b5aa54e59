/** Subqueries inside expressions: EXISTS, scalar, ARRAY(…), IN, op ANY, op ALL. */
import type { Expression } from "../../src/plan/index.js";
import { featureNotSupported, syntaxError, TypeOid, undefinedObjectAt, wrongObjectType } from "../../src/types/index.js";
import { noteName } from "../parser/schemas-of-names.js";
import type { SubqueryExpr } from "../parser/syntax-tree.js";
import { compareRows } from "./bind-comparison.js";
import { bindExpression, columnReference, expandRow } from "./bind-expression.js";
import { bindQuery } from "./bind-query.js";
import { at, type Binder } from "./binder.js";
import { operatorCall, requireOperator } from "./resolve.js";
import type { Scope } from "./scope.js";

const boolean = { type: TypeOid.bool, typmod: -1 } as const;

/** "cannot use subquery in …" */
const NO_SUBQUERIES: ReadonlyMap<string, string> = new Map([
  ["EXECUTE parameters", "EXECUTE parameter"],
  ["statistics expressions", "statistics expression"],
  ["check constraints", "check constraint"],
  ["DEFAULT expressions", "DEFAULT expression"],
  ["index expressions", "index expression"],
  ["index predicates", "index predicate"],
  ["column generation expressions", "column generation expression"],
  ["transform expressions", "transform expression"],
  ["COPY FROM WHERE conditions", "COPY FROM WHERE condition"],
]);

export function bindSubqueryExpression(binder: Binder, scope: Scope, expr: SubqueryExpr): Expression {
  const refused = NO_SUBQUERIES.get(scope.clause);
  if (refused !== undefined) throw featureNotSupported(`cannot use subquery in ${refused}`, at(expr.position));
  const plan = bindQuery(binder, scope, expr.query, { resolveUnknowns: true });
  switch (expr.form) {
    case "exists":
      return { kind: "Subquery", form: "exists", plan, ...boolean };
    case "scalar":
    case "array": {
      if (plan.columns.length !== 1) throw syntaxError("subquery must return only one column", at(expr.position));
      const column = plan.columns[0]!;
      if (expr.form === "scalar") return { kind: "Subquery", form: "scalar", plan, type: column.type, typmod: column.typmod };
      const type = binder.category(column.type) === "A" ? column.type : binder.arrayType(column.type);
      if (type === 0) throw undefinedObjectAt(`could not find array type for data type ${binder.typeName(column.type)}`, at(expr.position));
      return { kind: "Subquery", form: "array", plan, type, typmod: column.typmod };
    }
    case "any":
    case "all":
      break;
  }
  const test = expr.test!;
  const left = test.kind === "Row" ? expandRow(binder, scope, test.fields) : [bindExpression(binder, scope, test)];
  if (left.length < plan.columns.length) throw syntaxError("subquery has too many columns", at(expr.position));
  if (left.length > plan.columns.length) throw syntaxError("subquery has too few columns", at(expr.position));
  const right = plan.columns.map((column) => columnReference(column));
  if (left.length === 1) {
    const operator = requireOperator(binder, expr.operator, left[0]!.type, right[0]!.type, expr.position);
    if (operator.result !== TypeOid.bool)
      throw wrongObjectType(
        `operator ${expr.operator} must return type boolean, not type ${binder.typeName(operator.result)}`,
        at(expr.position),
      );
    const call = operatorCall(binder, operator, left[0]!, right[0]!, operator.name);
    const args = call.kind === "FunctionCall" ? call.args : [];
    if (operator.isUserDefined === true) noteName(expr, operator.oid, operator.schema, operator.name);
    // Only a bare inner column lends itself to a semi-join; a coerced one stays a test.
    const inner = args[1];
    const pairs =
      inner?.kind === "ColumnReference" && operator.isUserDefined !== true
        ? { pairs: [{ outer: args[0]!, inner: inner.id, functionId: operator.functionId, operator: operator.name }] }
        : {};
    return { kind: "Subquery", form: expr.form, plan, test: call, ...pairs, ...boolean };
  }
  return {
    kind: "Subquery",
    form: expr.form,
    plan,
    test: compareRows(binder, expr.operator, left, right, expr.position),
    ...rowPairs(binder, expr, left, right),
    ...boolean,
  };
}

function rowPairs(binder: Binder, expr: SubqueryExpr, left: readonly Expression[], right: readonly Expression[]) {
  if (expr.operator !== "=" && expr.operator !== "pg_catalog.=") return {};
  const pairs = [];
  for (const [i, outer] of left.entries()) {
    const operator = requireOperator(binder, "=", outer.type, right[i]!.type, expr.position);
    const call = operatorCall(binder, operator, outer, right[i]!, "=");
    const inner = call.kind === "FunctionCall" ? call.args[1] : undefined;
    if (call.kind !== "FunctionCall" || inner?.kind !== "ColumnReference" || operator.isUserDefined === true) return {};
    pairs.push({ outer: call.args[0]!, inner: inner.id, functionId: operator.functionId, operator: "=" });
  }
  return { pairs };
}

/** `(a, b) = (SELECT c, d …)`: the grammar gives a row and a scalar subquery. Bound by UPDATE's multi-assignment only. */
export const isRowSubquery = (expr: SubqueryExpr): boolean => expr.form === "scalar";
