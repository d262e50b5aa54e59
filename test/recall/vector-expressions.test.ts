/** Vector indexes over bit strings, over expressions and over part of the rows: pgvector's answers, through changes, checkpoint and kill. */
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPg } from "../support/clients.js";
import { mulberry32 } from "../support/mnist.js";
import { type OrreryProcess, startOrrery, temporaryFolder } from "../support/processes.js";

const folder = temporaryFolder("vector-expressions");
let server: OrreryProcess;
let client: pg.Client;
async function start(): Promise<void> {
  server = await startOrrery({ folder, keepFolder: true });
  client = await connectPg(server.port);
}
beforeAll(async () => {
  await start();
  await client.query("create extension vector");
});
afterAll(async () => {
  await client?.end();
  await server?.stop();
});

const values = async (text: string): Promise<unknown[]> =>
  (await client.query<{ v: unknown }>({ text, rowMode: "array" } as never)).rows.map((row) => (row as unknown as unknown[])[0]);
const plan = async (text: string): Promise<string> => (await values(`explain (costs off) ${text}`)).join("\n");
const refused = async (text: string): Promise<string> =>
  client.query(text).then(
    () => "no error",
    (error: pg.DatabaseError) => `${error.code}|${error.message}`,
  );

describe("pgvector's answers", () => {
  it("hnsw and ivfflat over bit strings by Hamming distance", async () => {
    for (const index of ["hnsw (b bit_hamming_ops)", "ivfflat (b bit_hamming_ops) with (lists = 1)"]) {
      await client.query("create table t (b bit(3)); insert into t values ('000'), ('100'), ('111'), (null)");
      await client.query(`create index i on t using ${index}`);
      await client.query("insert into t values ('110')");
      const nearest = "select b from t order by b <~> '111' limit 10";
      expect(await plan(nearest)).toContain("Index Scan using i");
      expect(await values(nearest)).toEqual(["111", "110", "100", "000"]);
      expect(await values("select count(*)::int from (select * from t order by b <~> (select null::bit) limit 10) x")).toEqual([4]);
      expect(await refused("select b from t order by b <~> '1111' limit 1")).toBe("22000|different bit lengths 3 and 4");
      await client.query("truncate t");
      expect(await values(nearest)).toEqual([]);
      await client.query("drop table t");
    }
  });

  it("hnsw over bit strings by Jaccard distance", async () => {
    await client.query("create table t (b bit(4)); insert into t values ('0000'), ('1100'), ('1110'), (null)");
    await client.query("create index i on t using hnsw (b bit_jaccard_ops); insert into t values ('1111')");
    expect(await values("select b from t order by b <%> '1111' limit 10")).toEqual(["1111", "1110", "1100", "0000"]);
    expect(await plan("select b from t order by b <~> '1111' limit 10")).toContain("Seq Scan");
    await client.query("drop table t");
  });

  it("casts, subvectors and binary quantization as keys", async () => {
    await client.query("create table t (id int primary key, v vector(3))");
    await client.query("insert into t values (1, '[0,0,0]'), (2, '[1,2,3]'), (3, '[1,1,1]'), (4, null)");
    await client.query("create index half on t using hnsw ((v::halfvec(3)) halfvec_l2_ops)");
    await client.query("create index bits on t using hnsw ((binary_quantize(v)::bit(3)) bit_hamming_ops)");
    await client.query("create index sub on t using hnsw ((subvector(v, 1, 2)::vector(2)) vector_cosine_ops)");
    await client.query("insert into t values (5, '[1,2,4]')");
    const cases = [
      ["half", "v::halfvec(3) <-> '[3,3,3]'", [2, 5, 3, 1]],
      ["bits", "binary_quantize(v)::bit(3) <~> '111'", [2, 3, 5]],
      // A zero vector has no direction: it is not in the index.
      ["sub", "subvector(v, 1, 2)::vector(2) <=> '[1,2]'", [2, 5, 3]],
    ] as const;
    for (const [index, order, ids] of cases) {
      const text = `select id from t order by ${order} limit ${ids.length}`;
      expect(await plan(text)).toContain(`Index Scan using ${index}`);
      const found = await values(text);
      expect(index === "half" ? found : found.toSorted()).toEqual(index === "half" ? ids : [...ids].toSorted());
    }
    expect(await plan("select id from t order by binary_quantize(v)::bit(2) <~> '11' limit 1")).toContain("Seq Scan");
    expect(await plan("select id from t order by v::halfvec(3) <=> '[1,1,1]' limit 1")).toContain("Seq Scan");
    await client.query("drop table t");
  });

  it("an index over part of the rows serves where the conditions say so", async () => {
    await client.query("create table t (id int, v vector(2)); create index part on t using hnsw (v vector_l2_ops) where id > 1");
    await client.query("insert into t values (1, '[0,0]'), (2, '[1,0]'), (3, '[2,0]')");
    const within = "select id from t where id > 1 order by v <-> '[0,0]' limit 5";
    expect(await plan(within)).toContain("using part");
    expect(await values(within)).toEqual([2, 3]);
    expect(await plan("select id from t order by v <-> '[0,0]' limit 5")).toContain("Exact Vector Scan");
    await client.query("update t set id = 9 where id = 1; update t set id = 0 where id = 3");
    expect(await values(within)).toEqual([9, 2]);
    await client.query("drop table t");
  });

  it("dimensions, classes and their errors", async () => {
    await client.query("create table t (b bit(3), long bit(64001), v vector(3), w vector)");
    expect(await refused("create index on t using hnsw (b vector_l2_ops)")).toBe(
      '42804|operator class "vector_l2_ops" does not accept data type bit',
    );
    expect(await refused("create index on t using ivfflat (b bit_jaccard_ops)")).toBe(
      '42704|operator class "bit_jaccard_ops" does not exist for access method "ivfflat"',
    );
    expect(await refused("create index on t using hnsw (long bit_hamming_ops)")).toBe(
      "54000|column cannot have more than 64000 dimensions for hnsw index",
    );
    expect(await refused("create index on t using hnsw ((w::halfvec) halfvec_l2_ops)")).toBe("22023|column does not have dimensions");
    expect(await refused("create index on t using hnsw ((v::halfvec(3)))")).toBe(
      '42704|data type halfvec has no default operator class for access method "hnsw"',
    );
    await client.query("drop table t");
  });
});

describe("an index of quantized vectors", () => {
  const count = 2000;
  const dimensions = 64;
  const random = mulberry32(11);
  const vectors = Array.from({ length: count }, () => Array.from({ length: dimensions }, () => random() - 0.5));
  const bitsOf = (v: readonly number[]): string => v.map((x) => (x > 0 ? "1" : "0")).join("");
  const hamming = (a: string, b: string): number => [...a].reduce((sum, c, i) => sum + (c === b[i] ? 0 : 1), 0);

  async function recall(alive: (id: number) => boolean): Promise<number> {
    let found = 0;
    const queries = 20;
    for (let q = 0; q < queries; q++) {
      const query = bitsOf(vectors[q * 97] as number[]);
      const distances = vectors.map((v, id) => (alive(id) ? hamming(bitsOf(v), query) : Infinity)).toSorted((a, b) => a - b);
      const rows = await client.query<{ d: number }>(
        "select binary_quantize(v)::bit(64) <~> $1 d from big order by binary_quantize(v)::bit(64) <~> $1 limit 10",
        [query],
      );
      // Ties may be broken either way: the distances decide.
      rows.rows.forEach((row, i) => {
        if (row.d <= (distances[i] as number)) found++;
      });
    }
    return found / (queries * 10);
  }

  it("keeps its recall through deletes, a checkpoint and kill -9", async () => {
    await client.query("create table big (id int primary key, v vector(64))");
    for (let at = 0; at < count; at += 500)
      await client.query("insert into big select * from unnest($1::int[], $2::text[]::vector[])", [
        Array.from({ length: 500 }, (_, i) => at + i),
        vectors.slice(at, at + 500).map((v) => JSON.stringify(v)),
      ]);
    await client.query("create index on big using hnsw ((binary_quantize(v)::bit(64)) bit_hamming_ops)");
    await client.query("set hnsw.ef_search = 100");
    expect(await recall(() => true)).toBeGreaterThan(0.9);
    await client.query("delete from big where id % 2 = 1");
    const even = (id: number) => id % 2 === 0;
    expect(await recall(even)).toBeGreaterThan(0.9);
    await client.query("checkpoint");
    await client.query("insert into big select id + 100000, v from big where id < 10");
    await client.end();
    await server.kill();
    await start();
    await client.query("set hnsw.ef_search = 100");
    expect(await recall(even)).toBeGreaterThan(0.9);
    expect(await values("select count(*)::int from big")).toEqual([count / 2 + 5]);
  });
});

describe("quantized graphs", () => {
  const dimensions = 48;
  const random = mulberry32(5);
  const centers = Array.from({ length: 25 }, () => Array.from({ length: dimensions }, () => random() * 4 - 2));
  const vectors = Array.from({ length: 3000 }, (_, i) => (centers[i % 25] as number[]).map((c) => c + random() - 0.5));

  async function recall(index: string): Promise<number> {
    let found = 0;
    for (let q = 0; q < 20; q++) {
      const nearest = "select id from quantized order by v <-> $1 limit 10";
      const query = [JSON.stringify((vectors[q * 131] as number[]).map((x) => x + 0.1))];
      if (q === 0)
        expect((await client.query(`explain ${nearest.replace("$1", `'${query[0]}'`)}`)).rows[0]["QUERY PLAN"]).toContain("Limit");
      const ids = (await client.query<{ id: number }>(nearest, query)).rows.map((r) => r.id);
      await client.query("set enable_indexscan = off");
      const exact = new Set((await client.query<{ id: number }>(nearest, query)).rows.map((r) => r.id));
      await client.query("reset enable_indexscan");
      found += ids.filter((id) => exact.has(id)).length;
    }
    expect(await plan("select id from quantized order by v <-> (select v from quantized limit 1) limit 1")).toContain(index);
    return found / 200;
  }

  it("give the neighbors, ranked by the vectors, also after a checkpoint and kill -9", async () => {
    await client.query(`create table quantized (id int, v vector(${dimensions}))`);
    for (let at = 0; at < vectors.length; at += 500)
      await client.query("insert into quantized select * from unnest($1::int[], $2::text[]::vector[])", [
        Array.from({ length: 500 }, (_, i) => at + i),
        vectors.slice(at, at + 500).map((v) => JSON.stringify(v)),
      ]);
    for (const quantization of ["f16", "bf16", "INT8"]) {
      await client.query(`create index q on quantized using hnsw (v vector_l2_ops) with (quantization = ${quantization})`);
      expect(await recall("using q")).toBeGreaterThan(0.95);
      await client.query("drop index q");
    }
    await client.query("create index q on quantized using hnsw (v vector_l2_ops) with (m = 8, quantization = 'int8'); checkpoint");
    await client.query("update quantized set v = v where id < 100");
    await client.end();
    await server.kill();
    await start();
    expect(await recall("using q")).toBeGreaterThan(0.95);
    await client.query("drop index q");
    await client.query("create index q on quantized using hnsw (v vector_l2_ops) with (quantization = binary); set hnsw.ef_search = 600");
    expect(await recall("using q")).toBeGreaterThan(0.8);
  });

  it("are refused where they make no sense", async () => {
    await client.query("create table r (v vector(3), b bit(3))");
    const refusedWith = (what: string) => refused(`create index on r using hnsw (${what})`);
    expect(await refusedWith("v vector_l2_ops) with (quantization = int4")).toBe(
      '22023|invalid value for enum option "quantization": int4',
    );
    expect(await refusedWith("v vector_l1_ops) with (quantization = int8")).toBe(
      '22023|quantization "int8" does not go with operator class "vector_l1_ops"',
    );
    expect(await refusedWith("b bit_hamming_ops) with (quantization = f16")).toBe(
      '22023|quantization "f16" does not go with operator class "bit_hamming_ops"',
    );
    expect(await refused("create index on r using ivfflat (v vector_l2_ops) with (quantization = f16)")).toBe(
      '22023|unrecognized parameter "quantization"',
    );
  });
});
