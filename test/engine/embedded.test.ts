/** The embedded API, in memory and over a folder that is opened again. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { open } from "../../src/index.js";
import { repository } from "../support/processes.js";

it("queries with values of every kind", async () => {
  const db = await open();
  await db.query("CREATE TABLE t(id int PRIMARY KEY, big bigint, n numeric(10,2), b bytea, at timestamptz, j jsonb, a int[], ok bool)");
  const at = new Date("2024-05-06T07:08:09.123Z");
  await db.query("INSERT INTO t VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", [
    1,
    2n ** 60n,
    "12.5",
    Buffer.from([1, 2]),
    at,
    { x: [1, null] },
    [1, null, 3],
    true,
  ]);
  const { rows, command, rowCount, columns } = await db.sql`SELECT * FROM t WHERE id = ${1}`;
  expect(rows).toEqual([{ id: 1, big: 2n ** 60n, n: "12.50", b: Buffer.from([1, 2]), at, j: { x: [1, null] }, a: [1, null, 3], ok: true }]);
  expect([command, rowCount, columns[2]?.typeName]).toEqual(["SELECT", 1, "numeric"]);
  await expect(db.query("SELECT 1/0")).rejects.toMatchObject({ fields: { sqlstate: "22012" } });
  await db.close();
});

it("a transaction commits or rolls back whole", async () => {
  const db = await open();
  await db.query("CREATE TABLE t(a int)");
  await db.transaction(async (tx) => {
    await tx.query("INSERT INTO t VALUES (1)");
  });
  await expect(
    db.transaction(async (tx) => {
      await tx.query("INSERT INTO t VALUES (2)");
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect((await db.query("SELECT a FROM t")).rows).toEqual([{ a: 1 }]);
  await db.close();
});

it("what was committed is there when the folder is opened again", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-embedded-"));
  try {
    const db = await open(folder);
    await db.query("CREATE TABLE t(id serial PRIMARY KEY, s text); INSERT INTO t(s) VALUES ('x'), ('y')");
    await db.close();
    const again = await open(folder);
    expect((await again.query("INSERT INTO t(s) VALUES ('z') RETURNING id")).rows[0]?.id).toBeGreaterThan(2);
    expect((await again.query("SELECT s FROM t ORDER BY id")).rows).toEqual([{ s: "x" }, { s: "y" }, { s: "z" }]);
    await again.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("keys and rows are one database", async () => {
  const db = await open();
  expect(await db.redis("SET", "k", "v")).toBe("OK");
  expect((await db.query("SELECT redis.get('k') AS v")).rows).toEqual([{ v: "v" }]);
  await expect(
    db.transaction(async (tx) => {
      await tx.query("CREATE TABLE t(a int)");
      await tx.query("SELECT redis.set('k', 'w')");
      throw new Error("no");
    }),
  ).rejects.toThrow("no");
  expect(await db.redis("GET", "k")).toBe("v");
  await db.transaction(async (tx) => {
    await tx.query("SELECT redis.set('k', 'x')");
  });
  expect(await db.redis("GET", "k")).toBe("x");
  expect((await db.query("SELECT key, value FROM redis.strings")).rows).toEqual([{ key: "k", value: "x" }]);
  expect(await db.redis("HGETALL", "nothing")).toEqual([]);
  await expect(db.redis("LPUSH", "k", "1")).rejects.toMatchObject({ fields: { resp: "WRONGTYPE" } });
  await db.close();
});

it("a program whose only work is a commit on its way waits for it, and ends by itself", () => {
  const program = `
    import { open } from ${JSON.stringify(pathToFileURL(join(repository, "dist", "src", "index.js")).href)};
    const db = await open();
    await db.query("create extension vector; create table t (v vector(2))");
    await db.query("insert into t values ($1), ($2)", [Float32Array.of(1, 2.5), [0, 1]]);
    console.log(JSON.stringify((await db.query("select v::text from t order by v <-> $1", [[0, 0]])).rows));
    if (process.argv[1] !== "open") await db.close();`;
  for (const mode of ["closed", "open"]) {
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", program, mode], { encoding: "utf8", timeout: 30_000 });
    expect([ended.stdout, ended.stderr, ended.status]).toEqual(['[{"v":"[0,1]"},{"v":"[1,2.5]"}]\n', "", 0]);
  }
});
