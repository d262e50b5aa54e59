/** Native forms of grouping, DISTINCT and window functions. */
import {
  isComparable,
  type NativeExpression,
  NativeKind,
  type NativePlan,
  type NativePlanColumn,
  nativeExpression,
  OperatorCode,
  type ProgramWriter,
  toComparable,
} from "../../execution/internal.js";
import type { Aggregate, AggregateCall, Distinct, Expression, FrameBound, PlanColumn, Window } from "../../plan/index.js";
import { TypeOid } from "../../types/index.js";
import { comparableKeys, type NativePlanner, withKeys } from "./native-planner.js";
import { writeSortKeys } from "./relational.js";

const aggregateOps: Readonly<Record<string, number>> = { count: 2, sum: 3, avg: 4, min: 5, max: 6, bool_and: 7, every: 7, bool_or: 8 };
const summable = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8, TypeOid.float4, TypeOid.float8, TypeOid.numeric]);
const COUNT_ROWS = 1;

interface NativeAggregate {
  readonly op: number;
  readonly arg: NativeExpression | undefined;
  readonly kind: NativeKind;
}

/** The kind of the result, as aggregate_kind of native/exec/pipeline/aggregate_states.cc gives it. */
function resultKind(op: number, arg: NativeKind): NativeKind {
  switch (op) {
    case 3:
      return arg <= NativeKind.int32 ? NativeKind.int64 : arg === NativeKind.int64 ? NativeKind.decimal : arg;
    case 4:
      return arg === NativeKind.float32 || arg === NativeKind.float64 ? NativeKind.float64 : NativeKind.decimal;
    case 5:
    case 6:
      return arg;
    case 7:
    case 8:
      return NativeKind.bool;
    default:
      return NativeKind.int64;
  }
}

function nativeAggregateOf(planner: NativePlanner, call: AggregateCall, columns: readonly NativePlanColumn[]): NativeAggregate | undefined {
  const signature = planner.planner.context.registry.functionById(call.functionId);
  const name = call.functionId.slice(0, call.functionId.indexOf("("));
  const op = aggregateOps[name];
  if (signature?.schema !== "pg_catalog" || signature.kind !== "aggregate" || op === undefined || call.orderBy.length > 0) return undefined;
  const [argument] = call.args;
  if (argument === undefined)
    return name === "count" && !call.distinct ? { op: COUNT_ROWS, arg: undefined, kind: NativeKind.int64 } : undefined;
  if (call.args.length > 1) return undefined;
  const type = argument.type;
  if ((op === 3 || op === 4) && !summable.has(type)) return undefined;
  if ((op === 5 || op === 6) && (!isComparable(type) || type === TypeOid.bool)) return undefined;
  if (op >= 7 && type !== TypeOid.bool) return undefined;
  const compiled = nativeExpression(planner.environment, argument, columns);
  if (compiled === undefined) return undefined;
  const plainCount = op === 2 && !call.distinct;
  const arg = plainCount ? compiled : toComparable(compiled, type);
  return arg && { op, arg, kind: resultKind(op, arg.kind) };
}

export function nativeAggregate(planner: NativePlanner, plan: Aggregate): NativePlan | undefined {
  if (plan.groupingSets !== undefined) return undefined;
  const input = planner.input(plan.input);
  const keys = input && comparableKeys(planner, input, plan.keys);
  if (input === undefined || keys === undefined) return undefined;
  const calls: { readonly aggregate: NativeAggregate; readonly filter: NativeExpression | undefined; readonly distinct: boolean }[] = [];
  for (const call of plan.aggregates) {
    const aggregate = nativeAggregateOf(planner, call, input.columns);
    const filter = call.filter === undefined ? undefined : nativeExpression(planner.environment, call.filter, input.columns);
    if (aggregate === undefined || (call.filter !== undefined && filter?.kind !== NativeKind.bool)) return undefined;
    calls.push({ aggregate, filter, distinct: call.distinct });
  }
  const kinds = [...keys.map((k) => k.native.kind), ...calls.map((c) => c.aggregate.kind)];
  return {
    columns: plan.columns.map((c, i) => ({ ...c, kind: kinds[i] as NativeKind })),
    sourceRows: input.sourceRows,
    heavy: true,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.aggregate);
      input.emit(w, state);
      w.u16(keys.length);
      for (const k of keys) k.native.emit(w, state);
      w.u16(calls.length);
      for (const { aggregate, filter, distinct } of calls) {
        w.u8(aggregate.op)
          .u8(distinct ? 1 : 0)
          .u8(aggregate.arg === undefined ? 0 : 1);
        aggregate.arg?.emit(w, state);
        w.u8(filter === undefined ? 0 : 1);
        filter?.emit(w, state);
      }
    },
  };
}

export function nativeDistinct(planner: NativePlanner, plan: Distinct): NativePlan | undefined {
  if (plan.on !== undefined) return undefined;
  const input = planner.input(plan.input);
  return input && distinctOver(planner, input, plan.columns);
}

/** Each row once: a grouping by all columns. */
export function distinctOver(planner: NativePlanner, input: NativePlan, columns: readonly PlanColumn[]): NativePlan | undefined {
  const references = columns.map((c): Expression => ({ kind: "ColumnReference", id: c.id, name: c.name, type: c.type, typmod: c.typmod }));
  const keys = comparableKeys(planner, input, references);
  if (keys === undefined) return undefined;
  return {
    columns: columns.map((c, i) => ({ ...c, kind: (keys[i] as { native: NativeExpression }).native.kind })),
    sourceRows: input.sourceRows,
    heavy: true,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.aggregate);
      input.emit(w, state);
      w.u16(keys.length);
      for (const k of keys) k.native.emit(w, state);
      w.u16(0);
    },
  };
}

const windowOps: Readonly<Record<string, number>> = {
  row_number: 1,
  rank: 2,
  dense_rank: 3,
  percent_rank: 4,
  cume_dist: 5,
  lag: 6,
  lead: 7,
  first_value: 8,
  last_value: 9,
};
const AGGREGATE_CALL = 10;
const boundKinds = { unboundedPreceding: 1, preceding: 2, currentRow: 3, following: 4, unboundedFollowing: 5 } as const;
const slidingTypes = new Set<number>([TypeOid.int2, TypeOid.int4, TypeOid.int8]);

interface NativeCall {
  readonly op: number;
  readonly aggregate: number;
  readonly arg: Expression | undefined;
  readonly native: NativeExpression | undefined;
  readonly offset: number;
  readonly kind: NativeKind;
}

export function nativeWindow(planner: NativePlanner, plan: Window): NativePlan | undefined {
  const input = planner.input(plan.input);
  if (input === undefined) return undefined;
  const calls: NativeCall[] = [];
  for (const call of plan.calls) {
    const one = windowCall(planner, call, input.columns);
    if (one === undefined) return undefined;
    calls.push(one);
  }
  // Neighbouring calls over one partitioning and order share it.
  const specifications: { readonly from: number; to: number; readonly text: string }[] = [];
  const keys: { readonly type: number; readonly native: NativeExpression; readonly source: Expression }[] = [];
  const places: { readonly partition: number[]; readonly order: number[] }[] = [];
  for (let i = 0; i < plan.calls.length; i++) {
    const { partitionBy, orderBy } = plan.calls[i] as Window["calls"][number];
    const text = JSON.stringify([partitionBy, orderBy], (_, v) => (typeof v === "bigint" ? `${v}n` : v));
    const last = specifications.at(-1);
    if (last !== undefined && last.text === text) {
      last.to = i + 1;
      continue;
    }
    const compiled = comparableKeys(planner, input, [...partitionBy, ...orderBy.map((k) => k.expression)]);
    if (compiled === undefined) return undefined;
    const at = keys.length;
    keys.push(...compiled);
    specifications.push({ from: i, to: i + 1, text });
    places.push({
      partition: partitionBy.map((_, k) => at + k),
      order: orderBy.map((_, k) => at + partitionBy.length + k),
    });
  }
  const argAt: number[] = [];
  for (const call of calls)
    argAt.push(
      call.arg === undefined ? -1 : keys.push({ type: call.arg.type, native: call.native as NativeExpression, source: call.arg }) - 1,
    );
  const keyed = withKeys(input, keys);
  return {
    columns: [
      ...keyed.plan.columns,
      ...plan.columns.slice(plan.columns.length - calls.length).map((c, i) => ({ ...c, kind: (calls[i] as NativeCall).kind })),
    ],
    sourceRows: input.sourceRows,
    heavy: true,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.window);
      keyed.plan.emit(w, state);
      w.u16(specifications.length);
      specifications.forEach((s, i) => {
        const { partition, order } = places[i] as (typeof places)[number];
        const { orderBy } = plan.calls[s.from] as Window["calls"][number];
        const at = (list: readonly number[]): number[] => list.map((k) => keyed.indexes[k] as number);
        writeSortKeys(
          w,
          partition.map(() => ({ descending: false, nullsFirst: false })),
          at(partition),
        );
        writeSortKeys(w, orderBy, at(order));
        w.u16(s.to - s.from);
        for (let c = s.from; c < s.to; c++) {
          const call = calls[c] as NativeCall;
          const { frame } = plan.calls[c] as Window["calls"][number];
          w.u8(call.op)
            .u8(call.aggregate)
            .u32(argAt[c] === -1 ? -1 : (keyed.indexes[argAt[c] as number] as number))
            .i64(call.offset);
          w.u8(frame.mode === "rows" ? 1 : 0);
          writeBound(w, frame.start);
          writeBound(w, frame.end);
        }
      });
    },
  };
}

function windowCall(
  planner: NativePlanner,
  { call, frame }: Window["calls"][number],
  columns: readonly NativePlanColumn[],
): NativeCall | undefined {
  if (call.filter !== undefined || call.distinct || call.orderBy.length > 0 || frame.exclude !== "none") return undefined;
  const offsets = [frame.start, frame.end].filter((b) => "offset" in b);
  if (offsets.length > 0 && (frame.mode !== "rows" || offsets.some((b) => constantOffset(b) === undefined))) return undefined;
  const signature = planner.planner.context.registry.functionById(call.functionId);
  if (signature?.schema !== "pg_catalog") return undefined;
  const name = call.functionId.slice(0, call.functionId.indexOf("("));
  if (signature.kind !== "window") {
    const aggregate = nativeAggregateOf(planner, call, columns);
    if (aggregate === undefined || aggregate.op >= 7) return undefined;
    const slides = frame.start.kind !== "unboundedPreceding";
    const argument = call.args[0];
    if (slides && argument !== undefined && (aggregate.op >= 5 || (aggregate.op !== 2 && !slidingTypes.has(argument.type))))
      return undefined;
    const { op, arg, kind } = aggregate;
    return { op: AGGREGATE_CALL, aggregate: op, arg: argument, native: arg, offset: 0, kind };
  }
  const op = windowOps[name];
  if (op === undefined) return undefined;
  if (op <= 5)
    return { op, aggregate: 0, arg: undefined, native: undefined, offset: 0, kind: op <= 3 ? NativeKind.int64 : NativeKind.float64 };
  const [argument, by, otherwise] = call.args;
  if (argument === undefined || otherwise !== undefined) return undefined;
  let offset = 1;
  if (by !== undefined) {
    if (by.kind !== "Constant" || typeof by.value !== "number") return undefined;
    offset = by.value;
  }
  const native = nativeExpression(planner.environment, argument, columns);
  return native && { op, aggregate: 0, arg: argument, native, offset, kind: native.kind };
}

function constantOffset(bound: FrameBound): number | undefined {
  if (!("offset" in bound) || bound.offset.kind !== "Constant") return undefined;
  const value = Number(bound.offset.value ?? -1);
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31 ? value : undefined;
}
function writeBound(w: ProgramWriter, bound: FrameBound): void {
  w.u8(boundKinds[bound.kind]).u64(constantOffset(bound) ?? 0);
}
