/** Rows of the types, functions and memberships that the catalog holds: of pg_type, pg_proc, pg_enum, pg_range, pg_auth_members, pg_default_acl. */
import type { FunctionObject } from "../../src/catalog/index.js";
import { inputParameters, knownFunctions, typeOids } from "../../src/functions/index.js";
import type { Oid } from "../../src/types/index.js";
import { charArray } from "./char-array.js";
import { btreeClassOf } from "./operator-classes.js";
import { oidArray, oidVector, provide, type Source, textArray } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";

const KINDS: Readonly<Record<string, string>> = { enum: "e", domain: "d", composite: "c", range: "r", multirange: "m" };

export function* userTypeRows(source: Source): Iterable<NamedRow> {
  for (const object of source.catalog.objects()) {
    if (object.class !== "type" && object.class !== "table" && object.class !== "view") continue;
    for (const oid of typeOids(object)) {
      const type = source.registry.typeByOid(oid);
      if (type === undefined) continue;
      const isArray = type.category === "A" && type.kind === undefined;
      yield {
        oid,
        typname: type.name,
        typnamespace: object.schema,
        typowner: object.owner,
        typlen: type.kind === "enum" ? 4 : type.length,
        typbyval: type.kind === "enum",
        typtype: (type.kind === undefined ? undefined : KINDS[type.kind]) ?? "b",
        typcategory: type.category,
        typispreferred: false,
        typisdefined: true,
        typdelim: ",",
        typrelid: type.kind === "composite" ? oid : 0,
        typsubscript: isArray ? 6179 : 0,
        typelem: isArray ? type.elementType : 0,
        typarray: type.arrayType,
        typinput: 0,
        typoutput: 0,
        typreceive: 0,
        typsend: 0,
        typmodin: 0,
        typmodout: 0,
        typanalyze: 0,
        typalign: type.kind === "enum" ? "i" : "d",
        typstorage: type.kind === "enum" ? "p" : "x",
        typnotnull: object.class === "type" && object.kind === "domain" && object.notNull,
        typbasetype: type.base?.type ?? 0,
        typtypmod: type.base?.typmod ?? -1,
        typndims: 0,
        typcollation: type.base !== undefined && type.category === "S" ? 100 : 0,
        typdefaultbin: null,
        typdefault: object.class === "type" && object.kind === "domain" ? (object.defaultSql ?? null) : null,
        typacl: object.class === "type" && oid === object.oid ? source.acl(object.acl) : null,
      };
    }
  }
}

export function* domainConstraintRows(source: Source): Iterable<NamedRow> {
  for (const object of source.catalog.objects()) {
    if (object.class !== "type" || object.kind !== "domain") continue;
    for (const check of object.checks)
      yield {
        oid: check.oid,
        conname: check.name,
        connamespace: object.schema,
        contype: "c",
        condeferrable: false,
        condeferred: false,
        convalidated: check.validated,
        conrelid: 0,
        contypid: object.oid,
        conindid: 0,
        conparentid: 0,
        confrelid: 0,
        confupdtype: " ",
        confdeltype: " ",
        confmatchtype: " ",
        conislocal: true,
        coninhcount: 0,
        connoinherit: false,
        conkey: null,
        confkey: null,
        conbin: check.sql,
      };
  }
}

const LANGUAGES = { sql: 14, internal: 12, aggregate: 12 } as const;
const VOLATILITIES = { immutable: "i", stable: "s", volatile: "v" } as const;
const PARALLEL = { safe: "s", restricted: "r", unsafe: "u" } as const;
const MODES = { in: "i", out: "o", inout: "b", variadic: "v", table: "t" } as const;

export function* userProcRows(source: Source): Iterable<NamedRow> {
  for (const object of source.catalog.objects()) if (object.class === "function") yield procRow(source, object);
}
function procRow(source: Source, f: FunctionObject): NamedRow {
  const inputs = inputParameters(f);
  const onlyIn = f.parameters.every((p) => p.mode === "in");
  const last = inputs.at(-1);
  const variadic = last?.mode === "variadic" ? (source.registry.typeByOid(last.type)?.elementType ?? 0) : 0;
  return {
    oid: f.oid,
    proname: f.name,
    pronamespace: f.schema,
    proowner: f.owner,
    prolang: LANGUAGES[f.body.language],
    procost: f.cost,
    prorows: f.rows,
    provariadic: variadic,
    prosupport: 0,
    prokind: f.kind === "aggregate" ? "a" : f.kind === "procedure" ? "p" : "f",
    prosecdef: f.securityDefiner,
    proleakproof: f.leakproof,
    proisstrict: f.strict,
    proretset: f.returnsSet,
    provolatile: VOLATILITIES[f.volatility],
    proparallel: PARALLEL[f.parallel],
    pronargs: inputs.length,
    pronargdefaults: inputs.filter((p) => p.defaultSql !== undefined).length,
    prorettype: f.returnType,
    proargtypes: oidVector(inputs.map((p) => p.type)),
    proallargtypes: onlyIn ? null : oidArray(f.parameters.map((p) => p.type)),
    proargmodes: onlyIn ? null : charArray(f.parameters.map((p) => MODES[p.mode])),
    proargnames: f.parameters.some((p) => p.name !== "") ? textArray(f.parameters.map((p) => p.name)) : null,
    proargdefaults: inputs.some((p) => p.defaultSql !== undefined) ? inputs.flatMap((p) => p.defaultSql ?? []).join(", ") : null,
    prosrc: f.body.language === "aggregate" ? "aggregate_dummy" : f.body.language === "sql" && f.body.atomic ? "" : f.body.source,
    probin: null,
    prosqlbody: f.body.language === "sql" && f.body.atomic ? f.body.source : null,
    proconfig: f.settings.length === 0 ? null : textArray(f.settings.map((s) => `${s.name}=${s.value}`)),
    proacl: source.acl(f.acl),
  };
}

provide("pg_catalog.pg_enum", function* (source) {
  for (const object of source.catalog.objects())
    if (object.class === "type" && object.kind === "enum")
      for (const label of object.labels)
        yield { oid: label.oid, enumtypid: object.oid, enumsortorder: label.order, enumlabel: label.label };
});
const functionOid = (name: string): number => [...knownFunctions().values()].find((f) => f.name === name)?.oid ?? 0;
provide("pg_catalog.pg_range", function* (source) {
  for (const type of source.registry.types()) {
    // Both the range and its multirange carry the rules; the row is the range's.
    if (type.range === undefined || type.range.rangeType !== type.oid) continue;
    yield {
      rngtypid: type.oid,
      rngsubtype: type.range.subtype,
      rngmultitypid: type.range.multirangeType,
      rngcollation: 0,
      rngsubopc: btreeClassOf(type.range.subtype),
      rngcanonical: functionOid(`${type.name}_canonical`),
      rngsubdiff: functionOid(`${type.name}_subdiff`),
    };
  }
});
provide("pg_catalog.pg_auth_members", function* (source) {
  for (const object of source.catalog.objects())
    if (object.class === "membership")
      yield { roleid: object.role, member: object.member, grantor: object.grantor, admin_option: object.admin };
});
provide("pg_catalog.pg_default_acl", function* (source) {
  for (const object of source.catalog.objects())
    if (object.class === "defaultPrivileges")
      yield {
        oid: object.oid,
        defaclrole: object.owner,
        defaclnamespace: object.schema,
        defaclobjtype: object.objects,
        defaclacl: source.acl(object.acl),
      };
});

provide("information_schema.domains", function* (source) {
  for (const object of source.catalog.objects()) {
    if (object.class !== "type" || object.kind !== "domain") continue;
    const base = source.registry.typeByOid(object.base);
    const schema = source.catalog.schemaByOid(object.schema)?.name ?? null;
    yield {
      domain_catalog: source.database,
      domain_schema: schema,
      domain_name: object.name,
      data_type: base === undefined ? null : base.category === "A" ? "ARRAY" : base.oid >= 16384 ? "USER-DEFINED" : base.displayName,
      domain_default: object.defaultSql ?? null,
      udt_catalog: source.database,
      udt_schema: base !== undefined && base.oid >= 16384 ? schema : "pg_catalog",
      udt_name: base?.name ?? null,
      dtd_identifier: "1",
    };
  }
});

export type { Oid };
