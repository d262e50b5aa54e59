/** Statements that both servers run in this order, one group on one connection after the other. */
export interface Group {
  readonly name: string;
  readonly statements: readonly string[];
}

/** One expression per line, each selected on its own. */
const selects = (lines: string) =>
  lines
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => `select ${line}`);
/** One statement per line. */
const lines = (text: string) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

export const groups: readonly Group[] = [
  {
    name: "literals and casts",
    statements: selects(`
      1, 2147483648, 9223372036854775808, 1.5, 1e3, 'a', null, true, false
      'x'::text, 'x'::varchar, 'x'::varchar(3), 'abcdef'::varchar(3), 'ab'::char(4), 'abc'::char(2), 'a'::"char"
      '1'::int2, '32767'::smallint, '32768'::smallint
      '2147483647'::int4, '2147483648'::int4
      '9223372036854775807'::int8
      '9223372036854775808'::int8
      'abc'::int
      ''::int
      ' 12 '::int
      '1.5'::int
      1.5::int, 2.5::int, -1.5::int, -2.5::int, 2.5::float8::int, 3.5::float8::int
      '1.5'::float4, '1e10'::float4, '1.1'::float4::float8, 'NaN'::float8, 'Infinity'::float8, '-inf'::float8
      '1e400'::float8
      'x'::float8
      1.0::float8, 100000000000000000000::float8, 1e15::float8, 1e16::float8, 0.0001::float8, 0.00001::float8, 123456789.123::float4
      '12.345'::numeric, '12.345'::numeric(4,1), '12.345'::numeric(5,2), 'NaN'::numeric, '1e5'::numeric, '-0.00'::numeric
      '12345.6'::numeric(4,1)
      'abc'::numeric
      't'::bool, 'yes'::bool, 'off'::bool, '1'::bool, 'tr'::bool, 'n'::bool
      'maybe'::bool
      1::bool, 0::bool, true::int, false::text
      '\\x0aff'::bytea, 'abc'::bytea, '\\\\000a'::bytea, E'\\\\x00'::bytea
      '\\xzz'::bytea
      '2024-02-29'::date, 'Feb 3, 2023'::date, '20230105'::date, '2023-1-5'::date, 'January 8, 1999'::date, '1/8/1999'::date, 'infinity'::date, 'epoch'::date
      '2023-02-30'::date
      'nonsense'::date
      '4714-11-24 BC'::date, '5874897-12-31'::date
      '12:34:56'::time, '12:34:56.789'::time, '04:05 PM'::time, '24:00'::time, '12:34:56.789'::time(1)
      '25:00'::time
      '2024-01-02 03:04:05'::timestamp, '2024-01-02T03:04:05.123456'::timestamp, '2024-01-02'::timestamp, '2024-01-02 03:04:05.6789'::timestamp(2), 'infinity'::timestamp
      '2024-01-02 03:04:05+02'::timestamptz, '2024-01-02 03:04:05 America/New_York'::timestamptz, '2024-07-02 03:04:05 PST'::timestamptz, '2024-01-02'::timestamptz
      '2024-13-02 03:04:05'::timestamp
      '1 day'::interval, '1 year 2 months 3 days 04:05:06'::interval, '-1 day +02:03'::interval, 'P1Y2M3DT4H5M6S'::interval, '1.5 days'::interval, '90 minutes'::interval, '1-2'::interval, '3 4:05:06'::interval
      interval '1' day, interval '2' hour, interval '1 2:03' day to minute, interval '5 days ago'
      'nope'::interval
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, '{A0EEBC999C0B4EF8BB6D6BB9BD380A11}'::uuid
      'zzz'::uuid
      '{"a": 1, "b": [1, 2, null]}'::json, '{"b": 1, "a": 1, "b": 2}'::jsonb, '1.50'::jsonb, '"x"'::jsonb, 'null'::jsonb, '[]'::jsonb, ' [1,  2] '::json
      '{a: 1}'::json
      '{"a":}'::jsonb
      ''::json
      '{1,2,3}'::int[], '{a,"b c",NULL,"NULL"}'::text[], '{}'::int[], '{1.5,2}'::numeric[], '{t,f}'::bool[], '{2024-01-01}'::date[]
      '{1,a}'::int[]
      '{1,2'::int[]
      '[2:3]={1,2}'::int[]
      array[1,2,3], array['a','b'], array[1.5, 2], array[]::int[], array[null, 1], array[[1,2],[3,4]]
      array[1, 'x']
      cast('5' as int), int '7', date '2020-01-01', timestamp '2020-01-01 10:00', '5'::text::int
      1::text || 'x', 1.50::text, true::text, null::text is null, '2020-01-01'::date::text, '{1}'::int[]::text
      5::"char", 'x'::name, 'pg_class'::regclass, 'int4'::regtype, 23::regtype, 'integer'::regtype::oid
      'nothing'::regclass
      'int5'::regtype
      pg_typeof(1), pg_typeof(1.0), pg_typeof('a'::text), pg_typeof(array[1]), pg_typeof(now()), pg_typeof(1::int8), pg_typeof('1'::json)
      1::nosuchtype
      'a'::text::int
      true::date
      1::date
      U&'d\\0061t\\+000061', E'a\\tb\\n\\'', $$dollar$$, $tag$a$$b$tag$
      'con' 'cat'
      'a' collate "C" < 'B' collate "C"
    `),
  },
  {
    name: "operators and numbers",
    statements: selects(`
      1 + 1, 5 / 2, -5 / 2, 5 % 3, -5 % 3, 5.0 / 2, 5 / 2.0, 7.0 % 3, 2 ^ 10, 2 ^ 0.5, |/ 16, @ -5
      1 / 0
      1 % 0
      1.0 / 0
      1::float8 / 0
      2147483647 + 1
      -2147483648 - 1
      2147483647 * 2
      9223372036854775807 + 1
      32767::int2 + 1::int2
      1::int2 + 1::int4, pg_typeof(1::int2 + 1::int2), pg_typeof(1 + 1::int8), pg_typeof(1 + 1.0), pg_typeof(1 + 1.0::float8), pg_typeof(1.0::float4 + 1)
      5 & 3, 5 | 3, 5 # 3, ~5, 1 << 4, 256 >> 2
      1.1 + 2.2, 1.10 * 2.0, 1 / 3.0, 10 / 3.0, 2.0 / 3, 1e20 / 3, 0.1 + 0.2, 0.1::float8 + 0.2::float8, 1.0000 - 1
      123456789012345678901234567890 * 987654321098765432109876543210
      1000000000000::numeric / 7, 1::numeric / 7e10, 22::numeric / 7 * 1e-5
      abs(-1.5), ceil(1.2), floor(-1.2), round(2.5), round(-2.5), round(2.567, 2), round(1234, -2), trunc(2.567, 1), trunc(-2.5), sign(-3), mod(7, 3), div(7, 2)
      round(2.5::float8), round(3.5::float8), ceil(1.2::float8), sign(-2.0::float8)
      sqrt(2), sqrt(2.0), sqrt(16::numeric), power(2, 3), power(2.0, 0.5), exp(1), exp(1.0), ln(10), ln(2.718281828), log(100), log(2, 8), log(1000.0)
      sqrt(-1)
      ln(0)
      power(0, -1)
      sin(1), cos(1), tan(1), asin(0.5), acos(0.5), atan(1), atan2(1, 2), pi(), degrees(pi()), radians(180), sinh(1), cot(1)
      greatest(1, 5, 3), least(1, 2.5, -1), greatest('a', 'b'), greatest(null, 1), coalesce(null, null, 3), nullif(1, 1), nullif(1, 2)
      gcd(12, 18), lcm(4, 6), factorial(10), width_bucket(5.35, 0.024, 10.06, 5), scale(1.234), min_scale(1.2300), trim_scale(1.2300)
      1 < 2, 1 <> 2, 1 != 1, 1 = 1.0, 'a' < 'b', null = null, null is null, 1 is not null, 1 is distinct from null, null is not distinct from null
      true and null, false and null, true or null, not null::bool, true is true, null is unknown, (null::bool) is not true
      1 between 0 and 2, 3 not between 0 and 2, 1 between symmetric 2 and 0, 2 in (1, 2), 3 in (1, null), 3 not in (1, 2), 3 not in (1, null)
      (1, 2) = (1, 2), (1, 2) < (1, 3), (1, null) = (1, 2), row(1, 2) is null, row(null, null) is null, (1, 2) in ((1, 2), (3, 4))
      1 = any(array[1, 2]), 3 = all(array[3, 3]), 1 <> all('{2,3}'), 'a' = any('{a,b}'::text[])
      1 + 'a'
      1 + '2'
      'a' + 'b'
      1 || 2
      1 + true
      'a' || 1, 1 || 'a', 'a' || null, 'a' || true
      - '5', + 5, - (-5)
      case when 1 = 1 then 'a' else 'b' end, case 2 when 1 then 'x' when 2 then 'y' end, case when false then 1 end, case when true then 1 else 2.5 end
      case when true then 1 else 'a' end
      case when 1 then 2 end
      0.1::float4, 1e-7::float8, 123456.789::float4, 1e21::float8, 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 1
      1e-10::numeric, 1.5e300::numeric::float8, 12345678901234567890.123456789
      to_hex(255), to_hex(-1), 5::float8 / 3, 1.0::float4 / 3, random() between 0 and 1
      10::int8 / 3, 7::int2 / 2::int2, -7 / 2, mod(-7, 2), 7.5 % 2, div(-7.5, 2)
      sum(x), avg(x), min(x), max(x), count(x), count(*), stddev(x), variance(x), stddev_pop(x), var_pop(x) from (values (1), (2), (3), (null)) t(x)
      sum(x), avg(x), stddev(x), variance(x) from (values (1.5), (2.25), (3)) t(x)
      sum(x), avg(x), stddev(x) from (values (1.5::float8), (2.25), (3)) t(x)
      sum(x), avg(x) from (values (1::int8), (2)) t(x)
      sum(x), avg(x), count(*) from (select 1 as x where false) t
      bool_and(x), bool_or(x), every(x) from (values (true), (false), (null)) t(x)
      string_agg(x, ','), string_agg(x, ',' order by x desc), array_agg(x), array_agg(x order by x desc), json_agg(x), jsonb_agg(x) from (values ('b'), ('a'), ('c')) t(x)
      string_agg(distinct x, ','), count(distinct x), array_agg(distinct x) from (values ('b'), ('a'), ('b')) t(x)
      json_object_agg(k, v), jsonb_object_agg(k, v) from (values ('a', 1), ('b', 2)) t(k, v)
      bit_and(x), bit_or(x), bit_xor(x) from (values (6), (3)) t(x)
      corr(x, y), covar_pop(x, y), covar_samp(x, y), regr_slope(y, x), regr_intercept(y, x), regr_r2(y, x), regr_count(y, x) from (values (1, 2.0), (2, 4.5), (3, 5.5)) t(x, y)
      sum(x) filter (where x > 1), count(*) filter (where x is null) from (values (1), (2), (null)) t(x)
      min(x), max(x) from (values ('2020-01-01'::date), ('2021-01-01')) t(x)
      max(x), min(x) from (values ('b'), ('a')) t(x)
      sum(sum(x)) from (values (1)) t(x)
      x, sum(y) from (values (1, 2)) t(x, y)
      sum('a')
      nosuchfunction(1)
      length(1)
      sum(interval '1 day'), avg(interval '1 day')
    `),
  },
  {
    name: "text",
    statements: selects(`
      length('héllo'), char_length('abc'), octet_length('héllo'), bit_length('abc'), length('ab  '::char(5)), length(''), upper('straße'), lower('AB'), initcap('hello wORLD foo-bar')
      substr('abcdef', 2, 3), substring('abcdef' from 2 for 3), substring('abcdef', 4), substring('abc' from 0 for 2), substring('abc' from -1), left('abcdef', 2), left('abcdef', -2), right('abcdef', 2), right('abcdef', -2)
      substring('abc', 1, -1)
      position('c' in 'abc'), position('' in 'abc'), strpos('abc', 'd'), strpos('abcabc', 'b')
      trim('  a b '), trim(both 'x' from 'xxaxx'), ltrim('xxa', 'x'), rtrim('axx', 'x'), btrim('xyaxy', 'xy'), trim(leading from '  a'), trim(trailing 'b' from 'abb')
      lpad('a', 3), lpad('a', 3, 'xy'), rpad('a', 4, 'xy'), lpad('abc', 2), repeat('ab', 3), repeat('a', 0), reverse('abc'), replace('abcabc', 'b', 'xx'), translate('12345', '143', 'ax')
      split_part('a,b,c', ',', 2), split_part('a,b,c', ',', -1), split_part('a,b,c', ',', 5), concat('a', null, 1, true), concat_ws(',', 'a', null, 'b'), format('%s is %I and %L', 'a', 'b c', 'it''s'), format('%2$s %1$s', 'a', 'b'), format('%-5s|%5s|', 'a', 'b')
      split_part('a', ',', 0)
      format('%d', 1)
      ascii('a'), ascii('é'), chr(97), chr(8364), md5('abc'), sha256('abc'::bytea), encode('abc', 'hex'), encode('abc', 'base64'), decode('616263', 'hex'), encode('\\x00ff'::bytea, 'escape')
      chr(0)
      quote_ident('a b'), quote_ident('abc'), quote_ident('select'), quote_literal('it''s'), quote_literal(E'a\\\\b'), quote_nullable(null), to_char(1234.5, '9999.99'), to_char(1234.5, 'FM9,999.00'), to_char(-5, '999'), to_char(5, '000'), to_char(12, 'RN')
      'abc' like 'a%', 'abc' like '_b_', 'abc' not like 'x%', 'ABC' ilike 'abc', 'a%c' like 'a\\%c', 'a_c' like 'a!_c' escape '!', null like 'a', 'abc' like 'abc', '' like '', 'ab' like '%%b'
      'abc' like 'a\\'
      'abc' similar to '(a|b)%', 'abc' similar to 'abc', 'abc' ~ '^a', 'abc' ~* 'ABC', 'abc' !~ 'b', 'abc' !~* 'X', 'foo.bar' ~ 'foo\\.bar', 'a1' ~ '\\d', 'word here' ~ '\\mhere\\M', 'x' ~ '[[:alpha:]]'
      'abc' ~ '('
      regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobar', '(o+)', '<\\1>'), regexp_replace('ABC', 'b', 'x', 'i'), regexp_match('foobar', '(o)(b)'), regexp_match('abc', 'x'), regexp_split_to_array('a, b,c', ',\\s*'), regexp_count('banana', 'a'), regexp_substr('banana', 'n.'), regexp_instr('banana', 'n'), regexp_like('abc', 'B', 'i')
      * from regexp_matches('foobarbequebaz', 'ba.', 'g')
      * from regexp_split_to_table('a b c', ' ')
      substring('foobar' from 'o(.)b'), substring('foobar' from 'o.b'), substring('foobar' similar 'f#"oo#"bar' escape '#'), overlay('abcdef' placing 'XX' from 2 for 3), overlay('abcdef' placing 'XX' from 2), starts_with('abc', 'ab')
      string_to_array('a,b,c', ','), string_to_array('a,b,,c', ',', ''), string_to_array('abc', null), array_to_string(array[1, null, 3], ','), array_to_string(array[1, null, 3], ',', '*')
      * from string_to_table('a,b', ',')
      'a' < 'B', 'a' < 'b', 'Z' < 'a', 'é' > 'z', 'ab' || 'cd' || '', 'x'::char(3) = 'x', 'x '::char(3) || 'y', 'a'::varchar = 'a'::text
      to_number('1,234.5', '9,999.9'), to_number('12', '99'), to_date('2020-02-03', 'YYYY-MM-DD'), to_timestamp('2020-02-03 04:05:06', 'YYYY-MM-DD HH24:MI:SS'), to_timestamp(0), to_date('03 Feb 2020', 'DD Mon YYYY')
      unistr('\\0061b'), normalize('é', NFC), parse_ident('a.b'), num_nulls(1, null), num_nonnulls(1, null), string_agg('a', ',')
      convert_from('\\x616263'::bytea, 'UTF8'), convert_to('abc', 'UTF8'), get_byte('\\x0a0b'::bytea, 1), set_byte('\\x0a0b'::bytea, 0, 255), length('\\x0a0b'::bytea), substr('\\x0a0b0c'::bytea, 2), '\\x0a'::bytea || '\\x0b'::bytea, get_bit('\\x01'::bytea, 0)
      get_byte('\\x0a'::bytea, 5)
      bit_count('\\xff'::bytea), strpos('', 'a'), upper(null), char_length(null), to_char(true::int, '9')
      lower('A', 'b')
      'abc'::text ~~ 'a%', 'abc' ~~* 'A%', 'abc' !~~ 'a%', 'a' ^@ 'a'
    `),
  },
];
