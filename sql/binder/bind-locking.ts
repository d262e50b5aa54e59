/** FOR UPDATE and its weaker forms: which relations' rows are locked. */
import type { LogicalPlan } from "../../src/plan/index.js";
import { featureNotSupported, notSupported, undefinedTable } from "../../src/types/index.js";
import type { LockingClause, SelectQuery } from "../parser/syntax-tree.js";
import { at, type Binder } from "./binder.js";
import type { Scope } from "./scope.js";

export function lockedNames(query: SelectQuery): ReadonlySet<string> | "all" {
  if (query.locking.some((clause) => clause.relations.length === 0)) return "all";
  return new Set(query.locking.flatMap((clause) => clause.relations.map((relation) => relation.name)));
}

export function bindLocking(_binder: Binder, scope: Scope, clauses: readonly LockingClause[], input: LogicalPlan): LogicalPlan {
  return clauses.reduce((plan, clause) => lockOne(scope, clause, plan), input);
}

function lockOne(scope: Scope, clause: LockingClause, input: LogicalPlan): LogicalPlan {
  const items = scope.known.filter((item) => item.relationVisible);
  const chosen =
    clause.relations.length === 0
      ? items
      : clause.relations.map((relation) => {
          const item = items.find((candidate) => candidate.name === relation.name);
          if (item === undefined)
            throw undefinedTable(
              `relation "${relation.name}" in ${LOCK_NAMES[clause.strength]} clause not found in FROM clause`,
              at(relation.position),
            );
          return item;
        });
  const targets = chosen.flatMap((item) => {
    if (item.rowId !== undefined)
      return [{ relation: item.relation!, rowId: item.rowId, ...(item.tableOid === undefined ? {} : { tableOid: item.tableOid }) }];
    if (clause.relations.length > 0) throw featureNotSupported(`${LOCK_NAMES[clause.strength]} cannot be applied to "${item.name}"`);
    throw notSupported(`${LOCK_NAMES[clause.strength]} over a subquery, view or function in FROM`);
  });
  if (targets.length === 0) return input;
  return { kind: "LockRows", input, strength: clause.strength, waitPolicy: clause.wait, targets, columns: input.columns };
}
const LOCK_NAMES = { update: "FOR UPDATE", noKeyUpdate: "FOR NO KEY UPDATE", share: "FOR SHARE", keyShare: "FOR KEY SHARE" } as const;
