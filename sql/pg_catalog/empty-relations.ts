/**
 * Relations that are empty because Orrery has no object of the kind they list; one that would have rows here is not among them. And a few with
 * fixed contents.
 */
import { provide } from "./provider.js";
import { collations } from "./types-and-functions.js";

const empty = `
information_schema.check_constraint_routine_usage information_schema.column_column_usage information_schema.column_options
information_schema.foreign_data_wrapper_options information_schema.foreign_data_wrappers
information_schema.foreign_server_options information_schema.foreign_table_options information_schema.routine_column_usage
information_schema.transforms information_schema.triggered_update_columns information_schema.user_mapping_options
information_schema._pg_foreign_data_wrappers information_schema._pg_foreign_servers
information_schema._pg_foreign_table_columns information_schema._pg_foreign_tables information_schema._pg_user_mappings
pg_catalog.pg_file_settings pg_catalog.pg_ident_file_mappings pg_catalog.pg_largeobject
pg_catalog.pg_parameter_acl pg_catalog.pg_replication_origin pg_catalog.pg_replication_origin_status pg_catalog.pg_seclabels
pg_catalog.pg_stat_recovery_prefetch pg_catalog.pg_stat_replication_slots pg_catalog.pg_stat_subscription pg_catalog.pg_stat_subscription_stats
pg_catalog.pg_stat_wal_receiver pg_catalog.pg_statistic pg_catalog.pg_statistic_ext_data pg_catalog.pg_stats
pg_catalog.pg_subscription_rel pg_catalog.pg_ts_config_map pg_catalog.pg_user_mappings
`;
for (const name of empty.trim().split(/\s+/)) provide(name, () => []);

provide("information_schema.enabled_roles", function* (source) {
  for (const object of source.catalog.objects()) if (object.class === "role") yield { role_name: object.name };
});
provide("information_schema.character_sets", function* (source) {
  yield {
    character_set_name: "UTF8",
    character_repertoire: "UCS",
    form_of_use: "UTF8",
    default_collate_catalog: source.database,
    default_collate_schema: "pg_catalog",
    default_collate_name: "C",
  };
});
provide("information_schema.collations", function* (source) {
  for (const c of collations(source))
    yield {
      collation_catalog: source.database,
      collation_schema: source.catalog.schemaByOid(c.schema)?.name ?? "",
      collation_name: c.name,
      pad_attribute: "NO PAD",
    };
});
provide("information_schema.collation_character_set_applicability", function* (source) {
  for (const c of collations(source))
    yield {
      collation_catalog: source.database,
      collation_schema: source.catalog.schemaByOid(c.schema)?.name ?? "",
      collation_name: c.name,
      character_set_name: "UTF8",
    };
});
