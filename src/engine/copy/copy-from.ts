/**
 * COPY … FROM STDIN: bytes arrive in any pieces, rows leave in blocks of some thousand.
 *
 * Tables without checks, foreign keys and generated columns are loaded column by column straight from the bytes; the others row by
 * row through the same TableWriter that INSERT uses. Runs in the transaction of the COPY statement, as one command of it.
 */
import { isUtf8 } from "node:buffer";
import type { TableObject } from "../../catalog/index.js";
import { RestartSignal, WaitSignal } from "../../execution/index.js";
import {
  columnWriter,
  compileScalar,
  Layout,
  PartitionedWriter,
  plainEnvironment,
  RunState,
  TableWriter,
} from "../../execution/internal.js";
import { BlockWriter, StatusCode } from "../../native/index.js";
import type { CopyOptions, Expression } from "../../plan/index.js";
import {
  assert,
  copyError,
  copyFailed,
  type Datum,
  DbError,
  duplicateKey,
  nullInColumn,
  queryCanceled,
  type Row,
  type SqlType,
  serializationFailure,
  storedType,
} from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";
import { physicalColumn } from "../physical-column.js";
import type { StatementContext } from "../statement-context.js";
import type { CopyInTarget } from "../types.js";
import { CsvScanner } from "./csv-scanner.js";
import { type FieldScanner, FieldTable } from "./field-table.js";
import { type ColumnLoader, type ColumnTarget, columnLoader, fieldDatum, type LoaderContext } from "./loaders.js";
import { shortenLine, TextScanner } from "./text-scanner.js";

/** Rows per block. */
const BATCH_ROWS = 4096;
/** Bytes gathered before rows are looked for: small messages would otherwise be scanned again and again. */
const GATHER_BYTES = 256 * 1024;

type Evaluate = (row: Row, state: RunState) => Datum;

export interface CopyFromEnd {
  complete(tag: string): number;
  fail(): void;
}

export class CopyFrom implements CopyInTarget, LoaderContext {
  readonly binary = false;
  readonly columnCount: number;
  readonly scanner: FieldScanner;
  readonly format;
  readonly #context: DefinitionContext;
  readonly #statement: StatementContext;
  readonly #state: RunState;
  readonly #table: TableObject;
  readonly #targets: readonly ColumnTarget[];
  /** Attribute index (attnum - 1) of each field. */
  readonly #places: readonly number[];
  readonly #fields: FieldTable;
  readonly #defaults: readonly { readonly index: number; readonly type: SqlType; readonly evaluate: Evaluate }[];
  readonly #loaders: readonly ColumnLoader[];
  readonly #writer: TableWriter;
  readonly #block: BlockWriter;
  readonly #isPlain: boolean;
  readonly #where: Evaluate | undefined;
  readonly #end: CopyFromEnd;
  #header: boolean | "match";
  #pieces: Buffer[] = [];
  #gathered = 0;
  #count = 0;
  #over = false;

  constructor(
    context: DefinitionContext,
    table: TableObject,
    attributes: readonly number[],
    options: CopyOptions,
    where: Expression | undefined,
    whereRow: readonly { readonly id: number }[],
    end: CopyFromEnd,
  ) {
    this.#context = context;
    this.#table = table;
    this.#end = end;
    this.#header = options.header;
    this.#statement = context.statementContext();
    this.format = this.#statement.evaluation;
    this.#state = new RunState(this.#statement, 0, 0);
    this.columnCount = attributes.length;
    this.#places = attributes.map((n) => n - 1);
    this.#targets = attributes.map((n) => {
      const attribute = table.attributes[n - 1];
      assert(attribute !== undefined, "COPY fills attributes of the table");
      return { name: attribute.name, type: context.type(attribute.type), typmod: attribute.typmod };
    });
    const names = this.#targets.map((t) => t.name);
    this.scanner =
      options.format === "csv"
        ? new CsvScanner(options, table.name, names)
        : new TextScanner(options.delimiter, options.nullText, table.name, names);
    this.#fields = new FieldTable(attributes.length, BATCH_ROWS);
    const plan = context.session.planContext(context.catalog);
    const environment = plainEnvironment(plan);
    this.#defaults = table.attributes.flatMap((a, index) => {
      if (a.dropped || a.generated === true || this.#places.includes(index)) return [];
      const domain = context.type(a.type);
      const ofDomain = domain.base === undefined ? undefined : (domain.defaultSql ?? "NULL");
      const sql = a.identity !== undefined ? `nextval('${a.sequence}'::regclass)` : (a.defaultSql ?? ofDomain);
      if (sql === undefined) return [];
      return [
        {
          index,
          type: storedType(context.type(a.type), a.typmod),
          evaluate: compileScalar(environment, plan.stored.bindDefault(table, a.number, sql), new Layout()),
        },
      ];
    });
    this.#writer =
      table.partitioned === undefined ? new TableWriter(table, plan, environment) : new PartitionedWriter(table, plan, environment);
    if (where !== undefined) {
      const layout = new Layout();
      const live = table.attributes.flatMap((a, i) => (a.dropped ? [] : [i]));
      whereRow.forEach((column, i) => layout.set(column.id as never, `r[${live[i]}]`));
      this.#where = compileScalar(environment, where, layout);
    }
    const constraints = context.snapshot.constraintsOf(table.oid);
    this.#isPlain =
      where === undefined &&
      !constraints.some((c) => c.kind === "check" || c.kind === "foreignKey") &&
      table.partitioned === undefined &&
      table.partition === undefined &&
      !table.attributes.some((a) => (a.generated === true && !a.dropped) || a.hidden === true);
    this.#loaders = this.#targets.map((target, i) =>
      columnLoader(this, target, table.attributes[this.#places[i] as number]?.notNull === true),
    );
    this.#block = new BlockWriter(
      table.attributes.map((a) => physicalColumn(context.type(a.type), a.typmod)),
      1 << 20,
    );
  }

  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    // The caller may reuse its buffer.
    this.#pieces.push(Buffer.from(chunk));
    this.#gathered += chunk.length;
    if (this.#gathered < GATHER_BYTES) return;
    return this.#guard(() => this.#process(false));
  }

  async finish(): Promise<{ tag: string; flushLsn: number }> {
    await this.#guard(() => this.#process(true));
    await this.#guard(() => this.#checkForeignKeys());
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

  // ---- batches --------------------------------------------------------------------------------------------------------

  #guard<T>(work: () => T | Promise<T>): T | Promise<T> {
    const failed = (error: unknown): never => {
      this.#over = true;
      this.#end.fail();
      throw error instanceof RestartSignal ? serializationFailure() : error;
    };
    try {
      const result = work();
      return result instanceof Promise ? result.catch(failed) : result;
    } catch (error) {
      return failed(error);
    }
  }

  #process(final: boolean): void | Promise<void> {
    if (this.#context.session.cancelRequested) throw queryCanceled();
    const bytes = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#gathered = 0;
    return this.#batches(bytes, 0, final);
  }
  #batches(bytes: Buffer, start: number, final: boolean): void | Promise<void> {
    let at = start;
    for (;;) {
      const fields = this.#fields;
      fields.bytes = bytes;
      fields.rows = 0;
      const next = this.scanner.scan(fields, at, bytes.length, final);
      if (fields.rows > 0) {
        this.#requireUtf8(bytes, at, next);
        const loaded = this.#load();
        at = next;
        if (loaded !== undefined) return loaded.then(() => this.#batches(bytes, at, final));
        continue;
      }
      if (!this.scanner.ended && next < bytes.length) {
        const rest = bytes.subarray(next);
        this.#pieces.push(rest);
        this.#gathered = rest.length >= GATHER_BYTES ? 0 : rest.length;
      }
      return;
    }
  }

  #load(): Promise<void> | undefined {
    const fields = this.#fields;
    if (this.#header !== false) this.#takeHeader();
    if (fields.rows === 0) return undefined;
    return this.#isPlain ? this.#loadColumns() : this.#loadRows();
  }

  #loadColumns(): Promise<void> | undefined {
    const fields = this.#fields;
    const block = this.#block;
    block.begin(fields.rows);
    const { attributes } = this.#table;
    attributes.forEach((attribute, index) => {
      const field = this.#places.indexOf(index);
      if (field >= 0) return (this.#loaders[field] as ColumnLoader)(fields, field, block, index);
      const filled = this.#defaults.find((d) => d.index === index);
      if (filled === undefined) {
        if (attribute.notNull && !attribute.dropped) this.#nullError(fields, 0, index);
        return;
      }
      const write = columnWriter(filled.type);
      for (let row = 0; row < fields.rows; row++) {
        const value = filled.evaluate([], this.#state);
        if (value === null && attribute.notNull) this.#nullError(fields, row, index);
        write(block, index, row, value);
      }
    });
    const bytes = block.finish();
    return this.#retry(() => {
      const { storage, engine, xid } = this.#context;
      const status = storage.insert(engine, xid, this.#table.storage, bytes, null);
      if (status === StatusCode.uniqueViolation) this.#collision();
      this.#context.check(status);
      this.#count += fields.rows;
    });
  }

  #loadRows(): Promise<void> | undefined {
    const fields = this.#fields;
    const rows: Row[] = [];
    const width = this.#table.attributes.length;
    for (let i = 0; i < fields.rows; i++) {
      const row: Row = new Array<Datum>(width).fill(null);
      this.#targets.forEach((target, field) => {
        row[this.#places[field] as number] = fieldDatum(this, target, fields, i, field);
      });
      for (const d of this.#defaults) row[d.index] = d.evaluate([], this.#state);
      if (this.#where !== undefined && this.#where(row, this.#state) !== true) continue;
      try {
        this.#writer.prepare(row, this.#state);
      } catch (error) {
        throw this.#atLine(error, i);
      }
      rows.push(row);
    }
    return this.#retry(() => {
      try {
        this.#writer.insert(rows, this.#state);
      } catch (error) {
        throw error instanceof DbError ? this.#atLine(error, 0, true) : error;
      }
      this.#count += rows.length;
    });
  }

  /** A block goes in whole or not at all: when another transaction's key is in the way, wait for its end and try the same block. */
  #retry(work: () => void): Promise<void> | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      if (!(error instanceof WaitSignal)) throw error;
      return this.#context.session.waitFor(this.#context.transaction, error.xid).then(() => this.#retry(work));
    }
  }

  #checkForeignKeys(): Promise<void> | undefined {
    if (this.#state.atEnd.length === 0) return undefined;
    const checks = [...this.#state.atEnd];
    this.#state.atEnd.length = 0;
    return this.#retry(() => {
      this.#context.nextStep();
      for (const check of checks) check();
    });
  }

  #takeHeader(): void {
    const fields = this.#fields;
    if (this.#header === "match") {
      this.#targets.forEach((target, field) => {
        const given = fields.starts[field] === -1 ? undefined : this.scanner.decode(fields, field);
        if (given !== target.name)
          throw copyError(
            given === undefined
              ? `column name mismatch in header line field ${field + 1}: got null value ("\\N"), expected "${target.name}"`
              : `column name mismatch in header line field ${field + 1}: got "${given}", expected "${target.name}"`,
            `COPY ${this.#table.name}, line 1: "${shortenLine(fields.lineText(0))}"`,
          );
      });
    }
    this.#header = false;
    const { columns } = fields;
    fields.starts.copyWithin(0, columns, columns * fields.rows);
    fields.ends.copyWithin(0, columns, columns * fields.rows);
    fields.flags.copyWithin(0, columns, columns * fields.rows);
    fields.lines.copyWithin(0, 1, fields.rows);
    fields.lineStarts.copyWithin(0, 1, fields.rows);
    fields.lineEnds.copyWithin(0, 1, fields.rows);
    fields.rows--;
  }

  // ---- errors ---------------------------------------------------------------------------------------------------------

  locate(error: unknown, table: FieldTable, row: number, column: ColumnTarget, text: string): unknown {
    if (!(error instanceof DbError)) return error;
    return new DbError({
      ...error.fields,
      where: `COPY ${this.#table.name}, line ${table.lines[row]}, column ${column.name}: "${shortenLine(text)}"`,
    });
  }
  onNull(table: FieldTable, row: number): void {
    const field = this.#targets.findIndex(
      (_, i) => table.starts[row * table.columns + i] === -1 && this.#table.attributes[this.#places[i] as number]?.notNull === true,
    );
    this.#nullError(table, row, this.#places[field] as number);
  }
  #nullError(table: FieldTable, row: number, attribute: number): never {
    const values = this.#rowOf(table, row);
    const name = this.#table.attributes[attribute]?.name ?? "";
    throw this.#atLine(nullInColumn(name, this.#writer.describe(values, this.#statement), this.#writer.place), row);
  }
  #rowOf(table: FieldTable, row: number): Row {
    const values: Row = new Array<Datum>(this.#table.attributes.length).fill(null);
    this.#targets.forEach((target, field) => {
      values[this.#places[field] as number] = fieldDatum(this, target, table, row, field);
    });
    return values;
  }
  #collision(): never {
    const { engine, session } = this.#context;
    const last = session.database.native.engine.lastError(engine);
    const index = this.#writer.indexes.find((i) => i.storage === last.object);
    assert(index !== undefined, "a unique violation names an index of the table");
    const row = Number(/row (\d+)/.exec(last.message)?.[1] ?? 0);
    const attributes = index.columns.map((c) => c.attribute);
    const values = this.#rowOf(this.#fields, row);
    throw this.#atLine(
      duplicateKey(
        index.name,
        this.#writer.quotedKeyNames(attributes),
        this.#writer.keyValues(attributes, values, this.#statement),
        this.#writer.place,
      ),
      row,
      true,
    );
  }
  #atLine(error: unknown, row: number, short = false): unknown {
    if (!(error instanceof DbError) || error.fields.where !== undefined) return error;
    const place = `COPY ${this.#table.name}, line ${this.#fields.lines[row]}`;
    return new DbError({ ...error.fields, where: short ? place : `${place}: "${shortenLine(this.#fields.lineText(row))}"` });
  }
  #requireUtf8(bytes: Buffer, from: number, to: number): void {
    const part = bytes.subarray(from, to);
    const zero = part.indexOf(0);
    if (zero < 0 && isUtf8(part)) return;
    const fields = this.#fields;
    for (let row = 0; row < fields.rows; row++) {
      const line = bytes.subarray(fields.lineStarts[row], fields.lineEnds[row]);
      if (!line.includes(0) && isUtf8(line)) continue;
      throw new DbError({
        sqlstate: "22021",
        message: `invalid byte sequence for encoding "UTF8": ${badBytes(line)}`,
        where: `COPY ${this.#table.name}, line ${fields.lines[row]}`,
      });
    }
  }
}

function badBytes(line: Buffer): string {
  for (let at = 0; at < line.length; ) {
    const c = line[at] as number;
    if (c === 0) return "0x00";
    const length = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    if (length === 0 || !isUtf8(line.subarray(at, at + length)))
      return [...line.subarray(at, at + Math.max(1, length))].map((b) => `0x${b.toString(16).padStart(2, "0")}`).join(" ");
    at += length;
  }
  return "0x00";
}
