-- Without a schema a name means PostgreSQL's own before one's own.
create aggregate min(float8) (sfunc = float8smaller, stype = float8);
create function abs(int) returns int language sql return $1;
drop aggregate min(float8);
drop function abs(int);
drop function public.abs(int);
drop aggregate if exists min(float8);
select count(*) from pg_proc where pronamespace = current_schema()::regnamespace;
begin;
select set_config('search_path', current_schema() || ', pg_catalog', true) is not null;
drop aggregate min(float8);
drop function abs(int);
commit;
select count(*) from pg_proc where pronamespace = current_schema()::regnamespace;
