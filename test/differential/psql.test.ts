/** The psql program of PostgreSQL 15 against both servers: its backslash commands read pg_catalog in ways that no driver does. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { laterFunctionFacts } from "../../src/functions/facts/later-function-facts.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

const schema = `
create table customers (
  id serial primary key, name varchar(40) not null default 'x', email text unique, born date, rating numeric(4,2) check (rating >= 0),
  active boolean default true, tags text[], doc jsonb, at timestamptz default now()
);
create table orders (
  id int generated always as identity primary key, customer int not null references customers (id) on delete cascade, total numeric,
  doubled numeric generated always as (total * 2) stored, code char(3), constraint positive check (total > 0)
);
create index orders_customer on orders (customer, total desc);
create unique index orders_code on orders (code);
create view big_orders as select id, customer from orders where total > 100;
create schema shop;
create table shop.things (a int, b int, primary key (a, b));
create sequence shop.numbers start 5 increment 2;
create sequence plain;
comment on table customers is 'who buys';
comment on column customers.name is 'full name';
create view joined as select c.name, o.total, case when o.total > 10 then 'much' else c.email end as how from customers c left join orders o on o.customer = c.id where c.rating in (1, 2.5) or c.born > '2000-01-01';
create materialized view counted as select customer, count(*) as n from orders group by customer;
create function add_tax(amount numeric, rate numeric default 0.2) returns numeric language sql immutable strict as 'select amount * (1 + rate)';
create function twice(a int) returns int language sql return a * 2;
create procedure touch(inout a int) language sql as 'select a + 1';
create aggregate product(int) (sfunc = int4mul, stype = int, initcond = '1');
create type mood as enum ('sad', 'ok');
create type pair as (l int, r text);
create domain posint as int default 1 check (value > 0);
create table measures (at date not null, v int) partition by range (at);
create table measures_2020 partition of measures for values from ('2020-01-01') to ('2021-01-01');
create table measures_rest partition of measures default;
create index customers_part on customers (lower(name), (rating + 1) desc) where active;
create role reader login;
create role admin superuser createdb createrole nologin;
create domain us_zip as text collate "C" not null constraint zip check (value ~ '^\\d{5}$');
create operator === (leftarg = int, rightarg = int, function = int4eq, commutator = ===);
create cast (pair as text) with inout;
create collation german (provider = icu, locale = 'de');
create statistics st (dependencies) on total, code from orders;
create policy p on orders for select to reader using (total > 1); alter table orders enable row level security;
alter role reader set work_mem = '8MB';
alter default privileges for role postgres in schema shop grant select on tables to reader;
grant select, insert on orders to reader with grant option; grant usage on schema shop to reader; grant execute on function twice(int) to reader;
comment on type mood is 'how'; comment on function twice(int) is 'two times'; comment on schema shop is 'the shop'; comment on domain posint is 'positive'; comment on view joined is 'all'; comment on role reader is 'reads'; comment on constraint positive on orders is 'more than nothing'; comment on index orders_code is 'by code';
create table parent (a int); create table child (b int) inherits (parent);
create table listed (k text) partition by list (k); create table listed_a partition of listed for values in ('a', 'b'); create table hashed (h int) partition by hash (h); create table hashed_0 partition of hashed for values with (modulus 2, remainder 0);
create unlogged table fast (a int); create index hashed_i on hashed (h); create index gin_i on customers using gin (tags); create table excl (r int4range, exclude using gist (r with &&));
create schema "Odd Names"; create table "Odd Names"."A b" ("C d" int primary key, "select" text); create index customers_email_idx on customers using hash (email);
create table typed of pair;
create view upd as select id, name from customers with local check option; grant select (name), update (id, name) on upd to reader; create function trio(out a int, out b text) language sql as $$ select 1, 'x' $$; create function many(n int, variadic r int[]) returns setof int language sql as 'select 1';
`;

const commands = [
  "\\d", "\\dt", "\\dt shop.*", "\\dt nothing*", "\\d customers", "\\d orders", "\\d big_orders", "\\d orders_customer", "\\d customers_pkey",
  "\\d customers_id_seq", "\\d plain", "\\d shop.things", "\\d nothing", "\\d+ customers", "\\d+ orders", "\\l", "\\dn", "\\di", "\\dv", "\\dv+", "\\ds", "\\dx",
  "\\du", "\\du+", "\\dg", "\\dp", "\\dT", "\\dD", "\\dm", "\\dE", "\\dy", "\\drds", "\\encoding", "\\z customers", "\\dconfig work_mem", "\\dP", "\\dRp",
  "\\d+ joined", "\\d joined", "\\sv joined", "\\sv+ joined", "\\d+ counted", "\\df public.*", "\\df+ twice", "\\sf add_tax", "\\sf+ twice", "\\da", "\\d+ pair", "\\dT+ mood", "\\dD posint",
  "\\d+ measures", "\\d+ measures_2020", "\\d measures_rest", "\\d customers_part", "\\dt+ nothing", "\\ddp", "\\des", "\\dew", "\\det", "\\dX", "\\db pg_default",
  "\\dA", "\\dAc", "\\dAc+ btree", "\\dAf+ hash", "\\dAo+ btree int4_ops", "\\dAp", "\\dAp+ hash", "\\dc", "\\dconfig+ *mem", "\\dC pair", "\\dd",
  "\\ddS", "\\dd positive", "\\dD+", "\\dDS+", "\\dE+", "\\des+", "\\det+", "\\deu+", "\\dew+", "\\dfa", "\\dfp", "\\dft", "\\dfw", "\\dfS abs",
  "\\dg+", "\\dl", "\\dl+", "\\dO", "\\dO+", "\\dp orders", "\\dpS pg_class", "\\dPn", "\\dPi", "\\dPt", "\\drds reader", "\\dRp+", "\\dRs+",
  "\\dtS pg_cl*", "\\dT+", "\\dvS pg_st*", "\\dX+", "\\dy+", "\\sf many", "\\sf+ trio", "\\sv upd", "\\sv+ upd", "\\zS pg_class", "\\d+ child",
  "\\d+ parent", "\\d+ listed", "\\d+ hashed", "\\d listed_a", "\\d fast", "\\d excl", "\\d+ upd", "\\d german", "\\d pg_stat_activity",
  "\\d+ hashed_i", "\\dT pair", "\\dD us_zip", "\\dd *", "\\dn shop",
  "\\dn s*", "\\d customers*", "\\d \"Odd Names\".*", "\\dt \"Odd Names\".*", "\\d customers_email_idx", "\\d gin_i", "\\d+ typed", "\\daS", "\\dfaS", "\\da pro*",
  "\\dfS", "\\dfnS", "\\dfwS", "\\dfpS", "\\dftS", "\\dfS+ abs", "\\dfS+ pg_ls_dir", "\\df twice int", "\\df * text", "\\sf abs(int)", "\\sf+ now", "\\sf pg_catalog.lower(text)",
  "\\sf pg_catalog.generate_series(int, int)", "\\sf rank", "\\do", "\\do+", "\\doS", "\\doS+", "\\do ===", "\\do &&", "\\do - int4 int4", "\\dTS", "\\dTS+", "\\dT public.*",
  "\\dC", "\\dC+", "\\dCS", "\\dC int4", "\\dcS", "\\dcS+", "\\dc+", "\\dOS", "\\dOS+ de*", "\\dA+", "\\dA b*", "\\dAc+ hash int*", "\\dAf", "\\dAf+", "\\dAo", "\\dAo+", "\\dAo gin", "\\dAp+",
  "\\dAp brin", "\\db", "\\db+", "\\dLS", "\\dLS+", "\\dL", "\\dL+", "\\dn+", "\\duS", "\\duS+", "\\dgS+", "\\dp", "\\dpS", "\\z", "\\zS", "\\d+", "\\dt+", "\\di+", "\\dti+", "\\dm+", "\\ds+",
  "\\dP+", "\\dPi+", "\\dPt+", "\\dPn+", "\\dS", "\\dS+", "\\dtS", "\\dtS+", "\\dvS", "\\dvS+", "\\dsS", "\\dmS", "\\dES+", "\\d pg_stats", "\\dt public.*", "\\dtvS pg_catalog.pg_a*",
  "\\di S", "\\diS", "\\d pg_class", "\\d pg_class_oid_index", "\\d pg_class_relname_nsp_index", "\\d pg_depend", "\\d pg_attribute", "\\d+ pg_index", "\\d pg_authid",
  "\\diS+ pg_type*", "\\l template*", "\\dt pg_catalog.pg_am", "\\d+ pg_description",
]; // biome-ignore format: a list

/** What Orrery has beside PostgreSQL 15: functions of later versions (with them go 15's of the same names), its own. PostgreSQL's one procedural language is an extension. */
const laterFunctions = [
  ...new Set(
    laterFunctionFacts
      .trim()
      .split("\n")
      .map((line) => line.split("|")[1]),
  ),
];
const additions = new RegExp(`^pg_catalog\\|(${[...laterFunctions, "max_sim", "orrery_\\w+", "plpgsql_\\w+"].join("|")})\\||^plpgsql\\|`);

/** What must differ: the schema `redis`; the name of the C locale; sizes. */
function normalized(command: string, output: string): string[] {
  const lines = output
    .split("\n")
    // Widths follow from the contents.
    .map((line) => line.trim().replaceAll(/ +/g, " ").replaceAll(/-+/g, "-").replaceAll(" |", "|").replaceAll("| ", "|"))
    .map((line) => line.replaceAll(/\|\d+ (bytes|kB|MB)(?=\|)/g, "|size"))
    .filter((line) => !additions.test(line) && !/^\(\d+ rows?\)$/.test(line));
  if (command.startsWith("\\l")) return lines.map((line) => line.replace("|C.UTF-8|", "|C|"));
  // The server's own extension, which holds the schema redis; PostgreSQL's is plpgsql.
  if (command === "\\dx") return lines.filter((line) => !line.startsWith("orrery|"));
  if (command.startsWith("\\dn")) return lines.filter((line) => !line.startsWith("redis|"));
  return lines;
}

describe.skipIf(!hasPostgres)("psql", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  const psql = (port: number, ...args: string[]) =>
    spawnSync("psql", ["-X", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "postgres", ...args], {
      encoding: "utf8",
      env: { ...process.env, PAGER: "" },
      maxBuffer: 1 << 26,
    });
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery(), startPostgres()]);
    for (const server of [orrery, postgres]) expect(psql(server.port, "-q", "-v", "ON_ERROR_STOP=1", "-c", schema).stderr).toBe("");
  });
  afterAll(async () => {
    await orrery?.stop();
    await postgres?.stop();
  });

  test.each(commands)("%s", (command) => {
    const [mine, judge] = [orrery, postgres].map((server) => psql(server.port, "-c", command));
    expect(mine?.stderr).toBe(judge?.stderr);
    expect(normalized(command, mine?.stdout ?? "")).toEqual(normalized(command, judge?.stdout ?? ""));
  });
});
