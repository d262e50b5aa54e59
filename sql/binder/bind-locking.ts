/**
 * FOR UPDATE and its weaker forms: which relations' rows are locked.
 *
 * A clause that means a view or a subquery means all relations in its FROM. Where such a query only filters, joins and computes, its row ids are
 * handed up and the outer query locks them with its own; any other (one that sorts, limits, …) locks inside, as PostgreSQL's planner has it.
 */
import type { ColumnId, LogicalPlan, PlanColumn, Project } from "../../src/plan/index.js";
import { featureNotSupported, notSupported, type Oid, syntaxError, undefinedTable, wrongObjectType } from "../../src/types/index.js";
import { LOCK_WORDS } from "../parser/deparse.js";
import type { LockingClause, SelectQuery } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { at } from "./binder.js";
import type { NamespaceItem, Scope } from "./scope.js";

/** The columns that say which row of a relation a row is made from. */
export interface LockedRow {
  readonly relation: Oid;
  readonly rowId: PlanColumn;
  /** Of which table, where the rows are of several. */
  readonly tableOid?: PlanColumn;
}
/** What a query in FROM is to lock on behalf of the query around it. */
export interface InheritedLocks {
  readonly clauses: readonly LockingClause[];
  /** A view's own clauses were judged when it was made; a subquery's are judged where it is written. */
  readonly ofView: boolean;
  /** Its rows are handed up here where the query around it can lock them. */
  readonly rows: LockedRow[];
  /** False: the query around it must not see its rows before they are locked. */
  readonly mayHandUp: boolean;
}

/** Clauses that mean the entry of FROM `name`, as clauses that mean everything in it. */
export function inheritedClauses(scope: Scope, name: string): readonly LockingClause[] {
  return scope.locking.filter((clause) => isMeant(clause, name)).map((clause) => ({ ...clause, relations: [] }));
}
export function isLocked(scope: Scope, name: string): boolean {
  return scope.locking.some((clause) => isMeant(clause, name));
}
const isMeant = (clause: LockingClause, name: string): boolean =>
  clause.relations.length === 0 || clause.relations.some((relation) => relation.name === name);

export function bindLocking(scope: Scope, input: LogicalPlan): LogicalPlan {
  const wanted = new Map<ColumnId, { readonly row: LockedRow; strength: number; wait: number }>();
  for (const clause of scope.locking) {
    for (const item of itemsOf(scope, clause)) {
      requireLockable(item);
      for (const row of item.lockedRows ?? []) {
        const known = wanted.get(row.rowId.id) ?? { row, strength: 0, wait: 0 };
        known.strength = Math.max(known.strength, LOCK_STRENGTHS.indexOf(clause.strength));
        known.wait = Math.max(known.wait, LOCK_WAITS.indexOf(clause.wait));
        wanted.set(row.rowId.id, known);
      }
    }
  }
  // Relations that are locked alike are locked together.
  let plan = input;
  for (const [strength, strengthName] of LOCK_STRENGTHS.entries()) {
    for (const [wait, waitPolicy] of LOCK_WAITS.entries()) {
      const rows = [...wanted.values()].filter((w) => w.strength === strength && w.wait === wait).map((w) => w.row);
      if (rows.length === 0) continue;
      const targets = rows.map(({ relation, rowId, tableOid }) => ({
        relation,
        rowId: rowId.id,
        ...(tableOid === undefined ? {} : { tableOid: tableOid.id }),
      }));
      plan = { kind: "LockRows", input: plan, strength: strengthName, waitPolicy, targets, columns: plan.columns };
    }
  }
  return plan;
}
/** Weakest first; of two clauses for one relation the stronger counts. */
export const LOCK_STRENGTHS = ["keyShare", "share", "noKeyUpdate", "update"] as const;
export const LOCK_WAITS = ["block", "skip", "error"] as const;

function itemsOf(scope: Scope, clause: LockingClause): readonly NamespaceItem[] {
  if (clause.relations.length === 0) return scope.known.filter((item) => item.notLockable === undefined);
  return clause.relations.map((relation) => {
    const name = LOCK_WORDS[clause.strength];
    if (relation.schema !== undefined) throw syntaxError(`${name} must specify unqualified relation names`, at(relation.position));
    const item = scope.known.find((candidate) => candidate.name === relation.name && candidate.name !== "");
    if (item === undefined)
      throw undefinedTable(`relation "${relation.name}" in ${name} clause not found in FROM clause`, at(relation.position));
    if (item.notLockable !== undefined)
      throw featureNotSupported(
        `${name} cannot be applied to ${item.notLockable === "VALUES" ? "" : "a "}${item.notLockable}`,
        at(relation.position),
      );
    return item;
  });
}
function requireLockable(item: NamespaceItem): void {
  switch (item.lockRefusal?.kind) {
    case "sequence":
    case "materialized view":
      throw wrongObjectType(`cannot lock rows in ${item.lockRefusal.kind} "${item.lockRefusal.name}"`, undefined);
    case "system relation":
      throw notSupported(`row locks in the system relation "${item.lockRefusal.name}"`);
    case undefined:
      return;
  }
}

/** Throws where the rows of the result are not rows of relations. */
export function refuseLocking(scope: Scope, query: SelectQuery): void {
  const name = LOCK_WORDS[scope.locking[0]!.strength];
  const refuse = (what: string) => featureNotSupported(`${name} is not allowed with ${what}`);
  if (query.distinct !== "none") throw refuse("DISTINCT clause");
  if (query.groupBy.length > 0) throw refuse("GROUP BY clause");
  if (query.having !== undefined) throw refuse("HAVING clause");
  if (scope.aggregates.length > 0) throw refuse("aggregate functions");
  if (scope.windowCalls.length > 0) throw refuse("window functions");
  if (scope.hasSetReturning) throw refuse("set-returning functions in the target list");
}

/** The query's rows with the row ids of what is locked behind its own columns. */
export function handUp(scope: Scope, plan: Project, inherited: InheritedLocks): LogicalPlan {
  const items = scope.known.filter((item) => item.notLockable === undefined);
  for (const item of items) requireLockable(item);
  const rows = items.flatMap((item) => item.lockedRows ?? []);
  inherited.rows.push(...rows);
  const columns = rows.flatMap(({ rowId, tableOid }) => (tableOid === undefined ? [rowId] : [rowId, tableOid]));
  return { ...plan, expressions: [...plan.expressions, ...columns.map((c) => columnReference(c))], columns: [...plan.columns, ...columns] };
}
