/**
 * Plans for judging a changed row again (execution/row-recheck.ts): the statement's source with a given row in place of each relation.
 * A relation is a leaf of the tree of joins, filters and projections; subqueries, aggregates and the inner side of semi-joins are not gone into.
 */
import {
  type LockedLeaf,
  type LockedTable,
  layoutConversion,
  type RecheckPlan,
  RowRecheck,
  type Scope,
  TableReader,
} from "../execution/internal.js";
import type { ColumnId, LogicalPlan, PlanColumn } from "../plan/index.js";
import { assert } from "../types/index.js";
import { ordered } from "./ordered.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

/** The source's columns that say which row of a locked relation it is made from; tableOid: of which table, where there are several. */
export interface LockedRow {
  readonly rowId: ColumnId;
  readonly tableOid?: ColumnId | undefined;
}

/** `rows`: of the relations that the statement locks. Undefined: such a relation is no plain leaf. */
export function planRecheck(
  planner: Planner,
  source: LogicalPlan,
  columns: readonly PlanColumn[],
  rows: readonly LockedRow[],
  scope: Scope,
): RowRecheck | undefined {
  const leaves = leavesOf(source);
  const isScan = (leaf: LogicalPlan): leaf is LockedScan => leaf.kind === "Scan" || leaf.kind === "AppendScan";
  const locked = rows.map(({ rowId }) => leaves.find((leaf) => isScan(leaf) && leaf.columns.some((c) => c.id === rowId)));
  const isPlain = (leaf: LogicalPlan | undefined) => leaf !== undefined && isScan(leaf) && leaf.attributes.every((a) => a >= -1);
  if (!locked.every(isPlain) || new Set(locked).size !== locked.length) return undefined;
  return new RowRecheck(() => makePlan(planner, source, columns, leaves, locked as LockedScan[], rows, scope));
}
type LockedScan = Extract<LogicalPlan, { kind: "Scan" | "AppendScan" }>;

/** Rows of a cell, as the working table of a recursive query is read. */
let nextCell = -1;
function cellScan(planner: Planner, scope: Scope, leaf: LogicalPlan): { readonly cell: number; readonly scan: LogicalPlan } {
  const cteId = nextCell--;
  const cell = scope.newCell();
  planner.ctes.set(cteId, { cell, working: true, rows: 1, stable: false });
  return { cell, scan: { kind: "CteScan", cteId, name: "", alias: "", columns: leaf.columns } };
}

function makePlan(
  planner: Planner,
  source: LogicalPlan,
  columns: readonly PlanColumn[],
  leaves: readonly LogicalPlan[],
  lockedLeaves: readonly LockedScan[],
  rows: readonly LockedRow[],
  scope: Scope,
): RecheckPlan {
  const cells = new Map(leaves.map((leaf) => [leaf, cellScan(planner, scope, leaf)]));
  const cellOf = (leaf: LogicalPlan): number => cells.get(leaf)?.cell as number;
  const locked = lockedLeaves.map((leaf, i): LockedLeaf => {
    const at = (id: ColumnId | undefined): number => columns.findIndex((c) => c.id === id);
    const rowIdColumn = at(rows[i]?.rowId);
    const tableOidColumn = leaf.kind === "Scan" ? -1 : at(rows[i]?.tableOid);
    assert(rowIdColumn >= 0 && (leaf.kind === "Scan" || tableOidColumn >= 0), "the source gives the row ids to lock, and their tables");
    return {
      rowIdColumn,
      tableOidColumn,
      tableOf: lockedTables(planner, leaf),
      attributes: leaf.attributes,
      cell: cellOf(leaf),
    };
  });
  const others = leaves.filter((leaf) => !(lockedLeaves as readonly LogicalPlan[]).includes(leaf));
  const run = (plan: LogicalPlan, output: readonly PlanColumn[]) => {
    const operator = ordered(planner, planner.plan(plan, scope), output, scope);
    planner.takeSubplans();
    return operator;
  };
  const check = run(
    substitute(source, (leaf) => cells.get(leaf)?.scan ?? leaf, false),
    columns,
  );
  let first = columns.length;
  const joined = others.map((leaf) => {
    const place = { cell: cellOf(leaf), first, width: leaf.columns.length };
    first += leaf.columns.length;
    return place;
  });
  const lockedOnly = (leaf: LogicalPlan) =>
    (lockedLeaves as readonly LogicalPlan[]).includes(leaf) ? (cells.get(leaf)?.scan ?? leaf) : leaf;
  const find =
    others.length === 0 ? undefined : run(substitute(source, lockedOnly, true), [...columns, ...others.flatMap((leaf) => leaf.columns)]);
  return { locked, joined, find, check, outerCount: planner.slots.outer, cellCount: planner.slots.cells };
}

function lockedTables(planner: Planner, leaf: LockedScan): (oid: number) => LockedTable {
  const root = tableOf(planner, leaf.relation);
  const known = new Map<number, LockedTable>();
  return (oid) => {
    let locked = known.get(oid);
    if (locked === undefined) {
      const table = leaf.kind === "Scan" ? root : tableOf(planner, oid);
      const toRoot = table === root ? undefined : layoutConversion(table, root);
      locked = { storage: table.storage, reader: new TableReader(table, planner.context), toRoot };
      known.set(oid, locked);
    }
    return locked;
  };
}

function leavesOf(plan: LogicalPlan): readonly LogicalPlan[] {
  switch (plan.kind) {
    case "Filter":
    case "Sort":
    case "Project":
      return leavesOf(plan.input);
    case "Join":
      return plan.type === "semi" || plan.type === "anti" ? leavesOf(plan.left) : [...leavesOf(plan.left), ...leavesOf(plan.right)];
    default:
      return [plan];
  }
}

/** The same tree over other leaves, unsorted; `exposes`: every column of the leaves reaches the top. */
function substitute(plan: LogicalPlan, leafOf: (leaf: LogicalPlan) => LogicalPlan, exposes: boolean): LogicalPlan {
  switch (plan.kind) {
    case "Sort":
      return substitute(plan.input, leafOf, exposes);
    case "Filter": {
      const input = substitute(plan.input, leafOf, exposes);
      return { ...plan, input, columns: exposes ? input.columns : plan.columns };
    }
    case "Project": {
      const input = substitute(plan.input, leafOf, exposes);
      if (!exposes) return { ...plan, input };
      const given = new Set(plan.columns.map((c) => c.id));
      const more = input.columns.filter((c) => !given.has(c.id));
      const references = more.map((c) => ({ kind: "ColumnReference" as const, id: c.id, name: c.name, type: c.type, typmod: c.typmod }));
      return { ...plan, input, expressions: [...plan.expressions, ...references], columns: [...plan.columns, ...more] };
    }
    case "Join": {
      const left = substitute(plan.left, leafOf, exposes);
      const isHalf = plan.type === "semi" || plan.type === "anti";
      const right = isHalf ? plan.right : substitute(plan.right, leafOf, exposes);
      return { ...plan, left, right, columns: exposes ? [...left.columns, ...(isHalf ? [] : right.columns)] : plan.columns };
    }
    default:
      return leafOf(plan);
  }
}
