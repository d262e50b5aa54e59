/** Rule 2: two JavaScript threads over one open engine see each other's commits, row locks, catalog changes and keys at once. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Orrery, open } from "../../src/index.js";
import { repository, sleep, temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("threads");
const entry = join(repository, "dist", "src", "index.js");
let db: Orrery;
let worker: Worker;
let nextId = 1;
const waiting = new Map<number, (answer: { result?: unknown; error?: string }) => void>();

function ask(request: { sql?: string; values?: unknown[]; redis?: string[]; close?: boolean }): Promise<{ result?: unknown; error?: string }> {
  const id = nextId++;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, ...request });
  });
}

beforeAll(async () => {
  expect(existsSync(entry), "npm test builds dist/ first").toBe(true);
  db = await open(folder);
  worker = new Worker(new URL("../support/thread-worker.mjs", import.meta.url), { workerData: { folder, entry } });
  await new Promise<void>((resolve, reject) => {
    worker.once("error", reject);
    worker.on("message", (message: { ready?: boolean; id?: number; result?: unknown; error?: string }) => {
      if (message.ready) resolve();
      else waiting.get(message.id as number)?.(message);
    });
  });
});
afterAll(async () => {
  await ask({ close: true });
  await worker.terminate();
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

test("catalog changes and commits cross at once", async () => {
  await db.query("create table shared (id int primary key, n int)");
  await db.query("insert into shared values (1, 10), (2, 20)");
  expect(await ask({ sql: "select n from shared order by id" })).toMatchObject({ result: [{ n: 10 }, { n: 20 }] });
  await ask({ sql: "alter table shared add column note text default 'x'" });
  expect((await db.query("select note from shared where id = 1")).rows).toEqual([{ note: "x" }]);
  await ask({ sql: "insert into shared values (3, 30, 'theirs')" });
  expect((await db.query("select count(*)::int as n from shared")).rows).toEqual([{ n: 3 }]);
});

test("a row lock of one thread makes the other wait, and its commit lets it go on", async () => {
  let answered = false;
  let theirs: Promise<unknown> = Promise.resolve();
  await db.transaction(async (tx) => {
    await tx.query("update shared set n = n + 1 where id = 1");
    theirs = ask({ sql: "update shared set n = n * 2 where id = 1 returning n" }).then((answer) => {
      answered = true;
      return answer;
    });
    await sleep(100);
    expect(answered).toBe(false);
  });
  expect(await theirs).toMatchObject({ result: [{ n: 22 }] });
});

test("keys are the same keys", async () => {
  await db.redis("SET", "greeting", "hello");
  expect(await ask({ redis: ["GET", "greeting"] })).toMatchObject({ result: "hello" });
  await ask({ redis: ["INCR", "counter"] });
  expect(await db.redis("INCR", "counter")).toBe(2);
  await ask({ sql: "select redis.set('from-sql', 'there')" });
  expect(await db.redis("GET", "from-sql")).toBe("there");
});
