/**
 * Exact nearest neighbours of 1,000,000 vectors of 128 dimensions in process: bytes of vectors compared in a second, against what all cores can read
 * of memory (a search for a byte that is not there, which libc does with its widest loads). Rounds are interleaved.
 *
 * `ORRERY_BENCH_VECTORS`: how many vectors.
 */
import { availableParallelism } from "node:os";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { open } from "../src/index.js";
import { mulberry32 } from "../test/support/mnist.js";
import { median, report } from "./report.js";

const COUNT = Number(process.env.ORRERY_BENCH_VECTORS ?? 1_000_000);
const DIMENSIONS = 128;
const ROUNDS = 7;
const QUERIES = 5;
const MEMORY_BYTES = 512 << 20;

interface ReaderShare {
  readonly memory: SharedArrayBuffer;
  readonly from: number;
  readonly to: number;
}

if (!isMainThread) {
  const { memory, from, to } = workerData as ReaderShare;
  const part = Buffer.from(memory, from, to - from);
  parentPort?.on("message", () => parentPort?.postMessage(part.indexOf(1)));
}

export async function run(): Promise<void> {
  const database = await open();
  const readers = makeReaders();
  try {
    await database.query(`create extension vector; create table items (id int primary key, v vector(${DIMENSIONS}))`);
    const random = mulberry32(6);
    const vector = () => Float32Array.from({ length: DIMENSIONS }, random);
    for (let at = 0; at < COUNT; at += 500)
      await database.query("insert into items select * from unnest($1::int[], $2::vector[])", [
        Array.from({ length: Math.min(500, COUNT - at) }, (_, i) => at + i),
        Array.from({ length: Math.min(500, COUNT - at) }, vector),
      ]);
    const queries = Array.from({ length: QUERIES }, vector);
    const ours: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      let started = performance.now();
      for (const query of queries) await database.query("select id from items order by v <-> $1 limit 10", [query]);
      const searched = (QUERIES * COUNT * DIMENSIONS * 4) / (performance.now() - started) / 1e6;
      started = performance.now();
      for (let i = 0; i < QUERIES; i++) await readers.read();
      const read = (QUERIES * MEMORY_BYTES) / (performance.now() - started) / 1e6;
      // The first round warms up.
      if (round === 0) continue;
      ours.push(searched);
      memory.push(read);
    }
    report("exact-vectors", `Exact nearest neighbours: ${COUNT.toLocaleString("en-US")} vectors of ${DIMENSIONS} dimensions`, [
      {
        what: "k = 10, L2",
        unit: "GB/s",
        ours: median(ours),
        peer: median(memory),
        peerName: `memory, ${availableParallelism()} threads`,
        higherIsBetter: true,
        goal: 0.8,
      },
    ]);
  } finally {
    await readers.end();
    await database.close();
  }
}

function makeReaders() {
  const memory = new SharedArrayBuffer(MEMORY_BYTES);
  const count = availableParallelism();
  const size = MEMORY_BYTES / count;
  new Uint8Array(memory).fill(2);
  const workers = Array.from(
    { length: count },
    (_, i) => new Worker(new URL(import.meta.url), { workerData: { memory, from: Math.floor(i * size), to: Math.floor((i + 1) * size) } }),
  );
  return {
    async read(): Promise<void> {
      await Promise.all(
        workers.map((worker) => {
          const answered = new Promise((done) => worker.once("message", done));
          worker.postMessage("read");
          return answered;
        }),
      );
    },
    end: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}
