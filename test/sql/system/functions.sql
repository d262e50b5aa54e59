-- Functions about the session, types, sizes and objects.
select current_database(), current_catalog, current_schema, current_schema(), current_user, session_user, user, current_role;
select current_schemas(true), current_schemas(false);
select pg_typeof(1), pg_typeof('a'::text), pg_typeof(null::int), pg_typeof(array[1]), pg_typeof(current_user), pg_typeof(version());
-- differs: a modifier that interval cannot have is shown, not an internal error
select format_type(23, null), format_type(23, -1), format_type(1043, 14), format_type(1043, -1), format_type(1042, 9), format_type(1042, -1), format_type(1042, null), format_type(1700, 655366), format_type(1700, -1), format_type(1114, 3), format_type(1184, 0), format_type(1083, 2), format_type(1186, 3), format_type(1186, 327679);
select format_type(0, null), format_type(999999, null), format_type(null, 1), format_type(1007, null), format_type(1015, 14), format_type(25, 5), format_type(18, null), format_type(19, null), format_type(2249, null), format_type(2287, null), format_type(30, null), format_type(705, null), format_type(3904, null), format_type(4072, null);
select 'int4'::regtype, 'integer'::regtype, 'int'::regtype, 'character varying'::regtype, 'varchar(10)'::regtype, 'timestamp with time zone'::regtype, 'int4[]'::regtype, '_int4'::regtype, '"char"'::regtype, 'char'::regtype, 'bpchar'::regtype, 'pg_catalog.int4'::regtype, '23'::regtype, '-'::regtype, 'double precision'::regtype, 'bit varying'::regtype;
select 'nosuch'::regtype;
-- differs: a schema that does not exist is not told from an object that does not
select 'nosuch.int4'::regtype;
-- differs: what follows a type's name is a syntax error of the type's own parser there
select 'int4 int4'::regtype;
select 23::regtype, 1043::regtype, 0::regtype, 999999::regtype, 1007::regtype;
select 'pg_class'::regclass, 'pg_catalog.pg_class'::regclass, '"pg_class"'::regclass, '1259'::regclass, 1259::regclass, 0::regclass, 999999::regclass, '-'::regclass;
select 'nosuch'::regclass;
-- differs: a schema that does not exist is not told from an object that does not
select 'nosuch.x'::regclass;
select '"a b"'::regclass;
select 'a.b.c.d'::regclass;
select '"unclosed'::regclass;
select ''::regclass;
select 'now'::regproc, 'pg_catalog.now'::regproc, 'int4pl'::regproc, 1299::regproc, 0::regproc, 999999::regproc;
select 'nosuch'::regproc;
select 'abs'::regproc;
select 'abs(int4)'::regprocedure, 'abs(numeric)'::regprocedure, 'now()'::regprocedure, 'pg_catalog.abs(integer)'::regprocedure, 'substr(text, integer)'::regprocedure, 0::regprocedure;
select 'abs(text)'::regprocedure;
select 'abs'::regprocedure;
select 'abs('::regprocedure;
-- differs: a prefix operator and a binary one of a name are not told apart
select '||/'::regoper, '-'::regoper;
select '+'::regoper;
select '+(int4,int4)'::regoperator, '+(integer,integer)'::regoperator, '-(none,int4)'::regoperator, 551::regoperator, 0::regoperator;
select '+(int4)'::regoperator;
select '@@@@(int4,int4)'::regoperator;
select 'pg_catalog'::regnamespace, 'public'::regnamespace, 11::regnamespace, 0::regnamespace;
select 'nosuch'::regnamespace;
select 'postgres'::regrole, 10::regrole, 0::regrole;
select 'nosuch'::regrole;
select '"C"'::regcollation, 'pg_catalog."default"'::regcollation, 950::regcollation;
select 'nosuch'::regcollation;
select to_regclass('pg_class'), to_regclass('nosuch'), to_regclass('nosuch.x'), to_regtype('int4'), to_regtype('nosuch'), to_regproc('now'), to_regproc('nosuch'), to_regprocedure('abs(int4)'), to_regprocedure('abs(text)'), to_regoper('||/'), to_regoper('+'), to_regoperator('+(int4,int4)'), to_regnamespace('public'), to_regnamespace('nosuch'), to_regrole('postgres'), to_regrole('nosuch'), to_regcollation('"C"'), to_regcollation('nosuch');
select to_regclass(null), to_regtype(null);
-- differs: what follows a type's name is a syntax error of the type's own parser there
select to_regtype('int4 int4');
select 'int4'::regtype::oid, 'pg_class'::regclass::oid, 'now'::regproc::oid, 'pg_catalog'::regnamespace::oid;
select 'int4'::regtype::text, 'int4'::regtype = 23, 'int4'::regtype = 'integer', 'pg_class'::regclass = 1259, 'pg_class'::regclass::text || 'x';
select array['int4'::regtype, 'text'], '{int4,text}'::regtype[];
select has_table_privilege('pg_class', 'select'), has_table_privilege('postgres', 'pg_class', 'SELECT'), has_table_privilege(1259, 'insert'), has_table_privilege('pg_class', 'select, insert'), has_table_privilege('pg_class', 'select with grant option');
select has_table_privilege('nosuch', 'select');
select has_table_privilege('pg_class', 'bad');
select has_table_privilege('nosuch', 'pg_class', 'select');
select has_table_privilege(999999, 'select');
select has_schema_privilege('public', 'usage'), has_schema_privilege('public', 'create'), has_schema_privilege('postgres', 'public', 'usage');
select has_schema_privilege('nosuch', 'usage');
select has_schema_privilege('public', 'select');
select has_database_privilege('postgres', 'connect'), has_database_privilege('postgres', 'create'), has_database_privilege('postgres', 'temp');
select has_database_privilege('nosuch', 'connect');
select has_function_privilege('now()', 'execute'), has_function_privilege('postgres', 'abs(int4)', 'execute');
select has_function_privilege('nosuch()', 'execute');
select has_column_privilege('pg_class', 'relname', 'select'), has_column_privilege('pg_class', 2::smallint, 'select'), has_any_column_privilege('pg_class', 'select');
-- differs: column privileges do not look for the column yet
select has_column_privilege('pg_class', 'nosuch', 'select');
-- differs: kinds of relations are not told apart
select has_type_privilege('int4', 'usage'), has_language_privilege('sql', 'usage'), has_tablespace_privilege('pg_default', 'create'), has_sequence_privilege('pg_class', 'usage');
select has_type_privilege('nosuch', 'usage');
select has_language_privilege('nosuch', 'usage');
select has_parameter_privilege('work_mem', 'set');
select pg_has_role('postgres', 'usage'), pg_has_role('postgres', 'postgres', 'member'), pg_has_role(10, 'member');
select pg_has_role('nosuch', 'usage');
select pg_has_role('postgres', 'bad');
select pg_table_is_visible(1259), pg_table_is_visible(999999), pg_type_is_visible(23), pg_type_is_visible(999999), pg_function_is_visible(1299), pg_function_is_visible(999999), pg_operator_is_visible(551), pg_operator_is_visible(999999), pg_collation_is_visible(100), pg_opclass_is_visible(1978), pg_opfamily_is_visible(1976), pg_conversion_is_visible(1), pg_statistics_obj_is_visible(1);
select pg_get_userbyid(10), pg_get_userbyid(999999);
select pg_size_pretty(0::bigint), pg_size_pretty(10239::bigint), pg_size_pretty(10240::bigint), pg_size_pretty(10485247::bigint), pg_size_pretty(10485248::bigint), pg_size_pretty(-10240::bigint), pg_size_pretty(1125899906842624::bigint), pg_size_pretty(9223372036854775807), pg_size_pretty(-9223372036854775808);
select pg_size_pretty(0.0), pg_size_pretty(1000.5), pg_size_pretty(10240::numeric), pg_size_pretty(1e15::numeric), pg_size_pretty(1e20::numeric), pg_size_pretty(-1e10::numeric), pg_size_pretty(10239.9);
select pg_size_bytes('1'), pg_size_bytes('123bytes'), pg_size_bytes('1kB'), pg_size_bytes('1 MB'), pg_size_bytes(' 1 GB '), pg_size_bytes('1.5 GB'), pg_size_bytes('1TB'), pg_size_bytes('1e4 MB'), pg_size_bytes('-1'), pg_size_bytes('-.5 kb'), pg_size_bytes('1 pb'), pg_size_bytes('1B');
select pg_size_bytes('1 AB');
select pg_size_bytes('');
select pg_size_bytes('kB');
select pg_size_bytes('1.1.1');
select pg_size_bytes('9223372036854775807.9');
select pg_size_bytes('1e100');
-- differs: sizes are those of values as they are sent
select pg_column_size(1), pg_column_size(1::bigint), pg_column_size(1::smallint), pg_column_size('abc'::text), pg_column_size(''::text), pg_column_size(null::int), pg_column_size(true), pg_column_size(now()), pg_column_size('a'::name);
select pg_client_encoding(), getdatabaseencoding(), pg_encoding_to_char(6), pg_encoding_to_char(0), pg_encoding_to_char(999), pg_char_to_encoding('UTF8'), pg_char_to_encoding('latin1'), pg_char_to_encoding('nosuch'), pg_encoding_max_length(6);
select pg_encoding_to_char(8), pg_encoding_to_char(5), pg_char_to_encoding('WIN1252'), pg_char_to_encoding('SQL_ASCII');
select pg_is_in_recovery(), pg_my_temp_schema(), pg_is_other_temp_schema(11), pg_backend_pid() > 0, pg_trigger_depth(), pg_jit_available() is not null, row_security_active('pg_class');
-- differs: addresses of connections are not kept
select inet_client_addr() is null, inet_server_port() is null;
select pg_postmaster_start_time() <= now(), pg_conf_load_time() <= now();
-- differs: descriptions of built-in objects are not kept
select obj_description(1259, 'pg_class'), obj_description('pg_catalog'::regnamespace, 'pg_namespace'), col_description(1259, 1), shobj_description(1, 'pg_database'), obj_description(999999, 'pg_class'), obj_description(23, 'pg_type'), obj_description(1299, 'pg_proc');
select pg_describe_object(1259, 1259, 0), pg_describe_object(1247, 23, 0), pg_describe_object(1255, 1299, 0), pg_describe_object(2615, 11, 0), pg_describe_object(1259, 1259, 2);
select pg_describe_object(1259, 999999, 0);
select pg_identify_object(1259, 1259, 0), pg_identify_object(1247, 23, 0), pg_identify_object(2615, 11, 0);
-- differs: object addresses are refused
select pg_identify_object_as_address(1259, 1259, 0);
-- differs: object addresses are refused
select pg_get_object_address('table', '{pg_class}', '{}');
-- differs: object addresses are refused
select pg_get_object_address('type', '{int4}', '{}');
-- differs: object addresses are refused
select pg_get_object_address('nosuch', '{a}', '{}');
select pg_get_keywords() limit 3;
select word, catcode, barelabel, catdesc from pg_get_keywords() where word in ('select', 'abort', 'between', 'all') order by word;
select count(*) > 400 from pg_get_keywords();
select pg_get_function_arguments(1299), pg_get_function_arguments('substr(text,int4)'::regprocedure), pg_get_function_identity_arguments('abs(int4)'::regprocedure), pg_get_function_result('abs(int4)'::regprocedure), pg_get_function_result('generate_series(int4,int4)'::regprocedure), pg_get_function_arguments(999999);
-- differs: default expressions print as they are in the facts
select pg_get_function_arguments('concat_ws'::regproc), pg_get_function_arguments('json_each'::regproc), pg_get_function_result('json_each'::regproc), pg_get_function_arguments('jsonb_path_query'::regproc), pg_get_function_arguments('make_interval'::regproc), pg_get_function_identity_arguments('json_each'::regproc);
select pg_get_viewdef(999999), pg_get_indexdef(999999), pg_get_constraintdef(999999), pg_get_ruledef(999999), pg_get_triggerdef(999999), pg_get_functiondef(999999), pg_get_statisticsobjdef(999999), pg_get_partkeydef(999999), pg_get_expr(null, 0);
select pg_get_serial_sequence('pg_class', 'oid');
select pg_get_serial_sequence('nosuch', 'id');
select pg_get_serial_sequence('pg_class', 'nosuch');
-- differs: relations are not files of their own
select pg_relation_filenode('pg_class'::regclass) is not null, pg_relation_filepath('pg_class'::regclass) is not null;
select pg_relation_size(999999), pg_table_size(999999), pg_total_relation_size(999999), pg_indexes_size(999999);
select pg_relation_size('pg_class', 'bad');
select pg_tablespace_location(1663), pg_tablespace_location(0);
-- differs: transaction ids and snapshots are not shown
select txid_current() > 0, pg_current_xact_id() is not null, txid_current_if_assigned() is null;
-- differs: transaction ids and snapshots are not shown
select pg_current_snapshot() is not null, txid_current_snapshot() is not null;
-- differs: properties of index methods are refused
select pg_index_column_has_property('pg_class_oid_index'::regclass, 1, 'asc'), pg_index_has_property('pg_class_oid_index'::regclass, 'clusterable'), pg_indexam_has_property(403, 'can_order');
-- differs: properties of index methods are refused
select pg_index_column_has_property(999999, 1, 'asc');
select num_nulls(1, null, 'a'), num_nonnulls(1, null, 'a'), num_nulls(variadic array[1,null]), num_nonnulls(variadic '{1,2}'::int[]);
select quote_ident('a b'), quote_literal(null), quote_nullable(null);
-- differs: nothing may hold a thread of the server; refused
select pg_sleep(0);
select pg_input_is_valid('1', 'integer');
-- differs: collations of expressions are not tracked
select pg_collation_for('a'::text), pg_collation_for('a' collate "C"), pg_collation_for('a');
select pg_collation_for(1);
select 'a' collate "C" < 'B' collate "C";
-- differs: collations of expressions are not tracked
select 'a' collate "C" < 'b' collate "POSIX";
select 'a' collate "nosuch";
select 1 collate "C";
select 'a'::text collate "C" || 'b';
select upper('a' collate "C");
select oid, typname from pg_type where typname = 'int4';
select nspname from pg_namespace where nspname in ('pg_catalog', 'public', 'information_schema') order by 1;
select relname, relkind from pg_class where relname in ('pg_class', 'pg_type', 'pg_proc', 'pg_index') order by 1;
-- differs: columns of system relations are not marked NOT NULL
select attname, atttypid::regtype, attnum, attnotnull from pg_attribute where attrelid = 'pg_namespace'::regclass and attnum > 0 order by attnum;
-- differs: columns of system relations are not marked NOT NULL
select attname, atttypid::regtype, attnum, attnotnull from pg_attribute where attrelid = 'pg_class'::regclass and attnum > 0 order by attnum;
select typname, typlen, typbyval, typtype, typcategory, typispreferred, typdelim, typrelid, typelem, typarray, typinput, typoutput, typalign, typstorage, typnotnull, typbasetype, typtypmod, typndims, typcollation from pg_type where typname in ('int4', 'text', '_int4', 'numeric', 'bool', 'box', 'int4range', 'record', 'anyelement', 'json') order by oid;
select rngtypid::regtype, rngsubtype::regtype, rngmultitypid::regtype, rngcollation, rngsubopc, rngcanonical, rngsubdiff from pg_range where rngtypid < 16384 order by rngtypid;
select count(*) from pg_range;
select proname, pronargs, proargtypes, prorettype::regtype, provolatile, proisstrict, proretset, prokind, provariadic, pronargdefaults from pg_proc where proname in ('abs', 'concat', 'json_each', 'now', 'sum') order by oid;
select count(*) > 3000 from pg_proc;
select oprname, oprleft::regtype, oprright::regtype, oprresult::regtype, oprcode, oprcom::regoperator, oprnegate::regoperator, oprkind, oprcanmerge, oprcanhash from pg_operator where oid in (96, 97, 551, 15, 98) order by oid;
select count(*) > 700 from pg_operator;
-- differs: casts of types that are not there are not listed
select castsource::regtype, casttarget::regtype, castfunc, castcontext, castmethod from pg_cast where castsource in (23, 25) order by 1, 2;
-- differs: only what Orrery's own index methods and aggregates have is listed
select amname, amhandler, amtype from pg_am where amname in ('heap', 'btree', 'hash', 'gin', 'gist', 'brin', 'spgist') order by oid;
-- differs: only what Orrery's own index methods and aggregates have is listed
select aggfnoid, aggkind, aggnumdirectargs, aggtransfn, aggfinalfn, aggtranstype::regtype, agginitval from pg_aggregate where aggfnoid in (2108, 2147, 2803) order by 1;
-- differs: only what Orrery's own index methods and aggregates have is listed
select opcname, opcintype::regtype, opcdefault, opckeytype from pg_opclass where opcname in ('int4_ops', 'text_ops') order by opcmethod, opcname;
-- differs: only what Orrery's own index methods and aggregates have is listed
select opfname, opfmethod from pg_opfamily where opfname in ('integer_ops', 'text_ops') order by 1, 2;
-- differs: only what Orrery's own index methods and aggregates have is listed
select count(*) from pg_amop where amopfamily = 1976;
-- differs: only what Orrery's own index methods and aggregates have is listed
select amproclefttype::regtype, amprocrighttype::regtype, amprocnum, amproc from pg_amproc where amprocfamily = 1976 order by 1, 2, 3;
select collname, collprovider, collencoding from pg_collation where collname in ('default', 'C', 'POSIX') order by oid;
-- differs: there is no C language and no second tablespace
select lanname, lanispl, lanpltrusted from pg_language order by lanname;
select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolconnlimit, rolbypassrls from pg_roles where rolname = 'postgres';
select usename, usesysid, usecreatedb, usesuper from pg_user where usename = 'postgres';
select datname, datistemplate, datallowconn, encoding from pg_database where datname = 'postgres';
-- differs: there is no C language and no second tablespace
select spcname from pg_tablespace order by 1;
select count(*) from pg_enum;
select count(*) from pg_inherits;
select count(*) from pg_partitioned_table;
select count(*) from pg_sequences;
select count(*) from pg_policy;
select count(*) from pg_policies;
select count(*) from pg_publication;
select count(*) from pg_subscription;
select count(*) from pg_foreign_table;
select count(*) from pg_foreign_server;
select count(*) from pg_event_trigger;
select count(*) from pg_statistic_ext;
select count(*) from pg_largeobject_metadata;
select count(*) from pg_prepared_xacts;
select count(*) from pg_prepared_statements;
select count(*) from pg_cursors;
select count(*) from pg_matviews;
-- differs: system relations are computed: they are listed as such
select count(*) from pg_rules;
select count(*) from pg_default_acl;
select count(*) from pg_seclabels;
select count(*) from pg_db_role_setting;
select count(*) from pg_auth_members where roleid = 10;
select count(*) from pg_user_mappings;
select count(*) from pg_replication_slots;
select count(*) from pg_stat_replication;
select count(*) >= 0 from pg_stat_user_tables;
select count(*) >= 0 from pg_stat_all_tables;
select count(*) >= 0 from pg_stat_user_indexes;
-- differs: refused: the relation is not computed yet
select count(*) >= 0 from pg_statio_user_tables;
select count(*) >= 1 from pg_stat_activity;
-- differs: refused: the relation is not computed yet
select count(*) >= 0 from pg_stat_database;
-- differs: refused: the relation is not computed yet
select count(*) >= 0 from pg_locks;
-- differs: refused: the relation is not computed yet
select count(*) >= 1 from pg_timezone_names where name = 'UTC';
-- differs: refused: the relation is not computed yet
select abbrev, utc_offset, is_dst from pg_timezone_abbrevs where abbrev = 'EST';
select count(*) >= 1 from pg_available_extensions;
select extname from pg_extension where extname = 'nosuch';
select count(*) from pg_hba_file_rules where false;
-- differs: system relations are computed: they are listed as such
select schemaname, viewname from pg_views where viewname = 'pg_views';
-- differs: system relations are computed: they are listed as such
select schemaname, tablename, tableowner, hasindexes from pg_tables where tablename = 'pg_class';
-- differs: system relations are computed: they are listed as such
select schemaname, tablename, indexname, tablespace from pg_indexes where indexname = 'pg_class_oid_index';
select catalog_name, schema_name, schema_owner from information_schema.schemata where schema_name = 'public';
-- differs: the standard's feature tables are not kept
select table_name, table_type, is_insertable_into from information_schema.tables where table_schema = 'information_schema' and table_name in ('tables', 'columns', 'sql_features') order by 1;
select count(*) from information_schema.triggers;
select count(*) from information_schema.routines where routine_name = 'nosuch';
select * from information_schema.information_schema_catalog_name;
select * from information_schema.enabled_roles where role_name = 'postgres';
-- differs: system relations are computed: they are listed as such
select count(*) from information_schema.domains;
select count(*) from information_schema.check_constraints where constraint_schema = 'nosuch';
-- differs: privileges are not listed object by object
select count(*) from information_schema.table_privileges where table_name = 'nosuch';
-- differs: privileges are not listed object by object
select count(*) from information_schema.role_table_grants where table_name = 'nosuch';
-- differs: refused: the relation is not computed yet
select count(*) from information_schema.element_types;
-- differs: refused: the relation is not computed yet
select count(*) from information_schema.view_column_usage where view_name = 'nosuch';
-- differs: refused: the relation is not computed yet
select count(*) from information_schema.user_defined_types;
select count(*) from information_schema.foreign_tables;
select count(*) from information_schema.character_sets;
select count(*) from information_schema.collations where collation_name = 'C';
-- differs: the standard's feature tables are not kept
select feature_id, feature_name, is_supported from information_schema.sql_features where feature_id = 'B012';
-- differs: the standard's feature tables are not kept
select sizing_name, supported_value from information_schema.sql_sizing where sizing_id = 34;
