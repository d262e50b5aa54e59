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
  type CharacterSet,
  copyError,
  copyFailed,
  type Datum,
  DbError,
  duplicateKey,
  invalidUtf8,
  nullInColumn,
  type Row,
  type SqlType,
  serializationFailure,
  storedType,
} from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";
import { attributeColumn } from "../physical-column.js";
import type { StatementContext } from "../statement-context.js";
import type { CopyInTarget } from "../types.js";
import { CsvScanner } from "./csv-scanner.js";
import { IncomingText } from "./encoded-text.js";
import { type FieldScanner, FieldTable } from "./field-table.js";
import { judgeAtEnd } from "./judge-at-end.js";
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
  readonly #defaults: readonly { readonly index: number; readonly notNull: boolean; readonly type: SqlType; readonly evaluate: Evaluate }[];
  readonly #loaders: readonly ColumnLoader[];
  readonly #writer: TableWriter;
  readonly #block: BlockWriter;
  readonly #isPlain: boolean;
  /** A column that must not be null gets none. */
  readonly #lacksValue: boolean;
  readonly #where: Evaluate | undefined;
  readonly #end: CopyFromEnd;
  /** Where the text is not UTF-8. */
  readonly #incoming: IncomingText | undefined;
  readonly #nullText: string;
  #header: boolean | "match";
  #pieces: Buffer[] = [];
  #gathered = 0;
  #count = 0;
  excluded = 0;
  #over = false;

  constructor(
    context: DefinitionContext,
    table: TableObject,
    attributes: readonly number[],
    options: CopyOptions,
    where: Expression | undefined,
    whereRow: readonly { readonly id: number }[],
    end: CopyFromEnd,
    characters: CharacterSet | undefined,
  ) {
    this.#incoming = characters && new IncomingText(characters);
    this.#context = context;
    this.#table = table;
    this.#end = end;
    this.#header = options.header;
    this.#nullText = options.nullText;
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
    this.scanner = options.format === "csv" ? new CsvScanner(options, table.name, names) : new TextScanner(options, table.name, names);
    this.#fields = new FieldTable(attributes.length, BATCH_ROWS);
    const plan = context.session.view.planContext(context.catalog);
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
          notNull: a.notNull,
          type: storedType(context.type(a.type), a.typmod),
          evaluate: compileScalar(environment, plan.stored.bindDefault(table, a.number, sql), new Layout()),
        },
      ];
    });
    this.#writer =
      table.partitioned === undefined ? new TableWriter(table, plan, environment) : new PartitionedWriter(table, plan, environment);
    this.#writer.told = { table, written: new Set(names) };
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
    this.#lacksValue = table.attributes.some(
      (a, i) => a.notNull && !a.dropped && !this.#places.includes(i) && !this.#defaults.some((d) => d.index === i),
    );
    this.#loaders = this.#targets.map((target, i) =>
      columnLoader(this, target, table.attributes[this.#places[i] as number]?.notNull === true),
    );
    this.#block = new BlockWriter(
      table.attributes.map((a) => attributeColumn(context.type(a.type), a)),
      1 << 20,
    );
  }

  get rows(): number {
    return this.#count;
  }
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    // The caller may reuse its buffer.
    const piece = this.#incoming?.decode(chunk) ?? Buffer.from(chunk);
    this.#pieces.push(piece);
    this.#gathered += piece.length;
    if (this.#gathered < GATHER_BYTES && this.#incoming?.failure === undefined) return;
    return this.#guard(() => this.#process(false));
  }

  async finish(): Promise<{ tag: string; flushLsn: number }> {
    this.#incoming?.end();
    await this.#guard(() => this.#process(true));
    await this.#guard(() => judgeAtEnd(this.#context, this.#state));
    const tag = `COPY ${this.#count}`;
    this.#over = true;
    return { tag, flushLsn: this.#end.complete(tag) };
  }
  async fail(message: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#end.fail();
    // Rows that were gathered and not looked at count, too.
    let line = this.scanner.linesRead + 1;
    for (const piece of this.#pieces) for (let at = piece.indexOf(10); at >= 0; at = piece.indexOf(10, at + 1)) line++;
    throw copyFailed(message, `COPY ${this.#table.name}, line ${line}`);
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
    this.#context.session.checkCancel();
    const bytes = this.#pieces.length === 1 ? (this.#pieces[0] as Buffer) : Buffer.concat(this.#pieces);
    this.#pieces = [];
    this.#gathered = 0;
    const failure = this.#incoming?.failure;
    if (failure === undefined) return this.#batches(bytes, 0, final);
    // The lines before it are judged first.
    const refuse = () => {
      if (this.scanner.ended) return;
      throw new DbError({ ...failure.fields, where: `COPY ${this.#table.name}, line ${this.scanner.linesRead + 1}` });
    };
    return this.#batches(bytes, 0, false)?.then(refuse) ?? refuse();
  }
  #batches(bytes: Buffer, start: number, final: boolean): void | Promise<void> {
    let at = start;
    for (;;) {
      const fields = this.#fields;
      fields.bytes = bytes;
      fields.rows = 0;
      fields.failure = undefined;
      const next = this.scanner.scan(fields, at, bytes.length, final);
      const unreadable = fields.rows > 0 ? this.#cutWhereNotUtf8(bytes, at, next) : undefined;
      const refuse =
        unreadable !== undefined
          ? () => {
              throw unreadable;
            }
          : fields.failure && this.#refusal(fields);
      if (fields.rows > 0) {
        const loaded = this.#load();
        at = next;
        if (refuse !== undefined) return loaded?.then(refuse) ?? refuse();
        if (loaded !== undefined) return loaded.then(() => this.#batches(bytes, at, final));
        continue;
      }
      refuse?.();
      if (!this.scanner.ended && next < bytes.length) {
        const rest = bytes.subarray(next);
        this.#pieces.push(rest);
        this.#gathered = rest.length >= GATHER_BYTES ? 0 : rest.length;
      }
      return;
    }
  }

  /** Says what is wrong with the line after the last row, after what is wrong with its first fields. */
  #refusal(fields: FieldTable): () => never {
    const { rows, failure } = fields;
    return () => {
      for (let field = 0; field < (failure?.found ?? 0); field++)
        fieldDatum(this, this.#targets[field] as ColumnTarget, fields, rows, field);
      throw failure?.error;
    };
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
    try {
      this.#loaders.forEach((load, field) => {
        load(fields, field, block, this.#places[field] as number);
      });
    } catch (error) {
      // Columns were read one by one; the error that is told is the one of the first row, and there of the first field.
      if (error instanceof DbError) for (let row = 0; row < fields.rows; row++) this.#judgeNulls(row, this.#fullRow(row));
      throw error;
    }
    this.#fillDefaults();
    const bytes = block.finish();
    return this.#retry(() => {
      const { storage, engine, xid } = this.#context;
      const status = storage.insert(engine, xid, this.#table.storage, bytes, null);
      if (status === StatusCode.uniqueViolation) this.#collision();
      this.#context.check(status);
      this.#count += fields.rows;
    });
  }

  /** Last, and row by row: sequences count as for single rows, and not for rows that fail. */
  #fillDefaults(): void {
    const defaults = this.#defaults.map((d) => ({ ...d, write: columnWriter(d.type) }));
    if (!this.#lacksValue && defaults.length === 0) return;
    for (let row = 0; row < this.#fields.rows; row++) {
      const values = defaults.map((d) => d.evaluate([], this.#state));
      if (this.#lacksValue || defaults.some((d, i) => d.notNull && values[i] === null)) {
        const whole = this.#rowOf(row);
        defaults.forEach((d, i) => {
          whole[d.index] = values[i] as Datum;
        });
        this.#judgeNulls(row, whole);
      }
      defaults.forEach((d, i) => {
        d.write(this.#block, d.index, row, values[i] as Datum);
      });
    }
  }
  #judgeNulls(row: number, values: Row): void {
    const missing = this.#table.attributes.find((a, i) => a.notNull && !a.dropped && values[i] === null);
    if (missing !== undefined)
      throw this.#atLine(nullInColumn(missing.name, this.#writer.describe(values, this.#statement), this.#writer.place), row);
  }

  #loadRows(): Promise<void> | undefined {
    const fields = this.#fields;
    const rows: Row[] = [];
    for (let i = 0; i < fields.rows; i++) {
      const row = this.#fullRow(i);
      if (this.#where !== undefined && this.#where(row, this.#state) !== true) {
        this.excluded++;
        continue;
      }
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
      return this.#context.session.waits.forTransaction(this.#context.transaction.xid, error.xid).then(() => this.#retry(work));
    }
  }

  #takeHeader(): void {
    const fields = this.#fields;
    if (this.#header === "match") {
      const expected = this.#targets.length;
      if (this.scanner.headerFields !== expected)
        throw copyError(
          `wrong number of fields in header line: got ${this.scanner.headerFields}, expected ${expected}`,
          `COPY ${this.#table.name}, line 1: "${shortenLine(fields.lineText(0))}"`,
        );
      this.#targets.forEach((target, field) => {
        const given = fields.starts[field] === -1 ? undefined : this.scanner.decode(fields, field);
        if (given !== target.name)
          throw copyError(
            given === undefined
              ? `column name mismatch in header line field ${field + 1}: got null value ("${this.#nullText}"), expected "${target.name}"`
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
  onNull(_table: FieldTable, row: number): void {
    this.#judgeNulls(row, this.#rowOf(row));
  }
  #rowOf(row: number): Row {
    const values: Row = new Array<Datum>(this.#table.attributes.length).fill(null);
    this.#targets.forEach((target, field) => {
      values[this.#places[field] as number] = fieldDatum(this, target, this.#fields, row, field);
    });
    return values;
  }
  #fullRow(row: number): Row {
    const values = this.#rowOf(row);
    for (const d of this.#defaults) values[d.index] = d.evaluate([], this.#state);
    return values;
  }
  #collision(): never {
    const { engine, session } = this.#context;
    const last = session.database.native.engine.lastError(engine);
    const index = this.#writer.indexes.find((i) => i.storage === last.object);
    assert(index !== undefined, "a unique violation names an index of the table");
    const row = Number(/row (\d+)/.exec(last.message)?.[1] ?? 0);
    const attributes = index.columns.map((c) => c.attribute);
    const values = this.#rowOf(row);
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
  /** The lines before one that is no UTF-8 are loaded first; then its error is due. */
  #cutWhereNotUtf8(bytes: Buffer, from: number, to: number): DbError | undefined {
    const part = bytes.subarray(from, to);
    const zero = part.indexOf(0);
    if (zero < 0 && isUtf8(part)) return undefined;
    const fields = this.#fields;
    for (let row = 0; row < fields.rows; row++) {
      const line = bytes.subarray(fields.lineStarts[row], fields.lineEnds[row]);
      if (!line.includes(0) && isUtf8(line)) continue;
      fields.rows = row;
      return new DbError({ ...(invalidUtf8(line) as DbError).fields, where: `COPY ${this.#table.name}, line ${fields.lines[row]}` });
    }
    return undefined;
  }
}
