/** COPY … FROM in the binary format: rows are read, checked and stored in portions by the table's writer. */
import { RestartSignal } from "../../execution/index.js";
import { copyFailed, DbError, type Row, serializationFailure } from "../../types/index.js";
import type { CopyInTarget } from "../types.js";
import { BinaryRowReader } from "./binary-format.js";
import type { CopyFromEnd } from "./copy-from.js";
import type { Destination } from "./destination.js";
import { judgeAtEnd } from "./judge-at-end.js";

export class CopyFromBinary implements CopyInTarget {
  readonly binary = true;
  readonly columnCount: number;
  readonly #destination: Destination;
  readonly #reader: BinaryRowReader;
  readonly #end: CopyFromEnd;
  excluded = 0;
  #over = false;

  constructor(destination: Destination, end: CopyFromEnd) {
    this.#destination = destination;
    this.#end = end;
    this.columnCount = destination.places.length;
    this.#reader = new BinaryRowReader(destination.table.name, destination.targets);
  }

  get rows(): number {
    return this.#destination.kept.written;
  }
  write(chunk: Uint8Array): void | Promise<void> {
    if (this.#over) return;
    this.#reader.push(chunk);
    return this.#guard(() => this.#read());
  }
  /** Every chunk is judged as it comes. */
  look(): void {}
  async finish(): Promise<{ tag: string; flushLsn: number }> {
    const { context, state, kept } = this.#destination;
    await this.#guard(() => this.#reader.finish());
    await this.#guard(() => kept.write());
    await this.#guard(() => judgeAtEnd(context, state));
    const tag = `COPY ${this.rows}`;
    this.#over = true;
    return { tag, flushLsn: this.#end.complete(tag) };
  }
  async fail(message: string): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    this.#end.fail();
    throw copyFailed(message, this.#reader.place);
  }

  #read(): void | Promise<void> {
    const { context, kept, portions } = this.#destination;
    context.session.checkCancel();
    try {
      for (;;) {
        const { line } = this.#reader;
        const given = this.#reader.next();
        if (given === undefined) break;
        if (!this.#take(given, line)) continue;
        const waiting = kept.write();
        if (waiting !== undefined) return waiting.then(() => this.#read());
      }
    } catch (error) {
      // Where rows are written one by one those before this one have been.
      const waiting = portions.areSingle ? kept.write() : undefined;
      if (waiting === undefined) throw error;
      return waiting.then(() => {
        throw error;
      });
    }
    return portions.areSingle ? kept.write() : undefined;
  }
  /** True: it is time to write. */
  #take(given: Row, line: number): boolean {
    const { kept } = this.#destination;
    const row = this.#destination.rowWith(given);
    try {
      this.#destination.fillDefaults(row);
      if (!this.#destination.accepts(row)) {
        this.excluded++;
        return false;
      }
    } catch (error) {
      if (!(error instanceof DbError)) throw error;
      throw new DbError({ ...error.fields, where: kept.placeOf(line, undefined) });
    }
    // PostgreSQL counts the bytes of lines, and a binary row has no line.
    return kept.add(row, 0, line, undefined);
  }
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
}
