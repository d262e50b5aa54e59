-- What ANALYZE is told of a column.
create table t (a int, b text);
alter table t alter a set (foo = 5);
alter table t alter a set (n_distinct = 5, n_distinct_inherited = -0.5);
select attname, (select array_agg(o order by o)::text from unnest(attoptions) o where o like 'n_%') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
alter table t alter a set (n_distinct = 7);
alter table t alter a reset (n_distinct_inherited);
select attname, (select array_agg(o order by o)::text from unnest(attoptions) o where o like 'n_%') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
alter table t alter a reset (n_distinct);
select attname, (select array_agg(o order by o)::text from unnest(attoptions) o where o like 'n_%') from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum;
alter table t alter a set (n_distinct = -2);
alter table t alter a set (n_distinct = 'many');
alter table t alter missing set (n_distinct = 1);
-- Languages are looked for before types.
-- differs: PostgreSQL has PL/pgSQL
create function f() returns trigger language plpgsql as 'begin return new; end';
create function f(nothing) returns nothing language nolang as 'x';
reassign owned by postgres to postgres;
drop owned by postgres;
