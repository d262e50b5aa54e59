/** Two JavaScript threads over one open engine: commits, definitions and row locks are shared at once. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { type Answer, openTestDatabase, openTestSession, run } from "./support.js";

let folder: string;
let database: EngineDatabase;
let session: EngineSession;
let worker: Worker;
const waiting = new Map<number, (message: { answer?: Answer; error?: { sqlstate: string; message: string } }) => void>();
let messages = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "orrery-threads-"));
  database = await openTestDatabase(folder);
  session = openTestSession(database);
  worker = new Worker(new URL("./worker.mjs", import.meta.url), { workerData: { folder } });
  worker.on("message", (message: { id: number; answer?: Answer; error?: { sqlstate: string; message: string } }) => {
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  });
  await new Promise<void>((resolve, reject) => {
    waiting.set(0, () => resolve());
    worker.once("error", reject);
  });
});
afterAll(async () => {
  await other(null);
  await worker.terminate();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

function other(sql: string | null): Promise<{ answer?: Answer; error?: { sqlstate: string; message: string } }> {
  const id = ++messages;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, sql });
  });
}

it("a table made here is there, with its rows, and the other way round", async () => {
  await run(session, "CREATE TABLE t(id int PRIMARY KEY, n int); INSERT INTO t VALUES (1, 10)");
  expect((await other("SELECT n FROM t")).answer?.rows).toEqual([["10"]]);
  await other("ALTER TABLE t ADD COLUMN s text DEFAULT 'x'; INSERT INTO t VALUES (2, 20, 'y')");
  expect((await run(session, "SELECT * FROM t ORDER BY id")).rows).toEqual([
    ["1", "10", "x"],
    ["2", "20", "y"],
  ]);
  await run(session, "DROP TABLE t");
  expect((await other("SELECT n FROM t")).error?.sqlstate).toBe("42P01");
});

it("what is not committed is not seen, and its rows are waited for", async () => {
  await run(session, "CREATE TABLE u(id int PRIMARY KEY, n int); INSERT INTO u VALUES (1, 0); BEGIN; UPDATE u SET n = 1 WHERE id = 1");
  expect((await other("SELECT n FROM u")).answer?.rows).toEqual([["0"]]);
  const update = other("UPDATE u SET n = n + 10 WHERE id = 1");
  let over = false;
  void update.then(() => {
    over = true;
  });
  expect((await run(session, "SELECT n FROM u")).rows).toEqual([["1"]]);
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  await run(session, "COMMIT");
  expect((await update).answer?.tag).toBe("UPDATE 1");
  expect((await run(session, "SELECT n FROM u")).rows).toEqual([["11"]]);
});

it("a key that the other thread inserted collides", async () => {
  await run(session, "CREATE TABLE k(id int PRIMARY KEY)");
  await other("INSERT INTO k VALUES (1)");
  await expect(run(session, "INSERT INTO k VALUES (1)")).rejects.toMatchObject({ fields: { sqlstate: "23505" } });
});
