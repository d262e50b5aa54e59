/** Derives an expression's collation and rewrites what compares in it: see collate-plan.ts. */
import { collationText } from "../../src/catalog/index.js";
import type { Expression, LogicalPlan } from "../../src/plan/index.js";
import { collationsUnsupported, type Oid, TypeOid } from "../../src/types/index.js";
import type { Binder } from "./binder.js";
import { collatedCall, comparable, equalByBytes, extreme, keyComparison, type TextOrder } from "./collate-call.js";
import { type Collations, mapData, walkPlan } from "./collate-plan.js";
import { type CollationState, implicit, inputCollation, meet, NO_COLLATION, Strength, typeCollation } from "./collation-state.js";
import { boundLocation, mapChildren } from "./walk.js";

export interface Collated {
  readonly expression: Expression;
  readonly state: CollationState;
}
const PLAN_KINDS: ReadonlySet<string> = new Set<LogicalPlan["kind"]>([
  "Scan", "AppendScan", "SystemScan", "FunctionScan", "Values", "CteScan", "Filter", "Project", "Join", "Aggregate", "Window", "Sort", "Limit",
  "Distinct", "SetOperation", "With", "LockRows", "Sample", "Insert", "Update", "Delete", "Merge",
]); // biome-ignore format: a list
export const isPlan = (value: unknown): value is LogicalPlan =>
  typeof value === "object" && value !== null && "columns" in value && PLAN_KINDS.has((value as { kind?: string }).kind ?? "");

/** `operand`: the state of what CaseOperand stands for. */
export function collateExpression(c: Collations, e: Expression, operand?: CollationState): Collated {
  const { binder } = c;
  const walk = (child: Expression): Collated => collateExpression(c, child, operand);
  switch (e.kind) {
    case "Constant":
    case "Parameter":
      return { expression: e, state: implicit(typeCollation(binder, e.type), e.position) };
    case "ColumnReference":
      return { expression: e, state: implicit(c.ofColumn(e), e.position) };
    case "CaseOperand":
      return { expression: e, state: operand ?? implicit(typeCollation(binder, e.type)) };
    case "Relabel": {
      const inner = walk(e.arg);
      if (e.collation !== undefined)
        return {
          expression: { ...e, arg: inner.expression },
          state: { strength: Strength.explicit, collation: e.collation, position: e.position },
        };
      return { expression: { ...e, arg: inner.expression }, state: result(binder, e, inner.state) };
    }
    case "FieldSelect": {
      const inner = walk(e.record);
      return { expression: { ...e, record: inner.expression }, state: implicit(typeCollation(binder, e.type), boundLocation(e)) };
    }
    case "RowConstructor":
      return { expression: { ...e, fields: e.fields.map((f) => walk(f).expression) }, state: NO_COLLATION };
    case "Case": {
      const subject = e.operand === undefined ? undefined : walk(e.operand);
      const inner = subject === undefined ? operand : implicit(inputCollation(subject.state));
      const whens = e.whens.map((w) => ({ when: collateExpression(c, w.when, inner), then: walk(w.then) }));
      const otherwise = walk(e.otherwise);
      const state = meet(binder, [...whens.map((w) => w.then.state), otherwise.state]);
      const mapped: Expression = {
        ...e,
        ...(subject === undefined ? {} : { operand: subject.expression }),
        whens: whens.map((w) => ({ when: w.when.expression, then: w.then.expression })),
        otherwise: otherwise.expression,
      };
      return { expression: mapped, state: result(binder, e, state) };
    }
    case "CoerceArray": {
      const inner = walk(e.arg);
      return { expression: { ...e, arg: inner.expression }, state: result(binder, e, inner.state) };
    }
    case "Subscript": {
      const container = walk(e.container);
      const mapped = mapChildren(e, (child) => (child === e.container ? container.expression : walk(child).expression));
      return { expression: mapped, state: result(binder, e, container.state) };
    }
    case "Subquery":
      return subquery(c, e);
    default:
  }
  const states: CollationState[] = [];
  const mapped = mapChildren(e, (child) => {
    const inner = walk(child);
    states.push(inner.state);
    return inner.expression;
  });
  const met = meet(binder, states);
  const collation = inputCollation(met);
  const state = result(binder, e, met);
  switch (mapped.kind) {
    case "FunctionCall":
      if (mapped.functionId === "pg_collation_for(any)") return { expression: collationFor(binder, mapped, collation), state };
      if (met.strength === Strength.none) return { expression: mapped, state };
      return { expression: collatedCall(c, stripped(mapped), collation), state };
    case "DistinctTest":
    case "NullIf":
    case "InList":
    case "ArrayComparison":
    case "Greatest":
    case "Least":
      if (met.strength === Strength.none) return { expression: mapped, state };
      return { expression: comparison(binder, mapped, c.order(collation)), state };
    default:
      return { expression: mapped, state };
  }
}
/** What bubbles up: the parts' collation where the result has one, the type's own where the parts have none. */
function result(binder: Binder, e: Expression, met: CollationState): CollationState {
  const own = typeCollation(binder, e.type);
  if (own === 0) return NO_COLLATION;
  return met.strength === Strength.none ? implicit(own, boundLocation(e)) : met;
}
/** COLLATE on an argument has said what it had to say. */
function stripped<T extends Expression>(e: T): T {
  return mapChildren(e, (child) => (child.kind === "Relabel" && child.collation !== undefined ? child.arg : child)) as T;
}

type Comparison = Extract<Expression, { kind: "DistinctTest" | "NullIf" | "InList" | "ArrayComparison" | "Greatest" | "Least" }>;
function comparison(binder: Binder, e: Comparison, order: TextOrder): Expression {
  const plain = stripped(e);
  switch (plain.kind) {
    case "Greatest":
    case "Least": {
      if (order.kind !== "icu")
        return order.kind === "bytes" ? plain : { ...plain, args: plain.args.map((arg) => comparable(binder, arg, order)) };
      const [first, ...rest] = plain.args;
      return rest.reduce((known, arg) => extreme(plain.kind === "Greatest", known, arg, order, plain.type), first!);
    }
    case "ArrayComparison": {
      const key = keyComparison(plain.functionId, false);
      if (key === undefined || order.kind === "bytes" || (key.isEquality && equalByBytes(order))) return plain;
      const [left, array] = [comparable(binder, plain.left, order), comparable(binder, plain.array, order)];
      return { ...plain, left, array, ...(order.kind === "icu" ? { functionId: key.id } : {}) };
    }
    default: {
      const key = keyComparison(plain.equalId, false);
      if (key === undefined || equalByBytes(order)) return plain;
      const equalId = order.kind === "icu" ? key.id : plain.equalId;
      const to = (arg: Expression): Expression => comparable(binder, arg, order);
      if (plain.kind === "InList") return { ...plain, arg: to(plain.arg), items: plain.items.map(to), equalId };
      if (plain.kind === "DistinctTest") return { ...plain, left: to(plain.left), right: to(plain.right), equalId };
      const same: Expression = {
        kind: "FunctionCall",
        functionId: equalId,
        args: [to(plain.left), to(plain.right)],
        strict: true,
        volatility: "immutable",
        syntax: { form: "operator", name: "=" },
        type: TypeOid.bool,
        typmod: -1,
      };
      const nothing: Expression = { kind: "Constant", value: null, type: plain.type, typmod: plain.typmod };
      return { kind: "Case", whens: [{ when: same, then: nothing }], otherwise: plain.left, type: plain.type, typmod: plain.typmod };
    }
  }
}

function subquery(c: Collations, e: Extract<Expression, { kind: "Subquery" }>): Collated {
  const column = e.plan.columns[0];
  const valueState = (): CollationState =>
    (e.form === "scalar" || e.form === "array") && column !== undefined && typeCollation(c.binder, e.type) !== 0
      ? implicit(c.ofColumn(column), boundLocation(e))
      : NO_COLLATION;
  const plan = walkPlan(c, e.plan);
  if (e.test === undefined) return { expression: { ...e, plan }, state: valueState() };
  const written = e.test;
  const test = c.whileHashing(() => collateExpression(c, written).expression);
  // Pairs say what the test says; where it compares keys now they would say something else.
  const { pairs, ...rest } = e;
  if (pairs === undefined || !isSameTest(e.test, test)) return { expression: { ...rest, plan, test }, state: NO_COLLATION };
  const outers = mapData(c, pairs) as typeof pairs;
  return { expression: { ...rest, plan, test, pairs: outers }, state: NO_COLLATION };
}
/** No comparison of it goes by keys. */
function isSameTest(before: Expression, after: Expression): boolean {
  if (before.kind !== after.kind) return false;
  if (before.kind === "FunctionCall" && after.kind === "FunctionCall") return before.functionId === after.functionId;
  if ((before.kind === "And" || before.kind === "Or") && (after.kind === "And" || after.kind === "Or"))
    return before.args.every((arg, i) => isSameTest(arg, after.args[i]!));
  if (before.kind === "Not" && after.kind === "Not") return isSameTest(before.arg, after.arg);
  return true;
}

/** COLLATION FOR (…) is known as soon as the collation is. */
function collationFor(binder: Binder, e: Extract<Expression, { kind: "FunctionCall" }>, collation: Oid): Expression {
  const type = e.args[0]?.type ?? 0;
  if (typeCollation(binder, type) === 0 && type !== TypeOid.unknown) throw collationsUnsupported(binder.typeName(type));
  const value = collation === 0 ? null : collationText(binder.catalog, collation);
  return { kind: "Constant", value, type: TypeOid.text, typmod: -1 };
}
