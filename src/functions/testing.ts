/** For tests: a context with fixed settings, and calls by function id. */
import type { Datum } from "../types/index.js";
import { registry } from "./index.js";
import type { CallTypes, EvaluationContext } from "./registry.js";

export const testContext: EvaluationContext = {
  timeZone: "UTC",
  dateStyle: "ISO, MDY",
  intervalStyle: "postgres",
  extraFloatDigits: 1,
  byteaOutput: "hex",
  transactionTimeMicros: 600_000_000_000_000,
  statementTimeMicros: 600_000_000_000_001,
  clockMicros: () => 600_000_000_000_002,
  random: () => 0.5,
  checkCancel: () => undefined,
  seedRandom: () => undefined,
  currentUser: "postgres",
  sessionUser: "postgres",
  currentDatabase: "postgres",
  searchPath: ["pg_catalog", "public"],
  setting: () => null,
  setSetting: (_name, value) => value,
  service: <T>(): T => undefined as T,
};

export function call(id: string, ...args: Datum[]): Datum {
  return registry.scalarBody(id)(testContext, ...(args as never[]));
}
export function callTyped(id: string, types: CallTypes, ...args: Datum[]): Datum {
  return registry.scalarBody(id, types)(testContext, ...(args as never[]));
}
