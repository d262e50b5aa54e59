/**
 * The statistics views that have a row for each of our objects. What is not counted is NULL, not zero; what cannot happen here
 * (conflicts with a standby's recovery, archiving) is zero.
 */
import type { RelationObject } from "../../src/catalog/index.js";
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
provide("pg_catalog.pg_stat_archiver", function* () {
  yield { archived_count: 0, failed_count: 0 };
});
provide("pg_catalog.pg_stat_gssapi", function* (source) {
  for (const session of source.system.sessions()) yield { pid: session.processId, gss_authenticated: false, encrypted: false };
});
