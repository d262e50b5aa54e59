/**
 * Concurrent SQL and Redis writes, SIGKILL at a random moment, restart: no acknowledged SQL commit is lost, no transaction is half
 * there, acknowledged keys are there with appendfsync always. ORRERY_KILL_ROUNDS sets the rounds (default 10; 100 for the long run).
 */

import { rmSync } from "node:fs";
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { mulberry32 } from "../support/mnist.js";
import { freePort, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

const rounds = Number(process.env.ORRERY_KILL_ROUNDS ?? 10);
const folder = temporaryFolder("kill");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`${rounds} kills lose nothing that was acknowledged`, { timeout: 60_000 + rounds * 6000 }, async () => {
  const ports: [number, number] = [await freePort(), await freePort()];
  const random = mulberry32(Number(process.env.ORRERY_SEED ?? 20240229));
  const flags = ["--appendfsync", "always", "--checkpoint-log-bytes", "1048576"];
  /** What the clients were told. */
  const committed = new Set<number>();
  const keys = new Map<string, number>();
  const recovered: number[] = [];
  let next = 1;

  for (let round = 0; round <= rounds; round++) {
    const server = await startOrrery({ folder, flags, ports, keepFolder: true });
    const setup = await connectPg(server.port);
    await setup.query("create table if not exists halves (pair int, side int, round int, primary key (pair, side))");

    // What is there must be whole and contain everything acknowledged.
    const { rows } = await setup.query<{ pair: number; n: number }>("select pair, count(*)::int as n from halves group by pair");
    const found = new Map(rows.map((row) => [row.pair, row.n]));
    expect(
      [...found.values()].every((n) => n === 2),
      "no transaction is half there",
    ).toBe(true);
    for (const pair of committed) expect(found.has(pair), `acknowledged pair ${pair} in round ${round}`).toBe(true);
    const reader = new Redis({ port: server.redisPort, lazyConnect: false, retryStrategy: () => null });
    for (const [key, value] of keys) {
      const stored = Number(await reader.get(key));
      // A write that was sent and not acknowledged may be there too.
      expect(stored >= value && stored <= value + 1, `key ${key} is ${stored}, acknowledged ${value}`).toBe(true);
      keys.set(key, stored);
    }
    // Rows and key of a transaction came together or not at all.
    const pairs = await reader.keys("pair:*");
    expect(pairs.map((key) => Number(key.slice("pair:".length))).sort((a, b) => a - b)).toEqual([...found.keys()].sort((a, b) => a - b));
    if (pairs.length > 0) expect(await reader.mget(pairs)).toEqual(pairs.map((key) => key.slice("pair:".length)));
    if (round > 0) recovered.push(found.size);
    reader.disconnect();
    await setup.end();
    if (round === rounds) {
      await server.stop();
      break;
    }

    let alive = true;
    const sqlWriter = async () => {
      const client = await connectPg(server.port).catch(() => undefined);
      if (!client) return;
      client.on("error", () => {});
      while (alive) {
        const pair = next++;
        try {
          await writePair(client, pair, round);
          committed.add(pair);
        } catch {
          return;
        }
      }
    };
    const redisWriter = async (id: number) => {
      const client = new Redis({ port: server.redisPort, retryStrategy: () => null, enableOfflineQueue: false, lazyConnect: true });
      client.on("error", () => {});
      try {
        await client.connect();
        for (let i = 0; alive; i++) {
          const key = `counter:${id}:${i % 7}`;
          keys.set(key, await client.incr(key));
        }
      } catch {
        client.disconnect();
      }
    };
    const writers = [sqlWriter(), sqlWriter(), sqlWriter(), redisWriter(1), redisWriter(2)];
    await sleep(100 + random() * 700);
    await server.kill();
    alive = false;
    await Promise.all(writers);
  }
  console.log(
    `${rounds} rounds: ${committed.size} transactions acknowledged, ${recovered.at(-1)} found at the last start, ${keys.size} counters`,
  );
  expect(committed.size).toBeGreaterThan(rounds);
});

/** Starts a server on the folder, runs the work, kills it; the work's result. */
async function onServer<T>(path: string, work: (client: pg.Client, redis: Redis) => Promise<T>, end: "kill" | "stop"): Promise<T> {
  const server = await startOrrery({ folder: path, keepFolder: true });
  const client = await connectPg(server.port);
  client.on("error", () => {});
  const redis = new Redis({ port: server.redisPort, retryStrategy: () => null });
  redis.on("error", () => {});
  try {
    return await work(client, redis);
  } finally {
    await server[end]();
    redis.disconnect();
    await client.end().catch(() => {});
  }
}

test("a transaction over rows and keys leaves both or neither, also after kill -9", { timeout: 60_000 }, async () => {
  const path = temporaryFolder("both");
  const state = async (client: pg.Client, redis: Redis) => [
    (await client.query("select n from t order by n")).rows.map((row) => row.n),
    await redis.get("k"),
  ];
  try {
    const before = await onServer(
      path,
      async (client, redis) => {
        await client.query("create table t (n int primary key)");
        await client.query("begin");
        await client.query("insert into t values (1)");
        await client.query("select redis.set('k', 'rolled back')");
        expect(await redis.get("k"), "not committed").toBeNull();
        await client.query("rollback");
        const neither = await state(client, redis);
        await client.query("begin; insert into t values (2); select redis.set('k', 'committed'); commit");
        const both = await state(client, redis);
        await client.query("begin");
        await client.query("insert into t values (3)");
        await client.query("select redis.set('k', 'open')");
        return { neither, both };
      },
      "kill",
    );
    expect(before).toEqual({ neither: [[], null], both: [[2], "committed"] });
    expect(await onServer(path, state, "stop")).toEqual([[2], "committed"]);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
});

async function writePair(client: pg.Client, pair: number, round: number): Promise<void> {
  await client.query("begin");
  await client.query("insert into halves values ($1, 1, $2)", [pair, round]);
  await client.query("select redis.set($1, $2)", [`pair:${pair}`, String(pair)]);
  await client.query("insert into halves values ($1, 2, $2)", [pair, round]);
  await client.query("commit");
}
