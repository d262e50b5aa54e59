/**
 * Statements that were parsed and bound, by everything their meaning depends on: text, parameter types, and the session
 * facts in `contextKey` (search path, time zone, user…). An entry is good for one catalog version; least recently used go first.
 */
import type { PhysicalPlan } from "../execution/index.js";
import type { BoundStatement, Expression } from "../plan/index.js";
import type { LiteralModifier } from "./literals.js";
import type { PlanSizes } from "./plan-sizes.js";
import type { RelationLock } from "./relation-locks.js";
import type { ParsedStatement, ResultColumn } from "./types.js";

export interface PlannedStatement {
  readonly parsed: ParsedStatement;
  readonly bound: BoundStatement;
  readonly columns: readonly ResultColumn[];
  readonly catalogVersion: number;
  readonly contextKey: string;
  /** Made when it first runs. */
  physical: PhysicalPlan | undefined;
  /** What it locks; made when it first runs. */
  locks?: readonly RelationLock[];
  /** What `physical` was made for. */
  sizes?: PlanSizes;
  /** The plan changes rows or calls something volatile: it runs to its end before the first row leaves. */
  mayWrite: boolean;
  /** How often the session's threads have run it. */
  calls: number;
  /** Of a text with its literals lifted out: what must fit before the plan runs, so that an error is the constant's. */
  readonly literalModifiers?: readonly LiteralModifier[];
  /** What of it is computed from literals alone and may fail. */
  readonly literalCalls?: readonly Expression[];
  /** It calls something that waits without a lock of storage: what its volatile calls answer is kept over such a wait. */
  mayPause: boolean;
}

/** A text with its literals lifted out: seen once, found to mean something else in the catalog as it was, or the plan to run with the literals as parameters. */
export type LiftedPlan = "seen" | { readonly refused: true; readonly catalogVersion: number } | PlannedStatement;

const ENTRIES_MAX = 2_000;
/** Of all texts of a kind together. A character costs some 25 to 50 bytes of trees and plans. */
const CHARACTERS_MAX = 2_000_000;
/** Longer texts are mostly bulk loads, seldom sent twice and dear to keep: few of them, from the second time on. */
const SHORT_TEXT_LENGTH_MAX = 16_384;
const LONG_TEXT_LENGTH_MAX = 1 << 20;
const LONG_ENTRIES_MAX = 16;
const HASHED_UNITS = 4096;

export class PlanCache {
  readonly #statements = new RecentTexts<PlannedStatement>();
  readonly #parsed = new RecentTexts<readonly ParsedStatement[]>();
  readonly #lifted = new RecentTexts<LiftedPlan>();
  readonly #longStatements = new LongTexts<PlannedStatement>();
  readonly #longParsed = new LongTexts<readonly ParsedStatement[]>();

  get(key: string): PlannedStatement | undefined {
    return isLong(key) ? this.#longStatements.get(key) : this.#statements.get(key);
  }
  set(key: string, planned: PlannedStatement): void {
    if (isLong(key)) this.#longStatements.set(key, planned);
    else this.#statements.set(key, planned);
  }
  parsed(text: string): readonly ParsedStatement[] | undefined {
    return isLong(text) ? this.#longParsed.get(text) : this.#parsed.get(text);
  }
  setParsed(text: string, statements: readonly ParsedStatement[]): void {
    if (isLong(text)) this.#longParsed.set(text, statements);
    else this.#parsed.set(text, statements);
  }
  lifted(key: string): LiftedPlan | undefined {
    return this.#lifted.get(key);
  }
  setLifted(key: string, plan: LiftedPlan): void {
    if (!isLong(key)) this.#lifted.set(key, plan);
  }
  /** Statements that have been kept, also those with lifted literals. */
  *statements(): Iterable<PlannedStatement> {
    yield* this.#statements.values();
    for (const lifted of this.#lifted.values()) if (lifted !== "seen" && !("refused" in lifted)) yield lifted;
  }
  clear(): void {
    this.#lifted.clear();
    this.#statements.clear();
    this.#parsed.clear();
    this.#longStatements.clear();
    this.#longParsed.clear();
  }
}

const isLong = (text: string): boolean => text.length > SHORT_TEXT_LENGTH_MAX;

/** The texts used last. */
class RecentTexts<V> {
  readonly #kept = new Map<string, V>();
  #characters = 0;

  get(text: string): V | undefined {
    const value = this.#kept.get(text);
    // Moving an entry to the end costs two hash operations: only worth it when something may be dropped soon.
    if (value !== undefined && (this.#kept.size > ENTRIES_MAX / 2 || this.#characters > CHARACTERS_MAX / 2)) {
      this.#kept.delete(text);
      this.#kept.set(text, value);
    }
    return value;
  }
  set(text: string, value: V): void {
    if (!this.#kept.has(text)) this.#characters += text.length;
    this.#kept.set(text, value);
    while (this.#kept.size > ENTRIES_MAX || this.#characters > CHARACTERS_MAX) {
      const oldest = this.#kept.keys().next().value as string;
      this.#kept.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
  values(): Iterable<V> {
    return this.#kept.values();
  }
  clear(): void {
    this.#kept.clear();
    this.#characters = 0;
  }
}

/** The few long texts that came at least twice. */
class LongTexts<V> {
  readonly #kept = new Map<string, V>();
  /** Texts seen once; a number in place of one that may be a megabyte. */
  readonly #seen = new Set<number>();

  get(text: string): V | undefined {
    const value = this.#kept.get(text);
    if (value !== undefined) {
      this.#kept.delete(text);
      this.#kept.set(text, value);
    }
    return value;
  }
  set(text: string, value: V): void {
    if (text.length > LONG_TEXT_LENGTH_MAX) return;
    const hash = hashOf(text);
    if (!this.#kept.has(text) && !this.#seen.delete(hash)) {
      this.#seen.add(hash);
      if (this.#seen.size > ENTRIES_MAX) this.#seen.delete(this.#seen.values().next().value as number);
      return;
    }
    this.#kept.set(text, value);
    if (this.#kept.size > LONG_ENTRIES_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
  }
  clear(): void {
    this.#kept.clear();
    this.#seen.clear();
  }
}

/** FNV-1a over some thousand code units: two texts that share it only make the second one be kept early. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 ^ text.length;
  const step = Math.max(1, Math.floor(text.length / HASHED_UNITS));
  for (let i = 0; i < text.length; i += step) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
