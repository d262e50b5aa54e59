/** What system relations show of PostgreSQL's own functions beside their signatures. Read when first asked. */
import type { Oid } from "../../types/index.js";
import { functionPropertyFacts, functionSourceFacts } from "./function-property-facts.js";

export type FunctionProperty = "parallel" | "language" | "leakproof" | "cost" | "rows" | "support" | "acl";

let sources: ReadonlyMap<Oid, string> | undefined;
let properties: ReadonlyMap<FunctionProperty, ReadonlyMap<Oid, string>> | undefined;

/** The C function's name; undefined: it is the function's own. */
export function functionSource(oid: Oid): string | undefined {
  sources ??= new Map(groups(functionSourceFacts).flatMap(([source, oids]) => oids.map((o) => [o, source] as const)));
  return sources.get(oid);
}
/** Undefined: the usual. */
export function functionProperty(oid: Oid, property: FunctionProperty): string | undefined {
  properties ??= readProperties();
  return properties.get(property)?.get(oid);
}

function readProperties(): ReadonlyMap<FunctionProperty, ReadonlyMap<Oid, string>> {
  const all = new Map<FunctionProperty, Map<Oid, string>>();
  for (const [text, oids] of groups(functionPropertyFacts)) {
    const [property, value] = text.split("=") as [FunctionProperty, string];
    const values = all.get(property) ?? new Map<Oid, string>();
    all.set(property, values);
    for (const oid of oids) values.set(oid, value);
  }
  return all;
}
function groups(facts: string): [string, Oid[]][] {
  return facts
    .trim()
    .split("\n")
    .map((line) => {
      const [text = "", oids = ""] = line.split("|");
      return [text, oids.split(" ").map(Number)];
    });
}
