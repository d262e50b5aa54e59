/**
 * `ORDER BY vector_column <-> query LIMIT k`: by the HNSW or IVFFlat index of that operator, else by a native exact search. A condition that an
 * index on other columns answers with few rows is better: those rows are sorted.
 */
import type { TableObject } from "../catalog/index.js";
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
import { classOfOperator } from "../functions/vector/index.js";
import { type ComparisonOp, PredicateOp } from "../native/predicate.js";
import type { ColumnId, Expression, Scan, SortKey } from "../plan/index.js";
import { KeyKind, type Oid, type SqlType, TypeOid } from "../types/index.js";
import { conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import { deparse } from "./deparse.js";
import { estimate, LOOKUP_COST, OPERATOR_COST, selectivity } from "./estimates.js";
import { scanSources, tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";
import { conjunction, hasSubquery } from "./walk.js";

export function planVectorScan(
  planner: Planner,
  scan: Scan,
  predicate: Expression | undefined,
  keys: readonly SortKey[],
  bound: (state: RunState) => number,
  scope: Scope,
): Operator | undefined {
  const [key] = keys;
  if (keys.length !== 1 || key === undefined || key.descending || key.nullsFirst) return undefined;
  const distance = distanceOf(key.expression, new Set(scan.columns.map((c) => c.id)));
  if (distance === undefined) return undefined;
  const table = tableOf(planner, scan.relation);
  const attribute = scan.attributes[scan.columns.findIndex((c) => c.id === distance.column)] as number;
  if (attribute < 1) return undefined;
  // As with pgvector, the exact answer is what is left without index scans.
  const indexes = planner.context.settings.setting("enable_indexscan") === "off" ? [] : planner.context.catalog.indexesOf(table.oid);
  const index = indexes.find(
    (i) =>
      (i.method === "hnsw" || i.method === "ivfflat") &&
      i.valid &&
      i.predicateSql === undefined &&
      i.columns[0]?.attribute === attribute &&
      i.columns[0].opclass === distance.opclass,
  );
  const dimensions = table.attributes[attribute - 1]?.typmod ?? -1;
  // Vectors without a fixed dimension are not kept in a matrix that kernels could scan.
  if (index === undefined && dimensions < 1) return undefined;
  const terms = conjunctsOf(predicate);
  if (terms.some(hasSubquery)) return undefined;

  const environment = planner.environment(scope);
  const { columns, sources, withRowIds } = scanSources(planner, table, scan.attributes);
  const pushed = terms.map((t) => predicateTerm(planner, table, scan, t, scope));
  const decode = compileDecoder(environment, scan.columns, sources, predicate);
  const vectorColumn = scan.columns.find((c) => c.id === distance.column);
  const isNull: Expression = {
    kind: "NullTest",
    negated: false,
    type: TypeOid.bool,
    typmod: -1,
    arg: { kind: "ColumnReference", id: distance.column, name: vectorColumn?.name ?? "", type: distance.type, typmod: -1 },
  };
  const rowCount = planner.context.statistics.rowCount(table.storage);
  const rows = rowCount * selectivity(predicate, rowCount);
  const on = `on ${table.name}${scan.alias === table.name ? "" : ` ${scan.alias}`}`;
  return new VectorScanOperator(
    {
      title: index === undefined ? `Exact Vector Scan ${on}` : `Index Scan using ${index.name} ${on}`,
      columns: scan.columns,
      estimate:
        index === undefined
          ? estimate(scan.columns, rows, rowCount * OPERATOR_COST * 10, rowCount * OPERATOR_COST * 10)
          : estimate(scan.columns, rows, rows * LOOKUP_COST, LOOKUP_COST * 10),
      details: [
        { key: "Order By", value: deparse(key.expression) },
        ...(predicate === undefined ? [] : [{ key: "Filter", value: deparse(predicate) }]),
      ],
      subplans: planner.takeSubplans(),
    },
    {
      relation: table.storage,
      index: index === undefined ? undefined : { storage: index.storage, method: index.method === "ivfflat" ? "ivfflat" : "hnsw" },
      column: attribute - 1,
      metric: distance.metric,
      dimensions,
      query: compileScalar(environment, distance.query, emptyLayout),
      columns,
      withRowIds,
      bufferBytes: 1 << 16,
      predicate: pushed.filter((p) => p !== undefined),
      hasResidual: pushed.includes(undefined),
      bound,
      decodeWithoutVector: compileDecoder(environment, scan.columns, sources, conjunction([...terms, isNull])),
    },
    decode,
  );
}

function distanceOf(
  e: Expression,
  own: ReadonlySet<ColumnId>,
): { column: ColumnId; query: Expression; type: Oid; metric: number; opclass: string } | undefined {
  if (e.kind !== "FunctionCall" || e.syntax.form !== "operator" || e.args.length !== 2) return undefined;
  const [a, b] = e.args as readonly [Expression, Expression];
  const found = a.type === b.type ? classOfOperator(e.syntax.name, a.type) : undefined;
  if (found === undefined) return undefined;
  const facts = { type: found.type, metric: found.metric, opclass: found.name };
  const left = plainColumn(a);
  if (left !== undefined && own.has(left.id) && isFreeOf(b, own)) return { column: left.id, query: b, ...facts };
  const right = plainColumn(b);
  if (right !== undefined && own.has(right.id) && isFreeOf(a, own)) return { column: right.id, query: a, ...facts };
  return undefined;
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
