/** SET lists of UPDATE and ON CONFLICT DO UPDATE. */
import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { DbError, generatedAlways, notSupportedAt, syntaxError, undefinedColumn } from "../../src/types/index.js";
import type { Assignment, Expr } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";
import { defaultOrNull, findAttribute } from "./bind-default.js";
import { bindExpression, columnReference, expandRow } from "./bind-expression.js";
import { bindQuery } from "./bind-query.js";
import { coerceForAssignment } from "./coerce.js";
import type { Scope } from "./scope.js";

export interface BoundAssignments {
  readonly assignments: readonly { readonly attribute: number; readonly value: Expression }[];
  /** The source, with the subqueries of SET (a, b) = (SELECT …) joined to it. */
  readonly source: LogicalPlan;
}

export function bindAssignments(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  set: readonly Assignment[],
  source: LogicalPlan,
  _oldRow: readonly PlanColumn[],
): BoundAssignments {
  let plan = source;
  let multi: readonly (Expression | undefined)[] = [];
  const seen = new Set<number>();
  const assignments = set.map((assignment) => {
    const attribute = findAttribute(table, assignment.column);
    if (attribute === undefined) throw undefinedColumn(`column "${assignment.column}" of relation "${table.name}" does not exist`, at(assignment.position));
    if (assignment.indirection.length > 0) throw notSupportedAt("assigning to an element or field of a column", at(assignment.position));
    if (seen.has(attribute.number)) {
      throw new DbError({ sqlstate: "42601", message: `multiple assignments to same column "${attribute.name}"`, position: assignment.position });
    }
    seen.add(attribute.number);
    if (assignment.multi?.index === 0) {
      const spread = bindMultiple(binder, scope, table, assignment, set);
      multi = spread.values;
      if (spread.join !== undefined) {
        plan = { kind: "Join", type: "left", left: plan, right: spread.join, lateral: true, columns: [...plan.columns, ...spread.join.columns] };
      }
    }
    const written = assignment.multi === undefined ? bindAssigned(binder, scope, attribute, assignment.value) : multi[assignment.multi.index];
    return { attribute: attribute.number, value: assignValue(binder, attribute, written, assignment.value.position) };
  });
  return { assignments, source: plan };
}

/** undefined: DEFAULT. */
function bindAssigned(binder: Binder, scope: Scope, attribute: AttributeObject, expr: Expr): Expression | undefined {
  if (expr.kind === "Default") return undefined;
  if (attribute.identity === "always" || attribute.generated === true) throw onlyDefault(attribute);
  return bindExpression(binder, scope, expr);
}
function onlyDefault(attribute: AttributeObject) {
  return attribute.generated === true
    ? generatedAlways(`column "${attribute.name}" can only be updated to DEFAULT`, `Column "${attribute.name}" is a generated column.`)
    : generatedAlways(`column "${attribute.name}" can only be updated to DEFAULT`, `Column "${attribute.name}" is an identity column defined as GENERATED ALWAYS.`);
}
function assignValue(binder: Binder, attribute: AttributeObject, written: Expression | undefined, position: number): Expression {
  if (written === undefined) return defaultOrNull(binder, attribute);
  return coerceForAssignment(binder, written, attribute.type, attribute.typmod, attribute.name, position);
}

/** SET (a, b) = (1, DEFAULT) or = (SELECT x, y …). */
function bindMultiple(
  binder: Binder,
  scope: Scope,
  table: TableObject,
  first: Assignment,
  set: readonly Assignment[],
): { readonly values: readonly (Expression | undefined)[]; readonly join?: LogicalPlan } {
  const count = first.multi!.count;
  const value = first.value;
  const names = set.slice(set.indexOf(first), set.indexOf(first) + count).map((assignment) => findAttribute(table, assignment.column));
  const mismatch = () => syntaxError("number of columns does not match number of values", at(value.position));
  if (value.kind === "Row") {
    const fields = value.fields;
    const hasStar = fields.some((field) => field.kind === "ColumnRef" && field.star);
    if (hasStar) {
      const expanded = expandRow(binder, scope, fields);
      if (expanded.length !== count) throw mismatch();
      return { values: expanded };
    }
    if (fields.length !== count) throw mismatch();
    return { values: fields.map((field, i) => (names[i] === undefined ? bindExpression(binder, scope, field) : bindAssigned(binder, scope, names[i], field))) };
  }
  if (value.kind === "Subquery" && value.form === "scalar") {
    const inner = bindQuery(binder, scope, value.query, { resolveUnknowns: true });
    if (inner.columns.length !== count) throw mismatch();
    for (const attribute of names) if (attribute?.identity === "always" || attribute?.generated === true) throw onlyDefault(attribute);
    return { values: inner.columns.map((column) => columnReference(column)), join: singleRow(inner) };
  }
  throw syntaxError("source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression", at(value.position));
}
/** A subquery that gives several rows must fail, not multiply the row: the join takes the plan as it is when that cannot happen. */
function singleRow(plan: LogicalPlan): LogicalPlan {
  return { kind: "Limit", input: plan, withTies: false, count: { kind: "Constant", value: 1, type: 20, typmod: -1 }, columns: plan.columns };
}
