/**
 * What binding found out about the nodes of one syntax tree: kept only while a stored query or expression is bound to be printed
 * (sql/deparse), which needs the types, coercions and columns that the text alone does not show.
 *
 * Bound expressions are those from before aggregation rewrote them, so their columns are the range table's.
 */
import type { AggregateCall, ColumnId, Expression } from "../../src/plan/index.js";
import type { Expr, FromItem } from "../parser/syntax-tree.js";
import type { NamespaceItem } from "./scope.js";

/** A column of the range table: the FROM entry that has it, and the name it has there. */
export interface RangeColumn {
  readonly from: FromItem;
  readonly name: string;
}

export class BindingNotes {
  /** What each expression became, before what is around it coerced it. */
  readonly bound = new Map<Expr, Expression>();
  /** The other way round, for forms whose bound shape no longer tells how they were written. */
  readonly written = new Map<Expression, Expr>();
  /** What `*` stood for. */
  readonly stars = new Map<Expr, readonly Expression[]>();
  /** Entries that have the column; an aliased join comes after the entries it hides. */
  readonly columns = new Map<ColumnId, RangeColumn[]>();
  readonly entries = new Map<FromItem, NamespaceItem>();
  /** Calls of aggregates and window functions by the column that holds their result, and how they were written. */
  readonly calls = new Map<ColumnId, { readonly call: AggregateCall | undefined; readonly written: Expr }>();
  /** Collations of COLLATE clauses, by what they are attached to. */
  readonly collations = new Map<Expression, readonly string[]>();
  /** Places in the result of what ORDER BY of a set operation names. */
  readonly places = new Map<Expr, number>();

  expression(written: Expr, bound: Expression): void {
    this.bound.set(written, bound);
    // A cast or COLLATE that changed nothing gives what is inside it, which is what it stays.
    if (!this.written.has(bound)) this.written.set(bound, written);
  }
  entry(from: FromItem, item: NamespaceItem): void {
    this.entries.set(from, item);
    for (const column of [...item.columns, ...(item.systemColumns ?? [])]) {
      const known = this.columns.get(column.id);
      const entry = { from, name: column.name };
      if (known === undefined) this.columns.set(column.id, [entry]);
      else known.push(entry);
    }
  }
}
