/** From a logical plan to one that runs: rules, then physical operators. */
import type { Execution, ExecutionContext, ExplainOptions, PhysicalPlan, PlanContext } from "../execution/index.js";
import {
  type EncodedOutputs,
  type EncodedStep,
  encodedOutputs,
  finish,
  generalAfter,
  type IndexSearch,
  isStepped,
  NativePipelineOperator,
  type NearestSelect,
  type Operator,
  type Pipeline,
  type PointSelect,
  type PointWrite,
  RunState,
  runAtEnd,
  Scope,
  type Steps,
} from "../execution/internal.js";
import type { LogicalPlan, PlanColumn } from "../plan/index.js";
import { assert, type FormatContext, type Row, statementTooComplex } from "../types/index.js";
import { explainPlan } from "./explain.js";
import { indexSearchOf } from "./index-search.js";
import { nativeRoot } from "./native/index.js";
import { nearestSelectOf } from "./nearest-select.js";
import { ordered } from "./ordered.js";
import { scanCount, usesVolatile, writesDeep } from "./plan-facts.js";
import { planNode, UNBOUNDED_HINT } from "./plan-node.js";
import { Planner } from "./planner.js";
import { pointPlanOf } from "./point-plan.js";
import { pointWriteOf } from "./point-write.js";
import { applyRules } from "./rules/index.js";

/** Plans once; the result runs many times as long as the catalog version stays. */
export function planStatement(plan: LogicalPlan, context: PlanContext): PhysicalPlan {
  try {
    return build(plan, context);
  } catch (error) {
    if (error instanceof RangeError) throw statementTooComplex();
    throw error;
  }
}

function build(plan: LogicalPlan, context: PlanContext): PhysicalPlan {
  const rewritten = applyRules(plan, context);
  const planner = new Planner(context, planNode);
  const scope = new Scope(undefined, planner.slots);
  const writes = writesDeep(rewritten);
  const general = planNode(planner, rewritten, scope, true);
  const root = ordered(planner, writes ? general : nativeRoot(planner, rewritten, scope, general), plan.columns, scope);
  const point = pointPlanOf(planner, rewritten, root, plan.columns);
  const search = point === undefined && !writes ? indexSearchOf(planner, rewritten, root, plan.columns) : undefined;
  const nearest =
    point === undefined && search === undefined && !writes ? nearestSelectOf(planner, rewritten, root, plan.columns) : undefined;
  const write = writes && isModify(rewritten) ? pointWriteOf(planner, rewritten, root) : undefined;
  const reason =
    typeof write === "string" ? write : "not a lookup of columns by keys, a range of an index or a vector that parameters give";
  const isHot = point !== undefined || search !== undefined || nearest !== undefined || (write !== undefined && typeof write !== "string");
  return new StatementPlan(
    plan.columns,
    root,
    planner.slots,
    writes,
    writes || usesVolatile(rewritten) || scanCount(rewritten) > 1,
    isModify(rewritten),
    point,
    search,
    nearest,
    typeof write === "string" ? undefined : write,
    isHot ? undefined : reason,
  );
}

function isModify(plan: LogicalPlan): boolean {
  if (plan.kind === "With") return isModify(plan.body);
  return plan.kind === "Insert" || plan.kind === "Update" || plan.kind === "Delete" || plan.kind === "Merge";
}

class StatementPlan implements PhysicalPlan {
  constructor(
    readonly columns: readonly PlanColumn[],
    readonly root: Operator,
    readonly slots: { readonly outer: number; readonly cells: number },
    readonly writes: boolean,
    readonly needsTransaction: boolean,
    readonly modifies: boolean,
    readonly point: PointSelect | undefined,
    readonly search: IndexSearch | undefined,
    readonly nearest: NearestSelect | undefined,
    readonly pointWrite: PointWrite | undefined,
    readonly coldReason: string | undefined,
  ) {}
  open(context: ExecutionContext): Execution {
    return new StatementExecution(this, new RunState(context, this.slots.outer, this.slots.cells));
  }
  /** A native root's rows can leave encoded, where every column has a wire form under these formats and settings. */
  encodedOutputs(formats: readonly number[], format: FormatContext): Uint32Array | undefined {
    return this.root instanceof NativePipelineOperator ? encodedOutputs(this.columns, formats, format) : undefined;
  }
  explain(options: ExplainOptions, execution?: Execution): string[] {
    return explainPlan(this.root, options, execution instanceof StatementExecution ? execution.state.timings : undefined);
  }
}

class StatementExecution implements Execution {
  #cursor: ReturnType<RunState["open"]> | undefined;
  #pipeline: Pipeline | undefined;
  #pending: Row[] = [];
  #at = 0;
  #ended = false;
  #returned = 0;

  constructor(
    readonly plan: StatementPlan,
    readonly state: RunState,
  ) {}

  get affectedRows(): number {
    return this.plan.modifies ? this.state.affectedRows : this.#returned;
  }

  /** Starts to measure operators; call before the first `next`. */
  instrument(): void {
    this.state.timings = new Map();
  }

  next(maxRows: number): Row[] {
    const batch = this.#batch(maxRows);
    this.#returned += batch.length;
    return batch;
  }

  *steps(): Steps<void> {
    const { root, writes } = this.plan;
    if (!writes || this.#cursor !== undefined || this.state.timings !== undefined || !isStepped(root)) return;
    this.state.context.checkCancel();
    this.#pending = yield* root.steps(this.state);
    this.#at = 0;
    this.#end();
    yield* runAtEnd(this.state);
  }

  nextEncoded(outputs: EncodedOutputs): EncodedStep {
    const { root } = this.plan;
    assert(root instanceof NativePipelineOperator, "only a native root encodes rows");
    if (this.#ended) return "end";
    this.#pipeline ??= root.start(this.state);
    const step = this.#pipeline?.encode(outputs) ?? "general";
    if (step === "end") this.#end();
    if (step === "general") {
      this.#pipeline?.close();
      this.#pipeline = undefined;
      this.#cursor = generalAfter(root, this.state, this.#returned);
    }
    if (typeof step === "object" && "rowCount" in step) this.#returned += step.rowCount;
    return step;
  }

  #batch(maxRows: number): Row[] {
    if (this.#at < this.#pending.length) return this.#take(maxRows);
    if (this.#ended) return [];
    // Not every source looks by itself: a result that streams is cancelled between its batches.
    this.state.context.checkCancel();
    this.#cursor ??= this.state.open(this.plan.root);
    if (this.plan.writes) {
      // Nothing is handed out before every change and every check is done: a wait restarts the whole statement.
      this.#pending = this.#drainAll(this.#cursor);
      this.#at = 0;
      finish(runAtEnd(this.state));
      return this.#take(maxRows);
    }
    const batch = this.#cursor.next(maxRows > 0 ? maxRows : UNBOUNDED_HINT);
    if (batch === null) {
      this.close();
      return [];
    }
    if (maxRows === 0 || batch.length <= maxRows) return batch;
    this.#pending = batch;
    this.#at = 0;
    return this.#take(maxRows);
  }

  #drainAll(cursor: ReturnType<RunState["open"]>): Row[] {
    const rows: Row[] = [];
    for (let batch = cursor.next(UNBOUNDED_HINT); batch !== null; batch = cursor.next(UNBOUNDED_HINT))
      for (const row of batch) rows.push(row);
    this.#end();
    return rows;
  }

  #take(maxRows: number): Row[] {
    const end = maxRows === 0 ? this.#pending.length : Math.min(this.#pending.length, this.#at + maxRows);
    const rows = this.#at === 0 && end === this.#pending.length ? this.#pending : this.#pending.slice(this.#at, end);
    this.#at = end;
    return rows;
  }

  #end(): void {
    this.#ended = true;
    this.#cursor?.close();
    this.#cursor = undefined;
    this.#pipeline?.close();
    this.#pipeline = undefined;
  }
  close(): void {
    this.#end();
    this.#pending = [];
    this.#at = 0;
  }
}
