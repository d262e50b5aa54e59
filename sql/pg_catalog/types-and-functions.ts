/** pg_type, pg_proc, pg_operator, pg_cast and the methods around them: what the function registry has, no more. */
import { builtinCollations, type CollationObject, PG_CATALOG_OID, PUBLIC_OID } from "../../src/catalog/index.js";
import {
  actualVersion,
  type FunctionProperty,
  functionProperty,
  functionSource,
  knownCasts,
  knownConversions,
  knownFunctionIds,
  knownFunctions,
  knownOperators,
  knownTypes,
  outColumnsOf,
  registry,
} from "../../src/functions/index.js";
import {
  CollationOid,
  FIRST_USER_OID,
  type FunctionSignature,
  type Oid,
  type OperatorSignature,
  pgvectorTypes,
  type SqlType,
  TypeOid,
} from "../../src/types/index.js";
import { charArray } from "./char-array.js";
import { functionAcl } from "./function-acl.js";
import { oidArray, oidVector, provide, type Source, textArray } from "./provider.js";
import { type StorageFacts, typeFacts } from "./type-facts.js";
import { DOMAIN_IN, DOMAIN_RECEIVE, userProcRows, userTypeRows } from "./user-rows.js";

const OWNER = 10;
const INTERNAL_LANGUAGE = 12;
const C_LANGUAGE = 13;

function schemaOid(source: Source, name: string): Oid {
  return name === "pg_catalog" ? PG_CATALOG_OID : (source.catalog.schemaByName(name)?.oid ?? PUBLIC_OID);
}
const isPgvector = (oid: Oid) => pgvectorTypes.has(oid);
export const hasVector = (source: Source) => [...source.catalog.objects()].some((o) => o.class === "extension" && o.name === "vector");

/** Types that PostgreSQL has and that no value has here (xml, internal, …): functions and operators speak of them. */
const typesByName: readonly ListedType[] = knownTypes.filter(({ oid }) => registry.typeByOid(oid) === undefined);
type ListedType = Pick<SqlType, "oid" | "name" | "length" | "category" | "preferred" | "elementType" | "arrayType"> &
  Pick<Partial<SqlType>, "schema" | "base" | "defaultSql" | "collation">;

/** domain_in and domain_recv; the rest is the base type's. An array lies as its elements do. */
function storageFactsOf(type: ListedType): StorageFacts {
  const element = type.schema === undefined ? undefined : registry.typeByOid(type.elementType);
  if (element?.base !== undefined) {
    const collation = storageFactsOf(element).collation;
    return { ...typeFacts(registry.typeByOid(element.base.type)?.arrayType ?? 0), collation };
  }
  if (type.base === undefined) return typeFacts(type.oid);
  const below = typeFacts(type.base.type);
  const collation = type.collation === "C" ? CollationOid.c : below.collation;
  return { ...below, kind: "d", input: DOMAIN_IN, receive: DOMAIN_RECEIVE, modifierIn: 0, modifierOut: 0, collation };
}

/** array_subscript_handler, raw_array_subscript_handler (of types of fixed length that look like arrays), jsonb_subscript_handler. */
const subscriptHandler = ({ oid, elementType, length }: ListedType): Oid =>
  oid === TypeOid.jsonb ? 6098 : elementType === 0 ? 0 : length < 0 ? 6179 : 6180;

provide("pg_catalog.pg_type", function* (source) {
  yield* userTypeRows(source);
  const vector = hasVector(source);
  for (const type of [...registry.types(), ...typesByName] as ListedType[]) {
    if (isPgvector(type.oid) && !vector) continue;
    const facts = storageFactsOf(type);
    yield {
      oid: type.oid,
      typname: type.name,
      typnamespace: isPgvector(type.oid) ? PUBLIC_OID : schemaOid(source, type.schema ?? "pg_catalog"),
      typowner: OWNER,
      typlen: type.length,
      typbyval: facts.byValue,
      typtype: type.category === "P" ? "p" : facts.kind,
      typcategory: type.category,
      typispreferred: type.preferred,
      typisdefined: true,
      typdelim: facts.delimiter,
      typrelid: 0,
      typsubscript: subscriptHandler(type),
      typelem: type.elementType,
      typarray: type.arrayType,
      typinput: facts.input,
      typoutput: facts.output,
      typreceive: facts.receive,
      typsend: facts.send,
      typmodin: facts.modifierIn,
      typmodout: facts.modifierOut,
      typanalyze: 0,
      typalign: facts.align,
      typstorage: facts.storage,
      typnotnull: false,
      typbasetype: type.base?.type ?? 0,
      typtypmod: type.base?.typmod ?? -1,
      typndims: 0,
      typcollation: facts.collation,
      typdefaultbin: null,
      typdefault: type.defaultSql ?? null,
      typacl: null,
    };
  }
});

const volatilities = { immutable: "i", stable: "s", volatile: "v" } as const;
const inMode = (f: FunctionSignature, i: number) => (f.variadic !== undefined && i === f.argTypes.length - 1 ? "v" : "i");
function procRow(source: Source, f: FunctionSignature) {
  const isSet = f.kind === "set";
  const outs = outColumnsOf(f);
  const own = (property: FunctionProperty) => functionProperty(f.oid, property);
  return {
    oid: f.oid,
    proname: f.name,
    pronamespace: schemaOid(source, f.schema),
    proowner: OWNER,
    prolang: own("language") === "c" ? C_LANGUAGE : INTERNAL_LANGUAGE,
    procost: Number(own("cost") ?? 1),
    prorows: isSet ? Number(own("rows") ?? 1000) : 0,
    provariadic: f.variadic ?? 0,
    prosupport: Number(own("support") ?? 0),
    prokind: f.kind === "aggregate" ? "a" : f.kind === "window" ? "w" : "f",
    prosecdef: false,
    proleakproof: own("leakproof") === "t",
    proisstrict: f.strict && f.kind !== "aggregate",
    proretset: isSet,
    provolatile: volatilities[f.volatility],
    proparallel: own("parallel") ?? "s",
    pronargs: f.argTypes.length,
    pronargdefaults: f.defaults?.length ?? 0,
    prorettype: f.returnType,
    proargtypes: oidVector(f.argTypes),
    proallargtypes: outs.length === 0 ? null : oidArray([...f.argTypes, ...outs.map((c) => c.type)]),
    proargmodes: outs.length === 0 ? null : charArray([...f.argTypes.map((_, i) => inMode(f, i)), ...outs.map(() => "o")]),
    proargnames:
      f.argNames === undefined && outs.length === 0
        ? null
        : textArray([...(f.argNames ?? f.argTypes.map(() => "")), ...outs.map((c) => c.name)]),
    prosrc: f.kind === "aggregate" ? "aggregate_dummy" : (functionSource(f.oid) ?? f.name),
    proacl: source.acl(functionAcl(f.oid)),
  };
}
let builtinFunctions: ReadonlyMap<Oid, FunctionSignature> | undefined;
/** All that PostgreSQL has (what cannot be run here is refused by name when it is called) and what the registry has beside it. Made when first asked. */
function functionsByOid(): ReadonlyMap<Oid, FunctionSignature> {
  if (builtinFunctions === undefined) {
    const all = new Map(knownFunctions());
    // Some have no OID: what the binder makes of syntax.
    for (const f of registry.functions()) if (f.oid !== 0 && f.oid < FIRST_USER_OID && !all.has(f.oid)) all.set(f.oid, f);
    builtinFunctions = all;
  }
  return builtinFunctions;
}
provide("pg_catalog.pg_proc", function* (source) {
  const vector = hasVector(source);
  const wanted = source.wanted("oid");
  const builtin = functionsByOid();
  const one = typeof wanted === "number" ? builtin.get(wanted) : undefined;
  for (const f of typeof wanted !== "number" ? builtin.values() : one === undefined ? [] : [one])
    if (vector || f.schema !== "public") yield procRow(source, f);
  if (one === undefined) yield* userProcRows(source);
});

/** Equality that no merge join and no hashing can use. */
const neverMerged = new Set<Oid>([352, 353, 385, 503, 792, 974, 1500, 1535, 1616]);
const neverHashed = new Set<Oid>([353, 503, 792, 900, 1500, 1535, 1616, 1784, 1804, 2347, 2360, 2373, 2386, 2536, 2542, 3629, 3676]);

provide("pg_catalog.pg_operator", function* (source) {
  const vector = hasVector(source);
  const find = (name: string | undefined, left: Oid, right: Oid) =>
    name === undefined ? 0 : (source.registry.operatorsByName(name).find((o) => o.left === left && o.right === right)?.oid ?? 0);
  const owns = new Map([...source.catalog.objects()].flatMap((o) => (o.class === "operator" ? [[o.oid, o] as const] : [])));
  const own = (oid: Oid) => owns.get(oid);
  const estimator = (name = "") => (name === "" ? 0 : ([...knownFunctions().values()].find((f) => f.name === name)?.oid ?? 0));
  const functionOid = (o: OperatorSignature) =>
    knownFunctionIds().get(o.functionId) ?? source.registry.functionById(o.functionId)?.oid ?? 0;
  // All that PostgreSQL has, as of functions, and what the registry has beside it.
  for (const o of new Map([...knownOperators(), ...source.registry.operators()].map((o) => [o.oid, o])).values()) {
    if (o.oid < FIRST_USER_OID && o.schema === "public" && !vector) continue;
    yield {
      oid: o.oid,
      oprname: o.name,
      oprnamespace: schemaOid(source, o.schema),
      oprowner: OWNER,
      oprkind: o.left === 0 ? "l" : "b",
      oprcanmerge: own(o.oid)?.merges ?? (/^\*?=$/.test(o.name) && !neverMerged.has(o.oid)),
      oprcanhash: own(o.oid)?.hashes ?? (o.name === "=" && !neverHashed.has(o.oid)),
      oprleft: o.left,
      oprright: o.right,
      oprresult: o.result,
      oprcom: own(o.oid)?.commutator ?? find(o.commutator, o.right, o.left),
      oprnegate: own(o.oid)?.negator ?? find(o.negator, o.left, o.right),
      oprcode: own(o.oid)?.functionOid ?? functionOid(o),
      oprrest: estimator(own(o.oid)?.restrict),
      oprjoin: estimator(own(o.oid)?.join),
    };
  }
});

provide("pg_catalog.pg_cast", function* (source) {
  let oid = 10_100;
  const own = new Map(
    [...source.catalog.objects()].flatMap((o) => (o.class === "cast" ? [[`${o.source} ${o.target}`, o.oid] as const] : [])),
  );
  const vector = hasVector(source);
  const functionOid = (id: string) => knownFunctionIds().get(id) ?? source.registry.functionById(id)?.oid ?? 0;
  // All that PostgreSQL has, as of functions, and what the registry has beside it.
  const casts = new Map([...knownCasts(), ...source.registry.casts()].map((c) => [`${c.source} ${c.target}`, c]));
  for (const c of casts.values()) {
    if (!vector && (isPgvector(c.source) || isPgvector(c.target))) continue;
    yield {
      oid: own.get(`${c.source} ${c.target}`) ?? oid++,
      castsource: c.source,
      casttarget: c.target,
      castfunc: c.method.kind === "function" ? functionOid(c.method.functionId) : 0,
      castcontext: c.context === "implicit" ? "i" : c.context === "assignment" ? "a" : "e",
      castmethod: c.method.kind === "function" ? "f" : c.method.kind === "binary" ? "b" : "i",
    };
  }
});

provide("pg_catalog.pg_language", function* () {
  const row = { lanowner: OWNER, lanispl: false, lanplcallfoid: 0, laninline: 0 };
  yield { ...row, oid: 12, lanname: "internal", lanpltrusted: false, lanvalidator: 2246 };
  yield { ...row, oid: C_LANGUAGE, lanname: "c", lanpltrusted: false, lanvalidator: 2247 };
  yield { ...row, oid: 14, lanname: "sql", lanpltrusted: true, lanvalidator: 2248 };
});
provide("pg_catalog.pg_conversion", function* () {
  const functions = new Map([...knownFunctions().values()].map((f) => [f.name, f.oid]));
  for (const { oid, name, functionName, from, to } of knownConversions())
    yield {
      oid,
      conname: name,
      connamespace: PG_CATALOG_OID,
      conowner: OWNER,
      conforencoding: from,
      contoencoding: to,
      conproc: functions.get(functionName) ?? 0,
      condefault: true,
    };
});
const PROVIDERS = { default: "d", libc: "c", icu: "i" } as const;
provide("pg_catalog.pg_collation", function* (source) {
  for (const c of collations(source))
    yield {
      oid: c.oid,
      collname: c.name,
      collnamespace: c.schema,
      collowner: c.owner,
      collprovider: PROVIDERS[c.provider],
      collisdeterministic: c.deterministic,
      collencoding: c.encoding,
      collcollate: c.collate ?? null,
      collctype: c.ctype ?? null,
      colliculocale: c.icuLocale ?? null,
      // Built-in orders are those of the ICU that runs.
      collversion: c.version ?? (c.oid < FIRST_USER_OID ? actualVersion(c.icuLocale) : null),
    };
});
/** Built-in collations and users'. */
export function* collations(source: Source): Iterable<CollationObject> {
  const wanted = source.wanted("oid");
  const ofName = source.wanted("collname");
  for (const c of builtinCollations)
    if ((typeof wanted !== "number" || wanted === c.oid) && (typeof ofName !== "string" || ofName === c.name)) yield c;
  for (const object of source.catalog.objects()) if (object.class === "collation") yield object;
}
