/**
 * How a table is read: whole, or through the B-tree that the conditions (or the wanted order) fit best.
 *
 * An index fits by a run of equalities on its first columns, then one range or one list of values. Conditions that the index answers
 * exactly are not checked again; a range is, because an open end of an index also holds the NULLs.
 */
import { type IndexObject, isOrderedIndex, isUniqueNow, keyAttribute, type TableObject } from "../catalog/index.js";
import {
  acquireEncoders,
  BitmapHeapScanOperator,
  BitmapIndexScanOperator,
  type ColumnSource,
  compileDecoder,
  compilePredicate,
  compileScalar,
  type Evaluate,
  emptyLayout,
  FilterOperator,
  hashCompatible,
  IndexScanOperator,
  type IndexTerms,
  Layout,
  type Operator,
  type PlanDetail,
  SCAN_ROWS,
  type Scope,
  SeqScanOperator,
  SystemScanOperator,
} from "../execution/internal.js";
import { isCurrentOrder } from "../functions/index.js";
import type { ColumnId, Expression, Scan, SortKey, SystemScan } from "../plan/index.js";
import { ArrayValue, assert, indexKeyType, PhysicalType, storedType, TypeOid } from "../types/index.js";
import { type ColumnComparison, comparisonOf, conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import { deparse } from "./deparse.js";
import { estimate, LOOKUP_COST, OPERATOR_COST, ROW_COST, scanCost, selectivity } from "./estimates.js";
import { indexedExpressions } from "./index-expressions.js";
import { keyRange } from "./key-range.js";
import { type InvertedPath, invertedPath } from "./plan-inverted.js";
import type { Planner } from "./planner.js";
import { conjunction } from "./walk.js";

/** Bytes of the first buffer of a scan; it grows when storage asks for more. */
const POINT_BYTES = 4096;
const SCAN_BYTES_MAX = 4 << 20;

/** Room for a whole block of rows, so that a scan crosses the border as rarely as it can. */
export function bufferBytesFor(planner: Planner, table: TableObject, columns: Uint32Array, rows: number): number {
  let width = 8;
  for (const c of columns) {
    const attribute = table.attributes[c];
    const physical = planner.type(attribute?.type ?? TypeOid.text).physical;
    width += 1 + (physical === PhysicalType.vector ? 4 * Math.max(1, attribute?.typmod ?? 1) : (physicalWidths[physical] ?? 40));
  }
  return Math.max(POINT_BYTES, Math.min(SCAN_BYTES_MAX, 1024 + Math.min(rows * 1.2 + 16, SCAN_ROWS) * width));
}
const physicalWidths: Readonly<Record<number, number>> = { 1: 1, 2: 2, 3: 4, 4: 8, 5: 4, 6: 8, 7: 16, 8: 16 };

export interface ScanPlan {
  readonly operator: Operator;
  /** The rows come in this order already. */
  readonly ordered: boolean;
}

export function tableOf(planner: Planner, relation: number): TableObject {
  const table = planner.context.catalog.relationByOid(relation);
  assert(table?.class === "table", "a Scan reads a table");
  return table;
}

/** Block columns and their sources for the attributes of a scan. */
export function scanSources(
  planner: Planner,
  table: TableObject,
  attributes: readonly number[],
): { columns: Uint32Array; sources: ColumnSource[]; withRowIds: boolean } {
  const physical: number[] = [];
  const sources = attributes.map((attribute): ColumnSource => {
    if (attribute === 0) return { kind: "rowId" };
    if (attribute === -1) return { kind: "constant", value: table.oid };
    if (attribute === -2) return { kind: "ctid" };
    // A visible row was committed (or is the transaction's own) and is not deleted: FrozenTransactionId, and no deleter.
    if (attribute < 0) return { kind: "constant", value: attribute === -3 ? 2 : 0 };
    const object = table.attributes[attribute - 1];
    assert(object !== undefined, "a scanned attribute exists");
    let index = physical.indexOf(attribute - 1);
    if (index < 0) index = physical.push(attribute - 1) - 1;
    return { kind: "block", index, type: storedType(planner.type(object.type), object.typmod) };
  });
  return { columns: Uint32Array.from(physical), sources, withRowIds: attributes.includes(0) || attributes.includes(-2) };
}

export function planScan(
  planner: Planner,
  scan: Scan,
  predicate: Expression | undefined,
  scope: Scope,
  order: readonly SortKey[] = [],
): ScanPlan {
  const table = tableOf(planner, scan.relation);
  const environment = planner.environment(scope);
  const rowCount = planner.context.statistics.rowCount(table.storage);
  const terms = conjunctsOf(predicate);
  const own = new Set<ColumnId>(scan.columns.map((c) => c.id));
  const { columns, sources, withRowIds } = scanSources(planner, table, scan.attributes);
  const named = (title: string): string => `${title} on ${table.name}${scan.alias === table.name ? "" : ` ${scan.alias}`}`;

  const { path, inverted } = choosePath(planner, table, scan, terms, own, order, rowCount);
  if (inverted !== undefined) {
    const decode = compileDecoder(environment, scan.columns, sources, predicate);
    const others = terms.filter((t) => !inverted.conditions.includes(t));
    const source = {
      index: inverted.index.storage,
      table: table.storage,
      columns,
      withRowIds,
      bufferBytes: bufferBytesFor(planner, table, columns, inverted.rows),
      query: inverted.query(scope),
    };
    const found = estimate(scan.columns, inverted.rows, inverted.cost);
    const lookup = new BitmapIndexScanOperator(
      {
        title: `Bitmap Index Scan on ${inverted.index.name}`,
        columns: scan.columns,
        estimate: { ...found, width: 0 },
        details: [shownCondition("Index Cond", inverted.conditions)],
      },
      source,
      decode,
    );
    const details = [
      shownCondition("Recheck Cond", inverted.conditions),
      ...(others.length === 0 ? [] : [shownCondition("Filter", others)]),
    ];
    const facts = { title: named("Bitmap Heap Scan"), columns: scan.columns, estimate: found, details, subplans: planner.takeSubplans() };
    return { operator: new BitmapHeapScanOperator(facts, lookup), ordered: order.length === 0 };
  }
  if (path === undefined) {
    const decode = compileDecoder(environment, scan.columns, sources, predicate);
    const details: PlanDetail[] = predicate === undefined ? [] : [shownCondition("Filter", [predicate])];
    const rows = rowCount * selectivity(predicate, rowCount);
    const facts = {
      title: named("Seq Scan"),
      columns: scan.columns,
      estimate: estimate(scan.columns, rows, scanCost(rowCount, scan.columns, terms.length)),
      details,
      subplans: planner.takeSubplans(),
    };
    return {
      operator: new SeqScanOperator(
        facts,
        { storage: table.storage, columns, withRowIds, bufferBytes: bufferBytesFor(planner, table, columns, rowCount) },
        decode,
      ),
      ordered: order.length === 0,
    };
  }

  const { index } = path;
  const rest = terms.filter((t) => !path.exact.includes(t));
  const shown = rest.filter((t) => !path.conditions.includes(t));
  const filter = conjunction(rest);
  const decode = compileDecoder(environment, scan.columns, sources, filter);
  const value = (e: Expression): Evaluate => compileScalar(environment, e, emptyLayout);
  const keyAttributes = index.columns.map((c) => table.attributes[keyAttribute(c) - 1]);
  const encoders = acquireEncoders(
    keyAttributes.map((a) => ({ type: indexKeyType(planner.type(a?.type ?? TypeOid.int4)), typmod: a?.typmod ?? -1 })),
  );
  const fitted = (c: ColumnComparison): Evaluate => fitting(value(c.value), c.value.type, c.columnType);
  let lower = path.lower === undefined ? undefined : { value: value(path.lower.value), inclusive: path.lower.operator === ">=" };
  let upper = path.upper === undefined ? undefined : { value: value(path.upper.value), inclusive: path.upper.operator === "<=" };
  // A descending column stores its keys the other way round.
  if (index.columns[path.equals.length]?.descending === true) [lower, upper] = [upper, lower];
  const operator = new IndexScanOperator(
    {
      title: named(`Index Scan${path.backward ? " Backward" : ""} using ${index.name}`),
      columns: scan.columns,
      estimate: estimate(scan.columns, path.rows, path.cost),
      details: [
        ...(path.conditions.length === 0 ? [] : [shownCondition("Index Cond", path.conditions)]),
        ...(shown.length === 0 ? [] : [shownCondition("Filter", shown)]),
      ],
      subplans: planner.takeSubplans(),
    },
    {
      storage: index.storage,
      columns,
      withRowIds,
      bufferBytes: bufferBytesFor(planner, table, columns, path.rows),
      equals: path.equals.map(fitted),
      lower,
      upper,
      backward: path.backward,
      exact: path.exact,
      anyOf: path.list === undefined ? undefined : listValue(planner, path.list.term, value),
      encoders,
      single: path.single,
      terms: shown.length === 0 && index.columns.every(isPlainKey) ? termsOf(path) : undefined,
    },
    decode,
  );
  return { operator, ordered: path.ordered };
}

/** The key is the column itself. */
const isPlainKey = (c: IndexObject["columns"][number]): boolean => c.key === undefined && c.sortKey === undefined && c.attribute > 0;

function termsOf({ index, equals, list, lower, upper }: AccessPath): IndexTerms {
  const [first, last] = index.columns[equals.length]?.descending === true ? [upper, lower] : [lower, upper];
  return { equals, list: list?.term, lower: first, upper: last };
}

/** Written out when EXPLAIN asks: a list may have many thousands of values. */
function shownCondition(key: string, terms: readonly Expression[]): PlanDetail {
  return {
    key,
    get value() {
      return deparse(conjunction(terms) as Expression);
    },
  };
}

interface AccessPath {
  readonly index: IndexObject;
  readonly equals: readonly ColumnComparison[];
  readonly lower: ColumnComparison | undefined;
  readonly upper: ColumnComparison | undefined;
  /** As a condition on the index's own column. */
  readonly list: { readonly term: Expression } | undefined;
  /** Terms that the index answers: need not be checked again. */
  readonly exact: readonly Expression[];
  /** All terms that the index uses. */
  readonly conditions: readonly Expression[];
  readonly ordered: boolean;
  readonly backward: boolean;
  readonly single: boolean;
  readonly rows: number;
  readonly cost: number;
}

function choosePath(
  planner: Planner,
  table: TableObject,
  scan: Scan,
  terms: readonly Expression[],
  own: ReadonlySet<ColumnId>,
  order: readonly SortKey[],
  rowCount: number,
): { readonly path?: AccessPath; readonly inverted?: InvertedPath } {
  const attributeOf = new Map<ColumnId, number>(scan.columns.map((c, i) => [c.id, scan.attributes[i] as number]));
  // Conditions on indexed expressions are read as conditions on the columns that hold them; `term` stays what was written.
  const special = indexedExpressions(planner, table, scan, terms);
  const readable = special === undefined ? terms : terms.map(special.rewrite);
  const readableOrder = special === undefined ? order : order.map((key) => ({ ...key, expression: special.rewrite(key.expression) }));
  const ours = special === undefined ? own : new Set([...own, ...special.attributes.keys()]);
  for (const [id, attribute] of special?.attributes ?? []) attributeOf.set(id, attribute);
  const comparisons = readable
    .map((t, i) => {
      const c = comparisonOf(t, ours);
      return c === undefined || t === terms[i] ? c : { ...c, term: terms[i] as typeof c.term };
    })
    .filter((c) => c !== undefined && isIndexable(c)) as ColumnComparison[];
  const on = (attribute: number, operators: readonly string[]): ColumnComparison | undefined =>
    comparisons.find((c) => attributeOf.get(c.column) === attribute && operators.includes(c.operator));
  let best: AccessPath | undefined;
  for (const index of planner.context.catalog.indexesOf(table.oid)) {
    if (!isOrderedIndex(index) || !index.valid || (index.predicateSql !== undefined && special?.covers(index) !== true)) continue;
    // Keys of another version of ICU stand in another order: the index waits for REINDEX.
    if (index.columns.some((c) => c.sortKey !== undefined && !isCurrentOrder(c.sortKey))) continue;
    const matchOf = (column: IndexObject["columns"][number]): number =>
      column.expressionSql === undefined && column.sortKey === undefined ? column.attribute : keyAttribute(column);
    const equals: ColumnComparison[] = [];
    for (const column of index.columns) {
      const equal = on(matchOf(column), ["="]);
      if (equal === undefined) break;
      equals.push(equal);
    }
    const next = index.columns[equals.length];
    const listAt = next === undefined ? -1 : readable.findIndex((t) => isListOn(t, ours, attributeOf, matchOf(next)));
    const list = terms[listAt];
    const sameType = (c: ColumnComparison | undefined): ColumnComparison | undefined =>
      c !== undefined && rangeCompatible(c) ? c : undefined;
    const lower = next === undefined || list !== undefined ? undefined : sameType(on(matchOf(next), [">", ">="]));
    const upper = next === undefined || list !== undefined ? undefined : sameType(on(matchOf(next), ["<", "<="]));
    const direction =
      list === undefined && order.length > 0 ? orderOf(index, equals.length, readableOrder, attributeOf, matchOf) : undefined;
    const uses = equals.length > 0 || list !== undefined || lower !== undefined || upper !== undefined;
    if (!uses && direction === undefined) continue;
    const complete = equals.length === index.columns.length || (list !== undefined && equals.length + 1 === index.columns.length);
    const single = isUniqueNow(index) && complete;
    const listSize = list === undefined ? 1 : listLength(list);
    let rows = single ? listSize : rowCount * 0.005 ** Math.min(equals.length + (list === undefined ? 0 : 1), 2) * listSize;
    if (equals.length === 0 && list === undefined) rows = rowCount;
    if (lower !== undefined) rows /= 3;
    if (upper !== undefined) rows /= 3;
    rows = Math.max(1, Math.min(rows, rowCount));
    const path: AccessPath = {
      index,
      equals,
      lower,
      upper,
      list: list === undefined ? undefined : { term: readable[listAt] as Expression },
      exact: [...equals.map((e) => e.term), ...(list === undefined ? [] : [list])],
      conditions: [
        ...equals.map((e) => e.term),
        ...(list === undefined ? [] : [list]),
        ...[lower, upper].flatMap((c) => (c === undefined ? [] : [c.term])),
      ],
      ordered: order.length === 0 || direction !== undefined,
      backward: direction === "backward",
      single,
      rows,
      cost: LOOKUP_COST * listSize + rows * (ROW_COST + 0.02 + OPERATOR_COST * terms.length),
    };
    if (best === undefined || score(path, rowCount) < score(best, rowCount)) best = path;
  }
  const covers = (index: IndexObject): boolean => index.predicateSql === undefined || special?.covers(index) === true;
  const inverted = invertedPath(planner, table, terms, readable, ours, attributeOf, covers, rowCount);
  if (inverted !== undefined) {
    const sorting = order.length === 0 ? 0 : inverted.rows * 0.02;
    const rival =
      best === undefined || best.conditions.length === 0 ? scanCost(rowCount, scan.columns, terms.length) : score(best, rowCount);
    if (inverted.cost + sorting < rival) return { inverted };
  }
  if (best === undefined) return {};
  // Reading most of a table through an index costs more than reading it whole, unless its order is wanted.
  const wantsOrder = order.length > 0 && best.ordered;
  if (
    !wantsOrder &&
    best.cost > scanCost(rowCount, scan.columns, terms.length) &&
    rowCount > 0 &&
    !best.single &&
    best.equals.length === 0 &&
    best.list === undefined
  )
    return {};
  if (best.conditions.length === 0 && !wantsOrder) return {};
  return { path: best };
}

function score(path: AccessPath, rowCount: number): number {
  // An order that must be made costs a sort of the rows.
  return path.cost + (path.ordered ? 0 : Math.min(path.rows, rowCount) * 0.02);
}

/** Equality may compare across integer types (the value is checked to fit). */
function isIndexable(c: ColumnComparison): boolean {
  if (c.columnType === TypeOid.float4 && c.value.type !== TypeOid.float4) return false;
  return hashCompatible(c.columnType, c.value.type);
}
function sameText(c: ColumnComparison): boolean {
  const texts: readonly number[] = [TypeOid.text, TypeOid.varchar];
  return texts.includes(c.columnType) && texts.includes(c.value.type);
}
/** A bound must be of the column's own type, or of one that always fits in it. */
function rangeCompatible(c: ColumnComparison): boolean {
  return (
    c.columnType === c.value.type ||
    sameText(c) ||
    (c.columnType === TypeOid.int8 && (c.value.type === TypeOid.int4 || c.value.type === TypeOid.int2)) ||
    (c.columnType === TypeOid.int4 && c.value.type === TypeOid.int2)
  );
}

const ranges: Readonly<Record<number, readonly [number, number]>> = {
  [TypeOid.int2]: [-32768, 32767],
  [TypeOid.int4]: [-2147483648, 2147483647],
};
/** A wider integer that does not fit the column equals nothing: NULL finds nothing. */
function fitting(value: Evaluate, valueType: number, columnType: number): Evaluate {
  const range = ranges[columnType];
  if (range === undefined || valueType === columnType) return value;
  const [low, high] = range;
  return (row, state) => {
    const v = value(row, state) as number | bigint | null;
    return v === null || v < low || v > high ? null : v;
  };
}

function isListOn(term: Expression, own: ReadonlySet<ColumnId>, attributeOf: ReadonlyMap<ColumnId, number>, attribute: number): boolean {
  if (term.kind === "InList") {
    const column = plainColumn(term.arg);
    return (
      column !== undefined &&
      attributeOf.get(column.id) === attribute &&
      term.items.every((i) => i.type === term.arg.type && (i.kind === "Constant" || isFreeOf(i, own)))
    );
  }
  if (term.kind !== "ArrayComparison" || term.quantifier !== "any" || term.operator !== "=") return false;
  const column = plainColumn(term.left);
  return column !== undefined && attributeOf.get(column.id) === attribute && isFreeOf(term.array, own);
}
function listLength(term: Expression): number {
  return term.kind === "InList" ? term.items.length : 10;
}
function listValue(planner: Planner, term: Expression, value: (e: Expression) => Evaluate): Evaluate {
  if (term.kind === "ArrayComparison") {
    const elementType = planner.type(term.array.type).elementType;
    assert(hashCompatible(elementType, term.left.type), "a list has the column's type");
    return value(term.array);
  }
  assert(term.kind === "InList", "a list is IN or = ANY");
  if (term.items.every((i) => i.kind === "Constant")) {
    // Ten thousand of them are data, not code.
    const list = new ArrayValue(
      term.arg.type,
      term.items.map((i) => (i.kind === "Constant" ? i.value : null)),
    );
    return () => list;
  }
  const { arrayType } = planner.type(term.arg.type);
  return value({
    kind: "ArrayConstructor",
    elementType: term.arg.type,
    elements: term.items,
    multidimensional: false,
    type: arrayType,
    typmod: -1,
  });
}

/** Which way the index must be read to give the order, after `prefix` columns that are held equal. */
function orderOf(
  index: IndexObject,
  prefix: number,
  order: readonly SortKey[],
  attributeOf: ReadonlyMap<ColumnId, number>,
  matchOf: (column: IndexObject["columns"][number]) => number,
): "forward" | "backward" | undefined {
  let backward: boolean | undefined;
  let at = prefix;
  for (const key of order) {
    const column = plainColumn(key.expression);
    if (column === undefined) return undefined;
    const attribute = attributeOf.get(column.id);
    if (index.columns.slice(0, prefix).some((c) => matchOf(c) === attribute)) continue;
    const indexColumn = index.columns[at++];
    if (indexColumn === undefined || matchOf(indexColumn) !== attribute) return undefined;
    const turn = indexColumn.descending !== key.descending;
    if ((indexColumn.nullsFirst !== key.nullsFirst) !== turn) return undefined;
    if (backward !== undefined && backward !== turn) return undefined;
    backward = turn;
  }
  return backward === true ? "backward" : "forward";
}

export function planSystemScan(planner: Planner, scan: SystemScan, predicate: Expression | undefined, scope: Scope): Operator {
  return planOrderedSystemScan(planner, scan, predicate, scope, []).operator;
}

/** `order`: the rows are wanted in it; the relations over keys can give it. */
export function planOrderedSystemScan(
  planner: Planner,
  scan: SystemScan,
  predicate: Expression | undefined,
  scope: Scope,
  order: readonly SortKey[],
): ScanPlan {
  const environment = planner.environment(scope);
  const own = new Set<ColumnId>(scan.columns.map((c) => c.id));
  const equalities = conjunctsOf(predicate).flatMap((term) => {
    const c = comparisonOf(term, own);
    if (c === undefined || c.operator !== "=" || c.columnType !== c.value.type) return [];
    const at = scan.columns.findIndex((x) => x.id === c.column);
    return [{ column: (scan.attributes[at] as number) - 1, value: compileScalar(environment, c.value, emptyLayout) }];
  });
  const keys = equalities.some((e) => e.column === 0) ? undefined : keyRange(planner, scan, predicate, scope, order);
  const short = scan.provider.slice(scan.provider.indexOf(".") + 1);
  const way = keys === undefined ? "Seq Scan" : `Index Scan${keys.backward ? " Backward" : ""} using ordered_keys`;
  const title = `${way} on ${short}${scan.alias === short ? "" : ` ${scan.alias}`}`;
  const rows = 100 * selectivity(predicate, 100);
  const details =
    keys === undefined || keys.terms.length === 0 ? [] : [{ key: "Index Cond", value: deparse(conjunction(keys.terms) as Expression) }];
  const facts = { title, columns: scan.columns, estimate: estimate(scan.columns, 100, 1), details };
  const operator = new SystemScanOperator(facts, scan.provider, scan.attributes, equalities, keys?.range);
  const ordered = keys?.ordered ?? false;
  if (predicate === undefined) return { operator, ordered };
  const test = compilePredicate(environment, predicate, Layout.of(scan.columns));
  const filter = new FilterOperator(
    {
      title: "Filter",
      columns: scan.columns,
      estimate: estimate(scan.columns, rows, 1),
      details: [{ key: "Filter", value: deparse(predicate) }],
      subplans: planner.takeSubplans(),
    },
    operator,
    test,
    false,
  );
  return { operator: filter, ordered };
}
