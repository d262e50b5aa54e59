/** Which conditions an inverted index answers, and what that costs. */
import { type IndexObject, keyAttribute, type TableObject } from "../catalog/index.js";
import {
  any,
  compileScalar,
  type Evaluate,
  emptyLayout,
  every,
  type InvertedKey,
  type InvertedKeys,
  type InvertedQuery,
  invertedKind,
  invertedQuery,
  invertedWords,
  isInvertedOperator,
  type RunState,
  type Scope,
} from "../execution/internal.js";
import type { ColumnId, Expression } from "../plan/index.js";
import { type Datum, TypeOid } from "../types/index.js";
import { conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import { invertedSelectivity, LOOKUP_COST, OPERATOR_COST, ROW_COST } from "./estimates.js";
import type { Planner } from "./planner.js";

/** A condition over one index: comparisons with values that the rows have no part in, and And and Or of them. */
type Condition =
  | { readonly kind: "and" | "or"; readonly args: readonly Condition[] }
  | { readonly kind: "leaf"; readonly key: InvertedKey; readonly operator: string; readonly value: Expression };

export interface InvertedPath {
  readonly index: IndexObject;
  readonly conditions: readonly Expression[];
  readonly rows: number;
  readonly cost: number;
  readonly query: (scope: Scope) => (state: RunState, keysOf: InvertedKeys) => InvertedQuery;
}

/** The operators that read as another one with their sides exchanged. */
const turned: Readonly<Record<string, string>> = { "@>": "<@", "<@": "@>", "&&": "&&", "=": "=" };
const functions: ReadonlySet<string> = new Set([
  "jsonb_contains",
  "jsonb_contained",
  "jsonb_exists",
  "jsonb_exists_any",
  "jsonb_exists_all",
  "jsonb_path_exists_opr",
  "jsonb_path_match_opr",
  "arraycontains",
  "arraycontained",
  "arrayoverlap",
  "array_eq",
]);
/** A random row of the table, beside what reading it in order costs. */
const ROWS_TOUCH = 0.02;

export function invertedPath(
  planner: Planner,
  table: TableObject,
  terms: readonly Expression[],
  /** The terms with indexed expressions read as the hidden columns that hold them. */
  readable: readonly Expression[],
  own: ReadonlySet<ColumnId>,
  attributeOf: ReadonlyMap<ColumnId, number>,
  covers: (index: IndexObject) => boolean,
  rowCount: number,
): InvertedPath | undefined {
  let best: InvertedPath | undefined;
  for (const index of planner.context.catalog.indexesOf(table.oid)) {
    if (index.method !== "gin" || index.partitioned === true || !index.valid || !covers(index)) continue;
    const keys = new Map<number, InvertedKey>();
    index.columns.forEach((column, position) => {
      // A condition names the column; an expression was read as its hidden column.
      const type = planner.type(table.attributes[keyAttribute(column) - 1]?.type ?? TypeOid.text);
      const attribute = column.expressionSql === undefined ? column.attribute : keyAttribute(column);
      if (!keys.has(attribute)) keys.set(attribute, { position, kind: invertedKind(column.opclass, type), type });
    });
    const keyOf = (e: Expression): InvertedKey | undefined => {
      const column = plainColumn(e);
      const attribute = column === undefined ? undefined : attributeOf.get(column.id);
      return attribute === undefined ? undefined : keys.get(attribute);
    };
    const found = readable.map((term) => conditionOf(term, keyOf, own));
    const conditions = found.filter((c) => c !== undefined);
    if (conditions.length === 0) continue;
    const whole: Condition = { kind: "and", args: conditions };
    const rows = Math.max(1, Math.min(rowCount, rowsOf(planner, index, whole, rowCount)));
    const cost = LOOKUP_COST * 2 + rows * (ROW_COST + ROWS_TOUCH + OPERATOR_COST * terms.length);
    if (best !== undefined && best.cost <= cost) continue;
    best = {
      index,
      conditions: terms.filter((_, i) => found[i] !== undefined),
      rows,
      cost,
      query: (scope) => {
        const environment = planner.environment(scope);
        return compile(whole, (e) => compileScalar(environment, e, emptyLayout));
      },
    };
  }
  return best;
}

function conditionOf(
  term: Expression,
  keyOf: (e: Expression) => InvertedKey | undefined,
  own: ReadonlySet<ColumnId>,
): Condition | undefined {
  if (term.kind === "Or") {
    const args = term.args.map((arg) => conditionOf(arg, keyOf, own));
    return args.every((a) => a !== undefined) ? { kind: "or", args: args as Condition[] } : undefined;
  }
  if (term.kind === "And") {
    const args = conjunctsOf(term).flatMap((arg) => conditionOf(arg, keyOf, own) ?? []);
    return args.length === 0 ? undefined : { kind: "and", args };
  }
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.args.length !== 2) return undefined;
  const [left, right] = term.args as readonly [Expression, Expression];
  const { name } = term.syntax;
  // Somebody's own operator of the same name means something else.
  if (!functions.has(term.functionId.slice(0, term.functionId.indexOf("(")))) return undefined;
  for (const [column, operator, value] of [
    [left, name, right],
    [right, turned[name], left],
  ] as const) {
    const key = operator === undefined ? undefined : keyOf(column);
    if (key === undefined || operator === undefined || !isInvertedOperator(key.kind, operator) || !isFreeOf(value, own)) continue;
    if (value.type === argumentType(key, operator)) return { kind: "leaf", key, operator, value };
  }
  return undefined;
}

function argumentType(key: InvertedKey, operator: string): number {
  switch (operator) {
    case "?":
      return TypeOid.text;
    case "?|":
    case "?&":
      return TypeOid.textArray;
    case "@?":
    case "@@":
      return TypeOid.jsonpath;
    default:
      return key.type.oid;
  }
}

/** Counted where the values are known, else guessed. */
function rowsOf(planner: Planner, index: IndexObject, condition: Condition, rowCount: number): number {
  const { inverted } = planner.context.statistics;
  if (condition.kind === "leaf") {
    const { key, operator, value } = condition;
    if (value.kind !== "Constant" || inverted === undefined) return rowCount * invertedSelectivity(operator);
    const query = invertedQuery(key, operator, value.value as Datum, inverted.keys);
    return query === "all" ? rowCount : inverted.rows(index.storage, invertedWords(query));
  }
  const rows = condition.args.map((arg) => rowsOf(planner, index, arg, rowCount));
  return condition.kind === "and" ? Math.min(...rows) : rows.reduce((sum, n) => sum + n, 0);
}

function compile(condition: Condition, value: (e: Expression) => Evaluate): (state: RunState, keysOf: InvertedKeys) => InvertedQuery {
  if (condition.kind === "leaf") {
    const { key, operator } = condition;
    const evaluate = value(condition.value);
    return (state, keysOf) => invertedQuery(key, operator, evaluate([], state), keysOf);
  }
  const args = condition.args.map((arg) => compile(arg, value));
  const join = condition.kind === "and" ? every : any;
  return (state, keysOf) => join(args.map((arg) => arg(state, keysOf)));
}
