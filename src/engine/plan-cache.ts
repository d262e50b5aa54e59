/**
 * Statements that were parsed and bound, by everything their meaning depends on: text, parameter types, and the session
 * facts in `contextKey` (search path, time zone, user…). An entry is good for one catalog version; least recently used go first.
 */
import type { PhysicalPlan } from "../execution/index.js";
import type { BoundStatement } from "../plan/index.js";
import type { ParsedStatement, ResultColumn } from "./types.js";

export interface PlannedStatement {
  readonly parsed: ParsedStatement;
  readonly bound: BoundStatement;
  readonly columns: readonly ResultColumn[];
  readonly catalogVersion: number;
  readonly contextKey: string;
  /** Made when it first runs. */
  physical: PhysicalPlan | undefined;
  /** The plan changes rows or calls something volatile: it runs to its end before the first row leaves. */
  mayWrite: boolean;
}

/** A text with its literals lifted out: seen once, found to mean something else, or the plan to run with the literals as parameters. */
export type LiftedPlan = "seen" | "refused" | PlannedStatement;

const ENTRIES_MAX = 2_000;
/** Long texts are bulk loads: seldom sent twice, dear to keep. */
const TEXT_LENGTH_MAX = 16_384;

export class PlanCache {
  readonly #statements = new Map<string, PlannedStatement>();
  readonly #parsed = new Map<string, readonly ParsedStatement[]>();
  readonly #lifted = new Map<string, LiftedPlan>();

  get(key: string): PlannedStatement | undefined {
    return touch(this.#statements, key);
  }
  set(key: string, planned: PlannedStatement): void {
    keep(this.#statements, key, planned);
  }
  parsed(text: string): readonly ParsedStatement[] | undefined {
    return touch(this.#parsed, text);
  }
  setParsed(text: string, statements: readonly ParsedStatement[]): void {
    keep(this.#parsed, text, statements);
  }
  lifted(key: string): LiftedPlan | undefined {
    return touch(this.#lifted, key);
  }
  setLifted(key: string, plan: LiftedPlan): void {
    keep(this.#lifted, key, plan);
  }
  clear(): void {
    this.#lifted.clear();
    this.#statements.clear();
    this.#parsed.clear();
  }
}

function touch<V>(map: Map<string, V>, key: string): V | undefined {
  const value = map.get(key);
  // Moving an entry to the end costs two hash operations: only worth it when something may be dropped soon.
  if (value !== undefined && map.size > ENTRIES_MAX / 2) {
    map.delete(key);
    map.set(key, value);
  }
  return value;
}

function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (key.length > TEXT_LENGTH_MAX) return;
  map.set(key, value);
  if (map.size > ENTRIES_MAX) map.delete(map.keys().next().value as string);
}
