/** Rows of the types, functions and memberships that the catalog holds: of pg_type, pg_proc, pg_enum, pg_range, pg_auth_members, pg_default_acl. */
import { collationOid, type FunctionObject } from "../../src/catalog/index.js";
import { inputParameters, knownFunctions, typeOids } from "../../src/functions/index.js";
import { FIRST_USER_OID, type Oid } from "../../src/types/index.js";
import { charArray } from "./char-array.js";
import { btreeClassOf } from "./operator-classes.js";
import { oidArray, oidVector, provide, type Source, textArray } from "./provider.js";
import type { NamedRow } from "./relation-shape.js";
import { typeFacts } from "./type-facts.js";

const KINDS: Readonly<Record<string, string>> = { enum: "e", domain: "d", composite: "c", range: "r", multirange: "m" };

/** typcollation; 0: the type has none. */
export function collationOfType(source: Source, type: Oid): Oid {
  const own = source.registry.typeByOid(type);
  if (own?.collation !== undefined) return collationOid(own.collation);
  if (own?.base !== undefined) return collationOfType(source, own.base.type);
  if (own !== undefined && type >= FIRST_USER_OID && own.category === "A" && own.kind === undefined)
    return collationOfType(source, own.elementType);
  return type >= FIRST_USER_OID ? 0 : typeFacts(type).collation;
}

export function* userTypeRows(source: Source): Iterable<NamedRow> {
  for (const object of source.catalog.objects()) {
    if (object.class !== "type" && object.class !== "table" && object.class !== "view") continue;
    for (const oid of typeOids(object)) {
      const type = source.registry.typeByOid(oid);
      if (type === undefined) continue;
      const isArray = type.category === "A" && type.kind === undefined;
      const functions = functionsOf(source, oid);
      yield {
        oid,
        typname: type.name,
        typnamespace: object.schema,
        typowner: object.owner,
        typlen: lengthOf(source, oid),
        typbyval: isByValue(source, oid),
        typtype: (type.kind === undefined ? undefined : KINDS[type.kind]) ?? "b",
        typcategory: type.category,
        typispreferred: false,
        typisdefined: true,
        typdelim: ",",
        typrelid: type.kind === "composite" ? oid : 0,
        typsubscript: isArray ? 6179 : 0,
        typelem: isArray ? type.elementType : 0,
        typarray: type.arrayType,
        typinput: functions.input,
        typoutput: functions.output,
        typreceive: functions.receive,
        typsend: functions.send,
        typmodin: 0,
        typmodout: 0,
        typanalyze: functions.analyze,
        typalign: alignmentOf(source, oid),
        typstorage: storageOf(source, oid),
        typnotnull: oid === object.oid && object.class === "type" && object.kind === "domain" && object.notNull,
        typbasetype: type.base?.type ?? 0,
        typtypmod: type.base?.typmod ?? -1,
        typndims: 0,
        typcollation: collationOfType(source, type.oid),
        typdefaultbin: object.class === "type" && object.kind === "domain" ? (source.definitions.typeDefault?.(object.oid) ?? null) : null,
        typdefault: object.class === "type" && object.kind === "domain" ? (source.definitions.typeDefault?.(object.oid) ?? null) : null,
        typacl: object.class === "type" && oid === object.oid ? source.acl(object.acl) : null,
      };
    }
  }
}

/** Which of PostgreSQL's functions read and write a type's values, by OID. */
interface TypeFunctions {
  readonly input: Oid;
  readonly output: Oid;
  readonly receive: Oid;
  readonly send: Oid;
  readonly analyze: Oid;
}
const FUNCTIONS: Readonly<Record<string, TypeFunctions>> = {
  array: { input: 750, output: 751, receive: 2400, send: 2401, analyze: 3816 },
  composite: { input: 2290, output: 2291, receive: 2402, send: 2403, analyze: 0 },
  enum: { input: 3506, output: 3507, receive: 3532, send: 3533, analyze: 0 },
  range: { input: 3834, output: 3835, receive: 3836, send: 3837, analyze: 3916 },
  multirange: { input: 4231, output: 4232, receive: 4233, send: 4234, analyze: 4242 },
};
export const DOMAIN_IN = 2597;
export const DOMAIN_RECEIVE = 2598;

function functionsOf(source: Source, oid: Oid): TypeFunctions {
  const type = source.registry.typeByOid(oid);
  if (type?.base !== undefined) return { ...functionsOf(source, type.base.type), input: DOMAIN_IN, receive: DOMAIN_RECEIVE };
  const own = FUNCTIONS[type?.kind ?? (type?.category === "A" ? "array" : "")];
  if (own !== undefined) return own;
  const { input, output, receive, send } = typeFacts(oid);
  return { input, output, receive, send, analyze: 0 };
}
/** A domain is kept as its base type. */
export const keptAs = (source: Source, oid: Oid): Oid => {
  const base = source.registry.typeByOid(oid)?.base;
  return base === undefined ? oid : keptAs(source, base.type);
};
export const lengthOf = (source: Source, oid: Oid): number => {
  const kept = keptAs(source, oid);
  if (kept < FIRST_USER_OID) return typeFacts(kept).length;
  const type = source.registry.typeByOid(kept);
  return type?.kind === "enum" ? 4 : (type?.length ?? -1);
};
export const isByValue = (source: Source, oid: Oid): boolean => {
  const kept = keptAs(source, oid);
  return kept < FIRST_USER_OID ? typeFacts(kept).byValue : source.registry.typeByOid(kept)?.kind === "enum";
};
/** Arrays are aligned as their elements, but never to less than their own header needs. */
export function alignmentOf(source: Source, oid: Oid): string {
  const kept = keptAs(source, oid);
  if (kept < FIRST_USER_OID) return typeFacts(kept).align;
  const type = source.registry.typeByOid(kept);
  if (type?.kind === "enum") return "i";
  if (type?.kind === undefined && type?.category === "A") return alignmentOf(source, type.elementType) === "d" ? "d" : "i";
  if (type?.range === undefined) return "d";
  return alignmentOf(source, type.range.subtype) === "d" ? "d" : "i";
}

/** typstorage: a domain's is its base type's; enums are numbers; anything else of the catalog's own may be compressed. */
export function storageOf(source: Source, oid: Oid): string {
  if (oid < FIRST_USER_OID) return typeFacts(oid).storage;
  const type = source.registry.typeByOid(oid);
  if (type?.base !== undefined) return storageOf(source, type.base.type);
  return type?.kind === "enum" ? "p" : "x";
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
        conbin: source.definitions.constraintDefinition(check.oid, false)?.slice("CHECK (".length, -1) ?? null,
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
    proargdefaults: inputs.some((p) => p.defaultSql !== undefined) ? defaultsOf(source, f) : null,
    prosrc: f.body.language === "aggregate" ? "aggregate_dummy" : f.body.language === "sql" && f.body.atomic ? "" : f.body.source,
    probin: null,
    prosqlbody: source.definitions.routineText?.(f.oid, "body") ?? null,
    proconfig: f.settings.length === 0 ? null : textArray(f.settings.map((s) => `${s.name}=${s.value}`)),
    proacl: source.acl(f.acl),
  };
}

const defaultsOf = (source: Source, f: FunctionObject): string =>
  inputParameters(f)
    .flatMap((p, i) => (p.defaultSql === undefined ? [] : [source.definitions.parameterDefault?.(f.oid, i + 1) ?? p.defaultSql]))
    .join(", ");

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

export type { Oid };
