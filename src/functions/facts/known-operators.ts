/** All of PostgreSQL 15's operators, those whose types no value has here included: system relations name them. Made when first asked. */
import type { OperatorSignature } from "../../types/index.js";
import { readOperatorFacts } from "./index.js";

let all: readonly OperatorSignature[] | undefined;

export function knownOperators(): readonly OperatorSignature[] {
  all ??= [...readOperatorFacts()];
  return all;
}
