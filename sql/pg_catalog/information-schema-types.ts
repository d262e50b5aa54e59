/** information_schema's columns about a type, the same in many of its views. */
import { collationByOid, collationOid, type DomainObject } from "../../src/catalog/index.js";
import { typeOids } from "../../src/functions/index.js";
import { type CollationReference, FIRST_USER_OID, type Oid, pgvectorTypes, TypeOid } from "../../src/types/index.js";
import type { Source } from "./provider.js";

export const binaryPrecision: Readonly<Record<Oid, number>> = {
  [TypeOid.int2]: 16,
  [TypeOid.int4]: 32,
  [TypeOid.int8]: 64,
  [TypeOid.float4]: 24,
  [TypeOid.float8]: 53,
};
const VARLENA_HEADER = 4;
/** A UTF-8 character takes at most four bytes. */
const CHARACTER_BYTES_MAX = 4;
const TEXT_OCTETS_MAX = 1_073_741_824;

/** What the catalog's own types are like, read once for a whole view. */
export interface TypeNames {
  schemaOf(type: Oid): string | null;
  domain(type: Oid): DomainObject | undefined;
}
export function typeNames(source: Source): TypeNames {
  const schemas = new Map<Oid, string | null>();
  const domains = new Map<Oid, DomainObject>();
  for (const object of source.catalog.objects()) {
    if (object.class === "type" && object.kind === "domain") domains.set(object.oid, object);
    if (object.class === "type" || object.class === "table" || object.class === "view")
      for (const oid of typeOids(object)) schemas.set(oid, source.catalog.schemaByOid(object.schema)?.name ?? null);
  }
  return {
    schemaOf: (type) => (pgvectorTypes.has(type) ? "public" : type < FIRST_USER_OID ? "pg_catalog" : (schemas.get(type) ?? null)),
    domain: (type) => domains.get(type),
  };
}
/** The type below all domains. */
export function baseOf(names: TypeNames, type: Oid): Oid {
  let oid = type;
  for (let domain = names.domain(oid); domain !== undefined; domain = names.domain(oid)) oid = domain.base;
  return oid;
}

/** data_type as a view has it that does not look through domains. */
export function typeWord(source: Source, oid: Oid): string | null {
  const type = source.registry.typeByOid(oid);
  if (type?.category === "A" && type.elementType !== 0) return "ARRAY";
  return pgvectorTypes.has(oid) || oid >= FIRST_USER_OID ? "USER-DEFINED" : (type?.displayName ?? null);
}

/** A domain's columns tell of the type beneath it. */
export function typeColumns(source: Source, names: TypeNames, given: Oid, givenTypmod: number, ownCollation?: CollationReference) {
  let oid = given;
  let typmod = givenTypmod;
  let collation = ownCollation;
  for (let domain = names.domain(oid); domain !== undefined; domain = names.domain(oid)) {
    typmod = domain.typmod;
    oid = domain.base;
    collation ??= domain.collation;
  }
  const type = source.registry.typeByOid(oid);
  const isDomain = oid !== given;
  const found = collation === undefined ? undefined : collationByOid(source.catalog, collationOid(collation));
  const shown = found?.provider === "default" ? undefined : found;
  return {
    data_type: typeWord(source, oid),
    ...limits(oid, typmod),
    collation_catalog: shown === undefined ? null : source.database,
    collation_schema: shown === undefined ? null : (source.catalog.schemaByOid(shown.schema)?.name ?? null),
    collation_name: shown?.name ?? null,
    domain_catalog: isDomain ? source.database : null,
    domain_schema: isDomain ? names.schemaOf(given) : null,
    domain_name: isDomain ? (source.registry.typeByOid(given)?.name ?? null) : null,
    udt_catalog: source.database,
    udt_schema: names.schemaOf(oid),
    udt_name: type?.name ?? null,
  };
}
function limits(oid: Oid, typmod: number) {
  const isString = oid === TypeOid.varchar || oid === TypeOid.bpchar;
  const length = isString && typmod !== -1 ? typmod - VARLENA_HEADER : null;
  const precision = binaryPrecision[oid];
  const isNumeric = oid === TypeOid.numeric && typmod !== -1;
  const isInteger = oid === TypeOid.int2 || oid === TypeOid.int4 || oid === TypeOid.int8;
  const isTime = oid === TypeOid.time || oid === TypeOid.timestamp || oid === TypeOid.timestamptz || oid === TypeOid.interval;
  return {
    character_maximum_length: length,
    character_octet_length: length === null ? (oid === TypeOid.text || isString ? TEXT_OCTETS_MAX : null) : length * CHARACTER_BYTES_MAX,
    numeric_precision: precision ?? (isNumeric ? ((typmod - VARLENA_HEADER) >> 16) & 0xffff : null),
    numeric_precision_radix: precision !== undefined ? 2 : oid === TypeOid.numeric ? 10 : null,
    numeric_scale: isInteger ? 0 : isNumeric ? (typmod - VARLENA_HEADER) & 0x7ff : null,
    datetime_precision: oid === TypeOid.date ? 0 : isTime ? (typmod === -1 ? 6 : typmod & 0xffff) : null,
  };
}
