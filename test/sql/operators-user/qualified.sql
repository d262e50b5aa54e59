-- OPERATOR(schema.name), operators of several schemas under search_path, ORDER BY USING.
create schema ops_s1;
create schema ops_s2;
create function ops_s1.ne2(int,int) returns bool language sql as 'select $1 <> $2';
create operator ops_s1.= (leftarg=int, rightarg=int, function=ops_s1.ne2);
create operator ops_s2.=== (leftarg=int, rightarg=int, function=int4eq);
create operator ops_s1.<<< (leftarg=int, rightarg=int, function=int4lt);
create operator ops_s2.<<< (leftarg=int, rightarg=int, function=int4gt);
create operator ops_s2.+ (rightarg=int, function=int4um);
select 1 = 2;
select 1 operator(ops_s1.=) 2, 1 operator(ops_s1.=) 1;
select 1 operator(ops_s2.=) 2;
select 1 operator(ops_s2.===) 1;
select 1 === 1;
select 1 <<< 2;
set search_path = ops_s2, ops_s1, operators_user_qualified, public;
select 1 <<< 2, 1 === 1, 1 operator(ops_s1.<<<) 2, + 5, operator(ops_s2.+) 5, operator(pg_catalog.-) 5;
set search_path = ops_s1, ops_s2, operators_user_qualified, public;
select 1 <<< 2;
set search_path = ops_s1, pg_catalog;
select 1 = 2, 1 operator(pg_catalog.=) 2;
create table operators_user_qualified.tt (id int primary key); insert into operators_user_qualified.tt values (1), (2);
-- unordered
select * from operators_user_qualified.tt where id = 1;
-- unordered
select * from operators_user_qualified.tt a join operators_user_qualified.tt b on a.id = b.id;
-- unordered
select * from operators_user_qualified.tt a where id = any ('{1}');
-- unordered
select * from operators_user_qualified.tt where id operator(pg_catalog.=) 1;
-- unordered
select * from operators_user_qualified.tt where id in (1);
-- unordered
select * from operators_user_qualified.tt where id in (select 1);
-- unordered
select * from operators_user_qualified.tt where id = any (select 1);
-- unordered
select * from operators_user_qualified.tt where id operator(pg_catalog.=) any (select 1);
set search_path = operators_user_qualified, public;
select 1 operator(nosuch.=) 1;
select 1 operator(pg_catalog.===) 1;
select 1 operator(pg_catalog.=) any ('{1}'), 1 operator(ops_s1.=) any ('{1}'), 1 operator(ops_s1.=) all ('{2,3}');
select 1 operator(other.ops_s1.=) 1;
create view v1 as select 1 operator(ops_s1.=) 1 as a, 2 operator(pg_catalog.=) 3 as b, 1 operator(ops_s1.=) any ('{1}') as c;
select pg_get_viewdef('v1'::regclass);
-- unordered
select * from v1;
select 'a' operator(pg_catalog.||) 'b', 'abc' operator(pg_catalog.~~) 'a%', 'abc' operator(pg_catalog.~) '^a';
select row(1,2) operator(pg_catalog.=) row(1,2), (1,2) operator(pg_catalog.<) (1,3);
select row(1,2) operator(ops_s1.=) row(1,2);
select 2 operator(pg_catalog.*) 3 + 1, 2 + 3 operator(pg_catalog.*) 4;
-- unordered
select * from tt where id operator(ops_s1.=) 1;
-- unordered
select * from tt a join tt b on a.id operator(ops_s1.=) b.id;
select (1,2) operator(pg_catalog.=) any (select 1,2);
select * from tt order by id using >;
select * from tt order by id using operator(pg_catalog.>);
select * from tt order by id using <<<;
select * from tt order by id using operator(ops_s1.<<<);
select * from tt order by id using =;
select * from tt order by id using operator(ops_s1.=);
select * from tt order by id using nosuch;
select * from tt order by id using <, id using >;
select array_agg(id order by id using >) from tt;
select row_number() over (order by id using >), id from tt order by 2;
select * from tt order by id using operator(nosuch.>);
select * from tt order by 1 using >;
select id::text t from tt order by t using ~>~;
select id::text t from tt order by t using ~<~ nulls first;
select * from tt order by id using <<;
select * from tt order by point(id,id) using <;
select * from tt order by id using >= ;
select distinct on (id) id from tt order by id using > ;
select json_agg(x) from (select unnest(array[3,null,1]) x order by 1 using >) q;
select json_agg(x) from (select unnest(array[3,null,1]) x order by 1 using > nulls last) q;
select json_agg(x) from (select unnest(array[3,null,1]) x order by 1 using < nulls first) q;
create view v2 as select id::text t from tt order by id::text using ~>~;
select pg_get_viewdef('v2'::regclass);
create view v3 as select id, row_number() over (order by id using >, id::text using ~<~) from tt order by id using <, id::text using operator(pg_catalog.~>~) nulls last;
select pg_get_viewdef('v3'::regclass);
select * from v3;
create table words (w text collate "en-x-icu");
insert into words values ('b'), ('A'), ('a'), ('B'), (null);
select w from words order by w;
select w from words order by w using >;
select w from words order by w using ~<~;
select w from words order by w using ~>~ nulls last;
create function use_ops(int, int) returns bool language sql return $1 operator(ops_s1.=) $2;
select use_ops(1, 2);
create table checked (a int check (a operator(pg_catalog.>) 0), b int default 1 operator(pg_catalog.+) 2, c int generated always as (a operator(pg_catalog.*) 2) stored);
insert into checked (a) values (1) returning *;
insert into checked (a) values (-1);
select pg_get_constraintdef(oid) from pg_constraint where conrelid = 'checked'::regclass;
drop view v1;
drop function use_ops;
drop schema ops_s2 cascade;
drop schema ops_s1 cascade;
