/**
 * Chooses what runs natively: after a node was planned for TypeScript, its native form is made from its inputs' (which are kept by node); a
 * part that does more than read, over enough rows, becomes a NativePipelineOperator with the TypeScript operator behind it.
 */
import {
  type ColumnSource,
  compileDecoder,
  type DecodeBlock,
  HashJoinOperator,
  IndexScanOperator,
  NativeKind,
  NativePipelineOperator,
  type NativePlan,
  type NativePlanColumn,
  type Operator,
  type Scope,
  SeqScanOperator,
  SortOperator,
  storedKind,
} from "../../execution/internal.js";
import type { Expression, LogicalPlan, Scan } from "../../plan/index.js";
import { TypeOid } from "../../types/index.js";
import { conjunctsOf } from "../conjuncts.js";
import { isLeakproof } from "../leakproof.js";
import { planScan } from "../plan-scan.js";
import type { Planner } from "../planner.js";
import { conjunction } from "../walk.js";
import { distinctOver, nativeAggregate, nativeDistinct, nativeWindow } from "./aggregation.js";
import { type NativePlanner, nativePlanner } from "./native-planner.js";
import { nativeCteScan, nativeWith, type RecursiveEntry } from "./recursion.js";
import { arranged, nativeAppend, nativeFilter, nativeJoin, nativeLimit, nativeProject, nativeSort } from "./relational.js";
import { nativeIndexScan, nativeSeqScan, nativeSeries, nativeValues } from "./sources.js";

/** Below, building a program costs more than it saves. */
const DEFAULT_MIN_ROWS = 5000;

export interface NativeState {
  readonly plans: Map<LogicalPlan, NativePlan | undefined>;
  readonly entries: Map<number, RecursiveEntry>;
  /** The TypeScript operators of nodes, for those whose choice decides. */
  readonly operators: Map<LogicalPlan, Operator>;
}
export function newNativeState(): NativeState {
  return { plans: new Map(), entries: new Map(), operators: new Map() };
}

export function minimumRows(planner: Planner): number {
  const given = planner.context.settings.setting("orrery.native_min_rows");
  const rows = given === undefined ? DEFAULT_MIN_ROWS : Number(given);
  return Number.isNaN(rows) ? DEFAULT_MIN_ROWS : rows < 0 ? Infinity : rows;
}

/** The operator to use for `plan`, which `general` runs by TypeScript. */
export function nativeOperator(planner: Planner, plan: LogicalPlan, scope: Scope, general: Operator): Operator {
  planner.native.operators.set(plan, general);
  const native = nativePlanOf(planner, plan, scope);
  if (native === undefined || !native.heavy || native.fallibleLate || native.sourceRows < minimumRows(planner)) return general;
  return operatorOf(planner, native, general, scope) ?? general;
}

/** The top of a statement: a plain read of many rows is native, too, because its rows leave encoded. */
export function nativeRoot(planner: Planner, plan: LogicalPlan, scope: Scope, root: Operator): Operator {
  if (root instanceof NativePipelineOperator) return root;
  const native = planner.native.plans.get(plan);
  if (native === undefined || native.fallibleLate || native.sourceRows < minimumRows(planner) || hasLimit(plan)) return root;
  return operatorOf(planner, native, root, scope) ?? root;
}
function hasLimit(plan: LogicalPlan): boolean {
  if (plan.kind === "Limit") return true;
  return (plan.kind === "Project" || plan.kind === "Filter") && hasLimit(plan.input);
}

/** A native operator's columns in another order; undefined when `operator` is none. */
export function nativeOrdered(planner: Planner, operator: Operator, scope: Scope, general: () => Operator): Operator | undefined {
  if (!(operator instanceof NativePipelineOperator)) return undefined;
  return operatorOf(planner, operator.plan, general(), scope);
}

function operatorOf(planner: Planner, native: NativePlan, general: Operator, scope: Scope): NativePipelineOperator | undefined {
  const plan = arranged(native, general.columns);
  if (plan === undefined) return undefined;
  const types = plan.columns.map((c) => planner.type(outputType(planner, c)));
  if (types.some((t, i) => storedKind(t) !== plan.columns[i]?.kind)) return undefined;
  const sources = types.map((type, index): ColumnSource => ({ kind: "block", index, type }));
  // An operator above may take this one's plan into its own: only one that runs needs code.
  const environment = planner.environment(scope);
  let compiled: DecodeBlock | undefined;
  const decode: DecodeBlock = (block, rows, out, state) => {
    compiled ??= compileDecoder(environment, plan.columns, sources, undefined);
    compiled(block, rows, out, state);
  };
  return new NativePipelineOperator(plan, general, types, decode);
}
/** A row id is a number of its own kind, whatever type its column says. */
function outputType(planner: Planner, column: NativePlanColumn): number {
  return column.kind === NativeKind.float64 && storedKind(planner.type(column.type)) !== NativeKind.float64 ? TypeOid.float8 : column.type;
}

/** The native form of a plan that was planned before, whatever its size. */
export function nativePlanOf(planner: Planner, plan: LogicalPlan, scope: Scope): NativePlan | undefined {
  const { plans, entries } = planner.native;
  // A node inside of a recursion has a meaning only while its entry stands: it is neither kept nor taken from what was kept.
  const keeps = entries.size === 0;
  if (keeps && plans.has(plan)) return plans.get(plan);
  const builder = nativePlanner(planner, scope, (input) => nativePlanOf(planner, input, scope));
  // Expressions that are compiled here are the general plan's, which shows their subplans.
  const native = build(builder, plan);
  planner.takeSubplans();
  if (keeps) plans.set(plan, native);
  return native;
}

function build(builder: NativePlanner, plan: LogicalPlan): NativePlan | undefined {
  const { planner, scope } = builder;
  const { operators, entries } = planner.native;
  switch (plan.kind) {
    case "Scan":
      return scanOf(builder, plan, undefined, operators.get(plan));
    case "Filter": {
      let input = plan.input;
      const terms: Expression[] = [...conjunctsOf(plan.predicate)];
      while (input.kind === "Filter" && (input.barrier !== true || terms.every(isLeakproof))) {
        terms.unshift(...conjunctsOf(input.predicate));
        input = input.input;
      }
      if (input.kind === "Scan") return scanOf(builder, input, conjunction(terms), operators.get(plan));
      return nativeFilter(builder, plan);
    }
    case "Project":
      return nativeProject(builder, plan);
    case "Sort":
      return operators.get(plan) instanceof SortOperator ? nativeSort(builder, plan, undefined) : undefined;
    case "Limit":
      return nativeLimit(builder, plan, operators.get(plan)?.inputs[0] instanceof SortOperator);
    case "Join": {
      const operator = operators.get(plan);
      if (!(operator instanceof HashJoinOperator)) return undefined;
      return nativeJoin(builder, plan, rowsOf(operators.get(plan.left)), rowsOf(operators.get(plan.right)));
    }
    case "Aggregate":
      return nativeAggregate(builder, plan);
    case "Distinct":
      return nativeDistinct(builder, plan);
    case "Window":
      return nativeWindow(builder, plan);
    case "SetOperation": {
      if (plan.operation !== "union") return undefined;
      const sides = [plan.left, plan.right];
      const append = nativeAppend(
        builder,
        plan.columns,
        sides.map((s) => builder.input(s)),
        sides.map((s) => s.columns),
      );
      return plan.all || append === undefined ? append : distinctOver(builder, append, plan.columns);
    }
    case "Values":
      return nativeValues(builder, plan);
    case "FunctionScan":
      return nativeSeries(builder, plan);
    case "CteScan":
      return nativeCteScan(plan, entries.get(plan.cteId));
    case "With":
      return scope.parent === undefined ? nativeWith(builder, plan, entries) : undefined;
    default:
      return undefined;
  }
}

function rowsOf(operator: Operator | undefined): number {
  return operator?.estimate.rows ?? 0;
}

/** By the way in which the planner reads the table, whatever node of the plan it decided that for. */
function scanOf(
  builder: NativePlanner,
  scan: Scan,
  predicate: Expression | undefined,
  chosen: Operator | undefined,
): NativePlan | undefined {
  const operator = chosen ?? planScan(builder.planner, scan, predicate, builder.scope).operator;
  // Exactly these: a table that is read in some other way (a partitioned one, say) has no native form here.
  if (operator.constructor === SeqScanOperator) return nativeSeqScan(builder, scan, predicate, operator as SeqScanOperator);
  if (operator.constructor === IndexScanOperator) return nativeIndexScan(builder, scan, predicate, operator as IndexScanOperator);
  return undefined;
}
