/** Keys through both doors of one server: redis.* relations and functions in SQL transactions, ioredis beside them. */
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

let orrery: OrreryProcess;
let client: pg.Client;
let redis: Redis;
beforeAll(async () => {
  orrery = await startOrrery();
  client = await connectPg(orrery.port);
  redis = new Redis({ port: orrery.redisPort });
});
afterAll(async () => {
  await client?.end();
  redis?.disconnect();
  await orrery?.stop();
});
beforeEach(() => redis.flushall());

const rows = async (sql: string, values: unknown[] = []) =>
  (await client.query({ text: sql, values, rowMode: "array" })).rows as unknown[][];

it("keys are relations", async () => {
  await redis.set("s", "text", "PX", 100_000);
  await redis.hset("h", "f", "v", "g", "w");
  await redis.rpush("l", "a", "b");
  await redis.sadd("set", "m");
  await redis.zadd("z", "1.5", "m");
  expect(await rows("select key, type, encoding from redis.keys order by key")).toEqual([
    ["h", "hash", "listpack"],
    ["l", "list", "quicklist"],
    ["s", "string", "embstr"],
    ["set", "set", "hashtable"],
    ["z", "zset", "listpack"],
  ]);
  expect(await rows("select ttl between 1 and 100000, expires_at is not null from redis.keys where key = 's'")).toEqual([[true, true]]);
  expect(await rows("select * from redis.strings")).toEqual([["s", "text"]]);
  expect(await rows("select field, value from redis.hashes where key = 'h' order by 1")).toEqual([
    ["f", "v"],
    ["g", "w"],
  ]);
  expect(await rows("select index, value from redis.lists where key = $1 order by 1", ["l"])).toEqual([
    ["0", "a"],
    ["1", "b"],
  ]);
  expect(await rows("select * from redis.sets")).toEqual([["set", "m"]]);
  expect(await rows("select key, member, score from redis.zsets")).toEqual([["z", "m", 1.5]]);
  expect(await rows("select k.key, s.value from redis.keys k join redis.strings s on s.key = k.key")).toEqual([["s", "text"]]);
  expect(await rows("select count(*) from redis.keys where type <> 'string'")).toEqual([["4"]]);
});

it("streams are a relation, and one field or member of a key is found by itself", async () => {
  await redis.xadd("events", "1-1", "name", "ann", "what", "login");
  await redis.xadd("events", "2-1", "name", "bob");
  await redis.hset("h", Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`f${i}`, `v${i}`])));
  await redis.zadd("z", "1.5", "a", "2.5", "b");
  await redis.sadd("set", "x", "y");
  expect(await rows("select id, field, value from redis.streams where key = 'events' order by id, field")).toEqual([
    ["1-1", "name", "ann"],
    ["1-1", "what", "login"],
    ["2-1", "name", "bob"],
  ]);
  expect(await rows("select value from redis.hashes where key = 'h' and field = $1", ["f500"])).toEqual([["v500"]]);
  expect(await rows("select value from redis.hashes where key = 'h' and field = 'nope'")).toEqual([]);
  expect(await rows("select score from redis.zsets where key = 'z' and member = 'b'")).toEqual([[2.5]]);
  expect(await rows("select count(*) from redis.sets where key = 'set' and member = 'x'")).toEqual([["1"]]);
  expect(await rows("select count(*) from redis.hashes where field = 'f7'")).toEqual([["1"]]);
  await client.query("begin");
  expect((await rows("select redis.xadd('log', 'k', 'v') is not null, redis.xlen('log')"))[0]).toEqual([true, "1"]);
  expect(await redis.exists("log")).toBe(0);
  await client.query("commit");
  expect(await redis.xlen("log")).toBe(1);
});

it("a key is found without looking at all of them", async () => {
  const pipeline = redis.pipeline();
  for (let i = 0; i < 50_000; i++) pipeline.set(`key:${i}`, i);
  await pipeline.exec();
  const time = async (sql: string) => {
    const start = performance.now();
    for (let i = 0; i < 10; i++) await rows(sql);
    return performance.now() - start;
  };
  expect(await rows("select value from redis.strings where key = 'key:777'")).toEqual([["777"]]);
  const byKey = await time("select value from redis.strings where key = 'key:777'");
  const all = await time("select count(*) from redis.strings where value = '777'");
  expect(byKey).toBeLessThan(all / 5);
});

it("SQL transactions read and write keys; both doors see the same", async () => {
  await client.query("begin");
  expect(await rows("select redis.set('k', 'mine')")).toEqual([["OK"]]);
  expect(await rows("select redis.get('k'), (select value from redis.strings where key = 'k')")).toEqual([["mine", "mine"]]);
  expect(await redis.get("k")).toBeNull();
  await client.query("savepoint a");
  await rows("select redis.hset('h', 'f', 'v'), redis.set('k', 'other')");
  await client.query("rollback to a");
  await client.query("commit");
  expect(await redis.get("k")).toBe("mine");
  expect(await redis.exists("h")).toBe(0);
  expect(
    await rows(
      "select redis.incr('n'), redis.incrby('n', 4), redis.rpush('l', 'x'), redis.zadd('z', 1.5, 'm'), redis.zscore('z', 'm'), redis.sadd('s', 'm')",
    ),
  ).toEqual([["1", "5", "1", "1", 1.5, "1"]]);
  expect(await redis.get("n")).toBe("5");
});

it("a transaction's lock on a key holds writers up, not readers", async () => {
  await redis.set("k", "before");
  await client.query("begin");
  await rows("select redis.set('k', 'inside')");
  let written = false;
  const other = new Redis({ port: orrery.redisPort });
  const write = other.append("k", "+resp").then(() => {
    written = true;
  });
  await sleep(100);
  expect(written).toBe(false);
  expect(await redis.get("k")).toBe("before");
  await client.query("commit");
  await write;
  expect(await redis.get("k")).toBe("inside+resp");
  other.disconnect();
});

it("two SQL sessions wait for each other's keys; an error of a command is the statement's", async () => {
  const second = await connectPg(orrery.port);
  await client.query("begin");
  await rows("select redis.set('k', '1')");
  const waiting = second.query("select redis.incr('k')");
  await sleep(50);
  await client.query("commit");
  expect((await waiting).rows).toEqual([{ incr: "2" }]);
  await redis.rpush("l", "x");
  await expect(rows("select redis.get('l')")).rejects.toThrow(/WRONGTYPE|wrong kind of value/);
  await second.end();
});

it("BEGIN, INSERT, redis.set: both or neither, after kill -9 too", async () => {
  const server = await startOrrery({ keepFolder: true });
  const sql = await connectPg(server.port);
  sql.on("error", () => undefined);
  await sql.query("create table t (id int primary key)");
  await sql.query("begin; insert into t values (1); select redis.set('gone', 'v'); rollback");
  await sql.query("begin; insert into t values (2); select redis.set('kept', 'v'); commit");
  await server.kill();
  const again = await startOrrery({ folder: server.folder });
  const check = await connectPg(again.port);
  expect((await check.query("select id, redis.get('gone') gone, redis.get('kept') kept from t")).rows).toEqual([
    { id: 2, gone: null, kept: "v" },
  ]);
  await check.end();
  await again.stop();
});
