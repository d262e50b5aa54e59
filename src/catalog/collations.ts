/** Collations: PostgreSQL's own (one per ICU locale) and users', found by name and OID. */
import { type CollationReference, DbError, type Oid } from "../types/index.js";
import { icuLocales } from "./icu-locales.js";
import { quoteIdentifier } from "./names.js";
import type { CollationObject } from "./objects.js";
import type { CatalogReader } from "./reader.js";
import { BOOTSTRAP_ROLE_OID, PG_CATALOG_OID } from "./well-known.js";

/** pg_collation.collencoding: of UTF8, and of every encoding. */
export const ENCODING_UTF8 = 6;
export const ENCODING_ANY = -1;
const FIRST_ICU_OID = 12342;

const own = { class: "collation", schema: PG_CATALOG_OID, owner: BOOTSTRAP_ROLE_OID, deterministic: true } as const;
const libc = (oid: Oid, name: string, encoding: number, locale = name): CollationObject => ({
  ...own,
  oid,
  name,
  provider: "libc",
  encoding,
  collate: locale,
  ctype: locale,
});

export const builtinCollations: readonly CollationObject[] = [
  { ...own, oid: 100, name: "default", provider: "default", encoding: ENCODING_ANY },
  libc(950, "C", ENCODING_ANY),
  libc(951, "POSIX", ENCODING_ANY),
  libc(12340, "ucs_basic", ENCODING_UTF8, "C"),
  libc(12341, "C.utf8", ENCODING_UTF8),
  ...icuLocales.map(
    (locale, i): CollationObject => ({
      ...own,
      oid: FIRST_ICU_OID + i,
      name: `${locale}-x-icu`,
      provider: "icu",
      encoding: ENCODING_ANY,
      icuLocale: locale,
    }),
  ),
];
/** What PostgreSQL's own collations are described as: the locale's name in English. */
export function collationDescription({ name, icuLocale }: CollationObject): string | undefined {
  if (icuLocale === "und") return "Unknown language";
  if (icuLocale !== undefined) return localeNames.of(icuLocale);
  return name === "default" ? "database's default collation" : name === "C" || name === "POSIX" ? `standard ${name} collation` : undefined;
}
const localeNames = new Intl.DisplayNames("en", { type: "language", languageDisplay: "standard" });

const byName = new Map(builtinCollations.map((c) => [c.name, c]));
const byOid = new Map(builtinCollations.map((c) => [c.oid, c]));

export function collationByOid(catalog: CatalogReader, oid: Oid): CollationObject | undefined {
  return byOid.get(oid) ?? catalog.userCollation(oid);
}
/** In the schema, or along the search path. */
export function findCollation(catalog: CatalogReader, schema: string | undefined, name: string): CollationObject | undefined {
  const schemas = schema === undefined ? catalog.searchPath : [catalog.schemaByName(schema)?.oid ?? 0];
  for (const oid of schemas) {
    const found = oid === PG_CATALOG_OID ? byName.get(name) : catalog.userCollationNamed(oid, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
/** @throws DbError 3F000, 42704 */
export function requireCollation(catalog: CatalogReader, names: readonly string[], position?: number): CollationObject {
  const place = position === undefined || position === 0 ? {} : { position };
  const schema = names.length > 1 ? names.at(-2) : undefined;
  if (schema !== undefined && catalog.schemaByName(schema) === undefined)
    throw new DbError({ sqlstate: "3F000", message: `schema "${schema}" does not exist`, ...place });
  const found = findCollation(catalog, schema, names.at(-1) ?? "");
  if (found === undefined)
    throw new DbError({ sqlstate: "42704", message: `collation "${names.join(".")}" for encoding "UTF8" does not exist`, ...place });
  return found;
}

/** As a stored definition keeps it; undefined: the default. */
export function collationReference(collation: CollationObject): CollationReference | undefined {
  if (collation.oid === 100) return undefined;
  return collation.schema === PG_CATALOG_OID ? collation.name : collation.oid;
}
/** OID behind a stored reference. Names of earlier versions that were accepted for the default order stand for it. */
export function collationOid(reference: CollationReference | undefined): Oid {
  if (typeof reference === "number") return reference;
  return (reference === undefined ? undefined : byName.get(reference))?.oid ?? 100;
}
/** Quoted, and qualified where the search path does not find it. */
export function collationText(catalog: CatalogReader, oid: Oid): string {
  const collation = collationByOid(catalog, oid);
  if (collation === undefined) return String(oid);
  const name = quoteIdentifier(collation.name);
  if (findCollation(catalog, undefined, collation.name)?.oid === oid) return name;
  return `${quoteIdentifier(catalog.schemaByOid(collation.schema)?.name ?? "")}.${name}`;
}
/** Orders otherwise than bytes do. */
export const isIcu = (collation: CollationObject): boolean => collation.provider === "icu";
