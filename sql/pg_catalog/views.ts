/** PostgreSQL's convenience views over its catalog. */
import type { Oid } from "../../src/types/index.js";
import { provide, type Source } from "./provider.js";
import { allRelations, int8 } from "./relations.js";

const schemaName = (source: Source, oid: Oid) => source.catalog.schemaByOid(oid)?.name ?? null;
const roleName = (source: Source, oid: Oid) => source.definitions.roleName(oid) ?? null;

provide("pg_catalog.pg_tables", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "table" || r.materialized !== undefined) continue;
    const constraints = source.catalog.constraintsOf(r.oid);
    yield {
      schemaname: schemaName(source, r.schema),
      tablename: r.name,
      tableowner: roleName(source, r.owner),
      tablespace: null,
      hasindexes: source.catalog.indexesOf(r.oid).length > 0,
      hasrules: false,
      hastriggers: constraints.some((c) => c.kind === "foreignKey") || source.catalog.referencing(r.oid).length > 0,
      rowsecurity: r.rowSecurity === true,
    };
  }
});
provide("pg_catalog.pg_matviews", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "table" || r.materialized === undefined) continue;
    yield {
      schemaname: schemaName(source, r.schema),
      matviewname: r.name,
      matviewowner: roleName(source, r.owner),
      tablespace: null,
      hasindexes: source.catalog.indexesOf(r.oid).length > 0,
      ispopulated: r.materialized.populated,
      definition: source.definitions.viewDefinition(r.oid, false, 0),
    };
  }
});
provide("pg_catalog.pg_views", function* (source) {
  for (const r of allRelations(source))
    if (r.class === "view")
      yield {
        schemaname: schemaName(source, r.schema),
        viewname: r.name,
        viewowner: roleName(source, r.owner),
        definition: source.definitions.viewDefinition(r.oid, false, 0),
      };
});
provide("pg_catalog.pg_indexes", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "index") continue;
    yield {
      schemaname: schemaName(source, r.schema),
      tablename: source.catalog.relationByOid(r.table)?.name ?? null,
      indexname: r.name,
      tablespace: null,
      indexdef: source.definitions.indexDefinition(r.oid, 0, false),
    };
  }
});
provide("pg_catalog.pg_sequences", function* (source) {
  for (const r of allRelations(source)) {
    if (r.class !== "sequence") continue;
    yield {
      schemaname: schemaName(source, r.schema),
      sequencename: r.name,
      sequenceowner: roleName(source, r.owner),
      data_type: r.type,
      start_value: int8(r.start),
      min_value: int8(r.min),
      max_value: int8(r.max),
      increment_by: int8(r.increment),
      cycle: r.cycle,
      cache_size: int8(r.cache),
      last_value: source.system.lastValue(r.oid),
    };
  }
});
for (const name of ["pg_stat_user_tables", "pg_stat_all_tables"]) {
  provide(`pg_catalog.${name}`, function* (source) {
    for (const r of allRelations(source))
      if (r.class === "table")
        yield { relid: r.oid, schemaname: schemaName(source, r.schema), relname: r.name, n_live_tup: source.system.rowCount(r.storage) };
  });
}
for (const name of ["pg_stat_user_indexes", "pg_stat_all_indexes"]) {
  provide(`pg_catalog.${name}`, function* (source) {
    for (const r of allRelations(source))
      if (r.class === "index")
        yield {
          relid: r.table,
          indexrelid: r.oid,
          schemaname: schemaName(source, r.schema),
          relname: source.catalog.relationByOid(r.table)?.name ?? null,
          indexrelname: r.name,
        };
  });
}

/** What we keep nothing of: these are truly empty. */
for (const name of [
  "pg_trigger",
  "pg_publication",
  "pg_publication_rel",
  "pg_publication_namespace",
  "pg_publication_tables",
  "pg_subscription",
  "pg_foreign_table",
  "pg_foreign_server",
  "pg_foreign_data_wrapper",
  "pg_user_mapping",
  "pg_event_trigger",
  "pg_rules",
  "pg_seclabel",
  "pg_shseclabel",
  "pg_ts_config",
  "pg_ts_dict",
  "pg_ts_parser",
  "pg_ts_template",
  "pg_transform",
  "pg_largeobject_metadata",
  "pg_replication_slots",
  "pg_stat_replication",
  "pg_shdepend",
  "pg_group",
])
  provide(`pg_catalog.${name}`, () => []);
