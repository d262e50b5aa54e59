-- Which error of a COPY is told: the first line's, and there the first field's.
create table t (a int not null, b int, c text not null);
copy t from stdin;
1	2	x
bad	2
\.
copy t from stdin;
1	bad
\.
copy t from stdin;
1	2
\.
copy t from stdin;
1	2	x	y
\.
copy t from stdin;
bad	2	x	y
\.
copy t from stdin;
1	2	x
2	bad	y
bad	3	z
\.
copy t from stdin;
1	2	x
\N	bad	\N
\.
copy t from stdin;
1	2	x
\N	3	\N
\.
copy t (c, a) from stdin;
x	1
\N	\N
\.
copy t (b) from stdin;
1
bad
\.
copy t (a, b) from stdin;
1	2
2	bad
\.
copy t from stdin;
1	2	x
oops
3	3	y	z
\.
copy t from stdin;
1	2	x
3	3	y	z
oops
\.
copy t from stdin with (format csv);
1,2,x
1,bad
\.
copy t from stdin with (format csv);
1,2
\.
copy t from stdin with (format csv);
1,bad,x,y
\.
copy t from stdin with (format csv);
1,bad,x
2,"3
\.
copy t from stdin with (format csv);
1,2,"x
\.
copy t from stdin with (header);
a	b
1	2	one
\.
copy t from stdin with (header);
a	b	c	d
2	2	two
\.
copy t from stdin with (header match);
a	b
1	2	x
\.
copy t from stdin with (header match);
a	b	c	d
1	2	x
\.
copy t from stdin with (header match);
a	x	c
1	2	x
\.
copy t from stdin with (format csv, header);
a
3,2,"thr
ee"
\.
copy t from stdin with (format csv, header);
"a
b",c,d,e
4,2,four
\.
copy t from stdin with (format csv, header match);
a,b
5,2,five
\.
copy t from stdin with (format csv, header match);
a,b,c,d
5,2,five
\.
copy t from stdin with (format csv, header match);
a,b,c
6,2,six
\.
copy t from stdin with (format csv, header match);
a,,c
6,2,six
\.
select * from t order by a, c;
truncate t;
copy t from stdin;
1	2	one\.
2	2	two
\.
copy t from stdin;
3	2	three\.x
\.
copy t from stdin;
4	2	four
\.x
\.
copy t from stdin;
5	bad\.
\.
copy t from stdin with (format csv);
6,2,six\.
\.
copy t from stdin with (format csv);
7,2,seven
\.x,2,eight
\.
copy t from stdin;
9	2	back\\.slash
\.
select * from t order by a, c;
create table u (a int primary key, b int);
copy u from stdin;
1	1
1	2
\.
copy u from stdin;
1	1
1	bad
\.
copy u from stdin;
1	1
1	2
bad	3
\.
create table d (a int default 7 not null, b int generated always as identity, c int not null default null, e int);
copy d (a, e) from stdin;
1	1
\.
copy d (c, e) from stdin;
1	1
2	\N
\.
copy d (c, e) from stdin;
1	1
\N	2
3	bad
\.
select * from d;
create table k (a int check (a > 0), b int);
copy k from stdin;
1	1
-1	2
2	bad
\.
copy k from stdin;
1	1
2	bad
-1	2
\.
copy k from stdin;
1	1
-1
\.
select * from k;
drop table t, u, d, k;
