/** The domains of the schema information_schema, which its columns are of in PostgreSQL and which casts and definitions may name. */
import { type Datum, DbError, type Oid, type SqlType } from "../../types/index.js";
import { arrayBodies } from "./array.js";

interface DomainFact {
  /** PostgreSQL gives these OIDs when a cluster is made; 15's are taken. */
  readonly oid: Oid;
  readonly arrayOid: Oid;
  readonly name: string;
  readonly base: string;
  readonly typmod: number;
  readonly defaultSql?: string;
  readonly check?: BuiltInCheck;
}
export interface BuiltInCheck {
  readonly name: string;
  readonly holds: (value: Exclude<Datum, null>) => boolean;
}

const SCHEMA = "information_schema";
const facts: readonly DomainFact[] = [
  {
    oid: 13221,
    arrayOid: 13220,
    name: "cardinal_number",
    base: "int4",
    typmod: -1,
    check: { name: "cardinal_number_domain_check", holds: (value) => (value as number) >= 0 },
  },
  { oid: 13224, arrayOid: 13223, name: "character_data", base: "varchar", typmod: -1 },
  { oid: 13226, arrayOid: 13225, name: "sql_identifier", base: "name", typmod: -1 },
  { oid: 13232, arrayOid: 13231, name: "time_stamp", base: "timestamptz", typmod: 2, defaultSql: "CURRENT_TIMESTAMP(2)" },
  {
    oid: 13234,
    arrayOid: 13233,
    name: "yes_or_no",
    base: "varchar",
    typmod: 7,
    check: { name: "yes_or_no_check", holds: (value) => value === "YES" || value === "NO" },
  },
];

/** undefined: not one of these domains, or one without a check. */
export const builtInCheck = (domain: Oid): BuiltInCheck | undefined => facts.find((fact) => fact.oid === domain)?.check;

/** @throws DbError 23514; undefined: not one of these domains */
export function builtInDomainCheck(domain: Oid): ((value: Datum) => Datum) | undefined {
  const fact = facts.find((one) => one.oid === domain);
  if (fact === undefined) return undefined;
  return (value) => {
    if (value === null || fact.check === undefined || fact.check.holds(value)) return value;
    throw new DbError({
      sqlstate: "23514",
      message: `value for domain ${SCHEMA}.${fact.name} violates check constraint "${fact.check.name}"`,
      schema: SCHEMA,
      dataType: fact.name,
      constraint: fact.check.name,
    });
  };
}

export function makeInformationSchemaTypes(typeByName: (name: string) => SqlType): readonly SqlType[] {
  return facts.flatMap((fact) => {
    const base = typeByName(fact.base);
    const check = builtInDomainCheck(fact.oid)!;
    const displayName = `${SCHEMA}.${fact.name}`;
    const { parseModifier: _parse, coerceModifier: _coerce, ...same } = base;
    const domain: SqlType = {
      ...same,
      oid: fact.oid,
      name: fact.name,
      displayName,
      schema: SCHEMA,
      elementType: 0,
      arrayType: fact.arrayOid,
      preferred: false,
      kind: "domain",
      base: { type: base.oid, typmod: fact.typmod },
      ...(fact.base === "varchar" ? { collation: "C" } : {}),
      ...(fact.defaultSql === undefined ? {} : { defaultSql: fact.defaultSql }),
      formatModifier: () => "",
      input: (text, _typmod, context) => check(base.input(text, fact.typmod, context)),
      receive: (bytes) => check(base.receive(bytes, fact.typmod)),
    };
    const array: SqlType = {
      oid: fact.arrayOid,
      name: `_${fact.name}`,
      displayName: `${displayName}[]`,
      schema: SCHEMA,
      category: "A",
      preferred: false,
      length: -1,
      elementType: fact.oid,
      arrayType: 0,
      formatModifier: () => "",
      ...arrayBodies(domain),
    };
    return [domain, array];
  });
}
