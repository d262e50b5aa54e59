/** The music shop: an unmodified pg_dump loads through psql, every table equals PostgreSQL's, and so does every query below. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg, outcomeOf, unordered } from "../support/clients.js";
import { dataFolder, hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

const chinook = join(dataFolder, "chinook.sql");
const netflix = join(dataFolder, "netflix.sql");
const tables = [
  "Album",
  "Artist",
  "Customer",
  "Employee",
  "Genre",
  "Invoice",
  "InvoiceLine",
  "MediaType",
  "Playlist",
  "PlaylistTrack",
  "Track",
];
const snake = (name: string) => name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();

const queries = [
  "select count(*) from track",
  "select a.name, count(*) as albums from artist a join album b on a.artist_id = b.artist_id group by a.name having count(*) > 3 order by albums desc, a.name",
  "select t.name, g.name from track t left join genre g using (genre_id) where t.milliseconds > 1000000 order by t.track_id limit 20",
  "select g.name, count(*), sum(t.milliseconds), avg(t.unit_price), min(t.name), max(t.bytes) from track t join genre g on g.genre_id = t.genre_id group by g.name order by g.name",
  "select c.country, sum(i.total) as total from customer c join invoice i on i.customer_id = c.customer_id group by c.country order by total desc, c.country",
  "select * from customer where email like '%@gmail.com' order by customer_id",
  "select first_name || ' ' || last_name as name, coalesce(company, 'none') from customer order by 1 limit 15",
  "select distinct billing_country from invoice order by 1",
  "select extract(year from invoice_date) as year, count(*), sum(total) from invoice group by 1 order by 1",
  "select date_trunc('month', invoice_date) as month, sum(total) from invoice group by 1 order by 1 limit 24",
  "select name from artist where artist_id not in (select artist_id from album) order by name limit 20",
  "select name from artist a where not exists (select 1 from album b where b.artist_id = a.artist_id) order by name limit 20",
  "select name from artist a where exists (select 1 from album b where b.artist_id = a.artist_id and b.title like 'A%') order by name",
  "select t.name, (select count(*) from invoice_line il where il.track_id = t.track_id) as sold from track t where t.track_id <= 30 order by t.track_id",
  "select track_id, name from track where unit_price = (select max(unit_price) from track) order by track_id limit 10",
  "select e.last_name, m.last_name as manager from employee e left join employee m on e.reports_to = m.employee_id order by e.employee_id",
  "with totals as (select customer_id, sum(total) as total from invoice group by customer_id) select c.last_name, t.total from totals t join customer c using (customer_id) where t.total > (select avg(total) from totals) order by t.total desc, c.last_name",
  "with recursive boss as (select employee_id, reports_to, 0 as depth from employee where reports_to is null union all select e.employee_id, e.reports_to, b.depth + 1 from employee e join boss b on e.reports_to = b.employee_id) select * from boss order by employee_id",
  "select name from genre union select name from media_type order by 1",
  "select country from customer intersect select country from employee order by 1",
  "select city from customer except select city from employee order by 1 limit 20",
  "select case when milliseconds < 200000 then 'short' when milliseconds < 300000 then 'medium' else 'long' end as length, count(*) from track group by 1 order by 1",
  "select count(*) filter (where composer is null) as unknown, count(composer) as known, count(distinct composer) from track",
  "select upper(substr(name, 1, 3)), length(name), position('a' in name) from genre order by genre_id",
  "select * from playlist_track order by playlist_id desc, track_id desc limit 10 offset 5",
  "select p.name, count(*) from playlist p join playlist_track pt on pt.playlist_id = p.playlist_id join track t on t.track_id = pt.track_id join album al on al.album_id = t.album_id join artist ar on ar.artist_id = al.artist_id where ar.name = 'Iron Maiden' group by p.name order by p.name",
  "select il.invoice_id, sum(il.unit_price * il.quantity) from invoice_line il group by il.invoice_id having sum(il.unit_price * il.quantity) > 13 order by 1",
  "select a.title from album a where a.artist_id = any (select artist_id from artist where name ~ '^The') order by a.title limit 20",
  "select name, milliseconds / 60000.0 as minutes, round(bytes / 1048576.0, 2) as mb from track order by bytes desc limit 10",
  "select billing_city, array_agg(invoice_id order by invoice_id) from invoice where billing_country = 'Germany' group by billing_city order by billing_city",
  "select string_agg(name, ', ' order by name) from genre where genre_id < 8",
  "select distinct on (customer_id) customer_id, invoice_id, total from invoice order by customer_id, total desc, invoice_id limit 20",
  "select i.invoice_id, x.top from invoice i cross join lateral (select max(unit_price) as top from invoice_line l where l.invoice_id = i.invoice_id) x where i.invoice_id < 10 order by 1",
  "select count(*) from track t full join invoice_line l on l.track_id = t.track_id and l.quantity > 1",
  "select coalesce(state, '?') as state, count(*) from customer group by state order by count(*) desc, 1",
  "select invoice_date::date, to_char(invoice_date, 'YYYY-MM-DD'), invoice_date + interval '1 month' from invoice order by invoice_id limit 5",
  "select greatest(1, 2, null), least('b', 'a'), nullif(1, 1), 7 / 2, 7 % 2, -7 / 2, 2 ^ 10, 7.0 / 2",
  "select null_title.title from album null_title where title is not null and title between 'B' and 'C' order by title",
  "values (1, 'a'), (2, 'b') order by 1 desc",
  "select no_such_column from track",
  "select name from track group by album_id",
  "select 1 / 0",
  "select 'x'::int",
  `select "NoSuch" from "Track"`,
  `insert into "Genre" values (1, 'again')`,
  `delete from "Artist" where "ArtistId" = 1`,
  `insert into "Album" values (100000, 'orphan', 999999)`,
  `insert into "Album" ("AlbumId") values (100001)`,
  `update "Track" set "Name" = null where "TrackId" = 1`,
];

describe.skipIf(!hasPostgres || !existsSync(chinook))("chinook against PostgreSQL 15", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  let ours: pg.Client;
  let theirs: pg.Client;

  beforeAll(async () => {
    orrery = await startOrrery();
    postgres = await startPostgres(["fsync=off"]);
    for (const server of [postgres, orrery]) {
      const load = spawnSync(
        "psql",
        [
          "-X",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-h",
          "127.0.0.1",
          "-p",
          String(server.port),
          "-U",
          "postgres",
          "-d",
          "postgres",
          "-f",
          chinook,
        ],
        { encoding: "utf8" },
      );
      if (load.status !== 0) throw new Error(load.stderr);
    }
    ours = await connectPg(orrery.port, { raw: true });
    theirs = await connectPg(postgres.port, { raw: true });
    // The queries read views with names that need no quotes.
    for (const table of tables) {
      const described = await theirs.query<{ attname: string }>(
        `select attname from pg_attribute where attrelid = '"${table}"'::regclass and attnum > 0 order by attnum`,
      );
      const columns = described.rows.map(({ attname }) => `"${attname}" as ${snake(attname)}`).join(", ");
      for (const client of [ours, theirs]) await client.query(`create view ${snake(table)} as select ${columns} from "${table}"`);
    }
  });
  afterAll(async () => {
    await ours?.end();
    await theirs?.end();
    await orrery?.stop();
    await postgres?.stop();
  });

  test.each(tables)("table %s holds the same rows", async (table) => {
    const sql = `select * from public."${table}"`;
    expect(unordered(await outcomeOf(ours, sql))).toEqual(unordered(await outcomeOf(theirs, sql)));
  });
  test.each(queries)("%s", async (sql) => {
    expect(await outcomeOf(ours, sql)).toEqual(await outcomeOf(theirs, sql));
  });
  test.skipIf(!existsSync(netflix))("netflix.sql loads and holds the same rows", async () => {
    for (const server of [postgres, orrery]) {
      const load = spawnSync(
        "psql",
        [
          "-X",
          "-q",
          "-v",
          "ON_ERROR_STOP=1",
          "-h",
          "127.0.0.1",
          "-p",
          String(server.port),
          "-U",
          "postgres",
          "-d",
          "postgres",
          "-f",
          netflix,
        ],
        { encoding: "utf8" },
      );
      expect(load.stderr).toBe("");
    }
    const sql = "select * from public.netflix_shows order by show_id";
    expect(await outcomeOf(ours, sql)).toEqual(await outcomeOf(theirs, sql));
  });
});
