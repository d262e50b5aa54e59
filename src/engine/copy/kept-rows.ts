/**
 * Rows that a COPY has read and not yet written. PostgreSQL keeps them back until a portion is together (CopyMultiInsertInfoIsFull in copyfrom.c), so that
 * what is wrong with a later line of the portion is told before a key that is taken. Where a default or the condition is volatile it writes each row at once.
 */
import { WaitSignal } from "../../execution/index.js";
import type { RunState, TableWriter } from "../../execution/internal.js";
import { DbError, type Row } from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";

const PORTION_ROWS = 1000;
const PORTION_BYTES = 65_535;

/** In which portion PostgreSQL writes a row. */
export class Portions {
  /** That the next row goes to. */
  current = 0;
  #rows = 0;
  #bytes = 0;
  constructor(readonly areSingle: boolean) {}

  /** The portion of the next row, whose line has so many bytes. */
  take(bytes: number): number {
    const portion = this.current;
    this.#rows++;
    this.#bytes += bytes;
    if (this.areSingle || this.#rows >= PORTION_ROWS || this.#bytes >= PORTION_BYTES) {
      this.current++;
      this.#rows = this.#bytes = 0;
    }
    return portion;
  }
}

/** Another transaction's key is in the way: waits for its end and tries the same rows, which go in whole or not at all. */
export function untilFree(context: DefinitionContext, work: () => void): Promise<void> | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof WaitSignal)) throw error;
    return context.session.waits.forTransaction(context.transaction.xid, error.xid).then(() => untilFree(context, work));
  }
}

export class KeptRows {
  /** Rows written. */
  written = 0;
  #rows: Row[] = [];
  /** Of each row, where an error of its key says that it is. */
  #lines: number[] = [];
  #texts: (string | undefined)[] = [];
  readonly #context: DefinitionContext;
  readonly #writer: TableWriter;
  readonly #state: RunState;
  readonly #portions: Portions;

  constructor(context: DefinitionContext, writer: TableWriter, state: RunState, portions: Portions) {
    this.#context = context;
    this.#writer = writer;
    this.#state = state;
    this.#portions = portions;
  }

  /**
   * Takes a prepared row. True: it is time to write. Where portions are single rows the caller says when: it writes before it tells of anything else.
   * @param text of its line, where PostgreSQL has it at hand
   */
  add(row: Row, bytes: number, line: number, text: string | undefined): boolean {
    const portion = this.#portions.take(bytes);
    this.#rows.push(row);
    this.#lines.push(line);
    if (this.#portions.areSingle) this.#texts.push(text);
    return this.#rows.length >= PORTION_ROWS || (!this.#portions.areSingle && this.#portions.current !== portion);
  }
  write(): Promise<void> | undefined {
    if (this.#rows.length === 0) return undefined;
    const rows = this.#rows;
    const lines = this.#lines;
    const texts = this.#texts;
    this.#rows = [];
    this.#lines = [];
    this.#texts = [];
    return untilFree(this.#context, () => {
      try {
        this.#writer.insert(rows, this.#state);
      } catch (error) {
        const row = this.#writer.refused === undefined ? -1 : rows.indexOf(this.#writer.refused);
        if (!(error instanceof DbError) || row < 0) throw error;
        throw new DbError({ ...error.fields, where: this.placeOf(lines[row] as number, texts[row]) });
      }
      this.written += rows.length;
    });
  }
  placeOf(line: number, text: string | undefined): string {
    const place = `COPY ${this.#writer.table.name}, line ${line}`;
    return text === undefined ? place : `${place}: "${text}"`;
  }
}
