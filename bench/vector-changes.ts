/**
 * Vectors that change, over the wire: rows added to a live HNSW index while another connection searches, against hnswlib's adding with one thread; and
 * recall after a share of the rows was deleted and put back, before and after VACUUM, against an index built anew.
 *
 * `ORRERY_BENCH_VECTORS`: how many (default 40,000, clustered, 128 dimensions).
 */
import type pg from "pg";
import { connectPg } from "../test/support/clients.js";
import { mulberry32, vectorText } from "../test/support/mnist.js";
import { startOrrery } from "../test/support/processes.js";
import { type Line, median, report } from "./report.js";
import { searchAlong } from "./vector-searchers.js";
import { clustered } from "./vector-sets.js";

const COUNT = Number(process.env.ORRERY_BENCH_VECTORS ?? 40_000);
const DIMENSIONS = 128;
const CLUSTERS = 200;
const QUERIES = 200;
const ROUNDS = 5;
const ADDED = 2_000;
const M = 16;
const EF_CONSTRUCTION = 128;

export async function run(): Promise<void> {
  const server = await startOrrery({ flags: ["--redis-port", "0", "--threads", "2"] });
  try {
    const client = await connectPg(server.port);
    await client.query(`create extension vector; create table items (id int primary key, v vector(${DIMENSIONS}))`);
    const vectors = clustered(COUNT + ROUNDS * ADDED + QUERIES, DIMENSIONS, CLUSTERS, 9);
    const queries = vectors.splice(-QUERIES);
    await insert(client, vectors, 0, COUNT);
    await client.query(`create index i on items using hnsw (v vector_l2_ops) with (m = ${M}, ef_construction = ${EF_CONSTRUCTION})`);
    const lines = [await adding(server.port, client, vectors, queries)];
    for (const share of [0.3, 0.6, 0.9]) lines.push(...(await deleting(client, vectors, queries, share)));
    report("vector-changes", `Changing vectors: ${COUNT.toLocaleString("en-US")} clustered, ${DIMENSIONS} dimensions`, lines);
    await client.end();
  } finally {
    await server.stop();
  }
}

async function adding(port: number, client: pg.Client, vectors: readonly Float32Array[], queries: readonly Float32Array[]): Promise<Line> {
  const { default: library } = (await import("hnswlib-node")) as unknown as { readonly default: typeof import("hnswlib-node") };
  const peer = new library.HierarchicalNSW("l2", DIMENSIONS);
  peer.initIndex(vectors.length, M, EF_CONSTRUCTION, 100);
  for (let id = 0; id < COUNT; id++) peer.addPoint(Array.from(vectors[id] as Float32Array), id);
  const nearest = "select id from items order by v <-> $1 limit 10";
  const ours: number[] = [];
  const peers: number[] = [];
  let searches = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const from = COUNT + round * ADDED;
    // What the client writes is made before: on few cores it would be counted as the server's time.
    const statements = insertsOf(vectors, from, from + ADDED);
    const searching = await searchAlong(port, nearest, queries, 40);
    let started = performance.now();
    for (const values of statements) await client.query(INSERT, values);
    ours.push(ADDED / ((performance.now() - started) / 1000));
    searches += await searching.stop();
    const points = vectors.slice(from, from + ADDED).map((v) => Array.from(v));
    started = performance.now();
    for (const [i, point] of points.entries()) peer.addPoint(point, from + i);
    peers.push(ADDED / ((performance.now() - started) / 1000));
  }
  return {
    what: `rows added while another connection searches (${searches} searches), m ${M}, ef_construction ${EF_CONSTRUCTION}`,
    unit: "rows/s",
    ours: median(ours),
    peer: median(peers),
    peerName: "hnswlib-node, 1 thread",
    higherIsBetter: true,
    goal: 0.8,
  };
}

/** `share` of the rows go and come back. */
async function deleting(
  client: pg.Client,
  vectors: readonly Float32Array[],
  queries: readonly Float32Array[],
  share: number,
): Promise<Line[]> {
  const random = mulberry32(Math.round(share * 100));
  const gone = vectors.flatMap((_, id) => (random() < share ? [id] : []));
  await client.query("delete from items where id = any($1)", [gone]);
  for (let at = 0; at < gone.length; at += 500) {
    const ids = gone.slice(at, at + 500);
    await client.query("insert into items select * from unnest($1::int[], $2::vector[])", [
      ids,
      ids.map((id) => vectorText(vectors[id] as Float32Array)),
    ]);
  }
  const before = await recall(client, queries);
  await client.query("vacuum items");
  const after = await recall(client, queries);
  await client.query("reindex index i");
  const fresh = await recall(client, queries);
  const line = (when: string, ours: number, allowed: number): Line => ({
    what: `recall@10 after ${share * 100} % were deleted and put back, ${when} VACUUM`,
    unit: "",
    ours,
    peer: fresh,
    peerName: "built anew",
    higherIsBetter: true,
    goal: (fresh - allowed) / fresh,
  });
  return [line("before", before, 0.03), line("after", after, 0.01)];
}

async function recall(client: pg.Client, queries: readonly Float32Array[]): Promise<number> {
  const search = async (query: Float32Array) =>
    (await client.query<{ id: number }>("select id from items order by v <-> $1 limit 10", [vectorText(query)])).rows.map((r) => r.id);
  let found = 0;
  for (const query of queries) {
    await client.query("set enable_indexscan = off");
    const exact = new Set(await search(query));
    await client.query("reset enable_indexscan");
    found += (await search(query)).filter((id) => exact.has(id)).length;
  }
  return found / (10 * queries.length);
}

const INSERT = "insert into items select * from unnest($1::int[], $2::vector[])";
/** Parameters of statements of 500 rows each. */
function insertsOf(vectors: readonly Float32Array[], from: number, to: number): string[][] {
  const statements: string[][] = [];
  for (let at = from; at < to; at += 500) {
    const part = vectors.slice(at, Math.min(at + 500, to));
    statements.push([`{${part.map((_, i) => at + i).join()}}`, `{${part.map((v) => `"${vectorText(v)}"`).join()}}`]);
  }
  return statements;
}
async function insert(client: pg.Client, vectors: readonly Float32Array[], from: number, to: number): Promise<void> {
  for (const values of insertsOf(vectors, from, to)) await client.query(INSERT, values);
}
