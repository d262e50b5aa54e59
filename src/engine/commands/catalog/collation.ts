/** CREATE COLLATION and ALTER COLLATION … REFRESH VERSION. */
import { type CollationObject, ENCODING_ANY, ENCODING_UTF8, requireCollation } from "../../../catalog/index.js";
import { actualVersion, requireLocale } from "../../../functions/index.js";
import type { Command, QualifiedName } from "../../../plan/index.js";
import { DbError } from "../../../types/index.js";
import type { DefinitionContext } from "../context.js";
import { requireCreateOn } from "./grant.js";
import { requireOwner } from "./ownership.js";

type Create = Extract<Command, { kind: "CreateCollation" }>;
type Facts = Pick<CollationObject, "provider" | "deterministic" | "encoding" | "collate" | "ctype" | "icuLocale" | "version">;

const invalid = (message: string) => new DbError({ sqlstate: "42P17", message });
const namesOf = (name: QualifiedName): readonly string[] => (name.schema === undefined ? [name.name] : [name.schema, name.name]);
/** Locales of the C library that every system has: byte order in all of them. */
const LIBC_LOCALES = new Set(["C", "POSIX", "C.utf8", "C.UTF-8"]);

export function createCollation(context: DefinitionContext, command: Create): void {
  const schema = context.creationSchema(command.name);
  requireCreateOn(context, schema);
  const facts = command.from === undefined ? written(command) : copied(context, command.from);
  const { name } = command.name;
  const existing = context.snapshot.collation(schema.oid, name);
  if (existing !== undefined) {
    const inWords = existing.encoding === ENCODING_ANY || facts.encoding === ENCODING_ANY ? "" : ' for encoding "UTF8"';
    const message = `collation "${name}"${inWords} already exists`;
    if (!command.ifNotExists) throw new DbError({ sqlstate: "42710", message });
    return context.notice(`${message}, skipping`, "42710");
  }
  if (facts.icuLocale !== undefined) requireLocale(facts.icuLocale);
  for (const locale of [facts.collate, facts.ctype])
    if (locale !== undefined && !LIBC_LOCALES.has(locale))
      throw new DbError({
        sqlstate: "22023",
        message: `could not create locale "${locale}": No such file or directory`,
        detail: `The operating system could not find any locale data for the locale name "${locale}".`,
      });
  const version = facts.version ?? actualVersion(facts.icuLocale) ?? undefined;
  const object: CollationObject = {
    class: "collation",
    oid: context.newOid(),
    schema: schema.oid,
    name,
    owner: context.owner,
    ...facts,
    ...(version === undefined ? {} : { version }),
  };
  context.put(object);
}

function copied(context: DefinitionContext, from: QualifiedName): Facts {
  const source = requireCollation(context.catalog, namesOf(from));
  if (source.provider === "default") throw invalid('collation "default" cannot be copied');
  const { provider, deterministic, encoding, collate, ctype, icuLocale } = source;
  return {
    provider,
    deterministic,
    encoding,
    ...(collate === undefined ? {} : { collate }),
    ...(ctype === undefined ? {} : { ctype }),
    ...(icuLocale === undefined ? {} : { icuLocale }),
  };
}

function written({ provider, locale, collate, ctype, deterministic, version }: Create): Facts {
  const kind = provider === undefined ? "libc" : provider.toLowerCase();
  if (kind !== "libc" && kind !== "icu") throw invalid(`unrecognized collation provider: ${provider}`);
  const own = version === undefined ? {} : { version };
  if (kind === "icu") {
    if (locale === undefined) throw invalid('parameter "locale" must be specified');
    return { provider: "icu", deterministic, encoding: ENCODING_ANY, icuLocale: locale, ...own };
  }
  const [order, letters] = [collate ?? locale, ctype ?? locale];
  if (order === undefined) throw invalid('parameter "lc_collate" must be specified');
  if (letters === undefined) throw invalid('parameter "lc_ctype" must be specified');
  if (!deterministic) throw new DbError({ sqlstate: "0A000", message: "nondeterministic collations not supported with this provider" });
  return { provider: "libc", deterministic, encoding: ENCODING_UTF8, collate: order, ctype: letters, ...own };
}

export function refreshCollation(context: DefinitionContext, command: Extract<Command, { kind: "RefreshCollation" }>): void {
  const collation = requireCollation(context.catalog, namesOf(command.name));
  requireOwner(context, collation);
  const actual = actualVersion(collation.icuLocale) ?? undefined;
  if (collation.version === undefined || collation.version === actual)
    return context.session.notice("NOTICE", "00000", "version has not changed");
  context.session.notice("NOTICE", "00000", `changing version from ${collation.version} to ${actual}`);
  context.put({ ...collation, ...(actual === undefined ? {} : { version: actual }) });
}
