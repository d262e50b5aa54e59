-- Time zones as POSIX writes them, with summer time.
set timezone = 'EST5EDT,M3.2.0,M11.1.0';
select '2020-07-01 12:00+00'::timestamptz, '2020-01-01 12:00+00'::timestamptz, '2020-03-08 06:59:59+00'::timestamptz, '2020-03-08 07:00+00'::timestamptz;
select '2020-03-08 02:30'::timestamptz, '2020-11-01 01:30'::timestamptz, '2020-11-01 05:59+00'::timestamptz, '2020-11-01 06:00+00'::timestamptz;
set timezone = 'CET-1CEST';
select '2020-07-01 12:00+00'::timestamptz, '2020-01-01 12:00+00'::timestamptz, '2020-03-20 12:00'::timestamptz;
set timezone = 'AAA3BBB,J60/3,300/1:30';
select '2020-02-29 12:00+00'::timestamptz, '2020-03-01 05:59+00'::timestamptz, '2020-03-01 06:00+00'::timestamptz, '2021-03-01 06:00+00'::timestamptz, '2020-10-27 03:29+00'::timestamptz, '2020-10-27 03:30+00'::timestamptz;
set timezone = 'AAA-3:30BBB-5,M10.5.6/0,M4.1.0/23';
select '2020-01-01 12:00+00'::timestamptz, '2020-07-01 12:00+00'::timestamptz, '2020-04-05 17:59+00'::timestamptz, '2020-04-05 18:00+00'::timestamptz, '2020-10-31 00:00'::timestamptz;
set timezone = '<+03>-3<+04>,M3.5.0,M10.5.0';
select '2020-07-01 12:00'::timestamptz, '2020-12-01 12:00'::timestamptz;
show timezone;
set timezone = 'UTC';
select '2020-07-01 12:00+00'::timestamptz at time zone 'NZST-12NZDT,M10.1.0,M3.3.0/3', '2020-01-01 12:00+00'::timestamptz at time zone 'NZST-12NZDT,M10.1.0,M3.3.0/3', '2020-01-01 12:00'::timestamp at time zone 'NZST-12NZDT,M10.1.0,M3.3.0/3';
set timezone = 'EST5EDT,M13.2.0,M11.1.0';
set timezone = 'EST5EDT,M3.2.0';
