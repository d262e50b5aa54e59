/** COPY … FROM in the binary format: rows are read, checked and stored in blocks by the table's writer. */
import type { TableObject } from "../../catalog/index.js";
import { RestartSignal, WaitSignal } from "../../execution/index.js";
import { compileScalar, Layout, PartitionedWriter, plainEnvironment, RunState, TableWriter } from "../../execution/internal.js";
import type { Expression } from "../../plan/index.js";
import { assert, copyFailed, type Datum, DbError, type Row, serializationFailure } from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";
import type { CopyInTarget } from "../types.js";
import { BinaryRowReader } from "./binary-format.js";
import type { CopyFromEnd } from "./copy-from.js";
import { judgeAtEnd } from "./judge-at-end.js";

const BATCH_ROWS = 4096;

export class CopyFromBinary implements CopyInTarget {
  readonly binary = true;
  readonly columnCount: number;
  readonly #context: DefinitionContext;
  readonly #table: TableObject;
  readonly #reader: BinaryRowReader;
  readonly #places: readonly number[];
  readonly #defaults: readonly { readonly index: number; readonly evaluate: (row: Row, state: RunState) => Datum }[];
  readonly #writer: TableWriter;
  readonly #state: RunState;
  readonly #where: ((row: Row, state: RunState) => Datum) | undefined;
  readonly #end: CopyFromEnd;
  #rows: Row[] = [];
  #count = 0;
  excluded = 0;
  #over = false;

  constructor(
    context: DefinitionContext,
    table: TableObject,
    attributes: readonly number[],
    where: Expression | undefined,
    whereRow: readonly { readonly id: number }[],
    end: CopyFromEnd,
  ) {
    this.#context = context;
    this.#table = table;
    this.#end = end;
    this.columnCount = attributes.length;
    this.#places = attributes.map((n) => n - 1);
    this.#state = new RunState(context.statementContext(), 0, 0);
    this.#reader = new BinaryRowReader(
      table.name,
      attributes.map((n) => {
        const attribute = table.attributes[n - 1];
        assert(attribute !== undefined, "COPY fills attributes of the table");
        return { name: attribute.name, type: context.type(attribute.type), typmod: attribute.typmod };
      }),
    );
    const plan = context.session.view.planContext(context.catalog);
    const environment = plainEnvironment(plan);
    this.#defaults = table.attributes.flatMap((a, index) => {
      if (a.dropped || a.generated === true || this.#places.includes(index)) return [];
      const sql = a.identity !== undefined ? `nextval('${a.sequence}'::regclass)` : a.defaultSql;
      if (sql === undefined) return [];
      return [{ index, evaluate: compileScalar(environment, plan.stored.bindDefault(table, a.number, sql), new Layout()) }];
    });
    this.#writer =
      table.partitioned === undefined ? new TableWriter(table, plan, environment) : new PartitionedWriter(table, plan, environment);
    this.#writer.told = { table, written: new Set(attributes.map((n) => table.attributes[n - 1]?.name ?? "")) };
    if (where === undefined) return;
    const layout = new Layout();
    const live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
    whereRow.forEach((column, i) => layout.set(column.id as never, `r[${live[i]}]`));
    this.#where = compileScalar(environment, where, layout);
  }

  get rows(): number {
    return this.#count;
  }
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    return this.#guard(async () => {
      this.#reader.push(chunk);
      for (let given = this.#reader.next(); given !== undefined; given = this.#reader.next()) {
        this.#take(given);
        if (this.#rows.length >= BATCH_ROWS) await this.#store();
      }
    });
  }
  async finish(): Promise<{ tag: string; flushLsn: number }> {
    await this.#guard(async () => {
      this.#reader.finish();
      await this.#store();
      await judgeAtEnd(this.#context, this.#state);
    });
    const tag = `COPY ${this.#count}`;
    this.#over = true;
    return { tag, flushLsn: this.#end.complete(tag) };
  }
  async fail(message: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#end.fail();
    throw copyFailed(message, `COPY ${this.#table.name}, line ${this.#count + 1}`);
  }

  #take(given: Row): void {
    const row: Row = new Array<Datum>(this.#table.attributes.length).fill(null);
    given.forEach((value, i) => {
      row[this.#places[i] as number] = value;
    });
    for (const d of this.#defaults) row[d.index] = d.evaluate([], this.#state);
    if (this.#where !== undefined && this.#where(row, this.#state) !== true) {
      this.excluded++;
      return;
    }
    try {
      this.#writer.prepare(row, this.#state);
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      throw new DbError({ ...error.fields, where: `COPY ${this.#table.name}, line ${this.#reader.lines}` });
    }
    this.#rows.push(row);
  }
  async #store(): Promise<void> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    this.#context.session.checkCancel();
    this.#rows = [];
    await this.#retry(() => this.#writer.insert(rows, this.#state));
    this.#count += rows.length;
  }
  /** A block goes in whole or not at all: wait for whoever is in the way and try again. */
  async #retry(work: () => void): Promise<void> {
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof WaitSignal)) throw error;
        await this.#context.session.waits.forTransaction(this.#context.transaction.xid, error.xid);
      }
    }
  }
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#over = true;
      this.#end.fail();
      throw error instanceof RestartSignal ? serializationFailure() : error;
    }
  }
}
