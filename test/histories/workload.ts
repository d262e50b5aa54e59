/** Random transactions of several sessions against a server: lists and registers, in rows and in the keyspace, in the same transactions. */
import type { Redis } from "ioredis";
import type pg from "pg";
import { connectPg } from "../support/clients.js";
import type { Final, Level, Transaction } from "./history.js";
import { generator, Places } from "./places.js";
import { openRedis, readKeys, runRedisTransaction } from "./redis-transactions.js";
import { createTables, dropTables, type Fault, readRows, runSqlTransaction } from "./sql-transactions.js";

export interface WorkloadOptions {
  readonly port: number;
  readonly redisPort: number;
  readonly level: Level;
  readonly sessions: number;
  readonly transactionsPerSession: number;
  readonly seed: number;
  /** Set while the server is away: nobody connects meanwhile. */
  readonly restart?: () => Promise<void> | undefined;
  /** Kills the server and starts it again on the same ports; called at `crashes` moments. */
  readonly crash?: () => Promise<void>;
  readonly crashes?: number;
  readonly fault?: Fault;
}
export interface Workload {
  readonly history: Transaction[];
  readonly final: Final;
}

export async function runWorkload(options: WorkloadOptions): Promise<Workload> {
  const places = new Places(`${options.level.slice(0, 4).trim()}${options.seed}`);
  const history: Transaction[] = [];
  const connect = async (): Promise<pg.Client> => {
    for (;;) {
      await options.restart?.();
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
  const connectRedis = async (): Promise<Redis> => {
    for (;;) {
      await options.restart?.();
      const redis = await openRedis(options.redisPort);
      if (redis !== undefined) return redis;
      await pause(20);
    }
  };
  const session = async (number: number): Promise<void> => {
    let client = await connect();
    const fault = options.fault === undefined ? undefined : { kind: options.fault, other: await connect() };
    const draw = generator(options.seed * 1_000 + number);
    for (let i = 0; i < options.transactionsPerSession; i++) {
      const { transaction, isConnected } = await runSqlTransaction(client, options.level, number % 5 !== 0, draw, places, fault);
      history.push(transaction);
      if (!isConnected) client = await connect();
    }
    await client.end().catch(() => {});
    await fault?.other.end();
  };
  const redisSession = async (): Promise<void> => {
    let redis = await connectRedis();
    const draw = generator(options.seed * 1_000 + 999);
    for (let i = 0; i < options.transactionsPerSession; i++) {
      const transaction = await runRedisTransaction(redis, draw, places);
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
      await options.crash?.();
    }
  };
  const setup = await connect();
  await createTables(setup, places);
  await setup.end();
  await Promise.all([redisSession(), crashes(), ...Array.from({ length: options.sessions }, (_, i) => session(i))]);
  return { history, final: await readFinal(await connect(), await connectRedis(), places) };
}

async function readFinal(client: pg.Client, redis: Redis, places: Places): Promise<Final> {
  const rows = await readRows(client, places);
  const keys = await readKeys(redis, places);
  await dropTables(client, places);
  await client.end();
  redis.disconnect();
  return {
    lists: new Map([...rows.lists, ...keys.lists]),
    registers: new Map([...rows.registers, ...keys.registers]),
    witnesses: new Set([...rows.witnesses, ...keys.witnesses]),
  };
}

const pause = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
