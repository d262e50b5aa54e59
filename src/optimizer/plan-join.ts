/**
 * Joins: by index for few left rows, by hash for any other equality, by nested loop for the rest and for lateral right sides.
 */
import { isOrderedIndex, isUniqueNow } from "../catalog/index.js";
import {
  type ColumnSource,
  compileBindings,
  compileDecoder,
  compileJoinPredicate,
  compileScalar,
  type Estimate,
  HashJoinOperator,
  hashCompatible,
  hashKeyOf,
  IndexJoinOperator,
  type JoinType,
  Layout,
  NestedLoopOperator,
  type Operator,
  type PlanDetail,
  RowEncoder,
  Scope,
} from "../execution/internal.js";
import type { ColumnId, Expression, Join, LogicalPlan, PlanColumn, Scan } from "../plan/index.js";
import { fullJoinCondition, indexKeyType, TypeOid } from "../types/index.js";
import { conjunctsOf, plainColumn } from "./conjuncts.js";
import { deparse } from "./deparse.js";
import { estimate, LOOKUP_COST, OPERATOR_COST, ROW_COST } from "./estimates.js";
import { isLeakproof } from "./leakproof.js";
import { scanSources, tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";
import { columnsOf, conjunction, hasSubquery, isVolatile, outerColumnsOf } from "./walk.js";

interface KeyPair {
  readonly left: Expression;
  readonly right: Expression;
  readonly term: Expression;
}

const titles: Readonly<Record<JoinType, string>> = {
  inner: "",
  left: " Left",
  right: " Right",
  full: " Full",
  semi: " Semi",
  anti: " Anti",
};

export function planJoin(planner: Planner, join: Join, scope: Scope): Operator {
  const { homes } = planner;
  homes.add(join);
  const isLeft: Side = (id) => homes.makes(join.left, id);
  if (join.lateral && [...outerColumnsOf(join.right)].some(isLeft)) return planLateral(planner, join, scope);
  const left = planner.plan(join.left, scope);
  const { pairs, rest } = splitCondition(join.condition, isLeft, (id) => homes.makes(join.right, id));
  const byIndex = tryIndexJoin(planner, join, left, pairs, rest, scope);
  if (byIndex !== undefined) return byIndex;
  const right = planner.plan(join.right, scope);
  if (join.type === "full" && pairs.length === 0 && rest.some((term) => term.kind !== "Constant")) throw fullJoinCondition();
  if (pairs.length === 0) return nestedLoop(planner, join, left, right, undefined, scope);

  // The hash table goes over the smaller side.
  const swap = join.type === "inner" && left.estimate.rows * 2 < right.estimate.rows;
  const [probe, build] = swap ? [right, left] : [left, right];
  const columns = join.type === "semi" || join.type === "anti" ? left.columns : [...probe.columns, ...build.columns];
  const environment = planner.environment(scope);
  const probeLayout = Layout.of(probe.columns);
  const buildLayout = Layout.of(build.columns);
  const probeKeys = pairs.map((p) => compileScalar(environment, swap ? p.right : p.left, probeLayout));
  const buildKeys = pairs.map((p) => compileScalar(environment, swap ? p.left : p.right, buildLayout));
  const residual = conjunction(rest);
  const condition =
    residual === undefined
      ? undefined
      : compileJoinPredicate(environment, residual, new Layout().add(probe.columns, "l").add(build.columns, "r"));
  const rows = joinRows(join.type, left.estimate.rows, right.estimate.rows, true);
  const cost =
    left.estimate.totalCost +
    right.estimate.totalCost +
    (left.estimate.rows + right.estimate.rows) * (ROW_COST + OPERATOR_COST) +
    rows * ROW_COST;
  const details: PlanDetail[] = [{ key: "Hash Cond", value: deparse(conjunction(pairs.map((p) => p.term)) as Expression) }];
  if (residual !== undefined) details.push({ key: "Join Filter", value: deparse(residual) });
  return new HashJoinOperator(
    {
      title: `Hash${titles[join.type]} Join`,
      columns,
      estimate: joinEstimate(join.type, left, right, rows, cost, build.estimate.totalCost),
      details,
      subplans: planner.takeSubplans(),
    },
    join.type,
    probe,
    build,
    probeKeys,
    buildKeys,
    hashKeyOf(pairs.map((p) => planner.type(p.left.type))),
    condition,
  );
}

export function joinRows(type: JoinType, left: number, right: number, equality: boolean): number {
  const matches = equality ? Math.max(left, right) : left * right;
  switch (type) {
    case "inner":
      return matches;
    case "left":
      return Math.max(left, matches);
    case "right":
      return Math.max(right, matches);
    case "full":
      return Math.max(left + right, matches);
    case "semi":
    case "anti":
      return left / 2;
  }
}

/** As wide as the sides: their columns, thousands in thousands of joins, are not counted again. */
function joinEstimate(type: JoinType, left: Operator, right: Operator, rows: number, totalCost: number, startupCost = 0): Estimate {
  const width = left.estimate.width + (type === "semi" || type === "anti" ? 0 : right.estimate.width);
  return { rows: Math.max(1, Math.round(rows)), startupCost, totalCost, width };
}

/** Is the column one of those that a side makes? */
type Side = (id: ColumnId) => boolean;

function splitCondition(condition: Expression | undefined, left: Side, right: Side): { pairs: KeyPair[]; rest: Expression[] } {
  const pairs: KeyPair[] = [];
  const rest: Expression[] = [];
  for (const term of conjunctsOf(condition)) {
    const pair = keyPair(term, left, right);
    if (pair === undefined) rest.push(term);
    else pairs.push(pair);
  }
  return { pairs, rest };
}

function keyPair(term: Expression, left: Side, right: Side): KeyPair | undefined {
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.syntax.name !== "=" || term.args.length !== 2)
    return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  if (!hashCompatible(a.type, b.type) || noHash.has(a.type) || isVolatile(term) || hasSubquery(term)) return undefined;
  const usesLeft = (e: Expression): boolean => [...columnsOf(e)].some(left);
  const usesRight = (e: Expression): boolean => [...columnsOf(e)].some(right);
  if (usesLeft(a) && !usesRight(a) && usesRight(b) && !usesLeft(b)) return { left: a, right: b, term };
  if (usesLeft(b) && !usesRight(b) && usesRight(a) && !usesLeft(a)) return { left: b, right: a, term };
  return undefined;
}
/** Types whose equality is not that of a hash key, or that have none. */
const noHash = new Set<number>([TypeOid.json, TypeOid.record, TypeOid.vector]);

function planLateral(planner: Planner, join: Join, scope: Scope): Operator {
  const left = planner.plan(join.left, scope);
  const inner = new Scope(scope, planner.slots);
  const right = planner.plan(join.right, inner);
  return nestedLoop(planner, join, left, right, inner, scope);
}

function nestedLoop(planner: Planner, join: Join, left: Operator, right: Operator, inner: Scope | undefined, scope: Scope): Operator {
  const environment = planner.environment(scope);
  const columns = join.type === "semi" || join.type === "anti" ? left.columns : [...left.columns, ...right.columns];
  const condition =
    join.condition === undefined
      ? undefined
      : compileJoinPredicate(environment, join.condition, new Layout().add(left.columns, "l").add(right.columns, "r"));
  const bind = inner === undefined ? undefined : compileBindings(environment, inner, Layout.of(left.columns));
  const rows = joinRows(join.type, left.estimate.rows, right.estimate.rows, false) * (join.condition === undefined ? 1 : 1 / 3);
  const cost =
    left.estimate.totalCost +
    (bind === undefined ? right.estimate.totalCost : left.estimate.rows * right.estimate.totalCost) +
    left.estimate.rows * right.estimate.rows * OPERATOR_COST;
  const details: PlanDetail[] = join.condition === undefined ? [] : [{ key: "Join Filter", value: deparse(join.condition) }];
  return new NestedLoopOperator(
    {
      title: `Nested Loop${titles[join.type]}${join.type === "inner" ? "" : " Join"}`,
      columns,
      estimate: joinEstimate(join.type, left, right, rows, cost),
      details,
      subplans: planner.takeSubplans(),
    },
    join.type,
    left,
    right,
    condition,
    bind,
  );
}

/** The right side as (filters over) one table scan. */
function asScan(plan: LogicalPlan): { scan: Scan; filters: Expression[] } | undefined {
  const filters: Expression[] = [];
  let p = plan;
  while (p.kind === "Filter") {
    if (p.barrier === true && !filters.every(isLeakproof)) return undefined;
    filters.unshift(...conjunctsOf(p.predicate));
    p = p.input;
  }
  return p.kind === "Scan" ? { scan: p, filters } : undefined;
}

function tryIndexJoin(
  planner: Planner,
  join: Join,
  left: Operator,
  pairs: readonly KeyPair[],
  rest: readonly Expression[],
  scope: Scope,
): Operator | undefined {
  if (pairs.length === 0 || join.type === "right" || join.type === "full") return undefined;
  const found = asScan(join.right);
  if (found === undefined || found.filters.some(hasSubquery)) return undefined;
  const { scan, filters } = found;
  const table = tableOf(planner, scan.relation);
  const rightRows = planner.context.statistics.rowCount(table.storage);
  // A hash table over the right side costs about one scan of it.
  if (left.estimate.rows * LOOKUP_COST * 2 > rightRows * ROW_COST * 2 + 10) return undefined;
  const attributeOf = new Map<ColumnId, number>(scan.columns.map((c, i) => [c.id, scan.attributes[i] as number]));
  for (const index of planner.context.catalog.indexesOf(table.oid)) {
    if (
      !isOrderedIndex(index) ||
      !index.valid ||
      index.predicateSql !== undefined ||
      index.columns.some((c) => c.attribute === 0 || c.sortKey !== undefined)
    )
      continue;
    const used = index.columns.map((column) =>
      pairs.find((p) => {
        const c = plainColumn(p.right);
        return c !== undefined && attributeOf.get(c.id) === column.attribute && sameKeyType(c.type, p.left.type);
      }),
    );
    if (used.some((p) => p === undefined)) continue;
    const keys = used as readonly KeyPair[];
    return buildIndexJoin(
      planner,
      join,
      left,
      scan,
      filters,
      index,
      keys,
      [...rest, ...pairs.filter((p) => !keys.includes(p)).map((p) => p.term)],
      scope,
    );
  }
  return undefined;
}
function sameKeyType(column: number, value: number): boolean {
  const texts: readonly number[] = [TypeOid.text, TypeOid.varchar];
  // A narrower integer always fits the column.
  const integers: readonly number[] = [TypeOid.int2, TypeOid.int4, TypeOid.int8];
  return (
    column === value ||
    (texts.includes(column) && texts.includes(value)) ||
    (integers.includes(column) && integers.includes(value) && integers.indexOf(value) <= integers.indexOf(column))
  );
}

function buildIndexJoin(
  planner: Planner,
  join: Join,
  left: Operator,
  scan: Scan,
  filters: readonly Expression[],
  index: ReturnType<Planner["context"]["catalog"]["indexesOf"]>[number],
  keys: readonly KeyPair[],
  rest: readonly Expression[],
  scope: Scope,
): Operator {
  const environment = planner.environment(scope);
  const table = tableOf(planner, scan.relation);
  const { columns, sources, withRowIds } = scanSources(planner, table, scan.attributes);
  const keyColumn: PlanColumn = { id: -1 as ColumnId, name: "key", type: TypeOid.int4, typmod: -1 };
  const keySource: ColumnSource = { kind: "block", index: columns.length, type: planner.type(TypeOid.int4) };
  const decode = compileDecoder(environment, [...scan.columns, keyColumn], [...sources, keySource], conjunction(filters));
  const leftLayout = Layout.of(left.columns);
  const encoder = new RowEncoder(
    index.columns.map((c) => {
      const attribute = table.attributes[c.attribute - 1];
      return { type: indexKeyType(planner.type(attribute?.type ?? TypeOid.int4)), typmod: attribute?.typmod ?? -1 };
    }),
  );
  const residual = conjunction(rest);
  const condition =
    residual === undefined
      ? undefined
      : compileJoinPredicate(environment, residual, new Layout().add(left.columns, "l").add(scan.columns, "r"));
  const type = join.type as "inner" | "left" | "semi" | "anti";
  const outputs = type === "semi" || type === "anti" ? left.columns : [...left.columns, ...scan.columns];
  const perKey = isUniqueNow(index) ? 1 : 5;
  const rows = type === "semi" || type === "anti" ? left.estimate.rows / 2 : left.estimate.rows * perKey;
  const cost = left.estimate.totalCost + left.estimate.rows * (LOOKUP_COST + perKey * 2 * ROW_COST);
  const lookup: Operator = {
    title: `Index Scan using ${index.name} on ${table.name}${scan.alias === table.name ? "" : ` ${scan.alias}`}`,
    columns: scan.columns,
    inputs: [],
    estimate: estimate(scan.columns, perKey, LOOKUP_COST),
    details: [
      { key: "Index Cond", value: deparse(conjunction(keys.map((k) => k.term)) as Expression) },
      ...(filters.length === 0 ? [] : [{ key: "Filter", value: deparse(conjunction(filters) as Expression) }]),
    ],
    open: () => {
      throw new Error("assertion failed: the join reads its index itself");
    },
  };
  return new IndexJoinOperator(
    {
      title: `Nested Loop${titles[type]}${type === "inner" ? "" : " Join"}`,
      columns: outputs,
      estimate: joinEstimate(type, left, lookup, rows, cost),
      details: residual === undefined ? [] : [{ key: "Join Filter", value: deparse(residual) }],
      subplans: planner.takeSubplans(),
    },
    type,
    left,
    {
      storage: index.storage,
      columns,
      withRowIds,
      bufferBytes: 1 << 16,
      encoder,
      keys: keys.map((k) => compileScalar(environment, k.left, leftLayout)),
    },
    decode,
    scan.columns.length,
    condition,
    lookup,
  );
}
