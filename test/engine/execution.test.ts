/** Statements through the whole engine: border crossings, window functions, vector plans, EXPLAIN. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineDatabase, EngineSession } from "../../src/engine/index.js";
import { native } from "../../src/native/index.js";
import { openTestDatabase, openTestSession, run } from "./support.js";

let database: EngineDatabase;
let session: EngineSession;

beforeAll(async () => {
  database = await openTestDatabase();
  session = openTestSession(database);
});
afterAll(async () => {
  session.close();
  await database.close();
});

async function crossings(text: string): Promise<number> {
  const [statement] = session.split(text);
  const prepared = session.prepareParsed(statement!);
  const once = async (): Promise<void> => {
    const result = await session.execute(prepared, []);
    if (result.kind !== "portal") throw new Error("no rows");
    while (!(await result.portal.next(0)).done);
    result.portal.close();
  };
  await once();
  const before = native.crossings();
  await once();
  return native.crossings() - before;
}

describe("border crossings", () => {
  it("a point select takes at most three, an aggregate over 200,000 rows at most twenty", async () => {
    await run(session, "CREATE TABLE counted (id int PRIMARY KEY, n int)");
    await run(session, "INSERT INTO counted SELECT g, g % 10 FROM generate_series(1, 200000) g");
    expect(await crossings("SELECT n FROM counted WHERE id = 7")).toBeLessThanOrEqual(3);
    expect(await crossings("SELECT sum(n), count(*), max(id) FROM counted WHERE n > 3")).toBeLessThanOrEqual(20);
    expect((await run(session, "SELECT n, count(*), sum(id) FROM counted WHERE n < 2 GROUP BY n ORDER BY n")).rows).toEqual([
      ["0", "20000", "2000100000"],
      ["1", "20000", "1999920000"],
    ]);
  });
});

describe("window functions", () => {
  it("number, rank and sum over partitions and frames", async () => {
    await run(session, "CREATE TABLE w (g text, v int); INSERT INTO w VALUES ('a',1),('a',2),('a',2),('b',5),('b',7),('c',NULL)");
    const ranked = await run(
      session,
      "SELECT g, v, rank() OVER (PARTITION BY g ORDER BY v), sum(v) OVER (PARTITION BY g ORDER BY v), lag(v) OVER (ORDER BY g, v) FROM w ORDER BY g, v, 5",
    );
    expect(ranked.rows).toEqual([
      ["a", "1", "1", "1", null],
      ["a", "2", "2", "5", "1"],
      ["a", "2", "2", "5", "2"],
      ["b", "5", "1", "5", "2"],
      ["b", "7", "2", "12", "5"],
      ["c", null, "1", null, "7"],
    ]);
    const framed = await run(
      session,
      "SELECT v, sum(v) OVER (ORDER BY v ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM w WHERE g < 'c' ORDER BY v, 2",
    );
    expect(framed.rows.map((r) => r[1])).toEqual(["3", "5", "9", "14", "12"]);
  });
});

describe("plans", () => {
  it("walks an HNSW graph for ORDER BY distance LIMIT, conditions included", async () => {
    await run(session, "CREATE EXTENSION vector; CREATE TABLE items (id int PRIMARY KEY, label int, e vector(2))");
    await run(session, "INSERT INTO items SELECT g, g % 10, ('[' || g || ',0]')::vector FROM generate_series(1, 1000) g");
    await run(session, "CREATE INDEX items_e ON items USING hnsw (e vector_l2_ops)");
    const query = "SELECT id FROM items WHERE label = 3 ORDER BY e <-> '[501,0]' LIMIT 3";
    expect((await run(session, `EXPLAIN (COSTS OFF) ${query}`)).rows.map((r) => r[0])).toContain("  ->  Index Scan using items_e on items");
    expect((await run(session, query)).rows).toEqual([["503"], ["493"], ["513"]]);
  });
  it("judges conditions during a search as the operators do, NaN and NULL among the values", async () => {
    await run(session, "CREATE TABLE floats (id int PRIMARY KEY, f float8, r real, s smallint, e vector(2))");
    await run(
      session,
      `INSERT INTO floats SELECT g, CASE g % 7 WHEN 0 THEN 'NaN' WHEN 1 THEN NULL WHEN 2 THEN 'Infinity' WHEN 3 THEN -0.0 ELSE g / 10.0 END,
       CASE g % 5 WHEN 0 THEN 'NaN' WHEN 1 THEN '-Infinity' ELSE g::real END, g % 4, ('[' || g || ',0]')::vector FROM generate_series(1, 500) g`,
    );
    for (const condition of [
      ...["=", "<>", "<", "<=", ">", ">="].flatMap((o) => [
        `f ${o} 0`,
        `f ${o} 'NaN'`,
        `f ${o} 20.5`,
        `f ${o} 'Infinity'`,
        `r ${o} 'NaN'`,
        `r ${o} 77`,
      ]),
      "f > 3 AND s = 2",
      "f > 3 AND s IN (1, 3) AND r < 400",
      "s = 1 AND f IS NOT NULL AND r >= 'NaN'",
    ]) {
      // The sum over a subquery without a limit is computed by other code.
      const searched = await run(
        session,
        `SELECT count(*), sum(id) FROM (SELECT id FROM floats WHERE ${condition} ORDER BY e <-> '[250,0]' LIMIT 1000) t`,
      );
      const counted = await run(session, `SELECT count(*), sum(id) FROM floats WHERE ${condition}`);
      expect([condition, searched.rows]).toEqual([condition, counted.rows]);
    }
  });
  it("measures operators for EXPLAIN ANALYZE", async () => {
    const lines = (
      await run(session, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM w a JOIN w b ON a.v = b.v WHERE a.g = 'b'")
    ).rows.map((r) => r[0]);
    expect(lines[0]).toBe("Hash Join (actual rows=2 loops=1)");
  });
});
