/**
 * Collations of a bound statement: one walk over the finished plan that derives the collation of every expression (collation-state.ts) and
 * writes what it means into the plan. Below it nothing knows about collations: an order under ICU is an order of sort keys, which are
 * bytes; equality under a deterministic collation is equality of bytes, so joins, groups and indexes stay as they are.
 *
 * Statements that mention no collation, and whose tables have none, are not walked.
 */

import { collationByOid, collationOid } from "../../src/catalog/index.js";
import { COLLATED_MAX_ID, COLLATED_MIN_ID } from "../../src/functions/index.js";
import type { AggregateCall, ColumnId, Expression, LogicalPlan, PlanColumn, SortKey } from "../../src/plan/index.js";
import { CollationOid, DbError, notSupported, type Oid, TypeOid } from "../../src/types/index.js";
import { liveAttributes } from "./bind-default.js";
import { columnReference } from "./bind-expression.js";
import type { Binder } from "./binder.js";
import { comparable, equalByBytes, type TextOrder, textOrder } from "./collate-call.js";
import { collateExpression, isPlan } from "./collate-expression.js";
import {
  type CollationState,
  implicit,
  inputCollation,
  meet,
  NO_COLLATION,
  requireAgreement,
  Strength,
  typeCollation,
} from "./collation-state.js";

/** Columns' collations by id (0: none that could be derived), and the columns of WITH entries. */
export class Collations {
  readonly columns = new Map<ColumnId, Oid>();
  /** Of what a Project computes: how strong it is, and where it was written. */
  readonly states = new Map<ColumnId, CollationState>();
  /** What a comparison without a collation fails at, in PostgreSQL's words: conditions of joins are hashed. */
  comparing: "string comparison" | "string hashing" = "string comparison";
  readonly tables = new Map<number, readonly PlanColumn[]>();
  constructor(readonly binder: Binder) {}

  ofColumn(column: PlanColumn | { readonly id: ColumnId; readonly type: Oid }): Oid {
    return this.columns.get(column.id) ?? typeCollation(this.binder, column.type);
  }
  order(collation: Oid): TextOrder {
    return textOrder(this.binder, collation);
  }
  whileHashing<Result>(run: () => Result): Result {
    const outer = this.comparing;
    this.comparing = "string hashing";
    try {
      return run();
    } finally {
      this.comparing = outer;
    }
  }
}

export function collatePlan(binder: Binder, plan: LogicalPlan): { readonly plan: LogicalPlan; readonly collations: Collations } {
  const collations = new Collations(binder);
  return { plan: walkPlan(collations, plan), collations };
}

export function walkPlan(c: Collations, plan: LogicalPlan): LogicalPlan {
  switch (plan.kind) {
    case "Scan":
    case "AppendScan":
      scanColumns(c, plan.relation, plan.attributes, plan.columns);
      return plan;
    case "SystemScan":
      for (const column of plan.columns) if (typeCollation(c.binder, column.type) !== 0) c.columns.set(column.id, CollationOid.c);
      return plan;
    case "FunctionScan": {
      const calls = plan.calls.map((call) => collateExpression(c, call));
      const [only] = calls;
      if (calls.length === 1 && plan.columns.length === 1 + Number(plan.withOrdinality) && only!.state.strength !== Strength.none)
        c.columns.set(plan.columns[0]!.id, inputCollation(only!.state));
      return { ...plan, calls: calls.map((call) => call.expression) };
    }
    case "Values": {
      const rows = plan.rows.map((row) => row.map((cell) => collateExpression(c, cell)));
      plan.columns.forEach((column, i) => {
        if (typeCollation(c.binder, column.type) === 0) return;
        const state = meet(
          c.binder,
          rows.map((row) => row[i]!.state),
        );
        c.columns.set(column.id, inputCollation(state));
      });
      return { ...plan, rows: rows.map((row) => row.map((cell) => cell.expression)) };
    }
    case "CteScan":
      c.tables.get(plan.cteId)?.forEach((column, i) => {
        const own = plan.columns[i];
        if (own !== undefined) c.columns.set(own.id, c.ofColumn(column));
      });
      return plan;
    case "Project": {
      const input = walkPlan(c, plan.input);
      const expressions = plan.expressions.map((e, i) => output(c, e, plan.columns[i]!));
      return { ...plan, input, expressions };
    }
    case "Join": {
      const left = walkPlan(c, plan.left);
      const right = walkPlan(c, plan.right);
      if (plan.condition === undefined) return { ...plan, left, right };
      return { ...plan, left, right, condition: c.whileHashing(() => collateExpression(c, plan.condition!).expression) };
    }
    case "Sort":
      return { ...plan, input: walkPlan(c, plan.input), keys: plan.keys.map((key) => sortKey(c, key)) };
    case "Distinct":
      return distinct(c, plan);
    case "Aggregate":
      return aggregate(c, plan);
    case "Window": {
      const input = walkPlan(c, plan.input);
      const first = plan.columns.length - plan.calls.length;
      const calls = plan.calls.map((entry, i) => ({
        ...entry,
        call: aggregateCall(c, entry.call, plan.columns[first + i]!, true),
        partitionBy: entry.partitionBy.map((e) => equalityKey(c, e)),
        orderBy: entry.orderBy.map((key) => sortKey(c, key)),
        frame: mapData(c, entry.frame) as typeof entry.frame,
      }));
      return { ...plan, input, calls };
    }
    case "SetOperation":
      return setOperation(c, plan);
    case "With": {
      const tables = plan.tables.map((table) => {
        const body = walkPlan(c, table.plan);
        table.columns.forEach((column, i) => {
          const source = body.columns[i];
          if (source !== undefined) c.columns.set(column.id, c.ofColumn(source));
        });
        c.tables.set(table.cteId, table.columns);
        if (table.recursive === undefined) return { ...table, plan: body };
        const term = walkPlan(c, table.recursive.term);
        table.columns.forEach((column, i) => requireSameCollation(c, table.name, i, armState(c, body, i), armState(c, term, i), column));
        return { ...table, plan: body, recursive: { ...table.recursive, term } };
      });
      return { ...plan, tables, body: walkPlan(c, plan.body) };
    }
    case "Insert":
      rowColumns(c, plan.relation, plan.returning?.row, plan.returning?.other, plan.rowChecks?.row);
      rowColumns(c, plan.relation, plan.onConflict?.existing, plan.onConflict?.excluded, plan.onConflict?.existingChecks?.row);
      return returningColumns(c, mapNode(c, plan));
    case "Update":
    case "Delete":
    case "Merge":
      rowColumns(c, plan.relation, plan.oldRow, plan.returning?.row, plan.returning?.other);
      if (plan.kind === "Update") rowColumns(c, plan.relation, plan.rowChecks?.row);
      if (plan.kind === "Merge") rowColumns(c, plan.relation, plan.checks?.insert.row);
      return returningColumns(c, mapNode(c, plan));
    case "Filter":
    case "Limit":
    case "LockRows":
    case "Sample":
      return mapNode(c, plan);
  }
}

/** Children first in the order they stand in (inputs before what reads them), expressions by the way. */
function mapNode<Node extends LogicalPlan>(c: Collations, node: Node): Node {
  const mapped: Record<string, unknown> = {};
  const entries = Object.entries(node);
  for (const [key, value] of entries) if (isPlan(value)) mapped[key] = walkPlan(c, value);
  for (const [key, value] of entries) if (!(key in mapped)) mapped[key] = key === "columns" ? value : mapData(c, value);
  return mapped as unknown as Node;
}
/** Plans are plain data: what has a kind, a type and a modifier in it is an expression. */
export function mapData(c: Collations, value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((item) => mapData(c, item));
  if (isPlan(value)) return walkPlan(c, value);
  if ("kind" in value && "type" in value && "typmod" in value) return collateExpression(c, value as Expression).expression;
  if (Object.getPrototypeOf(value) !== Object.prototype || ("id" in value && "typmod" in value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapData(c, item)]));
}

function scanColumns(c: Collations, relation: Oid, attributes: readonly number[], columns: readonly PlanColumn[]): void {
  const table = c.binder.catalog.relationByOid(relation);
  if (table?.class !== "table") return;
  attributes.forEach((number, i) => {
    const collation = number > 0 ? table.attributes[number - 1]?.collation : undefined;
    const column = columns[i];
    if (collation !== undefined && column !== undefined) c.columns.set(column.id, collationOid(collation));
  });
}
/** Rows of a table that are being changed: one column per live attribute. */
function rowColumns(c: Collations, relation: Oid, ...rows: readonly (readonly PlanColumn[] | undefined)[]): void {
  const table = c.binder.catalog.relationByOid(relation);
  if (table?.class !== "table") return;
  const numbers = liveAttributes(table).map((a) => a.number);
  for (const row of rows) if (row !== undefined) scanColumns(c, relation, numbers, row);
}
function returningColumns<Node extends Extract<LogicalPlan, { kind: "Insert" | "Update" | "Delete" | "Merge" }>>(
  c: Collations,
  plan: Node,
): Node {
  plan.returning?.expressions.forEach((e, i) => {
    const column = plan.columns[i];
    if (column !== undefined && e.kind === "ColumnReference") c.columns.set(column.id, c.ofColumn(e));
  });
  return plan;
}

function output(c: Collations, e: Expression, column: PlanColumn): Expression {
  const { expression, state } = collateExpression(c, e);
  if (state.strength !== Strength.none) {
    c.columns.set(column.id, inputCollation(state));
    c.states.set(column.id, state);
  }
  return expression;
}

/** What the key sorts by; a column without collation raises the error when it is compared. */
function sortKey(c: Collations, key: SortKey): SortKey {
  const { expression, state } = collateExpression(c, key.expression);
  if (key.byBytes === true) return { ...key, expression: withoutCollation(expression) };
  requireAgreement(c.binder, state);
  return { ...key, expression: orderedBy(c, expression, state) };
}
function orderedBy(c: Collations, expression: Expression, state: CollationState): Expression {
  if (typeCollation(c.binder, expression.type) === 0) return expression;
  return comparable(c.binder, withoutCollation(expression), c.order(inputCollation(state)));
}
/** A key that only equality matters of. */
function equalityKey(c: Collations, e: Expression): Expression {
  const { expression, state } = collateExpression(c, e);
  requireAgreement(c.binder, state);
  if (typeCollation(c.binder, expression.type) === 0) return expression;
  const order = c.order(inputCollation(state));
  return equalByBytes(order) ? withoutCollation(expression) : comparable(c.binder, withoutCollation(expression), order);
}
/** COLLATE says what compares; the value is the same without it. */
const withoutCollation = (e: Expression): Expression => (e.kind === "Relabel" && e.collation !== undefined ? e.arg : e);

function distinct(c: Collations, plan: Extract<LogicalPlan, { kind: "Distinct" }>): LogicalPlan {
  const input = walkPlan(c, plan.input);
  for (const column of input.columns) requireAgreement(c.binder, c.states.get(column.id) ?? NO_COLLATION);
  if (plan.on !== undefined) return { ...plan, input, on: plan.on.map((e) => equalityKey(c, e)) };
  return distinctRows(c, { ...plan, input });
}
/** Rows are the same when their columns are: where equality is not that of bytes, by keys. */
function distinctRows(c: Collations, plan: Extract<LogicalPlan, { kind: "Distinct" }>): LogicalPlan {
  const special = plan.columns.some((column) => !equalByBytes(columnOrder(c, column)));
  if (!special) return plan;
  return { ...plan, on: plan.columns.map((column) => comparableEquality(c, column)) };
}
const columnOrder = (c: Collations, column: PlanColumn): TextOrder =>
  typeCollation(c.binder, column.type) === 0 ? { kind: "bytes" } : c.order(c.ofColumn(column));
function comparableEquality(c: Collations, column: PlanColumn): Expression {
  const order = columnOrder(c, column);
  const reference = columnReference(column);
  return equalByBytes(order) ? reference : comparable(c.binder, reference, order);
}

function setOperation(c: Collations, plan: Extract<LogicalPlan, { kind: "SetOperation" }>): LogicalPlan {
  const left = walkPlan(c, plan.left);
  const right = walkPlan(c, plan.right);
  const isUnionAll = plan.operation === "union" && plan.all;
  plan.columns.forEach((column, i) => {
    if (typeCollation(c.binder, column.type) === 0) return;
    const state = meet(c.binder, [armState(c, left, i), armState(c, right, i)]);
    if (!isUnionAll) requireAgreement(c.binder, state);
    c.columns.set(column.id, inputCollation(state));
  });
  const mapped = { ...plan, left, right };
  if (isUnionAll || plan.columns.every((column) => equalByBytes(columnOrder(c, column)))) return mapped;
  if (plan.operation !== "union" || plan.all) throw notSupported(`${plan.operation.toUpperCase()} under a nondeterministic collation`);
  return distinctRows(c, { kind: "Distinct", input: { ...mapped, all: true }, columns: plan.columns });
}
/** An arm's column, with the position of what computes it. */
function armState(c: Collations, arm: LogicalPlan, i: number): CollationState {
  const column = arm.columns[i]!;
  return c.states.get(column.id) ?? implicit(c.ofColumn(column));
}

/** The recursive term may not change the collation that the first one gives. */
function requireSameCollation(
  c: Collations,
  table: string,
  i: number,
  base: CollationState,
  term: CollationState,
  column: PlanColumn,
): void {
  if (typeCollation(c.binder, column.type) === 0) return;
  const all = inputCollation(meet(c.binder, [base, term]));
  const own = inputCollation(base);
  if (all === own) return;
  const name = (oid: Oid): string => collationByOid(c.binder.catalog, oid)?.name ?? "";
  throw new DbError({
    sqlstate: "42P21",
    message: `recursive query "${table}" column ${i + 1} has collation "${name(own)}" in non-recursive term but collation "${name(all)}" overall`,
    hint: "Use the COLLATE clause to set the collation of the non-recursive term.",
    ...(base.position === undefined ? {} : { position: base.position }),
  });
}

function aggregate(c: Collations, plan: Extract<LogicalPlan, { kind: "Aggregate" }>): LogicalPlan {
  const input = walkPlan(c, plan.input);
  const keys = plan.keys.map((e, i) => {
    const collated = collateExpression(c, e);
    requireAgreement(c.binder, collated.state);
    const column = plan.columns[i]!;
    if (collated.state.strength !== Strength.none) c.columns.set(column.id, inputCollation(collated.state));
    return collated;
  });
  const aggregates = plan.aggregates.map((call, i) => aggregateCall(c, call, plan.columns[keys.length + i]!, false));
  const orders = keys.map(({ expression, state }) =>
    typeCollation(c.binder, expression.type) === 0 ? ({ kind: "bytes" } as TextOrder) : c.order(inputCollation(state)),
  );
  const plain = { ...plan, input, keys: keys.map((k) => withoutCollation(k.expression)), aggregates };
  if (orders.every(equalByBytes)) return plain;
  if (plan.groupingSets !== undefined) throw notSupported("grouping sets under a nondeterministic collation");
  return groupByKeys(c, plain, orders);
}
/** Groups by sort keys; what the group shows is the text of its first row. */
function groupByKeys(c: Collations, plan: Extract<LogicalPlan, { kind: "Aggregate" }>, orders: readonly TextOrder[]): LogicalPlan {
  const { binder } = c;
  const count = plan.keys.length;
  const keyColumns: PlanColumn[] = [];
  const shown: { readonly call: AggregateCall; readonly column: PlanColumn }[] = [];
  const keys = plan.keys.map((key, i) => {
    const column = plan.columns[i]!;
    const order = orders[i]!;
    if (equalByBytes(order)) {
      keyColumns.push(column);
      return key;
    }
    const wrapped = comparable(binder, key, order);
    keyColumns.push(binder.newColumn("?column?", wrapped.type, -1));
    const call: AggregateCall = {
      functionId: "any_value(anyelement)",
      args: [key],
      distinct: false,
      orderBy: [],
      type: column.type,
      typmod: column.typmod,
      name: "any_value",
    };
    shown.push({ call, column });
    return wrapped;
  });
  const grouped: LogicalPlan = {
    ...plan,
    keys,
    aggregates: [...plan.aggregates, ...shown.map((s) => s.call)],
    columns: [
      ...keyColumns,
      ...plan.columns.slice(count, count + plan.aggregates.length),
      ...shown.map((s) => s.column),
      ...plan.columns.slice(count + plan.aggregates.length),
    ],
  };
  return { kind: "Project", input: grouped, expressions: plan.columns.map((column) => columnReference(column)), columns: plan.columns };
}

function aggregateCall(c: Collations, call: AggregateCall, column: PlanColumn, isWindow: boolean): AggregateCall {
  const { binder } = c;
  const args = call.args.map((e) => collateExpression(c, e));
  const direct = call.direct?.map((e) => collateExpression(c, e));
  const state = meet(
    binder,
    [...(direct ?? []), ...args].map((a) => a.state),
  );
  if (typeCollation(binder, call.type) !== 0)
    c.columns.set(column.id, state.strength === Strength.none ? typeCollation(binder, call.type) : inputCollation(state));
  let orderBy = call.orderBy.map((key) => sortKey(c, key));
  const filter = call.filter === undefined ? {} : { filter: collateExpression(c, call.filter).expression };
  const values = args.map((a) => a.expression);
  const base = { ...call, ...filter, ...(direct === undefined ? {} : { direct: direct.map((d) => d.expression) }) };
  const order = c.order(inputCollation(state));
  const isText = values.some((v) => typeCollation(binder, v.type) !== 0);
  if (!isText || order.kind === "bytes") return { ...base, args: values, orderBy };
  if (/^(?:max|min)\((?:text|bpchar)\)$/.test(call.functionId)) {
    const [value] = values;
    if (order.kind === "missing") return { ...base, args: [comparable(binder, value!, order)], orderBy };
    const flags: Expression[] = [
      { kind: "Constant", value: order.locale, type: TypeOid.text, typmod: -1 },
      { kind: "Constant", value: order.deterministic, type: TypeOid.bool, typmod: -1 },
    ];
    // DISTINCT and an order change nothing about the greatest value.
    return {
      ...base,
      functionId: call.functionId.startsWith("max") ? COLLATED_MAX_ID : COLLATED_MIN_ID,
      args: [withoutCollation(value!), ...flags],
      distinct: false,
      orderBy: [],
    };
  }
  if (call.direct !== undefined && order.kind === "icu") throw notSupported(`${call.name} WITHIN GROUP under an ICU collation`);
  if (call.distinct && order.kind === "icu") {
    if (!order.deterministic) {
      if (call.name !== "count" || values.length !== 1) throw notSupported(`${call.name}(DISTINCT …) under a nondeterministic collation`);
      return { ...base, args: [comparable(binder, withoutCollation(values[0]!), order)], orderBy: [] };
    }
    // Values come in their order where none is asked for.
    if (orderBy.length === 0 && !isWindow)
      orderBy = args.map((a) => ({ expression: orderedBy(c, a.expression, a.state), descending: false, nullsFirst: false }));
  }
  return { ...base, args: values, orderBy };
}
