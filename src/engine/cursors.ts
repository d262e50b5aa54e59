/** SQL cursors (DECLARE, FETCH, MOVE, CLOSE). A SCROLL cursor keeps the rows it has read; any other goes forward only. */
import { cursorForwardOnly, type Row } from "../types/index.js";
import type { StreamPortal } from "./portals.js";
import type { SessionTransaction } from "./transaction.js";
import type { ResultColumn } from "./types.js";

export interface FetchMove {
  readonly direction: "forward" | "backward" | "absolute" | "relative";
  readonly count: number | "all";
}

export class Cursor {
  readonly columns: readonly ResultColumn[];
  /** Undefined once a WITH HOLD cursor has outlived its transaction. */
  transaction: SessionTransaction | undefined;
  readonly #portal: StreamPortal;
  readonly #keepsRows: boolean;
  readonly #held: boolean;
  /** Rows read so far when they are kept; else only those not delivered yet. */
  #rows: Row[] = [];
  /** The current row, from 1 in #rows; 0 = before the first. */
  #position = 0;
  #exhausted = false;

  constructor(
    readonly name: string,
    portal: StreamPortal,
    transaction: SessionTransaction | undefined,
    options: { scroll: boolean; hold: boolean },
  ) {
    this.columns = portal.columns;
    this.transaction = transaction;
    this.#portal = portal;
    this.#keepsRows = options.scroll;
    this.#held = options.hold;
  }

  /** A held cursor reads its rest before the snapshot goes; any other ends with its transaction. */
  beforeCommit(transaction: SessionTransaction): void {
    if (this.transaction !== transaction || !this.#held) return;
    this.#read(Infinity);
    this.transaction = undefined;
  }
  get endsWithTransaction(): boolean {
    return this.transaction !== undefined;
  }

  fetch(move: FetchMove): Row[] {
    switch (move.direction) {
      case "forward":
        if (move.count === "all") return this.#forward(Infinity);
        return move.count < 0 ? this.#backward(-move.count) : move.count === 0 ? this.#again() : this.#forward(move.count);
      case "backward":
        if (move.count === "all") return this.#backward(Infinity);
        return move.count < 0 ? this.#forward(-move.count) : move.count === 0 ? this.#again() : this.#backward(move.count);
      case "absolute":
        return this.#absolute(move.count === "all" ? -1 : move.count);
      case "relative":
        return this.#absolute(this.#position + (move.count === "all" ? 0 : move.count), true);
    }
  }
  close(): void {
    this.#portal.close();
  }

  #forward(count: number): Row[] {
    const wanted = this.#position + count;
    this.#read(wanted);
    const rows = this.#rows.slice(this.#position, wanted === Infinity ? undefined : wanted);
    this.#position = rows.length < count ? this.#rows.length + 1 : this.#position + rows.length;
    if (!this.#keepsRows && !this.#held && this.transaction !== undefined) this.#forget();
    return rows;
  }
  #backward(count: number): Row[] {
    if (!this.#keepsRows) throw cursorForwardOnly();
    const from = this.#position - 1;
    const to = Math.max(0, from - count);
    const rows = this.#rows.slice(to, from).reverse();
    this.#position = rows.length < count ? 0 : to + 1;
    return rows;
  }
  #again(): Row[] {
    const row = this.#rows[this.#position - 1];
    return row === undefined ? [] : [row];
  }
  #absolute(position: number, relative = false): Row[] {
    if (position < 0 && !relative) {
      this.#read(Infinity);
      position = this.#rows.length + 1 + position;
    }
    if (position < this.#position && !this.#keepsRows) throw cursorForwardOnly();
    this.#read(position);
    this.#position = Math.max(0, Math.min(position, this.#rows.length + 1));
    return this.#again();
  }
  #read(upTo: number): void {
    while (!this.#exhausted && this.#rows.length < upTo) {
      const { rows, done } = this.#portal.next(upTo === Infinity ? 0 : upTo - this.#rows.length);
      for (const row of rows) this.#rows.push(row);
      this.#exhausted = done;
    }
  }
  /** Forward only: delivered rows are not needed again, but for the current one. */
  #forget(): void {
    if (this.#position <= 1_000) return;
    const keepFrom = Math.min(this.#position, this.#rows.length) - 1;
    if (keepFrom <= 0) return;
    this.#rows = this.#rows.slice(keepFrom);
    this.#position -= keepFrom;
  }
}
