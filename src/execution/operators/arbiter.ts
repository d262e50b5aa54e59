/** ON CONFLICT: the rows that stand in the way of those to be inserted, as the unique indexes that decide have them. */
import { type IndexObject, keyAttribute } from "../../catalog/index.js";
import { RowFate } from "../../native/addon.js";
import { StatusCode } from "../../native/status.js";
import type { Datum, Row, SqlType } from "../../types/index.js";
import { BATCH_ROWS, type RunState, type Steps } from "../operator.js";
import { type HashKey, hashKeyOf } from "../row-keys.js";
import { RestartSignal } from "../signals.js";
import { throwStatus } from "../storage-status.js";
import type { TableReader } from "../table-reader.js";
import type { TableWriter } from "../table-writer.js";
import type { ConflictPlan } from "./insert.js";

/** Keys that one step looks up: an INSERT of a thousand rows asks once. */
const LOOKUP_ROWS = 4 * BATCH_ROWS;

/** One unique index that decides what conflicts. */
export class Arbiter {
  readonly #keys: (HashKey | undefined)[] = [];
  readonly #existing = new Map<HashKey, { readonly rowId: number; readonly row: Row }>();
  readonly #proposed = new Set<HashKey>();
  readonly #hash: (values: readonly Datum[]) => HashKey;
  constructor(
    readonly index: IndexObject,
    writer: TableWriter,
  ) {
    this.#hash = hashKeyOf(index.columns.map((c) => writer.types[keyAttribute(c) - 1] as SqlType));
  }
  *find(rows: readonly Row[], reader: TableReader, state: RunState): Steps<void> {
    for (let from = 0; from < rows.length; from += LOOKUP_ROWS) {
      this.#findBlock(rows, from, Math.min(from + LOOKUP_ROWS, rows.length), reader, state);
      yield;
    }
  }
  #findBlock(rows: readonly Row[], from: number, to: number, reader: TableReader, state: RunState): void {
    const keys: Row[] = [];
    const hashes: HashKey[] = [];
    for (let i = from; i < to; i++) {
      const key = this.index.columns.map((c) => (rows[i] as Row)[keyAttribute(c) - 1] as Datum);
      // Where NULLs are distinct, such a row conflicts with nothing.
      if (key.includes(null) && !this.index.nullsNotDistinct) continue;
      const hash = this.#hash(key);
      this.#keys[i] = hash;
      keys.push(key);
      hashes.push(hash);
    }
    for (const found of reader.lookup(this.index, keys, state)) this.#existing.set(hashes[found.key], found);
  }
  existing(i: number): { readonly rowId: number; readonly row: Row } | undefined {
    return this.#keys[i] === undefined ? undefined : this.#existing.get(this.#keys[i]);
  }
  forgetProposed(): void {
    this.#proposed.clear();
  }
  /** The row as it is now; undefined: nobody has the key of row i any more. */
  replaceExisting(rowId: number, row: Row | undefined): boolean {
    for (const [hash, found] of this.#existing) {
      if (found.rowId !== rowId) continue;
      if (row === undefined || this.#hash(this.index.columns.map((c) => row[keyAttribute(c) - 1] as Datum)) !== hash) return false;
      this.#existing.set(hash, { rowId, row });
    }
    return true;
  }
  *rowIds(): Iterable<number> {
    for (const { rowId } of this.#existing.values()) yield rowId;
  }
  wasProposed(i: number): boolean {
    return this.#keys[i] !== undefined && this.#proposed.has(this.#keys[i]);
  }
  propose(i: number): void {
    if (this.#keys[i] !== undefined) this.#proposed.add(this.#keys[i]);
  }
}

/**
 * Read committed: locks the rows that are in the way and takes those that changed after the snapshot as they are now, as DO UPDATE does in PostgreSQL. A
 * row that went, or that has another key now, is for a run of the statement with a new snapshot.
 */
function* lockExisting(arbiters: readonly Arbiter[], reader: TableReader, state: RunState): Steps<void> {
  const ids = [...new Set(arbiters.flatMap((arbiter) => [...arbiter.rowIds()]))];
  const { native, engine, xid } = state.context;
  for (let at = 0; at < ids.length; at += LOOKUP_ROWS) {
    const block = ids.slice(at, at + LOOKUP_ROWS);
    const fates = new Uint8Array(block.length);
    const status = native.storage.lockNewest(engine, xid, reader.table.storage, Float64Array.from(block), 2, fates);
    if (status !== StatusCode.ok) throwStatus(state.context, status);
    block.forEach((id, i) => {
      if (fates[i] === RowFate.same) return;
      const row = fates[i] === RowFate.changed ? reader.fetchVisible([id], true, state)[0] : undefined;
      if (!arbiters.every((arbiter) => arbiter.replaceExisting(id, row))) throw new RestartSignal();
    });
    yield;
  }
}

/** What is there is judged over rows that nobody changes any more. */
export const judgesExisting = (conflict: ConflictPlan): boolean => conflict.where !== undefined || conflict.existingChecks.length > 0;

/** `change` with the rows as the snapshot has them; where one was changed meanwhile (or `looksFirst`), with those that lockExisting() gives. */
export function* withExisting<T>(
  arbiters: readonly Arbiter[],
  reader: TableReader,
  looksFirst: boolean,
  state: RunState,
  change: (reevaluated: boolean) => Steps<T>,
): Steps<T> {
  if (!state.context.restartable) return yield* change(false);
  if (!looksFirst) {
    try {
      return yield* change(false);
    } catch (error) {
      if (!(error instanceof RestartSignal)) throw error;
    }
  }
  yield* lockExisting(arbiters, reader, state);
  for (const arbiter of arbiters) arbiter.forgetProposed();
  return yield* change(true);
}
