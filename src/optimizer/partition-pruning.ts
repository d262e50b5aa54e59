/**
 * Which partitions can hold rows that a condition accepts. Equalities, ranges, lists and IS NULL on key columns count; everything else is
 * left to the scans. The answer may keep too many partitions, never too few.
 */
import type { TableObject } from "../catalog/index.js";
import {
  type BoundTuple,
  compileScalar,
  type Evaluate,
  emptyLayout,
  MAX,
  MIN,
  type PartitionMap,
  type RangePartition,
  type RunState,
  type Scope,
} from "../execution/internal.js";
import type { AppendScan, ColumnId, Expression } from "../plan/index.js";
import { type ArrayValue, type Datum, type Row, TypeOid } from "../types/index.js";
import { comparisonOf, conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import type { Planner } from "./planner.js";
import { hasSubquery, visit } from "./walk.js";

export interface Pruner {
  /** All values are constants: `choose` needs no state. */
  readonly isStatic: boolean;
  choose(state: RunState | undefined): ReadonlySet<number>;
}

/** What is known of one key column; values are computed when an execution starts. */
interface KeyCondition {
  readonly equals: Evaluate[];
  readonly lists: ((state: RunState) => readonly Datum[])[];
  readonly lower: { readonly value: Evaluate; readonly inclusive: boolean }[];
  readonly upper: { readonly value: Evaluate; readonly inclusive: boolean }[];
  isNull: boolean;
}
const noRow: Row = [];

export function prunerOf(
  planner: Planner,
  root: TableObject,
  table: TableObject,
  map: PartitionMap,
  scan: AppendScan,
  predicate: Expression | undefined,
  scope: Scope,
): Pruner | undefined {
  if (predicate === undefined) return undefined;
  const own = new Set<ColumnId>(scan.columns.map((c) => c.id));
  const keyOf = new Map<ColumnId, number>();
  map.scheme.keys.forEach((key, i) => {
    const name = table.attributes[key.attribute - 1]?.name;
    const number = root.attributes.find((a) => !a.dropped && a.name === name)?.number;
    scan.attributes.forEach((attribute, j) => {
      const column = scan.columns[j];
      if (key.attribute !== 0 && attribute === number && column !== undefined) keyOf.set(column.id, i);
    });
  });
  if (keyOf.size === 0) return undefined;
  const conditions = map.scheme.keys.map((): KeyCondition => ({ equals: [], lists: [], lower: [], upper: [], isNull: false }));
  const environment = planner.environment(scope);
  let isStatic = true;
  let found = false;
  const usable = (value: Expression): boolean => {
    if (hasSubquery(value) || !isFreeOf(value, own)) return false;
    visit(value, (e) => {
      if (e.kind === "Parameter" || e.kind === "ColumnReference" || (e.kind === "FunctionCall" && e.volatility !== "immutable"))
        isStatic = false;
    });
    return true;
  };
  const compiled = (value: Expression): Evaluate => compileScalar(environment, value, emptyLayout);
  for (const term of conjunctsOf(predicate)) {
    if (term.kind === "NullTest" && !term.negated) {
      const column = plainColumn(term.arg);
      const key = column === undefined ? undefined : keyOf.get(column.id);
      if (key !== undefined) {
        (conditions[key] as KeyCondition).isNull = true;
        found = true;
      }
      continue;
    }
    if (term.kind === "InList" || term.kind === "ArrayComparison") {
      const operand = term.kind === "InList" ? term.arg : term.left;
      const column = plainColumn(operand);
      const key = column === undefined ? undefined : keyOf.get(column.id);
      if (column === undefined || key === undefined) continue;
      const condition = conditions[key] as KeyCondition;
      if (term.kind === "InList") {
        if (!term.items.every((i) => comparable(i.type, column.type) && usable(i))) continue;
        const items = term.items.map(compiled);
        condition.lists.push((state) => items.map((item) => item(noRow, state)));
      } else {
        if (term.quantifier !== "any" || term.operator !== "=" || !usable(term.array)) continue;
        if (!comparable(planner.type(term.array.type).elementType, column.type)) continue;
        const array = compiled(term.array);
        condition.lists.push((state) => (array(noRow, state) as ArrayValue | null)?.elements ?? []);
      }
      found = true;
      continue;
    }
    const comparison = comparisonOf(term, own);
    const key = comparison === undefined ? undefined : keyOf.get(comparison.column);
    if (
      comparison === undefined ||
      key === undefined ||
      !comparable(comparison.value.type, comparison.columnType) ||
      !usable(comparison.value)
    )
      continue;
    found = true;
    const condition = conditions[key] as KeyCondition;
    const value = compiled(comparison.value);
    switch (comparison.operator) {
      case "=":
        condition.equals.push(value);
        break;
      case ">":
      case ">=":
        condition.lower.push({ value, inclusive: comparison.operator === ">=" });
        break;
      default:
        condition.upper.push({ value, inclusive: comparison.operator === "<=" });
    }
  }
  if (!found) return undefined;
  const nothing = {} as RunState;
  return { isStatic, choose: (state) => choose(map, conditions, state ?? nothing) };
}

const integers: readonly number[] = [TypeOid.int2, TypeOid.int4, TypeOid.int8];
const texts: readonly number[] = [TypeOid.text, TypeOid.varchar];
const comparable = (a: number, b: number): boolean =>
  a === b || (integers.includes(a) && integers.includes(b)) || (texts.includes(a) && texts.includes(b));

const NOTHING: ReadonlySet<number> = new Set();

function choose(map: PartitionMap, conditions: readonly KeyCondition[], state: RunState): ReadonlySet<number> {
  const kept = new Set<number>();
  const values = conditions.map((c) => ({
    equals: c.equals.map((e) => e(noRow, state)),
    lists: c.lists.map((l) => l(state)),
    lower: c.lower.map((b) => ({ value: b.value(noRow, state), inclusive: b.inclusive })),
    upper: c.upper.map((b) => ({ value: b.value(noRow, state), inclusive: b.inclusive })),
    isNull: c.isNull,
  }));
  for (const v of values) if (v.equals.includes(null) || [...v.lower, ...v.upper].some((b) => b.value === null)) return NOTHING;
  const keep = (table: TableObject | undefined): void => {
    if (table !== undefined) kept.add(table.oid);
  };
  // Every key held by equalities or one list: look each value up.
  const candidates = values.map((v): readonly Datum[] | undefined =>
    v.equals.length > 0
      ? [v.equals[0] as Datum]
      : v.lists.length > 0
        ? (v.lists[0] as readonly Datum[]).filter((x) => x !== null)
        : v.isNull
          ? [null]
          : undefined,
  );
  if (candidates.every((c) => c !== undefined)) {
    const combine = (at: number, key: readonly Datum[]): void => {
      if (at === candidates.length) return keep(map.find(key));
      for (const value of candidates[at] as readonly Datum[]) combine(at + 1, [...key, value]);
    };
    combine(0, []);
    return kept;
  }
  switch (map.scheme.strategy) {
    case "hash":
      return new Set(map.hashes.map((h) => h.table.oid));
    case "list": {
      const compare = map.types[0]?.compare;
      const [v] = values;
      for (const { value, table } of map.listValues) {
        const inside =
          compare === undefined ||
          v === undefined ||
          (v.lower.every((b) => within(compare(value, b.value as never), b.inclusive)) &&
            v.upper.every((b) => within(compare(b.value as never, value), b.inclusive)));
        if (inside) keep(table);
      }
      keep(map.default);
      return kept;
    }
    case "range": {
      const prefix: Exclude<Datum, null>[] = [];
      for (const candidate of candidates) {
        if (candidate?.length !== 1 || candidate[0] === null) break;
        prefix.push(candidate[0] as Exclude<Datum, null>);
      }
      const next = values[prefix.length];
      const low: BoundTuple[] = (next?.lower ?? []).map((b) => [...prefix, b.value as Exclude<Datum, null>]);
      const high: BoundTuple[] = (next?.upper ?? []).map((b) => [...prefix, b.value as Exclude<Datum, null>]);
      if (prefix.length > 0) {
        low.push(prefix);
        high.push(prefix);
      }
      const complete = prefix.length + 1 === conditions.length;
      const isAbove = (range: RangePartition): boolean =>
        low.every((bound) => map.compareTuples(range.to, bound) > (complete && bound.length === conditions.length ? 0 : -1));
      // Ranges lie apart in order: those that end below the lower bounds come first, those that begin above the upper ones last.
      for (let i = firstWhere(map.ranges, isAbove); i < map.ranges.length; i++) {
        const range = map.ranges[i] as RangePartition;
        const below = high.every((bound, i) => {
          const order = map.compareTuples(range.from, bound);
          const exclusive = complete && bound.length === conditions.length && next?.upper[i]?.inclusive === false;
          return exclusive ? order < 0 : order <= 0;
        });
        if (!below) break;
        kept.add(range.table.oid);
      }
      if (!coversAll(map)) keep(map.default);
      return kept;
    }
  }
}
/** The first for which `test` holds, given that it holds for all after it too; the length: for none. */
function firstWhere<T>(items: readonly T[], test: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (test(items[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}
const within = (order: number, inclusive: boolean): boolean => (inclusive ? order >= 0 : order > 0);
/** A single range from MINVALUE to MAXVALUE leaves NULLs to the default all the same. */
function coversAll(map: PartitionMap): boolean {
  return map.default === undefined && map.ranges[0]?.from[0] === MIN && map.ranges.at(-1)?.to[0] === MAX;
}
