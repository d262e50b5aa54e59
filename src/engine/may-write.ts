/** Whether a plan calls something that changes data or waits: such a statement runs in a transaction and to its end before it answers. */
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

export function mayWrite(plan: LogicalPlan): boolean {
  return hasEffect(plan);
}

/** Plans and expressions are plain trees of data: every node is reached by its properties. */
function hasEffect(node: unknown): boolean {
  if (typeof node !== "object" || node === null || ArrayBuffer.isView(node)) return false;
  if (Array.isArray(node)) return node.some(hasEffect);
  const typed = node as { readonly kind?: unknown; readonly functionId?: unknown; readonly volatility?: unknown };
  switch (typed.kind) {
    case "Insert":
    case "Update":
    case "Delete":
    case "Merge":
    case "LockRows":
      return true;
    case "Constant":
    case "Parameter":
    case "ColumnReference":
      return false;
    case "FunctionCall":
      if (typed.volatility === "volatile" && !harmless.has(String(typed.functionId).split("(")[0] ?? "")) return true;
      break;
    default:
      break;
  }
  for (const value of Object.values(node)) if (typeof value === "object" && hasEffect(value)) return true;
  return false;
}
