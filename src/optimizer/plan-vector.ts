/**
 * `ORDER BY v <-> query LIMIT k`, where v is a column or an indexed expression: by the HNSW or IVFFlat index of that operator, else, for a column,
 * by a native exact search. A condition that an index on other columns answers with few rows is better: those rows are sorted.
 * `v <-> query < r` ends such a search at r; alone it is an exact search.
 */
import { type IndexObject, keyAttribute, type TableObject } from "../catalog/index.js";
import {
  compileDecoder,
  compileScalar,
  emptyLayout,
  type Operator,
  type PredicateTerm,
  type RunState,
  type Scope,
  VectorScanOperator,
} from "../execution/internal.js";
import { classOfOperator, halfvecKind, packedForms, type VectorOperatorClass, vectorKind } from "../functions/vector/index.js";
import { type ComparisonOp, PredicateOp } from "../native/predicate.js";
import type { ColumnId, Expression, Scan, SortKey } from "../plan/index.js";
import {
  bitLengthsDiffer,
  type Datum,
  KeyKind,
  type Oid,
  SparseVector,
  type SqlType,
  TypeOid,
  vectorDimensionsDiffer,
} from "../types/index.js";
import { conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import { deparse } from "./deparse.js";
import { estimate, LOOKUP_COST, OPERATOR_COST, selectivity } from "./estimates.js";
import { indexedExpressions, keyOf } from "./index-expressions.js";
import { scanSources, tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";
import { columnsOf, conjunction, hasSubquery } from "./walk.js";

/**
 * `bound`: how many rows are wanted; undefined: all, which an index that leaves rows without a vector out gives only where scans of the table are not
 * wanted (enable_seqscan), as with pgvector. `used`: the columns that are wanted of the rows; undefined: all.
 */
export function planVectorScan(
  planner: Planner,
  scan: Scan,
  predicate: Expression | undefined,
  keys: readonly SortKey[],
  bound: ((state: RunState) => number) | undefined,
  scope: Scope,
  used?: ReadonlySet<ColumnId>,
): Operator | undefined {
  if (bound === undefined && planner.context.settings.setting("enable_seqscan") !== "off") return undefined;
  const [key] = keys;
  if (keys.length !== 1 || key === undefined || key.descending || key.nullsFirst) return undefined;
  const terms = conjunctsOf(predicate);
  if (terms.some(hasSubquery)) return undefined;
  const table = tableOf(planner, scan.relation);
  // As with pgvector, the exact answer is what is left without index scans.
  const usesIndexes = planner.context.settings.setting("enable_indexscan") !== "off";
  const search = searchOf(planner, table, scan, key.expression, terms, usesIndexes);
  if (search === undefined || (bound === undefined && search.index === undefined)) return undefined;
  return vectorScan(
    planner,
    table,
    scan,
    predicate,
    search,
    distanceRange(scan, terms, key.expression),
    bound ?? (() => Infinity),
    scope,
    used,
  );
}

/** `WHERE v <-> query < r` in any order: all rows are compared, natively. */
export function planDistanceRange(planner: Planner, scan: Scan, predicate: Expression, scope: Scope): Operator | undefined {
  const terms = conjunctsOf(predicate);
  if (terms.some(hasSubquery)) return undefined;
  const table = tableOf(planner, scan.relation);
  for (const term of terms) {
    const range = rangeOf(scan, term);
    const search = range === undefined ? undefined : searchOf(planner, table, scan, range.distance, terms, false);
    if (search !== undefined) return vectorScan(planner, table, scan, predicate, search, range, () => Infinity, scope);
  }
  return undefined;
}

interface DistanceRange {
  readonly term: Expression;
  readonly distance: Expression;
  readonly greatest: Expression;
}

/** Of `distance < r`, `distance <= r` and what they are written the other way round. */
function rangeOf(scan: Scan, term: Expression): DistanceRange | undefined {
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.args.length !== 2) return undefined;
  const own = new Set(scan.columns.map((c) => c.id));
  const isLess = term.syntax.name === "<" || term.syntax.name === "<=";
  if (!isLess && term.syntax.name !== ">" && term.syntax.name !== ">=") return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  const [distance, greatest] = isLess ? [a, b] : [b, a];
  if (distance.type !== TypeOid.float8 || greatest.type !== TypeOid.float8 || !isFreeOf(greatest, own)) return undefined;
  return { term, distance, greatest };
}

/** The condition that ends a walk in the order of `order`. */
function distanceRange(scan: Scan, terms: readonly Expression[], order: Expression): DistanceRange | undefined {
  const wanted = keyOf(order);
  return terms.map((term) => rangeOf(scan, term)).find((range) => range !== undefined && keyOf(range.distance) === wanted);
}

function vectorScan(
  planner: Planner,
  table: TableObject,
  scan: Scan,
  predicate: Expression | undefined,
  search: VectorSearch,
  range: DistanceRange | undefined,
  bound: (state: RunState) => number,
  scope: Scope,
  used?: ReadonlySet<ColumnId>,
): Operator {
  const { index, attribute } = search;
  const terms = conjunctsOf(predicate);
  const environment = planner.environment(scope);
  // An index knows the order by itself: the vectors need not be read. An exact scan looks for NULLs among them.
  const output =
    index === undefined || used === undefined ? scan : scanOf(scan, new Set([...used, ...terms.flatMap((t) => [...columnsOf(t)])]));
  const { columns, sources, withRowIds } = scanSources(planner, table, output.attributes);
  const pushed = terms.filter((t) => t !== range?.term).map((t) => predicateTerm(planner, table, scan, t, scope));
  const decode = compileDecoder(environment, output.columns, sources, predicate);
  const isNull: Expression = { kind: "NullTest", negated: false, type: TypeOid.bool, typmod: -1, arg: search.target };
  const rowCount = planner.context.statistics.rowCount(table.storage);
  const rows = rowCount * selectivity(predicate, rowCount);
  const on = `on ${table.name}${scan.alias === table.name ? "" : ` ${scan.alias}`}`;
  return new VectorScanOperator(
    {
      title: index === undefined ? `Exact Vector Scan ${on}` : `Index Scan using ${index.name} ${on}`,
      columns: output.columns,
      estimate:
        index === undefined
          ? estimate(scan.columns, rows, rowCount * OPERATOR_COST * 10, rowCount * OPERATOR_COST * 10)
          : estimate(output.columns, rows, rows * LOOKUP_COST, LOOKUP_COST * 10),
      details: [
        { key: "Order By", value: deparse(search.order) },
        ...(predicate === undefined ? [] : [{ key: "Filter", value: deparse(predicate) }]),
      ],
      subplans: planner.takeSubplans(),
    },
    {
      relation: table.storage,
      index: index === undefined ? undefined : { storage: index.storage, method: index.method === "ivfflat" ? "ivfflat" : "hnsw" },
      column: attribute - 1,
      metric: search.operatorClass.metric,
      query: compileScalar(environment, search.query, emptyLayout),
      parameter:
        predicate === undefined && search.query.kind === "Parameter" && search.operatorClass.type === TypeOid.vector
          ? search.query.index
          : undefined,
      queryVector: queryVector(search.operatorClass.type, search.dimensions),
      origin: index === undefined ? undefined : new Float32Array(placesOf(search.operatorClass.type, search.dimensions)),
      greatest: range === undefined ? undefined : compileScalar(environment, range.greatest, emptyLayout),
      columns,
      withRowIds,
      bufferBytes: 1 << 16,
      predicate: pushed.filter((p) => p !== undefined),
      hasResidual: pushed.includes(undefined),
      bound,
      decodeWithoutVector:
        index === undefined ? compileDecoder(environment, scan.columns, sources, conjunction([...terms, isNull])) : decode,
    },
    decode,
  );
}

/** The scan with these of its columns alone. */
function scanOf(scan: Scan, wanted: ReadonlySet<ColumnId>): Pick<Scan, "columns" | "attributes"> {
  const kept = scan.columns.map((c) => wanted.has(c.id));
  return { columns: scan.columns.filter((_, i) => kept[i]), attributes: scan.attributes.filter((_, i) => kept[i]) };
}

interface VectorSearch {
  readonly operatorClass: VectorOperatorClass;
  /** undefined: all rows are compared. */
  readonly index: IndexObject | undefined;
  /** That keeps the vectors which are searched: of an index over an expression or part of the rows, a hidden one. */
  readonly attribute: number;
  /** As the user sees them: of bit strings, bits. */
  readonly dimensions: number;
  /** The distance, between `target`, something of this scan, and `query`, which is not. */
  readonly order: Expression;
  readonly target: Expression;
  readonly query: Expression;
}

/** How rows can be found in the order of `order`, a distance between something of this scan and something that is not. */
function searchOf(
  planner: Planner,
  table: TableObject,
  scan: Scan,
  order: Expression,
  terms: readonly Expression[],
  usesIndexes: boolean,
): VectorSearch | undefined {
  if (order.kind !== "FunctionCall" || order.syntax.form !== "operator" || order.args.length !== 2) return undefined;
  const [a, b] = order.args as readonly [Expression, Expression];
  const operatorClass = a.type === b.type ? classOfOperator(order.syntax.name, a.type) : undefined;
  if (operatorClass === undefined) return undefined;
  const own = new Set(scan.columns.map((c) => c.id));
  const indexes = (usesIndexes ? planner.context.catalog.indexesOf(table.oid) : []).filter(
    (i) => (i.method === "hnsw" || i.method === "ivfflat") && i.valid && i.columns[0]?.opclass === operatorClass.name,
  );
  const special = indexes.length === 0 ? undefined : indexedExpressions(planner, table, scan, terms);
  for (const [target, query] of [
    [a, b],
    [b, a],
  ] as const) {
    if (isFreeOf(target, own) || !isFreeOf(query, own)) continue;
    const reference = plainColumn(target);
    const plain = reference === undefined ? 0 : (scan.attributes[scan.columns.findIndex((c) => c.id === reference.id)] ?? 0);
    const isOver = (i: IndexObject): boolean =>
      i.columns[0]?.expressionSql === undefined ? plain > 0 && i.columns[0]?.attribute === plain : special?.isKeyOf(i, target) === true;
    const index = indexes.find((i) => isOver(i) && (i.predicateSql === undefined || special?.covers(i) === true));
    const found = { operatorClass, order, target, query };
    if (index !== undefined) {
      const attribute = keyAttribute(index.columns[0] as IndexObject["columns"][number]);
      const dimensions = plain > 0 ? (table.attributes[plain - 1]?.typmod ?? -1) : target.typmod;
      return { ...found, index, attribute, dimensions };
    }
    const dimensions = table.attributes[plain - 1]?.typmod ?? -1;
    // Bits, sparse vectors, and vectors without a fixed dimension, are not kept in a matrix that kernels could scan.
    if (plain > 0 && dimensions > 0 && !packedForms.has(operatorClass.type))
      return { ...found, index: undefined, attribute: plain, dimensions };
  }
  return undefined;
}

/** Float32 places that a vector of the index takes. */
function placesOf(type: Oid, dimensions: number): number {
  return packedForms.get(type)?.places(dimensions) ?? dimensions;
}
/** The query as the addon takes it; pgvector's error when it has another length than the column. */
function queryVector(type: Oid, dimensions: number): (query: Exclude<Datum, null>) => Float32Array {
  const packed = packedForms.get(type);
  if (packed !== undefined)
    return (query) => {
      if (type === TypeOid.bit && (query as string).length !== dimensions) throw bitLengthsDiffer(dimensions, (query as string).length);
      const count = query instanceof SparseVector ? query.dimensions : dimensions;
      if (count !== dimensions) throw vectorDimensionsDiffer("sparsevec", dimensions, count);
      return packed.pack(query as never);
    };
  const kind = type === TypeOid.halfvec ? halfvecKind : vectorKind;
  return (query) => {
    const vector = query as Float32Array;
    if (dimensions > 0 && vector.length !== dimensions) throw kind.dimensionsDiffer(dimensions, vector.length);
    return vector;
  };
}

const comparisons: Readonly<Record<string, readonly [ComparisonOp, ComparisonOp]>> = {
  "=": [PredicateOp.eq, PredicateOp.eq],
  "<>": [PredicateOp.ne, PredicateOp.ne],
  "<": [PredicateOp.lt, PredicateOp.gt],
  "<=": [PredicateOp.le, PredicateOp.ge],
  ">": [PredicateOp.gt, PredicateOp.lt],
  ">=": [PredicateOp.ge, PredicateOp.le],
};

/** The condition as the addon judges it, when it can. */
function predicateTerm(planner: Planner, table: TableObject, scan: Scan, term: Expression, scope: Scope): PredicateTerm | undefined {
  const environment = planner.environment(scope);
  const own = new Set<ColumnId>(scan.columns.map((c) => c.id));
  const place = (e: Expression): { column: number; type: SqlType; keyKind: KeyKind } | undefined => {
    const reference = plainColumn(e);
    const attribute = reference === undefined ? 0 : (scan.attributes[scan.columns.findIndex((c) => c.id === reference.id)] ?? 0);
    if (attribute < 1) return undefined;
    const type = planner.type(table.attributes[attribute - 1]?.type ?? 0);
    return type.keyKind === undefined ? undefined : { column: attribute - 1, type, keyKind: type.keyKind };
  };
  if (term.kind === "NullTest") {
    const at = place(term.arg);
    return at === undefined ? undefined : { kind: "null", column: at.column, keyKind: at.keyKind, negated: term.negated };
  }
  if (term.kind === "InList") {
    const at = place(term.arg);
    const encode = at === undefined ? undefined : encoderOf(at.type);
    if (at === undefined || encode === undefined || !term.items.every((i) => i.type === at.type.oid && isFreeOf(i, own))) return undefined;
    return {
      kind: "in",
      column: at.column,
      keyKind: at.keyKind,
      values: term.items.map((i) => compileScalar(environment, i, emptyLayout)),
      encode,
    };
  }
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.args.length !== 2) return undefined;
  const ops = comparisons[term.syntax.name];
  if (ops === undefined) return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  const left = place(a);
  const right = place(b);
  const at = left ?? right;
  const other = left === undefined ? a : b;
  const encode = at === undefined ? undefined : encoderOf(at.type);
  const same = at !== undefined && (other.type === at.type.oid || (isText(other.type) && isText(at.type.oid)));
  if (at === undefined || encode === undefined || !same || !isFreeOf(other, own)) return undefined;
  return {
    kind: "compare",
    column: at.column,
    keyKind: at.keyKind,
    op: left === undefined ? ops[1] : ops[0],
    value: compileScalar(environment, other, emptyLayout),
    encode,
  };
}

function isText(type: number): boolean {
  return type === TypeOid.text || type === TypeOid.varchar;
}

/** Datums of these kinds are what PredicateBuilder takes; infinities, uuids and intervals are left to the recheck. */
function encoderOf(type: SqlType): ((value: never) => never) | undefined {
  switch (type.keyKind) {
    case KeyKind.bool:
    case KeyKind.int16:
    case KeyKind.float32:
    case KeyKind.float64:
      return (value) => value;
    case KeyKind.int32:
      return type.oid === TypeOid.date ? undefined : (value) => value;
    case KeyKind.int64:
      return type.oid === TypeOid.int8 || type.oid === TypeOid.time ? (value) => value : undefined;
    case KeyKind.bytes:
      return isText(type.oid) ? (value) => value : undefined;
    default:
      return undefined;
  }
}
