/** INSERT and DELETE whose source is a native pipeline: its blocks go to storage without becoming rows. */
import { type Datum, PhysicalType, type Row, type SqlType, TypeOid } from "../../types/index.js";
import { acquireBuffer, columnCode, releaseBuffer, type ScanBuffer } from "../codec.js";
import type { RunState, Steps } from "../operator.js";
import type { TableWriter } from "../table-writer.js";
import { openPipeline } from "./pipeline.js";
import type { NativePlan } from "./plan.js";

const BUFFER_BYTES = 1 << 20;
const BLOCK_ROWS = 16384;

/**
 * Inserts all rows of the plan; their number. undefined: nothing was changed, the general plan must run. A source that may fail half way is read to its
 * end first; the rows of one that cannot are inserted as they come (they have the statement's command id: it does not see them).
 */
export function* insertBlocks(plan: NativePlan, writer: TableWriter, state: RunState): Steps<number | undefined> {
  const columns = writer.columns;
  const pipeline = openPipeline(plan, columns, state, "insert");
  if (pipeline === undefined) return undefined;
  const kept: Uint8Array[] = [];
  let buffer = acquireBuffer(BUFFER_BYTES);
  let inserted = 0;
  const insert = (block: ScanBuffer): void => writer.insertBlock(block.bytes, () => rowsOf(block, columns), state);
  try {
    for (;;) {
      const filled = pipeline.fill(buffer, BLOCK_ROWS);
      if (filled === undefined) return undefined;
      buffer = filled.buffer;
      if (filled.rows === 0) break;
      inserted += filled.rows;
      if (plan.fallibleLate) kept.push(buffer.bytes.slice(0, buffer.u32[3] as number));
      else insert(buffer);
      yield;
    }
    for (const block of kept) {
      if (buffer.bytes.length < block.length) {
        releaseBuffer(buffer);
        buffer = acquireBuffer(block.length);
      }
      buffer.bytes.set(block);
      insert(buffer);
      yield;
    }
  } finally {
    pipeline.close();
    releaseBuffer(buffer);
  }
  return inserted;
}

function rowsOf(block: ScanBuffer, columns: readonly { readonly type: SqlType }[]): Row[] {
  const readers = columns.map(({ type }, i) => {
    const code = columnCode(type, i);
    let { read } = code;
    const names = code.constants.map(([name]) => name);
    read = `${code.prologue} return ${read};`;
    const make = new Function(...names, `return (b, i) => { ${read} };`) as (...values: unknown[]) => (b: ScanBuffer, i: number) => Datum;
    return make(...code.constants.map(([, value]) => value));
  });
  const rows: Row[] = [];
  for (let i = 0; i < (block.u32[0] as number); i++) rows.push(readers.map((read) => read(block, i)));
  return rows;
}

/** The row ids that a plan of one float64 column gives; undefined: the general plan must run. */
export function* nativeRowIds(plan: NativePlan, state: RunState): Steps<Float64Array | undefined> {
  const type = { oid: TypeOid.float8, physical: PhysicalType.float64 } as SqlType;
  const pipeline = openPipeline(plan, [{ type, typmod: -1 }], state, "delete");
  if (pipeline === undefined) return undefined;
  const parts: Float64Array[] = [];
  let count = 0;
  let buffer = acquireBuffer(BUFFER_BYTES);
  try {
    for (;;) {
      const filled = pipeline.fill(buffer, BLOCK_ROWS);
      if (filled === undefined) return undefined;
      buffer = filled.buffer;
      if (filled.rows === 0) break;
      const at = (buffer.u32[7] as number) >>> 3;
      parts.push(buffer.f64.slice(at, at + filled.rows));
      count += filled.rows;
      yield;
    }
  } finally {
    pipeline.close();
    releaseBuffer(buffer);
  }
  const ids = new Float64Array(count);
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}
