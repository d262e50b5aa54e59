-- Details of errors show the values that the user may read or has given, of the table that the statement names.
create role privr1; grant usage on schema privileges_errors to privr1;
create table t (a int primary key, b int default 5 check (b < 100), c text not null, d int, unique (b, d));
insert into t values (1, 2, 'x', 3);
create view v as select a, b, c from t where a < 50 with check option;
create table f (x int references t, y int); create table fd (x int primary key references t deferrable initially deferred);
create unique index on t (lower(c)); alter table t add constraint du unique (d) deferrable;
grant insert, update (b, c), select (a) on t to privr1; grant insert, update, select (a) on v to privr1; grant insert on f, fd to privr1; grant delete on t to privr1;
set role privr1;
insert into t (a) values (1);
insert into t (a, c) values (1, 'q');
insert into t (d) values (7);
insert into t default values;
insert into t (a, b, c) values (3, 200, 'y');
insert into t (a, b, c, d) values (3, 2, 'y', 3);
insert into t (a, c) values (4, 'X');
insert into t (a, c, d) values (4, 'k', 3);
update t set b = 200;
update t set b = 200 where a = 1;
update t set c = null;
insert into v (a, c) values (1, 'z');
insert into v (a, c) values (60, 'z');
insert into v (a, b) values (5, 6);
update v set b = 500;
insert into f values (99, 1);
insert into fd values (99);
reset role;
insert into f values (1, 1);
set role privr1; delete from t where a = 1; reset role;
grant select (b, d) on t to privr1; grant select (x) on f to privr1;
set role privr1;
insert into t (a, b, c, d) values (3, 2, 'y', 3);
insert into t (c) values ('pp');
insert into f values (99, 1);
delete from t where a = 1;
update t set b = 300;
reset role;
grant select on t to privr1; set role privr1;
insert into t (a, c) values (4, 'X'); insert into t (d) values (7); update t set b = 200; insert into v (a, c) values (60, 'z'); reset role;
create table e (a int, exclude (a with =)); grant insert on e to privr1; insert into e values (1); set role privr1; insert into e values (1); reset role; grant select (a) on e to privr1; set role privr1; insert into e values (1); reset role;
create table p (a int, b int not null, c int) partition by list (a); create table p1 partition of p for values in (1); create table p2 (c int, b int not null, a int not null check (c < 10)); alter table p attach partition p2 for values in (2); create unique index on p1 (b);
grant insert, update (b), select (a) on p to privr1; set role privr1;
insert into p values (1, null, 2); insert into p (a) values (2); insert into p (a, b, c) values (2, 1, 20); insert into p (a, b) values (1, 1); insert into p (a, b) values (1, 1); insert into p (a, b) values (9, 1); update p set b = null where a = 1; insert into p1 values (2, 1, 1);
reset role; grant select on p to privr1; set role privr1;
insert into p values (1, null, 2); insert into p (a, b, c) values (2, 1, 20); insert into p (a, b) values (1, 1); insert into p (a, b) values (9, 1); update p set b = null where a = 1; reset role;
merge into t using (values (1, 900), (70, 900)) s(k, n) on t.a = s.k when matched then update set b = n when not matched then insert (a, b, c) values (k, n, 'm');
revoke select on t from privr1; revoke select (b, d) on t from privr1; grant select (a) on t to privr1; set role privr1;
merge into t using (values (1, 900)) s(k, n) on t.a = s.k when matched then update set b = n;
merge into t using (values (70, 900)) s(k, n) on t.a = s.k when not matched then insert (a, b) values (k, n);
insert into t (a, c) values (1, 'm') on conflict (a) do update set b = 700;


reset role;
create function sd() returns void language sql security definer as 'insert into privileges_errors.t (a) values (1)';
set role privr1; select sd(); reset role;
set role privr1;
copy t (a, c) from stdin;
1	kk
\.
copy t (a, b) from stdin;
7	8
\.
copy t (a, b, c) from stdin;
8	800	uu
\.
copy p (a, b) from stdin;
1	\N
\.
reset role;
drop view v; drop table f, fd, t, e, p; drop function sd(); revoke all on schema privileges_errors from privr1; drop role privr1;
