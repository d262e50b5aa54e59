-- What the catalog says of PostgreSQL's own functions, operators, types, casts and conversions.
select proname, prosrc, prolang, proparallel, proleakproof, procost, prorows, prosupport, proacl::text from pg_proc where oid in (1397, 2098, 3353, 1067, 2282, 4302, 2621) order by oid;
select proname, proallargtypes::text, proargmodes::text, proargnames::text from pg_proc where oid in (3206, 3970, 5024, 3212) order by oid;
select obj_description(1397, 'pg_proc'), obj_description(96, 'pg_operator'), obj_description(65, 'pg_proc'), obj_description(25, 'pg_type'), obj_description(403, 'pg_am'), obj_description(14, 'pg_language');
select classoid::regclass, count(*) > 50 from pg_description where classoid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass, 'pg_conversion'::regclass) group by 1 order by classoid;
select pg_get_functiondef('abs(int)'::regprocedure), pg_get_functiondef('now()'::regprocedure), pg_get_functiondef('generate_series(int,int)'::regprocedure), pg_get_functiondef('texteq(text,text)'::regprocedure);
select pg_get_functiondef('sum(int)'::regprocedure);
select pg_get_function_arguments('percentile_cont(float8,float8)'::regprocedure), pg_get_function_arguments('jsonb_array_elements(jsonb)'::regprocedure), pg_get_function_arguments(3986), pg_get_function_identity_arguments(3984);
select oid::regoperator from pg_operator where oid in (3636, 3660, 3188, 96) order by oid;
select oprname, oprcode::text, oprcanmerge, oprcanhash from pg_operator where oid in (352, 385, 900, 1784, 3188, 96) order by oid;
select castsource::regtype::text, casttarget::regtype::text, castfunc::regprocedure::text, castcontext, castmethod from pg_cast where castsource = 142 or casttarget = 142 order by 1, 2;
select conname, pg_encoding_to_char(conforencoding), pg_encoding_to_char(contoencoding), conproc::text, condefault from pg_conversion where conname like 'koi8%' order by 1;
select pg_type_is_visible(3614), pg_type_is_visible(142), pg_conversion_is_visible(4402), pg_conversion_is_visible(1);
select spcname from pg_tablespace order by 1;
select pg_tablespace_size('pg_default') >= 0, pg_tablespace_size('pg_global') >= 0, pg_tablespace_size(1663) >= 0, pg_tablespace_size(1::oid);
select pg_tablespace_size('nothing');
select nspname, nspacl::text from pg_namespace where nspname in ('pg_catalog', 'public', 'information_schema') order by 1;
-- Tables of the catalog and views.
select table_type, table_name from information_schema.tables where table_name in ('pg_class', 'pg_stats', 'pg_tables', 'pg_type', 'tables', 'sql_features') order by 2;
select relname, relkind, relam from pg_class where relname in ('pg_class', 'pg_stats', 'pg_tables', 'pg_type', 'pg_attribute') order by 1;
select attname, attcollation from pg_attribute where attrelid = 'pg_proc'::regclass and attnum > 0 order by attnum;
select count(*) > 100 from pg_proc tablesample bernoulli (50) repeatable (1);
select count(*) from pg_class tablesample system (0);
select count(*) > 0 from pg_class tablesample system (100);
select count(*) from pg_stats tablesample system (100);
-- The keys of indexes are not always the values.
create table indexed (t text, n name, tags text[], j jsonb, c char(3));
create index on indexed using hash (t);
create index on indexed using gin (tags);
create index on indexed using gin (j);
create index on indexed (n, c) include (t);
select attrelid::regclass::text, attname, atttypid::regtype::text, atttypmod from pg_attribute where attrelid in (select indexrelid from pg_index where indrelid = 'indexed'::regclass) order by 1, attnum;
select indexrelid::regclass::text, indclass::text from pg_index where indrelid = 'indexed'::regclass order by 1;
create operator === (leftarg = int, rightarg = int, function = int4eq);
select oprname, obj_description(oprcode, 'pg_proc') from pg_operator where oprname = '===';
drop operator === (int, int);
