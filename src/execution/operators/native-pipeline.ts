/**
 * A part of a plan that the addon runs (native/exec/pipeline). Its rows come as blocks, or at the top of a statement as encoded DataRow
 * messages. `general` gives the same rows by TypeScript operators: it is what EXPLAIN shows, and what runs when the native form
 * meets a value that it cannot compute; errors are therefore always those of the TypeScript bodies.
 */
import type { PlanColumn } from "../../plan/index.js";
import type { FormatContext, Oid, Row, SqlType } from "../../types/index.js";
import { type DecodeBlock, SCAN_ROWS } from "../block-scan.js";
import { acquireBuffer, releaseBuffer, type ScanBuffer } from "../codec.js";
import { FIRST_BUFFER_BYTES, openPipeline, type Pipeline } from "../native-pipeline/pipeline.js";
import type { NativePlan } from "../native-pipeline/plan.js";
import { type Cursor, drain, type Operator, type RunState } from "../operator.js";
import { wireKindOf } from "../wire-kind.js";
import { OperatorBase } from "./base.js";

export class NativePipelineOperator extends OperatorBase {
  constructor(
    /** Its columns are `general`'s, in this order, each of its stored kind. */
    readonly plan: NativePlan,
    readonly general: Operator,
    readonly types: readonly SqlType[],
    readonly decode: DecodeBlock,
  ) {
    super(
      {
        title: general.title,
        columns: general.columns,
        estimate: general.estimate,
        details: [...general.details, { key: "Pipeline", value: "native" }],
        subplans: general.subplans ?? [],
      },
      general.inputs,
    );
  }

  open(state: RunState): Cursor {
    return new PipelineCursor(this, state);
  }

  /** An open pipeline, or undefined: the general plan must run. */
  start(state: RunState): Pipeline | undefined {
    const columns = this.types.map((type, i) => ({ type, typmod: (this.columns[i] as PlanColumn).typmod }));
    return openPipeline(this.plan, columns, state, this.title);
  }
}

class PipelineCursor implements Cursor {
  #pipeline: Pipeline | undefined;
  #general: Cursor | undefined;
  #buffer: ScanBuffer | undefined;
  #started = false;
  #given = 0;

  constructor(
    readonly operator: NativePipelineOperator,
    readonly state: RunState,
  ) {}

  next(hint: number): Row[] | null {
    if (!this.#started) {
      this.#started = true;
      this.#pipeline = this.operator.start(this.state);
      if (this.#pipeline === undefined) this.#general = this.state.open(this.operator.general);
    }
    if (this.#general !== undefined) return this.#general.next(hint);
    if (this.#pipeline === undefined) return null;
    this.#buffer ??= acquireBuffer(FIRST_BUFFER_BYTES);
    const filled = this.#pipeline.fill(this.#buffer, SCAN_ROWS);
    if (filled === undefined) {
      this.close();
      this.#general = generalAfter(this.operator, this.state, this.#given);
      return this.#general.next(hint);
    }
    this.#buffer = filled.buffer;
    if (filled.rows === 0) {
      this.close();
      return null;
    }
    const out: Row[] = [];
    this.operator.decode(filled.buffer, filled.rows, out, this.state);
    this.#given += filled.rows;
    return out;
  }

  close(): void {
    this.#pipeline?.close();
    this.#pipeline = undefined;
    this.#general?.close();
    this.#general = undefined;
    if (this.#buffer !== undefined) releaseBuffer(this.#buffer);
    this.#buffer = undefined;
  }
}

/**
 * The general plan where `given` rows went out already. Nearly always it raises the error that stopped the native form; where it does not (a
 * numeric of 40 digits), it goes on behind the same rows: both give them in one order, that of the scans and of first sight.
 */
export function generalAfter(operator: NativePipelineOperator, state: RunState, given: number): Cursor {
  const cursor = state.open(operator.general);
  if (given === 0) return cursor;
  const rest = drain(cursor).slice(given);
  return { next: () => (rest.length === 0 ? null : rest.splice(0)), close: () => undefined };
}

/** [column, wire kind, binary] of each field; undefined: TypeScript must encode one of them. */
export function encodedOutputs(
  columns: readonly { readonly type: Oid }[],
  formats: readonly number[],
  format: FormatContext,
): Uint32Array | undefined {
  const outputs = new Uint32Array(3 * columns.length);
  for (let i = 0; i < columns.length; i++) {
    const { type } = columns[i] as { readonly type: Oid };
    const binary = (formats.length === 1 ? formats[0] : formats[i]) === 1;
    const kind = wireKindOf(type, binary, format);
    if (kind === undefined) return undefined;
    outputs.set([i, kind, binary ? 1 : 0], 3 * i);
  }
  return outputs;
}
