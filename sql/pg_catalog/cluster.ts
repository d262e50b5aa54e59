/** Databases, roles, settings, sessions, schemas, extensions, comments. */

import {
  type AclItem,
  BOOTSTRAP_ROLE_OID,
  builtinCollations,
  collationDescription,
  DATABASE_OID,
  INFORMATION_SCHEMA_OID,
  PG_CATALOG_OID,
  PUBLIC_OID,
  type RoleObject,
  type StoredSetting,
  TEMPLATE_DATABASES,
} from "../../src/catalog/index.js";
import { knownDescriptions, parseNetworkAddress } from "../../src/functions/index.js";
import { parseNumeric } from "../../src/functions/numeric/numeric-value.js";
import type { Oid } from "../../src/types/index.js";
import { type Datum, storedFormat, TypeOid } from "../../src/types/index.js";
import { OWN_EXTENSION } from "./depend.js";
import { functionAcls } from "./function-acl.js";
import { provide, type Source, textArray } from "./provider.js";

const UTF8 = 6;
const DEFAULT_TABLESPACE = 1663;

/** PostgreSQL 15's own list of schemas pg_catalog, public and information_schema. */
const ownSchemas: ReadonlySet<Oid> = new Set([PG_CATALOG_OID, PUBLIC_OID, INFORMATION_SCHEMA_OID]);
const ownSchemaAcl = (owner: Oid): AclItem[] => [
  { grantee: owner, grantor: owner, privileges: "UC" },
  { grantee: 0, grantor: owner, privileges: "U" },
];
provide("pg_catalog.pg_namespace", function* (source) {
  for (const object of source.catalog.objects())
    if (object.class === "schema")
      yield {
        oid: object.oid,
        nspname: object.name,
        nspowner: object.owner,
        nspacl: source.acl(ownSchemas.has(object.oid) && object.acl === undefined ? ownSchemaAcl(object.owner) : object.acl),
      };
});
/** What initdb granted: pg_dump leaves it out. It knows by itself what schema public began with. */
provide("pg_catalog.pg_init_privs", function* (source) {
  const row = { objsubid: 0, privtype: "i" };
  for (const objoid of [PG_CATALOG_OID, INFORMATION_SCHEMA_OID])
    yield { ...row, objoid, classoid: classes.schema ?? 0, initprivs: source.acl(ownSchemaAcl(BOOTSTRAP_ROLE_OID)) };
  for (const [objoid, acl] of functionAcls()) yield { ...row, objoid, classoid: classes.function ?? 0, initprivs: source.acl(acl) };
});
provide("pg_catalog.pg_database", function* (source) {
  const row = {
    encoding: UTF8,
    datlocprovider: "c",
    datconnlimit: -1,
    datfrozenxid: 0,
    datminmxid: 0,
    dattablespace: DEFAULT_TABLESPACE,
    datcollate: "C",
    datctype: "C.UTF-8",
    daticulocale: null,
    datcollversion: null,
  };
  for (const object of source.catalog.objects()) {
    if (object.class !== "database") continue;
    const datacl = source.acl(object.acl);
    yield { ...row, oid: object.oid, datname: object.name, datdba: object.owner, datistemplate: false, datallowconn: true, datacl };
  }
  // What new databases would be made from. Nobody may connect to them, so that programs pass them over.
  const datacl = source.acl([
    { grantee: 0, grantor: BOOTSTRAP_ROLE_OID, privileges: "c" },
    { grantee: BOOTSTRAP_ROLE_OID, grantor: BOOTSTRAP_ROLE_OID, privileges: "CTc" },
  ]);
  for (const { oid, name } of TEMPLATE_DATABASES)
    yield { ...row, oid, datname: name, datdba: BOOTSTRAP_ROLE_OID, datistemplate: true, datallowconn: false, datacl };
});
provide("pg_catalog.pg_tablespace", function* () {
  const row = { spcowner: 10, spcacl: null, spcoptions: null };
  yield { ...row, oid: DEFAULT_TABLESPACE, spcname: "pg_default" };
  yield { ...row, oid: 1664, spcname: "pg_global" };
});

function* roles(source: Source): Iterable<RoleObject> {
  for (const object of source.catalog.objects()) if (object.class === "role") yield object;
}
/** VALID UNTIL, which is kept in ISO form and UTC. */
const validUntil = (source: Source, r: RoleObject): Datum =>
  r.validUntil === undefined ? null : (source.registry.typeByOid(TypeOid.timestamptz)?.input(r.validUntil, -1, storedFormat) ?? null);
const settingsArray = (settings: readonly StoredSetting[] = []): Datum =>
  settings.length === 0 ? null : textArray(settings.map((s) => `${s.name}=${s.value}`));
const roleRow = (source: Source, r: RoleObject) => ({
  oid: r.oid,
  rolname: r.name,
  rolsuper: r.superuser,
  rolinherit: r.inherit,
  rolcreaterole: r.createrole,
  rolcreatedb: r.createdb,
  rolcanlogin: r.login,
  rolreplication: r.replication,
  rolconnlimit: r.connectionLimit,
  rolbypassrls: r.bypassRls,
  rolvaliduntil: validUntil(source, r),
  rolconfig: settingsArray(r.settings?.filter((s) => s.database === undefined)),
});
provide("pg_catalog.pg_db_role_setting", function* (source) {
  for (const object of source.catalog.objects()) {
    if (object.class === "database" && object.settings !== undefined)
      yield { setdatabase: object.oid, setrole: 0, setconfig: settingsArray(object.settings) };
    if (object.class !== "role") continue;
    for (const database of new Set(object.settings?.map((s) => s.database)))
      yield {
        setdatabase: database ?? 0,
        setrole: object.oid,
        setconfig: settingsArray(object.settings?.filter((s) => s.database === database)),
      };
  }
});
provide("pg_catalog.pg_roles", function* (source) {
  for (const r of roles(source)) yield { ...roleRow(source, r), rolpassword: "********" };
});
provide("pg_catalog.pg_authid", function* (source) {
  for (const r of roles(source)) yield { ...roleRow(source, r), rolpassword: r.password ?? null };
});
provide("pg_catalog.pg_user", function* (source) {
  for (const r of roles(source))
    if (r.login)
      yield {
        usename: r.name,
        usesysid: r.oid,
        usecreatedb: r.createdb,
        usesuper: r.superuser,
        userepl: r.replication,
        usebypassrls: r.bypassRls,
        passwd: "********",
        valuntil: validUntil(source, r),
      };
});
provide("pg_catalog.pg_shadow", function* (source) {
  for (const r of roles(source))
    if (r.login)
      yield {
        usename: r.name,
        usesysid: r.oid,
        usecreatedb: r.createdb,
        usesuper: r.superuser,
        userepl: r.replication,
        usebypassrls: r.bypassRls,
        passwd: r.password ?? null,
      };
});

provide("pg_catalog.pg_extension", function* (source) {
  const own = source.catalog.schemaByName(OWN_EXTENSION.schema);
  if (own !== undefined)
    yield {
      oid: OWN_EXTENSION.oid,
      extname: OWN_EXTENSION.name,
      extowner: 10,
      extnamespace: own.oid,
      extrelocatable: false,
      extversion: "1.0",
      extconfig: null,
      extcondition: null,
    };
  for (const e of source.catalog.objects()) {
    if (e.class === "extension")
      yield {
        oid: e.oid,
        extname: e.name,
        extowner: 10,
        extnamespace: e.schema,
        extrelocatable: e.name !== "plpgsql",
        extversion: e.version,
        extconfig: null,
        extcondition: null,
      };
  }
});
provide("pg_catalog.pg_available_extensions", function* (source) {
  const installed = new Map([...source.catalog.objects()].flatMap((o) => (o.class === "extension" ? [[o.name, o.version] as const] : [])));
  for (const e of source.system.extensions)
    yield { name: e.name, default_version: e.version, installed_version: installed.get(e.name) ?? null, comment: e.comment };
});
provide("pg_catalog.pg_available_extension_versions", function* (source) {
  const installed = new Map([...source.catalog.objects()].flatMap((o) => (o.class === "extension" ? [[o.name, o.version] as const] : [])));
  for (const e of source.system.extensions)
    yield {
      name: e.name,
      version: e.version,
      installed: installed.get(e.name) === e.version,
      superuser: true,
      trusted: e.name === "plpgsql",
      relocatable: e.name !== "plpgsql",
      schema: e.name === "plpgsql" ? "pg_catalog" : null,
      requires: null,
      comment: e.comment,
    };
});

/** Which system table an object would be a row of. */
const classes: Readonly<Record<string, number>> = {
  table: 1259,
  index: 1259,
  sequence: 1259,
  view: 1259,
  schema: 2615,
  constraint: 2606,
  extension: 3079,
  database: 1262,
  role: 1260,
  type: 1247,
  function: 1255,
  operator: 2617,
  cast: 2605,
  collation: 3456,
  statistics: 3381,
  policy: 3256,
};
function* comments(source: Source) {
  const all = new Map([...source.catalog.objects()].map((o) => [o.oid, o]));
  const domainChecks = new Set(
    [...all.values()].flatMap((o) => (o.class === "type" && o.kind === "domain" ? o.checks.map((c) => c.oid) : [])),
  );
  for (const c of all.values()) {
    if (c.class !== "comment") continue;
    const target = domainChecks.has(c.object) ? ({ class: "constraint" } as const) : all.get(c.object);
    // A composite type's attributes are its relation's.
    const ofRelation = target?.class === "type" && c.attribute !== 0;
    if (target !== undefined)
      yield {
        objoid: c.object,
        classoid: ofRelation ? classes.table : (classes[target.class] ?? 0),
        objsubid: c.attribute,
        description: c.text,
        shared: target.class === "database" || target.class === "role",
      };
  }
}
provide("pg_catalog.pg_description", function* (source) {
  for (const { object, tableOid, text } of knownDescriptions().values())
    yield { objoid: object, classoid: tableOid, objsubid: 0, description: text };
  for (const collation of builtinCollations) {
    const description = collationDescription(collation);
    if (description !== undefined) yield { objoid: collation.oid, classoid: classes.collation ?? 0, objsubid: 0, description };
  }
  for (const c of comments(source)) if (!c.shared) yield c as never;
});
provide("pg_catalog.pg_shdescription", function* (source) {
  for (const c of comments(source)) if (c.shared) yield c as never;
});

provide("pg_catalog.pg_settings", function* (source) {
  for (const s of source.system.settings()) {
    yield {
      name: s.name,
      setting: s.value,
      unit: s.unit,
      category: s.category,
      short_desc: s.description,
      extra_desc: s.more,
      context: s.context,
      vartype: s.type,
      source: s.isChanged ? "session" : "default",
      min_val: s.min,
      max_val: s.max,
      enumvals: s.values === null ? null : textArray(s.values),
      boot_val: s.bootValue,
      reset_val: s.resetValue,
      sourcefile: null,
      sourceline: null,
      pending_restart: false,
    };
  }
});
provide("pg_catalog.pg_stat_activity", function* (source) {
  for (const s of source.system.sessions()) {
    const role = source.catalog.role(s.user);
    const known = {
      datid: DATABASE_OID,
      datname: s.database,
      pid: s.processId,
      leader_pid: null,
      usesysid: role?.oid ?? null,
      usename: s.user,
      application_name: s.applicationName,
      backend_xid: s.xid,
      backend_xmin: s.xmin,
    };
    if (!source.system.mayWatch(s.user)) {
      yield { ...known, query: "<insufficient privilege>" };
      continue;
    }
    yield {
      ...known,
      client_addr: s.client?.address == null ? null : parseNetworkAddress(s.client.address, false),
      client_port: s.client?.port ?? null,
      backend_start: s.startedMicros,
      xact_start: s.transactionMicros,
      query_start: s.queryMicros,
      state_change: s.queryMicros,
      wait_event_type: s.waitEventType,
      wait_event: s.waitEvent,
      state: s.state,
      query: s.query,
      backend_type: "client backend",
    };
  }
});
provide("pg_catalog.pg_stat_ssl", function* (source) {
  for (const { processId, client } of source.system.sessions()) {
    if (client === null) continue;
    const tls = client.encryption;
    yield {
      pid: processId,
      ssl: tls !== null,
      version: tls?.version ?? null,
      cipher: tls?.cipher ?? null,
      bits: tls?.bits ?? null,
      client_dn: tls?.clientDn ?? null,
      client_serial: tls?.clientSerial == null ? null : parseNumeric(tls.clientSerial),
      issuer_dn: tls?.issuerDn ?? null,
    };
  }
});
provide("pg_catalog.pg_hba_file_rules", function* (source) {
  for (const rule of source.system.accessRules()) {
    yield {
      line_number: rule.line,
      type: rule.type,
      database: rule.databases === null ? null : textArray(rule.databases),
      user_name: rule.users === null ? null : textArray(rule.users),
      address: rule.address,
      netmask: rule.netmask,
      auth_method: rule.method,
      options: rule.options === null ? null : textArray(rule.options),
      error: rule.error,
    };
  }
});
provide("pg_catalog.pg_prepared_xacts", function* (source) {
  for (const { xid, name, preparedMicros, owner } of source.system.preparedTransactions())
    yield { transaction: xid, gid: name, prepared: preparedMicros, owner, database: source.database };
});
provide("pg_catalog.pg_locks", function* (source) {
  for (const lock of source.system.locks()) yield { ...lock };
});
