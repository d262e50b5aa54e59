/**
 * How a table is read together with what inherits from it: one scan per table, in PostgreSQL's order. Of a partitioned table only the
 * partitions that the condition leaves are read: chosen while planning where the condition's values are constants, at each start of an
 * execution where they are parameters. A child is planned when it is first needed, so that a thousand partitions cost a lookup.
 */
import type { TableObject } from "../catalog/index.js";
import {
  FilterOperator,
  type Operator,
  partitionMapOf,
  type RunState,
  ScanAppendOperator,
  type Scope,
  ValuesOperator,
} from "../execution/internal.js";
import type { AppendScan, Expression, Scan } from "../plan/index.js";
import { conjunctsOf } from "./conjuncts.js";
import { estimate, ROW_COST, selectivity } from "./estimates.js";
import { type Pruner, prunerOf } from "./partition-pruning.js";
import { planScan, tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";
import { hasSubquery } from "./walk.js";

/** A table of the tree: a leaf is read, a partitioned one leads on. */
type Branch = { readonly table: TableObject; operator?: Operator } & (
  | { readonly kind: "leaf" }
  | { readonly kind: "partitioned"; readonly pruner: Pruner | undefined; readonly children: ReadonlyMap<number, Branch> }
);

export function planAppendScan(planner: Planner, scan: AppendScan, predicate: Expression | undefined, scope: Scope): Operator {
  const root = tableOf(planner, scan.relation);
  const branches: Branch[] =
    root.partitioned === undefined
      ? inheritors(planner, root).map((table): Branch => ({ kind: "leaf", table }))
      : [partitioned(planner, root, scan, predicate, scope)];
  const planLeaf = (leaf: Branch): Operator => {
    leaf.operator ??= planScan(planner, scanOf(root, leaf.table, scan), predicate, scope).operator;
    return leaf.operator;
  };
  const leavesNow = staticLeaves(branches);
  // Subqueries and outer references take their places in the plan while it is made: such children cannot come later.
  const early = predicate !== undefined && hasSubquery(predicate) ? leavesNow : leavesNow.slice(0, 1);
  for (const leaf of early) planLeaf(leaf);
  if (leavesNow.length === 1 && !hasDynamic(branches)) return planLeaf(leavesNow[0] as Branch);
  if (leavesNow.length === 0)
    return new FilterOperator(
      {
        title: "Result",
        columns: scan.columns,
        estimate: estimate(scan.columns, 1, ROW_COST),
        details: [{ key: "One-Time Filter", value: "false" }],
      },
      new ValuesOperator({ title: "Result", columns: scan.columns, estimate: estimate(scan.columns, 1, 0) }, []),
      () => false,
      true,
    );
  let rowCount = 0;
  for (const { table } of leavesNow) rowCount += planner.context.statistics.rowCount(table.storage);
  const rows = rowCount * selectivity(predicate, rowCount);
  return new ScanAppendOperator(
    {
      title: "Append",
      columns: scan.columns,
      estimate: estimate(scan.columns, rows, rowCount * ROW_COST * (1 + 0.25 * conjunctsOf(predicate).length)),
    },
    {
      all: () => leavesNow.map(planLeaf),
      chosen: (state) => dynamicLeaves(branches, state).map(planLeaf),
    },
  );
}

/** The table and everything below it, each once: breadth first, as find_all_inheritors lists them. */
function inheritors(planner: Planner, root: TableObject): TableObject[] {
  const found = new Map<number, TableObject>([[root.oid, root]]);
  for (const table of found.values()) for (const child of planner.context.catalog.childrenOf(table.oid)) found.set(child.oid, child);
  return [...found.values()];
}

function partitioned(planner: Planner, table: TableObject, scan: AppendScan, predicate: Expression | undefined, scope: Scope): Branch {
  const root = tableOf(planner, scan.relation);
  const partitions = planner.context.catalog.childrenOf(table.oid);
  const map = partitionMapOf(table, partitions, (oid) => planner.type(oid));
  const pruner = prunerOf(planner, root, table, map, scan, predicate, scope);
  const kept = pruner?.isStatic === true ? pruner.choose(undefined) : undefined;
  const children = new Map<number, Branch>();
  for (const child of kept === undefined ? map.inOrder() : map.theseInOrder(kept)) {
    children.set(
      child.oid,
      child.partitioned === undefined ? { kind: "leaf", table: child } : partitioned(planner, child, scan, predicate, scope),
    );
  }
  return { kind: "partitioned", table, pruner: pruner?.isStatic === true ? undefined : pruner, children };
}

function hasDynamic(branches: Iterable<Branch>): boolean {
  for (const branch of branches)
    if (branch.kind === "partitioned" && (branch.pruner !== undefined || hasDynamic(branch.children.values()))) return true;
  return false;
}
function staticLeaves(branches: Iterable<Branch>): Branch[] {
  return [...branches].flatMap((branch) => (branch.kind === "leaf" ? [branch] : staticLeaves(branch.children.values())));
}
function dynamicLeaves(branches: Iterable<Branch>, state: RunState): Branch[] {
  return [...branches].flatMap((branch) => {
    if (branch.kind === "leaf") return [branch];
    const kept = branch.pruner?.choose(state);
    if (kept === undefined) return dynamicLeaves(branch.children.values(), state);
    // Few of many: look those up instead of walking all.
    if (kept.size < 8)
      return dynamicLeaves(
        [...kept].map((oid) => branch.children.get(oid)).filter((b) => b !== undefined),
        state,
      );
    return dynamicLeaves(
      [...branch.children].filter(([oid]) => kept.has(oid)).map(([, b]) => b),
      state,
    );
  });
}

/** The same columns, read from `table`. */
function scanOf(root: TableObject, table: TableObject, scan: AppendScan): Scan {
  const attributes = scan.attributes.map((number) => {
    if (number <= 0 || table === root) return number;
    const name = root.attributes[number - 1]?.name;
    return table.attributes.find((a) => !a.dropped && a.name === name)?.number ?? number;
  });
  const alias = table === root || scan.alias !== root.name ? scan.alias : table.name;
  return { kind: "Scan", relation: table.oid, alias, attributes, columns: scan.columns };
}
