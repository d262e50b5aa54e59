/** Recognizes statements that are one search of plain columns by a list of keys or a range of an index (src/execution/index-search.ts). */
import {
  IndexScanOperator,
  IndexSearch,
  type IndexSearchSource,
  type IndexTerm,
  LimitOperator,
  type Operator,
  ProjectOperator,
  type SearchBound,
  WRITTEN,
} from "../execution/internal.js";
import type { Expression, Limit, LogicalPlan, PlanColumn } from "../plan/index.js";
import { TypeOid } from "../types/index.js";
import { columnReference, limitOf, storedOutputs, throughProject } from "./plain-outputs.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

const integers: ReadonlySet<number> = new Set([TypeOid.int2, TypeOid.int4, TypeOid.int8]);
/** Keys of a list above which the statement is the session's (native/io/pg_search.h). */
const LIST_MAX = 100;
const texts: ReadonlySet<number> = new Set([TypeOid.text, TypeOid.varchar]);

/** `plan` after the rules, `root` as it was planned: what the operators do not do (a sort, a filter) need not be done. */
export function indexSearchOf(
  planner: Planner,
  plan: LogicalPlan,
  root: Operator,
  columns: readonly PlanColumn[],
): IndexSearch | undefined {
  let operator = root;
  while (operator instanceof ProjectOperator || operator instanceof LimitOperator) operator = operator.input;
  if (!(operator instanceof IndexScanOperator) || operator.source.terms === undefined) return undefined;

  let node = plan;
  let outputs: readonly Expression[] = columns.map(columnReference);
  let limit: Limit | undefined;
  for (;;) {
    if (node.kind === "Project") outputs = throughProject(outputs, node);
    else if (node.kind === "Limit") {
      if (limit !== undefined) return undefined;
      limit = node;
    } else if (node.kind !== "Sort" && node.kind !== "Filter") break;
    node = node.input;
  }
  if (node.kind !== "Scan") return undefined;

  const { storage, backward, lower, upper, terms } = operator.source;
  const equals = parametersOf(terms.equals);
  const next = nextOf(planner, terms.list, boundOf(terms.lower, lower?.inclusive), boundOf(terms.upper, upper?.inclusive));
  const most = limitOf(limit);
  const table = tableOf(planner, node.relation);
  const stored = storedOutputs(table, node, outputs);
  if (equals === undefined || next === undefined || most === "other" || stored === undefined) return undefined;
  return new IndexSearch({ relation: table.oid, index: storage, equals, next, backward, limit: most, outputs: stored });
}

/** The parameters that key columns are compared with; undefined: something else, or of a type that keys are not read from. */
function parametersOf(terms: readonly IndexTerm[]): number[] | undefined {
  const out: number[] = [];
  for (const { value, columnType } of terms) {
    const parameter = parameterOf(value);
    if (parameter === undefined || !isSameKind(value.type, columnType)) return undefined;
    out.push(parameter);
  }
  return out;
}
const parameterOf = (value: Expression): number | undefined =>
  value.kind === "Parameter" ? value.index : value.kind === "Constant" && value.value !== null ? WRITTEN : undefined;
function isSameKind(type: number, column: number): boolean {
  return type === column || (integers.has(type) && integers.has(column)) || (texts.has(type) && texts.has(column));
}

function boundOf(term: IndexTerm | undefined, inclusive = true): SearchBound | undefined | "other" {
  if (term === undefined) return undefined;
  const parameter = parametersOf([term])?.[0];
  return parameter === undefined ? "other" : { parameter, inclusive };
}

function nextOf(
  planner: Planner,
  list: Expression | undefined,
  lower: SearchBound | undefined | "other",
  upper: SearchBound | undefined | "other",
): IndexSearchSource["next"] | undefined {
  if (list === undefined) return lower === "other" || upper === "other" ? undefined : { form: "range", lower, upper };
  if (list.kind === "InList") {
    const parameters = parametersOf(list.items.map((value) => ({ value, columnType: list.arg.type })));
    return parameters === undefined || parameters.length > LIST_MAX ? undefined : { form: "list", parameters };
  }
  if (list.kind !== "ArrayComparison") return undefined;
  const { elementType } = planner.type(list.array.type);
  const parameter = parameterOf(list.array);
  return parameter !== undefined && isSameKind(elementType, list.left.type) ? { form: "array", parameter, elementType } : undefined;
}
