/** A cancel request over a connection of its own ends a statement that streams rows, and one that waits for a lock. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg, requestCancel } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

let orrery: OrreryProcess;
beforeAll(async () => {
  orrery = await startOrrery({ flags: ["--redis-port", "0"] });
});
afterAll(() => orrery?.stop());

/** Asks until it is heard: a request that comes before the statement has begun is nobody's, as in PostgreSQL. How long the last one took. */
async function cancelled(client: pg.Client, running: Promise<unknown>): Promise<number> {
  let ended = 0;
  void running.then(() => (ended = performance.now()));
  for (;;) {
    const asked = performance.now();
    await requestCancel(client, orrery.port);
    await Promise.race([running, sleep(2_000)]);
    if (ended > 0) return ended - asked;
  }
}

test("a long streamed result is cancelled, and the session goes on", async () => {
  const client = await connectPg(orrery.port);
  const running = client
    .query("select count(*) from generate_series(1, 3) a; select g, repeat('x', 100) from generate_series(1, 100000000) g")
    .then(
      () => "finished",
      (error: pg.DatabaseError) => error.code,
    );
  await sleep(300);
  await cancelled(client, running);
  expect(await running).toBe("57014");
  expect((await client.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await client.end();
});

const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => "finished",
    (error: pg.DatabaseError) => error.code,
  );

test("a request right behind its statement finds it, one after it harms no later statement", async () => {
  const client = await connectPg(orrery.port);
  for (let round = 0; round < 20; round++) {
    const running = codeOf(client.query("select pg_sleep(100)"));
    await requestCancel(client, orrery.port);
    expect(await running).toBe("57014");
    await requestCancel(client, orrery.port);
    expect((await client.query("select count(*)::int as count from generate_series(1, 10000)")).rows).toEqual([{ count: 10_000 }]);
  }
  await client.end();
});

test("a statement of a block that waits for a row where I/O threads run it is cancelled", async () => {
  const [holder, waiter] = [await connectPg(orrery.port), await connectPg(orrery.port)];
  await holder.query("create table counted (id int primary key, n int)");
  await holder.query("insert into counted values (1, 0), (2, 0)");
  const add = (client: pg.Client, id: number) =>
    client.query({ name: "add", text: "update counted set n = n + 1 where id = $1", values: [id] });
  for (let round = 0; round < 5; round++) {
    // Often enough for both to be given to an I/O thread.
    for (const client of [holder, waiter])
      for (let i = 0; i < 3; i++) {
        await client.query("begin");
        await add(client, 2);
        await client.query("commit");
      }
    await holder.query("begin");
    await add(holder, 1);
    await waiter.query("begin");
    const running = codeOf(add(waiter, 1));
    await requestCancel(waiter, orrery.port);
    expect(await running).toBe("57014");
    await waiter.query("rollback");
    await holder.query("commit");
  }
  for (const client of [holder, waiter]) await client.end();
});

/** On a machine that others use too; without load each ends within some 20 ms. */
const BOUND_MILLIS = 1_500;

/** What is read by nobody else must end in each of these ways. */
const long: Readonly<Record<string, string>> = {
  "a cross join of 10^12 rows": "select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b",
  "a cross join of tables": "select sum(a.k * b.v + length(a.t || b.t)) from big a, big b",
  "a join that finds nothing": "select a.k from big a, big b where a.k + b.k = -1",
  "a hash join": "select count(*) from big a join big b on a.v = b.v where a.t || b.t = 'x'",
  "a sort": "select count(*) from (select * from big a, generate_series(1, 100) g order by md5(a.t || g)) s",
  "an aggregate": "select count(*) from (select md5(a.t || g), count(*) from big a, generate_series(1, 100) g group by 1) s",
  "a window":
    "select sum(r) from (select row_number() over (partition by a.v order by md5(a.t || g)) r from big a, generate_series(1, 100) g) s",
  "a recursive query": "with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r",
  "a set operation": "select count(*) from (select k from big union select a.k + g from big a, generate_series(1, 100) g) s",
  "INSERT … SELECT": "insert into big select g, g, 't' || g from generate_series(1000000, 100000000) g",
  "an UPDATE": "update big set t = t || md5(t) from generate_series(1, 1000) g where md5(t || g) <> ''",
  "CREATE TABLE AS": "create table made as select a.k from big a, generate_series(1, 1000) g",
  "COPY FROM": "copy copied from '$FILE'",
  "COPY TO": "copy (select a.k, md5(a.t || g) from big a, generate_series(1, 1000) g) to '/dev/null'",
  "a regular expression over one value": "select repeat('ab', 500000) ~ '(a|b){1,200}c'",
  "ALTER TABLE … TYPE": "alter table big alter column t type text using md5(repeat(md5(t), 2000))",
  "an index over an expression": "create index big_x on big (md5(repeat(t, 2000)))",
  "a B-tree build": "create index big_b on tall (t, k)",
  "a gin build": "create index big_a on wide using gin (a)",
  "an IVFFlat build": "create index big_i on wide using ivfflat (e vector_l2_ops) with (lists = 2000)",
  "an HNSW build": "create index big_e on wide using hnsw (e vector_l2_ops) with (ef_construction = 400)",
};

test("whatever keeps its thread busy is cancelled, and leaves nothing", { timeout: 240_000 }, async () => {
  const setup = await connectPg(orrery.port);
  await setup.query("create extension if not exists vector");
  await setup.query("create table big (k int primary key, v int, t text)");
  await setup.query("insert into big select g, g % 100, 'text ' || g from generate_series(1, 100000) g");
  await setup.query("create table wide (k int, e vector(64), a int[])");
  await setup.query(
    "insert into wide select g, (select array_agg(random())::vector from generate_series(1, 64) where g > 0), array(select (g * 7919 + i * i) % 1000003 from generate_series(1, 200) i) from generate_series(1, 20000) g",
  );
  await setup.query("create table tall as select g as k, md5(g::text) as t from generate_series(1, 1500000) g");
  await setup.query("create table copied (k int primary key, t text)");
  const folder = temporaryFolder("cancel");
  const file = join(folder, "tall");
  await setup.query(`copy tall to '${file}'`);
  const report: string[] = [];
  for (const [name, text] of Object.entries(long)) {
    const sql = text.replace("$FILE", file);
    for (const how of ["request", "timeout"]) {
      const client = await connectPg(orrery.port);
      if (how === "timeout") await client.query("set statement_timeout = 200");
      const started = performance.now();
      let ended = 0;
      const running = client.query(sql).then(
        () => "finished",
        (error: pg.DatabaseError) => error.code,
      );
      void running.then(() => (ended = performance.now()));
      await sleep(200);
      const requested = how === "request" ? await cancelled(client, running) : undefined;
      expect(await running, `${name}, ${how}`).toBe("57014");
      const millis = requested ?? ended - started - 200;
      expect(millis, `${name}, ${how}`).toBeLessThan(BOUND_MILLIS);
      report.push(`${name}, ${how}: ${millis.toFixed(0)} ms`);
      expect((await client.query("select 1 as one")).rows, name).toEqual([{ one: 1 }]);
      await client.end();
    }
  }
  if (process.env.ORRERY_REPORT !== undefined) console.log(report.join("\n"));
  // No lock, no row, no table, no index is left.
  const { rows } = await setup.query(
    "select (select count(*)::int from big) as big, to_regclass('made') as made, coalesce(to_regclass('big_e'), to_regclass('big_x'), to_regclass('big_a'), to_regclass('big_b'), to_regclass('big_i')) as index, (select count(*)::int from copied) as copied, (select count(*)::int from pg_locks where relation = 'big'::regclass) as locks",
  );
  expect(rows).toEqual([{ big: 100_000, made: null, index: null, copied: 0, locks: 1 }]);
  await setup.query("drop table big, wide, tall, copied");
  rmSync(folder, { recursive: true, force: true });
  await setup.end();
});

test("client_connection_check_interval: a statement whose client has gone ends", async () => {
  const [gone, next] = [await connectPg(orrery.port), await connectPg(orrery.port)];
  gone.on("error", () => {});
  await gone.query("select pg_advisory_lock(77)");
  await gone.query("set client_connection_check_interval = 50");
  void gone.query("select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b").catch(() => {});
  await sleep(200);
  (gone as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  // Its session's lock goes with it.
  expect((await next.query("select pg_advisory_lock(77) is not null as locked")).rows).toEqual([{ locked: true }]);
  await next.end();
});

test("a wait for a relation's lock is cancelled", async () => {
  const [holder, waiter] = [await connectPg(orrery.port), await connectPg(orrery.port)];
  await holder.query("create table locked (k int)");
  await holder.query("begin");
  await holder.query("lock table locked");
  const waiting = waiter.query("select * from locked").then(
    () => "finished",
    (error: pg.DatabaseError) => error.code,
  );
  await sleep(100);
  await cancelled(waiter, waiting);
  expect(await waiting).toBe("57014");
  await holder.query("rollback");
  expect((await waiter.query("select * from locked")).rows).toEqual([]);
  await holder.end();
  await waiter.end();
});

test("a wait for a row lock is cancelled", async () => {
  const holder = await connectPg(orrery.port);
  const waiter = await connectPg(orrery.port);
  await holder.query("create table held (id int primary key)");
  await holder.query("insert into held values (1)");
  await holder.query("begin");
  await holder.query("update held set id = 1 where id = 1");
  const waiting = waiter.query("delete from held where id = 1").then(
    () => "finished",
    (error: pg.DatabaseError) => error.code,
  );
  await sleep(100);
  await cancelled(waiter, waiting);
  expect(await waiting).toBe("57014");
  await holder.query("rollback");
  await holder.end();
  await waiter.end();
});
