create type mood as enum ('sad', 'ok', 'happy');
create type pair as (a int, b text);
create domain dints as int[];
create domain djson as jsonb;
create table u_ia (id serial, v int[] primary key);
insert into u_ia (v) values ('{}'), ('{1}'), ('{1,2}'), ('{1,NULL}'), ('{2}'), ('[0:1]={1,2}'), ('{{1,2},{3,4}}');
insert into u_ia (v) values ('{ 1 , 2 }');
select id, v from u_ia order by v;
select id from u_ia where v = '{ 1 , 2 }'::int[];
select id from u_ia where v > '{}'::int[] order by v desc;
insert into u_ia (v) values ('{ 1 , 2 }') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ia union all select '{ 1 , 2 }'::int[]) x group by v;
select a.id from u_ia a join u_ia b using (v) order by 1;
create table u_ta (id serial, v text[] primary key);
insert into u_ta (v) values ('{}'), ('{a}'), ('{"a","b"}'), ('{""}'), ('{a,NULL}'), ('{ab}');
insert into u_ta (v) values ('{"a"}');
select id, v from u_ta order by v;
select id from u_ta where v = '{"a"}'::text[];
select id from u_ta where v > '{}'::text[] order by v desc;
insert into u_ta (v) values ('{"a"}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ta union all select '{"a"}'::text[]) x group by v;
select a.id from u_ta a join u_ta b using (v) order by 1;
create table u_na (id serial, v numeric[] primary key);
insert into u_na (v) values ('{1.5}'), ('{-2,3}'), ('{NaN}'), ('{100000,0.0001}'), ('{0}');
insert into u_na (v) values ('{1.50}');
select id, v from u_na order by v;
select id from u_na where v = '{1.50}'::numeric[];
select id from u_na where v > '{1.5}'::numeric[] order by v desc;
insert into u_na (v) values ('{1.50}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_na union all select '{1.50}'::numeric[]) x group by v;
select a.id from u_na a join u_na b using (v) order by 1;
create table u_jb (id serial, v jsonb primary key);
insert into u_jb (v) values ('null'), ('[]'), ('{}'), ('1'), ('"a"'), ('true'), ('[1,2]'), ('{"a":1}'), ('{"a":2}'), ('{"b":1,"a":1}'), ('-1.5'), ('""'), ('[[]]'), ('false');
insert into u_jb (v) values ('1.0');
select id, v from u_jb order by v;
select id from u_jb where v = '1.0'::jsonb;
select id from u_jb where v > 'null'::jsonb order by v desc;
insert into u_jb (v) values ('1.0') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_jb union all select '1.0'::jsonb) x group by v;
select a.id from u_jb a join u_jb b using (v) order by 1;
create table u_ir (id serial, v int4range primary key);
insert into u_ir (v) values ('empty'), ('[1,5)'), ('(,3)'), ('[1,)'), ('[2,3]'), ('(,)');
insert into u_ir (v) values ('[1,4]');
select id, v from u_ir order by v;
select id from u_ir where v = '[1,4]'::int4range;
select id from u_ir where v > 'empty'::int4range order by v desc;
insert into u_ir (v) values ('[1,4]') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ir union all select '[1,4]'::int4range) x group by v;
select a.id from u_ir a join u_ir b using (v) order by 1;
create table u_nr (id serial, v numrange primary key);
insert into u_nr (v) values ('empty'), ('[1,5)'), ('[1,5]'), ('(1,5)'), ('(,3)'), ('[1,)');
insert into u_nr (v) values ('[1.0,5.00)');
select id, v from u_nr order by v;
select id from u_nr where v = '[1.0,5.00)'::numrange;
select id from u_nr where v > 'empty'::numrange order by v desc;
insert into u_nr (v) values ('[1.0,5.00)') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_nr union all select '[1.0,5.00)'::numrange) x group by v;
select a.id from u_nr a join u_nr b using (v) order by 1;
create table u_tr (id serial, v tstzrange primary key);
insert into u_tr (v) values ('[2020-01-01 00:00+00,2021-01-01 00:00+00)'), ('[2019-01-01 00:00+00,)'), ('(,2018-01-01 00:00+00]');
insert into u_tr (v) values ('[2020-01-01 01:00+01,2021-01-01 00:00+00)');
select id, v from u_tr order by v;
select id from u_tr where v = '[2020-01-01 01:00+01,2021-01-01 00:00+00)'::tstzrange;
select id from u_tr where v > '[2020-01-01 00:00+00,2021-01-01 00:00+00)'::tstzrange order by v desc;
insert into u_tr (v) values ('[2020-01-01 01:00+01,2021-01-01 00:00+00)') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_tr union all select '[2020-01-01 01:00+01,2021-01-01 00:00+00)'::tstzrange) x group by v;
select a.id from u_tr a join u_tr b using (v) order by 1;
create table u_im (id serial, v int4multirange primary key);
insert into u_im (v) values ('{}'), ('{[1,3)}'), ('{[1,3),[5,7)}'), ('{(,0)}');
insert into u_im (v) values ('{[1,2]}');
select id, v from u_im order by v;
select id from u_im where v = '{[1,2]}'::int4multirange;
select id from u_im where v > '{}'::int4multirange order by v desc;
insert into u_im (v) values ('{[1,2]}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_im union all select '{[1,2]}'::int4multirange) x group by v;
select a.id from u_im a join u_im b using (v) order by 1;
create table u_bt (id serial, v bit(4) primary key);
insert into u_bt (v) values (B'0000'), (B'1010'), (B'1111'), (B'0001');
insert into u_bt (v) values (B'1010');
select id, v from u_bt order by v;
select id from u_bt where v = B'1010'::bit(4);
select id from u_bt where v > B'0000'::bit(4) order by v desc;
insert into u_bt (v) values (B'1010') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_bt union all select B'1010'::bit(4)) x group by v;
select a.id from u_bt a join u_bt b using (v) order by 1;
create table u_vb (id serial, v varbit primary key);
insert into u_vb (v) values (B''), (B'0'), (B'00'), (B'1'), (B'01');
insert into u_vb (v) values (B'00');
select id, v from u_vb order by v;
select id from u_vb where v = B'00'::varbit;
select id from u_vb where v > B''::varbit order by v desc;
insert into u_vb (v) values (B'00') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_vb union all select B'00'::varbit) x group by v;
select a.id from u_vb a join u_vb b using (v) order by 1;
create table u_mo (id serial, v money primary key);
insert into u_mo (v) values ('1.50'), ('-2'), ('100');
insert into u_mo (v) values ('1.5');
select id, v from u_mo order by v;
select id from u_mo where v = '1.5'::money;
select id from u_mo where v > '1.50'::money order by v desc;
insert into u_mo (v) values ('1.5') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_mo union all select '1.5'::money) x group by v;
select a.id from u_mo a join u_mo b using (v) order by 1;
create table u_ie (id serial, v inet primary key);
insert into u_ie (v) values ('10.0.0.1'), ('10.0.0.0/8'), ('10.0.0.1/16'), ('::1'), ('192.168.1.1');
insert into u_ie (v) values ('10.0.0.1/32');
select id, v from u_ie order by v;
select id from u_ie where v = '10.0.0.1/32'::inet;
select id from u_ie where v > '10.0.0.1'::inet order by v desc;
insert into u_ie (v) values ('10.0.0.1/32') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ie union all select '10.0.0.1/32'::inet) x group by v;
select a.id from u_ie a join u_ie b using (v) order by 1;
create table u_ci (id serial, v cidr primary key);
insert into u_ci (v) values ('10.0.0.0/8'), ('10.1.0.0/16'), ('::/0');
insert into u_ci (v) values ('10/8');
select id, v from u_ci order by v;
select id from u_ci where v = '10/8'::cidr;
select id from u_ci where v > '10.0.0.0/8'::cidr order by v desc;
insert into u_ci (v) values ('10/8') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ci union all select '10/8'::cidr) x group by v;
select a.id from u_ci a join u_ci b using (v) order by 1;
create table u_ma (id serial, v macaddr primary key);
insert into u_ma (v) values ('08:00:2b:01:02:03'), ('08:00:2b:01:02:04');
insert into u_ma (v) values ('08002b010203');
select id, v from u_ma order by v;
select id from u_ma where v = '08002b010203'::macaddr;
select id from u_ma where v > '08:00:2b:01:02:03'::macaddr order by v desc;
insert into u_ma (v) values ('08002b010203') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ma union all select '08002b010203'::macaddr) x group by v;
select a.id from u_ma a join u_ma b using (v) order by 1;
create table u_m8 (id serial, v macaddr8 primary key);
insert into u_m8 (v) values ('08:00:2b:01:02:03:04:05'), ('ff:00:2b:01:02:03:04:05');
insert into u_m8 (v) values ('08002b0102030405');
select id, v from u_m8 order by v;
select id from u_m8 where v = '08002b0102030405'::macaddr8;
select id from u_m8 where v > '08:00:2b:01:02:03:04:05'::macaddr8 order by v desc;
insert into u_m8 (v) values ('08002b0102030405') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_m8 union all select '08002b0102030405'::macaddr8) x group by v;
select a.id from u_m8 a join u_m8 b using (v) order by 1;
create table u_uu (id serial, v uuid primary key);
insert into u_uu (v) values ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), ('00000000-0000-0000-0000-000000000000');
insert into u_uu (v) values ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11');
select id, v from u_uu order by v;
select id from u_uu where v = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid;
select id from u_uu where v > 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid order by v desc;
insert into u_uu (v) values ('A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_uu union all select 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid) x group by v;
select a.id from u_uu a join u_uu b using (v) order by 1;
create table u_iv (id serial, v interval primary key);
insert into u_iv (v) values ('1 month'), ('29 days'), ('-1 day'), ('1 day 02:00');
insert into u_iv (v) values ('30 days');
select id, v from u_iv order by v;
select id from u_iv where v = '30 days'::interval;
select id from u_iv where v > '1 month'::interval order by v desc;
insert into u_iv (v) values ('30 days') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_iv union all select '30 days'::interval) x group by v;
select a.id from u_iv a join u_iv b using (v) order by 1;
create table u_tz (id serial, v timetz primary key);
insert into u_tz (v) values ('10:00+00'), ('11:00+01'), ('10:00+02'), ('00:00+00');
insert into u_tz (v) values ('10:00:00+00');
select id, v from u_tz order by v;
select id from u_tz where v = '10:00:00+00'::timetz;
select id from u_tz where v > '10:00+00'::timetz order by v desc;
insert into u_tz (v) values ('10:00:00+00') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_tz union all select '10:00:00+00'::timetz) x group by v;
select a.id from u_tz a join u_tz b using (v) order by 1;
create table u_pl (id serial, v pg_lsn primary key);
insert into u_pl (v) values ('0/1'), ('16/B374D848'), ('0/0');
insert into u_pl (v) values ('0/01');
select id, v from u_pl order by v;
select id from u_pl where v = '0/01'::pg_lsn;
select id from u_pl where v > '0/1'::pg_lsn order by v desc;
insert into u_pl (v) values ('0/01') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_pl union all select '0/01'::pg_lsn) x group by v;
select a.id from u_pl a join u_pl b using (v) order by 1;
create table u_ov (id serial, v oidvector primary key);
insert into u_ov (v) values ('1 2'), ('1'), ('2 1'), ('');
insert into u_ov (v) values ('1  2');
select id, v from u_ov order by v;
select id from u_ov where v = '1  2'::oidvector;
select id from u_ov where v > '1 2'::oidvector order by v desc;
insert into u_ov (v) values ('1  2') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ov union all select '1  2'::oidvector) x group by v;
select a.id from u_ov a join u_ov b using (v) order by 1;
create table u_x8 (id serial, v xid8 primary key);
insert into u_x8 (v) values ('1'), ('18446744073709551615'), ('0');
insert into u_x8 (v) values ('0x1');
select id, v from u_x8 order by v;
select id from u_x8 where v = '0x1'::xid8;
select id from u_x8 where v > '1'::xid8 order by v desc;
insert into u_x8 (v) values ('0x1') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_x8 union all select '0x1'::xid8) x group by v;
select a.id from u_x8 a join u_x8 b using (v) order by 1;
create table u_td (id serial, v tid primary key);
insert into u_td (v) values ('(0,1)'), ('(1,0)'), ('(0,2)');
insert into u_td (v) values ('( 0 ,1)');
select id, v from u_td order by v;
select id from u_td where v = '( 0 ,1)'::tid;
select id from u_td where v > '(0,1)'::tid order by v desc;
insert into u_td (v) values ('( 0 ,1)') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_td union all select '( 0 ,1)'::tid) x group by v;
select a.id from u_td a join u_td b using (v) order by 1;
create table u_en (id serial, v mood primary key);
insert into u_en (v) values ('sad'), ('ok'), ('happy');
insert into u_en (v) values ('ok');
select id, v from u_en order by v;
select id from u_en where v = 'ok'::mood;
select id from u_en where v > 'sad'::mood order by v desc;
insert into u_en (v) values ('ok') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_en union all select 'ok'::mood) x group by v;
select a.id from u_en a join u_en b using (v) order by 1;
create table u_ea (id serial, v mood[] primary key);
insert into u_ea (v) values ('{sad,ok}'), ('{}'), ('{happy}');
insert into u_ea (v) values ('{happy}');
select id, v from u_ea order by v;
select id from u_ea where v = '{happy}'::mood[];
select id from u_ea where v > '{sad,ok}'::mood[] order by v desc;
insert into u_ea (v) values ('{happy}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ea union all select '{happy}'::mood[]) x group by v;
select a.id from u_ea a join u_ea b using (v) order by 1;
create table u_co (id serial, v pair primary key);
insert into u_co (v) values ('(1,a)'), ('(1,b)'), ('(,a)'), ('(2,)'), ('(0,z)');
insert into u_co (v) values ('(1,"a")');
select id, v from u_co order by v;
select id from u_co where v = '(1,"a")'::pair;
select id from u_co where v > '(1,a)'::pair order by v desc;
insert into u_co (v) values ('(1,"a")') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_co union all select '(1,"a")'::pair) x group by v;
select a.id from u_co a join u_co b using (v) order by 1;
create table u_ca (id serial, v pair[] primary key);
insert into u_ca (v) values ('{"(1,a)"}'), ('{"(1,a)","(2,b)"}'), ('{}');
insert into u_ca (v) values ('{"(1,a)"}');
select id, v from u_ca order by v;
select id from u_ca where v = '{"(1,a)"}'::pair[];
select id from u_ca where v > '{"(1,a)"}'::pair[] order by v desc;
insert into u_ca (v) values ('{"(1,a)"}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ca union all select '{"(1,a)"}'::pair[]) x group by v;
select a.id from u_ca a join u_ca b using (v) order by 1;
create table u_da (id serial, v dints primary key);
insert into u_da (v) values ('{1,2}'), ('{}'), ('{3}');
insert into u_da (v) values ('{1, 2}');
select id, v from u_da order by v;
select id from u_da where v = '{1, 2}'::dints;
select id from u_da where v > '{1,2}'::dints order by v desc;
insert into u_da (v) values ('{1, 2}') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_da union all select '{1, 2}'::dints) x group by v;
select a.id from u_da a join u_da b using (v) order by 1;
create table u_dj (id serial, v djson primary key);
insert into u_dj (v) values ('1'), ('[1]'), ('{"a": [1, {"b": null}]}');
insert into u_dj (v) values ('1.00');
select id, v from u_dj order by v;
select id from u_dj where v = '1.00'::djson;
select id from u_dj where v > '1'::djson order by v desc;
insert into u_dj (v) values ('1.00') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_dj union all select '1.00'::djson) x group by v;
select a.id from u_dj a join u_dj b using (v) order by 1;
create table u_by (id serial, v bytea primary key);
insert into u_by (v) values ('\x00'), ('\x0001'), ('\x'), ('\xff');
insert into u_by (v) values ('\x00');
select id, v from u_by order by v;
select id from u_by where v = '\x00'::bytea;
select id from u_by where v > '\x00'::bytea order by v desc;
insert into u_by (v) values ('\x00') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_by union all select '\x00'::bytea) x group by v;
select a.id from u_by a join u_by b using (v) order by 1;
create table u_nm (id serial, v name primary key);
insert into u_nm (v) values ('a'), ('b'), ('ab');
insert into u_nm (v) values ('a');
select id, v from u_nm order by v;
select id from u_nm where v = 'a'::name;
select id from u_nm where v > 'a'::name order by v desc;
insert into u_nm (v) values ('a') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_nm union all select 'a'::name) x group by v;
select a.id from u_nm a join u_nm b using (v) order by 1;
create table u_ch (id serial, v "char" primary key);
insert into u_ch (v) values ('a'), ('b');
insert into u_ch (v) values ('a');
select id, v from u_ch order by v;
select id from u_ch where v = 'a'::"char";
select id from u_ch where v > 'a'::"char" order by v desc;
insert into u_ch (v) values ('a') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_ch union all select 'a'::"char") x group by v;
select a.id from u_ch a join u_ch b using (v) order by 1;
create table u_f4 (id serial, v float4 primary key);
insert into u_f4 (v) values ('1.5'), ('NaN'), ('-Infinity'), ('0');
insert into u_f4 (v) values ('-0');
select id, v from u_f4 order by v;
select id from u_f4 where v = '-0'::float4;
select id from u_f4 where v > '1.5'::float4 order by v desc;
insert into u_f4 (v) values ('-0') on conflict (v) do update set id = -1 returning id, v;
-- unordered
select v, count(*) from (select v from u_f4 union all select '-0'::float4) x group by v;
select a.id from u_f4 a join u_f4 b using (v) order by 1;
