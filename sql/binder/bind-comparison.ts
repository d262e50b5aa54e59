/** IN, BETWEEN, ANY/ALL over arrays, IS DISTINCT FROM, NULLIF and comparisons of rows. */
import type { Expression } from "../../src/plan/index.js";
import { datatypeMismatch, featureNotSupported, syntaxError, TypeOid, undefinedObjectAt, wrongObjectType } from "../../src/types/index.js";
import { noteName } from "../parser/schemas-of-names.js";
import type {
  BetweenExpr,
  DistinctExpr,
  Expr,
  InExpr,
  NullIfExpr,
  OperatorExpr,
  QuantifiedExpr,
  RowExpr,
  SubqueryExpr,
} from "../parser/syntax-tree.js";
import { bindExpression, columnReference, expandRow, makeOperator } from "./bind-expression.js";
import { bindQuery } from "./bind-query.js";
import { at, type Binder } from "./binder.js";
import { coerceTo, commonType, resolveUnknown, tryCoerce } from "./coerce.js";
import { operatorCall, requireOperator } from "./resolve.js";
import type { Scope } from "./scope.js";

type Bind = (expr: Expr) => Expression;
const boolean = { type: TypeOid.bool, typmod: -1 } as const;

export function bindIn(binder: Binder, scope: Scope, expr: InExpr): Expression {
  const inner = bindInList(binder, scope, expr);
  return expr.negated ? { kind: "Not", arg: inner, ...boolean } : inner;
}
function bindInList(binder: Binder, scope: Scope, expr: InExpr): Expression {
  if (expr.left.kind === "Row") {
    const left = expandRow(binder, scope, expr.left.fields);
    const args = expr.items.map((item) => {
      if (item.kind !== "Row")
        return makeOperator(binder, "=", bindExpression(binder, scope, expr.left), bindExpression(binder, scope, item), expr.position);
      return compareRows(binder, "=", left, expandRow(binder, scope, item.fields), expr.position);
    });
    return args.length === 1 ? args[0]! : { kind: "Or", args, ...boolean };
  }
  const left = bindExpression(binder, scope, expr.left);
  const items = expr.items.map((item) => bindExpression(binder, scope, item));
  const type = commonType(binder, [left, ...items], undefined);
  if (type !== undefined && type !== TypeOid.record && items.length > 1) {
    const coerced = items.map((item) => coerceTo(binder, item, type, "IN"));
    const operator = requireOperator(binder, "=", left.type, type, expr.position);
    const call = operatorCall(binder, operator, left, coerced[0]!, "=");
    if (call.kind === "FunctionCall" && operator.isUserDefined !== true) {
      const target = call.args[1]!.type;
      return {
        kind: "InList",
        arg: call.args[0]!,
        items: coerced.map((item) => tryCoerce(binder, item, target, "implicit")!),
        equalId: operator.functionId,
        ...boolean,
      };
    }
  }
  const args = items.map((item) => makeOperator(binder, "=", left, item, expr.position));
  return args.length === 1 ? args[0]! : { kind: "Or", args, ...boolean };
}

export function bindBetween(binder: Binder, scope: Scope, expr: BetweenExpr): Expression {
  const between = (low: Expr, high: Expr): Expression => ({
    kind: "And",
    args: [compare(binder, scope, ">=", expr.arg, low, expr.position), compare(binder, scope, "<=", expr.arg, high, expr.position)],
    ...boolean,
  });
  const outside = (low: Expr, high: Expr): Expression => ({
    kind: "Or",
    args: [compare(binder, scope, "<", expr.arg, low, expr.position), compare(binder, scope, ">", expr.arg, high, expr.position)],
    ...boolean,
  });
  if (!expr.negated) {
    const inner = between(expr.low, expr.high);
    return expr.symmetric ? { kind: "Or", args: [inner, between(expr.high, expr.low)], ...boolean } : inner;
  }
  const inner = outside(expr.low, expr.high);
  return expr.symmetric ? { kind: "And", args: [inner, outside(expr.high, expr.low)], ...boolean } : inner;
}
function compare(binder: Binder, scope: Scope, name: string, left: Expr, right: Expr, position: number): Expression {
  const node: OperatorExpr = { kind: "Operator", name, left, right, position };
  return (
    bindRowComparison(binder, scope, node) ??
    makeOperator(binder, name, bindExpression(binder, scope, left), bindExpression(binder, scope, right), position)
  );
}

export function bindQuantified(binder: Binder, scope: Scope, expr: QuantifiedExpr): Expression {
  const left = bindExpression(binder, scope, expr.left);
  const array = bindExpression(binder, scope, expr.array);
  let elementType: number = TypeOid.unknown;
  if (array.type !== TypeOid.unknown) {
    elementType =
      array.type === TypeOid.recordArray ? TypeOid.record : binder.category(array.type) === "A" ? binder.elementType(array.type) : 0;
    if (elementType === 0) throw wrongObjectType("op ANY/ALL (array) requires array on right side", at(expr.position));
  }
  const operator = requireOperator(binder, expr.operator, left.type, elementType, expr.position);
  if (operator.result !== TypeOid.bool) throw wrongObjectType("op ANY/ALL (array) requires operator to yield boolean", at(expr.position));
  const probe: Expression = { kind: "CaseOperand", type: elementType === TypeOid.unknown ? operator.right : elementType, typmod: -1 };
  const call = operatorCall(binder, operator, left, probe, operator.name);
  if (call.kind !== "FunctionCall") throw undefinedObjectAt(`operator ${expr.operator}`, at(expr.position));
  if (operator.isUserDefined === true) noteName(expr, operator.oid, operator.schema, operator.name);
  const [coercedLeft, coercedElement] = call.args;
  const arrayType = binder.arrayType(coercedElement!.type);
  if (arrayType === 0)
    throw undefinedObjectAt(`could not find array type for data type ${binder.typeName(coercedElement!.type)}`, at(expr.position));
  return {
    kind: "ArrayComparison",
    quantifier: expr.quantifier,
    operator: call.syntax.name,
    functionId: operator.functionId,
    left: coercedLeft!,
    array: coerceTo(binder, array, arrayType, "op ANY/ALL"),
    ...boolean,
  };
}

export function bindDistinct(binder: Binder, bind: Bind, expr: DistinctExpr): Expression {
  const left = bind(expr.left);
  const right = bind(expr.right);
  // x IS DISTINCT FROM NULL is x IS NOT NULL.
  if (right.kind === "Constant" && right.value === null && right.type === TypeOid.unknown)
    return { kind: "NullTest", arg: left, negated: !expr.negated, ...boolean };
  if (left.kind === "Constant" && left.value === null && left.type === TypeOid.unknown)
    return { kind: "NullTest", arg: right, negated: !expr.negated, ...boolean };
  if (left.kind === "RowConstructor" && right.kind === "RowConstructor") {
    if (left.fields.length !== right.fields.length) throw syntaxError("unequal number of entries in row expressions", at(expr.position));
    const tests = left.fields.map((field, i) => distinctTest(binder, field, right.fields[i]!, expr.negated, expr.position));
    return { kind: expr.negated ? "And" : "Or", args: tests, ...boolean };
  }
  return distinctTest(binder, left, right, expr.negated, expr.position);
}
function distinctTest(binder: Binder, left: Expression, right: Expression, negated: boolean, position: number): Expression {
  const operator = requireOperator(binder, "=", left.type, right.type, position);
  const call = operatorCall(binder, operator, left, right, "=");
  const args = call.kind === "FunctionCall" ? call.args : [left, right];
  return { kind: "DistinctTest", left: args[0]!, right: args[1]!, equalId: operator.functionId, negated, ...boolean };
}

export function bindNullIf(binder: Binder, bind: Bind, expr: NullIfExpr): Expression {
  const left = bind(expr.left);
  const right = bind(expr.right);
  const operator = requireOperator(binder, "=", left.type, right.type, expr.position);
  if (operator.result !== TypeOid.bool) throw datatypeMismatch("NULLIF requires = operator to yield boolean", at(expr.position));
  const call = operatorCall(binder, operator, left, right, "=");
  const args = call.kind === "FunctionCall" ? call.args : [left, right];
  const first = args[0]!;
  return { kind: "NullIf", left: first, right: args[1]!, equalId: operator.functionId, type: first.type, typmod: first.typmod };
}

/** `(a, b) op (c, d)`; undefined when the operands are not rows. */
export function bindRowComparison(binder: Binder, scope: Scope, expr: OperatorExpr): Expression | undefined {
  if (expr.left?.kind !== "Row") return undefined;
  if (expr.right.kind === "Subquery" && expr.right.form === "scalar")
    return compareRowToSubquery(binder, scope, expr, expr.left, expr.right);
  if (expr.right.kind !== "Row") return undefined;
  return compareRows(
    binder,
    expr.name,
    expandRow(binder, scope, expr.left.fields),
    expandRow(binder, scope, expr.right.fields),
    expr.position,
  );
}

/** `(a, b) op (SELECT …)`: a scalar subquery that gives the comparison itself: NULL without a row, 21000 with several. */
function compareRowToSubquery(binder: Binder, scope: Scope, expr: OperatorExpr, row: RowExpr, subquery: SubqueryExpr): Expression {
  const inner = bindQuery(binder, scope, subquery.query, { resolveUnknowns: true });
  const left = expandRow(binder, scope, row.fields);
  if (left.length < inner.columns.length) throw syntaxError("subquery has too many columns", at(expr.position));
  if (left.length > inner.columns.length) throw syntaxError("subquery has too few columns", at(expr.position));
  const test = compareRows(
    binder,
    expr.name,
    left,
    inner.columns.map((column) => columnReference(column)),
    expr.position,
  );
  const column = binder.newColumn("?column?", TypeOid.bool, -1);
  return { kind: "Subquery", form: "scalar", plan: { kind: "Project", input: inner, expressions: [test], columns: [column] }, ...boolean };
}

export function compareRows(
  binder: Binder,
  name: string,
  left: readonly Expression[],
  right: readonly Expression[],
  position: number,
): Expression {
  if (left.length !== right.length) throw syntaxError("unequal number of entries in row expressions", at(position));
  if (left.length === 0) throw featureNotSupported("cannot compare rows of zero length", at(position));
  const pair = (operator: string, i: number): Expression =>
    makeOperator(binder, operator, resolvePair(binder, left[i]!), resolvePair(binder, right[i]!), position);
  if (left.length === 1) return pair(name, 0);
  const tests = left.map((_, i) => pair(name, i));
  const isUserDefined = tests.some((t) => t.kind === "FunctionCall" && t.syntax.name.includes("."));
  switch (isUserDefined ? "" : name.replace(/^pg_catalog\./, "")) {
    case "=":
      return { kind: "And", args: tests, ...boolean };
    case "<>":
    case "!=":
      return { kind: "Or", args: tests, ...boolean };
    case "<":
    case "<=":
    case ">":
    case ">=": {
      // Lexicographic: a < c OR (a = c AND (b < d OR …)); only the last place keeps the "or equal".
      const direction = name.replace(/^pg_catalog\./, "")[0]!;
      let result = tests[left.length - 1]!;
      for (let i = left.length - 2; i >= 0; i--) {
        const tie: Expression = { kind: "And", args: [pair("=", i), result], ...boolean };
        result = { kind: "Or", args: [pair(direction, i), tie], ...boolean };
      }
      return result;
    }
    default: {
      for (const test of tests) {
        if (test.type !== TypeOid.bool)
          throw datatypeMismatch(`row comparison operator must yield type boolean, not type ${binder.typeName(test.type)}`, at(position));
      }
      const hint = "Row comparison operators must be associated with btree operator families.";
      throw featureNotSupported(
        `could not determine interpretation of row comparison operator ${name.slice(name.lastIndexOf(".") + 1)}`,
        at(position),
        hint,
      );
    }
  }
}
const resolvePair = (_binder: Binder, expression: Expression): Expression => expression;

export { resolveUnknown };
