/** Whether a plan calls something that changes data or waits: such a statement runs in a transaction and to its end before it answers. */
import { routineId } from "../functions/index.js";
import type { LogicalPlan } from "../plan/index.js";

/** Volatile only because their answers differ: they change nothing. */
const harmless = new Set([
  "random",
  "clock_timestamp",
  "timeofday",
  "gen_random_uuid",
  "uuid_generate_v4",
  "statement_timestamp",
  "currval",
  "lastval",
  "setseed",
]);

/** Functions that may leave a statement to be run again: their own answers, and those of other volatile calls, are then kept (StatementJournal). */
const pausing =
  /^(pg_sleep(_for|_until)?|pg_advisory_(xact_)?lock(_shared)?|pg_try_advisory_(xact_)?lock(_shared)?|pg_cancel_backend|pg_terminate_backend|orrery_vector_recall)$/;

/** Functions about the transaction that the statement is in: there must be one. */
const identifying = new Set([
  "txid_current", "pg_current_xact_id", "txid_current_if_assigned", "pg_current_xact_id_if_assigned", "txid_current_snapshot", "pg_current_snapshot", "pg_export_snapshot",
]); // biome-ignore format: a list

/** Computed relations that ask the other threads: those whose providers read the system service's sessions, locks or hotPath. */
const asksOtherThreads = new Set(
  ["activity", "database", "gssapi", "ssl"]
    .map((what) => `pg_catalog.pg_stat_${what}`)
    .concat("pg_catalog.pg_locks", "pg_catalog.orrery_hot_path"),
);

export function mayPause(plan: LogicalPlan): boolean {
  return hasPause(plan);
}
/** A routine's body is not looked into: it may call what it likes. */
function hasPause(node: unknown): boolean {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return false;
  if (Array.isArray(node)) return node.some(hasPause);
  const typed = node as { readonly kind?: unknown; readonly functionId?: unknown; readonly provider?: unknown };
  if (typed.kind === "SystemScan") return asksOtherThreads.has(String(typed.provider));
  if (typeof typed.functionId === "string") {
    const name = typed.functionId.split("(")[0] as string;
    if (pausing.test(name) || routineId.oidOf(typed.functionId) !== undefined) return true;
  }
  return partsOf(node).some(hasPause);
}

export function mayWrite(plan: LogicalPlan): boolean {
  return hasEffect(plan);
}

/** Plans and expressions are plain trees of data: every node is reached by its properties. */
function hasEffect(node: unknown): boolean {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return false;
  if (Array.isArray(node)) return node.some(hasEffect);
  const typed = node as {
    readonly kind?: unknown;
    readonly functionId?: unknown;
    readonly volatility?: unknown;
    readonly provider?: unknown;
  };
  switch (typed.kind) {
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge":
    case "LockRows":
      return true;
    case "SystemScan":
      return asksOtherThreads.has(String(typed.provider));
    case "Constant":
    case "Parameter":
    case "ColumnReference":
      return false;
    case "FunctionCall":
      if (identifying.has(String(typed.functionId).split("(")[0] ?? "")) return true;
      if (typed.volatility === "volatile" && !harmless.has(String(typed.functionId).split("(")[0] ?? "")) return true;
      break;
    default:
      break;
  }
  return partsOf(node).some(hasEffect);
}

/** Columns call nothing, and a long chain of joins has very many of them: each join those of all below it. */
function partsOf(node: object): unknown[] {
  const parts: unknown[] = [];
  for (const [key, value] of Object.entries(node)) if (key !== "columns" && typeof value === "object") parts.push(value);
  return parts;
}
