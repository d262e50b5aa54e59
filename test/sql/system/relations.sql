-- Columns with names and types of every relation of pg_catalog and information_schema.
-- differs: privileges are not listed object by object
select * from information_schema.administrable_role_authorizations where false;
-- differs: privileges are not listed object by object
select * from information_schema.applicable_roles where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.attributes where false;
select * from information_schema.character_sets where false;
select * from information_schema.check_constraint_routine_usage where false;
select * from information_schema.check_constraints where false;
select * from information_schema.collation_character_set_applicability where false;
select * from information_schema.collations where false;
select * from information_schema.column_column_usage where false;
select * from information_schema.column_domain_usage where false;
select * from information_schema.column_options where false;
-- differs: privileges are not listed object by object
select * from information_schema.column_privileges where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.column_udt_usage where false;
select * from information_schema.columns where false;
select * from information_schema.constraint_column_usage where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.constraint_table_usage where false;
-- differs: privileges are not listed object by object
select * from information_schema.data_type_privileges where false;
select * from information_schema.domain_constraints where false;
select * from information_schema.domain_udt_usage where false;
select * from information_schema.domains where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.element_types where false;
select * from information_schema.enabled_roles where false;
select * from information_schema.foreign_data_wrapper_options where false;
select * from information_schema.foreign_data_wrappers where false;
select * from information_schema.foreign_server_options where false;
select * from information_schema.foreign_servers where false;
select * from information_schema.foreign_table_options where false;
select * from information_schema.foreign_tables where false;
select * from information_schema.information_schema_catalog_name where false;
select * from information_schema.key_column_usage where false;
select * from information_schema.parameters where false;
select * from information_schema.referential_constraints where false;
-- differs: privileges are not listed object by object
select * from information_schema.role_column_grants where false;
-- differs: privileges are not listed object by object
select * from information_schema.role_routine_grants where false;
-- differs: privileges are not listed object by object
select * from information_schema.role_table_grants where false;
-- differs: privileges are not listed object by object
select * from information_schema.role_udt_grants where false;
-- differs: privileges are not listed object by object
select * from information_schema.role_usage_grants where false;
select * from information_schema.routine_column_usage where false;
-- differs: privileges are not listed object by object
select * from information_schema.routine_privileges where false;
select * from information_schema.routine_routine_usage where false;
select * from information_schema.routine_sequence_usage where false;
select * from information_schema.routine_table_usage where false;
select * from information_schema.routines where false;
select * from information_schema.schemata where false;
select * from information_schema.sequences where false;
-- differs: the standard's feature tables are not kept
select * from information_schema.sql_features where false;
-- differs: the standard's feature tables are not kept
select * from information_schema.sql_implementation_info where false;
-- differs: the standard's feature tables are not kept
select * from information_schema.sql_parts where false;
-- differs: the standard's feature tables are not kept
select * from information_schema.sql_sizing where false;
select * from information_schema.table_constraints where false;
-- differs: privileges are not listed object by object
select * from information_schema.table_privileges where false;
select * from information_schema.tables where false;
select * from information_schema.transforms where false;
select * from information_schema.triggered_update_columns where false;
select * from information_schema.triggers where false;
-- differs: privileges are not listed object by object
select * from information_schema.udt_privileges where false;
-- differs: privileges are not listed object by object
select * from information_schema.usage_privileges where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.user_defined_types where false;
select * from information_schema.user_mapping_options where false;
select * from information_schema.user_mappings where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.view_column_usage where false;
select * from information_schema.view_routine_usage where false;
-- differs: refused: the relation is not computed yet
select * from information_schema.view_table_usage where false;
select * from information_schema.views where false;
select * from pg_catalog.pg_aggregate where false;
select * from pg_catalog.pg_am where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_amop where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_amproc where false;
select * from pg_catalog.pg_attrdef where false;
select * from pg_catalog.pg_attribute where false;
select * from pg_catalog.pg_auth_members where false;
select * from pg_catalog.pg_authid where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_available_extension_versions where false;
select * from pg_catalog.pg_available_extensions where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_backend_memory_contexts where false;
select * from pg_catalog.pg_cast where false;
select * from pg_catalog.pg_class where false;
select * from pg_catalog.pg_collation where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_config where false;
select * from pg_catalog.pg_constraint where false;
select * from pg_catalog.pg_conversion where false;
select * from pg_catalog.pg_cursors where false;
select * from pg_catalog.pg_database where false;
select * from pg_catalog.pg_db_role_setting where false;
select * from pg_catalog.pg_default_acl where false;
select * from pg_catalog.pg_depend where false;
select * from pg_catalog.pg_description where false;
select * from pg_catalog.pg_enum where false;
select * from pg_catalog.pg_event_trigger where false;
select * from pg_catalog.pg_extension where false;
select * from pg_catalog.pg_file_settings where false;
select * from pg_catalog.pg_foreign_data_wrapper where false;
select * from pg_catalog.pg_foreign_server where false;
select * from pg_catalog.pg_foreign_table where false;
select * from pg_catalog.pg_group where false;
select * from pg_catalog.pg_hba_file_rules where false;
select * from pg_catalog.pg_ident_file_mappings where false;
select * from pg_catalog.pg_index where false;
select * from pg_catalog.pg_indexes where false;
select * from pg_catalog.pg_inherits where false;
select * from pg_catalog.pg_init_privs where false;
select * from pg_catalog.pg_language where false;
select * from pg_catalog.pg_largeobject where false;
select * from pg_catalog.pg_largeobject_metadata where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_locks where false;
select * from pg_catalog.pg_matviews where false;
select * from pg_catalog.pg_namespace where false;
select * from pg_catalog.pg_opclass where false;
select * from pg_catalog.pg_operator where false;
select * from pg_catalog.pg_opfamily where false;
select * from pg_catalog.pg_parameter_acl where false;
select * from pg_catalog.pg_partitioned_table where false;
select * from pg_catalog.pg_policies where false;
select * from pg_catalog.pg_policy where false;
select * from pg_catalog.pg_prepared_statements where false;
select * from pg_catalog.pg_prepared_xacts where false;
select * from pg_catalog.pg_proc where false;
select * from pg_catalog.pg_publication where false;
select * from pg_catalog.pg_publication_namespace where false;
select * from pg_catalog.pg_publication_rel where false;
select * from pg_catalog.pg_publication_tables where false;
select * from pg_catalog.pg_range where false;
select * from pg_catalog.pg_replication_origin where false;
select * from pg_catalog.pg_replication_origin_status where false;
select * from pg_catalog.pg_replication_slots where false;
select * from pg_catalog.pg_rewrite where false;
select * from pg_catalog.pg_roles where false;
select * from pg_catalog.pg_rules where false;
select * from pg_catalog.pg_seclabel where false;
select * from pg_catalog.pg_seclabels where false;
select * from pg_catalog.pg_sequence where false;
select * from pg_catalog.pg_sequences where false;
select * from pg_catalog.pg_settings where false;
select * from pg_catalog.pg_shadow where false;
select * from pg_catalog.pg_shdepend where false;
select * from pg_catalog.pg_shdescription where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_shmem_allocations where false;
select * from pg_catalog.pg_shseclabel where false;
select * from pg_catalog.pg_stat_activity where false;
select * from pg_catalog.pg_stat_all_indexes where false;
select * from pg_catalog.pg_stat_all_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_archiver where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_bgwriter where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_database where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_database_conflicts where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_gssapi where false;
select * from pg_catalog.pg_stat_progress_analyze where false;
select * from pg_catalog.pg_stat_progress_basebackup where false;
select * from pg_catalog.pg_stat_progress_cluster where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_progress_copy where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_progress_create_index where false;
select * from pg_catalog.pg_stat_progress_vacuum where false;
select * from pg_catalog.pg_stat_recovery_prefetch where false;
select * from pg_catalog.pg_stat_replication where false;
select * from pg_catalog.pg_stat_replication_slots where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_slru where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_ssl where false;
select * from pg_catalog.pg_stat_subscription where false;
select * from pg_catalog.pg_stat_subscription_stats where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_sys_indexes where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_sys_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_user_functions where false;
select * from pg_catalog.pg_stat_user_indexes where false;
select * from pg_catalog.pg_stat_user_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_wal where false;
select * from pg_catalog.pg_stat_wal_receiver where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_xact_all_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_xact_sys_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_xact_user_functions where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stat_xact_user_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_all_indexes where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_all_sequences where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_all_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_sys_indexes where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_sys_sequences where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_sys_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_user_indexes where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_user_sequences where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statio_user_tables where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statistic where false;
select * from pg_catalog.pg_statistic_ext where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_statistic_ext_data where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stats where false;
-- differs: counters that Orrery does not keep: refused rather than shown as zero
select * from pg_catalog.pg_stats_ext where false;
select * from pg_catalog.pg_stats_ext_exprs where false;
select * from pg_catalog.pg_subscription where false;
select * from pg_catalog.pg_subscription_rel where false;
select * from pg_catalog.pg_tables where false;
select * from pg_catalog.pg_tablespace where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_timezone_abbrevs where false;
-- differs: refused: the relation is not computed yet
select * from pg_catalog.pg_timezone_names where false;
select * from pg_catalog.pg_transform where false;
select * from pg_catalog.pg_trigger where false;
select * from pg_catalog.pg_ts_config where false;
select * from pg_catalog.pg_ts_config_map where false;
select * from pg_catalog.pg_ts_dict where false;
select * from pg_catalog.pg_ts_parser where false;
select * from pg_catalog.pg_ts_template where false;
select * from pg_catalog.pg_type where false;
select * from pg_catalog.pg_user where false;
select * from pg_catalog.pg_user_mapping where false;
select * from pg_catalog.pg_user_mappings where false;
select * from pg_catalog.pg_views where false;
