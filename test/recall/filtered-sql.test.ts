/** Nearest neighbours under a condition: the way that EXPLAIN (ANALYZE) names, k rows and the right ones whichever it is, conditions whose rows change. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn } from "../support/copy.js";
import { mulberry32, vectorText } from "../support/mnist.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

const COUNT = 8000;
const DIMENSIONS = 16;
let server: OrreryProcess;
let client: pg.Client;
const random = mulberry32(31);
const vector = (): Float32Array => Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);

beforeAll(async () => {
  server = await startOrrery({});
  client = await connectPg(server.port);
  await client.query(`create extension vector; create table items (id int primary key, v vector(${DIMENSIONS}), label int, name text)`);
  const rows = function* () {
    for (let id = 0; id < COUNT; id++) yield `${id}\t${vectorText(vector())}\t${id % 1000}\tn${id % 4}\n`;
  };
  await copyIn(client, "copy items from stdin", rows());
  await client.query("create index on items using hnsw (v vector_l2_ops)");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const nearest = (condition: string): string => `select id from items where ${condition} order by v <-> $1 limit 10`;
const ids = async (condition: string, query: string): Promise<number[]> =>
  (await client.query<{ id: number }>(nearest(condition), [query])).rows.map((row) => row.id);
const exactly = async (condition: string, query: string): Promise<number[]> => {
  await client.query("set enable_indexscan = off");
  const found = await ids(condition, query);
  await client.query("reset enable_indexscan");
  return found;
};
const plan = async (condition: string, options: string): Promise<string> =>
  (await client.query(`explain (${options}) ${nearest(condition)}`, [vectorText(vector())])).rows
    .map((row) => Object.values(row)[0])
    .join("\n");

describe("the way to rows under a condition", () => {
  it.each([
    ["label < 990", "graph walk"],
    ["label < 500", "graph walk over matching rows"],
    ["name in ('n1', 'n2')", "graph walk over matching rows"],
    ["label < 3", "exact scan of matching rows"],
    ["label = 17 and name = 'n1'", "exact scan of matching rows"],
  ])("%s: %s", async (condition, way) => {
    expect(await plan(condition, "analyze, costs off, timing off, summary off")).toMatch(new RegExp(`^ *Search: ${way}$`, "m"));
    let right = 0;
    let wanted = 0;
    for (let i = 0; i < 20; i++) {
      const query = vectorText(vector());
      const expected = await exactly(condition, query);
      const found = await ids(condition, query);
      expect(found.length).toBe(expected.length);
      wanted += expected.length;
      right += found.filter((id) => expected.includes(id)).length;
    }
    expect(right / wanted).toBeGreaterThanOrEqual(0.95);
  });
  it("is told where a condition is judged during the search, and only by ANALYZE", async () => {
    expect(await plan("label < 500", "costs off")).not.toContain("Search:");
    expect(await plan("name like 'n%'", "analyze, costs off")).not.toContain("Search:");
  });
  it("the same in JSON", async () => {
    const [row] = (await client.query(`explain (analyze, format json) ${nearest("label < 500")}`, [vectorText(vector())])).rows;
    expect(JSON.stringify(row)).toContain('"Search":"graph walk over matching rows"');
  });
});

describe("rows that come to match and cease to", () => {
  it("follow the transaction that looks", async () => {
    const query = vectorText(vector());
    expect(await ids("label = 5000", query)).toEqual([]);
    const other = await connectPg(server.port);
    try {
      await other.query("begin isolation level repeatable read; select 1 from items limit 1");
      await client.query("update items set label = 5000 where id in (70, 71)");
      expect((await ids("label = 5000", query)).sort()).toEqual([70, 71]);
      expect((await other.query(nearest("label = 5000"), [query])).rows).toEqual([]);
      await client.query("begin; delete from items where id = 70");
      expect(await ids("label = 5000", query)).toEqual([71]);
      await client.query("rollback");
      await client.query("update items set label = 70 where id = 70");
      expect(await ids("label = 5000", query)).toEqual([71]);
      await client.query("vacuum items");
      expect(await ids("label = 5000", query)).toEqual([71]);
      await other.query("commit");
    } finally {
      await other.end();
    }
  });
});
