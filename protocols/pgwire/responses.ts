/** Backend messages as functions over a MessageWriter. Source: PostgreSQL documentation, "Message Formats" and "Error and Notice Message Fields". */
import type { ResultColumn, TransactionStatus } from "../../src/engine/types.js";
import type { DbErrorFields, Oid } from "../../src/types/index.js";
import { MessageWriter } from "./message-writer.js";

export const Backend = {
  authentication: 0x52,
  parameterStatus: 0x53,
  backendKeyData: 0x4b,
  readyForQuery: 0x5a,
  rowDescription: 0x54,
  dataRow: 0x44,
  commandComplete: 0x43,
  emptyQuery: 0x49,
  error: 0x45,
  notice: 0x4e,
  parseComplete: 0x31,
  bindComplete: 0x32,
  closeComplete: 0x33,
  noData: 0x6e,
  parameterDescription: 0x74,
  portalSuspended: 0x73,
  copyIn: 0x47,
  copyOut: 0x48,
  copyData: 0x64,
  copyDone: 0x63,
  notification: 0x41,
  negotiateVersion: 0x76,
} as const;

const statusBytes: Record<TransactionStatus, number> = { idle: 0x49, transaction: 0x54, failed: 0x45 };

export const empty = (w: MessageWriter, type: number) => w.start(type).end();
export const authentication = (w: MessageWriter, code: number, body?: Uint8Array) => {
  w.start(Backend.authentication).int32(code);
  if (body) w.bytes(body);
  w.end();
};
export const parameterStatus = (w: MessageWriter, name: string, value: string) =>
  w.start(Backend.parameterStatus).cstring(name).cstring(value).end();
export const backendKeyData = (w: MessageWriter, id: number, key: readonly number[]) => {
  w.start(Backend.backendKeyData).int32(id);
  for (const word of key) w.int32(word);
  w.end();
};
export const readyForQuery = (w: MessageWriter, status: TransactionStatus) =>
  w.start(Backend.readyForQuery).byte(statusBytes[status]).end();
export const commandComplete = (w: MessageWriter, tag: string) => w.start(Backend.commandComplete).cstring(tag).end();
export const notification = (w: MessageWriter, processId: number, channel: string, payload: string) =>
  w.start(Backend.notification).int32(processId).cstring(channel).cstring(payload).end();

export function parameterDescription(w: MessageWriter, types: readonly Oid[]): void {
  w.start(Backend.parameterDescription).int16(types.length);
  for (const type of types) w.uint32(type);
  w.end();
}

/** `length` is pg_type.typlen of each column; formats as in Bind. */
export function rowDescription(
  w: MessageWriter,
  columns: readonly ResultColumn[],
  lengthOf: (type: Oid) => number,
  formats: readonly number[],
): void {
  w.start(Backend.rowDescription).int16(columns.length);
  columns.forEach((column, i) => {
    w.cstring(column.name)
      .uint32(column.origin?.relation ?? 0)
      .int16(column.origin?.attribute ?? 0)
      .uint32(column.type)
      .int16(lengthOf(column.type))
      .int32(column.typmod)
      .int16(formatOf(formats, i));
  });
  w.end();
}

/** The message in bytes of its own. */
export function rowDescriptionBytes(
  columns: readonly ResultColumn[],
  lengthOf: (type: Oid) => number,
  formats: readonly number[],
): Uint8Array {
  const writer = new MessageWriter();
  rowDescription(writer, columns, lengthOf, formats);
  return Buffer.from(writer.take());
}

export function formatOf(formats: readonly number[], index: number): number {
  return formats.length === 0 ? 0 : formats.length === 1 ? (formats[0] as number) : (formats[index] ?? 0);
}

export function copyResponse(w: MessageWriter, type: number, columnCount: number, binary: boolean): void {
  w.start(type)
    .byte(binary ? 1 : 0)
    .int16(columnCount);
  for (let i = 0; i < columnCount; i++) w.int16(binary ? 1 : 0);
  w.end();
}

export function errorOrNotice(w: MessageWriter, type: number, severity: string, fields: DbErrorFields): void {
  const field = (code: string, value: string | number | undefined) => {
    if (value !== undefined) w.byte(code.charCodeAt(0)).lossyCstring(String(value));
  };
  w.start(type);
  field("S", severity);
  field("V", severity);
  field("C", fields.sqlstate);
  field("M", fields.message);
  field("D", fields.detail);
  field("H", fields.hint);
  field("P", fields.position);
  field("W", fields.where);
  field("s", fields.schema);
  field("t", fields.table);
  field("c", fields.column);
  field("d", fields.dataType);
  field("n", fields.constraint);
  field("R", fields.routine);
  w.byte(0).end();
}
