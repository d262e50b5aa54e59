/** The clients that people use, against a server process: ioredis, node-redis, redis-cli, redis-benchmark. */
import { execFile, execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { freePort, type OrreryProcess, sleep, startOrrery } from "../support/processes.js";

const run = promisify(execFile);
const hasTools = spawnSync("redis-cli", ["--version"]).status === 0 && spawnSync("redis-benchmark", ["--version"]).status === 0;
if (!hasTools) console.log("redis-cli and redis-benchmark are not installed: their tests are skipped");

let orrery: OrreryProcess;
beforeAll(async () => {
  orrery = await startOrrery();
});
afterAll(() => orrery?.stop());

const binary = Buffer.from(Array.from({ length: 256 }, (_, i) => i));

describe.each([2, 3] as const)("ioredis, RESP%i", (protocol) => {
  const open: Redis[] = [];
  const connect = (options: object = {}) => {
    const client = new Redis({ port: orrery.redisPort, protocol, ...options });
    open.push(client);
    return client;
  };
  let redis: Redis;
  beforeEach(async () => {
    redis = connect();
    await redis.flushall();
  });
  afterEach(() => {
    for (const client of open.splice(0)) client.disconnect();
  });

  it("keeps binary keys and values", async () => {
    await redis.set(binary, binary);
    expect(await redis.getBuffer(binary)).toEqual(binary);
    const large = Buffer.alloc(3 << 20, binary);
    await redis.set("large", large);
    expect((await redis.getBuffer("large"))?.equals(large)).toBe(true);
  });
  it("pipelines", async () => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 5000; i++) pipeline.set(`k${i}`, i).get(`k${i}`);
    const replies = await pipeline.exec();
    expect(replies?.length).toBe(10_000);
    expect(replies?.every(([error, value], i) => error === null && value === (i % 2 === 0 ? "OK" : String(i >> 1)))).toBe(true);
  });
  it("runs transactions; a watched key that changed ends them", async () => {
    expect(await redis.multi().set("a", 1).incr("a").lpush("a", "x").exec()).toMatchObject([
      [null, "OK"],
      [null, 2],
      [{ message: "WRONGTYPE Operation against a key holding the wrong kind of value" }],
    ]);
    const other = connect();
    await redis.watch("a");
    await other.set("a", 10);
    expect(await redis.multi().incr("a").exec()).toBeNull();
    await redis.watch("a");
    expect(await redis.multi().incr("a").exec()).toEqual([[null, 11]]);
    await expect(redis.multi().call("nosuch").exec()).rejects.toThrow(/EXECABORT/);
  });
  it("subscribes and publishes", async () => {
    const subscriber = connect();
    const heard: string[] = [];
    subscriber.on("message", (channel, message) => heard.push(`${channel} ${message}`));
    subscriber.on("pmessage", (pattern, channel, message) => heard.push(`${pattern} ${channel} ${message}`));
    expect(await subscriber.subscribe("news", "other")).toBe(2);
    expect(await subscriber.psubscribe("n*")).toBe(3);
    expect(await redis.publish("news", "one")).toBe(2);
    expect(await redis.pubsub("NUMSUB", "news")).toEqual(["news", 1]);
    await subscriber.unsubscribe("news");
    expect(await redis.publish("news", "two")).toBe(1);
    for (let i = 0; heard.length < 3 && i < 100; i++) await sleep(10);
    expect(heard).toEqual(["news one", "n* news one", "n* news two"]);
  });
  it("waits in blocking pops", async () => {
    const waiting = connect();
    const popped = waiting.blpop("first", "second", 5);
    await sleep(50);
    await redis.rpush("second", "x", "y");
    expect(await popped).toEqual(["second", "x"]);
    expect(await waiting.blmove("second", "third", "LEFT", "RIGHT", 1)).toBe("y");
    expect(await waiting.brpop("nothing", 0.05)).toBeNull();
    const least = waiting.bzpopmin("z", 5);
    await sleep(20);
    await redis.zadd("z", 2, "b", 1, "a");
    expect((await least)?.map(String)).toEqual(["z", "a", "1"]);
  });
  it("iterates", async () => {
    const pipeline = redis.pipeline();
    for (let i = 0; i < 1000; i++) pipeline.set(`key:${i}`, i).hset("h", `f${i}`, i).sadd("s", `m${i}`).zadd("z", i, `m${i}`);
    await pipeline.exec();
    const all = async (stream: AsyncIterable<string[]>) => {
      const seen = new Set<string>();
      for await (const batch of stream) for (const element of batch) seen.add(element);
      return seen;
    };
    expect((await all(redis.scanStream({ match: "key:*", count: 100 }))).size).toBe(1000);
    expect((await all(redis.sscanStream("s"))).size).toBe(1000);
    expect(await all(redis.hscanStream("h", { match: "f99*" }))).toEqual(
      new Set(["99", "f99", ...Array.from({ length: 10 }, (_, i) => [`f99${i}`, `99${i}`]).flat()]),
    );
    expect((await all(redis.zscanStream("z"))).has("m999")).toBe(true);
  });
  it("works with hashes, lists, sets and sorted sets", async () => {
    await redis.hset("h", { a: "1", b: "2" });
    expect(await redis.hgetall("h")).toEqual({ a: "1", b: "2" });
    expect(await redis.hincrby("h", "a", 4)).toBe(5);
    await redis.rpush("l", "a", "b", "c");
    expect(await redis.lrange("l", 0, -1)).toEqual(["a", "b", "c"]);
    await redis.sadd("s1", "a", "b");
    await redis.sadd("s2", "b", "c");
    expect(await redis.sinter("s1", "s2")).toEqual(["b"]);
    await redis.zadd("z", "1", "one", "2.5", "two");
    expect(await redis.zrange("z", "0", "-1", "WITHSCORES")).toEqual(["one", "1", "two", "2.5"]);
    expect(Number(await redis.zscore("z", "two"))).toBe(2.5);
    await redis.set("e", "x", "PX", 40);
    await sleep(80);
    expect(await redis.get("e")).toBeNull();
  });
  it("connects again after its connection was killed", async () => {
    const id = await redis.client("ID");
    const other = connect();
    const ready = once(redis, "ready");
    await other.client("KILL", "ID", id as number);
    await ready;
    expect(await redis.ping()).toBe("PONG");
  });
});

describe.each([2, 3] as const)("node-redis, RESP%i", (RESP) => {
  const connect = () => createClient({ RESP, socket: { host: "127.0.0.1", port: orrery.redisPort } }).connect();
  let redis: Awaited<ReturnType<typeof connect>>;
  beforeEach(async () => {
    redis = await connect();
    await redis.flushAll();
  });
  afterEach(() => redis.destroy());

  it("sets, gets and pipelines", async () => {
    await redis.set("k", "v", { expiration: { type: "EX", value: 100 } });
    expect(await redis.ttl("k")).toBe(100);
    expect(await Promise.all(Array.from({ length: 1000 }, (_, i) => redis.incr(`n${i % 10}`)))).toHaveLength(1000);
    expect(await redis.mGet(["n0", "n9", "none"])).toEqual(["100", "100", null]);
  });
  it("runs transactions", async () => {
    expect(await redis.multi().set("a", "1").incrBy("a", 4).get("a").exec()).toEqual(["OK", 5, "5"]);
    await redis.watch("a");
    const other = await connect();
    await other.set("a", "9");
    other.destroy();
    await expect(redis.multi().incr("a").exec()).rejects.toThrow();
  });
  it("subscribes", async () => {
    const subscriber = await connect();
    const heard: string[] = [];
    await subscriber.subscribe("news", (message, channel) => heard.push(`${channel} ${message}`));
    await subscriber.pSubscribe("n?ws", (message, channel) => heard.push(`p ${channel} ${message}`));
    await redis.publish("news", "hello");
    for (let i = 0; heard.length < 2 && i < 100; i++) await sleep(10);
    expect(heard.sort()).toEqual(["news hello", "p news hello"]);
    subscriber.destroy();
  });
  it("iterates, blocks, reads collections", async () => {
    await Promise.all(Array.from({ length: 300 }, (_, i) => redis.hSet("h", `f${i}`, i)));
    const fields: string[] = [];
    for await (const batch of redis.hScanIterator("h")) fields.push(...batch.map((entry) => entry.field));
    expect(new Set(fields).size).toBe(300);
    const keys: string[] = [];
    for await (const batch of redis.scanIterator()) keys.push(...batch);
    expect(keys).toEqual(["h"]);
    await redis.zAdd("z", [
      { score: 1, value: "a" },
      { score: 2, value: "b" },
    ]);
    expect(await redis.zRangeWithScores("z", 0, -1)).toEqual([
      { score: 1, value: "a" },
      { score: 2, value: "b" },
    ]);
    const waiting = await connect();
    const popped = waiting.blPop("l", 5);
    await sleep(30);
    await redis.rPush("l", "x");
    expect(await popped).toEqual({ key: "l", element: "x" });
    waiting.destroy();
    expect(await redis.hGetAll("h")).toMatchObject({ f0: "0", f299: "299" });
    await redis.sAdd("s", ["a", "b"]);
    expect([...(await redis.sMembers("s"))].sort()).toEqual(["a", "b"]);
  });
});

describe("requirepass", () => {
  it("lets nobody in without the password", async () => {
    const server = await startOrrery({ flags: ["--requirepass", "secret"] });
    try {
      const without = new Redis({ port: server.redisPort, retryStrategy: () => null, enableReadyCheck: false });
      without.on("error", () => undefined);
      await expect(without.get("k")).rejects.toThrow(/NOAUTH/);
      without.disconnect();
      const wrong = createClient({ password: "wrong", socket: { host: "127.0.0.1", port: server.redisPort, reconnectStrategy: false } });
      wrong.on("error", () => undefined);
      await expect(wrong.connect()).rejects.toThrow(/WRONGPASS/);
      for (const protocol of [2, 3] as const) {
        const redis = new Redis({ port: server.redisPort, password: "secret", protocol });
        expect(await redis.set("k", "v")).toBe("OK");
        redis.disconnect();
      }
      const client = await createClient({ password: "secret", socket: { host: "127.0.0.1", port: server.redisPort } }).connect();
      expect(await client.get("k")).toBe("v");
      client.destroy();
    } finally {
      await server.stop();
    }
  });
});

it("an ioredis client survives a restart of the server", async () => {
  const ports: [number, number] = [await freePort(), await freePort()];
  const first = await startOrrery({ ports, keepFolder: true });
  const redis = new Redis({ port: ports[1], retryStrategy: () => 100 });
  redis.on("error", () => undefined);
  await redis.set("k", "v");
  await first.stop();
  const second = await startOrrery({ ports, folder: first.folder });
  expect(await redis.get("k")).toBe("v");
  redis.disconnect();
  await second.stop();
});

describe.skipIf(!hasTools)("Redis' own tools", () => {
  const cli = (...args: string[]) => execFileSync("redis-cli", ["-p", String(orrery.redisPort), ...args], { encoding: "utf8" });
  it("redis-cli", () => {
    expect(cli("flushall")).toBe("OK\n");
    expect(cli("set", "k", "v")).toBe("OK\n");
    expect(cli("-3", "get", "k")).toBe("v\n");
    expect(cli("rpush", "list", "a", "b", "c")).toBe("3\n");
    expect(cli("info")).toMatch(/redis_version:7\.0\.15\r\n/);
    expect(cli("--scan").trim().split("\n").sort()).toEqual(["k", "list"]);
    expect(cli("--bigkeys")).toMatch(/Biggest\s+list found '"list"' has 3 items/);
    expect(cli("--memkeys")).toMatch(/Biggest\s+list found '"list"' has \d+ bytes/);
    expect(cli("command", "docs", "get")).toContain("since");
    expect(cli("-n", "3", "dbsize")).toBe("0\n");
  });
  it("SHUTDOWN ends the server in order", async () => {
    const server = await startOrrery({ keepFolder: true });
    const gone = once(server.process, "exit");
    execFileSync("redis-cli", ["-p", String(server.redisPort), "shutdown", "nosave"]);
    expect((await gone)[0]).toBe(0);
    await server.stop();
  });
  it("redis-benchmark runs its whole default list", async () => {
    const { stdout, stderr } = await run("redis-benchmark", ["-p", String(orrery.redisPort), "-q", "-n", "2000"]);
    expect(`${stdout}${stderr}`).not.toMatch(/error|warning/i);
    const done = stdout
      .replaceAll("\r", "\n")
      .split("\n")
      .filter((line) => line.includes("requests per second"))
      .map((line) => line.slice(0, line.indexOf(":")));
    expect(done).toEqual([
      "PING_INLINE",
      "PING_MBULK",
      "SET",
      "GET",
      "INCR",
      "LPUSH",
      "RPUSH",
      "LPOP",
      "RPOP",
      "SADD",
      "HSET",
      "SPOP",
      "ZADD",
      "ZPOPMIN",
      "LPUSH (needed to benchmark LRANGE)",
      "LRANGE_100 (first 100 elements)",
      "LRANGE_300 (first 300 elements)",
      "LRANGE_500 (first 500 elements)",
      "LRANGE_600 (first 600 elements)",
      "MSET (10 keys)",
    ]);
  });
});
