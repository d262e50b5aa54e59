/** What PostgreSQL says of its own functions, operators, types, access methods, languages and conversions. Read when first asked. */
import { encodingName, type Oid } from "../../types/index.js";
import { knownConversions } from "./conversions.js";
import { descriptionFacts } from "./description-facts.js";
import { knownFunctionIds } from "./known-functions.js";
import { knownOperators } from "./known-operators.js";

/** The system table that has the object, and its OID in pg_class. */
const TABLES: Readonly<Record<string, { readonly table: string; readonly oid: Oid }>> = {
  function: { table: "pg_proc", oid: 1255 },
  operator: { table: "pg_operator", oid: 2617 },
  type: { table: "pg_type", oid: 1247 },
  am: { table: "pg_am", oid: 2601 },
  conversion: { table: "pg_conversion", oid: 2607 },
  language: { table: "pg_language", oid: 2612 },
};

export interface KnownDescription {
  readonly object: Oid;
  readonly table: string;
  readonly tableOid: Oid;
  readonly text: string;
}

let byObject: ReadonlyMap<Oid, KnownDescription> | undefined;

/** By the object's OID: PostgreSQL's own are unique among the tables here. */
export function knownDescriptions(): ReadonlyMap<Oid, KnownDescription> {
  byObject ??= new Map([...readDescriptions()].map((d) => [d.object, d]));
  return byObject;
}

function* readDescriptions(): Iterable<KnownDescription> {
  const of = (kind: string, object: Oid, text: string): KnownDescription => {
    const { table, oid } = TABLES[kind]!;
    return { object, table, tableOid: oid, text };
  };
  // The first operator of a function names it; a description of its own comes later and wins.
  for (const { functionId, name } of [...knownOperators()].reverse()) {
    const oid = knownFunctionIds().get(functionId);
    if (oid !== undefined) yield of("function", oid, `implementation of ${name} operator`);
  }
  const encoding = (number: number) => (encodingName(number) ?? "").replace(/^ISO_8859_/, "ISO-8859-");
  for (const { oid, from, to } of knownConversions()) yield of("conversion", oid, `conversion for ${encoding(from)} to ${encoding(to)}`);
  for (const line of descriptionFacts.trim().split("\n")) {
    const [kind = "", oids = "", ...text] = line.split("|");
    for (const oid of oids.split(" ")) yield of(kind, Number(oid), text.join("|"));
  }
}
