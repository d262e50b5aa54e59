/**
 * WITH RECURSIVE: the order in which its entries can be bound, and PostgreSQL's rules about where an entry may mention itself.
 * Works on the syntax tree, before anything is bound. Source: parse_cte.c, makeDependencyGraph and checkWellFormedRecursion.
 */
import { featureNotSupported, invalidRecursion } from "../../src/types/index.js";
import { locationOf } from "../parser/location.js";
import type { CommonTableExpr, Query, RelationItem, SetQuery, WithClause } from "../parser/syntax-tree.js";
import { at } from "./binder.js";

export interface OrderedTable {
  readonly table: CommonTableExpr;
  readonly recursive: boolean;
}

/** Entries such that each comes after those it reads. @throws DbError 0A000 for entries that read each other. */
export function orderTables(clause: WithClause): OrderedTable[] {
  const items = clause.tables.map((table, index) => {
    const names = new Set(clause.tables.map((other) => other.name));
    return { table, index, reads: referencesOf(table.query, names) };
  });
  const placed: OrderedTable[] = [];
  const waiting = [...items];
  const done = new Set<string>();
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ table, reads }) => [...reads].every((name) => name === table.name || done.has(name)));
    if (next < 0) throw featureNotSupported("mutual recursion between WITH items is not implemented", at(waiting[0]!.table.position));
    const { table, reads } = waiting.splice(next, 1)[0]!;
    done.add(table.name);
    const recursive = reads.has(table.name);
    if (recursive) checkRecursion(table);
    placed.push({ table, recursive });
  }
  return placed;
}

type Context = "ok" | "nonrecursive term" | "sublink" | "outer join" | "intersect" | "except";
const CONTEXT_TEXTS: Readonly<Record<Exclude<Context, "ok">, string>> = {
  "nonrecursive term": "must not appear within its non-recursive term",
  sublink: "must not appear within a subquery",
  "outer join": "must not appear within an outer join",
  intersect: "must not appear within INTERSECT",
  except: "must not appear within EXCEPT",
};

function referencesOf(root: unknown, names: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  walk(root, "ok", [], (item) => {
    if (names.has(item.relation.name)) found.add(item.relation.name);
  });
  return found;
}

/** Visits every table name that no inner WITH defines, with where it stands. */
function walk(node: unknown, context: Context, hidden: readonly string[], visit: (item: RelationItem, context: Context) => void): void {
  if (node === null || typeof node !== "object") return;
  if (Array.isArray(node)) {
    for (const item of node) walk(item, context, hidden, visit);
    return;
  }
  const typed = node as { readonly kind?: string; readonly with?: WithClause };
  const go = (part: unknown, inner: Context = context, also: readonly string[] = hidden): void => walk(part, inner, also, visit);
  const worse = (inner: Context): Context => (context === "ok" ? inner : context);
  let scope = hidden;
  if (typed.with !== undefined) {
    const own = typed.with.tables.map((table) => table.name);
    const all = [...hidden, ...own];
    // Without RECURSIVE an entry sees only the entries before it.
    typed.with.tables.forEach((table, i) => go(table.query, context, typed.with!.recursive ? all : [...hidden, ...own.slice(0, i)]));
    scope = all;
  }
  switch (typed.kind) {
    case "Relation": {
      const item = node as RelationItem;
      if (item.relation.schema === undefined && !scope.includes(item.relation.name)) visit(item, context);
      return;
    }
    case "JoinItem": {
      const join = node as Extract<import("../parser/syntax-tree.js").FromItem, { kind: "JoinItem" }>;
      const outerLeft = join.type === "right" || join.type === "full";
      const outerRight = join.type === "left" || join.type === "full";
      go(join.left, outerLeft ? worse("outer join") : context, scope);
      go(join.right, outerRight ? worse("outer join") : context, scope);
      go(join.on, context, scope);
      return;
    }
    case "Subquery": {
      const subquery = node as Extract<import("../parser/syntax-tree.js").Expr, { kind: "Subquery" }>;
      go(subquery.test, context, scope);
      go(subquery.query, worse("sublink"), scope);
      return;
    }
    case "SetOperation": {
      const query = node as SetQuery;
      const left = query.operation === "intersect" ? worse("intersect") : context;
      const right = query.operation === "intersect" ? worse("intersect") : query.operation === "except" ? worse("except") : context;
      go(query.left, left, scope);
      go(query.right, right, scope);
      go(query.orderBy, context, scope);
      go(query.limit, context, scope);
      go(query.offset, context, scope);
      return;
    }
  }
  for (const [key, value] of Object.entries(node)) if (key !== "with" && typeof value === "object") go(value, context, scope);
}

function checkRecursion(table: CommonTableExpr): void {
  const { query, name } = table;
  const position = at(table.position);
  if (query.kind !== "Select" && query.kind !== "Values" && query.kind !== "SetOperation")
    throw invalidRecursion(`recursive query "${name}" must not contain data-modifying statements`, position);
  const badForm = () =>
    invalidRecursion(`recursive query "${name}" does not have the form non-recursive-term UNION [ALL] recursive-term`, position);
  if (query.kind !== "SetOperation" || query.operation !== "union") throw badForm();
  // An entry of the query's own WITH that reads the table does so on the left side of everything.
  if (query.with !== undefined) check(query.with, "sublink", name);
  check(query.left, "nonrecursive term", name);
  const count = check(query.right, "ok", name);
  if (count > 1)
    throw invalidRecursion(`recursive reference to query "${name}" must not appear more than once`, at(secondReference(query.right, name)));
  if (count === 0) throw badForm();
  checkTail(query);
}
function check(root: unknown, start: Context, name: string): number {
  let count = 0;
  walk(root, start, [], (item, context) => {
    if (item.relation.name !== name) return;
    if (context !== "ok") throw invalidRecursion(`recursive reference to query "${name}" ${CONTEXT_TEXTS[context]}`, at(item.position));
    count++;
  });
  return count;
}
function secondReference(root: unknown, name: string): number {
  const positions: number[] = [];
  walk(root, "ok", [], (item) => {
    if (item.relation.name === name) positions.push(item.position);
  });
  return positions[1] ?? 0;
}
function checkTail(query: SetQuery): void {
  const refuse = (what: string, position: number) => featureNotSupported(`${what} in a recursive query is not implemented`, at(position));
  if (query.orderBy.length > 0) throw refuse("ORDER BY", locationOf(query.orderBy[0]!.expr));
  if (query.offset !== undefined) throw refuse("OFFSET", locationOf(query.offset));
  if (query.limit !== undefined) throw refuse("LIMIT", locationOf(query.limit));
  if (query.locking.length > 0) throw refuse("FOR UPDATE/SHARE", 0);
}

export const isQuery = (query: CommonTableExpr["query"]): query is Query =>
  query.kind === "Select" || query.kind === "Values" || query.kind === "SetOperation";
