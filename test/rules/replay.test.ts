/** Rule 4: the log is the database. Replaying it into an empty folder gives the same digest of rows, keys, catalog and index answers. */
import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { open } from "../../src/index.js";
import { temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("replay");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("replaying the log into an empty folder gives the same digest", async () => {
  const live = join(folder, "live");
  const db = await open(live, { keepLog: true });
  await db.query("create extension vector");
  await db.query("create table items (id serial primary key, name text unique, v vector(3), tags text[], price numeric(10,2) check (price >= 0))");
  await db.query("create index on items using hnsw (v vector_l2_ops)");
  await db.query("insert into items (name, v, tags, price) select 'item ' || g, array[g, g % 7, g % 13]::real[]::vector, array['a', 'b' || g], g / 3.0 from generate_series(1, 2000) g");
  await db.query("update items set price = price + 1 where id % 3 = 0");
  await db.query("delete from items where id % 5 = 0");
  await db.query("alter table items add column note text default 'none'");
  await db.query("create view cheap as select id, price from items where price < 100");
  await db.transaction(async (tx) => {
    await tx.query("select redis.set('total', '42')");
    await tx.query("insert into items (name, price) values ('last', 1)");
  });
  await db.transaction(async (tx) => {
    await tx.query("insert into items (name, price) values ('never', 1)");
    throw new Error("rolled back");
  }).catch(() => {});
  for (let i = 0; i < 200; i++) {
    await db.redis("HSET", `user:${i % 20}`, `field${i}`, String(i));
    await db.redis("ZADD", "board", String(i), `player${i % 50}`);
    await db.redis("RPUSH", "queue", String(i));
    if (i % 3 === 0) await db.redis("LPOP", "queue");
    await db.redis("INCR", "counter");
  }
  const digest = db.digest();
  const nearest = (await db.query("select id from items order by v <-> '[5,5,5]' limit 5")).rows;
  await db.close();

  // Only the log and the control file: no checkpoint.
  const replayed = join(folder, "replayed");
  mkdirSync(replayed);
  for (const name of readdirSync(live)) if (!name.startsWith("checkpoint")) cpSync(join(live, name), join(replayed, name), { recursive: true });
  for (const place of [replayed, live]) {
    const again = await open(place, { keepLog: true });
    expect(again.digest(), place).toBe(digest);
    expect((await again.query("select id from items order by v <-> '[5,5,5]' limit 5")).rows).toEqual(nearest);
    expect((await again.query("select count(*)::int as n from items where name in ('last', 'never')")).rows).toEqual([{ n: 1 }]);
    await again.close();
  }
});
