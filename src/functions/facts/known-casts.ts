/** All of PostgreSQL 15's casts, those of types that no value has here included: pg_cast lists them. Made when first asked. */
import type { CastSignature } from "../../types/index.js";
import { readCastFacts } from "./index.js";

let all: readonly CastSignature[] | undefined;

export function knownCasts(): readonly CastSignature[] {
  all ??= [...readCastFacts()];
  return all;
}
