/** All of PostgreSQL 15's functions by OID and name, those without a body here included: system relations name them. Made when first asked. */
import type { FunctionSignature, Oid } from "../../types/index.js";
import { readFunctionFacts } from "./index.js";

let all: ReadonlyMap<Oid, FunctionSignature> | undefined;
let counts: ReadonlyMap<string, number> | undefined;

export function knownFunctions(): ReadonlyMap<Oid, FunctionSignature> {
  all ??= new Map([...readFunctionFacts(() => true)].map((signature) => [signature.oid, signature]));
  return all;
}
/** How many functions have this name: regproc qualifies a name that is not the only one. */
export function knownFunctionCount(name: string): number {
  if (counts === undefined) {
    const made = new Map<string, number>();
    for (const { name: known } of knownFunctions().values()) made.set(known, (made.get(known) ?? 0) + 1);
    counts = made;
  }
  return counts.get(name) ?? 0;
}
let ids: ReadonlyMap<string, Oid> | undefined;
/** OIDs by id: name and types of arguments. */
export function knownFunctionIds(): ReadonlyMap<string, Oid> {
  ids ??= new Map([...knownFunctions().values()].map((f) => [f.id, f.oid]));
  return ids;
}
