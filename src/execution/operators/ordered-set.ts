/**
 * WITHIN GROUP: the rows' sort keys are kept and put in order at the end.
 *
 * An ordered-set aggregate's body gets, value by value in order, its direct arguments and the value (NULLs left out). Of a
 * hypothetical-set aggregate the direct arguments are a row that is imagined among the others; its place gives all four functions.
 */
import type { EvaluationContext } from "../../functions/registry.js";
import type { Datum, Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import type { RunState } from "../operator.js";
import { compareKeys, evaluateAll } from "../row-keys.js";
import type { Accumulator, AggregateStep } from "./aggregate.js";

export interface OrderedSetPlan {
  /** Name of a hypothetical-set function: rank, dense_rank, percent_rank, cume_dist. */
  readonly hypothetical: string | undefined;
  /** Over any row of the group: they read group keys only. */
  readonly direct: readonly Evaluate[];
}

export class OrderedSetAccumulator implements Accumulator {
  readonly #kept: Datum[][] = [];
  readonly #account: MemoryAccount;
  #direct: Datum[] | undefined;
  constructor(
    readonly step: AggregateStep,
    readonly plan: OrderedSetPlan,
    readonly state: RunState,
  ) {
    this.#account = new MemoryAccount("ordered-set aggregate", state);
  }

  add(row: Row): void {
    const { step, plan, state } = this;
    this.#direct ??= evaluateAll(plan.direct, row, state);
    if (step.filter !== undefined && !step.filter(row, state)) return;
    const keys = step.orderBy.map((k) => k.evaluate(row, state));
    if (plan.hypothetical === undefined && keys.includes(null)) return;
    this.#account.hold(keys);
    this.#kept.push(keys);
  }

  finish(context: EvaluationContext): Datum {
    const { step, plan } = this;
    const direct = this.#direct ?? evaluateAll(plan.direct, [], this.state);
    const compare = compareKeys(step.orderBy);
    const rows = this.#kept.sort(compare);
    if (plan.hypothetical !== undefined) return hypotheticalValue(plan.hypothetical, rows, direct, compare);
    let running = step.body.create();
    for (const keys of rows) running = step.body.step(context, running, ...direct, ...keys);
    return step.body.finish(context, running);
  }
}

function hypotheticalValue(
  name: string,
  rows: readonly (readonly Datum[])[],
  imagined: readonly Datum[],
  compare: (a: readonly Datum[], b: readonly Datum[]) => number,
): Datum {
  let before = 0;
  let distinct = 0;
  let notAfter = 0;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as readonly Datum[];
    const order = compare(row, imagined);
    if (order <= 0) notAfter++;
    if (order >= 0) continue;
    before++;
    if (i === 0 || compare(rows[i - 1] as readonly Datum[], row) !== 0) distinct++;
  }
  switch (name) {
    case "rank":
      return before + 1;
    case "dense_rank":
      return distinct + 1;
    case "percent_rank":
      return rows.length === 0 ? 0 : before / rows.length;
    default: // cume_dist
      return (notAfter + 1) / (rows.length + 1);
  }
}
