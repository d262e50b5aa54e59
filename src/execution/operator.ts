/**
 * Physical operators: built once per plan, opened once per execution (again and again below a correlated subquery or lateral join).
 *
 * Invariants
 *  1. A cursor's batch belongs to the caller, rows included; the cursor keeps none of it unless it copied the row's reference to
 *     share it (materialized tables), and nobody changes a row after it was handed on.
 *  2. `next` gives a non-empty batch or null at the end; after null it is not called again. `hint` is how many rows the caller
 *     wants at most; a cursor may give more.
 *  3. `close` may be called at any time, once.
 */
import type { PlanColumn } from "../plan/index.js";
import type { Datum, Row } from "../types/index.js";
import type { ChangeMemory } from "./change-memory.js";
import type { ExecutionContext } from "./types.js";

export interface Cursor {
  next(hint: number): Row[] | null;
  close(): void;
}

/** What EXPLAIN shows below the node's title. */
export interface PlanDetail {
  readonly key: string;
  readonly value: string | readonly string[];
}

export interface Operator {
  readonly title: string;
  readonly columns: readonly PlanColumn[];
  readonly inputs: readonly Operator[];
  /** Estimated rows and total cost, in PostgreSQL's units (a sequential page read = 1). */
  readonly estimate: Estimate;
  readonly details: readonly PlanDetail[];
  /** Plans of subqueries in this operator's expressions, for EXPLAIN: titles as "SubPlan 1". */
  readonly subplans?: readonly { readonly title: string; readonly plan: Operator }[];
  /** How the parent sees it: "Outer", "Inner", "InitPlan"…; only for JSON. */
  open(state: RunState): Cursor;
}

/** Work that is done in steps of some milliseconds at most: between two of them the thread may serve others. */
export type Steps<T> = Generator<undefined, T, undefined>;
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
/** An operator that changes rows; at the top of a statement it gives its rows in steps. */
export interface SteppedOperator extends Operator {
  steps(state: RunState): Steps<Row[]>;
}
export const isStepped = (operator: Operator): operator is SteppedOperator => "steps" in operator;

export interface Estimate {
  readonly rows: number;
  readonly startupCost: number;
  readonly totalCost: number;
  readonly width: number;
}

export interface OperatorTiming {
  /** What only running it showed. */
  details?: readonly PlanDetail[];
  rows: number;
  loops: number;
  startupMs: number;
  totalMs: number;
}

/** What one execution owns: values of outer rows, caches of subqueries, materialized tables. */
export class RunState {
  readonly evaluation: ExecutionContext["evaluation"];
  readonly parameters: readonly Datum[];
  /** Values that correlated plans read (slots given out by Scope). */
  readonly outer: Datum[];
  /** State of nodes that outlives one opening: cached subqueries, common tables. undefined = not yet. */
  readonly cells: unknown[];
  timings: Map<Operator, OperatorTiming> | undefined;
  /** Run when the statement's source is exhausted and every change was applied: foreign keys. */
  readonly atEnd: (() => Steps<void>)[] = [];
  affectedRows = 0;

  constructor(
    readonly context: ExecutionContext,
    outerCount: number,
    cellCount: number,
  ) {
    this.evaluation = context.evaluation;
    this.parameters = context.parameters;
    this.outer = outerCount === 0 ? noValues : new Array<Datum>(outerCount).fill(null);
    this.cells = cellCount === 0 ? noCells : new Array<unknown>(cellCount).fill(undefined);
  }

  open(operator: Operator): Cursor {
    const cursor = this.timings === undefined ? operator.open(this) : timed(this.timings, operator, this);
    return new CancellableCursor(cursor, this.context);
  }
}

/** Whoever reads in a loop looks between two batches whether the statement shall end. */
class CancellableCursor implements Cursor {
  readonly #cursor: Cursor;
  readonly #context: ExecutionContext;
  constructor(cursor: Cursor, context: ExecutionContext) {
    this.#cursor = cursor;
    this.#context = context;
  }
  next(hint: number): Row[] | null {
    this.#context.checkCancel();
    return this.#cursor.next(hint);
  }
  close(): void {
    this.#cursor.close();
  }
}
/** Comparisons between two looks of a sort. */
const COMPARISONS_MASK = (1 << 14) - 1;
/** An order that can be stopped: sorting makes no other calls. */
export function cancellable<T>(compare: (a: T, b: T) => number, context: ExecutionContext): (a: T, b: T) => number {
  let count = 0;
  return (a, b) => {
    if ((++count & COMPARISONS_MASK) === 0) context.checkCancel();
    return compare(a, b);
  };
}

const noValues: Datum[] = [];
const noCells: unknown[] = [];

/** Every row of a cursor; closes it. */
export function drain(cursor: Cursor): Row[] {
  const rows: Row[] = [];
  try {
    for (let batch = cursor.next(BATCH_ROWS); batch !== null; batch = cursor.next(BATCH_ROWS)) {
      for (const row of batch) rows.push(row);
    }
  } finally {
    cursor.close();
  }
  return rows;
}

/** As `drain`, a step each batch, for rows that are changed in so many forms. */
export function* drainInSteps(cursor: Cursor, memory: ChangeMemory, copies: number): Steps<Row[]> {
  const rows: Row[] = [];
  try {
    for (let batch = cursor.next(BATCH_ROWS); batch !== null; batch = cursor.next(BATCH_ROWS)) {
      for (const row of batch) {
        memory.hold(row, copies);
        rows.push(row);
      }
      yield;
    }
  } finally {
    cursor.close();
  }
  return rows;
}

/** As `map`, a step each batch. */
export function* mapInSteps<T, U>(items: readonly T[], make: (item: T, index: number) => U): Steps<U[]> {
  const made = new Array<U>(items.length);
  for (let i = 0; i < items.length; i++) {
    made[i] = make(items[i] as T, i);
    if ((i + 1) % BATCH_ROWS === 0) yield;
  }
  return made;
}

/** The rows of a cursor one by one; closes it when the loop ends, however it ends. */
export function* drainLazily(cursor: Cursor): Generator<Row> {
  try {
    for (let batch = cursor.next(BATCH_ROWS); batch !== null; batch = cursor.next(BATCH_ROWS)) yield* batch;
  } finally {
    cursor.close();
  }
}

/** A batch that keeps the decoded rows in the second-level cache. */
export const BATCH_ROWS = 1024;

export const emptyCursor: Cursor = { next: () => null, close: () => undefined };

/** Rows that are made when the first one is asked for. */
export function cursorLater(make: () => readonly Row[]): Cursor {
  let result: Cursor | undefined;
  return {
    next: (hint) => {
      result ??= cursorOver(make());
      return result.next(hint);
    },
    close: () => undefined,
  };
}

/** Rows that are already there, in batches. */
export function cursorOver(rows: readonly Row[]): Cursor {
  let at = 0;
  return {
    next(hint) {
      if (at >= rows.length) return null;
      const batch = rows.slice(at, at + Math.max(1, hint));
      at += batch.length;
      return batch;
    },
    close: () => undefined,
  };
}

/** Rows of a generator, in batches. */
export function cursorOfIterable(rows: Iterable<Row>): Cursor {
  const iterator = rows[Symbol.iterator]();
  return {
    next(hint) {
      const batch: Row[] = [];
      while (batch.length < hint) {
        const step = iterator.next();
        if (step.done === true) break;
        batch.push(step.value);
      }
      return batch.length === 0 ? null : batch;
    },
    close() {
      iterator.return?.();
    },
  };
}

function timed(timings: Map<Operator, OperatorTiming>, operator: Operator, state: RunState): Cursor {
  let timing = timings.get(operator);
  if (timing === undefined) {
    timing = { rows: 0, loops: 0, startupMs: 0, totalMs: 0 };
    timings.set(operator, timing);
  }
  const record = timing;
  const start = performance.now();
  const cursor = operator.open(state);
  record.totalMs += performance.now() - start;
  let first = true;
  record.loops++;
  return {
    next(hint) {
      const from = performance.now();
      const batch = cursor.next(hint);
      record.totalMs += performance.now() - from;
      if (first) {
        record.startupMs = record.totalMs;
        first = false;
      }
      if (batch !== null) record.rows += batch.length;
      return batch;
    },
    close: () => cursor.close(),
  };
}
