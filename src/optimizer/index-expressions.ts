/**
 * Indexes over expressions and with predicates, as the planner sees them: a condition that contains an indexed expression is read as one
 * on the hidden column that holds it, and an index with a predicate serves where the conditions say all that the predicate says.
 */
import type { IndexObject, TableObject } from "../catalog/index.js";
import { keyAttribute, sortKeySql } from "../catalog/index.js";
import type { ColumnId, Expression, FunctionCall, Scan } from "../plan/index.js";
import { TypeOid } from "../types/index.js";
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
  /** Whether the expression is what the index, over an expression, computes. */
  readonly isKeyOf: (index: IndexObject, e: Expression) => boolean;
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
    .filter((i) => i.predicateSql !== undefined || i.columns.some((c) => c.expressionSql !== undefined || c.sortKey !== undefined));
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
  const equal: EqualKeys = new Map();
  const attributes = new Map<ColumnId, number>();
  const said = new Set(terms.map(keyOf));
  for (const index of special) {
    for (const column of index.columns) {
      const sql = column.sortKey === undefined ? column.expressionSql : sortKeySql(table, column);
      if (sql === undefined) continue;
      const expression = bound(sql);
      if (expression === undefined) continue;
      const number = keyAttribute(column);
      const id = (HIDDEN_COLUMN_ID + number) as ColumnId;
      attributes.set(id, number);
      if (column.sortKey?.deterministic === true && expression.kind === "FunctionCall")
        equal.set(keyOf(expression.args[0] as Expression), { id, key: expression });
      // Of two indexes over the same expression the first answers: their hidden columns hold the same.
      const key = keyOf(expression);
      if (!byKey.has(key))
        byKey.set(key, {
          kind: "ColumnReference",
          id,
          name: column.expressionSql ?? table.attributes[column.attribute - 1]?.name ?? "",
          type: expression.type,
          typmod: expression.typmod,
        });
    }
  }
  const rewrite = (e: Expression): Expression => {
    if (byKey.size === 0) return e;
    const own = byKey.get(keyOf(e)) ?? (equal.size === 0 ? undefined : equalKeys(e, equal));
    return own ?? mapChildren(e, rewrite);
  };
  const covers = (index: IndexObject): boolean => {
    if (index.predicateSql === undefined) return true;
    const predicate = bound(index.predicateSql);
    return predicate !== undefined && conjunctsOf(predicate).every((term) => said.has(keyOf(term)) || isImplied(term, terms));
  };
  const isKeyOf = (index: IndexObject, e: Expression): boolean => {
    const sql = index.columns[0]?.expressionSql;
    const expression = sql === undefined ? undefined : bound(sql);
    return expression !== undefined && keyOf(expression) === keyOf(e);
  };
  return { rewrite, attributes, isKeyOf, covers };
}

/** Texts that an index has as keys of a deterministic collation: hidden columns and what they compute, by the text's expression. */
type EqualKeys = Map<string, { readonly id: ColumnId; readonly key: FunctionCall }>;
/** Equal bytes have equal keys: `a = x` and `a IN (x, y)` as conditions on the hidden column. */
function equalKeys(e: Expression, equal: EqualKeys): Expression | undefined {
  const textOf = (arg: Expression): Expression =>
    arg.type === TypeOid.text ? arg : { kind: "Relabel", arg, explicit: false, type: TypeOid.text, typmod: -1 };
  const find = (arg: Expression | undefined) => (arg === undefined ? undefined : equal.get(keyOf(textOf(plainText(arg)))));
  const reference = ({ id, key }: { readonly id: ColumnId; readonly key: FunctionCall }): Expression => ({
    kind: "ColumnReference",
    id,
    name: "key",
    type: key.type,
    typmod: -1,
  });
  const keyed = (key: FunctionCall, value: Expression): Expression => ({ ...key, args: [textOf(value), ...key.args.slice(1)] });
  if (e.kind === "FunctionCall" && e.functionId === "texteq(text,text)") {
    const [left, right] = e.args as [Expression, Expression];
    const [onLeft, onRight] = [find(left), find(right)];
    if (onLeft !== undefined) return { ...e, functionId: BYTES_EQUAL, args: [reference(onLeft), keyed(onLeft.key, right)] };
    if (onRight !== undefined) return { ...e, functionId: BYTES_EQUAL, args: [reference(onRight), keyed(onRight.key, left)] };
  }
  if (e.kind === "InList" && e.equalId === "texteq(text,text)") {
    const found = find(e.arg);
    if (found !== undefined)
      return { ...e, equalId: BYTES_EQUAL, arg: reference(found), items: e.items.map((item) => keyed(found.key, item)) };
  }
  return undefined;
}
const BYTES_EQUAL = "byteaeq(bytea,bytea)";
/** varchar compares as the text that it is. */
const plainText = (e: Expression): Expression => (e.kind === "Relabel" && e.type === TypeOid.text ? e.arg : e);

/** IS NOT NULL follows from any comparison of the column. */
function isImplied(term: Expression, terms: readonly Expression[]): boolean {
  if (term.kind !== "NullTest" || !term.negated || term.arg.kind !== "ColumnReference") return false;
  const { id } = term.arg;
  return terms.some((t) => t.kind === "FunctionCall" && t.strict && t.args.some((a) => a.kind === "ColumnReference" && a.id === id));
}

/** What an expression is, whatever it was written from: names and places left out, and the modifier that a column has anyway. */
export function keyOf(e: Expression): string {
  return JSON.stringify(e, function (this: { readonly kind?: string }, name, value: unknown) {
    if (name === "position" || name === "name" || name === "syntax") return undefined;
    if (name === "typmod" && this.kind === "ColumnReference") return undefined;
    return typeof value === "bigint" ? `${value}n` : value;
  });
}
