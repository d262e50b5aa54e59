/**
 * SQL cursors (DECLARE, FETCH, MOVE, CLOSE): rows seen from a place among them.
 *
 * A cursor shows what its query saw when it was declared. One that is a single scan has opened it by then and goes on reading from that
 * snapshot; any other is read to its end before another statement of the transaction runs, as is every cursor before a savepoint,
 * whose rollback closes what streams. A cursor that only goes forward forgets rows it has delivered.
 * Source of the rules of movement: PostgreSQL's pquery.c, DoPortalRunFetch.
 */
import {
  cursorForwardOnly,
  cursorHeld,
  cursorNotOnRow,
  cursorNotUpdatable,
  type Datum,
  noSuchCursor,
  type Oid,
  type Row,
} from "../types/index.js";
import type { SessionTransaction } from "./transaction.js";
import type { ResultColumn } from "./types.js";

export interface FetchMove {
  readonly direction: "forward" | "backward" | "absolute" | "relative";
  readonly count: number | "all";
}
/** Where rows come from: a running query, or rows that are all there. */
export interface CursorSource {
  /** Up to `maxRows` (0: a batch of any size). */
  next(maxRows: number): { readonly rows: readonly Row[]; readonly done: boolean };
  close(): void;
}
/** A row id behind the visible columns. */
export interface CursorRowId {
  readonly relation: Oid;
  readonly column: number;
}
export interface CursorOptions {
  /** May go backward. */
  readonly scroll: boolean;
  readonly hold: boolean;
  readonly binary: boolean;
  /** The DECLARE statement, for pg_cursors. */
  readonly statement: string;
  readonly createdMicros: number;
  /** Reads one snapshot that it has already: needs not be read to its end early. */
  readonly streams: boolean;
  readonly rowIds: readonly CursorRowId[];
}

export class Cursor {
  /** Undefined once a WITH HOLD cursor has outlived its transaction. */
  transaction: SessionTransaction | undefined;
  readonly #source: CursorSource;
  /** Rows read so far when the cursor scrolls; else only those not delivered yet and the current one. */
  #rows: Row[] = [];
  /** Rows that were forgotten: #rows[0] is row #forgotten + 1. */
  #forgotten = 0;
  /** The current row, counted from 1; 0 = before the first, one more than there are = after the last. */
  #position = 0;
  #exhausted = false;
  /** What reading ahead met: thrown when its row is reached. */
  #failure: unknown;

  constructor(
    readonly name: string,
    readonly columns: readonly ResultColumn[],
    source: CursorSource,
    transaction: SessionTransaction | undefined,
    readonly options: CursorOptions,
  ) {
    this.#source = source;
    this.transaction = transaction;
    // Opens the scan, and so takes the snapshot.
    if (options.streams) this.#readAhead(1);
  }

  /** Before something else happens in the transaction: `all` also reads those that stream to their end. */
  settle(transaction: SessionTransaction, all: boolean): void {
    if (this.transaction === transaction && (all || !this.options.streams)) this.#readAhead(Infinity);
  }
  /** A held cursor keeps its rows; any other ends with its transaction. */
  beforeCommit(transaction: SessionTransaction): void {
    if (this.transaction !== transaction || !this.options.hold) return;
    this.#read(Infinity);
    this.transaction = undefined;
  }

  fetch(move: FetchMove): Row[] {
    const width = this.columns.length;
    const rows = this.#move(move);
    return this.options.rowIds.length === 0 ? rows : rows.map((row) => row.slice(0, width));
  }
  close(): void {
    this.#source.close();
  }

  /** For WHERE CURRENT OF: the row id of the current row of `relation`. @throws DbError 24000 */
  currentRowId(relation: Oid, tableName: string): Datum {
    if (this.transaction === undefined) throw cursorHeld(this.name);
    const target = this.options.rowIds.filter((r) => r.relation === relation);
    if (target.length !== 1) throw cursorNotUpdatable(this.name, tableName);
    const row = this.#current();
    if (row === undefined) throw cursorNotOnRow(this.name);
    return row[(target[0] as CursorRowId).column] as Datum;
  }

  #move(move: FetchMove): Row[] {
    const { count } = move;
    switch (move.direction) {
      case "forward":
        return this.#by(count === "all" ? Infinity : count);
      case "backward":
        return this.#by(count === "all" ? -Infinity : -count, true);
      case "absolute":
        return this.#absolute(count === "all" ? Infinity : count);
      case "relative": {
        if (count === 0) return this.#by(0);
        const by = count === "all" ? Infinity : count;
        if (by < 0) this.#requireScroll();
        return this.#goTo(this.#position + by);
      }
    }
  }
  #by(count: number, backward = false): Row[] {
    if (count > 0) return this.#forward(count);
    if (count < 0) return this.#backward(-count);
    if (backward && Object.is(count, -0)) return this.#again();
    return this.#again();
  }
  #again(): Row[] {
    const row = this.#current();
    // PostgreSQL steps back and forth again.
    if (row !== undefined) this.#requireScroll();
    return row === undefined ? [] : [row];
  }
  #requireScroll(): void {
    if (!this.options.scroll) throw cursorForwardOnly();
  }
  #current(): Row | undefined {
    return this.#position === 0 ? undefined : this.#rows[this.#position - 1 - this.#forgotten];
  }

  #forward(count: number): Row[] {
    this.#read(this.#position + count);
    const first = this.#position - this.#forgotten;
    const rows = this.#rows.slice(first, count === Infinity ? undefined : first + count);
    this.#position = rows.length < count ? this.#total + 1 : this.#position + rows.length;
    this.#forget();
    return rows;
  }
  #backward(count: number): Row[] {
    this.#requireScroll();
    const from = Math.max(0, this.#position - 1);
    const to = Math.max(0, from - count);
    const rows = this.#rows.slice(to, from).reverse();
    this.#position = rows.length < count ? 0 : to + 1;
    return rows;
  }
  #absolute(target: number): Row[] {
    if (target < 0) {
      this.#read(Infinity);
      this.#position = this.#total + 1;
      this.#requireScroll();
      return this.#goTo(this.#total + 1 + target);
    }
    if (target <= this.#position && this.#position > 0) this.#requireScroll();
    return this.#goTo(target);
  }
  #goTo(target: number): Row[] {
    this.#read(target);
    this.#position = Math.max(0, Math.min(target, this.#total + 1));
    const row = this.#current();
    this.#forget();
    return row === undefined ? [] : [row];
  }
  /** Rows known so far; all of them once the source has ended. */
  get #total(): number {
    return this.#forgotten + this.#rows.length;
  }

  #read(upTo: number): void {
    if (this.#failure === undefined) this.#pull(upTo);
    if (this.#failure !== undefined && upTo > this.#total) throw this.#failure;
  }
  #readAhead(upTo: number): void {
    if (this.#failure !== undefined) return;
    try {
      this.#pull(upTo);
    } catch (error) {
      this.#failure = error;
    }
  }
  #pull(upTo: number): void {
    while (!this.#exhausted && this.#total < upTo) {
      const { rows, done } = this.#source.next(upTo === Infinity ? 0 : upTo - this.#total);
      for (const row of rows) this.#rows.push(row);
      this.#exhausted = done;
    }
  }
  /** Forward only: delivered rows are not needed again, but for the current one. */
  #forget(): void {
    if (this.options.scroll || this.options.hold) return;
    const old = Math.min(this.#position - 1, this.#total) - this.#forgotten;
    if (old < FORGET_ROWS) return;
    this.#rows = this.#rows.slice(old);
    this.#forgotten += old;
  }
}

/** So many delivered rows are let go at once. */
const FORGET_ROWS = 1000;

/** All of a session's cursors, by name, with what a savepoint must know of them. */
export class SessionCursors extends Map<string, Cursor> {
  readonly #marks: { readonly savepoint: string; readonly names: ReadonlySet<string> }[] = [];

  require(name: string): Cursor {
    const cursor = this.get(name);
    if (cursor === undefined) throw noSuchCursor(name);
    return cursor;
  }
  settle(transaction: SessionTransaction, all: boolean): void {
    for (const cursor of this.values()) cursor.settle(transaction, all);
  }
  savepoint(name: string): void {
    this.#marks.push({ savepoint: name, names: new Set(this.keys()) });
  }
  /** Cursors that were declared after the savepoint go. */
  rollbackTo(name: string): void {
    const at = this.#marks.findLastIndex((mark) => mark.savepoint === name);
    if (at < 0) return;
    const { names } = this.#marks[at] as { names: ReadonlySet<string> };
    this.#marks.length = at + 1;
    for (const [key, cursor] of this) {
      if (names.has(key)) continue;
      this.delete(key);
      cursor.close();
    }
  }
  transactionEnded(transaction: SessionTransaction): void {
    this.#marks.length = 0;
    for (const [name, cursor] of this) if (cursor.transaction === transaction) this.delete(name);
  }
}
