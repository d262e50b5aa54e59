/** Databases, roles, settings, sessions, schemas, extensions, comments. */
import { type AclItem, DATABASE_OID, type RoleObject } from "../../src/catalog/index.js";
import type { Oid } from "../../src/types/index.js";
import { provide, type Source, textArray } from "./provider.js";

const UTF8 = 6;
const DEFAULT_TABLESPACE = 1663;

/** PostgreSQL 15's own list of schema public. */
const publicSchemaAcl = (owner: Oid): AclItem[] => [
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
        nspacl: source.acl(object.oid === 2200 && object.acl === undefined ? publicSchemaAcl(object.owner) : object.acl),
      };
});
provide("pg_catalog.pg_database", function* (source) {
  for (const object of source.catalog.objects()) {
    if (object.class !== "database") continue;
    yield {
      oid: object.oid,
      datname: object.name,
      datdba: object.owner,
      encoding: UTF8,
      datlocprovider: "c",
      datistemplate: false,
      datallowconn: true,
      datconnlimit: -1,
      datfrozenxid: 0,
      datminmxid: 0,
      dattablespace: DEFAULT_TABLESPACE,
      datcollate: "C",
      datctype: "C.UTF-8",
      daticulocale: null,
      datcollversion: null,
      datacl: source.acl(object.acl),
    };
  }
});
provide("pg_catalog.pg_tablespace", function* () {
  yield { oid: DEFAULT_TABLESPACE, spcname: "pg_default", spcowner: 10, spcacl: null, spcoptions: null };
});

function* roles(source: Source): Iterable<RoleObject> {
  for (const object of source.catalog.objects()) if (object.class === "role") yield object;
}
const roleRow = (r: RoleObject) => ({
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
  rolvaliduntil: null,
  rolconfig: r.settings === undefined ? null : textArray(r.settings.map((s) => `${s.name}=${s.value}`)),
});
provide("pg_catalog.pg_roles", function* (source) {
  for (const r of roles(source)) yield { ...roleRow(r), rolpassword: "********" };
});
provide("pg_catalog.pg_authid", function* (source) {
  for (const r of roles(source)) yield { ...roleRow(r), rolpassword: r.password ?? null };
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
};
function* comments(source: Source) {
  const all = new Map([...source.catalog.objects()].map((o) => [o.oid, o]));
  for (const c of all.values()) {
    const target = c.class === "comment" ? all.get(c.object) : undefined;
    if (c.class === "comment" && target !== undefined)
      yield {
        objoid: c.object,
        classoid: classes[target.class] ?? 0,
        objsubid: c.attribute,
        description: c.text,
        shared: target.class === "database" || target.class === "role",
      };
  }
}
provide("pg_catalog.pg_description", function* (source) {
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
    yield {
      datid: DATABASE_OID,
      datname: s.database,
      pid: s.processId,
      leader_pid: null,
      usesysid: role?.oid ?? null,
      usename: s.user,
      application_name: s.applicationName,
      backend_start: s.startedMicros,
      xact_start: s.transactionMicros,
      query_start: s.queryMicros,
      state_change: s.queryMicros,
      state: s.state,
      backend_xid: s.xid,
      query: s.query,
      backend_type: "client backend",
    };
  }
});
