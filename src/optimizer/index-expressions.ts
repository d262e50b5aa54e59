/**
 * Indexes over expressions and with predicates, as the planner sees them: a condition that contains an indexed expression is read as one
 * on the hidden column that holds it, and an index with a predicate serves where the conditions say all that the predicate says.
 */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { keyAttribute } from "../catalog/index.js";
import type { ColumnId, Expression, Scan } from "../plan/index.js";
import { conjunctsOf } from "./conjuncts.js";
import type { Planner } from "./planner.js";
import { mapChildren, substitute } from "./walk.js";

/** Ids of hidden columns within one scan: beyond what the binder and stored expressions hand out. */
const HIDDEN_COLUMN_ID = 1_600_000_000;

export interface IndexedExpressions {
  /** The condition with indexed expressions replaced by references to their hidden columns. */
  readonly rewrite: (e: Expression) => Expression;
  /** Hidden columns by id: attribute numbers. */
  readonly attributes: ReadonlyMap<ColumnId, number>;
  /** Whether every row that meets the conditions is within the index's predicate. */
  readonly covers: (index: IndexObject) => boolean;
}

export function indexedExpressions(
  planner: Planner,
  table: TableObject,
  scan: Scan,
  terms: readonly Expression[],
): IndexedExpressions | undefined {
  const special = planner.context.catalog
    .indexesOf(table.oid)
    .filter((i) => i.predicateSql !== undefined || i.columns.some((c) => c.expressionSql !== undefined));
  if (special.length === 0) return undefined;
  const idOf = new Map<number, ColumnId>();
  scan.attributes.forEach((attribute, i) => {
    const column = scan.columns[i];
    if (attribute > 0 && column !== undefined) idOf.set(attribute, column.id);
  });
  /** Stored SQL over the columns of this scan; undefined: it reads one that the scan does not. */
  const bound = (sql: string): Expression | undefined => {
    const { row, expression } = planner.context.stored.bindOverTable(table, sql);
    const numbers = new Map(row.map((column, i) => [column.id, i + 1]));
    let complete = true;
    const mapped = substitute(expression, (id) => {
      const number = numbers.get(id);
      const own = number === undefined ? undefined : idOf.get(number);
      if (own === undefined) {
        complete = false;
        return undefined;
      }
      const attribute = table.attributes[(number as number) - 1];
      return { kind: "ColumnReference", id: own, name: attribute?.name ?? "", type: attribute?.type ?? 0, typmod: attribute?.typmod ?? -1 };
    });
    return complete ? mapped : undefined;
  };
  const byKey = new Map<string, Expression>();
  const attributes = new Map<ColumnId, number>();
  const said = new Set(terms.map(keyOf));
  for (const index of special) {
    for (const column of index.columns) {
      if (column.expressionSql === undefined) continue;
      const expression = bound(column.expressionSql);
      if (expression === undefined) continue;
      const number = keyAttribute(column);
      const id = (HIDDEN_COLUMN_ID + number) as ColumnId;
      attributes.set(id, number);
      // Of two indexes over the same expression the first answers: their hidden columns hold the same.
      const key = keyOf(expression);
      if (!byKey.has(key))
        byKey.set(key, { kind: "ColumnReference", id, name: column.expressionSql, type: expression.type, typmod: expression.typmod });
    }
  }
  const rewrite = (e: Expression): Expression => (byKey.size === 0 ? e : (byKey.get(keyOf(e)) ?? mapChildren(e, rewrite)));
  const covers = (index: IndexObject): boolean => {
    if (index.predicateSql === undefined) return true;
    const predicate = bound(index.predicateSql);
    return predicate !== undefined && conjunctsOf(predicate).every((term) => said.has(keyOf(term)) || isImplied(term, terms));
  };
  return { rewrite, attributes, covers };
}

/** IS NOT NULL follows from any comparison of the column. */
function isImplied(term: Expression, terms: readonly Expression[]): boolean {
  if (term.kind !== "NullTest" || !term.negated || term.arg.kind !== "ColumnReference") return false;
  const { id } = term.arg;
  return terms.some((t) => t.kind === "FunctionCall" && t.strict && t.args.some((a) => a.kind === "ColumnReference" && a.id === id));
}

/** What an expression is, whatever it was written from: names and places left out. */
function keyOf(e: Expression): string {
  return JSON.stringify(e, (name, value: unknown) => {
    if (name === "position" || name === "name" || name === "syntax" || name === "typmod") return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
}
