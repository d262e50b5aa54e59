/** What functions say about the session, the server and the catalog; sequences and advisory locks. Doors: catalog-service.ts. */
import { randomUUID } from "node:crypto";
import type { SystemService } from "../../catalog/index.js";
import {
  ArrayValue,
  type Datum,
  DbError,
  encodingBytesMax,
  encodingName,
  encodingNumber,
  type Interval,
  invalidParameter,
  type Numeric,
  notSupported,
  type Oid,
  type SqlType,
  TypeOid,
} from "../../types/index.js";
import { version } from "../../types/version.js";
import { type AdvisoryKey, catalogOf, findService, requireService, type SequenceService, type SessionService } from "../catalog-service.js";
import { parseAddress } from "../network/address.js";
import { multiply } from "../numeric/arithmetic.js";
import { formatNumeric, fromInteger, parseNumeric, round, truncate } from "../numeric/numeric-value.js";
import { type EvaluationContext, type FunctionRegistry, type ScalarBody, type SetBody, TypedBody } from "../registry.js";
import type { Family } from "../registry-builder.js";
import { type Int64, int64 } from "../types/integers.js";
import { findRelation, findType, knownTypeName, requireRelation } from "../types/registered.js";

export const VERSION_TEXT = `PostgreSQL 15.0 (Orrery ${version}) on ${process.arch === "x64" ? "x86_64" : process.arch}-pc-${process.platform}-gnu, 64-bit`;

type Bodies = Record<string, ScalarBody | TypedBody<ScalarBody>>;
const catalog = (context: EvaluationContext) => catalogOf(context);
const session = (context: EvaluationContext) => requireService<SessionService>(context, "session");
/** Without a session there is no client either. */
const client = (context: EvaluationContext) => findService<SessionService>(context, "session")?.client ?? undefined;
/** There is one database, and it is in pg_default; null: no such tablespace. */
const DEFAULT_TABLESPACE: Oid = 1663;
const GLOBAL_TABLESPACE: Oid = 1664;
const tablespaceSize = (context: EvaluationContext, isDefault: boolean, isGlobal: boolean) =>
  isDefault ? (catalog(context)?.databaseSize() ?? null) : isGlobal ? 0 : null;
const sequences = (context: EvaluationContext) => requireService<SequenceService>(context, "sequences");
const withRegistry = (make: (registry: FunctionRegistry) => ScalarBody) => new TypedBody<ScalarBody>((_call, registry) => make(registry));

/** format_type: `character varying(10)`, `timestamp(3) with time zone`, `numeric(10,2)[]`. */
export function formatType(registry: FunctionRegistry, oid: Oid, typmod: number | null): string {
  if (oid === 0) return "-";
  const type = registry.typeByOid(oid);
  if (type === undefined) return knownTypeName(oid) ?? "???";
  if (type.oid === TypeOid.int2vector || type.oid === TypeOid.oidvector) return type.name;
  if (type.elementType !== 0 && type.length === -1 && type.category === "A" && type.base === undefined)
    return `${formatType(registry, type.elementType, typmod)}[]`;
  if (typmod === null) return type.displayName;
  // bpchar without a length is its own name; with one it is character(n).
  if (type.oid === TypeOid.bpchar && typmod < 0) return "bpchar";
  if (type.oid === TypeOid.bit && typmod < 0) return '"bit"';
  // A type that has no modifiers shows the number.
  const modifier =
    typmod < 0 ? "" : type.parseModifier === undefined && type.oid !== TypeOid.interval ? `(${typmod})` : type.formatModifier(typmod);
  const zone = /^(timestamp|time)( with(?:out)? time zone)$/.exec(type.displayName);
  return zone === null ? type.displayName + modifier : zone[1]! + modifier + zone[2]!;
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
function advisoryKey(a: Int64, b: number | undefined): AdvisoryKey {
  if (b !== undefined) return { high: Number(a), low: b, isPair: true };
  const key = BigInt(a);
  return { high: Number(BigInt.asIntN(32, key >> 32n)), low: Number(BigInt.asIntN(32, key)), isPair: false };
}
function sleep(context: EvaluationContext, micros: number): Datum {
  const wait = findService<SessionService>(context, "session")?.sleep;
  if (wait === undefined) throw notSupported("pg_sleep");
  if (micros > 0) wait(micros / 1000);
  return "";
}
function signal(context: EvaluationContext, processId: number, what: "cancel" | "terminate"): boolean {
  const send = findService<SessionService>(context, "session")?.signal;
  if (send === undefined) throw notSupported(`pg_${what}_backend`);
  return send(processId, what);
}
const pids = (list: readonly number[] | undefined) => new ArrayValue(TypeOid.int4, [...(list ?? [])]);

const inet = (address: string | null | undefined): Datum => (address == null ? null : parseAddress(address, false));

const nothing: ScalarBody = () => null;
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
  pg_is_in_recovery: no,
  pg_jit_available: no,
  pg_client_encoding: (c) => c.setting("client_encoding", false),
  getdatabaseencoding: () => "UTF8",
  pg_encoding_to_char: (_c, n: number) => encodingName(n) ?? "",
  pg_char_to_encoding: (_c, name: string) => encodingNumber(name),
  pg_encoding_max_length: (_c, n: number): Datum => encodingBytesMax(n) ?? null,
  inet_client_addr: (c) => inet(client(c)?.address),
  inet_client_port: (c) => (client(c)?.address == null ? null : (client(c)?.port ?? null)),
  inet_server_addr: (c) => inet(client(c)?.server?.address),
  inet_server_port: (c) => client(c)?.server?.port ?? null,
  pg_reload_conf: (c) => {
    const reload = session(c).reloadConfiguration;
    if (reload === undefined) throw notSupported("pg_reload_conf");
    reload();
    return true;
  },
  pg_my_temp_schema: () => 0,
  pg_is_other_temp_schema: no,
  pg_trigger_depth: () => 0,
  pg_notification_queue_usage: () => 0,
  pg_blocking_pids: (c, processId: number) => pids(session(c).blockingPids?.(processId)),
  pg_safe_snapshot_blocking_pids: (c, processId: number) => pids(session(c).safeSnapshotBlockingPids?.(processId)),
  pg_conf_load_time: (c) => c.transactionTimeMicros,
  pg_postmaster_start_time: (c) => requireService<SystemService>(c, "system").counters().startedMicros,
  pg_sleep: (c, seconds: number) => sleep(c, seconds * 1e6),
  pg_sleep_for: (c, time: Interval) => sleep(c, Number(time.micros) + (time.days + time.months * 30) * 86_400_000_000),
  pg_sleep_until: (c, time: Int64) => sleep(c, Number(time) - c.clockMicros()),
  pg_cancel_backend: (c, processId: number) => signal(c, processId, "cancel"),
  pg_terminate_backend: (c, processId: number, timeout: Int64) => {
    if (Number(timeout) < 0) throw new DbError({ sqlstate: "22003", message: '"timeout" must not be negative' });
    return signal(c, processId, "terminate");
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
    catalog(c)?.relationName(oid) === undefined
      ? (catalog(c)?.compositeVisible?.(oid) ?? null)
      : (catalog(c)?.relationVisible(oid) ?? null),
  "obj_description(oid,name)": (c, oid: Oid, name: string) => catalog(c)?.description(oid, name, 0) ?? null,
  "obj_description(oid)": (c, oid: Oid) => catalog(c)?.description(oid, undefined, 0) ?? null,
  "col_description(oid,int4)": (c, oid: Oid, column: number) => catalog(c)?.description(oid, "pg_class", column) ?? null,
  "shobj_description(oid,name)": (c, oid: Oid, name: string) => catalog(c)?.description(oid, name, 0) ?? null,
  // What a catalog column shows is printed already; only the pretty form is made anew.
  "pg_get_expr(pg_node_tree,oid)": (_c, expression: string) => expression,
  "pg_get_expr(pg_node_tree,oid,bool)": (c, expression: string, relation: Oid, pretty: boolean) =>
    pretty ? (catalog(c)?.storedExpression(expression, relation, true) ?? expression) : expression,
  "pg_get_indexdef(oid)": (c, oid: Oid) => catalog(c)?.indexDefinition(oid, 0, false) ?? null,
  "pg_get_indexdef(oid,int4,bool)": (c, oid: Oid, column: number, pretty: boolean) =>
    catalog(c)?.indexDefinition(oid, column, pretty) ?? null,
  "pg_get_constraintdef(oid)": (c, oid: Oid) => catalog(c)?.constraintDefinition(oid, false) ?? null,
  "pg_get_constraintdef(oid,bool)": (c, oid: Oid, pretty: boolean) => catalog(c)?.constraintDefinition(oid, pretty) ?? null,
  "pg_get_viewdef(oid)": (c, oid: Oid) => catalog(c)?.viewDefinition(oid, false, 0) ?? null,
  "pg_get_viewdef(oid,bool)": (c, oid: Oid, pretty: boolean) => catalog(c)?.viewDefinition(oid, pretty, 0) ?? null,
  "pg_get_viewdef(oid,int4)": (c, oid: Oid, wrapColumn: number) => catalog(c)?.viewDefinition(oid, true, wrapColumn) ?? null,
  "pg_get_viewdef(text)": (c, name: string) => catalog(c)?.viewDefinition(requireRelation(name, c), false, 0) ?? null,
  "pg_get_viewdef(text,bool)": (c, name: string, pretty: boolean) =>
    catalog(c)?.viewDefinition(requireRelation(name, c), pretty, 0) ?? null,
  pg_get_serial_sequence: (c, table: string, column: string): Datum => {
    const oid = requireRelation(table, c);
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
  "pg_tablespace_size(oid)": (c, oid: Oid) => tablespaceSize(c, oid === DEFAULT_TABLESPACE, oid === GLOBAL_TABLESPACE),
  "pg_tablespace_size(name)": (c, name: string) => {
    const size = tablespaceSize(c, name === "pg_default", name === "pg_global");
    if (size === null) throw new DbError({ sqlstate: "42704", message: `tablespace "${name}" does not exist` });
    return size;
  },
  "pg_get_ruledef(oid)": (c, rule: Oid) => catalog(c)?.ruleDefinition?.(rule, false) ?? null,
  "pg_get_ruledef(oid,bool)": (c, rule: Oid, pretty: boolean) => catalog(c)?.ruleDefinition?.(rule, pretty) ?? null,
  pg_get_triggerdef: nothing,
  pg_get_partkeydef: (c, oid: Oid) => catalog(c)?.partitionKeyDefinition?.(oid) ?? null,
  pg_get_partition_constraintdef: (c, oid: Oid) => catalog(c)?.partitionConstraintDefinition?.(oid) ?? null,
  pg_get_statisticsobjdef: (c, oid: Oid) => catalog(c)?.statisticsText?.(oid, "definition") ?? null,
  pg_get_statisticsobjdef_columns: (c, oid: Oid) => catalog(c)?.statisticsText?.(oid, "columns") ?? null,
  pg_get_statisticsobjdef_expressions: (c, oid: Oid) => {
    const texts = catalog(c)?.statisticsExpressions?.(oid);
    return texts === undefined || texts.length === 0 ? null : new ArrayValue(TypeOid.text, [...texts]);
  },
  pg_statistics_obj_is_visible: (c, oid: Oid) => catalog(c)?.isStatisticsVisible?.(oid) ?? null,
  pg_get_function_arg_default: (c, oid: Oid, number: number) => catalog(c)?.parameterDefault?.(oid, number) ?? null,
  pg_get_function_sqlbody: (c, oid: Oid) => catalog(c)?.routineText?.(oid, "body") ?? null,
  pg_tablespace_location: () => "",
  pg_relation_filepath: nothing,
  pg_relation_filenode: (_c, oid: Oid) => oid,
  acldefault: (c, kind: string, owner: Oid) => {
    const items = catalog(c)?.defaultAcl(kind, owner) ?? (/^[LptFS]$/.test(kind) ? [] : undefined);
    if (items === undefined) throw new DbError({ sqlstate: "XX000", message: `unrecognized object type abbreviation: ${kind}` });
    return new ArrayValue(TypeOid.aclitem, items);
  },
  pg_partition_root: (c, oid: Oid) => {
    let root: Oid | null = null;
    for (let at: Oid | undefined = oid; at !== undefined; at = catalog(c)?.partitionLinks?.(at)?.parent)
      if (catalog(c)?.partitionLinks?.(at) !== undefined) root = at;
    return root;
  },
  pg_relation_is_publishable: no,
  pg_get_replica_identity_index: nothing,
  pg_relation_is_updatable: (c, oid: Oid) => catalog(c)?.updatableEvents(oid) ?? 0,
  pg_column_is_updatable: (c, oid: Oid, column: number) => catalog(c)?.isColumnUpdatable(oid, column) === true,
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

/** An item as it is written: `grantee=letters/grantor`, names quoted where they must be. */
const sets: Record<string, SetBody> = {
  *pg_partition_ancestors(c, oid: Oid) {
    let links = catalog(c)?.partitionLinks?.(oid);
    for (
      let at: Oid | undefined = oid;
      links !== undefined && at !== undefined;
      at = links?.parent, links = at === undefined ? undefined : catalog(c)?.partitionLinks?.(at)
    )
      yield at;
  },
  *pg_partition_tree(c, root: Oid) {
    const pending: { readonly oid: Oid; readonly level: number }[] = [{ oid: root, level: 0 }];
    for (const { oid, level } of pending) {
      const links = catalog(c)?.partitionLinks?.(oid);
      if (links === undefined) return;
      yield [oid, links.parent ?? null, links.isLeaf, level];
      pending.push(...links.children.map((child) => ({ oid: child, level: level + 1 })));
    }
  },
  *pg_options_to_table(_c, options: ArrayValue) {
    for (const option of options.elements) {
      const text = option as string;
      const at = text.indexOf("=");
      yield at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
    }
  },
};

export const systemFamily: Family = { scalars, sets };
