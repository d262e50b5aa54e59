/**
 * The physical planner's state, shared by the files that plan one kind of node each: how to compile in a scope, which common tables are
 * in sight, and the way back into `planNode`.
 */
import type { CompileEnvironment, Operator, PlanContext } from "../execution/internal.js";
import { PlanSlots, Scope } from "../execution/internal.js";
import type { ColumnId, Limit, LogicalPlan } from "../plan/index.js";
import { notSupported, type Oid, type SqlType } from "../types/index.js";
import { ColumnHomes } from "./column-homes.js";
import { newNativeState } from "./native/native-operator.js";
import { ordered } from "./ordered.js";

export interface CteEntry {
  readonly cell: number;
  readonly working: boolean;
  readonly rows: number;
  /** Planned at the top of the statement: its content does not change while the statement runs. */
  readonly stable: boolean;
}

export class Planner {
  readonly slots = new PlanSlots();
  readonly ctes = new Map<number, CteEntry>();
  /** The columns of a Limit that the Project over it reads: those of the sort keys may be no longer wanted. */
  readonly columnsUsed = new Map<Limit, ReadonlySet<ColumnId>>();
  readonly native = newNativeState();
  /** Of the whole rewritten statement. */
  readonly homes = new ColumnHomes();
  #cteReads: number[] = [];
  #subplans: { title: string; plan: Operator }[] = [];
  #subplanCount = 0;

  constructor(
    readonly context: PlanContext,
    readonly planNode: (planner: Planner, plan: LogicalPlan, scope: Scope) => Operator,
  ) {}

  plan(plan: LogicalPlan, scope: Scope): Operator {
    return this.planNode(this, plan, scope);
  }

  environment(scope: Scope): CompileEnvironment {
    return {
      registry: this.context.registry,
      scope,
      planSubquery: (plan, parent) => {
        const inner = new Scope(parent, this.slots);
        const outerReads = this.#cteReads;
        this.#cteReads = [];
        const known = new Set(this.ctes.keys());
        const operator = ordered(this, this.plan(plan, inner), plan.columns, inner);
        const cacheable = this.#cteReads.every((id) => !known.has(id) || this.ctes.get(id)?.stable === true);
        this.#cteReads = [...outerReads, ...this.#cteReads];
        const title = inner.parameters.length === 0 && cacheable ? "InitPlan" : "SubPlan";
        this.#subplans.push({ title: `${title} ${++this.#subplanCount}`, plan: operator });
        return { operator, scope: inner, cacheable };
      },
    };
  }
  /** Plans of the subqueries compiled since the last call: they belong to the operator being built. */
  takeSubplans(): readonly { readonly title: string; readonly plan: Operator }[] {
    return this.#subplans.splice(0);
  }
  noteCteRead(cteId: number): void {
    this.#cteReads.push(cteId);
  }
  type(oid: Oid): SqlType {
    const type = this.context.registry.typeByOid(oid);
    if (type === undefined) throw notSupported(`type with OID ${oid}`);
    return type;
  }
}
