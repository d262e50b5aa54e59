/**
 * Turns the blocks of an open native scan into rows: one generated function decodes, filters and projects a block at a time, so that
 * a row that the filter drops is never built and a column that nobody needs is never read.
 */
import type { ColumnId, Expression, PlanColumn } from "../plan/index.js";
import { assert, type Datum, type Row, type SqlType } from "../types/index.js";
import { acquireBuffer, columnCode, releaseBuffer, rowIdCode, type ScanBuffer } from "./codec.js";
import { type CompileEnvironment, type Emitter, generate } from "./expression/compiler.js";
import { Layout } from "./expression/scope.js";
import type { Cursor, RunState } from "./operator.js";
import { checkScan, throwStatus } from "./storage-status.js";

/** Where a scan's output column comes from: a block column, the row id, or the table's OID. */
export type ColumnSource =
  | { readonly kind: "block"; readonly index: number; readonly type: SqlType }
  | { readonly kind: "rowId" }
  /** The row id as a tuple id. */
  | { readonly kind: "ctid" }
  | { readonly kind: "constant"; readonly value: Datum };

/** Appends the rows of the block that pass to `out`. */
export type DecodeBlock = (block: ScanBuffer, rows: number, out: Row[], state: RunState) => void;

export function compileDecoder(
  environment: CompileEnvironment,
  columns: readonly PlanColumn[],
  sources: readonly ColumnSource[],
  filter: Expression | undefined,
): DecodeBlock {
  assert(columns.length === sources.length, "every column has a source");
  return compileBlockLoop(environment, columns, sources, ["out", "s"], (loop) => {
    if (filter !== undefined) loop.stage((emitter) => `if (${emitter.emit(filter)} !== true) continue;`);
    loop.stage((emitter) => `out.push([${columns.map((c) => emitter.reference(c.id)).join(", ")}]);`);
  }) as DecodeBlock;
}

/** Row ids count from 1; as pages of as many rows as PostgreSQL could have at most. */
const ROWS_PER_PAGE = 226;
export const tuplePlace = (rowId: number): { readonly page: number; readonly tuple: number } => ({
  page: Math.floor((rowId - 1) / ROWS_PER_PAGE),
  tuple: ((rowId - 1) % ROWS_PER_PAGE) + 1,
});
export const tupleId = (rowId: number): string => {
  const { page, tuple } = tuplePlace(rowId);
  return `(${page},${tuple})`;
};

export interface BlockLoop {
  /** Emits code for one row; the columns that it mentions first are read in front of it. */
  stage(emit: (emitter: Emitter) => string): void;
}

/**
 * A function (b, n, ...parameters) that loops over the rows of a block. Columns are read at the stage that first mentions them, so
 * those after a `continue` cost nothing for the rows that left.
 */
export function compileBlockLoop(
  environment: CompileEnvironment,
  columns: readonly PlanColumn[],
  sources: readonly ColumnSource[],
  parameters: readonly string[],
  body: (loop: BlockLoop) => void,
  before = "",
  after = "",
): unknown {
  const layout = new LazyLayout(columns);
  return generate(environment, layout, ["b", "n", ...parameters], (emitter) => {
    const prologues: string[] = [];
    const reads = sources.map((source) => {
      if (source.kind === "rowId") {
        prologues.push(rowIdCode.prologue);
        return rowIdCode.read;
      }
      if (source.kind === "ctid") {
        prologues.push(rowIdCode.prologue);
        return `${emitter.constant(tupleId)}(${rowIdCode.read})`;
      }
      if (source.kind === "constant") return emitter.constant(source.value);
      const code = columnCode(source.type, source.index);
      prologues.push(code.prologue);
      let read = code.read;
      for (const [name, value] of code.constants) read = read.replaceAll(`${name}(`, `${emitter.constant(value)}(`);
      return read;
    });
    const loopCode = emitter.aside(() => {
      body({
        stage(emit) {
          let last = "";
          const code = emitter.aside(() => {
            last = emit(emitter);
          });
          for (const i of layout.takeMentioned()) emitter.line(`const c${i} = ${reads[i]};`);
          emitter.line(code);
          emitter.line(last);
        },
      });
    });
    emitter.line([...new Set(prologues)].join("\n"));
    return `${before}\nfor (let i = 0; i < n; i++) {\n${loopCode}\n}\n${after}`;
  });
}

/** Notes which columns were mentioned and not read yet. */
class LazyLayout extends Layout {
  readonly #index = new Map<ColumnId, number>();
  readonly #read = new Set<number>();
  readonly #mentioned = new Set<number>();
  constructor(columns: readonly PlanColumn[]) {
    super();
    columns.forEach((c, i) => this.#index.set(c.id, i));
  }
  override access(id: ColumnId): string | undefined {
    const i = this.#index.get(id);
    if (i === undefined) return undefined;
    if (!this.#read.has(i)) this.#mentioned.add(i);
    return `c${i}`;
  }
  takeMentioned(): number[] {
    const taken = [...this.#mentioned];
    this.#mentioned.clear();
    for (const i of taken) this.#read.add(i);
    return taken;
  }
}

/** Pulls blocks from a native scan until it ends. */
export class BlockCursor implements Cursor {
  #buffer: ScanBuffer;
  #open = true;
  readonly #scan: number;

  constructor(
    readonly state: RunState,
    scan: number,
    readonly decode: DecodeBlock,
    bufferBytes: number,
    /** At most this many rows in all: a lookup by a whole unique key is done after one. */
    readonly maxRows: number,
    /** A block has at least this many rows, however few the caller wants. */
    readonly minRows = SMALL_HINT,
  ) {
    this.#scan = checkScan(state.context, scan);
    this.#buffer = acquireBuffer(bufferBytes);
  }

  next(hint: number): Row[] | null {
    if (!this.#open) return null;
    const out: Row[] = [];
    const want = Math.min(this.maxRows, Math.max(hint, this.minRows), SCAN_ROWS);
    while (out.length === 0) {
      const rows = this.fill(want);
      if (rows === 0) {
        this.close();
        return null;
      }
      this.decode(this.#buffer, rows, out, this.state);
      if (rows >= this.maxRows) {
        this.close();
        return out.length === 0 ? null : out;
      }
    }
    return out;
  }

  /** Decodes one block; false at the end. For decoders that keep no rows. */
  advance(maxRows: number): boolean {
    const rows = this.fill(maxRows);
    if (rows > 0) this.decode(this.#buffer, rows, noRows, this.state);
    return rows > 0;
  }

  fill(maxRows: number): number {
    const { context } = this.state;
    context.checkCancel();
    for (;;) {
      const rows = context.native.storage.scanNext(context.engine, this.#scan, this.#buffer.bytes, maxRows);
      if (rows >= 0) return rows;
      if (-rows <= this.#buffer.bytes.length) throwStatus(context, context.native.engine.lastError(context.engine).code);
      releaseBuffer(this.#buffer);
      this.#buffer = acquireBuffer(-rows);
    }
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { context } = this.state;
    context.native.storage.scanClose(context.engine, this.#scan);
    releaseBuffer(this.#buffer);
  }
}

const noRows: Row[] = [];

/** Rows per block of a scan that is read to its end: few border crossings, and the block still fits the cache. */
export const SCAN_ROWS = 16384;
/** A caller that wants few rows (LIMIT, EXISTS) gets blocks of this many. */
const SMALL_HINT = 64;
