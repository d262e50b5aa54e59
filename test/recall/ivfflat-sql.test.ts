/** IVFFlat through a server: pgvector's answers by probes, iterative scans, transactions, recall, checkpoints and kills. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { mulberry32 } from "../support/mnist.js";
import { type OrreryProcess, startOrrery, temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("ivfflat");
let server: OrreryProcess;
let client: pg.Client;
const notices: string[] = [];
async function start(): Promise<void> {
  server = await startOrrery({ folder, keepFolder: true });
  client = await connectPg(server.port);
  client.on("notice", (notice) => notices.push(notice.message ?? ""));
}
beforeAll(async () => {
  await start();
  await client.query("create extension vector");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const texts = async (text: string): Promise<string[]> => (await client.query<{ v: string }>(text)).rows.map((row) => row.v);
const refused = async (text: string): Promise<string> => {
  try {
    await client.query(text);
  } catch (error) {
    const { code, message, detail, hint } = error as pg.DatabaseError;
    return [code, message, detail, hint].filter((part) => part !== undefined).join("|");
  }
  return "no error";
};

describe("pgvector's behaviour", () => {
  it("one list: exact, NULL left out, inserts found", async () => {
    await client.query("create table t (v vector(3)); insert into t values ('[0,0,0]'), ('[1,2,3]'), ('[1,1,1]'), (null)");
    await client.query("create index on t using ivfflat (v) with (lists = 1)");
    await client.query("insert into t values ('[1,2,4]')");
    expect(await texts("select v from t order by v <-> '[3,3,3]' limit 10")).toEqual(["[1,2,3]", "[1,2,4]", "[1,1,1]", "[0,0,0]"]);
    notices.length = 0;
    await client.query("truncate t");
    expect(notices).toEqual(["ivfflat index created with little data"]);
    expect(await texts("select v from t order by v <-> '[3,3,3]' limit 10")).toEqual([]);
    await client.query("drop table t");
  });

  it("probes bound the answer; iterative scans go on to max_probes", async () => {
    await client.query("create table t (v vector(3)); insert into t values ('[0,0,0]'), ('[1,2,3]'), ('[1,1,1]')");
    await client.query("create index on t using ivfflat (v vector_l2_ops) with (lists = 3)");
    const all = "select v from t order by v <-> '[3,3,3]' limit 10";
    expect(await texts(all)).toEqual(["[1,2,3]"]);
    await client.query("set ivfflat.iterative_scan = relaxed_order");
    expect(await texts(all)).toEqual(["[1,2,3]", "[1,1,1]", "[0,0,0]"]);
    await client.query("set ivfflat.max_probes = 2");
    expect(await texts(all)).toEqual(["[1,2,3]", "[1,1,1]"]);
    await client.query("reset ivfflat.iterative_scan; reset ivfflat.max_probes; set ivfflat.probes = 3");
    expect(await texts(all)).toEqual(["[1,2,3]", "[1,1,1]", "[0,0,0]"]);
    await client.query("reset ivfflat.probes; drop table t");
  });

  it("options and settings have pgvector's limits", async () => {
    await client.query("create table t (v vector(3), h halfvec(3), w vector)");
    const bounds = 'Valid values are between "1" and "32768".';
    for (const lists of [0, 32769])
      expect(await refused(`create index on t using ivfflat (v) with (lists = ${lists})`)).toBe(
        `22023|value ${lists} out of bounds for option "lists"|${bounds}`,
      );
    expect(await refused("create index on t using ivfflat (v vector_l1_ops)")).toMatch(
      /^42704\|operator class "vector_l1_ops" does not exist/,
    );
    expect(await refused("create index on t using ivfflat (w)")).toBe("22023|column does not have dimensions");
    expect(await refused("create unique index on t using ivfflat (v)")).toBe(
      '0A000|access method "ivfflat" does not support unique indexes',
    );
    expect(await refused("create index on t using ivfflat (h halfvec_cosine_ops) with (lists = 2)")).toBe("no error");
    expect(await refused("set ivfflat.probes = 0")).toBe('22023|0 is outside the valid range for parameter "ivfflat.probes" (1 .. 32768)');
    expect(await refused("set ivfflat.iterative_scan = on")).toBe(
      '22023|invalid value for parameter "ivfflat.iterative_scan": "on"|Available values: off, relaxed_order.',
    );
    expect((await client.query("show ivfflat.probes")).rows).toEqual([{ "ivfflat.probes": "1" }]);
    await client.query("drop table t");
  });
});

describe("over 20,000 clustered vectors", () => {
  const dimensions = 16;
  const random = mulberry32(5);
  const centers = Array.from({ length: 50 }, () => Array.from({ length: dimensions }, () => random() * 10));
  const vector = () => {
    const center = centers[Math.floor(random() * centers.length)] as number[];
    return `[${center.map((x) => (x + random()).toFixed(3)).join(",")}]`;
  };
  const queries = Array.from({ length: 40 }, vector);
  const near = (query: string, where = "true") => `select id::text as v from items where ${where} order by at <-> '${query}' limit 10`;
  async function recall(where = "true"): Promise<number> {
    let right = 0;
    for (const query of queries) {
      const found = await texts(near(query, where));
      await client.query("set enable_indexscan = off");
      const exact = new Set(await texts(near(query, where)));
      await client.query("reset enable_indexscan");
      right += found.filter((id) => exact.has(id)).length / exact.size;
    }
    return right / queries.length;
  }

  it("finds most with some probes, keeps doing so through deletes, a checkpoint and kills", async () => {
    await client.query(`create table items (id int primary key, label int, at vector(${dimensions}))`);
    for (let batch = 0; batch < 20; batch++) {
      const rows = Array.from({ length: 1000 }, (_, i) => `(${batch * 1000 + i}, ${i % 10}, '${vector()}')`);
      await client.query(`insert into items values ${rows.join(",")}`);
    }
    await client.query("create index items_at on items using ivfflat (at vector_l2_ops) with (lists = 60)");
    await client.query("set ivfflat.probes = 6");
    expect((await client.query(`explain ${near(queries[0] as string)}`)).rows.map((r) => Object.values(r)[0]).join()).toContain("items_at");
    expect(await recall()).toBeGreaterThan(0.95);
    expect(await recall("label = 3")).toBeGreaterThan(0.9);
    await client.query("delete from items where id % 2 = 0");
    await client.query("vacuum items");
    expect(await recall()).toBeGreaterThan(0.95);
    // Killed with the index in the log alone; then with an image and rows after it.
    for (const checkpoint of [false, true]) {
      if (checkpoint) await client.query("checkpoint");
      await client.query(`insert into items values (${checkpoint ? 100001 : 100000}, 3, '${queries[0]}')`);
      client.removeAllListeners("error");
      client.on("error", () => undefined);
      await server.kill();
      await start();
      await client.query("set ivfflat.probes = 6");
      expect(await texts(near(queries[0] as string))).toContain(checkpoint ? "100001" : "100000");
      expect(await recall()).toBeGreaterThan(0.95);
    }
  });

  it("a rolled back insert and a rolled back index leave nothing", async () => {
    await client.query(`begin; insert into items values (200000, 1, '${queries[1]}')`);
    expect(await texts(near(queries[1] as string))).toContain("200000");
    await client.query("rollback");
    expect(await texts(near(queries[1] as string))).not.toContain("200000");
    await client.query("begin; create index other on items using ivfflat (at vector_ip_ops) with (lists = 5); rollback");
    expect(await refused("drop index other")).toMatch(/^42704/);
  });
});
