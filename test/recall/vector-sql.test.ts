/** Vectors through a server: transactions, updates, the four orders, COPY, binary values, errors, indexes made early, writers beside readers. */
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { copyIn, copyOut } from "../support/copy.js";
import { mulberry32, vectorText } from "../support/mnist.js";
import { type OrreryProcess, startOrrery } from "../support/processes.js";

let server: OrreryProcess;
let client: pg.Client;
beforeAll(async () => {
  server = await startOrrery({});
  client = await connectPg(server.port);
  await client.query("create extension vector");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const ids = async (text: string, values: readonly unknown[] = []): Promise<number[]> =>
  (await client.query<{ id: number }>(text, [...values])).rows.map((row) => row.id);
const refused = async (text: string, values: readonly unknown[] = []): Promise<string> => {
  try {
    await client.query(text, [...values]);
  } catch (error) {
    return `${(error as pg.DatabaseError).code} ${(error as Error).message}`;
  }
  return "no error";
};
/** pgvector's binary form: int16 dimensions, int16 zero, float32 big-endian. */
function binary(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 + 4 * values.length);
  bytes.writeInt16BE(values.length, 0);
  values.forEach((value, i) => bytes.writeFloatBE(value, 4 + 4 * i));
  return bytes;
}

describe("rows with vectors", () => {
  beforeEach(async () => {
    await client.query("drop table if exists items; create table items (id int primary key, at vector(3))");
    await client.query("create index items_at on items using hnsw (at vector_l2_ops)"); // on an empty table
    await client.query("insert into items values (1, '[1,0,0]'), (2, '[2,0,0]'), (3, '[3,0,0]'), (4, null)");
  });
  const nearest = "select id from items order by at <-> '[0,0,0]' limit 10";

  it("an index on an empty table takes what comes; rows without a vector are in the exact answer only", async () => {
    expect(await ids(nearest)).toEqual([1, 2, 3]);
    await client.query("set enable_indexscan = off");
    expect(await ids(nearest)).toEqual([1, 2, 3, 4]);
    await client.query("reset enable_indexscan");
  });

  it("without scans of the table the index gives what it has, all of it, for a NULL query too", async () => {
    const whole = "select id from items order by at <-> '[0,0,0]'";
    expect(await ids(whole)).toEqual([1, 2, 3, 4]);
    await client.query("set enable_seqscan = off");
    expect(await ids(whole)).toEqual([1, 2, 3]);
    expect(await ids("select id from items order by at <-> (select null::vector)")).toEqual([1, 2, 3]);
    await client.query("reset enable_seqscan");
  });

  it("a rolled back insert is seen inside of its transaction only", async () => {
    await client.query("begin; insert into items values (5, '[0,0,0]')");
    expect(await ids(nearest)).toEqual([5, 1, 2, 3]);
    await client.query("savepoint s; update items set at = '[9,0,0]' where id = 1");
    expect(await ids(nearest)).toEqual([5, 2, 3, 1]);
    await client.query("rollback to s");
    expect(await ids(nearest)).toEqual([5, 1, 2, 3]);
    await client.query("rollback");
    expect(await ids(nearest)).toEqual([1, 2, 3]);
  });

  it("an open transaction is not seen by others, and keeps seeing the old rows at repeatable read", async () => {
    const other = await connectPg(server.port);
    try {
      await other.query("begin isolation level repeatable read");
      expect((await other.query(nearest)).rows).toHaveLength(3);
      await client.query("begin; update items set at = '[10,0,0]' where id = 1; delete from items where id = 2");
      expect((await other.query<{ id: number }>(nearest)).rows.map((r) => r.id)).toEqual([1, 2, 3]);
      await client.query("commit");
      expect((await other.query<{ id: number }>(nearest)).rows.map((r) => r.id)).toEqual([1, 2, 3]);
      expect(await ids(nearest)).toEqual([3, 1]);
      await other.query("commit");
      expect((await other.query<{ id: number }>(nearest)).rows.map((r) => r.id)).toEqual([3, 1]);
    } finally {
      await other.end();
    }
  });

  it("updates: of the vector, of another column, to and from NULL", async () => {
    await client.query("update items set at = '[2.5,0,0]' where id = 1");
    expect(await ids(nearest)).toEqual([2, 1, 3]);
    await client.query("update items set id = 7 where id = 2");
    expect(await ids(nearest)).toEqual([7, 1, 3]);
    await client.query("update items set at = null where id = 7; update items set at = '[0,1,0]' where id = 4");
    expect(await ids(nearest)).toEqual([4, 1, 3]);
    await client.query("delete from items; insert into items values (8, '[1,1,1]')");
    expect(await ids(nearest)).toEqual([8]);
  });

  it("COPY in both directions, text and binary values", async () => {
    await client.query("truncate items");
    expect(await copyIn(client, "copy items from stdin", ["1\t[0.5,-1,3e2]\n", "2\t\\N\n"])).toBe("COPY 2");
    expect((await copyOut(client, "copy (select * from items order by id) to stdout")).toString()).toBe("1\t[0.5,-1,300]\n2\t\\N\n");
    expect((await copyOut(client, "copy (select * from items order by id) to stdout with (format csv)")).toString()).toBe(
      '1,"[0.5,-1,300]"\n2,\n',
    );
    expect((await client.query("insert into items values (3, $1) returning at", [binary([1, 2, 3])])).rows).toEqual([{ at: "[1,2,3]" }]);
    expect(await ids("select id from items order by at <-> $1 limit 1", [binary([1, 2, 3])])).toEqual([3]);
    const { rows } = await client.query<{ at: string }>({
      text: "select at from items where id = $1",
      values: [3],
      binary: true,
    } as pg.QueryConfig);
    // pg reads the bytes of types that it does not know as UTF-8.
    expect(rows[0]?.at).toBe(binary([1, 2, 3]).toString());
  });

  it("errors have pgvector's texts", async () => {
    expect(await refused("insert into items values (9, '[1,2]')")).toBe("22000 expected 3 dimensions, not 2");
    expect(await refused("insert into items values (9, $1)", [binary([1, 2])])).toBe("22000 expected 3 dimensions, not 2");
    expect(await refused("select id from items order by at <-> '[1,2]' limit 1")).toBe("22000 different vector dimensions 3 and 2");
    expect(await refused("select id from items order by at <-> $1 limit 1", ["[1,2]"])).toBe("22000 different vector dimensions 3 and 2");
    expect(await refused("select '[1,2,3]'::vector <=> '[1,2]'")).toBe("22000 different vector dimensions 3 and 2");
    expect(await refused("select '[1,x]'::vector")).toBe('22P02 invalid input syntax for type vector: "[1,x]"');
    expect(await refused("select '[]'::vector")).toBe("22000 vector must have at least 1 dimension");
    expect(await refused("select '[NaN]'::vector")).toBe("22000 NaN not allowed in vector");
    expect(await refused("create table bad (v vector(0))")).toBe("22023 dimensions for type vector must be at least 1");
    expect(await refused("create index on items using hnsw (at vector_l2_ops) with (m = 1)")).toContain(
      'value 1 out of bounds for option "m"',
    );
    expect(await ids(nearest)).toEqual([1, 2, 3]);
  });

  it("a dropped index leaves the exact way", async () => {
    await client.query("drop index items_at");
    expect((await client.query("select * from orrery_vector_indexes where relname = 'items'")).rows).toEqual([]);
    expect(await ids(nearest)).toEqual([1, 2, 3, 4]);
    await client.query("begin; create index items_again on items using hnsw (at vector_l2_ops); rollback");
    expect(await ids(nearest)).toEqual([1, 2, 3, 4]);
    await client.query("create index items_again on items using hnsw (at vector_l2_ops)");
    expect(await ids(nearest)).toEqual([1, 2, 3]);
  });
});

describe("orders", () => {
  const DIMENSIONS = 24;
  const random = mulberry32(5);
  const some = () => Array.from({ length: DIMENSIONS }, () => Math.fround(random() * 2 - 1));
  const vectors = Array.from({ length: 2000 }, some);
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
  const metrics = {
    "<->": { opclass: "vector_l2_ops", of: (a: number[], b: number[]) => Math.hypot(...a.map((v, i) => v - (b[i] as number))) },
    "<#>": { opclass: "vector_ip_ops", of: (a: number[], b: number[]) => -dot(a, b) },
    "<=>": { opclass: "vector_cosine_ops", of: (a: number[], b: number[]) => 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) },
    "<+>": { opclass: "vector_l1_ops", of: (a: number[], b: number[]) => a.reduce((sum, v, i) => sum + Math.abs(v - (b[i] as number)), 0) },
  };
  beforeAll(async () => {
    await client.query(`create table points (id int primary key, v vector(${DIMENSIONS}))`);
    await copyIn(
      client,
      "copy points from stdin",
      vectors.map((v, id) => `${id}\t${vectorText(v)}\n`),
    );
  });

  for (const [operator, { opclass, of }] of Object.entries(metrics)) {
    it(`${operator} through ${opclass}`, async () => {
      await client.query(`create index points_${opclass} on points using hnsw (v ${opclass}); set hnsw.ef_search = 100`);
      let right = 0;
      for (let i = 0; i < 50; i++) {
        const query = some();
        const distances = vectors.map((v) => of(v, query));
        const expected = distances
          .map((_, id) => id)
          .sort((a, b) => (distances[a] as number) - (distances[b] as number))
          .slice(0, 10);
        const text = `select id, v ${operator} $1 as distance from points order by v ${operator} $1 limit 10`;
        const { rows } = await client.query<{ id: number; distance: number }>(text, [vectorText(query)]);
        if (i === 0) {
          const plan = (await client.query({ text: `explain ${text}`, values: [vectorText(query)], rowMode: "array" })).rows.join("\n");
          expect(plan).toContain(`Index Scan using points_${opclass} on points`);
        }
        for (const row of rows) expect(row.distance).toBeCloseTo(distances[row.id] as number, 4);
        right += rows.filter((row) => expected.includes(row.id)).length;
      }
      expect(right / 500).toBeGreaterThanOrEqual(0.95);
    });
  }
});

it("two connections insert while others search: no error, and every row is found afterwards", async () => {
  const DIMENSIONS = 32;
  await client.query(`create table busy (id int primary key, v vector(${DIMENSIONS})); create index on busy using hnsw (v vector_l2_ops)`);
  const random = mulberry32(9);
  const vectors = Array.from({ length: 3000 }, () => Float32Array.from({ length: DIMENSIONS }, random));
  const connections = await Promise.all([0, 1, 2, 3].map(() => connectPg(server.port)));
  const nearest = "select id from busy order by v <-> $1 limit 10";
  let isOver = false;
  const insert = async (connection: pg.Client, from: number) => {
    for (let id = from; id < vectors.length; id += 2) {
      await connection.query({
        name: "insert",
        text: "insert into busy values ($1, $2)",
        values: [id, vectorText(vectors[id] as Float32Array)],
      });
      if (id % 20 === from) await connection.query({ name: "delete", text: "delete from busy where id = $1", values: [id] });
    }
  };
  const search = async (connection: pg.Client) => {
    for (let i = 0; !isOver; i = (i + 7) % vectors.length) {
      const { rows } = await connection.query<{ id: number }>({
        name: "nearest",
        text: nearest,
        values: [vectorText(vectors[i] as Float32Array)],
      });
      expect(new Set(rows.map((r) => r.id)).size).toBe(rows.length);
    }
  };
  try {
    const searches = connections.slice(2).map(search);
    await Promise.all([insert(connections[0] as pg.Client, 0), insert(connections[1] as pg.Client, 1)]);
    isOver = true;
    await Promise.all(searches);
  } finally {
    isOver = true;
    await Promise.all(connections.map((c) => c.end()));
  }
  const kept = vectors.length - 300;
  expect((await client.query("select count(*)::int as n from busy")).rows).toEqual([{ n: kept }]);
  await client.query("set hnsw.ef_search = 100");
  let right = 0;
  for (let i = 0; i < 100; i++) {
    const query = vectorText(Float32Array.from({ length: DIMENSIONS }, random));
    const found = await ids(nearest, [query]);
    await client.query("set enable_indexscan = off");
    const expected = await ids(nearest, [query]);
    await client.query("reset enable_indexscan");
    right += found.filter((id) => expected.includes(id)).length;
  }
  expect(right / 1000).toBeGreaterThanOrEqual(0.95);
});
