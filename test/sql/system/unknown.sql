-- "any" takes literals as they are, of type unknown.
select pg_typeof('a'), pg_typeof(null), pg_typeof('a'::text), pg_typeof('a' || 'b'), pg_typeof((select 'a')), pg_typeof(x) from (select 'a') s(x);
select concat('a', null, 1), concat_ws(',', 'a', null, 'b'), format('%s %L %I', 'x', null, 'y'), num_nulls('a', null), num_nonnulls('a', null, 1), pg_column_size('abc');
select json_build_object('a', 'b', 'c', null), json_build_array('a', null, 1), jsonb_build_object('a', null), jsonb_build_array('x', 'y'::text);
select count('a'), count(null), count(distinct 'a') from generate_series(1, 3);
select count('a') over (), json_object_agg('k', 'v'), jsonb_object_agg('k', null) from generate_series(1, 2) group by ();
select to_json('a');
select json_build_object('a', 'b')->>'a', concat(variadic array['a', 'b']), quote_literal('a'), count('a') filter (where true) from generate_series(1, 2);
select pg_typeof(array['a']), pg_typeof(coalesce('a', 'b')), pg_typeof(row('a', null)), grouping('a');
