/** SET lists of UPDATE and ON CONFLICT DO UPDATE. */

import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression, LogicalPlan } from "../../src/plan/index.js";
import { DbError, featureNotSupported, generatedAlways, syntaxError, undefinedColumn } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { Assignment, Expr } from "../parser/syntax-tree.js";
import { assignField, presentValue } from "./assign-field.js";
import { defaultOrNull, findAttribute } from "./bind-default.js";
import { bindExpression, columnReference, expandRow } from "./bind-expression.js";
import { bindQuery } from "./bind-query.js";
import { startsWithSubscript } from "./bind-subscript.js";
import { at, type Binder } from "./binder.js";
import { coerceForAssignment, tryCoerce } from "./coerce.js";
import type { Scope } from "./scope.js";

export type BoundAssignments = readonly { readonly attribute: number; readonly value: Expression }[];

/** For a column that is renamed: where it is written to. */
export function noteAssigned(binder: Binder, written: object, table: TableObject, attribute: AttributeObject): void {
  const { renaming } = binder;
  if (renaming?.kind === "column" && renaming.relation === table.oid && renaming.attribute === table.attributes.indexOf(attribute) + 1)
    renaming.columns.set(written as Expr, renaming.to);
}

export function bindAssignments(binder: Binder, scope: Scope, table: TableObject, set: readonly Assignment[]): BoundAssignments {
  let multi: readonly (Expression | undefined)[] = [];
  const seen = new Set<number>();
  /** Columns whose fields were assigned, with the row as it is so far. */
  const partly = new Map<number, { row: Expression; readonly assigned: { attribute: number; value: Expression } }>();
  return set.flatMap((assignment) => {
    const attribute = findAttribute(table, assignment.column);
    if (attribute === undefined)
      throw undefinedColumn(`column "${assignment.column}" of relation "${table.name}" does not exist`, at(assignment.position));
    noteAssigned(binder, assignment, table, attribute);
    if (assignment.indirection.length > 0 && !seen.has(attribute.number)) {
      if (assignment.multi?.index === 0) multi = bindMultiple(binder, scope, table, assignment, set);
      const value =
        assignment.multi === undefined ? bindAssigned(binder, scope, attribute, assignment.value) : multi[assignment.multi.index];
      if (value === undefined)
        throw new DbError({
          sqlstate: "0A000",
          message: startsWithSubscript(assignment.indirection)
            ? "cannot set an array element to DEFAULT"
            : "cannot set a subfield to DEFAULT",
          ...(assignment.position === 0 ? {} : { position: assignment.position }),
        });
      const known = partly.get(attribute.number);
      // A domain over the type checks the row when all its fields are there.
      const below = binder.baseType(attribute.type);
      const container = known?.row ?? { ...presentValue(scope, table, attribute), type: below };
      const row = assignField(binder, scope, container, below, assignment.indirection, attribute.name, value, assignment.position);
      const whole = below === attribute.type ? row : tryCoerce(binder, row, attribute.type, "assignment")!;
      if (known !== undefined) {
        known.row = row;
        known.assigned.value = whole;
        return [];
      }
      const assigned = { attribute: attribute.number, value: whole };
      partly.set(attribute.number, { row, assigned });
      return [assigned];
    }
    if (partly.has(attribute.number) || seen.has(attribute.number)) {
      throw new DbError({ sqlstate: "42601", message: `multiple assignments to same column "${attribute.name}"` });
    }
    seen.add(attribute.number);
    if (assignment.multi?.index === 0) multi = bindMultiple(binder, scope, table, assignment, set);
    const written =
      assignment.multi === undefined ? bindAssigned(binder, scope, attribute, assignment.value) : multi[assignment.multi.index];
    return [{ attribute: attribute.number, value: assignValue(binder, attribute, written, locationOf(assignment.value)) }];
  });
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
    : generatedAlways(
        `column "${attribute.name}" can only be updated to DEFAULT`,
        `Column "${attribute.name}" is an identity column defined as GENERATED ALWAYS.`,
      );
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
): readonly (Expression | undefined)[] {
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
      return expanded;
    }
    if (fields.length !== count) throw mismatch();
    return fields.map((field, i) =>
      names[i] === undefined ? bindExpression(binder, scope, field) : bindAssigned(binder, scope, names[i], field),
    );
  }
  if (value.kind === "Subquery" && value.form === "scalar") {
    for (const attribute of names) if (attribute?.identity === "always" || attribute?.generated === true) throw onlyDefault(attribute);
    // One scalar subquery per column, each bound for itself: a second row is then an error, as it must be.
    return names.map((_, i) => {
      const inner = bindQuery(binder, scope, value.query, { resolveUnknowns: true });
      if (inner.columns.length !== count) throw mismatch();
      const column = inner.columns[i]!;
      const plan: LogicalPlan = {
        kind: "Project",
        input: inner,
        expressions: [columnReference(column)],
        columns: [binder.newColumn(column.name, column.type, column.typmod)],
      };
      return { kind: "Subquery", form: "scalar", plan, type: column.type, typmod: column.typmod };
    });
  }
  throw featureNotSupported("source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression", at(value.position));
}
