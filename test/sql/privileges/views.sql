-- Rights on views and what they read when rows are changed; owners and default privileges that change; functions by name along the path.
create role owner1; create schema gs2; grant usage, create on schema gs2 to owner1; alter schema gs2 owner to owner1; select nspacl from pg_namespace where nspname = 'gs2'; alter schema gs2 owner to current_user; select nspacl, nspowner::regrole from pg_namespace where nspname = 'gs2'; select has_schema_privilege('owner1', 'gs2', 'usage');
drop schema gs2; drop role owner1;
create role vr1; create role vr2; create table base (a int, b int); insert into base values (1, 2); create view bv as select * from base; create view bv2 as select * from bv where a > 0;
grant usage on schema privileges_views to vr1, vr2; grant select, insert, update, delete on bv2 to vr1; grant all on base to vr2; grant select on bv to vr2;
set role vr1; insert into bv2 values (3, 4); update bv2 set b = 5 where a = 3 returning *; delete from bv2 where a = 1; select * from bv2; select * from bv; update bv set b = 1; select * from base; reset role;
set role vr2; update bv set b = 7; insert into bv2 values (1, 1); update base set b = 9; delete from bv; reset role;
alter view bv owner to vr1; set role vr1; update bv2 set b = 3; reset role; set role vr2; select * from bv; reset role;
drop table base cascade; revoke all on schema privileges_views from vr1, vr2; drop role vr1, vr2;
create function f4(a int) returns table (x int, y text) language sql rows 10 as $$ values (a, 'q') $$; select 'f4(int)'::regprocedure; select 'privileges_views.f4(int)'::regprocedure; create schema o8; create function o8.f4(int) returns int language sql as 'select 1'; select 'f4(int)'::regprocedure, 'o8.f4(int)'::regprocedure; select 'f4'::regproc; drop schema o8 cascade; drop function f4(int);
create aggregate a7(variadic int[]) (sfunc = array_cat, stype = int[]); drop aggregate a7(variadic int[]);
create role dpr; create schema dps; alter default privileges in schema dps grant select on tables to dpr; alter default privileges grant select on tables to dpr; drop schema dps; select count(*) from pg_default_acl; drop role dpr; drop owned by dpr; select count(*) from pg_default_acl; drop role dpr; alter default privileges revoke select on tables from public;
