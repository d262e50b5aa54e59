/** What vector indexes say of themselves, searches of a wanted recall, distance ranges. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn } from "../support/copy.js";
import { mulberry32, vectorText } from "../support/mnist.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

const COUNT = 6000;
const DIMENSIONS = 24;
let server: OrreryProcess;
let client: pg.Client;
let vectors: Float32Array[];

beforeAll(async () => {
  server = await startOrrery({});
  client = await connectPg(server.port);
  const random = mulberry32(11);
  vectors = Array.from({ length: COUNT }, () => Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5));
  await client.query(`create extension vector; create table items (id int primary key, v vector(${DIMENSIONS}), n int)`);
  const rows = function* () {
    for (let id = 0; id < COUNT; id++) yield `${id}\t${vectorText(vectors[id] as Float32Array)}\t${id % 7}\n`;
  };
  await copyIn(client, "copy items from stdin", rows());
  // So thin that a small effort misses something; by one thread it is the same graph each time.
  await client.query("set max_parallel_maintenance_workers = 0");
  await client.query("create index items_v on items using hnsw (v vector_l2_ops) with (m = 5, ef_construction = 16)");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const one = async <T>(text: string, values: unknown[] = []): Promise<T> =>
  ((await client.query({ text, values, rowMode: "array" })).rows[0] as unknown[])[0] as T;
const ids = async (text: string, values: unknown[] = []): Promise<number[]> =>
  (await client.query({ text, values, rowMode: "array" })).rows.map((row) => Number(row[0]));

describe("what an index says of itself", () => {
  it("rows, options and what its walks found when it was built", async () => {
    const { rows } = await client.query("select * from orrery_vector_indexes where indexrelname = 'items_v'");
    const [index] = rows;
    expect(index).toMatchObject({
      relname: "items",
      method: "hnsw",
      opclass: "vector_l2_ops",
      dimensions: DIMENSIONS,
      quantization: "none",
    });
    expect(index).toMatchObject({ rows: String(COUNT), removed: "0", probed_rows: String(COUNT) });
    expect(index.bytes_per_vector).toBeGreaterThan(4 * 10);
    expect(index.recall_ef.length).toBe(index.recall_at_10.length);
    expect(index.recall_at_10[0]).toBeLessThan(0.9);
    expect(index.recall_at_10.at(-1)).toBeGreaterThan(index.recall_at_10[0]);
  });
  it("orrery_vector_recall measures this session's effort", async () => {
    await client.query("set hnsw.ef_search = 10");
    const low = await one<number>("select orrery_vector_recall('items_v')");
    await client.query("set hnsw.ef_search = 1000");
    const high = await one<number>("select orrery_vector_recall('items_v', 10, 50)");
    await client.query("reset hnsw.ef_search");
    expect(low).toBeLessThan(0.9);
    expect(high).toBeGreaterThan(low);
    await expect(client.query("select orrery_vector_recall('items_pkey')")).rejects.toMatchObject({ code: "42809" });
    await expect(client.query("select orrery_vector_recall('items_v', 0)")).rejects.toMatchObject({ code: "22023" });
  });
});

describe("hnsw.recall_target", () => {
  it("finds the share that is asked for, whatever ef_search is", async () => {
    await client.query("set hnsw.ef_search = 10");
    const reached: number[] = [];
    for (const target of [0.5, 0.95]) {
      await client.query(`set hnsw.recall_target = ${target}`);
      let right = 0;
      for (let q = 0; q < 60; q++) {
        const query = vectorText(vectors[q * 97] as Float32Array);
        const found = await ids("select id from items order by v <-> $1 limit 10", [query]);
        await client.query("set enable_indexscan = off");
        const exact = await ids("select id from items order by v <-> $1 limit 10", [query]);
        await client.query("reset enable_indexscan");
        right += found.filter((id) => exact.includes(id)).length;
      }
      reached.push(right / 600);
    }
    await client.query("reset hnsw.recall_target; reset hnsw.ef_search");
    expect(reached[0]).toBeGreaterThan(0.5);
    expect(reached[1]).toBeGreaterThan(0.92);
    expect(reached[1]).toBeGreaterThan(reached[0] as number);
  });
  it("is a share", async () => {
    await expect(client.query("set hnsw.recall_target = 1.5")).rejects.toMatchObject({ code: "22023" });
  });
});

describe("distance ranges", () => {
  const query = () => vectorText(vectors[42] as Float32Array);
  const near = (metric: (a: Float32Array, b: Float32Array) => number, r: number) =>
    vectors.flatMap((v, id) => (metric(vectors[42] as Float32Array, v) < r ? [id] : [])).sort((a, b) => a - b);
  const l2 = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, i) => x - (b[i] as number)));
  const negativeProduct = (a: Float32Array, b: Float32Array) => -a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);

  it("without an order: exact, natively", async () => {
    const plan = (
      await client.query({ text: "explain (costs off) select id from items where v <-> $1 < 1.2", values: [query()], rowMode: "array" })
    ).rows;
    expect(plan.join("\n")).toContain("Exact Vector Scan on items");
    expect((await ids("select id from items where v <-> $1 < 1.2", [query()])).sort((a, b) => a - b)).toEqual(near(l2, 1.2));
    expect((await ids("select id from items where 1.2 >= v <-> $1 and n = 3", [query()])).sort((a, b) => a - b)).toEqual(
      near(l2, 1.2).filter((id) => id % 7 === 3),
    );
    expect((await ids("select id from items where v <#> $1 < -0.6", [query()])).sort((a, b) => a - b)).toEqual(near(negativeProduct, -0.6));
    expect(await ids("select id from items where v <-> $1 < -1", [query()])).toEqual([]);
    expect(await ids("select id from items where v <-> $1 < $2", [query(), null])).toEqual([]);
    expect(await ids("select id from items where v <-> $1 < 1", [null])).toEqual([]);
  });
  it("in order: the index's walk ends at the bound", async () => {
    // In a graph this thin a smaller effort may end before it has come to the query's own row.
    await client.query("set hnsw.ef_search = 1000");
    // Between the hundredth and the next: so many that a share of them says something.
    const distances = vectors.map((v) => l2(vectors[42] as Float32Array, v)).sort((a, b) => a - b);
    const r = ((distances[99] as number) + (distances[100] as number)) / 2;
    const found = await ids("select id from items where v <-> $1 < $2 order by v <-> $1 limit 1000", [query(), r]);
    const expected = near(l2, r);
    expect(expected).toHaveLength(100);
    expect(found.every((id) => expected.includes(id))).toBe(true);
    expect(found.length).toBeGreaterThan(0.9 * expected.length);
    expect(found[0]).toBe(42);
    expect(await ids("select id from items where v <-> $1 <= 0 order by v <-> $1 limit 5", [query()])).toEqual([42]);
    await client.query("reset hnsw.ef_search");
  });
});

it("max_sim sums the best products", async () => {
  const text = "select max_sim(array['[1,0]', '[0,1]']::vector[], array['[2,1]', '[-1,3]']::vector[])";
  expect(await one<number>(text)).toBe(5);
  expect(await one("select max_sim('{}'::vector[], array['[1]']::vector[])")).toBe(null);
  expect(await one("select max_sim(array['[1,2]']::halfvec[], array['[3,4]', '[5,6]']::halfvec[])")).toBe(17);
  await expect(client.query("select max_sim(array['[1]']::vector[], array['[1,2]']::vector[])")).rejects.toMatchObject({ code: "22000" });
  await expect(client.query("select max_sim(array[null]::vector[], array['[1,2]']::vector[])")).rejects.toMatchObject({ code: "22004" });
});

describe("hnsw over sparse vectors", () => {
  const SPARSE = 500;
  const LENGTH = 1200;
  const sparse: string[] = [];
  beforeAll(async () => {
    const random = mulberry32(5);
    for (let id = 0; id < LENGTH; id++) {
      const elements = new Map<number, number>();
      const topic = id % 20;
      while (elements.size < 12)
        elements.set(1 + ((topic * 25 + Math.floor(random() * 40)) % SPARSE), Math.round(random() * 1000) / 1000 + 0.01);
      const sorted = [...elements].sort(([a], [b]) => a - b);
      sparse.push(`{${sorted.map(([i, v]) => `${i}:${v}`).join(",")}}/${SPARSE}`);
    }
    await client.query(`create table documents (id int primary key, v sparsevec(${SPARSE}))`);
    await copyIn(
      client,
      "copy documents from stdin",
      sparse
        .slice(0, LENGTH - 50)
        .map((text, id) => `${id}\t${text}\n`)
        [Symbol.iterator](),
    );
    for (const [name, operator] of [
      ["l2", "<->"],
      ["ip", "<#>"],
      ["cosine", "<=>"],
      ["l1", "<+>"],
    ])
      await client.query(`create index documents_${name} on documents using hnsw (v sparsevec_${name}_ops) -- ${operator}`);
    // These find the indexes there.
    for (let id = LENGTH - 50; id < LENGTH; id++) await client.query("insert into documents values ($1, $2)", [id, sparse[id]]);
  });
  it.each(["<->", "<#>", "<=>", "<+>"])("order by v %s", async (operator) => {
    let right = 0;
    for (let q = 0; q < 20; q++) {
      const text = `select id from documents order by v ${operator} $1 limit 10`;
      const found = await ids(text, [sparse[q * 59]]);
      const [first] = (await client.query({ text: `explain (costs off) ${text}`, values: [sparse[0]], rowMode: "array" })).rows.slice(-2);
      expect(String(first)).toContain("Index Scan using documents_");
      await client.query("set enable_indexscan = off");
      const exact = await ids(text, [sparse[q * 59]]);
      await client.query("reset enable_indexscan");
      expect(found.length).toBe(10);
      right += found.filter((id) => exact.includes(id)).length;
    }
    expect(right / 200).toBeGreaterThan(0.9);
  });
  it("refuses what pgvector refuses", async () => {
    const many = `{${Array.from({ length: 1001 }, (_, i) => `${i + 1}:1`).join(",")}}/2000`;
    await client.query("create table wide (v sparsevec(2000)); create index on wide using hnsw (v sparsevec_l2_ops)");
    await expect(client.query("insert into wide values ($1)", [many])).rejects.toMatchObject({
      code: "54000",
      message: "sparsevec cannot have more than 1000 non-zero elements for hnsw index",
    });
    await expect(client.query("create index on wide using ivfflat (v sparsevec_l2_ops)")).rejects.toMatchObject({ code: "42704" });
    await expect(client.query("select * from documents order by v <-> '{1:1}/4' limit 1")).rejects.toMatchObject({
      message: "different sparsevec dimensions 500 and 4",
    });
  });
});
