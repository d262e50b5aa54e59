/** SET c.f = v and INSERT (c.f): the column's value with one field replaced, the others as they were (NULL where there was no value). */
import type { AttributeObject, TableObject } from "../../src/catalog/index.js";
import type { Expression } from "../../src/plan/index.js";
import { DbError, datatypeMismatch, notSupportedAt, type Oid, undefinedColumn } from "../../src/types/index.js";
import type { Indirection } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { bindSubscriptAssignment, bindSubscripts, type SubscriptStep, startsWithSubscript } from "./bind-subscript.js";
import { at, type Binder } from "./binder.js";
import { applyModifier, tryCoerce } from "./coerce.js";
import type { Scope } from "./scope.js";

/** The target's present value. */
export function presentValue(scope: Scope, table: TableObject, attribute: AttributeObject): Expression {
  for (const item of scope.items) {
    const number = table.attributes.indexOf(attribute) + 1;
    const column = item.relation === table.oid ? item.columns.find((c) => c.origin?.attribute === number) : undefined;
    if (column !== undefined) return columnReference(column);
  }
  return { kind: "Constant", value: null, type: attribute.type, typmod: attribute.typmod };
}
export const noValue = (attribute: AttributeObject): Expression => ({
  kind: "Constant",
  value: null,
  type: attribute.type,
  typmod: attribute.typmod,
});

/** transformAssignmentIndirection. `value` is bound for the innermost place: `bind` gets that place's type. */
export function assignField(
  binder: Binder,
  scope: Scope,
  container: Expression,
  type: Oid,
  path: readonly Indirection[],
  column: string,
  value: Expression,
  position: number,
): Expression {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (startsWithSubscript(path)) {
    const end = path.findIndex((one) => one.kind !== "index" && one.kind !== "slice");
    const run = (end < 0 ? path : path.slice(0, end)) as readonly SubscriptStep[];
    let placed = value;
    if (end >= 0) {
      const element = bindSubscripts(binder, scope, container, run, position);
      placed = assignField(binder, scope, element, element.type, path.slice(end), column, value, position);
    }
    return bindSubscriptAssignment(binder, scope, container, run, placed, column, position);
  }
  if (step.kind !== "field") throw notSupportedAt("assigning to all fields of a column", at(position));
  const below = binder.baseType(type);
  const fields = binder.fields(below);
  if (fields === undefined)
    throw datatypeMismatch(
      `cannot assign to field "${step.name}" of column "${column}" because its type ${binder.typeName(type)} is not a composite type`,
      at(position),
    );
  const index = fields.findIndex((field) => field.name === step.name);
  if (index < 0)
    throw undefinedColumn(
      `cannot assign to field "${step.name}" of column "${column}" because there is no such column in data type ${binder.typeName(type)}`,
      at(position),
    );
  const target = fields[index]!;
  const read = (i: number): Expression => {
    // A row that is being put together has its fields at hand.
    if (container.kind === "RowConstructor") return container.fields[i]!;
    const field = fields[i]!;
    if (container.kind === "Constant") return { kind: "Constant", value: null, type: field.type, typmod: field.typmod };
    return { kind: "FieldSelect", record: container, fieldIndex: i, type: field.type, typmod: field.typmod };
  };
  let inner: Expression;
  if (rest.length > 0) inner = assignField(binder, scope, read(index), target.type, rest, step.name, value, position);
  else {
    const coerced = tryCoerce(binder, value, target.type, "assignment");
    if (coerced === undefined)
      throw new DbError({
        ...datatypeMismatch(
          `subfield "${step.name}" is of type ${binder.typeName(target.type)} but expression is of type ${binder.typeName(value.type)}`,
          at(position),
        ).fields,
        hint: "You will need to rewrite or cast the expression.",
      });
    inner = applyModifier(binder, coerced, target.typmod, false);
  }
  const row: Expression = {
    kind: "RowConstructor",
    fields: fields.map((_, i) => (i === index ? inner : read(i))),
    names: fields.map((field) => field.name),
    type: below,
    typmod: -1,
  };
  // A domain over the type checks the new row.
  return below === type ? row : tryCoerce(binder, row, type, "assignment")!;
}
