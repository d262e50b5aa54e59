-- Objects that there are none of: triggers, rules, publications and the like.
create table src (id int);
drop trigger tr on src; drop event trigger et; alter trigger tr on src rename to x;
drop trigger if exists tr on src; drop rule if exists r on src; drop rule r on src;
drop trigger if exists tr on nonesuch; drop trigger tr on nonesuch; drop event trigger if exists et;
comment on trigger tr on src is 'x'; comment on rule r on src is 'x';
alter table src enable always trigger tr; alter table src disable rule r; alter table src enable replica rule r;
drop publication p; drop publication if exists p; drop server s; drop server if exists s; drop foreign data wrapper w; drop foreign data wrapper if exists w;
drop foreign table ft; drop foreign table if exists ft; drop conversion c; drop conversion if exists c;
drop table src;
