/** Open pipelines of the addon: blocks for TypeScript and storage, or encoded DataRow messages. */
import { memoryLimitExceeded, type SqlType } from "../../types/index.js";
import { acquireBuffer, physicalColumn, releaseBuffer, type ScanBuffer } from "../codec.js";
import { type EncodedRows, writtenRows } from "../encoded-rows.js";
import type { RunState } from "../operator.js";
import { throwStatus } from "../storage-status.js";
import { NoNativeForm } from "./expressions.js";
import type { NativePlan } from "./plan.js";
import { ProgramWriter } from "./program-writer.js";

/** What the addon may take before it lets the thread's other work look in, where it cannot go on on a thread of its own. */
const BUDGET_MICROS = 10_000;
/** What runs for longer than this goes on on a thread of the addon: about what handing it over costs a hundred times. */
const INLINE_MICROS = 2_000;
export const FIRST_BUFFER_BYTES = 256 * 1024;
const yielded = -1;
const fallback = -2;
const outOfMemory = -3;
const diskFailed = -4;

/** What to encode rows as. */
export interface EncodedOutputs {
  /** [column, wire kind, binary] of each field. */
  readonly fields: Uint32Array;
  /** The rows are COPY's, in this format (copy-format.ts); null: DataRow messages. */
  readonly copy: Uint8Array | null;
}
/** What one step of a pipeline gave: encoded rows, a wait (then ask again), the end, or the wish for the general plan. */
export type EncodedStep = EncodedRows | { readonly wait: Promise<void> } | "end" | "general";

/** An open pipeline whose columns have these types; undefined: the general plan must run. */
export function openPipeline(
  plan: NativePlan,
  types: readonly { readonly type: SqlType; readonly typmod: number }[],
  state: RunState,
  title: string,
): Pipeline | undefined {
  const { context } = state;
  const writer = new ProgramWriter();
  try {
    plan.emit(writer, state);
  } catch (error) {
    for (const scan of writer.scans) context.native.storage.scanClose(context.engine, scan);
    // An error of a value that the plan might never ask for is the general plan's to raise.
    if (error instanceof NoNativeForm || (error instanceof Error && "sqlstate" in error)) return undefined;
    throw error;
  }
  writer.u32(-1).u16(types.length);
  for (const { type, typmod } of types) {
    const physical = physicalColumn(type, typmod);
    writer.u8(physical.type).u32(physical.dimensions ?? 0);
  }
  const handle = context.native.exec.pipelineOpen(context.engine, context.xid, writer.finish(), context.memoryLimitBytes);
  return handle === 0 ? undefined : new Pipeline(handle, state, title);
}

/** An open pipeline of the addon. */
export class Pipeline {
  #open = true;
  #inlineMicros = 0;
  /** It gave the thread back: what comes takes longer. */
  #yielded = false;
  /** Of its run on another thread. */
  #token: number | undefined;
  constructor(
    readonly handle: number,
    readonly state: RunState,
    readonly title: string,
  ) {}

  /** Fills the buffer, which may be replaced by a larger one: rows, 0 at the end, or undefined for the general plan. */
  fill(buffer: ScanBuffer, maxRows: number): { readonly rows: number; readonly buffer: ScanBuffer } | undefined {
    const { context } = this.state;
    let into = buffer;
    for (;;) {
      context.checkCancel();
      const rows = context.native.exec.pipelineNext(context.engine, this.handle, into.bytes, maxRows, BUDGET_MICROS);
      if (rows >= 0) return { rows, buffer: into };
      if (rows === yielded) continue;
      if (rows === fallback) return undefined;
      this.#checkLimits(rows);
      releaseBuffer(into);
      into = acquireBuffer(-rows);
    }
  }

  /** The next encoded rows: the first ones from this thread, then from one of the addon's. */
  encode(outputs: EncodedOutputs): EncodedStep {
    const { context } = this.state;
    context.checkCancel();
    if (this.#token === undefined && (this.#yielded || this.#inlineMicros >= INLINE_MICROS) && context.waits !== undefined) {
      this.#token = context.waits.newToken();
      context.native.exec.pipelineRun(context.engine, this.handle, this.#token, outputs.fields, outputs.copy);
    }
    const waits = this.#token === undefined ? undefined : context.waits;
    for (;;) {
      const result =
        waits === undefined ? this.#encodeInline(outputs) : context.native.exec.pipelineTake(context.engine, this.handle, encoded);
      if (result > 0) return writtenRows(encoded, result);
      if (result === 0) return "end";
      this.#yielded ||= result === yielded;
      if (result === yielded) return { wait: waits === undefined ? othersTurn() : waits.next(this.#token as number) };
      if (result === fallback) return "general";
      this.#checkLimits(result);
      encoded = Buffer.allocUnsafeSlow(Math.ceil(-result * 1.25));
    }
  }
  #encodeInline(outputs: EncodedOutputs): number {
    const { context } = this.state;
    const budget = context.waits === undefined ? BUDGET_MICROS : INLINE_MICROS;
    const start = performance.now();
    const result = context.native.exec.pipelineRows(context.engine, this.handle, outputs.fields, outputs.copy, encoded, budget);
    this.#inlineMicros += (performance.now() - start) * 1000;
    return result;
  }

  #checkLimits(result: number): void {
    const { context } = this.state;
    if (result === outOfMemory) throw memoryLimitExceeded(this.title, context.memoryLimitBytes);
    if (result === diskFailed) throwStatus(context, context.native.engine.lastError(context.engine).code);
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    const { context } = this.state;
    context.native.exec.pipelineClose(context.engine, this.handle);
    if (encoded.length > KEPT_BYTES) encoded = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  }
}

const othersTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
/** Overwritten by the thread's next call. */
let encoded: Buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
const KEPT_BYTES = 4 << 20;
