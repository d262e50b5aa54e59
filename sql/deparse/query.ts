/**
 * Queries as SQL, in the layout of ruleutils.c's get_query_def: clauses in lines of their own, one select item a line, joins
 * under the table they start from.
 */
import { quoteIdentifier } from "../../src/catalog/index.js";
import type { Expression } from "../../src/plan/index.js";
import { notSupported } from "../../src/types/index.js";
import { LOCK_STRENGTHS, LOCK_WAITS } from "../binder/bind-locking.js";
import { outputName } from "../binder/output-name.js";
import { LOCK_WORDS } from "../parser/deparse.js";
import type { Expr, FromItem, GroupItem, Query, SelectQuery, SetQuery, SortItem, ValuesQuery, WithClause } from "../parser/syntax-tree.js";
import { boundOf, printExpression, rangeColumn } from "./expression.js";
import { printFrom } from "./from.js";
import { Names, ownName } from "./names.js";
import { typeText } from "./objects.js";
import { INDENT, type Printer } from "./printer.js";
import { printSortItem } from "./sort.js";
import { printWindow, sortText } from "./window.js";

export interface QueryTarget {
  /** The view's own column names, which the select list has to give. */
  readonly columnNames?: readonly string[] | undefined;
  /** Somebody sees the result's names, so that one nobody gave is said. */
  readonly namesVisible: boolean;
  /** Names that entries may not have (old and new of a view's rule). */
  readonly reserved?: readonly string[];
  /** RETURN expression, which is kept as a SELECT. */
  readonly isReturn?: boolean;
  /** Column references say whose column it is even where there is only one entry. */
  readonly qualified?: boolean;
}
const S = INDENT.standard;

/** A query inside another: its entries' names are kept apart from those around it; lines go on where they were. */
export function printNestedQuery(p: Printer, query: Query, target: QueryTarget): void {
  const saved = p.indentLevel;
  printQuery(p, query, target);
  p.indentLevel = saved;
}

export function printQuery(p: Printer, query: Query, target: QueryTarget): void {
  const outer = p.names;
  const from = query.kind === "Select" ? query.from : [];
  const qualified = target.qualified === true || outer.qualified || outer.hasEntries || from.length !== 1 || from[0]?.kind === "JoinItem";
  p.names = new Names(outer, from, { qualified });
  try {
    if (query.with !== undefined) printWith(p, query.with);
    switch (query.kind) {
      case "Select":
        printSelect(p, query, target);
        break;
      case "Values":
        if (p.layout.lines) {
          p.indentLevel += S;
          p.add(" ");
        }
        printValues(p, query);
        break;
      case "SetOperation":
        printSetOperation(p, query, target);
    }
    printTail(p, query);
  } finally {
    p.names = outer;
  }
}

function printTail(p: Printer, query: Query): void {
  if (query.orderBy.length > 0) {
    p.keyword(" ORDER BY ", -S, S, 1);
    p.list(query.orderBy, (item) => printSort(p, query, item));
  }
  if (query.offset !== undefined) {
    p.keyword(" OFFSET ", -S, S, 0);
    printExpression(p, boundOf(p, query.offset), false);
  }
  if (query.limit !== undefined) {
    p.keyword(query.withTies ? " FETCH FIRST " : " LIMIT ", -S, S, 0);
    const bound = boundOf(p, query.limit);
    if (bound.kind === "Constant" && bound.value === null) p.add("ALL");
    else {
      // FETCH FIRST takes a number or something in parentheses.
      if (query.withTies) p.add("(");
      printExpression(p, bound, false);
      if (query.withTies) p.add(")");
    }
    if (query.withTies) p.add(" ROWS WITH TIES");
  }
  if (query.kind === "Select") printLocking(p, query);
}
/** A clause for each relation, the strongest that was written for it. */
function printLocking(p: Printer, query: SelectQuery): void {
  const entries = query.from.flatMap(lockableEntries).filter((entry) => p.notes.entries.get(entry)?.notLockable === undefined);
  const clauses = new Map<FromItem, { strength: number; wait: number }>();
  for (const { relations, strength, wait } of query.locking) {
    const meant = relations.length === 0 ? entries : relations.flatMap((r) => entries.find((entry) => ownName(entry) === r.name) ?? []);
    for (const entry of meant) {
      const known = clauses.get(entry) ?? { strength: 0, wait: 0 };
      known.strength = Math.max(known.strength, LOCK_STRENGTHS.indexOf(strength));
      known.wait = Math.max(known.wait, LOCK_WAITS.indexOf(wait));
      clauses.set(entry, known);
    }
  }
  for (const [entry, { strength, wait }] of clauses) {
    p.keyword(` ${LOCK_WORDS[LOCK_STRENGTHS[strength] as (typeof LOCK_STRENGTHS)[number]]}`, -S, S, 0);
    p.add(` OF ${quoteIdentifier(p.names.of(entry) ?? "")}${["", " SKIP LOCKED", " NOWAIT"][wait]}`);
  }
}
const lockableEntries = (item: FromItem): readonly FromItem[] =>
  item.kind === "JoinItem" ? [...lockableEntries(item.left), ...lockableEntries(item.right)] : [item];
function printSort(p: Printer, query: Query, item: SortItem): void {
  const place = p.notes.places.get(item.expr);
  if (place !== undefined && query.kind === "SetOperation") p.add(String(place));
  else if (place !== undefined) p.add(`"*VALUES*".column${place}`);
  else printSortItem(p, boundOf(p, item.expr), printExpression);
  p.add(sortText(item));
}

function printWith(p: Printer, clause: WithClause): void {
  if (p.layout.lines) {
    p.indentLevel += S;
    p.add(" ");
  }
  p.add(clause.recursive ? "WITH RECURSIVE " : "WITH ");
  p.list(clause.tables, (table) => {
    const { query } = table;
    if (query.kind !== "Select" && query.kind !== "Values" && query.kind !== "SetOperation")
      throw notSupported("a data-modifying statement in a stored query");
    const names = (list: readonly string[]): string => list.map((name) => quoteIdentifier(name)).join(", ");
    p.add(quoteIdentifier(table.name));
    if (table.columnNames.length > 0) p.add(`(${names(table.columnNames)})`);
    p.add(` AS ${table.materialized === undefined ? "" : table.materialized ? "MATERIALIZED " : "NOT MATERIALIZED "}(`);
    if (p.layout.lines) p.keyword("", 0, 0, 0);
    printNestedQuery(p, query, { namesVisible: true });
    if (p.layout.lines) p.keyword("", 0, 0, 0);
    p.add(")");
    const { search, cycle } = table;
    if (search !== undefined)
      p.add(
        ` SEARCH ${search.breadthFirst ? "BREADTH" : "DEPTH"} FIRST BY ${names(search.columns)} SET ${quoteIdentifier(search.sequence)}`,
      );
    if (cycle !== undefined) {
      p.add(` CYCLE ${names(cycle.columns)} SET ${quoteIdentifier(cycle.mark)}`);
      if (!isLiteral(cycle.value, true) || !isLiteral(cycle.defaultValue, false)) {
        p.add(" TO ");
        printExpression(p, boundOf(p, cycle.value), false);
        p.add(" DEFAULT ");
        printExpression(p, boundOf(p, cycle.defaultValue), false);
      }
      p.add(` USING ${quoteIdentifier(cycle.path)}`);
    }
  });
  if (p.layout.lines) {
    p.indentLevel -= S;
    p.keyword("", 0, 0, 0);
  } else p.add(" ");
}
const isLiteral = (expr: Expr, value: boolean): boolean => expr.kind === "Literal" && expr.value === value;

function printSelect(p: Printer, query: SelectQuery, target: QueryTarget): void {
  if (p.layout.lines) {
    p.indentLevel += S;
    p.add(" ");
  }
  p.add(target.isReturn === true ? "RETURN" : "SELECT");
  if (query.distinct === "all") p.add(" DISTINCT");
  else if (query.distinct !== "none") {
    p.add(" DISTINCT ON (");
    p.list(query.distinct, (expr) => printSortItem(p, boundOf(p, expr), printExpression));
    p.add(")");
  }
  printTargets(p, query, target);
  printFrom(p, query.from);
  if (query.where !== undefined) {
    p.keyword(" WHERE ", -S, S, 1);
    printExpression(p, boundOf(p, query.where), false);
  }
  if (query.groupBy.length > 0) {
    p.keyword(" GROUP BY ", -S, S, 1);
    if (query.groupDistinct) p.add("DISTINCT ");
    p.list(query.groupBy, (item) => printGroup(p, item, true));
  }
  if (query.having !== undefined) {
    p.keyword(" HAVING ", -S, S, 0);
    printExpression(p, boundOf(p, query.having), false);
  }
  for (const [i, window] of query.windows.entries()) {
    if (i === 0) p.keyword(" WINDOW ", -S, S, 1);
    else p.add(", ");
    p.add(`${quoteIdentifier(window.name!)} AS `);
    printWindow(p, { ...window, name: undefined }, printExpression);
  }
}

function printTargets(p: Printer, query: SelectQuery, target: QueryTarget): void {
  const entries = query.targets.flatMap((item): { expression: Expression; name: string }[] => {
    const star = p.notes.stars.get(item.expr);
    if (star !== undefined) return star.map((expression) => ({ expression, name: starName(p, expression) }));
    return [{ expression: boundOf(p, item.expr), name: item.name ?? outputName(item.expr) }];
  });
  let wasMultiline = false;
  for (const [i, { expression, name }] of entries.entries()) {
    p.add(i === 0 ? " " : ", ");
    const text = p.aside(() => {
      const own = printTarget(p, expression, target.namesVisible);
      const shown = target.columnNames?.[i] ?? name;
      if (own !== shown && target.isReturn !== true) p.add(` AS ${quoteIdentifier(shown)}`);
    });
    p.addWrapped(text, i > 0, wasMultiline);
    wasMultiline = text.slice(1).includes("\n");
  }
}
function starName(p: Printer, expression: Expression): string {
  if (expression.kind === "ColumnReference") return p.notes.columns.get(expression.id)?.at(-1)?.name ?? expression.name;
  return expression.kind === "FieldSelect"
    ? (p.binder.fields(expression.record.type)?.[expression.fieldIndex]?.name ?? "?column?")
    : "?column?";
}
/** @returns the name that the item has without AS. */
function printTarget(p: Printer, expression: Expression, namesVisible: boolean): string | undefined {
  // An undecided literal is text by now.
  if (expression.kind === "Constant" && expression.type === UNKNOWN) {
    printExpression(p, { ...expression, type: TEXT }, true);
    return namesVisible ? undefined : "?column?";
  }
  printExpression(p, expression, true);
  if (expression.kind === "ColumnReference" && !p.notes.collations.has(expression)) {
    const range = rangeColumn(p, expression);
    if (range !== undefined) return range.name;
    if (!p.notes.calls.has(expression.id)) return expression.name;
  }
  const written = p.notes.written.get(expression);
  if (expression.kind === "RowConstructor" && written?.kind === "ColumnRef") p.add(`::${typeText(p, expression.type, -1)}`);
  return namesVisible ? undefined : "?column?";
}
const UNKNOWN = 705;
const TEXT = 25;

function printGroup(p: Printer, item: GroupItem, mayOmit: boolean): void {
  if (item.kind === "expression" && item.expr.kind === "Row") {
    // A row in parentheses means its fields.
    p.add("(");
    p.list(item.expr.fields, (field) => printSortItem(p, boundOf(p, field), printExpression));
    return p.add(")");
  }
  if (item.kind === "expression") return printSortItem(p, boundOf(p, item.expr), printExpression);
  switch (item.kind) {
    case "empty":
      return p.add("()");
    case "simple": {
      const bare = mayOmit && item.items.length === 1;
      p.add(bare ? "" : "(");
      p.list(item.items, (inner) => printGroup(p, inner, true));
      return p.add(bare ? "" : ")");
    }
    case "sets":
      p.add("GROUPING SETS (");
      p.list(item.items, (inner) => {
        const isExpression = inner.kind === "expression" && inner.expr.kind !== "Row";
        if (isExpression) p.add("(");
        printGroup(p, inner, false);
        if (isExpression) p.add(")");
      });
      return p.add(")");
    case "rollup":
    case "cube":
      p.add(`${item.kind.toUpperCase()}(`);
      p.list(item.items, (inner) => printGroup(p, inner, true));
      return p.add(")");
  }
}

export function printValues(p: Printer, query: ValuesQuery): void {
  p.add("VALUES ");
  p.list(query.rows, (row) => {
    p.add("(");
    p.list(
      row,
      (expr) => {
        const bound = boundOf(p, expr);
        printExpression(p, bound.kind === "Constant" && bound.type === UNKNOWN ? { ...bound, type: TEXT } : bound, false);
      },
      ",",
    );
    p.add(")");
  });
}

/** A set operation without a tail of its own stands bare among others. */
const isBareOperation = (query: Query): query is SetQuery =>
  query.kind === "SetOperation" &&
  query.with === undefined &&
  query.orderBy.length === 0 &&
  query.limit === undefined &&
  query.offset === undefined;

function printArm(p: Printer, query: Query, target: QueryTarget): void {
  if (isBareOperation(query)) return printSetOperation(p, query, target);
  const needed = query.with !== undefined || query.orderBy.length > 0 || query.limit !== undefined || query.offset !== undefined;
  if (needed) p.add("(");
  printNestedQuery(p, query, target);
  if (needed) p.add(")");
}
function printSetOperation(p: Printer, query: SetQuery, target: QueryTarget): void {
  const { left, right } = query;
  const leftNeeds = isBareOperation(left) && (left.operation !== query.operation || left.all !== query.all);
  if (leftNeeds) {
    p.add("(");
    p.keyword("", S, 0, 0);
  }
  printArm(p, left, target);
  if (leftNeeds) p.keyword(") ", -S, 0, 0);
  else if (p.layout.lines) p.keyword("", 0, 0, 0);
  else p.add(" ");
  p.add(`${query.operation.toUpperCase()} ${query.all ? "ALL " : ""}`);
  const rightNeeds = isBareOperation(right);
  if (rightNeeds) p.add("(");
  p.keyword("", rightNeeds ? S : 0, 0, 0);
  printArm(p, right, { ...target, namesVisible: false });
  if (rightNeeds) {
    if (p.layout.lines) p.indentLevel -= S;
    p.keyword(")", 0, 0, 0);
  }
}
