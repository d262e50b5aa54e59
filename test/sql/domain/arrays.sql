-- A domain over arrays is named as such, and has arrays of its own.
create domain few as int[] check (array_length(value, 1) < 3);
create table t (a few, b few[]);
select attname, atttypid::regtype::text, format_type(atttypid, atttypmod) from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
insert into t values ('{1,2,3}');
insert into t values ('{1,2}', array['{1}'::few, '{2,3}']);
insert into t values ('{1,2}', array['{1,2,3}'::few]);
insert into t values (null, '{"{1}","{1,2,3}"}');
select a, b, b[2], pg_typeof(b), pg_typeof(b[1]) from t;
select '{1,2,3}'::few[];
select pg_typeof(array['{1}'::few]), array['{1}'::few];
select unnest(b) from t;
comment on constraint few_check on domain few is 'few';
create type pair as (l few, r text);
comment on column pair.r is 'right';
select classoid::regclass, objsubid, description from pg_description where description in ('few', 'right') order by 3;
-- What a table and a view keep beside.
create view v as select 1 as a, 'x'::text as b;
alter view v alter column b set default 'nobody';
select attname, atthasdef from pg_attribute where attrelid = 'v'::regclass order by attnum;
select adnum, pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'v'::regclass;
create table identified (a int not null unique);
alter table identified replica identity full;
select relreplident from pg_class where oid = 'identified'::regclass;
alter table identified replica identity using index identified_a_key;
select relreplident, indisreplident from pg_class c join pg_index i on i.indrelid = c.oid where c.oid = 'identified'::regclass;
