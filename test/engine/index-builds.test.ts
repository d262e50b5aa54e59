/** Indexes that are built on native threads: of partitions too, after one another; and what is left of those that fail. */
import { afterEach, expect, test } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import type { DbError } from "../../src/types/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase | undefined;
afterEach(async () => {
  await database?.close();
  database = undefined;
});
const session = async (): Promise<EngineSession> => {
  database = await openTestDatabase();
  return openTestSession(database);
};
const list = async (s: EngineSession, sql: string) => (await run(s, sql)).rows.map(([value]) => value);
const indexesOf = (s: EngineSession, table: string) =>
  list(s, `SELECT indexdef FROM pg_indexes WHERE tablename = '${table}' ORDER BY indexname`);

test("partitions have their part of a vector or gin index: those that were there, new ones, attached ones", async () => {
  const s = await session();
  await run(s, "CREATE EXTENSION vector; CREATE TABLE docs (id int, v vector(2), tags int[]) PARTITION BY RANGE (id)");
  await run(s, "CREATE TABLE docs_1 PARTITION OF docs FOR VALUES FROM (0) TO (100)");
  await run(s, "CREATE TABLE docs_2 PARTITION OF docs FOR VALUES FROM (100) TO (300) PARTITION BY LIST (id)");
  await run(s, "CREATE TABLE docs_2_rest PARTITION OF docs_2 DEFAULT");
  await run(s, "INSERT INTO docs SELECT g, array[g, g]::vector, array[g % 10] FROM generate_series(0, 199) g");
  await run(s, "CREATE INDEX ON docs USING hnsw (v vector_l2_ops) WITH (m = 8)");
  await run(s, "CREATE INDEX ON docs USING gin (tags)");
  await run(s, "CREATE TABLE docs_3 PARTITION OF docs FOR VALUES FROM (300) TO (400)");
  await run(s, "CREATE TABLE more (id int, v vector(2), tags int[])");
  await run(s, "INSERT INTO more SELECT g, array[g, g]::vector, array[g % 10] FROM generate_series(400, 499) g");
  await run(s, "ALTER TABLE docs ATTACH PARTITION more FOR VALUES FROM (400) TO (500)");
  for (const table of ["docs_1", "docs_2_rest", "docs_3", "more"])
    expect(await indexesOf(s, table)).toEqual([
      `CREATE INDEX ${table}_tags_idx ON public.${table} USING gin (tags)`,
      `CREATE INDEX ${table}_v_idx ON public.${table} USING hnsw (v vector_l2_ops) WITH (m='8')`,
    ]);
  await run(s, "SET enable_seqscan = off");
  expect(await list(s, "SELECT id FROM more ORDER BY v <-> '[450.2, 450.2]' LIMIT 3")).toEqual(["450", "451", "449"]);
  expect(await list(s, "SELECT id FROM docs ORDER BY v <-> '[100.2, 100.2]' LIMIT 3")).toEqual(["100", "101", "99"]);
  expect(await list(s, "SELECT count(*) FROM docs WHERE tags @> '{3}'")).toEqual(["30"]);
});

test("LIKE … INCLUDING INDEXES copies several that are built elsewhere", async () => {
  const s = await session();
  await run(s, "CREATE EXTENSION vector; CREATE TABLE a (id int PRIMARY KEY, v vector(2), w vector(2), tags int[])");
  await run(
    s,
    "CREATE INDEX ON a USING hnsw (v vector_l2_ops); CREATE INDEX ON a USING hnsw (w vector_l2_ops); CREATE INDEX ON a USING gin (tags)",
  );
  await run(s, "CREATE TABLE b (LIKE a INCLUDING ALL); INSERT INTO b VALUES (1, '[1,1]', '[2,2]', '{1}'), (2, '[3,3]', '[4,4]', '{2}')");
  expect((await indexesOf(s, "b")).length).toBe(4);
  await run(s, "SET enable_seqscan = off");
  expect(await list(s, "SELECT id FROM b ORDER BY w <-> '[4,4]' LIMIT 1")).toEqual(["2"]);
});

test("a large unique index that fails tells the key and leaves nothing", async () => {
  const s = await session();
  await run(s, "CREATE TABLE t (k int, x text); INSERT INTO t SELECT g % 29999, 'x' FROM generate_series(0, 29999) g");
  const failure = (sql: string) => run(s, sql).catch((error: DbError) => error.fields);
  expect(await failure("CREATE UNIQUE INDEX u ON t (k)")).toMatchObject({
    sqlstate: "23505",
    message: 'could not create unique index "u"',
    detail: "Key (k)=(0) is duplicated.",
  });
  expect(await failure("ALTER TABLE t ADD PRIMARY KEY (k)")).toMatchObject({ sqlstate: "23505", detail: "Key (k)=(0) is duplicated." });
  expect(await indexesOf(s, "t")).toEqual([]);
  await run(
    s,
    "BEGIN; DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE k = 0); ALTER TABLE t ADD PRIMARY KEY (k); CREATE INDEX ON t (x)",
  );
  expect(await list(s, "SELECT count(*) FROM t WHERE k = 17")).toEqual(["1"]);
  await run(s, "ROLLBACK");
  expect(await indexesOf(s, "t")).toEqual([]);
});

test("while a large index is built its thread goes on", async () => {
  const s = await session();
  await run(
    s,
    "CREATE TABLE t (k int, a int[]); INSERT INTO t SELECT (g * 7919) % 200003, array[g % 1000, g % 7] FROM generate_series(1, 200000) g",
  );
  for (const sql of ["CREATE INDEX ON t (k)", "CREATE INDEX ON t USING gin (a)", "REINDEX TABLE t"]) {
    let [turns, isOver] = [0, false];
    const built = run(s, sql).finally(() => (isOver = true));
    while (!isOver) {
      turns++;
      await new Promise(setImmediate);
    }
    await built;
    // Built on this thread it would take the handful of turns that any statement takes.
    expect(turns, sql).toBeGreaterThan(50);
  }
});

test("maintenance_work_mem: a graph that takes more is told, a k-means that would is refused", async () => {
  const s = await session();
  await run(s, "CREATE EXTENSION vector; CREATE TABLE v (id int, e vector(64)); SET maintenance_work_mem = '1MB'");
  await run(
    s,
    "INSERT INTO v SELECT g, array_agg(sin(g * i))::vector FROM generate_series(1, 8000) g, generate_series(1, 64) i GROUP BY g",
  );
  const failure = await run(s, "CREATE INDEX ON v USING ivfflat (e vector_l2_ops) WITH (lists = 10)").catch(
    (error: DbError) => error.fields,
  );
  expect(failure).toMatchObject({ sqlstate: "54000", message: "memory required is 2 MB, maintenance_work_mem is 1 MB" });
  const notices: string[] = [];
  s.setListener({ notice: (n) => notices.push(n.message), parameterStatus: () => {}, notification: () => {} });
  await run(s, "CREATE INDEX ON v USING hnsw (e vector_l2_ops)");
  expect(notices.splice(0)).toEqual(["hnsw graph does not fit into maintenance_work_mem"]);
  await run(
    s,
    "SET maintenance_work_mem = '64MB'; CREATE INDEX ON v USING hnsw (e vector_ip_ops); CREATE INDEX ON v USING ivfflat (e vector_l2_ops) WITH (lists = 10)",
  );
  expect(notices).toEqual([]);
});
