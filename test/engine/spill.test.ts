/** Sorts, groups and joins that do not fit into memory go on with temporary files and give the same rows. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectPg } from "../support/clients.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

/** In kB: far below what the statements need, and enough for what does not spill. */
const SMALL_LIMIT = 24_000;
let orrery: OrreryProcess;
let client: pg.Client;
beforeAll(async () => {
  orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  client = await connectPg(orrery.port, { raw: true });
  await client.query("create table big (id int, k int, n numeric, t text, f float8)");
  await client.query(`insert into big select g, case when g % 101 = 0 then null else (g::int8 * 7919 % 200003)::int end, (g % 977) / 4.0,
    case when g % 13 = 0 then null else 'some longer text number ' || g::int8 * 48271 % 100003 end, g / 3.0 from generate_series(1, 400000) g`);
  await client.query("create table other (id int, k int, t text)");
  await client.query(`insert into other select g, case when g % 97 = 0 then null else (g::int8 * 104729 % 300007)::int end, 'other text number ' || g
    from generate_series(1, 300000) g`);
}, 60_000);
afterAll(async () => {
  await client?.end();
  await orrery?.stop();
});

async function rowsWith(limit: number, sql: string): Promise<string[]> {
  await client.query(`set orrery.memory_floor = ${limit}`);
  const { rows } = await client.query({ text: sql, rowMode: "array" });
  return (rows as string[][]).map((row) => row.join("|"));
}

test("the limit is smaller than what these statements need", async () => {
  await expect(rowsWith(SMALL_LIMIT, "select max(r) from (select rank() over (order by t, id) r from big) x")).rejects.toThrow(
    "out of memory",
  );
});

describe("in order", () => {
  test.each([
    "select id, t from big order by t, id",
    "select t, id from big order by t desc nulls last, id desc",
    "select k, n, id from big order by k nulls first, n desc, id",
    "select id, f from big order by f desc offset 100000 limit 5000",
    "select n, id from big order by n", // equal keys: in the order of the table
    "select b.t, o.t from big b join other o on b.k = o.k order by b.t, o.t, b.id, o.id",
  ])("%s", async (sql) => {
    const expected = await rowsWith(1 << 20, sql);
    expect(expected.length).toBeGreaterThan(4000);
    const spilled = await rowsWith(SMALL_LIMIT, sql);
    expect(spilled.length).toBe(expected.length);
    expect(spilled.findIndex((row, i) => row !== expected[i])).toBe(-1);
  });
});

describe("in any order", () => {
  test.each([
    "select t, count(*), sum(n), min(id), max(f) from big group by t",
    "select id, k, count(*) filter (where n > 100) from big group by id, k",
    "select distinct t, k from big",
    "select k, count(distinct n), avg(n) from big group by k",
    "select b.id, b.t, o.t from big b join other o on b.k = o.k",
    "select b.id, o.t from big b left join other o on b.k = o.k",
    "select b.id, o.t from big b right join other o on b.k = o.k and b.id > o.id",
    "select b.t, o.t from big b full join other o on b.k = o.k and b.id > o.id",
    "select b.id, b.t from big b where exists (select 1 from other o where o.k = b.k and o.id > b.id)",
    "select b.id, b.t from big b where not exists (select 1 from other o where o.k = b.k and o.id > b.id)",
  ])("%s", async (sql) => {
    const expected = (await rowsWith(1 << 20, sql)).sort();
    expect(expected.length).toBeGreaterThan(4000);
    const spilled = (await rowsWith(SMALL_LIMIT, sql)).sort();
    expect(spilled.length).toBe(expected.length);
    expect(spilled.findIndex((row, i) => row !== expected[i])).toBe(-1);
  });
});

test("no file stays", () => {
  expect(readdirSync(join(orrery.folder, "temporary"))).toEqual([]);
});
