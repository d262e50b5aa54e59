/**
 * Window functions: the input is kept, sorted by each call's PARTITION BY and ORDER BY in turn (stable, so the last one decides the order
 * of the result), and every call's values become one more column.
 *
 * Frames: ROWS and GROUPS with any bounds, RANGE without offsets. An aggregate whose frame begins with the partition is stepped on from
 * row to row; any other frame is aggregated afresh.
 */
import { type Datum, frameOffsetNegative, type Row } from "../../types/index.js";
import type { Evaluate } from "../expression/compiler.js";
import { MemoryAccount } from "../memory-account.js";
import { type Cursor, cursorOver, drain, type Operator, type RunState } from "../operator.js";
import { compareKeys, evaluateAll, type SortSpecification } from "../row-keys.js";
import type { AggregateStep } from "./aggregate.js";
import { OperatorBase, type OperatorFacts } from "./base.js";

export type WindowBound =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  | { readonly kind: "preceding" | "following"; readonly offset: Evaluate };
export interface WindowCallPlan {
  readonly partitionBy: readonly SortSpecification[];
  readonly orderBy: readonly SortSpecification[];
  readonly mode: "rows" | "range" | "groups";
  readonly start: WindowBound;
  readonly end: WindowBound;
  readonly function:
    | { readonly kind: "aggregate"; readonly step: AggregateStep; readonly incremental: boolean }
    | { readonly kind: "window"; readonly name: string; readonly args: readonly Evaluate[] };
}

interface Entry {
  readonly row: Row;
  readonly values: Datum[];
  partition: readonly Datum[];
  order: readonly Datum[];
}

export class WindowOperator extends OperatorBase {
  constructor(
    facts: OperatorFacts,
    readonly input: Operator,
    readonly calls: readonly WindowCallPlan[],
  ) {
    super(facts, [input]);
  }

  open(state: RunState): Cursor {
    let result: Cursor | undefined;
    return {
      next: (hint) => {
        result ??= cursorOver(this.#run(state));
        return result.next(hint);
      },
      close: () => undefined,
    };
  }

  #run(state: RunState): Row[] {
    const account = new MemoryAccount("window functions", state);
    const entries = drain(state.open(this.input)).map((row): Entry => {
      account.hold(row);
      return { row, values: [], partition: [], order: [] };
    });
    this.calls.forEach((call, column) => computeCall(call, entries, column, state));
    return entries.map((e) => [...e.row, ...e.values]);
  }
}

function computeCall(call: WindowCallPlan, entries: Entry[], column: number, state: RunState): void {
  const partitionKeys = call.partitionBy.map((k) => k.evaluate);
  const orderKeys = call.orderBy.map((k) => k.evaluate);
  for (const e of entries) {
    e.partition = evaluateAll(partitionKeys, e.row, state);
    e.order = evaluateAll(orderKeys, e.row, state);
  }
  const comparePartition = call.partitionBy.length === 0 ? () => 0 : compareKeys(call.partitionBy);
  const compareOrder = call.orderBy.length === 0 ? () => 0 : compareKeys(call.orderBy);
  entries.sort((a, b) => comparePartition(a.partition, b.partition) || compareOrder(a.order, b.order));
  for (let from = 0; from < entries.length; ) {
    let to = from + 1;
    while (to < entries.length && comparePartition((entries[from] as Entry).partition, (entries[to] as Entry).partition) === 0) to++;
    computePartition(call, new Partition(entries.slice(from, to), compareOrder), column, state);
    from = to;
  }
}

/** Rows of one partition in order, and where each one's peers begin and end. */
class Partition {
  readonly peerStart: number[] = [];
  readonly peerEnd: number[] = []; // one past
  readonly group: number[] = [];
  readonly groupStart: number[] = [];
  constructor(
    readonly entries: readonly Entry[],
    compareOrder: (a: readonly Datum[], b: readonly Datum[]) => number,
  ) {
    for (let i = 0; i < entries.length; i++) {
      if (i === 0 || compareOrder((entries[i - 1] as Entry).order, (entries[i] as Entry).order) !== 0) this.groupStart.push(i);
      this.group.push(this.groupStart.length - 1);
      this.peerStart.push(this.groupStart.at(-1) as number);
    }
    for (let i = 0; i < entries.length; i++) this.peerEnd.push(this.groupStart[(this.group[i] as number) + 1] ?? entries.length);
  }
  row(i: number): Row {
    return (this.entries[i] as Entry).row;
  }
  get size(): number {
    return this.entries.length;
  }
}

function computePartition(call: WindowCallPlan, partition: Partition, column: number, state: RunState): void {
  const offsets = [offsetOf(call.start, state, "starting"), offsetOf(call.end, state, "ending")] as const;
  const frame = (i: number): readonly [number, number] => [
    Math.max(0, boundary(call, call.start, offsets[0], partition, i, false)),
    Math.min(partition.size, boundary(call, call.end, offsets[1], partition, i, true)),
  ];
  const fn = call.function;
  if (fn.kind === "window") {
    for (let i = 0; i < partition.size; i++)
      (partition.entries[i] as Entry).values[column] = windowValue(fn.name, fn.args, partition, i, frame, state);
    return;
  }
  const { step } = fn;
  const incremental = fn.incremental && call.start.kind === "unboundedPreceding";
  let running = step.body.create();
  let done = 0;
  for (let i = 0; i < partition.size; i++) {
    const [from, to] = frame(i);
    if (!incremental) {
      running = step.body.create();
      done = from;
    }
    for (; done < to; done++) running = stepRow(step, running, partition.row(done), state);
    (partition.entries[i] as Entry).values[column] = step.body.finish(state.evaluation, running);
  }
}

function stepRow(step: AggregateStep, running: unknown, row: Row, state: RunState): unknown {
  if (step.filter !== undefined && !step.filter(row, state)) return running;
  const values = evaluateAll(step.args, row, state);
  if (step.strict && values.includes(null)) return running;
  return step.body.step(state.evaluation, running, ...values);
}

function offsetOf(bound: WindowBound, state: RunState, which: "starting" | "ending"): number {
  if (!("offset" in bound)) return 0;
  const value = Number(bound.offset([], state) ?? -1);
  if (value < 0) throw frameOffsetNegative(which);
  return value;
}

/** First row of the frame, or (`end`) one past its last. */
function boundary(call: WindowCallPlan, bound: WindowBound, offset: number, p: Partition, i: number, end: boolean): number {
  switch (bound.kind) {
    case "unboundedPreceding":
      return 0;
    case "unboundedFollowing":
      return p.size;
    case "currentRow":
      if (call.mode === "rows") return end ? i + 1 : i;
      return (end ? p.peerEnd[i] : p.peerStart[i]) as number;
    case "preceding":
    case "following": {
      const by = bound.kind === "preceding" ? -offset : offset;
      if (call.mode === "rows") return Math.max(0, i + by + (end ? 1 : 0));
      const group = (p.group[i] as number) + by + (end ? 1 : 0);
      return group < 0 ? 0 : (p.groupStart[group] ?? p.size);
    }
  }
}

function windowValue(
  name: string,
  args: readonly Evaluate[],
  p: Partition,
  i: number,
  frame: (i: number) => readonly [number, number],
  state: RunState,
): Datum {
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
      const buckets = argument(0, row) as number | null;
      if (buckets === null) return null;
      const size = Math.floor(p.size / buckets);
      const larger = p.size % buckets; // the first buckets have one row more
      return i < larger * (size + 1)
        ? Math.floor(i / (size + 1)) + 1
        : larger + Math.floor((i - larger * (size + 1)) / Math.max(1, size)) + 1;
    }
    case "lag":
    case "lead": {
      const by = args.length > 1 ? argument(1, row) : 1;
      if (by === null) return null;
      const at = i + (name === "lag" ? -Number(by) : Number(by));
      return at >= 0 && at < p.size ? argument(0, p.row(at)) : argument(2, row);
    }
    default: {
      const [from, to] = frame(i);
      if (from >= to) return null;
      if (name === "first_value") return argument(0, p.row(from));
      if (name === "last_value") return argument(0, p.row(to - 1));
      const nth = argument(1, row) as number | null; // nth_value
      return nth === null || from + nth > to ? null : argument(0, p.row(from + nth - 1));
    }
  }
}

/** The names that `windowValue` answers. */
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
