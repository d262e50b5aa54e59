/**
 * COPY … FROM STDIN: bytes arrive in any pieces, rows leave in blocks of some thousand.
 *
 * Tables without checks, foreign keys and generated columns are loaded column by column straight from the bytes; the others row by
 * row through the same TableWriter that INSERT uses. Runs in the transaction of the COPY statement, as one command of it.
 */
import type { TableObject } from "../../catalog/index.js";
import { RestartSignal } from "../../execution/index.js";
import { columnWriter } from "../../execution/internal.js";
import { BlockWriter, StatusCode } from "../../native/index.js";
import type { CopyOptions } from "../../plan/index.js";
import {
  assert,
  type CharacterSet,
  copyError,
  copyFailed,
  type Datum,
  DbError,
  duplicateKey,
  firstNotUtf8,
  invalidUtf8,
  nullInColumn,
  type Row,
  serializationFailure,
} from "../../types/index.js";
import type { DefinitionContext } from "../commands/context.js";
import { attributeColumn } from "../physical-column.js";
import type { StatementContext } from "../statement-context.js";
import type { CopyInTarget } from "../types.js";
import { CsvScanner } from "./csv-scanner.js";
import type { Destination } from "./destination.js";
import { IncomingText } from "./encoded-text.js";
import { type FieldScanner, FieldTable } from "./field-table.js";
import { judgeAtEnd } from "./judge-at-end.js";
import { untilFree } from "./kept-rows.js";
import { type ColumnLoader, type ColumnTarget, columnLoader, fieldDatum, type LoaderContext } from "./loaders.js";
import { shortenLine, TextScanner } from "./text-scanner.js";

/** Rows per block. */
const BATCH_ROWS = 4096;
/** Bytes gathered before rows are looked for: small messages would otherwise be scanned again and again. */
const GATHER_BYTES = 256 * 1024;

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
  readonly #destination: Destination;
  readonly #table: TableObject;
  readonly #targets: readonly ColumnTarget[];
  readonly #places: readonly number[];
  readonly #fields: FieldTable;
  readonly #loaders: readonly ColumnLoader[];
  readonly #block: BlockWriter;
  readonly #isPlain: boolean;
  /** A column that must not be null gets none. */
  readonly #lacksValue: boolean;
  readonly #end: CopyFromEnd;
  /** Where the text is not UTF-8. */
  readonly #incoming: IncomingText | undefined;
  readonly #nullText: string;
  #header: boolean | "match";
  #pieces: Buffer[] = [];
  /** Bytes that came since rows were looked for, and those before them, of a row that was not whole. */
  #unseen = 0;
  #seen = 0;
  #count = 0;
  /** The portion of each row of the batch. */
  readonly #portionOf = new Int32Array(BATCH_ROWS);
  /** A key that is taken, in a row of a portion that PostgreSQL has not written yet: nothing is stored any more. */
  #held: { readonly portion: number; readonly error: unknown } | undefined;
  excluded = 0;
  #over = false;

  constructor(destination: Destination, options: CopyOptions, end: CopyFromEnd, characters: CharacterSet | undefined) {
    const { context, table, targets, places, defaults } = destination;
    this.#incoming = characters && new IncomingText(characters);
    this.#destination = destination;
    this.#context = context;
    this.#table = table;
    this.#targets = targets;
    this.#places = places;
    this.#end = end;
    this.#header = options.header;
    this.#nullText = options.nullText;
    this.#statement = context.statementContext();
    this.format = this.#statement.evaluation;
    this.columnCount = places.length;
    const names = targets.map((t) => t.name);
    this.scanner = options.format === "csv" ? new CsvScanner(options, table.name, names) : new TextScanner(options, table.name, names);
    this.#fields = new FieldTable(places.length, BATCH_ROWS);
    const constraints = context.snapshot.constraintsOf(table.oid);
    this.#isPlain =
      destination.where === undefined &&
      !constraints.some((c) => c.kind === "check" || c.kind === "foreignKey") &&
      table.partitioned === undefined &&
      table.partition === undefined &&
      !table.attributes.some((a) => (a.generated === true && !a.dropped) || a.hidden === true);
    this.#lacksValue = table.attributes.some(
      (a, i) => a.notNull && !a.dropped && !places.includes(i) && !defaults.some((d) => d.index === i),
    );
    this.#loaders = targets.map((target, i) => columnLoader(this, target, table.attributes[places[i] as number]?.notNull === true));
    this.#block = new BlockWriter(
      table.attributes.map((a) => attributeColumn(context.type(a.type), a)),
      1 << 20,
    );
  }

  get rows(): number {
    return this.#count + this.#destination.kept.written;
  }
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over || this.scanner.ended || this.scanner.dataEnd !== undefined) return;
    // The caller may reuse its buffer.
    const piece = this.#incoming?.decode(chunk) ?? Buffer.from(chunk);
    this.#pieces.push(piece);
    this.#unseen += piece.length;
    // A long row is looked at again when it has doubled.
    if (this.#unseen < Math.max(GATHER_BYTES, this.#seen) && this.#incoming?.failure === undefined) return;
    return this.#guard(() => this.#process(false));
  }
  look(): void | Promise<void> {
    if (this.#over || this.#unseen === 0) return;
    if (this.#seen > GATHER_BYTES && this.#unseen < this.#seen) return; // as above: somebody might ask after every byte
    return this.#guard(() => this.#process(false));
  }

  async finish(): Promise<{ tag: string; flushLsn: number }> {
    this.#incoming?.end();
    await this.#guard(() => this.#process(true));
    await this.#guard(() => judgeAtEnd(this.#context, this.#destination.state));
    const tag = `COPY ${this.rows}`;
    this.#over = true;
    return { tag, flushLsn: this.#end.complete(tag) };
  }
  async fail(message: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#end.fail();
    throw copyFailed(message, `COPY ${this.#table.name}, line ${this.scanner.currentLine}`);
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
    this.#unseen = this.#seen = 0;
    const failure = this.scanner.dataEnd === undefined ? this.#incoming?.failure : undefined;
    const loaded = this.#batches(bytes, 0, final && failure === undefined);
    const end = (): Promise<void> | undefined => {
      if (failure !== undefined && !this.scanner.ended) {
        // The lines before it have been judged.
        this.#tellHeld(this.#destination.portions.current);
        throw new DbError({ ...failure.fields, where: `COPY ${this.#table.name}, line ${this.scanner.currentLine}` });
      }
      return final ? this.#writeRest() : undefined;
    };
    return loaded?.then(end) ?? end();
  }
  /** The client's data are over: the last portion is written, full or not. */
  #writeRest(): Promise<void> | undefined {
    this.#tellHeld(Number.POSITIVE_INFINITY);
    return this.#destination.kept.write();
  }
  #batches(bytes: Buffer, start: number, final: boolean): void | Promise<void> {
    let at = start;
    for (;;) {
      const fields = this.#fields;
      fields.bytes = bytes;
      fields.rows = 0;
      fields.failure = undefined;
      const next = this.scanner.scan(fields, at, bytes.length, final);
      const unreadable = this.#cutWhereNotUtf8(bytes, at, next, final);
      const refuse =
        unreadable !== undefined
          ? () => {
              throw unreadable;
            }
          : fields.failure && this.#refusal(fields);
      const tell =
        refuse &&
        (() => {
          this.#tellHeld(this.#destination.portions.current);
          refuse();
        });
      if (fields.rows > 0) {
        const loaded = this.#load();
        at = next;
        if (tell !== undefined) return loaded?.then(tell) ?? tell();
        if (loaded !== undefined) return loaded.then(() => this.#batches(bytes, at, final));
        continue;
      }
      tell?.();
      if (!this.scanner.ended && next < bytes.length) {
        const rest = bytes.subarray(next, this.scanner.dataEnd);
        this.#pieces.push(rest);
        this.#seen = rest.length;
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
  /** A taken key of a portion before this one is told first. */
  #tellHeld(portion: number): void {
    if (this.#held !== undefined && this.#held.portion < portion) throw this.#held.error;
  }

  #load(): Promise<void> | undefined {
    const fields = this.#fields;
    if (this.#header !== false) this.#takeHeader();
    if (fields.rows === 0) return undefined;
    return this.#isPlain ? this.#loadColumns() : this.#loadRows();
  }

  #loadColumns(): Promise<void> | undefined {
    const fields = this.#fields;
    const { portions } = this.#destination;
    for (let row = 0; row < fields.rows; row++)
      this.#portionOf[row] = portions.take((fields.lineEnds[row] as number) - (fields.lineStarts[row] as number));
    const wrong = this.#readColumns();
    if (wrong === undefined) {
      this.#fillDefaults();
      return this.#storeBlock();
    }
    // What PostgreSQL has written when it reads the line is written first.
    const portion = this.#portionOf[wrong] as number;
    const written = this.#portionOf.indexOf(portion);
    let stored: Promise<void> | undefined;
    fields.rows = written;
    if (written > 0) {
      this.#readColumns();
      this.#fillDefaults();
      stored = this.#storeBlock();
    }
    const refuse = (): undefined => {
      this.#tellHeld(portion);
      for (let row = written; row <= wrong; row++) this.#judgeNulls(row, this.#fullRow(row));
    };
    return stored?.then(refuse) ?? refuse();
  }
  /** @returns the first row that has a value which cannot be read, or lacks one: columns are read one by one */
  #readColumns(): number | undefined {
    const fields = this.#fields;
    this.#block.begin(fields.rows);
    try {
      this.#loaders.forEach((load, field) => {
        load(fields, field, this.#block, this.#places[field] as number);
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      for (let row = 0; row < fields.rows; row++) {
        try {
          const values = this.#rowOf(row);
          if (this.#places.some((place) => values[place] === null && this.#table.attributes[place]?.notNull === true)) return row;
        } catch {
          return row;
        }
      }
      throw error;
    }
  }
  #storeBlock(): Promise<void> | undefined {
    // The transaction is lost, rows are only read.
    if (this.#held !== undefined) {
      this.#tellHeld(this.#destination.portions.current);
      return undefined;
    }
    const bytes = this.#block.finish();
    return untilFree(this.#context, () => {
      const { storage, engine, xid } = this.#context;
      const status = storage.insert(engine, xid, this.#table.storage, bytes, null);
      if (status === StatusCode.uniqueViolation) {
        this.#held = this.#collision();
        return this.#tellHeld(this.#destination.portions.current);
      }
      this.#context.check(status);
      this.#count += this.#fields.rows;
    });
  }

  /** Last, and row by row: sequences count as for single rows, and not for rows that fail. */
  #fillDefaults(): void {
    const defaults = this.#destination.defaults.map((d) => ({ ...d, write: columnWriter(d.type) }));
    if (!this.#lacksValue && defaults.length === 0) return;
    for (let row = 0; row < this.#fields.rows; row++) {
      const values = this.#located(row, () => defaults.map((d) => d.evaluate([], this.#destination.state)));
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
    const { writer } = this.#destination;
    const missing = this.#table.attributes.find((a, i) => a.notNull && !a.dropped && values[i] === null);
    if (missing !== undefined) throw this.#atLine(nullInColumn(missing.name, writer.describe(values, this.#statement), writer.place), row);
  }

  #loadRows(from = 0): Promise<void> | undefined {
    const fields = this.#fields;
    const { kept, portions } = this.#destination;
    for (let i = from; i < fields.rows; i++) {
      const row = this.#preparedRow(i);
      if (row instanceof Refused) {
        // What PostgreSQL has written when it reads the line is written first.
        const tell = () => row.tell();
        return (portions.areSingle ? kept.write()?.then(tell) : undefined) ?? tell();
      }
      if (row === undefined) {
        this.excluded++;
        continue;
      }
      const bytes = (fields.lineEnds[i] as number) - (fields.lineStarts[i] as number);
      const text = portions.areSingle ? shortenLine(fields.lineText(i)) : undefined;
      if (!kept.add(row, bytes, fields.lines[i] as number, text)) continue;
      const waiting = kept.write();
      if (waiting !== undefined) return waiting.then(() => this.#loadRows(i + 1));
    }
    return portions.areSingle ? kept.write() : undefined;
  }
  #preparedRow(i: number): Row | Refused | undefined {
    try {
      const row = this.#fullRow(i);
      return this.#located(i, () => this.#destination.accepts(row)) ? row : undefined;
    } catch (error) {
      return new Refused(error);
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
    return this.#destination.rowWith(this.#targets.map((target, field) => fieldDatum(this, target, this.#fields, row, field)));
  }
  #fullRow(row: number): Row {
    const values = this.#rowOf(row);
    this.#located(row, () => this.#destination.fillDefaults(values));
    return values;
  }
  #collision(): { readonly portion: number; readonly error: unknown } {
    const { engine, session } = this.#context;
    const { writer, portions } = this.#destination;
    const last = session.database.native.engine.lastError(engine);
    const index = writer.indexes.find((i) => i.storage === last.object);
    assert(index !== undefined, "a unique violation names an index of the table");
    const row = Number(/row (\d+)/.exec(last.message)?.[1] ?? 0);
    const attributes = index.columns.map((c) => c.attribute);
    const values = this.#rowOf(row);
    const error = duplicateKey(
      index.name,
      writer.quotedKeyNames(attributes),
      writer.keyValues(attributes, values, this.#statement),
      writer.place,
    );
    return { portion: this.#portionOf[row] as number, error: this.#atLine(error, row, !portions.areSingle) };
  }
  #located<T>(row: number, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#atLine(error, row);
    }
  }
  #atLine(error: unknown, row: number, short = false): unknown {
    if (!(error instanceof DbError) || error.fields.where !== undefined) return error;
    const place = `COPY ${this.#table.name}, line ${this.#fields.lines[row]}`;
    return new DbError({ ...error.fields, where: short ? place : `${place}: "${shortenLine(this.#fields.lineText(row))}"` });
  }
  /** The lines before one that is no UTF-8 are loaded first; then its error is due, before what else is wrong with it. */
  #cutWhereNotUtf8(bytes: Buffer, from: number, next: number, final: boolean): DbError | undefined {
    const fields = this.#fields;
    const { failure } = fields;
    const { ended, dataEnd, currentLine } = this.scanner;
    const unreadable = (at: number, line: number): DbError => {
      const error = invalidUtf8(bytes.subarray(at));
      assert(error !== undefined, "what is not UTF-8 has a first byte that is not");
      return new DbError({ ...error.fields, where: `COPY ${this.#table.name}, line ${line}` });
    };
    const rowsEnd = fields.rows === 0 ? from : (fields.lineEnds[fields.rows - 1] as number);
    if (firstNotUtf8(bytes.subarray(from, rowsEnd)) >= 0) {
      const row = this.#firstRowNotUtf8();
      fields.rows = row;
      return unreadable(fields.lineStarts[row] as number, fields.lines[row] as number);
    }
    // What comes behind the last row may be a line that is none, or the beginning of one.
    const isRest = failure === undefined && fields.rows < fields.capacity && !ended;
    if (failure === undefined && !isRest) return undefined;
    const rest = bytes.subarray(next, failure?.end ?? dataEnd);
    const at = firstNotUtf8(rest);
    // The end of what has come may be the beginning of a character.
    if (at < 0 || (isRest && !final && rest.length - at < CHARACTER_BYTES_MAX)) return undefined;
    return unreadable(next, currentLine);
  }
  #firstRowNotUtf8(): number {
    const fields = this.#fields;
    let row = 0;
    while (firstNotUtf8(fields.bytes.subarray(fields.lineStarts[row], fields.lineEnds[row])) < 0) row++;
    return row;
  }
}

/** Why a line is no row, to be told when it is its turn. */
class Refused {
  constructor(private readonly error: unknown) {}
  tell(): never {
    throw this.error;
  }
}
const CHARACTER_BYTES_MAX = 4;
