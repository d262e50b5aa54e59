/**
 * SEARCH and CYCLE of a recursive WITH entry: columns that the base gets, that the recursive term carries on, and a condition on what it
 * reads. Source: rewriteSearchCycle.c.
 *
 *   SEARCH DEPTH FIRST BY a SET s     s = ARRAY[ROW(a)], then s || ROW(a)
 *   SEARCH BREADTH FIRST BY a SET s   s = ROW(0, a), then ROW(s.f1 + 1, a)
 *   CYCLE a SET m TO v DEFAULT d USING p   m = d, p = ARRAY[ROW(a)]; then m = CASE WHEN ROW(a) = ANY (p) THEN v ELSE d END, p || ROW(a),
 *                                          over rows of the table with m <> v only
 */
import type { Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { duplicateColumn, featureNotSupported, syntaxError, TypeOid } from "../../src/types/index.js";
import type { CommonTableExpr, CycleClause, SearchClause, SetQuery } from "../parser/syntax-tree.js";
import { bindExpression, columnReference, makeOperator } from "./bind-expression.js";
import { at, type Binder } from "./binder.js";
import { coerceTo, commonType } from "./coerce.js";
import { requireEquality } from "./comparability.js";
import type { CommonTableScope, Scope } from "./scope.js";

/** One added column: its value for a base row and for a row of the term, given the value in the row of the table that the term read. */
interface Added {
  readonly column: PlanColumn;
  base(row: readonly Expression[]): Expression;
  /** `carried` are the added columns of the row that the term read, in the order of `extensions`. */
  next(row: readonly Expression[], carried: readonly Expression[]): Expression;
}
export interface Extensions {
  readonly added: readonly Added[];
  /** A row of the table that the term goes on from. */
  readonly goesOn: ((carried: readonly Expression[]) => Expression) | undefined;
}

export function bindExtensions(
  binder: Binder,
  scope: Scope,
  table: CommonTableExpr,
  query: SetQuery,
  columns: readonly PlanColumn[],
): Extensions | undefined {
  const { search, cycle } = table;
  if (search === undefined && cycle === undefined) return undefined;
  for (const [arm, side] of [
    [query.left, "left"],
    [query.right, "right"],
  ] as const)
    if (arm.kind === "SetOperation")
      throw featureNotSupported(`with a SEARCH or CYCLE clause, the ${side} side of the UNION must be a SELECT`);
  checkNames(search, cycle, columns);
  const added: Added[] = [];
  if (search !== undefined) added.push(searchColumn(binder, search, columns, 0));
  const goesOn = cycle === undefined ? undefined : addCycle(binder, scope, cycle, columns, added);
  return { added, goesOn };
}

function checkNames(search: SearchClause | undefined, cycle: CycleClause | undefined, columns: readonly PlanColumn[]): void {
  const names = columns.map((column) => column.name);
  const listed = (kind: string, list: readonly string[], position: number): void => {
    for (const [i, name] of list.entries()) {
      if (!names.includes(name)) throw syntaxError(`${kind} column "${name}" not in WITH query column list`, at(position));
      if (list.indexOf(name) !== i) throw duplicateColumn(`${kind} column "${name}" specified more than once`, at(position));
    }
  };
  if (search !== undefined) {
    listed("search", search.columns, search.position);
    if (names.includes(search.sequence))
      throw syntaxError(`search sequence column name "${search.sequence}" already used in WITH query column list`, at(search.position));
  }
  if (cycle === undefined) return;
  const position = at(cycle.position);
  listed("cycle", cycle.columns, cycle.position);
  if (names.includes(cycle.mark))
    throw syntaxError(`cycle mark column name "${cycle.mark}" already used in WITH query column list`, position);
  if (names.includes(cycle.path))
    throw syntaxError(`cycle path column name "${cycle.path}" already used in WITH query column list`, position);
  if (cycle.mark === cycle.path) throw syntaxError("cycle mark column name and cycle path column name are the same", position);
  if (search?.sequence === cycle.mark)
    throw syntaxError("search sequence column name and cycle mark column name are the same", at(search.position));
  if (search?.sequence === cycle.path)
    throw syntaxError("search sequence column name and cycle path column name are the same", at(search.position));
}

const rowOf = (fields: readonly Expression[]): Expression => ({ kind: "RowConstructor", fields, type: TypeOid.record, typmod: -1 });
const pathOf = (row: Expression): Expression => ({
  kind: "ArrayConstructor",
  elementType: TypeOid.record,
  elements: [row],
  multidimensional: false,
  type: TypeOid.recordArray,
  typmod: -1,
});
const append = (path: Expression, row: Expression): Expression => ({
  kind: "FunctionCall",
  functionId: "array_append(anycompatiblearray,anycompatible)",
  args: [path, row],
  strict: false,
  volatility: "immutable",
  syntax: { form: "function", name: "array_append" },
  type: TypeOid.recordArray,
  typmod: -1,
});
function picker(names: readonly string[], columns: readonly PlanColumn[]): (row: readonly Expression[]) => Expression[] {
  const places = names.map((name) => columns.findIndex((column) => column.name === name));
  return (row) => places.map((place) => row[place]!);
}

function searchColumn(binder: Binder, search: SearchClause, columns: readonly PlanColumn[], place: number): Added {
  const pick = picker(search.columns, columns);
  if (!search.breadthFirst) {
    return {
      column: binder.newColumn(search.sequence, TypeOid.recordArray, -1),
      base: (row) => pathOf(rowOf(pick(row))),
      next: (row, carried) => append(carried[place]!, rowOf(pick(row))),
    };
  }
  const depth = (value: number): Expression => ({ kind: "Constant", value, type: TypeOid.int8, typmod: -1 });
  return {
    column: binder.newColumn(search.sequence, TypeOid.record, -1),
    base: (row) => rowOf([depth(0), ...pick(row)]),
    next: (row, carried) => {
      const before: Expression = { kind: "FieldSelect", record: carried[place]!, fieldIndex: 0, type: TypeOid.int8, typmod: -1 };
      return rowOf([makeOperator(binder, "+", before, depth(1), 0), ...pick(row)]);
    },
  };
}

function addCycle(
  binder: Binder,
  scope: Scope,
  cycle: CycleClause,
  columns: readonly PlanColumn[],
  added: Added[],
): NonNullable<Extensions["goesOn"]> {
  const pick = picker(cycle.columns, columns);
  const written = [bindExpression(binder, scope, cycle.value), bindExpression(binder, scope, cycle.defaultValue)];
  const type = commonType(binder, written, "CYCLE")!;
  const [value, otherwise] = written.map((e) => coerceTo(binder, e, type, "CYCLE/SET/TO")) as [Expression, Expression];
  requireEquality(binder, { type }, 0);
  const markPlace = added.length;
  const pathPlace = markPlace + 1;
  added.push({
    column: binder.newColumn(cycle.mark, type, -1),
    base: () => otherwise,
    next: (row, carried) => {
      const seen: Expression = {
        kind: "ArrayComparison",
        quantifier: "any",
        operator: "=",
        functionId: "record_eq(record,record)",
        left: rowOf(pick(row)),
        array: carried[pathPlace]!,
        type: TypeOid.bool,
        typmod: -1,
      };
      return { kind: "Case", whens: [{ when: seen, then: value }], otherwise, type, typmod: -1 };
    },
  });
  added.push({
    column: binder.newColumn(cycle.path, TypeOid.recordArray, -1),
    base: (row) => pathOf(rowOf(pick(row))),
    next: (row, carried) => append(carried[pathPlace]!, rowOf(pick(row))),
  });
  return (carried) => makeOperator(binder, "<>", carried[markPlace]!, value, 0);
}

/** The base with the added columns behind its own. */
export function extendBase(binder: Binder, plan: LogicalPlan, extensions: Extensions): LogicalPlan {
  const row = plan.columns.map((column) => columnReference(column));
  return {
    kind: "Project",
    input: plan,
    expressions: [...row, ...extensions.added.map((a) => a.base(row))],
    columns: [
      ...plan.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod)),
      ...extensions.added.map(({ column }) => binder.newColumn(column.name, column.type, column.typmod)),
    ],
  };
}

/** The recursive term, carrying what the table's row had. `entry.carried` are the ids under which that row's added columns are there. */
export function extendTerm(binder: Binder, plan: LogicalPlan, extensions: Extensions, entry: CommonTableScope): LogicalPlan {
  const carried = entry.carried;
  const top = plan.kind === "Project" && carried !== undefined ? plan : undefined;
  if (top === undefined || !carried!.every((column) => top.input.columns.some((c) => c.id === column.id)))
    throw featureNotSupported(
      `with a SEARCH or CYCLE clause, the recursive reference to WITH query "${entry.name}" must be at the top level of its right-hand SELECT`,
    );
  const inner: LogicalPlan = {
    ...top,
    expressions: [...top.expressions, ...carried!.map((column) => columnReference(column))],
    columns: [...top.columns, ...carried!.map((column) => binder.newColumn(column.name, column.type, column.typmod))],
  };
  const row = inner.columns.slice(0, top.columns.length).map((column) => columnReference(column));
  const before = inner.columns.slice(top.columns.length).map((column) => columnReference(column));
  return {
    kind: "Project",
    input: inner,
    expressions: [...row, ...extensions.added.map((a) => a.next(row, before))],
    columns: inner.columns.map((column) => binder.newColumn(column.name, column.type, column.typmod)),
  };
}
