/** `orrery serve --threads 2`: several JavaScript threads accept on the same ports over one engine (rule 2), seen by clients. */
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const THREAD_BITS = 20;
let server: OrreryProcess;
/** Clients of two different threads. */
let one: pg.Client;
let two: pg.Client;
const redises: Redis[] = [];

const processId = (client: pg.Client) => (client as unknown as { processID: number }).processID;
const thread = (client: pg.Client) => processId(client) >> THREAD_BITS;

beforeAll(async () => {
  server = await startOrrery({ flags: ["--threads", "2"] });
  // Connections go to the threads in turn.
  const clients = [await connectPg(server.port), await connectPg(server.port)];
  one = clients.find((client) => thread(client) === 0) as pg.Client;
  two = clients.find((client) => thread(client) === 1) as pg.Client;
  for (let i = 0; i < 2; i++) {
    const redis = new Redis({ port: server.redisPort, lazyConnect: true });
    await redis.connect();
    redises.push(redis);
  }
});
afterAll(async () => {
  for (const redis of redises) redis.disconnect();
  await Promise.all([one?.end(), two?.end()]);
  await server?.stop();
});

test("both threads serve both doors", async () => {
  expect([thread(one), thread(two)]).toEqual([0, 1]);
  const ids = await Promise.all(redises.map(async (redis) => Number(await redis.client("ID"))));
  expect(ids.map((id) => Math.floor(id / 2 ** 32)).sort()).toEqual([0, 1]);
});

test("rows, definitions and keys of one thread are the other's at once", async () => {
  await one.query("create table t (id int primary key, n int)");
  await two.query("insert into t values (1, 0); alter table t add column note text default 'x'");
  expect((await one.query("select * from t")).rows).toEqual([{ id: 1, n: 0, note: "x" }]);
  const [a, b] = redises as [Redis, Redis];
  await a.set("k", "1");
  expect(await b.incr("k")).toBe(2);
  expect((await two.query("select redis.get('k') as k")).rows).toEqual([{ k: "2" }]);
});

test("a row lock of one thread is waited for on the other", async () => {
  await one.query("begin; update t set n = 1 where id = 1");
  let done = false;
  const update = two.query("update t set n = n + 10 where id = 1").then(() => {
    done = true;
  });
  await sleep(50);
  expect(done).toBe(false);
  await one.query("commit");
  await update;
  expect((await one.query("select n from t")).rows).toEqual([{ n: 11 }]);
});

test("advisory locks, pg_stat_activity, pg_locks and pg_blocking_pids know both threads", async () => {
  await one.query("select pg_advisory_lock(1)");
  const waiting = two.query("select pg_advisory_lock(1)").catch((error: pg.DatabaseError) => error.code);
  const activity = "select pid, state, wait_event_type, wait_event from pg_stat_activity order by pid";
  await expect
    .poll(async () => (await one.query(activity)).rows)
    .toEqual([
      { pid: processId(one), state: "active", wait_event_type: null, wait_event: null },
      { pid: processId(two), state: "active", wait_event_type: "Lock", wait_event: "advisory" },
    ]);
  const locks = await one.query("select pid, mode, granted from pg_locks where locktype = 'advisory' order by pid");
  expect(locks.rows).toEqual([
    { pid: processId(one), mode: "ExclusiveLock", granted: true },
    { pid: processId(two), mode: "ExclusiveLock", granted: false },
  ]);
  const blocking = await one.query("select pg_blocking_pids($1) as pids", [processId(two)]);
  expect(blocking.rows).toEqual([{ pids: [processId(one)] }]);
  await one.query("select pg_cancel_backend($1)", [processId(two)]);
  expect(await waiting).toBe("57014");
  await one.query("select pg_advisory_unlock(1)");
});

test("a sleeping statement holds no thread", async () => {
  const sleeping = [one, two].map((client) => client.query("select clock_timestamp() as a, pg_sleep(0.3), clock_timestamp() as b"));
  const third = await connectPg(server.port);
  const began = performance.now();
  await third.query("select 1");
  expect(performance.now() - began).toBeLessThan(250);
  for (const { rows } of await Promise.all(sleeping)) expect(rows[0].b - rows[0].a).toBeGreaterThanOrEqual(299);
  await third.end();
});

test("pg_terminate_backend ends a session of the other thread", async () => {
  const victims = [await connectPg(server.port), await connectPg(server.port)];
  for (const victim of victims) {
    const gone = new Promise<Error>((resolve) => victim.on("error", resolve));
    expect((await one.query("select pg_terminate_backend($1) as done", [processId(victim)])).rows).toEqual([{ done: true }]);
    expect(await gone).toMatchObject({ code: "57P01", message: "terminating connection due to administrator command" });
  }
});

test("NOTIFY and PUBLISH reach listeners of the other thread", async () => {
  const notified = new Promise<pg.Notification>((resolve) => two.once("notification", resolve));
  await two.query("listen news");
  await one.query("notify news, 'hello'");
  expect(await notified).toMatchObject({ channel: "news", payload: "hello", processId: processId(one) });
  const [a, b] = redises as [Redis, Redis];
  const subscriber = b.duplicate();
  const message = new Promise<string>((resolve) => subscriber.on("message", (_channel, text) => resolve(text)));
  await subscriber.subscribe("c");
  expect(await a.publish("c", "over")).toBe(1);
  expect(await message).toBe("over");
  expect(await a.publish("c", "again")).toBe(1);
  subscriber.disconnect();
});

test("a blocked client is served by a push on the other thread", async () => {
  const [a, b] = redises as [Redis, Redis];
  const popped = a.blpop("queue", 10);
  await sleep(30);
  await b.rpush("queue", "item");
  expect(await popped).toEqual(["queue", "item"]);
});

test("CONFIG SET is heard by every thread", async () => {
  const [a, b] = redises as [Redis, Redis];
  await a.config("SET", "appendfsync", "always");
  await expect.poll(() => b.config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
});

test("a cancel request works on whichever thread it lands", async () => {
  for (let tries = 0; tries < 8; tries++) {
    for (const client of [one, two]) {
      await client.query("begin; update t set n = n where id = 1");
      const other = client === one ? two : one;
      const waiting = other.query("update t set n = -1 where id = 1").then(
        () => "done",
        (error: pg.DatabaseError) => error.code,
      );
      const waits = () => client.query("select count(*)::int as n from pg_locks where not granted");
      await expect.poll(async () => (await waits()).rows[0].n, { timeout: 10_000 }).toBe(1);
      await cancel(other);
      expect(await waiting).toBe("57014");
      await client.query("rollback");
    }
  }
  const wrong = one.query("select 1");
  await cancel(one, 1);
  expect((await wrong).rowCount).toBe(1);
});

test("--threads must be possible", async () => {
  await expect(startOrrery({ flags: ["--threads", "65"] })).rejects.toThrow(/threads must be a whole number from 0 to 64/);
});

/** A CancelRequest on a connection of its own, as libpq sends it. */
async function cancel(client: pg.Client, difference = 0): Promise<void> {
  const { connect } = await import("node:net");
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80877102, 4);
  message.writeInt32BE(processId(client), 8);
  message.writeInt32BE(((client as unknown as { secretKey: number }).secretKey + difference) | 0, 12);
  await new Promise<void>((resolve, reject) => {
    const socket = connect(server.port, "127.0.0.1", () => socket.write(message));
    socket.on("close", () => resolve());
    socket.on("error", reject);
    socket.resume();
  });
}
