/** From a native status to what the statement does about it: an error, a wait, a restart. */
import { StatusCode } from "../native/status.js";
import { couldNotSerialize, type DbError, internalError, nativeFailure } from "../types/index.js";
import { RestartSignal, WaitSignal } from "./signals.js";
import type { ExecutionContext } from "./types.js";

/** Throws for every status but ok and uniqueViolation, which the caller explains. */
export function throwStatus(context: ExecutionContext, status: number): never {
  const last = context.native.engine.lastError(context.engine);
  switch (status) {
    case StatusCode.wait:
      throw new WaitSignal(last.detail);
    case StatusCode.serializationFailure:
      if (context.restartable) throw new RestartSignal();
      throw couldNotSerialize(last.message === "concurrent delete" ? "delete" : "update");
    default:
      throw statusError(status, last.message);
  }
}

function statusError(status: number, message: string): DbError {
  const sqlstate = sqlstates[status];
  return sqlstate === undefined ? internalError(message || `native status ${status}`) : nativeFailure(sqlstate, message);
}

const sqlstates: Readonly<Record<number, string>> = {
  [StatusCode.deadlock]: "40P01",
  [StatusCode.wrongType]: "42809",
  [StatusCode.outOfMemory]: "53200",
  [StatusCode.diskFull]: "53100",
  [StatusCode.ioError]: "58030",
  [StatusCode.corrupt]: "XX001",
  [StatusCode.limit]: "54000",
  [StatusCode.invalid]: "22000",
  [StatusCode.readOnly]: "25006",
  [StatusCode.interrupted]: "57014",
};

/** A scan handle, or the error that opening it gave. */
export function checkScan(context: ExecutionContext, scan: number): number {
  if (scan < 0) throwStatus(context, context.native.engine.lastError(context.engine).code);
  return scan;
}
