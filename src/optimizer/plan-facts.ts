/** What the engine must know of a statement before it runs: does it write, may it run without a transaction. */
import type { LogicalPlan } from "../plan/index.js";
import { expressionsOf, inputsOf, isWrite, visit } from "./walk.js";

/** All nodes, those of subqueries included; a stack of our own, because nested generators cost their depth at each step. */
function* nodesOf(plan: LogicalPlan): Generator<LogicalPlan> {
  const stack = [plan];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    yield node;
    for (const input of inputsOf(node)) stack.push(input);
    for (const e of expressionsOf(node)) visit(e, (x) => x.kind === "Subquery" && stack.push(x.plan));
  }
}

export function writesDeep(plan: LogicalPlan): boolean {
  for (const node of nodesOf(plan)) if (isWrite(node)) return true;
  return false;
}

/** Scans that an execution may have open or open again: a scan below a lateral join or in a subquery counts as many. */
export function scanCount(plan: LogicalPlan): number {
  let count = 0;
  for (const node of nodesOf(plan)) {
    if (node.kind === "Scan" || node.kind === "SystemScan") count++;
    if (node.kind === "AppendScan") count += 2;
    if (node.kind === "Join" && node.lateral) count++;
    if (node.kind === "With" && node.tables.some((t) => t.recursive !== undefined)) count++;
    for (const e of expressionsOf(node))
      visit(e, (x) => {
        if (x.kind === "Subquery" || x.kind === "InList" || x.kind === "ArrayComparison") count++;
      });
  }
  return count;
}

export function usesVolatile(plan: LogicalPlan): boolean {
  for (const node of nodesOf(plan)) {
    let found = false;
    for (const e of expressionsOf(node))
      visit(e, (x) => {
        // What a function of the catalog reads must be of the statement's own snapshot.
        if (x.kind === "FunctionCall" && (x.volatility === "volatile" || x.functionId.includes(")#"))) found = true;
      });
    if (found) return true;
  }
  return false;
}
