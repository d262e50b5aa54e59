-- What drivers and PostGraphile read of columns, keys and indexes.
create type facts_mood as enum ('sad', 'ok');
create type facts_pair as (a int, b facts_mood);
create domain facts_email as text not null;
create table facts_post (id bigserial primary key, mood facts_mood, pair facts_pair, mail facts_email, body text, unique (mail));
create index on facts_post (lower(body)) where body is not null;
create materialized view facts_counted as select count(*) from facts_post;
create table facts_child (extra int) inherits (facts_post);
select attname, attlen, attbyval, attalign, attstorage, attnotnull, attisdropped, atthasdef from pg_attribute where attrelid = 'facts_post'::regclass and attnum > 0 order by attnum;
select attname, attlen, attbyval, attalign, attnotnull from pg_attribute where attrelid = (select typrelid from pg_type where typname = 'facts_pair') order by attnum;
select attname, attnotnull from pg_attribute where attrelid = 'facts_post_id_seq'::regclass and attnum > 0 order by attnum;
select relname, relnatts, relhasrules from pg_class where relname in ('facts_post', 'facts_child', 'facts_counted') order by 1;
select conname, contype, connoinherit from pg_constraint where conrelid = 'facts_post'::regclass order by 1;
select typname, typlen, typbyval, typnotnull from pg_type where typname in ('facts_email', '_facts_email', 'facts_mood', 'facts_pair') order by 1;
select c.relname, (select opcname from pg_opclass where oid = i.indclass[0]) from pg_index i join pg_class c on c.oid = indexrelid where indrelid = 'facts_post'::regclass order by 1;
alter table facts_post add column later int default 1;
select relnatts > 5 as more from pg_class where relname = 'facts_post';
select attname, atthasdef from pg_attribute where attrelid = 'facts_post'::regclass and attnum > 0 and not attisdropped order by attnum;
