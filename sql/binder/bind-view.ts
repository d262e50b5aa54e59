/** A view is its query, bound anew wherever it is read. */
import type { ViewObject } from "../../src/catalog/index.js";
import type { LogicalPlan } from "../../src/plan/index.js";
import { invalidObjectDefinition, stackDepthExceeded } from "../../src/types/index.js";
import type { Query } from "../parser/syntax-tree.js";
import type { InheritedLocks } from "./bind-locking.js";
import { bindQuery } from "./bind-query.js";
import type { Binder } from "./binder.js";
import { parseStoredQuery } from "./stored-sql.js";

const VIEW_NESTING_MAX = 100;

/** `locks`: of a query that locks the view's rows; what is handed up stands behind the view's own columns. */
export function bindView(binder: Binder, view: ViewObject, locks?: InheritedLocks): LogicalPlan {
  if (binder.viewStack.includes(view.oid))
    throw invalidObjectDefinition(`infinite recursion detected in rules for relation "${view.name}"`);
  if (binder.viewStack.length >= VIEW_NESTING_MAX) throw stackDepthExceeded();
  const query: Query = parseStoredQuery(view.sql);
  if (/\b(?:tableoid|ctid|xmin|xmax|cmin|cmax)\b/i.test(view.sql)) binder.mentionsSystemColumns = true;
  binder.viewStack.push(view.oid);
  // Whoever reads the view depends on it, not on what it reads.
  const before = new Set(binder.relationsRead);
  try {
    const plan = bindQuery(binder, undefined, query, { resolveUnknowns: true, ...(locks === undefined ? {} : { locks }) });
    // The view's column names and origin are its own, whatever the query calls them.
    const columns = view.columns.map((column, i) => {
      const inner = plan.columns[i]!;
      return { id: inner.id, name: column.name, type: inner.type, typmod: inner.typmod, origin: { relation: view.oid, attribute: i + 1 } };
    });
    return { ...plan, columns: [...columns, ...plan.columns.slice(columns.length)] } as LogicalPlan;
  } finally {
    for (const oid of binder.relationsRead) if (!before.has(oid)) binder.relationsRead.delete(oid);
    binder.viewStack.pop();
  }
}
