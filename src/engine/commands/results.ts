/** Results of commands that have no plan. */
import type { Datum } from "../../types/index.js";
import { RowsPortal } from "../portals.js";
import type { ExecuteResult, ResultColumn } from "../types.js";

export function done(tag: string, flushLsn = 0): ExecuteResult {
  return { kind: "portal", portal: new RowsPortal([], [], tag, flushLsn) };
}
export function rows(columns: readonly ResultColumn[], data: readonly Datum[][], tag: string, isBinary = false): ExecuteResult {
  return { kind: "portal", portal: new RowsPortal(columns, data, tag, 0, isBinary) };
}
