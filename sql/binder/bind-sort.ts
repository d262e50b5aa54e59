/** Sort keys: direction, place of nulls, and that the type has an order at all. */
import type { Expression, SortKey } from "../../src/plan/index.js";
import { notAnOrderingOperator } from "../../src/types/index.js";
import type { SortItem } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";
import { requireOrder } from "./comparability.js";
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
