/**
 * UPDATE and DELETE of rows that may be of several tables: a table and those that inherit from it, or the leaves of a partitioned one.
 * The source says which table each row is of. Rows are changed table by table, in each table's own layout; a row whose new key belongs
 * to another partition moves there.
 */
import type { TableObject } from "../../catalog/index.js";
import { type Datum, partitionConstraintViolated, type Row } from "../../types/index.js";
import type { ChangeMemory } from "../change-memory.js";
import type { Evaluate, EvaluateRow } from "../expression/compiler.js";
import { BATCH_ROWS, drainInSteps, mapInSteps, type Operator, type RunState, type Steps } from "../operator.js";
import type { PartitionRouter } from "../partition-router.js";
import type { PartitionedWriter } from "../partitioned-writer.js";
import { changeRechecked, type RowRecheck } from "../row-recheck.js";
import type { TableReader } from "../table-reader.js";
import type { TableWriter } from "../table-writer.js";
import { type OperatorFacts, SteppedBlockingOperator } from "./base.js";

/** One of the tables: how to read and write it, and its layout against the named table's. */
export interface TreeTable {
  readonly table: TableObject;
  readonly writer: TableWriter;
  readonly reader: TableReader;
  readonly toRoot: ((row: Row) => Row) | undefined;
  /** Attribute index in this table by attribute index of the named one; -1: it has no such column. */
  readonly attributeOf: readonly number[];
  /** Of a partition: whether a row may stay. */
  readonly router: PartitionRouter | undefined;
}
export interface TreeSource {
  readonly source: Operator;
  readonly rowIdColumn: number;
  readonly tableOidColumn: number;
  tableOf(oid: number): TreeTable;
}

/** The rows that are to be changed: as the snapshot has them, or those that were locked and judged again as they are now. */
export function* rowsToChange(tree: TreeTable, rowIds: readonly number[], reevaluated: boolean, state: RunState): Steps<Row[]> {
  const rows: Row[] = [];
  for (let at = 0; at < rowIds.length; at += FETCH_ROWS) {
    const ids = rowIds.slice(at, at + FETCH_ROWS);
    for (const row of reevaluated ? tree.reader.fetchVisible(ids, true, state) : tree.reader.fetch(ids, state)) rows.push(row);
    yield;
  }
  return rows;
}
/** Rows that one step fetches. */
const FETCH_ROWS = 4 * BATCH_ROWS;

/** A row after its assignments, ready to be written: as its own table stores it, as the named table shows it, and whether it leaves its partition. */
export function changedRow(
  tree: TreeTable,
  before: Row,
  assignments: readonly { readonly index: number; readonly value: Evaluate }[],
  source: Row,
  mover: PartitionedWriter | undefined,
  state: RunState,
): { readonly row: Row; readonly shown: Row; readonly moves: boolean } {
  const row = before.slice();
  for (const a of assignments) {
    const at = tree.attributeOf[a.index] as number;
    if (at >= 0) row[at] = a.value(source, state);
  }
  if (tree.router === undefined || tree.router.accepts(row, state)) {
    tree.writer.prepare(row, state);
    return { row, shown: tree.toRoot === undefined ? row : tree.toRoot(row), moves: false };
  }
  if (mover === undefined)
    throw partitionConstraintViolated(tree.table.name, tree.writer.describe(row, state.context), tree.writer.schemaName);
  const shown = tree.toRoot === undefined ? row.slice() : tree.toRoot(row);
  mover.prepare(shown, state, []);
  return { row, shown, moves: true };
}

interface Group {
  readonly tree: TreeTable;
  readonly rowIds: number[];
  readonly sources: Row[];
  /** Place of each row among all, so that RETURNING keeps the source's order. */
  readonly places: number[];
}
function* groupRows(tree: TreeSource, given: readonly Row[]): Steps<{ readonly groups: Iterable<Group>; readonly count: number }> {
  const groups = new Map<number, Group & { readonly seen: Set<number> }>();
  let count = 0;
  for (const [i, source] of given.entries()) {
    if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
    const rowId = source[tree.rowIdColumn] as number | null;
    if (rowId === null) continue;
    const oid = source[tree.tableOidColumn] as number;
    let group = groups.get(oid);
    if (group === undefined) {
      group = { tree: tree.tableOf(oid), rowIds: [], sources: [], places: [], seen: new Set() };
      groups.set(oid, group);
    }
    if (group.seen.has(rowId)) continue;
    group.seen.add(rowId);
    group.rowIds.push(rowId);
    group.sources.push(source);
    group.places.push(count++);
  }
  return { groups: groups.values(), count };
}

export class TreeUpdateOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly tree: TreeSource,
    readonly assignments: readonly { readonly index: number; readonly value: Evaluate }[],
    /** Where rows that move are inserted; of a partitioned table. */
    readonly mover: PartitionedWriter | undefined,
    /** The named table's own writer, which knows what a view wants of new rows. */
    readonly root: TableWriter,
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
  ) {
    super(facts, [tree.source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const sources = yield* drainInSteps(state.open(this.tree.source), memory, 3);
    return yield* changeRechecked(sources, this.recheck, 3, state, (rows, reevaluated) => this.#change(rows, reevaluated, state));
  }
  *#change(given: readonly Row[], reevaluated: boolean, state: RunState): Steps<Row[]> {
    const { returning, assignments, mover } = this;
    const { groups, count } = yield* groupRows(this.tree, given);
    const results: Row[] = returning === undefined ? [] : new Array<Row>(count);
    const moved: Row[] = [];
    for (const { tree, rowIds, sources, places } of groups) {
      const old = yield* rowsToChange(tree, rowIds, reevaluated, state);
      const kept: { ids: number[]; old: Row[]; now: Row[] } = { ids: [], old: [], now: [] };
      const left: { ids: number[]; old: Row[] } = { ids: [], old: [] };
      for (const [i, source] of sources.entries()) {
        if (i % BATCH_ROWS === BATCH_ROWS - 1) yield;
        const before = old[i] as Row;
        const { row, shown, moves } = changedRow(tree, before, assignments, source, mover, state);
        if (moves) {
          moved.push(shown);
          left.ids.push(rowIds[i] as number);
          left.old.push(before);
        } else {
          kept.ids.push(rowIds[i] as number);
          kept.old.push(before);
          kept.now.push(row);
        }
        if (this.root.rowChecks.length > 0) this.root.checkRow(shown, state);
        if (returning !== undefined)
          results[places[i] as number] = [
            ...shown,
            ...source,
            (tree.router !== undefined ? mover?.placeOf(shown)?.leaf.writer.table.oid : undefined) ?? tree.table.oid,
          ];
      }
      const changed = assignments.map((a) => tree.attributeOf[a.index] as number).filter((index) => index >= 0);
      if (kept.ids.length > 0) yield* tree.writer.updateInSteps(kept.ids, kept.old, kept.now, changed, state, reevaluated);
      if (left.ids.length > 0) yield* tree.writer.deleteInSteps(left.ids, left.old, state, reevaluated, true);
    }
    if (mover !== undefined && moved.length > 0) yield* mover.insertInSteps(moved, state);
    if (this.isTop) state.affectedRows += count;
    return returning === undefined ? [] : yield* mapInSteps(results, (row) => returning(row, state));
  }
}

export class TreeDeleteOperator extends SteppedBlockingOperator {
  constructor(
    facts: OperatorFacts,
    readonly tree: TreeSource,
    readonly returning: EvaluateRow | undefined,
    readonly isTop: boolean,
    readonly recheck: RowRecheck | undefined,
  ) {
    super(facts, [tree.source]);
  }

  protected override *work(state: RunState, memory: ChangeMemory): Steps<Row[]> {
    const sources = yield* drainInSteps(state.open(this.tree.source), memory, 3);
    return yield* changeRechecked(sources, this.recheck, 3, state, (rows, reevaluated) => this.#change(rows, reevaluated, state));
  }
  *#change(given: readonly Row[], reevaluated: boolean, state: RunState): Steps<Row[]> {
    const { returning } = this;
    const { groups, count } = yield* groupRows(this.tree, given);
    const results: Row[] = returning === undefined ? [] : new Array<Row>(count);
    for (const { tree, rowIds, sources, places } of groups) {
      const old = yield* rowsToChange(tree, rowIds, reevaluated, state);
      if (returning !== undefined) {
        sources.forEach((source, i) => {
          const row = old[i] as Row;
          results[places[i] as number] = [...(tree.toRoot === undefined ? row : tree.toRoot(row)), ...source, tree.table.oid] as Datum[];
        });
      }
      yield* tree.writer.deleteInSteps(rowIds, old, state, reevaluated);
    }
    if (this.isTop) state.affectedRows += count;
    return returning === undefined ? [] : yield* mapInSteps(results, (row) => returning(row, state));
  }
}
