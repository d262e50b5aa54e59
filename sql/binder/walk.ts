/** Children of bound expressions: one place that knows them all. */
import type { Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";

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
    case "SubscriptAssignment":
      return [
        expression.container,
        expression.value,
        ...expression.subscripts.flatMap((s) => [s.lower, s.upper].filter((e) => e !== undefined)),
      ];
    case "FieldSelect":
      return [expression.record];
    case "JsonQuery":
      return [
        expression.context,
        expression.path,
        ...expression.passing.map((p) => p.value),
        ...[expression.onEmpty, expression.onError].filter((e) => e !== undefined),
      ];
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
    case "SubscriptAssignment":
      return {
        ...expression,
        container: one(expression.container),
        value: one(expression.value),
        subscripts: expression.subscripts.map((s) => ({
          ...(s.lower === undefined ? {} : { lower: one(s.lower) }),
          ...(s.upper === undefined ? {} : { upper: one(s.upper) }),
        })),
      };
    case "FieldSelect":
      return { ...expression, record: one(expression.record) };
    case "JsonQuery":
      return {
        ...expression,
        context: one(expression.context),
        path: one(expression.path),
        passing: expression.passing.map((p) => ({ ...p, value: one(p.value) })),
        ...(expression.onEmpty === undefined ? {} : { onEmpty: one(expression.onEmpty) }),
        ...(expression.onError === undefined ? {} : { onError: one(expression.onError) }),
      };
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

/** Same meaning by structure; positions do not count, and columns that a subquery makes for itself are the same by their place in it. */
export function sameExpression(left: Expression, right: Expression): boolean {
  return left === right || sameValue(left, right, undefined);
}
/** Ids that the left side's subqueries make, with the right side's at the same place; names of WITH entries alike. */
interface Renaming {
  readonly columns: Map<number, number>;
  readonly tables: Map<number, number>;
}
const IGNORED_KEYS = new Set(["position", "syntax", "explicit", "name"]);
function sameValue(left: unknown, right: unknown, renaming: Renaming | undefined): boolean {
  if (Object.is(left, right) && renaming === undefined) return true;
  if (left === null || right === null || typeof left !== "object" || typeof right !== "object") return Object.is(left, right);
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, i) => sameValue(item, right[i], renaming));
  }
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  const l = left as Record<string, unknown>;
  const r = right as Record<string, unknown>;
  const known = l.kind === "Subquery" && r.kind === "Subquery" ? renamed(l.plan, r.plan, renaming) : renaming;
  const keys = Object.keys(l).filter((key) => !IGNORED_KEYS.has(key));
  if (keys.length !== Object.keys(r).filter((key) => !IGNORED_KEYS.has(key)).length) return false;
  return keys.every((key) => {
    if (known !== undefined && (key === "id" || key === "inner" || key === "rowId") && typeof l[key] === "number")
      return (known.columns.get(l[key]) ?? l[key]) === r[key];
    if (known !== undefined && key === "cteId") return (known.tables.get(l[key] as number) ?? l[key]) === r[key];
    return sameValue(l[key], r[key], known);
  });
}
function renamed(left: unknown, right: unknown, outer: Renaming | undefined): Renaming {
  const columns = new Map(outer?.columns);
  const tables = new Map(outer?.tables);
  const walk = (a: unknown, b: unknown): void => {
    if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return;
    const l = a as Record<string, unknown>;
    const r = b as Record<string, unknown>;
    for (const key of Object.keys(l)) {
      // What a node calls its columns is what it makes, or passes on from one that made it.
      if (key === "columns" && Array.isArray(l[key]) && Array.isArray(r[key])) {
        const made = r[key] as readonly PlanColumn[];
        (l[key] as readonly PlanColumn[]).forEach((column, i) => {
          const other = made[i];
          if (other !== undefined && !columns.has(column.id)) columns.set(column.id, other.id);
        });
      } else if (key === "cteId" && l.columns !== undefined) tables.set(l[key] as number, r[key] as number);
      else walk(l[key], r[key]);
    }
  };
  walk(left, right);
  return { columns, tables };
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
