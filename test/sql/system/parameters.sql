-- a simple query has no parameters
select $1::text;
select $1::text;
select 2 + $2;
select '$1', $3 + $1;
select 1 limit $1;
explain select $1::int;
copy (select $1::int) to stdout;
create table parameters as select $1::int;
prepare parameters_q(int) as select $1 + 1;
execute parameters_q($1);
execute parameters_q(41);
deallocate parameters_q;
create function parameters_f(int) returns int language sql as 'select $1 + 1';
select parameters_f(1), parameters_f($1);
drop function parameters_f;
