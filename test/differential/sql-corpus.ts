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
  {
    name: "dates and times",
    statements: selects(`
      date '2024-01-31' + 1, date '2024-01-31' - date '2023-12-31', date '2024-01-31' + interval '1 month', date '2024-01-31' - 5, date '2024-01-01' + time '10:00', 3 + date '2024-01-01'
      timestamp '2024-03-31 10:00' - interval '1 month', timestamp '2024-01-02' - timestamp '2023-01-01 12:00', timestamptz '2024-01-01 00:00+00' - timestamptz '2023-12-31 23:00+00', timestamp '2024-01-01' + interval '1 day 02:03:04.5'
      interval '1 day' * 2.5, interval '1 month' / 3, interval '1 day' + interval '25 hours', interval '1 month' = interval '30 days', - interval '1 day 2 hours', interval '1 hour' * 3, 2 * interval '1 year'
      time '10:00' + interval '3 hours', time '10:00' - time '08:30', time '23:00' + interval '2 hours', time '10:00' > time '09:00'
      extract(year from date '2024-02-29'), extract(dow from date '2024-02-29'), extract(doy from date '2024-02-29'), extract(week from date '2024-12-30'), extract(isoyear from date '2024-12-30'), extract(quarter from date '2024-02-29'), extract(epoch from timestamp '2024-01-01 00:00:00.5'), extract(day from interval '40 days 5 hours'), extract(hour from timestamp '2024-01-01 13:14:15.678'), extract(second from timestamp '2024-01-01 13:14:15.678'), extract(milliseconds from time '00:00:01.5'), extract(century from date '2000-01-01'), extract(decade from date '1999-01-01'), extract(julian from date '2024-01-01')
      date_part('year', timestamp '2024-01-01'), date_part('epoch', interval '1 day'), date_part('minute', timestamptz '2024-01-01 00:05+00')
      extract(fortnight from date '2024-01-01')
      extract(hour from date '2024-01-01')
      date_trunc('month', timestamp '2024-05-17 10:11:12'), date_trunc('hour', timestamptz '2024-05-17 10:11:12+00'), date_trunc('week', date '2024-05-17'), date_trunc('day', interval '3 days 04:05'), date_trunc('quarter', timestamp '2024-05-17'), date_trunc('day', timestamptz '2024-05-17 23:00+00', 'Europe/Berlin')
      date_trunc('nonsense', timestamp '2024-05-17')
      age(timestamp '2024-03-01', timestamp '2023-01-31'), age(date '2024-01-01', date '2000-02-29'), justify_days(interval '35 days'), justify_hours(interval '27 hours'), justify_interval(interval '1 month -1 hour'), make_date(2024, 2, 29), make_time(1, 2, 3.5), make_timestamp(2024, 1, 2, 3, 4, 5.5), make_interval(1, 2, 0, 4), make_timestamptz(2024, 1, 2, 3, 4, 5)
      make_date(2023, 2, 29)
      to_char(timestamp '2024-02-03 16:05:06.789', 'YYYY-MM-DD HH24:MI:SS.MS'), to_char(timestamp '2024-02-03 16:05:06', 'Day, DD Month YYYY HH12:MI AM'), to_char(date '2024-02-03', 'Dy Mon DDth YYYY, IW Q DDD J'), to_char(interval '1 day 02:03:04', 'DD HH24:MI:SS'), to_char(timestamptz '2024-02-03 16:05:06+00', 'HH24 TZ OF'), to_char(timestamp '2024-02-03', 'FMDay FMMonth FMDD')
      timestamp '2024-01-01 12:00' at time zone 'UTC', timestamptz '2024-01-01 12:00+00' at time zone 'America/New_York', timestamp '2024-07-01 12:00' at time zone 'Europe/Berlin', timezone('UTC', timestamptz '2024-01-01 12:00+02'), timestamptz '2024-01-01 12:00+00' at time zone interval '3 hours'
      timestamp '2024-01-01' at time zone 'Nowhere/Land'
      date '2024-01-01' < timestamp '2024-01-01 00:00:01', date '2024-01-01' = '2024-01-01', timestamp '2024-01-01' between '2023-01-01' and '2025-01-01', 'infinity'::timestamp > now(), isfinite(date 'infinity'), isfinite(timestamp '2024-01-01')
      (timestamp '2024-01-01', timestamp '2024-02-01') overlaps (timestamp '2024-01-15', timestamp '2024-03-01'), (date '2024-01-01', interval '5 days') overlaps (date '2024-01-06', date '2024-01-07')
      date_bin('15 minutes', timestamp '2024-01-01 10:37', timestamp '2024-01-01'), current_date = now()::date, now() = current_timestamp, localtimestamp = now()::timestamp, clock_timestamp() >= now(), current_date - current_date
      interval '1 year 2 mons 3 days 04:05:06.789', interval '-1 year -2 mons +3 days -04:05:06', interval '0', interval '1000000 hours', '1 week'::interval, '2 decades'::interval, '1.5 months'::interval
      '1 day 1 day'::interval
      '1 hour 04:05'::interval
      interval '1 day' < interval '25 hours', interval '1 mon' > interval '29 days', least(interval '1 day', interval '23 hours')
      timestamp '2024-01-01 23:59:59.9999999', '2024-01-01 10:00:00 BC'::timestamp, '10000-01-01'::date, '0001-01-01'::date, '12:00:00.1234567'::time
      timestamptz '2024-03-10 02:30 America/New_York', timestamptz '2024-11-03 01:30 America/New_York'
      date '2024-01-01' + date '2024-01-01'
      timestamp '2024-01-01' + 1
      generate_series(date '2024-01-01', date '2024-01-03', interval '1 day')
      to_timestamp(1700000000.5), extract(epoch from to_timestamp(1700000000.5)), to_date('2024-366', 'YYYY-DDD'), to_timestamp('12/25/2023', 'MM/DD/YYYY')
      '2024-01-01'::date::timestamp::timestamptz, '2024-01-01 10:00+00'::timestamptz::date, '2024-01-01 10:00+00'::timestamptz::time, '10:00'::time::interval, interval '26 hours'::time
      '2024-06-01 12:00'::timestamp::date, '12:34'::time::text, '1 day'::interval::text, 'yesterday'::date = current_date - 1, 'today'::date = current_date, 'tomorrow'::timestamp = current_date + 1, 'now'::date = current_date
      date_part('timezone', timestamptz '2024-01-01 00:00+00'), extract(isodow from date '2024-02-25'), extract(microseconds from time '00:00:01.5'), extract(millennium from date '2001-01-01')
    `).concat(
      lines(`
      set time zone 'America/New_York'
      select timestamptz '2024-01-01 12:00+00', timestamptz '2024-07-01 12:00+00', '2024-07-01 12:00'::timestamptz, '2024-01-01'::date::timestamptz, extract(timezone from timestamptz '2024-07-01 12:00+00')
      show time zone
      select date '2024-02-03', timestamp '2024-02-03 04:05:06', timestamptz '2024-02-03 04:05:06+00', '3/2/2024'::date
      select date '2024-02-03', timestamp '2024-02-03 04:05:06'
      select date '2024-02-03', timestamp '2024-02-03 04:05:06', timestamptz '2024-02-03 04:05:06+00'
      reset datestyle
      set intervalstyle = 'iso_8601'
      select interval '1 year 2 months 3 days 04:05:06'
      set intervalstyle = 'postgres_verbose'
      select interval '1 year 2 months 3 days 04:05:06', interval '-1 day'
      set intervalstyle = 'sql_standard'
      select interval '1 year 2 months', interval '3 days 04:05:06', interval '1 year 2 months 3 days 04:05:06'
      reset intervalstyle
      set time zone 'UTC'
      set extra_float_digits = 0
      select 0.1::float8 + 0.2::float8, 1.1::float4
      reset extra_float_digits
      set bytea_output = 'escape'
      select '\\x0061ff'::bytea
      reset bytea_output
      set time zone 'Nowhere'
      set datestyle = 'nonsense'
      `),
    ),
  },
  {
    name: "json and arrays",
    statements: selects(`
      '{"a": {"b": [1, 2, {"c": "x"}]}}'::json -> 'a', '{"a": {"b": [1, 2]}}'::jsonb -> 'a' -> 'b' -> 1, '{"a": "x"}'::json ->> 'a', '[1,2,3]'::jsonb -> -1, '[1,2,3]'::json ->> 0, '{"a": {"b": 5}}'::jsonb #> '{a,b}', '{"a": {"b": 5}}'::json #>> '{a,b}', '{"a": null}'::jsonb ->> 'a', '{"a":1}'::jsonb -> 'z'
      '{"a": 1, "b": 2}'::jsonb @> '{"a": 1}', '{"a": 1}'::jsonb <@ '{"a": 1, "b": 2}', '{"a": 1}'::jsonb ? 'a', '{"a": 1}'::jsonb ?| array['x', 'a'], '{"a": 1}'::jsonb ?& array['x', 'a'], '[1, 2]'::jsonb @> '[2]', '{"a": 1}'::jsonb || '{"b": 2}', '[1]'::jsonb || '2', '{"a": 1, "b": 2}'::jsonb - 'a', '[1, 2, 3]'::jsonb - 1, '{"a": {"b": 1, "c": 2}}'::jsonb #- '{a,b}', '{"a":1,"b":2}'::jsonb - array['a']
      '{"a": 1}'::jsonb = '{"a": 1.0}', '1'::jsonb < '2', '[1]'::jsonb < '{}', '"a"'::jsonb > 'true', '{"b": 1, "aa": 2, "a": 3}'::jsonb, '{"a":1e2, "b":1.10, "c":-0}'::jsonb, '"\\u00e9\\n\\"x"'::jsonb, '"\\u00e9"'::json
      json_build_object('a', 1, 'b', null, 'c', array[1, 2], 'd', true), jsonb_build_object('x', 1.5, 'y', date '2024-01-01'), json_build_array(1, 'a', null), jsonb_build_array(1, '{"a":1}'::jsonb), to_json('a"b'::text), to_jsonb(1.50), to_json(array[1, 2]), row_to_json(row(1, 'a')), to_json(timestamp '2024-01-01 10:00'), json_object('{a,1,b,2}'), jsonb_object(array['a', 'b'], array['1', '2'])
      json_typeof('[1]'), jsonb_typeof('1'), jsonb_typeof('null'), json_array_length('[1,2,3]'), jsonb_array_length('[]'), jsonb_pretty('{"a": [1, 2], "b": {}}'), jsonb_strip_nulls('{"a": null, "b": 1}'), json_strip_nulls('{"a": null, "b": [null]}'), jsonb_set('{"a": 1}', '{b}', '2'), jsonb_set('{"a": {"b": 1}}', '{a,b}', '"x"'), jsonb_insert('[1,2]', '{1}', '9'), json_extract_path('{"a": {"b": 1}}', 'a', 'b'), jsonb_extract_path_text('{"a": "x"}', 'a')
      jsonb_array_length('{"a": 1}')
      json_array_length('1')
      * from json_each('{"a": 1, "b": "x"}')
      * from jsonb_each_text('{"a": 1, "b": "x", "c": null}')
      * from json_array_elements('[1, {"a": 2}, null]')
      * from jsonb_array_elements_text('[1, "x", null]')
      * from json_object_keys('{"b": 1, "a": 2}')
      * from jsonb_object_keys('{"b": 1, "a": 2}')
      '5'::jsonb::int, '"x"'::jsonb #>> '{}', 'true'::jsonb::bool, '1.5'::jsonb::numeric, '2.7'::jsonb::int
      '"x"'::jsonb::int
      '[1,2,3]'::jsonb::text, '{"a":1}'::json::jsonb, '{"a":  1}'::jsonb::json, ('{"a":[1,2]}'::jsonb)['a'][0]
      array[1, 2] || 3, 0 || array[1], array[1] || array[2, 3], array[1, 2, 3] @> array[2], array[1] <@ array[1, 2], array[1, 2] && array[2, 3], array[1, 2] = '{1,2}', array[1, 2] < array[1, 3], array[1] || null::int, array['a'] || 'b'::text
      (array[1, 2, 3])[2], (array[1, 2, 3])[2:3], (array[1, 2, 3])[:2], (array[1, 2, 3])[5], ('{a,b}'::text[])[1], array_length(array[1, 2], 1), array_length('{}'::int[], 1), cardinality(array[1, 2]), array_ndims(array[1]), array_upper(array[1, 2], 1), array_lower(array[1, 2], 1), array_dims(array[1, 2])
      array_append(array[1], 2), array_prepend(0, array[1]), array_cat(array[1], array[2]), array_remove(array[1, 2, 1], 1), array_replace(array[1, 2], 1, 9), array_position(array['a', 'b'], 'b'), array_positions(array[1, 2, 1], 1), array_fill(7, array[3]), trim_array(array[1, 2, 3], 1)
      unnest(array[1, 2, null])
      * from unnest(array[1, 2], array['a', 'b', 'c']) as t(a, b)
      * from unnest(array['x', 'y']) with ordinality as t(v, n)
      array(select x from generate_series(1, 3) x), array(select 1 where false), array_agg(x) from generate_series(1, 2) x
      array['a,b', 'c"d', 'e\\f', '', null, 'null', ' x'], array[true, false], array[1.50, 2], array['2024-01-01'::date], array[interval '1 day'], '{"a b",c}'::varchar[], array['{"a":1}'::jsonb]
      generate_series(1, 3), generate_series(5, 1, -2), generate_series(1, 2, 0.5)
      generate_series(1, 3, 0)
      generate_series(1, 2), generate_series(1, 3)
      * from unnest(array[1, 2], array[3]) with ordinality
      array[1, 2]::text[], '{1,2}'::text[]::int[], array[1, 2]::text, array['1']::int[]
      1 = any('{}'), 1 = all('{}'::int[]), null = any(array[1]), 2 > any(array[1, 5]), 2 > all(array[1, null])
      array_to_json(array[1, 2]), array_to_json(array['a', null]), json_agg(t) from (values (1, 'a')) t(x, y)
      json_agg(x order by x desc) from generate_series(1, 3) x
      row_to_json(t) from (select 1 as a, 'x' as b, null as c) t
      row(1, 'a', null), (1, 2), row(), row('a b', '', 'x,y"z')
      (row(1, 2)).f1
    `),
  },
  {
    name: "tables and constraints",
    statements: lines(`
      create table t1 (id int primary key, name text not null, price numeric(10,2) default 1.5 check (price >= 0), code varchar(5) unique, flag bool default true, at timestamp default '2024-01-01')
      create table t1 (id int)
      create table if not exists t1 (id int)
      create table t2 (id serial primary key, t1_id int references t1 on delete cascade, n smallserial, b bigserial)
      create table t3 (a int, b int, c text, primary key (a, b), unique (c, b), constraint positive check (a > 0 and b > 0))
      create table t4 (id int generated always as identity primary key, v text, w int generated by default as identity (start with 10 increment by 5), g int generated always as (length(v) * 2) stored)
      create table bad (id int, id text)
      create table bad (id nosuch)
      create table bad (id int primary key, x int primary key)
      create table bad (id int references nothing)
      create table bad (id int references t1(name))
      create table bad (id text references t1)
      create table bad (id int check (nosuch > 1))
      create table bad (id int default 'abc')
      create table bad (id int default nosuch)
      create table bad (id varchar(0))
      create table bad (id numeric(2000))
      create table bad (id int not null null)
      insert into t1 values (1, 'one'), (2, 'two', 2.345, 'b', false, '2020-01-01')
      insert into t1 (id, name) values (1, 'dup')
      insert into t1 (id, name, code) values (3, 'three', 'b')
      insert into t1 (id) values (4)
      insert into t1 values (5, 'x', -1)
      insert into t1 values (5, 'x', 123456789.5)
      insert into t1 values (5, 'x', 1, 'toolong')
      insert into t1 values ('abc', 'x')
      insert into t1 values (5, 'x', 1, 'c', true, '2024-01-01', 'extra')
      insert into t1 (id, nosuch) values (1, 2)
      insert into t1 (id, id) values (1, 2)
      insert into t1 (id, name) values (1)
      insert into t1 (id, name) values (1, 2, 3)
      insert into nosuch values (1)
      insert into t1 (id, name, price) values (6, 'six', default) returning *
      insert into t1 default values
      insert into t2 (t1_id) values (1), (2), (null) returning id, t1_id, n, b
      insert into t2 (t1_id) values (99)
      update t2 set t1_id = 98 where id = 1
      delete from t1 where id = 2 returning id, name
      select id, t1_id from t2 order by id
      update t1 set id = 7 where id = 1
      insert into t3 values (1, 1, 'x'), (1, 2, 'x')
      insert into t3 values (1, 1, 'y')
      insert into t3 values (2, 2, 'x')
      insert into t3 values (0, 2, 'z')
      insert into t3 values (null, 2, 'z')
      insert into t3 values (3, 1, null), (4, 1, null)
      insert into t4 (v) values ('abc'), ('de') returning *
      insert into t4 (id, v) values (100, 'x')
      insert into t4 (id, v) overriding system value values (100, 'x') returning id, w
      insert into t4 (v, w) values ('q', 3) returning *
      insert into t4 (v, g) values ('q', 3)
      update t4 set g = 1
      update t4 set v = v || 'zz' where id = 1 returning *
      update t4 set id = 5
      select currval('t2_id_seq'), lastval()
      select nextval('t2_id_seq'), setval('t2_id_seq', 100), nextval('t2_id_seq'), setval('t2_id_seq', 7, false), nextval('t2_id_seq')
      select nextval('nosuch_seq')
      create sequence s1 start 5 increment 2 minvalue 1 maxvalue 9 cycle
      select nextval('s1'), nextval('s1'), nextval('s1'), nextval('s1')
      create sequence s2 maxvalue 2
      select nextval('s2'), nextval('s2')
      select nextval('s2')
      alter sequence s2 maxvalue 10 restart with 4
      select nextval('s2')
      create sequence s1
      drop sequence s2
      drop sequence s2
      drop sequence if exists s2
      drop sequence t2_id_seq
      alter table t1 add column extra int default 5
      select id, extra from t1 order by id
      alter table t1 add column extra int
      alter table t1 add column if not exists extra int
      alter table t1 add column req text not null
      alter table t1 add column req text not null default 'r'
      alter table t1 rename column extra to more
      alter table t1 rename column nosuch to x
      alter table t1 rename column more to name
      alter table t1 alter column more set default 9
      insert into t1 (id, name) values (10, 'ten') returning more, req
      alter table t1 alter column more drop default
      alter table t1 alter column more set not null
      insert into t1 (id, name) values (11, 'eleven')
      alter table t1 alter column more drop not null
      insert into t1 (id, name) values (11, 'eleven') returning more
      alter table t1 alter column more set not null
      alter table t1 alter column id drop not null
      alter table t1 alter column price type int
      alter table t1 alter column price type int using round(price)::int
      alter table t1 alter column name type int
      select price, pg_typeof(price) from t1 order by id
      alter table t1 add constraint more_small check (more < 3)
      alter table t1 add constraint more_big check (more is null or more > 3)
      insert into t1 (id, name, more) values (12, 'x', 1)
      alter table t1 add constraint more_big check (true)
      alter table t1 add constraint u_more unique (more)
      alter table t1 drop constraint nosuch
      alter table t1 drop constraint if exists nosuch
      alter table t1 drop constraint more_big
      alter table t1 add constraint fk foreign key (more) references t1 (id)
      alter table t3 add constraint fk3 foreign key (a) references t1 (id) not valid
      alter table t3 validate constraint fk3
      alter table t1 add primary key (id)
      alter table t1 drop column more
      alter table t1 drop column nosuch
      alter table t1 drop column if exists nosuch
      alter table t1 drop column id
      alter table t2 drop constraint t2_t1_id_fkey
      alter table t1 rename constraint t1_pkey to t1_key
      insert into t1 (id, name) values (10, 'again')
      alter table t1 rename to t1b
      select * from t1
      select * from t1b order by id
      alter table t1b rename to t1
      alter table nosuch add column x int
      alter table if exists nosuch add column x int
      create index i1 on t1 (name)
      create index i1 on t1 (name)
      create index if not exists i1 on t1 (name)
      create unique index i2 on t1 (flag)
      create unique index i3 on t1 (name desc nulls last)
      insert into t1 (id, name) values (20, 'ten')
      create index on t1 (name, id)
      create index bad on t1 (nosuch)
      create index bad on nosuch (id)
      alter index i1 rename to i1b
      drop index i1
      drop index i1b, i3
      drop index t1_key
      create schema s
      create schema s
      create schema if not exists s
      create table s.t (id int)
      insert into s.t values (1), (2)
      select t.id, s.t.id from s.t order by 1
      create table nosuch.t (id int)
      set search_path to s, public
      select * from t order by id
      show search_path
      select current_schema, current_schemas(false), current_schema()
      reset search_path
      select * from t
      drop schema s
      drop schema s cascade
      drop schema s
      create view v1 as select id, name from t1 where id > 5
      create view v1 as select 1
      create or replace view v1 as select id, name, 1 as one from t1
      create or replace view v1 as select name from t1
      create view v2 (a, b) as select id, one from v1
      select * from v2 order by a
      drop view v1
      drop table t1
      alter table t1 drop column name
      drop view v1 cascade
      drop view v1
      drop view t1
      drop table v1
      drop table nosuch
      drop table if exists nosuch
      comment on table t1 is 'a table'
      select obj_description('t1'::regclass)
      comment on column t1.name is 'a column'
      select col_description('t1'::regclass, 2)
      create table copy1 as select id, name from t1 where id < 5
      create table copy2 (x, y) as select 1, 'a'::text with no data
      select * from copy2
      create table copy3 as select 1 as a, null as b, 'x' as c
      select pg_typeof(a), pg_typeof(b), pg_typeof(c) from copy3
      select * into copy4 from t1
      truncate t3, t4 restart identity
      insert into t4 (v) values ('a') returning id
      truncate t1
      truncate t1 cascade
      truncate nosuch
      drop table t1, t2
      drop table t3, t4, copy1, copy2, copy3, copy4
      drop sequence s1
    `),
  },
  {
    name: "changing rows",
    statements: lines(`
      create table acc (id int primary key, owner text unique, balance numeric default 0, tags text[], doc jsonb)
      insert into acc values (1, 'ann', 10, '{a,b}', '{"x": 1}'), (2, 'bob', 20, null, null), (3, 'cat', 30, '{}', '[]')
      insert into acc (id, owner) values (1, 'zed') on conflict do nothing
      insert into acc (id, owner) values (1, 'zed') on conflict (id) do nothing returning id
      insert into acc (id, owner) values (1, 'zed'), (4, 'dan') on conflict (id) do update set owner = excluded.owner, balance = acc.balance + 1 returning *
      insert into acc (id, owner) values (9, 'bob') on conflict (owner) do update set id = excluded.id where acc.balance > 100
      insert into acc (id, owner) values (9, 'bob') on conflict on constraint acc_owner_key do update set balance = -1 returning id, balance
      insert into acc (id, owner) values (9, 'x'), (9, 'y') on conflict (id) do update set owner = excluded.owner
      insert into acc (id, owner) values (9, 'bob') on conflict (balance) do nothing
      insert into acc (id, owner) values (9, 'bob') on conflict (id) do nothing
      insert into acc (id, owner) select id + 10, owner || '!' from acc where id < 3 order by id returning id, owner
      update acc set balance = balance * 2, owner = upper(owner) where id = 2 returning id, owner, balance
      update acc set (balance, owner) = (5, 'five') where id = 3 returning balance, owner
      update acc set (balance, owner) = (select 6, 'six') where id = 3 returning balance, owner
      update acc set balance = default where id = 3 returning balance
      update acc set nosuch = 1
      update acc set balance = 'x'
      update acc set balance = owner
      update acc set id = 1 where id = 2
      update acc set balance = b.n from (values (1, 100), (2, 200)) b(k, n) where acc.id = b.k returning acc.id, b.n, balance
      update acc a set balance = a.balance + 1 where a.id = 1 returning a.balance, a.*
      update acc set tags = tags || 'q', doc = doc || '{"y": 2}' where id = 1 returning tags, doc
      update acc set id = id + 100 returning id
      update acc set id = id - 100
      delete from acc using (values (11)) v(k) where acc.id = v.k returning acc.id, v.k
      delete from acc where id = 12
      delete from acc where nosuch = 1
      delete from acc a where a.id = (select max(id) from acc) returning *
      with moved as (delete from acc where id = 3 returning *) insert into acc select id + 30, owner, balance, tags, doc from moved returning id, owner
      with u as (update acc set balance = 7 where id = 1 returning *) select u.balance, acc.balance from u join acc using (id)
      with i as (insert into acc (id, owner) values (50, 'new') returning id) select count(*) from acc, i
      insert into acc (id, owner) values ((select max(id) + 1 from acc), 'sub') returning id
      insert into acc values (60, 'a'), (61, 'b', 1)
      insert into acc (id, owner, balance) values (60, 'a', default), (61, 'b', 1) returning balance
      select * from acc order by id
      select id from acc where owner = 'ann' for update
      select id from acc order by id limit 1 for update skip locked
      select count(*) from acc for update
      delete from acc
      select count(*) from acc
      create table node (id int primary key, parent int references node on delete set null on update cascade, label text)
      insert into node values (1, null, 'root'), (2, 1, 'a'), (3, 2, 'b')
      update node set id = 20 where id = 2
      select * from node order by id
      delete from node where id = 20
      select * from node order by id
      insert into node values (9, 10, 'x'), (10, null, 'y')
      delete from node where id = 1
      create table ord (id int primary key)
      create table line (ord int references ord on delete restrict, n int, primary key (ord, n))
      insert into ord values (1), (2)
      insert into line values (1, 1)
      delete from ord where id = 1
      delete from ord where id = 2
      update ord set id = 5 where id = 1
      insert into line values (7, 1)
      drop table ord
      drop table ord cascade
      insert into line values (7, 1)
      create table d (id int primary key, p int references d deferrable initially deferred)
      begin
      insert into d values (1, 2)
      insert into d values (2, null)
      commit
      begin
      insert into d values (3, 9)
      commit
      select * from d order by id
      drop table acc, node, line, d
    `),
  },
  {
    name: "queries",
    statements: lines(`
      create table emp (id int primary key, name text, dept int, salary numeric, hired date, boss int)
      create table dept (id int primary key, title text)
      insert into dept values (1, 'Eng'), (2, 'Ops'), (3, 'Empty')
      insert into emp values (1, 'Ann', 1, 100, '2020-01-01', null), (2, 'Bob', 1, 80, '2021-05-01', 1), (3, 'Cat', 2, 90, '2019-03-01', 1), (4, 'Dan', 2, 90, '2022-07-01', 3), (5, 'Eve', null, 70, null, 3)
      select * from emp natural join dept
      select e.name, d.title from emp e join dept d on d.id = e.dept order by e.name
      select e.name, d.title from emp e left join dept d on d.id = e.dept order by e.name
      select e.name, d.title from emp e right join dept d on d.id = e.dept order by d.id, e.name
      select e.name, d.title from emp e full join dept d on d.id = e.dept order by e.name nulls last, d.title
      select count(*) from emp cross join dept
      select count(*) from emp, dept where emp.dept = dept.id
      select id from emp join dept using (id) order by id
      select * from emp join dept using (id) order by id
      select name from emp, dept order by 1
      select id from emp, dept
      select e.id from emp
      select emp.nosuch from emp
      select nosuch from emp
      select nosuch.id from emp
      select * from emp e, emp e
      select *
      select name as n, upper(name) u, salary "Big Salary" from emp order by n limit 2
      select dept, count(*), avg(salary), string_agg(name, ',' order by name) from emp group by dept order by dept
      select dept, count(*) from emp group by 1 having count(*) > 1 order by 2 desc, 1
      select dept as d, max(hired) from emp group by d order by d nulls first
      select name, salary from emp group by dept
      select dept from emp where count(*) > 1
      select count(*) from emp having count(*) > 100
      select distinct dept from emp order by dept
      select distinct on (dept) dept, name from emp order by dept, salary desc, name
      select distinct dept from emp order by name
      select name from emp order by 2
      select name from emp order by salary desc, name limit 2 offset 1
      select name from emp order by hired desc nulls last fetch first 2 rows only
      select name from emp order by salary fetch first 1 row with ties
      select name from emp order by id limit null offset 3
      select name from emp limit -1
      select name from emp offset 'x'
      select name from emp where dept = (select id from dept where title = 'Eng') order by name
      select (select id from dept)
      select (select id, title from dept limit 1)
      select name from emp where dept in (select id, title from dept)
      select name, (select count(*) from emp x where x.boss = emp.id) as reports from emp order by id
      select name from emp e where salary > (select avg(salary) from emp x where x.dept = e.dept) order by 1
      select name from emp e where exists (select from emp x where x.boss = e.id) order by 1
      select name from emp where id not in (select boss from emp) order by 1
      select name from emp where id not in (select boss from emp where boss is not null) order by 1
      select name from emp where salary >= all (select salary from emp) order by 1
      select name from emp where salary > any (select salary from emp where dept = 2) order by 1
      select name from emp where (dept, salary) in (select dept, max(salary) from emp group by dept) order by 1
      select d.title, t.name from dept d cross join lateral (select name from emp where dept = d.id order by salary desc, name limit 1) t order by 1
      select d.title, t.name from dept d left join lateral (select name from emp where dept = d.id order by salary desc, name limit 1) t on true order by 1
      with a as (select * from emp where dept = 1), b as (select count(*) n from a) select a.name, b.n from a, b order by 1
      with recursive r as (select id, name, 1 as lvl from emp where boss is null union all select e.id, e.name, r.lvl + 1 from emp e join r on e.boss = r.id) select * from r order by id
      with recursive f(a, b) as (values (0, 1) union all select b, a + b from f where b < 50) select a from f
      with recursive t(n) as (select 1 union select n % 3 + 1 from t) select * from t order by n
      with x as (select 1) select * from y
      with x(a, b) as (select 1, 2) select a + b from x
      with x as materialized (select 1 as a) select * from x
      select 1 union select 2 union all select 2 order by 1
      select 1 as a union select 2.5 order by a
      select 'a' union select 1
      select 1, 2 union select 1
      select name from emp where dept = 1 union select title from dept order by name
      select dept from emp except select id from dept
      select dept from emp intersect all select id from dept order by 1
      select dept from emp except all select 1 order by 1
      (select name from emp order by name limit 1) union all (select name from emp order by name desc limit 1)
      values (1, 'a'), (2, 'b') order by 1 desc
      values (1), (1, 2)
      select * from (values (1, 'a'), (2, null)) as t(x, y) where y is null
      select column1, column2 from (values (1, 'a')) v
      select name, row_number() over (order by salary desc, name), rank() over (order by salary desc), dense_rank() over (order by salary desc), percent_rank() over (order by salary), cume_dist() over (order by salary), ntile(2) over (order by id) from emp order by id
      select name, sum(salary) over (partition by dept order by id), avg(salary) over (partition by dept), count(*) over () from emp order by id
      select name, lag(name) over (order by id), lead(name, 2, 'none') over (order by id), first_value(name) over w, last_value(name) over w, nth_value(name, 2) over w from emp window w as (order by id) order by id
      select id, sum(id) over (order by id rows between 1 preceding and 1 following), sum(id) over (order by id rows between unbounded preceding and current row), sum(id) over (order by id desc rows 2 preceding), max(id) over (order by dept range between unbounded preceding and current row) from emp order by id
      select id, count(*) over (order by salary groups between 1 preceding and current row) from emp order by id
      select dept, sum(salary), rank() over (order by sum(salary) desc) from emp group by dept order by dept
      select id, sum(id) filter (where id > 2) over (order by id) from emp order by id
      select name from emp where row_number() over () = 1
      select dept, count(*) from emp group by rollup (dept) order by dept nulls last, 2
      select dept, count(*) from emp group by grouping sets ((dept), ()) order by 1 nulls last, 2
      select emp.* from emp where id = 1
      select count(emp.*) from emp
      select to_jsonb(e) from emp e where id = 1
      select generate_series(1, 2), name from emp where id < 3 order by 2, 1
      select * from generate_series(1, 3) as g(x) where x > 1
      select * from generate_series(1, 2) with ordinality
      select g from generate_series(1, 2) g
      select x, y from generate_series(1, 2) x, generate_series(1, x) y
      select case dept when 1 then 'one' when 2 then 'two' else 'none' end k, count(*) from emp group by k order by k
      select coalesce(d.title, 'none') from emp left join dept d on emp.dept = d.id order by emp.id
      select name from emp where name like 'A%' or name ilike '%b%' order by name
      select name from emp where hired between '2020-01-01' and '2021-12-31' order by name
      select name from emp where dept is null
      select max(name), min(hired), count(distinct dept), sum(distinct salary) from emp
      select extract(year from hired) y, count(*) from emp group by y order by y nulls first
      select id from emp order by name collate "C" desc
      select id from emp where salary = 90 order by -id
      select id, name from emp order by length(name), name desc
      select dept d, name from emp order by d + 1
      select a.id, b.id from emp a join emp b on a.boss = b.id and a.salary < b.salary order by 1
      select a.id, b.id, c.id from emp a left join emp b on a.boss = b.id left join emp c on b.boss = c.id order by 1
      select * from (emp e join dept d on e.dept = d.id) j
      select j.title from (emp e join dept d on e.dept = d.id) as j(a, b, c, s, h, bo, did, title) order by 1
      select exists (select 1 from emp where id = 99), not exists (select 1 from emp)
      select array(select name from emp order by id)
      select 1 where null
      select count(*), count(1), sum(1) from emp where false
      select dept from emp group by dept order by count(*) desc, dept limit 1
      select sum(salary) / count(*), round(avg(salary), 2) from emp
      select name || '-' || dept from emp order by id
      select id from emp where id = '3'
      select id from emp where id = 'x'
      select id from emp where name = 3
      select id from emp where dept
      select id from emp where salary = null
      select id from emp where id in ('1', '2') order by id
      table dept
      select pg_typeof(sum(id)), pg_typeof(avg(id)), pg_typeof(sum(salary)), pg_typeof(count(*)) from emp
      selec 1
      select 1 +
      select from where
      select 'unterminated
      select "nosuch" from emp
      select * from emp where (id = 1
      select 1; select 2
      drop table emp, dept
    `),
  },
  {
    name: "transactions and sessions",
    statements: lines(`
      create table tx (id int primary key, v text)
      begin
      insert into tx values (1, 'a')
      select 1/0
      select 1
      insert into tx values (2, 'b')
      commit
      select * from tx
      begin
      insert into tx values (1, 'a')
      savepoint s1
      insert into tx values (2, 'b')
      rollback to s1
      insert into tx values (3, 'c')
      release s1
      rollback to s1
      rollback
      begin
      insert into tx values (1, 'a')
      savepoint s1
      insert into tx values (1, 'dup')
      rollback to savepoint s1
      select * from tx
      savepoint s2
      savepoint s3
      release savepoint s2
      rollback to s3
      select 1
      commit
      select * from tx
      begin
      begin
      commit
      commit
      rollback
      savepoint x
      release x
      rollback to x
      begin read only
      insert into tx values (5, 'x')
      rollback
      begin isolation level repeatable read
      show transaction_isolation
      commit
      start transaction read write
      end
      begin
      set transaction isolation level repeatable read
      select 1
      set transaction isolation level read committed
      abort
      begin
      create table tx2 (id int)
      insert into tx2 values (1)
      alter table tx2 add column x int default 3
      select * from tx2
      rollback
      select * from tx2
      begin
      drop table tx
      rollback
      select count(*) from tx
      commit and chain
      begin
      commit and chain
      show transaction_isolation
      rollback
      prepare p as select $1::int + 1
      execute p (2)
      execute p ('x')
      execute p
      execute p (1, 2)
      prepare p as select 1
      prepare q (int, text) as insert into tx values ($1, $2) returning *
      execute q (10, 'ten')
      execute q (10, 'ten')
      prepare r as select * from tx where id = $1
      execute r (10)
      prepare bad as select nosuch
      prepare bad2 as select $1
      deallocate p
      execute p (1)
      deallocate nosuch
      deallocate all
      begin
      declare c cursor for select * from generate_series(1, 5)
      fetch 2 from c
      fetch next from c
      move 1 in c
      fetch all from c
      fetch 1 from c
      close c
      fetch 1 from c
      rollback
      declare c cursor for select 1
      begin
      declare c scroll cursor for select * from generate_series(1, 5)
      fetch last from c
      fetch prior from c
      fetch absolute 2 from c
      fetch backward 1 from c
      commit
      set work_mem = '8MB'
      show work_mem
      set work_mem = 'nonsense'
      set work_mem to default
      show work_mem
      set nosuch_setting = 1
      show nosuch_setting
      set my.setting = 'x'
      show my.setting
      select current_setting('my.setting'), current_setting('nosuch.x', true), set_config('my.setting', 'y', false)
      select current_setting('nosuch.y')
      begin
      set local statement_timeout = '1s'
      show statement_timeout
      commit
      show statement_timeout
      set statement_timeout = '50ms'
      reset statement_timeout
      set client_encoding = 'UTF8'
      show client_encoding
      show standard_conforming_strings
      show datestyle
      show timezone
      show default_transaction_isolation
      set default_transaction_read_only = on
      insert into tx values (77, 'x')
      reset default_transaction_read_only
      set application_name = 'mine'
      show application_name
      set timezone = 'UTC'
      select current_user, session_user, current_database(), current_catalog, user
      set session characteristics as transaction isolation level read committed
      discard all
      listen a
      notify a, 'x'
      unlisten *
      lock table tx in row exclusive mode
      create role bob login
      create role bob
      alter role bob password 'secret'
      drop role bob
      drop role bob
      drop role if exists bob
      select has_table_privilege('tx', 'select'), pg_backend_pid() > 0, version() like 'PostgreSQL%'
      vacuum
      analyze tx
      vacuum analyze tx
      analyze nosuch
      begin
      vacuum
      rollback
      checkpoint
      reindex table tx
      explain nosuch
      drop extension nosuch
      create user u1
      drop user u1
      drop table tx
    `),
  },
];
