/** WITH: entries in order, recursive ones by their two terms, data-modifying ones. */
import type { CommonTable, PlanColumn } from "../../src/plan/index.js";
import { DbError, datatypeMismatch, invalidColumnReference, invalidRecursion } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { CommonTableExpr, Query, SetQuery, WithClause } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { bindModification } from "./bind-modification.js";
import { bindQuery } from "./bind-query.js";
import { coerceColumns } from "./bind-set-operation.js";
import { at, type Binder } from "./binder.js";
import { commonType } from "./coerce.js";
import { type CommonTableScope, Scope } from "./scope.js";

export function bindWith(binder: Binder, scope: Scope, clause: WithClause): CommonTable[] {
  for (const [i, table] of clause.tables.entries()) {
    if (clause.tables.findIndex((other) => other.name === table.name) !== i) {
      throw new DbError({
        sqlstate: "42712",
        message: `WITH query name "${table.name}" specified more than once`,
        position: table.position,
      });
    }
  }
  return clause.tables.map((table) => bindCommonTable(binder, scope, table, clause.recursive));
}

function bindCommonTable(binder: Binder, scope: Scope, table: CommonTableExpr, recursive: boolean): CommonTable {
  const { query } = table;
  const isModification = query.kind === "Insert" || query.kind === "Update" || query.kind === "Delete";
  const entry: CommonTableScope = {
    cteId: binder.newCteId(),
    name: table.name,
    columns: undefined,
    recursive: "no",
    references: 0,
    modifying: isModification,
  };
  if (isModification) {
    if (scope.parent !== undefined) {
      throw new DbError({
        sqlstate: "0A000",
        message: "WITH clause containing a data-modifying statement must be at the top level",
        position: table.position,
      });
    }
    const plan = bindModification(binder, scope, query);
    entry.columns = rename(table, plan.columns);
    scope.ctes.set(table.name, entry);
    return { cteId: entry.cteId, name: table.name, columns: entry.columns, plan, materialized: true };
  }
  if (recursive && query.kind === "SetOperation" && query.operation === "union" && query.orderBy.length === 0) {
    const bound = tryRecursive(binder, scope, table, query, entry);
    if (bound !== undefined) return bound;
  } else if (recursive) {
    // A name that is not recursive after all is seen by its own definition only as "no such relation".
    scope.ctes.set(table.name, entry);
    try {
      return bindPlain(binder, scope, table, query, entry);
    } catch (error) {
      if (entry.references > 0 && query.kind !== "SetOperation") {
        throw invalidRecursion(
          `recursive query "${table.name}" does not have the form non-recursive-term UNION [ALL] recursive-term`,
          at(table.position),
        );
      }
      throw error;
    }
  }
  return bindPlain(binder, scope, table, query, entry);
}

function bindPlain(binder: Binder, scope: Scope, table: CommonTableExpr, query: Query, entry: CommonTableScope): CommonTable {
  const plan = bindQuery(binder, scope, query, { resolveUnknowns: true });
  entry.columns = rename(table, plan.columns);
  scope.ctes.set(table.name, entry);
  return { cteId: entry.cteId, name: table.name, columns: entry.columns, plan, materialized: table.materialized };
}

/** undefined: the right arm does not mention the name, so it is an ordinary UNION. */
function tryRecursive(
  binder: Binder,
  scope: Scope,
  table: CommonTableExpr,
  query: SetQuery,
  entry: CommonTableScope,
): CommonTable | undefined {
  const level = new Scope(scope);
  level.ctes.set(table.name, entry);
  const tables = query.with === undefined ? [] : bindWith(binder, level, query.with);
  if (tables.length > 0)
    throw invalidRecursion(`recursive query "${table.name}" with a WITH clause of its own is not supported`, at(table.position));
  const base = bindQuery(binder, level, query.left, { resolveUnknowns: true });
  entry.columns = rename(table, base.columns);
  entry.references = 0;
  let term = bindQuery(binder, level, query.right, { resolveUnknowns: false });
  if (entry.references === 0) return undefined;
  if (entry.references > 1)
    throw invalidRecursion(`recursive reference to query "${table.name}" must not appear more than once`, at(table.position));
  if (query.limit !== undefined || query.offset !== undefined)
    throw invalidRecursion("LIMIT in a recursive query is not implemented", at(table.position));
  if (term.columns.length !== base.columns.length) {
    throw new DbError({ sqlstate: "42601", message: "each UNION query must have the same number of columns" });
  }
  for (const [i, column] of term.columns.entries()) {
    const cells = [columnReference(base.columns[i]!), term.kind === "Project" ? term.expressions[i]! : columnReference(column)];
    const overall = commonType(binder, cells, "UNION")!;
    checkTermType(binder, table, query, base.columns[i]!, { ...column, type: overall }, i);
  }
  term = coerceColumns(
    binder,
    term,
    base.columns.map(({ type }) => ({ type, typmod: -1 })),
    "UNION",
  );
  scope.ctes.set(table.name, entry);
  return {
    cteId: entry.cteId,
    name: table.name,
    columns: entry.columns,
    plan: base,
    materialized: true,
    recursive: { term, all: query.all },
  };
}
function checkTermType(binder: Binder, table: CommonTableExpr, query: SetQuery, base: PlanColumn, term: PlanColumn, i: number): void {
  if (base.type === term.type) return;
  throw datatypeMismatch(
    `recursive query "${table.name}" column ${i + 1} has type ${binder.typeName(base.type)} in non-recursive term but type ${binder.typeName(term.type)} overall`,
    at(query.left.kind === "Select" && query.left.targets[i] !== undefined ? locationOf(query.left.targets[i].expr) : undefined),
    { hint: "Cast the output of the non-recursive term to the correct type." },
  );
}

function rename(table: CommonTableExpr, columns: readonly PlanColumn[]): readonly PlanColumn[] {
  if (table.columnNames.length > columns.length) {
    throw invalidColumnReference(
      `WITH query "${table.name}" has ${columns.length} columns available but ${table.columnNames.length} columns specified`,
      at(table.position),
    );
  }
  return columns.map((column, i) => (table.columnNames[i] === undefined ? column : { ...column, name: table.columnNames[i]! }));
}
