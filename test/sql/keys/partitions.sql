create table ra (k int[], v int) partition by range (k);
create table ra1 partition of ra for values from ('{}') to ('{5}');
create table ra2 partition of ra for values from ('{5}') to ('{5,5}');
create table ra3 partition of ra for values from ('{5,5}') to (maxvalue);
create table ra4 partition of ra for values from ('{4}') to ('{6}');
insert into ra values ('{1,2}', 1), ('{5}', 2), ('{5,4,9}', 3), ('{5,5}', 4), ('{9}', 5), ('{}', 6);
insert into ra values (null, 7);
-- unordered
select tableoid::regclass, * from ra;
select * from ra where k = '{5}';
select * from ra where k >= '{5,5}' order by k;
alter table ra add primary key (k);
insert into ra values ('{5,5}', 9);
insert into ra values ('{5,5}', 9) on conflict (k) do update set v = 10 returning *;
create table lj (k jsonb, v int) partition by list (k);
create table lj1 partition of lj for values in ('1', '{"a": 1}', null);
create table lj2 partition of lj for values in ('1.0');
create table lj3 partition of lj for values in ('[]', '"x"');
create table ljd partition of lj default;
insert into lj values ('1.00', 1), ('{"a": 1.0}', 2), ('[]', 3), (null, 4), ('[1]', 5);
-- unordered
select tableoid::regclass, * from lj;
select * from lj where k = '1';
create table rr (k int4range) partition by range (k);
create table rr1 partition of rr for values from ('empty') to ('[5,10)');
create table rr2 partition of rr for values from ('[5,10)') to ('[20,)');
insert into rr values ('[1,2)'), ('(,5)'), ('[5,10)'), ('[5,11)'), ('empty');
insert into rr values ('[30,40)');
-- unordered
select tableoid::regclass, * from rr;
create table ha (k int[]) partition by hash (k);
create table ha0 partition of ha for values with (modulus 3, remainder 0);
create table ha1 partition of ha for values with (modulus 3, remainder 1);
create table ha2 partition of ha for values with (modulus 3, remainder 2);
insert into ha select array[i, i * 2] from generate_series(1, 12) i;
insert into ha values ('{}'), ('{null}'), (null), ('{{1,2},{3,4}}');
-- unordered
select tableoid::regclass, k from ha;
create table hn (k numeric[]) partition by hash (k);
create table hn0 partition of hn for values with (modulus 2, remainder 0);
create table hn1 partition of hn for values with (modulus 2, remainder 1);
insert into hn values ('{1.0}'), ('{1.00,2}'), ('{3}'), ('{NaN}');
-- unordered
select tableoid::regclass, k from hn;
create table hj (k jsonb) partition by hash (k);
create table hj0 partition of hj for values with (modulus 2, remainder 0);
create table hj1 partition of hj for values with (modulus 2, remainder 1);
insert into hj values ('1'), ('1.0'), ('"a"'), ('{"a": [1, 2, {"b": null}]}'), ('[]'), ('{}'), ('true'), ('null'), ('[1, "x", false]');
-- unordered
select tableoid::regclass, k from hj;
create table hr (k int4range) partition by hash (k);
create table hr0 partition of hr for values with (modulus 2, remainder 0);
create table hr1 partition of hr for values with (modulus 2, remainder 1);
insert into hr values ('[1,5)'), ('empty'), ('(,)'), ('[3,)'), ('(,7)'), ('[2,4)');
-- unordered
select tableoid::regclass, k from hr;
create table hm (k int4multirange) partition by hash (k);
create table hm0 partition of hm for values with (modulus 2, remainder 0);
create table hm1 partition of hm for values with (modulus 2, remainder 1);
insert into hm values ('{[1,5)}'), ('{}'), ('{(,)}'), ('{[3,4),[7,9)}'), ('{(,7)}');
-- unordered
select tableoid::regclass, k from hm;
create type mood as enum ('sad', 'ok', 'happy');
create table pe (k mood, v text) partition by list (k);
create table pe1 partition of pe for values in ('sad');
create table pe2 partition of pe for values in ('ok', 'happy');
insert into pe values ('ok', 'a'), ('sad', 'b');
-- unordered
select tableoid::regclass, * from pe;
create type pair as (a int, b text);
create table pc (k pair) partition by range (k);
create table pc1 partition of pc for values from ('(1,a)') to ('(2,)');
insert into pc values ('(1,b)');
insert into pc values ('(0,b)');
select tableoid::regclass, * from pc;
create table hc (k pair) partition by hash (k);
create table hc0 partition of hc for values with (modulus 2, remainder 0);
create table hc1 partition of hc for values with (modulus 2, remainder 1);
insert into hc values ('(1,b)'), ('(2,b)'), ('(,)'), ('(3,)'), ('(4,xyz)');
-- unordered
select tableoid::regclass, k from hc;
create table pi (k inet, m macaddr, u uuid, b varbit) partition by range (k, m, u, b);
create table pi1 partition of pi for values from ('10.0.0.0', minvalue, minvalue, minvalue) to ('20.0.0.0', minvalue, minvalue, minvalue);
insert into pi values ('10.1.1.1', '08:00:2b:01:02:03', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', B'101');
insert into pi values ('30.1.1.1', '08:00:2b:01:02:03', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', B'101');
select pg_get_expr(relpartbound, oid) from pg_class where relname in ('ra1', 'ra3', 'lj1', 'rr2', 'pc1', 'pi1') order by relname;
create table pj (k json) partition by list (k);
create table pp (k point) partition by range (k);
create table pp (k point) partition by hash (k);
select hash_array('{1,2,null}'::int[]), hash_array_extended('{a,b}'::text[], 42), hash_array('{}'::int[]);
select hash_range('[1,5)'::int4range), hash_range_extended('(,3.5]'::numrange, 7), hash_range('empty'::int4range), hash_range_extended('empty'::int4range, 0);
select hash_multirange('{[1,2),[5,)}'::int4multirange), hash_multirange_extended('{}'::int4multirange, 9), hash_multirange_extended('{[1,2),[5,)}'::int4multirange, 9);
select jsonb_hash('{"a": [1, 2.0, null, true, "x"]}'), jsonb_hash('1'), jsonb_hash('[]'), jsonb_hash('{}'), jsonb_hash('false');
select jsonb_hash_extended('{"a": [1, 2.0, null, true, "x"]}', 5), jsonb_hash_extended('1', 0), jsonb_hash_extended('[]', 3), jsonb_hash_extended('false', 0), jsonb_hash_extended('[false]', 8);
select hash_record(row(1, 'a'::text, null::int)), hash_record_extended(row(1, 'a'::text, null::int), 11), hash_record((1, 'x'::text)::pair);
select hash_array('{{1,2},{3,4}}'::int[]), hash_array(array[(1, 'x')::pair]), hash_array('{"[1,2)"}'::int4range[]);
select hashtid('(1,2)'), hashtidextended('(70000,3)', 5), hashoidvector('1 2'), hashoidvectorextended('1 2', 3);
select hash_array('{t,f}'::bool[]), hash_array('{2020-01-01}'::date[]), hash_array('{1}'::xid8[]);
select hash_array('{"(1,2)"}'::point[]);
select hash_record(row(1, '{}'::json));
select hash_array('{1}'::bit(1)[]);
select hash_array('{1}'::money[]);
