/** From a native status to what the engine does about it: nothing, a signal, or the DbError of the same meaning. */
import { RestartSignal, WaitSignal } from "../execution/index.js";
import { type Engine, type NativeAddon, StatusCode } from "../native/index.js";
import { assert, nativeFailure, readOnlyTransaction } from "../types/index.js";

const sqlstates: Readonly<Record<number, string>> = {
  [StatusCode.wrongType]: "42809",
  [StatusCode.outOfMemory]: "53200",
  [StatusCode.diskFull]: "53100",
  [StatusCode.ioError]: "58030",
  [StatusCode.corrupt]: "XX001",
  [StatusCode.notFound]: "XX000",
  [StatusCode.limit]: "54000",
  [StatusCode.invalid]: "22000",
  [StatusCode.interrupted]: "57014",
};

/** Returns when `status` is ok. Unique and not-null violations are the caller's to word: check them first. */
export function checkStatus(native: Pick<NativeAddon, "engine">, engine: Engine, status: number): void {
  if (status === StatusCode.ok) return;
  const error = native.engine.lastError(engine);
  switch (status) {
    case StatusCode.wait:
      throw new WaitSignal(error.detail);
    case StatusCode.serializationFailure:
      throw new RestartSignal();
    case StatusCode.readOnly:
      throw readOnlyTransaction("this command");
    default: {
      const sqlstate = sqlstates[status];
      assert(sqlstate !== undefined, `status ${status} is handled by the caller`);
      throw nativeFailure(sqlstate, error.message === "" ? `storage reported status ${status}` : error.message);
    }
  }
}
