/**
 * GROUP BY by hashing, and aggregates over everything. DISTINCT arguments and ORDER BY within an aggregate keep their arguments
 * until the end; grouping sets run side by side over one pass, a key that a set leaves out reads NULL.
 */
import type { AggregateBody, EvaluationContext } from "../../functions/registry.js";
import type { Datum, Row, SqlType } from "../../types/index.js";
import type { Evaluate, Predicate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { BATCH_ROWS, type Operator, type RunState } from "../operator.js";
import { compareKeys, evaluateAll, type HashKey, hashKeyOf, type SortSpecification } from "../row-keys.js";
import { BlockingOperator, type OperatorFacts } from "./base.js";
import { OrderedSetAccumulator, type OrderedSetPlan } from "./ordered-set.js";

export interface AggregateStep {
  readonly body: AggregateBody;
  readonly args: readonly Evaluate[];
  readonly argTypes: readonly SqlType[];
  readonly strict: boolean;
  readonly distinct: boolean;
  readonly orderBy: readonly SortSpecification[];
  readonly filter: Predicate | undefined;
  readonly orderedSet?: OrderedSetPlan;
}

interface Group {
  readonly keys: readonly Datum[];
  readonly states: Accumulator[];
}

export class AggregateOperator extends BlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly keys: readonly Evaluate[],
    readonly keyTypes: readonly SqlType[],
    readonly aggregates: readonly AggregateStep[],
    readonly groupingSets: readonly (readonly number[])[] | undefined,
    /** GROUPING(…): key indexes, the last one the lowest bit. */
    readonly groupings: readonly (readonly number[])[] = [],
  ) {
    super(facts, [input]);
  }

  protected override run(state: RunState): Row[] {
    const { evaluation } = state;
    const account = new MemoryAccount("aggregation", state);
    const sets = this.groupingSets ?? [this.keys.map((_, i) => i)];
    const tables = sets.map((set) => ({
      set,
      hash: set.length === 0 ? () => undefined : hashKeyOf(set.map((i) => this.keyTypes[i] as SqlType)),
      groups: new Map<HashKey, Group>(),
    }));
    const start = (keys: readonly Datum[]): Group => {
      account.hold(keys as Row);
      return { keys, states: this.aggregates.map((a) => accumulator(a, state)) };
    };
    for (const table of tables) if (table.set.length === 0) table.groups.set(undefined, start(this.keys.map(() => null)));
    const cursor = state.open(this.input);
    try {
      for (let batch = cursor.next(SCAN_HINT); batch !== null; batch = cursor.next(SCAN_HINT)) {
        for (const row of batch) {
          const values = evaluateAll(this.keys, row, state);
          for (const table of tables) {
            const own = this.groupingSets === undefined ? values : table.set.map((i) => values[i] as Datum);
            const key = table.hash(own);
            let group = table.groups.get(key);
            if (group === undefined) {
              group = start(
                this.groupingSets === undefined ? values : this.keys.map((_, i) => (table.set.includes(i) ? (values[i] as Datum) : null)),
              );
              table.groups.set(key, group);
            }
            const { states } = group;
            for (let i = 0; i < states.length; i++) (states[i] as Accumulator).add(row);
          }
        }
      }
    } finally {
      cursor.close();
    }
    const out: Row[] = [];
    for (const table of tables) {
      const bits = this.groupings.map((keys) => keys.reduce((mask, key) => mask * 2 + (table.set.includes(key) ? 0 : 1), 0));
      for (const group of table.groups.values()) {
        const row: Row = [...group.keys];
        for (const state of group.states) row.push(state.finish(evaluation));
        for (const mask of bits) row.push(mask);
        out.push(row);
      }
    }
    return out;
  }
}

/** The input of an aggregation is read to its end: large batches. */
const SCAN_HINT = BATCH_ROWS * 16;

export interface Accumulator {
  add(row: Row): void;
  finish(context: EvaluationContext): Datum;
}

export function accumulator(step: AggregateStep, state: RunState): Accumulator {
  if (step.orderedSet !== undefined) return new OrderedSetAccumulator(step, step.orderedSet, state);
  return step.distinct || step.orderBy.length > 0 ? new CollectingAccumulator(step, state) : new DirectAccumulator(step, state);
}

class DirectAccumulator implements Accumulator {
  #value: unknown;
  constructor(
    readonly step: AggregateStep,
    readonly state: RunState,
  ) {
    this.#value = step.body.create();
  }
  add(row: Row): void {
    const { step, state } = this;
    if (step.filter !== undefined && !step.filter(row, state)) return;
    if (step.args.length === 0) this.#value = step.body.step(state.evaluation, this.#value);
    else if (step.args.length === 1) {
      const value = (step.args[0] as Evaluate)(row, state);
      if (value === null && step.strict) return;
      this.#value = step.body.step(state.evaluation, this.#value, value);
    } else {
      const values = evaluateAll(step.args, row, state);
      if (step.strict && values.includes(null)) return;
      this.#value = step.body.step(state.evaluation, this.#value, ...values);
    }
  }
  finish(context: EvaluationContext): Datum {
    return this.step.body.finish(context, this.#value);
  }
}

/** Keeps (sort keys, arguments) and feeds them at the end, ordered and without duplicates. */
class CollectingAccumulator implements Accumulator {
  readonly #kept: { readonly order: readonly Datum[]; readonly values: readonly Datum[] }[] = [];
  readonly #seen = new Set<HashKey>();
  readonly #hash: ((values: readonly Datum[]) => HashKey) | undefined;
  constructor(
    readonly step: AggregateStep,
    readonly state: RunState,
  ) {
    this.#hash = step.distinct ? hashKeyOf(step.argTypes) : undefined;
  }
  add(row: Row): void {
    const { step, state } = this;
    if (step.filter !== undefined && !step.filter(row, state)) return;
    const values = evaluateAll(step.args, row, state);
    if (step.strict && values.includes(null)) return;
    if (this.#hash !== undefined) {
      const key = this.#hash(values);
      if (this.#seen.has(key)) return;
      this.#seen.add(key);
    }
    const order = step.orderBy.map((k) => k.evaluate(row, state));
    this.#kept.push({ order, values });
  }
  finish(context: EvaluationContext): Datum {
    const { step } = this;
    if (step.orderBy.length > 0) {
      const compare = compareKeys(step.orderBy);
      this.#kept.sort((a, b) => compare(a.order, b.order));
    } else if (step.argTypes.every((t) => t.compare !== undefined)) {
      // DISTINCT sorts its arguments in PostgreSQL, which string_agg and array_agg show.
      const compare = compareKeys(step.argTypes.map((type) => ({ type, descending: false, nullsFirst: false })));
      this.#kept.sort((a, b) => compare(a.values, b.values));
    }
    let value = step.body.create();
    for (const kept of this.#kept) value = step.body.step(context, value, ...kept.values);
    return step.body.finish(context, value);
  }
}
