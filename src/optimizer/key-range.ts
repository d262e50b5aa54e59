/**
 * Conditions and orders of the relations over keys that their order answers: `key >= …`, `key LIKE 'prefix%'`, `ORDER BY key`. Used while the
 * option ordered-keys is on (Statistics.keysAreOrdered); a plan is made again when it changes.
 *
 * The bounds are wider than the conditions (both ends included), so the conditions are checked on the rows.
 */
import { compileScalar, type Evaluate, emptyLayout, type RunState, type Scope, type TextRange } from "../execution/internal.js";
import type { ColumnId, Expression, SortKey, SystemScan } from "../plan/index.js";
import { TypeOid } from "../types/index.js";
import { comparisonOf, conjunctsOf, isFreeOf, plainColumn } from "./conjuncts.js";
import type { Planner } from "./planner.js";

export interface KeyRangePlan {
  readonly range: (state: RunState) => TextRange | null;
  /** The rows come in the wanted order. */
  readonly ordered: boolean;
  readonly backward: boolean;
  /** The conditions that bound the range, for EXPLAIN. */
  readonly terms: readonly Expression[];
}

type BoundKind = "lower" | "upper" | "pattern" | "prefix";
interface Bound {
  readonly kind: BoundKind;
  readonly value: Evaluate;
  readonly term: Expression;
}

export function keyRange(
  planner: Planner,
  scan: SystemScan,
  predicate: Expression | undefined,
  scope: Scope,
  order: readonly SortKey[],
): KeyRangePlan | undefined {
  if (!scan.provider.startsWith("redis.")) return undefined;
  const key = scan.columns[scan.attributes.indexOf(1)]?.id;
  if (key === undefined) return undefined;
  const first = order[0];
  // Where a key has one row, nothing is left to order behind it.
  const oneRow = scan.provider === "redis.keys" || scan.provider === "redis.strings";
  const ordered = first !== undefined && (order.length === 1 || oneRow) && plainColumn(first.expression)?.id === key;
  const found = conjunctsOf(predicate).flatMap((term) => boundOf(term, key) ?? []);
  if ((!ordered && found.length === 0) || planner.context.statistics.keysAreOrdered?.() !== true) return undefined;
  const environment = planner.environment(scope);
  const bounds = found.map(({ kind, value, term }): Bound => ({ kind, value: compileScalar(environment, value, emptyLayout), term }));
  const backward = ordered && first.descending;
  return { range: (state) => rangeOf(bounds, backward, state), ordered, backward, terms: bounds.map((b) => b.term) };
}

function boundOf(term: Expression, key: ColumnId): { kind: BoundKind; value: Expression; term: Expression } | undefined {
  const own = new Set([key]);
  const comparison = comparisonOf(term, own);
  if (comparison !== undefined) {
    if (comparison.columnType !== comparison.value.type || comparison.operator === "=") return undefined;
    return { kind: comparison.operator.startsWith(">") ? "lower" : "upper", value: comparison.value, term };
  }
  if (term.kind !== "FunctionCall" || term.args.length !== 2) return undefined;
  const [left, right] = term.args as readonly [Expression, Expression];
  if (plainColumn(left)?.id !== key || right.type !== TypeOid.text || !isFreeOf(right, own)) return undefined;
  if (term.syntax.form === "operator" && term.syntax.name === "~~") return { kind: "pattern", value: right, term };
  if (term.functionId === "starts_with(text,text)") return { kind: "prefix", value: right, term };
  return undefined;
}

/** null: a bound is NULL, so no row meets its condition. */
function rangeOf(bounds: readonly Bound[], backward: boolean, state: RunState): TextRange | null {
  let lower: Buffer | undefined;
  let upper: Buffer | undefined;
  const atLeast = (b: Buffer) => {
    if (lower === undefined || b.compare(lower) > 0) lower = b;
  };
  const atMost = (b: Buffer) => {
    if (upper === undefined || b.compare(upper) < 0) upper = b;
  };
  for (const { kind, value } of bounds) {
    const datum = value([], state);
    if (datum === null) return null;
    const bytes = Buffer.from(kind === "pattern" ? likePrefix(datum as string) : (datum as string));
    if (kind !== "upper") atLeast(bytes);
    if (kind === "upper") atMost(bytes);
    else if (kind !== "lower" && bytes.length > 0) atMost(successor(bytes));
  }
  return { lower, upper, backward };
}

/** What every text that matches a LIKE pattern begins with. */
function likePrefix(pattern: string): string {
  let prefix = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === "%" || c === "_") break;
    prefix += c === "\\" ? (pattern[++i] ?? "") : c;
  }
  return prefix;
}

/** Above all texts that begin with `prefix`: UTF-8 has no byte 0xff, so its last byte can be counted up. */
function successor(prefix: Buffer): Buffer {
  const above = Buffer.from(prefix);
  above[above.length - 1] = (above[above.length - 1] as number) + 1;
  return above;
}
