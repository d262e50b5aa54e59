/** Vector indexes and `kill -9`: in a build, while rows go in, during a vacuum. What a checkpoint held is not linked anew. */
import { rmSync } from "node:fs";
import type pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn } from "../support/copy.js";
import { mulberry32, vectorText } from "../support/mnist.js";
import { type OrreryProcess, sleep, startOrrery, temporaryFolder } from "../support/processes.js";

const COUNT = 20_000;
const DIMENSIONS = 32;
const folder = temporaryFolder("vectors");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const random = mulberry32(5);
const vector = (): string => vectorText(Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5));
const start = (): Promise<OrreryProcess> => startOrrery({ folder, keepFolder: true, flags: ["--redis-port", "0"] });
const one = async <T>(client: pg.Client, text: string): Promise<T> =>
  ((await client.query({ text, rowMode: "array" })).rows[0] as T[])[0] as T;
/** A connection that dies with its server says nothing about it. */
async function connected(port: number): Promise<pg.Client> {
  const client = await connectPg(port);
  client.on("error", () => undefined);
  return client;
}
const build = "create index items_v on items using hnsw (v vector_l2_ops) with (m = 12, ef_construction = 64)";

describe("kill -9 and a vector index", () => {
  it("during its build: the rows are there, half an index is not", { timeout: 120_000 }, async () => {
    const server = await start();
    const client = await connected(server.port);
    await client.query(`create extension vector; create table items (id int primary key, v vector(${DIMENSIONS}))`);
    const rows = function* () {
      for (let id = 0; id < COUNT; id++) yield `${id}\t${vector()}\n`;
    };
    await copyIn(client, "copy items from stdin", rows());
    const building = client.query(build).then(
      () => "built",
      () => "died",
    );
    const other = await connected(server.port);
    while ((await one<string>(other, "select count(*) from pg_stat_progress_create_index")) === "0") await sleep(5);
    await server.kill();
    expect(await building).toBe("died");

    const again = await start();
    const after = await connected(again.port);
    expect(await one(after, "select count(*)::int from items")).toBe(COUNT);
    expect(await one(after, "select count(*)::int from orrery_vector_indexes")).toBe(0);
    await after.query(build);
    await after.query("checkpoint");
    expect(await one<number>(after, "select orrery_vector_recall('items_v', 10, 500)")).toBeGreaterThan(0.9);
    await after.end();
    await again.stop();
  });

  it("while rows go in: each acknowledged one is found through the index", { timeout: 120_000 }, async () => {
    const server = await start();
    const client = await connected(server.port);
    const recall = await one<number>(client, "select orrery_vector_recall('items_v', 10, 500)");
    const added = new Map<number, string>();
    const writing = (async () => {
      for (let id = COUNT; ; id++) {
        const value = vector();
        try {
          await client.query("insert into items values ($1, $2)", [id, value]);
        } catch {
          return;
        }
        added.set(id, value);
      }
    })();
    while (added.size < 300) await sleep(5);
    await server.kill();
    await writing;

    const again = await start();
    const after = await connected(again.port);
    const [facts] = (await after.query("select rows::int as rows, loaded::int as loaded from orrery_vector_indexes")).rows;
    expect(facts.rows).toBeGreaterThanOrEqual(COUNT + added.size);
    expect(facts.rows).toBeLessThanOrEqual(COUNT + added.size + 1);
    expect(facts.loaded).toBe(COUNT);
    for (const [id, value] of added)
      expect((await after.query("select id from items order by v <-> $1 limit 1", [value])).rows).toEqual([{ id }]);
    expect(await one<number>(after, "select orrery_vector_recall('items_v', 10, 500)")).toBeGreaterThan(recall - 0.02);
    await after.end();
    await again.stop();
  });

  it("during a vacuum: nothing deleted comes back, and searches are full", { timeout: 120_000 }, async () => {
    const server = await start();
    const client = await connected(server.port);
    await client.query("delete from items where id % 2 = 1");
    const left = await one<number>(client, "select count(*)::int from items");
    const vacuum = client.query("vacuum items").then(
      () => "done",
      () => "died",
    );
    await sleep(20);
    await server.kill();
    await vacuum;

    const again = await start();
    const after = await connected(again.port);
    expect(await one(after, "select count(*)::int from items")).toBe(left);
    for (let i = 0; i < 50; i++) {
      const { rows } = await after.query("select id from items order by v <-> $1 limit 40", [vector()]);
      expect(rows.length).toBe(40);
      expect(rows.filter((row: { id: number }) => row.id % 2 === 1)).toEqual([]);
    }
    expect(await one<number>(after, "select orrery_vector_recall('items_v', 10, 500)")).toBeGreaterThan(0.9);
    await after.query("vacuum items");
    expect(await one<number>(after, "select orrery_vector_recall('items_v', 10, 500)")).toBeGreaterThan(0.9);
    await after.end();
    await again.stop();
  });
});
