/**
 * Recall of the HNSW index through a server and SQL, against the exact answer of the same server: plain, filtered, after every second row
 * (the graph's entry point among them) is deleted, and after restarts. 300 queries; RECALL_QUERIES=1000 for all.
 */
import { rmSync } from "node:fs";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn } from "../support/copy.js";
import { DIMENSIONS, hasMnist, mnistLabels, shiftedMnist, vectorText } from "../support/mnist.js";
import { type OrreryProcess, startOrrery, temporaryFolder } from "../support/processes.js";

const COUNT = 10_000;
const QUERIES = Number(process.env.RECALL_QUERIES ?? 300);
const K = 10;
const nearest = `select id from images order by pixels <-> $1 limit ${K}`;
const nearestOfLabel = `select id from images where label = $2 order by pixels <-> $1 limit ${K}`;

interface Statistics {
  readonly rows: string;
  readonly removed: string;
  readonly inserted: string;
  readonly loaded: string;
  readonly entry_row: string;
}

describe.skipIf(!hasMnist)("hnsw recall on MNIST through SQL", () => {
  const folder = temporaryFolder("recall");
  let labels: Uint8Array;
  let server: OrreryProcess;
  let client: pg.Client;
  let queries: readonly string[];
  let byId: Float32Array[];

  const start = async (): Promise<void> => {
    server = await startOrrery({ folder, keepFolder: true });
    client = await connectPg(server.port);
  };
  const answers = async (text: string, values: (i: number) => unknown[]): Promise<number[][]> => {
    const found: number[][] = [];
    for (let i = 0; i < QUERIES; i++) {
      const { rows } = await client.query<{ id: number }>({
        name: text === nearest ? "nearest" : "nearest of label",
        text,
        values: values(i),
      });
      found.push(rows.map((row) => row.id));
    }
    return found;
  };
  const approximate = async (text: string, values: (i: number) => unknown[]): Promise<number[][]> => {
    await client.query("set hnsw.ef_search = 100; reset enable_indexscan");
    return answers(text, values);
  };
  const exact = async (text: string, values: (i: number) => unknown[]): Promise<number[][]> => {
    await client.query("set enable_indexscan = off");
    return answers(text, values);
  };
  const recallOf = (found: readonly number[][], expected: readonly number[][]): number => {
    let right = 0;
    found.forEach((ids, i) => {
      expect(new Set(ids).size).toBe(K);
      expect(expected[i]).toHaveLength(K);
      right += ids.filter((id) => expected[i]?.includes(id)).length;
    });
    return right / (found.length * K);
  };
  const recall = async (name: string, text: string, values: (i: number) => unknown[]): Promise<number> => {
    const value = recallOf(await approximate(text, values), await exact(text, values));
    console.log(`recall@${K}, ${name}, ${QUERIES} queries: ${value.toFixed(4)}`);
    return value;
  };
  const statistics = async (): Promise<Statistics> =>
    (await client.query<Statistics>("select * from orrery_vector_indexes where relname = 'images'")).rows[0] as Statistics;
  const plan = async (text: string, values: unknown[]): Promise<string> =>
    (await client.query({ text: `explain (costs off) ${text}`, values, rowMode: "array" })).rows.join("\n");
  const byVector = (i: number) => [queries[i]];
  const byVectorAndLabel = (i: number) => [queries[i], i % 10];

  beforeAll(async () => {
    labels = mnistLabels();
    const vectors = shiftedMnist(COUNT + QUERIES);
    byId = vectors.slice(0, COUNT);
    queries = vectors.slice(COUNT).map(vectorText);
    await start();
    await client.query(`create extension vector; create table images (id int primary key, label int, pixels vector(${DIMENSIONS}))`);
    const rows = function* () {
      for (let id = 0; id < COUNT; id++) yield `${id}\t${labels[id]}\t${vectorText(vectors[id] as Float32Array)}\n`;
    };
    expect(await copyIn(client, "copy images from stdin", rows())).toBe(`COPY ${COUNT}`);
    await client.query("create index images_pixels on images using hnsw (pixels vector_l2_ops)");
  });
  afterAll(async () => {
    await client?.end();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("EXPLAIN shows which way is taken", async () => {
    expect(await plan(nearest, [queries[0]])).toContain("Index Scan using images_pixels on images");
    await client.query("set enable_indexscan = off");
    expect(await plan(nearest, [queries[0]])).toContain("Exact Vector Scan on images");
  });

  it("the exact way is exact", async () => {
    const found = await exact(nearest, byVector);
    for (let i = 0; i < QUERIES; i += 50) {
      const query = JSON.parse(queries[i] as string) as number[];
      const distance = byId.map((vector) => vector.reduce((sum, v, at) => sum + (v - (query[at] as number)) ** 2, 0));
      const order = distance.map((_, id) => id).sort((a, b) => (distance[a] as number) - (distance[b] as number) || a - b);
      expect(found[i]).toEqual(order.slice(0, K));
    }
  });

  it("recall@10 >= 0.97 at ef_search 100", async () => {
    expect(await recall("all rows", nearest, byVector)).toBeGreaterThanOrEqual(0.97);
  });

  it("a condition gives 10 rows for every query, recall@10 >= 0.95", async () => {
    expect(await recall("one label", nearestOfLabel, byVectorAndLabel)).toBeGreaterThanOrEqual(0.95);
  });

  it("is there after SIGTERM without a rebuild", async () => {
    const before = await approximate(nearest, byVector);
    await client.end();
    await server.stop();
    await start();
    expect(await statistics()).toMatchObject({ rows: String(COUNT), inserted: "0", loaded: String(COUNT) });
    expect(await approximate(nearest, byVector)).toEqual(before);
  });

  it("recall@10 >= 0.95 after every second row is deleted, the entry point among them, also after kill -9", async () => {
    const { entry_row } = await statistics();
    // Rows were loaded in order of their id into an empty table: row ids count from 1.
    const entryId = Number(entry_row) - 1;
    expect((await client.query("delete from images where id % 2 = $1", [entryId % 2])).rowCount).toBe(COUNT / 2);
    expect(await recall("half deleted", nearest, byVector)).toBeGreaterThanOrEqual(0.95);
    await client.query("vacuum images");
    const after = await statistics();
    expect(after.entry_row).not.toBe(entry_row);
    expect(after.rows).toBe(String(COUNT / 2));
    expect(await recall("half deleted and vacuumed", nearest, byVector)).toBeGreaterThanOrEqual(0.95);
    expect(await recall("half deleted, one label", nearestOfLabel, byVectorAndLabel)).toBeGreaterThanOrEqual(0.95);

    await client.query("checkpoint");
    client.on("error", () => undefined);
    await server.kill();
    await start();
    expect(await statistics()).toMatchObject({ rows: String(COUNT / 2), inserted: "0", loaded: String(COUNT / 2) });
    expect(await plan(nearest, [queries[0]])).toContain("Index Scan using images_pixels on images");
    expect(await recall("half deleted, after kill -9", nearest, byVector)).toBeGreaterThanOrEqual(0.95);
  });
});
