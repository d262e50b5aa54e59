-- EXISTS computes nothing of what it selects, which still has to be allowed.
create role exists_reader;
create table exists_secret (a int, hidden text);
insert into exists_secret values (1, 'x');
grant select (a) on exists_secret to exists_reader;
grant usage on schema "privileges_exists-columns" to exists_reader;
set role exists_reader;
select exists (select a from exists_secret);
select exists (select hidden from exists_secret);
select exists (select 1 from exists_secret order by hidden limit 1);
select count(n) from (select a as n, max(hidden) from exists_secret group by a) s;
select 1 from exists_secret where null and hidden = 'x';
reset role;
drop table exists_secret;
revoke all on schema "privileges_exists-columns" from exists_reader;
drop role exists_reader;
