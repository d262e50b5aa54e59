/**
 * The film rental shop: partitions, views, a materialized view, domains, an enum, SQL functions and an aggregate of its own. What the dump
 * needs of PL/pgSQL, triggers and full text is refused by name; without the full text column the rest loads and answers as PostgreSQL does.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, outcomeOf, unordered } from "../support/clients.js";
import {
  dataFolder,
  hasPostgres,
  type OrreryProcess,
  type ServerProcess,
  startOrrery,
  startPostgres,
  temporaryFolder,
} from "../support/processes.js";

const pagila = join(dataFolder, "pagila.sql");
const tables = [
  "actor",
  "address",
  "category",
  "city",
  "country",
  "customer",
  "film_actor",
  "film_category",
  "inventory",
  "language",
  "payment",
  "payment_p2022_01",
  "payment_p2022_07",
  "rental",
  "rental_by_category",
  "staff",
  "store",
];

/** The dump without film.fulltext, its index and its trigger. */
function withoutFullText(dump: string): string {
  const lines = dump.split("\n");
  const out: string[] = [];
  let inFilms = false;
  for (const line of lines) {
    if (/film_fulltext/.test(line)) continue;
    if (line.startsWith("COPY public.film (")) {
      inFilms = true;
      out.push(line.replace(", fulltext", ""));
      continue;
    }
    if (inFilms && line === "\\.") inFilms = false;
    if (inFilms) out.push(line.slice(0, line.lastIndexOf("\t")));
    else out.push(line);
  }
  return out.join("\n").replace(/,\n {4}fulltext tsvector NOT NULL/, "");
}
/** What may be refused while the dump is loaded. */
const refused = /CREATE TRIGGER is not supported|LANGUAGE plpgsql is not supported|type "?trigger"? (?:does not exist|is not supported)/;

const queries = [
  "select count(*) from film",
  "select count(*), sum(amount), min(payment_date), max(payment_date) from payment",
  "select tableoid::regclass::text, count(*) from payment group by 1 order by 1",
  "select count(*) from payment where payment_date >= '2022-03-01' and payment_date < '2022-04-01'",
  "select sum(amount) from payment where payment_date < '2022-02-01 00:00+00'",
  "select count(*) from only payment",
  "select payment_id, amount from payment where payment_id in (16050, 16051, 20000, 25000) order by payment_id",
  "select payment_id, amount from payment_p2022_05 order by payment_id limit 5",
  "select customer_id, count(*), sum(amount) from payment group by customer_id having sum(amount) > 180 order by 3 desc, 1",
  "select c.first_name, c.last_name, sum(p.amount) as total from customer c join payment p using (customer_id) group by c.customer_id, c.first_name, c.last_name order by total desc, c.last_name limit 10",
  "select date_trunc('month', payment_date at time zone 'UTC') as month, sum(amount) from payment group by 1 order by 1",
  "select staff_id, sum(amount) filter (where amount > 5) as big, count(*) from payment group by staff_id order by staff_id",
  "select * from rental_by_category order by total_sales desc",
  "select * from sales_by_film_category order by total_sales desc, category",
  "select * from sales_by_store order by store",
  "select * from customer_list order by id limit 10",
  "select * from staff_list order by id",
  "select fid, title, category, price, length, rating::text from film_list order by fid, category limit 10",
  "select fid, title, (select string_agg(a, ', ' order by a) from unnest(string_to_array(actors, ', ')) a) from nicer_but_slower_film_list order by fid limit 3",
  "select actor_id, first_name, left(film_info, 60) from actor_info order by actor_id limit 3",
  "select rating::text, count(*), avg(length), min(rental_rate), max(replacement_cost) from film group by rating order by rating",
  "select enum_range(null::mpaa_rating)::text",
  "select title from film where rating = 'NC-17' and length > 180 order by title",
  "select title from film where rating > 'PG-13' order by title limit 5",
  "select release_year, count(*) from film group by release_year order by 1",
  "select title, special_features from film where 'Trailers' = any (special_features) order by film_id limit 5",
  "select unnest(special_features) as feature, count(*) from film group by 1 order by 1",
  "select title from film where special_features @> array['Trailers', 'Deleted Scenes'] order by title limit 5",
  "select array_length(special_features, 1) as n, count(*) from film group by 1 order by 1",
  "select group_concat(name) from (select name from category order by name) c",
  "select last_day('2022-02-10 12:00+00')",
  "select l.name, count(f.film_id) from language l left join film f using (language_id) group by l.name order by l.name",
  "select c.name, count(*) from category c join film_category fc using (category_id) group by c.name order by 2 desc, 1",
  "select a.last_name, count(*) from actor a group by a.last_name having count(*) > 2 order by 2 desc, 1",
  "select a.first_name || ' ' || a.last_name as name, count(*) as films from actor a join film_actor fa using (actor_id) group by a.actor_id, 1 order by films desc, name limit 10",
  "select f.title from film f where not exists (select 1 from inventory i where i.film_id = f.film_id) order by f.title limit 10",
  "select f.title, (select count(*) from inventory i where i.film_id = f.film_id) as copies from film f where f.film_id <= 10 order by f.film_id",
  "select co.country, count(*) from customer cu join address a using (address_id) join city ci using (city_id) join country co using (country_id) group by co.country order by 2 desc, 1 limit 10",
  "select s.store_id, count(distinct i.film_id) from store s join inventory i using (store_id) group by s.store_id order by 1",
  "select count(*) from rental where return_date is null",
  "select avg(return_date - rental_date) from rental where return_date is not null",
  "select extract(dow from rental_date at time zone 'UTC') as day, count(*) from rental group by 1 order by 1",
  "select rental_id, customer_id, rental_date, lag(rental_date) over w, row_number() over w from rental where customer_id = 5 window w as (partition by customer_id order by rental_date) order by rental_date limit 10",
  "select customer_id, amount, rank() over (order by amount desc, payment_id) from payment where customer_id < 4 order by 3 limit 10",
  "with recursive d as (select 1 as n union all select n + 1 from d where n < 7) select d.n, count(p.*) from d left join payment p on extract(month from p.payment_date at time zone 'UTC') = d.n group by d.n order by d.n",
  "with top as (select film_id, count(*) as n from inventory join rental using (inventory_id) group by film_id order by 2 desc, 1 limit 5) select title, n from top join film using (film_id) order by n desc, title",
  "select coalesce(rating::text, 'all') as rating, count(*) from film group by rollup (rating) order by rating nulls last",
  "select percentile_cont(0.5) within group (order by length) from film",
  "select distinct on (customer_id) customer_id, payment_id, amount from payment where customer_id < 6 order by customer_id, amount desc, payment_id",
  "select title, rental_rate * 1.1, round(replacement_cost / 3, 2) from film order by film_id limit 5",
  "select email from customer where email ilike '%smith%' order by 1",
  "select substring(title from 1 for 5), upper(title), length(description) from film order by film_id limit 5",
  "select title from film where title ~ '^A.*Z$' order by 1 limit 5",
  "select s.first_name, (s.picture is null) as no_picture from staff s order by 1",
  "select indexname from pg_indexes where tablename = 'payment_p2022_01' order by 1",
  "select conname, contype, pg_get_constraintdef(oid) from pg_constraint where conrelid = 'payment_p2022_02'::regclass order by 1",
  "select inhrelid::regclass::text, pg_get_expr(c.relpartbound, c.oid) from pg_inherits join pg_class c on c.oid = inhrelid where inhparent = 'payment'::regclass order by 1",
  "insert into payment (customer_id, staff_id, rental_id, amount, payment_date) values (1, 1, 1, 1.5, '2030-01-01') returning amount",
  "insert into payment (payment_id, customer_id, staff_id, rental_id, amount, payment_date) values (99999, 1, 1, 1, 1.5, '2022-03-05') returning tableoid::regclass::text",
  "insert into payment (payment_id, customer_id, staff_id, rental_id, amount, payment_date) values (99998, 100000, 1, 1, 1.5, '2022-03-05')",
  "update payment set payment_date = '2022-06-05' where payment_id = 99999 returning tableoid::regclass::text, payment_id",
  "delete from payment where payment_id = 99999 returning amount",
  "insert into film (title, language_id, release_year) values ('x', 1, 1800)",
  "insert into film (title, language_id, rating) values ('x', 1, 'XXX')",
  "delete from language where language_id = 1",
  "refresh materialized view rental_by_category",
];

describe.skipIf(!hasPostgres || !existsSync(pagila))("pagila against PostgreSQL 15", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  let ours: pg.Client;
  let theirs: pg.Client;
  const problems = new Map<ServerProcess, string[]>();
  const folder = temporaryFolder("pagila");

  beforeAll(async () => {
    orrery = await startOrrery();
    postgres = await startPostgres(["fsync=off"]);
    const file = join(folder, "pagila.sql");
    writeFileSync(file, withoutFullText(readFileSync(pagila, "utf8")));
    for (const server of [postgres, orrery]) {
      const flags = ["-X", "-q", "-h", "127.0.0.1", "-p", String(server.port), "-U", "postgres", "-d", "postgres", "-f", file];
      const load = spawnSync("psql", flags, { encoding: "utf8", maxBuffer: 1 << 26 });
      problems.set(
        server,
        load.stderr.split("\n").filter((line) => line.includes("ERROR:")),
      );
    }
    ours = await connectPg(orrery.port, { raw: true });
    theirs = await connectPg(postgres.port, { raw: true });
  }, 240_000);
  afterAll(async () => {
    await ours?.end();
    await theirs?.end();
    await orrery?.stop();
    await postgres?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("what is refused of the dump is PL/pgSQL and triggers, by name", () => {
    expect(problems.get(postgres)).toEqual([]);
    expect(problems.get(orrery)?.filter((line) => !refused.test(line))).toEqual([]);
  });
  test("full text is refused by name", async () => {
    const outcome = await outcomeOf(ours, "create table ft (v tsvector)");
    expect(outcome.error).toMatchObject({ code: "0A000", message: expect.stringContaining("tsvector") });
  });
  test.each(tables)("table %s holds the same rows", async (table) => {
    const sql = `select * from public.${table}`;
    expect(unordered(await outcomeOf(ours, sql))).toEqual(unordered(await outcomeOf(theirs, sql)));
  });
  test.each(queries)("%s", async (sql) => {
    expect(await outcomeOf(ours, sql)).toEqual(await outcomeOf(theirs, sql));
  });
});
