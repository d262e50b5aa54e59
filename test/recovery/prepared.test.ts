/** Prepared transactions over SIGKILL and checkpoints: what was prepared is in doubt with all its locks, and ends either way. */
import { rmSync } from "node:fs";
import { Redis } from "ioredis";
import type pg from "pg";
import { afterAll, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { startOrrery, temporaryFolder } from "../support/processes.js";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const values = async (client: pg.Client, sql: string): Promise<unknown[]> =>
  (await client.query({ text: sql, rowMode: "array" })).rows.map((r) => r[0]);
/** SQLSTATE of what fails. */
const codeOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "",
    (error) => (error as { code: string }).code,
  );

test.each([
  { name: "from the log", checkpointBefore: false, checkpointAfter: false },
  { name: "from the log after a checkpoint", checkpointBefore: true, checkpointAfter: false },
  { name: "from a checkpoint", checkpointBefore: false, checkpointAfter: true },
])("in doubt after kill -9, $name", { timeout: 120_000 }, async ({ checkpointBefore, checkpointAfter }) => {
  const folder = temporaryFolder("prepared");
  folders.push(folder);
  const first = await startOrrery({ folder, keepFolder: true });
  const client = await connectPg(first.port);
  client.on("error", () => {});
  await client.query(
    "create table t (k int primary key, v text, n int); create table parent (k int primary key); create table child (k int references parent); create table other (k int)",
  );
  await client.query("insert into t select g, 'row ' || g, g from generate_series(1, 5) g; insert into parent values (1), (2)");
  await client.query("select redis.set('kept', 'old'), redis.set('gone', 'old')");
  if (checkpointBefore) await client.query("checkpoint");
  const prepare = async (name: string, ...statements: string[]): Promise<void> => {
    for (const sql of ["begin", ...statements, `prepare transaction '${name}'`]) await client.query(sql);
  };
  await prepare(
    "to commit",
    "insert into t values (6, 'six', 6), (7, 'seven', 7)",
    "update t set n = n + 100 where k in (1, 6)",
    "update t set v = 'again' where k = 6",
    "delete from t where k in (2, 7)",
    "select redis.set('kept', 'new'), redis.del('gone'), redis.rpush('list', 'a'), redis.rpush('list', 'b')",
    "insert into child values (1)",
  );
  await prepare("to roll back", "insert into t values (8, 'eight', 8)", "delete from t where k = 3", "select redis.set('never', 'x')");
  await prepare("locks", "select * from t where k = 4 for update", "lock table other in share mode", "select pg_advisory_xact_lock(99)");
  await prepare("ended before", "insert into t values (9, 'nine', 9)");
  await client.query("commit prepared 'ended before'");
  if (checkpointAfter) await client.query("checkpoint");
  await first.kill();

  for (let restart = 0; restart < 2; restart++) {
    const server = await startOrrery({ folder, keepFolder: true });
    const [sql, other, redis] = [
      await connectPg(server.port),
      await connectPg(server.port),
      new Redis({ port: server.redisPort, retryStrategy: () => null }),
    ];
    for (const c of [sql, other, redis]) c.on("error", () => {});
    await sql.query("set lock_timeout = '100ms'");
    expect(await values(sql, "select gid from pg_prepared_xacts order by 1")).toEqual(["locks", "to commit", "to roll back"]);
    // Nothing of them is seen, and everything of them is in the way.
    expect(await values(sql, "select k || v || n from t order by k")).toEqual([
      "1row 11",
      "2row 22",
      "3row 33",
      "4row 44",
      "5row 55",
      "9nine9",
    ]);
    expect([await redis.get("kept"), await redis.get("gone"), await redis.exists("list", "never")]).toEqual(["old", "old", 0]);
    expect(await codeOf(sql.query("update t set n = 0 where k = 1"))).toBe("55P03");
    expect(await codeOf(sql.query("delete from t where k = 3"))).toBe("55P03");
    expect(await codeOf(sql.query("insert into t values (6, 'mine', 6)"))).toBe("55P03");
    expect(await codeOf(sql.query("update t set n = 0 where k = 4"))).toBe("55P03");
    expect(await codeOf(sql.query("delete from parent where k = 1"))).toBe("55P03");
    expect(await codeOf(sql.query("insert into other values (2)"))).toBe("55P03");
    expect(await codeOf(sql.query("truncate t"))).toBe("55P03");
    expect(await values(sql, "select pg_try_advisory_lock(99)")).toEqual([false]);
    expect(await codeOf(sql.query("select redis.set('kept', 'mine')"))).toBe("55P03");
    expect(await codeOf(sql.query("update t set n = 5 where k = 5"))).toBe("");
    for (const c of [sql, other]) await c.end();
    redis.disconnect();
    // Another crash changes nothing about it.
    if (restart === 0) await server.kill();
    else await server.stop();
  }

  const server = await startOrrery({ folder, keepFolder: true });
  const sql = await connectPg(server.port);
  await sql.query("rollback prepared 'to roll back'");
  await sql.query("commit prepared 'to commit'");
  await sql.query("commit prepared 'locks'");
  expect(await codeOf(sql.query("commit prepared 'to commit'"))).toBe("42704");
  sql.on("error", () => {});
  await server.kill();

  const last = await startOrrery({ folder, keepFolder: true });
  const reader = await connectPg(last.port);
  const redis = new Redis({ port: last.redisPort });
  expect(await values(reader, "select gid from pg_prepared_xacts")).toEqual([]);
  expect(await values(reader, "select k || v || n from t order by k")).toEqual([
    "1row 1101",
    "3row 33",
    "4row 44",
    "5row 55",
    "6again106",
    "9nine9",
  ]);
  expect(await values(reader, "select k from child")).toEqual([1]);
  expect([await redis.get("kept"), await redis.get("gone"), await redis.lrange("list", 0, -1), await redis.exists("never")]).toEqual([
    "new",
    null,
    ["a", "b"],
    0,
  ]);
  expect(await codeOf(reader.query("insert into t values (2, 'two', 2), (8, 'eight', 8)"))).toBe("");
  expect(await codeOf(reader.query("insert into t values (6, 'mine', 6)"))).toBe("23505");
  redis.disconnect();
  await reader.end();
  await last.stop();
});
