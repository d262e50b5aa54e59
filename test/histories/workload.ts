/** Random list-append transactions of several sessions against a server; the lists are arrays in rows and lists of the keyspace. */
import { Redis } from "ioredis";
import type pg from "pg";
import { connectPg } from "../support/clients.js";
import type { Level, ListOperation, ListTransaction } from "./checker.js";

export interface WorkloadOptions {
  readonly port: number;
  readonly redisPort: number;
  readonly level: Level;
  readonly sessions: number;
  readonly transactionsPerSession: number;
  readonly seed: number;
  /** Kills the server at some moments and starts it again on the same ports. */
  readonly crash?: () => Promise<void>;
  readonly crashes?: number;
}
export interface Workload {
  readonly history: ListTransaction[];
  /** The lists after the last transaction. */
  readonly final: ReadonlyMap<string, readonly number[]>;
}

const KEYS = 6;
/** Lists in the keyspace: SQL transactions append to them, Redis transactions append and read. */
const redisKeys = ["r1", "r2", "r3"];

export async function runWorkload(options: WorkloadOptions): Promise<Workload> {
  const setup = await connectPg(options.port);
  await setup.query("drop table if exists lists");
  await setup.query("create table lists (k text primary key, vals int[] not null)");
  await setup.query("insert into lists select 'k' || g, '{}' from generate_series(1, $1) g", [KEYS]);
  await setup.end();
  const history: ListTransaction[] = [];
  const counter = { id: 0, element: 0 };
  /** Set while the server is away: nobody connects meanwhile. */
  let restart: Promise<void> | undefined;
  const connect = async (): Promise<pg.Client> => {
    for (;;) {
      await restart;
      const client = await connectPg(options.port).catch(() => undefined);
      if (client !== undefined) {
        client.on("error", () => {});
        // Deadlocks are part of it: they need not take a second each.
        await client.query("set deadlock_timeout = '20ms'").catch(() => {});
        return client;
      }
      await pause(20);
    }
  };
  /** A client of one connection: what it waits for when that breaks is rejected, never sent again. */
  const connectRedis = async (): Promise<Redis> => {
    for (;;) {
      await restart;
      const redis = new Redis({ port: options.redisPort, lazyConnect: true, retryStrategy: () => null });
      redis.on("error", () => {});
      try {
        await redis.connect();
        return redis;
      } catch {
        redis.disconnect();
        await pause(20);
      }
    }
  };
  const cleaner = await connectRedis();
  await cleaner.del(...redisKeys);
  cleaner.disconnect();
  const session = async (number: number): Promise<void> => {
    let client = await connect();
    const draw = generator(options.seed * 1_000 + number);
    for (let i = 0; i < options.transactionsPerSession; i++) {
      const { transaction, isConnected } = await runTransaction(client, options.level, draw, counter);
      history.push(transaction);
      if (!isConnected) client = await connect();
    }
    await client.end().catch(() => {});
  };
  const redisSession = async (): Promise<void> => {
    let redis = await connectRedis();
    const draw = generator(options.seed * 1_000 + 999);
    for (let i = 0; i < options.transactionsPerSession; i++) {
      const transaction = await runRedisTransaction(redis, draw, counter);
      history.push(transaction);
      if (transaction.committed === "unknown") {
        redis.disconnect();
        redis = await connectRedis();
      }
    }
    redis.disconnect();
  };
  const crashes = async (): Promise<void> => {
    const draw = generator(options.seed * 1_000 + 998);
    const total = options.transactionsPerSession * (options.sessions + 1);
    for (let n = 0; n < (options.crashes ?? 0); n++) {
      const at = history.length + 1 + draw(Math.ceil(total / ((options.crashes ?? 0) + 1)));
      while (history.length < Math.min(at, total)) await pause(2);
      if (history.length >= total) return;
      restart = options.crash?.();
      await restart;
      restart = undefined;
    }
  };
  await Promise.all([redisSession(), crashes(), ...Array.from({ length: options.sessions }, (_, i) => session(i))]);
  const reader = await connect();
  const { rows } = await reader.query<{ k: string; vals: number[] }>("select k, vals from lists");
  await reader.end();
  const final = new Map(rows.map((row) => [row.k, row.vals]));
  const redis = await connectRedis();
  for (const key of redisKeys) final.set(key, (await redis.lrange(key, 0, -1)).map(Number));
  redis.disconnect();
  return { history, final };
}

/** MULTI: some appends, then every list of the keyspace; EXEC makes it one point in time. */
async function runRedisTransaction(
  redis: Redis,
  draw: (n: number) => number,
  counter: { id: number; element: number },
): Promise<ListTransaction> {
  const multi = redis.multi();
  const operations: ListOperation[] = [];
  for (let n = draw(2); n > 0; n--) {
    const append = ++counter.element;
    const key = redisKeys[draw(redisKeys.length)] as string;
    operations.push({ key, append });
    multi.rpush(key, append);
  }
  for (const key of redisKeys) multi.lrange(key, 0, -1);
  let replies: [unknown, unknown][];
  try {
    replies = (await multi.exec()) ?? [];
  } catch {
    return { id: ++counter.id, committed: "unknown", operations };
  }
  redisKeys.forEach((key, i) => {
    const [, list] = replies[operations.filter((o) => o.append !== undefined).length + i] as [unknown, string[]];
    operations.push({ key, read: list.map(Number) });
  });
  return { id: ++counter.id, committed: true, operations };
}

async function runTransaction(
  client: pg.Client,
  level: Level,
  draw: (n: number) => number,
  counter: { id: number; element: number },
): Promise<{ readonly transaction: ListTransaction; readonly isConnected: boolean }> {
  const id = ++counter.id;
  const operations: ListOperation[] = [];
  let committed: ListTransaction["committed"] = false;
  let isConnected = true;
  try {
    await client.query(`begin isolation level ${level}`);
    for (let n = 1 + draw(4); n > 0; n--) {
      const key = `k${1 + draw(KEYS)}`;
      // Keys have no versions: above read committed they would not fit the level.
      if (level === "read committed" && draw(5) === 0) {
        const append = ++counter.element;
        const list = redisKeys[draw(redisKeys.length)] as string;
        operations.push({ key: list, append });
        await client.query("select redis.rpush($1, $2)", [list, String(append)]);
      } else if (draw(2) === 0) {
        const append = ++counter.element;
        operations.push({ key, append });
        await client.query("update lists set vals = vals || $1::int where k = $2", [append, key]);
      } else {
        // By key, or among all: an index and a scan are remembered differently.
        const text = draw(3) === 0 ? "select k, vals from lists" : "select k, vals from lists where k = $1";
        const { rows } = await client.query(text, text.includes("$1") ? [key] : []);
        for (const row of rows) operations.push({ key: row.k, read: row.vals });
      }
    }
    if (draw(10) === 0) await client.query("rollback");
    else {
      committed = "unknown";
      await client.query("commit");
      committed = true;
    }
  } catch (error) {
    const { code } = error as pg.DatabaseError;
    // No code of the server's: the connection broke.
    if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || code === "57P01" || code === "EPIPE") isConnected = false;
    else if (code !== "40001" && code !== "40P01") throw error;
    else {
      committed = false;
      await client.query("rollback").catch(() => {
        isConnected = false;
      });
    }
  }
  return { transaction: { id, committed, operations }, isConnected };
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

/** Numbers below n, the same for the same seed (mulberry32). */
function generator(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
