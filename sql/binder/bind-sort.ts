/** Sort keys: direction, place of nulls, and that the type has an order at all. */
import type { Expression, SortKey } from "../../src/plan/index.js";
import { FIRST_USER_OID, notAnOrderingOperator, type Oid, undefinedFunction } from "../../src/types/index.js";
import type { SortItem } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";
import { requireOperator } from "./resolve.js";

export function bindSortKey(binder: Binder, expression: Expression, item: SortItem): SortKey {
  if (item.direction === "using") return bindUsing(binder, expression, item);
  const descending = item.direction === "desc";
  requireOrder(binder, expression, item.position);
  const nullsFirst = item.nulls === "default" ? descending : item.nulls === "first";
  return { expression, descending, nullsFirst };
}

/** ORDER BY … USING: an operator that is the "<" or ">" of an order, also of the order by bytes. */
function bindUsing(binder: Binder, sorted: Expression, item: SortItem): SortKey {
  const operator = requireOperator(binder, item.operator ?? "", sorted.type, sorted.type, item.position);
  const byBytes = operator.name === "~<~" || operator.name === "~>~";
  if (operator.isUserDefined === true || !(byBytes || operator.name === "<" || operator.name === ">"))
    throw notAnOrderingOperator(operator.name, at(item.position));
  const descending = operator.name.includes(">");
  const nullsFirst = item.nulls === "default" ? descending : item.nulls === "first";
  return { expression: sorted, descending, nullsFirst, ...(byBytes ? { byBytes } : {}) };
}

/** A composite type is as comparable as its fields, an array as its elements. */
function hasComparison(binder: Binder, oid: Oid): boolean {
  const type = binder.registry.typeByOid(oid);
  if (type === undefined) return true;
  if (type.fields !== undefined) return type.fields.every((field) => hasComparison(binder, field.type));
  if (type.category === "A" && type.elementType >= FIRST_USER_OID) return hasComparison(binder, type.elementType);
  return type.compare !== undefined || type.category === "P";
}

export function requireOrder(binder: Binder, expression: Expression, position: number): void {
  const type = binder.registry.typeByOid(expression.type);
  if (expression.type >= FIRST_USER_OID && !hasComparison(binder, expression.type))
    throw undefinedFunction(
      `could not identify an ordering operator for type ${binder.typeName(expression.type)}`,
      at(position),
      "Use an explicit ordering operator or modify the query.",
    );
  if (type === undefined || type.compare !== undefined || type.category === "P") return;
  if (type.elementType !== 0 && binder.registry.typeByOid(type.elementType)?.compare !== undefined) return;
  throw undefinedFunction(
    `could not identify an ordering operator for type ${binder.typeName(expression.type)}`,
    at(position),
    "Use an explicit ordering operator or modify the query.",
  );
}
/** DISTINCT, GROUP BY and UNION need equality. */
export function requireEquality(binder: Binder, expression: { readonly type: number }, position: number): void {
  const type = binder.registry.typeByOid(expression.type);
  if (expression.type >= FIRST_USER_OID && !hasComparison(binder, expression.type))
    throw undefinedFunction(`could not identify an equality operator for type ${binder.typeName(expression.type)}`, at(position));
  if (type === undefined || type.hashKey !== undefined || type.compare !== undefined || type.category === "P") return;
  if (type.elementType !== 0 && binder.registry.typeByOid(type.elementType)?.compare !== undefined) return;
  throw undefinedFunction(`could not identify an equality operator for type ${binder.typeName(expression.type)}`, at(position));
}
