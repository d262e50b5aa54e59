// pg-introspection: all that PostGraphile asks of the catalogs, in one statement.
import pg from "pg";
import { makeIntrospectionQuery, parseIntrospectionResults } from "pg-introspection";

const client = new pg.Client({ host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" });
await client.connect();
await client.query(`
  set client_min_messages to warning;
  drop schema if exists introspection_test cascade; create schema introspection_test; set search_path = introspection_test;
  create type mood as enum ('sad', 'ok', 'happy'); create domain email as text not null check (value like '%@%');
  create type pair as (a int, b text); create type span as range (subtype = float8);
  create table person (id int generated always as identity primary key, name varchar(40) not null default 'it''s', mail email, feels mood,
    tags text[], at timestamptz default now(), doc jsonb, twice int generated always as (id * 2) stored, unique (name, mail), check (name <> ''));
  create table post (id bigserial primary key, author int not null references person on delete cascade, pair pair, body text);
  create index on post (author, lower(body)) where body is not null;
  create table parted (k int not null, v text) partition by range (k); create table parted_1 partition of parted for values from (1) to (10);
  create table child (extra numeric(10, 2)) inherits (post);
  create view titles as select p.id, name, body from person p join post on author = p.id; create materialized view counted as select count(*) from post;
  create function full_name(p person) returns text language sql stable as 'select p.name || p.id';
  create function twice(n int, out doubled int, out "text" text) language sql immutable strict as 'select n * 2, n::text';
  create function many(variadic ids int[] default '{}') returns setof person language sql stable as 'select * from person where id = any(ids)';
  create sequence counter increment 5 maxvalue 100;
  comment on table person is E'@name human\\nSomebody'; comment on column person.name is 'how they are called'; comment on function full_name is '@sortable';
  alter table person enable row level security; create policy own on person for select using (name = current_user);
  grant select, insert (name) on person to public;
`);
const { rows } = await client.query(makeIntrospectionQuery());
const all = parseIntrospectionResults(rows[0].introspection);
const schema = all.namespaces.find((one) => one.nspname === "introspection_test");

/** Where files are, how many rows are guessed, what is numbered at random, and what docs/compatibility.md names: trees of expressions, operators of keys. */
const ours =
  /^(_|oid$|rel(filenode|pages|tuples|allvisible|frozenxid|minmxid|toastrelid|acl|partbound)|typacl|attoptions|con(bin|exclop|..eqop)|ind(exprs|pred)|proargdefaults|pol(qual|withcheck))/;
const shown = (entity) =>
  Object.entries(entity)
    .filter(([name, value]) => !ours.test(name) && value !== null && typeof value !== "function")
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(" ");
const show = (kind, list) => {
  for (const line of list.map(shown).sort()) console.log(kind, line);
};
const classes = all.classes.filter((one) => one.relnamespace === schema._id);
const isOfClass = new Set(classes.map((one) => one._id));
show(
  "class",
  classes.filter((one) => one.relkind !== "t"),
);
for (const one of classes.filter(({ relkind }) => relkind !== "t").sort((a, b) => (a.relname < b.relname ? -1 : 1)))
  for (const attribute of all.attributes.filter((a) => a.attrelid === one._id && a.attnum > 0)) console.log(one.relname, shown(attribute));
show(
  "constraint",
  all.constraints.filter((one) => one.connamespace === schema._id),
);
const INTERNAL = "12"; // constructors of ranges
show(
  "function",
  all.procs.filter((one) => one.pronamespace === schema._id && one.prolang !== INTERNAL),
);
show(
  "type",
  all.types.filter((one) => one.typnamespace === schema._id),
);
show(
  "enum",
  all.enums.filter((one) => all.types.some((type) => type._id === one.enumtypid && type.typnamespace === schema._id)),
);
show(
  "index",
  all.indexes.filter((one) => isOfClass.has(one.indrelid)),
);
show(
  "inherits",
  all.inherits.filter((one) => isOfClass.has(one.inhrelid)),
);
show(
  "policy",
  all.policies.filter((one) => isOfClass.has(one.polrelid)),
);
show(
  "description",
  all.descriptions.filter((one) => isOfClass.has(one.objoid)),
);
console.log(classes.find((one) => one.relname === "person").getTags?.(), all.current_user, all.pg_version?.split(" ")[0]);
await client.query("drop schema introspection_test cascade");
await client.end();
