/** Native forms of filter, project, sort, limit, join and the set operations. */
import {
  comparablePair,
  type NativeExpression,
  type NativeKind,
  type NativePlan,
  type NativePlanColumn,
  NoNativeForm,
  nativeExpression,
  OperatorCode,
  type ProgramWriter,
  storedKind,
  toStored,
} from "../../execution/internal.js";
import type { ColumnId, Expression, Filter, Join, Limit, PlanColumn, Project, Sort, SortKey } from "../../plan/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { columnsOf } from "../walk.js";
import { comparableKeys, type NativePlanner, withKeys } from "./native-planner.js";
import { nativeTerms } from "./sources.js";

export function nativeFilter(planner: NativePlanner, plan: Filter): NativePlan | undefined {
  const input = planner.input(plan.input);
  const terms = input && nativeTerms(planner, plan.predicate, input.columns);
  if (input === undefined || terms === undefined) return undefined;
  return {
    ...input,
    fallibleLate: input.fallibleLate || terms.some((t) => t.fallible),
    emit(w, state) {
      w.u8(OperatorCode.filter);
      input.emit(w, state);
      w.u16(terms.length);
      for (const t of terms) t.emit(w, state);
    },
  };
}

export function nativeProject(planner: NativePlanner, plan: Project): NativePlan | undefined {
  const input = planner.input(plan.input);
  if (input === undefined) return undefined;
  const list: NativeExpression[] = [];
  for (const e of plan.expressions) {
    const compiled = nativeExpression(planner.environment, e, input.columns);
    if (compiled === undefined) return undefined;
    list.push(compiled);
  }
  return projected(input, plan.columns, list);
}

export function projected(input: NativePlan, columns: readonly PlanColumn[], list: readonly NativeExpression[]): NativePlan {
  return {
    columns: columns.map((c, i) => ({ ...c, kind: (list[i] as NativeExpression).kind })),
    sourceRows: input.sourceRows,
    heavy: input.heavy,
    fallibleLate: input.fallibleLate || list.some((e) => e.fallible),
    emit(w, state) {
      w.u8(OperatorCode.project);
      input.emit(w, state);
      w.u16(list.length);
      for (const e of list) e.emit(w, state);
    },
  };
}

/** The columns of `wanted`, in its order, as storage and the wire know them. undefined: one is missing. */
export function arranged(input: NativePlan, wanted: readonly PlanColumn[]): NativePlan | undefined {
  const placeOf = new Map<ColumnId, number>();
  input.columns.forEach((c, at) => {
    if (!placeOf.has(c.id)) placeOf.set(c.id, at);
  });
  const places: number[] = [];
  for (const { id } of wanted) {
    const at = placeOf.get(id);
    if (at === undefined) return undefined;
    places.push(at);
  }
  const plain = places.every((at, i) => at === i) && places.length === input.columns.length;
  if (plain && input.columns.every((c) => toStored(columnAt(c, 0)).kind === c.kind)) return input;
  return projected(
    input,
    wanted,
    places.map((at) => toStored(columnAt(input.columns[at] as NativePlanColumn, at))),
  );
}
export function columnAt(column: NativePlanColumn, at: number): NativeExpression {
  return { kind: column.kind, fallible: false, emit: (w) => w.u8(1).u16(at) };
}

export function writeSortKeys(
  w: ProgramWriter,
  keys: readonly { readonly descending: boolean; readonly nullsFirst: boolean }[],
  indexes: readonly number[],
): void {
  w.u16(keys.length);
  keys.forEach((k, i) =>
    w
      .u16(indexes[i] as number)
      .u8(k.descending ? 1 : 0)
      .u8(k.nullsFirst ? 1 : 0),
  );
}
export function nativeSort(
  planner: NativePlanner,
  plan: Sort,
  first: ((writer: ProgramWriter, state: Parameters<NativePlan["emit"]>[1]) => void) | undefined,
): NativePlan | undefined {
  const input = planner.input(plan.input);
  const compiled =
    input &&
    comparableKeys(
      planner,
      input,
      plan.keys.map((k) => k.expression),
    );
  if (input === undefined || compiled === undefined) return undefined;
  const keyed = withKeys(input, compiled);
  return {
    ...keyed.plan,
    heavy: true,
    fallibleLate: false,
    emit(w, state) {
      w.u8(OperatorCode.sort);
      keyed.plan.emit(w, state);
      if (first === undefined) w.u64(Infinity);
      else first(w, state);
      writeSortKeys(w, plan.keys, keyed.indexes);
    },
  };
}

/** `sortsFirst`: the planner made a sort of the input, not an index scan in its order. */
export function nativeLimit(planner: NativePlanner, plan: Limit, sortsFirst: boolean): NativePlan | undefined {
  if (plan.withTies) return undefined;
  const count = plan.count === undefined ? undefined : planner.valueOf(plan.count);
  const offset = plan.offset === undefined ? undefined : planner.valueOf(plan.offset);
  const bounds = (state: Parameters<NativePlan["emit"]>[1]): { readonly skip: bigint; readonly count: bigint | number } => {
    const c = count?.([], state) ?? null;
    const o = offset?.([], state) ?? null;
    const skip = o === null ? 0n : BigInt(o as number);
    const left = c === null ? Infinity : BigInt(c as number);
    // The general operator raises the error.
    if (skip < 0n || left < 0n) throw new NoNativeForm();
    return { skip, count: left };
  };
  const input =
    plan.input.kind === "Sort"
      ? sortsFirst
        ? nativeSort(planner, plan.input, (w, state) => {
            const b = bounds(state);
            w.u64(typeof b.count === "bigint" ? b.count + b.skip : Infinity);
          })
        : undefined
      : planner.input(plan.input);
  if (input === undefined) return undefined;
  return {
    ...input,
    emit(w, state) {
      const b = bounds(state);
      w.u8(OperatorCode.limit);
      input.emit(w, state);
      w.u64(b.skip).u64(b.count);
    },
  };
}

/** Wider rows of joins stay in TypeScript: each of thousands of joins would describe all the columns below it once more. */
const JOINED_COLUMNS_MAX = 1664;
const joinTypes = { inner: 1, left: 2, right: 3, full: 4, semi: 5, anti: 6 } as const;

export function nativeJoin(planner: NativePlanner, plan: Join, leftRows: number, rightRows: number): NativePlan | undefined {
  const left = planner.input(plan.left);
  const right = planner.input(plan.right);
  if (left === undefined || right === undefined || left.columns.length + right.columns.length > JOINED_COLUMNS_MAX) return undefined;
  const leftIds = new Set(left.columns.map((c) => c.id));
  const rightIds = new Set(right.columns.map((c) => c.id));
  const pairs: { readonly left: KeySide; readonly right: KeySide }[] = [];
  const rest: Expression[] = [];
  for (const term of conjunctsOf(plan.condition)) {
    const pair = equality(planner, term, left, right, leftIds, rightIds);
    if (pair === undefined) rest.push(term);
    else pairs.push(pair);
  }
  if (pairs.length === 0) return undefined;
  const swap = plan.type === "inner" && leftRows * 2 < rightRows;
  const leftKeyed = withKeys(
    left,
    pairs.map((p) => p.left),
  );
  const rightKeyed = withKeys(
    right,
    pairs.map((p) => p.right),
  );
  const [probe, build] = swap ? [rightKeyed, leftKeyed] : [leftKeyed, rightKeyed];
  const both = [...probe.plan.columns, ...build.plan.columns];
  const residual =
    rest.length === 0 ? [] : nativeTerms(planner, rest.length === 1 ? rest[0] : { kind: "And", args: rest, type: 16, typmod: -1 }, both);
  if (residual === undefined) return undefined;
  return {
    columns: plan.type === "semi" || plan.type === "anti" ? probe.plan.columns : both,
    sourceRows: left.sourceRows + right.sourceRows,
    heavy: true,
    fallibleLate: probe.plan.fallibleLate || residual.some((r) => r.fallible),
    emit(w, state) {
      w.u8(OperatorCode.hashJoin).u8(joinTypes[plan.type]);
      probe.plan.emit(w, state);
      build.plan.emit(w, state);
      w.u16(pairs.length);
      pairs.forEach((_, i) => w.u16(probe.indexes[i] as number).u16(build.indexes[i] as number));
      w.u8(residual.length === 0 ? 0 : 1);
      if (residual.length > 1) w.u8(3).u16(residual.length);
      for (const r of residual) r.emit(w, state);
    },
  };
}
interface KeySide {
  readonly type: number;
  readonly native: NativeExpression;
  readonly source: Expression;
}
function equality(
  planner: NativePlanner,
  term: Expression,
  left: NativePlan,
  right: NativePlan,
  leftIds: ReadonlySet<number>,
  rightIds: ReadonlySet<number>,
): { readonly left: KeySide; readonly right: KeySide } | undefined {
  if (term.kind !== "FunctionCall" || term.syntax.form !== "operator" || term.syntax.name !== "=" || term.args.length !== 2)
    return undefined;
  const [a, b] = term.args as readonly [Expression, Expression];
  const uses = (e: Expression, ids: ReadonlySet<number>): boolean => [...columnsOf(e)].some((id) => ids.has(id));
  const straight = uses(a, leftIds) && !uses(a, rightIds) && uses(b, rightIds) && !uses(b, leftIds);
  const turned = uses(b, leftIds) && !uses(b, rightIds) && uses(a, rightIds) && !uses(a, leftIds);
  if (!straight && !turned) return undefined;
  const [l, r] = straight ? [a, b] : [b, a];
  const pair = comparablePair(
    nativeExpression(planner.environment, l, left.columns),
    nativeExpression(planner.environment, r, right.columns),
    l,
    r,
  );
  return pair && { left: { type: l.type, native: pair[0], source: l }, right: { type: r.type, native: pair[1], source: r } };
}

/** UNION ALL: inputs column by column of one stored kind. */
export function nativeAppend(
  planner: NativePlanner,
  columns: readonly PlanColumn[],
  inputs: readonly (NativePlan | undefined)[],
  ids: readonly (readonly PlanColumn[])[],
): NativePlan | undefined {
  const kinds: NativeKind[] = columns.map((c) => storedKind(planner.planner.type(c.type)));
  const sides: NativePlan[] = [];
  for (let i = 0; i < inputs.length; i++) {
    const input = inputs[i];
    const side = input && arranged(input, ids[i] as readonly PlanColumn[]);
    if (side === undefined || side.columns.some((c, k) => c.kind !== kinds[k])) return undefined;
    sides.push(side);
  }
  return {
    columns: columns.map((c, i) => ({ ...c, kind: kinds[i] as NativeKind })),
    sourceRows: sides.reduce((sum, s) => sum + s.sourceRows, 0),
    heavy: sides.some((s) => s.heavy),
    fallibleLate: sides.some((s) => s.fallibleLate),
    emit(w, state) {
      w.u8(OperatorCode.append).u16(sides.length);
      for (const s of sides) s.emit(w, state);
    },
  };
}
