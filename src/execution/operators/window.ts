/**
 * Window functions: the input is kept, sorted by each window's PARTITION BY and ORDER BY in turn (stable, so the last one decides the
 * order of the result), and every call's values become one more column. Calls over the same window share one sort.
 *
 * An aggregate whose frame only grows is stepped on from row to row; one whose frame moves takes rows out again where an inverse exists
 * (window/moving.ts); any other is aggregated afresh for each frame that differs from the one before.
 */
import { type Datum, nthValueArgument, ntileArgument, type Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { cancellable, drain, type Operator, type RunState } from "../operator.js";
import { compareKeys, evaluateAll, type SortSpecification } from "../row-keys.js";
import type { MovingAggregate } from "../window/moving.js";
import { type Entry, type FramePlan, Frames, keptRanges, Partition } from "../window/partition.js";
import type { AggregateStep } from "./aggregate.js";
import { BlockingOperator, type OperatorFacts } from "./base.js";

export type { WindowBound } from "../window/partition.js";

export interface WindowCallPlan {
  /** Calls with the same number have the same PARTITION BY and ORDER BY. */
  readonly specification: number;
  readonly partitionBy: readonly SortSpecification[];
  readonly orderBy: readonly SortSpecification[];
  readonly frame: FramePlan;
  readonly function:
    | {
        readonly kind: "aggregate";
        readonly step: AggregateStep;
        /** `finish` leaves the state as it is, so that it can go on. */
        readonly incremental: boolean;
        readonly moving: (() => MovingAggregate) | undefined;
      }
    | { readonly kind: "window"; readonly name: string; readonly args: readonly Evaluate[] };
}

export class WindowOperator extends BlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly calls: readonly WindowCallPlan[],
  ) {
    super(facts, [input]);
  }

  protected override run(state: RunState): Row[] {
    const account = new MemoryAccount("window functions", state);
    const entries = drain(state.open(this.input)).map((row): Entry => {
      account.hold(row);
      return { row, values: new Array<Datum>(this.calls.length).fill(null), partition: [], order: [] };
    });
    for (let first = 0; first < this.calls.length; ) {
      const { specification } = this.calls[first] as WindowCallPlan;
      let end = first + 1;
      while (this.calls[end]?.specification === specification) end++;
      computeWindow(this.calls, first, end, entries, state);
      first = end;
    }
    return entries.map((e) => e.row.concat(e.values));
  }
}

/** Calls `first` to `end`, all over one window. */
function computeWindow(calls: readonly WindowCallPlan[], first: number, end: number, entries: Entry[], state: RunState): void {
  const { partitionBy, orderBy } = calls[first] as WindowCallPlan;
  const partitionKeys = partitionBy.map((k) => k.evaluate);
  const orderKeys = orderBy.map((k) => k.evaluate);
  for (const e of entries) {
    e.partition = evaluateAll(partitionKeys, e.row, state);
    e.order = evaluateAll(orderKeys, e.row, state);
  }
  const comparePartition = partitionBy.length === 0 ? () => 0 : compareKeys(partitionBy);
  const compareOrder = orderBy.length === 0 ? () => 0 : compareKeys(orderBy);
  if (partitionBy.length + orderBy.length > 0)
    entries.sort(
      cancellable((a: Entry, b: Entry) => comparePartition(a.partition, b.partition) || compareOrder(a.order, b.order), state.context),
    );
  for (let from = 0; from < entries.length; ) {
    state.context.checkCancel();
    let to = from + 1;
    while (to < entries.length && comparePartition((entries[from] as Entry).partition, (entries[to] as Entry).partition) === 0) to++;
    const partition = new Partition(entries.slice(from, to), compareOrder);
    for (let column = first; column < end; column++) computePartition(calls[column] as WindowCallPlan, partition, column, state);
    from = to;
  }
}

function computePartition(call: WindowCallPlan, partition: Partition, column: number, state: RunState): void {
  const fn = call.function;
  const set = (i: number, value: Datum): void => {
    (partition.entries[i] as Entry).values[column] = value;
  };
  if (fn.kind === "window") {
    const frames = framedFunctions.has(fn.name) ? new Frames(call.frame, partition, state) : undefined;
    const buckets = fn.name === "ntile" ? ntileBuckets(fn.args[0] as Evaluate, partition, state) : null;
    for (let i = 0; i < partition.size; i++) {
      set(
        i,
        frames === undefined
          ? orderValue(fn.name, fn.args, partition, i, buckets, state)
          : frameValue(fn, call.frame, frames, partition, i, state),
      );
    }
    return;
  }
  const frames = new Frames(call.frame, partition, state);
  if (call.frame.exclude === "none" && call.frame.start.kind === "unboundedPreceding" && fn.incremental)
    growing(fn.step, frames, partition, set, state);
  else if (call.frame.exclude === "none" && fn.moving !== undefined) moving(fn.step, fn.moving, frames, partition, set, state);
  else afresh(fn.step, call.frame, frames, partition, set, state);
}

type SetValue = (i: number, value: Datum) => void;

function growing(step: AggregateStep, frames: Frames, partition: Partition, set: SetValue, state: RunState): void {
  let running = step.body.create();
  let done = 0;
  let value: Datum = null;
  for (let i = 0; i < partition.size; i++) {
    const to = frames.at(i)[1];
    if (to > done || i === 0) {
      for (; done < to; done++) running = stepRow(step, running, partition.row(done), state);
      value = step.body.finish(state.evaluation, running);
    }
    set(i, value);
  }
}

function moving(
  step: AggregateStep,
  create: () => MovingAggregate,
  frames: Frames,
  partition: Partition,
  set: SetValue,
  state: RunState,
): void {
  const aggregate = create();
  const skipped: boolean[] = [];
  const values: Datum[] = [];
  let from = 0;
  let to = 0;
  for (let i = 0; i < partition.size; i++) {
    const [head, tail] = frames.at(i);
    for (; to < tail; to++) {
      const row = partition.row(to);
      skipped[to] = step.filter !== undefined && !step.filter(row, state);
      values[to] = skipped[to] || step.args.length === 0 ? null : (step.args[0] as Evaluate)(row, state);
      if (!skipped[to]) aggregate.add(values[to] as Datum, to);
    }
    for (; from < Math.min(head, to); from++) if (!skipped[from]) aggregate.remove(values[from] as Datum, from);
    // A frame that begins after everything seen so far: what lies between was never in it.
    if (head > to) from = to = head;
    set(i, aggregate.value());
  }
}

function afresh(step: AggregateStep, plan: FramePlan, frames: Frames, partition: Partition, set: SetValue, state: RunState): void {
  let known: readonly number[] = [];
  let value: Datum = null;
  for (let i = 0; i < partition.size; i++) {
    const [from, to] = frames.at(i);
    const ranges = keptRanges(plan.exclude, partition, i, from, to);
    if (i === 0 || ranges.length !== known.length || ranges.some((at, r) => at !== known[r])) {
      known = ranges;
      let running = step.body.create();
      for (let r = 0; r < ranges.length; r += 2)
        for (let at = ranges[r] as number; at < (ranges[r + 1] as number); at++) running = stepRow(step, running, partition.row(at), state);
      value = step.body.finish(state.evaluation, running);
    }
    set(i, value);
  }
}

function stepRow(step: AggregateStep, running: unknown, row: Row, state: RunState): unknown {
  if (step.filter !== undefined && !step.filter(row, state)) return running;
  const values = evaluateAll(step.args, row, state);
  if (step.strict && values.includes(null)) return running;
  return step.body.step(state.evaluation, running, ...values);
}

/** ntile's argument is read at the partition's first row; NULL there makes all of them NULL. */
function ntileBuckets(argument: Evaluate, partition: Partition, state: RunState): number | null {
  const buckets = argument(partition.row(0), state);
  if (buckets === null) return null;
  if (Number(buckets) <= 0) throw ntileArgument();
  return Number(buckets);
}

/** Functions of a row's place in the partition. */
function orderValue(name: string, args: readonly Evaluate[], p: Partition, i: number, buckets: number | null, state: RunState): Datum {
  const row = p.row(i);
  const argument = (n: number, of: Row): Datum => args[n]?.(of, state) ?? null;
  switch (name) {
    case "row_number":
      return i + 1;
    case "rank":
      return (p.peerStart[i] as number) + 1;
    case "dense_rank":
      return (p.group[i] as number) + 1;
    case "percent_rank":
      return p.size <= 1 ? 0 : (p.peerStart[i] as number) / (p.size - 1);
    case "cume_dist":
      return (p.peerEnd[i] as number) / p.size;
    case "ntile": {
      if (buckets === null) return null;
      const size = Math.floor(p.size / buckets);
      const larger = p.size % buckets; // the first buckets have one row more
      return i < larger * (size + 1)
        ? Math.floor(i / (size + 1)) + 1
        : larger + Math.floor((i - larger * (size + 1)) / Math.max(1, size)) + 1;
    }
    default: {
      // lag, lead
      const by = args.length > 1 ? argument(1, row) : 1;
      if (by === null) return null;
      const at = i + (name === "lag" ? -Number(by) : Number(by));
      return at >= 0 && at < p.size ? argument(0, p.row(at)) : argument(2, row);
    }
  }
}

/** first_value, last_value, nth_value: rows of the frame, those that EXCLUDE takes out left out. */
function frameValue(
  fn: Extract<WindowCallPlan["function"], { kind: "window" }>,
  plan: FramePlan,
  frames: Frames,
  p: Partition,
  i: number,
  state: RunState,
): Datum {
  const value = fn.args[0] as Evaluate;
  let nth = 1;
  if (fn.name === "nth_value") {
    const n = (fn.args[1] as Evaluate)(p.row(i), state);
    if (n === null) return null;
    if (Number(n) <= 0) throw nthValueArgument();
    nth = Number(n);
  }
  const [from, to] = frames.at(i);
  const ranges = keptRanges(plan.exclude, p, i, from, to);
  if (fn.name === "last_value") {
    const last = ranges.at(-1);
    return last === undefined || ranges[ranges.length - 2] === last ? null : value(p.row(last - 1), state);
  }
  for (let r = 0; r < ranges.length; r += 2) {
    const size = (ranges[r + 1] as number) - (ranges[r] as number);
    if (nth <= size) return value(p.row((ranges[r] as number) + nth - 1), state);
    nth -= size;
  }
  return null;
}
const framedFunctions: ReadonlySet<string> = new Set(["first_value", "last_value", "nth_value"]);

/** The names that have an answer here. */
export const windowFunctionNames: ReadonlySet<string> = new Set([
  "row_number",
  "rank",
  "dense_rank",
  "percent_rank",
  "cume_dist",
  "ntile",
  "lag",
  "lead",
  "first_value",
  "last_value",
  "nth_value",
]);
