/** The terms of a condition, and comparisons of a column with something that the row has no part in. */

import { flatten } from "../execution/internal.js";
import type { ColumnId, Expression, FunctionCall } from "../plan/index.js";
import { columnsOf, isVolatile } from "./walk.js";

export function conjunctsOf(predicate: Expression | undefined): readonly Expression[] {
  if (predicate === undefined) return [];
  return predicate.kind === "And" ? flatten("And", predicate.args) : [predicate];
}

/** What a column is compared with: `column op value`, the operator turned round when it was written the other way. */
export interface ColumnComparison {
  readonly column: ColumnId;
  readonly columnType: number;
  readonly operator: "=" | "<" | "<=" | ">" | ">=";
  readonly value: Expression;
  readonly term: FunctionCall;
}

const turned: Readonly<Record<string, "=" | "<" | "<=" | ">" | ">=">> = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" };

export function comparisonOf(term: Expression, own: ReadonlySet<ColumnId>): ColumnComparison | undefined {
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.args.length !== 2) return undefined;
  const operator = turned[term.syntax.name];
  if (operator === undefined) return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  const left = plainColumn(a);
  if (left !== undefined && own.has(left.id) && isFreeOf(b, own)) {
    return { column: left.id, columnType: left.type, operator: turned[operator] as "=", value: b, term };
  }
  const right = plainColumn(b);
  if (right !== undefined && own.has(right.id) && isFreeOf(a, own))
    return { column: right.id, columnType: right.type, operator, value: a, term };
  return undefined;
}

/** A column, through casts that change nothing. */
export function plainColumn(e: Expression): Extract<Expression, { kind: "ColumnReference" }> | undefined {
  let x = e;
  while (x.kind === "Relabel") x = x.arg;
  return x.kind === "ColumnReference" ? x : undefined;
}

/** Has the same value for every row of the plan that makes the columns `own`. */
export function isFreeOf(e: Expression, own: ReadonlySet<ColumnId>): boolean {
  for (const id of columnsOf(e)) if (own.has(id)) return false;
  return !isVolatile(e);
}
