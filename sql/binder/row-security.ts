/**
 * Row level security: what policies let a statement see and write of a table (get_row_security_policies of PostgreSQL's rewriter).
 *
 * The rows that may be seen are a filter right over the scan that nothing which could tell about a hidden row is moved below; the rows that
 * may be written are checks beside a view's. Which policies count is the engine's to say: it knows roles and settings.
 */
import type { PolicyObject, TableObject, ViewObject } from "../../src/catalog/index.js";
import type { ColumnId, Expression, LogicalPlan, PlanColumn, RowCheck } from "../../src/plan/index.js";
import { DbError, type Oid, TypeOid } from "../../src/types/index.js";
import { bindExpression } from "./bind-expression.js";
import type { Binder } from "./binder.js";
import { coerceToBoolean } from "./coerce.js";
import { Scope } from "./scope.js";
import { parseStoredExpression } from "./stored-sql.js";

export type PolicyVerb = "select" | "insert" | "update" | "delete";

/** undefined: the table's rows are not restricted for whom the statement acts. */
export function policiesOf(binder: Binder, table: TableObject): readonly PolicyObject[] | undefined {
  if (table.rowSecurity !== true) return undefined;
  return binder.context.policiesFor?.(table, actingOwner(binder));
}
function actingOwner(binder: Binder): Oid | undefined {
  const view = binder.catalog.relationByOid(actingView(binder));
  return view?.class === "view" ? view.owner : undefined;
}
/** A view reads as its owner, unless it was made to read as whoever runs the statement (security_invoker), even inside another view. 0: no view. */
export function actingView(binder: Binder): Oid {
  const view = binder.catalog.relationByOid(binder.viewStack.at(-1) ?? 0);
  return view?.class === "view" && !isOn(view.options?.security_invoker) ? view.oid : 0;
}
const isOn = (value: string | undefined): boolean => value !== undefined && ["true", "on", "yes", "1", ""].includes(value.toLowerCase());
export const isBarrier = (view: ViewObject): boolean => isOn(view.options?.security_barrier);
/** A security_barrier view: what leaks is judged after the view's own conditions. */
export function behindBarrier(view: ViewObject, plan: LogicalPlan): LogicalPlan {
  return isBarrier(view) ? filtered(plan, [{ predicate: { kind: "Constant", value: true, ...boolean } }]) : plan;
}

/** The scan of a table that is read, without the rows that no policy shows. */
export function visibleRows(
  binder: Binder,
  table: TableObject,
  plan: LogicalPlan,
  row: readonly PlanColumn[],
  locks: boolean,
): LogicalPlan {
  const policies = policiesOf(binder, table);
  if (policies === undefined) return plan;
  const terms = [
    ...usingTerms(binder, table, policies, "select", row),
    ...(locks ? usingTerms(binder, table, policies, "update", row) : []),
  ];
  return filtered(plan, terms);
}
const filtered = (plan: LogicalPlan, terms: readonly Term[]): LogicalPlan => ({
  kind: "Filter",
  input: plan,
  predicate: conjunction(terms.map((t) => t.predicate)),
  barrier: true,
  columns: plan.columns,
});

interface Term {
  /** A restrictive policy's name: it is told when it is the one that fails. */
  readonly policy?: string;
  readonly predicate: Expression;
}
const boolean = { type: TypeOid.bool, typmod: -1 } as const;
function conjunction(terms: readonly Expression[]): Expression {
  if (terms.length === 1) return terms[0] as Expression;
  return { kind: "And", args: terms, ...boolean };
}

/** Restrictive policies by name, then what the permissive ones allow together. */
function termsOf(
  binder: Binder,
  table: TableObject,
  policies: readonly PolicyObject[],
  verb: PolicyVerb,
  row: readonly PlanColumn[],
  sqlOf: (policy: PolicyObject) => string | undefined,
): Term[] {
  const own = policies.filter((p) => p.command === "all" || p.command === verb);
  const bind = (policy: PolicyObject): Expression | undefined => {
    const sql = sqlOf(policy);
    return sql === undefined ? undefined : bindCondition(binder, table, sql, row);
  };
  const permissive = own.filter((p) => p.permissive);
  if (permissive.length === 0) return [{ predicate: { kind: "Constant", value: false, ...boolean } }];
  const restrictive = own.filter((p) => !p.permissive).sort((a, b) => (a.name < b.name ? -1 : 1));
  const terms: Term[] = restrictive.flatMap((policy) => {
    const predicate = bind(policy);
    return predicate === undefined ? [] : [{ policy: policy.name, predicate }];
  });
  const allowed = permissive.map(bind);
  // A policy without a condition allows everything it is for.
  if (allowed.some((predicate) => predicate === undefined)) return terms;
  const any = allowed as Expression[];
  return [...terms, { predicate: any.length === 1 ? (any[0] as Expression) : { kind: "Or", args: any, ...boolean } }];
}
const usingTerms = (binder: Binder, table: TableObject, policies: readonly PolicyObject[], verb: PolicyVerb, row: readonly PlanColumn[]) =>
  termsOf(binder, table, policies, verb, row, (p) => p.usingSql);
const checkTerms = (binder: Binder, table: TableObject, policies: readonly PolicyObject[], verb: PolicyVerb, row: readonly PlanColumn[]) =>
  termsOf(binder, table, policies, verb, row, (p) => p.checkSql ?? p.usingSql);

function bindCondition(binder: Binder, table: TableObject, sql: string, row: readonly PlanColumn[]): Expression {
  if (binder.policyStack.includes(table.oid))
    throw new DbError({ sqlstate: "42P17", message: `infinite recursion detected in policy for relation "${table.name}"` });
  binder.policyStack.push(table.oid);
  const before = new Set(binder.relationsRead);
  const { mentionsSystemColumns, parametersAllowed, recorded } = binder;
  binder.parametersAllowed = false;
  binder.recorded = undefined;
  try {
    const scope = new Scope(undefined);
    // Columns of its own, so that the statement's stay the statement's while names are looked up.
    const own = row.map((c) => binder.newColumn(c.name, c.type, c.typmod, c.origin));
    const item = { name: table.name, relation: table.oid, wholeRow: true, columns: own, relationVisible: true, columnsVisible: true };
    binder.own(scope, item);
    scope.items = [item];
    scope.clause = "policy expressions";
    const expr = parseStoredExpression(sql);
    const bound = coerceToBoolean(binder, bindExpression(binder, scope, expr), "POLICY", undefined);
    return withColumns(bound, new Map(own.map((c, i) => [c.id, row[i] as PlanColumn])));
  } finally {
    // What a policy reads is the policy's dependency.
    for (const oid of binder.relationsRead) if (!before.has(oid)) binder.relationsRead.delete(oid);
    binder.mentionsSystemColumns = mentionsSystemColumns;
    binder.parametersAllowed = parametersAllowed;
    binder.recorded = recorded;
    binder.policyStack.pop();
  }
}
/** Column ids replaced everywhere, plans of subqueries included: those may be correlated. */
function withColumns(e: Expression, to: ReadonlyMap<ColumnId, PlanColumn>): Expression {
  const visit = (node: unknown): unknown => {
    if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return node;
    if (Array.isArray(node)) return node.map(visit);
    const reference = node as { readonly kind?: unknown; readonly id?: ColumnId; readonly value?: unknown };
    if (reference.kind === "Constant") return node;
    const target = reference.kind === "ColumnReference" ? to.get(reference.id as ColumnId) : undefined;
    if (target !== undefined) return { ...node, id: target.id, name: target.name };
    return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, visit(value)]));
  };
  return visit(e) as Expression;
}

/** The policies of a statement that changes rows. */
export class TargetGuard {
  readonly #binder: Binder;
  readonly table: TableObject;
  readonly #policies: readonly PolicyObject[];
  #filter: { predicate: Expression } | undefined;
  #filterTerms: readonly Term[] = [];

  private constructor(binder: Binder, table: TableObject, policies: readonly PolicyObject[]) {
    this.#binder = binder;
    this.table = table;
    this.#policies = policies;
  }
  static of(binder: Binder, table: TableObject): TargetGuard | undefined {
    const policies = policiesOf(binder, table);
    return policies === undefined ? undefined : new TargetGuard(binder, table, policies);
  }

  /** The rows that may be changed. Whether they must be visible too shows when the whole statement is bound: `settle`. */
  guarded(plan: LogicalPlan, row: readonly PlanColumn[], verb: "update" | "delete"): LogicalPlan {
    this.#filterTerms = usingTerms(this.#binder, this.table, this.#policies, verb, row);
    const visible = usingTerms(this.#binder, this.table, this.#policies, "select", row);
    const filter = filtered(plan, [...visible, ...this.#filterTerms]);
    this.#filter = filter as unknown as { predicate: Expression };
    return filter;
  }
  /** A statement that reads nothing of its target may change what it cannot see. `parts`: everything but the scan itself. */
  settle(row: readonly PlanColumn[], parts: readonly unknown[]): boolean {
    const reads = mentions(parts, new Set(row.map((c) => c.id)), this.#filter);
    if (!reads && this.#filter !== undefined) this.#filter.predicate = conjunction(this.#filterTerms.map((t) => t.predicate));
    return reads;
  }

  /** What new rows must meet. `visible`: the statement reads the table, so that what it writes must be visible to it. */
  checks(row: readonly PlanColumn[], verb: "insert" | "update", visible: boolean): RowCheck[] {
    const terms = [
      ...checkTerms(this.#binder, this.table, this.#policies, verb, row),
      ...(visible ? usingTerms(this.#binder, this.table, this.#policies, "select", row) : []),
    ];
    return terms.map(({ policy, predicate }) => ({
      source: { kind: "policy", table: this.table.name, ...(policy === undefined ? {} : { policy }) },
      predicate,
    }));
  }
  /** What a row that is there must meet, where a hidden one is an error: ON CONFLICT and MERGE. */
  existingChecks(row: readonly PlanColumn[], verb: "update" | "delete", statement: "conflict" | "merge", visible: boolean): RowCheck[] {
    const terms = [
      ...usingTerms(this.#binder, this.table, this.#policies, verb, row),
      ...(visible ? usingTerms(this.#binder, this.table, this.#policies, "select", row) : []),
    ];
    return terms.map(({ policy, predicate }) => ({
      source: { kind: "policy", table: this.table.name, ...(policy === undefined ? {} : { policy }), existing: statement },
      predicate,
    }));
  }
}

/** Whether any of the columns is read; `except` is not looked into. */
function mentions(node: unknown, ids: ReadonlySet<ColumnId>, except: unknown): boolean {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return false;
  if (Array.isArray(node)) return node.some((item) => mentions(item, ids, except));
  if (node === except) return mentions((node as { readonly input?: unknown }).input, ids, except);
  const reference = node as { readonly kind?: unknown; readonly id?: ColumnId };
  if (reference.kind === "Constant") return false;
  if (reference.kind === "ColumnReference") return ids.has(reference.id as ColumnId);
  return Object.values(node).some((value) => mentions(value, ids, except));
}
