/**
 * Whether judging a condition can tell about the values it reads otherwise than by its answer: by an error that quotes them, a notice, a side
 * effect. Only what cannot may be judged before a barrier (row level security, security_barrier) has hidden rows.
 * Source: contain_leaked_vars of PostgreSQL's clauses.c. Departure: comparisons of every built-in type count as safe, not only some.
 */
import type { Expression } from "../plan/index.js";
import { FIRST_USER_OID } from "../types/index.js";
import { childrenOf, hasSubquery } from "./walk.js";

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<>", "<", "<=", ">", ">="]);
const SAFE: ReadonlySet<Expression["kind"]> = new Set([
  "Constant", "Parameter", "ColumnReference", "And", "Or", "Not", "NullTest", "BooleanTest", "Relabel", "InList", "ArrayComparison", "DistinctTest", "Coalesce",
]); // biome-ignore format: a list

export function isLeakproof(e: Expression): boolean {
  if (hasSubquery(e)) return false;
  if (e.kind === "FunctionCall") {
    const isComparison = e.syntax.form === "operator" && COMPARISONS.has(e.syntax.name) && e.args.every((arg) => arg.type < FIRST_USER_OID);
    // A call that reads no column has nothing to tell.
    return isComparison ? e.args.every(isLeakproof) : !readsColumns(e);
  }
  if (!SAFE.has(e.kind)) return !readsColumns(e);
  return childrenOf(e).every(isLeakproof);
}
function readsColumns(e: Expression): boolean {
  return e.kind === "ColumnReference" || childrenOf(e).some(readsColumns);
}
