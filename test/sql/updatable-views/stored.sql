-- Statements on views in bodies of functions follow renames of the view, its columns and those of its table.
create table base (a int primary key, b text default 'basedef', c int);
create view v as select a as x, b as y, c as z from base;
create function up(k int, t text) returns void language sql begin atomic insert into v (x, y) values (k, t) on conflict (x) do update set y = excluded.y || v.y where v.x > 0; update v set z = 3 where x = k; end;
select up(1, 'one'); select up(1, 'uno'); select * from base;
alter table base rename column b to bb; alter table base rename column a to aa;
select up(1, 'due'); select * from base;
alter view v rename column y to yy; alter view v rename column x to xx; alter view v rename column z to zz;
select up(1, 'tre'); select * from base;
alter view v rename to v9; select up(1, 'q'); select * from base;
drop view v9;
drop view v9 cascade;
create view lw as select aa as k, lower(bb) as l, bb from base; create unique index on base (lower(bb));
create function up2(t text) returns void language sql begin atomic insert into lw (k, bb) values (5, t) on conflict (lower(bb)) do nothing; end;
select up2('x'); select up2('X'); select * from base order by aa;
alter table base rename column bb to bbb; alter view lw rename column bb to cc; select up2('xX'); select up2('XX'); select * from base order by aa;
