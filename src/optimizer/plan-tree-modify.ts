/** UPDATE and DELETE over a table and what inherits from it. */
import type { TableObject } from "../catalog/index.js";
import {
  compileScalar,
  Layout,
  layoutConversion,
  type Operator,
  PartitionedWriter,
  PartitionRouter,
  plainEnvironment,
  type Scope,
  TableReader,
  TableWriter,
  TreeDeleteOperator,
  type TreeSource,
  type TreeTable,
  TreeUpdateOperator,
} from "../execution/internal.js";
import type { ColumnId, Delete, Update } from "../plan/index.js";
import { assert } from "../types/index.js";
import { estimate } from "./estimates.js";
import { returningRow, rowChecksOf, toldOf } from "./plan-modify.js";
import { planRecheck } from "./plan-recheck.js";
import { tableOf } from "./plan-scan.js";
import type { Planner } from "./planner.js";

/** `tableOid` undefined: only the named table's own rows. */
export function treeSource(
  planner: Planner,
  source: Operator,
  rowId: ColumnId,
  tableOid: ColumnId | undefined,
  root: TableObject,
  written: readonly number[],
): TreeSource {
  const told = toldOf(root, written);
  const at = (id: ColumnId): number => {
    const i = source.columns.findIndex((c) => c.id === id);
    assert(i >= 0, "the source gives the row's table and id");
    return i;
  };
  const tables = new Map<number, TreeTable>();
  return {
    source,
    rowIdColumn: at(rowId),
    tableOidColumn: tableOid === undefined ? -1 : at(tableOid),
    tableOf(oid) {
      let known = tables.get(oid);
      if (known === undefined) {
        const table = tableOf(planner, oid);
        known = {
          table,
          writer: new TableWriter(table, planner.context, plainEnvironment(planner.context), true),
          reader: new TableReader(table, planner.context),
          toRoot: layoutConversion(table, root),
          attributeOf: root.attributes.map((a) => (a.dropped ? -1 : table.attributes.findIndex((b) => !b.dropped && b.name === a.name))),
          router: table.partition === undefined ? undefined : PartitionRouter.of(planner.context, table),
        };
        known.writer.told = { ...told, ...(known.toRoot === undefined ? {} : { toTable: known.toRoot }) };
        tables.set(oid, known);
      }
      return known;
    },
  };
}

export function planTreeUpdate(planner: Planner, plan: Update, tableOid: ColumnId, scope: Scope, isTop: boolean): Operator {
  const table = tableOf(planner, plan.relation);
  const source = planner.plan(plan.source, scope);
  const written = plan.assignments.map((a) => a.attribute);
  const tree = treeSource(planner, source, plan.rowId, tableOid, table, written);
  const environment = planner.environment(scope);
  const layout = Layout.of(source.columns);
  const assignments = plan.assignments.map((a) => ({ index: a.attribute - 1, value: compileScalar(environment, a.value, layout) }));
  const returning = plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, source.columns, true);
  const mover =
    table.partitioned === undefined ? undefined : new PartitionedWriter(table, planner.context, plainEnvironment(planner.context));
  const root = new TableWriter(table, planner.context, plainEnvironment(planner.context), true);
  root.told = toldOf(table, written);
  if (mover !== undefined) mover.told = root.told;
  if (plan.rowChecks !== undefined) root.rowChecks = rowChecksOf(environment, table, plan.rowChecks);
  return new TreeUpdateOperator(
    {
      title: `Update on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, source.estimate.rows, source.estimate.totalCost),
      subplans: planner.takeSubplans(),
    },
    tree,
    assignments,
    mover,
    root,
    returning,
    isTop,
    planRecheck(planner, plan.source, source.columns, [plan], scope),
  );
}

export function planTreeDelete(planner: Planner, plan: Delete, tableOid: ColumnId, scope: Scope, isTop: boolean): Operator {
  const table = tableOf(planner, plan.relation);
  const tree = treeSource(planner, planner.plan(plan.source, scope), plan.rowId, tableOid, table, []);
  const environment = planner.environment(scope);
  const returning = plan.returning === undefined ? undefined : returningRow(environment, table, plan.returning, tree.source.columns, true);
  return new TreeDeleteOperator(
    {
      title: `Delete on ${table.name}`,
      columns: plan.columns,
      estimate: estimate(plan.columns, tree.source.estimate.rows, tree.source.estimate.totalCost),
      subplans: planner.takeSubplans(),
    },
    tree,
    returning,
    isTop,
    planRecheck(planner, plan.source, tree.source.columns, [plan], scope),
  );
}
