/**
 * SQL kept in the catalog names sequences by OID, so that renaming a sequence does not break the defaults that use it:
 * `nextval('public.t_id_seq'::regclass)` is stored as `nextval('16390'::regclass)` and printed with its name again.
 */
import type { SessionCatalogReader } from "../../catalog/index.js";

const call = /\b(nextval|currval)\s*\(\s*'((?:[^']|'')+)'(?:::(?:pg_catalog\.)?(?:regclass|text)(?:\)?::regclass)?)?\s*\)/gi;

export function toStoredSql(sql: string, catalog: SessionCatalogReader): string {
  return sql.replace(call, (whole, name: string, text: string) => {
    if (/^\d+$/.test(text)) return whole;
    const parts = splitName(text.replaceAll("''", "'"));
    const relation = parts === undefined ? undefined : catalog.relation(parts.schema, parts.name);
    return relation?.class === "sequence" ? `${name.toLowerCase()}('${relation.oid}'::regclass)` : whole;
  });
}

/** `printName` gives a relation's name as the reader's search path needs it. */
export function fromStoredSql(sql: string, printName: (oid: number) => string | undefined): string {
  return sql.replace(/\b(nextval|currval)\('(\d+)'::regclass\)/g, (whole, name: string, oid: string) => {
    const printed = printName(Number(oid));
    return printed === undefined ? whole : `${name}('${printed.replaceAll("'", "''")}'::regclass)`;
  });
}

/** The sequences that stored SQL uses. */
export function sequencesIn(sql: string): readonly number[] {
  return [...sql.matchAll(/\b(?:nextval|currval)\('(\d+)'::regclass\)/g)].map((match) => Number(match[1]));
}

function splitName(text: string): { schema: string | undefined; name: string } | undefined {
  const parts: string[] = [];
  const pattern = /(?:"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_$]*))(\.|$)/gy;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    parts.push(match[1] !== undefined ? match[1].replaceAll('""', '"') : (match[2] as string).toLowerCase());
  }
  if (parts.length === 0 || parts.length > 2) return undefined;
  return parts.length === 2 ? { schema: parts[0], name: parts[1] as string } : { schema: undefined, name: parts[0] as string };
}
