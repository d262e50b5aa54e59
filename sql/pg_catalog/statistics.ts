/**
 * The statistics views: a row for each of our objects, and those of the server. What is not counted is NULL, not zero; what cannot happen
 * here (conflicts with a standby's recovery, archiving) is zero.
 */
import type { RelationObject } from "../../src/catalog/index.js";
import { Numeric } from "../../src/types/index.js";
import { provide, type Source } from "./provider.js";
import { allRelations } from "./relations.js";

const SCOPES = ["all", "sys", "user"] as const;
type Scope = (typeof SCOPES)[number];
const schemaName = (source: Source, relation: RelationObject) => source.catalog.schemaByOid(relation.schema)?.name ?? null;

/** Computed relations are views: storage, which is what is counted, only the catalog's own objects have. None of them is the system's. */
function* counted(source: Source, scope: Scope, kind: "table" | "index" | "sequence"): Iterable<RelationObject> {
  if (scope === "sys") return;
  for (const relation of allRelations(source)) if (relation.class === kind) yield relation;
}
for (const scope of SCOPES) {
  const ofRelations = (name: string, kind: "table" | "sequence") =>
    provide(`pg_catalog.${name}`, function* (source) {
      for (const r of counted(source, scope, kind)) yield { relid: r.oid, schemaname: schemaName(source, r), relname: r.name };
    });
  const ofIndexes = (name: string) =>
    provide(`pg_catalog.${name}`, function* (source) {
      for (const r of counted(source, scope, "index"))
        if (r.class === "index")
          yield {
            relid: r.table,
            indexrelid: r.oid,
            schemaname: schemaName(source, r),
            relname: source.catalog.relationByOid(r.table)?.name ?? null,
            indexrelname: r.name,
          };
    });
  ofRelations(`pg_statio_${scope}_tables`, "table");
  ofRelations(`pg_statio_${scope}_sequences`, "sequence");
  ofRelations(`pg_stat_xact_${scope}_tables`, "table");
  ofIndexes(`pg_statio_${scope}_indexes`);
  if (scope === "sys") {
    ofRelations("pg_stat_sys_tables", "table");
    ofIndexes("pg_stat_sys_indexes");
  }
}

// Calls are counted only where track_functions says so, which it does not.
for (const name of ["pg_stat_user_functions", "pg_stat_xact_user_functions"]) provide(`pg_catalog.${name}`, () => []);

provide("pg_catalog.pg_stat_database", function* (source) {
  const sessions = [...source.system.sessions()];
  for (const database of source.catalog.objects())
    if (database.class === "database")
      yield {
        datid: database.oid,
        datname: database.name,
        numbackends: sessions.filter((session) => session.database === database.name).length,
      };
});
provide("pg_catalog.pg_stat_database_conflicts", function* (source) {
  const none = { confl_tablespace: 0, confl_lock: 0, confl_snapshot: 0, confl_bufferpin: 0, confl_deadlock: 0 };
  for (const database of source.catalog.objects())
    if (database.class === "database") yield { datid: database.oid, datname: database.name, ...none };
});
// What follows counts from the start of the server.
provide("pg_catalog.pg_stat_archiver", function* (source) {
  yield { archived_count: 0, failed_count: 0, stats_reset: source.system.counters().startedMicros };
});
/** No checkpoint comes by the clock, and there are no buffers between tables and files; what a checkpoint writes, and for how long, is not counted. */
provide("pg_catalog.pg_stat_bgwriter", function* (source) {
  const { checkpoints, startedMicros } = source.system.counters();
  yield {
    checkpoints_timed: 0,
    checkpoints_req: checkpoints,
    buffers_clean: 0,
    maxwritten_clean: 0,
    buffers_backend: 0,
    buffers_backend_fsync: 0,
    buffers_alloc: 0,
    stats_reset: startedMicros,
  };
});
/** The log holds effects, no images of pages; its records and writes are not counted. */
provide("pg_catalog.pg_stat_wal", function* (source) {
  const { logBytes, logSyncs, startedMicros } = source.system.counters();
  yield { wal_fpi: 0, wal_bytes: new Numeric(BigInt(logBytes), 0), wal_sync: logSyncs, stats_reset: startedMicros };
});
provide("pg_catalog.pg_stat_gssapi", function* (source) {
  for (const session of source.system.sessions()) yield { pid: session.processId, gss_authenticated: false, encrypted: false };
});
