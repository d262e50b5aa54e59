/**
 * Names of functions in PostgreSQL 15: those without a body are refused as not supported, where a name that PostgreSQL does not know
 * either is a missing function.
 */
import { functionFacts } from "./function-facts.js";

let names: ReadonlySet<string> | undefined;
/** Whether PostgreSQL 15 has a function of this name. Made at the first question, which only a failing statement asks. */
export function isPostgresFunction(name: string): boolean {
  names ??= new Set(functionFacts.split("\n").map((line) => line.split("|")[1] ?? ""));
  return name !== "" && names.has(name);
}
