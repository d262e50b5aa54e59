-- information_schema.columns tells the schema of a column's type, and of a domain the type beneath it.
create schema type_schemas_other;
create type mood as enum ('sad', 'ok');
create type type_schemas_other.shade as enum ('dark');
create domain age as int check (value >= 0);
create domain code as varchar(5);
create type pair as (a int, b text);
create table typed (m mood, ms mood[], s type_schemas_other.shade, a age, c code, p pair, n numeric(8, 2), t text[], i int, v varchar(7));
select column_name, data_type, udt_schema = 'pg_catalog' as built_in, udt_schema = 'type_schemas_other' as other, udt_name, domain_name, character_maximum_length,
  numeric_precision, numeric_scale from information_schema.columns where table_name = 'typed' order by ordinal_position;
select (quote_ident(udt_schema) || '.' || quote_ident(udt_name))::regtype::text from information_schema.columns where table_name = 'typed' and column_name in ('m', 's') order by 1;
drop schema type_schemas_other cascade;
