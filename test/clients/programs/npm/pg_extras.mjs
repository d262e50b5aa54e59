// node-postgres with its cursors, query streams, copy streams, binary results and pools.

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from, to } from "pg-copy-streams";
import Cursor from "pg-cursor";
import QueryStream from "pg-query-stream";

const config = { host: "127.0.0.1", port: Number(process.argv[2]), user: "postgres", database: "postgres" };
const client = new pg.Client(config);
await client.connect();
await client.query(
  "set client_min_messages to warning; drop schema if exists extras_test cascade; create schema extras_test; set search_path to extras_test",
);
await client.query("create table item (id serial primary key, name text, price numeric, at timestamptz, doc jsonb, tags text[])");
await pipeline(
  Readable.from(Array.from({ length: 5000 }, (_, i) => `n${i}\t${i / 4}\n`)),
  client.query(from("copy item (name, price) from stdin")),
);
const chunks = [];
for await (const chunk of client.query(to("copy (select id, name from item where id % 1000 = 0 order by id) to stdout")))
  chunks.push(chunk);
console.log(Buffer.concat(chunks).toString());
await pipeline(Readable.from(["bad\tx\n"]), client.query(from("copy item (id, name) from stdin"))).catch((e) =>
  console.log(e.code, e.message, e.where),
);
const cursor = client.query(new Cursor("select id from item where id > $1 order by id", [4000]));
console.log(
  (await cursor.read(3)).map((r) => r.id),
  (await cursor.read(5000)).length,
  (await cursor.read(10)).length,
);
await cursor.close();
const early = client.query(new Cursor("select * from item"));
console.log((await early.read(1)).length);
await early.close();
let sum = 0;
for await (const row of client.query(new QueryStream("select id from item order by id", [], { batchSize: 100 }))) sum += row.id;
console.log(sum);
const stopped = client.query(new QueryStream("select generate_series(1, 100000) as x", [], { highWaterMark: 10 }));
for await (const row of stopped) if (row.x === 5) break;
console.log((await client.query("select 1 as still")).rows);
for (const [type, value] of [
  ["int4", 7],
  ["int8", "9007199254740993"],
  ["float8", 0.1],
  ["bool", true],
  ["text", "é"],
  ["timestamptz", "2024-01-01T00:00:00Z"],
  ["bytea", "\\x00ff"],
  ["int4[]", "{1,2}"],
  ["text[]", "{a,NULL}"],
  ["numeric", "1.50"],
  ["date", "2024-02-29"],
])
  console.log(type, JSON.stringify((await client.query({ text: `select $1::${type} as v`, values: [value], binary: true })).rows[0].v));
const result = await client.query({ text: "select id, name, price from item limit 2", rowMode: "array" });
console.log(
  result.rows,
  result.fields.map((f) => [f.name, f.dataTypeID, f.dataTypeSize, f.dataTypeModifier, f.columnID, f.format]),
  result.command,
  result.rowCount,
);
for (const q of [
  "insert into item (id) values (1)",
  "select nosuch from item",
  "selec",
  "select $1::int",
  "insert into item (id, name) values ('x', 1)",
])
  await client
    .query(q)
    .catch((e) => console.log(e.code, e.message, e.detail, e.hint, e.position, e.schema, e.table, e.column, e.constraint));
await client.query("select $1::int", ["x"]).catch((e) => console.log(e.code, e.message, e.where));
await client.query("select $1::int + $2", [1]).catch((e) => console.log(e.code, e.message));
const pool = new pg.Pool({ ...config, max: 5 });
console.log(
  (await Promise.all(Array.from({ length: 50 }, (_, i) => pool.query("select $1::int * 2 as n", [i])))).reduce(
    (a, r) => a + r.rows[0].n,
    0,
  ),
);
await pool.end();
const timed = new pg.Client({ ...config, statement_timeout: 200, application_name: "timed", options: "-c work_mem=5MB" });
await timed.connect();
await timed.query("select pg_sleep(10)").catch((e) => console.log(e.code, e.message));
console.log((await timed.query("select current_setting('work_mem') w, current_setting('application_name') a")).rows);
await timed.end();
await client.query("drop schema extras_test cascade");
await client.end();
