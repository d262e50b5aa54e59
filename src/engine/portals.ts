/** Portals: results on their way to a client. */
import type { EncodedOutputs, EncodedStep, Execution, ExecutionNative, PointSelect } from "../execution/index.js";
import type { Engine, Xid } from "../native/index.js";
import type { Datum, Row } from "../types/index.js";
import type { NativeNearest, NativePoint, NativeWrite, Portal, PortalRows, ResultColumn } from "./types.js";

/** Rows that are all there already: DML, commands, statements that ran to their end. */
export class RowsPortal implements Portal {
  #at = 0;
  constructor(
    readonly columns: readonly ResultColumn[],
    private readonly rows: readonly Row[],
    private readonly tag: string,
    private readonly flushLsn: number,
    readonly isBinary = false,
    private readonly native?: () => NativeWrite | undefined,
  ) {}

  get nativeStatement(): NativeWrite | undefined {
    return this.native?.();
  }
  next(maxRows: number): PortalRows {
    const rows = maxRows === 0 && this.#at === 0 ? this.rows : this.rows.slice(this.#at, maxRows === 0 ? undefined : this.#at + maxRows);
    this.#at += rows.length;
    const done = maxRows === 0 || rows.length < maxRows;
    // Of rows that are asked for in portions the tag counts the last portion.
    const tag = rows.length === this.rows.length ? this.tag : this.tag.replace(/\d+$/, String(rows.length));
    return { rows, done, tag: done ? tag : "", flushLsn: this.flushLsn };
  }
  close(): void {}
}

/** A lookup by a unique key that the addon answers with encoded rows; runs when it is read. */
export class PointPortal implements Portal {
  #done = false;
  constructor(
    readonly columns: readonly ResultColumn[],
    private readonly point: PointSelect,
    private readonly native: ExecutionNative,
    private readonly engine: Engine,
    private readonly xid: Xid,
    private readonly parameters: readonly Datum[],
    /** undefined: of definitions that are not committed. */
    private readonly catalogVersion: number | undefined,
  ) {}

  get nativeStatement(): NativePoint | undefined {
    const { catalogVersion, point } = this;
    const keys = point.parameterKeys;
    const { pipeline } = point;
    if (catalogVersion === undefined || keys === undefined || pipeline === undefined) return undefined;
    return { kind: "select", pipeline, keys, search: undefined, catalogVersion, relation: point.relation };
  }
  next(maxRows: number): PortalRows {
    if (this.#done) return { rows: [], done: true, tag: "SELECT 0", flushLsn: 0 };
    this.#done = true;
    const encoded = this.point.run(this.native, this.engine, this.xid, this.parameters);
    return { rows: [], encoded, done: maxRows !== encoded.rowCount || maxRows === 0, tag: `SELECT ${encoded.rowCount}`, flushLsn: 0 };
  }
  close(): void {}
}

/** What a streaming portal needs of the session: to end its transaction (autocommit) and to turn a failure into the session's state. */
export interface StreamOwner {
  /** The LSN to wait for. */
  finished(): number;
  failed(error: unknown): unknown;
}

/** Rows pulled from an execution as the client asks for them. */
export class StreamPortal implements Portal {
  #execution: Execution | undefined;
  #ahead: Row[] | undefined;
  #count = 0;
  readonly #owner: StreamOwner;
  readonly #verb: string;

  constructor(
    readonly columns: readonly ResultColumn[],
    execution: Execution,
    owner: StreamOwner,
    verb = "SELECT",
    /** The same statement as I/O threads run it. */
    private readonly native?: () => NativePoint | NativeNearest | undefined,
  ) {
    this.#execution = execution;
    this.#owner = owner;
    this.#verb = verb;
  }

  get nativeStatement(): NativePoint | NativeNearest | undefined {
    return this.native?.();
  }
  next(maxRows: number): PortalRows {
    const execution = this.#execution;
    if (execution === undefined) return { rows: [], done: true, tag: `${this.#verb} 0`, flushLsn: 0 };
    try {
      const rows = maxRows === 0 ? this.#batch(execution) : this.#exactly(execution, maxRows);
      this.#count += rows.length;
      if (maxRows !== 0 && rows.length === maxRows) {
        this.#count = 0;
        return { rows, done: false, tag: "", flushLsn: 0 };
      }
      if (maxRows === 0 && this.#ahead !== undefined) return { rows, done: false, tag: "", flushLsn: 0 };
      this.#execution = undefined;
      execution.close();
      return { rows, done: true, tag: `${this.#verb} ${this.#count}`, flushLsn: this.#owner.finished() };
    } catch (error) {
      throw this.failed(error);
    }
  }

  close(): void {
    const execution = this.#execution;
    if (execution === undefined) return;
    this.#execution = undefined;
    execution.close();
    this.#owner.finished();
  }

  /** For EncodedPortal, which calls `ended` after "end". */
  nextEncoded(outputs: EncodedOutputs): EncodedStep {
    const execution = this.#execution;
    if (execution === undefined) return "end";
    try {
      const step = execution.nextEncoded(outputs);
      if (typeof step === "object" && "rowCount" in step) this.#count += step.rowCount;
      return step;
    } catch (error) {
      throw this.failed(error);
    }
  }
  /** Ends the stream; the error to go on with. */
  failed(error: unknown): unknown {
    const execution = this.#execution;
    this.#execution = undefined;
    execution?.close();
    return execution === undefined ? error : this.#owner.failed(error);
  }
  ended(): PortalRows {
    const execution = this.#execution;
    this.#execution = undefined;
    execution?.close();
    return { rows: [], done: true, tag: `${this.#verb} ${this.#count}`, flushLsn: execution === undefined ? 0 : this.#owner.finished() };
  }

  /** One batch, and a look at the next so that the last one is known to be the last. */
  #batch(execution: Execution): Row[] {
    const rows = this.#ahead ?? execution.next(0);
    this.#ahead = undefined;
    if (rows.length === 0) return rows;
    const next = execution.next(0);
    if (next.length > 0) this.#ahead = next;
    return rows;
  }
  #exactly(execution: Execution, maxRows: number): Row[] {
    const rows: Row[] = [];
    while (rows.length < maxRows) {
      const wanted = maxRows - rows.length;
      const batch = this.#ahead ?? execution.next(wanted);
      this.#ahead = batch.length > wanted ? batch.splice(wanted) : undefined;
      if (batch.length === 0) break;
      for (const row of batch) rows.push(row);
    }
    return rows;
  }
}

/** A native pipeline's rows, encoded by the addon; while it runs on a thread of the addon this one is free. */
export class EncodedPortal implements Portal {
  #outputs: EncodedOutputs | undefined;
  constructor(
    readonly columns: readonly ResultColumn[],
    /** The same execution as rows: for a client that wants some at a time, and where the general plan must go on. */
    private readonly stream: StreamPortal,
    outputs: EncodedOutputs,
  ) {
    this.#outputs = outputs;
  }

  next(maxRows: number): PortalRows | Promise<PortalRows> {
    if (maxRows !== 0) this.#outputs = undefined;
    if (this.#outputs === undefined) return this.stream.next(maxRows);
    const step = this.stream.nextEncoded(this.#outputs);
    if (step === "general") {
      this.#outputs = undefined;
      return this.stream.next(0);
    }
    if (step === "end") return this.stream.ended();
    if ("wait" in step) return this.#after(step.wait);
    return { rows: [], encoded: step, done: false, tag: "", flushLsn: 0 };
  }
  async #after(wait: Promise<void>): Promise<PortalRows> {
    try {
      await wait;
    } catch (error) {
      throw this.stream.failed(error);
    }
    return this.next(0);
  }
  close(): void {
    this.stream.close();
  }
}
