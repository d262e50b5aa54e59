/** Native sources: tables, index scans, lists of values, generate_series. */
import {
  type IndexScanOperator,
  type NativeExpression,
  NativeKind,
  type NativePlan,
  type NativePlanColumn,
  NoNativeForm,
  nativeExpression,
  OperatorCode,
  type SeqScanOperator,
  storedKind,
  toStored,
} from "../../execution/internal.js";
import type { Expression, FunctionScan, Scan, Values } from "../../plan/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { scanSources, tableOf } from "../plan-scan.js";
import type { NativePlanner } from "./native-planner.js";

const ROW_ID = 0xffffffff;

function scanColumns(planner: NativePlanner, scan: Scan): NativePlanColumn[] | undefined {
  if (scan.attributes.some((a) => a < 0)) return undefined;
  return scan.columns.map((c, i) => ({
    ...c,
    kind: scan.attributes[i] === 0 ? NativeKind.float64 : storedKind(planner.planner.type(c.type)),
  }));
}

export function nativeTerms(
  planner: NativePlanner,
  predicate: Expression | undefined,
  columns: readonly NativePlanColumn[],
  answered: readonly Expression[] = [],
): NativeExpression[] | undefined {
  const terms: NativeExpression[] = [];
  for (const term of conjunctsOf(predicate)) {
    if (answered.includes(term)) continue;
    const compiled = nativeExpression(planner.environment, term, columns);
    if (compiled === undefined || compiled.kind !== NativeKind.bool) return undefined;
    terms.push(compiled);
  }
  return terms;
}

export function nativeSeqScan(
  planner: NativePlanner,
  scan: Scan,
  predicate: Expression | undefined,
  operator: SeqScanOperator,
): NativePlan | undefined {
  const columns = scanColumns(planner, scan);
  const terms = columns && nativeTerms(planner, predicate, columns);
  if (columns === undefined || terms === undefined) return undefined;
  const { storage } = operator.source;
  return {
    columns,
    sourceRows: planner.planner.context.statistics.rowCount(storage),
    heavy: false,
    fallibleLate: terms.some((t) => t.fallible),
    emit(w, state) {
      w.u8(OperatorCode.scan).u32(storage).u16(columns.length);
      for (const attribute of scan.attributes) w.u32(attribute === 0 ? ROW_ID : attribute - 1);
      w.u16(terms.length);
      for (const t of terms) t.emit(w, state);
    },
  };
}

/** An index scan's blocks, every condition that the index does not answer checked. Only for scans that may read many rows. */
export function nativeIndexScan(
  planner: NativePlanner,
  scan: Scan,
  predicate: Expression | undefined,
  operator: IndexScanOperator,
): NativePlan | undefined {
  if (operator.source.equals.length > 0) return undefined;
  // A list of a part of the key is a range for each value, which is not one scan.
  if (operator.source.anyOf !== undefined && operator.source.encoders.length > 1) return undefined;
  const { columns: physical, withRowIds } = scanSources(planner.planner, tableOf(planner.planner, scan.relation), scan.attributes);
  if (scan.attributes.some((a) => a < 0) || physical.length !== scan.attributes.filter((a) => a > 0).length) return undefined;
  // Row ids come after the block's columns.
  const order = [...scan.columns.keys()].sort((a, b) => Number(scan.attributes[a] === 0) - Number(scan.attributes[b] === 0));
  const all = scanColumns(planner, scan);
  const columns = all && order.map((i) => all[i] as NativePlanColumn);
  const terms = columns && nativeTerms(planner, predicate, columns, operator.source.exact);
  if (columns === undefined || terms === undefined) return undefined;
  const types = columns.slice(0, physical.length).map((c) => planner.planner.type(c.type).physical);
  return {
    columns,
    sourceRows: operator.estimate.rows,
    heavy: false,
    fallibleLate: terms.some((t) => t.fallible),
    emit(w, state) {
      const handle = operator.openBlocks(state);
      if (handle === undefined) throw new NoNativeForm();
      w.scans.push(handle);
      w.u8(OperatorCode.filter)
        .u8(OperatorCode.blocks)
        .u32(handle)
        .u8(withRowIds ? 1 : 0)
        .u16(types.length);
      for (const type of types) w.u8(type);
      w.u16(terms.length);
      for (const t of terms) t.emit(w, state);
    },
  };
}

export function nativeValues(planner: NativePlanner, plan: Values): NativePlan | undefined {
  if (plan.rows.length > MAX_VALUES) return undefined;
  const rows = plan.rows.map((row) => row.map((e) => nativeExpression(planner.environment, e, [])));
  const kinds = plan.columns.map((c) => storedKind(planner.planner.type(c.type)));
  if (rows.some((row) => row.includes(undefined))) return undefined;
  const stored = rows.map((row) => row.map((e) => toStored(e as NativeExpression)));
  if (stored.some((row) => row.some((e, i) => e.kind !== kinds[i]))) return undefined;
  return {
    columns: plan.columns.map((c, i) => ({ ...c, kind: kinds[i] as NativeKind })),
    sourceRows: plan.rows.length,
    heavy: false,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.values).u16(kinds.length);
      for (const kind of kinds) w.u8(kind);
      w.u32(stored.length);
      for (const row of stored) for (const e of row) e.emit(w, state);
    },
  };
}
const MAX_VALUES = 100;

const series: Readonly<Record<string, NativeKind>> = {
  "generate_series(int4,int4)": NativeKind.int32,
  "generate_series(int4,int4,int4)": NativeKind.int32,
  "generate_series(int8,int8)": NativeKind.int64,
  "generate_series(int8,int8,int8)": NativeKind.int64,
};

export function nativeSeries(planner: NativePlanner, plan: FunctionScan): NativePlan | undefined {
  const [call] = plan.calls;
  const [column] = plan.columns;
  if (plan.calls.length !== 1 || plan.columns.length !== 1 || plan.withOrdinality || column === undefined || call?.kind !== "FunctionCall")
    return undefined;
  const kind = series[call.functionId];
  if (kind === undefined || storedKind(planner.planner.type(column.type)) !== kind) return undefined;
  const bounds = call.args.map((a) => planner.valueOf(a));
  const rows = call.args.every((a) => a.kind === "Constant")
    ? countOf(call.args.map((a) => Number((a as { value: unknown }).value ?? 0)))
    : 1000;
  return {
    columns: [{ ...column, kind }],
    sourceRows: rows,
    heavy: false,
    fallibleLate: false,
    emit(w, state) {
      const [start, stop, step = 1] = bounds.map((b) => b([], state)) as (number | bigint | null)[];
      // NULL gives no rows and a step of 0 an error: the general operator does both.
      if (start === null || stop === null || step === null || start === undefined || stop === undefined || BigInt(step) === 0n)
        throw new NoNativeForm();
      w.u8(OperatorCode.series).u8(kind).i64(start).i64(stop).i64(step);
    },
  };
}
function countOf([start = 0, stop = 0, step = 1]: readonly number[]): number {
  return step === 0 ? 0 : Math.max(0, Math.floor((stop - start) / step) + 1);
}
