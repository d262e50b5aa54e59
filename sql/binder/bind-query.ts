/** A query of any form: WITH around it, its body, then what follows the body. */

import type { CommonTable, Expression, LogicalPlan } from "../../src/plan/index.js";
import { datatypeMismatch, featureNotSupported, invalidColumnReference, syntaxError, TypeOid } from "../../src/types/index.js";
import { LOCK_WORDS } from "../parser/deparse.js";
import { locationOf } from "../parser/location.js";
import type { Expr, LockingClause, Query } from "../parser/syntax-tree.js";
import { bindExpression } from "./bind-expression.js";
import type { InheritedLocks, LockedRow } from "./bind-locking.js";
import { bindSelect } from "./bind-select.js";
import { bindSetOperation } from "./bind-set-operation.js";
import { bindValues } from "./bind-values.js";
import { bindWith } from "./bind-with.js";
import { at, type Binder } from "./binder.js";
import { tryCoerce } from "./coerce.js";
import { Scope } from "./scope.js";
import { visitExpression } from "./walk.js";

export interface QueryOptions {
  /** Literals of unknown type in the output become text; not in INSERT … SELECT and the arms of a set operation. */
  readonly resolveUnknowns: boolean;
  /** A cursor's query: what its tables' rows are known by is put here. */
  readonly rowIds?: LockedRow[];
  /** A view or subquery in FROM of a query that locks. */
  readonly locks?: InheritedLocks;
}

export function bindQuery(binder: Binder, parent: Scope | undefined, query: Query, options: QueryOptions): LogicalPlan {
  const scope = new Scope(parent);
  const tables = query.with === undefined ? [] : bindWith(binder, scope, query.with);
  const body = bindBody(binder, scope, query, options);
  return withTables(tables, body);
}
export function withTables(tables: readonly CommonTable[], body: LogicalPlan): LogicalPlan {
  return tables.length === 0 ? body : { kind: "With", tables, body, columns: body.columns };
}

function bindBody(binder: Binder, scope: Scope, query: Query, options: QueryOptions): LogicalPlan {
  switch (query.kind) {
    case "Select":
      if (query.into !== undefined) throw syntaxError("SELECT ... INTO is not allowed here", at(query.into.position));
      return bindSelect(binder, scope, query, options);
    case "Values":
      if (query.locking.length > 0) throw featureNotSupported(`${LOCK_WORDS[query.locking[0]!.strength]} cannot be applied to VALUES`);
      return bindValues(binder, scope, query, options);
    case "SetOperation":
      if (options.locks?.ofView === false) throw lockedSetOperation(options.locks.clauses);
      return bindSetOperation(binder, scope, query, options);
  }
}

const lockedSetOperation = ([clause]: readonly LockingClause[]) =>
  featureNotSupported(`${LOCK_WORDS[clause?.strength ?? "update"]} is not allowed with UNION/INTERSECT/EXCEPT`);

/** LIMIT and OFFSET around `input`. */
export function bindLimit(binder: Binder, scope: Scope, query: Query, input: LogicalPlan): LogicalPlan {
  const count =
    query.limit === undefined ? undefined : bindLimitExpression(binder, scope, query.limit, query.withTies ? "FETCH FIRST" : "LIMIT");
  const offset = query.offset === undefined ? undefined : bindLimitExpression(binder, scope, query.offset, "OFFSET");
  if (count === undefined && offset === undefined) return input;
  if (query.withTies && query.orderBy.length === 0) throw syntaxError("WITH TIES cannot be specified without ORDER BY clause");
  return {
    kind: "Limit",
    input,
    ...(count === undefined ? {} : { count }),
    ...(offset === undefined ? {} : { offset }),
    withTies: query.withTies,
    columns: input.columns,
  };
}
function bindLimitExpression(
  binder: Binder,
  scope: Scope,
  expr: Expr,
  construct: "LIMIT" | "OFFSET" | "FETCH FIRST",
): Expression | undefined {
  if (expr.kind === "Literal" && expr.literal === "null") return undefined;
  // Columns of this query cannot be meant: the limit is one value.
  const items = scope.items;
  const clause = scope.clause;
  scope.clause = construct === "OFFSET" ? "OFFSET" : "LIMIT";
  try {
    const written = bindExpression(binder, scope, expr);
    const bound = tryCoerce(binder, written, TypeOid.int8, "assignment");
    if (bound === undefined) {
      throw datatypeMismatch(
        `argument of ${construct} must be type bigint, not type ${binder.typeName(written.type)}`,
        at(locationOf(expr)),
      );
    }
    const usesColumns = (e: Expression): void => {
      if (e.kind === "ColumnReference" && binder.owners[e.id] === scope) throw invalidLimit(construct, e.position ?? locationOf(expr));
    };
    visitExpression(bound, usesColumns);
    return bound;
  } finally {
    scope.items = items;
    scope.clause = clause;
  }
}
const invalidLimit = (construct: string, position: number) =>
  invalidColumnReference(`argument of ${construct} must not contain variables`, at(position));
