/**
 * HNSW over 60,000 MNIST-shift vectors (784 dimensions): ours over the wire (8 connections, prepared statements) against
 * hnswlib-node in process with one thread, both at recall@10 >= 0.95, and the build.
 *
 * Each side gets the smallest ef of the list that reaches the recall on the same 1,000 queries. The wire client sends
 * pre-encoded Bind messages from a thread of its own, so that its cost is small next to the server's.
 */
import { connect } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import pg from "pg";
import { serialize } from "pg-protocol";
import * as usearch from "usearch";
import { copyIn } from "../test/support/copy.js";
import { DIMENSIONS, shiftedMnist, vectorText } from "../test/support/mnist.js";
import { startOrrery } from "../test/support/processes.js";
import { type Line, median, report } from "./report.js";

const COUNT = 60_000;
const QUERIES = 1000;
const EF = [20, 30, 40, 50, 60, 80, 100, 150, 200];
const M = 16;
const EF_CONSTRUCTION = 100;
const GOAL = 0.95;

export async function run(): Promise<void> {
  const hnswlib = await loadPeer();
  const all = shiftedMnist(COUNT + QUERIES);
  const vectors = all.slice(0, COUNT);
  const queries = all.slice(COUNT);
  const orrery = await startOrrery({ flags: ["--redis-port", "0"] });
  try {
    const client = new pg.Client({ host: "127.0.0.1", port: orrery.port, user: "postgres", database: "postgres" });
    await client.connect();
    await client.query(`create extension if not exists vector; create table images (id int primary key, pixels vector(${DIMENSIONS}))`);
    await copyIn(client, "copy images from stdin", copyRows(vectors));

    const exact = queries.map((q) => exactNeighbors(vectors, q, 10));
    const peer = new hnswlib.HierarchicalNSW("l2", DIMENSIONS);
    peer.initIndex(COUNT, M, EF_CONSTRUCTION, 100);
    const peerVectors = vectors.map((v) => Array.from(v));
    let started = performance.now();
    for (let i = 0; i < COUNT; i++) peer.addPoint(peerVectors[i] as number[], i);
    const peerBuild = (performance.now() - started) / 1000;
    started = performance.now();
    await client.query(`create index on images using hnsw (pixels vector_l2_ops) with (m = ${M}, ef_construction = ${EF_CONSTRUCTION})`);
    const ourBuild = (performance.now() - started) / 1000;

    const peerQueries = queries.map((q) => Array.from(q));
    const peerEf = EF.find((ef) => {
      peer.setEf(ef);
      return (
        recall(
          exact,
          peerQueries.map((q) => peer.searchKnn(q, 10).neighbors),
        ) >= GOAL
      );
    });
    let ourEf: number | undefined;
    let ourRecall = 0;
    for (const ef of EF) {
      await client.query(`set hnsw.ef_search = ${ef}`);
      const found: number[][] = [];
      for (const q of queries) {
        const rows = await client.query({
          name: "nearest",
          text: "select id from images order by pixels <-> $1 limit 10",
          values: [vectorText(q)],
        });
        found.push(rows.rows.map((row: { id: number }) => row.id));
      }
      ourRecall = recall(exact, found);
      if (ourRecall >= GOAL) {
        ourEf = ef;
        break;
      }
    }
    if (peerEf === undefined || ourEf === undefined) throw new Error(`recall ${GOAL} was not reached (ours ${ourRecall})`);
    await client.end();

    const second = buildUsearch(vectors, peerEf);
    const ours: number[] = [];
    const peers: number[] = [];
    const seconds: number[] = [];
    for (let round = 0; round < 5; round++) {
      ours.push(await wireRate(orrery.port, queries, ourEf));
      peer.setEf(peerEf);
      started = performance.now();
      for (let repeat = 0; repeat < 5; repeat++) for (const q of peerQueries) peer.searchKnn(q, 10);
      peers.push((5 * QUERIES) / ((performance.now() - started) / 1000));
      started = performance.now();
      for (let repeat = 0; repeat < 5; repeat++) for (const q of queries) second.index.search(q, 10, 1);
      seconds.push((5 * QUERIES) / ((performance.now() - started) / 1000));
    }
    const lines: Line[] = [
      {
        what: `queries, k = 10, recall >= ${GOAL} (ef ${ourEf} ours, ${peerEf} peer)`,
        unit: "queries/s",
        ours: median(ours),
        peer: median(peers),
        peerName: "hnswlib-node, 1 thread, in process",
        higherIsBetter: true,
        goal: 0.7,
      },
      {
        what: `build, m ${M}, ef_construction ${EF_CONSTRUCTION}`,
        unit: "s",
        ours: ourBuild,
        peer: peerBuild,
        peerName: "hnswlib-node, 1 thread",
        higherIsBetter: false,
        goal: 1,
      },
      {
        what: "the same queries against usearch",
        unit: "queries/s",
        ours: median(ours),
        peer: median(seconds),
        peerName: `usearch f32, 1 thread, in process, ef ${peerEf}`,
        higherIsBetter: true,
      },
      {
        what: "the same build against usearch",
        unit: "s",
        ours: ourBuild,
        peer: second.buildSeconds,
        peerName: "usearch, 1 thread",
        higherIsBetter: false,
      },
    ];
    const secondRecall = recall(
      exact,
      queries.map((q) => Array.from(second.index.search(q, 10, 1).keys, Number)),
    );
    report("hnsw", "HNSW, 60,000 MNIST-shift vectors of 784 dimensions", lines, [
      `Our recall@10 at ef ${ourEf}: ${ourRecall.toFixed(4)}; usearch's at ef ${peerEf}: ${secondRecall.toFixed(4)}.`,
    ]);
  } finally {
    await orrery.stop();
  }
}

type Peer = Pick<typeof import("hnswlib-node"), "HierarchicalNSW">;

async function loadPeer(): Promise<Peer> {
  try {
    return ((await import("hnswlib-node")) as unknown as { readonly default: Peer }).default;
  } catch (error) {
    // Its addon is compiled when it is installed: a compiler, make and Python are needed, nothing is downloaded.
    throw new Error("hnswlib-node cannot be loaded; `npm rebuild hnswlib-node` builds it from its own source", { cause: error });
  }
}

/** A usearch index of the same shape; its search effort is fixed when it is made. */
function buildUsearch(vectors: readonly Float32Array[], ef: number): { index: usearch.Index; buildSeconds: number } {
  const index = new usearch.Index({
    metric: usearch.MetricKind.L2sq,
    quantization: usearch.ScalarKind.F32,
    dimensions: DIMENSIONS,
    connectivity: M,
    expansion_add: EF_CONSTRUCTION,
    expansion_search: ef,
    multi: false,
  });
  const started = performance.now();
  for (const [id, vector] of vectors.entries()) index.add(BigInt(id), vector, 1);
  return { index, buildSeconds: (performance.now() - started) / 1000 };
}

function* copyRows(vectors: readonly Float32Array[]): Iterable<string> {
  for (const [id, vector] of vectors.entries()) yield `${id}\t${vectorText(vector)}\n`;
}

function exactNeighbors(vectors: readonly Float32Array[], query: Float32Array, k: number): Set<number> {
  const best: { id: number; distance: number }[] = [];
  vectors.forEach((vector, id) => {
    let distance = 0;
    const limit = best.length < k ? Infinity : (best[k - 1] as { distance: number }).distance;
    for (let i = 0; i < DIMENSIONS && distance <= limit; i += 16) {
      for (let j = i; j < i + 16; j++) {
        const d = (vector[j] as number) - (query[j] as number);
        distance += d * d;
      }
    }
    if (distance >= limit) return;
    best.push({ id, distance });
    best.sort((a, b) => a.distance - b.distance);
    if (best.length > k) best.pop();
  });
  return new Set(best.map((b) => b.id));
}

function recall(exact: readonly Set<number>[], found: readonly (readonly number[])[]): number {
  let hits = 0;
  found.forEach((ids, i) => {
    hits += ids.filter((id) => (exact[i] as Set<number>).has(id)).length;
  });
  return hits / (exact.length * 10);
}

/** Queries per second of 8 connections, one query in flight on each. */
function wireRate(port: number, queries: readonly Float32Array[], ef: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port, queries, ef } });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** pgvector's binary form: int16 dimensions, int16 zero, float32 big-endian. */
function vectorBinary(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(4 + 4 * vector.length);
  bytes.writeInt16BE(vector.length, 0);
  vector.forEach((value, i) => bytes.writeFloatBE(value, 4 + 4 * i));
  return bytes;
}

if (!isMainThread && workerData?.queries) {
  const { port, queries, ef } = workerData as { port: number; queries: Float32Array[]; ef: number };
  const messages = queries.map((q) =>
    Buffer.concat([
      serialize.bind({ statement: "nearest", values: [vectorBinary(q)], binary: true }),
      serialize.execute({}),
      serialize.sync(),
    ]),
  );
  const total = 5 * messages.length;
  let next = 0;
  let done = 0;
  let started = 0;
  let ready = 0;
  const sockets = Array.from({ length: 8 }, () => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let answers = 0;
    socket.write(serialize.startup({ user: "postgres", database: "postgres" }));
    const advance = () => {
      answers++;
      if (answers === 1) socket.write(Buffer.concat([serialize.query(`set hnsw.ef_search = ${ef}`)]));
      else if (answers === 2)
        socket.write(
          Buffer.concat([
            serialize.parse({ name: "nearest", text: "select id from images order by pixels <-> $1 limit 10", types: [] }),
            serialize.sync(),
          ]),
        );
      else if (answers === 3) {
        if (++ready === 8) {
          started = performance.now();
          for (const s of sockets) s.write(messages[next++ % messages.length] as Buffer);
        }
      } else {
        done++;
        if (done === total) {
          parentPort?.postMessage(total / ((performance.now() - started) / 1000));
          for (const s of sockets) s.destroy();
        } else if (next < total) socket.write(messages[next++ % messages.length] as Buffer);
      }
    };
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      let at = 0;
      while (pending.length - at >= 5) {
        const length = pending.readInt32BE(at + 1) + 1;
        if (pending.length - at < length) break;
        const type = pending[at];
        if (type === 0x45) throw new Error(pending.toString("utf8", at, at + length));
        at += length;
        if (type === 0x5a) advance();
      }
      pending = pending.subarray(at);
    });
    return socket;
  });
}
