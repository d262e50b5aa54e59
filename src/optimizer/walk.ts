/** Walking and rewriting plans and expressions: the one place that knows what is inside of each node. */
import type { AggregateCall, ColumnId, Expression, LogicalPlan, SortKey } from "../plan/index.js";
import { unreachable } from "../types/index.js";

export function childrenOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case "Constant":
    case "Parameter":
    case "ColumnReference":
    case "CaseOperand":
      return [];
    case "FunctionCall":
    case "And":
    case "Or":
    case "Coalesce":
    case "Greatest":
    case "Least":
      return e.args;
    case "Not":
    case "NullTest":
    case "BooleanTest":
    case "Relabel":
    case "CoerceViaText":
    case "CoerceModifier":
      return [e.arg];
    case "CoerceArray":
      return [e.arg, e.element];
    case "DistinctTest":
    case "NullIf":
      return [e.left, e.right];
    case "Case":
      return [...(e.operand === undefined ? [] : [e.operand]), ...e.whens.flatMap((w) => [w.when, w.then]), e.otherwise];
    case "InList":
      return [e.arg, ...e.items];
    case "ArrayComparison":
      return [e.left, e.array];
    case "ArrayConstructor":
      return e.elements;
    case "RowConstructor":
      return e.fields;
    case "Subscript":
      return [e.container, ...e.subscripts.flatMap((s) => [s.lower, s.upper].filter((x) => x !== undefined))];
    case "SubscriptAssignment":
      return [e.container, e.value, ...e.subscripts.flatMap((s) => [s.lower, s.upper].filter((x) => x !== undefined))];
    case "FieldSelect":
      return [e.record];
    case "JsonQuery":
      return [e.context, e.path, ...e.passing.map((p) => p.value), ...[e.onEmpty, e.onError].filter((x) => x !== undefined)];
    case "Subquery":
      return [...(e.test === undefined ? [] : [e.test]), ...(e.pairs ?? []).map((p) => p.outer)];
    default:
      return unreachable(e);
  }
}

/** A copy with every direct child replaced; subquery plans go through `plan`. The node itself when nothing changed. */
export function mapChildren(
  e: Expression,
  f: (child: Expression) => Expression,
  plan: (plan: LogicalPlan) => LogicalPlan = (p) => p,
): Expression {
  const all = (list: readonly Expression[]): readonly Expression[] => mapList(list, f);
  switch (e.kind) {
    case "Constant":
    case "Parameter":
    case "ColumnReference":
    case "CaseOperand":
      return e;
    case "FunctionCall":
    case "And":
    case "Or":
    case "Coalesce":
    case "Greatest":
    case "Least": {
      const args = all(e.args);
      return args === e.args ? e : { ...e, args };
    }
    case "Not":
    case "NullTest":
    case "BooleanTest":
    case "Relabel":
    case "CoerceViaText":
    case "CoerceModifier": {
      const arg = f(e.arg);
      return arg === e.arg ? e : { ...e, arg };
    }
    case "CoerceArray":
      return { ...e, arg: f(e.arg), element: f(e.element) };
    case "DistinctTest":
    case "NullIf": {
      const left = f(e.left);
      const right = f(e.right);
      return left === e.left && right === e.right ? e : { ...e, left, right };
    }
    case "Case":
      return {
        ...e,
        ...(e.operand === undefined ? {} : { operand: f(e.operand) }),
        whens: e.whens.map((w) => ({ when: f(w.when), then: f(w.then) })),
        otherwise: f(e.otherwise),
      };
    case "InList": {
      const arg = f(e.arg);
      const items = all(e.items);
      return arg === e.arg && items === e.items ? e : { ...e, arg, items };
    }
    case "ArrayComparison":
      return { ...e, left: f(e.left), array: f(e.array) };
    case "ArrayConstructor": {
      const elements = all(e.elements);
      return elements === e.elements ? e : { ...e, elements };
    }
    case "RowConstructor": {
      const fields = all(e.fields);
      return fields === e.fields ? e : { ...e, fields };
    }
    case "Subscript":
      return {
        ...e,
        container: f(e.container),
        subscripts: e.subscripts.map((s) => ({
          ...(s.lower === undefined ? {} : { lower: f(s.lower) }),
          ...(s.upper === undefined ? {} : { upper: f(s.upper) }),
        })),
      };
    case "SubscriptAssignment":
      return {
        ...e,
        container: f(e.container),
        value: f(e.value),
        subscripts: e.subscripts.map((s) => ({
          ...(s.lower === undefined ? {} : { lower: f(s.lower) }),
          ...(s.upper === undefined ? {} : { upper: f(s.upper) }),
        })),
      };
    case "FieldSelect":
      return { ...e, record: f(e.record) };
    case "JsonQuery":
      return {
        ...e,
        context: f(e.context),
        path: f(e.path),
        passing: e.passing.map((p) => ({ ...p, value: f(p.value) })),
        ...(e.onEmpty === undefined ? {} : { onEmpty: f(e.onEmpty) }),
        ...(e.onError === undefined ? {} : { onError: f(e.onError) }),
      };
    case "Subquery":
      return {
        ...e,
        plan: plan(e.plan),
        ...(e.test === undefined ? {} : { test: f(e.test) }),
        ...(e.pairs === undefined ? {} : { pairs: e.pairs.map((p) => ({ ...p, outer: f(p.outer) })) }),
      };
    default:
      return unreachable(e);
  }
}

/** The list itself when nothing changed: a long one is not copied to find that out. */
function mapList(list: readonly Expression[], f: (child: Expression) => Expression): readonly Expression[] {
  let mapped: Expression[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const before = list[i] as Expression;
    const after = f(before);
    if (after !== before) mapped ??= list.slice();
    if (mapped !== undefined) mapped[i] = after;
  }
  return mapped ?? list;
}

/** Replaces column references everywhere, subquery plans included. */
export function substitute(e: Expression, replacement: (id: ColumnId) => Expression | undefined): Expression {
  if (e.kind === "ColumnReference") return replacement(e.id) ?? e;
  return mapChildren(
    e,
    (child) => substitute(child, replacement),
    (plan) => mapExpressions(plan, (x) => substitute(x, replacement)),
  );
}

export function visit(e: Expression, f: (e: Expression) => void): void {
  f(e);
  if (e.kind === "InList") {
    // A long list is not copied to be looked at, and its constants are nobody's business.
    visit(e.arg, f);
    for (const item of e.items) if (item.kind !== "Constant") visit(item, f);
    return;
  }
  if (e.kind === "Constant" || e.kind === "ColumnReference" || e.kind === "Parameter") return;
  for (const child of childrenOf(e)) visit(child, f);
}

/** Every column id that the expression mentions, also inside of its subqueries' plans. */
export function columnsOf(e: Expression, into: Set<ColumnId> = new Set()): Set<ColumnId> {
  visit(e, (x) => {
    if (x.kind === "ColumnReference") into.add(x.id);
    if (x.kind === "Subquery") for (const id of columnsOfSubquery(x.plan)) into.add(id);
  });
  return into;
}
/** Asked again at each level around a subquery: plans do not change, so the answer is kept. */
const subqueryColumns = new WeakMap<LogicalPlan, ReadonlySet<ColumnId>>();
function columnsOfSubquery(plan: LogicalPlan): ReadonlySet<ColumnId> {
  let found = subqueryColumns.get(plan);
  if (found === undefined) {
    found = columnsOfPlan(plan);
    subqueryColumns.set(plan, found);
  }
  return found;
}
export function columnsOfPlan(plan: LogicalPlan, into: Set<ColumnId> = new Set()): Set<ColumnId> {
  for (const e of expressionsOf(plan)) columnsOf(e, into);
  for (const input of inputsOf(plan)) columnsOfPlan(input, into);
  return into;
}
/** Columns that the plan mentions and does not make: those of enclosing plans. */
export function outerColumnsOf(plan: LogicalPlan): Set<ColumnId> {
  const outer = columnsOfPlan(plan);
  const drop = (p: LogicalPlan): void => {
    for (const c of p.columns) outer.delete(c.id);
    if (p.kind === "Insert" && p.onConflict !== undefined)
      for (const c of [...p.onConflict.existing, ...p.onConflict.excluded]) outer.delete(c.id);
    if ((p.kind === "Insert" || p.kind === "Update" || p.kind === "Delete" || p.kind === "Merge") && p.returning !== undefined)
      for (const c of [...p.returning.row, ...(p.returning.other ?? []), p.returning.tableOid, p.returning.action])
        if (c !== undefined) outer.delete(c.id);
    for (const input of inputsOf(p)) drop(input);
    for (const e of expressionsOf(p)) visit(e, (x) => x.kind === "Subquery" && drop(x.plan));
  };
  drop(plan);
  return outer;
}

/** `besides`: a function that does not count. */
export function isVolatile(e: Expression, besides?: string): boolean {
  let found = false;
  visit(e, (x) => {
    if (x.kind === "FunctionCall" && x.volatility === "volatile" && x.functionId !== besides) found = true;
    if (x.kind === "Subquery" && planIsVolatile(x.plan)) found = true;
  });
  return found;
}
const volatilePlans = new WeakMap<LogicalPlan, boolean>();
export function planIsVolatile(plan: LogicalPlan): boolean {
  let found = volatilePlans.get(plan);
  if (found === undefined) {
    found = isWrite(plan) || expressionsOf(plan).some((e) => isVolatile(e)) || inputsOf(plan).some(planIsVolatile);
    volatilePlans.set(plan, found);
  }
  return found;
}
export function hasSubquery(e: Expression): boolean {
  let found = false;
  visit(e, (x) => {
    if (x.kind === "Subquery") found = true;
  });
  return found;
}
export function isWrite(plan: LogicalPlan): boolean {
  return plan.kind === "Insert" || plan.kind === "Update" || plan.kind === "Delete" || plan.kind === "Merge" || plan.kind === "LockRows";
}
/** Anywhere in the plan, subqueries included. */
export function writesAnywhere(plan: LogicalPlan): boolean {
  return isWrite(plan) || inputsOf(plan).some(writesAnywhere);
}

export function inputsOf(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case "Scan":
    case "AppendScan":
    case "SystemScan":
    case "FunctionScan":
    case "Values":
    case "CteScan":
      return [];
    case "Filter":
    case "Project":
    case "Aggregate":
    case "Window":
    case "Sort":
    case "Limit":
    case "Distinct":
    case "LockRows":
    case "Sample":
      return [plan.input];
    case "Join":
    case "SetOperation":
      return [plan.left, plan.right];
    case "With":
      return [...plan.tables.flatMap((t) => (t.recursive === undefined ? [t.plan] : [t.plan, t.recursive.term])), plan.body];
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge":
      return [plan.source];
    default:
      return unreachable(plan);
  }
}

export function mapInputs(plan: LogicalPlan, f: (input: LogicalPlan) => LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case "Scan":
    case "AppendScan":
    case "SystemScan":
    case "FunctionScan":
    case "Values":
    case "CteScan":
      return plan;
    case "Filter":
    case "Project":
    case "Aggregate":
    case "Window":
    case "Sort":
    case "Limit":
    case "Distinct":
    case "LockRows":
    case "Sample": {
      const input = f(plan.input);
      return input === plan.input ? plan : { ...plan, input };
    }
    case "Join":
    case "SetOperation": {
      const left = f(plan.left);
      const right = f(plan.right);
      return left === plan.left && right === plan.right ? plan : { ...plan, left, right };
    }
    case "With":
      return {
        ...plan,
        tables: plan.tables.map((t) => ({
          ...t,
          plan: f(t.plan),
          ...(t.recursive === undefined ? {} : { recursive: { ...t.recursive, term: f(t.recursive.term) } }),
        })),
        body: f(plan.body),
      };
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge": {
      const source = f(plan.source);
      return source === plan.source ? plan : { ...plan, source };
    }
    default:
      return unreachable(plan);
  }
}

/** The node's own expressions, not those of its inputs. */
export function expressionsOf(plan: LogicalPlan): readonly Expression[] {
  const found: Expression[] = [];
  mapOwnExpressions(plan, (e) => {
    found.push(e);
    return e;
  });
  return found;
}

/** Rewrites the node's own expressions. */
export function mapOwnExpressions(plan: LogicalPlan, f: (e: Expression) => Expression): LogicalPlan {
  const maybe = (e: Expression | undefined): { filter?: Expression } => (e === undefined ? {} : { filter: f(e) });
  const keys = (list: readonly SortKey[]): SortKey[] => list.map((k) => ({ ...k, expression: f(k.expression) }));
  const call = (c: AggregateCall): AggregateCall => ({
    ...c,
    args: c.args.map(f),
    orderBy: keys(c.orderBy),
    ...maybe(c.filter),
    ...(c.direct === undefined ? {} : { direct: c.direct.map(f) }),
  });
  switch (plan.kind) {
    case "Scan":
    case "AppendScan":
    case "SystemScan":
    case "CteScan":
    case "SetOperation":
    case "With":
    case "LockRows":
      return plan;
    case "FunctionScan":
      return { ...plan, calls: plan.calls.map(f) };
    case "Values":
      return { ...plan, rows: plan.rows.map((r) => r.map(f)) };
    case "Sample":
      return { ...plan, percentage: f(plan.percentage), ...(plan.seed === undefined ? {} : { seed: f(plan.seed) }) };
    case "Filter":
      return { ...plan, predicate: f(plan.predicate) };
    case "Project":
      return { ...plan, expressions: plan.expressions.map(f) };
    case "Join":
      return plan.condition === undefined ? plan : { ...plan, condition: f(plan.condition) };
    case "Aggregate":
      return { ...plan, keys: plan.keys.map(f), aggregates: plan.aggregates.map(call) };
    case "Window":
      return {
        ...plan,
        calls: plan.calls.map((c) => ({
          ...c,
          call: call(c.call),
          partitionBy: c.partitionBy.map(f),
          orderBy: keys(c.orderBy),
          frame: {
            ...c.frame,
            start: "offset" in c.frame.start ? { ...c.frame.start, offset: f(c.frame.start.offset) } : c.frame.start,
            end: "offset" in c.frame.end ? { ...c.frame.end, offset: f(c.frame.end.offset) } : c.frame.end,
          },
        })),
      };
    case "Sort":
      return { ...plan, keys: keys(plan.keys) };
    case "Limit":
      return {
        ...plan,
        ...(plan.count === undefined ? {} : { count: f(plan.count) }),
        ...(plan.offset === undefined ? {} : { offset: f(plan.offset) }),
      };
    case "Distinct":
      return plan.on === undefined ? plan : { ...plan, on: plan.on.map(f) };
    case "Insert":
      return {
        ...plan,
        ...(plan.onConflict === undefined
          ? {}
          : {
              onConflict: {
                ...plan.onConflict,
                assignments: plan.onConflict.assignments.map((a) => ({ ...a, value: f(a.value) })),
                ...(plan.onConflict.where === undefined ? {} : { where: f(plan.onConflict.where) }),
              },
            }),
        ...(plan.returning === undefined ? {} : { returning: { ...plan.returning, expressions: plan.returning.expressions.map(f) } }),
      };
    case "Update":
      return {
        ...plan,
        assignments: plan.assignments.map((a) => ({ ...a, value: f(a.value) })),
        ...(plan.returning === undefined ? {} : { returning: { ...plan.returning, expressions: plan.returning.expressions.map(f) } }),
      };
    case "Merge": {
      const assign = <T extends { readonly value: Expression }>(list: readonly T[]): T[] => list.map((a) => ({ ...a, value: f(a.value) }));
      return {
        ...plan,
        whens: plan.whens.map((when) => ({
          ...when,
          ...(when.condition === undefined ? {} : { condition: f(when.condition) }),
          action:
            when.action.kind === "update"
              ? { ...when.action, assignments: assign(when.action.assignments) }
              : when.action.kind === "insert"
                ? { ...when.action, values: assign(when.action.values) }
                : when.action,
        })),
        ...(plan.returning === undefined ? {} : { returning: { ...plan.returning, expressions: plan.returning.expressions.map(f) } }),
      };
    }
    case "Delete":
      return plan.returning === undefined
        ? plan
        : { ...plan, returning: { ...plan.returning, expressions: plan.returning.expressions.map(f) } };
    default:
      return unreachable(plan);
  }
}

/** Rewrites every expression of the plan and of the plans below it. */
export function mapExpressions(plan: LogicalPlan, f: (e: Expression) => Expression): LogicalPlan {
  return mapOwnExpressions(
    mapInputs(plan, (input) => mapExpressions(input, f)),
    f,
  );
}

/** AND of the terms; undefined for none. */
export function conjunction(terms: readonly Expression[]): Expression | undefined {
  if (terms.length === 0) return undefined;
  if (terms.length === 1) return terms[0] as Expression;
  return { kind: "And", args: terms, type: 16, typmod: -1 };
}
