/** COPY TO from the addon's encoder, from the TypeScript one, and from PostgreSQL: the same bytes in the same messages. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyOut } from "../support/copy.js";
import { hasPostgres, type OrreryProcess, type ServerProcess, startOrrery, startPostgres } from "../support/processes.js";

const setUp = [
  `create table kinds (id int primary key, b bool, s int2, i int, l int8, f4 float4, f8 float8, n numeric, t text, v varchar(20), c char(4), y bytea,
     u uuid, d date, ti time, ts timestamp, tz timestamptz, j jsonb)`,
  `insert into kinds select g, g % 2 = 0, g, g * 1000, g::int8 * 10000000000, g / 3.0, g / 7.0, g / 8.0, 'text ' || g, 'v' || g, 'c' || g % 10,
     ('\\x0' || g % 10 || '5c0a')::bytea, ('00000000-0000-0000-0000-0000000' || 10000 + g)::uuid, date '2024-02-28' + g, time '01:02:03' + g * interval '1 ms',
     timestamp '2024-02-28 23:59:59.5' + g * interval '1 s', timestamptz '1999-12-31 23:59:59+00' + g * interval '1 hour', ('{"k": ' || g || '}')::jsonb
   from generate_series(1, 300) g`,
  "insert into kinds (id) values (1000)",
  String.raw`insert into kinds (id, t, v) values (1001, E'tab\there', E'back\\slash'), (1002, E'line\nfeed', E'return\r'), (1003, 'a,b', 'say "so"'),
     (1004, '', '\N'), (1005, '\.', 'a|b'), (1006, E'\b\f' || chr(11), 'naïve ☃'), (1007, 'NULL', '7'), (1008, ' spaces ', '-')`,
  `insert into kinds (id, f4, f8, n, d, ts) values (2000, 'NaN', 'Infinity', 'NaN', 'infinity', '-infinity'), (2001, 1e-10, 1e300, 1e30, '0044-03-15 BC', '12345-01-01 00:00:00'),
     (2002, 8589973000, 1e23, 1e-30, '9999-12-31', '9999-12-31 23:59:59.999999'), (2003, 16777216, 8.41e21, -0.00012, '10000-01-01', '2000-01-01 00:00:00.00012'),
     (2004, 1e6, 1e15, 12345678901234567890.12345, '0001-01-01', '0001-01-01 00:00:00 BC'), (2005, -0.0, 123456789012345, 0, '2000-02-29', '1999-12-31 23:59:59.1')`,
];
const options = [
  "",
  "(delimiter '|')",
  "(delimiter '-', null 'none')",
  "(null '')",
  "(format csv)",
  "(format csv, header)",
  "(format csv, delimiter ';', quote '''')",
  String.raw`(format csv, escape '\', null 'NULL')`,
  "(format csv, force_quote *)",
  "(format csv, force_quote (t, i), null '7')",
  "(format csv, delimiter '7')",
  "(header)",
  "(format binary)",
];
const sources = [
  "kinds",
  "kinds (t)",
  "(select id, t, i + 1 as more from kinds where id > 5 order by t desc, id)",
  "(select id, v from kinds where false)",
];

describe.skipIf(!hasPostgres)("COPY TO", () => {
  let orrery: OrreryProcess;
  let postgres: ServerProcess;
  let ours: pg.Client;
  let theirs: pg.Client;
  beforeAll(async () => {
    [orrery, postgres] = await Promise.all([startOrrery({ flags: ["--redis-port", "0"] }), startPostgres()]);
    [ours, theirs] = await Promise.all([connectPg(orrery.port), connectPg(postgres.port)]);
    for (const client of [ours, theirs]) for (const sql of setUp) await client.query(sql);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([ours?.end(), theirs?.end()]);
    await Promise.all([orrery?.stop(), postgres?.stop()]);
  });

  test.each(options)("%s", async (option) => {
    for (const source of sources) {
      // The null text of the one-column table must not stand for its column list's names.
      if (source !== "kinds" && option.includes("(t, i)")) continue;
      const sql = `copy ${source} to stdout ${option === "" ? "" : `with ${option}`}`;
      const expected = await outcome(theirs, sql);
      for (const rows of [0, -1]) {
        await ours.query(`set orrery.native_min_rows = ${rows}`);
        expect(await outcome(ours, sql), `${sql}, native from ${rows} rows`).toBe(expected);
      }
    }
  });
});

async function outcome(client: pg.Client, sql: string): Promise<string> {
  try {
    return (await copyOut(client, sql)).toString("latin1");
  } catch (error) {
    return (error as Error).message;
  }
}
