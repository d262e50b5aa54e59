/** Sort keys: direction, place of nulls, and that the type has an order at all. */
import type { Expression, SortKey } from "../../src/plan/index.js";
import { notSupportedAt, undefinedFunction } from "../../src/types/index.js";
import type { SortItem } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";

export function bindSortKey(binder: Binder, expression: Expression, item: SortItem): SortKey {
  let descending = item.direction === "desc";
  if (item.direction === "using") {
    if (item.operator !== "<" && item.operator !== ">") throw notSupportedAt(`ORDER BY USING ${item.operator}`, at(item.position));
    descending = item.operator === ">";
  }
  requireOrder(binder, expression, item.position);
  const nullsFirst = item.nulls === "default" ? descending : item.nulls === "first";
  return { expression, descending, nullsFirst };
}

export function requireOrder(binder: Binder, expression: Expression, position: number): void {
  const type = binder.registry.typeByOid(expression.type);
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
  if (type === undefined || type.hashKey !== undefined || type.compare !== undefined || type.category === "P") return;
  if (type.elementType !== 0 && binder.registry.typeByOid(type.elementType)?.compare !== undefined) return;
  throw undefinedFunction(`could not identify an equality operator for type ${binder.typeName(expression.type)}`, at(position));
}
