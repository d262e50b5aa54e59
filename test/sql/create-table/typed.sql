-- Tables OF a composite type: their columns change with the type.
create type pt as (id int, name text, d numeric(5,2)); create type empty as ();
create table ty of pt; insert into ty values (1, 'a', 1.5); select * from ty;
create table ty2 of pt (primary key (id), name with options not null default 'n', check (d > 0)); insert into ty2 (id, d) values (1, 2); select * from ty2; insert into ty2 values (1, 'x', 1); insert into ty2 values (2, 'x', 0);
create table ty3 of pt (nope with options not null); create table ty3 of pt (id with options not null, id with options default 3); create table ty3 of int4; create table ty3 of nope; create table ty3 of ty; create table if not exists ty of pt;
select relname, reloftype::regtype from pg_class where relname in ('ty', 'ty2') and relnamespace = current_schema()::regnamespace order by 1;
select table_name, is_typed, user_defined_type_name from information_schema.tables where table_name in ('ty', 'ty2') and table_schema = current_schema() order by 1;
alter table ty add column x int; alter table ty drop column name; alter table ty alter column id type bigint; alter table ty rename column id to i; alter table ty inherit ty2;
alter type pt add attribute e int; alter type pt add attribute e int cascade; select * from ty; alter type pt drop attribute e; alter type pt drop attribute e cascade; alter type pt rename attribute name to title; alter type pt rename attribute name to title cascade; select * from ty2; alter type pt alter attribute id type bigint; alter type pt alter attribute id type bigint cascade; select pg_typeof(id) from ty;
drop type pt;
create table plain (id bigint, title text, d numeric(5,2)); alter table plain of pt; alter table plain not of; alter table plain not of; alter table plain drop column d; alter table plain of pt; alter table plain add column d numeric; alter table plain of pt; alter table plain alter column d type numeric(5,2); alter table plain of pt; alter table plain add column z int; alter table plain not of; alter table plain add column z int; alter table plain of pt; alter table plain drop column z; alter table plain of int4;
create table child (w int) inherits (ty); alter table child of pt;
create temp table tt of pt on commit drop; create unlogged table ut of pt with (fillfactor = 70) ; create table pty of pt partition by range (id);

select row_to_json(t) from ty t;
create table l (like ty); select reloftype from pg_class where oid = 'l'::regclass;
drop type pt cascade; drop table child, l, plain cascade; drop type empty;
