/**
 * Replication with a real Redis 7.0 both ways: it follows us, and we follow it, under concurrent writes of every type, expiry, lost
 * connections and kill -9. At the end both hold the same. ORRERY_REPLICATION_SECONDS sets how long each part writes (default 3).
 */
import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { Redis } from "ioredis";
import { afterEach, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { contents, differingDumps } from "../support/key-contents.js";
import { writeRandomly } from "../support/key-workload.js";
import { mulberry32 } from "../support/mnist.js";
import { freePort, hasRedis, repository, sleep, startOrrery, startRedis, temporaryFolder } from "../support/processes.js";

const seconds = Number(process.env.ORRERY_REPLICATION_SECONDS ?? 3);
const seed = Number(process.env.ORRERY_SEED ?? 20261126);
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function client(port: number): Redis {
  const redis = new Redis({ port, retryStrategy: () => null, maxRetriesPerRequest: null });
  redis.on("error", () => {});
  cleanups.push(() => redis.disconnect());
  return redis;
}
async function orrery(options: Parameters<typeof startOrrery>[0] = {}) {
  const server = await startOrrery(options);
  cleanups.push(() => server.stop().catch(() => undefined));
  return server;
}
async function redis(settings: readonly string[] = [], port?: number) {
  const server = await startRedis(["--enable-debug-command", "yes", "--repl-diskless-sync-delay", "0", ...settings], port);
  cleanups.push(() => server.stop());
  return server;
}

async function eventually(what: string, holds: () => Promise<boolean>, millis = 20_000): Promise<void> {
  const end = Date.now() + millis;
  while (!(await holds().catch(() => false))) {
    if (Date.now() > end) throw new Error(`it did not come about: ${what}`);
    await sleep(50);
  }
}
const field = async (from: Redis, name: string) => new RegExp(`^${name}:(.*)\r$`, "m").exec(await from.info("replication"))?.[1];
const isUp = (replica: Redis) => eventually("the link is up", async () => (await field(replica, "master_link_status")) === "up");

/** The replica has everything, and nothing that is to expire soon is left. */
async function settled(primary: Redis, replica: Redis): Promise<void> {
  await sleep(2500);
  await eventually("the replica is there", async () => {
    const offset = await field(primary, "master_repl_offset");
    return offset !== undefined && (await field(replica, "slave_repl_offset")) === offset;
  });
}

async function write(port: number, count: number, forSeconds = seconds, from = seed): Promise<number> {
  const end = Date.now() + forSeconds * 1000;
  const answered = await Promise.all(
    Array.from({ length: count }, (_, i) => writeRandomly(client(port), mulberry32(from + i), () => Date.now() < end)),
  );
  return answered.reduce((a, b) => a + b);
}

/** What a replica must hold is what a Redis holds that follows the same primary (of groups, a replica knows less than its primary). */
async function followingRedis(port: number): Promise<Redis> {
  const twin = client((await redis()).port);
  await twin.call("REPLICAOF", "127.0.0.1", String(port));
  await isUp(twin);
  return twin;
}

/** A connection that can be cut. */
async function proxyTo(port: number) {
  const sockets = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, "127.0.0.1");
    for (const [a, b] of [
      [from, to],
      [to, from],
    ] as const) {
      sockets.add(a);
      a.on("error", () => {});
      a.on("close", () => b.destroy());
      a.pipe(b);
    }
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut: () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
    },
  };
}

describe.skipIf(!hasRedis)("a Redis replica of this server", () => {
  test("follows writes of every type, through cut connections", { timeout: 120_000 }, async () => {
    const ours = await orrery({ flags: ["--threads", "2"] });
    await write(ours.redisPort, 2, 1); // what the snapshot holds
    const theirs = await redis();
    const [primary, replica] = [client(ours.redisPort), client(theirs.port)];
    const proxy = await proxyTo(ours.redisPort);
    await primary.config("SET", "repl-backlog-size", "67108864");
    await replica.call("REPLICAOF", "127.0.0.1", String(proxy.port));
    await isUp(replica);
    const writing = write(ours.redisPort, 4);
    for (let i = 0; i < 3; i++) {
      await sleep((seconds * 1000) / 4);
      proxy.cut();
    }
    const writeInSql = async () => {
      const pg = await connectPg(ours.port);
      for (let i = 0; i < 20; i++) {
        await pg.query("begin");
        await pg.query("select redis.set($1, $2), redis.set('sql:all', $2)", [`sql:${i}`, `row ${i}`]);
        await pg.query(i % 4 === 3 ? "rollback" : "commit");
      }
      await pg.end();
    };
    await writeInSql();
    expect(await writing).toBeGreaterThan(1000);
    await writeInSql();
    await isUp(replica);
    await settled(primary, replica);
    expect(await contents(replica)).toEqual(await contents(primary));
    await replica.select(0);
    expect(await replica.mget("sql:0", "sql:3", "sql:all")).toEqual(["row 0", null, "row 18"]);
    const scratch = await redis();
    expect(await differingDumps(primary, client(scratch.port), replica)).toEqual([]);
    // The cuts were healed without another snapshot, and the replica refused nothing.
    const stats = await primary.info("stats");
    expect(stats).toMatch(/sync_full:1\r/);
    // A replica that is cut off twice within its pause between two attempts comes back once.
    expect(Number(/sync_partial_ok:(\d+)/.exec(stats)?.[1])).toBeGreaterThanOrEqual(1);
    expect(await replica.info("stats")).toMatch(/unexpected_error_replies:0\r/);
  });

  test("follows again after kill -9 of this server", { timeout: 120_000 }, async () => {
    const ports: [number, number] = [await freePort(), await freePort()];
    const folder = temporaryFolder("replicated");
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const first = await startOrrery({ folder, ports, keepFolder: true });
    const theirs = await redis();
    const replica = client(theirs.port);
    await replica.call("REPLICAOF", "127.0.0.1", String(first.redisPort));
    await isUp(replica);
    const writing = write(first.redisPort, 3);
    await sleep(seconds * 500);
    await first.kill();
    await writing;
    const second = await orrery({ folder, ports, keepFolder: true });
    await eventually("the replica is back", async () => (await field(replica, "master_link_status")) === "up");
    await write(second.redisPort, 2, 1);
    const primary = client(second.redisPort);
    await settled(primary, replica);
    expect(await contents(replica)).toEqual(await contents(primary));
  });

  test("WAIT, ROLE, INFO, FAILOVER and the stream's other commands", { timeout: 60_000 }, async () => {
    const ours = await orrery();
    const theirs = await redis();
    const [primary, replica] = [client(ours.redisPort), client(theirs.port)];
    expect(await primary.call("WAIT", "1", "100")).toBe(0);
    expect(await primary.call("ROLE")).toEqual(["master", 0, []]);
    await replica.call("REPLICAOF", "127.0.0.1", String(ours.redisPort));
    await isUp(replica);
    await primary.set("k", "v");
    expect(await primary.call("WAIT", "1", "5000")).toBe(1);
    expect(await replica.get("k")).toBe("v");
    expect(await primary.call("WAIT", "2", "100")).toBe(1);
    const [role, offset, replicas] = (await primary.call("ROLE")) as [string, number, string[][]];
    expect([role, offset > 0, replicas.map((r) => r.slice(0, 2))]).toEqual(["master", true, [["127.0.0.1", String(theirs.port)]]]);
    expect(await primary.info("replication")).toMatch(/connected_slaves:1\r\nslave0:ip=127.0.0.1,port=\d+,state=online,offset=\d+,lag=\d/);
    await expect(primary.call("FAILOVER")).rejects.toThrow(/FAILOVER is not supported yet/);
    const told: string[] = [];
    const listener = client(theirs.port);
    await listener.subscribe("news");
    listener.on("message", (_channel, message: string) => told.push(message));
    await primary.publish("news", "hello");
    await primary.call(
      "FUNCTION",
      "LOAD",
      "#!lua name=lib\nredis.register_function{function_name='f', callback=function() return 7 end, flags={'no-writes'}}",
    );
    expect(await primary.call("WAIT", "1", "5000")).toBe(1);
    expect(await replica.call("FCALL", "f", "0")).toBe(7);
    expect(told).toEqual(["hello"]);
    // A key that expires here is deleted there.
    await primary.set("short", "1", "PX", 100);
    await eventually("it expired", async () => (await replica.dbsize()) === 1);
  });

  test("a replica that does not read is dropped at its output limit, and others are served", { timeout: 60_000 }, async () => {
    const ours = await orrery();
    const primary = client(ours.redisPort);
    await primary.config("SET", "client-output-buffer-limit", "replica 4194304 0 0", "repl-backlog-size", "16384");
    const lazy = connect(ours.redisPort, "127.0.0.1");
    lazy.on("error", () => {});
    cleanups.push(() => lazy.destroy());
    lazy.write("PSYNC ? -1\r\n");
    await eventually("it is attached", async () => (await field(primary, "connected_slaves")) === "1");
    lazy.pause();
    const value = "v".repeat(1 << 20);
    for (let i = 0; i < 24; i++) await primary.set("big", value);
    await eventually("it is gone", async () => (await field(primary, "connected_slaves")) === "0");
    expect(Number(await field(primary, "repl_backlog_histlen"))).toBeLessThanOrEqual(2 << 20);
  });

  test("redis-cli --rdb, --functions-rdb and --replica", { timeout: 60_000 }, async () => {
    const ours = await orrery();
    const primary = client(ours.redisPort);
    await write(ours.redisPort, 1, 0.5);
    await primary.select(0);
    await primary.set("k", "v");
    const folder = temporaryFolder("rdb");
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const run = promisify(execFile);
    await run("redis-cli", ["-p", String(ours.redisPort), "--rdb", `${folder}/dump.rdb`]);
    expect((await run("redis-check-rdb", [`${folder}/dump.rdb`])).stdout).toContain("RDB looks OK!");
    await run("redis-cli", ["-p", String(ours.redisPort), "--functions-rdb", `${folder}/functions.rdb`]);
    expect((await run("redis-check-rdb", [`${folder}/functions.rdb`])).stdout).toContain("RDB looks OK!");
    const loaded = await redis(["--dir", folder]);
    const there = client(loaded.port);
    await sleep(1200);
    expect(await there.get("k")).toBe("v");
    const follower = run("timeout", ["4", "redis-cli", "-p", String(ours.redisPort), "--replica"]).catch((e: { stdout: string }) => e);
    await sleep(2000);
    await primary.set("seen", "by the follower");
    expect((await follower).stdout).toContain('"SET","seen","by the follower"');
  });
});

/** What Redis 7.0 has no word for: hashes, small and large, with fields that expire, and a vector set. */
async function writeBeyondRedis7(to: Redis, name: string): Promise<void> {
  await to.hset(`${name}:small`, { a: "1", b: "2", c: "3" });
  await to.call("HPEXPIRE", `${name}:small`, "100000000", "FIELDS", "2", "a", "b");
  await to.call("HPERSIST", `${name}:small`, "FIELDS", "1", "b");
  await to.hset(`${name}:large`, Object.fromEntries(Array.from({ length: 6000 }, (_, i) => [`field:${i}`, `${name} ${i}`])));
  await to.call("HPEXPIRE", `${name}:large`, "200000000", "FIELDS", "2", "field:7", "field:5999");
  await to.copy(`${name}:small`, `${name}:copy`);
  for (let i = 0; i < 300; i++) await to.call("VADD", `${name}:vectors`, "VALUES", "2", String(Math.cos(i)), String(Math.sin(i)), `e${i}`);
  await to.call("VSETATTR", `${name}:vectors`, "e7", '{"n":7}');
  await to.call("VREM", `${name}:vectors`, "e8");
  await to.set(`${name}:moved`, "a string until the vector set comes");
  await to.copy(`${name}:vectors`, `${name}:other vectors`);
  await to.rename(`${name}:other vectors`, `${name}:moved`);
}
async function beyondRedis7(from: Redis, name: string): Promise<unknown> {
  const times = (key: string, ...fields: string[]) =>
    from.call("HPEXPIRETIME", `${name}:${key}`, "FIELDS", String(fields.length), ...fields);
  const vectors = (key: string) => `${name}:${key}`;
  return [
    await times("small", "a", "b", "c"),
    await times("copy", "a", "b", "c"),
    await times("large", "field:7", "field:8", "field:5999"),
    await from.hlen(`${name}:large`),
    ...(await Promise.all(
      ["vectors", "moved"].flatMap((key) => [
        from.call("VCARD", vectors(key)),
        from.call("VEMB", vectors(key), "e5"),
        from.call("VGETATTR", vectors(key), "e7"),
        from.call("VISMEMBER", vectors(key), "e8"),
        from.call("VSIM", vectors(key), "VALUES", "2", "1", "0", "COUNT", "3"),
      ]),
    )),
  ];
}

describe.skipIf(!hasRedis)("what Redis 7.0 has no word for", () => {
  test("an Orrery replica has it, by the snapshot and by the stream, and expires fields once it is on its own", {
    timeout: 60_000,
  }, async () => {
    const [a, b] = [await orrery(), await orrery()];
    const [primary, replica] = [client(a.redisPort), client(b.redisPort)];
    await writeBeyondRedis7(primary, "snapshot");
    await replica.call("REPLICAOF", "127.0.0.1", String(a.redisPort));
    await isUp(replica);
    await writeBeyondRedis7(primary, "stream");
    await primary.hset("short", { gone: "1", here: "2" });
    await primary.call("HPEXPIRE", "short", "100", "FIELDS", "1", "gone");
    await settled(primary, replica);
    for (const name of ["snapshot", "stream"]) expect(await beyondRedis7(replica, name)).toEqual(await beyondRedis7(primary, name));
    expect(await replica.hgetall("short")).toEqual({ here: "2" });
    expect(a.errors()).not.toContain("is no Orrery");
    await primary.call("HPEXPIRE", "short", "3000", "FIELDS", "1", "here");
    await eventually(
      "the time is there",
      async () => ((await replica.call("HPTTL", "short", "FIELDS", "1", "here")) as number[])[0] !== -1,
    );
    await a.kill();
    await replica.call("REPLICAOF", "NO", "ONE");
    await eventually("the field's time has come", async () => (await replica.exists("short")) === 0);
  });

  test("a Redis replica passes over it, keeps the rest of each transaction, and the log names it", { timeout: 60_000 }, async () => {
    const ours = await orrery();
    const primary = client(ours.redisPort);
    await writeBeyondRedis7(primary, "snapshot");
    const theirs = await redis();
    const replica = client(theirs.port);
    await replica.call("REPLICAOF", "127.0.0.1", String(ours.redisPort));
    await isUp(replica);
    await eventually("the log tells of the snapshot", async () =>
      /3 hashes without the times of their fields and 2 vector sets/.test(ours.errors()),
    );
    await writeBeyondRedis7(primary, "stream");
    await primary.multi().set("beside", "it").call("VADD", "beside:vectors", "VALUES", "2", "1", "0", "e").incr("counter").exec();
    await primary.hset("short", { gone: "1", here: "2" });
    await primary.call("HPEXPIRE", "short", "100", "FIELDS", "1", "gone");
    await settled(primary, replica);
    expect(await replica.hgetall("short")).toEqual({ here: "2" });
    expect(await replica.mget("beside", "counter", "stream:moved")).toEqual(["it", "1", null]);
    expect(await replica.hlen("stream:large")).toBe(6000);
    expect((await replica.keys("*")).filter((key) => /vectors|moved/.test(key))).toEqual([]);
    expect(ours.errors()).toContain("vector sets that are written now are not there");
    expect(await replica.info("commandstats")).not.toMatch(/(rejected|failed)_calls=[1-9]/);
    expect((await replica.info("replication")).match(/master_link_status:(\w+)/)?.[1]).toBe("up");
  });

  test("redis-cli --rdb holds it, and Redis refuses the file", { timeout: 60_000 }, async () => {
    const ours = await orrery();
    await writeBeyondRedis7(client(ours.redisPort), "file");
    const folder = temporaryFolder("rdb");
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const run = promisify(execFile);
    await run("redis-cli", ["-p", String(ours.redisPort), "--rdb", `${folder}/dump.rdb`]);
    await expect(run("redis-check-rdb", [`${folder}/dump.rdb`])).rejects.toMatchObject({
      stdout: expect.stringContaining("RDB format version 12"),
    });
    const main = join(repository, "dist", "src", "cli", "main.js");
    await run(process.execPath, [main, "import", `${folder}/dump.rdb`, "--data", `${folder}/data`]);
    const again = await orrery({ folder: `${folder}/data`, keepFolder: true });
    expect(await beyondRedis7(client(again.redisPort), "file")).toEqual(await beyondRedis7(client(ours.redisPort), "file"));
  });
});

describe.skipIf(!hasRedis)("this server as a replica of Redis", () => {
  test("follows writes of every type, through cut connections, and takes over", { timeout: 120_000 }, async () => {
    const theirs = await redis(["--repl-backlog-size", "64mb"]);
    await write(theirs.port, 2, 1);
    const twin = await followingRedis(theirs.port);
    const ours = await orrery({ flags: ["--threads", "2"] });
    const [primary, replica] = [client(theirs.port), client(ours.redisPort)];
    const proxy = await proxyTo(theirs.port);
    expect(await replica.call("REPLICAOF", "127.0.0.1", String(proxy.port))).toBe("OK");
    await isUp(replica);
    const writing = write(theirs.port, 4);
    for (let i = 0; i < 3; i++) {
      await sleep((seconds * 1000) / 4);
      proxy.cut();
    }
    expect(await writing).toBeGreaterThan(1000);
    await isUp(replica);
    await settled(primary, replica);
    expect(await contents(replica)).toEqual(await contents(twin));
    const scratch = await redis();
    expect(await differingDumps(replica, client(scratch.port), primary)).toEqual([]);
    expect(Number(/sync_full:(\d+)/.exec(await primary.info("stats"))?.[1])).toBe(2);
    // Nobody else may write, by whatever door.
    await expect(replica.set("k", "v")).rejects.toThrow("READONLY You can't write against a read only replica.");
    await expect(replica.multi().set("k", "v").exec()).rejects.toThrow(/EXECABORT/);
    await expect(replica.eval("return redis.call('set', 'k', 'v')", 0)).rejects.toThrow(/READONLY/);
    const pg = await connectPg(ours.port);
    await expect(pg.query("select redis.set('k', 'v')")).rejects.toMatchObject({
      code: "25006",
      message: "You can't write against a read only replica.",
    });
    await pg.end();
    expect((await replica.call("ROLE")) as string[]).toEqual(["slave", "127.0.0.1", proxy.port, "connected", expect.any(Number)]);
    // Taking over.
    const before = await contents(twin);
    expect(await replica.call("REPLICAOF", "NO", "ONE")).toBe("OK");
    expect(await contents(replica)).toEqual(before);
    expect(await replica.set("k", "v")).toBe("OK");
  });

  test("goes on where its data is after kill -9", { timeout: 180_000 }, async () => {
    const theirs = await redis(["--repl-backlog-size", "256mb"]);
    const primary = client(theirs.port);
    const twin = await followingRedis(theirs.port);
    const ports: [number, number] = [await freePort(), await freePort()];
    const folder = temporaryFolder("replica");
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    let ours = await startOrrery({ folder, ports, keepFolder: true, flags: ["--replicaof", `127.0.0.1 ${theirs.port}`] });
    await isUp(client(ours.redisPort));
    const writing = write(theirs.port, 3, seconds * 2);
    for (let i = 0; i < 4; i++) {
      await sleep((seconds * 2000) / 5);
      await ours.kill();
      // Without the flag: it remembers.
      ours = await startOrrery({ folder, ports, keepFolder: true });
    }
    cleanups.push(() => ours.stop());
    await writing;
    const replica = client(ours.redisPort);
    await isUp(replica);
    await settled(primary, replica);
    expect(await contents(replica)).toEqual(await contents(twin));
    expect(Number(/sync_full:(\d+)/.exec(await primary.info("stats"))?.[1])).toBe(2);
    await replica.call("REPLICAOF", "NO", "ONE");
    const before = await contents(replica);
    await ours.kill();
    ours = await startOrrery({ folder, ports, keepFolder: true });
    expect(await contents(client(ours.redisPort))).toEqual(before);
  });

  test("password, user, a primary that comes late, and one after the other", { timeout: 60_000 }, async () => {
    const port = await freePort();
    const ours = await orrery();
    const replica = client(ours.redisPort);
    await replica.config("SET", "masteruser", "follower", "masterauth", "secret");
    await replica.set("old", "gone after the snapshot");
    await replica.call("REPLICAOF", "127.0.0.1", String(port));
    expect(await field(replica, "master_link_status")).toBe("down");
    expect(await replica.get("old")).toBe("gone after the snapshot");
    await redis(["--user", "follower", "on", ">secret", "+psync", "+replconf", "+ping"], port);
    const primary = client(port);
    await primary.set("k", "v");
    await isUp(replica);
    await eventually("it is there", async () => (await replica.get("k")) === "v");
    expect(await replica.get("old")).toBeNull();
    // A chain: a Redis follows us while we follow a Redis.
    const third = await redis();
    const last = client(third.port);
    await last.call("REPLICAOF", "127.0.0.1", String(ours.redisPort));
    await isUp(last);
    await primary.set("k", "through two");
    await eventually("it is there", async () => (await last.get("k")) === "through two");
  });

  test("Orrery follows Orrery", { timeout: 60_000 }, async () => {
    const [a, b] = [await orrery(), await orrery()];
    const [primary, replica] = [client(a.redisPort), client(b.redisPort)];
    await write(a.redisPort, 2, 1);
    await replica.call("REPLICAOF", "127.0.0.1", String(a.redisPort));
    await isUp(replica);
    await write(a.redisPort, 3, 1);
    await settled(primary, replica);
    expect(await contents(replica)).toEqual(await contents(primary));
  });
});
