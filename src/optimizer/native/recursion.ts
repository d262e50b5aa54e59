/**
 * WITH RECURSIVE in native form: one recursive entry whose term reads its working table once, through filters and projections
 * only, and whose rows the body reads once.
 */
import { type NativePlan, type NativePlanColumn, OperatorCode, storedKind } from "../../execution/internal.js";
import type { CteScan, LogicalPlan, With } from "../../plan/index.js";
import { expressionsOf, hasSubquery, inputsOf } from "../walk.js";
import type { NativePlanner } from "./native-planner.js";
import { arranged } from "./relational.js";

/** Recursions that are being planned: what a scan of an entry reads. */
export interface RecursiveEntry {
  readonly columns: readonly NativePlanColumn[];
  /** The working table, inside of the term; the whole table, in the body. */
  readonly working: boolean;
  readonly plan: NativePlan | undefined;
}

export function nativeCteScan(plan: CteScan, entry: RecursiveEntry | undefined): NativePlan | undefined {
  if (entry === undefined) return undefined;
  const columns = plan.columns.map((c, i) => ({ ...c, kind: (entry.columns[i] as NativePlanColumn).kind }));
  if (!entry.working) return entry.plan && { ...entry.plan, columns };
  return {
    columns,
    sourceRows: 0,
    heavy: false,
    fallibleLate: false,
    emit: (w) => w.u8(OperatorCode.workingScan).u16(plan.cteId & 0xffff),
  };
}

export function nativeWith(planner: NativePlanner, plan: With, entries: Map<number, RecursiveEntry>): NativePlan | undefined {
  const [table] = plan.tables;
  if (plan.tables.length !== 1 || table?.recursive === undefined) return undefined;
  const { term, all } = table.recursive;
  if (readsOf(term, table.cteId) !== 1 || readsOf(plan.body, table.cteId) !== 1 || !isChain(term, table.cteId)) return undefined;
  const types = table.columns.map((c) => planner.planner.type(c.type));
  const columns = table.columns.map((c, i): NativePlanColumn => ({ ...c, kind: storedKind(types[i] as (typeof types)[number]) }));
  const stored = (p: LogicalPlan): NativePlan | undefined => {
    const native = planner.input(p);
    const side = native && arranged(native, p.columns);
    return side?.columns.every((c, i) => c.kind === columns[i]?.kind) === true ? side : undefined;
  };
  const first = stored(table.plan);
  if (first === undefined) return undefined;
  entries.set(table.cteId, { columns, working: true, plan: undefined });
  const next = stored(term);
  entries.delete(table.cteId);
  if (next === undefined) return undefined;
  const recursion: NativePlan = {
    columns,
    sourceRows: Math.max(RECURSION_ROWS, first.sourceRows + next.sourceRows),
    heavy: true,
    fallibleLate: first.fallibleLate || next.fallibleLate,
    emit(w, state) {
      w.u8(OperatorCode.recursion)
        .u8(all ? 1 : 0)
        .u16(table.cteId & 0xffff);
      first.emit(w, state);
      next.emit(w, state);
    },
  };
  entries.set(table.cteId, { columns, working: false, plan: recursion });
  const body = planner.input(plan.body);
  entries.delete(table.cteId);
  return body;
}
/** Nobody knows how many rows a recursion gives: it counts as many. */
const RECURSION_ROWS = 1_000_000;

function readsOf(plan: LogicalPlan, cteId: number): number {
  let count = plan.kind === "CteScan" && plan.cteId === cteId ? 1 : 0;
  for (const input of inputsOf(plan)) count += readsOf(input, cteId);
  return count;
}
/** Filters and projections over the working table and nothing else. */
function isChain(plan: LogicalPlan, cteId: number): boolean {
  if (plan.kind === "CteScan") return plan.cteId === cteId;
  if ((plan.kind !== "Filter" && plan.kind !== "Project") || expressionsOf(plan).some(hasSubquery)) return false;
  return isChain(plan.input, cteId);
}
