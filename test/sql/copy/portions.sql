-- Rows are kept back: what is wrong with a later line is told before a key that is taken, and of two such keys the first row's is told.
create table pk (a int primary key, b int, c int unique);
copy pk from stdin;
1	1	1
1	2	2
3	bad	3
\.
copy pk from stdin;
1	1	1
2	2	2
3	3	1
1	4	4
\.
copy pk from stdin;
1	1	1
2	2	2
1	3	3
4	4	2
\.
insert into pk values (1, 1, 1), (2, 2, 2), (3, 3, 1), (1, 4, 4);
insert into pk values (1, 1, 1), (2, 2, 2), (3, 3, 3);
update pk set a = a - 1, c = 3 where a > 1;
copy pk (a, b) from stdin where b > 0;
9	1
8	0
9	2
8	bad
\.
copy pk (a, b) from stdin where b > 0;
9	1
8	0
9	2
\.
copy pk (a, b) from stdin where 10 / b > 0;
9	1
8	0
\.
-- A volatile default or condition: each row is written at once, and its line is at hand.
create table pv (a int primary key, b int, c float default random());
copy pv (a, b) from stdin;
1	1
1	2
3	bad
\.
copy pv (a, b) from stdin;
1	1
2	bad
1	3
\.
copy pk (a, b) from stdin where random() >= 0;
7	1
7	2
6	bad
\.
create table pd (a int primary key, b int, c int default 10 / (0 * random())::int);
copy pd (a, b) from stdin;
1	1
\.
create table ps (n serial check (n < 3), a int);
copy ps (a) from stdin;
1
2
3
\.
-- Partitions.
create table pp (a int, b int, primary key (a)) partition by range (a);
create table pp1 partition of pp for values from (0) to (10);
create table pp2 partition of pp for values from (10) to (20);
copy pp from stdin;
1	1
11	1
11	2
1	2
\.
copy pp from stdin;
1	1
1	2
30	1
\.
-- Line ends and marks of CSV.
create table pc (a int, b text);
copy pc from stdin csv;
1,"two
lines"
2,"one",more
\.
copy pc from stdin csv;
1,one
2,"two
lines"
bad,three
\.
copy pc from stdin csv;
1,"not ended
2,
\.
-- A line is shown up to 100 bytes.
copy pk from stdin;
1	éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé	3
\.
copy pk from stdin;
1	1	éééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé
\.
select * from pk order by a;
drop table pk, pv, pd, ps, pp, pc;
