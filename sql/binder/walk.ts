/** Children of bound expressions: one place that knows them all. */
import type { Expression, LogicalPlan } from "../../src/plan/index.js";

export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "Constant":
    case "Parameter":
    case "ColumnReference":
    case "CaseOperand":
      return [];
    case "FunctionCall":
    case "And":
    case "Or":
    case "Coalesce":
    case "Greatest":
    case "Least":
      return expression.args;
    case "Not":
    case "NullTest":
    case "BooleanTest":
    case "Relabel":
    case "CoerceViaText":
    case "CoerceModifier":
      return [expression.arg];
    case "CoerceArray":
      return [expression.arg, expression.element];
    case "DistinctTest":
    case "NullIf":
      return [expression.left, expression.right];
    case "Case":
      return [
        ...(expression.operand === undefined ? [] : [expression.operand]),
        ...expression.whens.flatMap((w) => [w.when, w.then]),
        expression.otherwise,
      ];
    case "InList":
      return [expression.arg, ...expression.items];
    case "ArrayComparison":
      return [expression.left, expression.array];
    case "ArrayConstructor":
      return expression.elements;
    case "RowConstructor":
      return expression.fields;
    case "Subscript":
      return [expression.container, ...expression.subscripts.flatMap((s) => [s.lower, s.upper].filter((e) => e !== undefined))];
    case "FieldSelect":
      return [expression.record];
    case "Subquery":
      return expression.test === undefined ? [] : [expression.test];
  }
}

/** Rebuilds the node with its children mapped; the same node when nothing changed. */
export function mapChildren(expression: Expression, map: (child: Expression) => Expression): Expression {
  let changed = false;
  const one = (child: Expression): Expression => {
    const mapped = map(child);
    if (mapped !== child) changed = true;
    return mapped;
  };
  const many = (children: readonly Expression[]): readonly Expression[] => children.map(one);
  const rebuilt = rebuild(expression, one, many);
  return changed ? rebuilt : expression;
}

function rebuild(
  expression: Expression,
  one: (e: Expression) => Expression,
  many: (e: readonly Expression[]) => readonly Expression[],
): Expression {
  switch (expression.kind) {
    case "Constant":
    case "Parameter":
    case "ColumnReference":
    case "CaseOperand":
      return expression;
    case "FunctionCall":
    case "And":
    case "Or":
    case "Coalesce":
    case "Greatest":
    case "Least":
      return { ...expression, args: many(expression.args) };
    case "Not":
    case "NullTest":
    case "BooleanTest":
    case "Relabel":
    case "CoerceViaText":
    case "CoerceModifier":
      return { ...expression, arg: one(expression.arg) };
    case "CoerceArray":
      return { ...expression, arg: one(expression.arg), element: one(expression.element) };
    case "DistinctTest":
    case "NullIf":
      return { ...expression, left: one(expression.left), right: one(expression.right) };
    case "Case": {
      const whens = expression.whens.map((w) => ({ when: one(w.when), then: one(w.then) }));
      const otherwise = one(expression.otherwise);
      return expression.operand === undefined
        ? { ...expression, whens, otherwise }
        : { ...expression, operand: one(expression.operand), whens, otherwise };
    }
    case "InList":
      return { ...expression, arg: one(expression.arg), items: many(expression.items) };
    case "ArrayComparison":
      return { ...expression, left: one(expression.left), array: one(expression.array) };
    case "ArrayConstructor":
      return { ...expression, elements: many(expression.elements) };
    case "RowConstructor":
      return { ...expression, fields: many(expression.fields) };
    case "Subscript":
      return {
        ...expression,
        container: one(expression.container),
        subscripts: expression.subscripts.map((s) => ({
          ...(s.lower === undefined ? {} : { lower: one(s.lower) }),
          ...(s.upper === undefined ? {} : { upper: one(s.upper) }),
        })),
      };
    case "FieldSelect":
      return { ...expression, record: one(expression.record) };
    case "Subquery":
      return mapSubquery(expression, one);
  }
}
function mapSubquery(expression: Extract<Expression, { kind: "Subquery" }>, one: (e: Expression) => Expression): Expression {
  const test = expression.test === undefined ? {} : { test: one(expression.test) };
  const pairs = expression.pairs === undefined ? {} : { pairs: expression.pairs.map((p) => ({ ...p, outer: one(p.outer) })) };
  return { ...expression, ...test, ...pairs };
}

/** Calls `visit` for the expression and all below it, plans of subqueries included. */
export function visitExpression(expression: Expression, visit: (e: Expression) => void): void {
  const stack: Expression[] = [expression];
  while (stack.length > 0) {
    const next = stack.pop()!;
    visit(next);
    for (const child of childrenOf(next)) stack.push(child);
    if (next.kind === "Subquery") visitPlan(next.plan, visit);
  }
}
export function visitPlan(plan: LogicalPlan, visit: (e: Expression) => void): void {
  for (const value of Object.values(plan)) visitValue(value, visit);
}
/** Plans are plain data: anything in them with a kind is a plan or an expression. */
function visitValue(value: unknown, visit: (e: Expression) => void): void {
  if (value === null || typeof value !== "object") return;
  if (Array.isArray(value)) {
    for (const item of value) visitValue(item, visit);
    return;
  }
  const kind = (value as { kind?: unknown }).kind;
  if (typeof kind === "string" && "type" in value && "typmod" in value) visitExpression(value as Expression, visit);
  else if (kind === undefined && "id" in value && "typmod" in value)
    return; // a column
  else if (Object.getPrototypeOf(value) === Object.prototype) for (const item of Object.values(value)) visitValue(item, visit);
}

/** Same meaning by structure; positions do not count. */
export function sameExpression(left: Expression, right: Expression): boolean {
  return left === right || sameValue(left, right);
}
function sameValue(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return false;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, i) => sameValue(item, right[i]));
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  const keys = Object.keys(left).filter((key) => key !== "position" && key !== "syntax" && key !== "explicit");
  const otherKeys = Object.keys(right).filter((key) => key !== "position" && key !== "syntax" && key !== "explicit");
  return (
    keys.length === otherKeys.length &&
    keys.every((key) => sameValue((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]))
  );
}

/** exprLocation: the leftmost position of the expression's parts. */
export function boundLocation(expression: Expression): number | undefined {
  let found = expression.position;
  if (expression.kind === "Subquery") return found;
  for (const child of childrenOf(expression)) {
    const inner = boundLocation(child);
    if (inner !== undefined && (found === undefined || inner < found)) found = inner;
  }
  return found;
}
