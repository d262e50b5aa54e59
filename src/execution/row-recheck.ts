/**
 * READ COMMITTED: a row that was changed after the statement's snapshot is judged again by itself, in its newest version, next to the very
 * rows of other relations that it was joined with (PostgreSQL's EvalPlanQual, executor/README).
 *
 * The rows are locked first, so what is judged stays. Two small plans do the judging, made when a statement first needs them (plan-recheck.ts):
 * `check` is the statement's source with one given row in place of each relation; `find` gives the rows that the locked ones were joined with,
 * as the snapshot has them.
 */
import { RowFate } from "../native/addon.js";
import { StatusCode } from "../native/status.js";
import { type Datum, movedToAnotherPartition, type Row } from "../types/index.js";
import { BATCH_ROWS, drain, type Operator, RunState, type Steps } from "./operator.js";
import { RestartSignal } from "./signals.js";
import { throwStatus } from "./storage-status.js";
import type { TableReader } from "./table-reader.js";

/** A relation of the source whose rows are locked: a table, or one with partitions or children, whose rows say which they are of. */
export interface LockedLeaf {
  /** Column of the source row that holds the row id. */
  readonly rowIdColumn: number;
  /** Column that holds the row's table; -1: there is only one. */
  readonly tableOidColumn: number;
  tableOf(oid: number): LockedTable;
  /** The leaf's columns: attribute numbers, 0 the row id, -1 the table's OID. */
  readonly attributes: readonly number[];
  readonly cell: number;
}
export interface LockedTable {
  readonly storage: number;
  readonly reader: TableReader;
  /** From the table's layout to the leaf's; undefined: they are one. */
  readonly toRoot: ((row: Row) => Row) | undefined;
}
/** Any other relation of the source: its columns stand in the rows of `find` from `first` on. */
export interface JoinedLeaf {
  readonly cell: number;
  readonly first: number;
  readonly width: number;
}
export interface RecheckPlan {
  readonly locked: readonly LockedLeaf[];
  readonly joined: readonly JoinedLeaf[];
  /** The source's columns, then those of `joined`; undefined when every relation is locked. */
  readonly find: Operator | undefined;
  /** The source's columns. */
  readonly check: Operator;
  readonly outerCount: number;
  readonly cellCount: number;
}
type Strength = 0 | 1 | 2 | 3;
/** What locking met: rows judged again, or a row that another transaction holds. */
export type Judged = { readonly rows: readonly (readonly Row[])[] } | { readonly waitsAt: number; readonly table: number };

export class RowRecheck {
  readonly #make: () => RecheckPlan;
  #plan: RecheckPlan | undefined;

  constructor(make: () => RecheckPlan) {
    this.#make = make;
  }

  /** Locks the rows of `sources` in their newest versions and gives each source anew: none where it fits no more. */
  judge(sources: readonly Row[], strength: Strength, state: RunState): Judged {
    this.#plan ??= this.#make();
    const plan = this.#plan;
    const changed = plan.locked.map(() => new Map<number, Set<number>>());
    for (const [i, leaf] of plan.locked.entries()) {
      for (const [oid, ids] of idsByTable(leaf, sources)) {
        const rowIds = Float64Array.from(ids);
        const fates = new Uint8Array(rowIds.length);
        const { native, engine, xid } = state.context;
        const status = native.storage.lockNewest(engine, xid, leaf.tableOf(oid).storage, rowIds, strength, fates);
        if (status === StatusCode.wait) return { waitsAt: i, table: oid };
        if (status !== StatusCode.ok) throwStatus(state.context, status);
        if (fates.includes(RowFate.moved)) throw movedToAnotherPartition();
        changed[i]?.set(oid, new Set(rowIds.filter((_, at) => fates[at] !== RowFate.same)));
      }
    }
    const isChanged = (leaf: LockedLeaf, i: number, source: Row): boolean =>
      changed[i]?.get(oidOf(leaf, source))?.has(source[leaf.rowIdColumn] as number) === true;
    const rows = sources.map((source) =>
      plan.locked.some((leaf, i) => isChanged(leaf, i, source)) ? this.#evaluate(plan, source, state) : [source],
    );
    return { rows };
  }

  /** The same for a statement that waits for whoever holds a row; what became of each source. */
  *judgeEach(sources: readonly Row[], strength: Strength, state: RunState): Steps<readonly (readonly Row[])[]> {
    const rows: (readonly Row[])[] = [];
    for (let at = 0; at < sources.length; at += BATCH_ROWS) {
      const judged = this.judge(sources.slice(at, at + BATCH_ROWS), strength, state);
      if ("waitsAt" in judged) throwStatus(state.context, StatusCode.wait);
      for (const each of judged.rows) rows.push(each);
      yield;
    }
    return rows;
  }

  #evaluate(plan: RecheckPlan, source: Row, outside: RunState): Row[] {
    const state = inside(plan, outside);
    const set = (newest: boolean): void => {
      for (const leaf of plan.locked) state.cells[leaf.cell] = rowOf(leaf, source, newest, outside);
    };
    if (plan.find !== undefined) {
      set(false);
      const candidates = drain(state.open(plan.find));
      // Rows that look alike are as good as each other.
      const joined = candidates.find((row) => source.every((value, i) => isEqual(value, row[i] as Datum))) ?? candidates[0];
      if (joined === undefined) return [];
      for (const { cell, first, width } of plan.joined) {
        const row = joined.slice(first, first + width);
        // The empty side of an outer join stays empty.
        state.cells[cell] = width > 0 && row.every((value) => value === null) ? [] : [row];
      }
    }
    set(true);
    return drain(state.open(plan.check)).slice(0, 1);
  }
}

/** The statement's own values and common tables, with room for what the two plans add. */
function inside(plan: RecheckPlan, outside: RunState): RunState {
  const state = new RunState(outside.context, Math.max(plan.outerCount, 1), Math.max(plan.cellCount, 1));
  outside.outer.forEach((value, i) => {
    state.outer[i] = value;
  });
  outside.cells.forEach((value, i) => {
    state.cells[i] = value;
  });
  return state;
}

const oidOf = (leaf: LockedLeaf, source: Row): number => (leaf.tableOidColumn < 0 ? 0 : (source[leaf.tableOidColumn] as number));

function idsByTable(leaf: LockedLeaf, sources: readonly Row[]): ReadonlyMap<number, ReadonlySet<number>> {
  const tables = new Map<number, Set<number>>();
  for (const source of sources) {
    const id = source[leaf.rowIdColumn] as number | null;
    if (id === null) continue;
    const oid = oidOf(leaf, source);
    const ids = tables.get(oid);
    if (ids === undefined) tables.set(oid, new Set([id]));
    else ids.add(id);
  }
  return tables;
}

function rowOf(leaf: LockedLeaf, source: Row, newest: boolean, state: RunState): Row[] {
  const rowId = source[leaf.rowIdColumn] as number | null;
  if (rowId === null) return [];
  const { reader, toRoot } = leaf.tableOf(oidOf(leaf, source));
  return reader
    .fetchVisible([rowId], newest, state)
    .map((row) => (toRoot === undefined ? row : toRoot(row)))
    .map((row) => leaf.attributes.map((a) => (a > 0 ? (row[a - 1] as Datum) : a === 0 ? rowId : reader.table.oid)));
}

function isEqual(a: Datum, b: Datum): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const text = (value: Datum) => JSON.stringify(value, (_key, v) => (typeof v === "bigint" ? `${v}n` : v));
  return text(a) === text(b);
}

/**
 * Changes made from `sources`; where a row was changed meanwhile, those made from the sources as they are judged again. What the first try
 * did not undo itself (earlier blocks) is passed over by the second: a command changes a row once.
 */
export function* changeRechecked<T>(
  sources: readonly Row[],
  recheck: RowRecheck | undefined,
  strength: Strength,
  state: RunState,
  change: (sources: readonly Row[], reevaluated: boolean) => Steps<T>,
): Steps<T> {
  try {
    return yield* change(sources, false);
  } catch (error) {
    if (!(error instanceof RestartSignal) || recheck === undefined) throw error;
    return yield* change((yield* recheck.judgeEach(sources, strength, state)).flat(), true);
  }
}
