/** What functions say about the session, the server and the catalog; sequences and advisory locks. Doors: catalog-service.ts. */
import { randomUUID } from "node:crypto";
import {
  ArrayValue,
  type Datum,
  DbError,
  invalidParameter,
  type Numeric,
  notSupported,
  type Oid,
  type SqlType,
  TypeOid,
} from "../../types/index.js";
import { version } from "../../types/version.js";
import { catalogOf, findService, requireService, type SequenceService, type SessionService, splitName } from "../catalog-service.js";
import { multiply } from "../numeric/arithmetic.js";
import { formatNumeric, fromInteger, parseNumeric, round, truncate } from "../numeric/numeric-value.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";
import { findRelation, findType } from "../types/registered.js";

export const VERSION_TEXT = `PostgreSQL 15.0 (Orrery ${version}) on ${process.arch === "x64" ? "x86_64" : process.arch}-pc-${process.platform}-gnu, 64-bit`;

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;
const catalog = (context: EvaluationContext) => catalogOf(context);
const session = (context: EvaluationContext) => requireService<SessionService>(context, "session");
const sequences = (context: EvaluationContext) => requireService<SequenceService>(context, "sequences");
const withRegistry = (make: (registry: FunctionRegistry) => ScalarBody) => new TypedBody<ScalarBody>((_call, registry) => make(registry));

/** format_type: `character varying(10)`, `timestamp(3) with time zone`, `numeric(10,2)[]`. */
export function formatType(registry: FunctionRegistry, oid: Oid, typmod: number | null): string {
  if (oid === 0) return "-";
  const type = registry.typeByOid(oid);
  if (type === undefined) return "???";
  if (type.oid === TypeOid.int2vector || type.oid === TypeOid.oidvector) return type.name;
  if (type.elementType !== 0 && type.length === -1 && type.category === "A") return `${formatType(registry, type.elementType, typmod)}[]`;
  if (typmod === null) return type.displayName;
  // bpchar without a length is its own name; with one it is character(n).
  if (type.oid === TypeOid.bpchar && typmod < 0) return "bpchar";
  // A type that has no modifiers shows the number.
  const modifier =
    typmod < 0 ? "" : type.parseModifier === undefined && type.oid !== TypeOid.interval ? `(${typmod})` : type.formatModifier(typmod);
  const zone = /^(timestamp|time)( with(?:out)? time zone)$/.exec(type.displayName);
  return zone === null ? type.displayName + modifier : zone[1]! + modifier + zone[2]!;
}

/** PostgreSQL's encodings in the order of their numbers. */
const encodings = (
  "SQL_ASCII EUC_JP EUC_CN EUC_KR EUC_TW EUC_JIS_2004 UTF8 MULE_INTERNAL LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 WIN1256 " +
  "WIN1258 WIN866 WIN874 KOI8R WIN1251 WIN1252 ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 WIN1250 WIN1253 WIN1254 WIN1255 WIN1257 KOI8U SJIS BIG5 GBK UHC " +
  "GB18030 JOHAB SHIFT_JIS_2004"
).split(" ");
function encodingByName(name: string): number {
  const bare = (text: string) => text.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
  return bare(name) === "UNICODE" ? 6 : encodings.findIndex((encoding) => bare(encoding) === bare(name));
}

const sizeUnits = ["bytes", "kB", "MB", "GB", "TB", "PB"];
/** Halves away from zero, as pg_size_pretty's shifts do. */
function sizePretty(size: bigint): string {
  let value = size;
  let unit = 0;
  const magnitude = (v: bigint) => (v < 0n ? -v : v);
  if (magnitude(value) < 10240n) return `${value} bytes`;
  value = value / 512n;
  unit = 1;
  while (unit < 5 && magnitude(value) >= 20479n) {
    value = value / 1024n;
    unit++;
  }
  return `${value >= 0n ? (value + 1n) / 2n : (value - 1n) / 2n} ${sizeUnits[unit]}`;
}
function sizeBytes(text: string): Int64 {
  const match = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S*)\s*$/i.exec(text);
  if (match === null) throw invalidParameter(`invalid size: "${text}"`);
  const power = ["bytes", "kb", "mb", "gb", "tb", "pb"].indexOf(match[2]!.toLowerCase() || "bytes");
  if (power < 0)
    throw new DbError({
      sqlstate: "22023",
      message: `invalid size: "${text}"`,
      detail: `Invalid size unit: "${match[2]}".`,
      hint: 'Valid units are "bytes", "kB", "MB", "GB", "TB", and "PB".',
    });
  return int64(round(multiply(parseNumeric(match[1]!), fromInteger(1024n ** BigInt(power))), 0).coefficient);
}

function currentSchema(context: EvaluationContext): Datum {
  return catalog(context)?.currentSchemas(false)[0] ?? context.searchPath.find((name) => name !== "pg_catalog" && name !== "$user") ?? null;
}
function schemas(context: EvaluationContext, implicit: boolean): ArrayValue {
  const named = context.searchPath.filter((name) => name !== "$user");
  const fallback = implicit && !named.includes("pg_catalog") ? ["pg_catalog", ...named] : named;
  return new ArrayValue(TypeOid.name, [...(catalog(context)?.currentSchemas(implicit) ?? fallback)]);
}
/** to_reg…: NULL where the cast would fail. */
const lookup =
  (find: (text: string, context: EvaluationContext) => Oid | undefined): ScalarBody =>
  (context, text: string) => {
    try {
      return find(text, context) ?? null;
    } catch (error) {
      if (error instanceof DbError) return null;
      throw error;
    }
  };
const input = (registry: FunctionRegistry, type: Oid) =>
  lookup((text, context) =>
    /^\s*\d+\s*$/.test(text) ? undefined : ((registry.typeByOid(type) as SqlType).input(text, -1, context) as Oid),
  );
function advisoryKey(a: Int64, b: number | undefined): bigint {
  return b === undefined ? BigInt(a) : (BigInt(a) << 32n) | BigInt(b >>> 0);
}

const nothing: ScalarBody = () => null;
const yes: ScalarBody = () => true;
const no: ScalarBody = () => false;

const scalars: Bodies = {
  version: () => VERSION_TEXT,
  current_database: (c) => c.currentDatabase,
  current_user: (c) => c.currentUser,
  session_user: (c) => c.sessionUser,
  getpgusername: (c) => c.currentUser,
  current_schema: (c) => currentSchema(c),
  current_schemas: (c, implicit: boolean) => schemas(c, implicit),
  "current_setting(text)": (c, name: string) => c.setting(name, false),
  "current_setting(text,bool)": (c, name: string | null, missingOk: boolean | null) =>
    name === null ? null : c.setting(name, missingOk === true),
  set_config: (c, name: string | null, value: string | null, local: boolean | null) => {
    if (name === null) throw new DbError({ sqlstate: "22004", message: "SET requires parameter name" });
    return c.setSetting(name, value ?? "", local === true);
  },
  pg_typeof: new TypedBody<ScalarBody>((call) => {
    const oid = call.argTypes[0]!;
    return () => oid;
  }),
  pg_backend_pid: (c) => session(c).backendPid,
  txid_current: (c) => session(c).currentTransactionId(),
  pg_current_xact_id: (c) => session(c).currentTransactionId(),
  pg_is_in_recovery: no,
  pg_jit_available: no,
  row_security_active: no,
  pg_client_encoding: () => "UTF8",
  getdatabaseencoding: () => "UTF8",
  pg_encoding_to_char: (_c, n: number) => encodings[n] ?? "",
  pg_char_to_encoding: (_c, name: string) => encodingByName(name),
  pg_encoding_max_length: (_c, n: number): Datum => (n === 6 ? 4 : n === 0 ? 1 : null),
  inet_client_addr: nothing,
  inet_client_port: nothing,
  inet_server_port: nothing,
  pg_my_temp_schema: () => 0,
  pg_is_other_temp_schema: no,
  pg_trigger_depth: () => 0,
  pg_notification_queue_usage: () => 0,
  pg_blocking_pids: () => new ArrayValue(TypeOid.int4, []),
  pg_conf_load_time: (c) => c.transactionTimeMicros,
  pg_postmaster_start_time: (c) => c.clockMicros() - Math.round(process.uptime() * 1e6),
  pg_sleep: () => {
    throw notSupported("pg_sleep");
  },
  pg_sleep_for: () => {
    throw notSupported("pg_sleep_for");
  },
  pg_sleep_until: () => {
    throw notSupported("pg_sleep_until");
  },
  pg_notify: (c, channel: string, payload: string | null) => {
    const notify = findService<SessionService>(c, "session")?.notify;
    if (notify === undefined) throw notSupported("pg_notify");
    notify(channel, payload ?? "");
    return "";
  },
  gen_random_uuid: () => randomUUID(),
  num_nulls: (_c, ...args: Datum[]) => args.filter((a) => a === null).length,
  num_nonnulls: (_c, ...args: Datum[]) => args.filter((a) => a !== null).length,
  pg_column_size: new TypedBody<ScalarBody>((call, registry) => {
    const type = registry.typeByOid(call.argTypes[0]!);
    return (_c, v: Exclude<Datum, null>) =>
      type === undefined ? 0 : type.length > 0 ? type.length : type.send(v).length + (type.send(v).length < 127 ? 1 : 4);
  }),
  pg_column_compression: nothing,
  "pg_size_pretty(int8)": (_c, n: Int64) => sizePretty(BigInt(n)),
  // Below the first unit the number is shown as it is.
  "pg_size_pretty(numeric)": (_c, n: Numeric) =>
    n.special !== "finite" || (n.coefficient < 0n ? -n.coefficient : n.coefficient) < 10240n * 10n ** BigInt(n.scale)
      ? `${formatNumeric(n)} bytes`
      : sizePretty(truncate(n, 0).coefficient),
  pg_size_bytes: (_c, t: string) => sizeBytes(t),
  // Sequences.
  nextval: (c, sequence: Oid) => sequences(c).next(sequence),
  currval: (c, sequence: Oid) => sequences(c).current(sequence),
  lastval: (c) => sequences(c).last(),
  "setval(regclass,int8)": (c, sequence: Oid, value: Int64) => sequences(c).set(sequence, value, true),
  "setval(regclass,int8,bool)": (c, sequence: Oid, value: Int64, called: boolean) => sequences(c).set(sequence, value, called),
  // The catalog.
  format_type: withRegistry(
    (registry) =>
      (_c, oid: Oid | null, typmod: number | null): Datum =>
        oid === null ? null : formatType(registry, oid, typmod),
  ),
  pg_get_userbyid: (c, oid: Oid) => catalog(c)?.roleName(oid) ?? (oid === 10 ? "postgres" : `unknown (OID=${oid})`),
  pg_table_is_visible: (c, oid: Oid): Datum =>
    catalog(c)?.relationName(oid) === undefined ? null : (catalog(c)?.relationVisible(oid) ?? null),
  "obj_description(oid,name)": (c, oid: Oid, name: string) => catalog(c)?.description(oid, name, 0) ?? null,
  "obj_description(oid)": (c, oid: Oid) => catalog(c)?.description(oid, undefined, 0) ?? null,
  "col_description(oid,int4)": (c, oid: Oid, column: number) => catalog(c)?.description(oid, "pg_class", column) ?? null,
  "shobj_description(oid,name)": (c, oid: Oid, name: string) => catalog(c)?.description(oid, name, 0) ?? null,
  "pg_get_expr(pg_node_tree,oid)": (_c, expression: string) => expression,
  "pg_get_expr(pg_node_tree,oid,bool)": (_c, expression: string) => expression,
  "pg_get_indexdef(oid)": (c, oid: Oid) => catalog(c)?.indexDefinition(oid, 0, false) ?? null,
  "pg_get_indexdef(oid,int4,bool)": (c, oid: Oid, column: number, pretty: boolean) =>
    catalog(c)?.indexDefinition(oid, column, pretty) ?? null,
  "pg_get_constraintdef(oid)": (c, oid: Oid) => catalog(c)?.constraintDefinition(oid, false) ?? null,
  "pg_get_constraintdef(oid,bool)": (c, oid: Oid, pretty: boolean) => catalog(c)?.constraintDefinition(oid, pretty) ?? null,
  "pg_get_viewdef(oid)": (c, oid: Oid) => catalog(c)?.viewDefinition(oid, false) ?? null,
  "pg_get_viewdef(oid,bool)": (c, oid: Oid, pretty: boolean) => catalog(c)?.viewDefinition(oid, pretty) ?? null,
  "pg_get_viewdef(oid,int4)": (c, oid: Oid) => catalog(c)?.viewDefinition(oid, true) ?? null,
  "pg_get_viewdef(text)": (c, name: string) => catalog(c)?.viewDefinition(findRelation(name, c) ?? 0, false) ?? null,
  "pg_get_viewdef(text,bool)": (c, name: string, pretty: boolean) => catalog(c)?.viewDefinition(findRelation(name, c) ?? 0, pretty) ?? null,
  pg_get_serial_sequence: (c, table: string, column: string): Datum => {
    const oid = findRelation(table, c);
    if (oid === undefined) throw new DbError({ sqlstate: "42P01", message: `relation "${splitName(table).join(".")}" does not exist` });
    if (catalog(c)?.columnNumber(oid, column) === undefined)
      throw new DbError({
        sqlstate: "42703",
        message: `column "${column}" of relation "${catalog(c)?.relationFacts(oid)?.name ?? table}" does not exist`,
      });
    return catalog(c)?.serialSequence(oid, column) ?? null;
  },
  "pg_relation_size(regclass)": (c, oid: Oid) => catalog(c)?.relationSize(oid, "main") ?? null,
  "pg_relation_size(regclass,text)": (c, oid: Oid, fork: string) => {
    if (!["main", "fsm", "vm", "init"].includes(fork))
      throw invalidParameter("invalid fork name", 'Valid fork names are "main", "fsm", "vm", and "init".');
    return fork === "main" ? (catalog(c)?.relationSize(oid, "main") ?? null) : 0;
  },
  pg_table_size: (c, oid: Oid) => catalog(c)?.relationSize(oid, "main") ?? null,
  pg_indexes_size: (c, oid: Oid) => catalog(c)?.relationSize(oid, "indexes") ?? null,
  pg_total_relation_size: (c, oid: Oid) => catalog(c)?.relationSize(oid, "total") ?? null,
  pg_database_size: (c) => catalog(c)?.databaseSize() ?? null,
  pg_get_ruledef: nothing,
  pg_get_triggerdef: nothing,
  pg_get_functiondef: (c, oid: Oid) => catalog(c)?.routineText?.(oid, "definition") ?? null,
  pg_get_partkeydef: (c, oid: Oid) => catalog(c)?.partitionKeyDefinition?.(oid) ?? null,
  pg_get_partition_constraintdef: nothing,
  pg_get_statisticsobjdef: nothing,
  pg_get_statisticsobjdef_columns: nothing,
  pg_get_function_arg_default: nothing,
  pg_get_function_sqlbody: nothing,
  pg_tablespace_location: () => "",
  pg_relation_filepath: nothing,
  pg_relation_filenode: (_c, oid: Oid) => oid,
  pg_relation_is_publishable: no,
  pg_get_replica_identity_index: nothing,
  pg_relation_is_updatable: () => 28,
  pg_column_is_updatable: yes,
  pg_is_wal_replay_paused: no,
  to_regtype: withRegistry((registry) => lookup((text) => findType(text, registry)?.oid)),
  to_regclass: lookup((text, c) => findRelation(text, c)),
  "regclass(text)": withRegistry((registry) => (c, text: string) => registry.typeByOid(TypeOid.regclass)!.input(text, -1, c)),
  to_regproc: withRegistry((registry) => input(registry, TypeOid.regproc)),
  to_regprocedure: withRegistry((registry) => input(registry, TypeOid.regprocedure)),
  to_regoper: withRegistry((registry) => input(registry, TypeOid.regoper)),
  to_regoperator: withRegistry((registry) => input(registry, TypeOid.regoperator)),
  to_regnamespace: withRegistry((registry) => input(registry, TypeOid.regnamespace)),
  to_regcollation: withRegistry((registry) => input(registry, 4191)),
  to_regrole: withRegistry((registry) => input(registry, TypeOid.regrole)),
  oidvectortypes: withRegistry(
    (registry) => (_c, types: ArrayValue) => types.elements.map((t) => formatType(registry, t as Oid, null)).join(", "),
  ),
};
for (const shared of [false, true]) {
  const suffix = shared ? "_shared" : "";
  const lock =
    (wait: boolean, transaction: boolean): ScalarBody =>
    (c, a: Int64, b?: number) => {
      const service = findService<SessionService>(c, "session");
      if (service?.advisoryLock === undefined) throw notSupported("advisory locks");
      const got = service.advisoryLock(advisoryKey(a, b), { shared, wait, transaction });
      return wait ? "" : got;
    };
  scalars[`pg_advisory_lock${suffix}`] = lock(true, false);
  scalars[`pg_try_advisory_lock${suffix}`] = lock(false, false);
  scalars[`pg_advisory_xact_lock${suffix}`] = lock(true, true);
  scalars[`pg_try_advisory_xact_lock${suffix}`] = lock(false, true);
  scalars[`pg_advisory_unlock${suffix}`] = (c, a: Int64, b?: number) => {
    const service = findService<SessionService>(c, "session");
    if (service?.advisoryUnlock === undefined) throw notSupported("advisory locks");
    return service.advisoryUnlock(advisoryKey(a, b), shared);
  };
}
scalars.pg_advisory_unlock_all = (c) => {
  findService<SessionService>(c, "session")?.advisoryUnlockAll?.();
  return "";
};

export const systemFamily: Family = { scalars };
