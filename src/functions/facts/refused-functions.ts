/**
 * Names of functions in PostgreSQL 15 over types or features that Orrery does not have. With those in function-facts.ts that have no
 * body they are refused as not supported, where a name that PostgreSQL does not know either is a missing function.
 */
import { functionFacts } from "./function-facts.js";

const refusedNames = `
abbrev area array_to_tsvector bernoulli bit bound_box brin_desummarize_range brin_summarize_new_values brin_summarize_range
broadcast cash_words center cursor_to_xml cursor_to_xmlschema database_to_xml database_to_xml_and_xmlschema database_to_xmlschema
datemultirange daterange diagonal diameter enum_first enum_last enum_range family gin_clean_pending_list height host hostmask
inet_merge inet_same_family int4multirange int4range int8multirange int8range isclosed isempty ishorizontal isopen isparallel
isperp isvertical json_to_tsvector jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz jsonb_path_query
jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first jsonb_path_query_first_tz jsonb_path_query_tz
jsonb_to_tsvector line lo_close lo_creat lo_create lo_export lo_from_bytea lo_get lo_import lo_lseek lo_lseek64 lo_open lo_put
lo_tell lo_tell64 lo_truncate lo_truncate64 lo_unlink loread lower_inc lower_inf lowrite lseg macaddr8_set7bit masklen mode
multirange netmask network npoints nummultirange numnode numrange pclose percentile_cont percentile_disc pg_backup_start
pg_backup_stop pg_collation_actual_version pg_collation_for pg_collation_is_visible pg_control_checkpoint pg_control_init
pg_control_recovery pg_control_system pg_copy_logical_replication_slot pg_copy_physical_replication_slot
pg_create_logical_replication_slot pg_create_physical_replication_slot pg_create_restore_point pg_current_snapshot
pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn pg_drop_replication_slot pg_event_trigger_ddl_commands
pg_event_trigger_dropped_objects pg_event_trigger_table_rewrite_oid pg_event_trigger_table_rewrite_reason
pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_hba_file_rules pg_ident_file_mappings pg_identify_object
pg_identify_object_as_address pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
pg_log_backend_memory_contexts pg_ls_archive_statusdir pg_ls_dir pg_ls_logdir pg_ls_logicalmapdir pg_ls_logicalsnapdir
pg_ls_replslotdir pg_ls_tmpdir pg_ls_waldir pg_mcv_list_items pg_partition_ancestors pg_partition_root pg_partition_tree
pg_promote pg_read_binary_file pg_read_file pg_read_file_old pg_show_all_file_settings pg_show_all_settings
pg_show_replication_origin_status pg_snapshot_xip pg_snapshot_xmax pg_snapshot_xmin pg_statistics_obj_is_visible pg_switch_wal
pg_visible_in_snapshot pg_wal_lsn_diff pg_wal_replay_pause pg_wal_replay_resume pg_walfile_name pg_walfile_name_offset
pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status phraseto_tsquery plainto_tsquery point popen query_to_xml
query_to_xml_and_xmlschema query_to_xmlschema querytree radius range_agg range_intersect_agg range_merge schema_to_xml
schema_to_xml_and_xmlschema schema_to_xmlschema set_masklen setweight slope strip system table_to_xml table_to_xml_and_xmlschema
table_to_xmlschema to_tsquery to_tsvector ts_debug ts_headline ts_lexize ts_parse ts_rank ts_rank_cd ts_rewrite ts_stat
ts_token_type tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange tsvector_to_array txid_current_snapshot
txid_snapshot_xip txid_snapshot_xmax txid_snapshot_xmin txid_visible_in_snapshot upper_inc upper_inf varbit websearch_to_tsquery
width xml xmlagg xmlcomment xmlexists xmlvalidate xpath xpath_exists
`;

let names: ReadonlySet<string> | undefined;
/** Whether PostgreSQL 15 has a function of this name. Made at the first question, which only a failing statement asks. */
export function isPostgresFunction(name: string): boolean {
  names ??= new Set([...refusedNames.split(/\s+/), ...functionFacts.split("\n").map((line) => line.split("|")[1] ?? "")]);
  return name !== "" && names.has(name);
}
