/** One physical operator per logical node; nodes that look at their input's kind (Filter over Scan, Limit over Sort) are decided here. */

import {
  AggregateOperator,
  type AggregateStep,
  AppendOperator,
  BATCH_ROWS,
  type CommonTablePlan,
  type CompileEnvironment,
  CteScanOperator,
  compareKeys,
  compilePredicate,
  compileRow,
  compileScalar,
  compileScanAggregate,
  DistinctOperator,
  emptyLayout,
  FilterOperator,
  type FunctionCallRows,
  FunctionScanOperator,
  hashKeyOf,
  Layout,
  LimitOperator,
  type Operator,
  type OperatorFacts,
  ProjectOperator,
  type ProjectSetItem,
  ProjectSetOperator,
  type RunState,
  type ScanAggregateCall,
  ScanAggregateOperator,
  type Scope,
  SeqScanOperator,
  SetOperationOperator,
  SortOperator,
  type SortSpecification,
  ValuesOperator,
  WithOperator,
} from "../execution/internal.js";
import { COLLATION_KEY_ID, collatorOf } from "../functions/index.js";
import type {
  Aggregate,
  AggregateCall,
  ColumnId,
  CommonTable,
  Distinct,
  Expression,
  Filter,
  FunctionScan,
  Limit,
  LogicalPlan,
  PlanColumn,
  Project,
  SetOperation,
  Sort,
  SortKey,
  With,
} from "../plan/index.js";
import { type Datum, notSupported, type Row, unreachable } from "../types/index.js";
import { conjunctsOf } from "./conjuncts.js";
import { deparse } from "./deparse.js";
import { estimate, OPERATOR_COST, ROW_COST, selectivity } from "./estimates.js";
import { isLeakproof } from "./leakproof.js";
import { nativeOperator } from "./native/index.js";
import { ordered } from "./ordered.js";
import { planAppendScan } from "./plan-append.js";
import { planJoin } from "./plan-join.js";
import { planMerge } from "./plan-merge.js";
import { planDelete, planInsert, planLockRows, planUpdate } from "./plan-modify.js";
import { planSample } from "./plan-sample.js";
import { planOrderedSystemScan, planScan, planSystemScan, scanSources, tableOf } from "./plan-scan.js";
import { planDistanceRange, planVectorScan } from "./plan-vector.js";
import { planWindow } from "./plan-window.js";
import type { Planner } from "./planner.js";
import { columnsOf, expressionsOf, hasSubquery, isVolatile, writesAnywhere } from "./walk.js";

export function planNode(planner: Planner, plan: LogicalPlan, scope: Scope, isTop = false): Operator {
  return nativeOperator(planner, plan, scope, planGeneral(planner, plan, scope, isTop));
}

function planGeneral(planner: Planner, plan: LogicalPlan, scope: Scope, isTop: boolean): Operator {
  switch (plan.kind) {
    case "Scan":
      return planScan(planner, plan, undefined, scope).operator;
    case "AppendScan":
      return planAppendScan(planner, plan, undefined, scope);
    case "SystemScan":
      return planSystemScan(planner, plan, undefined, scope);
    case "FunctionScan":
      return planFunctionScan(planner, plan, scope);
    case "Values":
      return planValues(planner, plan.rows, plan.columns, scope);
    case "CteScan":
      return planCteScan(planner, plan);
    case "Filter":
      return planFilter(planner, plan, scope);
    case "Project":
      return planProject(planner, plan, scope);
    case "Join":
      return planJoin(planner, plan, scope);
    case "Aggregate":
      return planAggregate(planner, plan, scope);
    case "Window":
      return planWindow(planner, plan, scope);
    case "Sort":
      return planSort(planner, plan, scope, undefined);
    case "Limit":
      return planLimit(planner, plan, scope);
    case "Distinct":
      return planDistinct(planner, plan, scope);
    case "SetOperation":
      return planSetOperation(planner, plan, scope);
    case "With":
      return planWith(planner, plan, scope, isTop);
    case "Sample":
      return planSample(planner, plan, scope);
    case "LockRows":
      return planLockRows(planner, plan, scope);
    case "Insert":
      return planInsert(planner, plan, scope, isTop);
    case "Update":
      return planUpdate(planner, plan, scope, isTop);
    case "Delete":
      return planDelete(planner, plan, scope, isTop);
    case "Merge":
      return planMerge(planner, plan, scope, isTop);
    default:
      return unreachable(plan);
  }
}

function planValues(planner: Planner, rows: readonly (readonly Expression[])[], columns: LogicalPlan["columns"], scope: Scope): Operator {
  const environment = planner.environment(scope);
  const compiled =
    rows.length <= MAX_COMPILED_ROWS || !rows.every((r) => r.every((e) => e.kind === "Constant" || e.kind === "Parameter"))
      ? rows.map((r) => compileRow(environment, r, emptyLayout))
      : rows.map(
          (r) => (_row: Row, state: RunState) =>
            r.map((e) => (e.kind === "Constant" ? e.value : e.kind === "Parameter" ? (state.parameters[e.index] as Datum) : null)),
        );
  const title = rows.length === 1 ? "Result" : 'Values Scan on "*VALUES*"';
  return new ValuesOperator(
    { title, columns, estimate: estimate(columns, rows.length, rows.length * ROW_COST), subplans: planner.takeSubplans() },
    compiled,
  );
}
/** Long lists of constants are read, not compiled. */
const MAX_COMPILED_ROWS = 4;

function planFilter(planner: Planner, plan: Filter, scope: Scope): Operator {
  let terms = conjunctsOf(plan.predicate);
  let input = plan.input;
  while (input.kind === "Filter" && (input.barrier !== true || terms.every(isLeakproof))) {
    terms = [...conjunctsOf(input.predicate), ...terms];
    input = input.input;
  }
  const predicate: Expression = terms.length === 1 ? (terms[0] as Expression) : { kind: "And", args: terms, type: 16, typmod: -1 };
  if (terms.some((term) => term.kind === "Constant" && term.value !== true)) return planNothing(input.columns);
  if (input.kind === "Scan") {
    const { operator } = planScan(planner, input, predicate, scope);
    return (operator.title.startsWith("Seq Scan") ? planDistanceRange(planner, input, predicate, scope) : undefined) ?? operator;
  }
  if (input.kind === "AppendScan") return planAppendScan(planner, input, predicate, scope);
  if (input.kind === "SystemScan") return planSystemScan(planner, input, predicate, scope);
  const source = planner.plan(input, scope);
  const once = !isVolatile(predicate) && ![...columnsOf(predicate)].some((id) => source.columns.some((c) => c.id === id));
  const test = compilePredicate(planner.environment(scope), predicate, once ? emptyLayout : Layout.of(source.columns));
  const rows = source.estimate.rows * selectivity(predicate, source.estimate.rows);
  return new FilterOperator(
    {
      title: once ? "Result" : "Filter",
      columns: source.columns,
      estimate: estimate(source.columns, rows, source.estimate.totalCost + source.estimate.rows * OPERATOR_COST * terms.length),
      details: [{ key: once ? "One-Time Filter" : "Filter", value: deparse(predicate) }],
      subplans: planner.takeSubplans(),
    },
    source,
    test,
    once,
  );
}

/** What no row passes is not read at all. */
function planNothing(columns: readonly PlanColumn[]): Operator {
  const details = [{ key: "One-Time Filter", value: "false" }];
  return new ValuesOperator({ title: "Result", columns, estimate: estimate(columns, 0, 0), details }, []);
}

function planProject(planner: Planner, plan: Project, scope: Scope): Operator {
  if (plan.input.kind === "Limit") planner.columnsUsed.set(plan.input, new Set(plan.expressions.flatMap((e) => [...columnsOf(e)])));
  const input = planner.plan(plan.input, scope);
  const environment = planner.environment(scope);
  const layout = Layout.of(input.columns);
  const { registry } = planner.context;
  const isSet = (e: Expression): boolean => e.kind === "FunctionCall" && registry.functionById(e.functionId)?.kind === "set";
  if (plan.expressions.some(isSet)) {
    const items = plan.expressions.map((e): ProjectSetItem => {
      if (e.kind !== "FunctionCall" || !isSet(e)) return { kind: "scalar", evaluate: compileScalar(environment, e, layout) };
      const signature = registry.functionById(e.functionId);
      return {
        kind: "set",
        args: e.args.map((a) => compileScalar(environment, a, layout)),
        strict: e.strict,
        outTypes: signature?.outColumns?.map((c) => c.type),
        body: registry.setBody(e.functionId, {
          argTypes: e.args.map((a) => a.type),
          returnType: e.type,
          ...(e.recordColumns === undefined ? {} : { columns: e.recordColumns }),
        }) as unknown as Extract<ProjectSetItem, { kind: "set" }>["body"],
      };
    });
    return new ProjectSetOperator(
      {
        title: "ProjectSet",
        columns: plan.columns,
        estimate: estimate(plan.columns, input.estimate.rows * 100, input.estimate.totalCost * 2),
        subplans: planner.takeSubplans(),
      },
      input,
      items,
    );
  }
  const project = compileRow(environment, plan.expressions, layout);
  const cost =
    input.estimate.totalCost + input.estimate.rows * OPERATOR_COST * plan.expressions.filter((e) => e.kind !== "ColumnReference").length;
  return new ProjectOperator(
    {
      title: "Projection",
      columns: plan.columns,
      estimate: estimate(plan.columns, input.estimate.rows, cost, input.estimate.startupCost),
      subplans: planner.takeSubplans(),
    },
    input,
    project,
  );
}

export function sortSpecifications(planner: Planner, keys: readonly SortKey[], layout: Layout, scope: Scope): SortSpecification[] {
  const environment = planner.environment(scope);
  return keys.map((k) => ({
    evaluate: compileScalar(environment, k.expression, layout),
    ...collationKeys(environment, k.expression, layout),
    type: planner.type(k.expression.type),
    descending: k.descending,
    nullsFirst: k.nullsFirst,
  }));
}

/** Keys of a collation: ICU is asked for those of many texts at once. */
function collationKeys(environment: CompileEnvironment, key: Expression, layout: Layout): Pick<SortSpecification, "evaluateMany"> {
  if (key.kind !== "FunctionCall" || key.functionId !== COLLATION_KEY_ID) return {};
  const [text, locale, deterministic] = key.args;
  if (text === undefined || locale?.kind !== "Constant" || deterministic?.kind !== "Constant") return {};
  const evaluate = compileScalar(environment, text, layout);
  return {
    evaluateMany: (rows, state) => {
      const texts = rows.map((row) => evaluate(row, state));
      const given = texts.filter((t) => t !== null) as string[];
      const found = collatorOf(locale.value as string, deterministic.value === true).keys(given);
      let next = 0;
      return texts.map((t) => (t === null ? null : (found[next++] as Uint8Array)));
    },
  };
}

/** `used`: the columns that somebody wants of the sorted rows; undefined: all of them. */
function planSort(
  planner: Planner,
  plan: Sort,
  scope: Scope,
  bound: ((state: RunState) => number) | undefined,
  used?: ReadonlySet<ColumnId>,
): Operator {
  // An index may give the order.
  const under = plan.input.kind === "Filter" ? plan.input.input : plan.input;
  if (under.kind === "Scan") {
    const predicate = plan.input.kind === "Filter" ? plan.input.predicate : undefined;
    const { operator, ordered: inOrder } = planScan(planner, under, predicate, scope, plan.keys);
    const few = operator.title.startsWith("Index Scan") && operator.estimate.rows <= FEW_ROWS;
    const nearest = few ? undefined : planVectorScan(planner, under, predicate, plan.keys, bound, scope, used);
    if (nearest !== undefined) return nearest;
    return inOrder ? operator : sortOver(planner, operator, plan, scope, bound);
  }
  if (under.kind === "SystemScan") {
    const predicate = plan.input.kind === "Filter" ? plan.input.predicate : undefined;
    const { operator, ordered: inOrder } = planOrderedSystemScan(planner, under, predicate, scope, plan.keys);
    return inOrder ? operator : sortOver(planner, operator, plan, scope, bound);
  }
  return sortOver(planner, planner.plan(plan.input, scope), plan, scope, bound);
}

/** So few rows are compared and sorted faster than a graph is walked. */
const FEW_ROWS = 200;

function sortOver(planner: Planner, input: Operator, plan: Sort, scope: Scope, bound: ((state: RunState) => number) | undefined): Operator {
  const rows = input.estimate.rows;
  const cost = input.estimate.totalCost + rows * Math.max(1, Math.log2(rows)) * OPERATOR_COST * 2;
  const keys = plan.keys.map(
    (k) =>
      `${deparse(k.expression)}${k.descending ? " DESC" : ""}${k.nullsFirst === k.descending ? "" : k.nullsFirst ? " NULLS FIRST" : " NULLS LAST"}`,
  );
  return new SortOperator(
    {
      title: "Sort",
      columns: input.columns,
      estimate: estimate(input.columns, rows, cost, cost),
      details: [{ key: "Sort Key", value: keys }],
      subplans: planner.takeSubplans(),
    },
    input,
    sortSpecifications(planner, plan.keys, Layout.of(input.columns), scope),
    bound,
  );
}

function planLimit(planner: Planner, plan: Limit, scope: Scope): Operator {
  const environment = planner.environment(scope);
  const count = plan.count === undefined ? undefined : compileScalar(environment, plan.count, emptyLayout);
  const offset = plan.offset === undefined ? undefined : compileScalar(environment, plan.offset, emptyLayout);
  const bound =
    count === undefined || plan.withTies
      ? undefined
      : (state: RunState): number => {
          const c = count([], state);
          return c === null ? Infinity : Math.max(0, Number(c)) + Math.max(0, Number(offset?.([], state) ?? 0));
        };
  const limitSubplans = planner.takeSubplans();
  let input: Operator;
  let sort: Sort | undefined;
  if (plan.input.kind === "Sort") {
    sort = plan.input;
    input = planSort(planner, sort, scope, bound, plan.withTies ? undefined : planner.columnsUsed.get(plan));
  } else input = planner.plan(plan.input, scope);
  let isTie: ((a: Row, b: Row, state: RunState) => boolean) | undefined;
  if (plan.withTies) {
    if (sort === undefined) throw notSupported("WITH TIES over this input");
    const keys = sortSpecifications(planner, sort.keys, Layout.of(input.columns), scope);
    const compare = compareKeys(keys);
    isTie = (a, b, state) =>
      compare(
        keys.map((k) => k.evaluate(a, state)),
        keys.map((k) => k.evaluate(b, state)),
      ) === 0;
  }
  const rows =
    plan.count?.kind === "Constant" && plan.count.value !== null
      ? Math.min(Number(plan.count.value), input.estimate.rows)
      : input.estimate.rows / 10;
  const share = Math.min(1, rows / Math.max(1, input.estimate.rows));
  const cost = input.estimate.startupCost + (input.estimate.totalCost - input.estimate.startupCost) * share;
  return new LimitOperator(
    {
      title: "Limit",
      columns: input.columns,
      estimate: estimate(input.columns, rows, cost, input.estimate.startupCost),
      subplans: limitSubplans,
    },
    input,
    count,
    offset,
    isTie,
  );
}

function planDistinct(planner: Planner, plan: Distinct, scope: Scope): Operator {
  const input = planner.plan(plan.input, scope);
  const types = (plan.on?.map((e) => e.type) ?? input.columns.map((c) => c.type)).map((t) => planner.type(t));
  const environment = planner.environment(scope);
  const on = plan.on?.map((e) => compileScalar(environment, e, Layout.of(input.columns)));
  const cost = input.estimate.totalCost + input.estimate.rows * ROW_COST;
  return new DistinctOperator(
    {
      title: plan.on === undefined ? "HashAggregate" : "Unique",
      columns: input.columns,
      estimate: estimate(input.columns, input.estimate.rows / 2, cost, cost),
      details: plan.on === undefined ? [{ key: "Group Key", value: input.columns.map((c) => c.name) }] : [],
      subplans: planner.takeSubplans(),
    },
    input,
    on,
    hashKeyOf(types),
  );
}

function planSetOperation(planner: Planner, plan: SetOperation, scope: Scope): Operator {
  const left = ordered(planner, planner.plan(plan.left, scope), plan.left.columns, scope);
  const right = ordered(planner, planner.plan(plan.right, scope), plan.right.columns, scope);
  const hash = (): ReturnType<typeof hashKeyOf> => hashKeyOf(plan.columns.map((c) => planner.type(c.type)));
  const rows = left.estimate.rows + right.estimate.rows;
  const cost = left.estimate.totalCost + right.estimate.totalCost;
  if (plan.operation === "union") {
    const append = new AppendOperator({ title: "Append", columns: plan.columns, estimate: estimate(plan.columns, rows, cost) }, [
      left,
      right,
    ]);
    if (plan.all) return append;
    const facts = {
      title: "HashAggregate",
      columns: plan.columns,
      estimate: estimate(plan.columns, rows, cost + rows * ROW_COST),
      details: [{ key: "Group Key", value: plan.columns.map((c) => c.name) }],
    };
    return new DistinctOperator(facts, append, undefined, hash());
  }
  const name = `HashSetOp ${plan.operation === "intersect" ? "Intersect" : "Except"}${plan.all ? " All" : ""}`;
  return new SetOperationOperator(
    { title: name, columns: plan.columns, estimate: estimate(plan.columns, left.estimate.rows, cost) },
    plan.operation,
    plan.all,
    left,
    right,
    hash(),
  );
}

export function aggregateStep(planner: Planner, call: AggregateCall, layout: Layout, scope: Scope): AggregateStep {
  const environment = planner.environment(scope);
  const { registry } = planner.context;
  return {
    body: registry.aggregateBody(call.functionId, {
      argTypes: [...(call.direct ?? []), ...call.args].map((a) => a.type),
      returnType: call.type,
    }),
    args: call.args.map((a) => compileScalar(environment, a, layout)),
    argTypes: call.args.map((a) => planner.type(a.type)),
    strict: registry.functionById(call.functionId)?.strict ?? false,
    distinct: call.distinct,
    orderBy: sortSpecifications(planner, call.orderBy, layout, scope),
    filter: call.filter === undefined ? undefined : compilePredicate(environment, call.filter, layout),
    ...(call.direct === undefined ? {} : { orderedSet: orderedSetStep(planner, call, layout, scope) }),
  };
}

function orderedSetStep(planner: Planner, call: AggregateCall, layout: Layout, scope: Scope): NonNullable<AggregateStep["orderedSet"]> {
  const environment = planner.environment(scope);
  const direct = call.direct ?? [];
  return {
    hypothetical: planner.context.registry.functionById(call.functionId)?.aggregate === "hypothetical" ? call.name : undefined,
    direct: direct.map((e) => compileScalar(environment, e, layout)),
  };
}

/** An aggregation whose input is a whole table, filtered or not, runs inside of the scan's loop. */
function tryScanAggregate(planner: Planner, plan: Aggregate, input: Operator, scope: Scope): Operator | undefined {
  const scan = plan.input.kind === "Filter" ? plan.input.input : plan.input;
  if (scan.kind !== "Scan" || !(input instanceof SeqScanOperator) || plan.groupingSets !== undefined) return undefined;
  if ((plan.groupings ?? []).length > 0) return undefined;
  if (plan.aggregates.some((a) => a.distinct || a.orderBy.length > 0 || a.direct !== undefined) || expressionsOf(plan).some(hasSubquery))
    return undefined;
  const predicate = plan.input.kind === "Filter" ? plan.input.predicate : undefined;
  if (predicate !== undefined && hasSubquery(predicate)) return undefined;
  const { registry } = planner.context;
  const calls = plan.aggregates.map(
    (a): ScanAggregateCall => ({
      body: a.functionId.startsWith("count(")
        ? undefined
        : registry.aggregateBody(a.functionId, { argTypes: a.args.map((x) => x.type), returnType: a.type }),
      args: a.args,
      strict: registry.functionById(a.functionId)?.strict ?? false,
      filter: a.filter,
    }),
  );
  const { sources } = scanSources(planner, tableOf(planner, scan.relation), scan.attributes);
  const keys = plan.keys.map((expression) => ({ expression, type: planner.type(expression.type) }));
  const step = compileScanAggregate(planner.environment(scope), scan.columns, sources, predicate, keys, calls);
  return new ScanAggregateOperator(aggregateFacts(planner, plan, input), input.source, step, calls, keys.length > 0, input);
}

function aggregateFacts(planner: Planner, plan: Aggregate, input: Operator): OperatorFacts {
  const groups = plan.keys.length === 0 ? 1 : Math.max(1, input.estimate.rows / 10);
  const cost = input.estimate.totalCost + input.estimate.rows * OPERATOR_COST * (plan.keys.length + plan.aggregates.length + 1);
  return {
    title: plan.keys.length === 0 && plan.groupingSets === undefined ? "Aggregate" : "HashAggregate",
    columns: plan.columns,
    estimate: estimate(plan.columns, groups, cost, cost),
    details: plan.keys.length === 0 ? [] : [{ key: "Group Key", value: plan.keys.map(deparse) }],
    subplans: planner.takeSubplans(),
  };
}

function planAggregate(planner: Planner, plan: Aggregate, scope: Scope): Operator {
  const input = planner.plan(plan.input, scope);
  const fused = tryScanAggregate(planner, plan, input, scope);
  if (fused !== undefined) return fused;
  const environment = planner.environment(scope);
  const layout = Layout.of(input.columns);
  const keys = plan.keys.map((k) => compileScalar(environment, k, layout));
  const steps = plan.aggregates.map((a) => aggregateStep(planner, a, layout, scope));
  return new AggregateOperator(
    aggregateFacts(planner, plan, input),
    input,
    keys,
    plan.keys.map((k) => planner.type(k.type)),
    steps,
    plan.groupingSets,
    plan.groupings ?? [],
  );
}

function planFunctionScan(planner: Planner, plan: FunctionScan, scope: Scope): Operator {
  const environment = planner.environment(scope);
  const { registry } = planner.context;
  let left = plan.columns.length - (plan.withOrdinality ? 1 : 0);
  const calls = plan.calls.map((e, i): FunctionCallRows => {
    const signature = e.kind === "FunctionCall" ? registry.functionById(e.functionId) : undefined;
    // The last call takes what is left: a record whose columns only the plan knows.
    const width = i === plan.calls.length - 1 ? left : (signature?.outColumns?.length ?? 1);
    left -= width;
    if (e.kind !== "FunctionCall" || signature?.kind !== "set")
      return { kind: "scalar", evaluate: compileScalar(environment, e, emptyLayout), width };
    return {
      kind: "set",
      args: e.args.map((a) => compileScalar(environment, a, emptyLayout)),
      strict: e.strict,
      width,
      body: registry.setBody(e.functionId, {
        argTypes: e.args.map((a) => a.type),
        returnType: e.type,
        ...(e.recordColumns === undefined ? {} : { columns: e.recordColumns }),
      }) as unknown as Extract<FunctionCallRows, { kind: "set" }>["body"],
    };
  });
  const names = plan.calls.map((c) => (c.kind === "FunctionCall" ? c.syntax.name : "?"));
  const title = `Function Scan on ${names.join(", ")}${plan.alias === names[0] ? "" : ` ${plan.alias}`}`;
  return new FunctionScanOperator(
    { title, columns: plan.columns, estimate: estimate(plan.columns, 100, 1), subplans: planner.takeSubplans() },
    calls,
    plan.withOrdinality,
  );
}

function planCteScan(planner: Planner, plan: Extract<LogicalPlan, { kind: "CteScan" }>): Operator {
  const entry = planner.ctes.get(plan.cteId);
  if (entry === undefined) throw new Error("assertion failed: a CteScan stands inside of its With");
  planner.noteCteRead(plan.cteId);
  const title = `${entry.working ? "WorkTable Scan" : "CTE Scan"} on ${plan.name}${plan.alias === plan.name ? "" : ` ${plan.alias}`}`;
  return new CteScanOperator(
    { title, columns: plan.columns, estimate: estimate(plan.columns, entry.rows, entry.rows * ROW_COST) },
    entry.cell,
    entry.working,
  );
}

function planWith(planner: Planner, plan: With, scope: Scope, isTop: boolean): Operator {
  const stable = scope.parent === undefined;
  const tables = plan.tables.map((table) => planCommonTable(planner, table, scope, stable));
  const body = planNode(planner, plan.body, scope, isTop);
  return new WithOperator(
    {
      title: "With",
      columns: body.columns,
      estimate: body.estimate,
      subplans: tables.map((t) => ({ title: `CTE ${t.name}`, plan: t.plan })),
    },
    tables,
    body,
  );
}

function planCommonTable(planner: Planner, table: CommonTable, scope: Scope, stable: boolean): CommonTablePlan {
  const cell = scope.newCell();
  const first = ordered(planner, planner.plan(table.plan, scope), table.plan.columns, scope);
  const rows = first.estimate.rows;
  let recursive: CommonTablePlan["recursive"];
  if (table.recursive !== undefined) {
    const workingCell = scope.newCell();
    planner.ctes.set(table.cteId, { cell: workingCell, working: true, rows, stable: false });
    const term = ordered(planner, planner.plan(table.recursive.term, scope), table.recursive.term.columns, scope);
    recursive = { term, workingCell, hash: table.recursive.all ? undefined : hashKeyOf(table.columns.map((c) => planner.type(c.type))) };
  }
  planner.ctes.set(table.cteId, { cell, working: false, rows: recursive === undefined ? rows : rows * 10, stable });
  return { cell, name: table.name, plan: first, writes: writesAnywhere(table.plan), recursive };
}

/** Rows that a caller without a limit of its own asks for. */
export const UNBOUNDED_HINT = BATCH_ROWS * 16;
