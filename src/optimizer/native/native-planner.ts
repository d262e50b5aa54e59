/** What the makers of native plans share. */
import {
  type CompileEnvironment,
  compileScalar,
  type Evaluate,
  emptyLayout,
  type NativeEnvironment,
  type NativeExpression,
  type NativeKind,
  type NativePlan,
  type NativePlanColumn,
  nativeExpression,
  OperatorCode,
  type Scope,
  toComparable,
} from "../../execution/internal.js";
import type { ColumnId, Expression, LogicalPlan } from "../../plan/index.js";
import { plainColumn } from "../conjuncts.js";
import type { Planner } from "../planner.js";
import { columnsOf, isVolatile } from "../walk.js";

export interface NativePlanner {
  readonly planner: Planner;
  readonly scope: Scope;
  readonly environment: NativeEnvironment;
  /** The native form of an input, if it has one. */
  input(plan: LogicalPlan): NativePlan | undefined;
  /** A value that does not depend on rows, for when the pipeline opens. */
  valueOf(e: Expression): Evaluate;
}

export function nativePlanner(planner: Planner, scope: Scope, input: (plan: LogicalPlan) => NativePlan | undefined): NativePlanner {
  const compile: CompileEnvironment = planner.environment(scope);
  return {
    planner,
    scope,
    environment: { compile, columnsOf, isVolatile },
    input,
    valueOf: (e) => compileScalar(compile, e, emptyLayout),
  };
}

let nextHidden = -1000;
/** Ids for columns that only native plans know. */
export function hiddenColumn(type: number, kind: NativeKind): NativePlanColumn {
  return { id: nextHidden-- as ColumnId, name: "?column?", type, typmod: -1, kind };
}

/** A plan that also has the expressions as columns; their indexes. */
export interface WithKeys {
  readonly plan: NativePlan;
  readonly indexes: readonly number[];
}

/** `input` with columns for the expressions, each comparable (numerics as decimals) and of the wanted kind, if any. */
export function withKeys(
  input: NativePlan,
  expressions: readonly { readonly type: number; readonly native: NativeExpression; readonly source: Expression }[],
): WithKeys {
  const extra: { readonly column: NativePlanColumn; readonly native: NativeExpression }[] = [];
  const indexes = expressions.map(({ type, native, source }) => {
    const plain = plainColumn(source);
    const at = plain === undefined ? -1 : input.columns.findIndex((c) => c.id === plain.id);
    if (at >= 0 && input.columns[at]?.kind === native.kind) return at;
    return input.columns.length + extra.push({ column: hiddenColumn(type, native.kind), native }) - 1;
  });
  if (extra.length === 0) return { plan: input, indexes };
  return { plan: project(input, extra), indexes };
}

/** All columns of the input, then more. */
function project(
  input: NativePlan,
  extra: readonly { readonly column: NativePlanColumn; readonly native: NativeExpression }[],
): NativePlan {
  return {
    ...input,
    columns: [...input.columns, ...extra.map((x) => x.column)],
    fallibleLate: input.fallibleLate || extra.some((x) => x.native.fallible),
    emit(w, state) {
      w.u8(OperatorCode.project);
      input.emit(w, state);
      w.u16(input.columns.length + extra.length);
      input.columns.forEach((_, i) => w.u8(1).u16(i));
      for (const x of extra) x.native.emit(w, state);
    },
  };
}

/** The keys of a sort, a grouping or a partition in comparable form; undefined: one has none. */
export function comparableKeys(
  planner: NativePlanner,
  input: NativePlan,
  keys: readonly Expression[],
): { readonly type: number; readonly native: NativeExpression; readonly source: Expression }[] | undefined {
  const out: { readonly type: number; readonly native: NativeExpression; readonly source: Expression }[] = [];
  for (const source of keys) {
    const compiled = nativeExpression(planner.environment, source, input.columns);
    const native = compiled && toComparable(compiled, source.type);
    if (native === undefined) return undefined;
    out.push({ type: source.type, native, source });
  }
  return out;
}
