-- the shortest digits of a float lie inside of its interval: a decimal exactly between two floats is neither

select '1e23'::float8, '8.41e21'::float8, '-1e23'::float8, '9007199254740993'::float8;
select '9007199254740992'::float8, '9007199254740994'::float8, '18014398509481988'::float8, '1152921504606847104'::float8;
select power(2::float8, 54), power(2::float8, 60), power(2::float8, 64), power(2::float8, 79), power(2::float8, 100), power(2::float8, 1000);
select '16777216'::float4, '33554436'::float4, '8589973000'::float4, '1e10'::float4, '2e15'::float4, '9.8e20'::float4;
select '3927094.25'::float4, '3927094.75'::float4, '-3927094.25'::float4, '0.5'::float4, '2.5'::float4, '1048576.5'::float4;
select id, power(2::float8, id)::float4, (-power(2::float8, id))::float4 from generate_series(-126, 127) id;
select f, f::text, to_json(f) from (values ('1e23'::float8), ('5e22'), ('4.5e22'), ('2.0e25'), ('1.2345e25'), ('7e24')) v(f);
select array[1e23::float8, 1e22], row(1e23::float8);
create table shortest_floats (id int primary key, f float8, g float4);
insert into shortest_floats values (1, '1e23', '1e10'), (2, '8.41e21', '8589973000'), (3, 1e22, 33554436), (4, '9007199254740993', 16777217), (5, 5e-324, 1e-45), (6, 2.5, 2.5);
select * from shortest_floats order by id;
select * from shortest_floats where id = 1;
select sum(f), max(f) from shortest_floats;
select f + 0, g + 0::float4, -f from shortest_floats order by id;
set extra_float_digits = 0;
select f, g from shortest_floats order by id;
set extra_float_digits = 3;
select f, g from shortest_floats order by id;
reset extra_float_digits;
drop table shortest_floats;
