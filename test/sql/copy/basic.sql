create table t (a int, b text, c numeric);
copy t from stdin;
1	one	1.5
2	\N	\N
3	tab\there	3
\.
select * from t order by a;
copy t to stdout;
copy t (b, a) to stdout with (format csv, header);
copy t to stdout with (format csv, null 'NULL', force_quote (b));
copy t to stdout (format csv, force_quote *);
copy t to stdout with delimiter '|' null 'n';
copy (select a, upper(b) from t where a < 3 order by a) to stdout csv;
copy (values (1, 'x'), (2, 'y,z')) to stdout with (format csv, quote '''');
copy (delete from t where a = 3 returning *) to stdout;
copy (insert into t values (9, 'nine', 9) returning a, b) to stdout;
copy t from stdin with (format csv);
10,"quoted, text",1
11,"with ""quotes""",
12,,2
\.
select * from t where a >= 10 order by a;
copy t (a, b) from stdin with (format csv, header match);
a,b
20,x
\.
copy t (a, b) from stdin with (format csv, header match);
a,c
21,x
\.
copy t from stdin where a > 31;
30	x	1
31	y	1
32	z	1
33	w	1
\.
select a from t where a >= 30 order by a;
copy t from stdin;
40	too few
\.
copy t from stdin;
40	a	1	too many
\.
copy t from stdin;
x	a	1
\.
copy t from stdin;
50	a	abc
\.
copy t (zz) from stdin;
copy t (a, a) from stdin;
copy missing from stdin;
copy missing to stdout;
copy t from stdin (format nothing);
copy t from stdin (format csv, format csv);
copy t from stdin (nothing);
copy t to stdout (delimiter 'ab');
copy t to stdout (delimiter E'\n');
copy t to stdout (format csv, quote 'ab');
copy t to stdout (quote '"');
copy t to stdout (force_quote *);
copy t from stdin (format csv, force_quote (a));
copy t to stdout (format csv, force_not_null (a));
copy t to stdout (format csv, delimiter '"');
copy t to stdout (format csv, null E'\n');
copy t to stdout (format binary, delimiter ',');
copy t to stdout (header match);
copy t from stdin (freeze);
copy t from stdin (format csv, force_null (b), null 'x');
60,"x",1
\.
copy t from stdin (format csv, force_not_null (b), null '');
61,,1
\.
select a, b is null, b from t where a >= 60 order by a;
create view v as select a, b from t;
copy v to stdout;
copy v from stdin;
copy (select * from v where a = 1) to stdout;
create table p (a int, b text) partition by list (a);
create table p1 partition of p for values in (1);
create table p2 (b text, a int);
alter table p attach partition p2 for values in (2);
copy p from stdin;
1	x
2	y
\.
copy p from stdin;
3	z
\.
select tableoid::regclass, * from p order by a;
copy p to stdout;
copy (select * from p order by a) to stdout;
create table k (a int primary key, b int check (b > 0), c int not null default 7);
copy k (a, b) from stdin;
1	1
2	2
\.
copy k (a, b) from stdin;
1	1
\.
copy k (a, b) from stdin;
3	-1
\.
copy k from stdin;
4	1	\N
\.
select * from k order by a;
create sequence s;
copy s to stdout;
copy t from '/nonexistent/file';
copy t to 'relative';
begin;
copy t from stdin;
70	z	1
\.
rollback;
select count(*) from t where a = 70;
