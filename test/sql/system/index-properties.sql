-- what indexes and their columns can do
create table properties (a int, b text, c int[], d int);
create index properties_tree on properties (a desc, b nulls first) include (d);
create index properties_hash on properties using hash (a);
create index properties_gin on properties using gin (c);
create index properties_brin on properties using brin (a);
select i, p, pg_index_has_property(('properties_' || i)::regclass, p) from unnest(array['tree', 'hash', 'gin', 'brin']) i, unnest(array['clusterable', 'index_scan', 'bitmap_scan', 'backward_scan', 'asc']) p order by 1, 2;
select i, n, p, pg_index_column_has_property(('properties_' || i)::regclass, n, p) from unnest(array['tree', 'hash', 'gin', 'brin']) i, generate_series(0, 4) n, unnest(array['asc', 'desc', 'nulls_first', 'nulls_last', 'orderable', 'distance_orderable', 'returnable', 'search_array', 'search_nulls', 'none']) p order by 1, 2, 3;
select pg_index_column_has_property('properties'::regclass, 1, 'asc'), pg_index_has_property(null, 'clusterable');
drop table properties;
-- what a name alone finds
create schema hidden;
create type hidden.mood as enum ('a');
create type mood_here as enum ('a');
create function hidden.visible_f(int) returns int language sql as 'select 1';
create function visible_f_here(int) returns int language sql as 'select 1';
select typname, pg_type_is_visible(oid) from pg_type where typname in ('mood', '_mood', 'mood_here', 'int4', '_int4') order by 1, 2;
select proname, pg_function_is_visible(oid) from pg_proc where proname in ('visible_f', 'visible_f_here', 'lower') group by 1, 2 order by 1;
set search_path to hidden;
select typname, pg_type_is_visible(oid) from pg_catalog.pg_type where typname in ('mood', '_mood', 'mood_here', 'int4', '_int4') order by 1, 2;
select proname, pg_function_is_visible(oid) from pg_proc where proname in ('visible_f', 'visible_f_here') order by 1, 2;
reset search_path;
drop schema hidden cascade;
drop type mood_here;
drop function visible_f_here;
drop table if exists public.nothere;
alter table if exists public.nothere add column a int;
-- numbers of array elements
select (information_schema._pg_expandarray(array['a','b'])).n, (information_schema._pg_expandarray('{5,6,7}'::int[])).*;
select * from information_schema._pg_expandarray('{x,y}'::text[]) as t;
create table expanded (a int, b int, primary key (b, a));
select (i.keys).n, (i.keys).x, pg_typeof((i.keys).x) from (select information_schema._pg_expandarray(indkey) as keys from pg_index where indrelid = 'expanded'::regclass) i;
drop table expanded;
select * from information_schema._pg_expandarray('{}'::int[]);
select * from information_schema._pg_expandarray('{{1,2},{3,4}}'::int[]);
select * from information_schema._pg_expandarray('[3:4]={1,2}'::int[]);
select * from information_schema._pg_expandarray(null::int[]);
-- isolation levels by the name that was asked for
begin isolation level read uncommitted;
show transaction_isolation;
commit;
set default_transaction_isolation to 'read uncommitted';
show transaction_isolation;
show default_transaction_isolation;
reset default_transaction_isolation;
-- what goes with a table is not told
create schema chain;
create table chain.a (id int primary key);
create table chain.b (id int primary key, a int references chain.a);
create table chain.c (id int, b int references chain.b, a int references chain.a);
drop schema chain cascade;
