/** Replaying the whole log into an empty folder gives the database: rows, keys, catalog and what indexes answer (rule 4). */
import { cpSync, readdirSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orrery, open } from "../../src/index.js";
import { mulberry32 } from "../support/mnist.js";
import { temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("replay-live");
const empty = temporaryFolder("replay-again");
const random = mulberry32(7);
const whole = (below: number) => Math.floor(random() * below);
const vector = () => `[${Array.from({ length: 8 }, () => Math.round(random() * 1000) / 100).join(",")}]`;
let live: Orrery;
let digest: string;

/** What clients see, apart from the digest: SQL results and replies of Redis commands. */
async function answers(db: Orrery): Promise<unknown> {
  const queries = [
    "select * from items order by id",
    "select * from notes order by id",
    "select id from items where n between 20 and 60 order by n, id",
    "select count(*)::int, sum(n)::int, min(name), max(name) from items",
    "select * from item_names order by 1, 2",
    "select key, type from redis.keys order by 1",
    "select relname, relkind from pg_class where relnamespace = 2200 order by 1",
    "select conname from pg_constraint order by 1",
  ];
  const out: unknown[] = [];
  for (const sql of queries) out.push((await db.query(sql)).rows);
  for (let i = 0; i < 20; i++) {
    const target = `[${Array.from({ length: 8 }, (_, d) => (i * 13 + d * 7) % 10).join(",")}]`;
    out.push(
      await db.transaction(async (transaction) => {
        await transaction.query("set local hnsw.ef_search = 200"); // beyond what approximation loses here
        return (await transaction.query("select id, v <-> $1::vector as d from items order by v <-> $1::vector limit 10", [target])).rows;
      }),
    );
  }
  for (let i = 0; i < 7; i++)
    out.push(
      await db.redis("GET", `s${i}`),
      await db.redis("LRANGE", `l${i}`, 0, -1),
      await db.redis("ZRANGE", `z${i}`, 0, -1, "WITHSCORES"),
      ((await db.redis("SMEMBERS", `m${i}`)) as string[]).sort(),
      sortedPairs((await db.redis("HGETALL", `h${i}`)) as string[]),
      await db.redis("PEXPIRETIME", `e${i}`),
    );
  out.push(await db.redis("DBSIZE"));
  out.push(await db.redis("VSIM", "vectors", "VALUES", 3, 0.3, 0.6, 0.9, "COUNT", 400, "WITHSCORES", "WITHATTRIBS", "TRUTH"));
  out.push(await db.redis("VSIM", "vectors", "VALUES", 3, 0.3, 0.6, 0.9, "EF", 400));
  return out;
}
function sortedPairs(flat: readonly string[]): string[] {
  return flat
    .filter((_, i) => i % 2 === 0)
    .map((field, i) => `${field}=${flat[2 * i + 1]}`)
    .sort();
}

async function next(db: Orrery, name: string): Promise<unknown> {
  return (await db.query(`select nextval('items_id_seq')::int as ${name}`)).rows[0];
}

beforeAll(async () => {
  // Small checkpoints while it works: they must take nothing away from the kept log.
  live = await open(folder, { keepLog: true, checkpointLogBytes: 64 * 1024 });
  await live.query("create extension vector");
  await live.query(
    "create table items (id serial primary key, n int not null, name text unique, v vector(8), price numeric(10,2), at timestamptz, tags text[], j jsonb)",
  );
  await live.query("create table notes (id int primary key, item int references items on delete cascade, body text)");
  await live.query("create index on items (n); create index on items using hnsw (v vector_l2_ops)");
  await live.query("create view item_names as select n, name from items where n > 50");
  for (let round = 0; round < 150; round++) {
    await live.query(
      "insert into items (n, name, v, price, at, tags, j) select $1::int + g, 'name ' || ($1::int * 10 + g), ($2::vector * array_fill(g, array[8])::vector), g * 1.25, timestamptz '2026-01-01' + g * interval '1 hour', array['a', g::text], jsonb_build_object('g', g) from generate_series(1, 5) g",
      [round, vector()],
    );
    await live.query("update items set n = n + 1, v = $2 where id = $1", [1 + whole(round * 5 + 5), vector()]);
    if (round % 3 === 0) await live.query("delete from items where id = $1", [1 + whole(round * 5 + 5)]);
    if (round % 4 === 0) await live.query("insert into notes select $1, min(id), repeat('long text ', 300) from items", [round]);
    await live
      .transaction(async (transaction) => {
        await transaction.query("select redis.set($1, $2), redis.hset($3, 'f', $2)", [`s${round % 7}`, String(round), `h${round % 7}`]);
        await transaction.query("update items set name = name || '!' where id = $1", [1 + whole(round * 5 + 5)]);
        if (round % 5 === 0) throw new Error("rolled back");
      })
      .catch((error: Error) => expect(error.message).toBe("rolled back"));
    const k = round % 7;
    await live.redis("RPUSH", `l${k}`, round, "x");
    if (round % 4 === 0) await live.redis("LPOP", `l${k}`);
    await live.redis("SADD", `m${k}`, round, `text ${round}`);
    if (round % 6 === 0) await live.redis("SPOP", `m${k}`);
    await live.redis("ZADD", `z${k}`, random(), `m${whole(40)}`);
    if (round % 8 === 0) await live.redis("ZPOPMIN", `z${k}`);
    await live.redis("HINCRBYFLOAT", `h${k}`, "sum", "0.1");
    await live.redis("SET", `e${k}`, round, "EX", 100_000 + round);
    await live.redis("VADD", "vectors", "VALUES", 3, random(), random(), -1, `v${whole(400)}`, "SETATTR", `{"round":${round}}`);
    await live.redis("VADD", "vectors", "VALUES", 3, random(), random(), 1, `w${round}`);
    if (round % 3 === 0) await live.redis("VREM", "vectors", `w${whole(round)}`);
    if (round % 7 === 0) await live.redis("VSETATTR", "vectors", `w${whole(round)}`, round % 2 === 0 ? "" : '{"odd":1}');
    await live.redis("APPEND", `long${k}`, "some text that grows ");
    if (round % 30 === 29) await live.query(`alter table items add column c${round} int default ${round}`);
    if (round === 70)
      await live.query(
        "create table gone (a int); insert into gone values (1); drop table gone; alter table notes rename column body to words",
      );
    if (round === 100) await live.query("truncate notes");
  }
  digest = live.digest();
}, 120_000);
afterAll(async () => {
  await live.close();
  for (const path of [folder, empty]) rmSync(path, { recursive: true, force: true });
});

test("the log replayed into an empty folder is the live database, digest and answers", { timeout: 120_000 }, async () => {
  expect(live.digest()).toBe(digest);
  cpSync(folder, empty, { recursive: true, filter: (source) => !basename(source).startsWith("checkpoint-") });
  expect(
    readdirSync(folder).some((name) => name.startsWith("checkpoint-")),
    "checkpoints were made",
  ).toBe(true);
  const again = await open(empty, { keepLog: true });
  try {
    expect(again.digest()).toBe(digest);
    expect(await answers(again)).toEqual(await answers(live));
    // A sequence logs its values ahead: after replay it never goes back, but may skip some, as PostgreSQL's after a crash.
    const [{ n }, { m }] = [await next(live, "n"), await next(again, "m")] as [{ n: number }, { m: number }];
    expect(m >= n && m <= n + 32, `${m} after ${n}`).toBe(true);
  } finally {
    await again.close();
  }
});

test("a restart from the checkpoint and the rest of the log gives the same", { timeout: 60_000 }, async () => {
  const expected = await answers(live);
  const before = live.digest();
  await live.close();
  live = await open(folder, { keepLog: true });
  expect(live.digest()).toBe(before);
  expect(await answers(live)).toEqual(expected);
});
