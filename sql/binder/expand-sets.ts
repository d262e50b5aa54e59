/**
 * Set-returning functions inside of expressions: `generate_series(1, 3) + 1`, `f(unnest(a))`.
 *
 * A Project runs the ones that stand at the top of its expressions. Those deeper in get a Project of their own below, innermost first; all that
 * are equally deep advance together. Source: PostgreSQL's split_pathtarget_at_srfs.
 */
import type { Expression, LogicalPlan } from "../../src/plan/index.js";
import { TypeOid } from "../../src/types/index.js";
import { columnReference } from "./bind-expression.js";
import type { Binder } from "./binder.js";
import { recordFields } from "./resolve.js";
import { childrenOf, mapChildren } from "./walk.js";

const isSet = (binder: Binder, e: Expression): boolean =>
  e.kind === "FunctionCall" && binder.registry.functionById(e.functionId)?.kind === "set";
export const hasSet = (binder: Binder, e: Expression): boolean => isSet(binder, e) || childrenOf(e).some((child) => hasSet(binder, child));

/** `expressions` over the returned plan have no set-returning call but at their top, and there only when `keepTop`. */
export function expandSets(
  binder: Binder,
  input: LogicalPlan,
  expressions: readonly Expression[],
  keepTop: boolean,
): { readonly plan: LogicalPlan; readonly expressions: readonly Expression[] } {
  const isDone = (e: Expression): boolean =>
    keepTop && isSet(binder, e) ? !childrenOf(e).some((child) => hasSet(binder, child)) : !hasSet(binder, e);
  let plan = input;
  let current = expressions;
  // One that is at the top in one place but feeds another deeper in another is run with its equals.
  while (!current.every(isDone)) {
    const calls: Expression[] = [];
    const lift = (e: Expression): Expression => {
      if (isSet(binder, e) && !childrenOf(e).some((child) => hasSet(binder, child))) {
        const column = binder.newColumn("?column?", e.type, e.typmod);
        const fields = e.type === TypeOid.record ? recordFields(binder, e) : undefined;
        if (fields !== undefined) binder.recordColumns.set(column.id, fields);
        calls.push(e);
        added.push(column);
        return columnReference(column);
      }
      return hasSet(binder, e) ? mapChildren(e, lift) : e;
    };
    const added: LogicalPlan["columns"][number][] = [];
    const lifted = current.map(lift);
    const passed = plan.columns.map((column) => columnReference(column));
    plan = { kind: "Project", input: plan, expressions: [...passed, ...calls], columns: [...plan.columns, ...added] };
    current = lifted;
  }
  return { plan, expressions: current };
}
