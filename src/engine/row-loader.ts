/** Rows straight into a table's native relation, in blocks: what CREATE TABLE AS, rewrites and COPY share. */
import type { TableObject } from "../catalog/index.js";
import { plainEnvironment, RowEncoder, storedAttribute, TableWriter } from "../execution/internal.js";
import { assert, type Datum, type Row } from "../types/index.js";
import type { DefinitionContext } from "./commands/context.js";

/** Rows per native call. */
const BLOCK_ROWS = 4096;

export class RowLoader {
  readonly #context: DefinitionContext;
  readonly #table: TableObject;
  readonly #encoder: RowEncoder;

  constructor(context: DefinitionContext, table: TableObject, _options: { readonly withoutIndexes?: boolean } = {}) {
    this.#context = context;
    this.#table = table;
    this.#encoder = new RowEncoder(table.attributes.map((a) => storedAttribute(a, context.type(a.type))));
  }

  /** Rows of the live attributes in order; nothing is checked. */
  insert(rows: readonly Row[]): void {
    const { attributes } = this.#table;
    assert(
      attributes.every((a) => !a.dropped),
      "a new table has no dropped attributes",
    );
    this.insertFull(rows);
  }
  /** Rows of the live attributes; keys of indexes over expressions are computed, unique keys are judged. */
  insertComputed(rows: readonly Row[]): void {
    const { attributes } = this.#table;
    const context = this.#context;
    const plan = context.session.view.planContext(context.catalog);
    this.#writer ??= new TableWriter(this.#table, plan, plainEnvironment(plan));
    const writer = this.#writer;
    const state = context.runState();
    const live = attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
    const full = rows.map((given) => {
      const row: Row = new Array<Datum>(attributes.length).fill(null);
      live.forEach((index, i) => {
        row[index] = given[i] as Datum;
      });
      writer.prepare(row, state);
      return row;
    });
    writer.insert(full, state);
  }
  #writer: TableWriter | undefined;
  /** Rows with one datum per attribute, dropped ones too. */
  insertFull(rows: readonly (readonly Datum[])[]): void {
    const { storage, engine, xid } = this.#context;
    for (let at = 0; at < rows.length; at += BLOCK_ROWS) {
      const block = this.#encoder.encode(rows.slice(at, at + BLOCK_ROWS) as Row[]);
      this.#context.check(storage.insert(engine, xid, this.#table.storage, block, null));
    }
  }
}
