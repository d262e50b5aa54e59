/** VALUES lists: every column has one type over all rows. */
import type { Expression, LogicalPlan } from "../../src/plan/index.js";
import { featureNotSupportedWithDetail, invalidColumnReference, syntaxError } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { Query, ValuesQuery } from "../parser/syntax-tree.js";
import { bindExpression, columnReference } from "./bind-expression.js";
import { bindLimit, type QueryOptions } from "./bind-query.js";
import { bindSortKey } from "./bind-sort.js";
import { at, type Binder } from "./binder.js";
import { coerceTo, commonModifier, commonType } from "./coerce.js";
import type { Scope } from "./scope.js";

export function bindValues(binder: Binder, scope: Scope, query: ValuesQuery, _options: QueryOptions): LogicalPlan {
  scope.clause = "VALUES";
  const rows = query.rows.map((row) => row.map((expr) => bindExpression(binder, scope, expr)));
  const width = rows[0]!.length;
  for (const [i, row] of rows.entries()) {
    if (row.length !== width) throw syntaxError("VALUES lists must all be the same length", at(query.rows[i]![0]?.position));
  }
  const columns = [];
  for (let i = 0; i < width; i++) {
    const cells = rows.map((row) => row[i]!);
    const type = commonType(binder, cells, "VALUES")!;
    const typmod = commonModifier(cells, type);
    for (const row of rows) row[i] = coerceTo(binder, row[i]!, type, "VALUES");
    columns.push(binder.newColumn(`column${i + 1}`, type, typmod));
  }
  const plan: LogicalPlan = { kind: "Values", rows, columns };
  binder.own(scope, { name: "*VALUES*", columns, relationVisible: false, columnsVisible: true });
  return bindTail(binder, scope, query, plan);
}

/** ORDER BY and LIMIT over output columns only: names, places, and expressions over them. */
export function bindTail(binder: Binder, scope: Scope, query: Exclude<Query, { kind: "Select" }>, input: LogicalPlan): LogicalPlan {
  let plan = input;
  if (query.orderBy.length > 0) {
    const keys = query.orderBy.map((item) => {
      let expression: Expression;
      const expr = item.expr;
      if (expr.kind === "Literal" && expr.literal === "integer") {
        const column = input.columns[(expr.value as number) - 1];
        if (column === undefined) throw outOfRange(expr.value as number, expr.position);
        expression = columnReference(column);
      } else {
        const name = expr.kind === "ColumnRef" && !expr.star && expr.fields.length === 1 ? expr.fields[0] : undefined;
        const column = name === undefined ? undefined : input.columns.find((candidate) => candidate.name === name);
        if (column === undefined) {
          if (query.kind === "SetOperation") {
            // Names that are no result's are looked up first, as PostgreSQL does.
            scope.items = [];
            scope.clause = "ORDER BY";
            if (expr.kind === "ColumnRef" && !expr.star) bindExpression(binder, scope, expr);
            throw onlyNames(locationOf(expr));
          }
          scope.items = [{ name: "*VALUES*", columns: input.columns, relationVisible: false, columnsVisible: true }];
          expression = bindExpression(binder, scope, expr);
        } else expression = columnReference(column);
      }
      if (expression.kind === "ColumnReference") {
        const { id } = expression;
        binder.notes?.places.set(expr, input.columns.findIndex((column) => column.id === id) + 1);
      }
      return bindSortKey(binder, expression, item);
    });
    plan = { kind: "Sort", input: plan, keys, columns: plan.columns };
  }
  return bindLimit(binder, scope, query, plan);
}
const outOfRange = (place: number, position: number) =>
  invalidColumnReference(`ORDER BY position ${place} is not in select list`, at(position));
const onlyNames = (position: number) =>
  featureNotSupportedWithDetail(
    "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
    "Only result column names can be used, not expressions or functions.",
    "Add the expression/function to every SELECT, or move the UNION into a FROM clause.",
    at(position),
  );
