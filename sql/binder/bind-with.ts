/** WITH: entries in order, recursive ones by their two terms, data-modifying ones. */

import type { CommonTable, LogicalPlan, PlanColumn } from "../../src/plan/index.js";
import { DbError, datatypeMismatch, invalidColumnReference, syntaxError } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { CommonTableExpr, Query, SetQuery, WithClause } from "../parser/syntax-tree.js";
import { isModification } from "../parser/syntax-tree.js";
import { columnReference } from "./bind-expression.js";
import { bindModification } from "./bind-modification.js";
import { bindQuery, withTables } from "./bind-query.js";
import { bindExtensions, extendBase, extendTerm } from "./bind-search-cycle.js";
import { coerceColumns } from "./bind-set-operation.js";
import { at, type Binder } from "./binder.js";
import { commonModifier, commonType } from "./coerce.js";
import { requireEquality } from "./comparability.js";
import { orderTables } from "./recursion.js";
import { type CommonTableScope, Scope } from "./scope.js";
import { boundLocation } from "./walk.js";

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
  const ordered = clause.recursive ? orderTables(clause) : clause.tables.map((table) => ({ table, recursive: false }));
  return ordered.map(({ table, recursive }, i) => {
    scope.laterTables = new Set(ordered.slice(i).map((later) => later.table.name));
    try {
      return bindCommonTable(binder, scope, table, recursive);
    } finally {
      scope.laterTables = new Set();
    }
  });
}

function bindCommonTable(binder: Binder, scope: Scope, table: CommonTableExpr, recursive: boolean): CommonTable {
  const { query } = table;
  const entry: CommonTableScope = {
    cteId: binder.newCteId(),
    name: table.name,
    columns: undefined,
    recursive: "no",
    references: 0,
    modifying: isModification(query),
  };
  if (isModification(query)) {
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
  if (recursive && query.kind === "SetOperation") return bindRecursive(binder, scope, table, query, entry);
  if (table.search !== undefined || table.cycle !== undefined) throw syntaxError("WITH query is not recursive", at(table.position));
  return bindPlain(binder, scope, table, query, entry);
}

function bindPlain(binder: Binder, scope: Scope, table: CommonTableExpr, query: Query, entry: CommonTableScope): CommonTable {
  const plan = bindQuery(binder, scope, query, { resolveUnknowns: true });
  entry.columns = rename(table, plan.columns);
  scope.ctes.set(table.name, entry);
  return { cteId: entry.cteId, name: table.name, columns: entry.columns, plan, materialized: table.materialized };
}

/** `recursion.ts` has made sure that the entry is a UNION whose right side reads the entry once. */
function bindRecursive(binder: Binder, scope: Scope, table: CommonTableExpr, query: SetQuery, entry: CommonTableScope): CommonTable {
  const level = new Scope(scope);
  const tables = query.with === undefined ? [] : bindWith(binder, level, query.with);
  const around = (plan: LogicalPlan): LogicalPlan => (tables.length === 0 ? plan : withTables(tables, plan));
  let base = bindQuery(binder, level, query.left, { resolveUnknowns: true });
  entry.columns = rename(table, base.columns);
  const extensions = bindExtensions(binder, scope, table, query, entry.columns);
  if (extensions !== undefined) {
    entry.hidden = { columns: extensions.added.map((a) => a.column), condition: extensions.goesOn };
    base = extendBase(binder, base, extensions);
  }
  level.ctes.set(table.name, entry);
  level.recursiveTerm = true;
  let term = bindQuery(binder, level, query.right, { resolveUnknowns: false });
  const width = entry.columns.length;
  if (term.columns.length !== width)
    throw new DbError({ sqlstate: "42601", message: "each UNION query must have the same number of columns", ...termPosition(query) });
  for (const [i, column] of term.columns.entries()) {
    const cells = [columnReference(base.columns[i]!), term.kind === "Project" ? term.expressions[i]! : columnReference(column)];
    const overall = locatedAt(termColumn(query, i), () => commonType(binder, cells, "UNION")!);
    checkTermType(binder, table, query, base.columns[i]!, { ...column, type: overall, typmod: commonModifier(cells, overall) }, i);
  }
  const types = base.columns.slice(0, width).map(({ type }) => ({ type, typmod: -1 }));
  term = coerceColumns(binder, term, types, "UNION");
  if (extensions !== undefined) {
    term = extendTerm(binder, term, extensions, entry);
    entry.columns = [...entry.columns, ...extensions.added.map((a) => a.column)];
    entry.hidden = undefined;
  }
  if (!query.all)
    entry.columns.forEach((column, i) => {
      const first = base.kind === "Project" ? base.expressions[i] : undefined;
      requireEquality(binder, column, (first === undefined ? undefined : boundLocation(first)) ?? 0);
    });
  scope.ctes.set(table.name, entry);
  return {
    cteId: entry.cteId,
    name: table.name,
    columns: entry.columns,
    plan: around(base),
    materialized: true,
    recursive: { term: around(term), all: query.all },
  };
}
/** Where column i of the recursive term is written; undefined: it cannot be told. */
const termColumn = (query: SetQuery, i: number): number | undefined =>
  query.right.kind === "Select" && query.right.targets[i] !== undefined ? at(locationOf(query.right.targets[i].expr)) : undefined;
/** Errors without a position of their own get this one. */
function locatedAt<Result>(position: number | undefined, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    throw error instanceof DbError ? error.at(position) : error;
  }
}
function termPosition(query: SetQuery): { position?: number } {
  const position = query.right.kind === "Select" && query.right.targets[0] !== undefined ? locationOf(query.right.targets[0].expr) : 0;
  return position === 0 ? {} : { position };
}
function checkTermType(binder: Binder, table: CommonTableExpr, query: SetQuery, base: PlanColumn, term: PlanColumn, i: number): void {
  if (base.type === term.type && base.typmod === term.typmod) return;
  const named = ({ type, typmod }: PlanColumn): string =>
    binder.typeName(type) + (typmod < 0 ? "" : (binder.registry.typeByOid(type)?.formatModifier(typmod) ?? ""));
  throw datatypeMismatch(
    `recursive query "${table.name}" column ${i + 1} has type ${named(base)} in non-recursive term but type ${named(term)} overall`,
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
