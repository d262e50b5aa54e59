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

it("lookups by a key and by nearness give what scans give, in every type", async () => {
  const db = await open();
  const types = {
    b: "bool",
    i2: "int2",
    i4: "int4",
    i8: "int8",
    o: "oid",
    f4: "float4",
    f8: "float8",
    t: "text",
    v: "varchar(20)",
    c: "char(5)",
    j: "json",
    jb: "jsonb",
    by: "bytea",
    u: "uuid",
    d: "date",
    ti: "time",
    ts: "timestamp",
    tz: "timestamptz",
    n: "numeric",
    n2: "numeric(12,3)",
    h: "halfvec(2)",
    a: "int[]",
    e: "vector(2)",
  };
  await db.query("create extension vector");
  await db.query(
    `create table t (id int primary key, ${Object.entries(types)
      .map(([name, type]) => `${name} ${type}`)
      .join(", ")})`,
  );
  await db.query(`insert into t values
    (1, true, -2, 3, 9007199254740993, 4000000000, 0.1, -1e300, 'é', 'x', 'ab', '{"a": [1]}', '{"b": null}', '\\x00ff', gen_random_uuid(),
     '2024-02-29', '23:59:59.5', '1999-12-31 23:59:59.999999', '2024-05-06 07:08:09+02', 123456789012345678901234567890.5, -0.125, '[1,2]', '{1,2}', '[1,0]'),
    (2, false, 32767, -2147483648, 5, 0, 'NaN', 'Infinity', '', '', '', 'null', '[]', '', gen_random_uuid(),
     'infinity', '00:00', '-infinity', 'infinity', 'NaN', 0, '[0,-0.5]', '{}', '[2,0]'),
    (3${", null".repeat(Object.keys(types).length - 1)}, '[3,0]')`);
  await db.query("create index on t using hnsw (e vector_l2_ops)");
  // One column after the other: an array has no binary form in the addon, a statement with one goes the general way.
  for (const columns of [
    ...Object.keys(types),
    Object.keys(types)
      .filter((name) => name !== "a")
      .join(", "),
  ]) {
    const { rows: all } = await db.query(`select id, ${columns} from t order by id + 0`);
    for (let i = 0; i < all.length; i++)
      expect((await db.query(`select id, ${columns} from t where id = $1`, [i + 1])).rows, columns).toEqual([all[i]]);
    expect((await db.query(`select id, ${columns} from t order by e <-> $1 limit 10`, [[0, 0]])).rows, columns).toEqual(all);
  }
  await db.close();
});

it("a search by nearness sees what its transaction sees, and takes any limit", async () => {
  const db = await open();
  await db.query("create extension vector; create table t (id int primary key, e vector(2))");
  await db.query("insert into t select i, array[i, 0]::vector from generate_series(1, 3000) i");
  await db.query("create index on t using hnsw (e vector_l2_ops)");
  const nearest = "select id from t order by e <-> $1 limit $2";
  const ids = async (limit: number | null, from = db as Pick<typeof db, "query">) =>
    (await from.query<{ id: number }>(nearest, [new Float32Array(2), limit])).rows.map((row) => row.id);
  expect(await ids(3)).toEqual([1, 2, 3]);
  await db.transaction(async (tx) => {
    await tx.query("delete from t where id = 1; insert into t values (0, '[0.5,0]')");
    expect(await ids(3, tx)).toEqual([0, 2, 3]);
    expect(await ids(3)).toEqual([1, 2, 3]);
  });
  expect(await ids(3)).toEqual([0, 2, 3]);
  await db.query("update t set e = '[7000,0]' where id = 2");
  expect(await ids(3)).toEqual([0, 3, 4]);
  expect(await ids(0)).toEqual([]);
  expect(await ids(2000)).toEqual([0, ...Array.from({ length: 1999 }, (_, i) => i + 3)]);
  expect((await ids(null)).length).toBe(3000);
  await expect(ids(-1)).rejects.toMatchObject({ fields: { sqlstate: "2201W" } });
  await expect(db.query(nearest, [[1, 2, 3], 1])).rejects.toThrow("different vector dimensions 2 and 3");
  await expect(db.query(nearest, [[NaN, 0], 1])).rejects.toThrow("NaN not allowed in vector");
  expect((await db.query(nearest, [null, 2])).rows.length).toBe(2);
  await db.close();
});

it("statements of one transaction run in the order in which they were asked for", async () => {
  const db = await open();
  await db.query("create table t (id int primary key, n int)");
  await db
    .transaction(async (tx) => {
      const asked = [
        tx.query("insert into t values (1, 1)"),
        tx.query("select pg_sleep(0.05)"),
        tx.query("update t set n = n * 2"),
        tx.query("select n from t where id = $1", [1]),
      ];
      expect((await Promise.all(asked))[3]?.rows).toEqual([{ n: 2 }]);
      await expect(tx.query("select 1/0")).rejects.toThrow("division by zero");
      await expect(tx.query("select n from t where id = $1", [1])).rejects.toThrow("current transaction is aborted");
      throw new Error("back");
    })
    .catch(() => {});
  // A text that was prepared before a definition means what it means now.
  const text = "select * from t where id = $1";
  await db.query("insert into t values (1, 5)");
  expect((await db.query(text, [1])).rows).toEqual([{ id: 1, n: 5 }]);
  await db.query("alter table t add column s text default 'x'");
  expect((await db.query(text, [1])).rows).toEqual([{ id: 1, n: 5, s: "x" }]);
  await db.close();
});
