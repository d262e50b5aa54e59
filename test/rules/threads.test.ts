/** Two JavaScript threads over one open engine see each other's commits, row locks, catalog changes and keys at once (rule 2). */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Orrery } from "../../src/index.js";
import { repository } from "../support/processes.js";

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
let folder: string;
let here: Orrery;
let worker: Worker;
const pending = new Map<number, (reply: Reply) => void>();
let messages = 0;

/** The built library: both threads must load the same one. */
const entry = join(repository, "dist", "src", "index.js");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "orrery-two-threads-"));
  const { open } = (await import(pathToFileURL(entry).href)) as typeof import("../../src/index.js");
  here = await open(folder);
  worker = new Worker(new URL("../support/thread-worker.mjs", import.meta.url), { workerData: { entry, folder } });
  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", (reply: Reply & { ready?: boolean }) => {
      if (reply.ready) return resolve();
      pending.get(reply.id)?.(reply);
      pending.delete(reply.id);
    });
  });
});
afterAll(async () => {
  await ask({ close: true });
  await worker.terminate();
  await here.close();
  rmSync(folder, { recursive: true, force: true });
});

function ask(request: object): Promise<Reply> {
  const id = ++messages;
  return new Promise((resolve) => {
    pending.set(id, resolve);
    worker.postMessage({ id, ...request });
  });
}
/** In the other thread; throws what it threw, by SQLSTATE. */
async function there(sql: string, values: readonly unknown[] = []): Promise<unknown> {
  const { result, error } = await ask({ sql, values });
  if (error !== undefined) throw new Error(error);
  return result;
}
async function redisThere(...redis: readonly string[]): Promise<unknown> {
  const { result, error } = await ask({ redis });
  if (error !== undefined) throw new Error(error);
  return result;
}

test("commits", async () => {
  await here.query("create table t (id int primary key, n int not null)");
  for (let i = 1; i <= 100; i++) {
    await here.query("insert into t values ($1, $1)", [i]);
    expect(await there("select n from t where id = $1", [i])).toEqual([{ n: i }]);
    await there("update t set n = n + 1000 where id = $1", [i]);
    expect((await here.query("select n from t where id = $1", [i])).rows).toEqual([{ n: i + 1000 }]);
  }
  await here.transaction(async (transaction) => {
    await transaction.query("delete from t");
    expect(await there("select count(*)::int as n from t"), "not committed").toEqual([{ n: 100 }]);
  });
  expect(await there("select count(*)::int as n from t")).toEqual([{ n: 0 }]);
});

test("row locks and unique keys of an open transaction are waited for", async () => {
  await here.query("insert into t values (1, 0)");
  let update: Promise<unknown> | undefined;
  let insert: Promise<unknown> | undefined;
  await here.transaction(async (transaction) => {
    await transaction.query("update t set n = n + 1 where id = 1");
    await transaction.query("insert into t values (2, 0)");
    update = there("update t set n = n * 10 where id = 1 returning n");
    insert = there("select 1");
    await insert; // the worker goes on with other statements while one waits
    expect(await Promise.race([update.then(() => "updated"), there("select 1").then(() => "waiting")])).toBe("waiting");
  });
  expect(await update).toEqual([{ n: 10 }]);
  await expect(there("insert into t values (2, 0)")).rejects.toThrow("23505");
});

test("two threads that lock in opposite order: one hears of the deadlock, the other goes on", async () => {
  await here.query("insert into t values (10, 0), (11, 0)");
  let crossing: Promise<Reply> | undefined;
  const mine = here
    .transaction(async (transaction) => {
      await transaction.query("update t set n = 1 where id = 10");
      await ask({ transaction: "begin" });
      await ask({ inTransaction: true, sql: "update t set n = 2 where id = 11" });
      crossing = ask({ inTransaction: true, sql: "update t set n = 2 where id = 10" });
      await transaction.query("update t set n = 1 where id = 11");
    })
    .then(
      () => "done",
      (error: { fields: { sqlstate: string } }) => error.fields.sqlstate,
    );
  const outcomes = await Promise.all([mine, mine.then(() => crossing).then((reply) => reply?.error ?? "done")]);
  expect([...outcomes].sort()).toEqual(["40P01", "done"]);
  await ask({ transaction: "commit" });
});

test("definitions", async () => {
  for (let i = 0; i < 20; i++) {
    await here.query(`create table d${i} (a int)`);
    await there(`insert into d${i} values (${i})`);
    await there(`alter table d${i} add column b int default ${i}`);
    expect((await here.query(`select * from d${i}`)).rows).toEqual([{ a: i, b: i }]);
    await here.query(`create unique index d${i}_a on d${i} (a)`);
    await expect(there(`insert into d${i} values (${i})`)).rejects.toThrow("23505");
    await here.query(`drop table d${i}`);
    await expect(there(`select * from d${i}`)).rejects.toThrow("42P01");
  }
});

test("keys, alone and in transactions", async () => {
  await here.redis("SET", "k", "0");
  const counts = await Promise.all([
    ...Array.from({ length: 200 }, () => here.redis("INCR", "k")),
    ...Array.from({ length: 200 }, () => redisThere("INCR", "k")),
  ]);
  expect(counts.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
  await here.transaction(async (transaction) => {
    await transaction.query("select redis.set('k', 'mine')");
    expect(await redisThere("GET", "k")).toBe("400");
  });
  expect(await redisThere("GET", "k")).toBe("mine");
  await redisThere("HSET", "h", "f", "v");
  expect(await here.redis("HGET", "h", "f")).toBe("v");
  expect((await here.query("select value from redis.hashes where key = 'h'")).rows).toEqual([{ value: "v" }]);
});

test("sequences give every number once", async () => {
  await here.query("create sequence s");
  const numbers = await Promise.all([
    ...Array.from({ length: 100 }, () => here.query<{ n: number }>("select nextval('s')::int as n").then(({ rows }) => rows[0]?.n)),
    ...Array.from({ length: 100 }, () => there("select nextval('s')::int as n").then((rows) => (rows as { n: number }[])[0]?.n)),
  ]);
  expect(new Set(numbers).size).toBe(200);
});
