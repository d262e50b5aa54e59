-- A table's sequences go to its new owner.
create role owner_new; create role owner_other;
create table t (id serial, n int generated always as identity, k int unique);
create sequence extra owned by t.k;
grant select on t to owner_other; grant usage on sequence extra to owner_other;
alter table t owner to owner_new;
select relname, relowner::regrole::text, relacl::text from pg_class where relnamespace = current_schema()::regnamespace order by 1;
alter sequence extra owner to owner_other;
alter table t owner to nobody_there;
create view v as select 1 as a; create sequence lone;
grant select on v to owner_other;
alter view v owner to owner_new; alter sequence lone owner to owner_new;
select relname, relowner::regrole::text, relacl::text from pg_class where relname in ('v', 'lone') order by 1;
set role owner_new;
alter view v owner to owner_other;
reset role;
set role owner_other;
alter table t owner to owner_other;
reset role;
-- Columns of a typed table have the collations of the type's.
create type pair as (a text collate "C", b text);
create table typed of pair (primary key (a));
select attname, attcollation::regcollation::text from pg_attribute where attrelid = 'typed'::regclass and attnum > 0 order by attnum;
-- A domain over a domain begins with that one's default.
create domain one as int default 1; create domain two as one; create domain three as one default 3;
select typname, typdefault from pg_type where typname in ('one', 'two', 'three') order by 1;
drop table t, typed; drop view v; drop sequence lone; drop role owner_new, owner_other;
